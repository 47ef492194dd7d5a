package admin

import (
	"zona/internal/org"
	"zona/internal/web/internal/route"
)

func (s desk) unitRoutes() []route.Route {
	const unit = "/admin/institutions/{institution}/units/{unit}"
	return []route.Route{
		{Pattern: "GET " + unit, Need: org.ManageInstitution, Handle: s.getUnit},
		{Pattern: "GET " + unit + "/edit", Need: org.ManageInstitution, Handle: s.getEditUnit},
		{Pattern: "POST " + unit, Need: org.ManageInstitution, Fields: unitFields("rev"), Handle: s.postEditUnit},
		{Pattern: "GET " + unit + "/move", Need: org.ManageInstitution, Handle: s.getMoveUnit},
		{Pattern: "POST " + unit + "/move", Need: org.ManageInstitution, Fields: []string{"rev", "parent"}, Handle: s.postMoveUnit},
		{Pattern: "GET " + unit + "/close", Need: org.ManageInstitution, Handle: s.getCloseUnit},
		{Pattern: "POST " + unit + "/close", Need: org.ManageInstitution, StepUp: true, Fields: []string{"rev", "reason", "on"}, Handle: s.postCloseUnit},
		{Pattern: "POST " + unit + "/reopen", Need: org.ManageInstitution, Fields: []string{"rev"}, Handle: s.postReopenUnit},
	}
}

func (s desk) personRoutes() []route.Route {
	const person = "/admin/institutions/{institution}/people/{person}"
	return []route.Route{
		{Pattern: "GET " + person, Need: org.ViewPeople, Handle: s.getPerson},
		{Pattern: "GET " + person + "/edit", Need: org.ManagePeople, Handle: s.getEditPerson},
		{Pattern: "POST " + person, Need: org.ManagePeople, StepUp: true, Fields: personFields("rev"), Handle: s.postEditPerson},
		{Pattern: "GET " + person + "/move", Need: org.ManagePeople, Handle: s.getMovePerson},
		{Pattern: "POST " + person + "/move", Need: org.ManagePeople, Fields: []string{"rev", "unit"}, Handle: s.postMovePerson},
		{Pattern: "POST " + person + "/close", Need: org.ManagePeople, StepUp: true, Fields: route.NoFields(), Handle: s.postClosePerson},
		{Pattern: "POST " + person + "/reopen", Need: org.ManagePeople, StepUp: true, Fields: route.NoFields(), Handle: s.postReopenPerson},
		{Pattern: "GET " + person + "/interests/new", Need: org.ManagePeople, Handle: s.getNewInterest},
		{Pattern: "POST " + person + "/interests", Need: org.ManagePeople, Fields: []string{"unit", "text"}, Handle: s.postInterest},
		{Pattern: "POST " + person + "/interests/{interest}/withdraw", Need: org.ManagePeople, StepUp: true, Fields: route.NoFields(), Handle: s.postWithdrawInterest},
	}
}

func (s desk) roleRoutes() []route.Route {
	const roles = "/admin/institutions/{institution}/people/{person}/roles"
	return []route.Route{
		{Pattern: "GET /admin/institutions/{institution}/assignments", Need: org.ViewAccess, Handle: s.getAssignments},
		{Pattern: "GET " + roles + "/new", Need: org.ManagePeople, Handle: s.getNewRole},
		{Pattern: "POST " + roles, Need: org.ManagePeople, StepUp: true, Fields: []string{"role", "place", "from", "until", "acting"}, Handle: s.postRole},
		{Pattern: "GET " + roles + "/{assignment}", Need: org.ManagePeople, Handle: s.getRole},
		{Pattern: "POST " + roles + "/{assignment}", Need: org.ManagePeople, StepUp: true, Fields: []string{"rev", "from", "until"}, Handle: s.postPeriodOfRole},
		{Pattern: "POST " + roles + "/{assignment}/end", Need: org.ManagePeople, StepUp: true, Fields: []string{"rev", "reason"}, Handle: s.postEndRole},
	}
}

// instanceRoutes are the pages of people who belong to no institution: those who run the instance and inspect it, and
// TPN. They are the same pages without an institution, for those who run the instance.
func (s desk) instanceRoutes() []route.Route {
	const people, person, roles = "/admin/people", "/admin/people/{person}", "/admin/people/{person}/roles"
	return []route.Route{
		{Pattern: "GET /admin/assignments", Need: org.RunInstance, Handle: s.getAssignments},
		{Pattern: "GET " + people, Need: org.RunInstance, Handle: s.getPeople},
		{Pattern: "GET " + people + "/new", Need: org.RunInstance, Handle: s.getNewPerson},
		{Pattern: "POST " + people, Need: org.RunInstance, StepUp: true, Fields: personFields("role"), Handle: s.postPerson},
		{Pattern: "GET " + person, Need: org.RunInstance, Handle: s.getPerson},
		{Pattern: "GET " + person + "/edit", Need: org.RunInstance, Handle: s.getEditPerson},
		{Pattern: "POST " + person, Need: org.RunInstance, StepUp: true, Fields: personFields("rev"), Handle: s.postEditPerson},
		{Pattern: "POST " + person + "/close", Need: org.RunInstance, StepUp: true, Fields: route.NoFields(), Handle: s.postClosePerson},
		{Pattern: "POST " + person + "/reopen", Need: org.RunInstance, StepUp: true, Fields: route.NoFields(), Handle: s.postReopenPerson},
		{Pattern: "POST " + person + "/invitation", Need: org.RunInstance, StepUp: true, Fields: route.NoFields(), Handle: s.postInvitation},
		{Pattern: "POST " + person + "/invitation/mail", Need: org.RunInstance, StepUp: true, Fields: route.NoFields(), Handle: s.postMailInvitation},
		{Pattern: "GET " + roles + "/new", Need: org.RunInstance, Handle: s.getNewRole},
		{Pattern: "POST " + roles, Need: org.RunInstance, StepUp: true, Fields: []string{"role", "place", "from", "until", "acting"}, Handle: s.postRole},
		{Pattern: "GET " + roles + "/{assignment}", Need: org.RunInstance, Handle: s.getRole},
		{Pattern: "POST " + roles + "/{assignment}", Need: org.RunInstance, StepUp: true, Fields: []string{"rev", "from", "until"}, Handle: s.postPeriodOfRole},
		{Pattern: "POST " + roles + "/{assignment}/end", Need: org.RunInstance, StepUp: true, Fields: []string{"rev", "reason"}, Handle: s.postEndRole},
	}
}
