package scoring

import (
	"math"
	"math/big"
	"slices"
	"sort"
)

// piece is what a branch of the problem can do: cost and gain together, and for j = 1..n also cost + j x step at
// gain + j x each. Most pieces are single points (n = 0); a run stands for a stretch of a large ratio, where one
// person more is as good as the next.
type piece[T amount[T]] struct {
	cost int64
	gain T
	over int64 // excess of the first point above the least of its items (see shadow), never too high
	n    int64
	step int64
	each T
}

func (p *piece[T]) lastCost() int64 { return p.cost + p.n*p.step }

func (p *piece[T]) lastGain() T {
	if p.n == 0 {
		return p.gain
	}
	return p.gain.plus(p.each.times(p.n))
}

// skip drops the first j steps of a run. at is the price where the piece stands.
func (s *search[T]) skip(p piece[T], j int64, at slope) piece[T] {
	if j > 0 {
		p.over = max(0, s.overAt(&p, j, at))
		p.cost += j * p.step
		p.gain = p.gain.plus(p.each.times(j))
		p.n -= j
	}
	return p
}

// overAt returns the excess j steps along a run, never too high.
func (s *search[T]) overAt(p *piece[T], j int64, at slope) int64 {
	if j == 0 {
		return p.over
	}
	return p.over + s.grain*j*p.step - at.above(p.each.times(j).shifted(s.shift)+1)
}

// leastOver returns the lowest excess along a piece: it rises or falls evenly.
func (s *search[T]) leastOver(p *piece[T], at slope) int64 {
	return min(p.over, s.overAt(p, p.n, at)-at.above(1))
}

// expandRuns is the length up to which runs are taken apart into points, which are simpler to compare.
const expandRuns = 64

// keep appends what of a piece is within the gap: all of it, a stretch of a run, or nothing. Short runs are taken
// apart.
func (s *search[T]) keep(out []piece[T], p piece[T], at slope) []piece[T] {
	if p.n == 0 {
		if p.over <= s.gap {
			out = append(out, p)
		}
		return out
	}
	from, to := s.affordable(&p, at)
	if from > to {
		return out
	}
	end := to
	p = s.skip(p, from, at)
	p.n = end - from
	if p.n >= s.expand {
		return append(out, p)
	}
	for j := int64(0); j <= p.n; j++ {
		if q := s.skip(p, j, at); q.over <= s.gap {
			q.n = 0
			out = append(out, q)
		}
	}
	return out
}

// affordable returns the steps of a run whose excess can be within the gap, none as from > to. The true excess rises or
// falls evenly, so they are at one end; where rounding hides which way it goes, all are kept or none.
func (s *search[T]) affordable(p *piece[T], at slope) (from, to int64) {
	fits := func(j int64) bool { return s.overAt(p, j, at) <= s.gap }
	first, last, noise := p.over, s.overAt(p, p.n, at), 2*(at.above(1)+1)
	switch {
	case last-first > noise: // rising: the first ones
		return 0, int64(sort.Search(int(p.n+1), func(j int) bool { return !fits(int64(j)) })) - 1
	case first-last > noise: // falling: the last ones
		return int64(sort.Search(int(p.n+1), func(j int) bool { return fits(int64(j)) })), p.n
	}
	if min(first, last)-noise > s.gap {
		return 1, 0
	}
	return 0, p.n
}

// options lists what an item can do within its bounds and the budget.
func (s *search[T]) options(it *searchItem[T]) []piece[T] {
	at := s.nodes[it.node].price
	var out []piece[T]
	if it.low == 0 && -it.least <= s.gap {
		out = append(out, piece[T]{over: -it.least})
	}
	for i := range it.rungs {
		r := &it.rungs[i]
		from, to := max(0, it.low-r.k), r.n
		if it.high >= 0 {
			to = min(to, it.high-r.k)
		}
		if from > to {
			continue
		}
		p := piece[T]{
			cost: it.unit * r.k, gain: r.gain, over: s.value(it, r, 0) - it.least,
			n: r.n, step: it.unit, each: r.each,
		}
		p = s.skip(p, from, at)
		p.n = to - from
		out = s.keep(out, p, at)
	}
	return out
}

// merge combines two branches that stand at the same price: everything that one can do with everything that the other
// can.
func (s *search[T]) merge(a, b []piece[T], at slope) []piece[T] {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	overs := make([]int64, len(b))
	least := int64(math.MaxInt64)
	for j := range b {
		overs[j] = s.leastOver(&b[j], at)
		least = min(least, overs[j])
	}
	out := make([]piece[T], 0, max(len(a), len(b)))
	for i := range a {
		over := s.leastOver(&a[i], at)
		if over+least > s.gap {
			continue
		}
		for j := range b {
			if over+overs[j] <= s.gap {
				out = s.join(out, &a[i], &b[j], at)
			}
		}
		if len(out) > s.most {
			if out = s.tidy(out, at); len(out) > s.most/2 {
				s.failed = true
				return nil
			}
		}
	}
	return s.tidy(out, at)
}

// join appends what two pieces can do together.
func (s *search[T]) join(out []piece[T], a, b *piece[T], at slope) []piece[T] {
	p := piece[T]{cost: a.cost + b.cost, gain: a.gain.plus(b.gain), over: a.over + b.over}
	switch {
	case a.n == 0:
		p.n, p.step, p.each = b.n, b.step, b.each
	case b.n == 0:
		p.n, p.step, p.each = a.n, a.step, a.each
	default:
		return s.joinRuns(out, p, a, b, at)
	}
	return s.keep(out, p, at)
}

// joinRuns combines two runs whose sum starts at p. Let a be the one with more gain for its cost, and let x steps of a
// cost as much as y steps of b. Wherever b has y steps and a has x left, taking those of a instead costs the same and
// gains no less. So it is enough that b takes fewer than y steps, or that a has fewer than x left. With equal steps,
// the usual case, x = y = 1: first all of a, then b.
func (s *search[T]) joinRuns(out []piece[T], p piece[T], a, b *piece[T], at slope) []piece[T] {
	if lessForCost(a, b) {
		a, b = b, a
	}
	g := gcd(a.step, b.step)
	x, y := b.step/g, a.step/g
	few, late := min(b.n, y-1), max(0, a.n-x+1)
	// along returns p with so many steps of one run taken, going on with the other
	along := func(steps int64, of, on *piece[T]) piece[T] {
		q := p
		q.n, q.step, q.each = of.n, of.step, of.each
		q = s.skip(q, steps, at)
		q.n, q.step, q.each = on.n, on.step, on.each
		return q
	}
	for j := int64(0); j <= few; j++ {
		out = s.keep(out, along(j, b, a), at)
	}
	for i := late; i <= a.n; i++ {
		out = s.keep(out, along(i, a, b), at)
	}
	if len(out) > 4*s.most {
		s.failed = true
	}
	return out
}

// lessForCost reports whether run a gains less for its cost than run b. The products may outgrow an amount.
func lessForCost[T amount[T]](a, b *piece[T]) bool {
	if a.step == b.step {
		return a.each.cmp(b.each) < 0
	}
	x := new(big.Int).Mul(a.each.big(), big.NewInt(b.step))
	return x.Cmp(new(big.Int).Mul(b.each.big(), big.NewInt(a.step))) < 0
}

// close drops what does not cover a node's need and adds the price of any surplus, which moves the pieces to the price
// of the needs above.
func (s *search[T]) close(node int, pieces []piece[T]) []piece[T] {
	need, own, outer := s.needs[s.nodes[node].needs[0]].points, s.nodes[node].price, s.outer(node)
	out := make([]piece[T], 0, len(pieces))
	for _, p := range pieces {
		if p.gain.cmp(need) < 0 {
			if p.n == 0 {
				continue
			}
			short := need.minus(p.gain)
			j := short.over(p.each)
			if p.each.times(j).cmp(short) < 0 {
				j++
			}
			if j > p.n {
				continue
			}
			p = s.skip(p, j, own)
		}
		p.over += s.surplus(node, p.gain.minus(need))
		out = s.keep(out, p, outer)
	}
	return s.tidy(out, outer)
}

// tidy sorts pieces by cost and drops what another piece does better: at no higher cost, with no less gain. It need
// not find everything; what it leaves costs time only.
func (s *search[T]) tidy(pieces []piece[T], at slope) []piece[T] {
	slices.SortFunc(pieces, func(a, b piece[T]) int {
		switch {
		case a.cost != b.cost:
			if a.cost < b.cost {
				return -1
			}
			return 1
		default:
			return b.gain.cmp(a.gain)
		}
	})
	out := pieces[:0]
	var runs []piece[T]
	for i := range pieces {
		p := pieces[i]
		if n := len(out); n > 0 && p.gain.cmp(out[n-1].gain) <= 0 && p.lastGain().cmp(out[n-1].gain) <= 0 {
			continue
		}
		if p.n > 0 {
			runs = append(runs, p)
		} else if !overtaken(&p, runs) {
			out = append(out, p)
		}
	}
	if len(runs) == 0 {
		return out
	}
	out = append(out, s.thin(runs, at)...)
	slices.SortFunc(out, func(a, b piece[T]) int {
		if a.cost < b.cost {
			return -1
		} else if a.cost > b.cost {
			return 1
		}
		return 0
	})
	return out
}

// overtaken reports whether a point is no better than what some run has at its cost.
func overtaken[T amount[T]](p *piece[T], runs []piece[T]) bool {
	for i := range runs {
		r := &runs[i]
		j := min(r.n, (p.cost-r.cost)/r.step) // runs come sorted, so none starts later
		if p.gain.cmp(r.gain.plus(r.each.times(j))) <= 0 {
			return true
		}
	}
	return false
}

// thin cuts from runs with equal steps and gains what another of them does better. Pieces of such a bundle differ only
// by a shift, so each comparison is one division.
func (s *search[T]) thin(runs []piece[T], at slope) []piece[T] {
	var out, tails []piece[T]
	for _, b := range runs { // sorted by cost
		kept := 0
		gone := false
		tails = tails[:0]
		for _, a := range out {
			keep := true
			// a run that was cut may start later than the next one; such a pair is left alone
			if !gone && a.step == b.step && a.cost <= b.cost && a.each.cmp(b.each) == 0 {
				if a.aheadOf(&b) {
					gone = !s.startBehind(&b, &a, at)
				} else {
					keep, tails = s.cutBehind(&a, &b, tails, at)
				}
			}
			if keep {
				out[kept] = a
				kept++
			}
		}
		out = append(out[:kept], tails...)
		if !gone {
			out = append(out, b)
		}
	}
	return out
}

// aheadOf reports whether run a has gained no less than run b where b starts.
func (p *piece[T]) aheadOf(b *piece[T]) bool {
	early := min(p.n, (b.cost-p.cost)/p.step)
	return p.gain.plus(p.each.times(early)).cmp(b.gain) >= 0
}

// startBehind drops from b, which starts behind a, all steps that do not exceed a's last gain: a is ahead there, or as
// far already. It reports whether anything of b remains.
func (s *search[T]) startBehind(b, a *piece[T], at slope) bool {
	last := a.lastGain()
	if last.cmp(b.gain) < 0 {
		return true
	}
	j := last.minus(b.gain).over(b.each) + 1
	if j > b.n {
		return false
	}
	*b = s.skip(*b, j, at)
	return true
}

// cutBehind cuts a where b, of the same bundle, starts later and is ahead from there. What a has beyond b's last gain
// is appended to tails; keep says whether anything remains of a itself.
func (s *search[T]) cutBehind(a, b *piece[T], tails []piece[T], at slope) (keep bool, _ []piece[T]) {
	meet := (b.cost - a.cost + a.step - 1) / a.step // a's first step that costs no less than b's start
	if meet > a.n || b.gain.cmp(a.gain.plus(a.each.times(meet))) < 0 {
		return true, tails
	}
	if last := b.lastGain(); a.lastGain().cmp(last) > 0 {
		j := meet + b.n + 1
		if last.cmp(a.gain) >= 0 {
			j = max(j, last.minus(a.gain).over(a.each)+1)
		}
		if j <= a.n {
			tails = append(tails, s.skip(*a, j, at))
		}
	}
	a.n = meet - 1
	return meet > 0, tails
}
