package admin

import (
	"net/http"
	"slices"
	"strings"

	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// accessPage shows the table of routes and the policy, as the program itself uses them.
type accessPage struct {
	frame  ui.Frame
	need   string // filter by capability
	role   string // filter by role
	routes []route.Route
	grants []org.GrantRow
}

// accessRoutes are for whoever inspects who may do what.
func (s desk) accessRoutes() []route.Route {
	return []route.Route{{Pattern: "GET /admin/access", Need: org.ViewAccess, Handle: s.getAccess}}
}

func (s desk) getAccess(w http.ResponseWriter, r *http.Request) error {
	frame := ui.FrameOf(r, route.From(r).Printer.T("admin.access"))
	frame.Lead, frame.Wide = frame.T("admin.access.lead"), true
	frame.Crumbs = []ui.Crumb{{Path: "/admin", Text: frame.T("admin.title")}}
	page := accessPage{
		frame: frame, need: string(offered(r.URL.Query().Get("need"), org.Capabilities())),
		role: string(offered(r.URL.Query().Get("role"), org.Roles())),
	}
	for _, g := range org.Policy() {
		if (page.role == "" || page.role == string(g.Role)) && (page.need == "" || slices.Contains(g.Capabilities, org.Capability(page.need))) {
			page.grants = append(page.grants, g)
		}
	}
	for _, row := range s.Table() {
		opened := page.role == "" || slices.ContainsFunc(page.grants, func(g org.GrantRow) bool { return slices.Contains(g.Capabilities, row.Need) })
		if opened && (page.need == "" || page.need == string(row.Need)) {
			page.routes = append(page.routes, row)
		}
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, accessBody(page)))
}

// capabilities are several of them as one text.
func capabilities(list []org.Capability) string {
	words := make([]string, len(list))
	for n, c := range list {
		words[n] = string(c)
	}
	return strings.Join(words, ", ")
}
