package scoring

import (
	"strings"

	"zona/internal/exact"
	"zona/internal/instrument"
	"zona/internal/locale"
)

// Explanation says how one number came about: what went in, the formula with the numbers in it, and the article that
// it follows. It is data, so that a page, a report and a command line can each show it; Lines says it in words.
type Explanation struct {
	ID      string // of the line, group or rule; "" for the whole sheet
	Name    string // in the instrument's language
	Score   exact.Number
	Steps   []Step
	Article string // as cited by the instrument
}

// Lines returns the steps as sentences in a language.
func (e Explanation) Lines(p *locale.Printer) []string {
	lines := make([]string, len(e.Steps))
	for i, s := range e.Steps {
		lines[i] = s.Text(p)
	}
	return lines
}

// Step is one sentence of an explanation: a message of package locale and its arguments, numbers still exact.
type Step struct {
	Message string
	Args    []Arg
}

// Text returns the sentence in a language.
func (s Step) Text(p *locale.Printer) string {
	flat := make([]any, 0, 2*len(s.Args))
	for _, a := range s.Args {
		flat = append(flat, a.Name, a.text(p))
	}
	return p.T(s.Message, flat...)
}

// Arg is one argument of a sentence: a text, or numbers and how to show them.
type Arg struct {
	Name    string
	Text    string
	Numbers []exact.Number // several are terms of a sum, except for Against
	Form    Form
}

// Form is how numbers are shown. Showing rounds; the numbers themselves are exact.
type Form uint8

// The forms of numbers.
const (
	Plain          Form = iota // as typed: 3,6
	Points                     // two decimals: 0,67
	Share                      // a fraction 0..1, up to four decimals: 0,67
	Percent                    // a fraction as percent: 66,67%
	Count                      // a whole number with separators: 2.000
	Missing                    // points that are short: as many decimals as tell that it is not nothing
	Against                    // the first number, with as many decimals as tell that it misses the second
	PercentAgainst             // the same for fractions, as percent
)

func (a Arg) text(p *locale.Printer) string {
	switch {
	case len(a.Numbers) == 0:
		return a.Text
	case a.Form == Against && len(a.Numbers) == 2:
		return p.Against(a.Numbers[0], a.Numbers[1])
	case a.Form == PercentAgainst && len(a.Numbers) == 2:
		return p.PercentAgainst(a.Numbers[0], a.Numbers[1])
	}
	terms := make([]string, len(a.Numbers))
	for i, n := range a.Numbers {
		terms[i] = a.Form.text(p, n)
	}
	return strings.Join(terms, " + ")
}

func (f Form) text(p *locale.Printer, n exact.Number) string {
	switch f {
	case Points:
		return p.Score(n)
	case Share:
		if short := p.Input(n); len(short) <= len("0,1234") {
			return short
		}
		return p.Number(n, 4)
	case Percent:
		return p.Percent(n, 2)
	case Count:
		return p.Number(n, 0)
	case Missing:
		return p.Shortfall(n)
	}
	return p.Input(n)
}

func textArg(name, text string) Arg { return Arg{Name: name, Text: text} }

func numArg(name string, f Form, n ...exact.Number) Arg { return Arg{Name: name, Form: f, Numbers: n} }

func countArg(name string, n int) Arg { return numArg(name, Count, exact.Int(int64(n))) }

// Explain explains a line of the sheet by its id. An id that the instrument does not have gives an Explanation
// without steps.
func (r *Result) Explain(nodeID string) Explanation {
	i, ok := r.sheet.byID[nodeID]
	if !ok {
		return Explanation{ID: nodeID}
	}
	n := r.Instrument.Nodes[i]
	e := Explanation{ID: n.ID, Name: n.Name, Score: r.Nodes[i].Score, Article: r.Instrument.Regulation}
	if n.Question != nil {
		e.Steps = r.explainQuestion(n)
	} else {
		e.Steps = r.explainSum(n.Children, r.Nodes[i])
	}
	return e
}

// ExplainGroup explains a group, such as combined area "1", by its id.
func (r *Result) ExplainGroup(groupID string) Explanation {
	for i, g := range r.Instrument.Groups {
		if g.ID == groupID {
			return Explanation{
				ID: g.ID, Name: g.Name, Score: r.Groups[i].Score, Article: r.Instrument.Regulation,
				Steps: r.explainSum(g.Members, r.Groups[i]),
			}
		}
	}
	return Explanation{ID: groupID}
}

// ExplainTotal explains the points of the whole sheet.
func (r *Result) ExplainTotal() Explanation {
	return Explanation{
		Name: r.Instrument.Title, Score: r.Total(), Article: r.Instrument.Regulation,
		Steps: r.explainSum(r.sheet.roots, r.whole),
	}
}

// ExplainRule explains one rule of a verdict: how what it measures came about, and how that stands against the
// threshold.
func (r *Result) ExplainRule(predicateID, ruleID string) Explanation {
	v, _ := r.Verdict(predicateID)
	for i := range v.Rules {
		rule := &v.Rules[i]
		if rule.Rule.ID != ruleID {
			continue
		}
		e := r.measured(rule.Rule)
		e.ID, e.Name, e.Article = ruleID, rule.Rule.Label, rule.Rule.Article
		e.Steps = append(e.Steps, explainRule(rule)...)
		return e
	}
	return Explanation{ID: ruleID}
}

func (r *Result) measured(rule *instrument.Rule) Explanation {
	switch {
	case rule.Node >= 0:
		return r.Explain(r.Instrument.Nodes[rule.Node].ID)
	case rule.Group >= 0:
		return r.ExplainGroup(r.Instrument.Groups[rule.Group].ID)
	}
	return r.ExplainTotal()
}

func explainRule(rule *RuleResult) []Step {
	value, threshold := numArg("Value", Against, rule.Value, rule.Threshold), numArg("Threshold", Points, rule.Threshold)
	if rule.Rule.Fraction {
		value.Form, threshold.Form = PercentAgainst, Percent
	}
	steps := []Step{{Message: "score.rule.met", Args: []Arg{value, threshold}}}
	if !rule.Pass {
		steps[0] = Step{Message: "score.rule.short", Args: []Arg{value, threshold, numArg("Short", Missing, rule.Short)}}
	}
	if rule.Rule.Index.Sign() > 0 {
		steps = append(steps, Step{Message: "score.rule.index", Args: []Arg{threshold, numArg("Index", Plain, rule.Rule.Index)}})
	}
	return steps
}

// explainSum explains a line made of other lines. Questions that share their parent's weight equally are averaged, as
// the annex words it (weight x sum of fractions / number of questions); everything else is added.
func (r *Result) explainSum(parts []int, sum NodeScore) []Step {
	var steps []Step
	if r.shareEqually(parts, sum.Weight) {
		fractions := make([]exact.Number, len(parts))
		for i, p := range parts {
			fractions[i] = r.Nodes[p].Fraction
		}
		steps = append(steps, Step{Message: "score.step.mean", Args: []Arg{
			numArg("Fractions", Share, fractions...), countArg("Questions", len(parts)),
			numArg("Weight", Points, sum.Weight), numArg("Score", Points, sum.Score),
		}})
	} else {
		scores := make([]exact.Number, len(parts))
		for i, p := range parts {
			n := r.Instrument.Nodes[p]
			scores[i] = r.Nodes[p].Score
			steps = append(steps, Step{Message: "score.step.part", Args: []Arg{
				textArg("ID", n.ID), textArg("Name", n.Name), numArg("Score", Points, scores[i]), numArg("Weight", Points, n.Weight),
			}})
		}
		if len(parts) > 1 {
			steps = append(steps, Step{Message: "score.step.sum", Args: []Arg{numArg("Scores", Points, scores...), numArg("Score", Points, sum.Score)}})
		}
	}
	if sum.Weight.Sign() > 0 {
		steps = append(steps, Step{Message: "score.step.share", Args: []Arg{
			numArg("Score", Points, sum.Score), numArg("Weight", Points, sum.Weight), numArg("Percent", Percent, sum.Fraction),
		}})
	}
	if open := sum.Questions - sum.Answered; open > 0 {
		steps = append(steps, Step{Message: "score.step.open", Args: []Arg{countArg("Open", open), countArg("Questions", sum.Questions)}})
	}
	return steps
}

// shareEqually reports whether the parts are questions of equal weight that make up the whole weight.
func (r *Result) shareEqually(parts []int, weight exact.Number) bool {
	for _, p := range parts {
		n := r.Instrument.Nodes[p]
		if n.Question == nil || !n.Weight.Mul(exact.Int(int64(len(parts)))).Equal(weight) {
			return false
		}
	}
	return len(parts) > 1
}

// RuleName names a rule in a language. Rules that the program has no words for (an instrument of one's own) keep the
// label that the instrument gives them.
func RuleName(rule *instrument.Rule, p *locale.Printer) string {
	base, suffix, each := strings.Cut(rule.ID, ".")
	id := "score.rule.name." + base
	switch {
	case !p.Has(id):
		return rule.Label
	case !each:
		return p.T(id)
	}
	_, part, _ := strings.Cut(rule.Label, ": ")
	return strings.TrimSpace(p.T(id) + ": " + suffix + " " + part)
}
