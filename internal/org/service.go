package org

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"zona/internal/fault"
	"zona/internal/idempotency"
)

// Service runs the use cases. Make it with New.
type Service struct {
	tx    Transactor
	q     Queries
	clock func() time.Time
	newID func() string
}

// New returns the service. The clock serves reads; changes take the time of their transaction. newID draws opaque
// ids and is NewID outside tests.
func New(tx Transactor, q Queries, clock func() time.Time, newID func() string) *Service {
	return &Service{tx: tx, q: q, clock: clock, newID: newID}
}

// NewID returns a random opaque id of 26 letters and digits, at least 128 bits: it tells neither order nor time.
func NewID() string { return strings.ToLower(rand.Text()) }

// Actor returns a person as Can judges them: fault.NotFound when there is no such person or the account is closed.
func (s *Service) Actor(ctx context.Context, person string) (Actor, error) {
	return s.q.Actor(ctx, person)
}

// Institutions lists the institutions in which the actor may list units, by name.
func (s *Service) Institutions(ctx context.Context, by Actor) ([]Institution, error) {
	return s.q.Institutions(ctx, by.Reach(ViewUnits, s.clock()))
}

// Institution returns an institution that the actor may know of.
func (s *Service) Institution(ctx context.Context, by Actor, id string) (Institution, error) {
	i, err := s.q.Institution(ctx, id)
	if err != nil {
		return Institution{}, err
	}
	if !by.knows(i.At(), s.clock()) {
		return Institution{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return i, nil
}

// Unit returns a unit that the actor may know of.
func (s *Service) Unit(ctx context.Context, by Actor, id string) (Unit, error) {
	u, err := s.q.Unit(ctx, id)
	if err != nil {
		return Unit{}, err
	}
	if err := Can(by, ViewUnits, u.At(), State{At: s.clock()}).Fault(); err != nil {
		return Unit{}, err
	}
	return u, nil
}

// Person returns a person whom the actor manages.
func (s *Service) Person(ctx context.Context, by Actor, id string) (Person, error) {
	p, err := s.q.Person(ctx, id)
	if err != nil {
		return Person{}, err
	}
	if err := Can(by, ManagePeople, Object{Institution: p.Institution}, State{At: s.clock()}).Fault(); err != nil {
		return Person{}, err
	}
	return p, nil
}

// PageSize is how many rows a list shows at once.
const PageSize = 50

// People lists an institution's people by name after the cursor, at most PageSize.
func (s *Service) People(ctx context.Context, by Actor, institution string, after Cursor) ([]PersonRow, error) {
	if err := Can(by, ManagePeople, Object{Institution: institution}, State{At: s.clock()}).Fault(); err != nil {
		return nil, err
	}
	return s.q.People(ctx, institution, after, PageSize)
}

// run is one use case: one transaction, whose outcome is the id of what was made.
func (s *Service) run(ctx context.Context, key idempotency.Key, fn func(ctx context.Context, s Store) (string, error)) (string, error) {
	id, _, err := s.tx.InTx(ctx, key, fn)
	return id, err
}
