package auth

import (
	"context"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/job"
	"zona/internal/org"
)

// Renewal is what ResetAccess needs.
type Renewal struct {
	Person  string
	Factors bool // take the second steps away too, for somebody who has lost them all
}

// ResetAccess takes a person's password and sessions away and returns a one-use code, with which a new password is set
// (Accept). Second steps stay unless they are asked for: a code on paper stands for the password alone.
func (s *Service) ResetAccess(ctx context.Context, by org.Actor, cmd Renewal) (code string, expires time.Time, err error) {
	p, err := s.invitable(ctx, by, cmd.Person)
	if err != nil {
		return "", time.Time{}, err
	}
	err = s.inTx(ctx, func(ctx context.Context, st Store) error {
		if err := st.DeletePassword(ctx, p.ID); err != nil {
			return err
		}
		if err := st.DeleteSessionsOf(ctx, p.ID); err != nil {
			return err
		}
		if err := st.DeleteCodes(ctx, Reset, p.ID); err != nil {
			return err
		}
		if cmd.Factors {
			if err := s.withoutFactors(ctx, st, by, p); err != nil {
				return err
			}
		}
		if code, expires, err = s.draw(ctx, st, p.ID, Invitation, invitationLimit); err != nil {
			return err
		}
		e := about(st, audit.InvitationIssued, p)
		e.Actor = by.Person
		return st.Append(ctx, e)
	})
	if err != nil {
		return "", time.Time{}, err
	}
	return code, expires, nil
}

// withoutFactors removes every second step of the person, with an event for each kind, and tells the person.
func (s *Service) withoutFactors(ctx context.Context, st Store, by org.Actor, p org.Person) error {
	f, err := st.Factors(ctx, p.ID)
	if err != nil || f.TOTP == nil && len(f.Passkeys) == 0 && f.Recovery == 0 {
		return err
	}
	if err := st.DeleteTOTP(ctx, p.ID); err != nil {
		return err
	}
	for _, k := range f.Passkeys {
		if err := st.DeletePasskey(ctx, p.ID, k.ID); err != nil {
			return err
		}
	}
	if err := st.ReplaceRecovery(ctx, p.ID, nil); err != nil {
		return err
	}
	for _, gone := range []struct {
		there bool
		field string
	}{{f.App(), "totp"}, {len(f.Passkeys) > 0, "passkey"}} {
		if !gone.there {
			continue
		}
		e := about(st, audit.FactorRemoved, p)
		e.Actor, e.Changes = by.Person, []audit.Change{{Field: gone.field, From: "1"}}
		if err := st.Append(ctx, e); err != nil {
			return err
		}
	}
	return s.tell(ctx, st, p, job.FactorRemoved)
}

// Unlock forgives the wrong tries that were counted against a person, on every server: each hears of it when it is
// about to refuse the person the next time.
func (s *Service) Unlock(ctx context.Context, by org.Actor, person string) error {
	p, err := s.invitable(ctx, by, person)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(ctx context.Context, st Store) error { return st.Unlock(ctx, p.ID) })
}

// admit counts a try, once more when the ones before it were forgiven.
func (s *Service) admit(ctx context.Context, login string, begin func() error) error {
	refused := begin()
	if refused == nil {
		return nil
	}
	again, err := s.forgiven(ctx, login)
	if err != nil {
		return err
	}
	if !again {
		return refused
	}
	return begin()
}

// forgiven reports whether the tries against a login were forgiven since they were counted here, and forgets them then.
// It is asked only when somebody is about to be refused, so that guessing costs little and waiting nothing.
func (s *Service) forgiven(ctx context.Context, login string) (bool, error) {
	person, at, err := s.q.Unlocked(ctx, login)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return s.throttle.forgive(login, person, at), nil
}
