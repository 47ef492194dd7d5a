// Package admin is the administrator's desk: institutions, units, periods and people, from an empty instance to the
// first sheet in minutes. It shows no answers and decides nothing about who may do what; org does.
package admin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"zona/internal/assessment"
	"zona/internal/auth"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// Deps is what the desk needs.
type Deps struct {
	Organisation Organisation
	Units        Units
	Periods      Periods
	Invitations  Invitations
	Sessions     Sessions
	Trail        Trail
	Instruments  func() []*instrument.Instrument
	Table        func() []route.Route // every row of the program; package web sets it
	Mail         bool                 // mail is delivered: a code can be sent instead of handed over
	URL          string               // address that people type, for the slip; without a slash at the end
}

// Organisation makes institutions, units, people and their roles.
type Organisation interface {
	Institutions(ctx context.Context, by org.Actor) ([]org.Institution, error)
	Institution(ctx context.Context, by org.Actor, id string) (org.Institution, error)
	Unit(ctx context.Context, by org.Actor, id string) (org.Unit, error)
	Person(ctx context.Context, by org.Actor, id string) (org.Person, error)
	People(ctx context.Context, by org.Actor, q org.PersonQuery) ([]org.PersonRow, error)
	UnitList(ctx context.Context, by org.Actor, q org.UnitQuery) ([]org.UnitRow, error)
	UnitHistory(ctx context.Context, by org.Actor, unit string) ([]org.UnitState, error)
	UnitAt(ctx context.Context, by org.Actor, unit string, at time.Time) ([]org.UnitState, error)
	AssignmentList(ctx context.Context, by org.Actor, q org.AssignmentQuery) ([]org.AssignmentRow, error)
	Interests(ctx context.Context, by org.Actor, person string) ([]org.Interest, error)
	Kawasan(ctx context.Context, by org.Actor, institution string) ([]org.Kawasan, error)
	Teams(ctx context.Context, by org.Actor, institution string) ([]org.Team, error)

	CreateInstitution(ctx context.Context, by org.Actor, cmd org.NewInstitution) (string, error)
	EditInstitution(ctx context.Context, by org.Actor, cmd org.InstitutionEdit) error
	Eligibilities(ctx context.Context, by org.Actor, institution string, year int) ([]org.Eligibility, error)
	SetEligibility(ctx context.Context, by org.Actor, cmd org.EligibilityEdit) error
	AddUnit(ctx context.Context, by org.Actor, cmd org.NewUnit) (string, error)
	AddPerson(ctx context.Context, by org.Actor, cmd org.NewPerson) (string, error)
	Assign(ctx context.Context, by org.Actor, cmd org.NewAssignment) (string, error)
	AddStaff(ctx context.Context, by org.Actor, cmd org.NewStaff) ([]string, error)

	EditUnit(ctx context.Context, by org.Actor, cmd org.UnitEdit) error
	MoveUnit(ctx context.Context, by org.Actor, cmd org.UnitMove) error
	CloseUnit(ctx context.Context, by org.Actor, cmd org.UnitClosing) error
	ReopenUnit(ctx context.Context, by org.Actor, key idempotency.Key, unit string, rev int) error
	EditPerson(ctx context.Context, by org.Actor, cmd org.PersonEdit) error
	MovePerson(ctx context.Context, by org.Actor, cmd org.PersonMove) error
	ClosePerson(ctx context.Context, by org.Actor, key idempotency.Key, person string) error
	ReopenPerson(ctx context.Context, by org.Actor, key idempotency.Key, person string) error
	EndAssignment(ctx context.Context, by org.Actor, cmd org.Ending) error
	ChangePeriod(ctx context.Context, by org.Actor, cmd org.PeriodChange) error
	DeclareInterest(ctx context.Context, by org.Actor, cmd org.NewInterest) (string, error)
	WithdrawInterest(ctx context.Context, by org.Actor, key idempotency.Key, interest string) error
}

// Units counts how far the institutions within reach are prepared.
type Units interface {
	Standings(ctx context.Context, r org.Reach, at time.Time, limit int) ([]assessment.Standing, error)
}

// Periods lists and makes periods.
type Periods interface {
	Periods(ctx context.Context, by org.Actor, institution string) ([]assessment.Period, error)
	CreatePeriod(ctx context.Context, by org.Actor, cmd assessment.NewPeriod) (string, error)
}

// Invitations makes one-use codes with which people set their passwords.
type Invitations interface {
	InviteByMail(ctx context.Context, by org.Actor, person string) error
	Invite(ctx context.Context, by org.Actor, person string) (code string, expires time.Time, err error)
}

// Sessions opens a new session in place of the one that a request came with.
type Sessions interface {
	Renew(ctx context.Context, old auth.Session) (auth.Opened, error)
}

// desk holds the handlers.
type desk struct{ Deps }

// Routes lists the rows.
func Routes(d Deps) []route.Route {
	s := desk{d}
	return slices.Concat(s.logRoutes(), s.unitRoutes(), s.personRoutes(), s.roleRoutes(), s.instanceRoutes(), s.accessRoutes(), s.institutionRoutes(), []route.Route{
		{Pattern: "GET /admin", Need: org.ViewAccess, Handle: s.getHome, Nav: route.Nav{Label: "admin.nav", Order: 90}},
		{Pattern: "GET /admin/institutions/new", Need: org.CreateInstitution, Handle: s.getNewInstitution},
		{Pattern: "POST /admin/institutions", Need: org.CreateInstitution, Fields: []string{"name", "kind", "zone"}, Handle: s.postInstitution},
		{Pattern: "GET /admin/institutions/{institution}", Need: org.ViewAccess, Handle: s.getInstitution},
		{Pattern: "GET /admin/institutions/{institution}/units", Need: org.ManageInstitution, Handle: s.getUnits},
		{Pattern: "GET /admin/institutions/{institution}/units/new", Need: org.ManageInstitution, Handle: s.getNewUnit},
		{Pattern: "POST /admin/institutions/{institution}/units", Need: org.ManageInstitution, Fields: unitFields("parent"), Handle: s.postUnit},
		{Pattern: "GET /admin/institutions/{institution}/periods", Need: org.ManageInstitution, Handle: s.getPeriods},
		{Pattern: "GET /admin/institutions/{institution}/periods/new", Need: org.ManageInstitution, Handle: s.getNewPeriod},
		{Pattern: "POST /admin/institutions/{institution}/periods", Need: org.ManageInstitution, Fields: []string{"name", "instrument", "year", "opens", "deadline"}, Handle: s.postPeriod},
		{Pattern: "GET /admin/institutions/{institution}/people", Need: org.ViewPeople, Handle: s.getPeople},
		{Pattern: "GET /admin/institutions/{institution}/people/new", Need: org.ManagePeople, Handle: s.getNewPerson},
		{Pattern: "POST /admin/institutions/{institution}/people", Need: org.ManagePeople, StepUp: true, Fields: personFields("unit", "role", "scope"), Handle: s.postPerson},
		{Pattern: "GET /admin/institutions/{institution}/staff/new", Need: org.ManagePeople, Handle: s.getNewStaff},
		{Pattern: "POST /admin/institutions/{institution}/staff", Need: org.ManagePeople, StepUp: true, Fields: []string{"unit", "name.*", "login.*", "role.*"}, Handle: s.postStaff},
		{Pattern: "POST /admin/institutions/{institution}/people/{person}/invitation", Need: org.ManagePeople, StepUp: true, Fields: route.NoFields(), Handle: s.postInvitation},
		{Pattern: "POST /admin/institutions/{institution}/people/{person}/invitation/mail", Need: org.ManagePeople, StepUp: true, Fields: route.NoFields(), Handle: s.postMailInvitation},
	})
}

// managed returns the institution of the address when the actor holds the capability over it. Institutions that the
// actor may know of but not manage are refused, others are not there.
func (s desk) managed(r *http.Request, c org.Capability) (org.Institution, error) {
	q := route.From(r)
	if r.PathValue("institution") == "" { // the instance itself, where people have the time of the capital
		i := org.Institution{Name: q.Printer.T("admin.instance"), Zone: locale.WIB}
		return i, org.Can(q.Actor, c, i.At(), org.State{At: q.At}).Fault()
	}
	i, err := s.Organisation.Institution(r.Context(), q.Actor, r.PathValue("institution"))
	if err != nil {
		return org.Institution{}, err
	}
	return i, org.Can(q.Actor, c, i.At(), org.State{At: q.At}).Fault()
}

// may reports whether the actor holds the capability over the institution, to show or leave out a link.
func may(r *http.Request, c org.Capability, i org.Institution) bool {
	q := route.From(r)
	return org.Can(q.Actor, c, i.At(), org.State{At: q.At}).Allow
}

// frameOf is the frame of a page about an institution.
func frameOf(r *http.Request, i org.Institution, title string) ui.Frame {
	f := ui.FrameOf(r, title)
	f.Demo = f.Demo || i.Demo
	if may(r, org.ViewAccess, i) { // who only lists people has no way through pages that are not theirs
		f.Crumbs = []ui.Crumb{{Path: "/admin", Text: f.T("admin.title")}}
		if i.ID != "" {
			f.Crumbs = append(f.Crumbs, ui.Crumb{Path: address(i.ID), Text: i.Name})
		}
	}
	return f
}
