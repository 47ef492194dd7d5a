package scoring

import (
	"slices"
)

// maxKnot bounds the states of a knot, which are compared pair by pair.
const maxKnot = 20_000

// knotState is what a part of a knot can do: the gain of each need that is still open, and the gain in all, which is
// what counts above the knot.
type knotState[T amount[T]] struct {
	piece[T]
	parts []T // by the knot's needs, held at what is needed; zero once the need is covered for good
}

// untie solves needs that cross. The branches are first gathered by which of the needs count them; the few gatherings
// are then combined with one gain per need.
func (s *search[T]) untie(node int) []piece[T] {
	needs := s.nodes[node].needs
	groups, counts := s.gather(node)
	states := []knotState[T]{{parts: make([]T, len(needs))}}
	for g, pieces := range groups {
		var next []knotState[T]
		for i := range states {
			for j := range pieces {
				if states[i].over+pieces[j].over <= s.gap {
					next = append(next, s.addToKnot(&states[i], &pieces[j], needs, counts[g]))
				}
				if len(next) > s.most {
					s.failed = true
					return nil
				}
			}
		}
		for n, need := range needs {
			if counts[g][n] && !slices.ContainsFunc(counts[g+1:], func(c []bool) bool { return c[n] }) {
				next = closeInKnot(next, n, s.needs[need].points)
			}
		}
		if states = tidyKnot(next); len(states) > maxKnot {
			s.failed = true
			return nil
		}
	}
	out := make([]piece[T], len(states))
	for i := range states {
		out[i] = states[i].piece
	}
	return s.tidy(out, s.nodes[node].price)
}

// gather merges the branches of a knot that the same needs count; counts says which needs those are.
func (s *search[T]) gather(node int) (groups [][]piece[T], counts [][]bool) {
	n := &s.nodes[node]
	signature := func(items set) []bool {
		c := make([]bool, len(n.needs))
		for i, need := range n.needs {
			c[i] = items.meets(s.needs[need].items) // a branch is inside a need or outside, never partly
		}
		return c
	}
	var items, kids [][]int
	at := func(c []bool) int {
		i := slices.IndexFunc(counts, func(other []bool) bool { return slices.Equal(c, other) })
		if i < 0 {
			i = len(counts)
			counts, items, kids = append(counts, c), append(items, nil), append(kids, nil)
		}
		return i
	}
	for _, pos := range n.own {
		one := newSet(len(s.items))
		one.add(pos)
		i := at(signature(one))
		items[i] = append(items[i], pos)
	}
	for _, kid := range n.kids {
		i := at(signature(s.nodes[kid].items))
		kids[i] = append(kids[i], kid)
	}
	for i := range counts {
		front := []piece[T]{{}}
		for _, pos := range items[i] {
			front = s.merge(front, s.options(&s.items[pos]), n.price)
		}
		for _, kid := range kids[i] {
			front = s.merge(front, s.nodes[kid].front, n.price)
		}
		groups = append(groups, s.points(front, n.price))
	}
	return groups, counts
}

// points takes runs apart.
func (s *search[T]) points(pieces []piece[T], at slope) []piece[T] {
	var out []piece[T]
	for _, p := range pieces {
		if p.n > int64(s.most)-int64(len(out)) {
			s.failed = true
			return nil
		}
		for j := int64(0); j <= p.n; j++ {
			q := s.skip(p, j, at)
			q.n = 0
			out = append(out, q)
		}
	}
	return s.tidy(out, at)
}

func (s *search[T]) addToKnot(state *knotState[T], p *piece[T], needs []int, counted []bool) knotState[T] {
	next := knotState[T]{piece: piece[T]{cost: state.cost + p.cost, gain: state.gain.plus(p.gain), over: state.over + p.over}}
	next.parts = slices.Clone(state.parts)
	for n, yes := range counted {
		if !yes {
			continue
		}
		next.parts[n] = next.parts[n].plus(p.gain)
		if need := s.needs[needs[n]].points; need.cmp(next.parts[n]) < 0 {
			next.parts[n] = need // more than needed is worth no more to this need
		}
	}
	return next
}

// closeInKnot drops the states that leave a need uncovered which nothing to come counts for.
func closeInKnot[T amount[T]](states []knotState[T], n int, need T) []knotState[T] {
	var zero T
	out := states[:0]
	for _, st := range states {
		if st.parts[n].cmp(need) >= 0 {
			st.parts[n] = zero
			out = append(out, st)
		}
	}
	return out
}

// tidyKnot drops states that another one matches in everything at no higher cost.
func tidyKnot[T amount[T]](states []knotState[T]) []knotState[T] {
	slices.SortFunc(states, func(a, b knotState[T]) int {
		if a.cost != b.cost {
			if a.cost < b.cost {
				return -1
			}
			return 1
		}
		return b.gain.cmp(a.gain)
	})
	out := states[:0]
	for _, st := range states {
		better := func(o knotState[T]) bool {
			if o.gain.cmp(st.gain) < 0 {
				return false
			}
			for n := range st.parts {
				if o.parts[n].cmp(st.parts[n]) < 0 {
					return false
				}
			}
			return true
		}
		if !slices.ContainsFunc(out, better) {
			if out = append(out, st); len(out) > maxKnot {
				return out
			}
		}
	}
	return out
}
