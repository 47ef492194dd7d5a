package auth

import (
	"context"

	"zona/internal/audit"
	"zona/internal/idempotency"
)

// SignOutOthers ends all sessions of the person but this one, which goes on unchanged and no longer than before.
func (s *Service) SignOutOthers(ctx context.Context, n Session) error {
	p, err := s.q.Person(ctx, n.Person)
	if err != nil {
		return err
	}
	_, _, err = s.tx.InTx(ctx, idempotency.Key{}, func(ctx context.Context, st Store) (string, error) {
		if err := st.DeleteSessionsOf(ctx, n.Person); err != nil {
			return "", err
		}
		if err := st.InsertSession(ctx, n); err != nil {
			return "", err
		}
		return "", st.Append(ctx, about(st, audit.SessionClosed, p))
	})
	return err
}
