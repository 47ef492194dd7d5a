package scoring_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zona/internal/exact"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/scoring"
)

func choices(pairs ...string) map[string]instrument.Answer {
	answers := map[string]instrument.Answer{}
	for i := 0; i < len(pairs); i += 2 {
		answers[pairs[i]] = instrument.Answer{Choice: pairs[i+1]}
	}
	return answers
}

func inputs(pairs ...any) instrument.Answer {
	a := instrument.Answer{Inputs: map[string]int64{}}
	for i := 0; i < len(pairs); i += 2 {
		a.Inputs[pairs[i].(string)] = int64(pairs[i+1].(int))
	}
	return a
}

func TestExplanationShowsTheFormulaWithItsNumbers(t *testing.T) {
	t.Parallel()
	answers := choices("A.I.1.ii.a", "Ya", "A.I.1.ii.b", "C", "A.I.1.ii.c", "A",
		"A.I.1.iii.a", "B", "A.I.1.iii.b", "C", "A.I.1.iii.c", "A", "A.I.3.v.a", "C", "A.I.1.iv.a", "Mungkin")
	answers["A.II.3.iii.a"] = inputs("tahun_lalu", 4, "tahun_ini", 1, "disanksi", 1)
	answers["A.II.1.i.a"] = inputs("agen", 4, "perubahan", 9)
	answers["A.II.1.i.b"] = inputs("perubahan", 9)
	answers["A.II.5.ii.a"] = inputs("wajib", 0, "selesai", 0)
	answers["A.II.5.iii.a"] = inputs("kepala", 1, "pejabat", 2, "lainnya", 2, "sudah", 4)
	answers["B.I.a"] = instrument.Answer{Number: number("3.59")}
	r := scoring.Score(lke(t), answers)

	cases := []struct {
		name string
		of   scoring.Explanation
		want []string
	}{
		{"a subarea is the mean of its questions times its weight", r.Explain("A.I.1.ii"), []string{"(1 + 0 + 1) / 3 × 1,00 = 0,67", "0,67 / 1,00 = 66,67%"}},
		{"letters between are exact decimals", r.Explain("A.I.1.iii"), []string{"(0,67 + 0,33 + 1) / 3 × 1,00 = 0,67"}},
		{"a question that shares the weight", r.Explain("A.I.1.iii.a"), []string{"bernilai 0,67.", "0,67 / 3 × 1,00 = 0,22"}},
		{"a question alone in its subarea", r.Explain("A.I.3.v.a"), []string{"0,33 × 0,75 = 0,25"}},
		{"a fall in violations", r.Explain("A.II.3.iii.a"), []string{"tahun_lalu", "= 4 pelanggaran", "tidak masuk rumus", "(tahun_lalu - tahun_ini) / tahun_lalu = (4 - 1) / 4 = 0,75", "0,75 × 2,00 = 1,50"}},
		{"a quotient above one", r.Explain("A.II.1.i.a"), []string{"perubahan / agen = 9 / 4 = 2,25", "di atas 1 dihitung 1", "1 / 2 × 2,00 = 1,00"}},
		{"a ratio with an input missing", r.Explain("A.II.1.i.b"), []string{"Belum lengkap", "menyatu dengan sistem manajemen", "0 / 2 × 2,00 = 0,00"}},
		{"a zero denominator", r.Explain("A.II.5.ii.a"), []string{"penyebutnya 0, ditetapkan bernilai 1.", "Alasannya: ", "1 × 3,00 = 3,00"}},
		{"a sum in the denominator", r.Explain("A.II.5.iii.a"), []string{"sudah / (kepala + pejabat + lainnya) = 4 / (1 + 2 + 2) = 0,8", "0,8 / 2 × 2,00 = 0,80"}},
		{"an index", r.Explain("B.I.a"), []string{"3,59 / 4 = 0,8975", "0,8975 × 17,50 = 15,71"}},
		{"an answer that is not one", r.Explain("A.I.1.iv.a"), []string{"tidak sah"}},
		{"no answer", r.Explain("A.I.1.iv.b"), []string{"Belum dijawab", "0 / 4 × 1,50 = 0,00"}},
		{"an area adds up its subareas", r.Explain("A.II.3"), []string{"A.II.3.iii", "1,50 dari 2,00", "0,00 + 0,00 + 1,50 = 1,50", "1,50 / 5,00 = 30,00%", "belum memiliki jawaban"}},
		{"a combined area", r.ExplainGroup("1"), []string{"A.I.1 ", "A.II.1 ", " = 2,33", "2,33 / 8,00 = 29,17%"}},
		{"the whole sheet", r.ExplainTotal(), []string{"A ", "B ", "dari 60,00", "/ 100,00 = "}},
		{"a rule that misses by less than is shown", r.ExplainRule("WBK", "spak_min"), []string{"15,71, paling sedikit 15,75: belum terpenuhi, kurang 0,04 poin.", "nilai survei 3,6."}},
		{"a rule on a share", r.ExplainRule("WBBM", "area_min.1"), []string{"29,17%, paling sedikit 75,00%: belum terpenuhi, kurang 3,67 poin."}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Join(c.of.Lines(locale.For("id")), "\n")
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in:\n%s", want, text)
				}
			}
			if c.of.Article == "" || c.of.Name == "" {
				t.Errorf("article %q, name %q", c.of.Article, c.of.Name)
			}
		})
	}
}

func TestExplanationOfWhatIsNotThereHasNoSteps(t *testing.T) {
	t.Parallel()
	r := scoring.Score(lke(t), nil)
	for _, e := range []scoring.Explanation{r.Explain("C"), r.ExplainGroup("7"), r.ExplainRule("WBK", "x"), r.ExplainRule("X", "total_min")} {
		if len(e.Steps) != 0 {
			t.Errorf("%q is explained: %v", e.ID, e.Steps)
		}
	}
}

// gives returns what the formula of a step gives for the numbers in it, and what the step says that it gives; ok is
// false for steps without a formula.
func gives(s scoring.Step) (formula, says exact.Number, ok bool) {
	arg := func(name string) []exact.Number {
		i := slices.IndexFunc(s.Args, func(a scoring.Arg) bool { return a.Name == name })
		if i < 0 {
			return []exact.Number{{}}
		}
		return s.Args[i].Numbers
	}
	sum := func(ns []exact.Number) (n exact.Number) {
		for _, x := range ns {
			n = n.Add(x)
		}
		return n
	}
	one := func(name string) exact.Number { return arg(name)[0] }
	switch s.Message {
	case "score.step.mean":
		return sum(arg("Fractions")).Div(one("Questions")).Mul(one("Weight")), one("Score"), true
	case "score.step.sum":
		return sum(arg("Scores")), one("Score"), true
	case "score.step.share":
		return one("Score").Div(one("Weight")), one("Percent"), true
	case "score.step.weighed":
		return one("Fraction").Mul(one("Weight")), one("Score"), true
	case "score.step.weighed.shared":
		return one("Fraction").Div(one("Questions")).Mul(one("Weight")), one("Score"), true
	case "score.step.index":
		return one("Value").Div(one("Max")), one("Fraction"), true
	}
	return exact.Number{}, exact.Number{}, false
}

// explanations lists every explanation that a result has.
func explanations(r *scoring.Result) []scoring.Explanation {
	out := []scoring.Explanation{r.ExplainTotal()}
	for _, n := range r.Instrument.Nodes {
		out = append(out, r.Explain(n.ID))
	}
	for _, g := range r.Instrument.Groups {
		out = append(out, r.ExplainGroup(g.ID))
	}
	for _, p := range r.Instrument.Predicates {
		for _, rule := range p.Rules {
			out = append(out, r.ExplainRule(p.ID, rule.ID))
		}
	}
	return out
}

func TestExplanationOfEveryNumberComputesToThatNumberInBothLanguages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SampledFrom(instrument.All()).Draw(t, "instrument")
		r := scoring.Score(in, drawSheet(in).Draw(t, "sheet"))
		for _, e := range explanations(r) {
			formulas := 0
			for _, s := range e.Steps {
				formula, says, ok := gives(s)
				if ok && !formula.Equal(says) {
					t.Fatalf("%s: %s computes to %v, says %v", e.ID, s.Message, formula, says)
				}
				if ok {
					formulas++
				}
				for _, lang := range locale.Languages() {
					if text := s.Text(locale.For(lang)); strings.ContainsAny(text, "{}") || text == s.Message {
						t.Fatalf("%s in %s: %q", e.ID, lang, text)
					}
				}
			}
			if formulas == 0 {
				t.Fatalf("%s is explained without a formula: %v", e.ID, e.Lines(locale.For("id")))
			}
		}
	})
}

func TestRulesAreNamedInBothLanguages(t *testing.T) {
	t.Parallel()
	wbk, _ := lke(t).Predicate("WBK")
	for i := range wbk.Rules {
		rule := &wbk.Rules[i]
		id, en := scoring.RuleName(rule, locale.For("id")), scoring.RuleName(rule, locale.For("en"))
		if id == en || id == "" || en == "" {
			t.Errorf("%s is named %q and %q", rule.ID, id, en)
		}
	}
	own := &instrument.Rule{ID: "panjang_min", Label: "Panjang"}
	if got := scoring.RuleName(own, locale.For("en")); got != "Panjang" {
		t.Errorf("a rule that the program does not know is named %q", got)
	}
}
