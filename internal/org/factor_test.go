package org

import (
	"testing"
	"time"
)

func TestWhoRunsOrJudgesNeedsASecondStepAfterADay(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	held := func(r Role, from, until time.Time) Assignment {
		return Assignment{Person: "p", Role: r, Scope: Scope{Kind: WholeInstitution, Institution: "i"}, From: from, Until: until}
	}
	hour := at.Add(-time.Hour)
	for _, c := range []struct {
		name   string
		roles  []Assignment
		due    time.Time
		needed bool
	}{
		{"nobody", nil, time.Time{}, false},
		{"an observer", []Assignment{held(Observer, hour, time.Time{})}, time.Time{}, false},
		{"a new administrator", []Assignment{held(Administrator, hour, time.Time{})}, hour.Add(FactorGrace), true},
		{"an evaluator", []Assignment{held(TPIMember, hour, time.Time{})}, hour.Add(FactorGrace), true},
		{"a role to come", []Assignment{held(TPIMember, at.Add(time.Hour), time.Time{})}, time.Time{}, false},
		{"a role that has ended", []Assignment{held(TPIMember, hour, at)}, time.Time{}, false},
		{"the earliest of two", []Assignment{
			held(TPIMember, hour, time.Time{}), held(Administrator, at.AddDate(-1, 0, 0), time.Time{}), held(Observer, at.AddDate(-2, 0, 0), time.Time{}),
		}, at.AddDate(-1, 0, 0).Add(FactorGrace), true},
	} {
		due, needed := Actor{Person: "p", Assignments: c.roles}.FactorDue(at)
		if !due.Equal(c.due) || needed != c.needed {
			t.Errorf("%s: %v, %v, want %v, %v", c.name, due, needed, c.due, c.needed)
		}
	}
}
