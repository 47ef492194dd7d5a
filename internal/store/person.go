package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/huandu/go-sqlbuilder"

	"zona/internal/org"
)

// The columns of a person p.
const personColumns = `p.id AS "p.id", p.institution AS "p.institution", p.unit AS "p.unit", p.name AS "p.name",
		p.nip AS "p.nip", p.position AS "p.position", p.rank AS "p.rank", p.email AS "p.email", p.login AS "p.login",
		p.lang AS "p.lang", p.closed AS "p.closed", p.revision AS "p.revision"`

type personRow struct {
	ID, Institution, Unit, Name, NIP, Position, Rank, Email, Login, Lang text
	Closed, Revision                                                     count
}

func (r personRow) person() org.Person {
	return org.Person{
		ID: string(r.ID), Institution: string(r.Institution), Unit: string(r.Unit), Name: string(r.Name), NIP: string(r.NIP),
		Position: string(r.Position), Rank: string(r.Rank), Email: string(r.Email), Login: string(r.Login), Lang: string(r.Lang),
		Closed: r.Closed == 1, Rev: int(r.Revision),
	}
}

func personByID(ctx context.Context, d dialect, q queryer, id string) (org.Person, error) {
	var r struct{ P personRow }
	err := one(ctx, q, &r, `SELECT `+personColumns+` FROM person p WHERE p.id = $1`, id)
	return r.P.person(), failed(d, err, "read person %s", id)
}

// PersonByLogin returns the person with this login, closed or not; fault.NotFound when nobody has it.
func (o Org) PersonByLogin(ctx context.Context, login string) (org.Person, error) {
	var id string
	if err := one(ctx, o.db.reader(), &id, `SELECT id FROM person WHERE login = $1`, login); err != nil {
		return org.Person{}, failed(o.db.dialect, err, "find a login")
	}
	return o.Person(ctx, id)
}

// Person is org.Store's.
func (s orgStore) Person(ctx context.Context, id string) (org.Person, error) {
	return personByID(ctx, s.dialect, s.q, id)
}

// NIPTaken is org.Store's.
func (s orgStore) NIPTaken(ctx context.Context, nip, except string) (bool, error) {
	return exists(ctx, s.dialect, s.q, `SELECT 1 FROM person WHERE nip = $1 AND nip <> '' AND id <> $2`, nip, except)
}

// searchText is what a person is found by.
func searchText(p org.Person) string {
	return strings.Join([]string{fold(p.Name), p.NIP, p.Login, fold(p.Email)}, "|")
}

// homeFolded is the folded name of a person's home unit, as SQL with the unit's parameter.
func homeFolded(unit string) string {
	return `coalesce((SELECT h.folded FROM unit h WHERE h.id = ` + unit + `), '')`
}

// InsertPerson is org.Store's.
func (s orgStore) InsertPerson(ctx context.Context, p org.Person) error {
	_, err := change(ctx, s.q, `
		INSERT INTO person (id, institution, unit, name, folded, nip, position, rank, email, login, lang, closed, revision, search, unit_folded)
		VALUES ($1, nullif($2, ''), nullif($3, ''), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, `+homeFolded("$3")+`)`,
		p.ID, p.Institution, p.Unit, p.Name, fold(p.Name), p.NIP, p.Position, p.Rank, p.Email, p.Login, p.Lang, flag(p.Closed),
		p.Rev, searchText(p))
	return failed(s.dialect, err, "insert person %s", p.ID)
}

// UpdatePerson is org.Store's.
func (s orgStore) UpdatePerson(ctx context.Context, p org.Person, wasRev int) error {
	n, err := change(ctx, s.q, `
		UPDATE person SET institution = nullif($2, ''), unit = nullif($3, ''), name = $4, folded = $5, nip = $6, position = $7,
			rank = $8, email = $9, login = $10, lang = $11, closed = $12, revision = $13, search = $14, unit_folded = `+homeFolded("$3")+`
		WHERE id = $1 AND revision = $15`,
		p.ID, p.Institution, p.Unit, p.Name, fold(p.Name), p.NIP, p.Position, p.Rank, p.Email, p.Login, p.Lang, flag(p.Closed),
		wasRev+1, searchText(p), wasRev)
	return updated(ctx, s, n, err, "person", p.ID, s.Person)
}

type interestRow struct {
	ID, Person, Unit, UnitName, Path, Text, DeclaredBy, WithdrawnBy text
	DeclaredAt, WithdrawnAt                                         sql.NullInt64
}

func (r interestRow) interest() org.Interest {
	return org.Interest{
		ID: string(r.ID), Person: string(r.Person), Unit: string(r.Unit), UnitName: string(r.UnitName), Path: string(r.Path),
		Text: string(r.Text), Declared: instant(r.DeclaredAt), DeclaredBy: string(r.DeclaredBy), Withdrawn: instant(r.WithdrawnAt),
		WithdrawnBy: string(r.WithdrawnBy),
	}
}

const selectInterests = `
	SELECT n.id, n.person, n.unit, u.name AS unit_name, u.path, n.text, n.declared_at, n.declared_by, n.withdrawn_at, n.withdrawn_by
	FROM interest n JOIN unit u ON u.id = n.unit`

// Interest is org.Store's.
func (s orgStore) Interest(ctx context.Context, id string) (org.Interest, error) {
	var r interestRow
	err := one(ctx, s.q, &r, selectInterests+` WHERE n.id = $1`, id)
	return r.interest(), failed(s.dialect, err, "read interest %s", id)
}

func interestsOf(ctx context.Context, d dialect, q queryer, person string) ([]org.Interest, error) {
	var rows []interestRow
	err := all(ctx, q, &rows, selectInterests+`
		WHERE n.person = $1 ORDER BY CASE WHEN n.withdrawn_at IS NULL THEN 0 ELSE 1 END, n.declared_at DESC, n.id`, person)
	return rowsAs(rows, interestRow.interest), failed(d, err, "list the interests of %s", person)
}

// Interests is org.Store's.
func (s orgStore) Interests(ctx context.Context, person string) ([]org.Interest, error) {
	return interestsOf(ctx, s.dialect, s.q, person)
}

// InsertInterest is org.Store's.
func (s orgStore) InsertInterest(ctx context.Context, n org.Interest) error {
	_, err := change(ctx, s.q, `
		INSERT INTO interest (id, person, unit, text, declared_at, declared_by, withdrawn_at, withdrawn_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		n.ID, n.Person, n.Unit, n.Text, millis(n.Declared), n.DeclaredBy, millis(n.Withdrawn), n.WithdrawnBy)
	return failed(s.dialect, err, "insert interest %s", n.ID)
}

// WithdrawInterest is org.Store's.
func (s orgStore) WithdrawInterest(ctx context.Context, id, by string, at time.Time) error {
	_, err := change(ctx, s.q, `UPDATE interest SET withdrawn_at = $2, withdrawn_by = $3 WHERE id = $1 AND withdrawn_at IS NULL`,
		id, at.UnixMilli(), by)
	return failed(s.dialect, err, "withdraw interest %s", id)
}

// Person is org.Queries's.
func (o Org) Person(ctx context.Context, id string) (org.Person, error) {
	return personByID(ctx, o.db.dialect, o.db.reader(), id)
}

// Interests is org.Queries's.
func (o Org) Interests(ctx context.Context, person string) ([]org.Interest, error) {
	return interestsOf(ctx, o.db.dialect, o.db.reader(), person)
}

// personOrder is the columns that a list of people is sorted by, before the id.
func personOrder(s org.PersonSort) []string {
	switch s {
	case org.PeopleByUnit:
		return []string{"p.unit_folded", "p.folded"}
	case org.PeopleByNIP:
		return []string{"p.nip"}
	default:
		return []string{"p.folded"}
	}
}

// People is org.Queries's; Roles are those held now. A page is found in an index, and only its rows are read.
func (o Org) People(ctx context.Context, q org.PersonQuery) ([]org.PersonRow, error) {
	few, err := o.fewPeople(ctx, q)
	if err != nil {
		return nil, err
	}
	query, args := o.listPeople(q, few)
	var rows []struct {
		P                                 personRow
		Home, HomeCode, Roles, Sort, Next text
	}
	if err := all(ctx, o.db.reader(), &rows, query, args...); err != nil {
		return nil, failed(o.db.dialect, err, "list the people of %s", q.Institution)
	}
	list := make([]org.PersonRow, len(rows))
	for i, r := range rows {
		list[i] = org.PersonRow{
			Person: r.P.person(), Unit: string(r.Home), UnitCode: string(r.HomeCode),
			After: org.Cursor{Sort: string(r.Sort), Then: string(r.Next), ID: string(r.P.ID)},
		}
		for _, role := range ids(r.Roles) {
			list[i].Roles = append(list[i].Roles, org.Role(role))
		}
	}
	return list, nil
}

// A filter with fewer hits than this is where a list begins, one with more is asked of each person in the order of the
// list: neither database keeps figures that would let it choose by itself.
const fewHits = 2000

// fewPeople is the filter with few hits, as SQL for their ids with one parameter, or nothing.
type fewPeople struct {
	sql string
	arg any
}

func (o Org) fewPeople(ctx context.Context, q org.PersonQuery) (fewPeople, error) {
	var probe string
	var f fewPeople
	switch {
	case q.Role != "":
		probe = `SELECT 1 FROM assignment g WHERE g.role = $1`
		f = fewPeople{`SELECT DISTINCT g.person AS id FROM assignment g WHERE g.role = %s`, string(q.Role)}
	case q.Unit != "":
		const below = ` FROM unit x JOIN unit y ON y.path >= x.path AND y.path < substr(x.path, 1, length(x.path) - 1) || '0'
			JOIN person n ON n.unit = y.id WHERE x.id = `
		probe = `SELECT 1` + below + `$1`
		f = fewPeople{`SELECT n.id` + below + `%s`, q.Unit}
	default:
		return fewPeople{}, nil
	}
	var hits int
	err := one(ctx, o.db.reader(), &hits, `SELECT count(*) FROM (`+probe+` LIMIT `+strconv.Itoa(fewHits)+`) hit`, f.arg)
	if err != nil || hits == fewHits {
		return fewPeople{}, failed(o.db.dialect, err, "count the hits of a filter")
	}
	// PostgreSQL takes the limit for the number of rows. It is twice as high at least: there may be more by now.
	f.sql += " LIMIT " + strconv.Itoa(2<<bits.Len(uint(hits)))
	return f, nil
}

func (o Org) listPeople(q org.PersonQuery, few fewPeople) (query string, args []any) {
	b := newSelect()
	order := personOrder(q.Sort)
	next := "''"
	if len(order) > 1 {
		next = order[1]
	}
	now := o.db.moment(b.Var(o.db.momentArg()))
	page := o.pageOfPeople(q, few, append(slices.Clone(order), "p.id"))
	b.Select(personColumns, "u.name AS home", "u.code AS home_code", order[0]+" AS sort", next+" AS next",
		`(SELECT string_agg(held.role, ' ' ORDER BY held.role) FROM (
			SELECT DISTINCT g.role FROM assignment g WHERE g.person = p.id AND `+heldNow(now)+`) held) AS roles`).
		From(b.BuilderAs(page, "hit")).Join("person p", "p.id = hit.id").
		JoinWithOption(sqlbuilder.LeftJoin, "unit u", "u.id = p.unit").
		OrderBy(append(slices.Clone(order), "p.id")...)
	return b.Build()
}

// pageOfPeople selects the ids of one page. CROSS JOIN is SQLite's word for an order of joining that it must keep.
func (o Org) pageOfPeople(q org.PersonQuery, few fewPeople, columns []string) *sqlbuilder.SelectBuilder {
	b := newSelect()
	after := []string{b.Var(q.After.Sort), b.Var(q.After.ID)}
	if len(columns) > 2 {
		after = []string{b.Var(q.After.Sort), b.Var(q.After.Then), b.Var(q.After.ID)}
	}
	from := "person p"
	if few.sql != "" {
		from = "(" + fmt.Sprintf(few.sql, b.Var(few.arg)) + ") few CROSS JOIN person p"
		b.Where("p.id = few.id")
	}
	b.Select("p.id").From(from).
		Where(fmt.Sprintf("(%s) > (%s)", strings.Join(columns, ", "), strings.Join(after, ", "))).
		OrderBy(columns...).Limit(q.Limit)
	if q.Institution == "" { // administrators of the instance and TPN
		b.Where("p.institution IS NULL")
	} else {
		b.Where(b.Equal("p.institution", q.Institution))
	}
	if q.Search != "" {
		b.Where(`p.search LIKE ` + b.Var(contains(q.Search)) + ` ESCAPE '\'`)
	}
	if q.Unit != "" {
		top := `(SELECT x.path FROM unit x WHERE x.id = ` + b.Var(q.Unit) + `)`
		b.Where(`substr((SELECT h.path FROM unit h WHERE h.id = p.unit), 1, length(` + top + `)) = ` + top)
	}
	if q.Role != "" {
		b.Where(`EXISTS (SELECT 1 FROM assignment g WHERE g.person = p.id AND g.role = ` + b.Var(string(q.Role)) +
			` AND ` + heldNow(o.db.moment(b.Var(o.db.momentArg()))) + `)`)
	}
	if q.Unentered {
		b.Where("p.closed = 0", unentered)
	}
	switch q.Open {
	case org.OnlyOpen:
		b.Where("p.closed = 0")
	case org.OnlyClosed:
		b.Where("p.closed = 1")
	}
	return b
}

// heldNow is the condition that an assignment g holds at an instant.
func heldNow(now string) string {
	return `coalesce(g.from_at, 0) <= ` + now + ` AND (g.until_at IS NULL OR g.until_at > ` + now + `)`
}
