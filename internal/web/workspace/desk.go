package workspace

import (
	"context"
	"net/http"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// Sheets are the use cases of the desk. Each asks org.Can about the sheet itself: what the actor may not know of is
// fault.NotFound, what is known but not allowed fault.Forbidden.
type Sheets interface {
	// View returns a sheet with its answers and their score.
	View(ctx context.Context, by org.Actor, id string) (assessment.View, error)
	// Open begins the sheet of a unit for a period and returns its id; fault.Conflict when there is one already.
	Open(ctx context.Context, by org.Actor, cmd assessment.NewAssessment) (string, error)
	// SetAnswer saves one answer; fault.Conflict when it has changed since the revision that the writer has seen.
	SetAnswer(ctx context.Context, by org.Actor, cmd assessment.AnswerChange) (assessment.Saved, error)
	// PreviewImport reads a workbook, changes no answer, and returns the import's id.
	PreviewImport(ctx context.Context, by org.Actor, up assessment.Upload) (string, error)
	// ApplyImport and UndoImport decide about a previewed and an applied import.
	ApplyImport(ctx context.Context, by org.Actor, cmd assessment.Decision) (assessment.Taken, error)
	UndoImport(ctx context.Context, by org.Actor, cmd assessment.Decision) (assessment.Taken, error)
}

// Queries are the reads of the desk beside sheets, each one statement. What is not there is fault.NotFound.
type Queries interface {
	Sheet(ctx context.Context, id string) (assessment.Sheet, error)
	Units(ctx context.Context, r org.Reach, q assessment.UnitQuery) ([]assessment.UnitRow, error)
	Periods(ctx context.Context, institution string) ([]assessment.Period, error)
	// Answers returns the answers of several sheets, by sheet and question.
	Answers(ctx context.Context, assessments []string) (map[string]map[string]instrument.Answer, error)
	Import(ctx context.Context, id string) (assessment.Import, error)
	Imports(ctx context.Context, assessment string, limit int) ([]assessment.Import, error)
	History(ctx context.Context, assessment, question string, limit int) ([]assessment.Revision, error)
}

// Institutions lists the institutions within reach, for people who reach more than their own.
type Institutions interface {
	Institutions(ctx context.Context, r org.Reach) ([]org.Institution, error)
}

// desk is what the handlers share.
type desk struct {
	deps Deps
}

// sheet loads the sheet that the address names.
func (d *desk) sheet(r *http.Request) (*view, error) {
	return d.sheetByID(r, r.PathValue("assessment"))
}

func (d *desk) sheetByID(r *http.Request, id string) (*view, error) {
	made, err := d.deps.Sheets.View(r.Context(), route.From(r).Actor, id)
	if err != nil {
		return nil, err
	}
	return d.view(r, made), nil
}

// view lays a sheet out for the reader of this request.
func (d *desk) view(r *http.Request, made assessment.View) *view {
	q := route.From(r)
	v := newView(q.Printer, made)
	v.actor, v.at, v.token, v.key = q.Actor, q.At, q.Token, route.NewKey()
	v.stage = assessment.StageOf(made.Sheet.Assessment, made.Sheet.Period, q.At)
	v.fill = v.may(org.EditAnswer)
	return v
}

// may reports whether the reader may do something to the sheet now, so that a page offers only what would be allowed.
// The use case decides again.
func (v *view) may(c org.Capability) bool {
	state := org.State{Closed: v.stage != assessment.Open || v.sheet.Assessment.Level != assessment.Self, At: v.at}
	return org.Can(v.actor, c, v.sheet.Unit.At(), state).Allow
}

// frame is the layout of a page of the sheet, with the way back to it.
func (v *view) frame(r *http.Request, title string) ui.Frame {
	f := ui.FrameOf(r, title)
	f.Institution, f.Demo = v.sheet.Institution, f.Demo || v.sheet.Institution.Demo
	f.Lead = v.sheet.Unit.Name + " · " + v.sheet.Period.Name
	f.Crumbs = []ui.Crumb{
		{Path: v.list(), Text: v.T("sheet.units")},
		{Path: v.path(""), Text: v.sheet.Unit.Name},
	}
	return f
}

// list is the address of the list that the sheet's unit stands in.
func (v *view) list() string {
	return "/units?institution=" + v.sheet.Institution.ID + "&period=" + v.sheet.Period.ID
}

// nodeOf is the node that the address names; fault.NotFound when the instrument has none, or not that kind.
func (v *view) nodeOf(id string, wantQuestion bool) (*instrument.Node, error) {
	n, ok := v.out.in.Node(id)
	if !ok || wantQuestion && n.Question == nil {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	return n, nil
}
