package org

import (
	"context"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
)

// memory is a store of one transaction at a time: what fails leaves nothing behind.
type memory struct {
	Store        // what these tests do not reach is shown on both databases (package storetest)
	institutions map[string]Institution
	units        map[string]Unit
	people       map[string]Person
	assignments  []Assignment
	signedOut    []string // people whose sessions were ended
	events       []audit.Event
	broken       error // returned by every write
	deaf         error // returned by reading an actor
}

func (m *memory) Now() time.Time { return now }

func (m *memory) Append(_ context.Context, e audit.Event) error {
	m.events = append(m.events, e)
	return m.broken
}

func find[T any](m map[string]T, id string) (T, error) {
	v, ok := m[id]
	if !ok {
		return v, fault.New(fault.NotFound, "fault.not_found")
	}
	return v, nil
}

func (m *memory) Institution(_ context.Context, id string) (Institution, error) {
	return find(m.institutions, id)
}
func (m *memory) Unit(_ context.Context, id string) (Unit, error)     { return find(m.units, id) }
func (m *memory) Person(_ context.Context, id string) (Person, error) { return find(m.people, id) }

func (m *memory) InsertInstitution(_ context.Context, i Institution) error {
	m.institutions[i.ID] = i
	return m.broken
}

func (m *memory) InsertUnit(_ context.Context, u Unit) error {
	m.units[u.ID] = u
	return m.broken
}

func (m *memory) InsertPerson(_ context.Context, p Person) error {
	for _, other := range m.people {
		if other.Login == p.Login {
			return fault.New(fault.Conflict, "fault.taken")
		}
	}
	m.people[p.ID] = p
	return m.broken
}

func (m *memory) UpdatePerson(_ context.Context, p Person, wasRev int) error {
	if m.people[p.ID].Rev != wasRev {
		return fault.New(fault.Conflict, "fault.conflict")
	}
	p.Rev++
	m.people[p.ID] = p
	return m.broken
}

func (m *memory) InsertAssignment(_ context.Context, a Assignment) error {
	m.assignments = append(m.assignments, a)
	return m.broken
}

func (m *memory) LockTree(context.Context, string) error                 { return m.broken }
func (m *memory) LockAdministrators(context.Context) error               { return m.broken }
func (m *memory) NIPTaken(context.Context, string, string) (bool, error) { return false, m.broken }

func (m *memory) Interests(context.Context, string) ([]Interest, error) { return nil, nil }

func (m *memory) DelegatedFrom(context.Context, string) ([]Assignment, error) { return nil, nil }

func (m *memory) AssignmentsOf(_ context.Context, person string) ([]Assignment, error) {
	var list []Assignment
	for _, a := range m.assignments {
		if a.Person == person {
			list = append(list, a)
		}
	}
	return list, m.deaf
}

func (m *memory) Administrators(_ context.Context, institution string) ([]Assignment, error) {
	var list []Assignment
	for _, a := range m.assignments {
		if a.Role == Administrator && (a.Scope.Institution == "" || a.Scope.Institution == institution) {
			list = append(list, a)
		}
	}
	return list, nil
}

func (m *memory) DeleteSessionsOf(_ context.Context, person string) error {
	m.signedOut = append(m.signedOut, person)
	return m.broken
}

func (m *memory) InTx(ctx context.Context, _ idempotency.Key, fn func(context.Context, Store) (string, error)) (string, bool, error) {
	out, err := fn(ctx, m)
	return out, false, err
}

// asked is the memory as it is read outside a transaction.
type asked struct {
	Queries
	m *memory
}

// Institution is the memory's.
func (m asked) Institution(ctx context.Context, id string) (Institution, error) {
	return m.m.Institution(ctx, id)
}

// Unit is the memory's.
func (m asked) Unit(ctx context.Context, id string) (Unit, error) { return m.m.Unit(ctx, id) }

// Person is the memory's.
func (m asked) Person(ctx context.Context, id string) (Person, error) {
	return m.m.Person(ctx, id)
}

func (m asked) Actor(_ context.Context, person string) (Actor, error) {
	if m.m.deaf != nil {
		return Actor{}, m.m.deaf
	}
	p, err := find(m.m.people, person)
	a := Actor{Person: p.ID, Institution: p.Institution}
	for _, as := range m.m.assignments {
		if as.Person == person {
			a.Assignments = append(a.Assignments, as)
		}
	}
	return a, err
}

func (m asked) Institutions(_ context.Context, r Reach) ([]Institution, error) {
	var list []Institution
	for _, i := range m.m.institutions {
		if r.Covers(i.At()) {
			list = append(list, i)
		}
	}
	return list, nil
}

func (m asked) People(_ context.Context, q PersonQuery) ([]PersonRow, error) {
	var list []PersonRow
	for _, p := range m.m.people {
		if p.Institution == q.Institution && len(list) < q.Limit {
			list = append(list, PersonRow{Person: p})
		}
	}
	return list, nil
}
