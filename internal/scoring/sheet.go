package scoring

import (
	"math"
	"math/bits"

	"zona/internal/exact"
	"zona/internal/instrument"
)

// sheet is the compiled form of an instrument. Adding rationals costs a greatest common divisor each time; a sheet
// has some 170 sums. So everything that the instrument fixes (weights, values of options, thresholds) is brought to
// one common denominator here, once, and ordinary sums become additions of integers.
type sheet struct {
	in   *instrument.Instrument
	byID map[string]int // position in in.Nodes

	// scale is the common denominator. 0 means that it would not fit with room to spare: then every sum is made of
	// exact.Number, slower and equally exact.
	scale   int64
	weights []int64 // by node, over scale; all 0 without scale
	groups  []int64 // weights of the groups, over scale
	total   int64
	leaves  []leafPlan
	roots   []int
	blank   []NodeScore // weights and numbers of questions of every line, group and the whole; see tally.nodes
	rules   int         // rules of all predicates together
	needs   [][]need
}

// leafPlan is what the fixed part of a question is worth.
type leafPlan struct {
	node    int
	options []optionPlan // Choice only
}

type optionPlan struct {
	key      string
	points   int64 // over scale
	score    exact.Number
	fraction exact.Number
}

// need is a threshold in points: of a fraction rule, its share of the weight.
type need struct {
	points exact.Number
	scaled int64 // over scale
}

// maxScale leaves room for the largest weight (10^6) and for some denominators of ratios before int64 overflows.
const maxScale = 1 << 40

// sheetKey finds the compiled form among what is derived from an instrument.
type sheetKey struct{}

func sheetOf(in *instrument.Instrument) *sheet {
	s, ok := in.Derived(sheetKey{}, func() any { return compile(in) }).(*sheet)
	if !ok {
		return compile(in) // nothing but a sheet is ever kept under sheetKey
	}
	return s
}

func compile(in *instrument.Instrument) *sheet {
	s := &sheet{
		in: in, byID: make(map[string]int, len(in.Nodes)),
		weights: make([]int64, len(in.Nodes)), groups: make([]int64, len(in.Groups)),
		leaves: make([]leafPlan, len(in.Questions)),
	}
	for i, n := range in.Nodes {
		s.byID[n.ID] = i
		if n.Parent < 0 {
			s.roots = append(s.roots, i)
		}
	}
	s.compileBlank()
	s.compileLeaves()
	s.compileNeeds()
	s.scaleAll()
	return s
}

func (s *sheet) compileBlank() {
	in := s.in
	s.blank = make([]NodeScore, len(in.Nodes)+len(in.Groups)+1)
	for i := len(in.Nodes) - 1; i >= 0; i-- { // parents come before children
		n := in.Nodes[i]
		s.blank[i].Weight = n.Weight
		if n.Leaf >= 0 {
			s.blank[i].Questions = 1
		}
		if n.Parent >= 0 {
			s.blank[n.Parent].Questions += s.blank[i].Questions
		}
	}
	for i, g := range in.Groups {
		line := &s.blank[len(in.Nodes)+i]
		line.Weight = g.Weight
		for _, m := range g.Members {
			line.Questions += s.blank[m].Questions
		}
	}
	s.blank[len(s.blank)-1] = NodeScore{Weight: in.MaxTotal, Questions: len(in.Questions)}
}

// compileLeaves asks the question itself what each option is worth, so that the rule stays in package instrument.
func (s *sheet) compileLeaves() {
	for i, n := range s.in.Questions {
		leaf := &s.leaves[i]
		leaf.node = n.Index
		if n.Question.Kind != instrument.Choice {
			continue
		}
		for _, o := range n.Question.Options {
			f, ok := n.Question.Fraction(instrument.Answer{Choice: o.Key})
			if !ok || o.Key == "" {
				continue
			}
			leaf.options = append(leaf.options, optionPlan{key: o.Key, score: n.Weight.Mul(f), fraction: f})
		}
	}
}

func (s *sheet) compileNeeds() {
	for _, p := range s.in.Predicates {
		needs := make([]need, len(p.Rules))
		for i := range p.Rules {
			r := &p.Rules[i]
			needs[i].points = r.Threshold
			if r.Fraction {
				needs[i].points = r.Threshold.Mul(s.weightOf(r))
			}
		}
		s.rules += len(needs)
		s.needs = append(s.needs, needs)
	}
}

// weightOf returns the weight of what a rule measures.
func (s *sheet) weightOf(r *instrument.Rule) exact.Number {
	switch {
	case r.Node >= 0:
		return s.in.Nodes[r.Node].Weight
	case r.Group >= 0:
		return s.in.Groups[r.Group].Weight
	}
	return s.in.MaxTotal
}

// scaleAll finds the common denominator of everything fixed and brings everything to it, or gives up (scale 0).
func (s *sheet) scaleAll() {
	c := common{d: 1}
	for _, n := range s.in.Nodes {
		c.include(n.Weight)
	}
	for _, g := range s.in.Groups {
		c.include(g.Weight)
	}
	c.include(s.in.MaxTotal)
	for i := range s.leaves {
		for j := range s.leaves[i].options {
			c.include(s.leaves[i].options[j].score)
		}
	}
	for _, needs := range s.needs {
		for i := range needs {
			c.include(needs[i].points)
		}
	}
	if c.failed {
		return
	}
	ok := true
	scaled := func(n exact.Number) int64 {
		num, den, fits := lowest(n)
		h, l := bits.Mul64(uint64(max(num, -num)), uint64(c.d/den))
		if !fits || h != 0 || l > math.MaxInt64>>4 {
			ok = false
			return 0
		}
		if num < 0 {
			return -int64(l)
		}
		return int64(l)
	}
	for i, n := range s.in.Nodes {
		s.weights[i] = scaled(n.Weight)
	}
	for i, g := range s.in.Groups {
		s.groups[i] = scaled(g.Weight)
	}
	s.total = scaled(s.in.MaxTotal)
	for i := range s.leaves {
		for j := range s.leaves[i].options {
			o := &s.leaves[i].options[j]
			o.points = scaled(o.score)
		}
	}
	for _, needs := range s.needs {
		for i := range needs {
			needs[i].scaled = scaled(needs[i].points)
		}
	}
	if ok {
		s.scale = c.d
	}
}

// common accumulates a common denominator; failed says that it outgrew maxScale.
type common struct {
	d      int64
	failed bool
}

func (c *common) include(n exact.Number) {
	_, den, ok := lowest(n)
	if !ok || c.failed {
		c.failed = true
		return
	}
	f := den / gcd(c.d, den)
	if f > maxScale/c.d {
		c.failed = true
		return
	}
	c.d *= f
}

// lowest returns n in lowest terms when it fits in machine words.
func lowest(n exact.Number) (num, den int64, ok bool) {
	num, den, ok = n.Parts()
	g := gcd(max(num, -num), den)
	return num / g, den / g, ok
}

// gcd of a >= 0 and b > 0.
func gcd(a, b int64) int64 {
	for a != 0 {
		a, b = b%a, a
	}
	return b
}
