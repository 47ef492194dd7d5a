package auth

import (
	"context"

	"zona/internal/fault"
	"zona/internal/org"
)

// Steps tells what the person of a session is asked for before a decisive act: a second step where there is one, else
// the password (the zero Steps).
func (s *Service) Steps(ctx context.Context, n Session) (Steps, error) {
	f, err := s.q.Factors(ctx, n.Person)
	if err != nil || !f.Any() {
		return Steps{}, err
	}
	return stepsOf(f, s.opt.Passkeys), nil
}

// StepUp takes a proof of somebody who is signed in and opens a session in place of n, under another id, in which
// decisive acts may be done for a while. Whoever has a second step gives that; the password alone does not do.
func (s *Service) StepUp(ctx context.Context, n Session, proof Proof) (Opened, error) {
	p, err := s.owner(ctx, n)
	if err != nil {
		return Opened{}, err
	}
	f, err := s.q.Factors(ctx, p.ID)
	if err != nil {
		return Opened{}, err
	}
	if f.Any() {
		proof.Password = ""
		return s.proven(ctx, p, proof, proofHolder(p.ID), func(ctx context.Context, st Store) (Opened, error) {
			return s.confirmed(ctx, st, p, n, true)
		})
	}
	ok, err := s.ownPassword(ctx, p, proof.Password)
	if err != nil {
		return Opened{}, err
	}
	if !ok {
		return Opened{}, fault.Form().With("password", "fault.password.wrong")
	}
	return s.transact(ctx, func(ctx context.Context, st Store) (Opened, error) { return s.confirmed(ctx, st, p, n, n.Strong) })
}

// confirmed opens the session that takes the place of n, with the same end.
func (s *Service) confirmed(ctx context.Context, st Store, p org.Person, n Session, strong bool) (Opened, error) {
	if err := st.DeleteSession(ctx, n.Hash); err != nil {
		return Opened{}, err
	}
	n.AuthedAt, n.Strong = st.Now(), strong
	return s.openLike(ctx, st, p, n)
}
