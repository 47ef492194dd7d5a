package scoring

import (
	"maps"
	"slices"
	"sort"

	"zona/internal/exact"
	"zona/internal/instrument"
)

// ladder is what one question can be improved by: the answer where it stands and the rungs above it, counted in unit
// steps. Only rungs that are worth more than every lower one are listed; the others are never part of a cheapest plan.
type ladder struct {
	leaf  int
	base  instrument.Answer // where the question stands; the lowest answer where there is none
	unit  int64             // cost of one unit step, in hundredths of a step times price
	rungs []rung
	climb func(k int64) instrument.Answer // the answer k unit steps up
}

// rung is one or many equal steps: k unit steps up the fraction is f, and for j = 1..n it is f + j x each at k + j.
// Ratios over large counts have long runs; keeping them as one rung is what keeps the planner from counting people.
type rung struct {
	k, n    int64
	f, each exact.Number
}

// top returns the highest k.
func (l *ladder) top() int64 {
	if len(l.rungs) == 0 {
		return 0
	}
	last := l.rungs[len(l.rungs)-1]
	return last.k + last.n
}

// Steps of the three kinds, in hundredths: one option of a scale, one unit of a numerator, 0.01 of an index.
const (
	wholeStep     = 100
	indexStep     = 1
	perIndexPoint = 100 // index steps in 1.00
)

// newLadder makes the ladder of a question. reason is the message id of why an improvable question has none.
func newLadder(n *instrument.Node, a instrument.Answer) (l *ladder, reason string) {
	l = &ladder{leaf: n.Leaf, base: a}
	switch q := n.Question; q.Kind {
	case instrument.Choice:
		l.climbOptions(q)
	case instrument.Index:
		l.climbIndex(q)
	case instrument.Ratio:
		reason = l.climbRatio(q)
	}
	return l, reason
}

// climbOptions goes up one option at a time, from the lowest when there is no valid answer.
func (l *ladder) climbOptions(q *instrument.Question) {
	l.unit = wholeStep
	at := len(q.Options) - 1
	if _, ok := q.Fraction(l.base); ok {
		at = slices.IndexFunc(q.Options, func(o instrument.Option) bool { return o.Key == l.base.Choice })
	} else {
		l.base = instrument.Answer{Choice: q.Options[at].Key}
	}
	l.climb = func(k int64) instrument.Answer { return instrument.Answer{Choice: q.Options[at-int(k)].Key} }
	l.count(q, int64(at))
}

// count lists the rungs 1..most one by one.
func (l *ladder) count(q *instrument.Question, most int64) {
	best, _ := q.Fraction(l.base)
	for k := int64(1); k <= most; k++ {
		if f, ok := q.Fraction(l.climb(k)); ok && best.Less(f) {
			l.rungs = append(l.rungs, rung{k: k, f: f})
			best = f
		}
	}
}

// climbIndex goes up by hundredths; the last step ends at the maximum, even where it is a part of a hundredth.
func (l *ladder) climbIndex(q *instrument.Question) {
	l.unit = indexStep
	from := q.Min
	if _, ok := q.Fraction(l.base); ok {
		from = *l.base.Number
	} else {
		l.base = instrument.Answer{Number: &from}
	}
	l.climb = func(k int64) instrument.Answer {
		v := exact.Min(q.Max, from.Add(exact.Frac(k, perIndexPoint)))
		return instrument.Answer{Number: &v}
	}
	room := q.Max.Sub(from).Mul(exact.Int(perIndexPoint))
	whole, rest := floor(room)
	first, _ := q.Fraction(l.climb(1))
	if whole > 0 {
		l.rungs = append(l.rungs, rung{k: 1, n: whole - 1, f: first, each: exact.Frac(1, perIndexPoint).Div(q.Max)})
	}
	if rest {
		l.rungs = append(l.rungs, rung{k: whole + 1, f: exact.Int(1)})
	}
}

// floor returns the whole part of n >= 0 and whether anything is left of it.
func floor(n exact.Number) (whole int64, rest bool) {
	if num, den, ok := n.Parts(); ok {
		return num / den, num%den != 0
	}
	r := n.Rat()
	whole = r.Num().Div(r.Num(), r.Denom()).Int64()
	return whole, !exact.Int(whole).Equal(n)
}

// Why an improvable ratio cannot be planned.
const (
	reasonUnknown = "score.plan.unknown" // an input of the denominator is missing: nobody knows what a unit is worth
	reasonEmpty   = "score.plan.empty"   // the denominator is 0, and no unit of the numerator changes that
	reasonFixed   = "score.plan.fixed"   // no input of the numerator can be moved by itself
)

// mover is an input that moves a ratio, and how far it can go.
type mover struct {
	key  string
	by   int64 // +1 or -1
	room int64
}

// climbRatio moves the numerator by one unit at a time. The inputs that move it are those of the numerator that the
// denominator does not name: upwards where the fraction then rises, downwards where it falls (this year's violations).
// Where there are several, the first of the sheet moves until it is exhausted.
func (l *ladder) climbRatio(q *instrument.Question) (reason string) {
	l.unit = wholeStep
	if f, ok := q.Fraction(l.base); ok && !f.Less(q.Formula.Max) {
		return "" // nothing to improve
	}
	given, ok := usable(q, l.base.Inputs)
	if !ok {
		return reasonUnknown
	}
	movers := moversOf(q, given)
	if len(movers) == 0 {
		return reasonFixed
	}
	l.base = instrument.Answer{Inputs: given}
	start(q, given, movers)
	var most int64
	for i := range movers {
		m := &movers[i]
		m.room = given[m.key]
		if m.by > 0 {
			m.room = instrument.MaxCount - given[m.key]
		}
		most += m.room
	}
	l.climb = func(k int64) instrument.Answer {
		moved := maps.Clone(given)
		for _, m := range movers {
			n := min(k, m.room)
			moved[m.key] += m.by * n
			k -= n
		}
		return instrument.Answer{Inputs: moved}
	}
	if !l.measure(q, movers, most) {
		return reasonFixed
	}
	d := q.Formula.Denominator.Eval(func(key string) int64 { return given[key] })
	if f, _ := q.Fraction(l.base); len(l.rungs) == 0 && d.Sign() == 0 && f.Less(q.Formula.Max) {
		return reasonEmpty
	}
	return ""
}

// usable keeps the valid inputs; false when one that the denominator needs is not among them.
func usable(q *instrument.Question, inputs map[string]int64) (map[string]int64, bool) {
	given := map[string]int64{}
	for _, in := range q.Inputs {
		if n, ok := inputs[in.Key]; ok && n >= 0 && n <= instrument.MaxCount {
			given[in.Key] = n
		}
	}
	for _, key := range q.Formula.Denominator.Inputs() {
		if _, ok := given[key]; !ok {
			return nil, false
		}
	}
	return given, true
}

// moversOf finds the inputs that raise the fraction when they alone change, in sheet order. The sign is found by
// asking the formula, so that a - b, a + b and a negative denominator need no special case.
func moversOf(q *instrument.Question, given map[string]int64) []mover {
	var movers []mover
	eval := func(e *instrument.Expr, key string, add int64) exact.Number {
		return e.Eval(func(k string) int64 {
			if k == key {
				return given[k] + add
			}
			return given[k]
		})
	}
	sign := 1
	if eval(q.Formula.Denominator, "", 0).Sign() < 0 {
		sign = -1
	}
	for _, in := range q.Inputs {
		if !slices.Contains(q.Formula.Numerator.Inputs(), in.Key) || slices.Contains(q.Formula.Denominator.Inputs(), in.Key) {
			continue
		}
		change := eval(q.Formula.Numerator, in.Key, 1).Cmp(eval(q.Formula.Numerator, in.Key, 0))
		if change != 0 {
			movers = append(movers, mover{key: in.Key, by: int64(change * sign)})
		}
	}
	return movers
}

// start fills in what is missing so that the fraction is as low as an answer can make it: 0 of what should grow, and
// of what should shrink the fewest that already earn the lowest fraction.
func start(q *instrument.Question, given map[string]int64, movers []mover) {
	missing := map[string]bool{}
	for _, in := range q.Inputs {
		if _, ok := given[in.Key]; !ok && in.InFormula {
			missing[in.Key] = true
			given[in.Key] = 0
		}
	}
	for _, m := range movers {
		if !missing[m.key] || m.by > 0 {
			continue
		}
		at := func(n int64) exact.Number {
			given[m.key] = n
			f, _ := q.Fraction(instrument.Answer{Inputs: given})
			return f
		}
		lowest := at(instrument.MaxCount)
		given[m.key] = int64(sort.Search(instrument.MaxCount, func(n int) bool { return !lowest.Less(at(int64(n))) }))
	}
}

// countedRungs is how many rungs are looked at one by one; longer stretches must be proved even.
const countedRungs = 512

// measure finds the rungs: where the fraction first rises, where it is at its best, and the even stretch between. It
// reports false for a formula that is not even there (a product of inputs over large counts), which cannot be planned.
func (l *ladder) measure(q *instrument.Question, movers []mover, most int64) bool {
	f := func(k int64) exact.Number {
		v, _ := q.Fraction(l.climb(k))
		return v
	}
	here, best := f(0), f(most)
	if !here.Less(best) {
		return true
	}
	first := int64(sort.Search(int(most), func(k int) bool { return here.Less(f(int64(k))) }))
	last := int64(sort.Search(int(most), func(k int) bool { return !f(int64(k)).Less(best) }))
	if last-first <= countedRungs {
		for k, high := first, here; k <= last; k++ {
			if v := f(k); high.Less(v) {
				l.rungs = append(l.rungs, rung{k: k, f: v})
				high = v
			}
		}
		return true
	}
	var from int64 // cut the stretch first..last-1 where one mover hands over to the next
	for _, m := range movers {
		a, b := max(first, from), min(last-1, from+m.room)
		from += m.room
		if a > b || len(l.rungs) > 0 && a == b {
			continue
		}
		if len(l.rungs) > 0 {
			a++ // the point of the handing over belongs to the stretch before
		}
		r := rung{k: a, n: b - a, f: f(a)}
		if r.n > 0 {
			r.each = f(a + 1).Sub(r.f)
			for _, j := range []int64{r.n, r.n / 2, r.n / 3} {
				if r.each.Sign() <= 0 || !f(a+j).Equal(r.f.Add(r.each.Mul(exact.Int(j)))) {
					return false
				}
			}
		}
		l.rungs = append(l.rungs, r)
	}
	l.rungs = append(l.rungs, rung{k: last, f: best})
	return true
}
