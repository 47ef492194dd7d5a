package workspace

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zona/internal/assessment"
	"zona/internal/exact"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/scoring"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// pageLength is how many rows a list shows at once.
const pageLength = 50

// standing is where a sheet stands, in words.
type standing struct {
	kind ui.Kind
	text string
}

// getUnits lists the units within reach with the sheets of one period, by name, fifty at a time.
func (d *desk) getUnits(w http.ResponseWriter, r *http.Request) error {
	q, ask := route.From(r), r.URL.Query()
	reach := q.Actor.Reach(org.ViewUnits, q.At)
	p := &unitsPage{frame: ui.FrameOf(r, q.Printer.T("sheet.units")), search: clip(strings.TrimSpace(ask.Get("q")), 100), key: route.NewKey()}
	if err := d.place(r, p, reach); err != nil {
		return err
	}
	if p.period.ID == "" {
		return ui.Write(w, r, http.StatusOK, ui.Page(p.frame, unitsBody(p)))
	}
	after := org.Cursor{Sort: ask.Get("name"), ID: ask.Get("after")}
	rows, err := d.deps.Queries.Units(r.Context(), reach, assessment.UnitQuery{
		Institution: p.institution.ID, Period: p.period.ID, Search: p.search, After: after, Limit: pageLength + 1,
	})
	if err != nil {
		return err
	}
	if after != (org.Cursor{}) {
		p.first = p.address(p.search, org.Cursor{})
	}
	if len(rows) > pageLength {
		rows = rows[:pageLength]
		last := rows[len(rows)-1].Unit
		p.next = p.address(p.search, org.Cursor{Sort: last.Name, ID: last.ID})
	}
	if err := d.list(r, p, rows); err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(p.frame, unitsBody(p)))
}

// place chooses institution and period: those asked for, else the reader's own and the newest.
func (d *desk) place(r *http.Request, p *unitsPage, reach org.Reach) error {
	q, ask := route.From(r), r.URL.Query()
	all, err := d.deps.Institutions.Institutions(r.Context(), reach)
	if err != nil {
		return err
	}
	p.institutions = all
	for _, want := range []string{ask.Get("institution"), q.Actor.Institution} {
		if i := slices.IndexFunc(all, func(i org.Institution) bool { return i.ID == want }); i >= 0 {
			p.institution = all[i]
			break
		}
	}
	if p.institution.ID == "" && len(all) > 0 {
		p.institution = all[0]
	}
	if p.institution.ID == "" {
		return nil
	}
	p.frame.Institution = p.institution
	if p.periods, err = d.deps.Queries.Periods(r.Context(), p.institution.ID); err != nil {
		return err
	}
	for i := range p.periods {
		if p.periods[i].ID == ask.Get("period") || p.period.ID == "" && i == 0 {
			p.period = p.periods[i]
		}
	}
	return nil
}

// list makes the rows of the table. The verdict of a sheet is computed on reading, from its answers; those of the
// sheets that are short of points anyway are not asked for.
func (d *desk) list(r *http.Request, p *unitsPage, rows []assessment.UnitRow) error {
	q := route.From(r)
	in, err := instrument.ByID(p.period.Instrument)
	if err != nil {
		return err
	}
	p.targets, p.questions = in.Predicates, len(in.Questions)
	var open []string
	for i := range rows {
		row := &rows[i]
		may := func(c org.Capability) bool { return org.Can(q.Actor, c, row.Unit.At(), org.State{At: q.At}).Allow }
		u := unitRow{unit: row.Unit, parent: row.ParentName, sheet: row.Assessment.ID}
		if u.sheet == "" {
			u.create = may(org.OpenAssessment)
		} else {
			u.target, u.answered, u.readable = row.Assessment.Target, row.Assessment.Answered, may(org.ViewSheet)
			u.total = q.Printer.Score(row.Assessment.Total)
			var undecided bool
			if u.standing, undecided = stand(q, in, row.Assessment); undecided {
				open = append(open, u.sheet)
			}
		}
		p.rows = append(p.rows, u)
	}
	if len(open) == 0 {
		return nil
	}
	answers, err := d.deps.Queries.Answers(r.Context(), open)
	if err != nil {
		return err
	}
	for i := range p.rows {
		if slices.Contains(open, p.rows[i].sheet) {
			p.rows[i].standing = judge(q, in, p.rows[i].target, answers[p.rows[i].sheet])
		}
	}
	return nil
}

// address is the list with another search or another beginning.
func (p *unitsPage) address(search string, after org.Cursor) string {
	ask := url.Values{"institution": {p.institution.ID}, "period": {p.period.ID}}
	if search != "" {
		ask.Set("q", search)
	}
	if after != (org.Cursor{}) {
		ask.Set("name", after.Sort)
		ask.Set("after", after.ID)
	}
	return "/units?" + ask.Encode()
}

// totalRule is the threshold of the whole sheet for a predicate, and whether there is one.
func totalRule(in *instrument.Instrument, predicate string) (exact.Number, bool) {
	p, ok := in.Predicate(predicate)
	if !ok {
		return exact.Number{}, false
	}
	for i := range p.Rules {
		if p.Rules[i].Node < 0 && p.Rules[i].Group < 0 {
			return p.Rules[i].Threshold, true
		}
	}
	return exact.Number{}, false
}

// clip keeps at most n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// stand says where a sheet stands against its target without its answers: nothing filled in, or short of points
// altogether; undecided says that the total is enough and the other rules decide.
func stand(q *route.Request, in *instrument.Instrument, a assessment.Assessment) (s standing, undecided bool) {
	if a.Answered == 0 {
		return standing{ui.Neutral, q.Printer.T("sheet.state.unanswered")}, false
	}
	if least, ok := totalRule(in, a.Target); ok && a.Total.Less(least) {
		return standing{ui.Bad, q.Printer.T("sheet.units.short", "Points", q.Printer.Shortfall(least.Sub(a.Total)))}, false
	}
	return standing{}, true
}

// judge says where a sheet stands whose answers are at hand.
func judge(q *route.Request, in *instrument.Instrument, target string, answers map[string]instrument.Answer) standing {
	v, ok := scoring.Score(in, answers).Verdict(target)
	switch {
	case !ok:
		return standing{ui.Neutral, q.Printer.T("sheet.target.none")}
	case v.Pass:
		return standing{ui.Good, q.Printer.T("sheet.verdict.pass")}
	}
	return standing{ui.Bad, q.Printer.T("sheet.verdict.fail", "Count", len(v.Failing()))}
}
