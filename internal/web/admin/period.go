package admin

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

func (s desk) getPeriods(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return err
	}
	q := route.From(r)
	periods, err := s.Periods.Periods(r.Context(), q.Actor, i.ID)
	if err != nil {
		return err
	}
	frame := frameOf(r, i, q.Printer.T("admin.periods"))
	page := periodsPage{institution: i}
	for _, p := range periods {
		zone, err := locale.Zone(p.Zone)
		if err != nil {
			return err
		}
		page.rows = append(page.rows, periodRow{
			year: strconv.Itoa(p.Year), name: p.Name, instrument: s.instrumentName(p.Instrument),
			opens:    q.Printer.Date(p.Opens, zone),
			deadline: q.Printer.Deadline(p.Deadline, zone),
		})
	}
	if len(periods) > 0 {
		frame.Actions = link(address(i.ID, "periods", "new"), frame.T("admin.period.new"))
	}
	page.frame = frame
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, periodsBody(page)))
}

func (s desk) instrumentName(id string) string {
	for _, in := range s.Instruments() {
		if in.ID == id {
			return in.Title
		}
	}
	return id
}

// getNewPeriod offers this year's evaluation with the deadline of the regulation: sheets are with the inspectorate by
// 31 May.
func (s desk) getNewPeriod(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return err
	}
	zone, err := locale.Zone(i.Zone)
	if err != nil {
		return err
	}
	q := route.From(r)
	year := q.At.In(zone).Year()
	first := s.Instruments()
	form := route.New(
		"year", strconv.Itoa(year), "name", q.Printer.T("admin.period.name.default", "Year", year),
		"opens", strconv.Itoa(year)+"-01-01", "deadline", strconv.Itoa(year)+"-05-31",
	)
	if len(first) > 0 {
		form.Values.Set("instrument", first[0].ID)
	}
	return ui.Write(w, r, http.StatusOK, s.periodView(r, form, i))
}

func (s desk) periodView(r *http.Request, form route.Form, i org.Institution) templ.Component {
	frame := frameOf(r, i, route.From(r).Printer.T("admin.period.new"))
	frame.Wrong, frame.Narrow = form.Fault != nil, true
	frame.Crumbs = append(frame.Crumbs, ui.Crumb{Path: address(i.ID, "periods"), Text: frame.T("admin.periods")})
	page := periodForm{frame: frame, form: form, institution: i}
	if zone, err := locale.Zone(i.Zone); err == nil {
		page.zone, _ = route.From(r).At.In(zone).Zone()
	}
	for _, in := range s.Instruments() {
		page.instruments = append(page.instruments, ui.Option{Value: in.ID, Text: in.Title})
	}
	return ui.Page(frame, periodFormBody(page))
}

func (s desk) postPeriod(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManageInstitution)
	if err != nil {
		return err
	}
	cmd, err := readPeriod(r, i)
	if err == nil {
		cmd.Key = route.Key(r)
		_, err = s.Periods.CreatePeriod(r.Context(), route.From(r).Actor, cmd)
	}
	if err != nil {
		form, ok := route.Again(r, err)
		if !ok {
			return err
		}
		return form.Show(s.periodView(r, form, i))
	}
	return route.Done(w, r, address(i.ID), "admin.done.period")
}

// readPeriod turns the form's days into instants in the institution's zone. The last day of filling ends where the next
// one begins.
func readPeriod(r *http.Request, i org.Institution) (assessment.NewPeriod, error) {
	zone, err := locale.Zone(i.Zone)
	if err != nil {
		return assessment.NewPeriod{}, err
	}
	wrong := fault.New(fault.Invalid, "fault.invalid")
	cmd := assessment.NewPeriod{Institution: i.ID, Zone: i.Zone, Name: r.PostFormValue("name"), Instrument: r.PostFormValue("instrument")}
	if cmd.Year, err = strconv.Atoi(r.PostFormValue("year")); err != nil || cmd.Year < 1000 || cmd.Year > 9999 {
		wrong = wrong.With("year", "admin.period.wrong.year")
	}
	if cmd.Opens, err = locale.ParseInstant(r.PostFormValue("opens"), zone); err != nil {
		wrong = wrong.With("opens", "admin.period.wrong.date")
	}
	last, err := locale.ParseInstant(r.PostFormValue("deadline"), zone)
	if err != nil {
		wrong = wrong.With("deadline", "admin.period.wrong.date")
	}
	cmd.Deadline = last.In(zone).AddDate(0, 0, 1).UTC()
	if len(wrong.Fields) > 0 {
		return assessment.NewPeriod{}, wrong
	}
	return cmd, nil
}
