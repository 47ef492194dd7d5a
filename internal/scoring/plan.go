package scoring

import (
	"errors"
	"fmt"
	"slices"

	"zona/internal/exact"
	"zona/internal/fault"
	"zona/internal/instrument"
)

// MaxPrice is the highest price of one step. The bound keeps every cost well inside an int64.
const MaxPrice = 1000

// PlanOptions says what an improvement costs and what must stay as it is.
type PlanOptions struct {
	Prices map[string]int64 // by question: price of one step, 1..MaxPrice; 1 where absent
	Locked map[string]bool  // questions that are never changed
}

// Plan is the cheapest set of improvements after which a predicate's rules are all met.
//
// One step is one option of a scale, or one unit of a ratio's numerator: of the first input, in sheet order, that can
// raise the fraction without changing the denominator, upwards or (this year's violations) downwards. 0.01 of an
// index is a hundredth of a step. A question without a valid answer stands at its lowest one. The cost of a plan is
// the sum over its questions of steps x price.
//
// Of several plans that cost the same, the one is chosen that does more in the earlier questions: the numbers of steps
// are compared question by question in sheet order, and at the first difference the larger one wins. So a plan is
// unique, and does not depend on the order of the search.
type Plan struct {
	Predicate *instrument.Predicate
	Feasible  bool
	Cost      exact.Number // priced steps, exact to a hundredth of a step
	Moves     []Move       // in sheet order; none when the rules are met already, or cannot be
	Before    *Result
	// After is the sheet with the moves made. Where the plan is not feasible: with everything that can be improved
	// at its best, which is the most that can be reached.
	After       *Result
	Unreachable []RuleResult  // when not feasible: the rules that After still misses, in the order of the rules
	Unplannable []Unplannable // questions that could be better but that nothing can be planned for, in sheet order
}

// Move is the improvement of one question.
type Move struct {
	Question string
	From, To instrument.Answer // From as given, perhaps no answer
	Steps    exact.Number      // exact to a hundredth; 0 where only the lowest answer has to be given
	Cost     exact.Number      // Steps x price
	Gain     exact.Number      // points
}

// Unplannable is a question that is not at its best and has no step that would help. Reason is a message id.
type Unplannable struct{ Question, Reason string }

// errPlanTooLarge says that the search outgrew its bounds; it cannot happen with sheets like the LKE.
var errPlanTooLarge = errors.New("the cheapest plan takes too long to find")

// PlanFor finds the cheapest plan for a predicate. Errors are faults: NotFound for an unknown predicate, Invalid for
// an option that names no question or has no possible price, TooLarge for an instrument beyond the planner's bounds.
func PlanFor(in *instrument.Instrument, answers map[string]instrument.Answer, predicateID string, opt PlanOptions) (Plan, error) {
	predicate, ok := in.Predicate(predicateID)
	if !ok {
		return Plan{}, fault.New(fault.NotFound, "score.plan.predicate", "Predicate", predicateID)
	}
	if err := opt.check(sheetOf(in)); err != nil {
		return Plan{}, err
	}
	p := planner{in: in, opt: opt, plan: Plan{Predicate: predicate, Before: Score(in, answers)}}
	if v, _ := p.plan.Before.Verdict(predicateID); v.Pass {
		p.plan.Feasible, p.plan.After = true, p.plan.Before
		return p.plan, nil
	}
	p.makeLadders(answers)
	p.plan.After = p.after(answers, func(i int) int64 { return p.ladders[i].top() })
	if v, _ := p.plan.After.Verdict(predicateID); !v.Pass {
		for _, r := range v.Rules {
			if !r.Pass {
				p.plan.Unreachable = append(p.plan.Unreachable, r)
			}
		}
		return p.plan, nil
	}
	steps, err := p.problem(answers).cheapest()
	if errors.Is(err, errPlanTooLarge) {
		return Plan{}, fault.New(fault.TooLarge, "score.plan.large", "Predicate", predicateID)
	} else if err != nil {
		return Plan{}, fmt.Errorf("plan %s: %w", predicateID, err)
	}
	p.plan.Feasible = true
	p.plan.After = p.after(answers, func(i int) int64 { return steps[i] })
	p.makeMoves(steps)
	if v, _ := p.plan.After.Verdict(predicateID); !v.Pass {
		return Plan{}, fmt.Errorf("plan %s: the plan found misses %v", predicateID, v.Failing())
	}
	return p.plan, nil
}

// check refuses options that name no question, so that a mistyped lock is not a lock that silently does nothing.
func (o PlanOptions) check(s *sheet) error {
	question := func(id string) bool {
		i, ok := s.byID[id]
		return ok && s.in.Nodes[i].Question != nil
	}
	f := fault.New(fault.Invalid, "score.plan.options")
	for id, price := range o.Prices {
		if !question(id) {
			f = f.With(id, "score.plan.question", "Question", id)
		} else if price < 1 || price > MaxPrice {
			f = f.With(id, "score.plan.price", "Question", id, "Max", MaxPrice)
		}
	}
	for id := range o.Locked {
		if !question(id) {
			f = f.With(id, "score.plan.question", "Question", id)
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// planner is one call of PlanFor.
type planner struct {
	in      *instrument.Instrument
	opt     PlanOptions
	plan    Plan
	ladders []*ladder // in sheet order
}

func (p *planner) makeLadders(answers map[string]instrument.Answer) {
	for _, n := range p.in.Questions {
		if p.opt.Locked[n.ID] || n.Weight.Sign() == 0 {
			continue
		}
		l, reason := newLadder(n, answers[n.ID])
		if reason != "" {
			p.plan.Unplannable = append(p.plan.Unplannable, Unplannable{Question: n.ID, Reason: reason})
			continue
		}
		if price, ok := p.opt.Prices[n.ID]; ok {
			l.unit *= price
		}
		p.ladders = append(p.ladders, l)
	}
}

// after scores the sheet with every ladder climbed by steps(i). Questions that stay where they stand keep the answer
// that was given, unless standing there is worth something that was not.
func (p *planner) after(answers map[string]instrument.Answer, steps func(i int) int64) *Result {
	changes := map[string]instrument.Answer{}
	for i, l := range p.ladders {
		if k := steps(i); k > 0 || p.standsHigher(l) {
			changes[p.in.Questions[l.leaf].ID] = l.at(k)
		}
	}
	return WhatIf(p.in, answers, changes)
}

// at returns the answer k unit steps up.
func (l *ladder) at(k int64) instrument.Answer {
	if k == 0 {
		return l.base
	}
	return l.climb(k)
}

// standsHigher reports whether the lowest answer is worth more than no answer: then it must be given.
func (p *planner) standsHigher(l *ladder) bool {
	n := p.in.Questions[l.leaf]
	f, _ := n.Question.Fraction(l.base)
	return p.plan.Before.Nodes[n.Index].Fraction.Less(f)
}

// problem states what is left to gain for which rules, counted from where the questions stand.
func (p *planner) problem(answers map[string]instrument.Answer) *cover {
	c := &cover{}
	at := make([]int, len(p.in.Questions)) // position in c.items, by leaf
	for i, l := range p.ladders {
		n := p.in.Questions[l.leaf]
		at[l.leaf] = i + 1
		base, _ := n.Question.Fraction(l.base)
		item := coverItem{unit: l.unit}
		for _, r := range l.rungs {
			item.rungs = append(item.rungs, coverRung{k: r.k, n: r.n, gain: n.Weight.Mul(r.f.Sub(base)), each: n.Weight.Mul(r.each)})
		}
		c.items = append(c.items, item)
	}
	stand := p.after(answers, func(int) int64 { return 0 })
	v, _ := stand.Verdict(p.plan.Predicate.ID)
	for _, r := range v.Rules {
		if r.Pass {
			continue // gains are never negative, so it stays met
		}
		need := coverNeed{points: r.Short}
		for leaf := range p.in.Questions {
			if i := at[leaf]; i > 0 && p.counts(r.Rule, p.in.Questions[leaf].Index) {
				need.items = append(need.items, i-1)
			}
		}
		c.needs = append(c.needs, need)
	}
	return c
}

// counts reports whether a rule's measure contains a line.
func (p *planner) counts(r *instrument.Rule, node int) bool {
	if r.Node < 0 && r.Group < 0 {
		return true
	}
	for i := node; i >= 0; i = p.in.Nodes[i].Parent {
		if i == r.Node {
			return true
		}
		if r.Group >= 0 {
			if slices.Contains(p.in.Groups[r.Group].Members, i) {
				return true
			}
		}
	}
	return false
}

func (p *planner) makeMoves(steps []int64) {
	var cost int64
	for i, l := range p.ladders {
		if steps[i] == 0 && !p.standsHigher(l) {
			continue
		}
		n := p.in.Questions[l.leaf]
		cost += steps[i] * l.unit
		grain := int64(1)
		if n.Question.Kind == instrument.Index {
			grain = wholeStep / indexStep
		}
		p.plan.Moves = append(p.plan.Moves, Move{
			Question: n.ID, From: p.plan.Before.answers[l.leaf], To: l.at(steps[i]),
			Steps: exact.Frac(steps[i], grain), Cost: exact.Frac(steps[i]*l.unit, wholeStep),
			Gain: p.plan.After.Nodes[n.Index].Score.Sub(p.plan.Before.Nodes[n.Index].Score),
		})
	}
	p.plan.Cost = exact.Frac(cost, wholeStep)
}
