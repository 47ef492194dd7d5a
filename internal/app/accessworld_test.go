package app

import (
	"bytes"
	"database/sql"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zona/internal/assessment"
	"zona/internal/audit"
	"zona/internal/auth"
	"zona/internal/config"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/store"
	"zona/internal/trail"
	"zona/internal/web"
)

// accessPassword is everybody's here.
const accessPassword = "laut biru tenang 77"

// accessWorld is a whole program in the test's process: two institutions, four units, a person per role, and in every
// unit a sheet at each stage.
type accessWorld struct {
	t        *testing.T
	services services
	db       *store.DB
	path     string // of its file
	handler  http.Handler
	rows     []web.Row
	watch    *sql.Conn
	sessions map[string]auth.Opened
	logins   map[string]string

	institutions map[place]string
	units        map[place]string
	persons      map[place]string // somebody whom one could invite
	assignments  map[place]string // of that person
	interests    map[place]string // of that person
	sheets       map[spot]string
	imports      map[spot]string
	periods      map[string]string // by institution and stage
	events       map[place]string  // that the unit was made
	blank        []byte            // a workbook with one answer
	asked        int
}

// spot is where one sheet lies, and how it stands.
type spot struct {
	at    place
	stage assessment.Stage
}

func newAccessWorld(t *testing.T) *accessWorld {
	t.Helper()
	path := filepath.Join(t.TempDir(), "z.db")
	cfg := config.Default()
	cfg.Database, cfg.Data = path, filepath.Dir(path)
	cfg.SecondFactor = "optional" // the roles of the matrix are a year old; what is asked here is what they may do
	past := time.Now().AddDate(-1, 0, 0)
	turned := past // what the features take for now; zero is the time of the pages
	clock := func() time.Time {
		if turned.IsZero() {
			return time.Now()
		}
		return turned
	}
	db, _, err := openDatabaseAt(t.Context(), cfg, nil, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &accessWorld{
		t: t, services: newServices(db, clock), db: db, path: path,
		sessions: map[string]auth.Opened{}, logins: map[string]string{},
		institutions: map[place]string{}, units: map[place]string{}, persons: map[place]string{},
		assignments: map[place]string{}, interests: map[place]string{},
		sheets: map[spot]string{}, imports: map[spot]string{}, periods: map[string]string{},
	}
	root := w.first()
	w.house(root)
	w.people(root, past)
	w.fill(root, assessment.Late, past)
	// Next year's sheets, with the workbooks that were taken in once the period had opened: the clock goes back after it.
	turned = time.Now().AddDate(1, 0, 0)
	w.fill(root, assessment.NotYet, turned)
	turned = time.Time{}
	w.fill(root, assessment.Open, time.Now())
	w.fill(root, assessment.Shut, time.Now())
	w.shut(path)
	w.services.trail, err = newTrail(cfg, db, delivery{}, slog.New(slog.DiscardHandler)) // with a key, for receipts
	w.must(err)
	w.tell(root)
	w.openSessions()
	w.handler, err = handler(cfg, db, w.services, slog.New(slog.DiscardHandler), false)
	if err != nil {
		t.Fatal(err)
	}
	w.rows = web.Table(pages(cfg, w.services, slog.New(slog.DiscardHandler), false))
	w.watch = watcher(t, path)
	return w
}

func (w *accessWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *accessWorld) first() org.Actor {
	code, err := w.services.auth.PrepareSetUp(w.t.Context())
	w.must(err)
	opened, err := w.services.auth.SetUp(w.t.Context(), auth.FirstAdministrator{Code: code, Name: "Root", Login: "root@x.example", Password: accessPassword, Source: "test"})
	w.must(err)
	w.logins["administrator, instance"] = "root@x.example"
	actor, err := w.services.org.Actor(w.t.Context(), opened.Session.Person)
	w.must(err)
	return actor
}

func (w *accessWorld) house(root org.Actor) {
	for _, name := range []string{"A", "B"} {
		id, err := w.services.org.CreateInstitution(w.t.Context(), root, org.NewInstitution{Name: "Instansi " + name, Kind: org.Central, Zone: "Asia/Jakarta"})
		w.must(err)
		if name == "A" {
			w.institutions[own], w.institutions[child], w.institutions[sibling] = id, id, id
		} else {
			w.institutions[foreign] = id
		}
	}
	var err error
	w.persons[instance], err = w.services.org.AddPerson(w.t.Context(), root, org.NewPerson{PersonData: org.PersonData{Name: "Kolega", Login: "kolega@x.example"}})
	w.must(err)
	w.assignments[instance], err = w.services.org.Assign(w.t.Context(), root, org.NewAssignment{
		Person: w.persons[instance], Role: org.Auditor, Scope: org.Scope{Kind: org.WholeInstance},
	})
	w.must(err)
	for _, at := range places {
		parent := ""
		if at == child {
			parent = w.units[own]
		}
		id, err := w.services.org.AddUnit(w.t.Context(), root, org.NewUnit{Institution: w.institutions[at], Parent: parent, UnitData: org.UnitData{Name: "Unit " + string(at)}})
		w.must(err)
		w.units[at] = id
		w.persons[at] = w.person(root, at, "orang "+string(at))
		w.assignments[at], err = w.services.org.Assign(w.t.Context(), root, org.NewAssignment{
			Person: w.persons[at], Role: org.Employee, Scope: org.Scope{Kind: org.OneUnit, Institution: w.institutions[at], Unit: id},
		})
		w.must(err)
		w.interests[at], err = w.services.org.DeclareInterest(w.t.Context(), root, org.NewInterest{Person: w.persons[at], Unit: id, Text: "Pernah bertugas di sana"})
		w.must(err)
	}
}

func (w *accessWorld) person(root org.Actor, at place, name string) string {
	w.t.Helper()
	login := strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), ",", "") + "@x.example"
	id, err := w.services.org.AddPerson(w.t.Context(), root, org.NewPerson{Institution: w.institutions[at], Unit: w.units[at], PersonData: org.PersonData{Name: name, Login: login}})
	w.must(err)
	w.logins[name] = login
	return id
}

// people makes one person per role of the table, all at home in the unit "own" but those who would judge their own.
func (w *accessWorld) people(root org.Actor, past time.Time) {
	unit := org.Scope{Kind: org.OneUnit, Institution: w.institutions[own], Unit: w.units[own]}
	subtree := org.Scope{Kind: org.Subtree, Institution: w.institutions[own], Unit: w.units[own]}
	whole := org.Scope{Kind: org.WholeInstitution, Institution: w.institutions[own]}
	for who, a := range map[string]org.NewAssignment{
		"no role":                   {},
		"expired coordinator":       {Role: org.Coordinator, Scope: unit, Until: past.AddDate(0, 1, 0)},
		"administrator":             {Role: org.Administrator, Scope: whole},
		"head of institution":       {Role: org.InstitutionHead, Scope: whole},
		"head of unit":              {Role: org.UnitHead, Scope: unit},
		"coordinator":               {Role: org.Coordinator, Scope: unit},
		"coordinator of a subtree":  {Role: org.Coordinator, Scope: subtree},
		"member":                    {Role: org.Member, Scope: unit},
		"evaluator":                 {Role: org.TPIMember, Scope: whole},
		"evaluator of a subtree":    {Role: org.TPIMember, Scope: subtree},
		"observer of a single unit": {Role: org.Observer, Scope: unit},
	} {
		home := own
		if a.Role == org.TPIMember {
			home = sibling
		}
		a.Person = w.person(root, home, who)
		if a.Role == org.TPIMember { // nobody evaluates the own unit
			p, err := w.services.org.Person(w.t.Context(), root, a.Person)
			w.must(err)
			w.must(w.services.org.MovePerson(w.t.Context(), root, org.PersonMove{Person: p.ID, Rev: p.Rev}))
		}
		if a.Role != "" {
			_, err := w.services.org.Assign(w.t.Context(), root, a)
			w.must(err)
		}
		code, _, err := w.services.auth.Invite(w.t.Context(), root, a.Person)
		w.must(err)
		_, err = w.services.auth.Accept(w.t.Context(), auth.Acceptance{Code: code, Password: accessPassword, Source: "test"})
		w.must(err)
	}
}

// fill opens a sheet in every unit and leaves a previewed import on it. A helper with all rights in the unit does it.
func (w *accessWorld) fill(root org.Actor, stage assessment.Stage, at time.Time) {
	for _, p := range places {
		institution := w.institutions[p]
		if w.periods[institution+string(stage)] == "" {
			id, err := w.services.sheets.CreatePeriod(w.t.Context(), root, assessment.NewPeriod{
				Institution: institution, Year: at.Year(), Name: "Evaluasi " + string(stage), Instrument: "lke-2021", Zone: "Asia/Jakarta",
				Opens: at.AddDate(0, 0, -1), Deadline: at.AddDate(0, 1, 0),
			})
			w.must(err)
			w.periods[institution+string(stage)] = id
		}
		helper := org.Actor{Person: w.persons[p], Institution: institution, Assignments: []org.Assignment{{
			Role: org.Coordinator, Scope: org.Scope{Kind: org.WholeInstance}, From: at.AddDate(-1, 0, 0),
		}, {
			Role: org.Coordinator, Scope: org.Scope{Kind: org.OneUnit, Institution: institution, Unit: w.units[p], Path: "/"}, From: at.AddDate(-1, 0, 0),
		}}}
		unit, err := w.services.org.Unit(w.t.Context(), root, w.units[p])
		w.must(err)
		helper.Assignments[1].Scope.Path = unit.Path
		sheet, err := w.services.sheets.Open(w.t.Context(), helper, assessment.NewAssessment{Unit: w.units[p], Period: w.periods[institution+string(stage)], Target: "WBK"})
		w.must(err)
		w.sheets[spot{p, stage}] = sheet
		raw := w.workbook()
		id, err := w.services.sheets.PreviewImport(w.t.Context(), helper, assessment.Upload{
			Assessment: sheet, FileName: "lke.xlsx", Source: bytes.NewReader(raw), Size: int64(len(raw)),
		})
		w.must(err)
		w.imports[spot{p, stage}] = id
	}
}

// tell finds the event of each unit.
func (w *accessWorld) tell(root org.Actor) {
	w.t.Helper()
	w.events = map[place]string{}
	w.must(w.services.trail.Each(w.t.Context(), root, trail.Filter{Kind: audit.UnitCreated}, func(lines []trail.Line) error {
		for _, l := range lines {
			for at, unit := range w.units {
				if l.Record.Event.Object.ID == unit {
					w.events[at] = strconv.FormatInt(l.Seq, 10)
				}
			}
		}
		return nil
	}))
}

// shut closes the sheets that are to be closed, behind the back of the program: no use case does it yet.
func (w *accessWorld) shut(path string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
	w.must(err)
	for _, p := range places {
		_, err := db.ExecContext(w.t.Context(), `UPDATE assessment SET closed = 1 WHERE id = ?`, w.sheets[spot{p, assessment.Shut}])
		w.must(err)
	}
	w.must(db.Close())
}

// stageOf is where the program sees the sheet that was filled for a stage.
func (w *accessWorld) stageOf(at place, stage assessment.Stage) assessment.Stage {
	w.t.Helper()
	reader := org.Actor{Person: w.persons[at], Institution: w.institutions[at], Assignments: []org.Assignment{{
		Role: org.Observer, Scope: org.Scope{Kind: org.WholeInstitution, Institution: w.institutions[at]},
	}}}
	v, err := w.services.sheets.View(w.t.Context(), reader, w.sheets[spot{at, stage}])
	w.must(err)
	return assessment.StageOf(v.Sheet.Assessment, v.Sheet.Period, time.Now())
}

// workbook is a form with one answer, written by the program itself.
func (w *accessWorld) workbook() []byte {
	w.t.Helper()
	if w.blank == nil {
		in, err := instrument.ByID("lke-2021")
		w.must(err)
		var b bytes.Buffer
		w.must(workbooks{}.WriteWorkbook(&b, assessment.View{
			Instrument: in, Entries: []assessment.Entry{{Question: "A.I.1.i.a", Answer: instrument.Answer{Choice: "Ya"}}},
		}))
		w.blank = b.Bytes()
	}
	return w.blank
}

func (w *accessWorld) openSessions() {
	for who := range w.logins {
		if _, ok := granted[who]; ok {
			w.openSession(who)
		}
	}
}

func (w *accessWorld) openSession(who string) {
	w.t.Helper()
	opened, err := w.services.auth.SignIn(w.t.Context(), auth.Credentials{Login: w.logins[who], Password: accessPassword, Source: "test"})
	w.must(err)
	w.sessions[who] = opened
}

func (w *accessWorld) roles() []string { return slices.Sorted(maps.Keys(granted)) }

// address fills the row's placeholders with what lies at a place.
func (w *accessWorld) address(row web.Row, at place, stage assessment.Stage) string {
	if strings.HasPrefix(row.Path(), "/admin/people") { // those of the instance
		at = instance
	}
	return strings.NewReplacer(
		"{$}", "", "{institution}", w.institutions[at], "{unit}", w.units[at], "{person}", w.persons[at],
		"{assignment}", w.assignments[at], "{interest}", w.interests[at],
		"{assessment}", w.sheets[spot{at, stage}], "{import}", w.imports[spot{at, stage}],
		"{event}", w.events[at],
		"{question}", w.question(), "{node}", "A.I.1", "{code}", "AAAA-AAAA-AAAA",
	).Replace(row.Path())
}

// question is another one at each request, so that the answers of the matrix do not meet.
func (w *accessWorld) question() string {
	ids := []string{"A.I.1.i.b", "A.I.1.ii.b", "A.I.1.ii.c", "A.I.1.iii.a", "A.I.1.iii.b", "A.I.1.iii.c", "A.I.2.i.a", "A.I.2.i.b", "A.I.2.ii.a", "A.I.2.ii.b"}
	w.asked++
	return ids[w.asked%len(ids)]
}

// form is what a POST to the row carries.
func (w *accessWorld) form(row web.Row, at place, stage assessment.Stage) url.Values {
	switch {
	case strings.Contains(row.Pattern, "/answers/"):
		return url.Values{"revision": {"0"}, "answer": {"A"}, "note": {""}}
	case strings.HasSuffix(row.Pattern, "/sheet"):
		return url.Values{"period": {w.periods[w.institutions[at]+string(stage)]}, "target": {"WBK"}}
	case strings.HasSuffix(row.Pattern, "/apply"):
		return url.Values{"mode": {"fill"}}
	case strings.HasSuffix(row.Pattern, "/import"):
		return url.Values{"column": {"unit"}}
	}
	return url.Values{}
}

// upload is the form with the workbook as its file.
func (w *accessWorld) upload(form url.Values) (body []byte, contentType string) {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name := range form {
		w.must(m.WriteField(name, form.Get(name)))
	}
	part, err := m.CreateFormFile("file", "lke.xlsx")
	w.must(err)
	_, err = part.Write(w.workbook())
	w.must(err)
	w.must(m.Close())
	return b.Bytes(), m.FormDataContentType()
}
