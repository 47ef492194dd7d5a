package admin

import (
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// personPage is one person with what he or she may do, and why.
type personPage struct {
	frame       ui.Frame
	form        route.Form
	institution org.Institution
	person      org.Person
	home        string // name of the home unit
	roles       []org.AssignmentRow
	interests   []org.Interest
	mayManage   bool
	self        bool
	mails       bool // a code can be sent to the person
	at          time.Time
}

// personFields are the fields of a person's form.
func personFields(more ...string) []string {
	return append([]string{"name", "nip", "position", "rank", "email", "login", "lang"}, more...)
}

func personData(r *http.Request) org.PersonData {
	return org.PersonData{
		Name: r.PostFormValue("name"), NIP: r.PostFormValue("nip"), Position: r.PostFormValue("position"), Rank: r.PostFormValue("rank"),
		Email: r.PostFormValue("email"), Login: r.PostFormValue("login"), Lang: r.PostFormValue("lang"),
	}
}

// personHere is the person of the address, who belongs to the institution of the address.
func (s desk) personHere(r *http.Request, c org.Capability) (org.Institution, org.Person, error) {
	i, err := s.managed(r, c)
	if err != nil {
		return org.Institution{}, org.Person{}, err
	}
	p, err := s.Organisation.Person(r.Context(), route.From(r).Actor, r.PathValue("person"))
	if err == nil && p.Institution != i.ID {
		err = missing()
	}
	return i, p, err
}

// personFrame is the frame of a page about a person.
func personFrame(r *http.Request, i org.Institution, p org.Person, title string) ui.Frame {
	frame := frameOf(r, i, title)
	frame.Crumbs = append(frame.Crumbs, ui.Crumb{Path: address(i.ID, "people"), Text: frame.T("admin.people")})
	if title != p.Name {
		frame.Crumbs = append(frame.Crumbs, ui.Crumb{Path: address(i.ID, "people", p.ID), Text: p.Name})
	}
	return frame
}

func (s desk) getPerson(w http.ResponseWriter, r *http.Request) error {
	page, err := s.personPage(r, route.New())
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, page)
}

func (s desk) personPage(r *http.Request, form route.Form) (templ.Component, error) {
	i, p, err := s.personHere(r, org.ViewPeople)
	if err != nil {
		return nil, err
	}
	ctx, by := r.Context(), route.From(r).Actor
	page := personPage{
		frame: personFrame(r, i, p, p.Name), form: form, institution: i, person: p,
		mayManage: may(r, org.ManagePeople, i), self: p.ID == by.Person, mails: s.mails(p), at: route.From(r).At,
	}
	page.frame.Wrong = form.Fault != nil
	if p.Unit != "" {
		home, err := s.unitIn(r, i, p.Unit)
		if err != nil {
			return nil, err
		}
		page.home = home.Name
	}
	if page.roles, err = s.Organisation.AssignmentList(ctx, by, org.AssignmentQuery{Person: p.ID, Limit: manyRoles}); err != nil {
		return nil, err
	}
	if page.interests, err = s.Organisation.Interests(ctx, by, p.ID); err != nil {
		return nil, err
	}
	if page.mayManage && !p.Closed {
		page.frame.Actions = link(address(i.ID, "people", p.ID, "roles", "new"), page.frame.T("admin.role.new"))
	}
	return ui.Page(page.frame, personBody(page)), nil
}

// manyRoles is more than anybody ever had.
const manyRoles = 500

func (s desk) getEditPerson(w http.ResponseWriter, r *http.Request) error {
	_, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return err
	}
	page, err := s.personEditPage(r, route.New("name", p.Name, "nip", p.NIP, "position", p.Position, "rank", p.Rank,
		"email", p.Email, "login", p.Login, "lang", p.Lang, "rev", strconv.Itoa(p.Rev)))
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, page)
}

func (s desk) personEditPage(r *http.Request, form route.Form) (templ.Component, error) {
	i, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return nil, err
	}
	page := personEdit{
		frame: personFrame(r, i, p, route.From(r).Printer.T("admin.person.edit")), form: form, person: p,
		action: address(i.ID, "people", p.ID), current: outdated(form, p.Rev),
	}
	page.frame.Wrong, page.frame.Narrow = form.Fault != nil, true
	return ui.Page(page.frame, personEditBody(page)), nil
}

func (s desk) postEditPerson(w http.ResponseWriter, r *http.Request) error {
	i, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return err
	}
	err = s.Organisation.EditPerson(r.Context(), route.From(r).Actor, org.PersonEdit{Key: route.Key(r), Person: p.ID, Rev: revision(r), PersonData: personData(r)})
	if err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) { return s.personEditPage(r, form) })
	}
	return route.Done(w, r, address(i.ID, "people", p.ID), "admin.done.person")
}

func (s desk) getMovePerson(w http.ResponseWriter, r *http.Request) error {
	_, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return err
	}
	page, err := s.personMovePage(r, route.New("rev", strconv.Itoa(p.Rev), "unit", p.Unit))
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, page)
}

func (s desk) personMovePage(r *http.Request, form route.Form) (templ.Component, error) {
	i, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return nil, err
	}
	outdated(form, p.Rev)
	frame := personFrame(r, i, p, route.From(r).Printer.T("admin.person.move"))
	frame.Wrong, frame.Narrow = form.Fault != nil, true
	home, err := s.unitIn(r, i, p.Unit)
	if err != nil {
		return nil, err
	}
	here := address(i.ID, "people", p.ID, "move")
	page := moveForm{
		frame: frame, form: form, here: here + "#f-unit", action: here, now: home.Name, q: r.URL.Query().Get("q"), field: "unit",
		lead: frame.T("admin.person.move.lead"), submit: frame.T("admin.person.move"),
		options: []ui.Option{{Text: i.Name, Hint: frame.T("admin.person.homeless")}},
	}
	if page.now == "" {
		page.now = i.Name
	}
	found, err := s.find(r, i, page.q, form.Value("unit"))
	if err != nil {
		return nil, err
	}
	page.options = append(page.options, found...)
	return ui.Page(frame, moveBody(page)), nil
}

func (s desk) postMovePerson(w http.ResponseWriter, r *http.Request) error {
	i, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return err
	}
	if err = chosen(r, "unit"); err == nil {
		err = s.Organisation.MovePerson(r.Context(), route.From(r).Actor, org.PersonMove{Key: route.Key(r), Person: p.ID, Rev: revision(r), Unit: r.PostFormValue("unit")})
	}
	if err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) { return s.personMovePage(r, form) })
	}
	return route.Done(w, r, address(i.ID, "people", p.ID), "admin.done.person.moved")
}

func (s desk) postClosePerson(w http.ResponseWriter, r *http.Request) error {
	i, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return err
	}
	if err := s.Organisation.ClosePerson(r.Context(), route.From(r).Actor, route.Key(r), p.ID); err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) { return s.personPage(r, form) })
	}
	return route.Done(w, r, address(i.ID, "people", p.ID), "admin.done.person.closed")
}

func (s desk) postReopenPerson(w http.ResponseWriter, r *http.Request) error {
	i, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return err
	}
	if err := s.Organisation.ReopenPerson(r.Context(), route.From(r).Actor, route.Key(r), p.ID); err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) { return s.personPage(r, form) })
	}
	return route.Done(w, r, address(i.ID, "people", p.ID), "admin.done.person.reopened")
}

func (s desk) getNewInterest(w http.ResponseWriter, r *http.Request) error {
	page, err := s.interestPage(r, route.New())
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, page)
}

func (s desk) interestPage(r *http.Request, form route.Form) (templ.Component, error) {
	i, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return nil, err
	}
	frame := personFrame(r, i, p, route.From(r).Printer.T("admin.interest.new"))
	frame.Wrong, frame.Narrow, frame.Lead = form.Fault != nil, true, frame.T("admin.interest.lead")
	page := interestForm{
		frame: frame, form: form, q: r.URL.Query().Get("q"),
		here: address(i.ID, "people", p.ID, "interests", "new"), action: address(i.ID, "people", p.ID, "interests"),
	}
	if page.options, err = s.find(r, i, page.q, form.Value("unit")); err != nil {
		return nil, err
	}
	return ui.Page(frame, interestBody(page)), nil
}

func (s desk) postInterest(w http.ResponseWriter, r *http.Request) error {
	i, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return err
	}
	u, err := s.chosenUnit(r, i)
	if err == nil {
		_, err = s.Organisation.DeclareInterest(r.Context(), route.From(r).Actor, org.NewInterest{
			Key: route.Key(r), Person: p.ID, Unit: u.ID, Text: r.PostFormValue("text"),
		})
	}
	if err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) { return s.interestPage(r, form) })
	}
	return route.Done(w, r, address(i.ID, "people", p.ID), "admin.done.interest")
}

func (s desk) postWithdrawInterest(w http.ResponseWriter, r *http.Request) error {
	i, p, err := s.personHere(r, org.ManagePeople)
	if err != nil {
		return err
	}
	list, err := s.Organisation.Interests(r.Context(), route.From(r).Actor, p.ID)
	if err != nil {
		return err
	}
	for _, n := range list {
		if n.ID == r.PathValue("interest") {
			if err := s.Organisation.WithdrawInterest(r.Context(), route.From(r).Actor, route.Key(r), n.ID); err != nil {
				return err
			}
			return route.Done(w, r, address(i.ID, "people", p.ID), "admin.done.interest.withdrawn")
		}
	}
	return missing()
}
