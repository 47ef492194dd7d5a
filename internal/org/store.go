package org

import (
	"context"
	"time"

	"zona/internal/audit"
	"zona/internal/idempotency"
)

// Store is what org needs inside one transaction. Methods that find nothing return fault.NotFound.
type Store interface {
	Now() time.Time // the time of the transaction, UTC
	Append(ctx context.Context, e audit.Event) error

	Institution(ctx context.Context, id string) (Institution, error)
	InsertInstitution(ctx context.Context, i Institution) error
	Unit(ctx context.Context, id string) (Unit, error)
	InsertUnit(ctx context.Context, u Unit) error
	Person(ctx context.Context, id string) (Person, error)
	// InsertPerson returns fault.Conflict when the login is taken.
	InsertPerson(ctx context.Context, p Person) error
	// UpdatePerson writes p where its revision is still wasRev, else fault.Conflict.
	UpdatePerson(ctx context.Context, p Person, wasRev int) error
	InsertAssignment(ctx context.Context, a Assignment) error
	// DeleteSessionsOf ends every session of the person.
	DeleteSessionsOf(ctx context.Context, person string) error
}

// Transactor runs fn in one transaction and commits when fn returns nil; fn may run more than once and touches
// nothing but its Store. The text that fn returns is kept with key: the same key again returns it with
// replayed true and without running fn; the same key with another body is fault.Invalid.
type Transactor interface {
	InTx(ctx context.Context, key idempotency.Key, fn func(ctx context.Context, s Store) (outcome string, err error)) (outcome string, replayed bool, err error)
}

// Queries are reads outside a transaction, each one statement.
type Queries interface {
	// Actor returns the person with all assignments, scopes resolved to the tree of today.
	Actor(ctx context.Context, person string) (Actor, error)
	Institution(ctx context.Context, id string) (Institution, error)
	// Institutions lists those within reach by name.
	Institutions(ctx context.Context, r Reach) ([]Institution, error)
	Unit(ctx context.Context, id string) (Unit, error)
	// Person returns a person, closed or not.
	Person(ctx context.Context, id string) (Person, error)
	// People lists an institution's people by name, at most limit after the cursor (name, id).
	People(ctx context.Context, institution string, after Cursor, limit int) ([]PersonRow, error)
}

// Cursor is where a keyset page begins: after this sort value and id.
type Cursor struct{ Sort, ID string }

// PersonRow is a person with the roles held, for lists.
type PersonRow struct {
	Person
	Unit  string // name of the home unit
	Roles []Role
}
