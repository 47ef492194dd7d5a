package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"zona/internal/audit"
	"zona/internal/instrument"
)

// told is what the log tells of one question of a sheet.
type told struct {
	answer, note string
	erased       bool // the value of the note was erased: only that there was one is known
	by           string
	at           int64
	seq          int64
}

// sheets compares every answer with the last events about it, one sheet in memory at a time.
func (v *verifier) sheets(ctx context.Context) error {
	last := ""
	for {
		var ids []string
		err := all(ctx, v.q, &ids, `SELECT id FROM assessment WHERE id > $1 ORDER BY id LIMIT $2`, last, page)
		if err != nil {
			return fmt.Errorf("list the sheets after %q: %w", last, err)
		}
		if len(ids) == 0 {
			return nil
		}
		for _, id := range ids {
			if err := v.sheet(ctx, id); err != nil {
				return fmt.Errorf("sheet %s: %w", id, err)
			}
			v.report.Sheets++
		}
		last = ids[len(ids)-1]
	}
}

func (v *verifier) sheet(ctx context.Context, id string) error {
	questions, err := v.toldOf(ctx, id)
	if err != nil {
		return err
	}
	var entries []struct {
		Question, Value, Note, ChangedBy text
		ChangedAt                        int64
	}
	err = all(ctx, v.q, &entries, `
		SELECT question, value, note, changed_by, changed_at FROM entry WHERE assessment = $1 ORDER BY question`, id)
	if err != nil {
		return fmt.Errorf("read the answers: %w", err)
	}
	for _, e := range entries {
		t, ok := questions[string(e.Question)]
		delete(questions, string(e.Question))
		switch {
		case !ok:
			v.problemf(ProblemSheet, -1, "question %s of sheet %s: no event tells of the answer", e.Question, id)
		case !sameAnswer(string(e.Value), t.answer), string(e.Note) != t.note && !t.erased, string(e.ChangedBy) != t.by, e.ChangedAt != t.at:
			v.problemf(ProblemSheet, t.seq, "question %s of sheet %s: the answer is not the one of the last event", e.Question, id)
		}
	}
	for question, t := range questions {
		v.problemf(ProblemSheet, t.seq, "question %s of sheet %s: the answer of the last event is missing", question, id)
	}
	return nil
}

// toldOf replays the events of a sheet. What they cannot be read as, the log's own part has reported.
func (v *verifier) toldOf(ctx context.Context, id string) (map[string]told, error) {
	questions := map[string]told{}
	after := int64(-1)
	for {
		var events []eventRow
		err := all(ctx, v.q, &events, `
			SELECT seq, canonical FROM event WHERE object_kind = 'assessment' AND object_id = $1 AND seq > $2
			ORDER BY seq LIMIT $3`, id, after, page)
		if err != nil {
			return nil, fmt.Errorf("read the events: %w", err)
		}
		if len(events) == 0 {
			return questions, nil
		}
		last := events[len(events)-1].Seq
		notes, err := v.notes(ctx, id, events[0].Seq, last)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			if r, err := audit.Decode(e.Canonical); err == nil {
				retell(questions, r, notes)
			}
		}
		after = last
	}
}

// noteOf names the value of one note: that of an event about a question.
type noteOf struct {
	seq   int64
	field string
}

// notes reads the values of notes beside the events of a sheet. That they open their commitments, the log's own part
// has checked.
func (v *verifier) notes(ctx context.Context, id string, from, to int64) (map[noteOf]string, error) {
	notes := map[noteOf]string{}
	err := each(ctx, v.q, func(rows *sql.Rows) error {
		var of noteOf
		var value string
		err := rows.Scan(&of.seq, &of.field, &value)
		notes[of] = value
		return err
	}, `
		SELECT n.seq, n.field, n.value FROM event_personal n JOIN event e ON e.seq = n.seq
		WHERE e.object_kind = 'assessment' AND e.object_id = $1 AND e.seq BETWEEN $2 AND $3`, id, from, to)
	if err != nil {
		return nil, fmt.Errorf("read the notes: %w", err)
	}
	return notes, nil
}

// retell notes what an event says of answers and notes.
func retell(questions map[string]told, r audit.Record, notes map[noteOf]string) {
	note := func(question string, change func(*told)) {
		t := questions[question]
		change(&t)
		t.by, t.at, t.seq = r.Event.Actor, r.Event.At.UnixMilli(), r.Seq
		questions[question] = t
	}
	for _, c := range r.Event.Changes {
		if question, ok := strings.CutPrefix(c.Field, answerField); ok {
			note(question, func(t *told) { t.answer = c.To })
		}
	}
	for _, c := range r.Commitments {
		if question, ok := strings.CutPrefix(c.Field, noteField); ok {
			value, kept := notes[noteOf{r.Seq, c.Field}]
			note(question, func(t *told) { t.note, t.erased = value, !kept })
		}
	}
}

// sameAnswer compares two JSON forms by what they say; "" in an event is no answer.
func sameAnswer(stored, told string) bool {
	var a, b instrument.Answer
	if told == "" {
		told = "null"
	}
	return json.Unmarshal([]byte(stored), &a) == nil && json.Unmarshal([]byte(told), &b) == nil && a.Equal(b)
}
