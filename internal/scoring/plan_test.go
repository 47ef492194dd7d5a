package scoring_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"zona/internal/exact"
	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/scoring"
)

// bruteForce tries every combination of steps of a tiny sheet and returns the cheapest that passes: of equal ones that
// with more steps in the first question where they differ. nil when none passes.
func (x *tiny) bruteForce() (best []int, bestCost int64) {
	steps := make([]int, len(x.ladders))
	p := x.in.Predicates[0]
	var try func(i int, cost int64)
	try = func(i int, cost int64) {
		if best != nil && cost > bestCost {
			return
		}
		if i < len(steps) {
			for k := range x.ladders[i].steps {
				steps[i] = k
				try(i+1, cost+int64(k)*x.ladders[i].cost)
			}
			return
		}
		at := 0
		answers := x.drawn(func(tinyLadder) int { at++; return steps[at-1] })
		if len(newOracle(x.in, answers).failing(p)) == 0 {
			best, bestCost = slices.Clone(steps), cost // tried in rising order: the last of equal cost wins
		}
	}
	try(0, 0)
	return best, bestCost
}

func TestPlanIsTheOneThatBruteForceFinds(t *testing.T) {
	t.Parallel()
	for range 10 {
		rapid.Check(t, func(t *rapid.T) {
			x := drawTiny(t)
			plan, err := scoring.PlanFor(x.in, x.answers, "LULUS", scoring.PlanOptions{Prices: x.prices, Locked: x.locked})
			if err != nil {
				t.Fatal(err)
			}
			if diff := x.wrong(plan); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

// wrong says what is not right with a plan, "" when all is.
func (x *tiny) wrong(plan scoring.Plan) string {
	p := x.in.Predicates[0]
	if len(newOracle(x.in, x.answers).failing(p)) == 0 {
		if !plan.Feasible || len(plan.Moves) > 0 || plan.Cost.Sign() != 0 {
			return fmt.Sprintf("nothing has to be done, the plan is %v", plan.Moves)
		}
		return ""
	}
	best, cost := x.bruteForce()
	if (best != nil) != plan.Feasible {
		return fmt.Sprintf("feasible %v, brute force has %v", plan.Feasible, best)
	}
	after := newOracle(x.in, x.answersAfter(plan))
	if diff := compare(plan.After, after); plan.Feasible && diff != "" {
		return "after the moves: " + diff
	}
	if !plan.Feasible {
		return x.wrongLimits(plan)
	}
	if want := exact.Frac(cost, 100); !plan.Cost.Equal(want) {
		return fmt.Sprintf("cost %v, brute force has %v for %v", plan.Cost, want, best)
	}
	sum := exact.Number{}
	moves := map[string]scoring.Move{}
	for _, m := range plan.Moves {
		moves[m.Question] = m
		sum = sum.Add(m.Cost)
	}
	if !sum.Equal(plan.Cost) {
		return fmt.Sprintf("the moves cost %v, the plan %v", sum, plan.Cost)
	}
	for i, q := range x.in.Questions {
		m, moved := moves[q.ID]
		l := x.ladders[i]
		if moved && (x.locked[q.ID] || !m.To.Equal(l.steps[best[i]]) || !m.From.Equal(x.answers[q.ID])) || !moved && best[i] > 0 {
			return fmt.Sprintf("%s: %+v, brute force takes %d steps", q.ID, m, best[i])
		}
		gain := new(exact.Number)
		*gain = plan.After.Node(q.ID).Score.Sub(plan.Before.Node(q.ID).Score)
		if moved && !m.Gain.Equal(*gain) {
			return fmt.Sprintf("%s gains %v, the move says %v", q.ID, *gain, m.Gain)
		}
	}
	return x.wrongUnplannable(plan)
}

func (x *tiny) answersAfter(plan scoring.Plan) map[string]instrument.Answer {
	answers := map[string]instrument.Answer{}
	maps.Copy(answers, x.answers)
	for _, m := range plan.Moves {
		answers[m.Question] = m.To
	}
	return answers
}

// wrongLimits checks what a plan says that cannot be reached.
func (x *tiny) wrongLimits(plan scoring.Plan) string {
	best := newOracle(x.in, x.drawn(func(l tinyLadder) int { return len(l.steps) - 1 }))
	var got []string
	for _, r := range plan.Unreachable {
		got = append(got, r.Rule.ID)
		if r.Value.Rat().Cmp(best.measure(r.Rule)) != 0 {
			return fmt.Sprintf("%s reaches %v at best, not %v", r.Rule.ID, best.measure(r.Rule), r.Value)
		}
	}
	if want := best.failing(x.in.Predicates[0]); fmt.Sprint(got) != fmt.Sprint(want) || len(plan.Moves) > 0 {
		return fmt.Sprintf("out of reach %v, not %v; moves %v", want, got, plan.Moves)
	}
	return x.wrongUnplannable(plan)
}

func (x *tiny) wrongUnplannable(plan scoring.Plan) string {
	var got, want []string
	for _, u := range plan.Unplannable {
		got = append(got, u.Question)
	}
	for i, q := range x.in.Questions {
		if x.ladders[i].lost && !x.locked[q.ID] {
			want = append(want, q.ID)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Sprintf("not plannable %v, not %v", want, got)
	}
	return ""
}

func TestPlanRefusesOptionsThatNameNothingOrCostNothing(t *testing.T) {
	t.Parallel()
	in := lke(t)
	cases := []struct {
		name, predicate string
		opt             scoring.PlanOptions
		kind            fault.Kind
	}{
		{"a predicate that is not there", "WKB", scoring.PlanOptions{}, fault.NotFound},
		{"a lock on a line that is no question", "WBK", scoring.PlanOptions{Locked: map[string]bool{"A.I.1": true}}, fault.Invalid},
		{"a price of nothing", "WBK", scoring.PlanOptions{Prices: map[string]int64{"B.I.a": 0}}, fault.Invalid},
		{"a price above the bound", "WBK", scoring.PlanOptions{Prices: map[string]int64{"B.I.a": scoring.MaxPrice + 1}}, fault.Invalid},
		{"a price of an unknown question", "WBK", scoring.PlanOptions{Prices: map[string]int64{"B.I.z": 1}}, fault.Invalid},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := scoring.PlanFor(in, nil, c.predicate, c.opt); !fault.Is(err, c.kind) {
				t.Errorf("error %v", err)
			}
		})
	}
}
