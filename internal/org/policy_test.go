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
// decided. Columns as in Capabilities: units sheet edit import export open institution people log create run.
const policyTable = `
administrator    instance     x....xxxxxx
administrator    institution  x....xxxx..
administrator    subtree      ...........
administrator    unit         ...........
institution_head instance     ...........
institution_head institution  xx..x...x..
institution_head subtree      ...........
institution_head unit         ...........
unit_head        instance     ...........
unit_head        institution  ...........
unit_head        subtree      xxxxxx.....
unit_head        unit         xxxxxx.....
coordinator      instance     ...........
coordinator      institution  ...........
coordinator      subtree      xxxxxx.....
coordinator      unit         xxxxxx.....
member           instance     ...........
member           institution  ...........
member           subtree      ...........
member           unit         xxx.x......
evaluator        instance     ...........
evaluator        institution  xx..x......
evaluator        subtree      xx..x......
evaluator        unit         xx..x......
observer         instance     ...........
observer         institution  xx..x......
observer         subtree      xx..x......
observer         unit         xx..x......
`

func policyRows(t *testing.T) map[Role]map[ScopeKind]string {
	t.Helper()
	rows := map[Role]map[ScopeKind]string{}
	for line := range strings.Lines(strings.TrimSpace(policyTable)) {
		f := strings.Fields(line)
		if len(f) != 3 || len(f[2]) != len(Capabilities()) {
			t.Fatalf("row %q", line)
		}
		if rows[Role(f[0])] == nil {
			rows[Role(f[0])] = map[ScopeKind]string{}
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
}

func scopeAroundOwn(k ScopeKind) Scope {
	switch k {
	case WholeInstance:
		return Scope{Kind: k}
	case WholeInstitution:
		return Scope{Kind: k, Institution: "i"}
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
						known := name == "instance" || name == "institution" || marks[0] == 'x' && slices.Contains(covered[kind], name)
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
					if n := len(r.Institutions) + len(r.Subtrees) + len(r.Units); n > 1 {
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
	} {
		a := Actor{Person: "p", Assignments: []Assignment{
			{Role: Evaluator, Scope: s, From: from}, {Role: Administrator, Scope: s, From: from},
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

func BenchmarkCan(b *testing.B) {
	a := Actor{Person: "p", Institution: "i"}
	for i := range 20 {
		unit := fmt.Sprint("u", i)
		a.Assignments = append(a.Assignments, Assignment{
			Role: Member, Scope: Scope{Kind: OneUnit, Institution: "i", Unit: unit, Path: "/top/" + unit + "/"}, From: from,
		})
	}
	last := Object{Institution: "i", Unit: "u19", Path: "/top/u19/"}
	b.ReportAllocs()
	for b.Loop() {
		if !Can(a, EditAnswer, last, State{At: now}).Allow {
			b.Fatal("refused")
		}
	}
}
