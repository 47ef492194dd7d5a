package instrument

import (
	"encoding/json"
	"io"
)

// WriteJSON writes the instrument as one JSON document. Exact numbers are texts, since a JSON number would be rounded
// by most readers; places in the tree are ids.
func WriteJSON(w io.Writer, in *Instrument) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(documentOf(in))
}

// document is the public form of an instrument: what a person may read, without positions and compiled formulas.
type document struct {
	ID           string                `json:"id"`
	Title        string                `json:"title"`
	Regulation   string                `json:"regulation"`
	AmendedBy    string                `json:"amended_by,omitempty"`
	Language     string                `json:"language"`
	MaxTotal     string                `json:"max_total"`
	Example      bool                  `json:"example,omitempty"`
	AreaMinimum  string                `json:"area_minimum,omitempty"`
	Nodes        []documentNode        `json:"nodes"`
	Groups       []documentGroup       `json:"groups,omitempty"`
	Predicates   []documentPredicate   `json:"predicates,omitempty"`
	Eligibility  string                `json:"eligibility,omitempty"`
	Requirements []documentRequirement `json:"requirements,omitempty"`
	Exemptions   []documentExemption   `json:"exemptions,omitempty"`
	Waiver       string                `json:"waiver,omitempty"`
}

type documentNode struct {
	ID         string           `json:"id"`
	Level      Level            `json:"level"`
	Name       string           `json:"name"`
	AnnexName  string           `json:"annex_name,omitempty"`
	AnnexLabel string           `json:"annex_label,omitempty"`
	AnnexGroup string           `json:"annex_group,omitempty"`
	Weight     string           `json:"weight"`
	Type       string           `json:"type,omitempty"`
	Kind       Kind             `json:"kind,omitempty"`
	Text       string           `json:"text,omitempty"`
	Help       string           `json:"help,omitempty"`
	Options    []documentOption `json:"options,omitempty"`
	Inputs     []documentInput  `json:"inputs,omitempty"`
	Formula    *documentFormula `json:"formula,omitempty"`
	Min        string           `json:"min,omitempty"` // of an index
	Max        string           `json:"max,omitempty"`
	Evidence   []string         `json:"evidence,omitempty"`
	Notes      string           `json:"notes,omitempty"`
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

type documentFormula struct {
	Numerator   string         `json:"numerator"`
	Denominator string         `json:"denominator"`
	Min         string         `json:"min"`
	Max         string         `json:"max"`
	ZeroCases   []documentCase `json:"zero_denominator"`
	Reasoning   string         `json:"reasoning"`
}

type documentCase struct {
	When  string `json:"when"`
	Value string `json:"value"`
}

type documentGroup struct {
	ID      string   `json:"id"`
	Kind    string   `json:"kind"`
	Name    string   `json:"name"`
	Weight  string   `json:"weight"`
	Members []string `json:"members"`
}

type documentPredicate struct {
	ID            string             `json:"id"`
	Name          string             `json:"name"`
	Rules         []documentRule     `json:"rules"`
	Prerequisites []documentPrecedes `json:"prerequisites,omitempty"`
}

type documentRule struct {
	ID        string `json:"id"`
	Label     string `json:"label"`
	Of        string `json:"of,omitempty"` // id of a line, or "total"
	OfGroup   string `json:"of_group,omitempty"`
	Threshold string `json:"threshold"`
	Fraction  bool   `json:"fraction"`
	Index     string `json:"index,omitempty"`
	Article   string `json:"article"`
}

type documentPrecedes struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Note  string `json:"note,omitempty"`
}

type documentRequirement struct {
	ID      string                       `json:"id"`
	Label   string                       `json:"label"`
	Subject string                       `json:"subject"`
	Type    string                       `json:"type"`
	Order   []string                     `json:"order,omitempty"` // worst to best
	Minima  map[string]map[string]string `json:"min"`             // predicate, kind of institution ("" for units)
	Note    string                       `json:"note,omitempty"`
}

type documentExemption struct {
	AppliesTo string   `json:"applies_to"`
	UnitKinds []string `json:"unit_kinds"`
	Effect    string   `json:"effect"`
	Note      string   `json:"note,omitempty"`
}

func documentOf(in *Instrument) document {
	d := document{
		ID: in.ID, Title: in.Title, Regulation: in.Regulation, AmendedBy: in.AmendedBy, Language: in.Language,
		MaxTotal: in.MaxTotal.String(), Example: in.Example, AreaMinimum: in.AreaMinimum, Eligibility: in.Eligibility, Waiver: in.Waiver,
	}
	for _, n := range in.Nodes {
		d.Nodes = append(d.Nodes, documentNodeOf(n))
	}
	for _, g := range in.Groups {
		out := documentGroup{ID: g.ID, Kind: g.Kind, Name: g.Name, Weight: g.Weight.String()}
		for _, m := range g.Members {
			out.Members = append(out.Members, in.Nodes[m].ID)
		}
		d.Groups = append(d.Groups, out)
	}
	for _, p := range in.Predicates {
		out := documentPredicate{ID: p.ID, Name: p.Name}
		for i := range p.Rules {
			out.Rules = append(out.Rules, documentRuleOf(in, &p.Rules[i]))
		}
		for _, c := range p.Prerequisites {
			out.Prerequisites = append(out.Prerequisites, documentPrecedes(c))
		}
		d.Predicates = append(d.Predicates, out)
	}
	for _, r := range in.Requirements {
		d.Requirements = append(d.Requirements, documentRequirement(r))
	}
	for _, e := range in.Exemptions {
		d.Exemptions = append(d.Exemptions, documentExemption(e))
	}
	return d
}

func documentNodeOf(n *Node) documentNode {
	out := documentNode{
		ID: n.ID, Level: n.Level, Name: n.Name, AnnexName: n.AnnexName, AnnexLabel: n.AnnexLabel, AnnexGroup: n.AnnexGroup,
		Weight: n.Weight.String(),
	}
	q := n.Question
	if q == nil {
		return out
	}
	out.Type, out.Kind, out.Text, out.Help, out.Evidence, out.Notes = q.Type, q.Kind, q.Text, q.Help, q.Evidence, q.Notes
	if q.Kind == Index {
		out.Min, out.Max = q.Min.String(), q.Max.String()
	}
	for _, o := range q.Options {
		out.Options = append(out.Options, documentOption{o.Key, o.Value.String(), o.Text})
	}
	for _, i := range q.Inputs {
		out.Inputs = append(out.Inputs, documentInput(i))
	}
	if f := q.Formula; f != nil {
		out.Formula = &documentFormula{
			Numerator: f.Numerator.String(), Denominator: f.Denominator.String(), Min: f.Min.String(), Max: f.Max.String(), Reasoning: f.Reasoning,
		}
		for _, c := range f.ZeroCases {
			when := otherwise
			if c.When != nil {
				when = c.When.String()
			}
			out.Formula.ZeroCases = append(out.Formula.ZeroCases, documentCase{when, c.Value.String()})
		}
	}
	return out
}

func documentRuleOf(in *Instrument, r *Rule) documentRule {
	out := documentRule{ID: r.ID, Label: r.Label, Threshold: r.Threshold.String(), Fraction: r.Fraction, Article: r.Article}
	switch {
	case r.Node >= 0:
		out.Of = in.Nodes[r.Node].ID
	case r.Group >= 0:
		out.OfGroup = in.Groups[r.Group].ID
	default:
		out.Of = totalTarget
	}
	if r.Index.Sign() != 0 {
		out.Index = r.Index.String()
	}
	return out
}
