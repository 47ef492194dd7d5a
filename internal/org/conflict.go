package org

import (
	"context"
	"slices"
	"strings"
	"time"

	"zona/internal/fault"
)

// partial reports whether the actor must not judge the unit: it is the own one, one above or below it, the same of a
// unit in which an interest is declared, or one that he or she judges for both sides (regulation: nobody evaluates a
// unit that he or she belongs to, nor acts as TPI and TPN on the same proposal).
func (a Actor) partial(o Object, at time.Time) bool {
	if related(a.Path, o.Path) || slices.ContainsFunc(a.Interests, func(path string) bool { return related(path, o.Path) }) {
		return true
	}
	var tpi, tpn bool
	for i := range a.Assignments {
		as := &a.Assignments[i]
		s := sideOf(as.Role)
		if s == noSide || s == internal && tpi || s == national && tpn || !as.active(at) || !as.Scope.covers(o) {
			continue
		}
		tpi, tpn = tpi || s == internal, tpn || s == national
	}
	return tpi && tpn
}

// related reports whether two units are one, or one lies above the other.
func related(a, b string) bool {
	return a != "" && b != "" && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}

// ownPlaces are the units that the actor must not judge because of home and interests.
func (a Actor) ownPlaces() Reach { return places(append([]string{a.Path}, a.Interests...)) }

// places are the units of these paths with all above and below them.
func places(paths []string) Reach {
	var r Reach
	for _, path := range paths {
		if path == "" {
			continue
		}
		r.Subtrees = with(r.Subtrees, path)
		for id := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
			r.Units = with(r.Units, id)
		}
	}
	return r
}

// impartial refuses an evaluating role over a scope in which the person could judge nothing but what he or she must
// not, and one that would make the person judge a unit for both sides. Where a scope covers other units too, Can
// refuses the units of the conflict one by one.
func impartial(ctx context.Context, st Store, p Person, a Assignment) error {
	if sideOf(a.Role) == noSide {
		return nil
	}
	paths, err := ownPaths(ctx, st, p)
	if err != nil {
		return err
	}
	over := a.Scope.reach()
	if own := places(paths); !own.empty() {
		inside, err := st.AnyUnit(ctx, over, own)
		if err != nil {
			return err
		}
		over.Except = [][]Reach{{own}}
		outside, err := st.AnyUnit(ctx, over)
		if err != nil {
			return err
		}
		if inside && !outside {
			return fault.New(fault.Invalid, "fault.assignment.conflict")
		}
		over.Except = nil
	}
	held, err := st.AssignmentsOf(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, h := range held {
		if h.ID == a.ID || sideOf(h.Role) == noSide || sideOf(h.Role) == sideOf(a.Role) || !h.meets(a.From, a.Until) {
			continue
		}
		both, err := st.AnyUnit(ctx, over, h.Scope.reach())
		if err != nil {
			return err
		}
		if both {
			return fault.New(fault.Invalid, "fault.assignment.both_sides")
		}
	}
	return nil
}

// ownPaths are the paths of the person's home and of the units of his or her declared interests.
func ownPaths(ctx context.Context, st Store, p Person) ([]string, error) {
	var paths []string
	if p.Unit != "" {
		home, err := st.Unit(ctx, p.Unit)
		if err != nil {
			return nil, err
		}
		paths = append(paths, home.Path)
	}
	interests, err := st.Interests(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, n := range interests {
		if n.Withdrawn.IsZero() {
			paths = append(paths, n.Path)
		}
	}
	return paths, nil
}

// listed refuses a unit in the list of a kawasan or team when one who evaluates by that list must not judge it.
func listed(ctx context.Context, st Store, list Scope, u Unit) error {
	people, err := st.EvaluatorsOver(ctx, list, st.Now())
	if err != nil {
		return err
	}
	for _, a := range people {
		p, err := st.Person(ctx, a.Person)
		if err != nil {
			return err
		}
		a.Scope = Scope{Kind: OneUnit, Institution: u.Institution, Unit: u.ID, Path: u.Path}
		if err := impartial(ctx, st, p, a); err != nil {
			return err
		}
	}
	return nil
}

// meets reports whether the assignment holds at some instant of a period; a zero end is open.
func (as *Assignment) meets(from, until time.Time) bool {
	return (as.Until.IsZero() || from.Before(as.Until)) && (until.IsZero() || as.From.Before(until))
}
