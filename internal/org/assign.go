package org

import (
	"context"
	"slices"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
)

// NewAssignment is what Assign needs.
type NewAssignment struct {
	Key    idempotency.Key
	Person string
	Role   Role
	Scope  Scope     // Path is looked up, whatever stands here
	From   time.Time // zero: from now
	Until  time.Time // exclusive; zero: open-ended
}

// entrusted are the capabilities that run things. Whoever manages people may give them only over what they hold
// them over: otherwise an administrator of one institution could make one of the whole instance, and use it.
// Reading and answering sheets is not among them: an administrator gives that away without having it.
var entrusted = []Capability{ManageInstitution, ManagePeople, ViewLog, CreateInstitution, RunInstance}

// Assign gives a person a role over a scope for a time and returns the assignment's id. All sessions of the person end
// with it (see Appoint), the actor's own too when the actor is that person: whoever shows the pages opens a new one.
func (s *Service) Assign(ctx context.Context, by Actor, cmd NewAssignment) (string, error) {
	return s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		p, err := st.Person(ctx, cmd.Person)
		if err != nil {
			return "", err
		}
		if err := Can(by, ManagePeople, Object{Institution: p.Institution}, State{At: st.Now()}).Fault(); err != nil {
			return "", err
		}
		a := Assignment{ID: s.newID(), Person: p.ID, Role: cmd.Role, From: cmd.From, Until: cmd.Until}
		var o Object
		if a.Scope, o, err = place(ctx, st, cmd.Scope); err != nil {
			return "", err
		}
		if err := mayGive(by, Grants(a.Role, a.Scope.Kind), o, st.Now()); err != nil {
			return "", err
		}
		if a.From.IsZero() {
			a.From = st.Now()
		}
		if p.Closed {
			return "", fault.New(fault.Invalid, "fault.person.closed")
		}
		return a.ID, Appoint(ctx, st, by.Person, a)
	})
}

// place resolves a scope to what it covers at its top.
func place(ctx context.Context, st Store, s Scope) (Scope, Object, error) {
	switch s.Kind {
	case WholeInstance:
		return Scope{Kind: s.Kind}, Object{}, nil
	case WholeInstitution:
		i, err := st.Institution(ctx, s.Institution)
		return Scope{Kind: s.Kind, Institution: i.ID}, i.At(), err
	case Subtree, OneUnit:
		u, err := unitOf(ctx, st, s.Institution, s.Unit)
		return Scope{Kind: s.Kind, Institution: u.Institution, Unit: u.ID, Path: u.Path}, u.At(), err
	}
	return Scope{}, Object{}, fault.Form().With("scope", "fault.field.choose")
}

// mayGive wants that the actor manages people there and holds every entrusted capability of the role there.
func mayGive(by Actor, given []Capability, o Object, at time.Time) error {
	if err := Can(by, ManagePeople, o, State{At: at}).Fault(); err != nil {
		return err
	}
	for _, c := range given {
		if slices.Contains(entrusted, c) && !Can(by, c, o, State{At: at}).Allow {
			return fault.New(fault.Forbidden, "fault.assignment.not_held")
		}
	}
	return nil
}

// MayActFor returns nil when the actor manages people, and holds what is entrusted, wherever the other has a role now
// or later: only then may he or she take the other's account into his or her hands (close it, set its password).
// Otherwise the administrator of one institution could become that of the whole instance.
func MayActFor(by, whom Actor, at time.Time) error {
	for _, a := range whom.Assignments {
		if !a.Until.IsZero() && !at.Before(a.Until) {
			continue
		}
		o := Object{Institution: a.Scope.Institution, Unit: a.Scope.Unit, Path: a.Scope.Path}
		if err := mayGive(by, Grants(a.Role, a.Scope.Kind), o, at); err != nil {
			return fault.New(fault.Forbidden, "fault.person.above")
		}
	}
	return nil
}

// Appoint checks an assignment, adds it, ends the person's sessions and appends its event, within a transaction that
// the caller has begun and allowed. The sessions end because one that somebody else knows of, or left open on a shared
// computer, must not gain what the person gains.
func Appoint(ctx context.Context, st Registrar, by string, a Assignment) error {
	f := fault.Form()
	if len(Grants(a.Role, a.Scope.Kind)) == 0 || !a.Scope.whole() {
		f.With("role", "fault.assignment.scope")
	}
	if !a.Until.IsZero() && !a.From.Before(a.Until) {
		f.With("until", "fault.assignment.period")
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := st.InsertAssignment(ctx, a); err != nil {
		return err
	}
	if err := st.DeleteSessionsOf(ctx, a.Person); err != nil {
		return err
	}
	return st.Append(ctx, audit.Event{
		Kind: audit.AssignmentCreated, At: st.Now(), Actor: by, Institution: a.Scope.Institution, Unit: a.Scope.Unit,
		Object: audit.Object{Kind: "assignment", ID: a.ID},
		Changes: []audit.Change{
			{Field: "person", To: a.Person},
			{Field: "role", To: string(a.Role)},
			{Field: "scope", To: string(a.Scope.Kind)},
			{Field: "from", To: instant(a.From)},
			{Field: "until", To: instant(a.Until)},
		},
	})
}

// instant is a time as an event holds it; nothing for an end that is open.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return audit.Instant(t).Format(time.RFC3339)
}
