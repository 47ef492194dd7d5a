package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"zona/internal/assessment"
	"zona/internal/exact"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/org"
)

// Assessments answers what assessment needs from the database.
type Assessments struct{ db *DB }

// Assessments returns the part of the database that assessment uses.
func (db *DB) Assessments() Assessments { return Assessments{db} }

var (
	_ assessment.Transactor = Assessments{}
	_ assessment.Queries    = Assessments{}
	_ assessment.Store      = assessmentStore{}
)

// InTx runs fn in one transaction; see org.Transactor.
func (a Assessments) InTx(ctx context.Context, key idempotency.Key, fn func(context.Context, assessment.Store) (string, error)) (string, bool, error) {
	return a.db.inTx(ctx, key, func(ctx context.Context, t *tx) (string, error) { return fn(ctx, assessmentStore{t}) })
}

// assessmentStore is everything that one transaction of assessment may touch.
type assessmentStore struct{ *tx }

// The columns of a row, as in org.go: r is a period, a an assessment.
const (
	periodColumns = `r.id AS "r.id", r.institution AS "r.institution", r.year AS "r.year", r.name AS "r.name",
		r.instrument AS "r.instrument", r.zone AS "r.zone", r.opens_at AS "r.opens_at", r.deadline_at AS "r.deadline_at"`
	assessmentColumns = `a.id AS "a.id", a.unit AS "a.unit", a.institution AS "a.institution", a.period AS "a.period",
		a.level AS "a.level", a.instrument AS "a.instrument", a.target AS "a.target", a.closed AS "a.closed",
		a.version AS "a.version", a.total AS "a.total", a.answered AS "a.answered", a.changed_at AS "a.changed_at"`
)

type periodRow struct {
	ID, Institution, Name, Instrument, Zone text
	Year                                    count
	OpensAt, DeadlineAt                     sql.NullInt64
}

func (r periodRow) period() assessment.Period {
	return assessment.Period{
		ID: string(r.ID), Institution: string(r.Institution), Year: int(r.Year), Name: string(r.Name),
		Instrument: string(r.Instrument), Zone: string(r.Zone), Opens: instant(r.OpensAt), Deadline: instant(r.DeadlineAt),
	}
}

type assessmentRow struct {
	ID, Unit, Institution, Period, Level, Instrument, Target, Total text
	Closed, Version, Answered                                       count
	ChangedAt                                                       sql.NullInt64
}

// assessment of a row that an outer join left empty is the zero Assessment.
func (r assessmentRow) assessment() (assessment.Assessment, error) {
	if r.ID == "" {
		return assessment.Assessment{}, nil
	}
	total, err := exact.Parse(string(r.Total))
	if err != nil {
		return assessment.Assessment{}, fmt.Errorf("read the stored total %.60q of assessment %s: %w", r.Total, r.ID, err)
	}
	return assessment.Assessment{
		ID: string(r.ID), Unit: string(r.Unit), Institution: string(r.Institution), Period: string(r.Period),
		Level: assessment.Level(r.Level), Instrument: string(r.Instrument), Target: string(r.Target), Closed: r.Closed == 1,
		Version: int(r.Version), Total: total, Answered: int(r.Answered), ChangedAt: instant(r.ChangedAt),
	}, nil
}

// Unit is assessment.Store's.
func (s assessmentStore) Unit(ctx context.Context, id string) (org.Unit, error) {
	return unitByID(ctx, s.dialect, s.q, id)
}

// Period is assessment.Store's.
func (s assessmentStore) Period(ctx context.Context, id string) (assessment.Period, error) {
	var r struct{ R periodRow }
	err := one(ctx, s.q, &r, `SELECT `+periodColumns+` FROM period r WHERE r.id = $1`, id)
	return r.R.period(), failed(s.dialect, err, "read period %s", id)
}

// InsertPeriod is assessment.Store's.
func (s assessmentStore) InsertPeriod(ctx context.Context, p assessment.Period) error {
	_, err := change(ctx, s.q, `
		INSERT INTO period (id, institution, year, name, instrument, zone, opens_at, deadline_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		p.ID, p.Institution, p.Year, p.Name, p.Instrument, p.Zone, millis(p.Opens), millis(p.Deadline))
	return failed(s.dialect, err, "insert period %s", p.ID)
}

// InsertAssessment is assessment.Store's.
func (s assessmentStore) InsertAssessment(ctx context.Context, a assessment.Assessment) error {
	_, err := change(ctx, s.q, `
		INSERT INTO assessment (id, unit, institution, period, level, instrument, target, closed, version, total, answered, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		a.ID, a.Unit, a.Institution, a.Period, string(a.Level), a.Instrument, a.Target, flag(a.Closed), a.Version,
		a.Total.String(), a.Answered, millis(a.ChangedAt))
	return failed(s.dialect, err, "insert assessment %s", a.ID)
}

// Lock is assessment.Store's.
func (s assessmentStore) Lock(ctx context.Context, id string) (assessment.Sheet, error) {
	sheet, err := readSheet(ctx, s.q, s.dialect.lockAssessment, id)
	return sheet, failed(s.dialect, err, "lock assessment %s", id)
}

// Entries leaves the names of people out: no rule asks for them, and a transaction is short.
func (s assessmentStore) Entries(ctx context.Context, id string) ([]assessment.Entry, error) {
	return readEntries(ctx, s.dialect, s.q, `
		SELECT question, value, note, revision, changed_by, '', changed_at FROM entry
		WHERE assessment = $1 ORDER BY question`, id)
}

// namedEntries is the query of an assessment's entries with the names of those who changed them last.
const namedEntries = `
	SELECT e.question, e.value, e.note, e.revision, e.changed_by, p.name, e.changed_at
	FROM entry e LEFT JOIN person p ON p.id = e.changed_by
	WHERE e.assessment = $1 ORDER BY e.question`

// readEntries runs for every page and every saved answer, 113 rows at a time: it scans by hand, which takes half
// the time of scanning by name.
func readEntries(ctx context.Context, d dialect, q queryer, query, id string) ([]assessment.Entry, error) {
	list := make([]assessment.Entry, 0, 128)
	err := each(ctx, q, func(rows *sql.Rows) error {
		var e assessment.Entry
		var value []byte
		var name sql.NullString
		var changed int64
		if err := rows.Scan(&e.Question, &value, &e.Note, &e.Revision, &e.ChangedBy, &name, &changed); err != nil {
			return err
		}
		if err := e.Answer.UnmarshalJSON(value); err != nil {
			return fmt.Errorf("read the stored answer to question %s: %w", e.Question, err)
		}
		e.ByName, e.ChangedAt = name.String, time.UnixMilli(changed).UTC()
		list = append(list, e)
		return nil
	}, query, id)
	return list, failed(d, err, "read the entries of assessment %s", id)
}

// SaveEntry is assessment.Store's. The revision decides in the statement itself; nothing is read first.
func (s assessmentStore) SaveEntry(ctx context.Context, id string, e assessment.Entry, wasRev int) error {
	value, err := asJSON(e.Answer)
	if err != nil {
		return err
	}
	statement := `
		UPDATE entry SET value = $3, note = $4, revision = $5, changed_by = $6, changed_at = $7
		WHERE assessment = $1 AND question = $2 AND revision = $5 - 1`
	if wasRev == 0 {
		statement = `
			INSERT INTO entry (assessment, question, value, note, revision, changed_by, changed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (assessment, question) DO NOTHING`
	}
	n, err := change(ctx, s.q, statement,
		id, e.Question, value, e.Note, wasRev+1, e.ChangedBy, e.ChangedAt.UnixMilli())
	if err != nil {
		return failed(s.dialect, err, "save question %s of assessment %s", e.Question, id)
	}
	if n == 0 {
		return s.overtaken(ctx, id, e.Question)
	}
	return nil
}

// overtaken is the conflict of a writer who had not seen the entry that stands now.
func (s assessmentStore) overtaken(ctx context.Context, id, question string) error {
	f := fault.New(fault.Conflict, msgConflict)
	now, err := readEntries(ctx, s.dialect, s.q, namedEntries, id) // the loser is told whose answer stands
	if err != nil {
		return err
	}
	for _, e := range now {
		if e.Question == question {
			f.Current = e
		}
	}
	return failed(s.dialect, f, "save question %s of assessment %s", question, id)
}

// SaveEntries is assessment.Store's. An upsert changes only rows whose revision is the one before the new one, and
// creates only first revisions, since those are asked for beforehand and no entry is ever deleted.
func (s assessmentStore) SaveEntries(ctx context.Context, id string, es []assessment.Entry) error {
	now, err := s.Entries(ctx, id)
	if err != nil {
		return err
	}
	revision := make(map[string]int, len(now))
	for _, e := range now {
		revision[e.Question] = e.Revision
	}
	rows := make([][]any, len(es))
	for i, e := range es {
		if revision[e.Question] != e.Revision-1 {
			return s.overtaken(ctx, id, e.Question)
		}
		value, err := asJSON(e.Answer)
		if err != nil {
			return err
		}
		rows[i] = []any{id, e.Question, value, e.Note, e.Revision, e.ChangedBy, e.ChangedAt.UnixMilli()}
	}
	n, err := insertMany(ctx, s.q, `INSERT INTO entry (assessment, question, value, note, revision, changed_by, changed_at)`, `
		ON CONFLICT (assessment, question) DO UPDATE SET value = excluded.value, note = excluded.note,
			revision = excluded.revision, changed_by = excluded.changed_by, changed_at = excluded.changed_at
		WHERE entry.revision = excluded.revision - 1`, rows)
	if err != nil {
		return failed(s.dialect, err, "save %d answers of assessment %s", len(es), id)
	}
	if int(n) != len(es) { // someone came between the two statements
		return failed(s.dialect, fault.New(fault.Conflict, msgConflict), "save %d answers of assessment %s", len(es), id)
	}
	return nil
}

// SaveTotals is assessment.Store's.
func (s assessmentStore) SaveTotals(ctx context.Context, id string, total exact.Number, answered int, at time.Time) (version int, err error) {
	err = one(ctx, s.q, &version, `
		UPDATE assessment SET version = version + 1, total = $2, answered = $3, changed_at = $4 WHERE id = $1
		RETURNING version`, id, total.String(), answered, at.UnixMilli())
	return version, failed(s.dialect, err, "save the totals of assessment %s", id)
}
