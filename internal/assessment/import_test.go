package assessment

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/org"
)

var file = []byte("bytes of a workbook")

func upload(assessment string) Upload {
	return Upload{Assessment: assessment, FileName: `C:\LKE\LKE 2025.xlsx`, Source: bytes.NewReader(file), Size: int64(len(file))}
}

// reading has an answer to each of the four questions, and a fifth that could not be read.
func reading() Reading {
	return Reading{
		Column: "Unit Kerja",
		Incoming: []Incoming{
			{Question: ipak, Answer: index("3.6")},
			{Question: yesNo, Answer: choice("Ya"), Note: " dari berkas\r\n"},
			{Question: letters, Answer: choice("B")},
			{Question: ratio, Answer: counts(4, 3)},
		},
		Problems: []Problem{{Sheet: "LKE", Cell: "J12", Question: "A.I.1.i.b", Read: "90%", Rule: "answer.rule.choice", Mend: "answer.mend.choice"}},
	}
}

// preview puts a few answers into sheet a, reads the workbook and returns the import.
func preview(t *testing.T) (*Service, *memory, string) {
	t.Helper()
	ctx := context.Background()
	s, m, r := setup()
	r.reading = reading()
	for _, c := range []AnswerChange{
		{Question: letters, Typed: Typed{Answer: choice("D"), Note: "lama"}},
		{Question: ipak, Typed: Typed{Answer: index("3.6")}},
	} {
		c.Assessment = "a"
		if _, err := s.SetAnswer(ctx, budi, c); err != nil {
			t.Fatal(err)
		}
	}
	m.now = m.now.Add(time.Hour)
	id, err := s.PreviewImport(ctx, siti, upload("a"))
	if err != nil {
		t.Fatal(err)
	}
	return s, m, id
}

func TestAPreviewChangesNoAnswerAndKeepsWhatWasRead(t *testing.T) {
	t.Parallel()
	_, m, id := preview(t)
	i := m.state.imports[id]
	if i.State != Previewed || i.FileName != "LKE 2025.xlsx" || i.FileHash != sha256.Sum256(file) || i.Column != "Unit Kerja" || i.By != "siti" || !i.At.Equal(m.now) {
		t.Errorf("import %+v", i)
	}
	var order []string
	for _, c := range i.Incoming {
		order = append(order, c.Question)
	}
	if want := []string{yesNo, letters, ratio, ipak}; !slices.Equal(order, want) || i.Incoming[0].Note != "dari berkas" || len(i.Problems) != 1 {
		t.Errorf("incoming %v, problems %v", order, i.Problems)
	}
	if m.stands(t, yesNo) != "@0" || m.state.assessments["a"].Version != 3 {
		t.Error("the preview changed the sheet")
	}
	e := m.state.events[len(m.state.events)-1]
	if e.Kind != audit.ImportPreviewed || e.Object.ID != id || len(e.Personal) != 1 {
		t.Errorf("event %+v", e)
	}
}

func TestTheDifferenceIsToldForEachQuestion(t *testing.T) {
	t.Parallel()
	_, m, id := preview(t)
	in, err := instrument.ByID("lke-2021")
	if err != nil {
		t.Fatal(err)
	}
	kinds := func(by string) string {
		var list []string
		entries := []Entry{}
		for _, e := range m.state.entries["a"] {
			entries = append(entries, e)
		}
		for _, d := range Compare(in, entries, m.state.imports[id], by) {
			list = append(list, d.Question+" "+string(d.Kind))
		}
		return strings.Join(list, ", ")
	}
	want := yesNo + " fills, A.I.1.i.b unreadable, " + letters + " overwrites, " + ratio + " fills, " + ipak + " same"
	if got := kinds("siti"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// A colleague's change after the preview is newer for her, not for the colleague.
	e := m.state.entries["a"][letters]
	e.ChangedAt = m.now
	m.state.entries["a"][letters] = e
	if got := kinds("siti"); got != strings.Replace(want, letters+" overwrites", letters+" newer", 1) {
		t.Errorf("after a colleague's change: %s", got)
	}
	if got := kinds("budi"); got != want {
		t.Errorf("for the colleague: %s", got)
	}
	// What does not belong to the sheet, or comes twice, is passed over.
	i := m.state.imports[id]
	i.Incoming = append(i.Incoming, Incoming{Question: "Z", Answer: choice("Ya")}, Incoming{Question: ipak, Answer: index("1")})
	i.Problems = append(i.Problems, Problem{Question: "Z"}, Problem{Question: ipak}, Problem{})
	m.state.imports[id] = i
	if got := kinds("budi"); got != want {
		t.Errorf("with strange rows: %s", got)
	}
}

func TestKindsOfDifferenceAndWhatEachModeTakes(t *testing.T) {
	t.Parallel()
	none := instrument.Answer{}
	for _, c := range []struct {
		name           string
		before, after  instrument.Answer
		had, has       string // notes
		kind           DifferenceKind
		fill, over     string // "answer/note" that stands after each mode
		fills, changes bool
	}{
		{"nothing to nothing", none, none, "", "", Same, "/", "/", false, false},
		{"an answer for nothing", none, choice("A"), "", "", Fills, "A/", "A/", true, true},
		{"an answer and a note for nothing", none, choice("A"), "", "n", Fills, "A/n", "A/n", true, true},
		{"an answer beside a note that is there", none, choice("A"), "m", "n", Fills, "A/m", "A/m", true, true},
		{"another answer", choice("B"), choice("A"), "", "", Overwrites, "B/", "A/", false, true},
		{"another answer with a note", choice("B"), choice("A"), "m", "n", Overwrites, "B/m", "A/n", false, true},
		{"another answer, no note in the file", choice("B"), choice("A"), "m", "", Overwrites, "B/m", "A/m", false, true},
		{"the same answer", choice("A"), choice("A"), "m", "", Same, "A/m", "A/m", false, false},
		{"the same answer and note", choice("A"), choice("A"), "m", "m", Same, "A/m", "A/m", false, false},
		{"the same answer, a first note", choice("A"), choice("A"), "", "n", Fills, "A/n", "A/n", true, true},
		{"the same answer, another note", choice("A"), choice("A"), "m", "n", Overwrites, "A/m", "A/n", false, true},
		{"a first note alone", choice("A"), none, "", "n", Fills, "A/n", "A/n", true, true},
		{"another note alone", choice("A"), none, "m", "n", Overwrites, "A/m", "A/n", false, true},
		{"no answer in the file", choice("A"), none, "", "", Same, "A/", "A/", false, false},
	} {
		d := Difference{Before: c.before, After: c.after, NoteBefore: c.had, NoteAfter: c.has}
		d.Kind = d.kind()
		if d.Kind != c.kind {
			t.Errorf("%s: %s, want %s", c.name, d.Kind, c.kind)
		}
		for mode, want := range map[ImportMode]string{FillEmpty: c.fill, Overwrite: c.over} {
			a, note, changed := d.take(mode)
			if got := a.Choice + "/" + note; got != want || changed != map[ImportMode]bool{FillEmpty: c.fills, Overwrite: c.changes}[mode] {
				t.Errorf("%s, %s: %s (changed %v), want %s", c.name, mode, got, changed, want)
			}
		}
		d.Kind = Newer
		if _, _, changed := d.take(Overwrite); changed {
			t.Errorf("%s: what is newer is overwritten", c.name)
		}
	}
}

func TestApplyingFillsOrOverwritesAndUndoingGivesBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for mode, want := range map[ImportMode]struct {
		changed         []string
		letters, undone string
	}{
		FillEmpty: {[]string{yesNo, ratio}, "D@1", "D@1"},
		Overwrite: {[]string{yesNo, letters, ratio}, "B@2", "D@3"},
	} {
		s, m, id := preview(t)
		got, err := s.ApplyImport(ctx, siti, Decision{Assessment: "a", Import: id, Mode: mode})
		if err != nil || !slices.Equal(got.Changed, want.changed) || len(got.Kept) > 0 || got.Version != 4 {
			t.Fatalf("%s: %+v, %v", mode, got, err)
		}
		if m.stands(t, letters) != want.letters || m.stands(t, yesNo) != "Ya@1" || m.stands(t, ipak) != "3.6@1" {
			t.Errorf("%s: %s %s %s", mode, m.stands(t, letters), m.stands(t, yesNo), m.stands(t, ipak))
		}
		if note := m.state.entries["a"][letters].Note; note != "lama" {
			t.Errorf("%s: a note that the file does not have became %q", mode, note)
		}
		e := m.state.events[len(m.state.events)-1]
		if e.Kind != audit.ImportApplied || e.Object.ID != "a" || !slices.Contains(e.Changes, audit.Change{Field: "import", To: id}) ||
			!slices.Contains(e.Changes, audit.Change{Field: "answer:" + yesNo, To: `"Ya"`}) {
			t.Errorf("%s: event %+v", mode, e)
		}
		events := len(m.state.events)

		// Somebody goes on working; undoing leaves that alone.
		if _, err := s.SetAnswer(ctx, budi, AnswerChange{Assessment: "a", Question: ratio, Typed: Typed{Revision: 1, Answer: counts(4, 4)}}); err != nil {
			t.Fatal(err)
		}
		back, err := s.UndoImport(ctx, siti, Decision{Assessment: "a", Import: id})
		if err != nil || !slices.Equal(back.Kept, []string{ratio}) || len(back.Changed) != len(want.changed)-1 {
			t.Fatalf("%s undone: %+v, %v", mode, back, err)
		}
		if m.stands(t, yesNo) != "@2" || m.stands(t, letters) != want.undone || m.stands(t, ratio) != `{"selesai":4,"wajib":4}@2` {
			t.Errorf("%s undone: %s %s %s", mode, m.stands(t, yesNo), m.stands(t, letters), m.stands(t, ratio))
		}
		if len(m.state.events) != events+2 || m.state.events[events+1].Kind != audit.ImportUndone {
			t.Errorf("%s undone: %d events", mode, len(m.state.events)-events)
		}
		v, err := s.View(ctx, siti, "a")
		if err != nil || !v.Result.Total().Equal(m.state.assessments["a"].Total) {
			t.Errorf("%s: the total is not that of the answers, %v", mode, err)
		}
		for name, again := range map[string]error{
			"applied again": second(s.ApplyImport(ctx, siti, Decision{Assessment: "a", Import: id, Mode: mode})),
			"undone again":  second(s.UndoImport(ctx, siti, Decision{Assessment: "a", Import: id})),
		} {
			if said(again) != "fault.import.undone" {
				t.Errorf("%s %s: %q", mode, name, said(again))
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestOverwritingKeepsWhatOthersChangedSinceThePreview(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m, id := preview(t)
	if _, err := s.SetAnswer(ctx, budi, AnswerChange{Assessment: "a", Question: letters, Typed: Typed{Revision: 1, Answer: choice("A"), Note: "baru"}}); err != nil {
		t.Fatal(err)
	}
	got, err := s.ApplyImport(ctx, siti, Decision{Assessment: "a", Import: id, Mode: Overwrite})
	if err != nil || !slices.Equal(got.Kept, []string{letters}) || m.stands(t, letters) != "A@2" {
		t.Errorf("%+v, %v, stands %s", got, err, m.stands(t, letters))
	}
}

func TestUndoingAfterEverythingWentOnChangesNothingButTheImport(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m, id := preview(t)
	if _, err := s.ApplyImport(ctx, siti, Decision{Assessment: "a", Import: id, Mode: FillEmpty}); err != nil {
		t.Fatal(err)
	}
	for q, a := range map[string]instrument.Answer{yesNo: choice("Tidak"), ratio: counts(1, 1)} {
		if _, err := s.SetAnswer(ctx, budi, AnswerChange{Assessment: "a", Question: q, Typed: Typed{Revision: 1, Answer: a}}); err != nil {
			t.Fatal(err)
		}
	}
	version := m.state.assessments["a"].Version
	got, err := s.UndoImport(ctx, siti, Decision{Assessment: "a", Import: id})
	if err != nil || len(got.Changed) > 0 || len(got.Kept) != 2 || got.Version != version || m.state.imports[id].State != Undone {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestImportsAreForThoseWhoMayAndForTheirOwnSheet(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	do := func(s *Service, by org.Actor, d Decision) map[string]error {
		up := upload(d.Assessment)
		return map[string]error{
			"preview": second(s.PreviewImport(ctx, by, up)),
			"apply":   second(s.ApplyImport(ctx, by, d)),
			"undo":    second(s.UndoImport(ctx, by, d)),
			"fill":    second(s.Fill(ctx, by, Fill{Assessment: d.Assessment, Mode: FillEmpty})),
		}
	}
	for _, c := range []struct {
		name string
		by   org.Actor
		want string
	}{
		{"a member", member, "fault.forbidden"},
		{"an evaluator", tpi, "fault.forbidden"},
		{"an administrator", admin, "fault.forbidden"},
		{"a stranger", other, "fault.not_found"},
	} {
		s, m, id := preview(t)
		before := len(m.state.events)
		for act, err := range do(s, c.by, Decision{Assessment: "a", Import: id, Mode: Overwrite}) {
			if said(err) != c.want {
				t.Errorf("%s: %s: %q, want %q", c.name, act, said(err), c.want)
			}
		}
		if len(m.state.events) != before {
			t.Errorf("%s left an event", c.name)
		}
	}
	s, m, id := preview(t)
	for act, err := range map[string]error{
		"another sheet's import": second(s.ApplyImport(ctx, other, Decision{Assessment: "b", Import: id, Mode: FillEmpty})),
		"its undoing":            second(s.UndoImport(ctx, other, Decision{Assessment: "b", Import: id})),
		"an import that is none": second(s.ApplyImport(ctx, siti, Decision{Assessment: "a", Import: "none", Mode: FillEmpty})),
		"a sheet that is none":   second(s.PreviewImport(ctx, siti, upload("none"))),
	} {
		if said(err) != "fault.not_found" {
			t.Errorf("%s: %q", act, said(err))
		}
	}
	if err := second(s.ApplyImport(ctx, siti, Decision{Assessment: "a", Import: id, Mode: "all"})); said(err) != "fault.invalid mode=fault.field.choose" {
		t.Errorf("a mode that is none: %q", said(err))
	}
	if err := second(s.UndoImport(ctx, siti, Decision{Assessment: "a", Import: id})); said(err) != "fault.import.not_done" {
		t.Errorf("undone before it was applied: %q", said(err))
	}
	// After the deadline nothing goes in or out; the question is asked again in the transaction.
	m.now = deadline
	for act, err := range do(s, siti, Decision{Assessment: "a", Import: id, Mode: FillEmpty}) {
		if said(err) != "fault.sheet_late" {
			t.Errorf("%s after the deadline: %q", act, said(err))
		}
	}
}

func TestAPreviewDistrustsItsReader(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m, r := setup()
	r.reading = Reading{Column: "a\x00\u202eb", Incoming: []Incoming{
		{Question: "Z.9", Answer: choice("Ya")},
		{Question: yesNo, Answer: choice("Mungkin")},
		{Question: letters, Answer: choice("A"), Note: strings.Repeat("x", MaxNote+1)},
		{Question: ratio}, // nothing at all
		{Question: ipak, Answer: index("4")},
	}}
	id, err := s.PreviewImport(ctx, siti, upload("a"))
	if err != nil {
		t.Fatal(err)
	}
	i := m.state.imports[id]
	if len(i.Incoming) != 1 || i.Incoming[0].Question != ipak || len(i.Problems) != 3 || i.Column != "ab" {
		t.Errorf("column %q, incoming %+v, problems %+v", i.Column, i.Incoming, i.Problems)
	}

	for name, c := range map[string]struct {
		reading Reading
		err     error
		source  Upload
		want    string
	}{
		"a file that says nothing":      {Reading{Incoming: []Incoming{{Question: yesNo}}}, nil, upload("a"), "fault.import.empty"},
		"a file that is refused":        {Reading{}, fault.New(fault.TooLarge, "fault.too_large"), upload("a"), "fault.too_large"},
		"an upload that cannot be read": {reading(), nil, Upload{Assessment: "a", Source: broken{}, Size: 9}, "error: read the upload for assessment a: disk"},
	} {
		s, m, r := setup()
		r.reading, r.err = c.reading, c.err
		if _, err := s.PreviewImport(ctx, siti, c.source); said(err) != c.want {
			t.Errorf("%s: %q, want %q", name, said(err), c.want)
		}
		if len(m.state.imports)+len(m.state.events) > 0 {
			t.Errorf("%s left something behind", name)
		}
	}
}

// broken is a source that cannot be read.
type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

func TestAnImportThatWouldChangeNothingSaysSo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m, r := setup()
	r.reading = Reading{Problems: reading().Problems}
	id, err := s.PreviewImport(ctx, siti, upload("a"))
	if err != nil {
		t.Fatal(err)
	}
	if err := second(s.ApplyImport(ctx, siti, Decision{Assessment: "a", Import: id, Mode: Overwrite})); said(err) != "fault.import.nothing" {
		t.Errorf("got %q", said(err))
	}
	if m.state.imports[id].State != Previewed || m.state.assessments["a"].Version != 1 {
		t.Error("something was changed")
	}
}

func TestManyAnswersAreFilledAsOneEventOrNotAtAll(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	many := reading().Incoming
	s, m, _ := setup()
	got, err := s.Fill(ctx, siti, Fill{Assessment: "a", Mode: FillEmpty, Incoming: many})
	if err != nil || len(got.Changed) != 4 || got.Version != 2 || len(m.state.events) != 1 || m.state.events[0].Kind != audit.AnswersFilled {
		t.Fatalf("%+v, %v, %+v", got, err, m.state.events)
	}
	got, err = s.Fill(ctx, siti, Fill{Assessment: "a", Mode: FillEmpty, Incoming: many})
	if err != nil || len(got.Changed) > 0 || got.Version != 2 || len(m.state.events) != 1 {
		t.Errorf("the same again: %+v, %v", got, err)
	}
	other := []Incoming{{Question: letters, Answer: choice("C")}}
	if err := second(s.Fill(ctx, siti, Fill{Assessment: "a", Mode: Overwrite, Version: 1, Incoming: other})); !fault.Is(err, fault.Conflict) {
		t.Errorf("over what was not seen: %v", err)
	}
	if err := second(s.Fill(ctx, siti, Fill{Assessment: "a", Mode: Overwrite, Version: 2, Incoming: other})); err != nil || m.stands(t, letters) != "C@2" {
		t.Errorf("over what was seen: %v, %s", err, m.stands(t, letters))
	}
	bad := append(slices.Clone(many), Incoming{Question: "A.I.1.i.b", Answer: choice("X")}, Incoming{Question: "Z"})
	want := "fault.invalid A.I.1.i.b=answer.rule.choice Z=fault.import.question.rule"
	if err := second(s.Fill(ctx, siti, Fill{Assessment: "a", Mode: Overwrite, Version: 3, Incoming: bad})); said(err) != want {
		t.Errorf("with a wrong one: %q", said(err))
	}
	if err := second(s.Fill(ctx, siti, Fill{Assessment: "a", Incoming: many})); said(err) != "fault.invalid mode=fault.field.choose" {
		t.Errorf("without a mode: %q", said(err))
	}
	if m.state.assessments["a"].Version != 3 {
		t.Error("a refused filling changed the sheet")
	}
}

func TestImportsSurviveAStoreThatFails(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, method := range []string{"InsertImport", "Append"} {
		s, m, r := setup()
		r.reading, m.broken = reading(), method
		if _, err := s.PreviewImport(ctx, siti, upload("a")); !errors.Is(err, errDisk) || len(m.state.imports) > 0 {
			t.Errorf("preview, %s: %v", method, err)
		}
	}
	for _, method := range []string{"SaveEntries", "SaveTotals", "SaveImport", "Append"} {
		s, m, id := preview(t)
		m.broken = method
		if err := second(s.ApplyImport(ctx, siti, Decision{Assessment: "a", Import: id, Mode: FillEmpty})); !errors.Is(err, errDisk) || m.state.imports[id].State != Previewed {
			t.Errorf("apply, %s: %v, %s", method, err, m.state.imports[id].State)
		}
		m.broken = ""
		if err := second(s.ApplyImport(ctx, siti, Decision{Assessment: "a", Import: id, Mode: FillEmpty})); err != nil {
			t.Fatal(err)
		}
		m.broken = method
		if err := second(s.UndoImport(ctx, siti, Decision{Assessment: "a", Import: id})); !errors.Is(err, errDisk) || m.state.imports[id].State != Done {
			t.Errorf("undo, %s: %v, %s", method, err, m.state.imports[id].State)
		}
	}
	s, m, r := setup()
	r.reading = reading()
	a := m.state.assessments["a"]
	a.Instrument = "none"
	m.state.assessments["a"] = a
	if _, err := s.PreviewImport(ctx, siti, upload("a")); err == nil {
		t.Error("a sheet without its instrument takes files")
	}
}

func TestADoubleClickAppliesOnceAndIsToldTheSame(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m, id := preview(t)
	cmd := Decision{Key: idempotency.Key{Value: "k"}, Assessment: "a", Import: id, Mode: Overwrite}
	first, err1 := s.ApplyImport(ctx, siti, cmd)
	events := len(m.state.events)
	again, err2 := s.ApplyImport(ctx, siti, cmd)
	if err1 != nil || err2 != nil || !slices.Equal(first.Changed, again.Changed) || first.Version != again.Version || len(m.state.events) != events {
		t.Errorf("%+v %v, %+v %v", first, err1, again, err2)
	}
}
