package assessment

import (
	"context"
	"errors"
	"strings"
	"testing"

	"zona/internal/audit"
	"zona/internal/exact"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/scoring"
)

func TestAnAnswerIsSavedScoredAndLogged(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m, _ := setup()
	got, err := s.SetAnswer(ctx, siti, AnswerChange{Assessment: "a", Question: yesNo, Typed: Typed{Answer: choice("Ya"), Note: " SK tim\r\nlampiran "}})
	if err != nil {
		t.Fatal(err)
	}
	want := Entry{Question: yesNo, Answer: choice("Ya"), Note: "SK tim\nlampiran", Revision: 1, ChangedBy: "siti", ByName: "SITI", ChangedAt: now}
	if e := m.state.entries["a"][yesNo]; !same(e, want) || !same(got.Entry, want) || got.Sheet.Assessment.Version != 2 {
		t.Errorf("stored %+v, returned %+v", e, got)
	}
	a := m.state.assessments["a"]
	if !a.Total.Equal(got.Result.Total()) || a.Answered != 1 || a.Total.Sign() <= 0 {
		t.Errorf("totals %v of %d, result %v", a.Total, a.Answered, got.Result.Total())
	}
	e := m.state.events[0]
	if e.Kind != audit.AnswerSet || e.Actor != "siti" || e.Unit != "u" || e.Object != (audit.Object{Kind: "assessment", ID: "a"}) ||
		len(e.Changes) != 1 || len(e.Personal) != 1 || e.Changes[0] != (audit.Change{Field: "answer:" + yesNo, To: `"Ya"`}) ||
		e.Personal[0] != (audit.Personal{Field: "note:" + yesNo, Value: "SK tim\nlampiran"}) {
		t.Errorf("event %+v", e)
	}

	// Only what changes is in the event; taking an answer away is a change.
	if _, err := s.SetAnswer(ctx, budi, AnswerChange{Assessment: "a", Question: yesNo, Typed: Typed{Revision: 1, Note: want.Note}}); err != nil {
		t.Fatal(err)
	}
	if e := m.state.events[1]; len(e.Changes) != 1 || e.Changes[0] != (audit.Change{Field: "answer:" + yesNo, From: `"Ya"`}) {
		t.Errorf("event %+v", e)
	}
	if a := m.state.assessments["a"]; a.Answered != 0 || a.Version != 3 {
		t.Errorf("after taking it away: %+v", a)
	}
}

func same(a, b Entry) bool {
	return a.Answer.Equal(b.Answer) && a.Question == b.Question && a.Note == b.Note && a.Revision == b.Revision &&
		a.ChangedBy == b.ChangedBy && a.ByName == b.ByName && a.ChangedAt.Equal(b.ChangedAt)
}

func TestTheLoserSeesBothAnswersAndNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m, _ := setup()
	first := AnswerChange{Assessment: "a", Question: letters, Typed: Typed{Answer: choice("A")}}
	if _, err := s.SetAnswer(ctx, siti, first); err != nil {
		t.Fatal(err)
	}
	second := AnswerChange{Assessment: "a", Question: letters, Typed: Typed{Answer: choice("C"), Note: "dasar"}}
	_, err := s.SetAnswer(ctx, budi, second)
	f, ok := fault.Of(err)
	if !ok || f.Kind != fault.Conflict || f.Message != "fault.answer.conflict" {
		t.Fatalf("the loser got %v", err)
	}
	c, ok := f.Current.(Conflict)
	if !ok || c.Theirs.Answer.Choice != "A" || c.Theirs.ByName != "SITI" || c.Yours.Answer.Choice != "C" || c.Yours.Note != "dasar" {
		t.Errorf("the loser sees %+v", f.Current)
	}
	if m.stands(t, letters) != "A@1" || len(m.state.events) != 1 || m.state.assessments["a"].Version != 2 {
		t.Errorf("stands %s, %d events", m.stands(t, letters), len(m.state.events))
	}
	// Having seen it, the other may decide.
	second.Revision = 1
	if _, err := s.SetAnswer(ctx, budi, second); err != nil || m.stands(t, letters) != "C@2" {
		t.Errorf("%v, stands %s", err, m.stands(t, letters))
	}
	// A revision that never was is somebody's mistake, not a licence.
	second.Revision, second.Answer = 7, choice("B")
	if _, err := s.SetAnswer(ctx, budi, second); !fault.Is(err, fault.Conflict) {
		t.Errorf("a revision of the future: %v", err)
	}
}

func TestSavingWhatStandsChangesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m, _ := setup()
	cmd := AnswerChange{Assessment: "a", Question: ipak, Typed: Typed{Answer: index("3.60"), Note: "x"}}
	if _, err := s.SetAnswer(ctx, siti, cmd); err != nil {
		t.Fatal(err)
	}
	// Once with the revision seen, once by a colleague who typed the same at the same time.
	for _, revision := range []int{1, 0} {
		cmd.Revision, cmd.Answer = revision, index("3.6")
		got, err := s.SetAnswer(ctx, budi, cmd)
		if err != nil || got.Entry.Revision != 1 || got.Entry.ChangedBy != "siti" || got.Sheet.Assessment.Version != 2 || got.Result.Total().Sign() <= 0 {
			t.Errorf("with revision %d: %+v, %v", revision, got, err)
		}
	}
	if len(m.state.events) != 1 {
		t.Errorf("%d events", len(m.state.events))
	}
}

func TestASecondSendingOfTheSameFormHasNoSecondEffect(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m, _ := setup()
	cmd := AnswerChange{Key: idempotency.Key{Value: "k"}, Assessment: "a", Question: yesNo, Typed: Typed{Answer: choice("Ya")}}
	first, err := s.SetAnswer(ctx, siti, cmd)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.SetAnswer(ctx, siti, cmd)
	if err != nil || !same(first.Entry, second.Entry) || first.Sheet.Assessment.Version != second.Sheet.Assessment.Version || !first.Result.Total().Equal(second.Result.Total()) {
		t.Errorf("%+v, %v", second, err)
	}
	if len(m.state.events) != 1 {
		t.Errorf("%d events", len(m.state.events))
	}
	// A repeated request is answered by reading, which has its own permission.
	if _, err := s.saved(ctx, other, "a", yesNo); said(err) != "fault.not_found" {
		t.Errorf("a stranger with somebody's key: %q", said(err))
	}
}

func TestWhatIsNoAnswerIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, c := range []struct {
		name, question string
		answer         instrument.Answer
		note, want     string // fields
	}{
		{"an option that the question does not have", yesNo, choice("A"), "", "answer answer"},
		{"an option in another case", yesNo, choice("ya"), "", "answer answer"},
		{"a number for a choice", letters, index("3"), "", "answer answer"},
		{"an index above its range", ipak, index("4.01"), "", "answer answer"},
		{"a negative count", ratio, counts(-1, 0), "", "in.wajib in.wajib"},
		{"an unknown input", ratio, instrument.Answer{Inputs: map[string]int64{"lain": 1}}, "", "in.lain in.lain"},
		{"a note without end", yesNo, choice("Ya"), strings.Repeat("x", MaxNote+1), "note"},
		{"a note with a NUL", yesNo, choice("Ya"), "a\x00b", "note"},
		{"both", yesNo, choice("Z"), "a\x00b", "answer answer note"},
	} {
		s, m, _ := setup()
		_, err := s.SetAnswer(ctx, siti, AnswerChange{Assessment: "a", Question: c.question, Typed: Typed{Answer: c.answer, Note: c.note}})
		f, ok := fault.Of(err)
		if !ok || f.Kind != fault.Invalid {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var fields []string
		for _, field := range f.Fields {
			fields = append(fields, field.Name)
		}
		if got := strings.Join(fields, " "); got != c.want {
			t.Errorf("%s: fields %q, want %q", c.name, got, c.want)
		}
		if len(m.state.entries["a"])+len(m.state.events) > 0 || m.state.assessments["a"].Version != 1 {
			t.Errorf("%s: something was changed", c.name)
		}
	}
	s, m, _ := setup()
	if _, err := s.SetAnswer(ctx, siti, AnswerChange{Assessment: "a", Question: "A.I.1.i", Typed: Typed{Answer: choice("Ya")}}); said(err) != "fault.not_found" {
		t.Errorf("a line that is no question: %q", said(err))
	}
	// A ratio that is filled in halfway is kept, and counts as unanswered.
	got, err := s.SetAnswer(ctx, siti, AnswerChange{Assessment: "a", Question: ratio, Typed: Typed{Answer: instrument.Answer{Inputs: map[string]int64{"wajib": 3}}}})
	if err != nil || m.state.assessments["a"].Answered != 0 || got.Result.Total().Sign() != 0 {
		t.Errorf("half a ratio: %+v, %v", got, err)
	}
}

func TestOnlyThoseWhoMayAnswerDoWhileTheSheetIsOpen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	cmd := AnswerChange{Assessment: "a", Question: yesNo, Typed: Typed{Answer: choice("Ya")}}
	for _, c := range []struct {
		name  string
		by    org.Actor
		world func(m *memory)
		want  string
	}{
		{"a member", member, nil, ""},
		{"an evaluator", tpi, nil, "fault.forbidden"},
		{"an administrator", admin, nil, "fault.forbidden"},
		{"a stranger", other, nil, "fault.not_found"},
		{"nobody", org.Actor{}, nil, "fault.not_found"},
		{"before the opening", siti, func(m *memory) { m.now = start.Add(-1) }, "fault.sheet_not_yet"},
		{"at the deadline", siti, func(m *memory) { m.now = deadline }, "fault.sheet_late"},
		{"a closed sheet", siti, func(m *memory) {
			a := m.state.assessments["a"]
			a.Closed = true
			m.state.assessments["a"] = a
		}, "fault.sheet_closed"},
	} {
		s, m, _ := setup()
		if c.world != nil {
			c.world(m)
		}
		if _, err := s.SetAnswer(ctx, c.by, cmd); said(err) != c.want {
			t.Errorf("%s: %q, want %q", c.name, said(err), c.want)
		}
		if changed := len(m.state.events) > 0; changed != (c.want == "") {
			t.Errorf("%s: changed = %v", c.name, changed)
		}
	}
	s, _, _ := setup()
	cmd.Assessment = "none"
	if _, err := s.SetAnswer(ctx, siti, cmd); said(err) != "fault.not_found" {
		t.Errorf("a sheet that does not exist: %q", said(err))
	}
}

func TestAStoreThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, method := range []string{"Entries", "SaveEntries", "SaveTotals", "Append"} {
		s, m, _ := setup()
		m.broken = method
		_, err := s.SetAnswer(ctx, siti, AnswerChange{Assessment: "a", Question: yesNo, Typed: Typed{Answer: choice("Ya")}})
		if !errors.Is(err, errDisk) || len(m.state.entries["a"]) > 0 || len(m.state.events) > 0 {
			t.Errorf("%s: %v, %d entries", method, err, len(m.state.entries["a"]))
		}
	}
	s, m, _ := setup()
	a := m.state.assessments["a"]
	a.Instrument = "none"
	m.state.assessments["a"] = a
	if _, err := s.SetAnswer(ctx, siti, AnswerChange{Assessment: "a", Question: yesNo}); err == nil {
		t.Error("a sheet without its instrument takes answers")
	}
	if _, err := s.View(ctx, siti, "a"); err == nil {
		t.Error("a sheet without its instrument is shown")
	}
}

func TestTheStoredTotalIsThatOfAllAnswers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m, _ := setup()
	for i, q := range []AnswerChange{
		{Question: yesNo, Typed: Typed{Answer: choice("Ya")}},
		{Question: letters, Typed: Typed{Answer: choice("B")}},
		{Question: ratio, Typed: Typed{Answer: counts(3, 2)}},
		{Question: ipak, Typed: Typed{Answer: index("3.6")}},
		{Question: letters, Typed: Typed{Answer: choice("D"), Revision: 1}},
	} {
		q.Assessment = "a"
		if _, err := s.SetAnswer(ctx, siti, q); err != nil {
			t.Fatal(i, err)
		}
		v, err := s.View(ctx, tpi, "a")
		if err != nil {
			t.Fatal(err)
		}
		answers := map[string]instrument.Answer{}
		for _, e := range m.state.entries["a"] {
			answers[e.Question] = e.Answer
		}
		want := scoring.Score(v.Instrument, answers).Total()
		if got := m.state.assessments["a"].Total; !got.Equal(want) || !v.Result.Total().Equal(want) {
			t.Errorf("step %d: stored %v, recalculated %v", i, got, want)
		}
	}
	if !m.state.assessments["a"].Total.Less(exact.Int(100)) {
		t.Error("the total is beyond the sheet")
	}
}

func TestASheetIsShownToThoseWhoMayReadIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m, _ := setup()
	for name, c := range map[string]struct {
		by   org.Actor
		id   string
		want string
	}{
		"an evaluator":              {tpi, "a", ""},
		"an administrator":          {admin, "a", "fault.forbidden"},
		"a stranger":                {other, "a", "fault.not_found"},
		"a sheet that is not there": {tpi, "none", "fault.not_found"},
	} {
		if _, err := s.View(ctx, c.by, c.id); said(err) != c.want {
			t.Errorf("%s: %q, want %q", name, said(err), c.want)
		}
	}
	m.broken = "Entries"
	if _, err := s.View(ctx, tpi, "a"); !errors.Is(err, errDisk) {
		t.Errorf("with a store that fails: %v", err)
	}
}
