package auth

import (
	"context"
	"time"

	"zona/internal/fault"
	"zona/internal/org"
)

// TOTP is a person's authenticator app. Its secret stands here and in its own table, never in a list, an event or a log.
type TOTP struct {
	Person    string
	Secret    string    // base32, 160 bits
	Confirmed time.Time // zero: being added; it opens nothing
	Step      int64     // last time step that was used
}

// Passkey is a key that lives in a person's device, with what proves it here.
type Passkey struct {
	ID         []byte
	Person     string
	Name       string // as the person calls the device
	Credential []byte // JSON of the public key, its flags and its counter
	Created    time.Time
	Used       time.Time // zero: never since it was added
}

// Factors are the second steps of a person.
type Factors struct {
	TOTP     *TOTP // nil: none
	Passkeys []Passkey
	Recovery int // codes that are left
}

// App reports whether there is an authenticator app that counts.
func (f Factors) App() bool { return f.TOTP != nil && !f.TOTP.Confirmed.IsZero() }

// Any reports whether signing in takes a second step. Recovery codes alone are none: they stand in for one.
func (f Factors) Any() bool { return f.App() || len(f.Passkeys) > 0 }

// Waiting is a sign-in whose password was right and whose second step is still to come.
type Waiting struct {
	Hash    [32]byte
	Person  string
	Created time.Time
	Expires time.Time
}

// Known is a browser in which a person has signed in.
type Known struct {
	Hash    [32]byte
	Person  string
	Created time.Time
	Expires time.Time
}

// Challenge is what a passkey is asked to sign. A holder has one at a time.
type Challenge struct {
	Holder  string
	Data    []byte
	Expires time.Time
}

// FactorStore is what second steps need inside a transaction. Methods that find nothing return fault.NotFound.
type FactorStore interface {
	Factors(ctx context.Context, person string) (Factors, error)
	// PutTOTP inserts or replaces.
	PutTOTP(ctx context.Context, t TOTP) error
	DeleteTOTP(ctx context.Context, person string) error
	// UseStep notes a time step as used and reports true, or false when it, or a later one, was used before.
	UseStep(ctx context.Context, person string, step int64) (bool, error)
	// InsertPasskey returns fault.Conflict when the id is taken.
	InsertPasskey(ctx context.Context, k Passkey) error
	// UsePasskey writes the credential after a use.
	UsePasskey(ctx context.Context, k Passkey) error
	DeletePasskey(ctx context.Context, person string, id []byte) error
	// ReplaceRecovery makes all codes before void.
	ReplaceRecovery(ctx context.Context, person string, hashes [][32]byte) error
	// UseRecovery marks a code of the person used and reports true, or false when there is none.
	UseRecovery(ctx context.Context, person string, hash [32]byte) (bool, error)

	InsertWaiting(ctx context.Context, w Waiting) error
	// TakeWaiting deletes an unexpired sign-in; of two who take it one finds it.
	TakeWaiting(ctx context.Context, hash [32]byte) (Waiting, error)
	PutChallenge(ctx context.Context, c Challenge) error
	// TakeChallenge deletes an unexpired challenge and returns it.
	TakeChallenge(ctx context.Context, holder string) (Challenge, error)
	// InsertKnown adds a browser and forgets the oldest beyond a few of the same person.
	InsertKnown(ctx context.Context, k Known) error
	// Sessions lists the person's unexpired sessions, the youngest first.
	Sessions(ctx context.Context, person string) ([]Session, error)
}

// FactorQueries are reads outside a transaction.
type FactorQueries interface {
	Factors(ctx context.Context, person string) (Factors, error)
	Sessions(ctx context.Context, person string) ([]Session, error)
	// Waiting returns an unexpired sign-in without taking it.
	Waiting(ctx context.Context, hash [32]byte) (Waiting, error)
	// IsKnown reports whether somebody has signed in with this login in this browser.
	IsKnown(ctx context.Context, hash [32]byte, login string) (bool, error)
	// Sweep deletes at most limit rows of each kind that have run out and returns how many. Not a change of state:
	// what it removes opened nothing any more.
	Sweep(ctx context.Context, idle time.Duration, limit int) (int64, error)
}

// freshLimit is how old the last proof may be for a decisive act (reliability: 5 minutes).
const freshLimit = 5 * time.Minute

// Fresh reports whether the last proof is young enough for a decisive act.
func (n *Session) Fresh(at time.Time) bool { return at.Sub(n.AuthedAt) <= freshLimit }

// Overview is what a person sees of the own second steps and sessions; no secret is in it.
type Overview struct {
	App      bool
	Passkeys []Passkey // without Credential
	Recovery int
	Sessions []Session // the youngest first
	Offered  bool      // passkeys can be added on this site
}

// Overview returns the second steps and sessions of the session's person.
func (s *Service) Overview(ctx context.Context, n Session) (Overview, error) {
	f, err := s.q.Factors(ctx, n.Person)
	if err != nil {
		return Overview{}, err
	}
	sessions, err := s.q.Sessions(ctx, n.Person)
	if err != nil {
		return Overview{}, err
	}
	o := Overview{App: f.App(), Recovery: f.Recovery, Offered: s.opt.Passkeys != nil}
	for _, k := range f.Passkeys {
		k.Credential = nil
		o.Passkeys = append(o.Passkeys, k)
	}
	now := s.opt.Clock()
	for _, each := range sessions {
		if each.lives(now) {
			o.Sessions = append(o.Sessions, each)
		}
	}
	return o, nil
}

// owner returns the person of a session who may still use it.
func (s *Service) owner(ctx context.Context, n Session) (org.Person, error) {
	p, err := s.q.Person(ctx, n.Person)
	if err != nil {
		return org.Person{}, err
	}
	if p.Closed {
		return org.Person{}, fault.New(fault.Unauthenticated, "fault.unauthenticated")
	}
	return p, nil
}

// added ends a change that gave the person a second step: every session ends, since none of them was opened with it,
// and this one goes on as a strong one under another id. The first step brings recovery codes with it.
func (s *Service) added(ctx context.Context, st Store, p org.Person, n Session, before Factors) (Opened, []string, error) {
	var codes []string
	if !before.Any() {
		var err error
		if codes, err = s.newRecovery(ctx, st, p); err != nil {
			return Opened{}, nil, err
		}
	}
	o, err := s.again(ctx, st, p, n, true)
	return o, codes, err
}

// removed ends a change that took a second step away. Without any left, recovery codes have nothing to stand in for.
func (s *Service) removed(ctx context.Context, st Store, p org.Person, n Session) (Opened, error) {
	f, err := st.Factors(ctx, p.ID)
	if err != nil {
		return Opened{}, err
	}
	if !f.Any() {
		if err := st.ReplaceRecovery(ctx, p.ID, nil); err != nil {
			return Opened{}, err
		}
	}
	return s.again(ctx, st, p, n, f.Any())
}

// again ends every session of the person and opens one in place of n, with the same end.
func (s *Service) again(ctx context.Context, st Store, p org.Person, n Session, strong bool) (Opened, error) {
	if err := st.DeleteSessionsOf(ctx, p.ID); err != nil {
		return Opened{}, err
	}
	n.Strong = strong
	return s.openLike(ctx, st, p, n)
}
