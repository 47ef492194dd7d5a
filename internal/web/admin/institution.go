package admin

import (
	"net/http"

	"github.com/a-h/templ"

	"zona/internal/assessment"
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
	if len(institutions) == 1 && may(r, org.ManageInstitution, institutions[0]) {
		return s.showInstitution(w, r, institutions[0], mayCreate)
	}
	frame := ui.FrameOf(r, q.Printer.T("admin.title"))
	frame.Lead = frame.T("admin.lead")
	if mayCreate && len(institutions) > 0 {
		frame.Actions = link("/admin/institutions/new", frame.T("admin.institution.new"))
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, homeBody(homePage{frame: frame, institutions: institutions, mayCreate: mayCreate})))
}

func (s desk) getInstitution(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManageInstitution)
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
	steps, err := s.steps(r, i, frame.Printer)
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, institutionBody(institutionPage{frame: frame, institution: i, steps: steps, mayAccess: may(r, org.ViewAccess, i)})))
}

func (s desk) steps(r *http.Request, i org.Institution, p *locale.Printer) ([]step, error) {
	q := route.From(r)
	units, err := s.Units.Units(r.Context(), q.Actor.Reach(org.ViewUnits, q.At), assessment.UnitQuery{Institution: i.ID, Limit: 1})
	if err != nil {
		return nil, err
	}
	periods, err := s.Periods.Periods(r.Context(), q.Actor, i.ID)
	if err != nil {
		return nil, err
	}
	steps := []step{
		{id: "admin.step.unit", list: address(i.ID, "units"), add: address(i.ID, "units", "new"), label: "admin.unit.new"},
		{id: "admin.step.period", list: address(i.ID, "periods"), add: address(i.ID, "periods", "new"), label: "admin.period.new"},
	}
	if len(units) > 0 {
		steps[0].count = p.T("admin.units.some")
	}
	if n := len(periods); n > 0 {
		steps[1].count = p.T("admin.periods.count", "Count", n)
	}
	if may(r, org.ManagePeople, i) {
		people, err := s.Organisation.People(r.Context(), q.Actor, org.PersonQuery{Institution: i.ID})
		if err != nil {
			return nil, err
		}
		step := step{id: "admin.step.people", list: address(i.ID, "people"), add: address(i.ID, "people", "new"), label: "admin.person.new"}
		switch n := len(people); {
		case n >= org.PageSize:
			step.count = p.T("admin.people.some")
		case n > 0:
			step.count = p.T("admin.people.count", "Count", n)
		}
		steps = append(steps, step)
	}
	for n := range steps {
		if steps[n].count == "" {
			steps[n].next = true
			break
		}
	}
	return steps, nil
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
