package scoring_test

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"zona/internal/exact"
	"zona/internal/instrument"
)

// tiny is a drawn instrument small enough for every combination of improvements to be tried, with a sheet to improve.
// ladders lists what each question can become, step by step, worked out here and not by the planner.
type tiny struct {
	in      *instrument.Instrument
	answers map[string]instrument.Answer
	prices  map[string]int64
	locked  map[string]bool
	ladders []tinyLadder // by leaf
}

type tinyLadder struct {
	steps []instrument.Answer // [0] is where the question stands
	cost  int64               // of one step, in hundredths
	given bool                // it stands on a valid answer
	lost  bool                // nothing can be planned although it could be better
}

// ratioForm is a ratio whose way up is known.
type ratioForm struct {
	numerator, denominator string
	up, down               string // input that rises or falls; "" for none
	inDenominator          []string
	when                   string
}

func ratioForms() []ratioForm {
	return []ratioForm{
		{numerator: "a", denominator: "b", up: "a", inDenominator: []string{"b"}},
		{numerator: "b - a", denominator: "b", down: "a", inDenominator: []string{"b"}, when: "a == 0"},
		{numerator: "a", denominator: "b + c", up: "a", inDenominator: []string{"b", "c"}},
		{numerator: "2 * a", denominator: "b", up: "a", inDenominator: []string{"b"}},
		{numerator: "a", denominator: "c - b", up: "a", inDenominator: []string{"b", "c"}, when: "b == 1"},
		{numerator: "a", denominator: "a + b", inDenominator: []string{"a", "b"}},
	}
}

func drawTiny(t *rapid.T) *tiny {
	x := &tiny{in: &instrument.Instrument{ID: "kecil"}, answers: map[string]instrument.Answer{}, prices: map[string]int64{}, locked: map[string]bool{}}
	room := 3000
	for part := range rapid.IntRange(1, 3).Draw(t, "parts") {
		parent := x.addNode(fmt.Sprintf("P%d", part), -1, nil)
		for sub := range rapid.IntRange(1, 2).Draw(t, "subs") {
			node := x.addNode(fmt.Sprintf("P%d.%d", part, sub), parent, nil)
			for q := range rapid.IntRange(1, 2).Draw(t, "questions") {
				x.addQuestion(t, fmt.Sprintf("P%d.%d.%d", part, sub, q), node, &room)
			}
		}
	}
	x.weigh()
	for g := range rapid.IntRange(0, 2).Draw(t, "groups") {
		group := &instrument.Group{ID: fmt.Sprint(g)}
		for i, n := range x.in.Nodes {
			if n.Question == nil && n.Parent >= 0 && rapid.Bool().Draw(t, "member") {
				group.Members = append(group.Members, i)
				group.Weight = group.Weight.Add(n.Weight)
			}
		}
		if len(group.Members) > 0 {
			x.in.Groups = append(x.in.Groups, group)
		}
	}
	x.addRules(t)
	return x
}

func (x *tiny) addNode(id string, parent int, q *instrument.Question) int {
	n := &instrument.Node{ID: id, Parent: parent, Index: len(x.in.Nodes), Leaf: -1, Question: q}
	if q != nil {
		n.Leaf = len(x.in.Questions)
		x.in.Questions = append(x.in.Questions, n)
	}
	if parent >= 0 {
		x.in.Nodes[parent].Children = append(x.in.Nodes[parent].Children, n.Index)
	}
	x.in.Nodes = append(x.in.Nodes, n)
	return n.Index
}

// weigh gives questions the weights drawn for them and adds them up.
func (x *tiny) weigh() {
	for _, n := range slices.Backward(x.in.Nodes) {
		if n.Parent >= 0 {
			p := x.in.Nodes[n.Parent]
			p.Weight = p.Weight.Add(n.Weight)
		} else {
			x.in.MaxTotal = x.in.MaxTotal.Add(n.Weight)
		}
	}
}

func (x *tiny) addQuestion(t *rapid.T, id string, parent int, room *int) {
	var q *instrument.Question
	var l tinyLadder
	var a instrument.Answer
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		q, a, l = drawTinyChoice(t)
	case 1:
		q, a, l = drawTinyIndex(t)
	default:
		q, a, l = drawTinyRatio(t)
	}
	node := x.in.Nodes[x.addNode(id, parent, q)]
	node.Weight = exact.Frac(rapid.Int64Range(1, 4).Draw(t, "weight"), rapid.SampledFrom([]int64{1, 2, 3}).Draw(t, "over"))
	if a.Given() {
		x.answers[id] = a
	}
	if rapid.IntRange(0, 2).Draw(t, "priced") == 0 {
		x.prices[id] = rapid.Int64Range(1, 5).Draw(t, "price")
		l.cost *= x.prices[id]
	}
	if *room /= len(l.steps); *room == 0 || rapid.IntRange(0, 7).Draw(t, "lock") == 0 {
		*room = max(1, *room*len(l.steps))
		x.locked[id] = true
		l = tinyLadder{steps: []instrument.Answer{a}, given: true}
	}
	x.ladders = append(x.ladders, l)
}

func drawTinyChoice(t *rapid.T) (*instrument.Question, instrument.Answer, tinyLadder) {
	q := &instrument.Question{Kind: instrument.Choice}
	scale := rapid.SampledFrom([][]string{{"1", "0"}, {"1", "0.67", "0.33", "0"}, {"1", "1/2", "1/4"}}).Draw(t, "scale")
	for i, v := range scale {
		q.Options = append(q.Options, instrument.Option{Key: string(rune('A' + i)), Value: exact.MustParse(v)})
	}
	at := rapid.IntRange(-1, len(scale)-1).Draw(t, "at")
	a, l := instrument.Answer{}, tinyLadder{cost: 100, given: at >= 0}
	if at >= 0 {
		a.Choice = q.Options[at].Key
	} else {
		at = len(scale) - 1
		a.Choice = rapid.SampledFrom([]string{"", "salah"}).Draw(t, "none")
	}
	for i := at; i >= 0; i-- {
		l.steps = append(l.steps, instrument.Answer{Choice: q.Options[i].Key})
	}
	return q, a, l
}

func drawTinyIndex(t *rapid.T) (*instrument.Question, instrument.Answer, tinyLadder) {
	q := &instrument.Question{Kind: instrument.Index, Max: exact.Frac(rapid.Int64Range(2, 7).Draw(t, "max"), 100)}
	if rapid.Bool().Draw(t, "has min") {
		q.Min = exact.Frac(1, 100)
	}
	a, l := instrument.Answer{}, tinyLadder{cost: 1}
	at := q.Min
	if rapid.IntRange(0, 3).Draw(t, "given") > 0 {
		l.given = true
		at = q.Min.Add(q.Max.Sub(q.Min).Mul(exact.Frac(rapid.Int64Range(0, 5).Draw(t, "value"), 5)))
		v := at
		a.Number = &v
	}
	for {
		v := at
		l.steps = append(l.steps, instrument.Answer{Number: &v})
		if !at.Less(q.Max) {
			return q, a, l
		}
		at = exact.Min(q.Max, at.Add(exact.Frac(1, 100)))
	}
}

func drawTinyRatio(t *rapid.T) (*instrument.Question, instrument.Answer, tinyLadder) {
	form := rapid.SampledFrom(ratioForms()).Draw(t, "form")
	names := []string{"a", "b", "c"}
	parse := func(src string) *instrument.Expr {
		e, err := instrument.ParseExpr(src, names)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	q := &instrument.Question{Kind: instrument.Ratio, Formula: &instrument.Formula{Numerator: parse(form.numerator), Denominator: parse(form.denominator), Max: exact.Int(1)}}
	if form.when != "" {
		q.Formula.ZeroCases = append(q.Formula.ZeroCases, instrument.ZeroCase{When: parse(form.when), Value: exact.Int(1)})
	}
	q.Formula.ZeroCases = append(q.Formula.ZeroCases, instrument.ZeroCase{Value: exact.Int(int64(rapid.IntRange(0, 1).Draw(t, "at zero")))})
	used := append(q.Formula.Numerator.Inputs(), q.Formula.Denominator.Inputs()...)
	a := instrument.Answer{Inputs: map[string]int64{}}
	for _, key := range names {
		in := instrument.Input{Key: key}
		for _, u := range used {
			in.InFormula = in.InFormula || u == key
		}
		q.Inputs = append(q.Inputs, in)
		if rapid.IntRange(0, 7).Draw(t, "given "+key) > 0 {
			a.Inputs[key] = rapid.Int64Range(0, 4).Draw(t, key)
		}
	}
	return q, a, climbTiny(q, form, a)
}

// climbTiny tries the input that is known to move, one unit at a time, as far as it can matter here.
func climbTiny(q *instrument.Question, form ratioForm, a instrument.Answer) tinyLadder {
	l := tinyLadder{cost: 100}
	here, ok := q.Fraction(a)
	l.given = ok
	if ok && !here.Less(exact.Int(1)) {
		l.steps = []instrument.Answer{a}
		return l
	}
	stay := tinyLadder{cost: 100, steps: []instrument.Answer{a}, given: ok, lost: true}
	for _, key := range form.inDenominator {
		if _, given := a.Inputs[key]; !given {
			return stay
		}
	}
	key, by := form.up, int64(1)
	if form.down != "" {
		key, by = form.down, -1
	}
	d := q.Formula.Denominator.Eval(func(k string) int64 { return a.Inputs[k] })
	if key != "" && d.Sign() < 0 {
		by = -by // a falling numerator over a negative denominator
	}
	if key == "" {
		return stay
	}
	with := func(n int64) instrument.Answer {
		in := maps.Clone(a.Inputs)
		in[key] = n
		return instrument.Answer{Inputs: in}
	}
	worth := func(n int64) exact.Number {
		f, _ := q.Fraction(with(n))
		return f
	}
	at, given := a.Inputs[key]
	if !given && by < 0 {
		for at = 0; worth(20).Less(worth(at)); at++ { // the fewest that are worth no more than many
		}
	}
	for n := at; n >= 0 && n <= at+12; n += by {
		l.steps = append(l.steps, with(n))
	}
	// what comes after the best step, or brings nothing at all, is never worth doing
	best := 0
	for i, s := range l.steps {
		if f, _ := q.Fraction(s); worth(at).Less(f) {
			if g, _ := q.Fraction(l.steps[best]); g.Less(f) {
				best = i
			}
		}
	}
	l.steps = l.steps[:best+1]
	l.lost = best == 0 && d.Sign() == 0 && worth(at).Less(exact.Int(1))
	return l
}

// addRules asks for what some drawn set of steps reaches, or for the middle between that and everything.
func (x *tiny) addRules(t *rapid.T) {
	p := &instrument.Predicate{ID: "LULUS"}
	reached, best := x.drawSteps(t), x.drawn(func(l tinyLadder) int { return len(l.steps) - 1 })
	some, all := newOracle(x.in, reached), newOracle(x.in, best)
	for i := range rapid.IntRange(1, 4).Draw(t, "rules") {
		r := instrument.Rule{ID: fmt.Sprintf("r%d", i), Node: -1, Group: -1, Fraction: rapid.Bool().Draw(t, "fraction")}
		switch of := rapid.IntRange(0, 2).Draw(t, "of"); {
		case of == 0:
			r.Node = rapid.IntRange(0, len(x.in.Nodes)-1).Draw(t, "node")
		case of == 1 && len(x.in.Groups) > 0:
			r.Group = rapid.IntRange(0, len(x.in.Groups)-1).Draw(t, "group")
		}
		r.Threshold = exact.FromRat(some.measure(&r))
		switch rapid.IntRange(0, 4).Draw(t, "threshold") {
		case 0:
			r.Threshold = r.Threshold.Add(exact.FromRat(all.measure(&r))).Div(exact.Int(2))
		case 1:
			r.Threshold = r.Threshold.Add(exact.Frac(1, 1000)) // sometimes out of reach
		}
		p.Rules = append(p.Rules, r)
	}
	x.in.Predicates = append(x.in.Predicates, p)
}

func (x *tiny) drawSteps(t *rapid.T) map[string]instrument.Answer {
	return x.drawn(func(l tinyLadder) int { return rapid.IntRange(0, len(l.steps)-1).Draw(t, "reach") })
}

// drawn returns the answers after so many steps of each ladder.
func (x *tiny) drawn(steps func(tinyLadder) int) map[string]instrument.Answer {
	answers := map[string]instrument.Answer{}
	for i, l := range x.ladders {
		answers[x.in.Questions[i].ID] = l.steps[steps(l)]
	}
	return answers
}
