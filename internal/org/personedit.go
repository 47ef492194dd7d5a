package org

import (
	"context"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
)

// PersonEdit is what EditPerson needs.
type PersonEdit struct {
	Key    idempotency.Key
	Person string
	Rev    int // that the editor has seen
	PersonData
}

// EditPerson changes what is known of a person, the login too.
func (s *Service) EditPerson(ctx context.Context, by Actor, cmd PersonEdit) error {
	_, err := s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		was, err := inHand(ctx, st, by, cmd.Person)
		if err != nil {
			return "", err
		}
		p := was
		cmd.apply(&p)
		if err := p.Check(fault.Form()); err != nil {
			return "", err
		}
		if p == was {
			return p.ID, nil
		}
		if err := freeNIP(ctx, st, p); err != nil {
			return "", err
		}
		if err := st.UpdatePerson(ctx, p, cmd.Rev); err != nil {
			if f, ok := fault.Of(err); ok && f.Kind == fault.Conflict && f.Current == nil {
				return "", fault.Form().With("login", "fault.person.login_taken")
			}
			return "", err
		}
		e := p.event(audit.PersonChanged, by, st)
		e.Personal = p.personal(was)
		var d diff
		d.add("lang", was.Lang, p.Lang)
		e.Changes = d
		return p.ID, st.Append(ctx, e)
	})
	return err
}

func (p Person) event(kind string, by Actor, st Store, changes ...audit.Change) audit.Event {
	return audit.Event{
		Kind: kind, At: st.Now(), Actor: by.Person, Institution: p.Institution, Unit: p.Unit,
		Object: audit.Object{Kind: "person", ID: p.ID}, Changes: changes,
	}
}

// inHand loads a person whose account the actor may take into his or her hands (see MayActFor).
func inHand(ctx context.Context, st Store, by Actor, id string) (Person, error) {
	p, err := managedPerson(ctx, st, by, id)
	if err != nil {
		return Person{}, err
	}
	held, err := st.AssignmentsOf(ctx, p.ID)
	if err != nil {
		return Person{}, err
	}
	return p, MayActFor(by, Actor{Assignments: held}, st.Now())
}

// managedPerson loads a person of an institution whose people the actor manages.
func managedPerson(ctx context.Context, st Store, by Actor, id string) (Person, error) {
	p, err := st.Person(ctx, id)
	if err != nil {
		return Person{}, err
	}
	return p, foreign(Can(by, ManagePeople, Object{Institution: p.Institution}, State{At: st.Now()}), p.Institution)
}

// PersonMove is what MovePerson needs.
type PersonMove struct {
	Key    idempotency.Key
	Person string
	Rev    int    // that the mover has seen
	Unit   string // new home unit in the same institution, "" for none
}

// MovePerson gives a person another home unit. Roles stay as they are; what the person must not judge follows at once.
func (s *Service) MovePerson(ctx context.Context, by Actor, cmd PersonMove) error {
	_, err := s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		p, err := managedPerson(ctx, st, by, cmd.Person)
		if err != nil {
			return "", err
		}
		if cmd.Unit != "" {
			u, err := unitOf(ctx, st, p.Institution, cmd.Unit)
			if err != nil {
				return "", err
			}
			if cmd.Unit != p.Unit && u.Shut(st.Now()) {
				return "", fault.Form().With("unit", "fault.unit.closed")
			}
		}
		was := p.Unit
		if p.Unit = cmd.Unit; p.Unit == was {
			return p.ID, nil
		}
		if err := st.UpdatePerson(ctx, p, cmd.Rev); err != nil {
			return "", err
		}
		return p.ID, st.Append(ctx, p.event(audit.PersonMoved, by, st, audit.Change{Field: "unit", From: was, To: p.Unit}))
	})
	return err
}

// ClosePerson closes an account: it no longer signs in, its open sessions end at once, and what the person delegated
// ends with it. Nobody closes the own account, and the last administrator's stays open.
func (s *Service) ClosePerson(ctx context.Context, by Actor, key idempotency.Key, person string) error {
	_, err := s.run(ctx, key, func(ctx context.Context, st Store) (string, error) {
		p, err := managedPerson(ctx, st, by, person)
		if err != nil {
			return "", err
		}
		if p.ID == by.Person {
			return "", fault.New(fault.Forbidden, "fault.person.self")
		}
		if p, err = inHand(ctx, st, by, person); err != nil || p.Closed {
			return p.ID, err
		}
		held, err := st.AssignmentsOf(ctx, p.ID)
		if err != nil {
			return "", err
		}
		for _, a := range held {
			gone := func(other Assignment) bool { return other.Person == p.ID }
			if err := keepAdministrator(ctx, st, a, gone); err != nil {
				return "", err
			}
			if err := endDelegations(ctx, st, by, a, st.Now()); err != nil {
				return "", err
			}
		}
		p.Closed = true
		if err := st.UpdatePerson(ctx, p, p.Rev); err != nil {
			return "", err
		}
		if err := st.DeleteSessionsOf(ctx, p.ID); err != nil {
			return "", err
		}
		return p.ID, st.Append(ctx, p.event(audit.PersonClosed, by, st))
	})
	return err
}

// ReopenPerson lets a closed account sign in again, with the roles that have not ended in between.
func (s *Service) ReopenPerson(ctx context.Context, by Actor, key idempotency.Key, person string) error {
	_, err := s.run(ctx, key, func(ctx context.Context, st Store) (string, error) {
		p, err := inHand(ctx, st, by, person)
		if err != nil || !p.Closed {
			return p.ID, err
		}
		p.Closed = false
		if err := st.UpdatePerson(ctx, p, p.Rev); err != nil {
			return "", err
		}
		return p.ID, st.Append(ctx, p.event(audit.PersonReopened, by, st))
	})
	return err
}
