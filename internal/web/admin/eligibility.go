package admin

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// institutionRoutes are the rows about an institution itself.
func (s desk) institutionRoutes() []route.Route {
	const one = "/admin/institutions/{institution}"
	return []route.Route{
		{Pattern: "GET " + one + "/edit", Need: org.ManageInstitution, Handle: s.getEditInstitution},
		{Pattern: "POST " + one, Need: org.ManageInstitution, Fields: []string{"rev", "name", "zone"}, Handle: s.postEditInstitution},
		{Pattern: "GET " + one + "/eligibility", Need: org.ManageInstitution, Handle: s.getEligibility},
		{Pattern: "POST " + one + "/eligibility", Need: org.ManageInstitution, Fields: []string{"rev", "year", "requirement", "value", "source"}, Handle: s.postEligibility},
	}
}

// institutionEdit changes name and zone.
type institutionEdit struct {
	frame       ui.Frame
	form        route.Form
	institution org.Institution
	current     bool // somebody else was faster: show what stands now
}

func (s desk) getEditInstitution(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return err
	}
	page, err := s.institutionEditPage(r, route.New("name", i.Name, "zone", i.Zone, "rev", strconv.Itoa(i.Rev)))
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, page)
}

func (s desk) institutionEditPage(r *http.Request, form route.Form) (templ.Component, error) {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return nil, err
	}
	frame := frameOf(r, i, route.From(r).Printer.T("admin.institution.edit"))
	frame.Wrong, frame.Narrow = form.Fault != nil, true
	return ui.Page(frame, institutionEditBody(institutionEdit{frame: frame, form: form, institution: i, current: outdated(form, i.Rev)})), nil
}

func (s desk) postEditInstitution(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return err
	}
	err = s.Organisation.EditInstitution(r.Context(), route.From(r).Actor, org.InstitutionEdit{
		Key: route.Key(r), Institution: i.ID, Rev: revision(r), Name: r.PostFormValue("name"), Zone: r.PostFormValue("zone"),
	})
	if err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) { return s.institutionEditPage(r, form) })
	}
	return route.Done(w, r, address(i.ID), "admin.done.institution.changed")
}

// eligibilityPage shows what an institution reached in a year, each requirement with a form of its own.
type eligibilityPage struct {
	frame       ui.Frame
	form        route.Form // the one that was refused, or a fresh one
	institution org.Institution
	year        int
	rows        []eligibilityRow
}

// eligibilityRow is one requirement with its value of the year.
type eligibilityRow struct {
	requirement   instrument.Requirement
	value, source string
	rev           int
	wrong         string // what is wrong with the value that was sent
}

// options are the values of a scale; none where the value is a number.
func (e eligibilityRow) options(f ui.Frame) []ui.Option {
	options := []ui.Option{{Text: f.T("admin.eligibility.unset")}}
	switch e.requirement.Type {
	case "boolean":
		return append(options, ui.Option{Value: "ya", Text: f.T("admin.yes")}, ui.Option{Value: "tidak", Text: f.T("admin.no")})
	case "ordinal":
		for _, v := range e.requirement.Order {
			options = append(options, ui.Option{Value: v, Text: v})
		}
		return options
	}
	return nil
}

func (s desk) getEligibility(w http.ResponseWriter, r *http.Request) error {
	page, err := s.eligibilityView(r, route.New(), r.URL.Query().Get("year"))
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, page)
}

func (s desk) eligibilityView(r *http.Request, form route.Form, asked string) (templ.Component, error) {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return nil, err
	}
	year, err := strconv.Atoi(asked)
	if err != nil || year < 1000 || year > 9999 {
		zone, err := locale.Zone(i.Zone)
		if err != nil {
			return nil, err
		}
		year = route.From(r).At.In(zone).Year()
	}
	values, err := s.Organisation.Eligibilities(r.Context(), route.From(r).Actor, i.ID, year)
	if err != nil {
		return nil, err
	}
	frame := frameOf(r, i, route.From(r).Printer.T("admin.eligibility"))
	frame.Wrong, frame.Lead = form.Fault != nil, frame.T("admin.eligibility.lead")
	page := eligibilityPage{frame: frame, form: form, institution: i, year: year}
	for _, requirement := range org.Requirements() {
		row := eligibilityRow{requirement: requirement}
		for _, v := range values {
			if v.Requirement == requirement.ID {
				row.value, row.source, row.rev = v.Value, v.Source, v.Rev
			}
		}
		if form.Fault != nil && form.Value("requirement") == requirement.ID {
			row.value, row.source, row.wrong = form.Value("value"), form.Value("source"), said(frame, form.Fault)
		}
		page.rows = append(page.rows, row)
	}
	return ui.Page(frame, eligibilityBody(page)), nil
}

// said is what is wrong with a form, in one sentence.
func said(f ui.Frame, wrong *fault.Fault) string {
	for _, field := range wrong.Fields {
		return f.Printer.TMap(field.Message, field.Args)
	}
	return f.Printer.TMap(wrong.Message, wrong.Args)
}

func (s desk) postEligibility(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return err
	}
	year, err := strconv.Atoi(r.PostFormValue("year"))
	if err == nil {
		err = s.Organisation.SetEligibility(r.Context(), route.From(r).Actor, org.EligibilityEdit{
			Key: route.Key(r), Institution: i.ID, Year: year, Requirement: r.PostFormValue("requirement"), Rev: revision(r),
			Value: r.PostFormValue("value"), Source: r.PostFormValue("source"),
		})
	} else {
		err = fault.Form().With("year", "admin.period.wrong.year")
	}
	if err != nil {
		return again(r, err, func(form route.Form) (templ.Component, error) {
			return s.eligibilityView(r, form, r.PostFormValue("year"))
		})
	}
	return route.Done(w, r, address(i.ID, "eligibility")+query("year", strconv.Itoa(year)), "admin.done.eligibility")
}
