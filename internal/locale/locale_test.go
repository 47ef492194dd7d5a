package locale

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"zona/internal/exact"
)

func TestMessageFilesAgreeInBothLanguages(t *testing.T) {
	t.Parallel()
	if err := Check(); err != nil {
		t.Error(err)
	}
	names, err := fs.Glob(files, "messages/*.json")
	if err != nil || len(names) < 2 {
		t.Fatalf("message files: %v, %v", names, err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range repeatedKeys(t, data) {
			t.Errorf("%s: %s stands twice", name, id)
		}
	}
}

// repeatedKeys finds what json.Unmarshal overlooks.
func repeatedKeys(t *testing.T, data []byte) []string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	var repeated []string
	seen := map[string]bool{}
	depth, key := 0, true
	for dec.More() || depth > 0 {
		token, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case json.Delim:
			if token == '{' {
				depth++
			} else {
				depth--
			}
			key = true
		case string:
			if depth == 1 && key {
				if seen[token] {
					repeated = append(repeated, token)
				}
				seen[token] = true
			}
			key = !key
		default:
			key = !key
		}
	}
	return repeated
}

func TestCheckFindsWhatIsWrongWithMessageFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, text, want string }{
		{"a file that is not JSON", "messages/a.id.json", `{"x.y": `, "unexpected end"},
		{"a language that is not ours", "messages/a.de.json", `{"x.y": "t"}`, "<area>.id.json"},
		{"a name without an area", "messages/id.json", `{"x.y": "t"}`, "<area>.id.json"},
		{"an id with no English text", "messages/a.id.json", `{"x.y": "t"}`, "x.y: no English text"},
		{"an id with no Indonesian text", "messages/a.en.json", `{"x.y": "t"}`, "x.y: no Indonesian text"},
		{"an empty text", "messages/a.id.json", `{"x.y": ""}`, "x.y: no text"},
		{"an action that computes", "messages/a.id.json", `{"x.y": "{{if .A}}b{{end}}"}`, "only {{.Name}} is understood"},
		{"an action that never ends", "messages/a.id.json", `{"x.y": "{{.A"}`, "only {{.Name}} is understood"},
		{"an id in two files", "messages/a.id.json", `{"locale.at": "pada"}`, "locale.at stands twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fsys := fstest.MapFS{c.file: {Data: []byte(c.text)}}
			for _, lang := range Languages() {
				name := "messages/locale." + lang + ".json"
				fsys[name] = &fstest.MapFile{Data: embedded(t, name)}
			}
			got := read(fsys)
			all := fmt.Sprint(append(got.problems, compare(got.printers)...))
			if !strings.Contains(all, c.want) {
				t.Errorf("problems %s, want %q among them", all, c.want)
			}
		})
	}
	t.Run("arguments that differ", func(t *testing.T) {
		t.Parallel()
		got := read(fstest.MapFS{
			"messages/a.id.json": {Data: []byte(`{"x.y": "{{.A}} {{.B}}"}`)},
			"messages/a.en.json": {Data: []byte(`{"x.y": "{{.A}}"}`)},
		})
		if all := fmt.Sprint(compare(got.printers)); !strings.Contains(all, "x.y: arguments [A B] in Indonesian, [A] in English") {
			t.Errorf("problems %s", all)
		}
	})
}

func embedded(t *testing.T, name string) []byte {
	t.Helper()
	data, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTFillsArguments(t *testing.T) {
	t.Parallel()
	c := read(fstest.MapFS{
		"messages/locale.id.json": {Data: embedded(t, "messages/locale.id.json")},
		"messages/locale.en.json": {Data: embedded(t, "messages/locale.en.json")},
		"messages/a.id.json":      {Data: []byte(`{"a.plain": "Simpan", "a.two": "{{.A}} dari {{ .B }}.", "a.n": {"one": "{{.Count}} soal {{.A}}", "other": "{{.Count}} soal {{.A}}"}}`)},
		"messages/a.en.json":      {Data: []byte(`{"a.plain": "Save", "a.two": "{{.A}} of {{.B}}.", "a.n": {"one": "{{.Count}} question {{.A}}", "other": "{{.Count}} questions {{.A}}"}}`)},
	})
	if len(c.problems) > 0 {
		t.Fatal(c.problems)
	}
	at := time.Date(2025, 5, 31, 16, 59, 0, 0, time.UTC)
	jakarta, err := Zone(WIB)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, lang, id string
		args           []any
		want           string
	}{
		{"a text without arguments", "id", "a.plain", nil, "Simpan"},
		{"arguments that the text does not name", "en", "a.plain", []any{"X", 1}, "Save"},
		{"an unknown id comes back", "id", "a.nothing", []any{"X", 1}, "a.nothing"},
		{"two texts", "id", "a.two", []any{"A", "x", "B", "y"}, "x dari y."},
		{"an argument that is missing stays visible", "id", "a.two", []any{"A", "x"}, "x dari {B}."},
		{"a name that is not text is passed over", "id", "a.two", []any{1, "x", "B", "y"}, "{A} dari y."},
		{"a whole number stays bare", "id", "a.two", []any{"A", 2025, "B", int64(1234)}, "2025 dari 1234."},
		{"an exact number speaks the language", "id", "a.two", []any{"A", exact.MustParse("3.6"), "B", "y"}, "3,6 dari y."},
		{"a moment speaks the language", "id", "a.two", []any{"A", Moment{at, jakarta}, "B", "y"}, "31 Mei 2025 pukul 23.59 WIB dari y."},
		{"a moment in English", "en", "a.two", []any{"A", Moment{at, jakarta}, "B", "y"}, "31 May 2025 at 23:59 WIB of y."},
		{"a list", "id", "a.two", []any{"A", []string{"p", "q"}, "B", true}, "p, q dari true."},
		{"a count of one", "en", "a.n", []any{"Count", 1, "A", "left"}, "1 question left"},
		{"a count of many is grouped", "en", "a.n", []any{"Count", 2000, "A", "left"}, "2,000 questions left"},
		{"Indonesian has one form", "id", "a.n", []any{"Count", 2000, "A", "lagi"}, "2.000 soal lagi"},
		{"a count that is missing", "en", "a.n", []any{"A", "left"}, "{Count} questions left"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := c.printers[tc.lang].T(tc.id, tc.args...); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	p := c.printers["id"]
	if got := p.TMap("a.two", map[string]any{"A": "x", "B": 2}); got != "x dari 2." {
		t.Errorf("TMap: %q", got)
	}
	if got := p.TStrings("a.two", map[string]string{"A": "x", "B": "y"}); got != "x dari y." {
		t.Errorf("TStrings: %q", got)
	}
}

func TestForFallsBackToIndonesian(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"id": "id", "en": "en", "": "id", "fr": "id"} {
		if got := For(lang).Lang(); got != want {
			t.Errorf("For(%q) speaks %q, want %q", lang, got, want)
		}
	}
	if p := For("en"); p.T("locale.month.5") != "May" || !p.Has("locale.at") || p.Has("locale.nothing") {
		t.Error("the English printer lacks its own messages")
	}
}

func TestNegotiatePicksTheBestLanguage(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"":                                      "id",
		"id-ID,id;q=0.9,en;q=0.8":               "id",
		"en-US,en;q=0.9":                        "en",
		"en;q=0.3, id;q=0.9":                    "id",
		"in":                                    "id", // the old code of Indonesian, still sent by old Android
		"de-DE,de;q=0.9":                        "id",
		"de, en;q=0.5":                          "en",
		"\x00;;;":                               "id",
		"en" + strings.Repeat(",en;q=0.1", 200): "id", // too long to read
	} {
		if got := Negotiate(header); got != want {
			t.Errorf("Negotiate(%.40q) = %q, want %q", header, got, want)
		}
	}
}

func BenchmarkTWithoutArguments(b *testing.B) {
	p := For(Indonesian)
	b.ReportAllocs()
	for b.Loop() {
		p.T("locale.at")
	}
}

func BenchmarkTWithArguments(b *testing.B) {
	p := For(Indonesian)
	b.ReportAllocs()
	for b.Loop() {
		p.T("locale.number.rule", "Read", "x")
	}
}
