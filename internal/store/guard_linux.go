package store

import "golang.org/x/sys/unix"

// fileSystem returns the magic number of the file system that dir lies on.
func fileSystem(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(uint32(s.Type)), nil // 32 bits everywhere; some platforms extend the sign
}
