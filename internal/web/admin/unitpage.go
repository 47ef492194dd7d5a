package admin

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"zona/internal/fault"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// unitPage is one unit with what is below it, who is at home there and who has a role over it.
type unitPage struct {
	frame       ui.Frame
	form        route.Form
	institution org.Institution
	unit        org.Unit
	parent      string // name
	history     []org.UnitState
	children    []org.UnitRow
	people      []org.PersonRow
	roles       []org.AssignmentRow
	mayPeople   bool
	moreUnits   bool
	morePeople  bool
}

func (s desk) getUnit(w http.ResponseWriter, r *http.Request) error {
	page, err := s.unitPage(r, route.New())
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, page)
}

// unitHere is the unit of the address in the institution of the address.
func (s desk) unitHere(r *http.Request) (org.Institution, org.Unit, error) {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return org.Institution{}, org.Unit{}, err
	}
	u, err := s.unitIn(r, i, r.PathValue("unit"))
	return i, u, err
}

// unitFrame is the frame of a page about a unit, and the name of what is above it.
func (s desk) unitFrame(r *http.Request, i org.Institution, u org.Unit, title string) (ui.Frame, string, error) {
	frame := frameOf(r, i, title)
	crumbs, err := s.way(r, i, u, frame)
	if err != nil {
		return ui.Frame{}, "", err
	}
	frame.Crumbs = crumbs
	parent := ""
	if len(crumbs) > 3 {
		parent = crumbs[len(crumbs)-1].Text
	}
	if title != u.Name {
		frame.Crumbs = append(frame.Crumbs, ui.Crumb{Path: address(i.ID, "units", u.ID), Text: u.Name})
	}
	return frame, parent, nil
}

func (s desk) unitPage(r *http.Request, form route.Form) (templ.Component, error) {
	i, u, err := s.unitHere(r)
	if err != nil {
		return nil, err
	}
	page := unitPage{form: form, institution: i, unit: u, mayPeople: may(r, org.ManagePeople, i)}
	if page.frame, page.parent, err = s.unitFrame(r, i, u, u.Name); err != nil {
		return nil, err
	}
	ctx, by := r.Context(), route.From(r).Actor
	page.frame.Wrong = form.Fault != nil
	page.frame.Actions = link(address(i.ID, "units", u.ID, "edit"), page.frame.T("admin.edit"))
	if page.history, err = s.Organisation.UnitHistory(ctx, by, u.ID); err != nil {
		return nil, err
	}
	var more org.Cursor
	rows, err := s.Organisation.UnitList(ctx, by, org.UnitQuery{Institution: i.ID, Children: true, Parent: u.ID, Limit: org.PageSize + 1})
	if err != nil {
		return nil, err
	}
	page.children, more = paged(rows, func(row org.UnitRow) org.Cursor { return row.After })
	page.moreUnits = more != (org.Cursor{})
	if may(r, org.ViewPeople, i) {
		people, err := s.Organisation.People(ctx, by, org.PersonQuery{Institution: i.ID, Unit: u.ID, Limit: org.PageSize + 1})
		if err != nil {
			return nil, err
		}
		page.people, more = paged(people, func(row org.PersonRow) org.Cursor { return row.After })
		page.morePeople = more != (org.Cursor{})
	}
	if may(r, org.ViewAccess, i) {
		if page.roles, err = s.Organisation.AssignmentList(ctx, by, org.AssignmentQuery{Unit: u.ID, When: org.Now}); err != nil {
			return nil, err
		}
	}
	return ui.Page(page.frame, unitBody(page)), nil
}

func (s desk) getEditUnit(w http.ResponseWriter, r *http.Request) error {
	i, u, err := s.unitHere(r)
	if err != nil {
		return err
	}
	form := route.New("name", u.Name, "code", u.Code, "kind", string(u.Kind), "services", strings.Join(u.Services, "\n"),
		"function", string(u.Function), "opened", written(i, u.Opened, 0), "rev", strconv.Itoa(u.Rev))
	if u.PublicFacing {
		form.Values.Set("public", "1")
	}
	page, err := s.unitEditPage(r, form)
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, page)
}

func (s desk) unitEditPage(r *http.Request, form route.Form) (templ.Component, error) {
	i, u, err := s.unitHere(r)
	if err != nil {
		return nil, err
	}
	page := unitForm{form: form, institution: i, unit: u, action: address(i.ID, "units", u.ID), current: outdated(form, u.Rev)}
	frame, parent, err := s.unitFrame(r, i, u, route.From(r).Printer.T("admin.unit.edit"))
	if err != nil {
		return nil, err
	}
	frame.Wrong, frame.Narrow = form.Fault != nil, true
	page.frame = frame
	if u.Parent != "" {
		page.parent = org.Unit{ID: u.Parent, Name: parent}
	}
	return ui.Page(frame, unitFormBody(page)), nil
}

func (s desk) postEditUnit(w http.ResponseWriter, r *http.Request) error {
	i, u, err := s.unitHere(r)
	if err != nil {
		return err
	}
	data, err := unitData(r, i)
	if err == nil {
		err = s.Organisation.EditUnit(r.Context(), route.From(r).Actor, org.UnitEdit{Key: route.Key(r), Unit: u.ID, Rev: revision(r), UnitData: data})
	}
	if err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) { return s.unitEditPage(r, form) })
	}
	return route.Done(w, r, address(i.ID, "units", u.ID), "admin.done.unit")
}

// moveForm chooses another place in the tree, for a unit or for the home of a person.
type moveForm struct {
	frame   ui.Frame
	form    route.Form
	here    string // address of this page
	action  string
	q       string
	now     string // where it stands now
	field   string
	options []ui.Option
	lead    string
	submit  string
}

func (s desk) getMoveUnit(w http.ResponseWriter, r *http.Request) error {
	_, u, err := s.unitHere(r)
	if err != nil {
		return err
	}
	page, err := s.unitMovePage(r, route.New("rev", strconv.Itoa(u.Rev)))
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, page)
}

func (s desk) unitMovePage(r *http.Request, form route.Form) (templ.Component, error) {
	i, u, err := s.unitHere(r)
	if err != nil {
		return nil, err
	}
	outdated(form, u.Rev)
	frame, parent, err := s.unitFrame(r, i, u, route.From(r).Printer.T("admin.unit.move"))
	if err != nil {
		return nil, err
	}
	frame.Wrong, frame.Narrow = form.Fault != nil, true
	page := moveForm{
		frame: frame, form: form, here: address(i.ID, "units", u.ID, "move") + "#f-parent", action: address(i.ID, "units", u.ID, "move"), now: parent,
		field: "parent", lead: frame.T("admin.unit.move.lead"), submit: frame.T("admin.unit.move"),
		options: []ui.Option{{Value: "", Text: i.Name, Hint: frame.T("admin.unit.top")}},
	}
	if page.now == "" {
		page.now = i.Name
	}
	page.q = r.URL.Query().Get("q")
	found, err := s.find(r, i, page.q, form.Value("parent"))
	if err != nil {
		return nil, err
	}
	for _, o := range found {
		if o.Value != u.ID {
			page.options = append(page.options, o)
		}
	}
	return ui.Page(frame, moveBody(page)), nil
}

// find lists open units by name or code as options, the one that was chosen among them.
func (s desk) find(r *http.Request, i org.Institution, search, chosen string) ([]ui.Option, error) {
	var options []ui.Option
	if i.ID == "" {
		return nil, nil
	}
	rows, err := s.Organisation.UnitList(r.Context(), route.From(r).Actor, org.UnitQuery{Institution: i.ID, Search: search, Open: org.OnlyOpen, Limit: 20})
	if err != nil {
		return nil, err
	}
	listed := chosen == ""
	for _, row := range rows {
		options = append(options, ui.Option{Value: row.ID, Text: row.Name, Hint: row.ParentName})
		listed = listed || row.ID == chosen
	}
	if !listed {
		u, err := s.unitIn(r, i, chosen)
		if err != nil {
			return nil, err
		}
		options = append(options, ui.Option{Value: u.ID, Text: u.Name})
	}
	return options, nil
}

func (s desk) postMoveUnit(w http.ResponseWriter, r *http.Request) error {
	i, u, err := s.unitHere(r)
	if err != nil {
		return err
	}
	if err = chosen(r, "parent"); err == nil {
		err = s.Organisation.MoveUnit(r.Context(), route.From(r).Actor, org.UnitMove{Key: route.Key(r), Unit: u.ID, Rev: revision(r), Parent: r.PostFormValue("parent")})
	}
	if err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) { return s.unitMovePage(r, form) })
	}
	return route.Done(w, r, address(i.ID, "units", u.ID), "admin.done.unit.moved")
}

// chosen refuses a move without a destination. The top of the institution is one too and has an empty value, so that the
// value alone would take silence for a choice.
func chosen(r *http.Request, name string) error {
	if r.PostForm.Has(name) {
		return nil
	}
	return fault.New(fault.Invalid, "fault.invalid").With(name, "fault.field.choose")
}

// closeForm asks why a unit is closed.
type closeForm struct {
	frame  ui.Frame
	form   route.Form
	action string
}

func (s desk) getCloseUnit(w http.ResponseWriter, r *http.Request) error {
	_, u, err := s.unitHere(r)
	if err != nil {
		return err
	}
	page, err := s.unitClosePage(r, route.New("rev", strconv.Itoa(u.Rev)))
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, page)
}

func (s desk) unitClosePage(r *http.Request, form route.Form) (templ.Component, error) {
	i, u, err := s.unitHere(r)
	if err != nil {
		return nil, err
	}
	outdated(form, u.Rev)
	frame, _, err := s.unitFrame(r, i, u, route.From(r).Printer.T("admin.unit.close"))
	if err != nil {
		return nil, err
	}
	frame.Wrong, frame.Narrow, frame.Lead = form.Fault != nil, true, frame.T("admin.unit.close.lead")
	return ui.Page(frame, closeBody(closeForm{frame: frame, form: form, action: address(i.ID, "units", u.ID, "close")})), nil
}

func (s desk) postCloseUnit(w http.ResponseWriter, r *http.Request) error {
	i, u, err := s.unitHere(r)
	if err != nil {
		return err
	}
	f := fault.Form()
	on := day(r, i, "on", 0, f)
	if err = f.Err(); err == nil {
		err = s.Organisation.CloseUnit(r.Context(), route.From(r).Actor, org.UnitClosing{
			Key: route.Key(r), Unit: u.ID, Rev: revision(r), On: on, Reason: r.PostFormValue("reason"),
		})
	}
	if err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) { return s.unitClosePage(r, form) })
	}
	return route.Done(w, r, address(i.ID, "units", u.ID), "admin.done.unit.closed")
}

func (s desk) postReopenUnit(w http.ResponseWriter, r *http.Request) error {
	i, u, err := s.unitHere(r)
	if err != nil {
		return err
	}
	if err := s.Organisation.ReopenUnit(r.Context(), route.From(r).Actor, route.Key(r), u.ID, revision(r)); err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) { return s.unitPage(r, form) })
	}
	return route.Done(w, r, address(i.ID, "units", u.ID), "admin.done.unit.reopened")
}

// functionName is a function of Tabel 5 in words.
func functionName(f ui.Frame, fn org.UnitFunction) string {
	return f.T("admin.unit.function." + strings.ReplaceAll(string(fn), " ", "_"))
}
