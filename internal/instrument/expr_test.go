package instrument

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var exprInputs = []string{"a", "b", "tahun_lalu"}

func inputValue(key string) int64 { return map[string]int64{"a": 7, "b": 3, "tahun_lalu": 0}[key] }

func TestExpressionsEvaluateExactly(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"a":                                 "7",
		"a - b":                             "4",
		"b - a":                             "-4",
		"a - b - b":                         "1",
		"a - (b - b)":                       "7",
		"a + b * 2":                         "13",
		"(a + b) * 2":                       "20",
		"a / 3":                             "7/3",
		"a / 2 / 2":                         "1.75",
		"a / (1 + 1)":                       "3.5",
		"1000000000 * 1000000000 * 100 * a": "700000000000000000000",
		"a == 7":                            "1",
		"a != 7":                            "0",
		"a < b":                             "0",
		"b<=3":                              "1",
		"a > 7":                             "0",
		"a >= 7":                            "1",
		"a == 1 or b == 3 and a == 7":       "1",
		"(a == 1 or b == 3) and a == 1":     "0",
		"a == 7 or b == 3 and a == 1":       "1",
		"tahun_lalu == 0 and\n\tb > 2":      "1",
	} {
		e, err := ParseExpr(src, exprInputs)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := e.Eval(inputValue).String(); got != want {
			t.Errorf("%s = %s, want %s", src, got, want)
		}
		if e.String() != src {
			t.Errorf("String() = %q, want %q", e.String(), src)
		}
	}
}

func TestExpressionErrorsNameColumnAndExpectation(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"":                                "column 1: expected a whole number, ( or one of the inputs a, b, tahun_lalu, read the end",
		"a +":                             "column 4: expected a whole number",
		"c":                               `column 1: unknown input "c"; the inputs are a, b, tahun_lalu`,
		"a b":                             "column 3: expected an operator or the end",
		"(a":                              "column 3: expected )",
		"a)":                              `column 2: expected an operator or the end, read ")"`,
		"-a":                              "column 1",
		"1.5":                             "column 2",
		"1e3":                             "expected a whole number of at most 1000000000",
		"1000000001":                      "expected a whole number of at most 1000000000",
		"99999999999999999999":            "expected a whole number of at most 1000000000",
		"a / b":                           "column 5: the divisor depends on an input",
		"a / 0":                           "column 5: the divisor is zero",
		"a / (2 - 2)":                     "the divisor is zero",
		"a and b == 1":                    "column 3: expected a comparison on the left",
		"b == 1 and a":                    `column 12: "and" joins comparisons`,
		"a == 1 + (b == 1)":               "column 10: arithmetic joins numbers",
		"(a == 1) + b":                    "expected a number on the left",
		"a < b < 1":                       "column 7",
		"(a < b) == 1":                    "expected a number on the left of the comparison",
		"1 == (a < b)":                    "a comparison compares numbers",
		"a = 1":                           `read "="`,
		"a ! 1":                           `read "!"`,
		"a; b":                            `read ";"`,
		"a or":                            "column 3: expected a comparison on the left",
		strings.Repeat("(", 17) + "a":     "more than 16 parentheses",
		strings.Repeat("1+", 100) + "100": "at most 200 are allowed",
		strings.Repeat("1+2*(", 8) + "a":  "too deep",
		"A":                               `unknown input "A"`,
		"a\u00a0+ b":                      "column 2",
	} {
		e, err := ParseExpr(src, exprInputs)
		if err == nil {
			t.Errorf("%q was accepted as %v", src, e)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %q does not say %q", src, err, want)
		}
	}
}

func TestExpressionsKnowTheirInputsAndKind(t *testing.T) {
	t.Parallel()
	e, err := ParseExpr("b + a > b", exprInputs)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(e.Inputs(), " "); got != "b a" {
		t.Errorf("Inputs() = %s, want b a", got)
	}
	if !e.IsCondition() {
		t.Error("a comparison is not recognised as a condition")
	}
}

// The oracle is an independent evaluation of a random tree with math/big, printed with every parenthesis.
func TestArithmeticOfExpressionsEqualsMathBig(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := map[string]int64{}
		for _, k := range exprInputs {
			values[k] = rapid.Int64Range(0, MaxCount).Draw(t, k)
		}
		src, want := drawExpr(t, values, 3)
		e, err := ParseExpr(src, exprInputs)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		got := e.Eval(func(k string) int64 { return values[k] })
		if got.Rat().Cmp(want) != 0 {
			t.Fatalf("%s with %v = %v, want %v", src, values, got, want)
		}
	})
}

func drawExpr(t *rapid.T, values map[string]int64, depth int) (string, *big.Rat) {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		k := rapid.SampledFrom(exprInputs).Draw(t, "input")
		return k, new(big.Rat).SetInt64(values[k])
	}
	l, lv := drawExpr(t, values, depth-1)
	op := rapid.SampledFrom([]string{"+", "-", "*", "/"}).Draw(t, "op")
	if op == "/" {
		n := rapid.Int64Range(1, 1000).Draw(t, "divisor")
		return "(" + l + ")/" + big.NewInt(n).String(), new(big.Rat).Quo(lv, new(big.Rat).SetInt64(n))
	}
	r, rv := drawExpr(t, values, depth-1)
	v := new(big.Rat)
	switch op {
	case "+":
		v.Add(lv, rv)
	case "-":
		v.Sub(lv, rv)
	default:
		v.Mul(lv, rv)
	}
	return "(" + l + op + r + ")", v
}

func TestEvaluatingAnExpressionAllocatesNothing(t *testing.T) {
	e, err := ParseExpr("(tahun_lalu + a - b) * 2 >= a and a != 3", exprInputs)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]int64{"a": 7, "b": 3, "tahun_lalu": 12}
	if n := testing.AllocsPerRun(100, func() { e.Eval(func(k string) int64 { return values[k] }) }); n != 0 {
		t.Errorf("%v allocations per evaluation, want none", n)
	}
}

// Whatever parses must evaluate without failing, to the same value twice, and name only inputs that exist.
func FuzzExpr(f *testing.F) {
	for _, s := range []string{"a - b", "a + b * tahun_lalu", "(a == 0 or b > 1) and a <= 3", "a / 4", "((((a))))", "a / 0", "1e9", "a or b", "9999999999"} {
		f.Add(s, int64(3), int64(0))
	}
	f.Fuzz(func(t *testing.T, src string, a, b int64) {
		e, err := ParseExpr(src, exprInputs)
		if err != nil {
			if e != nil {
				t.Fatal("an error came with an expression")
			}
			return
		}
		value := func(k string) int64 {
			if !slices.Contains(exprInputs, k) {
				t.Fatalf("%q asks for the unknown input %q", src, k)
			}
			if k == "a" {
				return a % (MaxCount + 1)
			}
			return b % (MaxCount + 1)
		}
		first, second := e.Eval(value), e.Eval(value)
		if !first.Equal(second) {
			t.Fatalf("%q gave %v and then %v", src, first, second)
		}
		if n := first.Sign(); e.IsCondition() && n != 0 && (n != 1 || first.String() != "1") {
			t.Fatalf("the condition %q is %v", src, first)
		}
	})
}
