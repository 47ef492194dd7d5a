package scoring_test

import (
	"testing"

	"zona/internal/instrument"
	"zona/internal/scoring"
)

func BenchmarkPF2ScoreOneSheet(b *testing.B) {
	in := lke(b)
	answers := ordinarySheet(in)
	b.ReportAllocs()
	for b.Loop() {
		scoring.Score(in, answers)
	}
}

// Rescoring is the change of one answer with every line, group and both verdicts brought up to date.
func BenchmarkPF2RescoreAfterOneAnswer(b *testing.B) {
	s, changes := scoring.NewScorer(lke(b), ordinarySheet(lke(b))), changesOfOneAnswer()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c := &changes[i%len(changes)]
		s.Set(c.id, c.a)
		s.Verdicts()
	}
}

// The same with a copy of all numbers that later changes do not reach.
func BenchmarkPF2RescoreAndKeepTheResult(b *testing.B) {
	s, changes := scoring.NewScorer(lke(b), ordinarySheet(lke(b))), changesOfOneAnswer()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c := &changes[i%len(changes)]
		s.Set(c.id, c.a)
		s.Result()
	}
}

type change struct {
	id string
	a  instrument.Answer
}

// changesOfOneAnswer are of each kind, so that the mean is not that of the cheapest.
func changesOfOneAnswer() []change {
	return []change{
		{"A.I.1.ii.b", instrument.Answer{Choice: "C"}},
		{"A.II.5.iii.b", instrument.Answer{Inputs: map[string]int64{"administrator": 4, "pengawas": 8, "fungsional_pelaksana": 111, "sudah": 97}}},
		{"B.I.a", instrument.Answer{Number: number("3.61")}},
		{"A.I.1.ii.b", instrument.Answer{Choice: "A"}},
		{"B.I.a", instrument.Answer{Number: number("3.59")}},
	}
}

func BenchmarkPF2PlainBigRat(b *testing.B) {
	in := lke(b)
	answers := ordinarySheet(in)
	b.ReportAllocs()
	for b.Loop() {
		o := newOracle(in, answers)
		for _, p := range in.Predicates {
			o.failing(p)
		}
	}
}

// ordinarySheet is a sheet as a court fills it: middling answers, two-digit counts with primes among them.
func ordinarySheet(in *instrument.Instrument) map[string]instrument.Answer {
	answers := map[string]instrument.Answer{}
	for i, n := range in.Questions {
		switch q := n.Question; q.Kind {
		case instrument.Choice:
			answers[n.ID] = instrument.Answer{Choice: q.Options[(i*7/3)%min(2, len(q.Options))].Key}
		case instrument.Index:
			answers[n.ID] = instrument.Answer{Number: number("3.64")}
		case instrument.Ratio:
			inputs := map[string]int64{}
			for j, input := range q.Inputs {
				inputs[input.Key] = int64(7 + (i*13+j*29)%97)
			}
			answers[n.ID] = instrument.Answer{Inputs: inputs}
		}
	}
	return answers
}
