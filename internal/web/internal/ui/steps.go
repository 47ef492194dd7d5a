package ui

import (
	"net/url"

	"zona/internal/assessment"
)

// Step is one part of getting started.
type Step struct {
	ID    string // message id; its explanation is ID + ".text"
	Done  string // what there is, in words; "" when there is nothing
	List  string // where it is listed
	Add   string // where it is begun, "" where its turn has not come or the reader may not
	Label string // message id of the button
	Next  bool   // the first that is still to do
}

// FirstSteps are those of an instance without an institution.
func FirstSteps(mayCreate bool) []Step {
	steps := []Step{{ID: "admin.step.institution", Next: true}, {ID: "admin.step.unit"}, {ID: "admin.step.period"}, {ID: "admin.step.people"}}
	if mayCreate {
		steps[0].Add, steps[0].Label = "/admin/institutions/new", "admin.institution.new"
	}
	return steps
}

// Preparation are the steps of an institution with what it has already. Who does not manage people is not led to them.
func Preparation(f Frame, s assessment.Standing, mayPeople bool) []Step {
	base := "/admin/institutions/" + url.PathEscape(s.Institution.ID)
	step := func(id, page, add, label, counted string, n int) Step {
		made := Step{ID: id, List: base + page, Add: base + page + "/" + add, Label: label}
		if n > 0 {
			made.Done = f.T(counted, "Count", n)
		}
		return made
	}
	steps := []Step{
		step("admin.step.unit", "/units", "new", "admin.unit.new", "admin.units.count", s.Units),
		step("admin.step.period", "/periods", "new", "admin.period.new", "admin.periods.count", s.Periods),
	}
	if mayPeople {
		people := step("admin.step.people", "/people", "", "admin.staff.new", "admin.people.count", s.People)
		people.Add = base + "/staff/new"
		steps = append(steps, people)
	}
	for n := range steps {
		if steps[n].Done == "" {
			steps[n].Next = true
			break
		}
	}
	return steps
}

// Prepared reports whether an institution has all that its work needs.
func Prepared(s assessment.Standing) bool { return s.Units > 0 && s.Periods > 0 && s.People > 0 }
