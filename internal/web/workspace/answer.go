package workspace

import (
	"net/http"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// postSheet opens the sheet of a unit for a period.
func (d *desk) postSheet(w http.ResponseWriter, r *http.Request) error {
	if err := known(r.PostForm, "period", "target"); err != nil {
		return err
	}
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
	q, id := route.From(r), r.PathValue("assessment")
	s, err := d.deps.Queries.Sheet(r.Context(), id)
	if err != nil {
		return err
	}
	// Asked before anything of the form is looked at, so that its refusal says nothing about a sheet of others.
	if err := org.Can(q.Actor, org.EditAnswer, s.Unit.At(), org.State{At: q.At}).Fault(); err != nil {
		return err
	}
	n, err := questionOf(s, r.PathValue("question"))
	if err != nil {
		return err
	}
	if err := known(r.PostForm, answerFields(n.Question)...); err != nil {
		return err
	}
	form, err := readAnswer(n, r.PostForm)
	if err != nil {
		return d.refuse(w, r, n, err)
	}
	saved, err := d.deps.Sheets.SetAnswer(r.Context(), q.Actor, assessment.AnswerChange{
		Key: route.Key(r), Assessment: id, Question: n.ID, Revision: form.revision, Answer: form.answer, Note: form.note,
	})
	if err != nil {
		return d.refuse(w, r, n, err)
	}
	s.Assessment.Version = saved.Version
	v := d.view(r, assessment.View{Sheet: s, Instrument: saved.Result.Instrument, Entries: []assessment.Entry{saved.Entry}, Result: saved.Result})
	if !route.HTMX(r) {
		slug := v.out.slugs[n.Index]
		return route.Done(w, r, v.path("?area="+v.out.of[n.Leaf].node.ID+"&saved="+n.ID+"#q-"+slug), "")
	}
	done := v.question(n)
	done.said = done.done()
	return ui.Write(w, r, http.StatusOK, saves(done))
}

// questionOf is the question of a sheet's instrument; fault.NotFound when it has none of that id.
func questionOf(s assessment.Sheet, id string) (*instrument.Node, error) {
	in, err := instrument.ByID(s.Assessment.Instrument)
	if err != nil {
		return nil, err
	}
	n, ok := in.Question(id)
	if !ok {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	return n, nil
}

// refuse shows the form of a question again: with what is wrong about it (422), or beside the newer answer of
// somebody else (409). Other errors are not the form's.
func (d *desk) refuse(w http.ResponseWriter, r *http.Request, n *instrument.Node, err error) error {
	form, ok := route.Again(r, err)
	if !ok {
		return err
	}
	v, err := d.sheet(r)
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
