package scoring

import (
	"strconv"
	"strings"

	"zona/internal/exact"
	"zona/internal/instrument"
)

// explainQuestion explains what an answer is worth, and its points.
func (r *Result) explainQuestion(n *instrument.Node) []Step {
	score, a := r.Nodes[n.Index], r.answers[n.Leaf]
	var steps []Step
	switch {
	case score.State != Answered:
		steps = explainOpen(n.Question, a, score)
	case n.Question.Kind == instrument.Choice:
		steps = explainChoice(n.Question, a, score.Fraction)
	case n.Question.Kind == instrument.Ratio:
		steps = explainRatio(n.Question, a.Inputs, score.Fraction)
	case n.Question.Kind == instrument.Index:
		steps = []Step{{Message: "score.step.index", Args: []Arg{
			numArg("Value", Plain, *a.Number), numArg("Max", Plain, n.Question.Max), numArg("Fraction", Share, score.Fraction),
		}}}
	}
	args := []Arg{numArg("Fraction", Share, score.Fraction), numArg("Weight", Points, n.Weight), numArg("Score", Points, score.Score)}
	if n.Parent >= 0 {
		parent := r.Instrument.Nodes[n.Parent]
		if r.shareEqually(parent.Children, parent.Weight) {
			args[1] = numArg("Weight", Points, parent.Weight)
			return append(steps, Step{Message: "score.step.weighed.shared", Args: append(args, countArg("Questions", len(parent.Children)))})
		}
	}
	return append(steps, Step{Message: "score.step.weighed", Args: args})
}

// explainOpen explains a question without a valid answer, which is worth 0 and stays in the divisor.
func explainOpen(q *instrument.Question, a instrument.Answer, score NodeScore) []Step {
	if score.State == Invalid {
		steps := []Step{{Message: "score.step.invalid"}}
		for _, v := range score.Violations {
			s := Step{Message: v.Rule}
			for name, value := range v.Args {
				s.Args = append(s.Args, textArg(name, value))
			}
			steps = append(steps, s)
		}
		return steps
	}
	var missing []string
	if a.Given() {
		for _, in := range q.Inputs {
			if _, ok := a.Inputs[in.Key]; !ok && in.InFormula {
				missing = append(missing, in.Label)
			}
		}
	}
	if len(missing) > 0 {
		return []Step{{Message: "score.step.incomplete", Args: []Arg{textArg("Missing", strings.Join(missing, "; "))}}}
	}
	return []Step{{Message: "score.step.unanswered"}}
}

func explainChoice(q *instrument.Question, a instrument.Answer, f exact.Number) []Step {
	for _, o := range q.Options {
		if o.Key == a.Choice && o.Text != "" {
			return []Step{{Message: "score.step.choice.meaning", Args: []Arg{
				textArg("Answer", o.Key), textArg("Meaning", o.Text), numArg("Fraction", Share, f),
			}}}
		}
	}
	return []Step{{Message: "score.step.choice", Args: []Arg{textArg("Answer", a.Choice), numArg("Fraction", Share, f)}}}
}

// explainRatio lists the inputs, writes the formula with names and with numbers, and says where the quotient was held
// within its limits or what stood in for it.
func explainRatio(q *instrument.Question, given map[string]int64, f exact.Number) []Step {
	var steps []Step
	for _, in := range q.Inputs {
		n, ok := given[in.Key]
		if !ok {
			continue // only inputs outside the formula may be missing
		}
		args := []Arg{textArg("Key", in.Key), textArg("Label", in.Label), numArg("Value", Count, exact.Int(n)), textArg("Unit", in.Unit)}
		if in.InFormula {
			steps = append(steps, Step{Message: "score.step.input", Args: args})
		} else {
			steps = append(steps, Step{Message: "score.step.input.unscored", Args: args})
		}
	}
	value := func(key string) int64 { return given[key] }
	names := quotient(q.Formula, func(key string) string { return key })
	digits := quotient(q.Formula, func(key string) string { return strconv.FormatInt(given[key], 10) })
	d := q.Formula.Denominator.Eval(value)
	if d.Sign() == 0 {
		steps = append(steps, Step{Message: "score.step.ratio.empty", Args: []Arg{textArg("Formula", names), textArg("Digits", digits), numArg("Fraction", Share, f)}})
		if q.Formula.Reasoning != "" {
			steps = append(steps, Step{Message: "score.step.reason", Args: []Arg{textArg("Reason", q.Formula.Reasoning)}})
		}
		return steps
	}
	raw := q.Formula.Numerator.Eval(value).Div(d)
	steps = append(steps, Step{Message: "score.step.ratio", Args: []Arg{textArg("Formula", names), textArg("Digits", digits), numArg("Quotient", Share, raw)}})
	switch {
	case f.Less(raw):
		steps = append(steps, Step{Message: "score.step.ratio.max", Args: []Arg{numArg("Limit", Share, q.Formula.Max)}})
	case raw.Less(f):
		steps = append(steps, Step{Message: "score.step.ratio.min", Args: []Arg{numArg("Limit", Share, q.Formula.Min)}})
	}
	return steps
}

// quotient writes a formula with each input named by name.
func quotient(f *instrument.Formula, name func(key string) string) string {
	return operand(f.Numerator, name) + " / " + operand(f.Denominator, name)
}

// operand writes one side of the quotient, in parentheses unless it is a single word.
func operand(e *instrument.Expr, name func(key string) string) string {
	inputs := map[string]bool{}
	for _, key := range e.Inputs() {
		inputs[key] = true
	}
	var out, word strings.Builder
	single := true
	flush := func() {
		if w := word.String(); inputs[w] {
			out.WriteString(name(w))
		} else {
			out.WriteString(w)
		}
		word.Reset()
	}
	for _, c := range e.String() {
		if c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			word.WriteRune(c)
			continue
		}
		single = false
		flush()
		out.WriteRune(c)
	}
	flush()
	if single {
		return out.String()
	}
	return "(" + out.String() + ")"
}
