package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/huandu/go-sqlbuilder"

	"zona/internal/assessment"
	"zona/internal/audit"
	"zona/internal/org"
)

// Sheet is assessment.Queries's.
func (a Assessments) Sheet(ctx context.Context, id string) (assessment.Sheet, error) {
	s, err := readSheet(ctx, a.db.reader(), "", id)
	return s, failed(a.db.dialect, err, "read the sheet %s", id)
}

// readSheet reads an assessment and what stands around it; hold is "" or the words that hold the row.
func readSheet(ctx context.Context, q queryer, hold, id string) (assessment.Sheet, error) {
	var r struct {
		A assessmentRow
		U unitRow
		I institutionRow
		R periodRow
	}
	err := one(ctx, q, &r, `
		SELECT `+assessmentColumns+`, `+unitColumns+`, `+institutionColumns+`, `+periodColumns+`
		FROM assessment a
		JOIN unit u ON u.id = a.unit
		JOIN institution i ON i.id = a.institution
		JOIN period r ON r.id = a.period
		WHERE a.id = $1`+hold, id)
	if err != nil {
		return assessment.Sheet{}, err
	}
	s := assessment.Sheet{Unit: r.U.unit(), Institution: r.I.institution(), Period: r.R.period()}
	s.Assessment, err = r.A.assessment()
	return s, err
}

// Entries is assessment.Queries's.
func (a Assessments) Entries(ctx context.Context, id string) ([]assessment.Entry, error) {
	return readEntries(ctx, a.db.dialect, a.db.reader(), namedEntries, id)
}

// Units is assessment.Queries's: by name without regard to case, then by id, whatever the institution.
func (a Assessments) Units(ctx context.Context, r org.Reach, q assessment.UnitQuery) ([]assessment.UnitRow, error) {
	query, args := listUnits(r, q)
	var rows []struct {
		U          unitRow
		ParentName text
		A          assessmentRow
	}
	if err := all(ctx, a.db.reader(), &rows, query, args...); err != nil {
		return nil, failed(a.db.dialect, err, "list the units of %q", q.Institution)
	}
	list := make([]assessment.UnitRow, len(rows))
	for i, row := range rows {
		sheet, err := row.A.assessment()
		if err != nil {
			return nil, err
		}
		list[i] = assessment.UnitRow{Unit: row.U.unit(), ParentName: string(row.ParentName), Assessment: sheet}
	}
	return list, nil
}

func listUnits(r org.Reach, q assessment.UnitQuery) (query string, args []any) {
	b := newSelect()
	period := b.Var(q.Period)
	if q.Period == "" { // the newest of the unit's own institution
		period = `(SELECT n.id FROM period n WHERE n.institution = u.institution ORDER BY n.year DESC, n.id DESC LIMIT 1)`
	}
	b.Select(unitColumns, "o.name AS parent_name", assessmentColumns).From("unit u").
		JoinWithOption(sqlbuilder.LeftJoin, "unit o", "o.id = u.parent").
		JoinWithOption(sqlbuilder.LeftJoin, "assessment a",
			"a.unit = u.id", "a.level = "+b.Var(string(assessment.Self)), "a.period = "+period).
		Where(within(b, r), fmt.Sprintf("(u.folded, u.id) > (%s, %s)", b.Var(fold(q.After.Sort)), b.Var(q.After.ID))).
		OrderBy("u.folded", "u.id").Limit(q.Limit)
	if q.Institution != "" {
		b.Where(b.Equal("u.institution", q.Institution))
	}
	if q.Search != "" {
		b.Where(`u.folded LIKE ` + b.Var(contains(q.Search)) + ` ESCAPE '\'`)
	}
	return b.Build()
}

// contains is the LIKE pattern of a part of a folded name; the signs that LIKE knows stand for themselves.
func contains(part string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(fold(part)) + "%"
}

// Periods is assessment.Queries's.
func (a Assessments) Periods(ctx context.Context, institution string) ([]assessment.Period, error) {
	var rows []struct{ R periodRow }
	err := all(ctx, a.db.reader(), &rows, `
		SELECT `+periodColumns+` FROM period r WHERE r.institution = $1 ORDER BY r.year DESC, r.id DESC`, institution)
	if err != nil {
		return nil, failed(a.db.dialect, err, "list the periods of %s", institution)
	}
	list := make([]assessment.Period, len(rows))
	for i, row := range rows {
		list[i] = row.R.period()
	}
	return list, nil
}

// Assessments is assessment.Queries's: newest period first.
func (a Assessments) Assessments(ctx context.Context, unit string) ([]assessment.Assessment, error) {
	var rows []struct{ A assessmentRow }
	err := all(ctx, a.db.reader(), &rows, `
		SELECT `+assessmentColumns+` FROM assessment a JOIN period r ON r.id = a.period
		WHERE a.unit = $1 ORDER BY r.year DESC, r.id DESC, a.level`, unit)
	if err != nil {
		return nil, failed(a.db.dialect, err, "list the assessments of unit %s", unit)
	}
	list := make([]assessment.Assessment, len(rows))
	for i, row := range rows {
		if list[i], err = row.A.assessment(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Version is assessment.Queries's.
func (a Assessments) Version(ctx context.Context, id string) (int, error) {
	var version int
	err := one(ctx, a.db.reader(), &version, `SELECT version FROM assessment WHERE id = $1`, id)
	return version, failed(a.db.dialect, err, "read the version of assessment %s", id)
}

// The fields under which events of an assessment tell of a question; package assessment writes them.
const (
	answerField = "answer:"
	noteField   = "note:"
)

// History is assessment.Queries's. An index finds the events; what they say comes from their canonical bytes.
func (a Assessments) History(ctx context.Context, id, question string, limit int) ([]assessment.Revision, error) {
	var rows []struct {
		Canonical []byte
		ByName    text
		Note      text
	}
	err := all(ctx, a.db.reader(), &rows, `
		SELECT e.canonical, p.name AS by_name, n.value AS note
		FROM event e
		LEFT JOIN person p ON p.id = e.actor
		LEFT JOIN event_personal n ON n.seq = e.seq AND n.field = $3
		WHERE e.object_kind = 'assessment' AND e.object_id = $1
			AND EXISTS (SELECT 1 FROM event_field f WHERE f.seq = e.seq AND f.field IN ($2, $3))
		ORDER BY e.seq DESC LIMIT $4`, id, answerField+question, noteField+question, limit)
	if err != nil {
		return nil, failed(a.db.dialect, err, "read the history of question %s of assessment %s", question, id)
	}
	list := make([]assessment.Revision, len(rows))
	for i, row := range rows {
		r, err := audit.Decode(row.Canonical)
		if err != nil {
			return nil, fmt.Errorf("history of question %s of assessment %s: %w", question, id, err)
		}
		list[i] = assessment.Revision{At: r.Event.At, By: r.Event.Actor, ByName: string(row.ByName), Note: string(row.Note)}
		for _, c := range r.Event.Changes {
			if c.Field == answerField+question {
				list[i].From, list[i].To = c.From, c.To
			}
		}
	}
	return list, nil
}
