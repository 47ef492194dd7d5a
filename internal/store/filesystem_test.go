package store

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
)

func TestDU04ADatabaseOnANetworkFileSystemIsRefused(t *testing.T) {
	t.Parallel()
	// The numbers are those that the kernel's headers give, written down a second time.
	for name, magic := range map[string]int64{
		"NFS": 0x6969, "SMB": 0x517b, "CIFS": 0xff534d42, "SMB2": 0xfe534d42, "FUSE": 0x65735546, "9P": 0x01021997,
	} {
		_, err := judgeFileSystem(magic, "/data/zona.db")
		var r *Refusal
		if !errors.As(err, &r) || r.Value != name || !strings.Contains(r.Setting, "/data/zona.db") {
			t.Errorf("%s (%#x): %v", name, magic, err)
		}
	}
	for name, magic := range map[string]int64{"ext4": 0xef53, "xfs": 0x58465342, "btrfs": 0x9123683e, "zfs": 0x2fc12fc1} {
		if warning, err := judgeFileSystem(magic, "/data/zona.db"); warning != "" || err != nil {
			t.Errorf("%s: %q, %v", name, warning, err)
		}
	}
}

func TestDU04ADatabaseThatGoesWithItsContainerIsWarnedOf(t *testing.T) {
	t.Parallel()
	for magic, word := range map[int64]string{0x794c7630: "overlay", 0x01021994: "tmpfs"} {
		warning, err := judgeFileSystem(magic, "/zona.db")
		if err != nil || !strings.Contains(warning, word) || !strings.Contains(warning, "/zona.db") {
			t.Errorf("%s: %q, %v", word, warning, err)
		}
	}
}

// TestDU04TheFileSystemOfAFolderIsAskedFromTheKernel sees the real call: a folder on a disk gives no warning, one in
// memory does, and the warning comes through Open.
func TestDU04TheFileSystemOfAFolderIsAskedFromTheKernel(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells: runs on Linux")
	}
	folder, err := os.MkdirTemp("/dev/shm", "zona") //nolint:usetesting // it must lie in memory
	if err != nil {
		t.Fatalf("/dev/shm is where Linux keeps a file system in memory: %v", err)
	}
	defer os.RemoveAll(folder)
	magic, err := fileSystem(folder)
	if err != nil || magic != 0x01021994 {
		t.Fatalf("file system of %s: %#x, %v", folder, magic, err)
	}
	db, err := Open(t.Context(), Config{URL: folder + "/zona.db"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if w := strings.Join(db.Warnings(), "\n"); !strings.Contains(w, "tmpfs") {
		t.Errorf("warnings %q", w)
	}
	proc, err := fileSystem("/proc")
	if err != nil || proc == magic {
		t.Errorf("the control: /proc gives %#x too, %v", proc, err)
	}
}
