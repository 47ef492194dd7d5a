package store

import (
	"context"
	"strconv"
	"strings"

	"zona/internal/idempotency"
	"zona/internal/org"
)

// Roster answers what imports of units, people and assignments need.
type Roster struct{ db *DB }

// Roster returns the part of the database that imports use.
func (db *DB) Roster() Roster { return Roster{db} }

var (
	_ org.RosterTransactor = Roster{}
	_ org.RosterStore      = orgStore{}
)

// InTx runs fn in one transaction; see org.Transactor.
func (r Roster) InTx(ctx context.Context, key idempotency.Key, fn func(context.Context, org.RosterStore) (string, error)) (string, bool, error) {
	return r.db.inTx(ctx, key, func(ctx context.Context, t *tx) (string, error) { return fn(ctx, orgStore{t}) })
}

// UnitsOf is org.RosterStore's.
func (s orgStore) UnitsOf(ctx context.Context, institution string) ([]org.Unit, error) {
	var rows []struct{ U unitRow }
	err := all(ctx, s.q, &rows, `SELECT `+unitColumns+` FROM unit u WHERE u.institution = $1 ORDER BY u.path`, institution)
	return rowsAs(rows, func(r struct{ U unitRow }) org.Unit { return r.U.unit() }), failed(s.dialect, err, "list the units of %s", institution)
}

// PeopleBy is org.RosterStore's: as few statements as the limits of parameters allow.
func (s orgStore) PeopleBy(ctx context.Context, logins, nips []string) ([]org.Person, error) {
	var list []org.Person
	seen := map[string]bool{}
	for _, by := range []struct {
		column string
		keys   []string
	}{{"login", logins}, {"nip", nips}} {
		for keys := by.keys; len(keys) > 0; {
			n := min(len(keys), maxParams)
			args := make([]any, n)
			var places strings.Builder
			for i, k := range keys[:n] {
				args[i] = k
				places.WriteString(", $" + strconv.Itoa(i+1))
			}
			keys = keys[n:]
			var rows []struct{ P personRow }
			err := all(ctx, s.q, &rows, `SELECT `+personColumns+` FROM person p WHERE p.`+by.column+` <> '' AND p.`+by.column+` IN (`+places.String()[2:]+`)`, args...)
			if err != nil {
				return nil, failed(s.dialect, err, "find people by %s", by.column)
			}
			for _, r := range rows {
				if p := r.P.person(); !seen[p.ID] {
					seen[p.ID] = true
					list = append(list, p)
				}
			}
		}
	}
	return list, nil
}

// AssignmentsIn is org.RosterStore's.
func (s orgStore) AssignmentsIn(ctx context.Context, institution string) ([]org.Assignment, error) {
	return s.assignments(ctx, `g.person IN (SELECT p.id FROM person p WHERE p.institution = $2)`, institution)
}

// InsertPeople is org.RosterStore's. The folded names of home units are read once rather than for each row.
func (s orgStore) InsertPeople(ctx context.Context, list []org.Person) error {
	if len(list) == 0 {
		return nil
	}
	folded := map[string]string{}
	var units []struct{ ID, Folded text }
	if err := all(ctx, s.q, &units, `SELECT id, folded FROM unit WHERE institution = $1`, list[0].Institution); err != nil {
		return failed(s.dialect, err, "read the names of units")
	}
	for _, u := range units {
		folded[string(u.ID)] = string(u.Folded)
	}
	rows := make([][]any, len(list))
	for i, p := range list {
		rows[i] = []any{
			p.ID, orNull(p.Institution), orNull(p.Unit), p.Name, fold(p.Name), p.NIP, p.Position, p.Rank, p.Email, p.Login, p.Lang,
			flag(p.Closed), p.Rev, searchText(p), folded[p.Unit],
		}
	}
	_, err := insertMany(ctx, s.q, `
		INSERT INTO person (id, institution, unit, name, folded, nip, position, rank, email, login, lang, closed, revision, search, unit_folded)`,
		"", rows)
	return failed(s.dialect, err, "insert %d people", len(list))
}

// orNull is how a reference to nothing is stored.
func orNull(id string) any {
	if id == "" {
		return nil
	}
	return id
}
