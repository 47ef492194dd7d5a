// Package exact holds the one kind of number that scores are made of: an exact rational.
//
// Nothing in Zona that decides (weights, fractions, thresholds, indices) is ever a float. A Number keeps a
// numerator and denominator in machine words as long as they fit and falls back to math/big when they do not,
// so that ordinary sheets cost no allocation and extraordinary ones are still right. Rounding happens only
// where a number is shown (Decimal) or handed to JSON (Float64), never before a comparison.
package exact

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strings"
)

// Number is an exact rational number. The zero value is 0. Numbers are immutable; compare them with Cmp or
// Equal, never with ==, since 0 has two representations (den 0 and den 1) and large values hold a pointer.
type Number struct {
	num int64
	den int64 // > 0; 0 means 1, so that the zero value is 0
	big *big.Rat
}

// Int returns the whole number n.
func Int(n int64) Number {
	if n == math.MinInt64 {
		return Number{big: big.NewRat(n, 1)} // its negative does not fit a word
	}
	return Number{num: n, den: 1}
}

// Frac returns n/d in lowest terms. It panics when d is 0: callers decide what an empty denominator means.
func Frac(n, d int64) Number {
	if d == 0 {
		panic("exact: zero denominator")
	}
	if n == math.MinInt64 || d == math.MinInt64 {
		return FromRat(big.NewRat(n, d))
	}
	if d < 0 {
		n, d = -n, -d
	}
	if g := gcd(magnitude(n), uint64(d)); g > 1 {
		n, d = n/int64(g), d/int64(g)
	}
	return Number{num: n, den: d}
}

// Over returns n/d for d > 0 without bringing it to lowest terms, which makes it cheap: it is for sums over a common
// denominator that make many numbers at once. The result equals Frac(n, d) in value, not in representation.
func Over(n, d int64) Number {
	if d <= 0 || n == math.MinInt64 {
		return Frac(n, d)
	}
	return Number{num: n, den: d}
}

// Parts returns numerator and denominator (> 0, not always in lowest terms) when they fit in machine words; ok is
// false when they do not and Rat is the way.
func (a Number) Parts() (num, den int64, ok bool) { return a.num, a.denom(), a.big == nil }

// FromRat returns r as a Number; r is copied.
func FromRat(r *big.Rat) Number {
	if r.Num().IsInt64() && r.Denom().IsInt64() && r.Num().Int64() != math.MinInt64 {
		return Number{num: r.Num().Int64(), den: r.Denom().Int64()}
	}
	return Number{big: new(big.Rat).Set(r)}
}

// errSyntax is what Parse returns, wrapped with the text, for anything but a plain decimal or fraction.
var errSyntax = errors.New("not a decimal number or fraction")

// Parse reads a plain decimal ("3.6", "-0.25", "75") or a fraction of whole numbers ("2/3"). It accepts no
// exponent, no thousands separator, no blank: people's typing is read by package locale, which knows commas.
func Parse(s string) (Number, error) {
	if len(s) == 0 || len(s) > 64 {
		return Number{}, fmt.Errorf("%q: %w", clip(s), errSyntax)
	}
	for i, c := range s {
		if (c < '0' || c > '9') && c != '.' && c != '/' && (c != '-' || i != 0) {
			return Number{}, fmt.Errorf("%q: %w", clip(s), errSyntax)
		}
	}
	if strings.Contains(s, "/") && strings.Contains(s, ".") {
		return Number{}, fmt.Errorf("%q: %w", clip(s), errSyntax)
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return Number{}, fmt.Errorf("%q: %w", clip(s), errSyntax)
	}
	return FromRat(r), nil
}

// MustParse is Parse for constants in code and tests; it panics on bad text.
func MustParse(s string) Number {
	n, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return n
}

// Add returns a + b.
func (a Number) Add(b Number) Number {
	if a.big == nil && b.big == nil {
		if n, ok := addSmall(a, b); ok {
			return n
		}
	}
	return FromRat(new(big.Rat).Add(a.rat(), b.rat()))
}

// Sub returns a - b.
func (a Number) Sub(b Number) Number { return a.Add(b.Neg()) }

// Neg returns -a.
func (a Number) Neg() Number {
	if a.big != nil {
		return FromRat(new(big.Rat).Neg(a.big))
	}
	return Number{num: -a.num, den: a.den}
}

// Mul returns a x b.
func (a Number) Mul(b Number) Number {
	if a.big == nil && b.big == nil {
		if n, ok := mulSmall(a, b); ok {
			return n
		}
	}
	return FromRat(new(big.Rat).Mul(a.rat(), b.rat()))
}

// Div returns a / b. It panics when b is 0.
func (a Number) Div(b Number) Number {
	if b.Sign() == 0 {
		panic("exact: division by zero")
	}
	if b.big == nil {
		n, d := b.num, b.denom()
		if n < 0 {
			n, d = -n, -d
		}
		return a.Mul(Number{num: d, den: n})
	}
	return FromRat(new(big.Rat).Quo(a.rat(), b.rat()))
}

// Cmp returns -1, 0 or +1 as a is less than, equal to or greater than b. It never rounds.
func (a Number) Cmp(b Number) int {
	if a.big == nil && b.big == nil {
		return cmpSmall(a, b)
	}
	return a.rat().Cmp(b.rat())
}

// Equal reports a = b.
func (a Number) Equal(b Number) bool { return a.Cmp(b) == 0 }

// Less reports a < b.
func (a Number) Less(b Number) bool { return a.Cmp(b) < 0 }

// Sign returns -1, 0 or +1.
func (a Number) Sign() int {
	if a.big != nil {
		return a.big.Sign()
	}
	switch {
	case a.num < 0:
		return -1
	case a.num > 0:
		return 1
	}
	return 0
}

// Rat returns a copy as a math/big rational.
func (a Number) Rat() *big.Rat { return new(big.Rat).Set(a.rat()) }

// Min returns the smaller of a and b.
func Min(a, b Number) Number {
	if b.Less(a) {
		return b
	}
	return a
}

// Max returns the larger of a and b.
func Max(a, b Number) Number {
	if a.Less(b) {
		return b
	}
	return a
}

func (a Number) denom() int64 {
	if a.den == 0 {
		return 1
	}
	return a.den
}

func (a Number) rat() *big.Rat {
	if a.big != nil {
		return a.big
	}
	return big.NewRat(a.num, a.denom())
}

// addSmall adds without leaving int64, or says that it cannot.
func addSmall(a, b Number) (Number, bool) {
	ad, bd := a.denom(), b.denom()
	if ad == bd {
		n, ok := addInt64(a.num, b.num)
		if !ok {
			return Number{}, false
		}
		return reduce(n, ad), true
	}
	g := int64(gcd(uint64(ad), uint64(bd)))
	x, ok1 := mulInt64(a.num, bd/g)
	y, ok2 := mulInt64(b.num, ad/g)
	d, ok3 := mulInt64(ad, bd/g)
	if !ok1 || !ok2 || !ok3 {
		return Number{}, false
	}
	n, ok := addInt64(x, y)
	if !ok {
		return Number{}, false
	}
	return reduce(n, d), true
}

// mulSmall cancels crosswise first, which keeps the products small, and says when they still do not fit.
func mulSmall(a, b Number) (Number, bool) {
	an, ad, bn, bd := a.num, a.denom(), b.num, b.denom()
	if g := int64(gcd(magnitude(an), uint64(bd))); g > 1 {
		an, bd = an/g, bd/g
	}
	if g := int64(gcd(magnitude(bn), uint64(ad))); g > 1 {
		bn, ad = bn/g, ad/g
	}
	n, ok1 := mulInt64(an, bn)
	d, ok2 := mulInt64(ad, bd)
	if !ok1 || !ok2 {
		return Number{}, false
	}
	if n == 0 {
		d = 1
	}
	return Number{num: n, den: d}, true
}

// cmpSmall compares cross products in 128 bits, so it cannot overflow.
func cmpSmall(a, b Number) int {
	if a.denom() == b.denom() {
		return cmpInt64(a.num, b.num)
	}
	if sa, sb := a.Sign(), b.Sign(); sa != sb {
		return cmpInt64(int64(sa), int64(sb))
	}
	h1, l1 := bits.Mul64(magnitude(a.num), uint64(b.denom()))
	h2, l2 := bits.Mul64(magnitude(b.num), uint64(a.denom()))
	c := 0
	switch {
	case h1 != h2:
		c = 1
		if h1 < h2 {
			c = -1
		}
	case l1 != l2:
		c = 1
		if l1 < l2 {
			c = -1
		}
	}
	if a.num < 0 {
		return -c
	}
	return c
}

func reduce(n, d int64) Number {
	if n == 0 {
		return Number{den: 1}
	}
	if g := int64(gcd(magnitude(n), uint64(d))); g > 1 {
		n, d = n/g, d/g
	}
	return Number{num: n, den: d}
}

func cmpInt64(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func addInt64(a, b int64) (int64, bool) {
	c := a + b
	return c, (a^c)&(b^c) >= 0 && c != math.MinInt64
}

func mulInt64(a, b int64) (int64, bool) {
	h, l := bits.Mul64(magnitude(a), magnitude(b))
	if h != 0 || l > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(l), true
	}
	return int64(l), true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
