package scoring

import (
	"math/bits"
	"slices"
)

// search finds the cheapest cover. It arranges the needs as a tree: a need whose items are among those of another
// stands below it. What a branch offers to the need above is then only "so much gain for such a cost", the front of
// plan_front.go, however many questions it has. Needs that cross (share some items, neither inside the other) are
// tied into one knot, which is solved with one gain per need (plan_knot.go) and looks like any branch from above.
type search[T amount[T]] struct {
	items []searchItem[T] // in sheet order
	needs []searchNeed[T]
	nodes []searchNode[T] // below before above; the last is the root

	shift  uint  // gains shifted by this many bits fit in 60, all together
	most   int   // bound on the pieces of a front
	expand int64 // runs of at most so many steps are taken apart
	grain  int64 // prices, floor, excess and gaps are counted in 1/grain of a hundredth (see shadow)
	floor  int64 // no cover costs less
	budget int64 // the lowest cost of a cover, once settled
	gap    int64 // excess that is allowed in the node at work
	failed bool  // a bound was reached
}

type searchItem[T amount[T]] struct {
	unit      int64
	rungs     []searchRung[T]
	node      int
	low, high int64 // bounds on the steps; high < 0 is none
	least     int64 // lowest value of value() over all steps
}

type searchRung[T amount[T]] struct {
	k, n       int64
	gain, each T
}

type searchNeed[T amount[T]] struct {
	points T
	items  set
}

// searchNode is one need, a knot of several that cross, or the root, which has none if the needs have no common one.
type searchNode[T amount[T]] struct {
	items  set
	needs  []int
	parent int // -1 of the root
	kids   []int
	own    []int // items that are in no kid
	price  slope // see shadow

	front []piece[T] // what the branch can do, its excess counted above least
	fresh bool       // front holds for the present bounds and gap
	least int64      // excess that the branch cannot do without; 0 until settled, and of the root
	gap   int64      // excess that is allowed in it
	// The search changes one item at a time. moving is the part of the node that it is in, a kid or ownPart; aside is
	// everything else, merged, while held is true.
	moving int
	aside  []piece[T]
	held   bool
	// By position in own, for the present gap and items without bounds: what each can do, and all from there on
	// that have no long runs.
	options [][]piece[T]
	suffix  [][]piece[T]
}

// ownPart is the part of a node that is not a kid.
const ownPart = -1

// set is a set of item positions.
type set []uint64

func newSet(size int) set { return make(set, (size+63)/64) }

func (s set) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s set) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s set) size() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// meets and within compare two sets.
func (s set) meets(t set) bool {
	for i := range s {
		if s[i]&t[i] != 0 {
			return true
		}
	}
	return false
}

func (s set) within(t set) bool {
	for i := range s {
		if s[i]&^t[i] != 0 {
			return false
		}
	}
	return true
}

func (s set) join(t set) {
	for i := range s {
		s[i] |= t[i]
	}
}

// plant arranges the needs. Once crossing needs are tied together, the sets that remain are disjoint or inside one
// another: a set that does not cross the parts of a knot contains all of them, or lies inside one, or outside.
func (s *search[T]) plant() {
	s.mergeEqualNeeds()
	knot := make([]int, len(s.needs)) // representative need of each need's knot
	for i := range knot {
		knot[i] = i
	}
	var find func(i int) int
	find = func(i int) int {
		if knot[i] != i {
			knot[i] = find(knot[i])
		}
		return knot[i]
	}
	for i, a := range s.needs {
		for j, b := range s.needs[:i] {
			if a.items.meets(b.items) && !a.items.within(b.items) && !b.items.within(a.items) {
				knot[find(i)] = find(j)
			}
		}
	}
	byKnot := map[int]int{}
	for i, need := range s.needs {
		at, ok := byKnot[find(i)]
		if !ok {
			at = len(s.nodes)
			byKnot[find(i)] = at
			s.nodes = append(s.nodes, searchNode[T]{items: newSet(len(s.items))})
		}
		s.nodes[at].needs = append(s.nodes[at].needs, i)
		s.nodes[at].items.join(need.items)
	}
	slices.SortStableFunc(s.nodes, func(a, b searchNode[T]) int {
		if d := a.items.size() - b.items.size(); d != 0 {
			return d
		}
		return len(b.needs) - len(a.needs) // of two equal sets the knot is inside
	})
	s.link()
	s.shadow()
}

// mergeEqualNeeds keeps the larger of two needs on the same items.
func (s *search[T]) mergeEqualNeeds() {
	var kept []searchNeed[T]
	for _, need := range s.needs {
		i := slices.IndexFunc(kept, func(k searchNeed[T]) bool { return slices.Equal(k.items, need.items) })
		switch {
		case i < 0:
			kept = append(kept, need)
		case kept[i].points.cmp(need.points) < 0:
			kept[i].points = need.points
		}
	}
	s.needs = kept
}

// link hangs each node below the smallest that contains it, and each item into the smallest node that has it.
func (s *search[T]) link() {
	all := newSet(len(s.items))
	for i := range s.items {
		all.add(i)
	}
	if n := len(s.nodes); n == 0 || !all.within(s.nodes[n-1].items) {
		s.nodes = append(s.nodes, searchNode[T]{items: all})
	}
	for i := range s.nodes {
		n := &s.nodes[i]
		n.parent, n.moving = -1, ownPart
		for j := i + 1; j < len(s.nodes); j++ {
			if n.items.within(s.nodes[j].items) {
				n.parent = j
				s.nodes[j].kids = append(s.nodes[j].kids, i)
				break
			}
		}
	}
	for pos := range s.items {
		for i := range s.nodes {
			if s.nodes[i].items.has(pos) {
				s.items[pos].node = i
				s.nodes[i].own = append(s.nodes[i].own, pos)
				break
			}
		}
	}
}
