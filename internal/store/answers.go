package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/huandu/go-sqlbuilder"

	"zona/internal/instrument"
)

// Answers returns what is answered on several sheets, by assessment and question: one statement for a page of a list
// that tells where each sheet stands. A sheet without answers has an empty map.
func (a Assessments) Answers(ctx context.Context, assessments []string) (map[string]map[string]instrument.Answer, error) {
	found := make(map[string]map[string]instrument.Answer, len(assessments))
	for _, id := range assessments {
		found[id] = map[string]instrument.Answer{}
	}
	if len(assessments) == 0 {
		return found, nil
	}
	b := newSelect()
	b.Select("e.assessment", "e.question", "e.value").From("entry e").Where(b.In("e.assessment", sqlbuilder.List(assessments)), "e.value <> 'null'")
	query, args := b.Build()
	var rows []struct{ Assessment, Question, Value text }
	if err := all(ctx, a.db.reader(), &rows, query, args...); err != nil {
		return nil, failed(a.db.dialect, err, "read the answers of %d assessments", len(assessments))
	}
	for _, r := range rows {
		var answer instrument.Answer
		if err := json.Unmarshal([]byte(r.Value), &answer); err != nil {
			return nil, fmt.Errorf("read the stored answer to question %s of assessment %s: %w", r.Question, r.Assessment, err)
		}
		found[string(r.Assessment)][string(r.Question)] = answer
	}
	return found, nil
}
