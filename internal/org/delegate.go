package org

import (
	"context"
	"time"

	"zona/internal/fault"
	"zona/internal/idempotency"
)

// Delegation is what Delegate needs.
type Delegation struct {
	Key        idempotency.Key
	Assignment string    // of the actor, held now
	To         string    // person of the same institution
	From       time.Time // zero: from now
	Until      time.Time // exclusive; needed, at the latest the end of the actor's own
	Acting     Acting
}

// Delegate lends one of the actor's own roles to somebody of the same institution until a date, and returns the id of
// the new assignment. The actor keeps the role. What was delegated is not delegated on, and ends when the actor's ends.
func (s *Service) Delegate(ctx context.Context, by Actor, cmd Delegation) (string, error) {
	return s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		source, err := st.Assignment(ctx, cmd.Assignment)
		if err != nil {
			return "", err
		}
		if by.Person == "" || source.Person != by.Person {
			return "", fault.New(fault.NotFound, "fault.not_found")
		}
		if !source.active(st.Now()) || source.Source != "" {
			return "", fault.New(fault.Forbidden, "fault.assignment.not_delegable")
		}
		me, err := st.Person(ctx, by.Person)
		if err != nil {
			return "", err
		}
		p, err := st.Person(ctx, cmd.To)
		if err != nil {
			return "", err
		}
		if p.Institution != me.Institution {
			return "", fault.New(fault.NotFound, "fault.not_found")
		}
		if p.ID == me.ID {
			return "", fault.Form().With("to", "fault.assignment.to_self")
		}
		if p.Closed {
			return "", fault.Form().With("to", "fault.person.closed")
		}
		a := Assignment{
			ID: s.newID(), Person: p.ID, Role: source.Role, Scope: source.Scope, From: cmd.From, Until: cmd.Until, Acting: cmd.Acting,
			Source: source.ID, DelegatedBy: me.ID,
		}
		if a.From.IsZero() {
			a.From = st.Now()
		}
		if err := mayLast(ctx, st, a); err != nil {
			return "", err
		}
		return a.ID, Appoint(ctx, st, by.Person, a)
	})
}
