package assessment

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFileNamesAreOnlyEverShown(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"LKE.xlsx":               "LKE.xlsx",
		"../../etc/passwd":       "passwd",
		`C:\Users\x\LKE.xlsx`:    "LKE.xlsx",
		"LKE\u202exslx.exe":      "LKExslx.exe",
		" a\r\nb\x00\"c ":        `ab"c`,
		"\xff\xfe.xlsx":          ".xlsx",
		"":                       "",
		strings.Repeat("é", 200): strings.Repeat("é", 100),
		"/":                      "",
	} {
		if got := FoldFileName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzFoldFileName(f *testing.F) {
	f.Add("../LKE 2025.xlsx")
	f.Add("\xff\u202e\x00/")
	f.Add(strings.Repeat("é ", 120))
	f.Fuzz(func(t *testing.T, name string) {
		got := FoldFileName(name)
		if len(got) > maxLine || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\x00\n\r") || FoldFileName(got) != got {
			t.Fatalf("%q is kept as %q", name, got)
		}
	})
}

func FuzzFoldNote(f *testing.F) {
	f.Add("a\r\nb ")
	f.Add("\r\r\n\n")
	f.Fuzz(func(t *testing.T, note string) {
		got := FoldNote(note)
		if strings.Contains(got, "\r") || FoldNote(got) != got || len(got) > len(note) {
			t.Fatalf("%q is kept as %q", note, got)
		}
	})
}
