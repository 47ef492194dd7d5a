package admin

import (
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// getPeople lists those of the institution whom the reader may know; who manages people may change them too.
func (s desk) getPeople(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ViewPeople)
	if err != nil {
		return err
	}
	by := filters(r, "q", "role", "unit", "open", "sort", "entered")
	unit, err := s.unitIn(r, i, by.Get("unit"))
	if err != nil {
		return err
	}
	query := org.PersonQuery{
		Institution: i.ID, Search: by.Get("q"), Unit: unit.ID, After: cursorOf(r), Limit: org.PageSize + 1,
		Role: offered(by.Get("role"), org.Roles()),
		Open: offered(by.Get("open"), []org.Openness{org.OnlyOpen, org.OnlyClosed}), Unentered: by.Get("entered") == notEntered,
		Sort: offered(by.Get("sort"), []org.PersonSort{org.PeopleByUnit, org.PeopleByNIP}),
	}
	rows, err := s.Organisation.People(r.Context(), route.From(r).Actor, query)
	if err != nil {
		return err
	}
	frame := frameOf(r, i, route.From(r).Printer.T("admin.people"))
	if unit.ID != "" {
		frame.Lead = unit.Name
	}
	page := peoplePage{institution: i, by: by, form: route.New(), mayManage: may(r, org.ManagePeople, i), mails: s.mails}
	var last org.Cursor
	page.rows, last = paged(rows, func(p org.PersonRow) org.Cursor { return p.After })
	page.first, page.next = pagesOf(address(i.ID, "people"), by, query.After, last)
	if page.mayManage && !page.nothing() { // an empty list offers it itself
		frame.Actions = link(address(i.ID, "people", "new")+query2("unit", unit.ID), frame.T("admin.person.new"))
	}
	page.frame = frame
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, peopleBody(page)))
}

func (s desk) getNewPerson(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManagePeople)
	if err != nil {
		return err
	}
	u, err := s.homeOf(r, i)
	if err != nil {
		return err
	}
	view, err := s.personView(r, route.New("scope", string(org.OneUnit)), u.ID)
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, view)
}

func (s desk) personView(r *http.Request, form route.Form, unit string) (templ.Component, error) {
	i, err := s.managed(r, org.ManagePeople)
	if err != nil {
		return nil, err
	}
	u, err := s.unitIn(r, i, unit)
	if err != nil {
		return nil, err
	}
	frame := frameOf(r, i, route.From(r).Printer.T("admin.person.new"))
	frame.Wrong, frame.Narrow, frame.Lead = form.Fault != nil, true, frame.T("admin.person.new.lead")
	frame.Crumbs = append(frame.Crumbs, ui.Crumb{Path: address(i.ID, "people"), Text: frame.T("admin.people")})
	return ui.Page(frame, personFormBody(personForm{
		frame: frame, form: form, institution: i, unit: u,
		roles: roles(frame.Printer, i, u.ID != ""), scopes: scopes(frame.Printer, i, u.ID != ""),
	})), nil
}

// kindsOf are the kinds of scope that can be chosen, the narrowest first.
func kindsOf(i org.Institution, unit bool) []org.ScopeKind {
	if i.ID == "" {
		return []org.ScopeKind{org.WholeInstance}
	}
	if unit {
		return []org.ScopeKind{org.OneUnit, org.Subtree}
	}
	return []org.ScopeKind{org.WholeInstitution}
}

// roles are those that can be given over the institution, or over a unit.
func roles(p *locale.Printer, i org.Institution, unit bool) []ui.Option {
	var options []ui.Option
	for _, role := range org.Roles() {
		given := func(k org.ScopeKind) bool { return len(org.Grants(role, k)) > 0 }
		if slices.ContainsFunc(kindsOf(i, unit), given) {
			options = append(options, ui.Option{Value: string(role), Text: p.T("admin.role." + string(role)), Hint: p.T("admin.role." + string(role) + ".hint")})
		}
	}
	return options
}

// scopes are how far a role in a unit may reach.
func scopes(p *locale.Printer, i org.Institution, unit bool) []ui.Option {
	var options []ui.Option
	for _, kind := range kindsOf(i, unit) {
		options = append(options, ui.Option{Value: string(kind), Text: p.T("admin.scope." + string(kind))})
	}
	return options
}

// placeOf reads role and reach; what was not offered is a wrong field, found before anything is made.
func placeOf(r *http.Request, i org.Institution, unit string) (org.Role, org.Scope, error) {
	role, scope := org.Role(r.PostFormValue("role")), org.Scope{Kind: org.WholeInstitution, Institution: i.ID}
	if i.ID == "" {
		scope.Kind = org.WholeInstance
	}
	if unit != "" {
		scope.Kind, scope.Unit = org.ScopeKind(r.PostFormValue("scope")), unit
	}
	wrong := fault.New(fault.Invalid, "fault.invalid")
	switch {
	case !slices.Contains(kindsOf(i, unit != ""), scope.Kind):
		return "", org.Scope{}, wrong.With("scope", "fault.field.choose")
	case !slices.Contains(org.Roles(), role):
		return "", org.Scope{}, wrong.With("role", "fault.field.choose")
	case len(org.Grants(role, scope.Kind)) == 0:
		return "", org.Scope{}, wrong.With("role", "fault.assignment.scope")
	}
	return role, scope, nil
}

// postPerson adds the person, gives the role and makes the first code. Each part is a use case of its own; after a
// failure between them the same form, sent again, goes on where it stopped, since its key names all of them.
func (s desk) postPerson(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManagePeople)
	if err != nil {
		return err
	}
	unit := r.PostFormValue("unit")
	person, err := s.addPerson(w, r, i, unit)
	if err != nil {
		form, ok := route.Again(r, err)
		if !ok {
			return err
		}
		view, err := s.personView(r, form, unit)
		if err != nil {
			return err
		}
		return form.Show(view)
	}
	return s.invite(w, r, i, person)
}

func (s desk) addPerson(w http.ResponseWriter, r *http.Request, i org.Institution, unit string) (string, error) {
	role, scope, err := placeOf(r, i, unit)
	if err != nil {
		return "", err
	}
	by, key := route.From(r).Actor, route.Key(r)
	person, err := s.Organisation.AddPerson(r.Context(), by, org.NewPerson{
		Key: key, Institution: i.ID, Unit: unit, PersonData: personData(r),
	})
	if err != nil {
		return "", err
	}
	return person, s.assign(w, r, org.NewAssignment{Key: second(key), Person: person, Role: role, Scope: scope})
}

// assign gives a role; see renewed.
func (s desk) assign(w http.ResponseWriter, r *http.Request, cmd org.NewAssignment) error {
	return s.renewed(w, r, org.Person{ID: cmd.Person}, func() error {
		_, err := s.Organisation.Assign(r.Context(), route.From(r).Actor, cmd)
		return err
	})
}

// renewed runs a change of a person's roles, which ends all sessions of the person. Whoever changes the own roles goes
// on in a new session with another id; for everybody else the way back in is the door.
func (s desk) renewed(w http.ResponseWriter, r *http.Request, p org.Person, change func() error) error {
	q := route.From(r)
	if err := change(); err != nil {
		return err
	}
	if p.ID != q.Actor.Person {
		return nil
	}
	opened, err := s.Sessions.Renew(r.Context(), q.Session)
	if err != nil {
		return err
	}
	route.Enter(w, r, opened)
	return nil
}

// second is the key of the second use case behind one form.
func second(k idempotency.Key) idempotency.Key {
	if !k.IsZero() {
		k.Value += "/role"
	}
	return k
}

// postInvitation makes a new code in place of the ones before it: for somebody who lost the slip or forgot the
// password.
func (s desk) postInvitation(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManagePeople)
	if err != nil {
		return err
	}
	return s.showSlip(w, r, i, r.PathValue("person"))
}

// showSlip makes a code and shows it, also for somebody with an address: it was asked for on paper.
func (s desk) showSlip(w http.ResponseWriter, r *http.Request, i org.Institution, person string) error {
	s.Mail = false
	return s.showSlips(w, r, i, []string{person})
}
