// Package auth proves who asks: passwords, sessions, throttling, one-use codes. It never decides what a person may
// do; that is org.Can. It keeps no secret in the clear: passwords as argon2id, session and code values as hashes.
package auth

import (
	"context"
	"time"

	"zona/internal/audit"
	"zona/internal/idempotency"
	"zona/internal/job"
	"zona/internal/org"
)

// Session is a signed-in browser. The cookie's value is 256 random bits; only its SHA-256 is stored.
type Session struct {
	Hash     [32]byte
	Person   string
	Token    string // random form token, sent in every form of this session
	Created  time.Time
	Seen     time.Time
	AuthedAt time.Time // last time a password or a second step was given, for step-up
	Expires  time.Time // absolute end
	Device   string    // coarse names of browser and system, "Firefox, Windows"; "" when they are not known
	Strong   bool      // a second step was given
}

// CodePurpose is what a one-use code is for.
type CodePurpose string

// The purposes of today.
const (
	Setup      CodePurpose = "setup"      // first start: makes the first administrator
	Invitation CodePurpose = "invitation" // sets a first password for a person
	Reset      CodePurpose = "reset"      // sets a new one in place of one that was forgotten; only ever sent by mail
)

// Code is a one-use secret that is handed over (printed on the console, on paper). Only its hash is stored.
type Code struct {
	Hash    [32]byte
	Purpose CodePurpose
	Person  string // "" for Setup
	Expires time.Time
	UsedAt  time.Time // zero: not yet
}

// Store is what auth needs inside one transaction.
type Store interface {
	Now() time.Time
	Append(ctx context.Context, e audit.Event) error

	// SetPassword replaces the person's password hash (PHC string).
	SetPassword(ctx context.Context, person, hash string) error
	// DeletePassword leaves the person without one: nothing that is typed is right.
	DeletePassword(ctx context.Context, person string) error
	// Unlock notes that the tries counted so far against the person are forgiven.
	Unlock(ctx context.Context, person string) error
	InsertSession(ctx context.Context, s Session) error
	DeleteSession(ctx context.Context, hash [32]byte) error
	DeleteSessionsOf(ctx context.Context, person string) error
	InsertCode(ctx context.Context, c Code) error
	// DeleteCodes removes unused codes of this purpose (and person, unless "").
	DeleteCodes(ctx context.Context, p CodePurpose, person string) error
	// UseCode marks the code used and returns it; fault.NotFound when it is unknown, used or expired.
	UseCode(ctx context.Context, hash [32]byte, p CodePurpose) (Code, error)
	CountPeople(ctx context.Context) (int, error)
	// Enqueue adds background work, which exists when the transaction is committed.
	Enqueue(ctx context.Context, a job.Args) error

	// InsertPerson, InsertAssignment and DeleteSessionsOf are org.Store's: the first administrator is made in the transaction that
	// uses the code.
	InsertPerson(ctx context.Context, p org.Person) error
	InsertAssignment(ctx context.Context, a org.Assignment) error

	FactorStore
}

// Transactor runs fn in one transaction; see org.Transactor.
type Transactor interface {
	InTx(ctx context.Context, key idempotency.Key, fn func(ctx context.Context, s Store) (outcome string, err error)) (outcome string, replayed bool, err error)
}

// Queries are reads outside a transaction.
type Queries interface {
	// Credentials returns person id and password hash for a login; fault.NotFound when there is none or the
	// person is closed.
	Credentials(ctx context.Context, login string) (person, hash string, err error)
	// Unlocked returns whose login it is and when the tries against the person were last forgiven; fault.NotFound when
	// they never were.
	Unlocked(ctx context.Context, login string) (person string, at time.Time, err error)
	// Session returns an unexpired session; fault.NotFound otherwise.
	Session(ctx context.Context, hash [32]byte) (Session, error)
	// Touch notes that the session was seen. Not a change of state: no event.
	Touch(ctx context.Context, hash [32]byte, seen time.Time) error
	// Code returns an unused, unexpired code without using it, to show its form.
	Code(ctx context.Context, hash [32]byte, p CodePurpose) (Code, error)
	CountPeople(ctx context.Context) (int, error)
	// Person returns a person, closed or not.
	Person(ctx context.Context, id string) (org.Person, error)

	FactorQueries
}
