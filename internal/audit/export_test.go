package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestAnExportIsReadBackEventByEvent(t *testing.T) {
	t.Parallel()
	s, _ := signerOf(t, "zona.test")
	leaves, points, _ := grow(t, 40)
	signed, err := s.Sign(40, points[40].Root)
	if err != nil {
		t.Fatal(err)
	}
	file := exported(t, leaves, signed)
	for _, in := range []io.Reader{bytes.NewReader(file), iotest.OneByteReader(bytes.NewReader(file))} {
		n := 0
		got, err := ReadExport(in, func(b []byte) error {
			if !bytes.Equal(b, leaves[n]) {
				return fmt.Errorf("event %d is %q", n, b)
			}
			n++
			return nil
		})
		if err != nil || n != 40 || !bytes.Equal(got, signed) {
			t.Errorf("%d events, %q, %v", n, got, err)
		}
	}
	// Wherever the file is cut off before its end, that is noticed; the signature says so of the last lines.
	end := bytes.LastIndex(file, []byte(exportEnd)) + len(exportEnd)
	for at := range end {
		if _, err := ReadExport(bytes.NewReader(file[:at]), nothing); !errors.Is(err, ErrExport) {
			t.Fatalf("cut off at %d: %v", at, err)
		}
	}
}

func exported(t testing.TB, leaves [][]byte, signed []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	w := NewExportWriter(&file)
	for _, b := range leaves {
		if err := w.Add(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(signed); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func nothing([]byte) error { return nil }

func TestFilesThatAreNoExportAreRefused(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"nothing":                    "",
		"another version":            "zona-log/2\nend\n",
		"a length that lies":         exportHead + "9999999:x,\nend\n",
		"a length beyond all":        exportHead + "99999999999999999999:x,\nend\n",
		"longer than any event":      exportHead + "16777217:x,\nend\n",
		"a length with a zero":       exportHead + "01:x,\nend\n",
		"a length below zero":        exportHead + "-1:x,\nend\n",
		"no comma":                   exportHead + "1:xy\nend\n",
		"two events on one line":     exportHead + "1:x,1:x,\nend\n",
		"another end":                exportHead + "eND\n",
		"a checkpoint without bound": exportHead + exportEnd + strings.Repeat("x", maxNote+1),
	} {
		if _, err := ReadExport(strings.NewReader(bad), nothing); !errors.Is(err, ErrExport) {
			t.Errorf("%s: %v", name, err)
		}
	}
	broken := errors.New("broken disk")
	if _, err := ReadExport(io.MultiReader(strings.NewReader(exportHead), iotest.ErrReader(broken)), nothing); !errors.Is(err, broken) || errors.Is(err, ErrExport) {
		t.Errorf("a disk that cannot be read: %v", err)
	}
	if _, err := ReadExport(strings.NewReader(exportHead+"1:x,\nend\n"), func([]byte) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a caller that gives up: %v", err)
	}
	if err := NewExportWriter(full{}).Close(nil); err == nil {
		t.Error("a full disk was not noticed")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestNotesAreReadOneAfterAnotherAndDamageIsCounted(t *testing.T) {
	t.Parallel()
	s, v := signerOf(t, "zona.test")
	_, points, _ := grow(t, 4)
	note := func(n int64) string {
		signed, err := s.Sign(n, points[n].Root)
		if err != nil {
			t.Fatal(err)
		}
		return string(signed)
	}
	for _, tc := range []struct {
		name, file string
		sizes      []int64
		damaged    int
	}{
		{"nothing", "", nil, 0},
		{"one", note(1), []int64{1}, 0},
		{"three", note(1) + "\n" + note(2) + "\n" + note(4), []int64{1, 2, 4}, 0},
		{"no empty line between", note(1) + note(2), []int64{1, 2}, 0},
		{"many empty lines", "\n\n" + note(1) + "\n\n\n" + note(2) + "\n\n", []int64{1, 2}, 0},
		{"line ends of a mail program", strings.ReplaceAll(note(1)+"\n"+note(2), "\n", "\r\n"), []int64{1, 2}, 0},
		{"cut off in the text", note(1) + "\nzona.test\n2\nAA\n\n" + note(3), []int64{1, 3}, 1},
		{"cut off at the end", note(1) + "\nzona.test\n2\n", []int64{1}, 1},
		{"cut off in the signature", note(1) + "\n" + note(2)[:len(note(2))-9] + "\n\n" + note(3), []int64{1, 3}, 1},
		{"signatures of nothing", "— zona.test AAAA\n\n" + note(1), []int64{1}, 1},
		{"a line without end", strings.Repeat("x", maxNote+1), nil, 1},
	} {
		var sizes []int64
		damaged, err := ReadNotes(strings.NewReader(tc.file), func(signed []byte) error {
			c, err := v.Open(signed)
			sizes = append(sizes, c.Size)
			return err
		})
		if err != nil || damaged != tc.damaged || fmt.Sprint(sizes) != fmt.Sprint(tc.sizes) {
			t.Errorf("%s: sizes %v, %d damaged, %v", tc.name, sizes, damaged, err)
		}
	}
}

func FuzzReadExport(f *testing.F) {
	f.Add([]byte(exportHead + "1:x,\nend\nsigned"))
	f.Add([]byte(exportHead + exportEnd))
	f.Add([]byte(exportHead + "16777216:"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var again bytes.Buffer
		w := NewExportWriter(&again)
		signed, err := ReadExport(bytes.NewReader(b), w.Add)
		if err != nil {
			return
		}
		if err := w.Close(signed); err != nil || !bytes.Equal(again.Bytes(), b) {
			t.Fatalf("accepted %q, written as %q, %v", b, again.Bytes(), err)
		}
	})
}

func FuzzReadNotes(f *testing.F) {
	f.Add([]byte("zona.test\n1\nAAAA\n\n— zona.test " + strings.Repeat("A", 92) + "\n"))
	f.Add([]byte("zona.test\n1\nAAAA\n\n— zona.test AAAA\n\n\nx\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := ReadNotes(bytes.NewReader(b), func(signed []byte) error {
			if !bytes.Contains(signed, []byte("\n\n— ")) {
				t.Fatalf("%q is no note", signed)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}
