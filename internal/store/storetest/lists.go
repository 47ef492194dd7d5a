package storetest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zona/internal/assessment"
	"zona/internal/exact"
	"zona/internal/idempotency"
	"zona/internal/org"
	"zona/internal/store"
)

// forest is what the oracle of the lists knows: every unit of every tree drawn so far.
type forest struct {
	db           *store.DB
	institutions []org.Institution
	units        []org.Unit
	sheets       map[string]assessment.Assessment // of the newest period, by unit
}

// testReach draws trees and readers, and compares every page of the list with what a loop over all units finds.
func testReach(t *testing.T, fresh Fresh) {
	f := &forest{db: Open(t, store.Config{URL: fresh(t)}, still), sheets: map[string]assessment.Assessment{}}
	seed := rand.Uint64()
	t.Logf("the trees are those of seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 12 {
		f.plant(t, random)
	}
	checked, rows := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		for range 4 {
			reach, q := f.drawReach(r), f.drawQuery(r)
			want := f.oracle(reach, q)
			var got []assessment.UnitRow
			for {
				part, err := f.db.Assessments().Units(t.Context(), reach, q)
				if err != nil {
					r.Fatalf("list units: %v", err)
				}
				if len(part) > q.Limit {
					r.Fatalf("a page of %d rows, the limit is %d", len(part), q.Limit)
				}
				got = append(got, part...)
				if len(part) < q.Limit {
					break
				}
				last := part[len(part)-1].Unit
				q.After = org.Cursor{Sort: last.Name, ID: last.ID}
			}
			same(r, fmt.Sprintf("units within %+v by %+v", reach, q), got, want)
			checked, rows = checked+1, rows+len(want)

			institutions, err := f.db.Org().Institutions(t.Context(), reach)
			if err != nil {
				r.Fatalf("list institutions: %v", err)
			}
			same(r, fmt.Sprintf("institutions within %+v", reach), institutions, f.oracleInstitutions(reach))
			if r.Failed() {
				r.FailNow()
			}
		}
	})
	if rows < checked {
		t.Errorf("%d lists had only %d rows: the readers drawn see too little to prove anything", checked, rows)
	}

	// The control: an oracle that counts one hidden unit in would have disagreed.
	nobody, err := f.db.Assessments().Units(t.Context(), org.Reach{}, assessment.UnitQuery{Limit: 10})
	if err != nil || len(nobody) != 0 {
		t.Errorf("the reach of nobody: %d units, %v", len(nobody), err)
	}
	if len(f.oracle(org.Reach{All: true}, assessment.UnitQuery{})) != len(f.units) {
		t.Error("the oracle does not see every unit")
	}
}

// names hold what order and search stumble over: case, accents, the signs of LIKE, and one another's beginnings.
var names = []string{"Pengadilan", "pengadilan negeri", "PN Élan", "Pn élan 10%", "a_b", "aXb", `a\b`, "ab", "法院", "Z"}

// endings make ids that begin with one another, with what stands right before and after "/" in the order of bytes:
// the path of one must not be taken for the beginning of another's.
var endings = []string{"", "0", ".", "1", "00", "-", ".0", "0.", "~", "!"}

// plant adds an institution with a tree of up to ten units and two periods.
func (f *forest) plant(t testing.TB, r *rand.Rand) {
	n := len(f.institutions)
	in := org.Institution{ID: fmt.Sprintf("i%d", n), Name: names[r.IntN(len(names))], Kind: org.Regional, Zone: "Asia/Jayapura"}
	f.institutions = append(f.institutions, in)
	var tree []org.Unit
	for k := range 1 + r.IntN(10) {
		u := org.Unit{ID: string(rune('a'+n)) + endings[k], Institution: in.ID, Name: names[r.IntN(len(names))], Kind: org.PlainUnit}
		u.Path = "/" + u.ID + "/"
		if parent := r.IntN(k+1) - 1; parent >= 0 {
			u.Parent, u.Path = tree[parent].ID, tree[parent].Path+u.ID+"/"
		}
		tree = append(tree, u)
	}
	f.units = append(f.units, tree...)
	newest := assessment.Period{ID: in.ID + "new", Institution: in.ID, Year: 2026, Instrument: "lke-2021", Zone: "Asia/Jayapura"}
	older := newest
	older.ID, older.Year = in.ID+"old", 2025

	w := world{db: f.db}
	w.org(t, func(ctx context.Context, s org.Store) error {
		if err := s.InsertInstitution(ctx, in); err != nil {
			return err
		}
		for _, u := range tree {
			if err := s.InsertUnit(ctx, u); err != nil {
				return err
			}
		}
		return nil
	})
	w.assessment(t, func(ctx context.Context, s assessment.Store) error {
		for _, p := range []assessment.Period{newest, older} {
			if err := s.InsertPeriod(ctx, p); err != nil {
				return err
			}
		}
		for k, u := range tree {
			a := assessment.Assessment{
				ID: u.ID + "s", Unit: u.ID, Institution: in.ID, Period: older.ID, Level: assessment.Self, Instrument: "lke-2021",
				Total: exact.Int(int64(k)),
			}
			if k%2 == 0 {
				a.Period = newest.ID
				f.sheets[u.ID] = a
			}
			if err := s.InsertAssessment(ctx, a); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *forest) drawReach(r *rapid.T) org.Reach {
	some := func(label string, of []string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, min(3, len(of)), rapid.ID[string]).Draw(r, label)
	}
	var ids, paths, institutions []string
	for _, u := range f.units {
		ids, paths = append(ids, u.ID), append(paths, u.Path)
	}
	for _, i := range f.institutions {
		institutions = append(institutions, i.ID)
	}
	reach := org.Reach{
		All:      rapid.IntRange(0, 9).Draw(r, "all") == 0,
		Subtrees: some("subtrees", append(paths, "", "/", "%", "/a")),
		Units:    some("own units", append(ids, "", "nowhere")),
	}
	if rapid.Bool().Draw(r, "whole institutions") {
		reach.Institutions = some("institutions", institutions)
	}
	return reach
}

func (f *forest) drawQuery(r *rapid.T) assessment.UnitQuery {
	q := assessment.UnitQuery{Limit: rapid.IntRange(1, 7).Draw(r, "limit")}
	if rapid.Bool().Draw(r, "one institution") {
		q.Institution = rapid.SampledFrom(f.institutions).Draw(r, "which").ID
	}
	q.Search = rapid.SampledFrom([]string{"", "", "PENG", "él", "%", "_", `\`, "法", "nothing"}).Draw(r, "search")
	return q
}

func (f *forest) oracle(reach org.Reach, q assessment.UnitQuery) []assessment.UnitRow {
	byID := map[string]org.Unit{}
	var list []assessment.UnitRow
	for _, u := range f.units {
		byID[u.ID] = u
		if !reaches(reach, u) || q.Institution != "" && q.Institution != u.Institution ||
			!strings.Contains(strings.ToLower(u.Name), strings.ToLower(q.Search)) {
			continue
		}
		list = append(list, assessment.UnitRow{Unit: u, ParentName: byID[u.Parent].Name, Assessment: f.sheets[u.ID]})
	}
	slices.SortFunc(list, func(a, b assessment.UnitRow) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Unit.Name), strings.ToLower(b.Unit.Name)), strings.Compare(a.Unit.ID, b.Unit.ID))
	})
	return list
}

func (f *forest) oracleInstitutions(reach org.Reach) []org.Institution {
	var list []org.Institution
	for _, i := range f.institutions {
		if reach.All || slices.Contains(reach.Institutions, i.ID) ||
			slices.ContainsFunc(f.units, func(u org.Unit) bool { return u.Institution == i.ID && reaches(reach, u) }) {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b org.Institution) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return list
}

// reaches says it the slow way. A subtree is a path, so that "" and what is no path reach nothing.
func reaches(r org.Reach, u org.Unit) bool {
	return r.All || slices.Contains(r.Institutions, u.Institution) || slices.Contains(r.Units, u.ID) ||
		slices.ContainsFunc(r.Subtrees, func(path string) bool {
			return len(path) > 1 && strings.HasSuffix(path, "/") && strings.HasPrefix(u.Path, path)
		})
}

func testPeoplePages(t *testing.T, fresh Fresh) {
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, still))
	want := []string{"ani"}
	w.org(t, func(ctx context.Context, s org.Store) error {
		for n := range 9 {
			p := org.Person{ID: fmt.Sprintf("p%d", n), Institution: "inst", Name: names[n%3], Login: fmt.Sprintf("p%d", n)}
			if n == 8 {
				p.Institution, p.ID = "", "root"
			} else {
				want = append(want, p.ID)
			}
			if err := s.InsertPerson(ctx, p); err != nil {
				return err
			}
			for k, role := range []org.Role{org.Member, org.Observer, org.Member} {
				if err := s.InsertAssignment(ctx, org.Assignment{
					ID: fmt.Sprint(p.ID, k), Person: p.ID, Role: role, Scope: org.Scope{Kind: org.WholeInstitution, Institution: "inst"},
				}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	var got []string
	var after org.Cursor
	for {
		part := must(w.db.Org().People(t.Context(), org.PersonQuery{Institution: "inst", After: after, Limit: 2}))(t, "list people")
		for _, p := range part {
			got = append(got, p.ID)
			if p.ID != "ani" && fmt.Sprint(p.Roles) != "[member observer]" {
				t.Errorf("roles of %s: %v", p.ID, p.Roles)
			}
			after = p.After
		}
		if len(part) < 2 {
			break
		}
	}
	if len(got) != len(want) {
		t.Errorf("pages of two show %v", got)
	}
	same(t, "everybody once", sorted(got), sorted(want))
	instance := must(w.db.Org().People(t.Context(), org.PersonQuery{Limit: 9}))(t, "list people of the instance")
	if len(instance) != 1 || instance[0].ID != "root" {
		t.Errorf("people of no institution: %+v", instance)
	}
}

// testOneStatement counts what each question to the database costs, with few rows and with many.
func testOneStatement(t *testing.T, fresh Fresh) {
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, still))
	a, o := w.db.Assessments(), w.db.Org()
	count := func() map[string]int64 {
		counts := map[string]int64{}
		for what, ask := range map[string]func(context.Context) error{
			"sheet":   func(ctx context.Context) error { _, err := a.Sheet(ctx, "sheet"); return err },
			"entries": func(ctx context.Context) error { _, err := a.Entries(ctx, "sheet"); return err },
			"history": func(ctx context.Context) error { _, err := a.History(ctx, "sheet", question(1), 50); return err },
			"actor":   func(ctx context.Context) error { _, err := o.Actor(ctx, "ani"); return err },
			"people": func(ctx context.Context) error {
				_, err := o.People(ctx, org.PersonQuery{Institution: "inst", Limit: 50})
				return err
			},
			"institutions": func(ctx context.Context) error {
				_, err := o.Institutions(ctx, org.Reach{Subtrees: []string{"/top/"}})
				return err
			},
			"units": func(ctx context.Context) error {
				_, err := a.Units(ctx, org.Reach{Institutions: []string{"inst"}}, assessment.UnitQuery{Limit: 50})
				return err
			},
		} {
			ctx, n := store.CountQueries(t.Context())
			if err := ask(ctx); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			counts[what] = n.N()
		}
		return counts
	}
	few := count()
	for n := range 30 {
		w.org(t, func(ctx context.Context, s org.Store) error {
			id := fmt.Sprintf("more%d", n)
			return first(
				func() error {
					return s.InsertUnit(ctx, org.Unit{ID: id, Institution: "inst", Parent: "top", Path: "/top/" + id + "/", Name: id})
				},
				func() error { return s.InsertPerson(ctx, org.Person{ID: id, Institution: "inst", Name: id, Login: id}) },
				func() error {
					return s.InsertAssignment(ctx, org.Assignment{ID: id, Person: "ani", Role: org.Member, Scope: org.Scope{Kind: org.OneUnit, Institution: "inst", Unit: id}})
				},
			)
		})
		w.assessment(t, func(ctx context.Context, s assessment.Store) error {
			return setAnswer(ctx, s, w, assessment.Entry{Question: question(n), Answer: index(t, "1")}, 0)
		})
	}
	many := count()
	for what, n := range many {
		if n != 1 || few[what] != 1 {
			t.Errorf("%s took %d statements, with more rows %d; want 1", what, few[what], n)
		}
	}

	// The largest import there is: 113 answers cost a few statements, not one each.
	ctx, n := store.CountQueries(t.Context())
	_, _, err := a.InTx(ctx, idempotency.Key{}, func(ctx context.Context, s assessment.Store) (string, error) {
		var es []assessment.Entry
		for i := range 113 {
			es = append(es, assessment.Entry{Question: question(1000 + i), Answer: index(t, "1"), Revision: 1, ChangedBy: "ani", ChangedAt: start})
		}
		return "", s.SaveEntries(ctx, "sheet", es)
	})
	if err != nil || n.N() > 3 {
		t.Errorf("saving 113 answers took %d statements, %v", n.N(), err)
	}
}
