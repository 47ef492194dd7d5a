package app

import (
	"bytes"
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"zona/internal/assessment"
	"zona/internal/org"
	"zona/internal/web"
)

// place is where an address points, seen from the person who asks: every role but those of the instance sits in the
// unit "own", or in its institution.
type place string

const (
	own     place = "own unit"
	child   place = "unit below"
	sibling place = "unit beside"
	foreign place = "other institution"
	// instance holds people of no institution; no role is walked there beside that of whoever runs it.
	instance place = "instance"
)

var places = []place{own, child, sibling, foreign}

// granted is the reviewed table: what each role may do, and where. What does not stand here is refused.
var granted = map[string]struct {
	may []org.Capability
	at  []place
}{
	"nobody":                    {},
	"no role":                   {},
	"expired coordinator":       {},
	"administrator, instance":   {may: []org.Capability{org.ViewUnits, org.OpenAssessment, org.ManageInstitution, org.ManagePeople, org.ViewPeople, org.ViewAccess, org.ViewLog, org.CreateInstitution, org.RunInstance}, at: places},
	"administrator":             {may: []org.Capability{org.ViewUnits, org.OpenAssessment, org.ManageInstitution, org.ManagePeople, org.ViewPeople, org.ViewAccess, org.ViewLog}, at: places[:3]},
	"head of institution":       {may: []org.Capability{org.ViewUnits, org.ViewSheet, org.ExportSheet, org.ViewPeople, org.ViewAccess, org.ViewLog}, at: places[:3]},
	"head of unit":              {may: []org.Capability{org.ViewUnits, org.ViewSheet, org.ExportSheet, org.EditAnswer, org.ImportWorkbook, org.OpenAssessment}, at: places[:1]},
	"coordinator":               {may: []org.Capability{org.ViewUnits, org.ViewSheet, org.ExportSheet, org.EditAnswer, org.ImportWorkbook, org.OpenAssessment}, at: places[:1]},
	"coordinator of a subtree":  {may: []org.Capability{org.ViewUnits, org.ViewSheet, org.ExportSheet, org.EditAnswer, org.ImportWorkbook, org.OpenAssessment}, at: places[:2]},
	"member":                    {may: []org.Capability{org.ViewUnits, org.ViewSheet, org.ExportSheet, org.EditAnswer}, at: places[:1]},
	"evaluator":                 {may: []org.Capability{org.ViewUnits, org.ViewSheet, org.ExportSheet}, at: places[:3]},
	"evaluator of a subtree":    {may: []org.Capability{org.ViewUnits, org.ViewSheet, org.ExportSheet}, at: places[:2]},
	"observer of a single unit": {may: []org.Capability{org.ViewUnits, org.ViewSheet, org.ExportSheet}, at: places[:1]},
}

// stopped is the second half of the reviewed table: what nobody may do to a sheet at a stage, whatever the role. A sheet
// may be opened before its period does, so that everybody can read what will be asked; beside a closed one, whose period
// goes on, opening is told that there is one already.
var stopped = map[assessment.Stage][]org.Capability{
	assessment.NotYet: {org.EditAnswer, org.ImportWorkbook},
	assessment.Open:   {},
	assessment.Late:   {org.EditAnswer, org.ImportWorkbook, org.OpenAssessment},
	assessment.Shut:   {org.EditAnswer, org.ImportWorkbook},
}

// outcome is how a request ended, as far as access goes.
type outcome string

const (
	entered outcome = "entered"
	signIn  outcome = "sent to sign in"
	refused outcome = "refused (403)"
	hidden  outcome = "hidden (404)"
	broken  outcome = "broken (5xx)"
)

// expected says how a cell must end. A role of the institution makes the institution known, so that its own pages
// answer 403; what lies outside a role's reach answers 404.
func expected(row web.Row, who string, at place, stage assessment.Stage) outcome {
	g := granted[who]
	switch {
	case row.Public:
		return entered
	case who == "nobody":
		return signIn
	case row.Self:
		return entered
	case !slices.Contains(g.may, row.Need):
		return refused
	case placed(row) && !slices.Contains(g.at, at):
		return hidden
	case row.Method() == http.MethodPost && slices.Contains(stopped[stage], row.Need):
		return refused
	}
	return entered
}

// placed reports whether the address names something that lies somewhere.
func placed(row web.Row) bool {
	for _, name := range []string{"{institution}", "{unit}", "{assessment}", "{import}", "{event}"} {
		if strings.Contains(row.Pattern, name) {
			return true
		}
	}
	return false
}

// TestAZ01EveryRouteForEveryRoleAtEveryPlaceInEveryState walks the table that the program serves. On each cell that
// is not entered, the database is the same afterwards. The short mode leaves the other places to the open sheet.
func TestAZ01EveryRouteForEveryRoleAtEveryPlaceInEveryState(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	cells := 0
	for _, stage := range assessment.Stages() {
		for _, row := range w.rows {
			for _, who := range w.roles() {
				for _, at := range places {
					if !walked(row, at, stage) {
						continue
					}
					cells++
					before := w.version()
					got, status := w.ask(row, who, at, stage)
					if got != entered && w.version() != before {
						t.Errorf("%s as %s at %s, %s: %s and yet something changed", row.Pattern, who, at, stage, got)
					}
					if want := expected(row, who, at, stage); got != want {
						t.Errorf("%s as %s at %s, %s: %s (status %d), want %s", row.Pattern, who, at, stage, got, status, want)
					}
					if row.Self && row.Method() != http.MethodGet && who != "nobody" {
						w.openSession(who) // these rows end sessions
					}
				}
			}
		}
	}
	t.Logf("%d routes, %d roles, %d stages, %d cells", len(w.rows), len(w.roles()), len(assessment.Stages()), cells)
}

// walked leaves out what is the same cell again: an address that names no place is asked at one place, and one that is
// about the own account at one stage.
func walked(row web.Row, at place, stage assessment.Stage) bool {
	if at != own && (!placed(row) || testing.Short() && stage != assessment.Open) {
		return false
	}
	return !row.Self || stage == assessment.Open
}

// The world of the matrix is what it says: at each place a sheet at each stage, and the table knows each stage.
func TestAZ01TheSheetsOfTheMatrixAreAtTheirStages(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	for _, stage := range assessment.Stages() {
		if _, ok := stopped[stage]; !ok {
			t.Errorf("the table has no line for %s", stage)
		}
		for _, at := range places {
			if got := w.stageOf(at, stage); got != stage {
				t.Errorf("the sheet at %s that should be %s is %s", at, stage, got)
			}
		}
	}
}

// Nobody answers a sheet that is not open, whatever the role.
func TestAZ01AnsweringASheetThatIsNotOpenChangesNothing(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	row := w.row("POST /sheets/{assessment}/answers/{question}")
	for _, who := range []string{"coordinator", "member", "head of unit"} {
		before := w.version()
		for _, stage := range []assessment.Stage{assessment.NotYet, assessment.Late, assessment.Shut} {
			if _, status := w.ask(row, who, own, stage); status != http.StatusForbidden || w.version() != before {
				t.Errorf("%s, %s: status %d, changed %v", who, stage, status, w.version() != before)
			}
		}
		// The control: the same form on the open sheet is taken, and the digest sees it.
		if _, status := w.ask(row, who, own, assessment.Open); status != http.StatusSeeOther || w.version() == before {
			t.Errorf("%s, open: status %d, changed %v", who, status, w.version() != before)
		}
	}
}

// The harness is tested with a table that grants one thing too many, one too few, or one at the wrong stage: each must
// be seen.
func TestAZ01TheMatrixSeesAWrongTable(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	row := w.row("GET /sheets/{assessment}")
	if got, _ := w.ask(row, "administrator", own, assessment.Open); got == entered {
		t.Error("an administrator reads a sheet")
	}
	open := row
	open.Need = org.ViewUnits // what a careless row would say
	if got, _ := w.ask(row, "administrator", own, assessment.Open); got == expected(open, "administrator", own, assessment.Open) {
		t.Error("a row with the wrong capability would pass unseen")
	}
	for _, pattern := range []string{"POST /sheets/{assessment}/answers/{question}", "POST /sheets/{assessment}/import", "POST /imports/{import}/apply"} {
		for _, stage := range []assessment.Stage{assessment.NotYet, assessment.Late, assessment.Shut} {
			row := w.row(pattern)
			if got, _ := w.ask(row, "coordinator", own, stage); got == expected(row, "coordinator", own, assessment.Open) {
				t.Errorf("%s, %s: a table that took the sheet for an open one would pass unseen", pattern, stage)
			}
		}
	}
}

// ask sends one request as one person. A POST carries the session's form token and a plausible form.
func (w *accessWorld) ask(row web.Row, who string, at place, stage assessment.Stage) (outcome, int) {
	w.t.Helper()
	address := w.address(row, at, stage)
	form := w.form(row, at, stage)
	if s, ok := w.sessions[who]; ok {
		form.Set("_token", s.Session.Token)
	}
	var body *bytes.Reader
	contentType := "application/x-www-form-urlencoded"
	if row.Upload {
		var raw []byte
		raw, contentType = w.upload(form)
		body = bytes.NewReader(raw)
	} else {
		body = bytes.NewReader([]byte(form.Encode()))
	}
	r := httptest.NewRequestWithContext(context.Background(), row.Method(), "http://localhost:8080"+address, body)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", "http://localhost:8080")
	if row.Method() == http.MethodPost {
		r.Header.Set("Content-Type", contentType)
	}
	if s, ok := w.sessions[who]; ok {
		r.AddCookie(&http.Cookie{Name: "zona", Value: s.Value})
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return outcomeOf(row, rec), rec.Code
}

func outcomeOf(row web.Row, rec *httptest.ResponseRecorder) outcome {
	location, _ := url.Parse(rec.Header().Get("Location"))
	switch {
	case rec.Code >= 500:
		return broken
	case row.Public:
		return entered // its own refusals (a wrong code, a form without a browser token) are not about access
	case rec.Code == http.StatusUnauthorized, rec.Code == http.StatusSeeOther && location.Path == "/signin" && row.Path() != "/signout":
		return signIn
	case rec.Code == http.StatusForbidden:
		return refused
	case rec.Code == http.StatusNotFound:
		return hidden
	}
	return entered
}

// version changes when another connection has committed anything.
func (w *accessWorld) version() int {
	w.t.Helper()
	var v int
	if err := w.watch.QueryRowContext(context.Background(), "PRAGMA data_version").Scan(&v); err != nil {
		w.t.Fatal(err)
	}
	return v
}

// watcher opens the file beside the store, on one connection that stays, as data_version is counted for each.
func watcher(t *testing.T, path string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		_ = db.Close()
	})
	return conn
}

func (w *accessWorld) row(pattern string) web.Row {
	w.t.Helper()
	for _, r := range w.rows {
		if r.Pattern == pattern {
			return r
		}
	}
	w.t.Fatalf("no row %s", pattern)
	return web.Row{}
}
