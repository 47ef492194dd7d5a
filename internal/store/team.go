package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"zona/internal/org"
)

type kawasanRow struct {
	ID, Institution, Name text
	ClosedAt              sql.NullInt64
	Revision              count
}

func (r kawasanRow) kawasan() org.Kawasan {
	return org.Kawasan{
		ID: string(r.ID), Institution: string(r.Institution), Name: string(r.Name), Closed: instant(r.ClosedAt), Rev: int(r.Revision),
	}
}

const kawasanColumns = `k.id, k.institution, k.name, k.closed_at, k.revision`

func kawasanByID(ctx context.Context, d dialect, q queryer, id string) (org.Kawasan, error) {
	var r kawasanRow
	err := one(ctx, q, &r, `SELECT `+kawasanColumns+` FROM kawasan k WHERE k.id = $1`, id)
	return r.kawasan(), failed(d, err, "read kawasan %s", id)
}

// Kawasan is org.Store's.
func (s orgStore) Kawasan(ctx context.Context, id string) (org.Kawasan, error) {
	return kawasanByID(ctx, s.dialect, s.q, id)
}

// InsertKawasan is org.Store's.
func (s orgStore) InsertKawasan(ctx context.Context, k org.Kawasan) error {
	_, err := change(ctx, s.q, `
		INSERT INTO kawasan (id, institution, name, folded, closed_at, revision) VALUES ($1, nullif($2, ''), $3, $4, $5, $6)`,
		k.ID, k.Institution, k.Name, fold(k.Name), millis(k.Closed), k.Rev)
	return failed(s.dialect, err, "insert kawasan %s", k.ID)
}

// UpdateKawasan is org.Store's.
func (s orgStore) UpdateKawasan(ctx context.Context, k org.Kawasan, wasRev int) error {
	n, err := change(ctx, s.q, `
		UPDATE kawasan SET name = $2, folded = $3, closed_at = $4, revision = $5 WHERE id = $1 AND revision = $6`,
		k.ID, k.Name, fold(k.Name), millis(k.Closed), wasRev+1, wasRev)
	return updated(ctx, s, n, err, "kawasan", k.ID, s.Kawasan)
}

// AddKawasanUnit is org.Store's. A unit that leaves and comes back within a millisecond is taken for one that stayed.
func (s orgStore) AddKawasanUnit(ctx context.Context, kawasan, unit string, from time.Time) (bool, error) {
	there, err := exists(ctx, s.dialect, s.q, `SELECT 1 FROM kawasan_unit WHERE kawasan = $1 AND unit = $2 AND until_at IS NULL`, kawasan, unit)
	if err != nil || there {
		return false, err
	}
	_, err = change(ctx, s.q, `
		INSERT INTO kawasan_unit (kawasan, unit, from_at) VALUES ($1, $2, $3)
		ON CONFLICT (kawasan, unit, from_at) DO UPDATE SET until_at = NULL`, kawasan, unit, from.UnixMilli())
	return err == nil, failed(s.dialect, err, "add unit %s to kawasan %s", unit, kawasan)
}

// EndKawasanUnit is org.Store's.
func (s orgStore) EndKawasanUnit(ctx context.Context, kawasan, unit string, until time.Time) (bool, error) {
	n, err := change(ctx, s.q, `UPDATE kawasan_unit SET until_at = $3 WHERE kawasan = $1 AND unit = $2 AND until_at IS NULL`,
		kawasan, unit, until.UnixMilli())
	return n > 0, failed(s.dialect, err, "take unit %s from kawasan %s", unit, kawasan)
}

type teamRow struct {
	ID, Institution, Name, Kind text
	ClosedAt                    sql.NullInt64
	Revision                    count
}

func (r teamRow) team() org.Team {
	return org.Team{
		ID: string(r.ID), Institution: string(r.Institution), Name: string(r.Name), Kind: org.TeamKind(r.Kind),
		Closed: instant(r.ClosedAt), Rev: int(r.Revision),
	}
}

const teamColumns = `t.id, t.institution, t.name, t.kind, t.closed_at, t.revision`

func teamByID(ctx context.Context, d dialect, q queryer, id string) (org.Team, error) {
	var r teamRow
	err := one(ctx, q, &r, `SELECT `+teamColumns+` FROM team t WHERE t.id = $1`, id)
	return r.team(), failed(d, err, "read team %s", id)
}

// Team is org.Store's.
func (s orgStore) Team(ctx context.Context, id string) (org.Team, error) {
	return teamByID(ctx, s.dialect, s.q, id)
}

// InsertTeam is org.Store's.
func (s orgStore) InsertTeam(ctx context.Context, t org.Team) error {
	_, err := change(ctx, s.q, `
		INSERT INTO team (id, institution, name, folded, kind, closed_at, revision) VALUES ($1, nullif($2, ''), $3, $4, $5, $6, $7)`,
		t.ID, t.Institution, t.Name, fold(t.Name), string(t.Kind), millis(t.Closed), t.Rev)
	return failed(s.dialect, err, "insert team %s", t.ID)
}

// UpdateTeam is org.Store's.
func (s orgStore) UpdateTeam(ctx context.Context, t org.Team, wasRev int) error {
	n, err := change(ctx, s.q, `
		UPDATE team SET name = $2, folded = $3, closed_at = $4, revision = $5 WHERE id = $1 AND revision = $6`,
		t.ID, t.Name, fold(t.Name), millis(t.Closed), wasRev+1, wasRev)
	return updated(ctx, s, n, err, "team", t.ID, s.Team)
}

// AddTeamUnit is org.Store's.
func (s orgStore) AddTeamUnit(ctx context.Context, team, unit string) (bool, error) {
	n, err := change(ctx, s.q, `INSERT INTO team_unit (team, unit) VALUES ($1, $2) ON CONFLICT (team, unit) DO NOTHING`, team, unit)
	return n > 0, failed(s.dialect, err, "give unit %s to team %s", unit, team)
}

// RemoveTeamUnit is org.Store's.
func (s orgStore) RemoveTeamUnit(ctx context.Context, team, unit string) (bool, error) {
	n, err := change(ctx, s.q, `DELETE FROM team_unit WHERE team = $1 AND unit = $2`, team, unit)
	return n > 0, failed(s.dialect, err, "take unit %s from team %s", unit, team)
}

// listed is SQL for a text: the ids of the units (of = "id") of an open kawasan or team, or of their institutions (of =
// "institution"), each once and in order, with a blank between, which no id has. at is the instant as SQL.
func listed(of, kawasan, team, at string) string {
	return `(SELECT string_agg(listed.id, ' ' ORDER BY listed.id) FROM (
			SELECT DISTINCT m.` + of + ` AS id FROM kawasan_unit n
			JOIN kawasan c ON c.id = n.kawasan AND c.closed_at IS NULL JOIN unit m ON m.id = n.unit
			WHERE n.kawasan = ` + kawasan + ` AND n.from_at <= ` + at + ` AND (n.until_at IS NULL OR n.until_at > ` + at + `)
			UNION
			SELECT DISTINCT m.` + of + ` FROM team_unit n
			JOIN team c ON c.id = n.team AND c.closed_at IS NULL JOIN unit m ON m.id = n.unit WHERE n.team = ` + team + `
		) listed)`
}

// Resolve is org.Store's.
func (s orgStore) Resolve(ctx context.Context, scope org.Scope) (org.Scope, error) {
	var r struct{ Units, Over text }
	at := "CAST($3 AS BIGINT)"
	err := one(ctx, s.q, &r, `SELECT `+listed("id", "$1", "$2", at)+` AS units, `+listed("institution", "$1", "$2", at)+` AS over`,
		scope.Kawasan, scope.Team, s.now.UnixMilli())
	scope.Units, scope.Over = strings.Fields(string(r.Units)), strings.Fields(string(r.Over))
	return scope, failed(s.dialect, err, "resolve a scope over %s%s", scope.Kawasan, scope.Team)
}

// led is the condition that an institution leads it, "" for the instance.
func led(column, institution string) string {
	if institution == "" {
		return column + " IS NULL AND $1 = ''"
	}
	return column + " = $1"
}

// Kawasan is org.Queries's.
func (o Org) Kawasan(ctx context.Context, institution string) ([]org.Kawasan, error) {
	var rows []kawasanRow
	err := all(ctx, o.db.reader(), &rows, `
		SELECT `+kawasanColumns+` FROM kawasan k WHERE `+led("k.institution", institution)+`
		ORDER BY CASE WHEN k.closed_at IS NULL THEN 0 ELSE 1 END, k.folded, k.id`, institution)
	return rowsAs(rows, kawasanRow.kawasan), failed(o.db.dialect, err, "list the kawasan of %q", institution)
}

// KawasanUnits is org.Queries's.
func (o Org) KawasanUnits(ctx context.Context, kawasan string) (org.Kawasan, []org.KawasanUnit, error) {
	k, err := kawasanByID(ctx, o.db.dialect, o.db.reader(), kawasan)
	if err != nil {
		return org.Kawasan{}, nil, err
	}
	var rows []struct {
		U       unitRow
		FromAt  sql.NullInt64
		UntilAt sql.NullInt64
	}
	err = all(ctx, o.db.reader(), &rows, `
		SELECT `+unitColumns+`, n.from_at, n.until_at FROM kawasan_unit n JOIN unit u ON u.id = n.unit
		WHERE n.kawasan = $1 ORDER BY u.folded, u.id, n.from_at`, kawasan)
	list := make([]org.KawasanUnit, len(rows))
	for i, r := range rows {
		list[i] = org.KawasanUnit{Kawasan: k.ID, Unit: r.U.unit(), From: instant(r.FromAt), Until: instant(r.UntilAt)}
	}
	return k, list, failed(o.db.dialect, err, "list the units of kawasan %s", kawasan)
}

// Teams is org.Queries's.
func (o Org) Teams(ctx context.Context, institution string) ([]org.Team, error) {
	var rows []teamRow
	err := all(ctx, o.db.reader(), &rows, `
		SELECT `+teamColumns+` FROM team t WHERE `+led("t.institution", institution)+`
		ORDER BY CASE WHEN t.closed_at IS NULL THEN 0 ELSE 1 END, t.folded, t.id`, institution)
	return rowsAs(rows, teamRow.team), failed(o.db.dialect, err, "list the teams of %q", institution)
}

// TeamUnits is org.Queries's.
func (o Org) TeamUnits(ctx context.Context, team string) (org.Team, []org.Unit, error) {
	t, err := teamByID(ctx, o.db.dialect, o.db.reader(), team)
	if err != nil {
		return org.Team{}, nil, err
	}
	var rows []struct{ U unitRow }
	err = all(ctx, o.db.reader(), &rows, `
		SELECT `+unitColumns+` FROM team_unit n JOIN unit u ON u.id = n.unit WHERE n.team = $1 ORDER BY u.folded, u.id`, team)
	return t, rowsAs(rows, func(r struct{ U unitRow }) org.Unit { return r.U.unit() }), failed(o.db.dialect, err, "list the units of team %s", team)
}
