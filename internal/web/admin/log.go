package admin

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/org"
	"zona/internal/trail"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// Trail reads the log within a reader's reach and tells how it is anchored.
type Trail interface {
	List(ctx context.Context, by org.Actor, f trail.Filter, before int64) (trail.Page, error)
	Each(ctx context.Context, by org.Actor, f trail.Filter, fn func([]trail.Line) error) error
	Event(ctx context.Context, by org.Actor, seq int64) (trail.Line, error)
	Receipt(ctx context.Context, by org.Actor, seq int64) ([]byte, error)
	State(ctx context.Context, by org.Actor) (trail.State, error)
	Alarm() (trail.Alarm, bool)
	Explain(ctx context.Context, by org.Actor, cmd trail.Explanation) error
}

// logRoutes are the rows of the log. They lie beside the administrator's desk, since others read the log too.
func (s desk) logRoutes() []route.Route {
	return []route.Route{
		{Pattern: "GET /log", Need: org.ViewLog, Handle: s.getLog, Nav: route.Nav{Label: "audit.nav", Order: 95}},
		{Pattern: "GET /log.csv", Need: org.ViewLog, Handle: s.getLogFile},
		{Pattern: "GET /log/anchors", Need: org.ViewLog, Handle: s.getAnchors},
		{Pattern: "POST /log/alarm", Need: org.RunInstance, StepUp: true, Fields: []string{"alarm", "text"}, Handle: s.postExplanation},
		{Pattern: "GET /log/{event}", Need: org.ViewLog, Handle: s.getEvent},
		{Pattern: "GET /log/{event}/receipt", Need: org.ViewLog, Handle: s.getReceipt},
	}
}

// logFilter is what the address of a list says, as typed and as understood.
type logFilter struct {
	values url.Values
	trail.Filter
}

// filterNames are the parameters of a filter, in the order of the form.
var filterNames = []string{"kind", "person", "unit", "from", "until", "object", "id"}

// filterOf reads the filter of an address. Days are those of the reader's zone, the last one included; what is no day
// is no filter, since an address is not a form that could be mended.
func filterOf(r *http.Request, zone *time.Location) logFilter {
	q := r.URL.Query()
	f := logFilter{values: url.Values{}}
	for _, name := range filterNames {
		if v := q.Get(name); v != "" && len(v) <= 200 {
			f.values.Set(name, v)
		}
	}
	day := func(name string, plus int) time.Time {
		t, err := time.ParseInLocation(time.DateOnly, f.values.Get(name), zone)
		if err != nil {
			f.values.Del(name)
			return time.Time{}
		}
		return t.AddDate(0, 0, plus)
	}
	f.Filter = trail.Filter{
		Kind: f.values.Get("kind"), Person: f.values.Get("person"), Unit: f.values.Get("unit"),
		ObjectKind: f.values.Get("object"), ObjectID: f.values.Get("id"), From: day("from", 0), Until: day("until", 1),
	}
	return f
}

// address is the list with this filter.
func (f logFilter) address(path string) string {
	if len(f.values) == 0 {
		return path
	}
	return path + "?" + f.values.Encode()
}

// after is the page behind an event.
func (f logFilter) after(before int64) string {
	v := maps.Clone(f.values)
	v.Set("before", strconv.FormatInt(before, 10))
	return "/log?" + v.Encode()
}

func (s desk) getLog(w http.ResponseWriter, r *http.Request) error {
	q := route.From(r)
	frame := ui.FrameOf(r, q.Printer.T("audit.title"))
	frame.Lead, frame.Wide = frame.T("audit.lead"), true
	f := filterOf(r, zoneOf(frame))
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	found, err := s.Trail.List(r.Context(), q.Actor, f.Filter, before)
	if err != nil {
		return err
	}
	page := logPage{frame: frame, filter: f, kinds: audit.Kinds()}
	for _, l := range found.Lines {
		page.rows = append(page.rows, rowOf(frame, l))
	}
	if before > 0 {
		page.first = f.address("/log")
	}
	if found.Next > 0 {
		page.next = f.after(found.Next)
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, logBody(page)))
}

func (s desk) getEvent(w http.ResponseWriter, r *http.Request) error {
	seq, err := seqOf(r)
	if err != nil {
		return err
	}
	q := route.From(r)
	line, err := s.Trail.Event(r.Context(), q.Actor, seq)
	if err != nil {
		return err
	}
	frame := ui.FrameOf(r, q.Printer.T("audit.event", "Seq", seq))
	frame.Crumbs = []ui.Crumb{{Path: "/log", Text: frame.T("audit.title")}}
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, eventBody(eventPage{frame: frame, row: rowOf(frame, line)})))
}

// seqOf is the event that the address names; what is no number names nothing.
func seqOf(r *http.Request) (int64, error) {
	seq, err := strconv.ParseInt(r.PathValue("event"), 10, 64)
	if err != nil || seq < 0 {
		return 0, fault.New(fault.NotFound, "fault.not_found")
	}
	return seq, nil
}

// getReceipt sends the receipt as a file of C2SP's form.
func (s desk) getReceipt(w http.ResponseWriter, r *http.Request) error {
	seq, err := seqOf(r)
	if err != nil {
		return err
	}
	text, err := s.Trail.Receipt(r.Context(), route.From(r).Actor, seq)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="zona-`+strconv.FormatInt(seq, 10)+`.tlog-proof"`)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	// A failing write means that the reader has gone.
	_, _ = w.Write(text) //nolint:gosec // plain text, sent as a file and with nosniff
	return nil
}

func (s desk) getAnchors(w http.ResponseWriter, r *http.Request) error {
	page, err := s.anchors(r, route.New())
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, ui.Page(page.frame, anchorsBody(page)))
}

func (s desk) anchors(r *http.Request, form route.Form) (anchorsPage, error) {
	q := route.From(r)
	state, err := s.Trail.State(r.Context(), q.Actor)
	if err != nil {
		return anchorsPage{}, err
	}
	frame := ui.FrameOf(r, q.Printer.T("audit.anchors"))
	frame.Lead, frame.Wrong = frame.T("audit.anchors.lead"), form.Fault != nil
	frame.Crumbs = []ui.Crumb{{Path: "/log", Text: frame.T("audit.title")}}
	page := anchorsPage{frame: frame, state: state, form: form}
	if a, ok := s.Trail.Alarm(); ok {
		page.alarm = &a
		page.explains = org.Can(q.Actor, org.RunInstance, org.Object{}, org.State{At: q.At}).Allow
	}
	return page, nil
}

func (s desk) postExplanation(w http.ResponseWriter, r *http.Request) error {
	seq, err := strconv.ParseInt(r.PostFormValue("alarm"), 10, 64)
	if err != nil {
		seq = -1 // no alarm has it: the page is out of date
	}
	err = s.Trail.Explain(r.Context(), route.From(r).Actor, trail.Explanation{Key: route.Key(r), Seq: seq, Text: r.PostFormValue("text")})
	if err != nil {
		form, ok := route.Again(r, err)
		if !ok {
			return err
		}
		page, err := s.anchors(r, form)
		if err != nil {
			return err
		}
		return form.Show(ui.Page(page.frame, anchorsBody(page)))
	}
	return route.Done(w, r, "/log/anchors", "audit.done.explained")
}
