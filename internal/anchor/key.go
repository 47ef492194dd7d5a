// Package anchor keeps the key of the log and its checkpoints as files: the key where only the program reads it, the
// checkpoints in a folder that should lie on another disk or computer than the database. It decides nothing: package
// trail says what is anchored and when.
package anchor

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"zona/internal/audit"
)

// LoadKey reads the signing key of the log, or makes it under this origin when the file is not there. It refuses a
// key that others on the machine may read, with the way to mend it.
func LoadKey(file, origin string) (*audit.Signer, error) {
	b, err := readKey(file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(file, origin)
	}
	if err != nil {
		return nil, err
	}
	s, err := audit.NewSigner(string(b))
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", file, err)
	}
	return s, nil
}

func readKey(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("signing key %s can be read by others on this machine, who could sign a forged log; chmod 600 it, and make a new one if that is in doubt", file)
	}
	b, err := io.ReadAll(io.LimitReader(f, 10_000))
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", file, err)
	}
	return b, nil
}

// makeKey writes a new key whole or not at all, and never over another one.
func makeKey(file, origin string) (*audit.Signer, error) {
	secret, err := audit.NewKey(rand.Reader, origin)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("folder of the signing key; name another file with log_key: %w", err)
	}
	draft, err := os.CreateTemp(filepath.Dir(file), ".log-key-*") // 0600
	if err != nil {
		return nil, fmt.Errorf("make the signing key; name another file with log_key: %w", err)
	}
	defer os.Remove(draft.Name())
	if err := errors.Join(write(draft, secret+"\n"), draft.Close()); err != nil {
		return nil, fmt.Errorf("make the signing key %s: %w", file, err)
	}
	// A link, unlike a rename, fails when another server was faster; its key is the one then.
	if err := os.Link(draft.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the signing key %s: %w", file, err)
	}
	b, err := readKey(file)
	if err != nil {
		return nil, err
	}
	s, err := audit.NewSigner(string(b))
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", file, err)
	}
	return s, nil
}

func write(f *os.File, text string) error {
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	return f.Sync()
}
