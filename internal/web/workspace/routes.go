package workspace

import (
	"zona/internal/org"
	"zona/internal/web/internal/route"
)

// Deps is what the desk needs from the rest of the program.
type Deps struct {
	Sheets       Sheets
	Queries      Queries
	Institutions Institutions
	Workbooks    WorkbookWriter
}

// Routes are the rows of this desk. Whoever holds a row's capability somewhere may knock; each handler asks org.Can
// about the sheet that the address names.
func Routes(deps Deps) []route.Route {
	d := &desk{deps: deps}
	return []route.Route{
		{Pattern: "GET /units", Need: org.ViewUnits, Handle: d.getUnits, Nav: route.Nav{Label: "sheet.units", Order: 10, Also: []string{"/sheets", "/imports"}}},
		{Pattern: "POST /units/{unit}/sheet", Need: org.OpenAssessment, Fields: []string{"period", "target"}, Handle: d.postSheet},

		{Pattern: "GET /sheets/{assessment}", Need: org.ViewSheet, Handle: d.getSheet},
		{Pattern: "GET /sheets/{assessment}/print", Need: org.ViewSheet, Handle: d.getPrint},
		{Pattern: "GET /sheets/{assessment}/version", Need: org.ViewSheet, Handle: d.getVersion},
		{Pattern: "GET /sheets/{assessment}/history/{question}", Need: org.ViewSheet, Handle: d.getHistory},
		{Pattern: "GET /sheets/{assessment}/explain/{node}", Need: org.ViewSheet, Handle: d.getExplain},
		{Pattern: "GET /sheets/{assessment}/plan", Need: org.ViewSheet, Handle: d.getPlan},
		{Pattern: "GET /sheets/{assessment}/whatif", Need: org.ViewSheet, Handle: d.getWhatIf},
		{Pattern: "POST /sheets/{assessment}/answers/{question}", Need: org.EditAnswer, Fields: []string{"revision", "answer", "note", "clear", "in.*"}, Handle: d.postAnswer},

		{Pattern: "GET /sheets/{assessment}/workbook.xlsx", Need: org.ExportSheet, Handle: d.getWorkbook},
		{Pattern: "GET /sheets/{assessment}/answers.json", Need: org.ExportSheet, Handle: d.getAnswers},

		{Pattern: "GET /sheets/{assessment}/import", Need: org.ImportWorkbook, Handle: d.getImport},
		{Pattern: "POST /sheets/{assessment}/import", Need: org.ImportWorkbook, Fields: []string{"column", "heading"}, Handle: d.postImport, Upload: true},
		{Pattern: "GET /imports/{import}", Need: org.ViewSheet, Handle: d.getPreview},
		{Pattern: "POST /imports/{import}/apply", Need: org.ImportWorkbook, Fields: []string{"mode"}, Handle: d.postApply},
		{Pattern: "POST /imports/{import}/undo", Need: org.ImportWorkbook, Fields: route.NoFields(), Handle: d.postUndo},
	}
}
