package org

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

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

// run is one use case: one transaction, whose outcome is the id of what was made.
func (s *Service) run(ctx context.Context, key idempotency.Key, fn func(ctx context.Context, s Store) (string, error)) (string, error) {
	id, _, err := s.tx.InTx(ctx, key, fn)
	return id, err
}
