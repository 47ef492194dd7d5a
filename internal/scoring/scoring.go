// Package scoring turns answers into scores: fraction, points and share of every line of a sheet, the combined
// areas, the verdict on each predicate with every rule, an explanation of each number, and the cheapest way to what
// is missing.
//
// Everything is an exact rational (PermenPANRB 90/2021 knows no rounding before a comparison): no float decides
// anything here. The package does no I/O and has no clock; it refuses to guess: an unanswered or invalid question is
// worth 0, stays in the divisor and is reported, never skipped.
package scoring

import (
	"zona/internal/exact"
	"zona/internal/instrument"
)

// State is how far a line of the sheet is answered.
type State uint8

// The states of a question. Of a line above questions: Invalid if any question below is, else Unanswered if any
// question below is, else Answered.
const (
	Unanswered State = iota // no answer, or inputs missing; worth 0
	Answered                // complete and valid
	Invalid                 // something was given that is not an answer; worth 0, see Violations
)

// String returns "unanswered", "answered" or "invalid".
func (s State) String() string {
	switch s {
	case Answered:
		return "answered"
	case Invalid:
		return "invalid"
	}
	return "unanswered"
}

// NodeScore is what one line of the sheet is worth.
type NodeScore struct {
	Score    exact.Number // points: weight x fraction of a question, else the sum of the lines below
	Weight   exact.Number // points at fraction 1
	Fraction exact.Number // Score / Weight, 0..1; 0 for a line without weight
	State    State
	// Violations says why the answer of a question is Invalid; nil for lines above questions.
	Violations []instrument.Violation
	Answered   int // questions at or below with a complete and valid answer
	Questions  int // questions at or below
}

// Percent returns the share of the weight in percent, unrounded.
func (n NodeScore) Percent() exact.Number { return n.Fraction.Mul(exact.Int(100)) }

// Result is one sheet, scored. Nothing changes it after it is made; it may be read concurrently. It refers to the
// answers that it was made of, whose input maps must not be changed afterwards.
type Result struct {
	Instrument *instrument.Instrument
	Nodes      []NodeScore // by Node.Index
	Groups     []NodeScore // in the order of Instrument.Groups
	Verdicts   []Verdict   // in the order of Instrument.Predicates
	Unanswered []string    // ids of questions without a valid answer, in sheet order, invalid ones included

	sheet   *sheet
	whole   NodeScore
	answers []instrument.Answer // by Node.Leaf
}

// Total returns the points of the whole sheet, unrounded.
func (r *Result) Total() exact.Number { return r.whole.Score }

// Whole returns the whole sheet as if it were a line above the components.
func (r *Result) Whole() NodeScore { return r.whole }

// Node returns the score of a line by its id ("A.II.5.iii"); the zero NodeScore, which has no questions, when the
// instrument has no such line.
func (r *Result) Node(id string) NodeScore {
	if i, ok := r.sheet.byID[id]; ok {
		return r.Nodes[i]
	}
	return NodeScore{}
}

// Group returns the score of a group by its id ("1"); the zero NodeScore when the instrument has no such group.
func (r *Result) Group(id string) NodeScore {
	for i, g := range r.Instrument.Groups {
		if g.ID == id {
			return r.Groups[i]
		}
	}
	return NodeScore{}
}

// Answer returns the answer of a question that the result was made of, as given (perhaps invalid); the zero Answer
// when there was none.
func (r *Result) Answer(questionID string) instrument.Answer {
	if i, ok := r.sheet.byID[questionID]; ok && r.Instrument.Nodes[i].Leaf >= 0 {
		return r.answers[r.Instrument.Nodes[i].Leaf]
	}
	return instrument.Answer{}
}

// Verdict returns the verdict on a predicate by its id ("WBK"), and whether there is one.
func (r *Result) Verdict(predicateID string) (Verdict, bool) {
	for _, v := range r.Verdicts {
		if v.Predicate.ID == predicateID {
			return v, true
		}
	}
	return Verdict{}, false
}

// Verdict says whether the scores meet every rule of a predicate (Tabel 6 of PermenPANRB 90/2021). It is about scores
// only: prerequisites and eligibility are other checks.
type Verdict struct {
	Predicate *instrument.Predicate
	Pass      bool
	Rules     []RuleResult // in the order of Predicate.Rules
}

// Failing returns the ids of the rules that are not met, in the order of the rules; nil when all are.
func (v Verdict) Failing() []string {
	var ids []string
	for i := range v.Rules {
		if !v.Rules[i].Pass {
			ids = append(ids, v.Rules[i].Rule.ID)
		}
	}
	return ids
}

// RuleResult is one threshold held against the unrounded score.
type RuleResult struct {
	Rule      *instrument.Rule
	Value     exact.Number // points, or a fraction where Rule.Fraction
	Threshold exact.Number // in the unit of Value
	Short     exact.Number // points missing, also where Rule.Fraction; 0 when the rule is met
	Pass      bool         // Value >= Threshold
}

// Score scores a sheet. answers are by question id; ids that the instrument does not have are ignored, since readers
// of files report them where they were read. Every question of the instrument gets a score: 0 without a valid answer.
func Score(in *instrument.Instrument, answers map[string]instrument.Answer) *Result {
	t := newTally(sheetOf(in))
	for i, q := range in.Questions {
		t.setLeaf(i, answers[q.ID])
	}
	t.sumAll()
	return t.result()
}

// WhatIf scores the sheet as it would be with some answers changed; a zero Answer takes an answer away. Neither map
// is changed.
func WhatIf(in *instrument.Instrument, answers, changes map[string]instrument.Answer) *Result {
	t := newTally(sheetOf(in))
	for i, q := range in.Questions {
		a, changed := changes[q.ID]
		if !changed {
			a = answers[q.ID]
		}
		t.setLeaf(i, a)
	}
	t.sumAll()
	return t.result()
}
