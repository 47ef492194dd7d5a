package auth

import (
	"context"
	"fmt"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/org"
)

// waitLimit is how long a sign-in waits for its second step.
const waitLimit = 10 * time.Minute

// Proof is one proof of being the person: a code of the app, a recovery code, the answer of a passkey, or, where there
// is no second step at all and somebody is signed in already, the password.
type Proof struct {
	Code     string
	Passkey  []byte // JSON as the browser gives it
	Password string
}

// Steps are the second steps that a person can give.
type Steps struct {
	App      bool
	Passkey  bool
	Recovery bool
}

func stepsOf(f Factors, keys *Passkeys) Steps {
	return Steps{App: f.App(), Passkey: len(f.Passkeys) > 0 && keys != nil, Recovery: f.Recovery > 0}
}

// await begins a sign-in that waits for its second step.
func (s *Service) await(ctx context.Context, st Store, p org.Person) (Opened, error) {
	value, hash, err := NewToken(s.opt.Random)
	if err != nil {
		return Opened{}, err
	}
	now := st.Now()
	return Opened{Pending: value}, st.InsertWaiting(ctx, Waiting{Hash: hash, Person: p.ID, Created: now, Expires: now.Add(waitLimit)})
}

// SecondStep returns what can be given to finish a sign-in; fault.Unauthenticated when there is none that waits.
func (s *Service) SecondStep(ctx context.Context, pending string) (Steps, error) {
	p, err := s.waiting(ctx, pending)
	if err != nil {
		return Steps{}, err
	}
	f, err := s.q.Factors(ctx, p.ID)
	if err != nil {
		return Steps{}, err
	}
	return stepsOf(f, s.opt.Passkeys), nil
}

// waiting returns who waits.
func (s *Service) waiting(ctx context.Context, pending string) (org.Person, error) {
	none := fault.New(fault.Unauthenticated, "factor.fault.waited")
	if pending == "" {
		return org.Person{}, none
	}
	w, err := s.q.Waiting(ctx, HashToken(pending))
	if fault.Is(err, fault.NotFound) {
		return org.Person{}, none
	}
	if err != nil {
		return org.Person{}, err
	}
	p, err := s.q.Person(ctx, w.Person)
	if err != nil {
		return org.Person{}, err
	}
	if p.Closed {
		return org.Person{}, none
	}
	return p, nil
}

// Finish is what FinishSignIn needs.
type Finish struct {
	Pending  string
	Proof    Proof // its Password counts for nothing here: it was given before
	Replaces string
	Browser  Browser
}

// FinishSignIn opens the session of a sign-in that waited, under an id of its own, once the second step is right.
func (s *Service) FinishSignIn(ctx context.Context, cmd Finish) (Opened, error) {
	p, err := s.waiting(ctx, cmd.Pending)
	if err != nil {
		return Opened{}, err
	}
	browser, err := s.recognise(ctx, cmd.Browser, p.Login)
	if err != nil {
		return Opened{}, err
	}
	cmd.Proof.Password = ""
	holder := signInHolder(cmd.Pending)
	return s.proven(ctx, p, cmd.Proof, holder, func(ctx context.Context, st Store) (Opened, error) {
		if _, err := st.TakeWaiting(ctx, HashToken(cmd.Pending)); err != nil {
			if fault.Is(err, fault.NotFound) {
				return Opened{}, fault.New(fault.Unauthenticated, "factor.fault.waited")
			}
			return Opened{}, err
		}
		if cmd.Replaces != "" {
			if err := st.DeleteSession(ctx, HashToken(cmd.Replaces)); err != nil {
				return Opened{}, err
			}
		}
		o, err := s.openFresh(ctx, st, p, browser.Name, true)
		if err != nil {
			return Opened{}, err
		}
		o.Device, err = s.remember(ctx, st, p, browser)
		return o, err
	})
}

// proven checks a second step and runs fn in the transaction that uses it up, so that no code counts twice and none is
// lost to a failure. Tries are counted per person before they are made; a passkey cannot be guessed, and is not counted.
func (s *Service) proven(ctx context.Context, p org.Person, proof Proof, holder string, fn func(context.Context, Store) (Opened, error)) (Opened, error) {
	guessed := len(proof.Passkey) == 0
	if guessed {
		if err := s.admit(ctx, p.Login, func() error { return s.throttle.beginFactor(p.ID) }); err != nil {
			return Opened{}, err
		}
	}
	var refused error
	o, err := s.transact(ctx, func(ctx context.Context, st Store) (Opened, error) {
		refused = nil
		err := s.consume(ctx, st, p, proof, holder)
		if fault.Is(err, fault.Invalid) {
			// Committed all the same: what was asked of a passkey is used up even by a wrong answer.
			refused = err
			return Opened{}, nil
		}
		if err != nil {
			return Opened{}, err
		}
		return fn(ctx, st)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Opened{}, err
	}
	if guessed {
		s.throttle.factorDone(p.ID)
	}
	return o, nil
}

// consume uses a proof up, or says with fault.Invalid that it is wrong.
func (s *Service) consume(ctx context.Context, st Store, p org.Person, proof Proof, holder string) error {
	f, err := st.Factors(ctx, p.ID)
	if err != nil {
		return err
	}
	if len(proof.Passkey) > 0 {
		return s.usePasskey(ctx, st, p, f, proof.Passkey, holder)
	}
	if f.App() {
		if step, ok := stepOf(f.TOTP.Secret, proof.Code, st.Now()); ok {
			fresh, err := st.UseStep(ctx, p.ID, step)
			if err != nil {
				return err
			}
			if !fresh {
				return fault.Form().With("code", "factor.fault.code_used")
			}
			return nil
		}
	}
	if !f.Any() {
		return wrongCode()
	}
	ok, err := st.UseRecovery(ctx, p.ID, HashCode(proof.Code))
	if err != nil {
		return err
	}
	if !ok {
		return wrongCode()
	}
	if err := st.Append(ctx, about(st, audit.RecoveryUsed, p)); err != nil {
		return fmt.Errorf("note the use of a recovery code: %w", err)
	}
	return nil
}
