package scoring_test

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"zona/internal/exact"
	"zona/internal/instrument"
	"zona/internal/scoring"
)

func TestScoresEqualTheOracle(t *testing.T) {
	t.Parallel()
	ins := instrument.All()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SampledFrom(ins).Draw(t, "instrument")
		if rapid.Bool().Draw(t, "odd weights") {
			in = oddWeights(t, in)
		}
		answers := drawSheet(in).Draw(t, "sheet")
		if diff := compare(scoring.Score(in, answers), newOracle(in, answers)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// oddWeights gives a sheet weights whose common denominator does not fit in a machine word, so that the way without
// integers is walked too.
func oddWeights(t *rapid.T, like *instrument.Instrument) *instrument.Instrument {
	in := shapedLike(like)
	primes := []int64{999_999_937, 999_999_929, 999_999_893, 7, 1}
	for i, n := range slices.Backward(in.Nodes) {
		n.Question = like.Nodes[i].Question
		if n.Question != nil {
			n.Weight = exact.Frac(rapid.Int64Range(0, 3).Draw(t, "weight"), rapid.SampledFrom(primes).Draw(t, "over"))
			continue
		}
		n.Weight = exact.Int(0)
		for _, c := range n.Children {
			n.Weight = n.Weight.Add(in.Nodes[c].Weight)
		}
	}
	in.MaxTotal = exact.Int(0)
	for _, n := range in.Nodes {
		if n.Parent < 0 {
			in.MaxTotal = in.MaxTotal.Add(n.Weight)
		}
	}
	for _, g := range in.Groups {
		g.Weight = exact.Int(0)
		for _, m := range g.Members {
			g.Weight = g.Weight.Add(in.Nodes[m].Weight)
		}
	}
	return in
}

// Controls: a scorer that rounds each question to two decimals, and one that computes in float64, must both be seen.
func TestOracleSeesRoundingAndFloats(t *testing.T) {
	t.Parallel()
	in := lke(t)
	answers := choices("A.I.1.iii.a", "B", "A.I.1.iii.b", "C", "A.I.1.iii.c", "A")
	for name, spoil := range map[string]func(exact.Number) exact.Number{
		"two decimals": func(n exact.Number) exact.Number { return exact.MustParse(n.Decimal(2)) },
		"float64":      func(n exact.Number) exact.Number { return exact.FromRat(new(big.Rat).SetFloat64(n.Float64())) },
	} {
		r := scoring.Score(in, answers)
		if diff := compare(r, newOracle(in, answers)); diff != "" {
			t.Fatal(diff)
		}
		for i := range r.Nodes {
			r.Nodes[i].Score = spoil(r.Nodes[i].Score)
		}
		if compare(r, newOracle(in, answers)) == "" {
			t.Errorf("%s went unseen", name)
		}
	}
}
