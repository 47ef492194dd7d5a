package backup

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// Folder is where copies are kept. Only files with the name of a copy are ever removed.
type Folder string

const (
	tempPrefix = ".zona-unfinished-"
	nameForm   = "zona-20060102T150405.000Z.backup.age"
)

var copyName = regexp.MustCompile(`^zona-\d{8}T\d{6}\.\d{3}Z\.backup\.age$`)

// staleAfter is how old an unfinished copy must be before it is taken for one that a crash left behind.
const staleAfter = 24 * time.Hour

// Save writes a copy under a name that tells its time. The name appears when the bytes are on the disk, whole, and
// the folder knows it; before that there is nothing, whatever happens.
func (f Folder) Save(at time.Time, write func(io.Writer) error) (path string, size int64, err error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return "", 0, fmt.Errorf("folder of the copies: %w", err)
	}
	path = filepath.Join(string(f), at.UTC().Format(nameForm))
	size, err = WriteFile(path, write)
	return path, size, err
}

// WriteFile is Save under a name of the caller's. It does not overwrite.
func WriteFile(path string, write func(io.Writer) error) (size int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, fmt.Errorf("%s is there already", path)
	}
	folder := filepath.Dir(path)
	file, err := os.CreateTemp(folder, tempPrefix+"*") // mode 0600
	if err != nil {
		return 0, fmt.Errorf("begin a copy: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	buffered := bufio.NewWriterSize(file, 256<<10)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	info, statErr := file.Stat()
	if err = errors.Join(err, statErr, file.Close()); err != nil {
		return 0, fmt.Errorf("write the copy: %w", err)
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return 0, fmt.Errorf("name the copy: %w", err)
	}
	if err := syncFolder(folder); err != nil {
		return 0, fmt.Errorf("make the name of the copy last: %w", err)
	}
	return info.Size(), nil
}

// List returns the paths of the copies, the newest first.
func (f Folder) List() ([]string, error) {
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look into the folder of the copies: %w", err)
	}
	var out []string
	for _, e := range entries { // by name, which is by time
		if e.Type().IsRegular() && copyName.MatchString(e.Name()) {
			out = append(out, filepath.Join(string(f), e.Name()))
		}
	}
	slices.Reverse(out)
	return out, nil
}

// ErrNone is returned by Newest for a folder without a copy.
var ErrNone = errors.New("there is no copy in the folder")

// Newest returns the path of the newest copy.
func (f Folder) Newest() (string, error) {
	list, err := f.List()
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", fmt.Errorf("%w %s", ErrNone, f)
	}
	return list[0], nil
}

// Prune removes all copies but the newest keep, and what crashes left unfinished a day ago or earlier.
func (f Folder) Prune(keep int, now time.Time) (removed []string, err error) {
	list, err := f.List()
	if err != nil {
		return nil, err
	}
	if keep = max(keep, 1); len(list) > keep {
		removed = list[keep:]
	}
	unfinished, err := filepath.Glob(filepath.Join(string(f), tempPrefix+"*"))
	if err != nil {
		return nil, fmt.Errorf("look for unfinished copies: %w", err)
	}
	for _, path := range unfinished {
		if info, err := os.Stat(path); err == nil && now.Sub(info.ModTime()) > staleAfter {
			removed = append(removed, path)
		}
	}
	for _, path := range removed {
		if e := os.Remove(path); e != nil && !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, fmt.Errorf("remove an old copy: %w", e))
		}
	}
	return removed, err
}
