package scoring_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"zona/internal/exact"
	"zona/internal/instrument"
	"zona/internal/scoring"
)

// Cases of the long property runs. Under the race detector and with -short they take fewer: what they look for is
// arithmetic, not a race.
const (
	longRun  = 100_000 // sheets or pairs
	orderRun = 10_000  // sheets, each answered one question at a time in a drawn order
	shortRun = 300
)

// checkMany runs a property over many drawn cases. rapid's own number of cases is a flag of the whole test program,
// so this asks it again, with a new seed each time, until there were enough.
func checkMany(t *testing.T, cases int64, property func(*rapid.T)) {
	t.Helper()
	if raceEnabled || testing.Short() {
		cases = shortRun
	}
	var done atomic.Int64
	for done.Load() < cases {
		rapid.Check(silent{t}, func(t *rapid.T) {
			property(t)
			done.Add(1)
		})
	}
	t.Logf("%d cases", done.Load())
}

// silent keeps rapid from writing a line for each of its rounds that went well.
type silent struct{ *testing.T }

func (silent) Logf(string, ...any) {}

func TestSC01WeightsAddUpExactly(t *testing.T) {
	t.Parallel()
	for _, in := range instrument.All() {
		if diff := weightsWrong(in); diff != "" {
			t.Errorf("%s: %s", in.ID, diff)
		}
	}
	in := lke(t)
	areas, enabler := []int64{8, 7, 10, 10, 15, 10}, exact.Int(0) // Tabel 3
	for i, g := range in.Groups {
		half := exact.Frac(areas[i], 2)
		enabler = enabler.Add(g.Weight)
		for _, m := range g.Members {
			if !in.Nodes[m].Weight.Equal(half) {
				t.Errorf("%s weighs %v, half of area %s is %v", in.Nodes[m].ID, in.Nodes[m].Weight, g.ID, half)
			}
		}
		if !g.Weight.Equal(exact.Int(areas[i])) {
			t.Errorf("area %s weighs %v, not %d", g.ID, g.Weight, areas[i])
		}
	}
	r := scoring.Score(in, nil)
	for id, want := range map[string]string{"A": "60", "A.I": "30", "A.II": "30", "B": "40", "B.I": "22.5", "B.I.a": "17.5", "B.I.b": "5", "B.II": "17.5"} {
		if got := r.Node(id).Weight; !got.Equal(exact.MustParse(want)) {
			t.Errorf("%s weighs %v, not %s", id, got, want)
		}
	}
	if !enabler.Equal(exact.Int(60)) || !r.Whole().Weight.Equal(exact.Int(100)) {
		t.Errorf("the areas weigh %v, the sheet %v", enabler, r.Whole().Weight)
	}

	bent := shapedLike(in)
	bent.Nodes[5].Weight = bent.Nodes[5].Weight.Add(exact.Frac(1, 1_000_000_000))
	if weightsWrong(bent) == "" {
		t.Error("the check did not see a weight that is off by a billionth")
	}
}

// weightsWrong names a line whose parts do not weigh what it weighs.
func weightsWrong(in *instrument.Instrument) string {
	sums := make([]exact.Number, len(in.Nodes))
	total := exact.Int(0)
	for i, n := range in.Nodes {
		if n.Parent >= 0 {
			sums[n.Parent] = sums[n.Parent].Add(n.Weight)
		} else {
			total = total.Add(n.Weight)
		}
		if n.Question != nil {
			sums[i] = n.Weight
		}
	}
	for i, n := range in.Nodes {
		if !sums[i].Equal(n.Weight) {
			return fmt.Sprintf("%s weighs %v, its parts %v", n.ID, n.Weight, sums[i])
		}
	}
	if !total.Equal(in.MaxTotal) {
		return fmt.Sprintf("the sheet weighs %v, its parts %v", in.MaxTotal, total)
	}
	return ""
}

func TestSC02ScoresStayBetweenNothingAndTheirWeight(t *testing.T) {
	t.Parallel()
	ins := instrument.All()
	checkMany(t, longRun, func(t *rapid.T) {
		in := ins[0]
		if rapid.IntRange(0, 9).Draw(t, "other instrument") == 0 {
			in = rapid.SampledFrom(ins).Draw(t, "instrument")
		}
		if diff := outOfBounds(scoring.Score(in, drawSheet(in).Draw(t, "sheet"))); diff != "" {
			t.Fatal(diff)
		}
	})

	r := scoring.Score(ins[0], nil)
	r.Nodes[7].Score = r.Nodes[7].Weight.Add(exact.Frac(1, 1_000_000_000_000))
	if outOfBounds(r) == "" {
		t.Error("the check did not see a score above its weight")
	}
	r = scoring.Score(ins[0], nil)
	r.Groups[2].Score = exact.Frac(-1, 1_000_000_000_000)
	if outOfBounds(r) == "" {
		t.Error("the check did not see a score below nothing")
	}
}

// outOfBounds names a line with a score outside 0..weight or a fraction that is not score / weight.
func outOfBounds(r *scoring.Result) string {
	check := func(id string, n scoring.NodeScore) string {
		if n.Score.Sign() < 0 || n.Weight.Less(n.Score) || !n.Fraction.Mul(n.Weight).Equal(n.Score) {
			return fmt.Sprintf("%s: score %v, weight %v, fraction %v", id, n.Score, n.Weight, n.Fraction)
		}
		if n.Answered < 0 || n.Answered > n.Questions || (n.State == scoring.Answered) != (n.Answered == n.Questions) {
			return fmt.Sprintf("%s: %v with %d of %d", id, n.State, n.Answered, n.Questions)
		}
		return ""
	}
	for i, n := range r.Instrument.Nodes {
		if diff := check(n.ID, r.Nodes[i]); diff != "" {
			return diff
		}
	}
	for i, g := range r.Instrument.Groups {
		if diff := check("group "+g.ID, r.Groups[i]); diff != "" {
			return diff
		}
	}
	return check("the sheet", r.Whole())
}

func TestSC02BestIsAHundredAndWorstIsNothing(t *testing.T) {
	t.Parallel()
	in := lke(t)
	for name, c := range map[string]struct {
		best bool
		want string
	}{"best": {true, "100"}, "worst": {false, "0"}} {
		r := scoring.Score(in, extreme(in, c.best))
		if got := r.Total(); !got.Equal(exact.MustParse(c.want)) || len(r.Unanswered) > 0 {
			t.Errorf("%s: total %v, unanswered %v", name, got, r.Unanswered)
		}
		for _, v := range r.Verdicts {
			if v.Pass != c.best {
				t.Errorf("%s: %s is %v", name, v.Predicate.ID, v.Pass)
			}
		}
	}
}

// extreme answers everything with the best or the worst there is.
func extreme(in *instrument.Instrument, best bool) map[string]instrument.Answer {
	answers := map[string]instrument.Answer{}
	for _, n := range in.Questions {
		q := n.Question
		switch q.Kind {
		case instrument.Choice:
			o := q.Options[0]
			if !best {
				o = q.Options[len(q.Options)-1]
			}
			answers[n.ID] = instrument.Answer{Choice: o.Key}
		case instrument.Index:
			v := q.Max
			if !best {
				v = q.Min
			}
			answers[n.ID] = instrument.Answer{Number: &v}
		case instrument.Ratio:
			given := map[string]int64{}
			inDenominator := q.Formula.Denominator.Inputs()
			for _, input := range q.Inputs {
				given[input.Key] = 0
			}
			for _, key := range inDenominator {
				given[key] = 2
			}
			// Try the other inputs of the numerator at both ends; keep what is best or worst.
			for _, key := range q.Formula.Numerator.Inputs() {
				if given[key] != 0 {
					continue
				}
				low, _ := q.Fraction(instrument.Answer{Inputs: given})
				given[key] = 100
				high, _ := q.Fraction(instrument.Answer{Inputs: given})
				if low.Less(high) != best {
					given[key] = 0
				}
			}
			answers[n.ID] = instrument.Answer{Inputs: given}
		}
	}
	return answers
}

func TestSC02SurveyValueIsAShareOfItsWeight(t *testing.T) {
	t.Parallel()
	in := lke(t)
	for hundredths := range int64(401) {
		s := exact.Frac(hundredths, 100)
		r := scoring.Score(in, map[string]instrument.Answer{"B.I.a": {Number: &s}, "B.II.a": {Number: &s}})
		want := exact.MustParse("17.5").Mul(s).Div(exact.Int(4))
		if a, b := r.Node("B.I.a").Score, r.Node("B.II").Score; !a.Equal(want) || !b.Equal(want) {
			t.Fatalf("index %v gives %v and %v points, not %v", s, a, b, want)
		}
	}
}

func TestSC02RatiosAreHeldBetweenZeroAndOneAndZeroOverZeroIsSettled(t *testing.T) {
	t.Parallel()
	in := lke(t)
	cases := []struct {
		id   string
		a    instrument.Answer
		want string
	}{
		{"A.II.1.i.a", inputs("agen", 0, "perubahan", 0), "0"},
		{"A.II.1.i.a", inputs("agen", 0, "perubahan", 5), "0"},
		{"A.II.1.i.a", inputs("agen", 4, "perubahan", 3), "3/4"},
		{"A.II.1.i.a", inputs("agen", 4, "perubahan", 5), "1"},
		{"A.II.1.i.b", inputs("perubahan", 0, "terintegrasi", 0), "0"},
		{"A.II.1.i.b", inputs("perubahan", 3, "terintegrasi", 1), "1/3"},
		{"A.II.3.iii.a", inputs("tahun_lalu", 0, "tahun_ini", 0), "1"},
		{"A.II.3.iii.a", inputs("tahun_lalu", 0, "tahun_ini", 3), "0"},
		{"A.II.3.iii.a", inputs("tahun_lalu", 4, "tahun_ini", 1), "3/4"},
		{"A.II.3.iii.a", inputs("tahun_lalu", 4, "tahun_ini", 9), "0"},
		{"A.II.3.iii.a", inputs("tahun_lalu", 4, "tahun_ini", 4), "0"},
		{"A.II.4.i.a", inputs("sasaran", 0, "tercapai", 0), "0"},
		{"A.II.4.i.a", inputs("sasaran", 10, "tercapai", 11), "1"},
		{"A.II.5.ii.a", inputs("wajib", 0, "selesai", 0), "1"},
		{"A.II.5.ii.a", inputs("wajib", 20, "selesai", 18, "proses", 2), "9/10"},
		{"A.II.5.iii.a", inputs("kepala", 0, "pejabat", 0, "lainnya", 0, "sudah", 0), "1"},
		{"A.II.5.iii.a", inputs("kepala", 1, "pejabat", 2, "lainnya", 2, "sudah", 4), "4/5"},
		{"A.II.5.iii.b", inputs("administrator", 0, "pengawas", 0, "fungsional_pelaksana", 0, "sudah", 0), "1"},
		{"A.II.5.iii.b", inputs("administrator", 2, "pengawas", 8, "fungsional_pelaksana", 40, "sudah", 48), "24/25"},
		{"A.II.6.i.b", inputs("terdaftar", 0, "dipermudah", 0), "0"},
		{"A.II.6.i.b", inputs("terdaftar", 1_000_000_000, "dipermudah", 999_999_999), "999999999/1000000000"},
	}
	for _, c := range cases {
		r := scoring.Score(in, map[string]instrument.Answer{c.id: c.a})
		if got := r.Node(c.id); !got.Fraction.Equal(exact.MustParse(c.want)) || got.State != scoring.Answered {
			t.Errorf("%s %v: %v, %v, want %s", c.id, c.a.Inputs, got.Fraction, got.State, c.want)
		}
	}
}

func TestSC03ImprovingOneAnswerNeverLowersAnything(t *testing.T) {
	t.Parallel()
	in := lke(t)
	checkMany(t, longRun, func(t *rapid.T) {
		answers := drawSheet(in).Draw(t, "sheet")
		q := rapid.SampledFrom(in.Questions).Draw(t, "question")
		better := drawAnswer(q.Question).Draw(t, "better")
		f, _ := q.Question.Fraction(better)
		if was, ok := q.Question.Fraction(answers[q.ID]); ok && f.Less(was) {
			better, answers[q.ID] = answers[q.ID], better
		}
		before, after := scoring.Score(in, answers), scoring.WhatIf(in, answers, map[string]instrument.Answer{q.ID: better})
		if diff := fell(before, after); diff != "" {
			t.Fatalf("better answer to %s: %s", q.ID, diff)
		}
	})
}

// fell names a line or a verdict that is lower after than before.
func fell(before, after *scoring.Result) string {
	for i, n := range before.Instrument.Nodes {
		if after.Nodes[i].Score.Less(before.Nodes[i].Score) {
			return fmt.Sprintf("%s fell from %v to %v", n.ID, before.Nodes[i].Score, after.Nodes[i].Score)
		}
	}
	for i, g := range before.Instrument.Groups {
		if after.Groups[i].Score.Less(before.Groups[i].Score) {
			return fmt.Sprintf("group %s fell from %v to %v", g.ID, before.Groups[i].Score, after.Groups[i].Score)
		}
	}
	if after.Total().Less(before.Total()) {
		return fmt.Sprintf("the total fell from %v to %v", before.Total(), after.Total())
	}
	for i, v := range before.Verdicts {
		for j := range v.Rules {
			if v.Rules[j].Pass && !after.Verdicts[i].Rules[j].Pass {
				return fmt.Sprintf("rule %s of %s is lost", v.Rules[j].Rule.ID, v.Predicate.ID)
			}
		}
	}
	return ""
}

// The control takes unanswered questions out of the divisor, the mistake that this invariant is for: answering one
// with the worst option would then lower its subarea.
func TestSC03CheckSeesADivisorThatShrinks(t *testing.T) {
	t.Parallel()
	in := lke(t)
	generous := func(answers map[string]instrument.Answer) *scoring.Result {
		r := scoring.Score(in, answers)
		for i, n := range in.Nodes {
			if got := r.Nodes[i]; n.Question == nil && got.Answered > 0 && n.Level == instrument.Subarea {
				r.Nodes[i].Score = got.Score.Mul(exact.Frac(int64(got.Questions), int64(got.Answered)))
			}
		}
		return r
	}
	few := choices("A.I.1.ii.a", "Ya", "A.I.1.ii.b", "A")
	more := choices("A.I.1.ii.a", "Ya", "A.I.1.ii.b", "A", "A.I.1.ii.c", "C")
	if diff := fell(generous(few), generous(more)); diff == "" {
		t.Error("the check did not see a subarea that falls when a question is answered")
	}
	if diff := fell(scoring.Score(in, few), scoring.Score(in, more)); diff != "" {
		t.Error(diff)
	}
}

func TestSC04OrderBatchesAndRepetitionDoNotMatter(t *testing.T) {
	t.Parallel()
	ins := instrument.All()
	checkMany(t, orderRun, func(t *rapid.T) {
		in := ins[0]
		if rapid.IntRange(0, 9).Draw(t, "other instrument") == 0 {
			in = rapid.SampledFrom(ins).Draw(t, "instrument")
		}
		answers := drawSheet(in).Draw(t, "sheet")
		start := drawSheet(in).Draw(t, "start")
		order := rapid.Permutation(in.Questions).Draw(t, "order")
		s := scoring.NewScorer(in, start)
		stop := rapid.IntRange(0, len(order)).Draw(t, "look at")
		for i, q := range order {
			if i == stop {
				s.Result() // a look in between must not disturb
			}
			if i%3 == 0 {
				s.Set(q.ID, start[q.ID])
			}
			if !s.Set(q.ID, answers[q.ID]) {
				t.Fatalf("the sheet has no %s", q.ID)
			}
		}
		once := scoring.Score(in, answers)
		if diff := differs(once, s.Result()); diff != "" {
			t.Fatal("one at a time: " + diff)
		}
		if diff := differs(once, scoring.Score(in, answers)); diff != "" {
			t.Fatal("again: " + diff)
		}
		if diff := differs(once, scoring.WhatIf(in, start, withBlanks(in, answers))); diff != "" {
			t.Fatal("as a what-if: " + diff)
		}
		if len(s.Verdicts()) != len(once.Verdicts) || !s.Total().Equal(once.Total()) {
			t.Fatal("the scorer's own look differs")
		}
	})
}

// withBlanks names every question, so that a what-if takes away what is not answered.
func withBlanks(in *instrument.Instrument, answers map[string]instrument.Answer) map[string]instrument.Answer {
	all := map[string]instrument.Answer{}
	for _, q := range in.Questions {
		all[q.ID] = answers[q.ID]
	}
	return all
}

// differs names the first thing in which two results are not the same.
func differs(a, b *scoring.Result) string {
	check := func(id string, a, b scoring.NodeScore) string {
		if !a.Score.Equal(b.Score) || !a.Fraction.Equal(b.Fraction) || !a.Weight.Equal(b.Weight) || a.State != b.State ||
			a.Answered != b.Answered || a.Questions != b.Questions || len(a.Violations) != len(b.Violations) {
			return fmt.Sprintf("%s: %v and %v", id, a, b)
		}
		return ""
	}
	for i, n := range a.Instrument.Nodes {
		if diff := check(n.ID, a.Nodes[i], b.Nodes[i]); diff != "" {
			return diff
		}
		if !a.Answer(n.ID).Equal(b.Answer(n.ID)) {
			return fmt.Sprintf("answer to %s: %v and %v", n.ID, a.Answer(n.ID), b.Answer(n.ID))
		}
	}
	for i, g := range a.Instrument.Groups {
		if diff := check("group "+g.ID, a.Groups[i], b.Groups[i]); diff != "" {
			return diff
		}
	}
	if diff := check("the sheet", a.Whole(), b.Whole()); diff != "" {
		return diff
	}
	for i, v := range a.Verdicts {
		w := b.Verdicts[i]
		if v.Pass != w.Pass || fmt.Sprint(v.Failing()) != fmt.Sprint(w.Failing()) {
			return fmt.Sprintf("%s: %v and %v", v.Predicate.ID, v.Failing(), w.Failing())
		}
		for j := range v.Rules {
			if x, y := v.Rules[j], w.Rules[j]; !x.Value.Equal(y.Value) || !x.Short.Equal(y.Short) || x.Pass != y.Pass {
				return fmt.Sprintf("%s %s: %v and %v", v.Predicate.ID, x.Rule.ID, x, y)
			}
		}
	}
	if fmt.Sprint(a.Unanswered) != fmt.Sprint(b.Unanswered) {
		return fmt.Sprintf("unanswered %v and %v", a.Unanswered, b.Unanswered)
	}
	return ""
}

func TestSC04CheckSeesAChangeThatWasLost(t *testing.T) {
	t.Parallel()
	in := lke(t)
	s := scoring.NewScorer(in, ordinarySheet(in))
	before := s.Result()
	s.Set("A.II.5.iii.b", inputs("administrator", 4, "pengawas", 8, "fungsional_pelaksana", 111, "sudah", 96))
	if differs(before, s.Result()) == "" {
		t.Error("the check did not see one person more who reported")
	}
	if s.Set("A.II.5", instrument.Answer{Choice: "A"}) || s.Set("Z", instrument.Answer{Choice: "A"}) {
		t.Error("a line that is no question took an answer")
	}
	if diff := differs(before, scoring.NewScorer(in, ordinarySheet(in)).Result()); diff != "" {
		t.Errorf("a result changed after it was handed out: %s", diff)
	}
}
