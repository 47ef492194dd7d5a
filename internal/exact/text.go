package exact

import (
	"math/big"
	"math/bits"
	"slices"
	"strconv"
)

// Float64 returns the float64 nearest to a (ties to even): for JSON and charts, never for a decision.
func (a Number) Float64() float64 {
	f, _ := a.rat().Float64()
	return f
}

// Decimal returns a with exactly places digits after the point, rounded half away from zero, and "." as the
// separator: "74.996" shown with two places is "75.00". Package locale puts the separators of a language.
func (a Number) Decimal(places int) string {
	if a.big == nil && places >= 0 && places < len(powers) {
		if text, ok := decimalSmall(a, places); ok {
			return text
		}
	}
	return a.rat().FloatString(places)
}

// powers are those of ten that decimalSmall shifts by. A page shows hundreds of numbers, so the common case is worth
// a way without math/big.
var powers = [...]uint64{1, 10, 100, 1000, 10000}

// decimalSmall is Decimal in machine words, or says that the number does not fit.
func decimalSmall(a Number, places int) (string, bool) {
	high, scaled := bits.Mul64(magnitude(a.num), powers[places])
	d := uint64(a.denom())
	if high != 0 {
		return "", false
	}
	whole, rest := scaled/d, scaled%d
	if rest >= d-rest { // half or more: away from zero
		whole++
	}
	var buf [24]byte
	text := strconv.AppendUint(buf[:0], whole, 10)
	for len(text) <= places {
		text = slices.Insert(text, 0, '0')
	}
	if places > 0 {
		text = slices.Insert(text, len(text)-places, '.')
	}
	if a.num < 0 {
		text = slices.Insert(text, 0, '-')
	}
	return string(text), true
}

// String returns a exactly: as a decimal when it has a finite one of at most 18 places, else as a fraction.
// Parse reads it back to the same Number, so it is also the stored form.
func (a Number) String() string {
	r := a.rat()
	if r.IsInt() {
		return r.Num().String()
	}
	d := new(big.Int).Set(r.Denom())
	places := 0
	for ten := big.NewInt(10); places < 18; places++ {
		g := new(big.Int).GCD(nil, nil, d, ten)
		if g.Cmp(big.NewInt(1)) == 0 {
			break
		}
		d.Quo(d, g)
	}
	if d.Cmp(big.NewInt(1)) != 0 {
		return r.String()
	}
	return r.FloatString(places)
}

// MarshalText writes the exact form (see String).
func (a Number) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (a *Number) UnmarshalText(b []byte) error {
	n, err := Parse(string(b))
	if err != nil {
		return err
	}
	*a = n
	return nil
}
