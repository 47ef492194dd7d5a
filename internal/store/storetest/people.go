package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/org"
	"zona/internal/store"
)

// institutionWith is a database with the use cases of org over it, an administrator of the instance, and two institutions.
type institutionWith struct {
	w    world
	s    *org.Service
	root org.Actor
}

func newInstitutionWith(t *testing.T, fresh Fresh) institutionWith {
	t.Helper()
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, still))
	i := institutionWith{w: w, s: org.New(w.db.Org(), w.db.Org(), still, org.NewID)}
	w.org(t, func(ctx context.Context, s org.Store) error {
		return first(
			func() error { return s.InsertPerson(ctx, org.Person{ID: "root", Name: "Root", Login: "root"}) },
			func() error {
				return s.InsertAssignment(ctx, org.Assignment{
					ID: "root", Person: "root", Role: org.Administrator, Scope: org.Scope{Kind: org.WholeInstance}, From: start.AddDate(-1, 0, 0),
				})
			},
			func() error {
				return s.InsertInstitution(ctx, org.Institution{ID: "other", Name: "O", Kind: org.Regional, Zone: "Asia/Jayapura"})
			},
			func() error {
				return s.InsertUnit(ctx, org.Unit{ID: "foreign", Institution: "other", Path: "/foreign/", Name: "F"})
			},
		)
	})
	i.root = must(i.s.Actor(t.Context(), "root"))(t, "read root")
	return i
}

func (i institutionWith) person(t *testing.T, login, unit string) string {
	t.Helper()
	return must(i.s.AddPerson(t.Context(), i.root, org.NewPerson{
		Institution: "inst", Unit: unit, PersonData: org.PersonData{Name: strings.ToUpper(login), Login: login},
	}))(t, "add "+login)
}

func (i institutionWith) assign(t *testing.T, person string, role org.Role, scope org.Scope) (string, error) {
	t.Helper()
	return i.s.Assign(t.Context(), i.root, org.NewAssignment{Person: person, Role: role, Scope: scope})
}

var allOfInst = org.Scope{Kind: org.WholeInstitution, Institution: "inst"}

// testMoving moves, closes and renames units through the use cases: paths, access and history follow.
func testMoving(t *testing.T, fresh Fresh) {
	i := newInstitutionWith(t, fresh)
	ctx, s := t.Context(), i.s
	deep := must(s.AddUnit(ctx, i.root, org.NewUnit{Institution: "inst", Parent: "court", UnitData: org.UnitData{Name: "Cabang", Code: "C1"}}))(t, "add a unit")
	head := i.person(t, "head", "court")
	must(i.assign(t, head, org.UnitHead, org.Scope{Kind: org.Subtree, Institution: "inst", Unit: "dormant"}))(t, "assign")
	rev := func(unit string) int { return must(s.Unit(ctx, i.root, unit))(t, "read "+unit).Rev }
	for what, parent := range map[string]string{"below itself": "court", "below what is below it": deep} {
		wantFault(t, "moving "+what, fault.Invalid, func() error {
			return s.MoveUnit(ctx, i.root, org.UnitMove{Unit: "court", Rev: rev("court"), Parent: parent})
		})
	}
	for _, parent := range []string{"foreign", "nowhere"} {
		wantNotFound(t, "moving into "+parent, func() error {
			return s.MoveUnit(ctx, i.root, org.UnitMove{Unit: "court", Rev: rev("court"), Parent: parent})
		})
	}
	if err := s.MoveUnit(ctx, i.root, org.UnitMove{Unit: "court", Rev: rev("court"), Parent: "dormant"}); err != nil {
		t.Fatalf("move: %v", err)
	}
	for unit, path := range map[string]string{"court": "/top/dormant/court/", deep: "/top/dormant/court/" + deep + "/", "dormant": "/top/dormant/"} {
		same(t, "path of "+unit, must(s.Unit(ctx, i.root, unit))(t, "read").Path, path)
	}
	if a := must(s.Actor(ctx, head))(t, "read the head"); !org.Can(a, org.EditAnswer, org.Object{Institution: "inst", Unit: deep, Path: "/top/dormant/court/" + deep + "/"}, org.State{At: start}).Allow {
		t.Error("access did not follow the tree")
	}
	wantFault(t, "closing above open units", fault.Invalid, func() error {
		return s.CloseUnit(ctx, i.root, org.UnitClosing{Unit: "dormant", Rev: rev("dormant"), Reason: "x"})
	})
	wantFault(t, "a code twice", fault.Invalid, func() error {
		return s.EditUnit(ctx, i.root, org.UnitEdit{Unit: "dormant", Rev: rev("dormant"), UnitData: org.UnitData{Name: "D", Code: "C1"}})
	})
	if err := s.CloseUnit(ctx, i.root, org.UnitClosing{Unit: deep, Rev: rev(deep), Reason: "digabung"}); err != nil {
		t.Fatalf("close: %v", err)
	}
	wantFault(t, "a unit below a closed one", fault.Invalid, func() error {
		_, err := s.AddUnit(ctx, i.root, org.NewUnit{Institution: "inst", Parent: deep, UnitData: org.UnitData{Name: "x"}})
		return err
	})
	if err := s.ReopenUnit(ctx, i.root, idempotencyNone, deep, rev(deep)); err != nil {
		t.Fatalf("reopen: %v", err)
	}
	at := must(s.UnitAt(ctx, i.root, deep, start))(t, "history")
	var chain []string
	for _, state := range at {
		chain = append(chain, state.Unit)
	}
	same(t, "where it stood", chain, []string{deep, "court", "dormant", "top"})
}

// testConflicts refuses evaluating roles where the person is not impartial, on lists of units too.
func testConflicts(t *testing.T, fresh Fresh) {
	i := newInstitutionWith(t, fresh)
	ctx, s := t.Context(), i.s
	judge := i.person(t, "judge", "court")
	unit := func(id string) org.Scope { return org.Scope{Kind: org.OneUnit, Institution: "inst", Unit: id} }
	for _, id := range []string{"court", "top"} {
		wantFault(t, "judging "+id+" from the court", fault.Invalid, func() error { _, err := i.assign(t, judge, org.TPIMember, unit(id)); return err })
	}
	must(i.assign(t, judge, org.TPIMember, allOfInst))(t, "judge the institution")
	team := must(s.CreateTeam(ctx, i.root, org.NewTeam{Name: "TPN 1", Kind: org.TPNTeam}))(t, "make a team")
	inTeam := org.Scope{Kind: org.InTeam, Team: team}
	must(i.assign(t, judge, org.TPNEvaluator, inTeam))(t, "join an empty team")
	wantFault(t, "a role of the other kind of team", fault.Invalid, func() error { _, err := i.assign(t, judge, org.TPIMember, inTeam); return err })
	for _, id := range []string{"court", "dormant"} { // the home, and one that is judged for TPI
		wantFault(t, id+" for the team", fault.Invalid, func() error { return s.AddTeamUnit(ctx, i.root, idempotencyNone, team, id) })
	}
	if err := s.AddTeamUnit(ctx, i.root, idempotencyNone, team, "foreign"); err != nil {
		t.Fatalf("give the team a unit: %v", err)
	}
	a := must(s.Actor(ctx, judge))(t, "read the judge")
	for id, want := range map[string]bool{"foreign": true, "dormant": true, "court": false, "top": false} {
		u := must(s.Unit(ctx, i.root, id))(t, "read "+id)
		if got := org.Can(a, org.Evaluate, u.At(), org.State{At: start}).Allow; got != want {
			t.Errorf("judging %s: %v, want %v", id, got, want)
		}
	}
	rows := must(i.w.db.Org().UnitList(ctx, a.Reach(org.Evaluate, start), org.UnitQuery{Institution: "inst", Limit: 9}))(t, "list what can be judged")
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	same(t, "what can be judged", ids, []string{"dormant"})
	must(s.DeclareInterest(ctx, a, org.NewInterest{Person: judge, Unit: "dormant", Text: "saudara"}))(t, "declare")
	if a = must(s.Actor(ctx, judge))(t, "read the judge"); !slices.Equal(a.Interests, []string{"/top/dormant/"}) {
		t.Errorf("interests are %v", a.Interests)
	}
}

// testLastAdministrator takes two administrators' roles away at once, many times: one always stays.
func testLastAdministrator(t *testing.T, fresh Fresh) {
	i := newInstitutionWith(t, fresh)
	ctx := t.Context()
	wantFault(t, "the last administrator's role", fault.Forbidden, func() error {
		return i.s.EndAssignment(ctx, i.root, org.Ending{Assignment: "root", Reason: "x"})
	})
	wantFault(t, "its end", fault.Forbidden, func() error {
		return i.s.ChangePeriod(ctx, i.root, org.PeriodChange{Assignment: "root", Until: start.AddDate(1, 0, 0)})
	})
	for round := range 5 {
		other := i.person(t, fmt.Sprintf("other%d", round), "")
		id := must(i.assign(t, other, org.Administrator, org.Scope{Kind: org.WholeInstance}))(t, "a second administrator")
		standing := must(i.s.AssignmentList(ctx, i.root, org.AssignmentQuery{Role: org.Administrator, When: org.Now}))(t, "list")
		var wg sync.WaitGroup
		errs := make([]error, len(standing))
		for n, a := range standing {
			wg.Go(func() {
				errs[n] = i.s.EndAssignment(ctx, i.root, org.Ending{Assignment: a.ID, Rev: a.Rev, Reason: "x"})
			})
		}
		wg.Wait()
		refused := 0
		for _, err := range errs {
			if fault.Is(err, fault.Forbidden) {
				refused++
			} else if err != nil {
				t.Errorf("round %d: %v", round, err)
			}
		}
		left := must(i.s.AssignmentList(ctx, i.root, org.AssignmentQuery{Role: org.Administrator, When: org.Now}))(t, "list")
		if len(standing) != 2 || refused != 1 || len(left) != 1 {
			t.Fatalf("round %d (%s): of %d administrators %d were kept, %d are left", round, id, len(standing), refused, len(left))
		}
	}
}

// idempotencyNone is the key of a call that is not repeated.
var idempotencyNone = idempotency.Key{}
