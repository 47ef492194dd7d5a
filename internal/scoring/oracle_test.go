package scoring_test

import (
	"fmt"
	"math/big"
	"testing"

	"zona/internal/exact"
	"zona/internal/instrument"
	"zona/internal/scoring"
)

// oracle is a second implementation of the scoring rules, written for clarity and independent of the first: only
// math/big, no common denominator, no compiled form, no shared code.
type oracle struct {
	in       *instrument.Instrument
	fraction []*big.Rat // by node
	score    []*big.Rat // by node
	group    []*big.Rat
	total    *big.Rat
	answered []bool // by leaf
}

func newOracle(in *instrument.Instrument, answers map[string]instrument.Answer) *oracle {
	o := &oracle{in: in, total: new(big.Rat)}
	o.fraction, o.score = make([]*big.Rat, len(in.Nodes)), make([]*big.Rat, len(in.Nodes))
	o.answered = make([]bool, len(in.Questions))
	for i, n := range in.Nodes {
		if n.Parent < 0 {
			o.total.Add(o.total, o.add(i, answers))
		}
	}
	for _, g := range in.Groups {
		sum := new(big.Rat)
		for _, m := range g.Members {
			sum.Add(sum, o.score[m])
		}
		o.group = append(o.group, sum)
	}
	return o
}

func (o *oracle) add(i int, answers map[string]instrument.Answer) *big.Rat {
	n := o.in.Nodes[i]
	if n.Question != nil {
		f, ok := oracleFraction(n.Question, answers[n.ID])
		o.answered[n.Leaf] = ok
		o.fraction[i], o.score[i] = f, new(big.Rat).Mul(f, n.Weight.Rat())
		return o.score[i]
	}
	score := new(big.Rat)
	for _, c := range n.Children {
		score.Add(score, o.add(c, answers))
	}
	o.score[i] = score
	o.fraction[i] = share(score, n.Weight)
	return score
}

func share(score *big.Rat, weight exact.Number) *big.Rat {
	if weight.Sign() == 0 {
		return new(big.Rat)
	}
	return new(big.Rat).Quo(score, weight.Rat())
}

func oracleFraction(q *instrument.Question, a instrument.Answer) (*big.Rat, bool) {
	zero := new(big.Rat)
	switch q.Kind {
	case instrument.Choice:
		for _, o := range q.Options {
			if o.Key == a.Choice && a.Number == nil && len(a.Inputs) == 0 {
				return o.Value.Rat(), true
			}
		}
	case instrument.Index:
		if a.Number != nil && a.Choice == "" && len(a.Inputs) == 0 {
			v := a.Number.Rat()
			if v.Cmp(q.Min.Rat()) >= 0 && v.Cmp(q.Max.Rat()) <= 0 {
				return v.Quo(v, q.Max.Rat()), true
			}
		}
	case instrument.Ratio:
		if a.Number == nil && a.Choice == "" {
			return oracleRatio(q, a.Inputs)
		}
	}
	return zero, false
}

func oracleRatio(q *instrument.Question, given map[string]int64) (*big.Rat, bool) {
	known := map[string]bool{}
	for _, in := range q.Inputs {
		known[in.Key] = true
		if _, ok := given[in.Key]; !ok && in.InFormula {
			return new(big.Rat), false
		}
	}
	for key, n := range given {
		if !known[key] || n < 0 || n > instrument.MaxCount {
			return new(big.Rat), false
		}
	}
	value := func(key string) int64 { return given[key] }
	d := q.Formula.Denominator.Eval(value).Rat()
	if d.Sign() == 0 {
		for _, c := range q.Formula.ZeroCases {
			if c.When == nil || c.When.Eval(value).Sign() != 0 {
				return c.Value.Rat(), true
			}
		}
	}
	v := q.Formula.Numerator.Eval(value).Rat()
	v.Quo(v, d)
	if lo := q.Formula.Min.Rat(); v.Cmp(lo) < 0 {
		return lo, true
	}
	if hi := q.Formula.Max.Rat(); v.Cmp(hi) > 0 {
		return hi, true
	}
	return v, true
}

// measure returns what a rule compares, in the rule's unit.
func (o *oracle) measure(r *instrument.Rule) *big.Rat {
	score, weight := o.total, o.in.MaxTotal
	if r.Node >= 0 {
		score, weight = o.score[r.Node], o.in.Nodes[r.Node].Weight
	} else if r.Group >= 0 {
		score, weight = o.group[r.Group], o.in.Groups[r.Group].Weight
	}
	if r.Fraction {
		return share(score, weight)
	}
	return score
}

// failing lists the rules of a predicate that are not met.
func (o *oracle) failing(p *instrument.Predicate) []string {
	var out []string
	for i := range p.Rules {
		if o.measure(&p.Rules[i]).Cmp(p.Rules[i].Threshold.Rat()) < 0 {
			out = append(out, p.Rules[i].ID)
		}
	}
	return out
}

// compare returns the first difference between a result and the oracle, "" when there is none. It is the check that
// the negative controls are held against too.
func compare(r *scoring.Result, o *oracle) string {
	same := func(what string, got exact.Number, want *big.Rat) string {
		if got.Rat().Cmp(want) != 0 {
			return fmt.Sprintf("%s = %v, oracle has %v", what, got, want.RatString())
		}
		return ""
	}
	var diffs []string
	note := func(s string) {
		if s != "" {
			diffs = append(diffs, s)
		}
	}
	for i, n := range o.in.Nodes {
		note(same("score of "+n.ID, r.Nodes[i].Score, o.score[i]))
		note(same("fraction of "+n.ID, r.Nodes[i].Fraction, o.fraction[i]))
		note(same("weight of "+n.ID, r.Nodes[i].Weight, n.Weight.Rat()))
	}
	for i, g := range o.in.Groups {
		note(same("score of group "+g.ID, r.Groups[i].Score, o.group[i]))
		note(same("fraction of group "+g.ID, r.Groups[i].Fraction, share(o.group[i], g.Weight)))
	}
	note(same("total", r.Total(), o.total))
	var open []string
	for i, q := range o.in.Questions {
		if !o.answered[i] {
			open = append(open, q.ID)
		}
	}
	if fmt.Sprint(open) != fmt.Sprint(r.Unanswered) {
		note(fmt.Sprintf("unanswered %v, oracle has %v", r.Unanswered, open))
	}
	for i, p := range o.in.Predicates {
		note(compareVerdict(r.Verdicts[i], o, p))
	}
	if len(diffs) == 0 {
		return ""
	}
	return diffs[0]
}

func compareVerdict(v scoring.Verdict, o *oracle, p *instrument.Predicate) string {
	want := o.failing(p)
	if fmt.Sprint(v.Failing()) != fmt.Sprint(want) || v.Pass != (len(want) == 0) || v.Predicate != p {
		return fmt.Sprintf("%s: pass %v, failing %v, oracle has %v", p.ID, v.Pass, v.Failing(), want)
	}
	for i := range p.Rules {
		r, rr := &p.Rules[i], v.Rules[i]
		value := o.measure(r)
		short := new(big.Rat).Sub(r.Threshold.Rat(), value)
		if r.Fraction {
			weight := o.in.MaxTotal
			if r.Node >= 0 {
				weight = o.in.Nodes[r.Node].Weight
			} else if r.Group >= 0 {
				weight = o.in.Groups[r.Group].Weight
			}
			short.Mul(short, weight.Rat())
		}
		if short.Sign() < 0 {
			short = new(big.Rat)
		}
		if rr.Value.Rat().Cmp(value) != 0 || rr.Short.Rat().Cmp(short) != 0 || !rr.Threshold.Equal(r.Threshold) || rr.Rule != r {
			return fmt.Sprintf("%s %s: value %v short %v, oracle has %v short %v", p.ID, r.ID, rr.Value, rr.Short, value.RatString(), short.RatString())
		}
	}
	return ""
}

// lke returns the sheet of 2021.
func lke(tb testing.TB) *instrument.Instrument {
	tb.Helper()
	in, err := instrument.ByID("lke-2021")
	if err != nil {
		tb.Fatal(err)
	}
	return in
}

func number(s string) *exact.Number {
	n := exact.MustParse(s)
	return &n
}
