package auth

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"zona/internal/fault"
)

// factorState is what memory keeps of second steps.
type factorState struct {
	apps       map[string]TOTP
	keys       map[string]Passkey // by id
	recovery   map[[32]byte]recoveryRow
	waiting    map[[32]byte]Waiting
	challenges map[string]Challenge
	browsers   map[[32]byte]Known
}

type recoveryRow struct {
	person string
	used   bool
}

func newFactorState() factorState {
	return factorState{map[string]TOTP{}, map[string]Passkey{}, map[[32]byte]recoveryRow{}, map[[32]byte]Waiting{}, map[string]Challenge{}, map[[32]byte]Known{}}
}

func (s factorState) clone() factorState {
	return factorState{maps.Clone(s.apps), maps.Clone(s.keys), maps.Clone(s.recovery), maps.Clone(s.waiting), maps.Clone(s.challenges), maps.Clone(s.browsers)}
}

func (m *memory) Factors(_ context.Context, person string) (Factors, error) {
	var f Factors
	if app, ok := m.state.factors.apps[person]; ok {
		f.TOTP = &app
	}
	for _, id := range slices.Sorted(maps.Keys(m.state.factors.keys)) {
		if k := m.state.factors.keys[id]; k.Person == person {
			f.Passkeys = append(f.Passkeys, k)
		}
	}
	for _, r := range m.state.factors.recovery {
		if r.person == person && !r.used {
			f.Recovery++
		}
	}
	return f, nil
}

func (m *memory) PutTOTP(_ context.Context, t TOTP) error {
	m.state.factors.apps[t.Person] = t
	return m.broken
}

func (m *memory) DeleteTOTP(_ context.Context, person string) error {
	delete(m.state.factors.apps, person)
	return m.broken
}

func (m *memory) UseStep(_ context.Context, person string, step int64) (bool, error) {
	app, ok := m.state.factors.apps[person]
	if !ok || app.Confirmed.IsZero() || app.Step >= step {
		return false, m.broken
	}
	app.Step = step
	m.state.factors.apps[person] = app
	return true, m.broken
}

func (m *memory) InsertPasskey(_ context.Context, k Passkey) error {
	if _, ok := m.state.factors.keys[string(k.ID)]; ok {
		return fault.New(fault.Conflict, "fault.taken")
	}
	m.state.factors.keys[string(k.ID)] = k
	return m.broken
}

func (m *memory) UsePasskey(_ context.Context, k Passkey) error {
	stands, ok := m.state.factors.keys[string(k.ID)]
	if !ok || stands.Person != k.Person {
		return missing
	}
	stands.Credential, stands.Used = k.Credential, k.Used
	m.state.factors.keys[string(k.ID)] = stands
	return m.broken
}

func (m *memory) DeletePasskey(_ context.Context, person string, id []byte) error {
	if k, ok := m.state.factors.keys[string(id)]; !ok || k.Person != person {
		return missing
	}
	delete(m.state.factors.keys, string(id))
	return m.broken
}

func (m *memory) ReplaceRecovery(_ context.Context, person string, hashes [][32]byte) error {
	maps.DeleteFunc(m.state.factors.recovery, func(_ [32]byte, r recoveryRow) bool { return r.person == person })
	for _, hash := range hashes {
		m.state.factors.recovery[hash] = recoveryRow{person: person}
	}
	return m.broken
}

func (m *memory) UseRecovery(_ context.Context, person string, hash [32]byte) (bool, error) {
	r, ok := m.state.factors.recovery[hash]
	if !ok || r.person != person || r.used {
		return false, m.broken
	}
	r.used = true
	m.state.factors.recovery[hash] = r
	return true, m.broken
}

func (m *memory) InsertWaiting(_ context.Context, w Waiting) error {
	m.state.factors.waiting[w.Hash] = w
	return m.broken
}

func (m *memory) Waiting(_ context.Context, hash [32]byte) (Waiting, error) {
	w, ok := m.state.factors.waiting[hash]
	if !ok || !m.now.Before(w.Expires) {
		return Waiting{}, missing
	}
	return w, nil
}

func (m *memory) TakeWaiting(ctx context.Context, hash [32]byte) (Waiting, error) {
	w, err := m.Waiting(ctx, hash)
	delete(m.state.factors.waiting, hash)
	return w, cmp.Or(err, m.broken)
}

func (m *memory) PutChallenge(_ context.Context, c Challenge) error {
	m.state.factors.challenges[c.Holder] = c
	return m.broken
}

func (m *memory) TakeChallenge(_ context.Context, holder string) (Challenge, error) {
	c, ok := m.state.factors.challenges[holder]
	if !ok || !m.now.Before(c.Expires) {
		return Challenge{}, missing
	}
	delete(m.state.factors.challenges, holder)
	return c, m.broken
}

func (m *memory) InsertKnown(_ context.Context, k Known) error {
	m.state.factors.browsers[k.Hash] = k
	return m.broken
}

func (m *memory) IsKnown(_ context.Context, hash [32]byte, login string) (bool, error) {
	k, ok := m.state.factors.browsers[hash]
	return ok && m.now.Before(k.Expires) && m.state.people[k.Person].Login == login, nil
}

func (m *memory) Sessions(_ context.Context, person string) ([]Session, error) {
	var list []Session
	for _, n := range m.state.sessions {
		if n.Person == person && m.now.Before(n.Expires) {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b Session) int {
		return cmp.Or(b.Created.Compare(a.Created), bytes.Compare(a.Hash[:], b.Hash[:]))
	})
	return list, nil
}

func (m *memory) Sweep(_ context.Context, idle time.Duration, _ int) (int64, error) {
	before := len(m.state.sessions)
	maps.DeleteFunc(m.state.sessions, func(_ [32]byte, n Session) bool {
		return !m.now.Before(n.Expires) || m.now.Sub(n.Seen) >= idle
	})
	return int64(before - len(m.state.sessions)), m.broken
}
