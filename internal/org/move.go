package org

import (
	"context"
	"strings"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
)

// maxReason is the length of a reason that a person writes, in letters.
const maxReason = 500

// UnitMove is what MoveUnit needs.
type UnitMove struct {
	Key    idempotency.Key
	Unit   string
	Rev    int    // that the mover has seen
	Parent string // new parent in the same institution, "" for the top
}

// MoveUnit puts a unit with everything below it under another parent. Access follows at once; what was decided stays
// with the unit.
func (s *Service) MoveUnit(ctx context.Context, by Actor, cmd UnitMove) error {
	_, err := s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		was, err := lockedUnit(ctx, st, by, cmd.Unit)
		if err != nil {
			return "", err
		}
		if cmd.Parent == was.Parent {
			return was.ID, nil
		}
		deepest, err := st.Deepest(ctx, was)
		if err != nil {
			return "", err
		}
		u, f := was, fault.Form()
		if err := u.place(ctx, st, f, cmd.Parent, deepest-depth(was.Path)+1); err != nil {
			return "", err
		}
		if strings.HasPrefix(u.Path, was.Path) {
			f = fault.Form().With("parent", "fault.unit.below_itself")
		}
		if was.Shut(st.Now()) {
			f.With("parent", "fault.unit.closed")
		}
		if err := f.Err(); err != nil {
			return "", err
		}
		if err := st.MoveUnit(ctx, was, u, cmd.Rev); err != nil {
			return "", err
		}
		return u.ID, st.Append(ctx, u.event(audit.UnitMoved, by, st, audit.Change{Field: "parent", From: was.Parent, To: u.Parent}))
	})
	return err
}

// lockedUnit loads a unit whose tree nobody else changes until the transaction ends.
func lockedUnit(ctx context.Context, st Store, by Actor, id string) (Unit, error) {
	u, err := managedUnit(ctx, st, by, id)
	if err != nil {
		return Unit{}, err
	}
	if err := st.LockTree(ctx, u.Institution); err != nil {
		return Unit{}, err
	}
	return st.Unit(ctx, id) // as it stands now that nobody changes it
}

// UnitClosing is what CloseUnit needs.
type UnitClosing struct {
	Key    idempotency.Key
	Unit   string
	Rev    int       // that the closer has seen
	On     time.Time // instant from which it is closed, not in the future; zero: now
	Reason string
}

// CloseUnit closes a unit that no longer exists in the institution. Its sheets and their history stay and can be read;
// no sheet is begun and no unit added in it any more. A unit with open units below it is not closed: they would hang
// under nothing. People keep it as their home until they are moved, so that nobody drops out of sight.
func (s *Service) CloseUnit(ctx context.Context, by Actor, cmd UnitClosing) error {
	_, err := s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		u, err := lockedUnit(ctx, st, by, cmd.Unit)
		if err != nil {
			return "", err
		}
		f := fault.Form()
		f.Lines("reason", cmd.Reason, 1, maxReason)
		if cmd.On.IsZero() {
			cmd.On = st.Now()
		}
		if cmd.On.After(st.Now()) {
			f.With("on", "fault.date.future")
		}
		if cmd.On.Before(u.Opened) {
			f.With("on", "fault.unit.before_opening")
		}
		if err := f.Err(); err != nil {
			return "", err
		}
		if !u.Closed.IsZero() {
			return "", fault.New(fault.Invalid, "fault.unit.closed")
		}
		open, err := st.HasOpenChildren(ctx, u.ID)
		if err != nil {
			return "", err
		}
		if open {
			return "", fault.New(fault.Invalid, "fault.unit.has_children")
		}
		u.Closed, u.CloseReason = audit.Instant(cmd.On), strings.TrimSpace(cmd.Reason)
		if err := st.UpdateUnit(ctx, u, cmd.Rev); err != nil {
			return "", err
		}
		return u.ID, st.Append(ctx, u.event(audit.UnitClosed, by, st,
			audit.Change{Field: "closed", To: instant(u.Closed)}, audit.Change{Field: "reason", To: u.CloseReason}))
	})
	return err
}

// ReopenUnit takes the closing of a unit back, unless its parent is closed.
func (s *Service) ReopenUnit(ctx context.Context, by Actor, key idempotency.Key, unit string, rev int) error {
	_, err := s.run(ctx, key, func(ctx context.Context, st Store) (string, error) {
		u, err := lockedUnit(ctx, st, by, unit)
		if err != nil {
			return "", err
		}
		if u.Closed.IsZero() {
			return u.ID, nil
		}
		if u.Parent != "" {
			parent, err := st.Unit(ctx, u.Parent)
			if err != nil {
				return "", err
			}
			if !parent.Closed.IsZero() {
				return "", fault.New(fault.Invalid, "fault.unit.parent_closed")
			}
		}
		was := u.Closed
		u.Closed, u.CloseReason = time.Time{}, ""
		if err := st.UpdateUnit(ctx, u, rev); err != nil {
			return "", err
		}
		return u.ID, st.Append(ctx, u.event(audit.UnitReopened, by, st, audit.Change{Field: "closed", From: instant(was)}))
	})
	return err
}

// UnitState is what a unit was called and where it stood from an instant on.
type UnitState struct {
	Unit       string
	Since      time.Time
	Name       string
	Code       string
	Parent     string // unit id, "" for a top unit
	ParentName string // then
	Closed     bool
}

// UnitHistory lists what a unit that the actor may know was called and where it stood, the newest first.
func (s *Service) UnitHistory(ctx context.Context, by Actor, unit string) ([]UnitState, error) {
	if _, err := s.Unit(ctx, by, unit); err != nil {
		return nil, err
	}
	return s.q.UnitHistory(ctx, unit)
}

// UnitAt returns the unit as it was at an instant, and after it all above it as they were, the nearest first: what a
// decision of that day calls them. Before the first state that is known, the first is returned.
func (s *Service) UnitAt(ctx context.Context, by Actor, unit string, at time.Time) ([]UnitState, error) {
	if _, err := s.Unit(ctx, by, unit); err != nil {
		return nil, err
	}
	return s.q.UnitAt(ctx, unit, at)
}
