package storetest

import (
	"slices"
	"testing"

	"zona/internal/fault"
	"zona/internal/org"
)

// testStaff adds several people at once: all with their roles, or nobody; and counts them among those who have never
// signed in.
func testStaff(t *testing.T, fresh Fresh) {
	i := newInstitutionWith(t, fresh)
	ctx, s := t.Context(), i.s
	member := func(login string, role org.Role) org.NewMember {
		return org.NewMember{PersonData: org.PersonData{Name: login, Login: login}, Role: role}
	}
	everybody := func() int {
		return len(must(s.People(ctx, i.root, org.PersonQuery{Institution: "inst"}))(t, "list people"))
	}
	i.person(t, "taken", "court")
	before := everybody()
	for what, members := range map[string][]org.NewMember{
		"a login that is taken":    {member("new1", org.UnitHead), member("taken", org.Member)},
		"a login that comes twice": {member("new1", org.UnitHead), member("new1", org.Member)},
		"a role that judges":       {member("new1", org.UnitHead), member("new2", org.TPIMember)},
		"nobody":                   {},
	} {
		wantFault(t, what, fault.Invalid, func() error {
			_, err := s.AddStaff(ctx, i.root, org.NewStaff{Institution: "inst", Unit: "court", Members: members})
			return err
		})
	}
	wantNotFound(t, "a unit of another institution", func() error {
		_, err := s.AddStaff(ctx, i.root, org.NewStaff{Institution: "inst", Unit: "foreign", Members: []org.NewMember{member("new1", org.Member)}})
		return err
	})
	if n := everybody(); n != before {
		t.Errorf("%d people after what was refused, %d before", n, before)
	}
	ids := must(s.AddStaff(ctx, i.root, org.NewStaff{Institution: "inst", Unit: "court", Members: []org.NewMember{
		member("head", org.UnitHead), member("boss", org.Administrator), member("clerk", org.Member),
	}}))(t, "add three people")
	if len(ids) != 3 || everybody() != before+3 {
		t.Fatalf("%d ids, %d people", len(ids), everybody())
	}
	for n, want := range []org.Scope{
		{Kind: org.OneUnit, Institution: "inst", Unit: "court"}, allOfInst, {Kind: org.OneUnit, Institution: "inst", Unit: "court"},
	} {
		a := must(s.Actor(ctx, ids[n]))(t, "read the new actor")
		if len(a.Assignments) != 1 || a.Assignments[0].Scope.Kind != want.Kind || a.Assignments[0].Scope.Unit != want.Unit || a.Unit != "court" {
			t.Errorf("person %d has %+v", n, a.Assignments)
		}
	}
	never := must(s.People(ctx, i.root, org.PersonQuery{Institution: "inst", Unentered: true}))(t, "list those who never signed in")
	if !slices.ContainsFunc(never, func(p org.PersonRow) bool { return p.ID == ids[0] }) {
		t.Error("somebody new has signed in")
	}
	for _, row := range must(s.UnitList(ctx, i.root, org.UnitQuery{Institution: "inst", Headless: true}))(t, "list units without a head") {
		if row.ID == "court" {
			t.Error("the unit has no head although one was added")
		}
	}
	standings := must(i.w.db.Assessments().Standings(ctx, org.Reach{Institutions: []string{"inst"}}, start, 5))(t, "count")
	units := must(s.UnitList(ctx, i.root, org.UnitQuery{Institution: "inst", Open: org.OnlyOpen}))(t, "list units")
	open := must(s.People(ctx, i.root, org.PersonQuery{Institution: "inst", Open: org.OnlyOpen}))(t, "list people")
	if len(standings) != 1 || standings[0].Units != len(units) || standings[0].Headless != len(units)-1 ||
		standings[0].People != len(open) || standings[0].Unentered != len(never) {
		t.Errorf("counted %+v; %d units, %d people, %d never signed in", standings, len(units), len(open), len(never))
	}
	if none := must(i.w.db.Assessments().Standings(ctx, org.Reach{}, start, 5))(t, "count nothing"); len(none) != 0 {
		t.Errorf("who reaches nothing counts %+v", none)
	}
	if later := must(i.w.db.Assessments().Waiting(ctx, org.Reach{All: true}, start.AddDate(50, 0, 0), 5))(t, "wait"); len(later) != 0 {
		t.Errorf("after every deadline %d sheets wait", len(later))
	}
}
