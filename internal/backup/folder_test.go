package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
)

var noon = time.Date(2026, 5, 20, 5, 0, 0, 0, time.UTC)

func save(t *testing.T, f Folder, at time.Time, text string) string {
	t.Helper()
	path, size, err := f.Save(at, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	if err != nil || size != int64(len(text)) {
		t.Fatalf("%d bytes, %v", size, err)
	}
	return path
}

func TestACopyThatFailsLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	f := Folder(filepath.Join(t.TempDir(), "backup"))
	broken := errors.New("disk full")
	_, _, err := f.Save(noon, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half of a copy")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(string(f)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := f.Newest(); !errors.Is(err, ErrNone) {
		t.Errorf("newest of none: %v", err)
	}
	path := save(t, f, noon, "a copy")
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := WriteFile(path, func(io.Writer) error { return nil }); err == nil {
		t.Error("a copy was overwritten")
	}
}

func TestTheNewestCopiesAreKeptAndNothingElseIsTouched(t *testing.T) {
	t.Parallel()
	f := Folder(t.TempDir())
	var paths []string
	for i := range 5 {
		paths = append(paths, save(t, f, noon.AddDate(0, 0, i), "x"))
	}
	foreign := []string{"catatan.txt", "zona-lama.backup.age", "zona-20260520T050000.000Z.backup.age.bak"}
	for _, name := range foreign {
		if err := os.WriteFile(filepath.Join(string(f), name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	young, stale := filepath.Join(string(f), tempPrefix+"1"), filepath.Join(string(f), tempPrefix+"2")
	for _, name := range []string{young, stale} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	if err := os.Chtimes(stale, now.AddDate(0, 0, -2), now.AddDate(0, 0, -2)); err != nil {
		t.Fatal(err)
	}
	removed, err := f.Prune(2, now)
	if err != nil || len(removed) != 4 || !slices.Contains(removed, stale) || slices.Contains(removed, young) {
		t.Errorf("removed %q, %v", removed, err)
	}
	list, err := f.List()
	if err != nil || !slices.Equal(list, []string{paths[4], paths[3]}) {
		t.Errorf("left %q, %v", list, err)
	}
	for _, name := range foreign {
		if _, err := os.Stat(filepath.Join(string(f), name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if removed, err := f.Prune(0, now); err != nil || len(removed) != 1 {
		t.Errorf("to keep none keeps the newest: removed %q, %v", removed, err)
	}
}

func TestAKeyIsMadeOnceForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "backup.key")
	var group sync.WaitGroup
	var mu sync.Mutex
	makers, recipients := 0, map[string]bool{}
	for range 8 {
		group.Go(func() {
			k, made, err := EnsureKey(path, noon)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			if made {
				makers++
			}
			recipients[fmt.Sprint(k.Recipients[0])] = true
		})
	}
	group.Wait()
	if makers != 1 || len(recipients) != 1 {
		t.Errorf("%d made a key, there are %d", makers, len(recipients))
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("beside the key: %v, %v", left, err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKey(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others can read: %v", err)
	}
}

func TestOnlyPublicKeysAreRecipients(t *testing.T) {
	t.Parallel()
	key := identity(t)
	if r, err := ParseRecipients([]string{key.Recipient().String()}); err != nil || len(r) != 1 {
		t.Errorf("a public key: %v, %v", r, err)
	}
	for _, wrong := range []string{key.String(), "age1x", ""} {
		if r, err := ParseRecipients([]string{wrong}); err == nil {
			t.Errorf("%.12q was taken: %v", wrong, r)
		} else if strings.Contains(err.Error(), key.String()) {
			t.Error("the error repeats a secret key")
		}
	}
}

// endless makes rows while it is read, so that nothing but the code under test holds them.
type endless struct {
	rows int
	peak uint64
}

func (e *endless) Tables() []Table {
	return []Table{{"answer", []Column{{"id", Text}, {"note", Text}}}}
}

func (e *endless) Rows(_ context.Context, _ string, see func([]any) error) error {
	note := make([]byte, 1000)
	for i := range e.rows {
		for j := range note {
			note[j] = 'a' + byte((i*7+j*i)%26)
		}
		if err := see([]any{fmt.Sprintf("%09d", i), string(note)}); err != nil {
			return err
		}
		if i%5000 == 0 {
			e.look()
		}
	}
	return nil
}

func (e *endless) Insert(context.Context, string, [][]any) error {
	e.look()
	return nil
}

func (e *endless) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	e.peak = max(e.peak, m.HeapInuse)
}

// What a copy takes in memory does not grow with the database. It does not run beside other tests.
func TestACopyOfAnySizeTakesTheSameMemory(t *testing.T) {
	rows := 60_000
	if nightly() {
		rows = 2_000_000
	}
	key := identity(t)
	path := filepath.Join(t.TempDir(), "copy")
	from := &endless{rows: rows}
	var m Manifest
	if _, err := WriteFile(path, func(w io.Writer) (err error) {
		m, err = Write(t.Context(), w, from, head, key.Recipient())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	into := &endless{}
	if _, err := walk(t.Context(), file, []age.Identity{key}, into); err != nil {
		t.Fatal(err)
	}
	const most = 64 << 20
	t.Logf("%d MiB of rows: writing took %d MiB of heap, reading %d", m.Parts[0].Bytes>>20, from.peak>>20, into.peak>>20)
	if from.peak > most || into.peak > most {
		t.Errorf("more than %d MiB", most>>20)
	}
}
