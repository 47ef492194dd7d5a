package scoring_test

import (
	"maps"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"zona/internal/exact"
	"zona/internal/instrument"
	"zona/internal/scoring"
)

// dense finds the lowest cost of a plan for the LKE in another way than the planner: for each whole number of priced
// steps the most points that an area can gain, areas added up one after the other, then every value of the two survey
// indices and the performance answer tried out. It needs no bound, no tree and no runs, only small counts.
type dense struct {
	in      *instrument.Instrument
	answers map[string]instrument.Answer
	opt     scoring.PlanOptions
	oracle  *oracle
}

// option is a choice that a question has: cost in hundredths, gain in points.
type option struct {
	cost int64
	gain *big.Rat
}

func (d *dense) price(id string) int64 {
	if p, ok := d.opt.Prices[id]; ok {
		return p
	}
	return 1
}

// options lists what one question can do. Where each kind moves is written out once more here.
func (d *dense) options(n *instrument.Node) []option {
	q, a := n.Question, d.answers[n.ID]
	out := []option{{0, new(big.Rat)}}
	if d.opt.Locked[n.ID] {
		return out
	}
	here, ok := oracleFraction(q, a)
	add := func(cost int64, to instrument.Answer) {
		f, _ := oracleFraction(q, to)
		gain := new(big.Rat).Sub(f, here)
		out = append(out, option{cost * d.price(n.ID), gain.Mul(gain, n.Weight.Rat())})
	}
	switch q.Kind {
	case instrument.Choice:
		at := len(q.Options) - 1
		for i, o := range q.Options {
			if ok && o.Key == a.Choice {
				at = i
			}
		}
		for i := at - 1; i >= 0; i-- {
			add(int64(at-i)*100, instrument.Answer{Choice: q.Options[i].Key})
		}
	case instrument.Index:
		v := exact.Int(0)
		if ok {
			v = *a.Number
		}
		for k := int64(1); v.Less(q.Max); k++ {
			v = exact.Min(q.Max, v.Add(exact.Frac(1, 100)))
			to := v
			add(k, instrument.Answer{Number: &to})
		}
	case instrument.Ratio:
		key, by := q.Formula.Numerator.Inputs()[0], int64(1)
		if n.ID == "A.II.3.iii.a" {
			key, by = "tahun_ini", -1
		}
		if !ok {
			return out // drawn sheets are complete in their ratios
		}
		in := maps.Clone(a.Inputs)
		for k := int64(1); k <= 200 && in[key]+by >= 0; k++ {
			in = maps.Clone(in)
			in[key] += by
			add(k*100, instrument.Answer{Inputs: in})
		}
	}
	return out
}

// most returns, by number of hundred of cost, the most that the questions below some lines can gain.
func (d *dense) most(nodes []int) []*big.Rat {
	best := []*big.Rat{new(big.Rat)}
	for _, q := range d.in.Questions {
		below := false
		for i := q.Index; i >= 0; i = d.in.Nodes[i].Parent {
			for _, m := range nodes {
				below = below || m == i
			}
		}
		if below {
			best = addBest(best, d.options(q))
		}
	}
	return best
}

func addBest(best []*big.Rat, options []option) []*big.Rat {
	var out []*big.Rat
	for c, have := range best {
		if have == nil {
			continue
		}
		for _, o := range options {
			at := c + int(o.cost/100)
			for len(out) <= at {
				out = append(out, nil)
			}
			if sum := new(big.Rat).Add(have, o.gain); out[at] == nil || out[at].Cmp(sum) < 0 {
				out[at] = sum
			}
		}
	}
	return out
}

// lowest returns the lowest cost in hundredths, -1 when the predicate is out of reach.
func (d *dense) lowest(p *instrument.Predicate) int64 {
	need := map[string]*big.Rat{} // points missing, by rule
	for i := range p.Rules {
		r := &p.Rules[i]
		short := new(big.Rat).Sub(r.Threshold.Rat(), d.oracle.measure(r))
		if r.Fraction {
			short.Mul(short, d.in.Groups[r.Group].Weight.Rat())
		}
		need[r.ID] = short
	}
	enabler := []*big.Rat{new(big.Rat)}
	for _, g := range d.in.Groups {
		area := d.most(g.Members)
		for c, gain := range area {
			if gain != nil && gain.Cmp(need["area_min."+g.ID]) < 0 {
				area[c] = nil
			}
		}
		var options []option
		for c, gain := range area {
			if gain != nil {
				options = append(options, option{int64(c) * 100, gain})
			}
		}
		enabler = addBest(enabler, options)
	}
	byID := func(id string) []option { n, _ := d.in.Question(id); return d.options(n) }
	lowest := int64(-1)
	for _, spak := range byID("B.I.a") {
		for _, work := range byID("B.I.b") {
			clean := new(big.Rat).Add(spak.gain, work.gain)
			if spak.gain.Cmp(need["spak_min"]) < 0 || work.gain.Cmp(need["kinerja_min"]) < 0 || clean.Cmp(need["hasil_bersih_min"]) < 0 {
				continue
			}
			for _, service := range byID("B.II.a") {
				cost := spak.cost + work.cost + service.cost
				if service.gain.Cmp(need["hasil_prima_min"]) < 0 || lowest >= 0 && cost >= lowest {
					continue
				}
				left := new(big.Rat).Sub(need["total_min"], new(big.Rat).Add(clean, service.gain))
				if left.Cmp(need["pengungkit_min"]) < 0 {
					left = need["pengungkit_min"]
				}
				for c, gain := range enabler {
					if gain != nil && gain.Cmp(left) >= 0 {
						if all := cost + int64(c)*100; lowest < 0 || all < lowest {
							lowest = all
						}
						break
					}
				}
			}
		}
	}
	return lowest
}

func TestPlanForTheSheetCostsWhatTheDenseSearchFinds(t *testing.T) {
	t.Parallel()
	if raceEnabled {
		t.Skip("arithmetic only: runs without the race detector")
	}
	in := lke(t)
	for range 2 {
		rapid.Check(silent{t}, func(t *rapid.T) {
			d := &dense{in: in, answers: drawPlannable(t, in), opt: drawOptions(t, in)}
			d.oracle = newOracle(in, d.answers)
			p := rapid.SampledFrom(in.Predicates).Draw(t, "predicate")
			plan, err := scoring.PlanFor(in, d.answers, p.ID, d.opt)
			if err != nil {
				t.Fatal(err)
			}
			want := d.lowest(p)
			if plan.Feasible != (want >= 0) || plan.Feasible && !plan.Cost.Equal(exact.Frac(want, 100)) {
				t.Fatalf("feasible %v for %v, dense search has %d hundredths", plan.Feasible, plan.Cost, want)
			}
		})
	}
}

// drawPlannable draws a sheet with small, complete ratios: all good, all poor or between.
func drawPlannable(t *rapid.T, in *instrument.Instrument) map[string]instrument.Answer {
	answers := map[string]instrument.Answer{}
	poor := rapid.IntRange(0, 100).Draw(t, "poor")
	for _, n := range in.Questions {
		q := n.Question
		switch q.Kind {
		case instrument.Choice:
			at := 0
			if rapid.IntRange(0, 99).Draw(t, "good") < poor {
				at = rapid.IntRange(0, len(q.Options)).Draw(t, "option")
			}
			if at < len(q.Options) {
				answers[n.ID] = instrument.Answer{Choice: q.Options[at].Key}
			}
		case instrument.Index:
			v := exact.Frac(rapid.Int64Range(0, 4000).Draw(t, n.ID), 1000)
			answers[n.ID] = instrument.Answer{Number: &v}
		case instrument.Ratio:
			given := map[string]int64{}
			for _, input := range q.Inputs {
				given[input.Key] = rapid.Int64Range(0, 9).Draw(t, input.Key)
			}
			answers[n.ID] = instrument.Answer{Inputs: given}
		}
	}
	return answers
}

func drawOptions(t *rapid.T, in *instrument.Instrument) scoring.PlanOptions {
	opt := scoring.PlanOptions{Prices: map[string]int64{}, Locked: map[string]bool{}}
	most := rapid.SampledFrom([]int64{1, 1, 3}).Draw(t, "dearest")
	locks := rapid.SampledFrom([]int{0, 0, 5, 20}).Draw(t, "locks")
	for _, q := range in.Questions {
		opt.Prices[q.ID] = rapid.Int64Range(1, most).Draw(t, "price")
		opt.Locked[q.ID] = rapid.IntRange(0, 99).Draw(t, "lock") < locks
	}
	return opt
}
