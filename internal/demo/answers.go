package demo

import (
	"fmt"
	"math/rand/v2"

	"zona/internal/assessment"
	"zona/internal/exact"
	"zona/internal/instrument"
)

// answers invents the answers of a court: better in later years, better in some courts, the same at every run. share
// of the questions are answered.
func answers(in *instrument.Instrument, court, year int, share float64) []assessment.Incoming {
	draw := rand.New(rand.NewPCG(uint64(court), uint64(year))) //nolint:gosec // invented data, not a secret
	skill := 0.45 + 0.05*float64(court%8) + 0.04*float64(year%3)
	var out []assessment.Incoming
	for _, n := range in.Questions {
		lucky := draw.Float64()
		if draw.Float64() > share {
			continue
		}
		given := assessment.Incoming{Question: n.ID, Answer: answer(n.Question, skill, lucky, draw)}
		if draw.IntN(12) == 0 {
			given.Note = fmt.Sprintf("Bukti disimpan di ruang arsip, map %s.", n.ID)
		}
		out = append(out, given)
	}
	return out
}

func answer(q *instrument.Question, skill, lucky float64, draw *rand.Rand) instrument.Answer {
	switch q.Kind {
	case instrument.Choice:
		// A skilful court lands on the first option, the others further down the scale.
		i := int((1 - skill) * lucky * 1.6 * float64(len(q.Options)))
		return instrument.Answer{Choice: q.Options[min(i, len(q.Options)-1)].Key}
	case instrument.Index:
		index := exact.Frac(int64(320+60*skill+20*lucky), 100)
		return instrument.Answer{Number: &index}
	case instrument.Ratio:
		inputs := map[string]int64{}
		for i, in := range q.Inputs {
			inputs[in.Key] = int64(draw.IntN(6) + 4 - 2*min(i, 1))
		}
		return instrument.Answer{Inputs: inputs}
	}
	return instrument.Answer{}
}
