package workspace

import (
	"net/http"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// postSheet opens the sheet of a unit for a period.
func (d *desk) postSheet(w http.ResponseWriter, r *http.Request) error {
	id, err := d.deps.Sheets.Open(r.Context(), route.From(r).Actor, assessment.NewAssessment{
		Key: route.Key(r), Unit: r.PathValue("unit"), Period: r.PostForm.Get("period"), Target: r.PostForm.Get("target"),
	})
	if err != nil {
		return err
	}
	return route.Done(w, r, "/sheets/"+id, "sheet.done.opened")
}

// postAnswer saves one answer. The page's script gets the question and the numbers that changed with it; a browser
// without script is led back to the question. What is refused comes back with everything that was typed.
func (d *desk) postAnswer(w http.ResponseWriter, r *http.Request) error {
	saved, err := d.deps.Sheets.SetAnswer(r.Context(), route.From(r).Actor, assessment.AnswerChange{
		Key: route.Key(r), Assessment: r.PathValue("assessment"), Question: r.PathValue("question"),
		Read: func(n *instrument.Node) (assessment.Typed, error) { return readAnswer(n, r.PostForm) },
	})
	if err != nil {
		return d.refuse(w, r, err)
	}
	v := d.view(r, assessment.View{
		Sheet: saved.Sheet, Instrument: saved.Result.Instrument, Entries: []assessment.Entry{saved.Entry}, Result: saved.Result,
	})
	n, err := v.nodeOf(saved.Entry.Question, true)
	if err != nil {
		return err
	}
	if !route.HTMX(r) {
		slug := v.out.slugs[n.Index]
		return route.Done(w, r, v.path("?area="+v.out.of[n.Leaf].node.ID+"&saved="+n.ID+"#q-"+slug), "")
	}
	done := v.question(n)
	done.said = done.done()
	return ui.Write(w, r, http.StatusOK, saves(done))
}

// refuse shows the form of a question again: with what is wrong about it (422), or beside the newer answer of
// somebody else (409). Other errors are not the form's.
func (d *desk) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	form, ok := route.Again(r, err)
	if !ok {
		return err
	}
	v, err := d.sheet(r)
	if err != nil {
		return err
	}
	n, err := v.nodeOf(r.PathValue("question"), true)
	if err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if form.Fault.Kind == fault.Conflict {
		status = http.StatusConflict
	}
	q := v.again(n, form)
	if route.HTMX(r) {
		return ui.Write(w, r, status, questionCard(q))
	}
	p := v.page(r)
	p.section, p.question, p.frame.Wrong = v.out.of[n.Leaf], &q, true
	return ui.Write(w, r, status, ui.Page(p.frame, sheetBody(p)))
}
