package auth

import (
	"context"
	"encoding/hex"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/org"
)

// Browser is what is known of where somebody signs in.
type Browser struct {
	Name  string // coarse names of browser and system, kept with the session
	Known string // value that an earlier sign-in left in the browser, "" for none

	device string // for the throttle; "" when the account is not known to have this browser
}

// A browser stays known for half a year after the last sign-in that made it so.
const knownLimit = 180 * 24 * time.Hour

// recognise finds out whether this login was used in the browser before.
func (s *Service) recognise(ctx context.Context, b Browser, login string) (Browser, error) {
	b.device = ""
	if b.Known == "" {
		return b, nil
	}
	hash := HashToken(b.Known)
	ok, err := s.q.IsKnown(ctx, hash, login)
	if ok {
		b.device = "device:" + hex.EncodeToString(hash[:8])
	}
	return b, err
}

// remember makes the browser known to the account and returns the value that it is to keep, "" when it is known already.
func (s *Service) remember(ctx context.Context, st Store, p org.Person, b Browser) (string, error) {
	if b.device != "" {
		return "", nil
	}
	value, hash, err := NewToken(s.opt.Random)
	if err != nil {
		return "", err
	}
	now := st.Now()
	return value, st.InsertKnown(ctx, Known{Hash: hash, Person: p.ID, Created: now, Expires: now.Add(knownLimit)})
}

// ID names a session in lists and addresses. It says nothing about the cookie's value.
func (n *Session) ID() string { return hex.EncodeToString(n.Hash[:8]) }

// EndSession ends another session of the same person, on the next request wherever it runs. Ending one that is gone
// already is no error; ending n itself is signing out, which is another use case.
func (s *Service) EndSession(ctx context.Context, n Session, id string) error {
	p, err := s.owner(ctx, n)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(ctx context.Context, st Store) error {
		all, err := st.Sessions(ctx, p.ID)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].ID() != id || all[i].Hash == n.Hash {
				continue
			}
			if err := st.DeleteSession(ctx, all[i].Hash); err != nil {
				return err
			}
			return st.Append(ctx, about(st, audit.SessionEnded, p))
		}
		return nil
	})
}

// sweepMost bounds how much one sweep deletes of each kind, so that nobody waits for it.
const sweepMost = 500

// Sweep deletes sessions, codes, waiting sign-ins and known browsers that have run out, and returns how many.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	return s.q.Sweep(ctx, idleLimit, sweepMost)
}

// inTx runs fn in one transaction without a key.
func (s *Service) inTx(ctx context.Context, fn func(context.Context, Store) error) error {
	_, _, err := s.tx.InTx(ctx, idempotency.Key{}, func(ctx context.Context, st Store) (string, error) {
		return "", fn(ctx, st)
	})
	return err
}

// NotStepped is what a decisive act is answered when the last proof is too old; package web asks for one then.
func NotStepped() *fault.Fault { return fault.New(fault.Forbidden, "factor.fault.stepup") }
