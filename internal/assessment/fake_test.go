package assessment

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"zona/internal/audit"
	"zona/internal/exact"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/org"
)

// Four questions of the LKE, one of each way to answer, and a second yes-or-no.
const (
	yesNo   = "A.I.1.i.a"
	letters = "A.I.1.iii.a"
	ratio   = "A.II.5.ii.a"
	ipak    = "B.I.a"
)

func choice(key string) instrument.Answer { return instrument.Answer{Choice: key} }

func index(s string) instrument.Answer {
	n := exact.MustParse(s)
	return instrument.Answer{Number: &n}
}

func counts(wajib, selesai int64) instrument.Answer {
	return instrument.Answer{Inputs: map[string]int64{"wajib": wajib, "selesai": selesai}}
}

// memory is a store whose transactions run one at a time, leave nothing behind when they fail, and remember keys.
type memory struct {
	mu     sync.Mutex
	now    time.Time
	state  state
	broken string // name of the method that fails, "" for none
}

type state struct {
	units       map[string]org.Unit
	periods     map[string]Period
	assessments map[string]Assessment
	entries     map[string]map[string]Entry
	imports     map[string]Import
	events      []audit.Event
	outcomes    map[idempotency.Key]string
}

func (s state) clone() state {
	c := state{
		units: maps.Clone(s.units), periods: maps.Clone(s.periods), assessments: maps.Clone(s.assessments),
		imports: maps.Clone(s.imports), outcomes: maps.Clone(s.outcomes), entries: map[string]map[string]Entry{},
		events: slices.Clone(s.events),
	}
	for id, es := range s.entries {
		c.entries[id] = maps.Clone(es)
	}
	return c
}

var errDisk = errors.New("disk")

func (m *memory) fails(method string) error {
	if m.broken == method {
		return errDisk
	}
	return nil
}

var missing = fault.New(fault.NotFound, "fault.not_found")

func find[T any](m map[string]T, id string) (T, error) {
	v, ok := m[id]
	if !ok {
		return v, missing
	}
	return v, nil
}

func (m *memory) InTx(ctx context.Context, key idempotency.Key, fn func(context.Context, Store) (string, error)) (string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if out, ok := m.state.outcomes[key]; ok && !key.IsZero() {
		return out, true, nil
	}
	before := m.state.clone()
	out, err := fn(ctx, m)
	if err != nil {
		m.state = before
		return "", false, err
	}
	m.state.outcomes[key] = out
	return out, false, nil
}

func (m *memory) Now() time.Time { return m.now }

func (m *memory) Append(_ context.Context, e audit.Event) error {
	m.state.events = append(m.state.events, e)
	if _, err := audit.Canonical(0, e, nil); err != nil {
		return err
	}
	return m.fails("Append")
}

func (m *memory) Unit(_ context.Context, id string) (org.Unit, error) { return find(m.state.units, id) }

func (m *memory) Period(_ context.Context, id string) (Period, error) {
	if err := m.fails("Period"); err != nil {
		return Period{}, err
	}
	return find(m.state.periods, id)
}

func (m *memory) InsertPeriod(_ context.Context, p Period) error {
	m.state.periods[p.ID] = p
	return m.fails("InsertPeriod")
}

func (m *memory) InsertAssessment(_ context.Context, a Assessment) error {
	for _, other := range m.state.assessments {
		if other.Unit == a.Unit && other.Period == a.Period && other.Level == a.Level {
			return fault.New(fault.Conflict, "fault.taken")
		}
	}
	m.state.assessments[a.ID] = a
	return m.fails("InsertAssessment")
}

func (m *memory) Lock(_ context.Context, id string) (Sheet, error) {
	a, err := find(m.state.assessments, id)
	return Sheet{Assessment: a, Unit: m.state.units[a.Unit], Period: m.state.periods[a.Period]}, err
}

func (m *memory) Entries(_ context.Context, id string) ([]Entry, error) {
	return slices.Collect(maps.Values(m.state.entries[id])), m.fails("Entries")
}

func (m *memory) SaveEntry(ctx context.Context, id string, e Entry, wasRev int) error {
	if m.state.entries[id][e.Question].Revision != wasRev || e.Revision != wasRev+1 {
		return fault.New(fault.Conflict, "fault.conflict")
	}
	return m.SaveEntries(ctx, id, []Entry{e})
}

func (m *memory) SaveEntries(_ context.Context, id string, es []Entry) error {
	for _, e := range es {
		if m.state.entries[id][e.Question].Revision != e.Revision-1 {
			return fault.New(fault.Conflict, "fault.conflict")
		}
		m.state.entries[id][e.Question] = e
	}
	return m.fails("SaveEntries")
}

func (m *memory) SaveTotals(_ context.Context, id string, total exact.Number, answered int, at time.Time) (int, error) {
	a := m.state.assessments[id]
	a.Version, a.Total, a.Answered, a.ChangedAt = a.Version+1, total, answered, at
	m.state.assessments[id] = a
	return a.Version, m.fails("SaveTotals")
}

func (m *memory) InsertImport(_ context.Context, i Import) error {
	m.state.imports[i.ID] = i
	return m.fails("InsertImport")
}

func (m *memory) SaveImport(_ context.Context, i Import, was ImportState) error {
	if m.state.imports[i.ID].State != was {
		return fault.New(fault.Conflict, "fault.conflict")
	}
	m.state.imports[i.ID] = i
	return m.fails("SaveImport")
}

func (m *memory) Import(_ context.Context, id string) (Import, error) {
	return find(m.state.imports, id)
}

func (m *memory) Sheet(_ context.Context, id string) (Sheet, error) {
	a, err := find(m.state.assessments, id)
	return Sheet{Assessment: a, Unit: m.state.units[a.Unit], Period: m.state.periods[a.Period]}, err
}

func (m *memory) Periods(_ context.Context, institution string) ([]Period, error) {
	var list []Period
	for _, p := range m.state.periods {
		if p.Institution == institution {
			list = append(list, p)
		}
	}
	return list, nil
}

// queries adds the reads that the service leaves to the desks; nothing here asks them.
type queries struct {
	*memory
	Queries
}

func (q queries) Sheet(ctx context.Context, id string) (Sheet, error) { return q.memory.Sheet(ctx, id) }

func (q queries) Entries(ctx context.Context, id string) ([]Entry, error) {
	return q.memory.Entries(ctx, id)
}

func (q queries) Periods(ctx context.Context, institution string) ([]Period, error) {
	return q.memory.Periods(ctx, institution)
}

func (q queries) Import(ctx context.Context, id string) (Import, error) {
	return q.memory.Import(ctx, id)
}

// reader is a workbook reader that always finds the same.
type reader struct {
	reading Reading
	err     error
}

func (r *reader) ReadWorkbook(context.Context, *instrument.Instrument, io.ReaderAt, int64, string) (Reading, error) {
	return r.reading, r.err
}

var (
	start    = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	deadline = time.Date(2026, 5, 31, 16, 59, 59, 0, time.UTC) // 23.59.59 WIB
	now      = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)
)

// setup has a unit with an open sheet "a", a sheet "b" of another institution's unit, and a unit without a sheet.
func setup() (*Service, *memory, *reader) {
	m := &memory{now: now, state: state{
		units: map[string]org.Unit{
			"u":    {ID: "u", Institution: "i", Path: "/u/", Name: "PN Satu"},
			"v":    {ID: "v", Institution: "j", Path: "/v/", Name: "Dinas"},
			"bare": {ID: "bare", Institution: "i", Path: "/bare/", Name: "PN Dua"},
		},
		periods: map[string]Period{
			"p": {ID: "p", Institution: "i", Year: 2026, Instrument: "lke-2021", Zone: "Asia/Jakarta", Opens: start, Deadline: deadline},
			"q": {ID: "q", Institution: "j", Year: 2026, Instrument: "lke-2021", Zone: "Asia/Jakarta", Opens: start, Deadline: deadline},
		},
		assessments: map[string]Assessment{
			"a": {ID: "a", Unit: "u", Institution: "i", Period: "p", Level: Self, Instrument: "lke-2021", Target: "WBK", Version: 1},
			"b": {ID: "b", Unit: "v", Institution: "j", Period: "q", Level: Self, Instrument: "lke-2021", Target: "WBK", Version: 1},
		},
		entries: map[string]map[string]Entry{"a": {}, "b": {}},
		imports: map[string]Import{}, outcomes: map[idempotency.Key]string{},
	}}
	r := &reader{}
	ids := 0
	s := New(m, queries{memory: m}, Options{
		Clock: func() time.Time { return m.now }, NewID: func() string { ids++; return "new" + strconv.Itoa(ids) },
		Instruments: instrument.ByID, Workbooks: r,
	})
	return s, m, r
}

func actor(person string, r org.Role, s org.Scope) org.Actor {
	a := org.Actor{Person: person, Name: strings.ToUpper(person), Institution: s.Institution}
	a.Assignments = []org.Assignment{{Person: person, Role: r, Scope: s, From: start.AddDate(-1, 0, 0)}}
	return a
}

var (
	inUnit = org.Scope{Kind: org.OneUnit, Institution: "i", Unit: "u", Path: "/u/"}
	siti   = actor("siti", org.Coordinator, inUnit)
	budi   = actor("budi", org.Coordinator, inUnit)
	member = actor("member", org.Member, inUnit)
	tpi    = actor("tpi", org.TPIMember, inUnit)
	admin  = actor("admin", org.Administrator, org.Scope{Kind: org.WholeInstitution, Institution: "i"})
	other  = actor("other", org.Coordinator, org.Scope{Kind: org.OneUnit, Institution: "j", Unit: "v", Path: "/v/"})
)

// said is the message of a fault, with the fields, "" for success.
func said(err error) string {
	if err == nil {
		return ""
	}
	f, ok := fault.Of(err)
	if !ok {
		return "error: " + err.Error()
	}
	text := f.Message
	for _, field := range f.Fields {
		text += " " + field.Name + "=" + field.Message
	}
	return text
}

// stands reports what an answer of sheet a is now: "Ya@2".
func (m *memory) stands(t *testing.T, question string) string {
	t.Helper()
	e := m.state.entries["a"][question]
	text, err := logged(e.Answer)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(text, `"`) + "@" + strconv.Itoa(e.Revision)
}
