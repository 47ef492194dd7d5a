package anchor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"zona/internal/audit"
	"zona/internal/trail"
)

// Folder is a sink: one file in a folder, to which every checkpoint is appended and from which nothing is ever taken
// away. zona-verify reads it as it is. Make it with NewFolder.
type Folder struct {
	path string
	mu   sync.Mutex
}

var (
	_ trail.Sink   = (*Folder)(nil)
	_ trail.Memory = (*Folder)(nil)
)

// FileName is the name of the file in the folder.
const FileName = "checkpoints"

// NewFolder returns the sink of a folder, which is made when the first checkpoint comes.
func NewFolder(path string) *Folder { return &Folder{path: path} }

// Name is trail.Sink's.
func (f *Folder) Name() string { return "folder" }

// Put appends a checkpoint and waits until it is on the disk. One that stands at the end already is not repeated:
// the database may have forgotten that it was taken.
func (f *Folder) Put(_ context.Context, signed []byte) (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := os.MkdirAll(f.path, 0o700); err != nil {
		return fmt.Errorf("folder of checkpoints: %w", err)
	}
	name := filepath.Join(f.path, FileName)
	file, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o640) //nolint:gosec // public, and for a group that copies it
	if err != nil {
		return fmt.Errorf("file of checkpoints: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	end, err := tail(file)
	if err != nil {
		return fmt.Errorf("file of checkpoints %s: %w", name, err)
	}
	if last, err := newest(end); err != nil || bytes.Equal(last, signed) {
		return err
	}
	// An empty line parts it from the one before, and from whatever a write that was cut off has left.
	entry := append(bytes.Clone(signed), '\n')
	if len(end) > 0 && !bytes.HasSuffix(end, []byte("\n\n")) {
		entry = append([]byte("\n\n"), entry...)
	}
	if _, err := file.Write(entry); err != nil {
		return fmt.Errorf("append a checkpoint to %s: %w", name, err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("append a checkpoint to %s: %w", name, err)
	}
	return nil
}

// Newest is trail.Memory's.
func (f *Folder) Newest(context.Context) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.Open(filepath.Join(f.path, FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("file of checkpoints: %w", err)
	}
	defer file.Close()
	end, err := tail(file)
	if err != nil {
		return nil, fmt.Errorf("file of checkpoints %s: %w", file.Name(), err)
	}
	return newest(end)
}

// tailSize holds some hundred checkpoints, so that damage at the end does not hide those before it.
const tailSize = 64 << 10

// tail is the end of the file.
func tail(file *os.File) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	from := max(0, info.Size()-tailSize)
	b := make([]byte, info.Size()-from)
	_, err = io.ReadFull(io.NewSectionReader(file, from, info.Size()-from), b)
	return b, err
}

// newest is the last whole checkpoint in the end of a file, nil when there is none.
func newest(end []byte) (last []byte, err error) {
	_, err = audit.ReadNotes(bytes.NewReader(end), func(signed []byte) error {
		last = signed
		return nil
	})
	return last, err
}
