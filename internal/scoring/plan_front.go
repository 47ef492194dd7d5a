package scoring

import (
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
	over int64 // excess above the least of its items (see shadow), never too high
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

// skip drops the first j steps of a run.
func (p piece[T]) skip(j int64) piece[T] {
	if j > 0 {
		p.cost += j * p.step
		p.gain = p.gain.plus(p.each.times(j))
		p.n -= j
	}
	return p
}

// expandRuns is the length up to which runs are taken apart into points, which are simpler to compare.
const expandRuns = 64

// options lists what an item can do within its bounds and the budget.
func (s *search[T]) options(it *searchItem[T]) []piece[T] {
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
		from, to = s.affordable(it, r, from, to)
		if to-from < s.expand {
			for j := from; j <= to; j++ {
				if over := s.value(it, r, j) - it.least; over <= s.gap {
					out = append(out, s.pieceAt(it, r, j, over))
				}
			}
			continue
		}
		p := s.pieceAt(it, r, from, min(s.value(it, r, from), s.value(it, r, to))-s.noise(it)-it.least)
		p.n, p.step, p.each = to-from, it.unit, r.each
		out = append(out, p)
	}
	return out
}

func (s *search[T]) pieceAt(it *searchItem[T], r *searchRung[T], j, over int64) piece[T] {
	gain := r.gain
	if j > 0 {
		gain = gain.plus(r.each.times(j))
	}
	return piece[T]{cost: it.unit * (r.k + j), gain: gain, over: max(0, over)}
}

// affordable narrows from..to to the steps whose excess can be within the gap. The true excess rises or falls evenly
// along a run, so they are at one end; where rounding hides which way it goes, nothing is dropped.
func (s *search[T]) affordable(it *searchItem[T], r *searchRung[T], from, to int64) (int64, int64) {
	fits := func(j int64) bool { return s.value(it, r, j)-it.least <= s.gap }
	a, b, noise := s.value(it, r, from), s.value(it, r, to), s.noise(it)
	switch {
	case b-a > 2*noise: // rising: the first ones
		to = from + int64(sort.Search(int(to-from+1), func(j int) bool { return !fits(from + int64(j)) })) - 1
	case a-b > 2*noise: // falling: the last ones
		from += int64(sort.Search(int(to-from+1), func(j int) bool { return fits(from + int64(j)) }))
	}
	return from, to
}

// merge combines two branches: everything that one can do with everything that the other can.
func (s *search[T]) merge(a, b []piece[T]) []piece[T] {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	least := b[0].over
	for i := range b {
		least = min(least, b[i].over)
	}
	out := make([]piece[T], 0, max(len(a), len(b)))
	for i := range a {
		if a[i].over+least > s.gap {
			continue
		}
		for j := range b {
			if a[i].over+b[j].over <= s.gap {
				out = s.join(out, &a[i], &b[j])
			}
		}
		if len(out) > s.most {
			if out = s.tidy(out); len(out) > s.most/2 {
				s.failed = true
				return nil
			}
		}
	}
	return s.tidy(out)
}

// join appends what two pieces can do together.
func (s *search[T]) join(out []piece[T], a, b *piece[T]) []piece[T] {
	p := piece[T]{cost: a.cost + b.cost, gain: a.gain.plus(b.gain), over: a.over + b.over}
	switch {
	case a.n == 0:
		p.n, p.step, p.each = b.n, b.step, b.each
	case b.n == 0:
		p.n, p.step, p.each = a.n, a.step, a.each
	default:
		return s.joinRuns(out, p, a, b)
	}
	return append(out, p)
}

// joinRuns combines two runs whose sum starts at p. Let a be the one with more gain for its cost, and let x steps of a
// cost as much as y steps of b. Wherever b has y steps and a has x left, taking those of a instead costs the same and
// gains no less. So it is enough that b takes fewer than y steps, or that a has fewer than x left. With equal steps,
// the usual case, x = y = 1: first all of a, then b.
func (s *search[T]) joinRuns(out []piece[T], p piece[T], a, b *piece[T]) []piece[T] {
	if lessForCost(a, b) {
		a, b = b, a
	}
	g := gcd(a.step, b.step)
	x, y := b.step/g, a.step/g
	few, late := min(b.n, y-1), max(0, a.n-x+1)
	if few+a.n-late > int64(s.most) {
		s.failed = true
		return out
	}
	for j := int64(0); j <= few; j++ {
		q := p
		q.cost, q.n, q.step, q.each = p.cost+j*b.step, a.n, a.step, a.each
		if j > 0 {
			q.gain = p.gain.plus(b.each.times(j))
		}
		out = append(out, q)
	}
	for i := late; i <= a.n; i++ {
		q := p
		q.cost, q.n, q.step, q.each = p.cost+i*a.step, b.n, b.step, b.each
		q.gain = p.gain.plus(a.each.times(i))
		out = append(out, q)
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

// close drops what does not cover a node's need and adds the price of any surplus.
func (s *search[T]) close(node int, pieces []piece[T]) []piece[T] {
	need := s.needs[s.nodes[node].needs[0]].points
	out := pieces[:0]
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
			p = p.skip(j)
		}
		surplus := func(j int64) int64 {
			gain := p.gain
			if j > 0 {
				gain = gain.plus(p.each.times(j))
			}
			return s.surplus(node, gain.minus(need))
		}
		if p.over+surplus(0) > s.gap {
			continue
		}
		if p.n > 0 { // the surplus grows along a run: what the gap no longer allows is cut off
			p.n = int64(sort.Search(int(p.n), func(j int) bool { return p.over+surplus(int64(j)+1) > s.gap }))
		}
		p.over += surplus(0)
		out = append(out, p)
	}
	return s.tidy(out)
}

// tidy sorts pieces by cost and drops what another piece does better: at no higher cost, with no less gain. It need
// not find everything; what it leaves costs time only.
func (s *search[T]) tidy(pieces []piece[T]) []piece[T] {
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
	out = append(out, thin(runs)...)
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
func thin[T amount[T]](runs []piece[T]) []piece[T] {
	var out []piece[T]
	for _, b := range runs { // sorted by cost
		kept := out[:0:0]
		gone := false
		for _, a := range out {
			// a run that was cut may start later than the next one; such a pair is left alone
			if gone || a.step != b.step || a.each.cmp(b.each) != 0 || a.cost > b.cost {
				kept = append(kept, a)
				continue
			}
			if early := min(a.n, (b.cost-a.cost)/a.step); a.gain.plus(a.each.times(early)).cmp(b.gain) >= 0 {
				// a is ahead where b starts, and stays so to its end: b begins where a's last is beaten
				j := int64(0)
				if last := a.lastGain(); last.cmp(b.gain) >= 0 {
					j = last.minus(b.gain).over(b.each) + 1
				}
				if j > b.n {
					gone = true
				} else {
					b = b.skip(j)
				}
				kept = append(kept, a)
				continue
			}
			kept = cutBehind(kept, a, b)
		}
		if out = kept; !gone {
			out = append(out, b)
		}
	}
	return out
}

// cutBehind appends what remains of run a beside run b of the same bundle that starts later and is ahead from there.
func cutBehind[T amount[T]](out []piece[T], a, b piece[T]) []piece[T] {
	meet := (b.cost - a.cost + a.step - 1) / a.step // a's first step that costs no less than b's start
	if meet > a.n || b.gain.cmp(a.gain.plus(a.each.times(meet))) < 0 {
		return append(out, a)
	}
	tail := a
	if meet > 0 {
		a.n = meet - 1
		out = append(out, a)
	}
	// b's last gain beats a's steps up to there; later ones of a remain
	if last := b.lastGain(); tail.lastGain().cmp(last) > 0 {
		j := meet + b.n + 1
		if last.cmp(tail.gain) >= 0 {
			j = max(j, last.minus(tail.gain).over(tail.each)+1)
		}
		if j <= tail.n {
			out = append(out, tail.skip(j))
		}
	}
	return out
}
