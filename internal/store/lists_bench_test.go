package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"zona/internal/idempotency"
	"zona/internal/org"
	"zona/internal/store"
)

// The size that lists are measured at: one institution with this many people in this many units, three levels deep.
const (
	manyUnits  = 20_000
	manyPeople = 100_000
)

// plantMany fills db with a generated institution: every person has a role, and every thousandth a rare one.
func plantMany(b *testing.B, db *store.DB) {
	b.Helper()
	unit := func(n int) org.Unit {
		u := org.Unit{ID: fmt.Sprintf("u%05d", n), Institution: "i", Name: fmt.Sprintf("Satuan %05d Contoh", n*7919%manyUnits), Code: fmt.Sprintf("K%05d", n)}
		u.Path = "/" + u.ID + "/"
		if n > 0 {
			parent := n / 27
			u.Parent = fmt.Sprintf("u%05d", parent)
			if parent > 0 {
				u.Path = fmt.Sprintf("/u00000/u%05d/%s/", parent, u.ID)
				if parent/27 > 0 {
					u.Path = fmt.Sprintf("/u00000/u%05d/u%05d/%s/", parent/27, parent, u.ID)
				}
			} else {
				u.Path = "/u00000/" + u.ID + "/"
			}
		}
		return u
	}
	inTx := func(fn func(context.Context, org.Store) error) {
		if _, _, err := db.Org().InTx(b.Context(), idempotency.Key{}, func(ctx context.Context, s org.Store) (string, error) { return "", fn(ctx, s) }); err != nil {
			b.Fatal(err)
		}
	}
	inTx(func(ctx context.Context, s org.Store) error {
		if err := s.InsertInstitution(ctx, org.Institution{ID: "i", Name: "I", Kind: org.Central, Zone: "Asia/Jakarta"}); err != nil {
			return err
		}
		for n := range manyUnits {
			if err := s.InsertUnit(ctx, unit(n)); err != nil {
				return err
			}
		}
		return nil
	})
	for from := 0; from < manyPeople; from += 10_000 {
		inTx(func(ctx context.Context, s org.Store) error {
			for n := from; n < from+10_000; n++ {
				home := unit(n % manyUnits)
				p := org.Person{
					ID: fmt.Sprintf("p%06d", n), Institution: "i", Unit: home.ID, Name: fmt.Sprintf("Orang %06d Contoh", n*7919%manyPeople),
					NIP: fmt.Sprintf("19%016d", n), Login: fmt.Sprintf("o%06d@contoh.example", n),
				}
				role := org.Employee
				if n%1000 == 0 {
					role = org.Coordinator
				}
				if err := s.InsertPerson(ctx, p); err != nil {
					return err
				}
				if err := s.InsertAssignment(ctx, org.Assignment{
					ID: fmt.Sprintf("g%06d", n), Person: p.ID, Role: role, From: time.Unix(int64(n), 0),
					Scope: org.Scope{Kind: org.OneUnit, Institution: "i", Unit: home.ID},
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// BenchmarkListsOf100000PeopleAnd20000Units asks for one page of fifty in each way that the pages offer; p95 is over
// single pages.
func BenchmarkListsOf100000PeopleAnd20000Units(b *testing.B) {
	eachEngine(b, func(b *testing.B, db *store.DB) {
		b.Helper()
		plantMany(b, db)
		o := db.Org()
		people := func(q org.PersonQuery) func(context.Context) (int, error) {
			q.Institution, q.Limit = "i", org.PageSize
			return func(ctx context.Context) (int, error) { rows, err := o.People(ctx, q); return len(rows), err }
		}
		units := func(r org.Reach, q org.UnitQuery) func(context.Context) (int, error) {
			q.Institution, q.Limit = "i", org.PageSize
			return func(ctx context.Context) (int, error) { rows, err := o.UnitList(ctx, r, q); return len(rows), err }
		}
		roles := func(q org.AssignmentQuery) func(context.Context) (int, error) {
			q.Limit = org.PageSize
			return func(ctx context.Context) (int, error) { rows, err := o.AssignmentList(ctx, q); return len(rows), err }
		}
		all := org.Reach{Institutions: []string{"i"}}
		for _, c := range []struct {
			name string
			rows int // at least
			ask  func(context.Context) (int, error)
		}{
			{"people", 50, people(org.PersonQuery{After: org.Cursor{Sort: "orang 050000", ID: "p"}})},
			{"people by unit", 50, people(org.PersonQuery{Sort: org.PeopleByUnit, After: org.Cursor{Sort: "satuan 10000 contoh"}})},
			{"people by NIP", 50, people(org.PersonQuery{Sort: org.PeopleByNIP, After: org.Cursor{Sort: "190000000000050000"}})},
			{"search one of them", 1, people(org.PersonQuery{Search: "o077777@"})},
			{"search nobody", 0, people(org.PersonQuery{Search: "nobody at all"})},
			{"search nobody by unit", 0, people(org.PersonQuery{Search: "nobody at all", Sort: org.PeopleByUnit})},
			{"a rare role", 50, people(org.PersonQuery{Role: org.Coordinator})},
			{"a role that nobody has", 0, people(org.PersonQuery{Role: org.Auditor})},
			{"people of a small unit", 5, people(org.PersonQuery{Unit: "u19999"})},
			{"people of a part of the tree", 50, people(org.PersonQuery{Unit: "u00001"})},
			{"closed people", 0, people(org.PersonQuery{Open: org.OnlyClosed})},
			{"units", 50, units(all, org.UnitQuery{After: org.Cursor{Sort: "satuan 10000"}})},
			{"units searched in vain", 0, units(all, org.UnitQuery{Search: "no such unit"})},
			{"children of a unit", 27, units(all, org.UnitQuery{Children: true, Parent: "u00001"})},
			{"units of a subtree", 50, units(org.Reach{Subtrees: []string{"/u00000/u00003/"}}, org.UnitQuery{})},
			{"assignments", 50, roles(org.AssignmentQuery{Institution: "i", When: org.Now})},
			{"assignments of a rare role", 50, roles(org.AssignmentQuery{Institution: "i", Role: org.Coordinator})},
			{"assignments of a person", 1, roles(org.AssignmentQuery{Person: "p050000"})},
			{"assignments that reach a unit", 5, roles(org.AssignmentQuery{Unit: "u19999"})},
			{"past assignments", 0, roles(org.AssignmentQuery{Institution: "i", When: org.Past})},
		} {
			b.Run(c.name, func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					begin := time.Now()
					n, err := c.ask(b.Context())
					if err != nil || n < c.rows {
						b.Fatal(n, err)
					}
					took = append(took, time.Since(begin))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms-p95")
			})
		}
	})
}
