package org

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zona/internal/fault"
)

// The policy once more, written by hand as a table: a new role, capability or scope fails here until somebody has
// decided. Columns as in Capabilities: units sheet edit import export open | evaluate interest | institution people teams
// kawasan | view_people access log | create run. A kind of scope without a row is not given with the role.
const policyTable = `
administrator        instance     x....x.xxxxxxxxxx
administrator        institution  x....x.xxxxxxxx..
institution_head     institution  xx..x..x....xxx..
unit_head            subtree      xxxxxx.x.........
unit_head            unit         xxxxxx.x.........
coordinator          subtree      xxxxxx.x.........
coordinator          unit         xxxxxx.x.........
member               unit         xxx.x..x.........
employee             unit         x......x.........
preliminary_assessor subtree      xx..x.xx.........
preliminary_assessor unit         xx..x.xx.........
preliminary_assessor team         xx..x.xx.........
tpi_member           institution  xx..x.xx.........
tpi_member           subtree      xx..x.xx.........
tpi_member           unit         xx..x.xx.........
tpi_member           kawasan      xx..x.xx.........
tpi_member           team         xx..x.xx.........
tpi_leader           institution  xx..x.xx.........
tpi_leader           subtree      xx..x.xx.........
tpi_leader           unit         xx..x.xx.........
tpi_leader           kawasan      xx..x.xx.........
tpi_leader           team         xx..x.xx.........
tpi_controller       institution  xx..x.xx.........
tpi_controller       subtree      xx..x.xx.........
tpi_controller       unit         xx..x.xx.........
tpi_controller       kawasan      xx..x.xx.........
tpi_controller       team         xx..x.xx.........
tpn_evaluator        institution  xx..x.xx.........
tpn_evaluator        unit         xx..x.xx.........
tpn_evaluator        kawasan      xx..x.xx.........
tpn_evaluator        team         xx..x.xx.........
tpn_panel            institution  xx..x.xx.........
tpn_panel            unit         xx..x.xx.........
tpn_panel            kawasan      xx..x.xx.........
tpn_panel            team         xx..x.xx.........
survey_officer       institution  x......x.........
survey_officer       subtree      x......x.........
survey_officer       unit         x......x.........
observer             institution  xx..x..x.........
observer             subtree      xx..x..x.........
observer             unit         xx..x..x.........
observer             kawasan      xx..x..x.........
auditor              instance     x......x....xxx..
auditor              institution  x......x....xxx..
`

func policyRows(t *testing.T) map[Role]map[ScopeKind]string {
	t.Helper()
	rows := map[Role]map[ScopeKind]string{}
	for line := range strings.Lines(strings.TrimSpace(policyTable)) {
		f := strings.Fields(line)
		if len(f) != 3 || len(f[2]) != len(Capabilities()) || !slices.Contains(ScopeKinds(), ScopeKind(f[1])) {
			t.Fatalf("row %q", line)
		}
		if rows[Role(f[0])] == nil {
			rows[Role(f[0])] = map[ScopeKind]string{}
			for _, kind := range ScopeKinds() {
				rows[Role(f[0])][kind] = strings.Repeat(".", len(Capabilities()))
			}
		}
		rows[Role(f[0])][ScopeKind(f[1])] = f[2]
	}
	if len(rows) != len(Roles()) || len(grants) != len(Roles()) {
		t.Fatalf("%d roles in the table, %d in the policy, %d listed", len(rows), len(grants), len(Roles()))
	}
	return rows
}

// The world: institution i with the tree top > own > child and top > sibling; institution j with one unit.
var objects = map[string]Object{
	"instance":          {},
	"institution":       {Institution: "i"},
	"other institution": {Institution: "j"},
	"top":               {Institution: "i", Unit: "top", Path: "/top/"},
	"own":               {Institution: "i", Unit: "own", Path: "/top/own/"},
	"child":             {Institution: "i", Unit: "child", Path: "/top/own/child/"},
	"sibling":           {Institution: "i", Unit: "sibling", Path: "/top/sibling/"},
	"namesake":          {Institution: "i", Unit: "own2", Path: "/top/own2/"}, // begins like own, is not below it
	"foreign":           {Institution: "j", Unit: "foreign", Path: "/foreign/"},
}

// covered says by hand which objects a scope around "own" covers.
var covered = map[ScopeKind][]string{
	WholeInstance:    {"instance", "institution", "other institution", "top", "own", "child", "sibling", "namesake", "foreign"},
	WholeInstitution: {"institution", "top", "own", "child", "sibling", "namesake"},
	Subtree:          {"own", "child"},
	OneUnit:          {"own"},
	InKawasan:        {"own", "foreign"},
	InTeam:           {"own", "foreign"},
}

func scopeAroundOwn(k ScopeKind) Scope {
	switch k {
	case WholeInstance:
		return Scope{Kind: k}
	case WholeInstitution:
		return Scope{Kind: k, Institution: "i"}
	case InKawasan:
		return Scope{Kind: k, Kawasan: "k", Units: []string{"foreign", "own"}, Over: []string{"i", "j"}}
	case InTeam:
		return Scope{Kind: k, Team: "t", Units: []string{"foreign", "own"}, Over: []string{"i", "j"}}
	}
	return Scope{Kind: k, Institution: "i", Unit: "own", Path: "/top/own/"}
}

var (
	from  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	until = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	now   = time.Date(2026, 5, 31, 16, 59, 59, 0, time.UTC)
)

func TestCanAnswersEveryCellAsTheTable(t *testing.T) {
	t.Parallel()
	cells := 0
	for role, kinds := range policyRows(t) {
		for _, kind := range ScopeKinds() {
			marks, ok := kinds[kind]
			if !ok {
				t.Fatalf("no row for %s over %s", role, kind)
			}
			a := Actor{Person: "p", Institution: "i", Assignments: []Assignment{
				{Person: "p", Role: role, Scope: scopeAroundOwn(kind), From: from, Until: until},
			}}
			for i, c := range Capabilities() {
				for name, o := range objects {
					for _, closed := range []bool{false, true} {
						want := marks[i] == 'x' && slices.Contains(covered[kind], name) &&
							(!closed || c != EditAnswer && c != ImportWorkbook)
						got := Can(a, c, o, State{Closed: closed, At: now})
						if got.Allow != want {
							t.Errorf("%s over %s: %s on %s (closed %v) = %+v, want %v", role, kind, c, name, closed, got, want)
						}
						// What may not be known is exactly what is not the instance, not the own institution, and not
						// in a list of units.
						known := name == "instance" || name == "institution" || marks[0] == 'x' && (slices.Contains(covered[kind], name) ||
							name == "other institution" && (kind == InKawasan || kind == InTeam))
						if !got.Allow && got.Hidden == known {
							t.Errorf("%s over %s: %s on %s (closed %v) hidden = %v, known = %v", role, kind, c, name, closed, got.Hidden, known)
						}
						for _, at := range []time.Time{from.Add(-1), until, {}} {
							if d := Can(a, c, o, State{At: at}); d.Allow {
								t.Errorf("%s over %s: %s on %s at %v is allowed", role, kind, c, name, at)
							}
						}
						cells++
					}
				}
			}
		}
	}
	t.Logf("%d cells", cells)
}

func TestReachAndHoldsAgreeWithCan(t *testing.T) {
	t.Parallel()
	for role, kinds := range policyRows(t) {
		for _, kind := range ScopeKinds() {
			a := Actor{Person: "p", Assignments: []Assignment{
				{Role: role, Scope: scopeAroundOwn(kind), From: from, Until: until},
				{Role: role, Scope: scopeAroundOwn(kind), From: from}, // twice, without an end
			}}
			for i, c := range Capabilities() {
				if got, want := a.Holds(c, now), kinds[kind][i] == 'x'; got != want {
					t.Errorf("%s over %s holds %s: %v, want %v", role, kind, c, got, want)
				}
				for _, at := range []time.Time{now, from.Add(-1), until.Add(1), {}} {
					r := a.Reach(c, at)
					for name, o := range objects {
						if o.Unit == "" {
							continue
						}
						if got, want := r.Covers(o), Can(a, c, o, State{At: at}).Allow; got != want {
							t.Errorf("%s over %s: reach of %s covers %s at %v: %v, Can says %v", role, kind, c, name, at, got, want)
						}
					}
					if n := len(r.Institutions) + len(r.Subtrees) + len(r.Units); n > len(scopeAroundOwn(kind).Units)+1 {
						t.Errorf("the same place stands %d times in %+v", n, r)
					}
				}
			}
		}
	}
}

func TestHalfFilledScopesCoverNothing(t *testing.T) {
	t.Parallel()
	for _, s := range []Scope{
		{},
		{Kind: "planet"},
		{Kind: WholeInstitution},
		{Kind: Subtree, Institution: "i", Unit: "own"},
		{Kind: Subtree, Institution: "i", Path: "/"},
		{Kind: OneUnit, Institution: "i"},
		{Kind: InKawasan, Institution: "i", Units: []string{"own"}},
		{Kind: InTeam, Institution: "i", Units: []string{"own"}},
	} {
		a := Actor{Person: "p", Assignments: []Assignment{
			{Role: TPIMember, Scope: s, From: from}, {Role: Administrator, Scope: s, From: from},
		}}
		for name, o := range objects {
			for _, c := range Capabilities() {
				if Can(a, c, o, State{At: now}).Allow || a.Reach(c, now).Covers(o) {
					t.Errorf("scope %+v: %s on %s is allowed", s, c, name)
				}
			}
		}
	}
	if (Scope{Kind: "planet", Institution: "i", Unit: "own", Path: "/top/own/"}).covers(objects["own"]) {
		t.Error("a scope of no kind covers something")
	}
	if (Reach{Institutions: []string{""}, Units: []string{""}}).Covers(Object{}) {
		t.Error("empty ids cover the instance")
	}
}

func TestNobodyMayDoAnything(t *testing.T) {
	t.Parallel()
	all := []Assignment{{Role: Administrator, Scope: Scope{Kind: WholeInstance}, From: from}}
	for _, a := range []Actor{{}, {Assignments: all}} {
		for _, c := range Capabilities() {
			if a.Holds(c, now) || a.Reach(c, now).All || Can(a, c, Object{}, State{At: now}).Allow {
				t.Errorf("nobody has %s", c)
			}
		}
	}
	// The negative control: the same assignments with a name are enough.
	if !Can(Actor{Person: "p", Assignments: all}, RunInstance, Object{}, State{At: now}).Allow {
		t.Error("the administrator may not run the instance")
	}
}

func TestARoleInAnInstitutionMakesItKnown(t *testing.T) {
	t.Parallel()
	a := Actor{Person: "p", Institution: "j", Assignments: []Assignment{
		{Role: Member, Scope: scopeAroundOwn(OneUnit), From: from},
	}}
	if d := Can(a, ManageInstitution, objects["institution"], State{At: now}); d.Allow || d.Hidden {
		t.Errorf("an institution where the actor has a role: %+v", d)
	}
	if d := Can(a, ManageInstitution, Object{Institution: "k"}, State{At: now}); d.Allow || !d.Hidden {
		t.Errorf("an institution where the actor has none: %+v", d)
	}
}

func TestDecisionsBecomeTheRightFaults(t *testing.T) {
	t.Parallel()
	if err := (Decision{Allow: true}).Fault(); err != nil {
		t.Errorf("allowed: %v", err)
	}
	for d, want := range map[Decision]fault.Fault{
		{Reason: ReasonConflict}:             {Kind: fault.Forbidden, Message: "fault.assignment.conflict"},
		{Hidden: true, Reason: ReasonClosed}: {Kind: fault.NotFound, Message: "fault.not_found"},
		{Reason: ReasonReach}:                {Kind: fault.Forbidden, Message: "fault.forbidden"},
		{Reason: ReasonClosed}:               {Kind: fault.Forbidden, Message: "fault.sheet_closed"},
	} {
		f, ok := fault.Of(d.Fault())
		if !ok || f.Kind != want.Kind || f.Message != want.Message {
			t.Errorf("%+v: %+v, want %+v", d, f, want)
		}
	}
}

func TestGrantsCannotBeChangedFromOutside(t *testing.T) {
	t.Parallel()
	Grants(Member, OneUnit)[0] = RunInstance
	if slices.Contains(Grants(Member, OneUnit), RunInstance) {
		t.Error("the policy was changed")
	}
}

// own and home, interests, and the two sides: everything that stops one from judging, on every object.
func TestAZ01NobodyJudgesWhereHeIsNotImpartial(t *testing.T) {
	t.Parallel()
	judge := func(r Role, s Scope) Assignment { return Assignment{Person: "p", Role: r, Scope: s, From: from} }
	tpi := judge(TPIMember, Scope{Kind: WholeInstitution, Institution: "i"})
	related := []string{"top", "own", "child"} // to own
	for _, c := range []struct {
		name    string
		actor   Actor
		refused []string // of what the role covers
	}{
		{"nothing of one's own", Actor{}, nil},
		{"the home unit, what is above and what is below", Actor{Unit: "own", Path: "/top/own/"}, related},
		{"a declared interest", Actor{Interests: []string{"/top/own/"}}, related},
		{"home at the top", Actor{Unit: "top", Path: "/top/"}, []string{"top", "own", "child", "sibling", "namesake"}},
		{"an interest elsewhere", Actor{Interests: []string{"/foreign/"}}, nil},
		{"TPN for one unit too", Actor{Assignments: []Assignment{judge(TPNPanel, scopeAroundOwn(InTeam))}}, []string{"own"}},
		{"TPN in another time", Actor{Assignments: []Assignment{{Role: TPNPanel, Scope: scopeAroundOwn(InTeam), From: from, Until: from.AddDate(0, 0, 1)}}}, nil},
		{"a second role on the same side", Actor{Assignments: []Assignment{judge(TPILeader, scopeAroundOwn(Subtree))}}, nil},
	} {
		a := c.actor
		a.Person, a.Assignments = "p", append([]Assignment{tpi}, a.Assignments...)
		for name, o := range objects {
			if o.Institution != "i" || o.Unit == "" {
				continue
			}
			want := !slices.Contains(c.refused, name)
			d := Can(a, Evaluate, o, State{At: now})
			if d.Allow != want || !want && (d.Reason != ReasonConflict || d.Hidden) {
				t.Errorf("%s: judging %s: %+v, want %v", c.name, name, d, want)
			}
			if got := a.Reach(Evaluate, now).Covers(o); got != want {
				t.Errorf("%s: a list of what can be judged has %s: %v, want %v", c.name, name, got, want)
			}
			if !Can(a, ViewSheet, o, State{At: now}).Allow || !a.Reach(ViewSheet, now).Covers(o) {
				t.Errorf("%s: %s cannot even be read", c.name, name)
			}
		}
	}
}

// BenchmarkPolicy asks for a unit that only the last of twenty assignments covers, a team of 400 units among them.
func BenchmarkPolicy(b *testing.B) {
	a := Actor{Person: "p", Institution: "i", Path: "/top/home/"}
	for i := range 19 {
		unit := fmt.Sprint("u", i)
		a.Assignments = append(a.Assignments, Assignment{
			Role: TPIMember, Scope: Scope{Kind: OneUnit, Institution: "i", Unit: unit, Path: "/top/" + unit + "/"}, From: from,
		})
	}
	team := Scope{Kind: InTeam, Team: "t"}
	for i := range 400 {
		team.Units = append(team.Units, fmt.Sprintf("t%03d", i))
	}
	a.Assignments = append(a.Assignments, Assignment{Role: TPNEvaluator, Scope: team, From: from})
	last := Object{Institution: "i", Unit: "t399", Path: "/top/t399/"}
	for _, c := range []Capability{ViewSheet, Evaluate} {
		b.Run(string(c), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !Can(a, c, last, State{At: now}).Allow {
					b.Fatal("refused")
				}
			}
		})
	}
}
