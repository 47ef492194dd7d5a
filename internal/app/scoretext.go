package app

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"zona/internal/exact"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/scoring"
)

// nameWidth is the column of names in the tree; longer names are cut, since the id beside them says which it is.
const nameWidth = 60

// writeScoreText writes the tree down to sub-areas, the verdicts with every rule, and what is missing or unreadable.
func writeScoreText(w io.Writer, s scoredFile, text *locale.Printer) error {
	p := &page{w: w, text: text}
	p.linef("%s: %s", text.T("cli.tree.file"), s.name)
	if s.result == nil {
		p.linef("%s", text.T("cli.tree.unread"))
		p.problems(s)
		p.linef("")
		return p.err
	}
	p.linef("%s: %s (%s)", text.T("cli.tree.instrument"), s.instrument.Title, s.instrument.ID)
	p.linef("")
	p.tree(s.result)
	for _, v := range s.result.Verdicts {
		p.verdict(v)
	}
	if n := len(s.result.Unanswered); n > 0 {
		p.linef("%s: %s", text.T("cli.tree.unanswered", "Count", text.Count(int64(n))), strings.Join(s.result.Unanswered, ", "))
		p.linef("")
	}
	p.problems(s)
	return p.err
}

// page writes lines and keeps the first error.
type page struct {
	w    io.Writer
	text *locale.Printer
	err  error
}

func (p *page) linef(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *page) tree(r *scoring.Result) {
	p.linef("%-12s %-*s %10s %10s %9s", "", nameWidth, "", p.text.T("cli.tree.score"), p.text.T("cli.tree.weight"), p.text.T("cli.tree.percent"))
	for i, n := range r.Instrument.Nodes {
		if n.Level == instrument.Leaf {
			continue
		}
		p.row(n.ID, strings.Repeat("  ", depth(r.Instrument, n))+n.Name, r.Nodes[i], missed(r, i, -1))
	}
	p.row("", p.text.T("cli.tree.total"), r.Whole(), missed(r, -1, -1))
	p.linef("")
	if len(r.Instrument.Groups) > 0 {
		p.linef("%s", p.text.T("cli.tree.groups"))
		for i, g := range r.Instrument.Groups {
			p.row(g.ID, g.Name, r.Groups[i], missed(r, -1, i))
		}
		p.linef("")
	}
}

// row prints a score with as many decimals as tell that it misses its threshold.
func (p *page) row(id, name string, n scoring.NodeScore, threshold exact.Number) {
	p.linef("%-12s %s %10s %10s %9s", id, pad(name, nameWidth), p.text.Against(n.Score, threshold), p.text.Number(n.Weight, 2), p.text.PercentAgainst(n.Fraction, threshold.Div(n.Weight)))
}

// missed is the lowest threshold in points that a node, a group or (both -1) the total falls short of; 0 where it
// meets all.
func missed(r *scoring.Result, node, group int) exact.Number {
	lowest := exact.Number{}
	for _, v := range r.Verdicts {
		for _, rule := range v.Rules {
			if rule.Pass || rule.Rule.Node != node || rule.Rule.Group != group {
				continue
			}
			points := rule.Threshold
			if rule.Rule.Fraction {
				points = points.Mul(weightOf(r, node, group))
			}
			if lowest.Sign() == 0 || points.Less(lowest) {
				lowest = points
			}
		}
	}
	return lowest
}

func weightOf(r *scoring.Result, node, group int) exact.Number {
	switch {
	case node >= 0:
		return r.Nodes[node].Weight
	case group >= 0:
		return r.Groups[group].Weight
	}
	return r.Whole().Weight
}

func (p *page) verdict(v scoring.Verdict) {
	state := "cli.tree.fail"
	if v.Pass {
		state = "cli.tree.pass"
	}
	p.linef("%s - %s: %s", v.Predicate.ID, v.Predicate.Name, p.text.T(state))
	for _, r := range v.Rules {
		value, threshold := p.text.Against(r.Value, r.Threshold), p.text.Number(r.Threshold, 2)
		if r.Rule.Fraction {
			value, threshold = p.text.PercentAgainst(r.Value, r.Threshold), p.text.Percent(r.Threshold, 2)
		}
		mark, gap := "+", p.text.T("cli.tree.rule.pass")
		if !r.Pass {
			mark, gap = "-", p.text.T("cli.tree.rule.short", "Short", p.text.Shortfall(r.Short))
		}
		p.linef("  %s %-18s %s %14s >= %-8s %s", mark, r.Rule.ID, pad(r.Rule.Label, 44), value, threshold, gap)
	}
	p.linef("")
}

func (p *page) problems(s scoredFile) {
	if len(s.problems) == 0 {
		return
	}
	p.linef("%s", p.text.T("cli.tree.problems", "Count", len(s.problems)))
	for _, x := range problemsJSON(s, p.text) {
		where := strings.Trim(x.Sheet+"!"+x.Cell, "!")
		var parts []string
		for _, part := range []string{where, x.Question, quoted(x.Read)} {
			if part != "" {
				parts = append(parts, part)
			}
		}
		p.linef("  %s: %s", strings.Join(parts, " "), x.Rule)
		p.linef("    %s: %s", p.text.T("cli.tree.mend"), x.Mend)
	}
	p.linef("")
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf("%q", s)
}

func depth(in *instrument.Instrument, n *instrument.Node) int {
	d := 0
	for n.Parent >= 0 {
		n = in.Nodes[n.Parent]
		d++
	}
	return d
}

// pad fills or cuts to a width in characters; %-*s counts them the same way but does not cut.
func pad(s string, width int) string {
	if n := utf8.RuneCountInString(s); n < width {
		return s + strings.Repeat(" ", width-n)
	}
	r := []rune(s)
	return string(r[:width-1]) + "…"
}
