package scoring

import (
	"math"
	"math/bits"
	"slices"

	"zona/internal/exact"
	"zona/internal/instrument"
)

// tally is one sheet being added up. cells and nodes have the lines first, then the groups, then the whole sheet.
type tally struct {
	sheet   *sheet
	answers []instrument.Answer // by Node.Leaf
	nodes   []NodeScore
	cells   []cell
}

// cell is a sum of points as n / (scale x d). d collects the denominators of ratios that are not in scale; it is 1
// for most lines. d = 0 says that the sum did not fit: then NodeScore.Score alone holds it, as an exact.Number.
type cell struct{ n, d int64 }

func newTally(s *sheet) *tally {
	t := &tally{
		sheet: s, answers: make([]instrument.Answer, len(s.in.Questions)),
		nodes: make([]NodeScore, len(s.blank)), cells: make([]cell, len(s.blank)),
	}
	copy(t.nodes, s.blank)
	return t
}

// setLeaf values one answer; the sums above are left to sumAll or sumPath.
func (t *tally) setLeaf(leaf int, a instrument.Answer) {
	plan := &t.sheet.leaves[leaf]
	node, c := &t.nodes[plan.node], &t.cells[plan.node]
	t.answers[leaf] = a
	node.State, node.Violations, node.Answered = Answered, nil, 1
	if a.Choice != "" && a.Number == nil && len(a.Inputs) == 0 {
		for i := range plan.options {
			if o := &plan.options[i]; o.key == a.Choice {
				node.Score, node.Fraction = o.score, o.fraction
				*c = cell{n: o.points, d: 1}
				if t.sheet.scale == 0 {
					c.d = 0
				}
				return
			}
		}
	}
	q := t.sheet.in.Nodes[plan.node].Question
	if a.Given() {
		if f, ok := q.Fraction(a); ok {
			t.valueLeaf(plan.node, f)
			return
		}
		if v := q.Check(a); len(v) > 0 {
			node.State, node.Violations = Invalid, v
		} else {
			node.State = Unanswered
		}
	} else {
		node.State = Unanswered
	}
	node.Answered, node.Score, node.Fraction = 0, exact.Number{}, exact.Number{}
	*c = cell{d: 1}
	if t.sheet.scale == 0 {
		c.d = 0
	}
}

// valueLeaf gives a question its points for a fraction that is not one of an option's.
func (t *tally) valueLeaf(i int, f exact.Number) {
	node := &t.nodes[i]
	node.Fraction = f
	if t.sheet.scale > 0 {
		// weight x n / d: what the weight and d have in common goes first, so that the usual 3 of 4 or 48 of 50
		// leaves no denominator behind at all.
		if num, den, ok := lowest(f); ok && num >= 0 {
			w := t.sheet.weights[i]
			g := gcd(w, den)
			if n, fits := mul(w/g, num); fits {
				t.cells[i] = cell{n: n, d: den / g}
				if t.write(i) {
					return
				}
			}
		}
	}
	t.cells[i] = cell{}
	node.Score = node.Weight.Mul(f)
}

// write makes the points of a line from its cell; false when they do not fit.
func (t *tally) write(i int) bool {
	c := t.cells[i]
	d, ok := mul(t.sheet.scale, c.d)
	if !ok {
		return false
	}
	t.nodes[i].Score = exact.Over(c.n, d)
	return true
}

// sumAll adds up every line, children before parents, then the groups and the whole.
func (t *tally) sumAll() {
	for i, v := range slices.Backward(t.sheet.in.Nodes) {
		if n := v; n.Leaf < 0 {
			t.sum(i, n.Children, t.sheet.weights[i])
		}
	}
	t.sumRest()
}

// sumPath adds up again what stands above one question, the groups and the whole.
func (t *tally) sumPath(leaf int) {
	nodes := t.sheet.in.Nodes
	for i := nodes[t.sheet.leaves[leaf].node].Parent; i >= 0; i = nodes[i].Parent {
		t.sum(i, nodes[i].Children, t.sheet.weights[i])
	}
	t.sumRest()
}

func (t *tally) sumRest() {
	at := len(t.sheet.in.Nodes)
	for i, g := range t.sheet.in.Groups {
		t.sum(at+i, g.Members, t.sheet.groups[i])
	}
	t.sum(len(t.nodes)-1, t.sheet.roots, t.sheet.total)
}

// sum makes line i of its parts; weight is its weight over scale.
func (t *tally) sum(i int, parts []int, weight int64) {
	node := &t.nodes[i]
	node.State, node.Answered = Answered, 0
	c, fits := cell{d: 1}, true
	for _, p := range parts {
		part := &t.nodes[p]
		node.Answered += part.Answered
		if part.State == Invalid || node.State == Answered {
			node.State = part.State
		}
		fits = fits && c.add(t.cells[p])
	}
	t.cells[i] = c
	if fits && t.write(i) {
		if d, ok := mul(weight, c.d); ok && d > 0 {
			node.Fraction = exact.Over(c.n, d)
			return
		}
	} else {
		t.cells[i] = cell{}
		t.sumWide(i, parts)
	}
	node.Fraction = exact.Number{}
	if node.Weight.Sign() != 0 {
		node.Fraction = node.Score.Div(node.Weight)
	}
}

// sumWide adds up what does not fit in machine words.
func (t *tally) sumWide(i int, parts []int) {
	sum := exact.Number{}
	for _, p := range parts {
		sum = sum.Add(t.nodes[p].Score)
	}
	t.nodes[i].Score = sum
}

// add adds b to c, or reports that the sum does not fit and leaves c undefined.
func (c *cell) add(b cell) bool {
	if b.d == 1 && c.d == 1 {
		n := c.n + b.n
		ok := (c.n^n)&(b.n^n) >= 0
		c.n = n
		return ok
	}
	if b.d == 0 {
		return false
	}
	g := gcd(c.d, b.d)
	x, ok1 := mul(c.n, b.d/g)
	y, ok2 := mul(b.n, c.d/g)
	d, ok3 := mul(c.d, b.d/g)
	n := x + y
	*c = cell{n: n, d: d}
	return ok1 && ok2 && ok3 && (x^n)&(y^n) >= 0
}

// mul multiplies numbers >= 0 where the product fits.
func mul(a, b int64) (int64, bool) {
	h, l := bits.Mul64(uint64(a), uint64(b))
	return int64(l), h == 0 && l <= math.MaxInt64 && a >= 0 && b >= 0
}

// result reads the verdicts off and hands everything over; the tally must not be used afterwards.
func (t *tally) result() *Result {
	in := t.sheet.in
	lines, groups := len(in.Nodes), len(in.Nodes)+len(in.Groups)
	r := &Result{
		Instrument: in, sheet: t.sheet, answers: t.answers,
		Nodes: t.nodes[:lines:lines], Groups: t.nodes[lines:groups:groups], whole: t.nodes[groups],
		Verdicts: t.verdicts(),
	}
	if open := r.whole.Questions - r.whole.Answered; open > 0 {
		r.Unanswered = make([]string, 0, open)
		for _, q := range in.Questions {
			if t.nodes[q.Index].State != Answered {
				r.Unanswered = append(r.Unanswered, q.ID)
			}
		}
	}
	return r
}

func (t *tally) verdicts() []Verdict {
	verdicts := make([]Verdict, len(t.sheet.in.Predicates))
	rules := make([]RuleResult, t.sheet.rules)
	for i, p := range t.sheet.in.Predicates {
		mine := rules[:len(p.Rules):len(p.Rules)]
		rules = rules[len(p.Rules):]
		verdicts[i] = Verdict{Predicate: p, Pass: true, Rules: mine}
		for j := range p.Rules {
			t.hold(&mine[j], &p.Rules[j], &t.sheet.needs[i][j])
			verdicts[i].Pass = verdicts[i].Pass && mine[j].Pass
		}
	}
	return verdicts
}

// hold holds one score against its threshold: >=, on exact values (Tabel 6; no rounding, no tolerance).
func (t *tally) hold(out *RuleResult, rule *instrument.Rule, need *need) {
	i := len(t.nodes) - 1
	switch {
	case rule.Node >= 0:
		i = rule.Node
	case rule.Group >= 0:
		i = len(t.sheet.in.Nodes) + rule.Group
	}
	node := &t.nodes[i]
	out.Rule, out.Threshold, out.Value = rule, rule.Threshold, node.Score
	if rule.Fraction {
		out.Value = node.Fraction
	}
	if c := t.cells[i]; c.d > 0 && need.scaled > 0 {
		if want, ok := mul(need.scaled, c.d); ok {
			if out.Pass = c.n >= want; !out.Pass {
				out.Short = exact.Over(want-c.n, t.sheet.scale*c.d) // write made sure that the product fits
			}
			return
		}
	}
	if out.Pass = !out.Value.Less(out.Threshold); !out.Pass {
		out.Short = need.points.Sub(node.Score)
	}
}
