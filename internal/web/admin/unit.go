package admin

import (
	"net/http"

	"github.com/a-h/templ"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

func (s desk) getUnits(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return err
	}
	q := route.From(r)
	query := assessment.UnitQuery{Institution: i.ID, Search: r.URL.Query().Get("q"), After: cursorOf(r), Limit: org.PageSize + 1}
	found, err := s.Units.Units(r.Context(), q.Actor.Reach(org.ManageInstitution, q.At), query)
	if err != nil {
		return err
	}
	frame := frameOf(r, i, q.Printer.T("admin.units"))
	page := unitsPage{institution: i, search: query.Search, mayPeople: may(r, org.ManagePeople, i)}
	full := len(found) > org.PageSize
	if full {
		found = found[:org.PageSize]
	}
	var last org.Cursor
	for _, row := range found {
		page.rows = append(page.rows, unitRow{unit: row.Unit, parent: row.ParentName})
		last = org.Cursor{Sort: row.Unit.Name, ID: row.Unit.ID}
	}
	page.first, page.next = pagesOf(address(i.ID, "units"), query.Search, query.After, last, full)
	if len(page.rows) > 0 || page.search != "" || page.first != "" { // an empty list offers it itself
		frame.Actions = link(address(i.ID, "units", "new"), frame.T("admin.unit.new"))
	}
	page.frame = frame
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, unitsBody(page)))
}

func (s desk) getNewUnit(w http.ResponseWriter, r *http.Request) error {
	view, err := s.unitView(r, route.New(), r.URL.Query().Get("parent"))
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, view)
}

func (s desk) unitView(r *http.Request, form route.Form, parent string) (templ.Component, error) {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return nil, err
	}
	page := unitForm{form: form, institution: i}
	if page.parent, err = s.unitIn(r, i, parent); err != nil {
		return nil, err
	}
	frame := frameOf(r, i, route.From(r).Printer.T("admin.unit.new"))
	frame.Wrong, frame.Narrow = form.Fault != nil, true
	frame.Crumbs = append(frame.Crumbs, ui.Crumb{Path: address(i.ID, "units"), Text: frame.T("admin.units")})
	page.frame = frame
	return ui.Page(frame, unitFormBody(page)), nil
}

// unitIn returns a unit of the institution, the zero Unit for "". A unit of another institution is not there.
func (s desk) unitIn(r *http.Request, i org.Institution, id string) (org.Unit, error) {
	if id == "" {
		return org.Unit{}, nil
	}
	u, err := s.Organisation.Unit(r.Context(), route.From(r).Actor, id)
	if err == nil && u.Institution != i.ID {
		return org.Unit{}, fault.New(fault.NotFound, "ui.fault.missing")
	}
	return u, err
}

func (s desk) postUnit(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return err
	}
	_, err = s.Organisation.AddUnit(r.Context(), route.From(r).Actor, org.NewUnit{
		Key: route.Key(r), Institution: i.ID, Parent: r.PostFormValue("parent"), Name: r.PostFormValue("name"),
	})
	if err != nil {
		form, ok := route.Again(r, err)
		if !ok {
			return err
		}
		view, err := s.unitView(r, form, r.PostFormValue("parent"))
		if err != nil {
			return err
		}
		return form.Show(view)
	}
	// While the institution is being set up the next step is more help than the list.
	periods, err := s.Periods.Periods(r.Context(), route.From(r).Actor, i.ID)
	if err != nil {
		return err
	}
	if len(periods) == 0 {
		return route.Done(w, r, address(i.ID), "admin.done.unit")
	}
	return route.Done(w, r, address(i.ID, "units"), "admin.done.unit")
}
