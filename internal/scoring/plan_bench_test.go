package scoring_test

import (
	"math/rand/v2"
	"testing"

	"zona/internal/instrument"
	"zona/internal/scoring"
)

func BenchmarkPlan(b *testing.B) {
	in := lke(b)
	for _, c := range hardPlans(in) {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if p, err := scoring.PlanFor(in, c.answers, c.predicate, c.opt); err != nil || !p.Feasible {
					b.Fatal(p.Unreachable, err)
				}
			}
		})
	}
}

// planCase is a sheet to plan for.
type planCase struct {
	name, predicate string
	answers         map[string]instrument.Answer
	opt             scoring.PlanOptions
}

// hardPlans are sheets that ask much of the planner: an ordinary one; everything at its worst, where every question is
// in play; a different price for each question, where few plans cost the same; and counts of a thousand million.
func hardPlans(in *instrument.Instrument) []planCase {
	random := rand.New(rand.NewPCG(7, 7))
	prices := map[string]int64{}
	for _, q := range in.Questions {
		prices[q.ID] = 1 + random.Int64N(scoring.MaxPrice)
	}
	// large leaves nothing but the ratios to improve, each over a different prime near the largest count.
	large := func(primes ...int64) map[string]instrument.Answer {
		answers := extreme(in, true)
		i := 0
		for _, n := range in.Questions {
			if n.Question.Kind != instrument.Ratio {
				continue
			}
			d := primes[i%len(primes)]
			i++
			given := map[string]int64{}
			for _, input := range n.Question.Inputs {
				given[input.Key] = 0
			}
			given[n.Question.Formula.Denominator.Inputs()[0]] = d
			if n.ID == "A.II.3.iii.a" {
				given["tahun_ini"] = d
			}
			answers[n.ID] = instrument.Answer{Inputs: given}
		}
		for _, id := range []string{"A.I.3.ii.a", "A.I.4.i.b", "A.I.5.i.a", "A.I.5.ii.a", "A.I.5.iv.a", "A.I.5.v.b", "A.I.1.iv.a"} {
			q, _ := in.Question(id)
			answers[id] = instrument.Answer{Choice: q.Question.Options[len(q.Question.Options)-1].Key}
		}
		return answers
	}
	ninth := []int64{999_999_937, 999_999_929, 999_999_893, 999_999_883, 999_999_797, 999_999_761, 999_999_757, 999_999_751}
	worst := extreme(in, false)
	worstLarge := large(ninth...)
	for _, n := range in.Questions {
		if n.Question.Kind != instrument.Ratio {
			worstLarge[n.ID] = worst[n.ID]
		}
	}
	locked := map[string]bool{}
	for i, n := range in.Questions {
		if n.Question.Kind == instrument.Choice && i%2 == 0 {
			locked[n.ID] = true
		}
	}
	return []planCase{
		{"ordinary", "WBBM", ordinarySheet(in), scoring.PlanOptions{}},
		{"worst to WBK", "WBK", worst, scoring.PlanOptions{}},
		{"worst to WBBM", "WBBM", worst, scoring.PlanOptions{}},
		{"prices", "WBBM", worst, scoring.PlanOptions{Prices: prices}},
		{"prices WBK", "WBK", worst, scoring.PlanOptions{Prices: prices}},
		{"large equal counts", "WBBM", large(1_000_000_000), scoring.PlanOptions{}},
		{"large different counts", "WBBM", large(ninth...), scoring.PlanOptions{}},
		{"large counts at prices", "WBBM", large(ninth...), scoring.PlanOptions{Prices: prices}},
		{"worst with large counts", "WBBM", worstLarge, scoring.PlanOptions{}},
		{"worst with large counts at prices", "WBBM", worstLarge, scoring.PlanOptions{Prices: prices}},
	}
}
