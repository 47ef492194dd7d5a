package workspace

import (
	"net/http"
	"strings"

	"zona/internal/fault"
	"zona/internal/scoring"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// What an explanation may be asked for beside the id of a node: the whole sheet, a group ("group.1"), a rule of a
// predicate ("rule.WBK.total_min").
const (
	wholeSheet  = "total"
	groupPrefix = "group."
	rulePrefix  = "rule."
)

// getExplain shows how one number came about. The page's script asks for the text alone.
func (d *desk) getExplain(w http.ResponseWriter, r *http.Request) error {
	v, err := d.sheet(r)
	if err != nil {
		return err
	}
	e := v.explain(r.PathValue("node"))
	if len(e.Steps) == 0 {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	p := &explainPage{view: v, e: e, title: v.T("sheet.explain", "ID", e.ID)}
	if rule, ok := strings.CutPrefix(r.PathValue("node"), rulePrefix); ok {
		predicate, _, _ := strings.Cut(rule, ".")
		p.title = v.T("sheet.explain.rule", "ID", predicate)
	} else if e.ID == "" {
		p.title = v.T("sheet.explain.whole")
	}
	if route.HTMX(r) {
		return ui.Write(w, r, http.StatusOK, explainPart(p))
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(v.frame(r, p.title), explainBody(p)))
}

// explain finds what an id names; an explanation without steps means that there is nothing of that name.
func (v *view) explain(id string) scoring.Explanation {
	if id == wholeSheet {
		return v.result.ExplainTotal()
	}
	if group, ok := strings.CutPrefix(id, groupPrefix); ok {
		return v.result.ExplainGroup(group)
	}
	if rule, ok := strings.CutPrefix(id, rulePrefix); ok {
		predicate, name, _ := strings.Cut(rule, ".")
		return v.result.ExplainRule(predicate, name)
	}
	return v.result.Explain(id)
}
