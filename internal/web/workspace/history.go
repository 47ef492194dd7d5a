package workspace

import (
	"net/http"

	"zona/internal/assessment"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/web/internal/ui"
)

// historyLength is how many changes of one answer a page shows.
const historyLength = 100

// getHistory shows what became of one answer: who, when, from what to what.
func (d *desk) getHistory(w http.ResponseWriter, r *http.Request) error {
	v, err := d.sheet(r)
	if err != nil {
		return err
	}
	n, err := v.nodeOf(r.PathValue("question"), true)
	if err != nil {
		return err
	}
	revisions, err := d.deps.Queries.History(r.Context(), v.sheet.Assessment.ID, n.ID, historyLength+1)
	if err != nil {
		return err
	}
	p := &historyPage{
		frame: v.frame(r, v.T("sheet.history", "ID", n.ID)), n: n, lang: v.out.in.Language,
		sheet: v.open(v.out.of[n.Leaf].node, "q-"+v.out.slugs[n.Index]),
	}
	if p.more = len(revisions) > historyLength; p.more {
		revisions = revisions[:historyLength]
	}
	for i := range revisions {
		p.rows = append(p.rows, v.change(n, &revisions[i]))
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(p.frame, historyBody(p)))
}

func (v *view) change(n *instrument.Node, r *assessment.Revision) historyRow {
	return historyRow{
		at: locale.Moment{At: r.At, Zone: v.zone}, by: r.ByName, note: r.Note,
		from: v.logged(n, r.From), to: v.logged(n, r.To),
	}
}

// logged is an answer as the log holds it, in words; one that this instrument cannot read is shown as it stands.
func (v *view) logged(n *instrument.Node, raw string) []string {
	if raw == "" || raw == "null" {
		return nil
	}
	a, wrong := n.Question.FromJSON([]byte(raw))
	if len(wrong) > 0 || !a.Given() {
		return []string{raw}
	}
	return longAnswer(v.p, n, a)
}
