package trail

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/org"
)

// PageSize is how many events a page of the log has.
const PageSize = 50

// Line is an event as one reader may see it.
type Line struct {
	Seq       int64
	Kind      string
	Record    audit.Record
	Digest    tlog.Hash // of the canonical bytes, as it stands in the tree
	Actor     string    // name of today; "" for the program itself and for who is gone
	Unit      string    // name
	Home      string    // name of the institution
	Object    string    // name of what it is about, "" where it has none
	Changes   []Change
	Personal  []Personal
	Concealed bool // the canonical bytes hold answers that this reader may not see
}

// Change is one field before and after.
type Change struct {
	Field, From, To string
	Name            string // of the person, unit, institution or period that To is the id of
	Concealed       bool   // From and To are not for this reader
}

// Personal is one personal value.
type Personal struct {
	Field, Value string
	Erased       bool // the value was destroyed; only that there was one is known
	Concealed    bool
}

// Page is a page of the log, the newest event first.
type Page struct {
	Lines []Line
	Next  int64 // hand it in for the page after this one; 0: there is none
}

// List returns a page of the events within the reader's reach before the position; 0 is the newest page.
func (s *Service) List(ctx context.Context, by org.Actor, f Filter, before int64) (Page, error) {
	lines, err := s.lines(ctx, by, f, before, PageSize+1)
	if err != nil {
		return Page{}, err
	}
	p := Page{Lines: lines}
	if len(lines) > PageSize {
		p.Lines = lines[:PageSize]
		p.Next = p.Lines[PageSize-1].Seq
	}
	return p, nil
}

// eachPage is how many events are read at once while all are walked through.
const eachPage = 500

// Each calls fn with all events within the reader's reach, a page at a time, the newest first. It holds one page in
// memory.
func (s *Service) Each(ctx context.Context, by org.Actor, f Filter, fn func([]Line) error) error {
	for before := int64(0); ; {
		lines, err := s.lines(ctx, by, f, before, eachPage)
		if err != nil {
			return err
		}
		if len(lines) > 0 {
			if err := fn(lines); err != nil {
				return err
			}
			before = lines[len(lines)-1].Seq
		}
		if len(lines) < eachPage || before == 0 {
			return nil
		}
	}
}

// Event returns one event within the reader's reach: fault.NotFound beyond it.
func (s *Service) Event(ctx context.Context, by org.Actor, seq int64) (Line, error) {
	e, err := s.entry(ctx, by, seq)
	if err != nil {
		return Line{}, err
	}
	lines, err := s.shown(ctx, by, []Entry{e})
	if err != nil {
		return Line{}, err
	}
	return lines[0], nil
}

func (s *Service) entry(ctx context.Context, by org.Actor, seq int64) (Entry, error) {
	if seq < 0 {
		return Entry{}, fault.New(fault.NotFound, "fault.not_found")
	}
	list, err := s.store.Events(ctx, by.Reach(org.ViewLog, s.opt.Clock()), Filter{}, seq+1, 1)
	if err != nil {
		return Entry{}, err
	}
	if len(list) == 0 || list[0].Record.Seq != seq {
		return Entry{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return list[0], nil
}

func (s *Service) lines(ctx context.Context, by org.Actor, f Filter, before int64, limit int) ([]Line, error) {
	entries, err := s.store.Events(ctx, by.Reach(org.ViewLog, s.opt.Clock()), f, before, limit)
	if err != nil {
		return nil, err
	}
	return s.shown(ctx, by, entries)
}

// shown puts names to the ids and takes away what the reader may not see.
func (s *Service) shown(ctx context.Context, by org.Actor, entries []Entry) ([]Line, error) {
	names, err := s.store.Names(ctx, wanted(entries))
	if err != nil {
		return nil, err
	}
	lines := make([]Line, len(entries))
	for i, e := range entries {
		lines[i] = line(e, names, s.readerOf(by, e, names))
	}
	return lines, nil
}

// reader is what one reader may see of an event beside what happened, when and by whom.
type reader struct{ sheet, people bool }

// readerOf asks for both: answers and notes are for those who may read the sheet, and what is known of people is for
// those who manage them there. A unit that is gone has no sheet.
func (s *Service) readerOf(by org.Actor, e Entry, names Names) reader {
	now := org.State{At: s.opt.Clock()}
	place, ok := names.Places[e.Record.Event.Unit]
	return reader{
		sheet:  ok && org.Can(by, org.ViewSheet, place, now).Allow,
		people: org.Can(by, org.ManagePeople, org.Object{Institution: e.Record.Event.Institution}, now).Allow,
	}
}

// sees reports whether the reader may see a personal value of an event.
func (r reader) sees(e audit.Event, field string) bool {
	switch {
	case sheetField(field), e.Object.Kind == "import":
		return r.sheet
	case e.Kind == audit.RollbackExplained:
		return true // written for whoever reads the log
	}
	return r.people
}

// sheetField reports whether a field is an answer or a note.
func sheetField(field string) bool {
	return strings.HasPrefix(field, "answer:") || strings.HasPrefix(field, "note:")
}

func line(e Entry, names Names, may reader) Line {
	ev := e.Record.Event
	l := Line{
		Seq: e.Record.Seq, Kind: ev.Kind, Record: audit.Record{Seq: e.Record.Seq, Event: audit.Event{
			Kind: ev.Kind, At: ev.At, Actor: ev.Actor, Institution: ev.Institution, Unit: ev.Unit, Object: ev.Object,
		}},
		Digest: audit.Leaf(e.Canonical), Actor: names.People[ev.Actor], Unit: names.Units[ev.Unit],
		Home: names.Institutions[ev.Institution], Object: names.object(ev),
	}
	for _, c := range ev.Changes {
		shown := Change{Field: c.Field, From: c.From, To: c.To, Name: names.value(c)}
		if sheetField(c.Field) && !may.sheet {
			shown, l.Concealed = Change{Field: c.Field, Concealed: true}, true
		}
		l.Changes = append(l.Changes, shown)
	}
	for _, c := range e.Record.Commitments {
		at := slices.IndexFunc(e.Personal, func(p audit.Personal) bool { return p.Field == c.Field })
		shown := Personal{Field: c.Field, Erased: at < 0}
		switch {
		case !may.sees(ev, c.Field):
			shown = Personal{Field: c.Field, Concealed: true}
		case at >= 0:
			shown.Value = e.Personal[at].Value
		}
		l.Personal = append(l.Personal, shown)
	}
	return l
}

// idFields are the fields whose values are ids, and of what.
var idFields = map[string]func(Names) map[string]string{
	"person":      func(n Names) map[string]string { return n.People },
	"unit":        func(n Names) map[string]string { return n.Units },
	"parent":      func(n Names) map[string]string { return n.Units },
	"institution": func(n Names) map[string]string { return n.Institutions },
	"period":      func(n Names) map[string]string { return n.Periods },
}

func (n Names) value(c audit.Change) string {
	if of, ok := idFields[c.Field]; ok {
		return of(n)[c.To]
	}
	return ""
}

// object names what an event is about; a sheet and an import are named by their unit.
func (n Names) object(e audit.Event) string {
	switch e.Object.Kind {
	case "person":
		return n.People[e.Object.ID]
	case "unit":
		return n.Units[e.Object.ID]
	case "institution":
		return n.Institutions[e.Object.ID]
	case "period":
		return n.Periods[e.Object.ID]
	case "assessment", "import":
		return n.Units[e.Unit]
	case "assignment":
		for _, c := range e.Changes {
			if c.Field == "person" {
				return n.People[c.To]
			}
		}
	}
	return ""
}

func wanted(entries []Entry) Wanted {
	var w Wanted
	add := func(list *[]string, id string) {
		if id != "" && id != audit.System && !slices.Contains(*list, id) {
			*list = append(*list, id)
		}
	}
	byKind := map[string]*[]string{
		"person": &w.People, "unit": &w.Units, "parent": &w.Units, "institution": &w.Institutions, "period": &w.Periods,
	}
	for _, entry := range entries {
		e := entry.Record.Event
		add(&w.People, e.Actor)
		add(&w.Units, e.Unit)
		add(&w.Institutions, e.Institution)
		if list, ok := byKind[e.Object.Kind]; ok {
			add(list, e.Object.ID)
		}
		for _, c := range e.Changes {
			if list, ok := byKind[c.Field]; ok {
				add(list, c.To)
			}
		}
	}
	return w
}

// Receipt returns the receipt of an event, the newest checkpoint in it. Its canonical bytes hold every answer that
// the event changed, so it is refused to who may not read the sheet.
func (s *Service) Receipt(ctx context.Context, by org.Actor, seq int64) ([]byte, error) {
	e, err := s.entry(ctx, by, seq)
	if err != nil {
		return nil, err
	}
	names, err := s.store.Names(ctx, wanted([]Entry{e}))
	if err != nil {
		return nil, err
	}
	if line(e, names, s.readerOf(by, e, names)).Concealed {
		return nil, fault.New(fault.Forbidden, "audit.receipt.forbidden")
	}
	if s.opt.Signer == nil {
		return nil, errUnsigned
	}
	size, signed, err := s.covering(ctx, seq)
	if err != nil {
		return nil, err
	}
	proof, err := s.store.Proof(ctx, size, seq)
	if err != nil {
		return nil, err
	}
	// A receipt that does not hold must never leave: whoever checks it later would suspect the wrong thing.
	v, err := s.opt.Signer.Verifier()
	if err != nil {
		return nil, err
	}
	r := audit.Receipt{Canonical: e.Canonical, Proof: proof, Signed: signed}
	if _, _, err := r.Check(v); err != nil {
		return nil, fmt.Errorf("receipt of event %d: %w", seq, err)
	}
	return r.Text()
}

// errUnsigned is a service that was made without a key, in a command that needs none.
var errUnsigned = errors.New("no signing key")

// covering is a signed checkpoint that reaches to the event: the newest one that was anchored, which others have
// too, or one of this moment.
func (s *Service) covering(ctx context.Context, seq int64) (size int64, signed []byte, err error) {
	newest, ok, err := s.store.Newest(ctx)
	if err != nil {
		return 0, nil, err
	}
	if ok && newest.Size > seq {
		return newest.Size, newest.Signed, nil
	}
	if size, err = s.store.Size(ctx); err != nil {
		return 0, nil, err
	}
	root, err := s.store.Root(ctx, size)
	if err != nil {
		return 0, nil, err
	}
	signed, err = s.opt.Signer.Sign(size, root)
	return size, signed, err
}
