package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/huandu/go-sqlbuilder"

	"zona/internal/org"
)

// The columns of a unit u.
const unitColumns = `u.id AS "u.id", u.institution AS "u.institution", u.parent AS "u.parent", u.path AS "u.path",
		u.name AS "u.name", u.code AS "u.code", u.kind AS "u.kind", u.services AS "u.services",
		u.public_facing AS "u.public_facing", u.function AS "u.function", u.opened_at AS "u.opened_at",
		u.closed_at AS "u.closed_at", u.close_reason AS "u.close_reason", u.revision AS "u.revision"`

type unitRow struct {
	ID, Institution, Parent, Path, Name, Code, Kind, Function, CloseReason text
	Services                                                               services
	PublicFacing, Revision                                                 count
	OpenedAt, ClosedAt                                                     sql.NullInt64
}

// services is a list of texts in JSON; NULL is none.
type services []string

// Scan accepts what both drivers deliver for text.
func (s *services) Scan(src any) error {
	var raw sql.NullString
	if err := raw.Scan(src); err != nil {
		return err
	}
	*s = nil
	if raw.String == "" || raw.String == "[]" {
		return nil
	}
	if err := json.Unmarshal([]byte(raw.String), (*[]string)(s)); err != nil {
		return fmt.Errorf("read the stored services of a unit: %w", err)
	}
	return nil
}

func (r unitRow) unit() org.Unit {
	return org.Unit{
		ID: string(r.ID), Institution: string(r.Institution), Parent: string(r.Parent), Path: string(r.Path),
		Name: string(r.Name), Code: string(r.Code), Kind: org.UnitKind(r.Kind), Services: r.Services,
		PublicFacing: r.PublicFacing == 1, Function: org.UnitFunction(r.Function), Opened: instant(r.OpenedAt),
		Closed: instant(r.ClosedAt), CloseReason: string(r.CloseReason), Rev: int(r.Revision),
	}
}

func unitByID(ctx context.Context, d dialect, q queryer, id string) (org.Unit, error) {
	var r struct{ U unitRow }
	err := one(ctx, q, &r, `SELECT `+unitColumns+` FROM unit u WHERE u.id = $1`, id)
	return r.U.unit(), failed(d, err, "read unit %s", id)
}

// Unit is org.Store's.
func (s orgStore) Unit(ctx context.Context, id string) (org.Unit, error) {
	return unitByID(ctx, s.dialect, s.q, id)
}

// servicesOf is the list as it is stored.
func servicesOf(u org.Unit) (string, error) {
	if len(u.Services) == 0 {
		return "[]", nil
	}
	return asJSON(u.Services)
}

// InsertUnit is org.Store's. A unit of no kind is a plain one.
func (s orgStore) InsertUnit(ctx context.Context, u org.Unit) error {
	services, err := servicesOf(u)
	if err != nil {
		return err
	}
	if u.Kind == "" {
		u.Kind = org.PlainUnit
	}
	_, err = change(ctx, s.q, `
		INSERT INTO unit (id, institution, parent, path, name, folded, code, kind, services, public_facing, function, opened_at,
			closed_at, close_reason, revision)
		VALUES ($1, $2, nullif($3, ''), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		u.ID, u.Institution, u.Parent, u.Path, u.Name, fold(u.Name), u.Code, string(u.Kind), services, flag(u.PublicFacing),
		string(u.Function), millis(u.Opened), millis(u.Closed), u.CloseReason, u.Rev)
	if err != nil {
		return failed(s.dialect, err, "insert unit %s", u.ID)
	}
	since := s.now
	if !u.Opened.IsZero() && u.Opened.Before(since) {
		since = u.Opened
	}
	return s.remember(ctx, u, since)
}

// remember notes in the unit's history what it is called and where it stands from an instant on.
func (s orgStore) remember(ctx context.Context, u org.Unit, since time.Time) error {
	_, err := change(ctx, s.q, `
		INSERT INTO unit_history (unit, since_at, name, code, parent, closed) VALUES ($1, $2, $3, $4, nullif($5, ''), $6)
		ON CONFLICT (unit, since_at) DO UPDATE SET name = excluded.name, code = excluded.code, parent = excluded.parent,
			closed = excluded.closed`,
		u.ID, since.UnixMilli(), u.Name, u.Code, u.Parent, flag(!u.Closed.IsZero()))
	return failed(s.dialect, err, "remember the history of unit %s", u.ID)
}

// UpdateUnit is org.Store's. The people at home in it repeat its name for the order of their list.
func (s orgStore) UpdateUnit(ctx context.Context, u org.Unit, wasRev int) error {
	services, err := servicesOf(u)
	if err != nil {
		return err
	}
	n, err := change(ctx, s.q, `
		UPDATE unit SET name = $2, folded = $3, code = $4, kind = $5, services = $6, public_facing = $7, function = $8,
			opened_at = $9, closed_at = $10, close_reason = $11, revision = $12
		WHERE id = $1 AND revision = $13`,
		u.ID, u.Name, fold(u.Name), u.Code, string(u.Kind), services, flag(u.PublicFacing), string(u.Function), millis(u.Opened),
		millis(u.Closed), u.CloseReason, wasRev+1, wasRev)
	if err := updated(ctx, s, n, err, "unit", u.ID, s.Unit); err != nil {
		return err
	}
	if _, err := change(ctx, s.q, `UPDATE person SET unit_folded = $2 WHERE unit = $1 AND unit_folded <> $2`, u.ID, fold(u.Name)); err != nil {
		return failed(s.dialect, err, "put the people of unit %s in order", u.ID)
	}
	return s.remember(ctx, u, s.now)
}

// MoveUnit is org.Store's: one statement for the unit, one for all paths that begin with the old one.
func (s orgStore) MoveUnit(ctx context.Context, was, now org.Unit, wasRev int) error {
	n, err := change(ctx, s.q, `UPDATE unit SET parent = nullif($2, ''), revision = $3 WHERE id = $1 AND revision = $4`,
		now.ID, now.Parent, wasRev+1, wasRev)
	if err := updated(ctx, s, n, err, "unit", now.ID, s.Unit); err != nil {
		return err
	}
	from, to, ok := subtree(was.Path)
	if !ok {
		return fmt.Errorf("move unit %s: %q is no path", was.ID, was.Path)
	}
	_, err = change(ctx, s.q, `
		UPDATE unit SET path = CAST($1 AS TEXT) || substr(path, CAST($2 AS INTEGER)) WHERE path >= $3 AND path < $4`,
		now.Path, len(was.Path)+1, from, to)
	if err != nil {
		return failed(s.dialect, err, "move what is below unit %s", now.ID)
	}
	return s.remember(ctx, now, s.now)
}

// Deepest is org.Store's: the signs "/" in a path count its levels.
func (s orgStore) Deepest(ctx context.Context, top org.Unit) (int, error) {
	from, to, _ := subtree(top.Path)
	var n count
	err := one(ctx, s.q, &n, `SELECT max(length(path) - length(replace(path, '/', ''))) - 1 FROM unit WHERE path >= $1 AND path < $2`, from, to)
	return int(n), failed(s.dialect, err, "measure the tree below unit %s", top.ID)
}

// HasOpenChildren is org.Store's.
func (s orgStore) HasOpenChildren(ctx context.Context, unit string) (bool, error) {
	return exists(ctx, s.dialect, s.q, `SELECT 1 FROM unit WHERE parent = $1 AND closed_at IS NULL`, unit)
}

// AnyUnit is org.Store's.
func (s orgStore) AnyUnit(ctx context.Context, reaches ...org.Reach) (bool, error) {
	b := newSelect()
	b.Select("1").From("unit u")
	for _, r := range reaches {
		b.Where(within(b, r))
	}
	query, args := b.Build()
	return exists(ctx, s.dialect, s.q, query, args...)
}

// exists reports whether a query has a row.
func exists(ctx context.Context, d dialect, q queryer, query string, args ...any) (bool, error) {
	var found []int
	err := all(ctx, q, &found, query+` LIMIT 1`, args...)
	return len(found) > 0, failed(d, err, "look for a row")
}

// Unit is org.Queries's.
func (o Org) Unit(ctx context.Context, id string) (org.Unit, error) {
	return unitByID(ctx, o.db.dialect, o.db.reader(), id)
}

type unitStateRow struct {
	Unit, Name, Code, Parent, ParentName text
	Since, Closed                        count
}

func (r unitStateRow) state() org.UnitState {
	return org.UnitState{
		Unit: string(r.Unit), Since: time.UnixMilli(int64(r.Since)).UTC(), Name: string(r.Name), Code: string(r.Code),
		Parent: string(r.Parent), ParentName: string(r.ParentName), Closed: r.Closed == 1,
	}
}

// heldAt is the beginning of the state of a unit that held at an instant, else the first that is known.
func heldAt(unit, at string) string {
	return `coalesce((SELECT max(x.since_at) FROM unit_history x WHERE x.unit = ` + unit + ` AND x.since_at <= ` + at + `),
		(SELECT min(x.since_at) FROM unit_history x WHERE x.unit = ` + unit + `))`
}

// UnitHistory is org.Queries's.
func (o Org) UnitHistory(ctx context.Context, unit string) ([]org.UnitState, error) {
	var rows []unitStateRow
	err := all(ctx, o.db.reader(), &rows, `
		SELECT h.unit, h.since_at AS since, h.name, h.code, h.parent, h.closed, o.name AS parent_name
		FROM unit_history h LEFT JOIN unit_history o ON o.unit = h.parent AND o.since_at = `+heldAt("h.parent", "h.since_at")+`
		WHERE h.unit = $1 ORDER BY h.since_at DESC`, unit)
	return rowsAs(rows, unitStateRow.state), failed(o.db.dialect, err, "read the history of unit %s", unit)
}

// UnitAt is org.Queries's. The level ends a walk that a damaged tree would make endless.
func (o Org) UnitAt(ctx context.Context, unit string, at time.Time) ([]org.UnitState, error) {
	var rows []struct {
		unitStateRow
		Level count
	}
	err := all(ctx, o.db.reader(), &rows, `
		WITH RECURSIVE above AS (
			SELECT h.unit, h.since_at, h.name, h.code, h.parent, h.closed, 0 AS level FROM unit_history h
			WHERE h.unit = $1 AND h.since_at = `+heldAt("h.unit", "CAST($2 AS BIGINT)")+`
			UNION ALL
			SELECT h.unit, h.since_at, h.name, h.code, h.parent, h.closed, a.level + 1
			FROM above a JOIN unit_history h ON h.unit = a.parent AND h.since_at = `+heldAt("h.unit", "CAST($2 AS BIGINT)")+`
			WHERE a.level < 100
		)
		SELECT a.unit, a.since_at AS since, a.name, a.code, a.parent, a.closed, '' AS parent_name, a.level
		FROM above a ORDER BY a.level`, unit, at.UnixMilli())
	if err == nil && len(rows) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return nil, failed(o.db.dialect, err, "read unit %s as of %s", unit, at)
	}
	list := make([]org.UnitState, len(rows))
	for i, r := range rows {
		list[i] = r.state()
		if i > 0 {
			list[i-1].ParentName = list[i].Name
		}
	}
	return list, nil
}

// UnitList is org.Queries's.
func (o Org) UnitList(ctx context.Context, r org.Reach, q org.UnitQuery) ([]org.UnitRow, error) {
	query, args := o.unitList(r, q)
	var rows []struct {
		U                unitRow
		ParentName, Sort text
		Below, Home      count
	}
	if err := all(ctx, o.db.reader(), &rows, query, args...); err != nil {
		return nil, failed(o.db.dialect, err, "list the units of %s", q.Institution)
	}
	list := make([]org.UnitRow, len(rows))
	for i, row := range rows {
		list[i] = org.UnitRow{
			Unit: row.U.unit(), ParentName: string(row.ParentName), Children: int(row.Below), People: int(row.Home),
			After: org.Cursor{Sort: string(row.Sort), ID: string(row.U.ID)},
		}
	}
	return list, nil
}

// unitList takes a page first and counts for its rows only.
func (o Org) unitList(r org.Reach, q org.UnitQuery) (query string, args []any) {
	sort := map[org.UnitSort]string{org.UnitsByCode: "u.code"}[q.Sort]
	if sort == "" {
		sort = "u.folded"
	}
	b := newSelect()
	below := newSelect()
	below.Select("count(*)").From("unit n")
	below.Where("n.parent = u.id", withinAs(below, "n", r))
	b.Select(unitColumns, sort+" AS sort", "o.name AS parent_name", b.BuilderAs(below, "below"),
		"(SELECT count(*) FROM person p WHERE p.unit = u.id AND p.closed = 0) AS home").
		From("unit u").JoinWithOption(sqlbuilder.LeftJoin, "unit o", "o.id = u.parent").
		Where(b.Equal("u.institution", q.Institution), within(b, r), fmt.Sprintf("(%s, u.id) > (%s, %s)", sort, b.Var(q.After.Sort), b.Var(q.After.ID))).
		OrderBy(sort, "u.id").Limit(q.Limit)
	if q.Children && q.Parent == "" {
		b.Where("u.parent IS NULL")
	} else if q.Children {
		b.Where(b.Equal("u.parent", q.Parent))
	}
	if q.Search != "" {
		part := b.Var(contains(q.Search))
		b.Where(`(u.folded LIKE ` + part + ` ESCAPE '\' OR lower(u.code) LIKE ` + part + ` ESCAPE '\')`)
	}
	if q.Kind != "" {
		b.Where(b.Equal("u.kind", string(q.Kind)))
	}
	if q.Headless {
		b.Where("u.closed_at IS NULL", headless(b.Var(string(org.UnitHead)), o.db.moment(b.Var(o.db.momentArg()))))
	}
	switch q.Open {
	case org.OnlyOpen:
		b.Where("u.closed_at IS NULL")
	case org.OnlyClosed:
		b.Where("u.closed_at IS NOT NULL")
	}
	return b.Build()
}
