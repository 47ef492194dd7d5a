package workspace

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strings"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/scoring"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// pastImports is how many earlier imports a page lists.
const pastImports = 20

// getImport shows the form for a filled workbook.
func (d *desk) getImport(w http.ResponseWriter, r *http.Request) error {
	v, err := d.sheet(r)
	if err != nil {
		return err
	}
	return d.importPage(w, r, v, http.StatusOK, route.New("column", "unit"))
}

func (d *desk) importPage(w http.ResponseWriter, r *http.Request, v *view, status int, form route.Form) error {
	if err := org.Can(v.actor, org.ImportWorkbook, v.sheet.Unit.At(), org.State{At: v.at}).Fault(); err != nil {
		return err
	}
	p := &importPage{view: v, frame: v.frame(r, v.T("import.title")), form: form}
	p.frame.Wrong = form.Fault != nil
	var err error
	if p.past, err = d.deps.Queries.Imports(r.Context(), v.sheet.Assessment.ID, pastImports); err != nil {
		return err
	}
	return ui.Write(w, r, status, ui.Page(p.frame, importBody(p)))
}

// columns are the answer columns that a reader may ask for by name; others are asked for by their heading.
func (p *importPage) columns() []ui.Option {
	return []ui.Option{
		{Value: "unit", Text: p.T("import.column.unit")},
		{Value: "tpi", Text: p.T("import.column.tpi")},
		{Value: "tpi2", Text: p.T("import.column.tpi2")},
	}
}

// postImport reads a workbook and leads to the page that shows what it would change.
func (d *desk) postImport(w http.ResponseWriter, r *http.Request) error {
	id, err := d.preview(r)
	if err == nil {
		return route.Done(w, r, "/imports/"+id, "")
	}
	form, ok := route.Again(r, atField(route.From(r).Printer, err))
	if !ok {
		return err
	}
	v, err := d.sheet(r)
	if err != nil {
		return err
	}
	return d.importPage(w, r, v, http.StatusUnprocessableEntity, form)
}

// atField moves what a reader of workbooks says about a file to the field of the form that it is about, together with
// how to mend it. A reader's fault has the id of its advice beside its own.
func atField(p *locale.Printer, err error) error {
	f, ok := fault.Of(err)
	if !ok || !p.Has(f.Message+".mend") {
		return err
	}
	field := "file"
	if strings.Contains(f.Message, ".column") && !strings.Contains(f.Message, ".limit.") {
		field = "column"
	}
	return fault.New(fault.Invalid, "import.unreadable").
		With(field, "import.unreadable.why", "Rule", p.TMap(f.Message, f.Args), "Mend", p.TMap(f.Message+".mend", f.Args))
}

// preview hands the uploaded file to the use case. The file is part of what a repeated form must not change, so its
// hash goes into the key.
func (d *desk) preview(r *http.Request) (string, error) {
	file, header, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) || err == nil && header.Size == 0 {
		return "", fault.Form().With("file", "import.file.missing")
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // only read
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	column := r.PostForm.Get("column")
	if heading := strings.TrimSpace(r.PostForm.Get("heading")); heading != "" {
		column = heading
	}
	return d.deps.Sheets.PreviewImport(r.Context(), route.From(r).Actor, assessment.Upload{
		Key: route.Key(r, [32]byte(hash.Sum(nil))), Assessment: r.PathValue("assessment"),
		FileName: header.Filename, Column: column, Source: file, Size: header.Size,
	})
}

// getPreview shows an import: what it would change, or what it has changed.
func (d *desk) getPreview(w http.ResponseWriter, r *http.Request) error {
	p, err := d.previewed(r)
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(p.frame, previewBody(p)))
}

// previewed loads the import that the address names, for those who may read its sheet.
func (d *desk) previewed(r *http.Request) (*previewPage, error) {
	i, err := d.deps.Queries.Import(r.Context(), r.PathValue("import"))
	if err != nil {
		return nil, err
	}
	v, err := d.sheetByID(r, i.Assessment)
	if err != nil {
		return nil, err
	}
	p := &previewPage{
		view: v, frame: v.frame(r, v.T("import.preview.title", "File", i.FileName)), of: i,
		form: route.New("mode", string(assessment.FillEmpty)), allowed: v.may(org.ImportWorkbook),
		counts: map[assessment.DifferenceKind]int{},
	}
	if i.State == assessment.Previewed {
		p.compare()
	} else {
		p.recount()
	}
	return p, nil
}

// postApply takes the answers of an import into the sheet.
func (d *desk) postApply(w http.ResponseWriter, r *http.Request) error {
	return d.decide(w, r, d.deps.Sheets.ApplyImport)
}

// postUndo gives back what stood before an import was applied.
func (d *desk) postUndo(w http.ResponseWriter, r *http.Request) error {
	return d.decide(w, r, d.deps.Sheets.UndoImport)
}

// action is a decision about an import.
type action func(ctx context.Context, by org.Actor, cmd assessment.Decision) (assessment.Taken, error)

// decide runs one of the two decisions about an import. Somebody who was faster, or a form without a choice, brings
// the page back as it stands now.
func (d *desk) decide(w http.ResponseWriter, r *http.Request, act action) error {
	i, err := d.deps.Queries.Import(r.Context(), r.PathValue("import"))
	if err != nil {
		return err
	}
	_, err = act(r.Context(), route.From(r).Actor, assessment.Decision{
		Key: route.Key(r), Assessment: i.Assessment, Import: i.ID, Mode: assessment.ImportMode(r.PostForm.Get("mode")),
	})
	if err == nil {
		return route.Done(w, r, "/imports/"+i.ID, "") // the page itself says what has become of it
	}
	form, ok := route.Again(r, err)
	if !ok {
		return err
	}
	p, err := d.previewed(r)
	if err != nil {
		return err
	}
	p.form, p.frame.Wrong = form, true
	status := http.StatusUnprocessableEntity
	if form.Fault.Kind == fault.Conflict {
		status = http.StatusConflict
	}
	return ui.Write(w, r, status, ui.Page(p.frame, previewBody(p)))
}

// fills is how many questions the import fills, differs how many it overwrites.
func (p *previewPage) fills() int   { return p.counts[assessment.Fills] }
func (p *previewPage) differs() int { return p.counts[assessment.Overwrites] }

// place is where a problem was found: "LKE!J12".
func place(p assessment.Problem) string { return strings.Trim(p.Sheet+"!"+p.Cell, "!") }

// compare lists what the import would change against the answers as they stand, and what the sheet would score.
func (p *previewPage) compare() {
	fill, overwrite := map[string]instrument.Answer{}, map[string]instrument.Answer{}
	for _, d := range assessment.Compare(p.out.in, p.entries, p.of, p.actor.Person) {
		p.counts[d.Kind]++
		if d.After.Given() && (d.Kind == assessment.Fills || d.Kind == assessment.Overwrites) {
			overwrite[d.Question] = d.After
			if d.Kind == assessment.Fills {
				fill[d.Question] = d.After
			}
		}
		if d.Kind != assessment.Same && d.Kind != assessment.Unreadable {
			p.add(d.Question, d.Kind, d.Before, d.After, d.NoteAfter)
		}
	}
	score := func(changes map[string]instrument.Answer) string {
		return p.p.Score(scoring.WhatIf(p.out.in, p.answers(), changes).Total())
	}
	p.after = outcome{now: p.total(), fill: score(fill), overwrite: score(overwrite)}
}

// recount lists what an applied or undone import changed, and after an undo the answers that do not stand as before.
func (p *previewPage) recount() {
	incoming := map[string]assessment.Incoming{}
	for _, in := range p.of.Incoming {
		incoming[in.Question] = in
	}
	for _, a := range p.of.Applied {
		in, kind := incoming[a.Question], assessment.Fills
		if a.Before.Given() {
			kind = assessment.Overwrites
		}
		p.add(a.Question, kind, a.Before, in.Answer, in.Note)
		if n, ok := p.out.in.Question(a.Question); ok && p.of.State == assessment.Undone {
			if now := p.entries[n.Leaf]; !now.Answer.Equal(a.Before) || now.Note != a.Note {
				p.kept = append(p.kept, a.Question)
			}
		}
	}
}

func (p *previewPage) add(question string, kind assessment.DifferenceKind, before, after instrument.Answer, note string) {
	n, ok := p.out.in.Question(question)
	if !ok {
		return
	}
	c := change{id: n.ID, name: n.Name, kind: kind, note: note, before: longAnswer(p.p, n, before), after: longAnswer(p.p, n, after)}
	if !after.Given() {
		c.after = c.before // the file says something in the note only
	}
	p.changes = append(p.changes, c)
}
