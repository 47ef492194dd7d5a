package instrument

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zona/internal/exact"
	"zona/internal/locale"
)

// lke returns the LKE and one of its questions.
func lke(tb testing.TB, id string) *Question {
	tb.Helper()
	in, err := ByID("lke-2021")
	if err != nil {
		tb.Fatal(err)
	}
	n, ok := in.Question(id)
	if !ok {
		tb.Fatalf("no question %s", id)
	}
	return n.Question
}

const (
	yesNo   = "A.I.1.i.a"
	letters = "A.I.1.iii.a" // A to D
	ratio   = "A.II.5.ii.a" // wajib, proses (outside the formula), selesai
	ipak    = "B.I.a"
)

func number(s string) Answer {
	n := exact.MustParse(s)
	return Answer{Number: &n}
}

func TestTypedChoicesAreReadTolerantly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ question, typed, want string }{
		{yesNo, "Ya", "Ya"},
		{yesNo, "YA ", "Ya"},
		{yesNo, "\u00a0ya\u00a0", "Ya"},
		{yesNo, "tidak", "Tidak"},
		{yesNo, "TIDAK.", "Tidak"},
		{yesNo, "tdk", "Tidak"},
		{yesNo, "y", "Ya"},
		{yesNo, "Ya (ada SK)", "Ya"},
		{yesNo, "Ｙａ", "Ya"},
		{yesNo, "tim kerja zi  belum ada", "Tidak"},
		{yesNo, "", ""},
		{yesNo, " \t\u200b", ""},
		{letters, "a", "A"},
		{letters, "A.", "A"},
		{letters, "(B)", "B"},
		{letters, "c)", "C"},
		{letters, "d:", "D"},
		{letters, "a. Semua kegiatan telah dilaksanakan sesuai dengan rencana", "A"},
		{letters, "B - sebagian besar kegiatan", "B"},
		{letters, "A (semua kegiatan)", "A"},
		{letters, "Semua kegiatan terlaksana sesuai rencana.", "A"},
		{letters, "A. Semua, termasuk kegiatan a dan b", "A"},
	} {
		got, v := lke(t, c.question).Read(c.typed)
		if v != nil || got.Choice != c.want {
			t.Errorf("%q was read as %q, %v; want %q", c.typed, got.Choice, v, c.want)
		}
	}
}

func TestTypedChoicesThatCanBeMistakenAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ question, typed, rule string }{
		{yesNo, "t", "answer.rule.choice"},
		{yesNo, "Ya/Tidak", "answer.rule.choice"},
		{yesNo, "Ya. Tidak.", "answer.rule.several"},
		{yesNo, "Yaa", "answer.rule.choice"},
		{yesNo, "A", "answer.rule.choice"},
		{yesNo, "1", "answer.rule.choice"},
		{yesNo, "100%", "answer.rule.choice"},
		{yesNo, "true", "answer.rule.choice"},
		{letters, "A/B/C/D", "answer.rule.choice"},
		{letters, "E", "answer.rule.choice"},
		{letters, "AB", "answer.rule.choice"},
		{letters, "A atau B", "answer.rule.choice"},
		{letters, "A - B", "answer.rule.several"},
		{letters, "a. Semua b. Sebagian besar", "answer.rule.several"},
		{letters, "A (menurut TPI B)", "answer.rule.several"},
		{letters, "Ya", "answer.rule.choice"},
		{letters, "0,67", "answer.rule.choice"},
		{letters, "90%", "answer.rule.choice"},
		{letters, "A" + strings.Repeat(" x", 4000), "answer.rule.choice"},
	} {
		got, v := lke(t, c.question).Read(c.typed)
		if v == nil || v.Rule != c.rule || got.Given() {
			t.Errorf("%q was read as %+v, %+v; want the rule %s", clip(c.typed), got, v, c.rule)
		}
	}
}

func TestTypedIndicesAreReadWithEitherSeparator(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{"3,6": "3.6", "3.6": "3.6", "3.60": "3.6", "\u00a04": "4", "0": "0", "3,123456789": "3.123456789", "３，６": "3.6"} {
		got, v := lke(t, ipak).Read(typed)
		if v != nil || got.Number == nil || got.Number.String() != want {
			t.Errorf("%q was read as %v, %+v; want %s", typed, got.Number, v, want)
		}
	}
	for typed, rule := range map[string]string{
		"4,01": "answer.rule.range", "-1": "answer.rule.range", "90%": "answer.rule.number", "1e0": "answer.rule.number",
		"NaN": "answer.rule.number", "3,6 dari 4": "answer.rule.number", "A": "answer.rule.number", "1.234,5": "answer.rule.readings",
		"3,1234567890123456789": "answer.rule.decimals", ",5": "answer.rule.number", "3/4": "answer.rule.number",
	} {
		got, v := lke(t, ipak).Read(typed)
		if v == nil || v.Rule != rule || got.Given() {
			t.Errorf("%q was read as %+v, %+v; want the rule %s", typed, got, v, rule)
		}
	}
}

func TestTypedCountsAreWholeNumbers(t *testing.T) {
	t.Parallel()
	q := lke(t, ratio)
	for typed, want := range map[string]int64{"0": 0, "12": 12, " 7 ": 7, "10,0": 10, "10.00": 10, "9 pengaduan": 9, "1000000000": MaxCount, "１２": 12, "0,000": 0, "1234": 1234} {
		n, given, v := q.ReadInput("wajib", typed)
		if v != nil || !given || n != want {
			t.Errorf("%q was read as %d, %t, %+v; want %d", typed, n, given, v, want)
		}
	}
	if _, given, v := q.ReadInput("wajib", "  "); given || v != nil {
		t.Errorf("an empty field was read as given %t, %+v", given, v)
	}
	for typed, rule := range map[string]string{
		"3,5": "answer.rule.whole", "-3": "answer.rule.negative", "1000000001": "answer.rule.large", "1e3": "answer.rule.whole",
		"1.000": "answer.rule.readings", "1,000": "answer.rule.readings", "12.500": "answer.rule.readings", "1.000.000": "answer.rule.readings",
		"9 orang": "answer.rule.whole", "90%": "answer.rule.whole", "tiga": "answer.rule.whole", "3/4": "answer.rule.whole",
		"99999999999999999999999": "answer.rule.large",
	} {
		n, given, v := q.ReadInput("wajib", typed)
		if v == nil || v.Rule != rule || given || v.Input != "wajib" {
			t.Errorf("%q was read as %d, %t, %+v; want the rule %s", typed, n, given, v, rule)
		}
	}
	if _, _, v := q.ReadInput("lain", "1"); v == nil || v.Rule != "answer.rule.input" {
		t.Errorf("an unknown input gave %+v", v)
	}
	_, _, v := q.ReadInput("wajib", "1.500")
	if v == nil || v.Args["First"] != "1,5" || v.Args["Second"] != "1500" {
		t.Errorf("1.500 does not show both readings: %+v", v)
	}
}

func TestCheckAcceptsOnlyWhatTheQuestionAsks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		question string
		answer   Answer
		rules    string
	}{
		{yesNo, Answer{}, ""},
		{yesNo, Answer{Choice: "Ya"}, ""},
		{yesNo, Answer{Choice: "ya"}, "answer.rule.choice"},
		{yesNo, number("1"), "answer.rule.kind.choice"},
		{letters, Answer{Inputs: map[string]int64{"a": 1}}, "answer.rule.kind.choice"},
		{ipak, number("4"), ""},
		{ipak, number("4.0000001"), "answer.rule.range"},
		{ipak, number("-0.1"), "answer.rule.range"},
		{ipak, number("1/3"), "answer.rule.decimals"},
		{ipak, Answer{Choice: "A"}, "answer.rule.kind.number"},
		{ratio, Answer{Choice: "A"}, "answer.rule.kind.ratio"},
		{ratio, Answer{Inputs: map[string]int64{"wajib": 3}}, ""},
		{ratio, Answer{Inputs: map[string]int64{"wajib": 3, "selesai": 4, "proses": 0}}, ""},
		{ratio, Answer{Inputs: map[string]int64{"wajib": -1, "selesai": MaxCount + 1, "x": 1}}, "answer.rule.negative answer.rule.large answer.rule.input"},
	} {
		var rules []string
		for _, v := range lke(t, c.question).Check(c.answer) {
			rules = append(rules, v.Rule)
		}
		if got := strings.Join(rules, " "); got != c.rules {
			t.Errorf("Check(%s, %+v) = %q, want %q", c.question, c.answer, got, c.rules)
		}
	}
}

func TestFractionIsExactAndNeedsACompleteValidAnswer(t *testing.T) {
	t.Parallel()
	counts := func(pairs ...any) Answer {
		a := Answer{Inputs: map[string]int64{}}
		for i := 0; i < len(pairs); i += 2 {
			a.Inputs[pairs[i].(string)] = int64(pairs[i+1].(int))
		}
		return a
	}
	for _, c := range []struct {
		question string
		answer   Answer
		want     string // "" = not complete
	}{
		{yesNo, Answer{Choice: "Ya"}, "1"},
		{yesNo, Answer{Choice: "Tidak"}, "0"},
		{letters, Answer{Choice: "B"}, "0.67"},
		{letters, Answer{Choice: "C"}, "0.33"},
		{letters, Answer{Choice: "b"}, ""},
		{letters, Answer{}, ""},
		{letters, Answer{Choice: "A", Number: number("1").Number}, ""},
		{ipak, number("3.6"), "0.9"},
		{ipak, number("5"), ""},
		{ratio, counts("wajib", 3, "selesai", 2), "2/3"},
		{ratio, counts("wajib", 3, "selesai", 5), "1"},
		{ratio, counts("wajib", 3, "selesai", 2, "proses", 99), "2/3"},
		{ratio, counts("wajib", 3), ""},
		{ratio, counts("wajib", 3, "proses", 1), ""},
		{ratio, counts("wajib", 3, "selesai", 2, "lain", 1), ""},
		{ratio, counts("wajib", 3, "selesai", -2), ""},
		{ratio, counts("wajib", 3, "selesai", 2, "proses", -1), ""},
		{"A.II.3.iii.a", counts("tahun_lalu", 4, "tahun_ini", 1), "0.75"},
		{"A.II.3.iii.a", counts("tahun_lalu", 4, "tahun_ini", 9), "0"},
		{"A.II.5.iii.a", counts("kepala", 1, "pejabat", 1, "lainnya", 3, "sudah", 4), "0.8"},
	} {
		q := lke(t, c.question)
		f, ok := q.Fraction(c.answer)
		if got := f.String(); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s %+v is worth %s, %t; want %q", c.question, c.answer, got, ok, c.want)
		}
		if q.Complete(c.answer) != ok {
			t.Errorf("%s %+v: Complete disagrees with Fraction", c.question, c.answer)
		}
	}
}

// The decisions where the annex is silent, as a table: each is a sentence of the formula's reasoning.
func TestZeroDenominatorsAreDecidedPerQuestion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		question string
		inputs   map[string]int64
		want     string
	}{
		{"A.II.1.i.a", map[string]int64{"agen": 0, "perubahan": 5}, "0"},
		{"A.II.1.i.b", map[string]int64{"perubahan": 0, "terintegrasi": 0}, "0"},
		{"A.II.3.iii.a", map[string]int64{"tahun_lalu": 0, "tahun_ini": 0}, "1"},
		{"A.II.3.iii.a", map[string]int64{"tahun_lalu": 0, "tahun_ini": 3}, "0"},
		{"A.II.4.i.a", map[string]int64{"sasaran": 0, "tercapai": 0}, "0"},
		{"A.II.5.ii.a", map[string]int64{"wajib": 0, "selesai": 0}, "1"},
		{"A.II.5.iii.a", map[string]int64{"kepala": 0, "pejabat": 0, "lainnya": 0, "sudah": 0}, "1"},
		{"A.II.5.iii.b", map[string]int64{"administrator": 0, "pengawas": 0, "fungsional_pelaksana": 0, "sudah": 0}, "1"},
		{"A.II.6.i.b", map[string]int64{"terdaftar": 0, "dipermudah": 0}, "0"},
	} {
		f, ok := lke(t, c.question).Fraction(Answer{Inputs: c.inputs})
		if !ok || f.String() != c.want {
			t.Errorf("%s %v is worth %v, %t; want %s", c.question, c.inputs, f, ok, c.want)
		}
	}
}

func TestFractionsAllocateNothing(t *testing.T) {
	q1, q2, q3 := lke(t, letters), lke(t, ratio), lke(t, ipak)
	a2 := Answer{Inputs: map[string]int64{"wajib": 30, "selesai": 7, "proses": 3}}
	a3 := number("3.57")
	n := testing.AllocsPerRun(100, func() {
		q1.Fraction(Answer{Choice: "D"})
		q2.Fraction(a2)
		q3.Fraction(a3)
	})
	if n != 0 {
		t.Errorf("%v allocations for three fractions, want none", n)
	}
}

func TestAnswersAreReadFromJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ question, raw, want, rules string }{
		{yesNo, `"Ya"`, `"Ya"`, ""},
		{yesNo, `" ya"`, `"Ya"`, ""},
		{yesNo, `null`, `null`, ""},
		{yesNo, `""`, `null`, ""},
		{yesNo, `true`, `null`, "answer.rule.kind.choice"},
		{yesNo, `1`, `null`, "answer.rule.kind.choice"},
		{yesNo, `["Ya"]`, `null`, "answer.rule.kind.choice"},
		{yesNo, `"Y`, `null`, "answer.rule.json"},
		{letters, `"X"`, `null`, "answer.rule.choice"},
		{ipak, `3.6`, `3.6`, ""},
		{ipak, `3.60`, `3.6`, ""},
		{ipak, `36e-1`, `3.6`, ""},
		{ipak, `"3,6"`, `3.6`, ""},
		{ipak, `3.5999999999999996`, `3.5999999999999996`, ""},
		{ipak, `4.5`, `null`, "answer.rule.range"},
		{ipak, `-1`, `null`, "answer.rule.range"},
		{ipak, `1e999999999`, `null`, "answer.rule.number"},
		{ipak, `{"a":1}`, `null`, "answer.rule.kind.number"},
		{ratio, `{"wajib": 3, "selesai": 2}`, `{"selesai":2,"wajib":3}`, ""},
		{ratio, `{"wajib": 3.0, "selesai": "2", "proses": null}`, `{"selesai":2,"wajib":3}`, ""},
		{ratio, `{"wajib": 3.5, "selesai": 2}`, `{"selesai":2}`, "answer.rule.whole"},
		{ratio, `{"wajib": -3, "selesai": 2, "x": 1}`, `{"selesai":2}`, "answer.rule.negative answer.rule.input"},
		{ratio, `{"wajib": 3, "selesai": [2]}`, `{"wajib":3}`, "answer.rule.whole"},
		{ratio, `{"wajib": 3, "wajib": 4, "selesai": 1}`, `{"selesai":1}`, "answer.rule.twice"},
		{ratio, `{"wajib": 3, "selesai": 1, "proses": -1}`, `{"selesai":1,"wajib":3}`, "answer.rule.negative"},
		{ratio, `{}`, `null`, ""},
		{ratio, `0.5`, `null`, "answer.rule.kind.ratio"},
		{ratio, `"50%"`, `null`, "answer.rule.kind.ratio"},
	} {
		q := lke(t, c.question)
		a, vs := q.FromJSON([]byte(c.raw))
		var rules []string
		for _, v := range vs {
			rules = append(rules, v.Rule)
		}
		got, err := json.Marshal(a)
		if err != nil || string(got) != c.want || strings.Join(rules, " ") != c.rules {
			t.Errorf("%s %s was read as %s, %v, %v; want %s, %q", c.question, c.raw, got, rules, err, c.want, c.rules)
		}
		if len(q.Check(a)) > 0 {
			t.Errorf("%s %s gave an answer that is not valid: %+v", c.question, c.raw, a)
		}
	}
}

func TestAnswersSurviveTheirJSONForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a Answer
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			a.Choice = rapid.StringMatching(`[A-Za-z ]{1,20}`).Draw(t, "choice")
		case 1:
			n := exact.Frac(rapid.Int64Range(0, 4_000_000_000).Draw(t, "n"), 1_000_000_000)
			a.Number = &n
		case 2:
			a.Inputs = rapid.MapOfN(rapid.StringMatching(`[a-z]{1,5}`), rapid.Int64Range(0, MaxCount), 1, 5).Draw(t, "inputs")
		}
		raw, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back Answer
		if err := json.Unmarshal(raw, &back); err != nil || !back.Equal(a) || !a.Equal(back) {
			t.Fatalf("%s came back as %+v, %v; want %+v", raw, back, err, a)
		}
	})
	var a Answer
	for _, raw := range []string{`[1]`, `true`, `{"a":1.5}`, `{"a":"1"}`, `1e400`} {
		if err := json.Unmarshal([]byte(raw), &a); err == nil {
			t.Errorf("%s was read as the answer %+v", raw, a)
		}
	}
}

func TestDifferentAnswersAreNotEqual(t *testing.T) {
	t.Parallel()
	all := []Answer{
		{},
		{Choice: "A"},
		{Choice: "B"},
		number("1"), number("2"),
		{Inputs: map[string]int64{"a": 1}},
		{Inputs: map[string]int64{"a": 2}},
		{Inputs: map[string]int64{"b": 1}},
	}
	for i, a := range all {
		for j, b := range all {
			if a.Equal(b) != (i == j) {
				t.Errorf("Equal(%+v, %+v) = %t", a, b, i != j)
			}
		}
	}
	if !number("3.60").Equal(number("18/5")) {
		t.Error("equal numbers in different forms are not equal")
	}
}

// Every text of the area must be reachable, complete in both languages, and leave no argument unfilled.
func TestEveryViolationIsSaidInBothLanguages(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	say := func(vs ...Violation) {
		for _, v := range vs {
			for _, lang := range locale.Languages() {
				for _, id := range []string{v.Rule, v.Mend} {
					said[id] = true
					text := locale.For(lang).TStrings(id, v.Args)
					if text == id || strings.Contains(text, "{") {
						t.Errorf("%s in %q reads %q with %v", id, lang, text, v.Args)
					}
				}
			}
		}
	}
	for _, c := range []struct{ question, raw string }{
		{yesNo, `"x"`},
		{letters, `"A - B"`},
		{letters, `1`},
		{letters, `"`},
		{ipak, `[]`},
		{ipak, `"x"`},
		{ipak, `5`},
		{ipak, `"1.2.3"`},
		{ipak, `0.1234567890123456789`},
		{ratio, `1`},
		{ratio, `{"x": 1}`},
		{ratio, `{"wajib": 1, "wajib": 1}`},
		{ratio, `{"wajib": -1}`},
		{ratio, `{"wajib": 1.5}`},
		{ratio, `{"wajib": 1000000001}`},
		{ratio, `{"wajib": "1.000"}`},
	} {
		_, vs := lke(t, c.question).FromJSON([]byte(c.raw))
		if len(vs) == 0 {
			t.Errorf("%s %s has no violation", c.question, c.raw)
		}
		say(vs...)
	}
	for _, id := range locale.For(locale.Indonesian).IDs() {
		if strings.HasPrefix(id, "answer.") && !said[id] {
			t.Errorf("the text %s is never said; said are %v", id, slices.Sorted(maps.Keys(said)))
		}
	}
}

// Whatever is typed, reading either refuses it or gives an answer that is valid and reads back to itself.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"Ya", "a. Semua", "A/B", "3,6", "1.000", "9 orang", "\u00a0b)", "tdk", "NaN", "-1", "Ａ", "A (B)", "4.0000000000000000001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, id := range []string{yesNo, letters, ipak, "B.I.b"} {
			q := lke(t, id)
			a, v := q.Read(raw)
			if v != nil {
				if a.Given() {
					t.Fatalf("%s: %q is refused and read as %+v", id, raw, a)
				}
				continue
			}
			if a.Given() && !q.Complete(a) {
				t.Fatalf("%s: %q was read as the invalid %+v", id, raw, a)
			}
			raw, err := json.Marshal(a)
			if err != nil {
				t.Fatal(err)
			}
			if back, vs := q.FromJSON(raw); len(vs) > 0 || !back.Equal(a) {
				t.Fatalf("%s: %s read back as %+v, %v", id, raw, back, vs)
			}
		}
		q := lke(t, ratio)
		if n, given, v := q.ReadInput("wajib", raw); given && (v != nil || n < 0 || n > MaxCount) {
			t.Fatalf("%q was read as the count %d, %v", raw, n, v)
		}
		if a, _ := q.FromJSON([]byte(raw)); len(q.Check(a)) > 0 {
			t.Fatalf("%q gave the invalid %+v", raw, a)
		}
	})
}
