package scoring

import (
	"cmp"
	"fmt"
	"math/big"

	"zona/internal/exact"
)

// cover is the planner's problem without the sheet: choose for each item how far it goes, so that every need is
// covered by the gains of its items, at the lowest cost. Needs of a sheet mostly lie inside one another (an area
// inside the enabler component inside the total), which is what makes the search fast; they may also cross.
type cover struct {
	items []coverItem
	needs []coverNeed
	// expand is the length up to which runs are taken apart; 0 means expandRuns. It changes the work, not the answer.
	expand int64
}

type coverItem struct {
	unit  int64 // cost of one unit step
	rungs []coverRung
}

// coverRung is k unit steps worth gain points, and for j = 1..n the steps k + j worth gain + j x each.
type coverRung struct {
	k, n       int64
	gain, each exact.Number
}

func (it *coverItem) top() int64 {
	if len(it.rungs) == 0 {
		return 0
	}
	last := &it.rungs[len(it.rungs)-1]
	return last.k + last.n
}

// coverNeed is a number of points > 0 to be gained by some items (positions, ascending).
type coverNeed struct {
	points exact.Number
	items  []int
}

// maxCost bounds the cost of doing everything, so that costs in the finest grain (see shadow) stay inside an int64.
const maxCost = 1 << 53

// fineBits is how finely gains are cut at least.
const fineBits = 64

// cheapest returns how far each item goes in the one cheapest plan (see Plan for ties). The caller knows that the
// needs can be covered.
func (c *cover) cheapest() ([]int64, error) {
	steps := make([]int64, len(c.items))
	useful := c.useful()
	var most int64
	for _, i := range useful {
		it := &c.items[i]
		if it.top() > (maxCost-most)/it.unit {
			return nil, errPlanTooLarge
		}
		most += it.top() * it.unit
	}
	scale, size := c.scale(useful)
	if bits := size.BitLen(); bits < fineBits { // room for the roundings of shadow to be small
		scale.Lsh(scale, uint(fineBits-bits))
		size.Lsh(size, uint(fineBits-bits))
	}
	var err error
	if size.BitLen() <= 120 { // narrow has 128; sums of gains and needs stay below twice the size
		err = solve(c, useful, steps, scale, narrowOf, size)
	} else {
		err = solve(c, useful, steps, scale, wideOf, size)
	}
	return steps, err
}

// useful lists the items that can gain something for some need; the others stay where they are.
func (c *cover) useful() []int {
	in := make([]bool, len(c.items))
	for _, need := range c.needs {
		for _, i := range need.items {
			in[i] = len(c.items[i].rungs) > 0
		}
	}
	var out []int
	for i, yes := range in {
		if yes {
			out = append(out, i)
		}
	}
	return out
}

// scale finds a common denominator of all gains and needs, and the sum of everything over it.
func (c *cover) scale(useful []int) (scale, size *big.Int) {
	scale = big.NewInt(1)
	include := func(n exact.Number) {
		d := n.Rat().Denom()
		g := new(big.Int).GCD(nil, nil, scale, d)
		scale.Mul(scale, g.Quo(d, g))
	}
	sum := exact.Number{}
	for _, i := range useful {
		for _, r := range c.items[i].rungs {
			include(r.gain)
			include(r.each)
		}
		last := c.items[i].rungs[len(c.items[i].rungs)-1]
		sum = sum.Add(last.gain).Add(last.each.Mul(exact.Int(last.n)))
	}
	for _, need := range c.needs {
		include(need.points)
		sum = sum.Add(need.points)
	}
	return scale, over(sum, scale)
}

// over returns n x scale, which is whole.
func over(n exact.Number, scale *big.Int) *big.Int {
	r := n.Rat()
	return new(big.Int).Quo(new(big.Int).Mul(r.Num(), scale), r.Denom())
}

// solve works on amounts of one kind.
func solve[T amount[T]](c *cover, useful []int, steps []int64, scale *big.Int, of func(*big.Int) T, size *big.Int) error {
	s := &search[T]{shift: uint(max(0, size.BitLen()-60)), most: maxPieces, expand: cmp.Or(c.expand, expandRuns)}
	at := make([]int, len(c.items)) // position + 1 among the useful
	for pos, i := range useful {
		at[i] = pos + 1
		it := searchItem[T]{unit: c.items[i].unit}
		for _, r := range c.items[i].rungs {
			it.rungs = append(it.rungs, searchRung[T]{k: r.k, n: r.n, gain: of(over(r.gain, scale)), each: of(over(r.each, scale))})
		}
		s.items = append(s.items, it)
	}
	for _, need := range c.needs {
		n := searchNeed[T]{points: of(over(need.points, scale)), items: newSet(len(useful))}
		for _, i := range need.items {
			if at[i] > 0 {
				n.items.add(at[i] - 1)
			}
		}
		s.needs = append(s.needs, n)
	}
	s.plant()
	found, err := s.run()
	if err != nil {
		return fmt.Errorf("search the cheapest of %d questions under %d rules: %w", len(s.items), len(s.needs), err)
	}
	for pos, i := range useful {
		steps[i] = found[pos]
	}
	return nil
}
