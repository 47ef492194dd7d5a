package scoring

import (
	"zona/internal/exact"
	"zona/internal/instrument"
)

// Scorer scores one sheet again and again as answers change, one at a time: only what stands above the changed
// question is added up again. Its results are those of Score for the same answers, in whatever order they came. A
// Scorer is for one goroutine; its Results are free of it.
type Scorer struct{ t *tally }

// NewScorer starts with these answers; the map is read, not kept.
func NewScorer(in *instrument.Instrument, answers map[string]instrument.Answer) *Scorer {
	t := newTally(sheetOf(in))
	for i, q := range in.Questions {
		t.setLeaf(i, answers[q.ID])
	}
	t.sumAll()
	return &Scorer{t: t}
}

// Set gives a question another answer, or none with the zero Answer. It reports whether the sheet has the question;
// if not, nothing changes.
func (s *Scorer) Set(questionID string, a instrument.Answer) bool {
	i, ok := s.t.sheet.byID[questionID]
	if !ok || s.t.sheet.in.Nodes[i].Leaf < 0 {
		return false
	}
	leaf := s.t.sheet.in.Nodes[i].Leaf
	s.t.setLeaf(leaf, a)
	s.t.sumPath(leaf)
	return true
}

// Result returns the sheet as it stands; later changes do not reach it.
func (s *Scorer) Result() *Result {
	t := *s.t
	t.nodes = append([]NodeScore(nil), t.nodes...)
	t.answers = append([]instrument.Answer(nil), t.answers...)
	return t.result()
}

// Verdicts returns the verdicts as the sheet stands. Like Total, Whole and Node it is for callers that look at
// a few numbers after each of many changes and do not need a Result, most of whose cost is the copy.
func (s *Scorer) Verdicts() []Verdict { return s.t.verdicts() }

// Total returns the points of the whole sheet as it stands.
func (s *Scorer) Total() exact.Number { return s.Whole().Score }

// Whole returns the whole sheet as it stands, as if it were a line above the components.
func (s *Scorer) Whole() NodeScore { return s.t.nodes[len(s.t.nodes)-1] }

// Node returns a line as it stands, by its id; the zero NodeScore when there is none.
func (s *Scorer) Node(id string) NodeScore {
	if i, ok := s.t.sheet.byID[id]; ok {
		return s.t.nodes[i]
	}
	return NodeScore{}
}
