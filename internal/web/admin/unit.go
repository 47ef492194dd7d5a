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

// dayForm is how a browser sends a date.
const dayForm = "2006-01-02"

// getUnits shows the tree one level at a time; a search or a filter looks through all levels.
func (s desk) getUnits(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return err
	}
	q := route.From(r)
	by := filters(r, "q", "kind", "open", "sort", "parent", "head")
	parent, err := s.unitIn(r, i, by.Get("parent"))
	if err != nil {
		return err
	}
	query := org.UnitQuery{
		Institution: i.ID, Search: by.Get("q"), After: cursorOf(r), Limit: org.PageSize + 1, Parent: parent.ID,
		Kind: offered(by.Get("kind"), org.UnitKinds()),
		Open: offered(by.Get("open"), []org.Openness{org.OnlyOpen, org.OnlyClosed}),
		Sort: offered(by.Get("sort"), []org.UnitSort{org.UnitsByCode}),
	}
	query.Headless = by.Get("head") == noHead
	query.Children = query.Search == "" && query.Kind == "" && query.Open == "" && !query.Headless
	rows, err := s.Organisation.UnitList(r.Context(), q.Actor, query)
	if err != nil {
		return err
	}
	page := unitsPage{institution: i, by: by, flat: !query.Children, mayPeople: may(r, org.ManagePeople, i)}
	var last org.Cursor
	page.rows, last = paged(rows, func(u org.UnitRow) org.Cursor { return u.After })
	page.first, page.next = pagesOf(address(i.ID, "units"), by, query.After, last)
	frame := frameOf(r, i, q.Printer.T("admin.units"))
	if parent.ID != "" {
		frame.Title = parent.Name
		if frame.Crumbs, err = s.way(r, i, parent, frame); err != nil {
			return err
		}
	}
	if !page.nothing() { // an empty list offers it itself
		frame.Actions = link(address(i.ID, "units", "new")+query2("parent", parent.ID), frame.T("admin.unit.new"))
	}
	page.frame = frame
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, unitsBody(page)))
}

// noHead and notEntered are the filters of units that nobody is head of, and of people who have never signed in.
const (
	noHead     = "none"
	notEntered = "no"
)

// query2 is query, or nothing where there is no value.
func query2(name, value string) string {
	if value == "" {
		return ""
	}
	return query(name, value)
}

// way is the way down to a unit: the list, and all units above it as they are called now.
func (s desk) way(r *http.Request, i org.Institution, u org.Unit, frame ui.Frame) ([]ui.Crumb, error) {
	q := route.From(r)
	above, err := s.Organisation.UnitAt(r.Context(), q.Actor, u.ID, q.At)
	if err != nil {
		return nil, err
	}
	crumbs := slices.Clone(frame.Crumbs[:2])
	crumbs = append(crumbs, ui.Crumb{Path: address(i.ID, "units"), Text: frame.T("admin.units")})
	for n := len(above) - 1; n > 0; n-- {
		crumbs = append(crumbs, ui.Crumb{Path: address(i.ID, "units", above[n].Unit), Text: above[n].Name})
	}
	return crumbs, nil
}

func (s desk) getNewUnit(w http.ResponseWriter, r *http.Request) error {
	view, err := s.unitView(r, route.New("kind", string(org.PlainUnit)), r.URL.Query().Get("parent"))
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
	page := unitForm{form: form, institution: i, action: address(i.ID, "units")}
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
		return org.Unit{}, missing()
	}
	return u, err
}

func missing() error { return fault.New(fault.NotFound, "ui.fault.missing") }

// unitFields are the fields of a unit's form.
func unitFields(more ...string) []string {
	return append([]string{"name", "code", "kind", "services", "public", "function", "opened"}, more...)
}

// unitData reads a unit's form. Services stand one a line.
func unitData(r *http.Request, i org.Institution) (org.UnitData, error) {
	d := org.UnitData{
		Name: r.PostFormValue("name"), Code: r.PostFormValue("code"), Kind: org.UnitKind(r.PostFormValue("kind")),
		Services: strings.Split(r.PostFormValue("services"), "\n"), PublicFacing: r.PostFormValue("public") != "",
		Function: org.UnitFunction(r.PostFormValue("function")),
	}
	f := fault.Form()
	d.Opened = day(r, i, "opened", 0, f)
	return d, f.Err()
}

// day reads a date as the start of that day in the institution's zone, so many days later; zero where nothing stands.
func day(r *http.Request, i org.Institution, name string, later int, f *fault.Fault) time.Time {
	text := strings.TrimSpace(r.PostFormValue(name))
	if text == "" {
		return time.Time{}
	}
	zone, err := locale.Zone(i.Zone)
	if err != nil {
		zone = time.UTC
	}
	t, err := time.ParseInLocation(dayForm, text, zone)
	if err != nil {
		f.With(name, "admin.period.wrong.date")
		return time.Time{}
	}
	return t.AddDate(0, 0, later).UTC()
}

// written is a day as a browser's field holds it, so many days before the instant; "" for none.
func written(i org.Institution, t time.Time, before int) string {
	zone, err := locale.Zone(i.Zone)
	if err != nil || t.IsZero() {
		return ""
	}
	return t.In(zone).AddDate(0, 0, -before).Format(dayForm)
}

// shown is a day in words.
func shown(f ui.Frame, i org.Institution, t time.Time) string {
	zone, err := locale.Zone(i.Zone)
	if err != nil || t.IsZero() {
		return ""
	}
	return f.Printer.Date(t, zone)
}

func (s desk) postUnit(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return err
	}
	data, err := unitData(r, i)
	if err == nil {
		_, err = s.Organisation.AddUnit(r.Context(), route.From(r).Actor, org.NewUnit{
			Key: route.Key(r), Institution: i.ID, Parent: r.PostFormValue("parent"), UnitData: data,
		})
	}
	if err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) {
			return s.unitView(r, form, r.PostFormValue("parent"))
		})
	}
	// While the institution is being set up the next step is more help than the list.
	periods, err := s.Periods.Periods(r.Context(), route.From(r).Actor, i.ID)
	if err != nil {
		return err
	}
	if len(periods) == 0 {
		return route.Done(w, r, address(i.ID), "admin.done.unit")
	}
	return route.Done(w, r, address(i.ID, "units")+query2("parent", r.PostFormValue("parent")), "admin.done.unit")
}

// again answers what a person can mend with the form that was sent, and everything else as it is.
func again(r *http.Request, err error, view func(route.Form) (templ.Component, error)) error {
	form, ok := route.Again(r, err)
	if !ok {
		return err
	}
	page, err := view(form)
	if err != nil {
		return err
	}
	return form.Show(page)
}

// revision is what the person had seen when the form was shown; no number is the first one, which is then outdated.
func revision(r *http.Request) int {
	n, err := strconv.Atoi(r.PostFormValue("rev"))
	if err != nil {
		return -1
	}
	return n
}

// outdated reports whether somebody else was faster. Then the page shows what stands now beside what was typed, and
// the form goes on from there.
func outdated(form route.Form, rev int) bool {
	if form.Fault == nil || form.Fault.Kind != fault.Conflict {
		return false
	}
	form.Values.Set("rev", strconv.Itoa(rev))
	return true
}

// functions are the functions of Tabel 5, and none.
func functions(f ui.Frame) []ui.Option {
	options := []ui.Option{{Text: f.T("admin.unit.function.none")}}
	for _, fn := range org.UnitFunctions() {
		options = append(options, ui.Option{Value: string(fn), Text: f.T("admin.unit.function." + strings.ReplaceAll(string(fn), " ", "_"))})
	}
	return options
}

// unitsPage lists an institution's units.
type unitsPage struct {
	frame       ui.Frame
	institution org.Institution
	by          url.Values
	rows        []org.UnitRow
	first, next string
	flat        bool // all levels
	mayPeople   bool
}

// nothing reports whether there is no unit at all.
func (p unitsPage) nothing() bool { return len(p.rows) == 0 && len(p.by) == 0 && p.first == "" }
