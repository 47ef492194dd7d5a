package instrument

import (
	"fmt"
	"io"
	"strings"

	"zona/internal/exact"
	"zona/internal/locale"
)

// WriteText writes everything that an instrument decides as an outline for people: numbering, exact weights, what is
// asked and what each answer is worth, combined areas, predicates with their articles, eligibility. The words around
// the instrument's own are in the printer's language.
func WriteText(w io.Writer, in *Instrument, p *locale.Printer) error {
	o := &outline{in: in, p: p}
	o.head()
	for _, n := range in.Nodes {
		o.node(n)
	}
	o.groups()
	o.predicates()
	o.eligibility()
	_, err := io.WriteString(w, o.b.String())
	return err
}

// outline is the text in the making.
type outline struct {
	b  strings.Builder
	in *Instrument
	p  *locale.Printer
}

// indent is where what belongs to a line of the sheet starts, beside numbering and weight.
const indent = "                      "

// linef writes one line, without the blanks that an absent note leaves at its end.
func (o *outline) linef(format string, args ...any) {
	o.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

func (o *outline) head() {
	in := o.in
	o.linef("%s (%s)\n%s", in.Title, in.ID, in.Regulation)
	if in.AmendedBy != "" {
		o.linef("%s", o.p.T("instrument.amended", "By", in.AmendedBy))
	}
	if in.Example {
		o.linef("%s", o.p.T("instrument.example"))
	}
	o.linef("%s\n", o.p.T("instrument.size", "Questions", len(in.Questions), "Points", in.MaxTotal))
}

func (o *outline) node(n *Node) {
	o.linef("%-12s %8s %s", n.ID, o.number(n.Weight), n.Name)
	q := n.Question
	if q == nil {
		return
	}
	o.linef("%s%s", indent, q.Text)
	for _, opt := range q.Options {
		o.linef("%s%-6s %5s  %s", indent, opt.Key, o.number(opt.Value), opt.Text)
	}
	if q.Kind == Index {
		o.linef("%s%s", indent, o.p.T("instrument.index", "Min", q.Min, "Max", q.Max))
	}
	for i := range q.Inputs {
		text := fmt.Sprintf("%s: %s (%s)", q.Inputs[i].Key, q.Inputs[i].Label, q.Inputs[i].Unit)
		if !q.Inputs[i].InFormula {
			text += ", " + o.p.T("instrument.input.unscored")
		}
		o.linef("%s%s", indent, text)
	}
	if q.Formula != nil {
		o.formula(q.Formula)
	}
}

func (o *outline) formula(f *Formula) {
	o.linef("%s%s", indent, o.p.T("instrument.formula", "Numerator", f.Numerator.String(), "Denominator", f.Denominator.String(), "Min", f.Min, "Max", f.Max))
	for _, c := range f.ZeroCases {
		id, when := "instrument.zero.otherwise", ""
		if c.When != nil {
			id, when = "instrument.zero.when", c.When.String()
		}
		o.linef("%s  %s", indent, o.p.T(id, "When", when, "Value", c.Value))
	}
	o.linef("%s  %s", indent, f.Reasoning)
}

func (o *outline) groups() {
	if len(o.in.Groups) == 0 {
		return
	}
	o.linef("\n%s", o.p.T("instrument.groups"))
	for _, g := range o.in.Groups {
		ids := make([]string, len(g.Members))
		for i, m := range g.Members {
			ids[i] = o.in.Nodes[m].ID
		}
		o.linef("%-12s %8s %s = %s", g.ID, o.number(g.Weight), g.Name, strings.Join(ids, " + "))
	}
}

func (o *outline) predicates() {
	for _, p := range o.in.Predicates {
		o.linef("\n%s: %s", p.ID, p.Name)
		for i := range p.Rules {
			o.rule(&p.Rules[i])
		}
		for _, c := range p.Prerequisites {
			o.linef("  %s", o.p.T("instrument.prerequisite", "Label", c.Label, "Note", c.Note))
		}
	}
}

func (o *outline) rule(r *Rule) {
	least := o.number(r.Threshold)
	if r.Fraction {
		least = o.p.Input(r.Threshold.Mul(exact.Int(100))) + "%"
	}
	if r.Index.Sign() != 0 {
		least += " " + o.p.T("instrument.rule.index", "Index", r.Index)
	}
	o.linef("  %-18s >= %s  %s", r.ID, least, r.Label)
	o.linef("  %-18s    %s", "", r.Article)
}

func (o *outline) eligibility() {
	if len(o.in.Requirements) == 0 {
		return
	}
	o.linef("\n%s", o.p.T("instrument.eligibility", "Source", o.in.Eligibility))
	for i := range o.in.Requirements {
		r := &o.in.Requirements[i]
		o.linef("  %s: %s", r.Label, o.minima(r))
		if r.Note != "" {
			o.linef("    %s", r.Note)
		}
	}
	for _, e := range o.in.Exemptions {
		o.linef("  %s", o.p.T("instrument.exemption", "To", e.AppliesTo, "Kinds", e.UnitKinds))
		o.linef("    %s %s", e.Effect, e.Note)
	}
	if o.in.Waiver != "" {
		o.linef("  %s", o.in.Waiver)
	}
}

// minima lists a requirement's least values in the order of the predicates: "WBK kl B, pemda CC; WBBM kl BB, ...".
func (o *outline) minima(r *Requirement) string {
	var all []string
	for _, p := range o.in.Predicates {
		var parts []string
		for _, kind := range sortedKeys(r.Minima[p.ID]) {
			parts = append(parts, strings.TrimSpace(kind+" "+r.Minima[p.ID][kind]))
		}
		if len(parts) > 0 {
			all = append(all, p.ID+" "+strings.Join(parts, ", "))
		}
	}
	return strings.Join(all, "; ")
}

// number is exact: a decimal where there is a finite one, else a fraction. Rounded weights would not sum.
func (o *outline) number(n exact.Number) string {
	if text := n.String(); strings.Contains(text, "/") {
		return text
	}
	return o.p.Input(n)
}
