package scoring

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"zona/internal/exact"
)

// brute tries every combination of steps. Its order of trying is that of the tie rule from the back, so that the last
// plan of the lowest cost is the one that the rule picks.
func brute(c *cover) (best []int64, bestCost int64) {
	steps := make([]int64, len(c.items))
	var try func(i int, cost int64)
	try = func(i int, cost int64) {
		if i < len(c.items) {
			for k := int64(0); k <= c.items[i].top(); k++ {
				steps[i] = k
				try(i+1, cost+k*c.items[i].unit)
			}
			return
		}
		if (best == nil || cost <= bestCost) && covers(c, steps) {
			best, bestCost = slices.Clone(steps), cost
		}
	}
	try(0, 0)
	return best, bestCost
}

func covers(c *cover, steps []int64) bool {
	for _, need := range c.needs {
		sum := exact.Number{}
		for _, i := range need.items {
			sum = sum.Add(gained(&c.items[i], steps[i]))
		}
		if sum.Less(need.points) {
			return false
		}
	}
	return true
}

// gained is what k steps are worth: that of the highest rung not above k.
func gained(it *coverItem, k int64) exact.Number {
	g := exact.Number{}
	for _, r := range it.rungs {
		if r.k <= k {
			g = r.gain.Add(r.each.Mul(exact.Int(min(k-r.k, r.n))))
		}
	}
	return g
}

func costOf(c *cover, steps []int64) (cost int64) {
	for i, k := range steps {
		cost += k * c.items[i].unit
	}
	return cost
}

// drawCover draws a problem that brute force can still try out: few items with few steps, needs that are nested,
// disjoint or crossing, each coverable.
func drawCover(t *rapid.T) *cover {
	c := &cover{expand: rapid.SampledFrom([]int64{1, 2, 64}).Draw(t, "expand")}
	dens := []int64{rapid.SampledFrom([]int64{1, 6, 100, 999_999_937}).Draw(t, "over")}
	if rapid.IntRange(0, 4).Draw(t, "large") == 0 { // the common denominator outgrows 128 bits
		dens = []int64{999_999_937, 999_999_929, 999_999_893, 999_999_883, 999_999_797}
	}
	room := 4000 // combinations
	for room > 1 && len(c.items) < 7 {
		it := coverItem{unit: rapid.SampledFrom([]int64{1, 2, 3, 100, 100, 100, 200, 300, 700}).Draw(t, "unit")}
		k, gain, den := int64(0), exact.Number{}, dens[len(c.items)%len(dens)]
		for n := rapid.IntRange(0, 3).Draw(t, "rungs"); n > 0; n-- {
			k += rapid.Int64Range(1, 2).Draw(t, "k")
			gain = gain.Add(exact.Frac(rapid.Int64Range(1, 6).Draw(t, "gain"), den))
			r := coverRung{k: k, gain: gain}
			if rapid.Bool().Draw(t, "run") {
				r.n = rapid.Int64Range(1, 8).Draw(t, "length")
				r.each = exact.Frac(rapid.Int64Range(1, 6).Draw(t, "each"), den)
				k += r.n
				gain = gain.Add(r.each.Mul(exact.Int(r.n)))
			}
			it.rungs = append(it.rungs, r)
		}
		if room /= int(it.top()) + 1; room == 0 {
			break
		}
		c.items = append(c.items, it)
	}
	nested := rapid.Bool().Draw(t, "nested")
	for n := rapid.IntRange(1, 4).Draw(t, "needs"); n > 0; n-- {
		need := coverNeed{}
		most := exact.Number{}
		lo := rapid.IntRange(0, len(c.items)-1).Draw(t, "from")
		hi := rapid.IntRange(lo, len(c.items)-1).Draw(t, "to")
		for i := range c.items {
			if nested && i >= lo && i <= hi || !nested && rapid.Bool().Draw(t, "in") {
				need.items = append(need.items, i)
				most = most.Add(gained(&c.items[i], c.items[i].top()))
			}
		}
		// a point that plans really reach, so that needs are met exactly as often as not
		for _, i := range need.items {
			need.points = need.points.Add(gained(&c.items[i], rapid.Int64Range(0, c.items[i].top()).Draw(t, "reach")))
		}
		if rapid.Bool().Draw(t, "between") {
			need.points = need.points.Add(most).Div(exact.Int(2))
		}
		if need.points.Sign() > 0 {
			c.needs = append(c.needs, need)
		}
	}
	return c
}

func TestCheapestCoverIsTheOneThatBruteForceFinds(t *testing.T) {
	t.Parallel()
	for range 20 {
		rapid.Check(t, func(t *rapid.T) {
			c := drawCover(t)
			if diff := notCheapest(c, (*cover).cheapest); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

// notCheapest says in what a planner differs from brute force, "" when in nothing.
func notCheapest(c *cover, plan func(*cover) ([]int64, error)) string {
	want, cost := brute(c)
	got, err := plan(c)
	if err != nil || !slices.Equal(got, want) {
		return fmt.Sprintf("steps %v for %d, brute force has %v for %d (%v) in %+v", got, costOf(c, got), want, cost, err, *c)
	}
	return ""
}

// Controls: a planner that takes the best gain for its cost first, and one that breaks ties from the back, differ from
// brute force, and are seen to.
func TestBruteForceSeesAGreedyPlannerAndAnotherTieRule(t *testing.T) {
	t.Parallel()
	step := func(unit int64, gains ...int64) coverItem {
		it := coverItem{unit: unit}
		for k, g := range gains {
			it.rungs = append(it.rungs, coverRung{k: int64(k) + 1, gain: exact.Int(g)})
		}
		return it
	}
	greedy := func(c *cover) ([]int64, error) {
		steps := make([]int64, len(c.items))
		for !covers(c, steps) {
			best, bestGain := -1, exact.Number{}
			for i := range c.items {
				if steps[i] < c.items[i].top() {
					gain := gained(&c.items[i], steps[i]+1).Sub(gained(&c.items[i], steps[i])).Div(exact.Int(c.items[i].unit))
					if best < 0 || bestGain.Less(gain) {
						best, bestGain = i, gain
					}
				}
			}
			steps[best]++
		}
		return steps, nil
	}
	trap := &cover{
		items: []coverItem{step(100, 6), step(100, 5), step(100, 5), step(300, 10)},
		needs: []coverNeed{{points: exact.Int(10), items: []int{0, 1, 2, 3}}, {points: exact.Int(1), items: []int{1}}, {points: exact.Int(1), items: []int{2}}},
	}
	if notCheapest(trap, greedy) == "" {
		t.Error("the greedy planner went unseen")
	}
	backwards := func(c *cover) ([]int64, error) {
		turned := &cover{}
		last := len(c.items) - 1
		for i := range c.items {
			turned.items = append(turned.items, c.items[last-i])
		}
		for _, need := range c.needs {
			n := coverNeed{points: need.points}
			for _, i := range need.items {
				n.items = append(n.items, last-i)
			}
			slices.Sort(n.items)
			turned.needs = append(turned.needs, n)
		}
		steps, err := turned.cheapest()
		slices.Reverse(steps)
		return steps, err
	}
	tie := &cover{items: []coverItem{step(100, 5), step(100, 5)}, needs: []coverNeed{{points: exact.Int(5), items: []int{0, 1}}}}
	if notCheapest(tie, backwards) == "" {
		t.Error("the other tie rule went unseen")
	}
	for _, c := range []*cover{trap, tie} {
		if diff := notCheapest(c, (*cover).cheapest); diff != "" {
			t.Error(diff)
		}
	}
}
