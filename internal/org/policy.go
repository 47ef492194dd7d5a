package org

import (
	"slices"
	"strings"
	"time"

	"zona/internal/fault"
)

// The reasons of a Decision.
const (
	ReasonGranted = "granted"
	ReasonNobody  = "nobody"       // no person, or no time to judge assignments by
	ReasonNoRole  = "no_role"      // no assignment of today has the capability
	ReasonReach   = "out_of_reach" // one has it, but not for this object
	ReasonClosed  = "closed"       // the sheet accepts nothing more
	// ReasonConflict is for judging the own unit, one above or below it, one of a declared interest, or one for which
	// the person judges for the other side too.
	ReasonConflict = "conflict_of_interest"
)

// changesSheet are the capabilities that a closed sheet takes away from everybody.
var changesSheet = []Capability{EditAnswer, ImportWorkbook}

// Can decides whether the actor may do this to the object now. It is the only function that does. Whatever no row
// of the policy grants is refused; a refusal is hidden when the actor has no way of knowing the object.
func Can(a Actor, c Capability, o Object, s State) Decision {
	if a.Person == "" || s.At.IsZero() {
		return Decision{Hidden: true, Reason: ReasonNobody}
	}
	reason := ReasonNoRole
	for i := range a.Assignments {
		as := &a.Assignments[i]
		if !as.active(s.At) || !as.grants(c) {
			continue
		}
		if !as.Scope.covers(o) {
			reason = ReasonReach
			continue
		}
		if s.Closed && slices.Contains(changesSheet, c) {
			reason = ReasonClosed
			break
		}
		if c == Evaluate && a.partial(o, s.At) {
			reason = ReasonConflict
			break
		}
		return Decision{Allow: true, Reason: ReasonGranted}
	}
	return Decision{Hidden: !a.knows(o, s.At), Reason: reason}
}

// knows reports whether the actor may learn that the object exists: everybody knows the instance, people know their
// own institution and those where they have a role, and units that they may list.
func (a Actor) knows(o Object, at time.Time) bool {
	if o == (Object{}) || o.Unit == "" && o.Institution == a.Institution {
		return true
	}
	for i := range a.Assignments {
		as := &a.Assignments[i]
		if !as.active(at) || !as.grants(ViewUnits) {
			continue
		}
		if as.Scope.covers(o) || o.Unit == "" && as.Scope.within(o.Institution) {
			return true
		}
	}
	return false
}

// Holds reports whether the actor has the capability anywhere: the first check of a route.
func (a Actor) Holds(c Capability, at time.Time) bool {
	if a.Person == "" {
		return false
	}
	for i := range a.Assignments {
		if as := &a.Assignments[i]; as.active(at) && as.grants(c) {
			return true
		}
	}
	return false
}

// active reports whether the assignment holds at this instant; a missing end never comes.
func (as *Assignment) active(at time.Time) bool {
	return !at.IsZero() && !at.Before(as.From) && (as.Until.IsZero() || at.Before(as.Until))
}

func (as *Assignment) grants(c Capability) bool {
	return slices.Contains(grants[as.Role][as.Scope.Kind], c)
}

// whole reports whether the scope names what its kind needs. A half-filled one covers nothing: an empty path would
// be a prefix of every other.
func (s Scope) whole() bool {
	switch s.Kind {
	case WholeInstance:
		return true
	case WholeInstitution:
		return s.Institution != ""
	case Subtree:
		return s.Unit != "" && s.Path != ""
	case OneUnit:
		return s.Unit != ""
	case InKawasan:
		return s.Kawasan != ""
	case InTeam:
		return s.Team != ""
	}
	return false
}

// within reports whether the scope lies in the institution, or some of it does.
func (s Scope) within(institution string) bool {
	return institution != "" && (s.Institution == institution || slices.Contains(s.Over, institution))
}

// covers reports whether the object lies in the scope.
func (s Scope) covers(o Object) bool {
	if !s.whole() {
		return false
	}
	switch s.Kind {
	case WholeInstitution:
		return o.Institution == s.Institution
	case Subtree:
		return strings.HasPrefix(o.Path, s.Path)
	case OneUnit:
		return o.Unit == s.Unit
	case InKawasan, InTeam:
		_, ok := slices.BinarySearch(s.Units, o.Unit)
		return ok && o.Unit != ""
	}
	return true // the whole instance
}

// Fault returns nil for an allowed act, else what the person is told: that there is no such thing when it is hidden,
// that it is not allowed when it is known.
func (d Decision) Fault() error {
	switch {
	case d.Allow:
		return nil
	case d.Hidden:
		return fault.New(fault.NotFound, "fault.not_found")
	case d.Reason == ReasonClosed:
		return fault.New(fault.Forbidden, "fault.sheet_closed")
	case d.Reason == ReasonConflict:
		return fault.New(fault.Forbidden, "fault.assignment.conflict")
	}
	return fault.New(fault.Forbidden, "fault.forbidden")
}
