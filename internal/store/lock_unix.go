//go:build unix

package store

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// fileLock is a file beside the database that its server holds as long as it runs. The kernel lets go of it when
// the process ends, however it ends. It is not the database file: closing a second handle of that one would drop
// SQLite's own locks.
type fileLock struct{ f *os.File }

// holdLock refuses when another open handle holds the file.
func holdLock(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(path) // a hint only: unreadable is unknown
		closeErr := f.Close()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("hold the lock file %s: %w", path, err), closeErr)
		}
		return nil, secondServer(path, strings.TrimSpace(string(holder)))
	}
	if err := errors.Join(f.Truncate(0), writePID(f)); err != nil {
		return nil, errors.Join(fmt.Errorf("write the lock file %s: %w", path, err), f.Close())
	}
	return &fileLock{f}, nil
}

// release leaves the file where it is: to remove it would let two servers hold two files of one name.
func (l *fileLock) release() error { return l.f.Close() }
