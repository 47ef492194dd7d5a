package storetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"zona/internal/assessment"
	"zona/internal/audit"
	"zona/internal/exact"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/store"
)

// start is the first instant of every test's clock: 31 May 23:59:59 WIB, when WITA writes 1 June already.
var start = time.Date(2026, 5, 31, 16, 59, 59, 0, time.UTC)

// still is a clock that stands.
func still() time.Time { return start }

// world is a small institution in a database.
type world struct {
	db      *store.DB
	Inst    org.Institution
	Top     org.Unit // with the child Court
	Court   org.Unit
	Person  org.Person
	Period  assessment.Period
	Sheet   assessment.Assessment // of Court
	Dormant org.Unit              // without a sheet
}

// newWorld fills db through the transactions that the program uses.
func newWorld(t testing.TB, db *store.DB) world {
	t.Helper()
	w := world{
		db:      db,
		Inst:    org.Institution{ID: "inst", Name: "Mahkamah Contoh", Kind: org.Central, Zone: "Asia/Jakarta", Demo: true},
		Top:     org.Unit{ID: "top", Institution: "inst", Path: "/top/", Name: "Badan Peradilan Contoh", Kind: org.PlainUnit},
		Court:   org.Unit{ID: "court", Institution: "inst", Parent: "top", Path: "/top/court/", Name: "Pengadilan Contoh Satu", Kind: org.PlainUnit},
		Dormant: org.Unit{ID: "dormant", Institution: "inst", Parent: "top", Path: "/top/dormant/", Name: "pengadilan contoh dua", Kind: org.PlainUnit},
		Person: org.Person{
			ID: "ani", Institution: "inst", Unit: "court", Name: "Ani Contoh", NIP: "000000000000000001", Position: "Koordinator",
			Login: "ani@contoh.example", Lang: "id",
		},
		Period: assessment.Period{
			ID: "y26", Institution: "inst", Year: 2026, Name: "Evaluasi ZI 2026", Instrument: "lke-2021", Zone: "Asia/Jakarta",
			Opens: start.AddDate(0, -4, 0), Deadline: start.Add(time.Second),
		},
		Sheet: assessment.Assessment{
			ID: "sheet", Unit: "court", Institution: "inst", Period: "y26", Level: assessment.Self, Instrument: "lke-2021",
			Target: "WBK", ChangedAt: start,
		},
	}
	w.org(t, func(ctx context.Context, s org.Store) error {
		return first(
			func() error { return s.InsertInstitution(ctx, w.Inst) },
			func() error { return s.InsertUnit(ctx, w.Top) },
			func() error { return s.InsertUnit(ctx, w.Court) },
			func() error { return s.InsertUnit(ctx, w.Dormant) },
			func() error { return s.InsertPerson(ctx, w.Person) },
			func() error { return s.Append(ctx, w.event(audit.PersonCreated)) },
		)
	})
	w.assessment(t, func(ctx context.Context, s assessment.Store) error {
		return first(
			func() error { return s.InsertPeriod(ctx, w.Period) },
			func() error { return s.InsertAssessment(ctx, w.Sheet) },
			func() error { return s.Append(ctx, w.event(audit.AssessmentOpened)) },
		)
	})
	return w
}

// event is an event of the world's person about its sheet; a kind about people carries something personal.
func (w world) event(kind string, changes ...audit.Change) audit.Event {
	e := audit.Event{
		Kind: kind, Actor: w.Person.ID, Institution: w.Inst.ID, Unit: w.Court.ID, Object: audit.Object{Kind: "assessment", ID: w.Sheet.ID},
		Changes: changes,
	}
	if kind == audit.PersonCreated {
		e.Object = audit.Object{Kind: "person", ID: w.Person.ID}
		e.Personal = []audit.Personal{{Field: "name", Value: w.Person.Name}, {Field: "login", Value: w.Person.Login}}
	}
	return e
}

func (w world) org(t testing.TB, fn func(context.Context, org.Store) error) {
	t.Helper()
	_, _, err := w.db.Org().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s org.Store) (string, error) {
		return "", fn(ctx, s)
	})
	if err != nil {
		t.Fatalf("transaction of org: %v", err)
	}
}

func (w world) assessment(t testing.TB, fn func(context.Context, assessment.Store) error) {
	t.Helper()
	_, _, err := w.db.Assessments().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s assessment.Store) (string, error) {
		return "", fn(ctx, s)
	})
	if err != nil {
		t.Fatalf("transaction of assessment: %v", err)
	}
}

// first runs steps until one fails.
func first(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// key is the idempotency key of one attempt with a body.
func key(value, body string) idempotency.Key {
	return idempotency.Key{Actor: "ani", Route: "POST /test", Value: value, Body: sha256.Sum256([]byte(body))}
}

// question numbers a question of the tests: they need no instrument, only ids.
func question(n int) string { return fmt.Sprintf("A.I.%d", n) }

func index(t testing.TB, s string) instrument.Answer {
	t.Helper()
	n, err := exact.Parse(s)
	if err != nil {
		t.Fatalf("number %q: %v", s, err)
	}
	return instrument.Answer{Number: &n}
}
