package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/huandu/go-sqlbuilder"

	"zona/internal/org"
)

// assignmentColumns are those of an assignment g with its scope resolved to today: path of its unit, units and
// institutions of its list. at is the instant as SQL.
func assignmentColumns(at string) string {
	return `g.id AS "g.id", g.person AS "g.person", g.role AS "g.role", g.scope AS "g.scope", g.institution AS "g.institution",
		g.unit AS "g.unit", (SELECT s.path FROM unit s WHERE s.id = g.unit) AS "g.path", g.kawasan AS "g.kawasan",
		g.team AS "g.team", ` + listed("id", "g.kawasan", "g.team", at) + ` AS "g.units",
		` + listed("institution", "g.kawasan", "g.team", at) + ` AS "g.over", g.from_at AS "g.from_at",
		g.until_at AS "g.until_at", g.acting AS "g.acting", g.source AS "g.source", g.delegated_by AS "g.delegated_by",
		g.reason AS "g.reason", g.revision AS "g.revision"`
}

type assignmentRow struct {
	ID, Person, Role, Scope, Institution, Unit, Path, Kawasan, Team text
	Units, Over, Acting, Source, DelegatedBy, Reason                text
	FromAt, UntilAt                                                 sql.NullInt64
	Revision                                                        count
}

func (r assignmentRow) assignment() org.Assignment {
	return org.Assignment{
		ID: string(r.ID), Person: string(r.Person), Role: org.Role(r.Role),
		Scope: org.Scope{
			Kind: org.ScopeKind(r.Scope), Institution: string(r.Institution), Unit: string(r.Unit), Path: string(r.Path),
			Kawasan: string(r.Kawasan), Team: string(r.Team), Units: ids(r.Units), Over: ids(r.Over),
		},
		From: instant(r.FromAt), Until: instant(r.UntilAt), Acting: org.Acting(r.Acting), Source: string(r.Source),
		DelegatedBy: string(r.DelegatedBy), Reason: string(r.Reason), Rev: int(r.Revision),
	}
}

// ids splits what string_agg has joined.
func ids(joined text) []string {
	if joined == "" {
		return nil
	}
	return strings.Split(string(joined), " ")
}

// assignments reads those that a condition on g selects, at the time of the transaction.
func (s orgStore) assignments(ctx context.Context, where string, args ...any) ([]org.Assignment, error) {
	var rows []struct{ G assignmentRow }
	at := s.now.UnixMilli()
	err := all(ctx, s.q, &rows, `
		SELECT `+assignmentColumns("CAST($1 AS BIGINT)")+` FROM assignment g WHERE `+where+` ORDER BY g.id`, append([]any{at}, args...)...)
	return rowsAs(rows, func(r struct{ G assignmentRow }) org.Assignment { return r.G.assignment() }), failed(s.dialect, err, "read assignments")
}

// Assignment is org.Store's.
func (s orgStore) Assignment(ctx context.Context, id string) (org.Assignment, error) {
	list, err := s.assignments(ctx, `g.id = $2`, id)
	if err == nil && len(list) == 0 {
		err = failed(s.dialect, sql.ErrNoRows, "read assignment %s", id)
	}
	if err != nil {
		return org.Assignment{}, err
	}
	return list[0], nil
}

// AssignmentsOf is org.Store's.
func (s orgStore) AssignmentsOf(ctx context.Context, person string) ([]org.Assignment, error) {
	return s.assignments(ctx, `g.person = $2`, person)
}

// DelegatedFrom is org.Store's.
func (s orgStore) DelegatedFrom(ctx context.Context, source string) ([]org.Assignment, error) {
	return s.assignments(ctx, `g.source = $2`, source)
}

// EvaluatorsOver is org.Store's; which roles evaluate is org's to say.
func (s orgStore) EvaluatorsOver(ctx context.Context, list org.Scope, at time.Time) ([]org.Assignment, error) {
	column, id := "g.kawasan", list.Kawasan
	if list.Kind == org.InTeam {
		column, id = "g.team", list.Team
	}
	return s.assignments(ctx, column+` = $2 AND (g.until_at IS NULL OR g.until_at > CAST($3 AS BIGINT))`, id, at.UnixMilli())
}

// InsertAssignment is org.Store's.
func (s orgStore) InsertAssignment(ctx context.Context, a org.Assignment) error {
	_, err := change(ctx, s.q, `
		INSERT INTO assignment (id, person, role, scope, institution, unit, kawasan, team, from_at, until_at, acting, source,
			delegated_by, reason, revision)
		VALUES ($1, $2, $3, $4, nullif($5, ''), nullif($6, ''), nullif($7, ''), nullif($8, ''), $9, $10, $11, nullif($12, ''),
			nullif($13, ''), $14, $15)`,
		a.ID, a.Person, string(a.Role), string(a.Scope.Kind), a.Scope.Institution, a.Scope.Unit, a.Scope.Kawasan, a.Scope.Team,
		millis(a.From), millis(a.Until), string(a.Acting), a.Source, a.DelegatedBy, a.Reason, a.Rev)
	return failed(s.dialect, err, "insert assignment %s", a.ID)
}

// UpdateAssignment is org.Store's.
func (s orgStore) UpdateAssignment(ctx context.Context, a org.Assignment, wasRev int) error {
	n, err := change(ctx, s.q, `
		UPDATE assignment SET from_at = $2, until_at = $3, reason = $4, revision = $5 WHERE id = $1 AND revision = $6`,
		a.ID, millis(a.From), millis(a.Until), a.Reason, wasRev+1, wasRev)
	return updated(ctx, s, n, err, "assignment", a.ID, s.Assignment)
}

// LockAdministrators is org.Store's. SQLite has one writer.
func (s orgStore) LockAdministrators(ctx context.Context) error {
	if s.dialect.lockAdministrators == "" {
		return nil
	}
	_, err := change(ctx, s.q, s.dialect.lockAdministrators)
	return failed(s.dialect, err, "lock the administrators")
}

// Administrators is org.Store's; it narrows by what the tables know, and org decides which of them count.
func (s orgStore) Administrators(ctx context.Context, institution string) ([]org.Assignment, error) {
	return s.assignments(ctx, `g.role = $2 AND g.until_at IS NULL AND g.source IS NULL
		AND (g.scope = 'instance' OR g.scope = 'institution' AND g.institution = $3)
		AND EXISTS (SELECT 1 FROM person p WHERE p.id = g.person AND p.closed = 0)`, string(org.Administrator), institution)
}

// DeleteSessionsOf is auth.Store's too: sessions end in the transaction that changes what their person may do.
func (s orgStore) DeleteSessionsOf(ctx context.Context, person string) error {
	return authStore(s).DeleteSessionsOf(ctx, person)
}

// Actor is org.Queries's; a closed person is fault.NotFound, so that a session of theirs ends with the next request.
func (o Org) Actor(ctx context.Context, person string) (org.Actor, error) {
	var rows []struct {
		ID, Name, Institution, Unit, Path, Lang, Interests text
		G                                                  assignmentRow
	}
	at := o.db.moment("$2")
	err := all(ctx, o.db.reader(), &rows, `
		SELECT p.id, p.name, p.institution, p.unit, h.path, p.lang,
			(SELECT string_agg(w.path, ' ') FROM interest n JOIN unit w ON w.id = n.unit
				WHERE n.person = p.id AND n.withdrawn_at IS NULL) AS interests,
			`+assignmentColumns(at)+`
		FROM person p
		LEFT JOIN unit h ON h.id = p.unit
		LEFT JOIN assignment g ON g.person = p.id
		WHERE p.id = $1 AND p.closed = 0
		ORDER BY g.id`, person, o.db.momentArg())
	if err == nil && len(rows) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return org.Actor{}, failed(o.db.dialect, err, "read the actor %s", person)
	}
	p := rows[0]
	a := org.Actor{
		Person: string(p.ID), Name: string(p.Name), Institution: string(p.Institution), Unit: string(p.Unit), Path: string(p.Path),
		Lang: string(p.Lang), Interests: ids(p.Interests),
	}
	for _, r := range rows {
		if r.G.ID == "" {
			break // a person without one
		}
		a.Assignments = append(a.Assignments, r.G.assignment())
	}
	return a, nil
}

// AssignmentList is org.Queries's: those that began last first, then by id.
func (o Org) AssignmentList(ctx context.Context, q org.AssignmentQuery) ([]org.AssignmentRow, error) {
	query, args := o.listAssignments(q)
	var rows []struct {
		G                                                   assignmentRow
		PersonName, PersonInstitution, PlaceName, GiverName text
		PersonClosed                                        count
		Sort                                                text
	}
	if err := all(ctx, o.db.reader(), &rows, query, args...); err != nil {
		return nil, failed(o.db.dialect, err, "list assignments")
	}
	list := make([]org.AssignmentRow, len(rows))
	for i, r := range rows {
		list[i] = org.AssignmentRow{
			Assignment: r.G.assignment(), PersonName: string(r.PersonName), PersonInstitution: string(r.PersonInstitution), PersonClosed: r.PersonClosed == 1,
			ScopeName: string(r.PlaceName), GiverName: string(r.GiverName), After: org.Cursor{Sort: string(r.Sort), ID: string(r.G.ID)},
		}
	}
	return list, nil
}

func (o Org) listAssignments(q org.AssignmentQuery) (query string, args []any) {
	b := newSelect()
	now := o.db.moment(b.Var(o.db.momentArg()))
	b.Select(assignmentColumns(now), "p.name AS person_name", "p.institution AS person_institution", "p.closed AS person_closed", "d.name AS giver_name",
		"coalesce(u.name, k.name, t.name, i.name) AS place_name", "CAST(coalesce(g.from_at, 0) AS TEXT) AS sort").
		From("assignment g").Join("person p", "p.id = g.person").
		JoinWithOption(sqlbuilder.LeftJoin, "person d", "d.id = g.delegated_by").
		JoinWithOption(sqlbuilder.LeftJoin, "unit u", "u.id = g.unit").
		JoinWithOption(sqlbuilder.LeftJoin, "kawasan k", "k.id = g.kawasan").
		JoinWithOption(sqlbuilder.LeftJoin, "team t", "t.id = g.team").
		JoinWithOption(sqlbuilder.LeftJoin, "institution i", "i.id = g.institution").
		OrderBy("g.from_at DESC", "g.id DESC").Limit(q.Limit)
	switch {
	case q.Person != "":
		b.Where(b.Equal("g.person", q.Person))
	case q.Unit != "":
		b.Where(reaching(b, q.Unit, now))
	case q.Institution != "":
		b.Where(b.Equal("g.institution", q.Institution))
	default:
		b.Where("g.institution IS NULL")
	}
	if q.Role != "" {
		b.Where(b.Equal("g.role", string(q.Role)))
	}
	switch q.When {
	case org.Now:
		b.Where("g.from_at <= "+now, "(g.until_at IS NULL OR g.until_at > "+now+")")
	case org.Past:
		b.Where("g.until_at <= " + now)
	case org.Future:
		b.Where("g.from_at > "+now, "(g.until_at IS NULL OR g.until_at > g.from_at)")
	}
	if q.After != (org.Cursor{}) {
		b.Where("(g.from_at, g.id) < (CAST(" + b.Var(q.After.Sort) + " AS BIGINT), " + b.Var(q.After.ID) + ")")
	}
	return b.Build()
}

// reaching is the condition that an assignment g reaches a unit today. Each way of reaching has an index of its own.
func reaching(b *sqlbuilder.SelectBuilder, unit, now string) string {
	id := b.Var(unit)
	ways := []string{
		"x.scope = 'instance'",
		"x.scope = 'institution' AND x.institution = (SELECT u.institution FROM unit u WHERE u.id = " + id + ")",
		"x.scope = 'unit' AND x.unit = " + id,
		`x.scope = 'subtree' AND x.unit IN (WITH RECURSIVE up (id, parent) AS (
			SELECT u.id, u.parent FROM unit u WHERE u.id = ` + id + ` UNION ALL SELECT v.id, v.parent FROM up JOIN unit v ON v.id = up.parent) SELECT up.id FROM up)`,
		`x.kawasan IN (SELECT n.kawasan FROM kawasan_unit n JOIN kawasan c ON c.id = n.kawasan AND c.closed_at IS NULL
			WHERE n.unit = ` + id + ` AND n.from_at <= ` + now + ` AND (n.until_at IS NULL OR n.until_at > ` + now + `))`,
		"x.team IN (SELECT n.team FROM team_unit n JOIN team c ON c.id = n.team AND c.closed_at IS NULL WHERE n.unit = " + id + ")",
	}
	const from = "SELECT x.id FROM assignment x WHERE "
	return "g.id IN (" + from + strings.Join(ways, " UNION ALL "+from) + ")"
}
