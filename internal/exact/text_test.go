package exact

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// math/big is the oracle of the way without it.
func TestADecimalIsRoundedAsMathBigRoundsIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "numerator")
		if rapid.Bool().Draw(t, "small") {
			n %= 100_000
		}
		d := rapid.OneOf(rapid.Int64Range(1, 400), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "denominator")
		places := rapid.IntRange(0, 6).Draw(t, "places")
		if got, want := Frac(n, d).Decimal(places), big.NewRat(n, d).FloatString(places); got != want {
			t.Fatalf("%d/%d with %d places is %q, not %q", n, d, places, got, want)
		}
	})
}

func TestHalvesAreRoundedAwayFromZero(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"0.005": "0.01", "-0.005": "-0.01", "2.675": "2.68", "74.995": "75.00", "74.9949": "74.99", "-0.001": "-0.00", "0": "0.00", "1/8": "0.13"} {
		if got := MustParse(text).Decimal(2); got != want {
			t.Errorf("%s is shown as %q, not %q", text, got, want)
		}
	}
}
