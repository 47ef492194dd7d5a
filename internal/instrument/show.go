package instrument

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// WriteText writes the instrument as an outline that a person can read: numbering, names, weights, what is asked and
// how it may be answered.
func WriteText(w io.Writer, in *Instrument) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n%s\n\n", in.Title, in.ID, in.Regulation)
	for _, n := range in.Nodes {
		fmt.Fprintf(&b, "%-11s %8s  %s\n", n.ID, n.Weight.Decimal(2), n.Name)
		if n.Question == nil {
			continue
		}
		fmt.Fprintf(&b, "%22s%s\n", "", n.Question.Text)
		for _, o := range n.Question.Options {
			fmt.Fprintf(&b, "%22s%-6s %5s  %s\n", "", o.Key, o.Value.String(), o.Text)
		}
		for _, i := range n.Question.Inputs {
			fmt.Fprintf(&b, "%22s%s: %s (%s)\n", "", i.Key, i.Label, i.Unit)
		}
		if f := n.Question.Formula; f != nil {
			fmt.Fprintf(&b, "%22s= (%s) / (%s)\n", "", f.Numerator, f.Denominator)
		}
	}
	for _, p := range in.Predicates {
		fmt.Fprintf(&b, "\n%s  %s\n", p.ID, p.Name)
		for _, r := range p.Rules {
			fmt.Fprintf(&b, "  %-18s >= %-6s %s\n", r.ID, r.Threshold.String(), r.Label)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the instrument as one JSON document, exact numbers as text.
func WriteJSON(w io.Writer, in *Instrument) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(documentOf(in))
}

// document is the public form of an instrument: what a person may read, without positions and compiled formulas.
type document struct {
	ID         string              `json:"id"`
	Title      string              `json:"title"`
	Regulation string              `json:"regulation"`
	MaxTotal   string              `json:"max_total"`
	Nodes      []documentNode      `json:"nodes"`
	Predicates []documentPredicate `json:"predicates"`
}

type documentNode struct {
	ID       string           `json:"id"`
	Level    Level            `json:"level"`
	Name     string           `json:"name"`
	Weight   string           `json:"weight"`
	Type     string           `json:"type,omitempty"`
	Text     string           `json:"text,omitempty"`
	Options  []documentOption `json:"options,omitempty"`
	Inputs   []documentInput  `json:"inputs,omitempty"`
	Formula  string           `json:"formula,omitempty"`
	Evidence []string         `json:"evidence,omitempty"`
}

type documentOption struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Text  string `json:"text"`
}

type documentInput struct {
	Key       string `json:"key"`
	Label     string `json:"label"`
	Unit      string `json:"unit"`
	InFormula bool   `json:"in_formula"`
}

type documentPredicate struct {
	ID    string         `json:"id"`
	Name  string         `json:"name"`
	Rules []documentRule `json:"rules"`
}

type documentRule struct {
	ID        string `json:"id"`
	Label     string `json:"label"`
	Threshold string `json:"threshold"`
	Fraction  bool   `json:"fraction"`
}

func documentOf(in *Instrument) document {
	d := document{ID: in.ID, Title: in.Title, Regulation: in.Regulation, MaxTotal: in.MaxTotal.String()}
	for _, n := range in.Nodes {
		d.Nodes = append(d.Nodes, documentNodeOf(n))
	}
	for _, p := range in.Predicates {
		out := documentPredicate{ID: p.ID, Name: p.Name}
		for _, r := range p.Rules {
			out.Rules = append(out.Rules, documentRule{r.ID, r.Label, r.Threshold.String(), r.Fraction})
		}
		d.Predicates = append(d.Predicates, out)
	}
	return d
}

func documentNodeOf(n *Node) documentNode {
	out := documentNode{ID: n.ID, Level: n.Level, Name: n.Name, Weight: n.Weight.String()}
	q := n.Question
	if q == nil {
		return out
	}
	out.Type, out.Text, out.Evidence = q.Type, q.Text, q.Evidence
	for _, o := range q.Options {
		out.Options = append(out.Options, documentOption{o.Key, o.Value.String(), o.Text})
	}
	for _, i := range q.Inputs {
		out.Inputs = append(out.Inputs, documentInput{i.Key, i.Label, i.Unit, i.InFormula})
	}
	if q.Formula != nil {
		out.Formula = fmt.Sprintf("(%s) / (%s)", q.Formula.Numerator, q.Formula.Denominator)
	}
	return out
}
