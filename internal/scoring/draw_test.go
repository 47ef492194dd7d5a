package scoring_test

import (
	"pgregory.net/rapid"

	"zona/internal/exact"
	"zona/internal/instrument"
)

// drawSheet draws answers to a sheet: mostly good ones, some missing, some incomplete, some that are none.
func drawSheet(in *instrument.Instrument) *rapid.Generator[map[string]instrument.Answer] {
	return rapid.Custom(func(t *rapid.T) map[string]instrument.Answer {
		// The share of questions without a good answer differs from sheet to sheet; complete sheets are as likely as
		// hopeless ones.
		sloppy := rapid.SampledFrom([]int{0, 0, 5, 50}).Draw(t, "sloppy")
		answers := map[string]instrument.Answer{}
		poor := rapid.IntRange(0, 99)
		for _, n := range in.Questions {
			q := n.Question
			switch {
			case sloppy > 0 && poor.Draw(t, "poor") < sloppy:
				if a := drawPoor(q).Draw(t, n.ID); a.Given() {
					answers[n.ID] = a
				}
			case q.Kind == instrument.Choice: // most of a sheet: one draw each, since the long runs draw millions
				answers[n.ID] = instrument.Answer{Choice: q.Options[rapid.IntRange(0, len(q.Options)-1).Draw(t, n.ID)].Key}
			default:
				answers[n.ID] = drawAnswer(q).Draw(t, n.ID)
			}
		}
		return answers
	})
}

// drawAnswer draws a complete, valid answer.
func drawAnswer(q *instrument.Question) *rapid.Generator[instrument.Answer] {
	return rapid.Custom(func(t *rapid.T) instrument.Answer {
		switch q.Kind {
		case instrument.Choice:
			return instrument.Answer{Choice: q.Options[rapid.IntRange(0, len(q.Options)-1).Draw(t, "option")].Key}
		case instrument.Index:
			return instrument.Answer{Number: drawIndex(t, q)}
		default:
			given := map[string]int64{}
			most := rapid.SampledFrom([]int64{1, 3, 20, 1000, instrument.MaxCount}).Draw(t, "most")
			for _, input := range q.Inputs {
				if input.InFormula || rapid.Bool().Draw(t, "also "+input.Key) {
					given[input.Key] = rapid.Int64Range(0, most).Draw(t, input.Key)
				}
			}
			return instrument.Answer{Inputs: given}
		}
	})
}

// drawIndex draws a value of the scale, its ends and awkward decimals included.
func drawIndex(t *rapid.T, q *instrument.Question) *exact.Number {
	grain := rapid.SampledFrom([]int64{1, 100, 10_000, 1_000_000_000_000}).Draw(t, "grain")
	span := q.Max.Sub(q.Min)
	n := q.Min.Add(span.Mul(exact.Frac(rapid.Int64Range(0, grain).Draw(t, "value"), grain)))
	return &n
}

// drawPoor draws no answer, one that lacks something, or something that is not an answer.
func drawPoor(q *instrument.Question) *rapid.Generator[instrument.Answer] {
	return rapid.Custom(func(t *rapid.T) instrument.Answer {
		switch rapid.IntRange(0, 4).Draw(t, "poor") {
		case 0:
			return instrument.Answer{}
		case 1:
			return instrument.Answer{Choice: rapid.SampledFrom([]string{"F", "ya", " A", "Mungkin"}).Draw(t, "text")}
		case 2:
			n := exact.Frac(rapid.Int64Range(-10_000, 100_000).Draw(t, "number"), 7)
			return instrument.Answer{Number: &n}
		case 3:
			return instrument.Answer{Inputs: map[string]int64{"lain": 3}}
		}
		a := drawAnswer(q).Draw(t, "answer")
		if len(q.Inputs) > 0 {
			key := q.Inputs[rapid.IntRange(0, len(q.Inputs)-1).Draw(t, "input")].Key
			if rapid.Bool().Draw(t, "absent") {
				delete(a.Inputs, key)
			} else {
				a.Inputs[key] = rapid.SampledFrom([]int64{-1, instrument.MaxCount + 1}).Draw(t, "count")
			}
		}
		return a
	})
}
