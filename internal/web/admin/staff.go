package admin

import (
	"net/http"
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

// staffRows is how many lines the form of several people has.
const staffRows = 5

// staffForm adds several people with their roles at once.
type staffForm struct {
	frame       ui.Frame
	form        route.Form
	institution org.Institution
	unit        org.Unit // home of all of them; zero: none
	roles       []ui.Option
}

func (s desk) getNewStaff(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManagePeople)
	if err != nil {
		return err
	}
	u, err := s.homeOf(r, i)
	if err != nil {
		return err
	}
	view, err := s.staffView(r, route.New(), u.ID)
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, view)
}

// homeOf is the unit that the address names for new people, else the only one of the institution: where there is
// nothing to choose nobody is asked.
func (s desk) homeOf(r *http.Request, i org.Institution) (org.Unit, error) {
	if i.ID == "" {
		return org.Unit{}, nil
	}
	if id := r.URL.Query().Get("unit"); id != "" {
		return s.unitIn(r, i, id)
	}
	rows, err := s.Organisation.UnitList(r.Context(), route.From(r).Actor, org.UnitQuery{Institution: i.ID, Open: org.OnlyOpen, Limit: 2})
	if err != nil || len(rows) != 1 {
		return org.Unit{}, err
	}
	return rows[0].Unit, nil
}

func (s desk) staffView(r *http.Request, form route.Form, unit string) (templ.Component, error) {
	i, err := s.managed(r, org.ManagePeople)
	if err != nil {
		return nil, err
	}
	u, err := s.unitIn(r, i, unit)
	if err != nil {
		return nil, err
	}
	frame := frameOf(r, i, route.From(r).Printer.T("admin.staff.new"))
	frame.Wrong, frame.Lead = form.Fault != nil, frame.T("admin.staff.lead")
	frame.Crumbs = append(frame.Crumbs, ui.Crumb{Path: address(i.ID, "people"), Text: frame.T("admin.people")})
	page := staffForm{frame: frame, form: form, institution: i, unit: u, roles: []ui.Option{{Text: frame.T("admin.choose")}}}
	for _, role := range org.Roles() {
		if org.StaffScope(role, i.ID, u.ID).Kind != "" {
			page.roles = append(page.roles, ui.Option{Value: string(role), Text: frame.T("admin.role." + string(role))})
		}
	}
	return ui.Page(frame, staffFormBody(page)), nil
}

// staffOf reads the lines of the form that hold anything, with the number of each: what is wrong is told where it
// stands.
func staffOf(r *http.Request) (members []org.NewMember, lines []int) {
	for n := range staffRows {
		at := func(name string) string { return strings.TrimSpace(r.PostFormValue(name + "." + strconv.Itoa(n))) }
		m := org.NewMember{PersonData: org.PersonData{Name: at("name"), Login: at("login")}, Role: org.Role(at("role"))}
		if m != (org.NewMember{}) {
			members, lines = append(members, m), append(lines, n)
		}
	}
	return members, lines
}

func (s desk) postStaff(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManagePeople)
	if err != nil {
		return err
	}
	unit := r.PostFormValue("unit")
	members, lines := staffOf(r)
	people, err := s.Organisation.AddStaff(r.Context(), route.From(r).Actor, org.NewStaff{
		Key: route.Key(r), Institution: i.ID, Unit: unit, Members: members,
	})
	if err != nil {
		return again(r, onLines(err, lines), func(form route.Form) (templ.Component, error) { return s.staffView(r, form, unit) })
	}
	return s.showSlips(w, r, i, people)
}

// onLines names the fields of the members by the lines of the form that they stood in.
func onLines(err error, lines []int) error {
	f, ok := fault.Of(err)
	if !ok || len(f.Fields) == 0 {
		return err
	}
	g := *f
	g.Fields = slices.Clone(f.Fields)
	for i := range g.Fields {
		name, number, numbered := strings.Cut(g.Fields[i].Name, ".")
		if n, err := strconv.Atoi(number); numbered && err == nil && n < len(lines) {
			g.Fields[i].Name = name + "." + strconv.Itoa(lines[n])
		}
	}
	return &g
}

// slip is the invitation of one person.
type slip struct {
	name, login string
	code        string // in groups; "" when it went out by mail
	expires     string
}

// slipsPage shows codes, once, to be handed over on paper.
type slipsPage struct {
	frame       ui.Frame
	institution org.Institution
	site        string // address that the person opens
	slips       []slip
	again       string // where more people are added
}

// onPaper reports whether a code stands on the page.
func (p slipsPage) onPaper() bool {
	return slices.ContainsFunc(p.slips, func(s slip) bool { return s.code != "" })
}

// showSlips invites people: by mail where that is possible, else with a code that this page alone ever shows. It answers
// the form itself and not a redirect, because a code must not travel in an address or wait on the server.
func (s desk) showSlips(w http.ResponseWriter, r *http.Request, i org.Institution, people []string) error {
	q := route.From(r)
	frame := frameOf(r, i, q.Printer.T("admin.slip.heading"))
	frame.Narrow = true
	frame.Crumbs = append(frame.Crumbs, ui.Crumb{Path: address(i.ID, "people"), Text: frame.T("admin.people")})
	page := slipsPage{frame: frame, institution: i, site: s.URL + "/invitation", again: address(i.ID, "staff", "new")}
	if i.ID == "" {
		page.again = address("", "people", "new")
	}
	for _, id := range people {
		made, err := s.slipFor(r, i, id)
		if err != nil {
			return err
		}
		page.slips = append(page.slips, made)
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, slipsBody(page)))
}

func (s desk) slipFor(r *http.Request, i org.Institution, id string) (slip, error) {
	p, err := s.personIn(r, i, id)
	if err != nil {
		return slip{}, err
	}
	made := slip{name: p.Name, login: p.Login}
	if s.mails(p) {
		return made, s.Invitations.InviteByMail(r.Context(), route.From(r).Actor, p.ID)
	}
	var expires time.Time
	if made.code, expires, err = s.Invitations.Invite(r.Context(), route.From(r).Actor, p.ID); err != nil {
		return slip{}, err
	}
	made.expires, err = momentIn(r, i, expires)
	return made, err
}

// momentIn is an instant in the institution's zone; people of the instance read the time of the capital.
func momentIn(r *http.Request, i org.Institution, t time.Time) (string, error) {
	name := i.Zone
	if name == "" {
		name = locale.WIB
	}
	zone, err := locale.Zone(name)
	if err != nil {
		return "", err
	}
	return route.From(r).Printer.DateTime(t, zone), nil
}
