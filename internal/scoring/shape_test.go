package scoring_test

import (
	"zona/internal/exact"
	"zona/internal/instrument"
)

// shapedLike copies lines, groups and predicates of an instrument with questions that can be worth any fraction: the
// value 0..1 itself. With it a test can put any score exactly where it wants it, which letters cannot.
func shapedLike(like *instrument.Instrument) *instrument.Instrument {
	in := &instrument.Instrument{ID: like.ID, Title: like.Title, Regulation: like.Regulation, MaxTotal: like.MaxTotal}
	for _, n := range like.Nodes {
		c := *n
		if n.Question != nil {
			c.Question = &instrument.Question{Type: "fraction", Kind: instrument.Index, Max: exact.Int(1)}
			in.Questions = append(in.Questions, &c)
		}
		in.Nodes = append(in.Nodes, &c)
	}
	for _, g := range like.Groups {
		c := *g
		in.Groups = append(in.Groups, &c)
	}
	for _, p := range like.Predicates {
		c := *p
		c.Rules = append([]instrument.Rule(nil), p.Rules...)
		in.Predicates = append(in.Predicates, &c)
	}
	return in
}
