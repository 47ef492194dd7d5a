package assessment

import (
	"context"
	"strings"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/scoring"
)

// MaxNote is the longest note in letters: a page of text; longer ones belong into a document.
const MaxNote = 2000

// AnswerChange is what SetAnswer needs.
type AnswerChange struct {
	Key        idempotency.Key
	Assessment string
	Question   string
	Typed

	// Read, where it is set, makes Typed once the question is known and the actor may answer it: how a form is read
	// depends on the question, and nobody else shall learn of it. It may run more than once.
	Read func(*instrument.Node) (Typed, error)
}

// Typed is what a person gave to one question. The zero Answer takes the answer away.
type Typed struct {
	Revision int // of the entry that the writer has seen; 0 for none
	Answer   instrument.Answer
	Note     string
}

// Saved is what stands after an answer was saved.
type Saved struct {
	Sheet  Sheet
	Entry  Entry
	Result *scoring.Result
}

// Conflict is what fault.Conflict carries as Current when somebody was faster: what stands now, and what the writer
// wanted, so that the page can show both and nothing typed is lost.
type Conflict struct {
	Theirs Entry
	Yours  Entry
}

// SetAnswer saves one answer and its note. It is fault.Conflict when the entry is no longer at the revision that
// the writer has seen, unless it says the same already; saving what stands changes nothing and is no event. What
// cannot be an answer is fault.Invalid with the fields "answer", "in.<input>" and "note", and changes nothing.
func (s *Service) SetAnswer(ctx context.Context, by org.Actor, cmd AnswerChange) (Saved, error) {
	var saved Saved
	_, replayed, err := s.tx.InTx(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		w, err := s.begin(ctx, st, by, org.EditAnswer, cmd.Assessment)
		if err != nil {
			return "", err
		}
		saved, err = w.set(ctx, st, by, cmd)
		return cmd.Question, err
	})
	if err != nil {
		return Saved{}, err
	}
	if replayed {
		// The first attempt saved it; what stands by now is the honest answer.
		return s.saved(ctx, by, cmd.Assessment, cmd.Question)
	}
	return saved, nil
}

func (w *working) set(ctx context.Context, st Store, by org.Actor, cmd AnswerChange) (Saved, error) {
	q, ok := w.in.Question(cmd.Question)
	if !ok {
		return Saved{}, fault.New(fault.NotFound, "fault.not_found")
	}
	if cmd.Read != nil {
		var err error
		if cmd.Typed, err = cmd.Read(q); err != nil {
			return Saved{}, err
		}
	}
	note := FoldNote(cmd.Note)
	if err := checkAnswer(q.Question, cmd.Answer, note); err != nil {
		return Saved{}, err
	}
	now := w.entry(q.ID)
	next := w.change(st, by, q.ID, cmd.Answer, note)
	if now.Answer.Equal(next.Answer) && now.Note == next.Note {
		return Saved{Sheet: w.sheet(), Entry: now, Result: scoring.Score(w.in, w.answers())}, nil
	}
	if now.Revision != cmd.Revision {
		f := fault.New(fault.Conflict, "fault.answer.conflict", "ID", q.ID)
		f.Current = Conflict{Theirs: now, Yours: next}
		return Saved{}, f
	}
	event := w.event(st, by, audit.AnswerSet)
	if err := tell(&event, now, next); err != nil {
		return Saved{}, err
	}
	if err := st.SaveEntry(ctx, w.ID, next, now.Revision); err != nil {
		return Saved{}, err
	}
	result, err := w.settle(ctx, st, next)
	if err != nil {
		return Saved{}, err
	}
	return Saved{Sheet: w.sheet(), Entry: next, Result: result}, st.Append(ctx, event)
}

// saved is Saved as it stands now, for a request that was answered before.
func (s *Service) saved(ctx context.Context, by org.Actor, id, question string) (Saved, error) {
	v, err := s.View(ctx, by, id)
	if err != nil {
		return Saved{}, err
	}
	out := Saved{Sheet: v.Sheet, Entry: Entry{Question: question}, Result: v.Result}
	for _, e := range v.Entries {
		if e.Question == question {
			out.Entry = e
		}
	}
	return out, nil
}

// FoldNote returns a note as it is stored: without blanks around it, and with line breaks of one kind.
func FoldNote(s string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s))
}

// checkAnswer holds an answer against its question. A ratio that is filled in halfway is valid, though not complete.
func checkAnswer(q *instrument.Question, a instrument.Answer, note string) error {
	f := fault.Form()
	for _, v := range q.Check(a) {
		name := "answer"
		if v.Input != "" {
			name = "in." + v.Input
		}
		args := make(map[string]any, len(v.Args))
		for k, text := range v.Args {
			args[k] = text
		}
		f.Fields = append(f.Fields,
			fault.Field{Name: name, Message: v.Rule, Args: args}, fault.Field{Name: name, Message: v.Mend, Args: args})
	}
	f.Lines("note", note, 0, MaxNote)
	return f.Err()
}
