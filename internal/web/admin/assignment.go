package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"zona/internal/fault"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// times are the times of an assignment relative to now.
func times() []org.When { return []org.When{org.Now, org.Future, org.Past} }

// assignmentsPage lists who can do what in an institution, and why.
type assignmentsPage struct {
	frame       ui.Frame
	institution org.Institution
	by          url.Values
	rows        []org.AssignmentRow
	first, next string
}

func (s desk) getAssignments(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ViewAccess)
	if err != nil {
		return err
	}
	by := filters(r, "role", "when")
	query := org.AssignmentQuery{
		Institution: i.ID, Role: offered(by.Get("role"), org.Roles()), When: offered(by.Get("when"), times()),
		After: cursorOf(r), Limit: org.PageSize + 1,
	}
	rows, err := s.Organisation.AssignmentList(r.Context(), route.From(r).Actor, query)
	if err != nil {
		return err
	}
	frame := frameOf(r, i, route.From(r).Printer.T("admin.assignments"))
	frame.Lead = frame.T("admin.assignments.lead")
	page := assignmentsPage{frame: frame, institution: i, by: by}
	var last org.Cursor
	page.rows, last = paged(rows, func(a org.AssignmentRow) org.Cursor { return a.After })
	page.first, page.next = pagesOf(address(i.ID, "assignments"), by, query.After, last)
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, assignmentsBody(page)))
}

// rolePage gives a role, or changes one that was given.
type rolePage struct {
	frame       ui.Frame
	form        route.Form
	institution org.Institution
	person      org.Person
	row         org.AssignmentRow
	q           string
	places      []ui.Option
	begun       bool
}

func (s desk) getNewRole(w http.ResponseWriter, r *http.Request) error {
	page, err := s.newRolePage(r, route.New())
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, page)
}

func (s desk) newRolePage(r *http.Request, form route.Form) (templ.Component, error) {
	i, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return nil, err
	}
	frame := personFrame(r, i, p, route.From(r).Printer.T("admin.role.new"))
	frame.Wrong, frame.Narrow = form.Fault != nil, true
	page := rolePage{frame: frame, form: form, institution: i, person: p, q: r.URL.Query().Get("q")}
	if page.places, err = s.places(r, i, p, page.q, form.Value("place")); err != nil {
		return nil, err
	}
	return ui.Page(frame, newRoleBody(page)), nil
}

// places are where a role can hold: the institution, a unit alone or with all below it, a kawasan, a team; for those
// who run the instance the instance too.
func (s desk) places(r *http.Request, i org.Institution, p org.Person, search, chosen string) ([]ui.Option, error) {
	q := route.From(r)
	t := q.Printer.T
	var options []ui.Option
	if i.ID != "" {
		options = append(options, ui.Option{Value: string(org.WholeInstitution) + ":" + i.ID, Text: i.Name, Hint: t("admin.scope.institution")})
	}
	if org.Can(q.Actor, org.RunInstance, org.Object{}, org.State{At: q.At}).Allow {
		options = append(options, ui.Option{Value: string(org.WholeInstance) + ":", Text: t("admin.instance")})
	}
	kind, id, _ := strings.Cut(chosen, ":")
	if kind != string(org.OneUnit) && kind != string(org.Subtree) {
		id = ""
	}
	if id == "" && search == "" {
		id = p.Unit
	}
	units, err := s.find(r, i, search, id)
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		options = append(options,
			ui.Option{Value: string(org.OneUnit) + ":" + u.Value, Text: u.Text, Hint: t("admin.scope.unit")},
			ui.Option{Value: string(org.Subtree) + ":" + u.Value, Text: u.Text, Hint: t("admin.scope.subtree")})
	}
	if !may(r, org.ViewAccess, i) {
		return options, nil
	}
	kawasan, err := s.Organisation.Kawasan(r.Context(), q.Actor, i.ID)
	if err != nil {
		return nil, err
	}
	for _, k := range kawasan {
		if k.Closed.IsZero() {
			options = append(options, ui.Option{Value: string(org.InKawasan) + ":" + k.ID, Text: k.Name, Hint: t("admin.scope.kawasan")})
		}
	}
	teams, err := s.Organisation.Teams(r.Context(), q.Actor, i.ID)
	if err != nil {
		return nil, err
	}
	for _, team := range teams {
		if team.Closed.IsZero() {
			options = append(options, ui.Option{Value: string(org.InTeam) + ":" + team.ID, Text: team.Name, Hint: t("admin.scope.team")})
		}
	}
	return options, nil
}

// scopeOf reads the place of a form: the kind of scope and the id of what it is over.
func scopeOf(r *http.Request, i org.Institution, f *fault.Fault) org.Scope {
	kind, id, _ := strings.Cut(r.PostFormValue("place"), ":")
	scope := org.Scope{Kind: org.ScopeKind(kind), Institution: i.ID}
	switch scope.Kind {
	case org.WholeInstance:
		return org.Scope{Kind: scope.Kind}
	case org.WholeInstitution:
		scope.Institution = id
	case org.Subtree, org.OneUnit:
		scope.Unit = id
	case org.InKawasan:
		scope.Kawasan = id
	case org.InTeam:
		scope.Team = id
	}
	if id == "" || !slices.Contains(org.ScopeKinds(), scope.Kind) {
		f.With("place", "fault.field.choose")
	}
	return scope
}

func (s desk) postRole(w http.ResponseWriter, r *http.Request) error {
	i, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return err
	}
	f := fault.Form()
	cmd := org.NewAssignment{
		Key: route.Key(r), Person: p.ID, Role: org.Role(r.PostFormValue("role")), Scope: scopeOf(r, i, f), Acting: org.Acting(r.PostFormValue("acting")),
		From: day(r, i, "from", 0, f), Until: day(r, i, "until", 1, f),
	}
	if !slices.Contains(org.Roles(), cmd.Role) {
		f.With("role", "fault.field.choose")
	}
	if err = f.Err(); err == nil {
		err = s.assign(w, r, cmd)
	}
	if err != nil {
		return again(r, placed(err), func(form route.Form) (templ.Component, error) { return s.newRolePage(r, form) })
	}
	return route.Done(w, r, address(i.ID, "people", p.ID), "admin.done.role")
}

// placed names the field of this form that the feature calls scope.
func placed(err error) error {
	if f, ok := fault.Of(err); ok {
		for n := range f.Fields {
			if f.Fields[n].Name == "scope" {
				f.Fields[n].Name = "place"
			}
		}
	}
	return err
}

// chosenUnit is the unit that a form names.
func (s desk) chosenUnit(r *http.Request, i org.Institution) (org.Unit, error) {
	if r.PostFormValue("unit") == "" {
		return org.Unit{}, fault.Form().With("unit", "fault.field.choose")
	}
	return s.unitIn(r, i, r.PostFormValue("unit"))
}

// roleHere is the assignment of the address, which the person of the address has.
func (s desk) roleHere(r *http.Request) (org.Institution, org.AssignmentRow, org.Person, error) {
	i, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return org.Institution{}, org.AssignmentRow{}, org.Person{}, err
	}
	rows, err := s.Organisation.AssignmentList(r.Context(), route.From(r).Actor, org.AssignmentQuery{Person: p.ID, Limit: manyRoles})
	if err != nil {
		return org.Institution{}, org.AssignmentRow{}, org.Person{}, err
	}
	n := slices.IndexFunc(rows, func(a org.AssignmentRow) bool { return a.ID == r.PathValue("assignment") })
	if n < 0 {
		return org.Institution{}, org.AssignmentRow{}, org.Person{}, missing()
	}
	return i, rows[n], p, nil
}

func (s desk) getRole(w http.ResponseWriter, r *http.Request) error {
	i, row, _, err := s.roleHere(r)
	if err != nil {
		return err
	}
	page, err := s.rolePage(r, route.New("from", written(i, row.From, 0), "until", written(i, row.Until, 1), "rev", strconv.Itoa(row.Rev)))
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, page)
}

func (s desk) rolePage(r *http.Request, form route.Form) (templ.Component, error) {
	i, row, p, err := s.roleHere(r)
	if err != nil {
		return nil, err
	}
	if form.Fault != nil {
		// The other form of the page goes on from what stands now.
		outdated(form, row.Rev)
		if !form.Values.Has("until") {
			form.Values.Set("from", written(i, row.From, 0))
			form.Values.Set("until", written(i, row.Until, 1))
		}
	}
	frame := personFrame(r, i, p, route.From(r).Printer.T("admin.role.change"))
	frame.Wrong, frame.Narrow = form.Fault != nil, true
	page := rolePage{frame: frame, form: form, institution: i, person: p, row: row, begun: !row.From.After(route.From(r).At)}
	return ui.Page(frame, roleBody(page)), nil
}

func (s desk) postPeriodOfRole(w http.ResponseWriter, r *http.Request) error {
	i, row, p, err := s.roleHere(r)
	if err != nil {
		return err
	}
	f := fault.Form()
	cmd := org.PeriodChange{Key: route.Key(r), Assignment: row.ID, Rev: revision(r), Until: day(r, i, "until", 1, f)}
	if r.PostFormValue("from") != written(i, row.From, 0) { // a day that was not touched keeps the hour of the beginning
		cmd.From = day(r, i, "from", 0, f)
	}
	if err = f.Err(); err == nil {
		err = s.renewed(w, r, p, func() error { return s.Organisation.ChangePeriod(r.Context(), route.From(r).Actor, cmd) })
	}
	if err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) { return s.rolePage(r, form) })
	}
	return route.Done(w, r, address(i.ID, "people", p.ID), "admin.done.period-of-role")
}

func (s desk) postEndRole(w http.ResponseWriter, r *http.Request) error {
	i, row, p, err := s.roleHere(r)
	if err != nil {
		return err
	}
	err = s.renewed(w, r, p, func() error {
		return s.Organisation.EndAssignment(r.Context(), route.From(r).Actor, org.Ending{
			Key: route.Key(r), Assignment: row.ID, Rev: revision(r), Reason: r.PostFormValue("reason"),
		})
	})
	if err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) { return s.rolePage(r, form) })
	}
	// Whoever ends the own role may have no way back to the person's page.
	if p.ID == route.From(r).Actor.Person {
		return route.Done(w, r, "/", "admin.done.role.ended")
	}
	return route.Done(w, r, address(i.ID, "people", p.ID), "admin.done.role.ended")
}

// periodOf is the period of an assignment in words; the end is the last day on which it holds.
func periodOf(f ui.Frame, i org.Institution, a org.Assignment) string {
	from := shown(f, i, a.From)
	if a.Until.IsZero() {
		return f.T("admin.assignment.open", "From", from)
	}
	zone, err := locale.Zone(i.Zone)
	if err != nil {
		zone = time.UTC
	}
	return f.T("admin.assignment.between", "From", from, "Until", f.Printer.Date(a.Until.Add(-time.Nanosecond), zone))
}

// languages are those that a person may read the pages in.
func languages(f ui.Frame) []ui.Option {
	options := []ui.Option{{Text: f.T("admin.lang.browser")}}
	for _, lang := range locale.Languages() {
		options = append(options, ui.Option{Value: lang, Text: f.T("admin.lang." + lang)})
	}
	return options
}

// actings are the ways to hold a role.
func actings(f ui.Frame) []ui.Option {
	return choices(f, "admin.acting.none", "admin.acting.", []org.Acting{org.Plt, org.Plh})
}

// whenOf is when an assignment holds, seen from the time of the page.
func whenOf(at time.Time, a org.Assignment) org.When {
	switch {
	case !a.Until.IsZero() && !at.Before(a.Until):
		return org.Past
	case at.Before(a.From):
		return org.Future
	}
	return org.Now
}

func whenKind(w org.When) ui.Kind {
	switch w {
	case org.Now:
		return ui.Good
	case org.Future:
		return ui.Info
	}
	return ui.Neutral
}
