package store

import (
	"context"
	"time"

	"github.com/huandu/go-sqlbuilder"

	"zona/internal/assessment"
	"zona/internal/org"
)

// Waiting lists the units within reach in every period that takes answers at an instant, each with its sheet where there
// is one: what is due first comes first, then by name. Closed units and sheets are left out.
func (a Assessments) Waiting(ctx context.Context, r org.Reach, at time.Time, limit int) ([]assessment.Waiting, error) {
	b := newSelect()
	now := "CAST(" + b.Var(at.UnixMilli()) + " AS BIGINT)"
	b.Select(unitColumns, periodColumns, assessmentColumns).From("unit u").
		Join("period r", "r.institution = u.institution").
		JoinWithOption(sqlbuilder.LeftJoin, "assessment a", "a.unit = u.id", "a.period = r.id", "a.level = "+b.Var(string(assessment.Self))).
		Where(within(b, r), "u.closed_at IS NULL", "r.opens_at <= "+now, "r.deadline_at > "+now, "(a.id IS NULL OR a.closed = 0)").
		OrderBy("r.deadline_at", "u.folded", "u.id", "r.id").Limit(limit)
	query, args := b.Build()
	var rows []struct {
		U unitRow
		R periodRow
		A assessmentRow
	}
	if err := all(ctx, a.db.reader(), &rows, query, args...); err != nil {
		return nil, failed(a.db.dialect, err, "list the sheets that wait")
	}
	list := make([]assessment.Waiting, len(rows))
	for i, row := range rows {
		sheet, err := row.A.assessment()
		if err != nil {
			return nil, err
		}
		list[i] = assessment.Waiting{Unit: row.U.unit(), Period: row.R.period(), Assessment: sheet}
	}
	return list, nil
}

// headless is the condition that nobody is head of unit u at an instant.
func headless(role, now string) string {
	return `NOT EXISTS (SELECT 1 FROM assignment g WHERE g.unit = u.id AND g.role = ` + role + ` AND ` + heldNow(now) + `)`
}

// unentered is the condition that person p has never set a password.
const unentered = `NOT EXISTS (SELECT 1 FROM credential c WHERE c.person = p.id)`

// Standings counts how far the institutions within reach are prepared, by name. A unit counts as led when somebody is
// head of it or of it with all below; a head further above is not its head.
func (a Assessments) Standings(ctx context.Context, r org.Reach, at time.Time, limit int) ([]assessment.Standing, error) {
	b := newSelect()
	now := "CAST(" + b.Var(at.UnixMilli()) + " AS BIGINT)"
	b.Select(institutionColumns,
		`(SELECT count(*) FROM unit u WHERE u.institution = i.id AND u.closed_at IS NULL) AS units`,
		`(SELECT count(*) FROM unit u WHERE u.institution = i.id AND u.closed_at IS NULL AND `+headless(b.Var(string(org.UnitHead)), now)+`) AS headless`,
		`(SELECT count(*) FROM person p WHERE p.institution = i.id AND p.closed = 0) AS people`,
		`(SELECT count(*) FROM person p WHERE p.institution = i.id AND p.closed = 0 AND `+unentered+`) AS unentered`,
		`(SELECT count(*) FROM period r WHERE r.institution = i.id) AS periods`,
		`(SELECT count(*) FROM period r WHERE r.institution = i.id AND r.deadline_at > `+now+`) AS current`).
		From("institution i").OrderBy("i.folded", "i.id").Limit(limit)
	if !r.All {
		ways := []string{"1 = 0"}
		if len(r.Institutions) > 0 {
			ways = append(ways, b.In("i.id", sqlbuilder.List(r.Institutions)))
		}
		b.Where(b.Or(ways...))
	}
	query, args := b.Build()
	var rows []struct {
		I                                                    institutionRow
		Units, Headless, People, Unentered, Periods, Current count
	}
	if err := all(ctx, a.db.reader(), &rows, query, args...); err != nil {
		return nil, failed(a.db.dialect, err, "count how institutions stand")
	}
	list := make([]assessment.Standing, len(rows))
	for i, row := range rows {
		list[i] = assessment.Standing{
			Institution: row.I.institution(), Units: int(row.Units), Headless: int(row.Headless), People: int(row.People),
			Unentered: int(row.Unentered), Periods: int(row.Periods), Current: int(row.Current),
		}
	}
	return list, nil
}
