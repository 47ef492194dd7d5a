package desktest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"zona/internal/fault"
	"zona/internal/org"
)

// tree is what the organisation keeps beside institutions, units, people and roles.
type tree struct {
	History      []org.UnitState
	Kawasan      map[string]org.Kawasan
	KawasanUnits []org.KawasanUnit // Unit holds the id alone
	Teams        map[string]org.Team
	TeamUnits    map[string][]string // unit ids by team
	Declared     map[string]org.Interest
	Values       map[string]org.Eligibility
}

func newTree() tree {
	return tree{
		Kawasan: map[string]org.Kawasan{}, Teams: map[string]org.Team{}, TeamUnits: map[string][]string{},
		Declared: map[string]org.Interest{}, Values: map[string]org.Eligibility{},
	}
}

func (t tree) clone() tree {
	t.History, t.KawasanUnits = slices.Clone(t.History), slices.Clone(t.KawasanUnits)
	t.Kawasan, t.Teams, t.TeamUnits = maps.Clone(t.Kawasan), maps.Clone(t.Teams), maps.Clone(t.TeamUnits)
	t.Declared, t.Values = maps.Clone(t.Declared), maps.Clone(t.Values)
	return t
}

// update puts a row in place of the one that is still at a revision.
func update[V any](m map[string]V, id string, rev func(V) int, wasRev int, next V) error {
	if was, ok := m[id]; !ok || rev(was) != wasRev {
		return &fault.Fault{Kind: fault.Conflict, Message: "fault.conflict", Current: was}
	}
	m[id] = next
	return nil
}

// UpdateInstitution is of the features' Store.
func (t inside) UpdateInstitution(_ context.Context, i org.Institution, wasRev int) error {
	i.Rev = wasRev + 1
	return update(t.s.Institutions, i.ID, func(i org.Institution) int { return i.Rev }, wasRev, i)
}

// Eligibility is of the features' Store.
func (t inside) Eligibility(_ context.Context, institution string, year int, requirement string) (org.Eligibility, error) {
	return t.s.tree.Values[institution+strconv.Itoa(year)+requirement], nil
}

// SaveEligibility is of the features' Store.
func (t inside) SaveEligibility(_ context.Context, e org.Eligibility, wasRev int) error {
	key := e.Institution + strconv.Itoa(e.Year) + e.Requirement
	if t.s.tree.Values[key].Rev != wasRev {
		return fault.New(fault.Conflict, "fault.conflict")
	}
	e.Rev = wasRev + 1
	t.s.tree.Values[key] = e
	return nil
}

// LockTree is of the features' Store; a transaction is alone here.
func (t inside) LockTree(context.Context, string) error { return nil }

// LockAdministrators is of the features' Store.
func (t inside) LockAdministrators(context.Context) error { return nil }

// UpdateUnit is of the features' Store.
func (t inside) UpdateUnit(_ context.Context, u org.Unit, wasRev int) error {
	for _, other := range t.s.Units {
		if u.Code != "" && other.Code == u.Code && other.Institution == u.Institution && other.ID != u.ID {
			return fault.New(fault.Conflict, "fault.taken")
		}
	}
	u.Rev = wasRev + 1
	t.remember(u)
	return update(t.s.Units, u.ID, func(u org.Unit) int { return u.Rev }, wasRev, u)
}

func (t inside) remember(u org.Unit) {
	t.s.tree.History = append(t.s.tree.History, org.UnitState{
		Unit: u.ID, Since: t.Now(), Name: u.Name, Code: u.Code, Parent: u.Parent, ParentName: t.s.Units[u.Parent].Name, Closed: !u.Closed.IsZero(),
	})
}

// MoveUnit is of the features' Store.
func (t inside) MoveUnit(_ context.Context, was, now org.Unit, wasRev int) error {
	now.Rev = wasRev + 1
	if err := update(t.s.Units, now.ID, func(u org.Unit) int { return u.Rev }, wasRev, now); err != nil {
		return err
	}
	t.remember(now)
	for id, u := range t.s.Units {
		if rest, ok := strings.CutPrefix(u.Path, was.Path); ok {
			u.Path = now.Path + rest
			t.s.Units[id] = u
		}
	}
	return nil
}

// Deepest is of the features' Store.
func (t inside) Deepest(_ context.Context, top org.Unit) (int, error) {
	deepest := 0
	for _, u := range t.s.Units {
		if strings.HasPrefix(u.Path, top.Path) {
			deepest = max(deepest, strings.Count(u.Path, "/")-1)
		}
	}
	return deepest, nil
}

// HasOpenChildren is of the features' Store.
func (t inside) HasOpenChildren(_ context.Context, unit string) (bool, error) {
	for _, u := range t.s.Units {
		if u.Parent == unit && u.Closed.IsZero() {
			return true, nil
		}
	}
	return false, nil
}

// AnyUnit is of the features' Store.
func (t inside) AnyUnit(_ context.Context, within ...org.Reach) (bool, error) {
	for _, u := range t.s.Units {
		if !slices.ContainsFunc(within, func(r org.Reach) bool { return !r.Covers(u.At()) }) {
			return true, nil
		}
	}
	return false, nil
}

// Kawasan is of the features' Store.
func (t inside) Kawasan(_ context.Context, id string) (org.Kawasan, error) {
	return find(t.s.tree.Kawasan, id)
}

// InsertKawasan is of the features' Store.
func (t inside) InsertKawasan(_ context.Context, k org.Kawasan) error {
	t.s.tree.Kawasan[k.ID] = k
	return nil
}

// UpdateKawasan is of the features' Store.
func (t inside) UpdateKawasan(_ context.Context, k org.Kawasan, wasRev int) error {
	k.Rev = wasRev + 1
	return update(t.s.tree.Kawasan, k.ID, func(k org.Kawasan) int { return k.Rev }, wasRev, k)
}

func (t inside) memberOf(kawasan, unit string) int {
	return slices.IndexFunc(t.s.tree.KawasanUnits, func(m org.KawasanUnit) bool {
		return m.Kawasan == kawasan && m.Unit.ID == unit && m.Until.IsZero()
	})
}

// AddKawasanUnit is of the features' Store.
func (t inside) AddKawasanUnit(_ context.Context, kawasan, unit string, from time.Time) (bool, error) {
	if t.memberOf(kawasan, unit) >= 0 {
		return false, nil
	}
	t.s.tree.KawasanUnits = append(t.s.tree.KawasanUnits, org.KawasanUnit{Kawasan: kawasan, Unit: org.Unit{ID: unit}, From: from})
	return true, nil
}

// EndKawasanUnit is of the features' Store.
func (t inside) EndKawasanUnit(_ context.Context, kawasan, unit string, until time.Time) (bool, error) {
	n := t.memberOf(kawasan, unit)
	if n < 0 {
		return false, nil
	}
	t.s.tree.KawasanUnits[n].Until = until
	return true, nil
}

// Team is of the features' Store.
func (t inside) Team(_ context.Context, id string) (org.Team, error) { return find(t.s.tree.Teams, id) }

// InsertTeam is of the features' Store.
func (t inside) InsertTeam(_ context.Context, team org.Team) error {
	t.s.tree.Teams[team.ID] = team
	return nil
}

// UpdateTeam is of the features' Store.
func (t inside) UpdateTeam(_ context.Context, team org.Team, wasRev int) error {
	team.Rev = wasRev + 1
	return update(t.s.tree.Teams, team.ID, func(t org.Team) int { return t.Rev }, wasRev, team)
}

// AddTeamUnit is of the features' Store.
func (t inside) AddTeamUnit(_ context.Context, team, unit string) (bool, error) {
	if slices.Contains(t.s.tree.TeamUnits[team], unit) {
		return false, nil
	}
	t.s.tree.TeamUnits[team] = append(slices.Clone(t.s.tree.TeamUnits[team]), unit)
	return true, nil
}

// RemoveTeamUnit is of the features' Store.
func (t inside) RemoveTeamUnit(_ context.Context, team, unit string) (bool, error) {
	was := t.s.tree.TeamUnits[team]
	t.s.tree.TeamUnits[team] = slices.DeleteFunc(slices.Clone(was), func(u string) bool { return u == unit })
	return len(was) > len(t.s.tree.TeamUnits[team]), nil
}

// Resolve is of the features' Store.
func (t inside) Resolve(_ context.Context, s org.Scope) (org.Scope, error) {
	return t.s.resolve(s), nil
}

// resolve fills what a scope covers today.
func (s *Store) resolve(scope org.Scope) org.Scope {
	scope.Path = s.Units[scope.Unit].Path
	switch {
	case scope.Kind == org.InTeam && s.tree.Teams[scope.Team].Closed.IsZero():
		scope.Units = slices.Sorted(slices.Values(s.tree.TeamUnits[scope.Team]))
	case scope.Kind == org.InKawasan && s.tree.Kawasan[scope.Kawasan].Closed.IsZero():
		scope.Units = nil
		for _, m := range s.tree.KawasanUnits {
			if m.Kawasan == scope.Kawasan && m.Until.IsZero() {
				scope.Units = append(scope.Units, m.Unit.ID)
			}
		}
		slices.Sort(scope.Units)
	}
	for _, id := range scope.Units {
		if i := s.Units[id].Institution; !slices.Contains(scope.Over, i) {
			scope.Over = append(slices.Clip(scope.Over), i)
		}
	}
	return scope
}

// NIPTaken is of the features' Store.
func (t inside) NIPTaken(_ context.Context, nip, except string) (bool, error) {
	for _, p := range t.s.Persons {
		if p.NIP == nip && p.ID != except {
			return true, nil
		}
	}
	return false, nil
}

// Interest is of the features' Store.
func (t inside) Interest(_ context.Context, id string) (org.Interest, error) {
	return find(t.s.tree.Declared, id)
}

// Interests is of the features' Store.
func (t inside) Interests(_ context.Context, person string) ([]org.Interest, error) {
	return t.s.interests(person), nil
}

func (s *Store) interests(person string) []org.Interest {
	var found []org.Interest
	for _, n := range s.tree.Declared {
		if n.Person == person {
			u := s.Units[n.Unit]
			n.UnitName, n.Path = u.Name, u.Path
			found = append(found, n)
		}
	}
	slices.SortFunc(found, func(a, b org.Interest) int { return cmp.Compare(a.ID, b.ID) })
	return found
}

// InsertInterest is of the features' Store.
func (t inside) InsertInterest(_ context.Context, n org.Interest) error {
	t.s.tree.Declared[n.ID] = n
	return nil
}

// WithdrawInterest is of the features' Store.
func (t inside) WithdrawInterest(_ context.Context, id, by string, at time.Time) error {
	n := t.s.tree.Declared[id]
	n.Withdrawn, n.WithdrawnBy = at, by
	t.s.tree.Declared[id] = n
	return nil
}

// roles lists assignments with scopes of today.
func (s *Store) roles(which func(org.Assignment) bool) []org.Assignment {
	var found []org.Assignment
	for _, a := range s.Roles {
		if which(a) {
			a.Scope = s.resolve(a.Scope)
			found = append(found, a)
		}
	}
	return found
}

// Assignment is of the features' Store.
func (t inside) Assignment(_ context.Context, id string) (org.Assignment, error) {
	found := t.s.roles(func(a org.Assignment) bool { return a.ID == id })
	if len(found) == 0 {
		return org.Assignment{}, notFound()
	}
	return found[0], nil
}

// AssignmentsOf is of the features' Store.
func (t inside) AssignmentsOf(_ context.Context, person string) ([]org.Assignment, error) {
	return t.s.roles(func(a org.Assignment) bool { return a.Person == person }), nil
}

// DelegatedFrom is of the features' Store.
func (t inside) DelegatedFrom(_ context.Context, source string) ([]org.Assignment, error) {
	return t.s.roles(func(a org.Assignment) bool { return a.Source == source }), nil
}

// EvaluatorsOver is of the features' Store.
func (t inside) EvaluatorsOver(_ context.Context, list org.Scope, at time.Time) ([]org.Assignment, error) {
	return t.s.roles(func(a org.Assignment) bool {
		return a.Scope.Kind == list.Kind && a.Scope.Team == list.Team && a.Scope.Kawasan == list.Kawasan &&
			(a.Until.IsZero() || at.Before(a.Until)) && slices.Contains(org.Grants(a.Role, a.Scope.Kind), org.Evaluate)
	}), nil
}

// UpdateAssignment is of the features' Store.
func (t inside) UpdateAssignment(_ context.Context, a org.Assignment, wasRev int) error {
	n := slices.IndexFunc(t.s.Roles, func(other org.Assignment) bool { return other.ID == a.ID })
	if n < 0 || t.s.Roles[n].Rev != wasRev {
		return &fault.Fault{Kind: fault.Conflict, Message: "fault.conflict", Current: a}
	}
	a.Rev = wasRev + 1
	t.s.Roles = slices.Clone(t.s.Roles) // a transaction that fails finds the old list again
	t.s.Roles[n] = a
	return nil
}

// Administrators is of the features' Store.
func (t inside) Administrators(_ context.Context, institution string) ([]org.Assignment, error) {
	return t.s.roles(func(a org.Assignment) bool {
		return !t.s.Persons[a.Person].Closed && a.Until.IsZero() && slices.Contains(org.Grants(a.Role, a.Scope.Kind), org.ManagePeople) &&
			(a.Scope.Kind == org.WholeInstance || a.Scope.Institution == institution)
	}), nil
}
