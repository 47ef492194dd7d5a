package desktest

import (
	"context"
	"io"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/web/workspace"
)

// noSheets is the workspace of an instance where nobody has opened a sheet: every address of one leads nowhere. The
// desk's own tests have sheets.
type noSheets struct{}

func (noSheets) deps() workspace.Deps {
	return workspace.Deps{Sheets: noSheets{}, Queries: noSheets{}, Institutions: noSheets{}, Workbooks: noSheets{}}
}

func nothing() error { return fault.New(fault.NotFound, "fault.not_found") }

// View finds none.
func (noSheets) View(context.Context, org.Actor, string) (assessment.View, error) {
	return assessment.View{}, nothing()
}

// Open finds no unit.
func (noSheets) Open(context.Context, org.Actor, assessment.NewAssessment) (string, error) {
	return "", nothing()
}

// SetAnswer finds no sheet.
func (noSheets) SetAnswer(context.Context, org.Actor, assessment.AnswerChange) (assessment.Saved, error) {
	return assessment.Saved{}, nothing()
}

// PreviewImport finds no sheet.
func (noSheets) PreviewImport(context.Context, org.Actor, assessment.Upload) (string, error) {
	return "", nothing()
}

// ApplyImport finds no import.
func (noSheets) ApplyImport(context.Context, org.Actor, assessment.Decision) (assessment.Taken, error) {
	return assessment.Taken{}, nothing()
}

// UndoImport finds no import.
func (noSheets) UndoImport(context.Context, org.Actor, assessment.Decision) (assessment.Taken, error) {
	return assessment.Taken{}, nothing()
}

// Sheet finds none.
func (noSheets) Sheet(context.Context, string) (assessment.Sheet, error) {
	return assessment.Sheet{}, nothing()
}

// Units lists nothing.
func (noSheets) Units(context.Context, org.Reach, assessment.UnitQuery) ([]assessment.UnitRow, error) {
	return nil, nil
}

// Periods lists nothing.
func (noSheets) Periods(context.Context, string) ([]assessment.Period, error) { return nil, nil }

// Answers lists nothing.
func (noSheets) Answers(context.Context, []string) (map[string]map[string]instrument.Answer, error) {
	return map[string]map[string]instrument.Answer{}, nil
}

// Import finds none.
func (noSheets) Import(context.Context, string) (assessment.Import, error) {
	return assessment.Import{}, nothing()
}

// Imports lists nothing.
func (noSheets) Imports(context.Context, string, int) ([]assessment.Import, error) { return nil, nil }

// History lists nothing.
func (noSheets) History(context.Context, string, string, int) ([]assessment.Revision, error) {
	return nil, nil
}

// Institutions lists nothing.
func (noSheets) Institutions(context.Context, org.Reach) ([]org.Institution, error) { return nil, nil }

// WriteWorkbook writes nothing.
func (noSheets) WriteWorkbook(io.Writer, assessment.View) error { return nothing() }
