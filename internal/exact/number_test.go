package exact

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// big is the oracle: whatever the fast path does must equal math/big.
func TestArithmeticEqualsMathBig(t *testing.T) {
	t.Parallel()
	part := rapid.OneOf(rapid.Int64Range(-1000, 1000), rapid.Int64Range(-1<<62, 1<<62))
	rapid.Check(t, func(t *rapid.T) {
		an, bn := part.Draw(t, "an"), part.Draw(t, "bn")
		ad := rapid.Int64Range(1, 1<<62).Draw(t, "ad")
		bd := rapid.Int64Range(1, 10000).Draw(t, "bd")
		a, b := Frac(an, ad), Frac(bn, bd)
		ra, rb := big.NewRat(an, ad), big.NewRat(bn, bd)
		check := func(op string, got Number, want *big.Rat) {
			if got.Rat().Cmp(want) != 0 {
				t.Fatalf("%v %s %v = %v, want %v", ra, op, rb, got, want)
			}
		}
		check("+", a.Add(b), new(big.Rat).Add(ra, rb))
		check("-", a.Sub(b), new(big.Rat).Sub(ra, rb))
		check("*", a.Mul(b), new(big.Rat).Mul(ra, rb))
		if bn != 0 {
			check("/", a.Div(b), new(big.Rat).Quo(ra, rb))
		}
		if a.Cmp(b) != ra.Cmp(rb) {
			t.Fatalf("cmp(%v, %v) = %d, want %d", ra, rb, a.Cmp(b), ra.Cmp(rb))
		}
		back, err := Parse(a.String())
		if err != nil || !back.Equal(a) {
			t.Fatalf("%v was written %q and read %v, %v", ra, a, back, err)
		}
	})
}

func TestDecimalRoundsHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"74.996": "75.00", "0.005": "0.01", "-0.005": "-0.01", "2/3": "0.67", "75": "75.00"} {
		if got := MustParse(in).Decimal(2); got != want {
			t.Errorf("Decimal(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestTheSmallestWordHasANegative(t *testing.T) {
	t.Parallel()
	if got := Int(math.MinInt64).Neg(); got.Sign() != 1 || got.String() != "9223372036854775808" {
		t.Errorf("got %v", got)
	}
}

func TestParseRefusesWhatIsNotPlain(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "1e9", "3,6", " 3", "1/0", "0x10", "1_000", "--1", "1.2/3", "Inf", "+1"} {
		if n, err := Parse(in); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", in, n)
		}
	}
}
