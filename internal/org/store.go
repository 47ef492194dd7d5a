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
	// UpdateInstitution writes name and zone where the revision is still wasRev, else fault.Conflict, like all updates.
	UpdateInstitution(ctx context.Context, i Institution, wasRev int) error
	// Eligibility returns the zero value for what was never set.
	Eligibility(ctx context.Context, institution string, year int, requirement string) (Eligibility, error)
	SaveEligibility(ctx context.Context, e Eligibility, wasRev int) error

	// LockTree lets nobody else change where the institution's units stand until the transaction ends.
	LockTree(ctx context.Context, institution string) error
	Unit(ctx context.Context, id string) (Unit, error)
	// InsertUnit and UpdateUnit return fault.Conflict without Current when the code is taken. Both, and MoveUnit, keep
	// the unit's history.
	InsertUnit(ctx context.Context, u Unit) error
	UpdateUnit(ctx context.Context, u Unit, wasRev int) error // all but where it stands
	// MoveUnit rewrites the paths of the whole subtree.
	MoveUnit(ctx context.Context, was, now Unit, wasRev int) error
	// Deepest is the level of the deepest unit of a subtree; a top unit has level 1.
	Deepest(ctx context.Context, top Unit) (int, error)
	HasOpenChildren(ctx context.Context, unit string) (bool, error)
	// AnyUnit reports whether some unit lies within all of the reaches.
	AnyUnit(ctx context.Context, within ...Reach) (bool, error)

	Kawasan(ctx context.Context, id string) (Kawasan, error)
	InsertKawasan(ctx context.Context, k Kawasan) error
	UpdateKawasan(ctx context.Context, k Kawasan, wasRev int) error
	// AddKawasanUnit returns false when the unit belongs to it already.
	AddKawasanUnit(ctx context.Context, kawasan, unit string, from time.Time) (bool, error)
	// EndKawasanUnit returns false when the unit does not belong to it now.
	EndKawasanUnit(ctx context.Context, kawasan, unit string, until time.Time) (bool, error)
	Team(ctx context.Context, id string) (Team, error)
	InsertTeam(ctx context.Context, t Team) error
	UpdateTeam(ctx context.Context, t Team, wasRev int) error
	AddTeamUnit(ctx context.Context, team, unit string) (bool, error)
	RemoveTeamUnit(ctx context.Context, team, unit string) (bool, error)
	// Resolve fills Units and Over of a scope over a kawasan or team.
	Resolve(ctx context.Context, s Scope) (Scope, error)

	Person(ctx context.Context, id string) (Person, error)
	// NIPTaken reports whether somebody other than except has the number.
	NIPTaken(ctx context.Context, nip, except string) (bool, error)
	// InsertPerson returns fault.Conflict when the login is taken, UpdatePerson the same without Current.
	InsertPerson(ctx context.Context, p Person) error
	// UpdatePerson writes p where its revision is still wasRev, else fault.Conflict.
	UpdatePerson(ctx context.Context, p Person, wasRev int) error
	Interest(ctx context.Context, id string) (Interest, error)
	Interests(ctx context.Context, person string) ([]Interest, error)
	InsertInterest(ctx context.Context, n Interest) error
	WithdrawInterest(ctx context.Context, id, by string, at time.Time) error

	// Assignment, AssignmentsOf, DelegatedFrom, EvaluatorsOver and Administrators return scopes resolved to today.
	Assignment(ctx context.Context, id string) (Assignment, error)
	AssignmentsOf(ctx context.Context, person string) ([]Assignment, error)
	DelegatedFrom(ctx context.Context, source string) ([]Assignment, error)
	// EvaluatorsOver lists the evaluating roles over a kawasan or team that have not ended.
	EvaluatorsOver(ctx context.Context, list Scope, at time.Time) ([]Assignment, error)
	InsertAssignment(ctx context.Context, a Assignment) error
	// UpdateAssignment writes period and reason.
	UpdateAssignment(ctx context.Context, a Assignment, wasRev int) error
	// LockAdministrators lets nobody else take an administrator's role or account away until the transaction ends.
	LockAdministrators(ctx context.Context) error
	// Administrators lists the roles of open accounts that manage people over the instance or the institution, without
	// an end.
	Administrators(ctx context.Context, institution string) ([]Assignment, error)
	// DeleteSessionsOf ends every session of the person.
	DeleteSessionsOf(ctx context.Context, person string) error
}

// Transactor runs fn in one transaction and commits when fn returns nil; fn may run more than once and touches
// nothing but its Store. The text that fn returns is kept with key: the same key again returns it with
// replayed true and without running fn; the same key with another body is fault.Invalid.
type Transactor interface {
	InTx(ctx context.Context, key idempotency.Key, fn func(ctx context.Context, s Store) (outcome string, err error)) (outcome string, replayed bool, err error)
}
