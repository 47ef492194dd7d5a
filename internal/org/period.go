package org

import (
	"context"
	"slices"
	"strings"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
)

// Ending is what EndAssignment needs.
type Ending struct {
	Key        idempotency.Key
	Assignment string
	Rev        int // that the actor has seen
	Reason     string
}

// EndAssignment takes a role away at once, with what was delegated from it. One that has not begun never does. Who
// could give the role may, and who delegated it.
func (s *Service) EndAssignment(ctx context.Context, by Actor, cmd Ending) error {
	_, err := s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		a, err := givenBy(ctx, st, by, cmd.Assignment)
		if err != nil {
			return "", err
		}
		f := fault.Form()
		f.Lines("reason", cmd.Reason, 1, maxReason)
		if err := f.Err(); err != nil {
			return "", err
		}
		if a.over(st.Now()) {
			return "", fault.New(fault.Invalid, "fault.assignment.over")
		}
		if err := keepAdministrator(ctx, st, a, func(other Assignment) bool { return other.ID == a.ID }); err != nil {
			return "", err
		}
		a.Reason = strings.TrimSpace(cmd.Reason)
		if err := endNow(ctx, st, by, a, cmd.Rev); err != nil {
			return "", err
		}
		return a.ID, endDelegations(ctx, st, by, a, st.Now())
	})
	return err
}

// over reports whether the assignment has ended.
func (as *Assignment) over(at time.Time) bool { return !as.Until.IsZero() && !at.Before(as.Until) }

// givenBy loads an assignment that the actor could give, or did delegate. Assignments of which the actor knows neither
// person nor place are not there.
func givenBy(ctx context.Context, st Store, by Actor, id string) (Assignment, error) {
	a, err := st.Assignment(ctx, id)
	if err != nil {
		return Assignment{}, err
	}
	if a.DelegatedBy != "" && a.DelegatedBy == by.Person {
		return a, nil
	}
	p, err := st.Person(ctx, a.Person)
	if err != nil {
		return Assignment{}, err
	}
	runs := func(institution string) bool {
		return Can(by, ManagePeople, Object{Institution: institution}, State{At: st.Now()}).Allow
	}
	if !runs(p.Institution) && (a.Scope.Institution == "" || !runs(a.Scope.Institution)) {
		return Assignment{}, fault.New(fault.NotFound, "fault.not_found")
	}
	if mayGive(by, a, st.Now()) != nil {
		return Assignment{}, fault.New(fault.Forbidden, "fault.assignment.not_held")
	}
	return a, nil
}

// endNow ends an assignment at the time of the transaction, with all sessions of its person.
func endNow(ctx context.Context, st Store, by Actor, a Assignment, rev int) error {
	was := a.Until
	a.Until = audit.Instant(st.Now())
	if a.Until.Before(a.From) {
		a.Until = a.From // it never begins
	}
	if err := st.UpdateAssignment(ctx, a, rev); err != nil {
		return err
	}
	if err := st.DeleteSessionsOf(ctx, a.Person); err != nil {
		return err
	}
	e := a.event(audit.AssignmentEnded, by.Person, st.Now(),
		audit.Change{Field: "person", From: a.Person}, audit.Change{Field: "role", From: string(a.Role)},
		audit.Change{Field: "until", From: instant(was), To: instant(a.Until)})
	if a.Reason != "" {
		e.Personal = []audit.Personal{{Field: "reason", Value: a.Reason}}
	}
	return st.Append(ctx, e)
}

// endDelegations ends what was delegated from an assignment and would go on after an instant.
func endDelegations(ctx context.Context, st Store, by Actor, source Assignment, at time.Time) error {
	list, err := st.DelegatedFrom(ctx, source.ID)
	if err != nil {
		return err
	}
	for _, d := range list {
		switch {
		case !d.Until.After(at):
			continue
		case !at.After(st.Now()):
			d.Reason = source.Reason
			err = endNow(ctx, st, by, d, d.Rev)
		default:
			err = setPeriod(ctx, st, by, d, d.From, maxTime(d.From, at), d.Rev)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// PeriodChange is what ChangePeriod needs.
type PeriodChange struct {
	Key        idempotency.Key
	Assignment string
	Rev        int       // that the actor has seen
	From       time.Time // zero: as it is; what has begun keeps its beginning
	Until      time.Time // exclusive; zero: open-ended
}

// ChangePeriod changes when a role begins or ends. What has ended stays ended, and nothing ends in the past.
func (s *Service) ChangePeriod(ctx context.Context, by Actor, cmd PeriodChange) error {
	_, err := s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		a, err := givenBy(ctx, st, by, cmd.Assignment)
		if err != nil {
			return "", err
		}
		if a.over(st.Now()) {
			return "", fault.New(fault.Invalid, "fault.assignment.over")
		}
		next := a
		next.Until = cmd.Until
		f := fault.Form()
		if !cmd.From.IsZero() && !cmd.From.Equal(a.From) {
			if next.From = cmd.From; !a.From.After(st.Now()) {
				f.With("from", "fault.assignment.begun")
			}
		}
		next.checkPeriod(f)
		if next.over(st.Now()) {
			f.With("until", "fault.date.past")
		}
		if err := f.Err(); err != nil {
			return "", err
		}
		if err := mayLast(ctx, st, next); err != nil {
			return "", err
		}
		if !next.lasting(st.Now()) {
			if err := keepAdministrator(ctx, st, a, func(other Assignment) bool { return other.ID == a.ID }); err != nil {
				return "", err
			}
		}
		if err := setPeriod(ctx, st, by, a, next.From, next.Until, cmd.Rev); err != nil || next.Until.IsZero() {
			return a.ID, err
		}
		return a.ID, endDelegations(ctx, st, by, a, next.Until)
	})
	return err
}

// mayLast holds a delegation to its source, and an evaluating role to the one side that its person judges for.
func mayLast(ctx context.Context, st Store, a Assignment) error {
	if a.Source != "" {
		source, err := st.Assignment(ctx, a.Source)
		if err != nil {
			return err
		}
		if !source.Until.IsZero() && a.Until.After(source.Until) {
			return fault.Form().With("until", "fault.assignment.source_ends")
		}
	}
	p, err := st.Person(ctx, a.Person)
	if err != nil {
		return err
	}
	return impartial(ctx, st, p, a)
}

func setPeriod(ctx context.Context, st Store, by Actor, a Assignment, from, until time.Time, rev int) error {
	var d diff
	d.add("from", instant(a.From), instant(from))
	d.add("until", instant(a.Until), instant(until))
	if len(d) == 0 {
		return nil
	}
	a.From, a.Until = from, until
	if err := st.UpdateAssignment(ctx, a, rev); err != nil {
		return err
	}
	if err := st.DeleteSessionsOf(ctx, a.Person); err != nil {
		return err
	}
	return st.Append(ctx, a.event(audit.AssignmentChanged, by.Person, st.Now(), d...))
}

// lasting reports whether the assignment makes its person an administrator with no end in sight.
func (as *Assignment) lasting(at time.Time) bool {
	return as.active(at) && as.Until.IsZero() && as.Source == "" && as.grants(ManagePeople)
}

// keepAdministrator refuses to lose an administrator when nobody is left: of the instance another one must last, of an
// institution another one of it or one of the instance. gone tells which assignments do not count any more. Two who
// take each other's role away at once wait for each other here.
func keepAdministrator(ctx context.Context, st Store, a Assignment, gone func(Assignment) bool) error {
	if !a.lasting(st.Now()) {
		return nil
	}
	if err := st.LockAdministrators(ctx); err != nil {
		return err
	}
	left, err := st.Administrators(ctx, a.Scope.Institution)
	if err != nil {
		return err
	}
	left = slices.DeleteFunc(left, func(o Assignment) bool {
		return gone(o) || !o.lasting(st.Now()) || o.Scope.Kind != WholeInstance && a.Scope.Kind == WholeInstance
	})
	if len(left) == 0 {
		return fault.New(fault.Forbidden, "fault.assignment.last_administrator")
	}
	return nil
}
