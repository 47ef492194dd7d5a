package org

import (
	"slices"
	"strings"
	"time"
)

// Reach is Can's answer for lists: a filter that the query itself carries. The zero Reach reaches nothing.
type Reach struct { //nolint:recvcheck // add fills one that is being made; a whole one is a value
	All          bool
	Institutions []string
	Subtrees     []string // path prefixes
	Units        []string // unit ids
	// Except takes units out again: those that lie in every Reach of one of these lists. A Reach in here has no Except.
	Except [][]Reach
}

// Reach returns where the actor has the capability, as a filter for lists: a query that carries it sees exactly
// the units that Can would allow.
func (a Actor) Reach(c Capability, at time.Time) Reach {
	r := a.reach(c, at, func(*Assignment) bool { return true })
	if c != Evaluate || r.empty() {
		return r
	}
	if own := a.ownPlaces(); !own.empty() {
		r.Except = append(r.Except, []Reach{own})
	}
	of := func(s side) Reach { return a.reach(c, at, func(as *Assignment) bool { return sideOf(as.Role) == s }) }
	if tpi, tpn := of(internal), of(national); !tpi.empty() && !tpn.empty() {
		r.Except = append(r.Except, []Reach{tpi, tpn})
	}
	return r
}

func (a Actor) reach(c Capability, at time.Time, of func(*Assignment) bool) Reach {
	var r Reach
	if a.Person == "" {
		return r
	}
	for i := range a.Assignments {
		as := &a.Assignments[i]
		if !as.active(at) || !as.grants(c) || !as.Scope.whole() || !of(as) {
			continue
		}
		if as.Scope.Kind == WholeInstance {
			return Reach{All: true}
		}
		r.add(as.Scope)
	}
	slices.Sort(r.Units)
	r.Units = slices.Compact(r.Units)
	return r
}

// add takes in a scope that is whole and not all there is.
func (r *Reach) add(s Scope) {
	switch s.Kind {
	case WholeInstitution:
		r.Institutions = with(r.Institutions, s.Institution)
	case Subtree:
		r.Subtrees = with(r.Subtrees, s.Path)
	case OneUnit:
		r.Units = append(r.Units, s.Unit)
	case InKawasan, InTeam:
		r.Units = append(r.Units, s.Units...)
	}
}

// reach is the scope as a filter of units.
func (s Scope) reach() Reach {
	r := Reach{All: s.Kind == WholeInstance}
	if s.whole() {
		r.add(s)
	}
	return r
}

func with(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func (r Reach) empty() bool {
	return !r.All && len(r.Institutions) == 0 && len(r.Subtrees) == 0 && len(r.Units) == 0
}

// Covers reports whether a list filtered by r shows the unit: what the query does, for what is already at hand.
func (r Reach) Covers(o Object) bool {
	inside := r.All ||
		slices.Contains(r.Institutions, o.Institution) && o.Institution != "" ||
		slices.Contains(r.Units, o.Unit) && o.Unit != "" ||
		slices.ContainsFunc(r.Subtrees, func(path string) bool { return strings.HasPrefix(o.Path, path) })
	return inside && !slices.ContainsFunc(r.Except, func(all []Reach) bool {
		return !slices.ContainsFunc(all, func(one Reach) bool { return !one.Covers(o) })
	})
}
