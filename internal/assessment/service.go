package assessment

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"zona/internal/audit"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/scoring"
)

// Options is what the service needs beside the database.
type Options struct {
	Clock       func() time.Time // for reads; changes take the time of their transaction
	NewID       func() string    // org.NewID outside tests
	Instruments func(id string) (*instrument.Instrument, error)
	Workbooks   WorkbookReader
}

// Service runs the use cases. Make it with New.
type Service struct {
	tx  Transactor
	q   Queries
	opt Options
}

// New returns the service.
func New(tx Transactor, q Queries, o Options) *Service { return &Service{tx: tx, q: q, opt: o} }

// View is a sheet with its answers and what they are worth now: provisional while the sheet is open.
type View struct {
	Sheet      Sheet
	Instrument *instrument.Instrument
	Entries    []Entry
	Result     *scoring.Result
}

// View returns a sheet that the actor may read.
func (s *Service) View(ctx context.Context, by org.Actor, id string) (View, error) {
	v := View{}
	var err error
	if v.Sheet, err = s.q.Sheet(ctx, id); err != nil {
		return View{}, err
	}
	if err := org.Can(by, org.ViewSheet, v.Sheet.Unit.At(), org.State{At: s.opt.Clock()}).Fault(); err != nil {
		return View{}, err
	}
	if v.Instrument, err = s.opt.Instruments(v.Sheet.Assessment.Instrument); err != nil {
		return View{}, fmt.Errorf("instrument of assessment %s: %w", id, err)
	}
	if v.Entries, err = s.q.Entries(ctx, id); err != nil {
		return View{}, err
	}
	answers := make(map[string]instrument.Answer, len(v.Entries))
	for _, e := range v.Entries {
		answers[e.Question] = e.Answer
	}
	v.Result = scoring.Score(v.Instrument, answers)
	return v, nil
}

// working is a sheet within a transaction that changes it.
type working struct {
	Assessment
	around  Sheet // as it was when the transaction began; the embedded Assessment is what stands now
	in      *instrument.Instrument
	entries map[string]Entry
}

// begin locks a sheet, checks that the actor may change it by this capability now, and loads its answers.
func (s *Service) begin(ctx context.Context, st Store, by org.Actor, c org.Capability, id string) (*working, error) {
	sheet, err := st.Lock(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := mayChange(by, c, sheet.Unit, sheet.Assessment, sheet.Period, st.Now()); err != nil {
		return nil, err
	}
	in, err := s.opt.Instruments(sheet.Assessment.Instrument)
	if err != nil {
		return nil, fmt.Errorf("instrument of assessment %s: %w", id, err)
	}
	list, err := st.Entries(ctx, id)
	if err != nil {
		return nil, err
	}
	w := &working{Assessment: sheet.Assessment, around: sheet, in: in, entries: make(map[string]Entry, len(list))}
	for _, e := range list {
		w.entries[e.Question] = e
	}
	return w, nil
}

// sheet is the sheet as it stands in this transaction.
func (w *working) sheet() Sheet {
	s := w.around
	s.Assessment = w.Assessment
	return s
}

// entry is the stored answer of a question, or "never answered".
func (w *working) entry(question string) Entry {
	e := w.entries[question]
	e.Question = question
	return e
}

// change is the next revision of a question by the actor.
func (w *working) change(st Store, by org.Actor, question string, a instrument.Answer, note string) Entry {
	return Entry{
		Question: question, Answer: a, Note: note, Revision: w.entry(question).Revision + 1,
		ChangedBy: by.Person, ByName: by.Name, ChangedAt: st.Now(),
	}
}

// answers are the answers of the sheet in the form that scoring takes.
func (w *working) answers() map[string]instrument.Answer {
	m := make(map[string]instrument.Answer, len(w.entries))
	for id, e := range w.entries {
		m[id] = e.Answer
	}
	return m
}

// settle scores the sheet with the new entries in it and stores the total beside them, under the same lock.
func (w *working) settle(ctx context.Context, st Store, changed ...Entry) (*scoring.Result, error) {
	for _, e := range changed {
		w.entries[e.Question] = e
	}
	result := scoring.Score(w.in, w.answers())
	w.Total, w.Answered, w.ChangedAt = result.Total(), len(w.in.Questions)-len(result.Unanswered), st.Now()
	version, err := st.SaveTotals(ctx, w.ID, w.Total, w.Answered, w.ChangedAt)
	if err != nil {
		return nil, err
	}
	w.Version = version
	return result, nil
}

// event is an event about the sheet.
func (w *working) event(st Store, by org.Actor, kind string, changes ...audit.Change) audit.Event {
	return audit.Event{
		Kind: kind, At: st.Now(), Actor: by.Person, Institution: w.Institution, Unit: w.around.Unit.ID,
		Object: audit.Object{Kind: "assessment", ID: w.ID}, Changes: changes,
	}
}

// tell adds to an event what became of an entry: the answer and the note, each only where it changed. Notes are free
// text in which people may be named, so the log holds commitments to them.
func tell(e *audit.Event, before, after Entry) error {
	if !before.Answer.Equal(after.Answer) {
		from, err := logged(before.Answer)
		if err != nil {
			return err
		}
		to, err := logged(after.Answer)
		if err != nil {
			return err
		}
		e.Changes = append(e.Changes, audit.Change{Field: "answer:" + after.Question, From: from, To: to})
	}
	if before.Note != after.Note {
		e.Personal = append(e.Personal, audit.Personal{Field: "note:" + after.Question, Value: after.Note})
	}
	return nil
}

// logged is an answer as the log holds it: its JSON form, "" for none.
func logged(a instrument.Answer) (string, error) {
	if !a.Given() {
		return "", nil
	}
	b, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("write an answer for the log: %w", err)
	}
	return string(b), nil
}

// run is one use case whose outcome is a value of type T. The value travels through the record of the idempotency
// key as JSON, so that a repeated request gets the answer of the first.
func run[T any](ctx context.Context, tx Transactor, key idempotency.Key, fn func(context.Context, Store) (T, error)) (T, error) {
	var out T
	text, _, err := tx.InTx(ctx, key, func(ctx context.Context, st Store) (string, error) {
		made, err := fn(ctx, st)
		if err != nil {
			return "", err
		}
		b, err := json.Marshal(made)
		return string(b), err
	})
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return out, fmt.Errorf("read the recorded outcome: %w", err)
	}
	return out, nil
}
