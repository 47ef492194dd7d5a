package scoring

import "errors"

// maxPieces bounds the pieces of one front. The LKE needs a few hundred.
const maxPieces = 1 << 20

// errNoCover says that the caller asked for the cheapest of nothing.
var errNoCover = errors.New("the needs cannot be covered")

// run returns how far each item goes. First the lowest cost: the budget starts at the floor and widens until something
// is found, since a tight budget keeps the fronts short. Then the one plan of that cost (see Plan): item after item in
// sheet order, as many steps as still leave a plan of that cost.
func (s *search[T]) run() ([]int64, error) {
	var grain, most int64
	for i := range s.items {
		grain = gcd(grain, s.items[i].unit) // every cost is a multiple of it
		most += s.items[i].unit * s.items[i].top()
	}
	if grain == 0 {
		return nil, nil
	}
	budget := (max(0, s.floor)/costGrain + grain - 1) / grain * grain
	cost, found := int64(0), false
	for more := grain; !found && budget < 2*most; more *= 2 {
		if cost, found = s.cheapestWithin(budget); !found {
			budget += more
		}
		if s.failed {
			return nil, errPlanTooLarge
		}
	}
	if !found {
		return nil, errNoCover
	}
	s.setBudget(cost)
	steps := make([]int64, len(s.items))
	for i := range s.items {
		steps[i] = s.farthest(i)
		s.bound(i, steps[i], steps[i])
		if s.failed {
			return nil, errPlanTooLarge
		}
	}
	return steps, nil
}

// farthest returns the most steps of an item that still leave a plan within the budget. At least v steps being
// possible makes every fewer possible, so doubling and halving find it.
func (s *search[T]) farthest(i int) int64 {
	possible := func(v int64) bool {
		s.bound(i, v, -1)
		cost, ok := s.evaluate()
		return ok && cost <= s.budget
	}
	top := int64(0)
	for _, p := range s.options(&s.items[i]) {
		top = max(top, p.lastCost()/s.items[i].unit)
	}
	done := int64(0)
	for step := int64(1); done < top; step *= 2 {
		v := min(top, done+step)
		if !possible(v) {
			top = v - 1
			break
		}
		done = v
	}
	for done < top {
		v := done + (top-done+1)/2
		if possible(v) {
			done = v
		} else {
			top = v - 1
		}
	}
	return done
}

// bound sets the bounds of an item; high < 0 is none.
func (s *search[T]) bound(i int, low, high int64) {
	it := &s.items[i]
	it.low, it.high = low, high
	for n := it.node; n >= 0; n = s.nodes[n].parent {
		s.nodes[n].fresh = false
	}
}

func (s *search[T]) setBudget(cost int64) {
	s.budget, s.gap = cost, costGrain*cost-s.floor
	for i := range s.nodes {
		s.nodes[i].fresh = false
	}
}

// cheapestWithin returns the lowest cost of a cover within a budget, and whether there is one.
func (s *search[T]) cheapestWithin(budget int64) (int64, bool) {
	s.setBudget(budget)
	cost, ok := s.evaluate()
	return cost, ok && cost <= budget
}

// evaluate makes the fronts that are not fresh and returns the lowest cost at the root.
func (s *search[T]) evaluate() (int64, bool) {
	for i := range s.nodes {
		n := &s.nodes[i]
		if n.fresh {
			continue
		}
		if len(n.needs) > 1 {
			n.front = s.untie(i)
		} else {
			n.front = s.combine(n.own, n.kids)
			if len(n.needs) == 1 {
				n.front = s.close(i, n.front)
			}
		}
		n.fresh = true
		if s.failed || len(n.front) == 0 {
			return 0, false
		}
	}
	return s.nodes[len(s.nodes)-1].front[0].cost, true // fronts are sorted by cost
}

// combine merges items and branches. Items with few choices come first, so that the long runs meet short fronts.
func (s *search[T]) combine(items, kids []int) []piece[T] {
	front := []piece[T]{{}}
	var runs [][]piece[T]
	for _, i := range items {
		o := s.options(&s.items[i])
		long := false
		for j := range o {
			long = long || o[j].n > 0
		}
		if long {
			runs = append(runs, o)
			continue
		}
		front = s.merge(front, o)
	}
	for _, o := range runs {
		front = s.merge(front, o)
	}
	for _, kid := range kids {
		front = s.merge(front, s.nodes[kid].front)
	}
	return front
}
