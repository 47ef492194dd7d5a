package storetest

import (
	"context"
	"crypto/sha256"
	"testing"

	"zona/internal/assessment"
	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/org"
	"zona/internal/store"
)

// testReferences tries what the tables must refuse by themselves, whatever the features have checked before, and
// what names of which there is one.
func testReferences(t *testing.T, fresh Fresh) {
	url := fresh(t)
	w := newWorld(t, Open(t, store.Config{URL: url}, still))
	w.org(t, func(ctx context.Context, s org.Store) error {
		return first(
			func() error {
				return s.InsertInstitution(ctx, org.Institution{ID: "other", Name: "O", Kind: org.Central, Zone: "Asia/Jakarta"})
			},
			func() error {
				return s.InsertUnit(ctx, org.Unit{ID: "foreign", Institution: "other", Path: "/foreign/", Name: "F"})
			},
		)
	})
	w.assessment(t, func(ctx context.Context, s assessment.Store) error {
		return s.InsertPeriod(ctx, assessment.Period{ID: "otherY", Institution: "other", Year: 2026, Instrument: "lke-2021", Zone: "Asia/Jakarta"})
	})
	inOrg := func(fn func(context.Context, org.Store) error) func() error {
		return func() error {
			_, _, err := w.db.Org().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s org.Store) (string, error) {
				return "", fn(ctx, s)
			})
			return err
		}
	}
	inSheets := func(fn func(context.Context, assessment.Store) error) func() error {
		return func() error {
			_, _, err := w.db.Assessments().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s assessment.Store) (string, error) {
				return "", fn(ctx, s)
			})
			return err
		}
	}
	inAuth := func(fn func(context.Context, auth.Store) error) func() error {
		return func() error {
			_, _, err := w.db.Auth().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s auth.Store) (string, error) {
				return "", fn(ctx, s)
			})
			return err
		}
	}
	unit := func(u org.Unit) func() error {
		return inOrg(func(ctx context.Context, s org.Store) error { return s.InsertUnit(ctx, u) })
	}
	person := func(p org.Person) func() error {
		return inOrg(func(ctx context.Context, s org.Store) error { return s.InsertPerson(ctx, p) })
	}
	grant := func(scope org.Scope) func() error {
		return inOrg(func(ctx context.Context, s org.Store) error {
			return s.InsertAssignment(ctx, org.Assignment{ID: "g", Person: "ani", Role: org.Member, Scope: scope})
		})
	}
	sheet := func(change func(*assessment.Assessment)) func() error {
		a := w.Sheet
		a.ID, a.Unit = "new", "dormant"
		change(&a)
		return inSheets(func(ctx context.Context, s assessment.Store) error { return s.InsertAssessment(ctx, a) })
	}

	behind := raw(t, url)
	before := digest(t, behind, url)
	for _, c := range []struct {
		what string
		kind fault.Kind
		do   func() error
	}{
		{"a unit of no institution", fault.Invalid, unit(org.Unit{ID: "x", Institution: "nowhere", Path: "/x/", Name: "X"})},
		{"a unit below no unit", fault.Invalid, unit(org.Unit{ID: "x", Institution: "inst", Parent: "nowhere", Path: "/x/", Name: "X"})},
		{"a unit below one of another institution", fault.Invalid, unit(org.Unit{ID: "x", Institution: "inst", Parent: "foreign", Path: "/foreign/x/", Name: "X"})},
		{"a unit twice", fault.Conflict, unit(w.Court)},
		{"two units of one path", fault.Conflict, unit(org.Unit{ID: "x", Institution: "inst", Path: w.Court.Path, Name: "X"})},
		{"a person of a foreign unit", fault.Invalid, person(org.Person{ID: "x", Institution: "inst", Unit: "foreign", Name: "X", Login: "x"})},
		{"two people of one login", fault.Conflict, person(org.Person{ID: "x", Institution: "inst", Name: "X", Login: w.Person.Login})},
		{"a role over a foreign unit", fault.Invalid, grant(org.Scope{Kind: org.OneUnit, Institution: "inst", Unit: "foreign"})},
		{"a role over no institution", fault.Invalid, grant(org.Scope{Kind: org.WholeInstitution, Institution: "nowhere"})},
		{"a sheet of a foreign unit", fault.Invalid, sheet(func(a *assessment.Assessment) { a.Unit = "foreign" })},
		{"a sheet of a foreign period", fault.Invalid, sheet(func(a *assessment.Assessment) { a.Period = "otherY" })},
		{"a second sheet of unit, period and level", fault.Conflict, sheet(func(a *assessment.Assessment) { a.Unit = "court" })},
		{"an answer on no sheet", fault.Invalid, inSheets(func(ctx context.Context, s assessment.Store) error {
			return s.SaveEntry(ctx, "nowhere", assessment.Entry{Question: "q", ChangedAt: start}, 0)
		})},
		{"the totals of no sheet", fault.NotFound, inSheets(func(ctx context.Context, s assessment.Store) error {
			_, err := s.SaveTotals(ctx, "nowhere", w.Sheet.Total, 0, start)
			return err
		})},
		{"no sheet to lock", fault.NotFound, inSheets(func(ctx context.Context, s assessment.Store) error {
			_, err := s.Lock(ctx, "nowhere")
			return err
		})},
		{"the session of nobody", fault.Invalid, inAuth(func(ctx context.Context, s auth.Store) error {
			return s.InsertSession(ctx, auth.Session{Hash: sha256.Sum256(nil), Person: "nobody", Created: start, Seen: start, AuthedAt: start, Expires: start})
		})},
		{"the password of nobody", fault.Invalid, inAuth(func(ctx context.Context, s auth.Store) error { return s.SetPassword(ctx, "nobody", "$x") })},
	} {
		wantFault(t, c.what, c.kind, c.do)
	}
	// What no form can bring about is refused all the same, as an error of ours.
	for what, do := range map[string]func() error{
		"a role over a unit without one":            grant(org.Scope{Kind: org.OneUnit, Institution: "inst"}),
		"a role over the instance with institution": grant(org.Scope{Kind: org.WholeInstance, Institution: "inst"}),
		"a path that is none":                       unit(org.Unit{ID: "x", Institution: "inst", Path: "x", Name: "X"}),
		"a password in the clear":                   inAuth(func(ctx context.Context, s auth.Store) error { return s.SetPassword(ctx, "ani", "rahasia") }),
	} {
		if _, isFault := fault.Of(do()); isFault {
			t.Errorf("%s is told to a person", what)
		}
		if do() == nil {
			t.Errorf("%s was accepted", what)
		}
	}
	if digest(t, behind, url) != before {
		t.Error("what was refused left something behind")
	}
	if err := sheet(func(*assessment.Assessment) {})(); err != nil {
		t.Errorf("the sheet that was changed above is refused unchanged too: %v", err)
	}
}
