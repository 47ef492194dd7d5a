package desktest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"zona/internal/assessment"
	"zona/internal/audit"
	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/job"
	"zona/internal/org"
)

// Store keeps an instance in memory. It does what the features ask of a database, and only in the way that the
// pages can tell: order, uniqueness, expiry, a transaction that leaves nothing behind when it fails.
type Store struct {
	mu    sync.Mutex // guards what follows; a transaction holds it from begin to end
	clock func() time.Time
	state
	Fail error // returned by every read and write while it is set: the database is down
}

type state struct {
	Institutions map[string]org.Institution
	Units        map[string]org.Unit
	Persons      map[string]org.Person
	Roles        []org.Assignment
	Periods      []assessment.Period
	Passwords    map[string]string
	Codes        map[string]auth.Code
	Outcomes     map[string]string
	Events       []audit.Event
	Jobs         []job.Args
	// Seen moves with every request of a person and is no change of state.
	sessions map[[32]byte]auth.Session
	steps    steps
	tree     tree
}

// Digest is everything that a person could have changed, as text; two equal digests mean that nothing changed.
func (s *Store) Digest() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	whole := s.state
	whole.sessions = maps.Clone(s.sessions)
	for hash, n := range whole.sessions {
		n.Seen = time.Time{}
		whole.sessions[hash] = n
	}
	// Maps are printed in the order of their keys.
	return fmt.Sprintf("%+v", whole)
}

// Kinds lists the kinds of all events in their order.
func (s *Store) Kinds() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var kinds []string
	for _, e := range s.Events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (s *Store) clone() state {
	c := s.state
	c.Institutions, c.Units, c.Persons = maps.Clone(c.Institutions), maps.Clone(c.Units), maps.Clone(c.Persons)
	c.Passwords, c.Codes, c.Outcomes = maps.Clone(c.Passwords), maps.Clone(c.Codes), maps.Clone(c.Outcomes)
	c.sessions, c.steps, c.tree = maps.Clone(c.sessions), c.steps.clone(), c.tree.clone()
	return c
}

// inTx runs fn alone and keeps its outcome under the key.
func (s *Store) inTx(key idempotency.Key, fn func() (string, error)) (string, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Fail != nil {
		return "", false, s.Fail
	}
	name := key.Actor + "\n" + key.Route + "\n" + key.Value
	if kept, ok := s.Outcomes[name]; ok && !key.IsZero() {
		outcome, body, _ := strings.Cut(kept, "\n")
		if body != string(key.Body[:]) {
			return "", false, fault.New(fault.Invalid, "fault.key_reused")
		}
		return outcome, true, nil
	}
	before := s.clone()
	outcome, err := fn()
	if err != nil {
		s.state = before
		return "", false, err
	}
	if !key.IsZero() {
		s.Outcomes[name] = outcome + "\n" + string(key.Body[:])
	}
	return outcome, false, nil
}

// orgTx and authTx are the store as each feature sees it: the two ask for methods of the same name.
type (
	orgTx  struct{ *Store }
	authTx struct{ *Store }
)

// InTx is org.Transactor's.
func (t orgTx) InTx(ctx context.Context, key idempotency.Key, fn func(context.Context, org.Store) (string, error)) (string, bool, error) {
	return t.inTx(key, func() (string, error) { return fn(ctx, inside{t.Store}) })
}

// InTx is auth.Transactor's.
func (t authTx) InTx(ctx context.Context, key idempotency.Key, fn func(context.Context, auth.Store) (string, error)) (string, bool, error) {
	return t.inTx(key, func() (string, error) { return fn(ctx, inside{t.Store}) })
}

// inside is the store within a transaction, whose lock is held.
type inside struct{ s *Store }

func notFound() error { return fault.New(fault.NotFound, "fault.not_found") }

func find[V any](m map[string]V, id string) (V, error) {
	v, ok := m[id]
	if !ok {
		return v, notFound()
	}
	return v, nil
}

// Now is of the features' Store.
func (t inside) Now() time.Time { return t.s.clock().UTC() }

// Append is of the features' Store.
func (t inside) Append(_ context.Context, e audit.Event) error {
	t.s.Events = append(t.s.Events, e)
	return nil
}

// Institution is of the features' Store.
func (t inside) Institution(_ context.Context, id string) (org.Institution, error) {
	return find(t.s.Institutions, id)
}

// InsertInstitution is of the features' Store.
func (t inside) InsertInstitution(_ context.Context, i org.Institution) error {
	t.s.Institutions[i.ID] = i
	return nil
}

// Unit is of the features' Store.
func (t inside) Unit(_ context.Context, id string) (org.Unit, error) { return find(t.s.Units, id) }

// InsertUnit is of the features' Store.
func (t inside) InsertUnit(_ context.Context, u org.Unit) error {
	for _, other := range t.s.Units {
		if u.Code != "" && other.Code == u.Code && other.Institution == u.Institution {
			return fault.New(fault.Conflict, "fault.taken")
		}
	}
	t.s.Units[u.ID] = u
	t.remember(u)
	return nil
}

// Person is of the features' Store.
func (t inside) Person(_ context.Context, id string) (org.Person, error) {
	return find(t.s.Persons, id)
}

// InsertPerson is of the features' Store.
func (t inside) InsertPerson(_ context.Context, p org.Person) error {
	for _, other := range t.s.Persons {
		if other.Login == p.Login {
			return fault.New(fault.Conflict, "fault.taken")
		}
	}
	t.s.Persons[p.ID] = p
	return nil
}

// UpdatePerson is of the features' Store.
func (t inside) UpdatePerson(_ context.Context, p org.Person, wasRev int) error {
	if t.s.Persons[p.ID].Rev != wasRev {
		return &fault.Fault{Kind: fault.Conflict, Message: "fault.conflict", Current: t.s.Persons[p.ID]}
	}
	p.Rev = wasRev + 1
	t.s.Persons[p.ID] = p
	return nil
}

// InsertAssignment is of the features' Store.
func (t inside) InsertAssignment(_ context.Context, a org.Assignment) error {
	t.s.Roles = append(t.s.Roles, a)
	return nil
}

// SetPassword is of the features' Store.
func (t inside) SetPassword(_ context.Context, person, hash string) error {
	t.s.Passwords[person] = hash
	return nil
}

// InsertSession is of the features' Store.
func (t inside) InsertSession(_ context.Context, n auth.Session) error {
	t.s.sessions[n.Hash] = n
	return nil
}

// DeleteSession is of the features' Store.
func (t inside) DeleteSession(_ context.Context, hash [32]byte) error {
	delete(t.s.sessions, hash)
	return nil
}

// DeleteSessionsOf is of the features' Store.
func (t inside) DeleteSessionsOf(_ context.Context, person string) error {
	maps.DeleteFunc(t.s.sessions, func(_ [32]byte, n auth.Session) bool { return n.Person == person })
	maps.DeleteFunc(t.s.steps.Waiting, func(_ [32]byte, w auth.Waiting) bool { return w.Person == person })
	return nil
}

// InsertCode is of the features' Store.
func (t inside) InsertCode(_ context.Context, c auth.Code) error {
	t.s.Codes[string(c.Hash[:])] = c
	return nil
}

// Enqueue is of the features' Store; nobody does the work.
func (t inside) Enqueue(_ context.Context, a job.Args) error {
	t.s.Jobs = append(t.s.Jobs, a)
	return nil
}

// DeleteCodes is of the features' Store.
func (t inside) DeleteCodes(_ context.Context, p auth.CodePurpose, person string) error {
	maps.DeleteFunc(t.s.Codes, func(_ string, c auth.Code) bool {
		return c.Purpose == p && (person == "" || c.Person == person) && c.UsedAt.IsZero()
	})
	return nil
}

// UseCode is of the features' Store.
func (t inside) UseCode(_ context.Context, hash [32]byte, p auth.CodePurpose) (auth.Code, error) {
	c, err := t.s.code(hash, p)
	if err == nil {
		c.UsedAt = t.Now()
		t.s.Codes[string(hash[:])] = c
	}
	return c, err
}

// CountPeople is of the features' Store.
func (t inside) CountPeople(context.Context) (int, error) { return len(t.s.Persons), nil }

func (s *Store) code(hash [32]byte, p auth.CodePurpose) (auth.Code, error) {
	c, ok := s.Codes[string(hash[:])]
	if !ok || c.Purpose != p || !c.UsedAt.IsZero() || !s.clock().Before(c.Expires) {
		return auth.Code{}, notFound()
	}
	return c, nil
}

// read runs a query under the lock, unless the database is down.
func read[V any](s *Store, fn func() (V, error)) (V, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Fail != nil {
		var none V
		return none, errors.Join(s.Fail)
	}
	return fn()
}

// queries are the reads outside a transaction.
type queries struct{ *Store }

// Actor is of the features' Queries.
func (q queries) Actor(_ context.Context, person string) (org.Actor, error) {
	return read(q.Store, func() (org.Actor, error) {
		p, err := find(q.Persons, person)
		if err != nil || p.Closed {
			return org.Actor{}, notFound()
		}
		a := org.Actor{
			Person: p.ID, Name: p.Name, Institution: p.Institution, Unit: p.Unit, Path: q.Units[p.Unit].Path, Lang: p.Lang,
			Assignments: q.roles(func(role org.Assignment) bool { return role.Person == person }),
		}
		for _, n := range q.interests(person) {
			if n.Withdrawn.IsZero() {
				a.Interests = append(a.Interests, n.Path)
			}
		}
		return a, nil
	})
}

// Institution is of the features' Queries.
func (q queries) Institution(_ context.Context, id string) (org.Institution, error) {
	return read(q.Store, func() (org.Institution, error) { return find(q.Institutions, id) })
}

// Unit is of the features' Queries.
func (q queries) Unit(_ context.Context, id string) (org.Unit, error) {
	return read(q.Store, func() (org.Unit, error) { return find(q.Units, id) })
}

// Person is of the features' Queries.
func (q queries) Person(_ context.Context, id string) (org.Person, error) {
	return read(q.Store, func() (org.Person, error) { return find(q.Persons, id) })
}

// CountPeople is of the features' Queries.
func (q queries) CountPeople(context.Context) (int, error) {
	return read(q.Store, func() (int, error) { return len(q.Persons), nil })
}

// Code is of the features' Queries.
func (q queries) Code(_ context.Context, hash [32]byte, p auth.CodePurpose) (auth.Code, error) {
	return read(q.Store, func() (auth.Code, error) { return q.code(hash, p) })
}

// Session is of the features' Queries.
func (q queries) Session(_ context.Context, hash [32]byte) (auth.Session, error) {
	return read(q.Store, func() (auth.Session, error) {
		n, ok := q.sessions[hash]
		if !ok {
			return n, notFound()
		}
		return n, nil
	})
}

// Touch is of the features' Queries.
func (q queries) Touch(_ context.Context, hash [32]byte, seen time.Time) error {
	_, err := read(q.Store, func() (bool, error) {
		n := q.sessions[hash]
		n.Seen = seen
		q.sessions[hash] = n
		return true, nil
	})
	return err
}

// credentials is a pair for read.
type credentials struct{ person, hash string }

// Credentials is of the features' Queries.
func (q queries) Credentials(_ context.Context, login string) (person, hash string, err error) {
	found, err := read(q.Store, func() (credentials, error) {
		for _, p := range q.Persons {
			if p.Login == login && !p.Closed {
				return credentials{p.ID, q.Passwords[p.ID]}, nil
			}
		}
		return credentials{}, notFound()
	})
	return found.person, found.hash, err
}

// lists answers the queries that list; it is apart because a field and a method may not share a name.
type lists struct{ s *Store }

// Institutions is of the features' Queries.
func (l lists) Institutions(_ context.Context, r org.Reach) ([]org.Institution, error) {
	return read(l.s, func() ([]org.Institution, error) {
		var found []org.Institution
		for _, i := range l.s.Institutions {
			if r.Covers(i.At()) {
				found = append(found, i)
			}
		}
		slices.SortFunc(found, func(a, b org.Institution) int { return cmp.Compare(a.Name, b.Name) })
		return found, nil
	})
}

// Units is of the features' Queries.
func (l lists) Units(_ context.Context, r org.Reach, q assessment.UnitQuery) ([]assessment.UnitRow, error) {
	return read(l.s, func() ([]assessment.UnitRow, error) {
		var found []assessment.UnitRow
		for _, u := range l.s.Units {
			matches := strings.Contains(strings.ToLower(u.Name), strings.ToLower(q.Search))
			if u.Institution != q.Institution || !r.Covers(u.At()) || !matches || before(u.Name, u.ID, q.After) {
				continue
			}
			found = append(found, assessment.UnitRow{Unit: u, ParentName: l.s.state.Units[u.Parent].Name})
		}
		slices.SortFunc(found, func(a, b assessment.UnitRow) int {
			return cmp.Or(cmp.Compare(a.Unit.Name, b.Unit.Name), cmp.Compare(a.Unit.ID, b.Unit.ID))
		})
		return found[:min(q.Limit, len(found))], nil
	})
}

// before reports whether a row stands at or before the cursor.
func before(name, id string, after org.Cursor) bool {
	return after != (org.Cursor{}) && cmp.Or(cmp.Compare(name, after.Sort), cmp.Compare(id, after.ID)) <= 0
}
