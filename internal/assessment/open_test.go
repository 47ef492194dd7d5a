package assessment

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"zona/internal/audit"
	"zona/internal/idempotency"
	"zona/internal/org"
)

func TestPeriodsAreMadeByThoseWhoManageTheInstitution(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	good := NewPeriod{
		Institution: "i", Year: 2027, Name: " Evaluasi ZI 2027 ", Instrument: "lke-2021", Zone: "Asia/Makassar",
		Opens: start.AddDate(1, 0, 0), Deadline: deadline.AddDate(1, 0, 0),
	}
	with := func(change func(*NewPeriod)) NewPeriod {
		c := good
		change(&c)
		return c
	}
	for _, c := range []struct {
		name string
		by   org.Actor
		cmd  NewPeriod
		want string
	}{
		{"an administrator", admin, good, ""},
		{"a coordinator", siti, good, "fault.forbidden"},
		{"a stranger", other, good, "fault.not_found"},
		{"another institution", admin, with(func(p *NewPeriod) { p.Institution = "j" }), "fault.not_found"},
		{
			"everything wrong", admin,
			NewPeriod{Institution: "i", Name: strings.Repeat("x", 201), Year: 1999, Instrument: "none", Zone: "WIB"},
			"fault.invalid name=fault.field.long year=fault.period.year instrument=fault.field.choose zone=fault.field.choose opens=fault.field.required",
		},
		{"no deadline", admin, with(func(p *NewPeriod) { p.Deadline = time.Time{} }), "fault.invalid deadline=fault.field.required"},
		{"a deadline at the opening", admin, with(func(p *NewPeriod) { p.Deadline = p.Opens }), "fault.invalid deadline=fault.period.order"},
	} {
		s, m, _ := setup()
		id, err := s.CreatePeriod(ctx, c.by, c.cmd)
		if said(err) != c.want {
			t.Errorf("%s: %q, want %q", c.name, said(err), c.want)
		}
		if c.want != "" {
			if len(m.state.periods) != 2 || len(m.state.events) > 0 {
				t.Errorf("%s: something was changed", c.name)
			}
			continue
		}
		p := m.state.periods[id]
		if p.Name != "Evaluasi ZI 2027" || p.Zone != "Asia/Makassar" || m.state.events[0].Kind != audit.PeriodCreated {
			t.Errorf("%+v, %+v", p, m.state.events)
		}
		if list, err := s.Periods(ctx, admin, "i"); err != nil || len(list) != 2 {
			t.Errorf("periods %v, %v", list, err)
		}
	}
	s, m, _ := setup()
	if _, err := s.Periods(ctx, siti, "i"); said(err) != "fault.forbidden" {
		t.Errorf("the list for a coordinator: %q", said(err))
	}
	m.broken = "InsertPeriod"
	if _, err := s.CreatePeriod(ctx, admin, good); !errors.Is(err, errDisk) {
		t.Errorf("with a store that fails: %v", err)
	}
}

func TestASheetIsOpenedOnceForAUnitAndPeriod(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	good := NewAssessment{Unit: "bare", Period: "p", Target: "WBBM"}
	with := func(change func(*NewAssessment)) NewAssessment {
		c := good
		change(&c)
		return c
	}
	for _, c := range []struct {
		name string
		by   org.Actor
		cmd  NewAssessment
		want string
	}{
		{"an administrator", admin, good, ""},
		{"a coordinator of the unit", siti, with(func(a *NewAssessment) { a.Unit = "u" }), "fault.sheet_exists"},
		{"a coordinator of another unit", siti, good, "fault.not_found"},
		{"a member", member, with(func(a *NewAssessment) { a.Unit = "u" }), "fault.forbidden"},
		{"a unit that does not exist", admin, with(func(a *NewAssessment) { a.Unit = "none" }), "fault.not_found"},
		{"a period that does not exist", admin, with(func(a *NewAssessment) { a.Period = "none" }), "fault.not_found"},
		{"a period of another institution", admin, with(func(a *NewAssessment) { a.Period = "q" }), "fault.not_found"},
		{"a target that the instrument does not have", admin, with(func(a *NewAssessment) { a.Target = "XYZ" }), "fault.invalid target=fault.field.choose"},
	} {
		s, m, _ := setup()
		id, err := s.Open(ctx, c.by, c.cmd)
		if said(err) != c.want {
			t.Errorf("%s: %q, want %q", c.name, said(err), c.want)
		}
		if c.want != "" {
			if len(m.state.assessments) != 2 || len(m.state.events) > 0 {
				t.Errorf("%s: something was changed", c.name)
			}
			continue
		}
		a := m.state.assessments[id]
		if a.Level != Self || a.Instrument != "lke-2021" || a.Institution != "i" || a.Version != 0 || m.state.events[0].Kind != audit.AssessmentOpened {
			t.Errorf("%+v, %+v", a, m.state.events)
		}
	}
	for name, c := range map[string]struct {
		at   time.Time
		want string
	}{"before the opening": {start.Add(-1), ""}, "at the deadline": {deadline, "fault.sheet_late"}} {
		s, m, _ := setup()
		m.now = c.at
		if _, err := s.Open(ctx, admin, good); said(err) != c.want {
			t.Errorf("%s: %q, want %q", name, said(err), c.want)
		}
	}
	s, m, _ := setup()
	shut := m.state.units["bare"]
	shut.Closed = m.now
	m.state.units["bare"] = shut
	if _, err := s.Open(ctx, admin, good); said(err) != "fault.unit.closed" || len(m.state.events) > 0 {
		t.Errorf("in a closed unit: %q, %d events", said(err), len(m.state.events))
	}
	s, m, _ = setup()
	m.broken = "InsertAssessment"
	if _, err := s.Open(ctx, admin, good); !errors.Is(err, errDisk) {
		t.Errorf("with a store that fails: %v", err)
	}
	p := m.state.periods["p"]
	p.Instrument = "none"
	m.state.periods["p"] = p
	if _, err := s.Open(ctx, admin, good); err == nil {
		t.Error("a period without its instrument opens sheets")
	}
}

func TestARepeatedRequestGetsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m, _ := setup()
	cmd := NewAssessment{Key: idempotency.Key{Value: "k"}, Unit: "bare", Period: "p", Target: "WBK"}
	first, err1 := s.Open(ctx, admin, cmd)
	second, err2 := s.Open(ctx, admin, cmd)
	if err1 != nil || err2 != nil || first != second || first == "" || len(m.state.assessments) != 3 {
		t.Errorf("%q, %q, %v, %v", first, second, err1, err2)
	}
	// An outcome that another version recorded in another form is an error, never an empty answer.
	m.state.outcomes[idempotency.Key{Value: "old"}] = "{"
	cmd.Key.Value = "old"
	if got, err := s.Open(ctx, admin, cmd); err == nil {
		t.Errorf("an unreadable outcome gives %q", got)
	}
}
