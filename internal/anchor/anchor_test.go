package anchor

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"zona/internal/audit"
)

func TestTheKeyIsMadeOnceAndIsForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "new", "log.key")
	// Several servers that start together end up with one key.
	keys := make([]string, 8)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			s, err := LoadKey(file, "zi.contoh.example/log")
			if err != nil {
				t.Errorf("server %d: %v", i, err)
				return
			}
			keys[i] = s.VerifierKey()
		})
	}
	group.Wait()
	for _, k := range keys {
		if k == "" || k != keys[0] {
			t.Fatalf("keys %q", keys)
		}
	}
	info, err := os.Stat(file)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("%d files stand beside the key, %v", len(left)-1, err)
	}
	if s, err := LoadKey(file, "another.origin"); err != nil || s.Origin() != "zi.contoh.example/log" {
		t.Errorf("an existing key was made anew: %v, %v", s, err)
	}
}

func TestAKeyThatOthersCouldReadIsRefused(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes of files: runs where the system has them, not on Windows")
	}
	file := filepath.Join(t.TempDir(), "log.key")
	if _, err := LoadKey(file, "zona.test"); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o644} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadKey(file, "zona.test"); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(file, "zona.test"); err != nil {
		t.Errorf("mended: %v", err)
	}
	if err := os.WriteFile(file, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(file, "zona.test"); err == nil {
		t.Error("a file without a key was read, or written over")
	}
}

func checkpoints(t *testing.T, n int) (v audit.Verifier, signed [][]byte) {
	t.Helper()
	s, err := LoadKey(filepath.Join(t.TempDir(), "log.key"), "zona.test")
	if err != nil {
		t.Fatal(err)
	}
	if v, err = s.Verifier(); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		b, err := s.Sign(int64(i+1), tlog.Hash{byte(i)})
		if err != nil {
			t.Fatal(err)
		}
		signed = append(signed, b)
	}
	return v, signed
}

func TestTheFolderKeepsEveryCheckpointInOrder(t *testing.T) {
	t.Parallel()
	v, signed := checkpoints(t, 5)
	path := filepath.Join(t.TempDir(), "other disk")
	f := NewFolder(path)
	if last, err := f.Newest(t.Context()); last != nil || err != nil {
		t.Errorf("an empty folder holds %q, %v", last, err)
	}
	put := func(b []byte) {
		t.Helper()
		if err := f.Put(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	put(signed[0])
	put(signed[1])
	put(signed[1]) // the database had forgotten that it was taken
	name := filepath.Join(path, FileName)
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	// The machine died in the middle of a write.
	if err := os.WriteFile(name, append(bytes.Clone(before), signed[2][:len(signed[2])/2]...), 0o600); err != nil {
		t.Fatal(err)
	}
	if last, err := f.Newest(t.Context()); err != nil || !bytes.Equal(last, signed[1]) {
		t.Errorf("after a write that was cut off the newest is %q, %v", last, err)
	}
	put(signed[2])
	put(signed[3])
	after, err := os.ReadFile(name)
	if err != nil || !bytes.HasPrefix(after, before) {
		t.Errorf("what stood there is not there any more, %v", err)
	}
	var sizes []int64
	damaged, err := audit.ReadNotes(bytes.NewReader(after), func(b []byte) error {
		c, err := v.Open(b)
		sizes = append(sizes, c.Size)
		return err
	})
	if err != nil || damaged != 1 || len(sizes) != 4 || sizes[3] != 4 {
		t.Errorf("sizes %v, %d damaged, %v", sizes, damaged, err)
	}
	if last, err := f.Newest(t.Context()); err != nil || !bytes.Equal(last, signed[3]) {
		t.Errorf("the newest is %q, %v", last, err)
	}
}

func TestTheNewestIsFoundInALongFile(t *testing.T) {
	t.Parallel()
	_, signed := checkpoints(t, 2)
	path := t.TempDir()
	long := bytes.Repeat(append(bytes.Clone(signed[0]), '\n'), 1000)
	if len(long) < 2*tailSize {
		t.Fatalf("only %d bytes: this test could not fail", len(long))
	}
	if err := os.WriteFile(filepath.Join(path, FileName), long, 0o600); err != nil {
		t.Fatal(err)
	}
	f := NewFolder(path)
	if err := f.Put(t.Context(), signed[1]); err != nil {
		t.Fatal(err)
	}
	if last, err := f.Newest(t.Context()); err != nil || !bytes.Equal(last, signed[1]) {
		t.Errorf("%q, %v", last, err)
	}
}

func TestAFolderThatCannotBeWrittenSaysSo(t *testing.T) {
	t.Parallel()
	_, signed := checkpoints(t, 1)
	taken := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := NewFolder(taken).Put(t.Context(), signed[0]); err == nil {
		t.Error("a checkpoint was put into a file as if it were a folder")
	}
}
