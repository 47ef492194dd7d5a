package store

import (
	"context"
	"database/sql"
	"slices"

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

// The columns of a row, named for the field of the struct that takes it: i is an institution, u a unit, p a person.
const (
	institutionColumns = `i.id AS "i.id", i.name AS "i.name", i.kind AS "i.kind", i.zone AS "i.zone", i.demo AS "i.demo",
		i.revision AS "i.revision"`
	unitColumns = `u.id AS "u.id", u.institution AS "u.institution", u.parent AS "u.parent", u.path AS "u.path",
		u.name AS "u.name", u.revision AS "u.revision"`
	personColumns = `p.id AS "p.id", p.institution AS "p.institution", p.unit AS "p.unit", p.name AS "p.name",
		p.nip AS "p.nip", p.position AS "p.position", p.login AS "p.login", p.lang AS "p.lang", p.closed AS "p.closed",
		p.revision AS "p.revision"`
)

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

type unitRow struct {
	ID, Institution, Parent, Path, Name text
	Revision                            count
}

func (r unitRow) unit() org.Unit {
	return org.Unit{
		ID: string(r.ID), Institution: string(r.Institution), Parent: string(r.Parent), Path: string(r.Path),
		Name: string(r.Name), Rev: int(r.Revision),
	}
}

type personRow struct {
	ID, Institution, Unit, Name, NIP, Position, Login, Lang text
	Closed, Revision                                        count
}

func (r personRow) person() org.Person {
	return org.Person{
		ID: string(r.ID), Institution: string(r.Institution), Unit: string(r.Unit), Name: string(r.Name), NIP: string(r.NIP),
		Position: string(r.Position), Login: string(r.Login), Lang: string(r.Lang), Closed: r.Closed == 1, Rev: int(r.Revision),
	}
}

func institutionByID(ctx context.Context, d dialect, q queryer, id string) (org.Institution, error) {
	var r struct{ I institutionRow }
	err := one(ctx, q, &r, `SELECT `+institutionColumns+` FROM institution i WHERE i.id = $1`, id)
	return r.I.institution(), failed(d, err, "read institution %s", id)
}

func unitByID(ctx context.Context, d dialect, q queryer, id string) (org.Unit, error) {
	var r struct{ U unitRow }
	err := one(ctx, q, &r, `SELECT `+unitColumns+` FROM unit u WHERE u.id = $1`, id)
	return r.U.unit(), failed(d, err, "read unit %s", id)
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

// Unit is org.Store's.
func (s orgStore) Unit(ctx context.Context, id string) (org.Unit, error) {
	return unitByID(ctx, s.dialect, s.q, id)
}

// InsertUnit is org.Store's.
func (s orgStore) InsertUnit(ctx context.Context, u org.Unit) error {
	_, err := change(ctx, s.q, `
		INSERT INTO unit (id, institution, parent, path, name, folded, revision)
		VALUES ($1, $2, nullif($3, ''), $4, $5, $6, $7)`,
		u.ID, u.Institution, u.Parent, u.Path, u.Name, fold(u.Name), u.Rev)
	return failed(s.dialect, err, "insert unit %s", u.ID)
}

// Person is org.Store's.
func (s orgStore) Person(ctx context.Context, id string) (org.Person, error) {
	return personByID(ctx, s.dialect, s.q, id)
}

func personByID(ctx context.Context, d dialect, q queryer, id string) (org.Person, error) {
	var r struct{ P personRow }
	err := one(ctx, q, &r, `SELECT `+personColumns+` FROM person p WHERE p.id = $1`, id)
	return r.P.person(), failed(d, err, "read person %s", id)
}

// InsertPerson is org.Store's.
func (s orgStore) InsertPerson(ctx context.Context, p org.Person) error {
	_, err := change(ctx, s.q, `
		INSERT INTO person (id, institution, unit, name, folded, nip, position, login, lang, closed, revision)
		VALUES ($1, nullif($2, ''), nullif($3, ''), $4, $5, $6, $7, $8, $9, $10, $11)`,
		p.ID, p.Institution, p.Unit, p.Name, fold(p.Name), p.NIP, p.Position, p.Login, p.Lang, flag(p.Closed), p.Rev)
	return failed(s.dialect, err, "insert person %s", p.ID)
}

// UpdatePerson is org.Store's.
func (s orgStore) UpdatePerson(ctx context.Context, p org.Person, wasRev int) error {
	n, err := change(ctx, s.q, `
		UPDATE person SET institution = nullif($2, ''), unit = nullif($3, ''), name = $4, folded = $5, nip = $6,
			position = $7, login = $8, lang = $9, closed = $10, revision = $11
		WHERE id = $1 AND revision = $12`,
		p.ID, p.Institution, p.Unit, p.Name, fold(p.Name), p.NIP, p.Position, p.Login, p.Lang, flag(p.Closed), wasRev+1, wasRev)
	if err != nil {
		return failed(s.dialect, err, "update person %s", p.ID)
	}
	if n == 1 {
		return nil
	}
	now, err := s.Person(ctx, p.ID)
	if err != nil {
		return err
	}
	f := fault.New(fault.Conflict, msgConflict)
	f.Current = now
	return failed(s.dialect, f, "update person %s from revision %d", p.ID, wasRev)
}

// InsertAssignment is org.Store's.
func (s orgStore) InsertAssignment(ctx context.Context, a org.Assignment) error {
	_, err := change(ctx, s.q, `
		INSERT INTO assignment (id, person, role, scope, institution, unit, from_at, until_at)
		VALUES ($1, $2, $3, $4, nullif($5, ''), nullif($6, ''), $7, $8)`,
		a.ID, a.Person, string(a.Role), string(a.Scope.Kind), a.Scope.Institution, a.Scope.Unit, millis(a.From), millis(a.Until))
	return failed(s.dialect, err, "insert assignment %s", a.ID)
}

// DeleteSessionsOf is auth.Store's too: sessions end in the transaction that changes what their person may do.
func (s orgStore) DeleteSessionsOf(ctx context.Context, person string) error {
	return authStore(s).DeleteSessionsOf(ctx, person)
}

// Institution is org.Queries's.
func (o Org) Institution(ctx context.Context, id string) (org.Institution, error) {
	return institutionByID(ctx, o.db.dialect, o.db.reader(), id)
}

// Unit is org.Queries's.
func (o Org) Unit(ctx context.Context, id string) (org.Unit, error) {
	return unitByID(ctx, o.db.dialect, o.db.reader(), id)
}

// Person is org.Queries's.
func (o Org) Person(ctx context.Context, id string) (org.Person, error) {
	return personByID(ctx, o.db.dialect, o.db.reader(), id)
}

// Actor is org.Queries's; a closed person is fault.NotFound, so that a session of theirs ends with the next request.
func (o Org) Actor(ctx context.Context, person string) (org.Actor, error) {
	var rows []struct {
		ID, Name, Institution, Lang               text
		Assignment, Role, Scope, Over, Unit, Path text
		FromAt, UntilAt                           sql.NullInt64
	}
	err := all(ctx, o.db.reader(), &rows, `
		SELECT p.id, p.name, p.institution, p.lang,
			g.id AS assignment, g.role, g.scope, g.institution AS over, g.unit, u.path, g.from_at, g.until_at
		FROM person p
		LEFT JOIN assignment g ON g.person = p.id
		LEFT JOIN unit u ON u.id = g.unit
		WHERE p.id = $1 AND p.closed = 0
		ORDER BY g.id`, person)
	if err == nil && len(rows) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return org.Actor{}, failed(o.db.dialect, err, "read the actor %s", person)
	}
	p := rows[0]
	a := org.Actor{Person: string(p.ID), Name: string(p.Name), Institution: string(p.Institution), Lang: string(p.Lang)}
	for _, r := range rows {
		if r.Assignment == "" {
			break // a person without one
		}
		a.Assignments = append(a.Assignments, org.Assignment{
			ID: string(r.Assignment), Person: a.Person, Role: org.Role(r.Role),
			Scope: org.Scope{
				Kind: org.ScopeKind(r.Scope), Institution: string(r.Over), Unit: string(r.Unit), Path: string(r.Path),
			},
			From: instant(r.FromAt), Until: instant(r.UntilAt),
		})
	}
	return a, nil
}

// People is org.Queries's; Roles are those held now.
func (o Org) People(ctx context.Context, institution string, after org.Cursor, limit int) ([]org.PersonRow, error) {
	home := `p.institution = $1`
	if institution == "" { // administrators of the instance
		home = `p.institution IS NULL AND $1 = ''`
	}
	var rows []struct {
		P    personRow
		Home text
		Role text
	}
	err := all(ctx, o.db.reader(), &rows, `
		SELECT `+personColumns+`, u.name AS home, g.role
		FROM (
			SELECT p.id, p.institution, p.unit, p.name, p.folded, p.nip, p.position, p.login, p.lang, p.closed, p.revision FROM person p
			WHERE `+home+` AND (p.folded, p.id) > ($2, $3)
			ORDER BY p.folded, p.id LIMIT $4
		) p
		LEFT JOIN unit u ON u.id = p.unit
		LEFT JOIN assignment g ON g.person = p.id
			AND coalesce(g.from_at, 0) <= `+o.db.moment("$5")+` AND coalesce(g.until_at > `+o.db.moment("$5")+`, TRUE)
		ORDER BY p.folded, p.id, g.role`,
		institution, fold(after.Sort), after.ID, limit, o.db.momentArg())
	if err != nil {
		return nil, failed(o.db.dialect, err, "list the people of %s", institution)
	}
	var people []org.PersonRow
	for _, r := range rows {
		if n := len(people); n == 0 || people[n-1].ID != string(r.P.ID) {
			people = append(people, org.PersonRow{Person: r.P.person(), Unit: string(r.Home)})
		}
		last := &people[len(people)-1]
		if role := org.Role(r.Role); role != "" && !slices.Contains(last.Roles, role) {
			last.Roles = append(last.Roles, role)
		}
	}
	return people, nil
}

// Institutions is org.Queries's; an institution is within reach when all of it or one of its units is.
func (o Org) Institutions(ctx context.Context, r org.Reach) ([]org.Institution, error) {
	var rows []struct{ I institutionRow }
	query, args := listInstitutions(r)
	if err := all(ctx, o.db.reader(), &rows, query, args...); err != nil {
		return nil, failed(o.db.dialect, err, "list the institutions")
	}
	list := make([]org.Institution, len(rows))
	for i, r := range rows {
		list[i] = r.I.institution()
	}
	return list, nil
}
