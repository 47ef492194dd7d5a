package scoring

import (
	"math/bits"
	"slices"
)

// The search is kept short by a lower bound on what any cover costs. Give every need a price per point of gain. A
// cover's cost is then at least
//
//	sum over items of (cost - price x gain)  +  sum over needs of price x points needed
//
// where an item's price is that of all needs that count it, and a need covered with more than it asks adds the price
// of the surplus. The least that each item can contribute sums up to the floor; what a partial plan lies above its
// items' least is its excess, and a plan whose excess is above the budget's gap can be dropped. This is true of any
// prices (it is Lagrange's relaxation); good ones, read off the problem without whole numbers, keep almost nothing.
//
// Prices are only a guide, so gains are cut to 60 bits here. Every rounding goes to the safe side: the floor and every
// excess are never too high. Costs are counted in a fraction of a hundredth, the grain, to keep the roundings small:
// in 1/finestGrain, or more coarsely where the price of all gains would not fit in an int64.
const finestGrain = 256

// slope is a price: so much cost (in grains) per so much gain (cut to 60 bits).
type slope struct{ cost, gain uint64 }

// maxSlope keeps a price times all gains (2^60) inside an int64.
const maxSlope = 2

func (p slope) cmp(q slope) int {
	h1, l1 := bits.Mul64(p.cost, q.gain)
	h2, l2 := bits.Mul64(q.cost, p.gain)
	return narrow{h1, l1}.cmp(narrow{h2, l2})
}

// below and above return the price of a gain, rounded down and up.
func (p slope) below(gain uint64) int64 {
	hi, lo := bits.Mul64(p.cost, gain)
	q, _ := bits.Div64(hi, lo, p.gain) // the quotient fits, since the slope is at most maxSlope
	return int64(q)
}

func (p slope) above(gain uint64) int64 { return p.below(gain) + 1 }

// stretch is a piece of convex hull: so much gain at one price.
type stretch struct {
	at   slope
	left uint64
}

// shadow prices the needs: from the leaves to the root, each need takes the cheapest stretches of its items until it
// is covered; the price of the last one is what a further point would cost there. An item then pays the highest price
// on its way to the root.
func (s *search[T]) shadow() {
	zero := slope{0, 1}
	rest := make([][]stretch, len(s.nodes)) // not taken yet, by node
	have := make([]uint64, len(s.nodes))    // taken, by node
	for i := range s.nodes {
		n := &s.nodes[i]
		n.price = zero
		for _, pos := range n.own {
			rest[i] = append(rest[i], s.hull(&s.items[pos])...)
		}
		for _, kid := range n.kids {
			rest[i] = append(rest[i], rest[kid]...)
			have[i] += have[kid]
		}
		if len(n.needs) != 1 {
			continue // crossing needs stay without a price, which is safe and only slower
		}
		slices.SortFunc(rest[i], func(a, b stretch) int { return a.at.cmp(b.at) })
		for need := s.needs[n.needs[0]].points.shifted(s.shift) + 1; have[i] < need && len(rest[i]) > 0; {
			st := &rest[i][0]
			n.price = st.at
			took := min(st.left, need-have[i])
			have[i] += took
			if st.left -= took; st.left == 0 {
				rest[i] = rest[i][1:]
			}
		}
	}
	s.chooseGrain()
	for i := len(s.nodes) - 1; i >= 0; i-- {
		n := &s.nodes[i]
		if outer := s.outer(i); n.price.cmp(outer) < 0 {
			n.price = outer
		}
		for _, need := range n.needs {
			s.floor += s.surplus(i, s.needs[need].points)
		}
	}
	for i := range s.items {
		it := &s.items[i]
		it.high = -1
		for _, r := range it.rungs {
			it.least = min(it.least, s.value(it, &r, 0))
			if r.n > 0 { // a run's lowest true value is at one of its ends
				it.least = min(it.least, s.value(it, &r, r.n), s.value(it, &r, 0)) - s.noise(it)
			}
		}
		s.floor += it.least
	}
}

// chooseGrain counts the prices in the finest grain in which they stay below maxSlope. One that is too high even so is
// lowered: any price is safe.
func (s *search[T]) chooseGrain() {
	limit := slope{maxSlope, 1}
	s.grain = finestGrain
	for i := range s.nodes {
		for p := s.nodes[i].price; s.grain > 1 && limit.cmp(slope{p.cost * uint64(s.grain), p.gain}) < 0; {
			s.grain /= 2
		}
	}
	for i := range s.nodes {
		p := &s.nodes[i].price
		if p.cost *= uint64(s.grain); limit.cmp(*p) < 0 {
			*p = limit
		}
	}
}

// outer returns the price that items of a node pay for the needs above it.
func (s *search[T]) outer(i int) slope {
	if p := s.nodes[i].parent; p >= 0 {
		return s.nodes[p].price
	}
	return slope{0, 1}
}

// surplus returns a lower bound on a node's own price of so much gain: its items' price less that of the needs above.
func (s *search[T]) surplus(i int, gain T) int64 {
	own, outer := s.nodes[i].price, s.outer(i)
	if own.cmp(outer) == 0 || len(s.nodes[i].needs) != 1 {
		return 0
	}
	g := gain.shifted(s.shift)
	return max(0, own.below(g)-outer.above(g+1))
}

// value returns cost - price x gain of an item j steps up a rung, never too high.
func (s *search[T]) value(it *searchItem[T], r *searchRung[T], j int64) int64 {
	gain := r.gain
	if j > 0 {
		gain = gain.plus(r.each.times(j))
	}
	return s.grain*it.unit*(r.k+j) - s.nodes[it.node].price.above(gain.shifted(s.shift)+1)
}

// noise is how far value may be below the true value.
func (s *search[T]) noise(it *searchItem[T]) int64 {
	return s.nodes[it.node].price.above(1) + 1
}

// hull returns the item's gains as stretches of rising price: no mix of its rungs is cheaper.
func (s *search[T]) hull(it *searchItem[T]) []stretch {
	type point struct{ cost, gain uint64 }
	points := []point{{}}
	slopeOf := func(a, b point) slope { return slope{b.cost - a.cost, b.gain - a.gain} }
	add := func(k int64, gain T) {
		p := point{uint64(it.unit) * uint64(k), gain.shifted(s.shift)}
		if p.gain <= points[len(points)-1].gain {
			return // too small a difference to matter here
		}
		for n := len(points); n > 1 && slopeOf(points[n-1], p).cmp(slopeOf(points[n-2], points[n-1])) <= 0; n-- {
			points = points[:n-1]
		}
		points = append(points, p)
	}
	for _, r := range it.rungs {
		add(r.k, r.gain)
		add(r.k+r.n, r.gain.plus(r.each.times(r.n)))
	}
	var out []stretch
	for i := 1; i < len(points); i++ {
		out = append(out, stretch{at: slopeOf(points[i-1], points[i]), left: points[i].gain - points[i-1].gain})
	}
	return out
}
