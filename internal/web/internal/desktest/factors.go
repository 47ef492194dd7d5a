package desktest

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"zona/internal/auth"
	"zona/internal/fault"
)

// steps is what the store keeps of second steps.
type steps struct {
	Apps       map[string]auth.TOTP
	Keys       map[string]auth.Passkey // by id
	Recovery   map[[32]byte]string     // the person whose unused code it is
	Waiting    map[[32]byte]auth.Waiting
	Challenges map[string]auth.Challenge
	Browsers   map[[32]byte]auth.Known
}

func newSteps() steps {
	return steps{
		map[string]auth.TOTP{},
		map[string]auth.Passkey{},
		map[[32]byte]string{},
		map[[32]byte]auth.Waiting{},
		map[string]auth.Challenge{},
		map[[32]byte]auth.Known{},
	}
}

func (s steps) clone() steps {
	return steps{
		maps.Clone(s.Apps), maps.Clone(s.Keys), maps.Clone(s.Recovery), maps.Clone(s.Waiting), maps.Clone(s.Challenges), maps.Clone(s.Browsers),
	}
}

func (s *Store) factors(person string) auth.Factors {
	var f auth.Factors
	if app, ok := s.steps.Apps[person]; ok {
		f.TOTP = &app
	}
	for _, id := range slices.Sorted(maps.Keys(s.steps.Keys)) {
		if k := s.steps.Keys[id]; k.Person == person {
			f.Passkeys = append(f.Passkeys, k)
		}
	}
	for _, owner := range s.steps.Recovery {
		if owner == person {
			f.Recovery++
		}
	}
	return f
}

// Factors is of the features' Store.
func (t inside) Factors(_ context.Context, person string) (auth.Factors, error) {
	return t.s.factors(person), nil
}

// Factors is of the features' Queries.
func (q queries) Factors(_ context.Context, person string) (auth.Factors, error) {
	return read(q.Store, func() (auth.Factors, error) { return q.factors(person), nil })
}

// PutTOTP is of the features' Store.
func (t inside) PutTOTP(_ context.Context, app auth.TOTP) error {
	t.s.steps.Apps[app.Person] = app
	return nil
}

// DeleteTOTP is of the features' Store.
func (t inside) DeleteTOTP(_ context.Context, person string) error {
	delete(t.s.steps.Apps, person)
	return nil
}

// UseStep is of the features' Store.
func (t inside) UseStep(_ context.Context, person string, step int64) (bool, error) {
	app, ok := t.s.steps.Apps[person]
	if !ok || app.Confirmed.IsZero() || app.Step >= step {
		return false, nil
	}
	app.Step = step
	t.s.steps.Apps[person] = app
	return true, nil
}

// InsertPasskey is of the features' Store.
func (t inside) InsertPasskey(_ context.Context, k auth.Passkey) error {
	if _, ok := t.s.steps.Keys[string(k.ID)]; ok {
		return fault.New(fault.Conflict, "fault.taken")
	}
	t.s.steps.Keys[string(k.ID)] = k
	return nil
}

// UsePasskey is of the features' Store.
func (t inside) UsePasskey(_ context.Context, k auth.Passkey) error {
	stands, err := find(t.s.steps.Keys, string(k.ID))
	if err != nil || stands.Person != k.Person {
		return notFound()
	}
	stands.Credential, stands.Used = k.Credential, k.Used
	t.s.steps.Keys[string(k.ID)] = stands
	return nil
}

// DeletePasskey is of the features' Store.
func (t inside) DeletePasskey(_ context.Context, person string, id []byte) error {
	if k, err := find(t.s.steps.Keys, string(id)); err != nil || k.Person != person {
		return notFound()
	}
	delete(t.s.steps.Keys, string(id))
	return nil
}

// ReplaceRecovery is of the features' Store.
func (t inside) ReplaceRecovery(_ context.Context, person string, hashes [][32]byte) error {
	maps.DeleteFunc(t.s.steps.Recovery, func(_ [32]byte, owner string) bool { return owner == person })
	for _, hash := range hashes {
		t.s.steps.Recovery[hash] = person
	}
	return nil
}

// UseRecovery is of the features' Store.
func (t inside) UseRecovery(_ context.Context, person string, hash [32]byte) (bool, error) {
	if t.s.steps.Recovery[hash] != person {
		return false, nil
	}
	delete(t.s.steps.Recovery, hash)
	return true, nil
}

// InsertWaiting is of the features' Store.
func (t inside) InsertWaiting(_ context.Context, w auth.Waiting) error {
	t.s.steps.Waiting[w.Hash] = w
	return nil
}

func (s *Store) waiting(hash [32]byte) (auth.Waiting, error) {
	w, ok := s.steps.Waiting[hash]
	if !ok || !s.clock().Before(w.Expires) {
		return auth.Waiting{}, notFound()
	}
	return w, nil
}

// TakeWaiting is of the features' Store.
func (t inside) TakeWaiting(_ context.Context, hash [32]byte) (auth.Waiting, error) {
	w, err := t.s.waiting(hash)
	delete(t.s.steps.Waiting, hash)
	return w, err
}

// Waiting is of the features' Queries.
func (q queries) Waiting(_ context.Context, hash [32]byte) (auth.Waiting, error) {
	return read(q.Store, func() (auth.Waiting, error) { return q.waiting(hash) })
}

// PutChallenge is of the features' Store.
func (t inside) PutChallenge(_ context.Context, c auth.Challenge) error {
	t.s.steps.Challenges[c.Holder] = c
	return nil
}

// TakeChallenge is of the features' Store.
func (t inside) TakeChallenge(_ context.Context, holder string) (auth.Challenge, error) {
	c, err := find(t.s.steps.Challenges, holder)
	delete(t.s.steps.Challenges, holder)
	if err == nil && !t.s.clock().Before(c.Expires) {
		return auth.Challenge{}, notFound()
	}
	return c, err
}

// InsertKnown is of the features' Store.
func (t inside) InsertKnown(_ context.Context, k auth.Known) error {
	t.s.steps.Browsers[k.Hash] = k
	return nil
}

// IsKnown is of the features' Queries.
func (q queries) IsKnown(_ context.Context, hash [32]byte, login string) (bool, error) {
	return read(q.Store, func() (bool, error) {
		k, ok := q.steps.Browsers[hash]
		return ok && q.clock().Before(k.Expires) && q.Persons[k.Person].Login == login, nil
	})
}

func (s *Store) sessionsOf(person string) []auth.Session {
	var list []auth.Session
	for _, n := range s.sessions {
		if n.Person == person && s.clock().Before(n.Expires) {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b auth.Session) int {
		return cmp.Or(b.Created.Compare(a.Created), bytes.Compare(a.Hash[:], b.Hash[:]))
	})
	return list
}

// Sessions is of the features' Store.
func (t inside) Sessions(_ context.Context, person string) ([]auth.Session, error) {
	return t.s.sessionsOf(person), nil
}

// Sessions is of the features' Queries.
func (q queries) Sessions(_ context.Context, person string) ([]auth.Session, error) {
	return read(q.Store, func() ([]auth.Session, error) { return q.sessionsOf(person), nil })
}

// Sweep is of the features' Queries. A world lives for minutes: nothing of it has to go.
func (q queries) Sweep(context.Context, time.Duration, int) (int64, error) {
	return read(q.Store, func() (int64, error) { return 0, nil })
}
