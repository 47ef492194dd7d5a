package workspace

import (
	"net/http"
	"strconv"

	"zona/internal/assessment"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// getSheet shows the sheet with one section open: the one asked for, else the first that has something to fill in.
func (d *desk) getSheet(w http.ResponseWriter, r *http.Request) error {
	v, err := d.sheet(r)
	if err != nil {
		return err
	}
	p := v.page(r)
	if s, ok := v.out.section(r.URL.Query().Get("area")); ok {
		p.section = s
	}
	if n, ok := v.out.in.Question(r.URL.Query().Get("saved")); ok {
		q := v.question(n)
		q.said = q.done()
		p.section, p.question = v.out.of[n.Leaf], &q
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(p.frame, sheetBody(p)))
}

// page is the sheet with its first unfinished section open.
func (v *view) page(r *http.Request) *sheetPage {
	p := &sheetPage{view: v, section: v.out.sections[0]}
	if len(v.result.Unanswered) > 0 {
		if n, ok := v.out.in.Question(v.result.Unanswered[0]); ok {
			p.section = v.out.of[n.Leaf]
		}
	}
	p.frame = ui.FrameOf(r, v.sheet.Unit.Name)
	p.frame.Institution, p.frame.Demo = v.sheet.Institution, p.frame.Demo || v.sheet.Institution.Demo
	p.frame.Lead = v.out.in.Title
	p.frame.Crumbs = []ui.Crumb{{Path: v.list(), Text: v.T("sheet.units")}}
	p.frame.Actions = sheetActions(v)
	return p
}

// getVersion is what open pages poll to hear that somebody else has changed an answer. The version is the ETag, so
// an unchanged sheet costs a few bytes.
func (d *desk) getVersion(w http.ResponseWriter, r *http.Request) error {
	q := route.From(r)
	s, err := d.deps.Queries.Sheet(r.Context(), r.PathValue("assessment"))
	if err != nil {
		return err
	}
	if err := org.Can(q.Actor, org.ViewSheet, s.Unit.At(), org.State{At: q.At}).Fault(); err != nil {
		return err
	}
	version := strconv.Itoa(s.Assessment.Version)
	tag := `"` + version + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "no-cache")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	// A failing write means that the reader has gone.
	_, _ = w.Write([]byte(version))
	return nil
}

// getPrint shows the whole sheet: every question with answer, note and score, and the verdicts.
func (d *desk) getPrint(w http.ResponseWriter, r *http.Request) error {
	v, err := d.sheet(r)
	if err != nil {
		return err
	}
	p := &printPage{view: v, frame: v.frame(r, v.T("sheet.print.title"))}
	return ui.Write(w, r, http.StatusOK, ui.Page(p.frame, printBody(p)))
}

// target is the predicate aimed at, in words.
func (v *view) target() string {
	id := v.sheet.Assessment.Target
	if p, ok := v.out.in.Predicate(id); ok {
		return p.ID + " – " + p.Name
	}
	return v.T("sheet.target.none")
}

func (v *view) deadline() string {
	if v.sheet.Period.Deadline.IsZero() {
		return v.T("sheet.target.none")
	}
	return v.p.Deadline(v.sheet.Period.Deadline, v.zone)
}

// state says whether the sheet takes answers, from this reader, now.
func (v *view) state() string {
	switch {
	case v.stage == assessment.Shut:
		return v.T("sheet.state.closed")
	case v.stage == assessment.NotYet:
		return v.T("sheet.state.early", "Opens", locale.Moment{At: v.sheet.Period.Opens, Zone: v.zone})
	case v.stage == assessment.Late:
		return v.T("sheet.state.late")
	case !v.fill:
		return v.T("sheet.state.reading")
	}
	return v.T("sheet.state.open")
}
