package scoring

import "errors"

// maxPieces bounds the pieces of one front. The LKE needs a few hundred.
const maxPieces = 1 << 20

// errNoCover says that the caller asked for the cheapest of nothing.
var errNoCover = errors.New("the needs cannot be covered")

// run returns how far each item goes. First the lowest cost; then the one plan of that cost (see Plan): item after
// item in sheet order, as many steps as still leave a plan of that cost.
func (s *search[T]) run() ([]int64, error) {
	if len(s.items) == 0 {
		return nil, nil
	}
	for i := range s.nodes {
		if err := s.settle(i); err != nil {
			return nil, err
		}
	}
	root := len(s.nodes) - 1
	steps := make([]int64, len(s.items))
	for i := range s.items {
		steps[i] = s.farthest(i, root)
		s.bound(i, steps[i], steps[i])
		if s.failed {
			return nil, errPlanTooLarge
		}
	}
	return steps, nil
}

// settle finds the least excess that a branch can have, once those below it are settled. The gap starts at nothing and
// widens until something fits, since a tight gap keeps the fronts short. What a branch cannot do without is then known
// everywhere else: it no longer widens any other gap. At the root it ends with the lowest cost as the budget.
func (s *search[T]) settle(i int) error {
	root := i == len(s.nodes)-1
	for gap := s.grain; ; {
		s.setGap(i, gap)
		cost, found := s.evaluate(i)
		switch {
		case s.failed:
			return errPlanTooLarge
		case !found && gap > finestGrain*maxCost:
			return errNoCover
		case !found:
			gap *= 2
			continue
		}
		if !root {
			n := &s.nodes[i]
			n.least = n.front[0].over
			for j := range n.front {
				n.least = min(n.least, s.leastOver(&n.front[j], s.outer(i)))
			}
			n.least = max(0, min(n.least, gap)) // what lies above the gap was not looked at
			return nil
		}
		// Something was found, and nothing cheaper is missed if all that is cheaper is within the gap.
		enough := s.grain*cost - s.floor
		for j := range s.nodes {
			enough -= s.nodes[j].least
		}
		if enough <= gap {
			s.budget = cost
			s.setGap(i, enough)
			return nil
		}
		gap = enough
	}
}

// setGap allows branch i so much excess. Those below may have what they and the branches between cannot do without,
// and the same again.
func (s *search[T]) setGap(i int, gap int64) {
	s.nodes[i].gap = gap
	for j := i; j >= 0; j-- { // above before below
		n := &s.nodes[j]
		if !s.below(j, i) {
			continue
		}
		if j != i {
			n.gap = s.nodes[n.parent].gap + n.least
		}
		n.fresh, n.held, n.options = false, false, nil
	}
}

// farthest returns the most steps of an item that still leave a plan within the budget. At least v steps being
// possible makes every fewer possible, so doubling and halving find it.
func (s *search[T]) farthest(i, root int) int64 {
	possible := func(v int64) bool {
		s.bound(i, v, -1)
		cost, ok := s.evaluate(root)
		return ok && cost <= s.budget
	}
	top := int64(0)
	s.gap = s.nodes[s.items[i].node].gap
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
	part := ownPart
	for n := it.node; n >= 0; n, part = s.nodes[n].parent, n {
		node := &s.nodes[n]
		node.fresh = false
		if node.moving != part {
			node.moving, node.held = part, false
		}
	}
}

// evaluate makes the fronts of a branch and those below it that are not fresh. It returns the lowest cost of the branch,
// and whether it can do anything within its gap.
func (s *search[T]) evaluate(branch int) (int64, bool) {
	for i := range s.nodes[:branch+1] {
		n := &s.nodes[i]
		if n.fresh || !s.below(i, branch) {
			continue
		}
		s.gap = n.gap
		switch len(n.needs) {
		case 0:
			n.front = s.combine(n)
		case 1:
			n.front = s.close(i, s.combine(n))
		default:
			n.front = s.untie(i)
		}
		for j := range n.front {
			n.front[j].over = max(0, n.front[j].over-n.least)
		}
		n.fresh = true
		if s.failed || len(n.front) == 0 {
			return 0, false
		}
	}
	return s.nodes[branch].front[0].cost, true // fronts are sorted by cost
}

// below reports whether branch i is j or lies below it.
func (s *search[T]) below(i, j int) bool {
	for ; i >= 0 && i < j; i = s.nodes[i].parent {
	}
	return i == j
}

// combine merges the parts of a node: its own items and its kids.
func (s *search[T]) combine(n *searchNode[T]) []piece[T] {
	if !n.held {
		n.aside, n.held = []piece[T]{{}}, true
		if n.moving != ownPart {
			n.aside = s.merge(n.aside, s.ownFront(n), n.price)
		}
		for _, kid := range n.kids {
			if kid != n.moving {
				n.aside = s.merge(n.aside, s.nodes[kid].front, n.price)
			}
		}
	}
	if n.moving != ownPart {
		return s.merge(n.aside, s.nodes[n.moving].front, n.price)
	}
	return s.merge(n.aside, s.ownFront(n), n.price)
}

// ownFront merges a node's own items. The search decides them from the first to the last: those decided are one point
// together, those to come are kept merged. Long runs come last of all, so that they meet short fronts.
func (s *search[T]) ownFront(n *searchNode[T]) []piece[T] {
	if n.options == nil {
		s.prepareOwn(n)
	}
	front := []piece[T]{{}}
	at := 0
	for ; at < len(n.own); at++ {
		it := &s.items[n.own[at]]
		if it.low != it.high {
			break
		}
		if front = s.merge(front, s.options(it), n.price); len(front) == 0 {
			return nil
		}
	}
	if at == len(n.own) {
		return front
	}
	front = s.merge(front, n.suffix[at+1], n.price)
	front = s.merge(front, s.options(&s.items[n.own[at]]), n.price)
	for later := at + 1; later < len(n.own); later++ {
		if isLong(n.options[later]) {
			front = s.merge(front, n.options[later], n.price)
		}
	}
	return front
}

// prepareOwn lists what the own items can do within the budget and merges them from the last to the first.
func (s *search[T]) prepareOwn(n *searchNode[T]) {
	n.options = make([][]piece[T], len(n.own))
	n.suffix = make([][]piece[T], len(n.own)+1)
	n.suffix[len(n.own)] = []piece[T]{{}}
	for at := len(n.own) - 1; at >= 0; at-- {
		n.options[at] = s.options(&s.items[n.own[at]])
		n.suffix[at] = n.suffix[at+1]
		if !isLong(n.options[at]) {
			n.suffix[at] = s.merge(n.suffix[at+1], n.options[at], n.price)
		}
	}
}

func isLong[T amount[T]](pieces []piece[T]) bool {
	for i := range pieces {
		if pieces[i].n > 0 {
			return true
		}
	}
	return false
}
