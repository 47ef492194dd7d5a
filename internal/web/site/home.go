package site

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"zona/internal/assessment"
	"zona/internal/exact"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// Work tells what waits for somebody, within reach. Each call is one statement.
type Work interface {
	// Waiting lists units in periods that take answers at an instant, with their sheets; what is due first comes first.
	Waiting(ctx context.Context, r org.Reach, at time.Time, limit int) ([]assessment.Waiting, error)
	// Standings counts how far institutions are prepared, by name.
	Standings(ctx context.Context, r org.Reach, at time.Time, limit int) ([]assessment.Standing, error)
}

// How much a home shows before it leads to the whole list.
const (
	homeSheets       = 10
	homeInstitutions = 5
	soon             = 14 // days before a deadline from which it is said more loudly
)

// homePage is where a person begins: what waits for him or her.
type homePage struct {
	frame     ui.Frame
	key       string // of the small forms in the rows
	sheets    []homeSheet
	moreUnits bool
	readsOnly bool // the sheets are others' to fill
	hasSheets bool // the person may read or fill sheets at all
	first     []ui.Step
	starting  []startingPoint
	tasks     []task
	moreHouse bool
}

// nothing reports whether nothing at all waits.
func (p homePage) nothing() bool {
	return len(p.sheets)+len(p.first)+len(p.starting)+len(p.tasks) == 0
}

// homeSheet is a sheet that takes answers now, or a unit that has none yet; sheet is "" then.
type homeSheet struct {
	unit, unitID, sheet string
	period, periodID    string
	deadline            string
	left                string
	urgent              bool
	answered, questions int
	score               string
	targets             []string // that a new sheet may aim at
	begin               bool     // the person may begin it
}

// bar is the progress as a picture.
func (s homeSheet) bar(f ui.Frame) ui.BarSpec {
	return ui.BarSpec{
		Value: exact.Int(int64(s.answered)), Whole: exact.Int(int64(max(s.questions, 1))), Kind: ui.Info, Label: s.progress(f),
	}
}

func (s homeSheet) progress(f ui.Frame) string {
	return f.T("home.sheet.progress", "Answered", s.answered, "Questions", s.questions)
}

// startingPoint is an institution that is not prepared yet, with its steps.
type startingPoint struct {
	name  string
	steps []ui.Step
}

// task is one thing to do for somebody who runs an institution.
type task struct {
	text, where string
	path, label string
	kind        ui.Kind
}

// getHome shows a person what waits, and leads everybody else to the door.
func (s desk) getHome(w http.ResponseWriter, r *http.Request) error {
	q := route.From(r)
	if !q.SignedIn() {
		return route.Done(w, r, "/signin", "")
	}
	page := homePage{frame: ui.FrameOf(r, q.Printer.T("home.title")), key: route.NewKey()}
	page.frame.Lead = page.frame.T("home.lead", "Name", q.Actor.Name)
	if err := s.waiting(r, &page); err != nil {
		return err
	}
	if err := s.running(r, &page); err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(page.frame, homeBody(page)))
}

// waiting lists the sheets that the person fills; for those who fill none, the ones that they read.
func (s desk) waiting(r *http.Request, page *homePage) error {
	q := route.From(r)
	capability := org.EditAnswer
	if !q.Actor.Holds(capability, q.At) {
		capability, page.readsOnly = org.ViewSheet, true
	}
	if page.hasSheets = q.Actor.Holds(capability, q.At); !page.hasSheets {
		return nil
	}
	rows, err := s.deps.Work.Waiting(r.Context(), q.Actor.Reach(capability, q.At), q.At, homeSheets+1)
	if err != nil {
		return err
	}
	if page.moreUnits = len(rows) > homeSheets; page.moreUnits {
		rows = rows[:homeSheets]
	}
	for _, row := range rows {
		sheet, err := homeSheetOf(q, row)
		if err != nil {
			return err
		}
		page.sheets = append(page.sheets, sheet)
	}
	return nil
}

func homeSheetOf(q *route.Request, row assessment.Waiting) (homeSheet, error) {
	in, err := instrument.ByID(row.Period.Instrument)
	if err != nil {
		return homeSheet{}, err
	}
	zone, err := locale.Zone(row.Period.Zone)
	if err != nil {
		return homeSheet{}, err
	}
	days := int(row.Period.Deadline.Sub(q.At) / (24 * time.Hour))
	sheet := homeSheet{
		unit: row.Unit.Name, unitID: row.Unit.ID, sheet: row.Assessment.ID, period: row.Period.Name, periodID: row.Period.ID,
		deadline: q.Printer.Deadline(row.Period.Deadline, zone), left: q.Printer.T("home.left.today"), urgent: days < soon,
		answered: row.Assessment.Answered, questions: len(in.Questions),
	}
	if days > 0 {
		sheet.left = q.Printer.T("home.left", "Count", days)
	}
	if sheet.sheet != "" {
		sheet.score = q.Printer.Score(row.Assessment.Total)
		return sheet, nil
	}
	sheet.begin = org.Can(q.Actor, org.OpenAssessment, row.Unit.At(), org.State{At: q.At}).Allow
	for _, p := range in.Predicates {
		sheet.targets = append(sheet.targets, p.ID)
	}
	return sheet, nil
}

// running lists what those who run institutions have to see to: the steps of one that is not prepared yet, and what is
// missing in the others.
func (s desk) running(r *http.Request, page *homePage) error {
	q := route.From(r)
	if !q.Actor.Holds(org.ManageInstitution, q.At) {
		return nil
	}
	standings, err := s.deps.Work.Standings(r.Context(), q.Actor.Reach(org.ManageInstitution, q.At), q.At, homeInstitutions+1)
	if err != nil {
		return err
	}
	if len(standings) == 0 {
		page.first = ui.FirstSteps(q.Actor.Holds(org.CreateInstitution, q.At))
		return nil
	}
	if page.moreHouse = len(standings) > homeInstitutions; page.moreHouse {
		standings = standings[:homeInstitutions]
	}
	for _, standing := range standings {
		people := org.Can(q.Actor, org.ManagePeople, standing.Institution.At(), org.State{At: q.At}).Allow
		if !ui.Prepared(standing) {
			page.starting = append(page.starting, startingPoint{standing.Institution.Name, ui.Preparation(page.frame, standing, people)})
			continue
		}
		page.tasks = append(page.tasks, tasksOf(page.frame, standing, people)...)
	}
	return nil
}

// tasksOf is what is missing in an institution that works.
func tasksOf(f ui.Frame, s assessment.Standing, people bool) []task {
	base := "/admin/institutions/" + url.PathEscape(s.Institution.ID)
	var list []task
	if s.Current == 0 {
		list = append(list, task{f.T("home.task.period"), s.Institution.Name, base + "/periods/new", f.T("admin.period.new"), ui.Bad})
	}
	if s.Headless > 0 {
		list = append(list, task{f.T("home.task.headless", "Count", s.Headless), s.Institution.Name, base + "/units?head=none", f.T("home.task.show"), ui.Warn})
	}
	if s.Unentered > 0 && people {
		list = append(list, task{f.T("home.task.unentered", "Count", s.Unentered), s.Institution.Name, base + "/people?entered=no", f.T("home.task.show"), ui.Warn})
	}
	return list
}

// rowKey names the attempt of one row's form.
func (p homePage) rowKey(n int) route.Form { return route.Form{Key: p.key + "-" + strconv.Itoa(n)} }
