package audit

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew; a changed leaf breaks every log that exists")

// golden events: a plain one, one with everything in it, and texts that some systems normalise or escape.
func golden() map[string]Record {
	wib := time.FixedZone("WIB", 7*60*60)
	salt := Salt{1, 2, 3}
	return map[string]Record{
		"empty": {Seq: 0, Event: Event{Kind: SessionClosed, At: time.Unix(0, 0)}},
		"answer": {Seq: 41, Event: Event{
			Kind: AnswerSet, At: time.Date(2025, 5, 31, 23, 59, 59, 999_999_999, wib), Actor: "p-1", Institution: "i-1", Unit: "u-1",
			Object: Object{Kind: "assessment", ID: "a-1"},
			Changes: []Change{
				{Field: "note:A.I.1.i.a", From: "", To: "SK tim kerja,\nlampiran 2"},
				{Field: "answer:A.I.1.i.a", From: `"Tidak"`, To: `"Ya"`},
			},
		}},
		"unicode": {Seq: 1 << 40, Event: Event{
			Kind: UnitCreated, At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Actor: System,
			Object:  Object{Kind: "unit", ID: "u-é-e\u0301"}, // the same letter composed and decomposed
			Changes: []Change{{Field: "name", To: "Pengadilan \u202eNegeri\u202c 5:x,"}},
		}},
		"person": {Seq: 7, Event: Event{
			Kind: PersonCreated, At: time.Date(2025, 1, 2, 3, 4, 5, 6_000_000, time.UTC), Actor: "p-1", Object: Object{Kind: "person", ID: "p-2"},
			Personal: []Personal{{Field: "name", Value: "must not be seen"}},
		}, Commitments: []Commitment{Commit(salt, "nip", "199001012015011001"), Commit(salt, "name", "Siti")}},
	}
}

func TestAU06CanonicalBytesAreThoseOfTheGoldenFiles(t *testing.T) {
	t.Parallel()
	for name, r := range golden() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Canonical(r.Seq, r.Event, r.Commitments)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+".leaf")
			text := append(slices.Clip(got), "\n"+Leaf(got).String()+"\n"...)
			if *update {
				if err := os.WriteFile(file, text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(text, want) {
				t.Errorf("got\n%s\nwant\n%s", text, want)
			}
			if bytes.Contains(got, []byte("must not be seen")) {
				t.Error("a personal value stands in the clear")
			}
		})
	}
}

func TestAU06CanonicalBytesDoNotDependOnOrderOrZone(t *testing.T) {
	t.Parallel()
	a := golden()["answer"]
	b := a
	b.Event.Changes = slices.Clone(a.Event.Changes)
	slices.Reverse(b.Event.Changes)
	b.Event.At = Instant(a.Event.At)
	before := slices.Clone(b.Event.Changes)
	one, err1 := Canonical(a.Seq, a.Event, nil)
	two, err2 := Canonical(b.Seq, b.Event, nil)
	if err1 != nil || err2 != nil || !bytes.Equal(one, two) {
		t.Errorf("%q\n%q\n%v %v", one, two, err1, err2)
	}
	if !slices.Equal(before, b.Event.Changes) {
		t.Error("the caller's changes were sorted")
	}
	// The negative control: one different letter must show.
	b.Event.Changes[0].To += "."
	if three, err := Canonical(b.Seq, b.Event, nil); err != nil || bytes.Equal(one, three) {
		t.Errorf("another text gives the same bytes, %v", err)
	}
}

func TestCanonicalRefusesWhatWouldNotComeBackTheSame(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	c := Commit(Salt{}, "name", "x")
	for _, tc := range []struct {
		name string
		seq  int64
		e    Event
		sums []Commitment
		want error
	}{
		{"a negative position", -1, Event{Kind: "a.b", At: at}, nil, errSequence},
		{"no kind", 0, Event{At: at}, nil, errKind},
		{"a kind in capitals", 0, Event{Kind: "Answer", At: at}, nil, errKind},
		{"a kind that ends in a dot", 0, Event{Kind: "answer.", At: at}, nil, errKind},
		{"a year before 0", 0, Event{Kind: "a.b", At: at.AddDate(-2026, 0, 0)}, nil, errYear},
		{"a year after 9999", 0, Event{Kind: "a.b", At: at.AddDate(8000, 0, 0)}, nil, errYear},
		{"a field twice", 0, Event{Kind: "a.b", At: at, Changes: []Change{{Field: "f"}, {Field: "f"}}}, nil, errTwice},
		{"a commitment twice", 0, Event{Kind: "a.b", At: at}, []Commitment{c, c}, errTwice},
		{"text that is not UTF-8", 0, Event{Kind: "a.b", At: at, Actor: "\xff"}, nil, errText},
		{"a NUL", 0, Event{Kind: "a.b", At: at, Changes: []Change{{Field: "f", To: "a\x00"}}}, nil, errText},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, err := Canonical(tc.seq, tc.e, tc.sums); !errors.Is(err, tc.want) || got != nil {
				t.Errorf("got %q, %v; want %v", got, err, tc.want)
			}
		})
	}
}

func TestDecodeRefusesAnythingButCanonicalBytes(t *testing.T) {
	t.Parallel()
	r := golden()["person"]
	good, err := Canonical(r.Seq, r.Event, r.Commitments)
	if err != nil {
		t.Fatal(err)
	}
	text := string(good)
	for name, bad := range map[string]string{
		"nothing":                     "",
		"another version":             strings.Replace(text, "event/1", "event/2", 1),
		"a byte too many":             text + "x",
		"a byte too few":              text[:len(text)-1],
		"a number with a zero before": strings.Replace(text, "1:7,", "2:07,", 1),
		"a length with a zero before": strings.Replace(text, "1:7,", "01:7,", 1),
		"a negative length":           strings.Replace(text, "1:7,", "-1:7,", 1),
		"a number that is none":       strings.Replace(text, "1:7,", "1:x,", 1),
		"an instant that is none":     strings.Replace(text, "2025-01-02", "2025-13-02", 1),
		"a kind that is none":         strings.Replace(text, "person.created", "person-created", 1),
		"more changes than there are": strings.Replace(text, "1:0,", "9:999999999,", 1),
		"fewer sums than there are":   strings.Replace(text, "1:2,4:name", "1:1,4:name", 1),
		"a sum that is not hex":       strings.Replace(text, ",64:", ",64:z", 1),
		"a sum that is too short":     strings.Replace(text, ",64:", ",2:00,64:", 1),
	} {
		if bad == text {
			t.Fatalf("%s: the mutation changed nothing", name)
		}
		if got, err := Decode([]byte(bad)); !errors.Is(err, errForm) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	i := strings.LastIndex(text, "64:") + 3
	upper := text[:i] + strings.ToUpper(text[i:])
	if _, err := Decode([]byte(upper)); !errors.Is(err, errForm) {
		t.Errorf("a sum in capitals: %v", err)
	}
}

// anyRecord draws events with awkward texts.
func anyRecord() *rapid.Generator[Record] {
	return rapid.Custom(func(t *rapid.T) Record {
		text := rapid.StringN(0, 12, -1).Filter(func(s string) bool { return !strings.Contains(s, "\x00") })
		r := Record{Seq: rapid.Int64Min(0).Draw(t, "seq"), Event: Event{
			Kind:        rapid.SampledFrom(Kinds()).Draw(t, "kind"),
			At:          time.UnixMilli(rapid.Int64Range(-62_000_000_000_000, 253_402_300_799_999).Draw(t, "at")).UTC(),
			Actor:       text.Draw(t, "actor"),
			Institution: text.Draw(t, "institution"),
			Unit:        text.Draw(t, "unit"),
			Object:      Object{Kind: text.Draw(t, "object"), ID: text.Draw(t, "id")},
		}}
		for _, field := range rapid.SliceOfNDistinct(text, 0, 4, rapid.ID).Draw(t, "fields") {
			r.Event.Changes = append(r.Event.Changes, Change{Field: field, From: text.Draw(t, "from"), To: text.Draw(t, "to")})
			r.Commitments = append(r.Commitments, Commit(Salt{byte(len(field))}, field, text.Draw(t, "value")))
		}
		return r
	})
}

func TestDecodeReadsBackWhateverCanonicalWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord().Draw(t, "record")
		b, err := Canonical(r.Seq, r.Event, r.Commitments)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		if again, err := Canonical(got.Seq, got.Event, got.Commitments); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%q\n%q\n%v", b, again, err)
		}
		if got.Seq != r.Seq || !got.Event.At.Equal(r.Event.At) || got.Event.Actor != r.Event.Actor || len(got.Event.Changes) != len(r.Event.Changes) {
			t.Fatalf("%+v came back as %+v", r, got)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, r := range golden() {
		b, err := Canonical(r.Seq, r.Event, r.Commitments)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(version + "99999999999999999999:"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Canonical(r.Seq, r.Event, r.Commitments)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("accepted %q, written as %q, %v", b, again, err)
		}
	})
}

func TestKindsAreWellFormedAndDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if !isKind(k) || seen[k] {
			t.Errorf("kind %q", k)
		}
		seen[k] = true
	}
}
