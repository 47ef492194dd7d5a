package org

import "time"

// FactorGrace is how long somebody may work without a second step at sign-in after getting the first role that needs
// one: a court with five people must get going on its first day, and nobody is shut out by an appointment.
const FactorGrace = 24 * time.Hour

// NeedsFactor reports whether holders of a role must have a second step at sign-in: those who run things, and those
// whose judgement counts. For everybody else it is offered.
func NeedsFactor(r Role) bool {
	return r == Administrator || sideOf(r) != noSide
}

// FactorDue returns when the actor must have a second step at the latest, given the roles that hold at this instant;
// false when none of them needs one.
func (a Actor) FactorDue(at time.Time) (due time.Time, needed bool) {
	for i := range a.Assignments {
		as := &a.Assignments[i]
		if !as.active(at) || !NeedsFactor(as.Role) {
			continue
		}
		if d := as.From.Add(FactorGrace); !needed || d.Before(due) {
			due, needed = d, true
		}
	}
	return due, needed
}
