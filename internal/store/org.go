package store

import (
	"context"
	"database/sql"
	"errors"

	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/org"
)

// Org answers what org needs from the database.
type Org struct{ db *DB }

// Org returns the part of the database that org uses.
func (db *DB) Org() Org { return Org{db} }

var (
	_ org.Transactor = Org{}
	_ org.Queries    = Org{}
	_ org.Store      = orgStore{}
)

// InTx runs fn in one transaction; see org.Transactor.
func (o Org) InTx(ctx context.Context, key idempotency.Key, fn func(context.Context, org.Store) (string, error)) (string, bool, error) {
	return o.db.inTx(ctx, key, func(ctx context.Context, t *tx) (string, error) { return fn(ctx, orgStore{t}) })
}

// orgStore is everything that one transaction of org may touch.
type orgStore struct{ *tx }

// The columns of a row, named for the field of the struct that takes it: i is an institution. Those of units, people
// and assignments stand in their files.
const institutionColumns = `i.id AS "i.id", i.name AS "i.name", i.kind AS "i.kind", i.zone AS "i.zone", i.demo AS "i.demo",
		i.revision AS "i.revision"`

type institutionRow struct {
	ID, Name, Kind, Zone text
	Demo, Revision       count
}

func (r institutionRow) institution() org.Institution {
	return org.Institution{
		ID: string(r.ID), Name: string(r.Name), Kind: org.InstitutionKind(r.Kind), Zone: string(r.Zone), Demo: r.Demo == 1,
		Rev: int(r.Revision),
	}
}

func institutionByID(ctx context.Context, d dialect, q queryer, id string) (org.Institution, error) {
	var r struct{ I institutionRow }
	err := one(ctx, q, &r, `SELECT `+institutionColumns+` FROM institution i WHERE i.id = $1`, id)
	return r.I.institution(), failed(d, err, "read institution %s", id)
}

// Institution is org.Store's.
func (s orgStore) Institution(ctx context.Context, id string) (org.Institution, error) {
	return institutionByID(ctx, s.dialect, s.q, id)
}

// InsertInstitution is org.Store's.
func (s orgStore) InsertInstitution(ctx context.Context, i org.Institution) error {
	_, err := change(ctx, s.q, `
		INSERT INTO institution (id, name, folded, kind, zone, demo, revision) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		i.ID, i.Name, fold(i.Name), string(i.Kind), i.Zone, flag(i.Demo), i.Rev)
	return failed(s.dialect, err, "insert institution %s", i.ID)
}

// UpdateInstitution is org.Store's.
func (s orgStore) UpdateInstitution(ctx context.Context, i org.Institution, wasRev int) error {
	n, err := change(ctx, s.q, `
		UPDATE institution SET name = $2, folded = $3, zone = $4, revision = $5 WHERE id = $1 AND revision = $6`,
		i.ID, i.Name, fold(i.Name), i.Zone, wasRev+1, wasRev)
	return updated(ctx, s, n, err, "institution", i.ID, s.Institution)
}

// updated is the end of an update of a row of one revision: the conflict shows what stands now.
func updated[T any](ctx context.Context, s orgStore, n int64, err error, what, id string, read func(context.Context, string) (T, error)) error {
	if err != nil || n == 1 {
		return failed(s.dialect, err, "update %s %s", what, id)
	}
	now, err := read(ctx, id)
	if err != nil {
		return err
	}
	f := fault.New(fault.Conflict, msgConflict)
	f.Current = now
	return failed(s.dialect, f, "update %s %s", what, id)
}

// LockTree is org.Store's. It lets rows that refer to the institution be written meanwhile.
func (s orgStore) LockTree(ctx context.Context, institution string) error {
	var id string
	err := one(ctx, s.q, &id, `SELECT i.id FROM institution i WHERE i.id = $1`+s.dialect.lockTree, institution)
	return failed(s.dialect, err, "lock the tree of institution %s", institution)
}

const eligibilityColumns = `e.institution, e.year, e.requirement, e.value, e.source, e.changed_by, e.changed_at, e.revision`

type eligibilityRow struct {
	Institution, Requirement, Value, Source, ChangedBy text
	Year, Revision                                     count
	ChangedAt                                          sql.NullInt64
}

func (r eligibilityRow) eligibility() org.Eligibility {
	return org.Eligibility{
		Institution: string(r.Institution), Year: int(r.Year), Requirement: string(r.Requirement), Value: string(r.Value),
		Source: string(r.Source), By: string(r.ChangedBy), At: instant(r.ChangedAt), Rev: int(r.Revision),
	}
}

// Eligibility is org.Store's.
func (s orgStore) Eligibility(ctx context.Context, institution string, year int, requirement string) (org.Eligibility, error) {
	var r eligibilityRow
	err := one(ctx, s.q, &r, `
		SELECT `+eligibilityColumns+` FROM eligibility e WHERE e.institution = $1 AND e.year = $2 AND e.requirement = $3`,
		institution, year, requirement)
	if errors.Is(err, sql.ErrNoRows) {
		return org.Eligibility{Institution: institution, Year: year, Requirement: requirement}, nil
	}
	return r.eligibility(), failed(s.dialect, err, "read %s of %s in %d", requirement, institution, year)
}

// SaveEligibility is org.Store's. The revision decides in the statement itself.
func (s orgStore) SaveEligibility(ctx context.Context, e org.Eligibility, wasRev int) error {
	statement := `
		UPDATE eligibility SET value = $4, source = $5, changed_by = $6, changed_at = $7, revision = $8
		WHERE institution = $1 AND year = $2 AND requirement = $3 AND revision = $8 - 1`
	if wasRev == 0 {
		statement = `
			INSERT INTO eligibility (institution, year, requirement, value, source, changed_by, changed_at, revision)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (institution, year, requirement) DO NOTHING`
	}
	n, err := change(ctx, s.q, statement, e.Institution, e.Year, e.Requirement, e.Value, e.Source, e.By, millis(e.At), wasRev+1)
	return updated(ctx, s, n, err, "eligibility", e.Institution, func(ctx context.Context, _ string) (org.Eligibility, error) {
		return s.Eligibility(ctx, e.Institution, e.Year, e.Requirement)
	})
}

// Eligibilities is org.Queries's.
func (o Org) Eligibilities(ctx context.Context, institution string, year int) ([]org.Eligibility, error) {
	var rows []eligibilityRow
	err := all(ctx, o.db.reader(), &rows, `
		SELECT `+eligibilityColumns+` FROM eligibility e WHERE e.institution = $1 AND e.year = $2 ORDER BY e.requirement`, institution, year)
	return rowsAs(rows, eligibilityRow.eligibility), failed(o.db.dialect, err, "list the eligibility of %s in %d", institution, year)
}

// rowsAs turns rows into what the features know.
func rowsAs[R, T any](rows []R, of func(R) T) []T {
	list := make([]T, len(rows))
	for i, r := range rows {
		list[i] = of(r)
	}
	return list
}

// Institution is org.Queries's.
func (o Org) Institution(ctx context.Context, id string) (org.Institution, error) {
	return institutionByID(ctx, o.db.dialect, o.db.reader(), id)
}

// Institutions is org.Queries's; an institution is within reach when all of it or one of its units is.
func (o Org) Institutions(ctx context.Context, r org.Reach) ([]org.Institution, error) {
	var rows []struct{ I institutionRow }
	query, args := listInstitutions(r)
	if err := all(ctx, o.db.reader(), &rows, query, args...); err != nil {
		return nil, failed(o.db.dialect, err, "list the institutions")
	}
	return rowsAs(rows, func(r struct{ I institutionRow }) org.Institution { return r.I.institution() }), nil
}
