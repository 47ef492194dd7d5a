package admin

import (
	"net/http"

	"github.com/a-h/templ"

	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// getHome leads those with one institution straight into it: there is nothing to choose.
func (s desk) getHome(w http.ResponseWriter, r *http.Request) error {
	q := route.From(r)
	institutions, err := s.Organisation.Institutions(r.Context(), q.Actor)
	if err != nil {
		return err
	}
	mayCreate := org.Can(q.Actor, org.CreateInstitution, org.Object{}, org.State{At: q.At}).Allow
	if len(institutions) == 1 && may(r, org.ViewAccess, institutions[0]) {
		return s.showInstitution(w, r, institutions[0], mayCreate)
	}
	frame := ui.FrameOf(r, q.Printer.T("admin.title"))
	frame.Lead = frame.T("admin.lead")
	if mayCreate && len(institutions) > 0 {
		frame.Actions = link("/admin/institutions/new", frame.T("admin.institution.new"))
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, homeBody(homePage{frame: frame, institutions: institutions, mayCreate: mayCreate, links: ofInstance(r, frame)})))
}

func (s desk) getInstitution(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ViewAccess)
	if err != nil {
		return err
	}
	return s.showInstitution(w, r, i, false)
}

// showInstitution is the institution with the steps that get it started, the first one that is still to do marked.
func (s desk) showInstitution(w http.ResponseWriter, r *http.Request, i org.Institution, mayCreate bool) error {
	frame := frameOf(r, i, i.Name)
	frame.Crumbs = frame.Crumbs[:1]
	if mayCreate {
		frame.Crumbs = nil
		frame.Actions = link("/admin/institutions/new", frame.T("admin.institution.new"))
	}
	page := institutionPage{frame: frame, institution: i, links: s.around(r, i, frame)}
	if may(r, org.ManageInstitution, i) {
		q := route.From(r)
		standings, err := s.Units.Standings(r.Context(), org.Reach{Institutions: []string{i.ID}}, q.At, 1)
		if err != nil {
			return err
		}
		for _, standing := range standings {
			page.steps = ui.Preparation(frame, standing, may(r, org.ManagePeople, i))
		}
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, institutionBody(page)))
}

// around are the pages of an institution that the reader may see, beside those of the steps.
func (s desk) around(r *http.Request, i org.Institution, f ui.Frame) []ui.Crumb {
	var links []ui.Crumb
	add := func(c org.Capability, text string, parts ...string) {
		if may(r, c, i) {
			links = append(links, ui.Crumb{Path: address(i.ID, parts...), Text: f.T(text)})
		}
	}
	if !may(r, org.ManageInstitution, i) { // the steps lead there
		add(org.ViewPeople, "admin.people", "people")
	}
	add(org.ManageInstitution, "admin.institution.edit", "edit")
	add(org.ManageInstitution, "admin.eligibility", "eligibility")
	add(org.ViewAccess, "admin.assignments", "assignments")
	return append(links, ofInstance(r, f)...)
}

// ofInstance are the pages about the instance itself that the reader may see.
func ofInstance(r *http.Request, f ui.Frame) []ui.Crumb {
	q := route.From(r)
	links := []ui.Crumb{{Path: "/admin/access", Text: f.T("admin.access")}}
	if org.Can(q.Actor, org.RunInstance, org.Object{}, org.State{At: q.At}).Allow {
		links = append(links, ui.Crumb{Path: "/admin/people", Text: f.T("admin.instance.people")}, ui.Crumb{Path: "/admin/assignments", Text: f.T("admin.instance.assignments")})
	}
	return links
}

func (s desk) getNewInstitution(w http.ResponseWriter, r *http.Request) error {
	return ui.Write(w, r, http.StatusOK, institutionView(r, route.New("zone", locale.WIB)))
}

func institutionView(r *http.Request, form route.Form) templ.Component {
	frame := ui.FrameOf(r, route.From(r).Printer.T("admin.institution.new"))
	frame.Wrong, frame.Narrow, frame.Lead = form.Fault != nil, true, frame.T("admin.institution.new.lead")
	frame.Crumbs = []ui.Crumb{{Path: "/admin", Text: frame.T("admin.title")}}
	return ui.Page(frame, institutionFormBody(institutionForm{frame: frame, form: form}))
}

func (s desk) postInstitution(w http.ResponseWriter, r *http.Request) error {
	id, err := s.Organisation.CreateInstitution(r.Context(), route.From(r).Actor, org.NewInstitution{
		Key: route.Key(r), Name: r.PostFormValue("name"), Kind: org.InstitutionKind(r.PostFormValue("kind")), Zone: r.PostFormValue("zone"),
	})
	if err != nil {
		form, ok := route.Again(r, err)
		if !ok {
			return err
		}
		return form.Show(institutionView(r, form))
	}
	return route.Done(w, r, address(id), "admin.done.institution")
}
