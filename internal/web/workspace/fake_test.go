package workspace

import (
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"zona/internal/assessment"
	"zona/internal/audit"
	"zona/internal/exact"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/scoring"
	"zona/internal/web/internal/route"
)

// now is the instant of every request in these tests: within the period of the fixture.
var now = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

// office is the desk's world in memory: one institution with a period, some units and their sheets. It stands in for
// the database below the real use cases.
type office struct {
	*assessment.Service
	institution org.Institution
	period      assessment.Period
	units       []org.Unit
	sheets      map[string]assessment.Assessment
	entries     map[string][]assessment.Entry
	imports     map[string]assessment.Import
	history     []assessment.Revision
	outcomes    map[idempotency.Key]string
	events      []audit.Event
	reading     assessment.Reading // what the next workbook says
	unreadable  error              // the fault of the next workbook
	ids         int
	calls       int // reads outside transactions
}

var (
	_ assessment.Queries    = listed{}
	_ assessment.Transactor = (*office)(nil)
	_ assessment.Store      = (*office)(nil)
)

func missing() error { return fault.New(fault.NotFound, "fault.not_found") }

func (o *office) InTx(ctx context.Context, key idempotency.Key, fn func(context.Context, assessment.Store) (string, error)) (string, bool, error) {
	for known, outcome := range o.outcomes {
		if known.Value != key.Value || key.IsZero() {
			continue
		}
		if known != key {
			return "", false, fault.New(fault.Invalid, "fault.key_reused")
		}
		return outcome, true, nil
	}
	outcome, err := fn(ctx, o)
	if err == nil {
		o.outcomes[key] = outcome
	}
	return outcome, false, err
}

func (o *office) Now() time.Time { return now }

func (o *office) Append(_ context.Context, e audit.Event) error {
	o.events = append(o.events, e)
	return nil
}

func (o *office) Unit(_ context.Context, id string) (org.Unit, error) {
	for _, u := range o.units {
		if u.ID == id {
			return u, nil
		}
	}
	return org.Unit{}, missing()
}

func (o *office) Period(_ context.Context, id string) (assessment.Period, error) {
	if id != o.period.ID {
		return assessment.Period{}, missing()
	}
	return o.period, nil
}

func (o *office) InsertPeriod(context.Context, assessment.Period) error { return errors.ErrUnsupported }

func (o *office) InsertAssessment(_ context.Context, a assessment.Assessment) error {
	for _, other := range o.sheets {
		if other.Unit == a.Unit {
			return fault.New(fault.Conflict, "fault.conflict")
		}
	}
	o.sheets[a.ID] = a
	return nil
}

func (o *office) Lock(ctx context.Context, id string) (assessment.Sheet, error) {
	a, ok := o.sheets[id]
	if !ok {
		return assessment.Sheet{}, missing()
	}
	u, err := o.Unit(ctx, a.Unit)
	return assessment.Sheet{Assessment: a, Unit: u, Institution: o.institution, Period: o.period}, err
}

func (o *office) SaveEntry(_ context.Context, id string, e assessment.Entry, wasRev int) error {
	for i, old := range o.entries[id] {
		if old.Question == e.Question {
			if old.Revision != wasRev {
				return fault.New(fault.Conflict, "fault.conflict")
			}
			o.entries[id][i] = e
			return nil
		}
	}
	o.entries[id] = append(o.entries[id], e)
	return nil
}

func (o *office) SaveEntries(ctx context.Context, id string, es []assessment.Entry) error {
	for _, e := range es {
		if err := o.SaveEntry(ctx, id, e, e.Revision-1); err != nil {
			return err
		}
	}
	return nil
}

func (o *office) SaveTotals(_ context.Context, id string, total exact.Number, answered int, at time.Time) (int, error) {
	a := o.sheets[id]
	a.Total, a.Answered, a.ChangedAt = total, answered, at
	a.Version++
	o.sheets[id] = a
	return a.Version, nil
}

func (o *office) InsertImport(_ context.Context, i assessment.Import) error {
	o.imports[i.ID] = i
	return nil
}

func (o *office) SaveImport(_ context.Context, i assessment.Import, was assessment.ImportState) error {
	if o.imports[i.ID].State != was {
		return fault.New(fault.Conflict, "fault.conflict")
	}
	o.imports[i.ID] = i
	return nil
}

func (o *office) ReadWorkbook(context.Context, *instrument.Instrument, io.ReaderAt, int64, string) (assessment.Reading, error) {
	return o.reading, o.unreadable
}

func (o *office) Sheet(ctx context.Context, id string) (assessment.Sheet, error) {
	o.calls++
	return o.Lock(ctx, id)
}

func (o *office) Entries(_ context.Context, id string) ([]assessment.Entry, error) {
	o.calls++
	return slices.Clone(o.entries[id]), nil
}

func (o *office) Answers(_ context.Context, ids []string) (map[string]map[string]instrument.Answer, error) {
	o.calls++
	out := map[string]map[string]instrument.Answer{}
	for _, id := range ids {
		out[id] = map[string]instrument.Answer{}
		for _, e := range o.entries[id] {
			out[id][e.Question] = e.Answer
		}
	}
	return out, nil
}

func (o *office) Units(_ context.Context, r org.Reach, q assessment.UnitQuery) ([]assessment.UnitRow, error) {
	o.calls++
	var rows []assessment.UnitRow
	for _, u := range o.units {
		after := q.After == (org.Cursor{}) || u.Name > q.After.Sort || u.Name == q.After.Sort && u.ID > q.After.ID
		if !after || !r.Covers(u.At()) || !strings.Contains(strings.ToLower(u.Name), strings.ToLower(q.Search)) {
			continue
		}
		row := assessment.UnitRow{Unit: u}
		for _, a := range o.sheets {
			if a.Unit == u.ID {
				row.Assessment = a
			}
		}
		if rows = append(rows, row); len(rows) == q.Limit {
			break
		}
	}
	return rows, nil
}

// listed are the periods of an institution; the name Periods is the service's.
type listed struct{ *office }

func (o listed) Periods(_ context.Context, institution string) ([]assessment.Period, error) {
	o.calls++
	if institution != o.period.Institution {
		return nil, nil
	}
	return []assessment.Period{o.period}, nil
}

func (o *office) Assessments(context.Context, string) ([]assessment.Assessment, error) {
	return nil, errors.ErrUnsupported
}

func (o *office) Version(_ context.Context, id string) (int, error) { return o.sheets[id].Version, nil }

func (o *office) Institutions(_ context.Context, _ org.Reach) ([]org.Institution, error) {
	o.calls++
	return []org.Institution{o.institution}, nil
}

func (o *office) Import(_ context.Context, id string) (assessment.Import, error) {
	o.calls++
	i, ok := o.imports[id]
	if !ok {
		return assessment.Import{}, missing()
	}
	return i, nil
}

func (o *office) Imports(context.Context, string, int) ([]assessment.Import, error) {
	o.calls++
	return slices.Collect(maps.Values(o.imports)), nil
}

func (o *office) History(context.Context, string, string, int) ([]assessment.Revision, error) {
	o.calls++
	return o.history, nil
}

// WriteWorkbook stands in for the writer of package workbook.
func (o *office) WriteWorkbook(w io.Writer, v assessment.View) error {
	_, err := io.WriteString(w, "workbook of "+v.Sheet.Assessment.ID)
	return err
}

// lke is the instrument of the fixture.
func lke(tb testing.TB) *instrument.Instrument {
	tb.Helper()
	in, err := instrument.ByID("lke-2021")
	if err != nil {
		tb.Fatal(err)
	}
	return in
}

// newOffice has one unit with an empty sheet ("s1") and one without a sheet.
func newOffice(tb testing.TB) *office {
	tb.Helper()
	o := &office{
		institution: org.Institution{ID: "i1", Name: "Mahkamah Contoh", Kind: org.Central, Zone: "Asia/Jakarta"},
		period: assessment.Period{
			ID: "p1", Institution: "i1", Year: 2026, Name: "Evaluasi ZI 2026", Instrument: "lke-2021", Zone: "Asia/Jakarta",
			Opens: now.AddDate(0, -1, 0), Deadline: now.AddDate(0, 2, 0),
		},
		sheets: map[string]assessment.Assessment{}, entries: map[string][]assessment.Entry{}, imports: map[string]assessment.Import{},
		outcomes: map[idempotency.Key]string{},
	}
	o.Service = assessment.New(o, listed{o}, assessment.Options{
		Clock: func() time.Time { return now },
		NewID: func() string {
			o.ids++
			return "id" + strconv.Itoa(o.ids)
		},
		Instruments: instrument.ByID, Workbooks: o,
	})
	for _, name := range []string{"Pengadilan A", "Pengadilan B"} {
		id := "u" + name[len(name)-1:]
		o.units = append(o.units, org.Unit{ID: id, Institution: "i1", Path: "/" + id + "/", Name: name})
	}
	o.addSheet("s1", o.units[0], nil)
	return o
}

func (o *office) addSheet(id string, u org.Unit, answers map[string]instrument.Answer) {
	in, err := instrument.ByID(o.period.Instrument)
	if err != nil {
		panic(err)
	}
	result := scoring.Score(in, answers)
	o.sheets[id] = assessment.Assessment{
		ID: id, Unit: u.ID, Institution: "i1", Period: "p1", Level: assessment.Self, Instrument: in.ID, Target: "WBK", Version: 7,
		Total: result.Total(), Answered: len(in.Questions) - len(result.Unanswered),
	}
	o.entries[id] = nil
	for _, n := range in.Questions {
		if a, ok := answers[n.ID]; ok {
			o.entries[id] = append(o.entries[id], assessment.Entry{
				Question: n.ID, Answer: a, Note: "Catatan <b>" + n.ID, Revision: 1, ChangedBy: "x", ByName: "Orang Lain", ChangedAt: now.Add(-time.Hour),
			})
		}
	}
}

// actorWith is somebody with one role over one unit.
func actorWith(role org.Role, unit string) org.Actor {
	a := org.Actor{Person: "person", Name: "Penguji", Institution: "i1"}
	if role != "" {
		a.Assignments = []org.Assignment{{
			ID: "as", Person: "person", Role: role, From: now.AddDate(-1, 0, 0),
			Scope: org.Scope{Kind: org.OneUnit, Institution: "i1", Unit: unit, Path: "/" + unit + "/"},
		}}
	}
	return a
}

// coordinator may do everything with the first unit's sheet.
func coordinator() org.Actor { return actorWith(org.Coordinator, "uA") }

// visit is one request to the desk behind a mux of its own rows.
type visit struct {
	actor  org.Actor
	lang   string
	token  string
	htmx   bool
	header map[string]string
}

func (o *office) deps() Deps {
	return Deps{Sheets: o, Queries: listed{o}, Institutions: o, Workbooks: o}
}

// do sends a request through the desk's own rows and returns the answer and the handler's error.
func (o *office) do(tb testing.TB, v visit, method, target string, form url.Values) (*httptest.ResponseRecorder, error) {
	tb.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, target, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return o.send(tb, v, r)
}

func (o *office) send(tb testing.TB, v visit, r *http.Request) (*httptest.ResponseRecorder, error) {
	tb.Helper()
	if v.htmx {
		r.Header.Set("Hx-Request", "true")
	}
	for name, value := range v.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	var failed error
	mux := http.NewServeMux()
	for _, row := range Routes(o.deps()) {
		mux.HandleFunc(row.Pattern, func(w http.ResponseWriter, r *http.Request) {
			q := &route.Request{
				Pattern: row.Pattern, At: now, Actor: v.actor, Printer: locale.For(v.lang), Token: v.token,
				Asset: func(string) string { return "" },
			}
			if !v.actor.Holds(row.Need, now) {
				failed = fault.New(fault.Forbidden, "fault.forbidden")
				return
			}
			r = route.With(r, q)
			if r.Method != http.MethodGet {
				if failed = route.Parse(r); failed != nil {
					return
				}
				if failed = row.Takes(r.PostForm); failed != nil {
					return
				}
			}
			failed = row.Handle(w, r)
		})
	}
	mux.ServeHTTP(w, r)
	return w, failed
}

// page sends a request that must succeed with this status and returns the document.
func (o *office) page(tb testing.TB, v visit, target string, status int) *goquery.Document {
	tb.Helper()
	w, err := o.do(tb, v, http.MethodGet, target, nil)
	if err != nil {
		tb.Fatalf("GET %s: %v", target, err)
	}
	return document(tb, w, status)
}

func document(tb testing.TB, w *httptest.ResponseRecorder, status int) *goquery.Document {
	tb.Helper()
	if w.Code != status {
		tb.Fatalf("status is %d, not %d: %s", w.Code, status, w.Body)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
	if err != nil {
		tb.Fatal(err)
	}
	return doc
}

// words is the text below a selector with single blanks; the selector must match exactly once.
func words(tb testing.TB, doc *goquery.Document, selector string) string {
	tb.Helper()
	found := doc.Find(selector)
	if found.Length() != 1 {
		tb.Fatalf("%q matches %d elements, not one", selector, found.Length())
	}
	return strings.Join(strings.Fields(found.Text()), " ")
}

// refused wants a request to end in a fault of this kind.
func refused(tb testing.TB, err error, kind fault.Kind) {
	tb.Helper()
	if !fault.Is(err, kind) {
		tb.Fatalf("error is %v, not a fault of kind %d", err, kind)
	}
}

// randomAnswers fills about three quarters of a sheet with valid answers.
func randomAnswers(in *instrument.Instrument, seed uint64) map[string]instrument.Answer {
	rng := rand.New(rand.NewPCG(seed, 1))
	answers := map[string]instrument.Answer{}
	for _, n := range in.Questions {
		if rng.IntN(4) > 0 {
			answers[n.ID] = randomAnswer(n.Question, rng)
		}
	}
	return answers
}

func randomAnswer(q *instrument.Question, rng *rand.Rand) instrument.Answer {
	switch q.Kind {
	case instrument.Choice:
		return instrument.Answer{Choice: q.Options[rng.IntN(len(q.Options))].Key}
	case instrument.Index:
		n := exact.Frac(rng.Int64N(401), 100)
		return instrument.Answer{Number: &n}
	}
	a := instrument.Answer{Inputs: map[string]int64{}}
	for _, in := range q.Inputs {
		a.Inputs[in.Key] = rng.Int64N(12)
	}
	return a
}

// with is a copy of form with some fields set: alternating names and values.
func with(form url.Values, pairs ...string) url.Values {
	out := maps.Clone(form)
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = []string{pairs[i+1]}
	}
	return out
}
