package workspace

import (
	"strconv"
	"strings"
	"time"

	"zona/internal/assessment"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/scoring"
)

// view is a sheet as one request sees it: what is stored, its score, and how to say it. Every page of a sheet is
// drawn from one, so that all pages show the same numbers.
type view struct {
	p       *locale.Printer
	sheet   assessment.Sheet
	out     *outline
	entries []assessment.Entry // by Node.Leaf; Revision 0 where nothing was ever stored
	result  *scoring.Result
	zone    *time.Location // of the period's deadline
	foreign bool           // the instrument's wording is in another language than the page
	tried   bool           // the result is that of a trial, not of what is stored
	fill    bool           // the actor may change answers here and now
	actor   org.Actor
	at      time.Time // instant of the request
	stage   assessment.Stage
	token   string // of the forms
	key     string // beginning of the forms' idempotency values
}

// newView lays a sheet out for a reader.
func newView(p *locale.Printer, made assessment.View) *view {
	out := outlineOf(made.Instrument)
	v := &view{
		p: p, sheet: made.Sheet, out: out, entries: make([]assessment.Entry, len(out.in.Questions)), result: made.Result,
		foreign: out.in.Language != p.Lang(), zone: time.UTC,
	}
	for i, q := range out.in.Questions {
		v.entries[i].Question = q.ID
	}
	for _, e := range made.Entries {
		if q, ok := out.in.Question(e.Question); ok {
			v.entries[q.Leaf] = e
		}
	}
	if zone, err := locale.Zone(made.Sheet.Period.Zone); err == nil {
		v.zone = zone
	}
	return v
}

// answers is the sheet in the form that scoring takes.
func (v *view) answers() map[string]instrument.Answer {
	m := make(map[string]instrument.Answer, len(v.entries))
	for i := range v.entries {
		if v.entries[i].Answer.Given() {
			m[v.entries[i].Question] = v.entries[i].Answer
		}
	}
	return m
}

// T is a message in the reader's language.
func (v *view) T(id string, args ...any) string { return v.p.T(id, args...) }

// outlineKey is where an instrument keeps its outline.
type outlineKey struct{}

// outlineOf returns how an instrument is laid out, made at its first use.
func outlineOf(in *instrument.Instrument) *outline {
	o, ok := in.Derived(outlineKey{}, func() any { return newOutline(in) }).(*outline)
	if !ok {
		return newOutline(in)
	}
	return o
}

// path is the address of a page of the sheet: path("/plan").
func (v *view) path(more string) string { return "/sheets/" + v.sheet.Assessment.ID + more }

// open is the address of the sheet with the section of a node open, at the node.
func (v *view) open(section *instrument.Node, anchor string) string {
	return v.path("?area=" + section.ID + "#" + anchor)
}

// linkTo is the address of the questions of a section, to be followed by the slug of one.
func (v *view) linkTo(s *section) string { return v.open(s.node, "q-") }

// stateOf is how far a node is answered.
func (v *view) stateOf(n *instrument.Node) scoring.State { return v.result.Nodes[n.Index].State }

func (v *view) node(n *instrument.Node) *scoring.NodeScore { return &v.result.Nodes[n.Index] }

func (v *view) score(n *instrument.Node) string   { return v.p.Score(v.node(n).Score) }
func (v *view) weight(n *instrument.Node) string  { return v.p.Score(v.node(n).Weight) }
func (v *view) percent(n *instrument.Node) string { return v.p.Percent(v.node(n).Fraction, 2) }

func (v *view) total() string { return v.p.Score(v.result.Total()) }

func (v *view) answered() int { return len(v.out.in.Questions) - len(v.result.Unanswered) }

// progress says how many questions of a node are answered: "7/12".
func (v *view) progress(n *instrument.Node) string {
	s := v.node(n)
	return strconv.Itoa(s.Answered) + "/" + strconv.Itoa(s.Questions)
}

// short is an answer as the overview shows it: "A", "3,6", "4; 3".
func (v *view) short(q *instrument.Node, a instrument.Answer) string { return shortAnswer(v.p, q, a) }

func shortAnswer(p *locale.Printer, q *instrument.Node, a instrument.Answer) string {
	switch {
	case a.Choice != "":
		return a.Choice
	case a.Number != nil:
		return p.Input(*a.Number)
	case len(a.Inputs) > 0:
		parts := make([]string, len(q.Question.Inputs))
		for i, in := range q.Question.Inputs {
			parts[i] = "–"
			if n, ok := a.Inputs[in.Key]; ok {
				parts[i] = p.Count(n)
			}
		}
		return strings.Join(parts, "; ")
	}
	return ""
}

// longAnswer is an answer with its meaning: option text, or each input with its label.
func longAnswer(p *locale.Printer, q *instrument.Node, a instrument.Answer) []string {
	switch {
	case a.Choice != "":
		for _, o := range q.Question.Options {
			if o.Key == a.Choice {
				return []string{o.Key + " – " + o.Text}
			}
		}
		return []string{a.Choice}
	case len(a.Inputs) > 0:
		var lines []string
		for _, in := range q.Question.Inputs {
			value := "–"
			if n, ok := a.Inputs[in.Key]; ok {
				value = p.Count(n) + " " + in.Unit
			}
			lines = append(lines, in.Label+": "+value)
		}
		return lines
	case a.Number != nil:
		return []string{p.Input(*a.Number)}
	}
	return nil
}

// formula writes a ratio's formula with the labels of its inputs: "(last year − this year) ÷ last year".
func formula(q *instrument.Question) string {
	if q.Formula == nil {
		return ""
	}
	labels := make(map[string]string, len(q.Inputs))
	for _, in := range q.Inputs {
		labels[in.Key] = "“" + in.Label + "”"
	}
	side := func(e *instrument.Expr) string {
		text := spell(e.String(), labels)
		if strings.ContainsAny(e.String(), "+-*/") && !strings.HasPrefix(text, "(") {
			text = "(" + text + ")"
		}
		return text
	}
	return side(q.Formula.Numerator) + " ÷ " + side(q.Formula.Denominator)
}

// spell replaces the identifiers of an expression by words, and its signs by those of print.
func spell(source string, words map[string]string) string {
	var b strings.Builder
	letter := func(c byte) bool {
		return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	}
	for i := 0; i < len(source); {
		j := i
		for j < len(source) && letter(source[j]) {
			j++
		}
		switch word := source[i:j]; {
		case j == i && source[i] == '-':
			b.WriteString("−")
			j++
		case j == i && source[i] == '*':
			b.WriteString("×")
			j++
		case j == i:
			b.WriteByte(source[i])
			j++
		case words[word] != "":
			b.WriteString(words[word])
		default:
			b.WriteString(word)
		}
		i = j
	}
	return b.String()
}
