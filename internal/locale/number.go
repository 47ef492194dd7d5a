package locale

import (
	"math/big"
	"strconv"
	"strings"
	"unicode"

	"zona/internal/exact"
)

// Number returns n with exactly places decimals, rounded half up, with the separators of the language:
// "1.234.567,50" or "1,234,567.50".
func (p *Printer) Number(n exact.Number, places int) string {
	return p.separate(n.Decimal(max(places, 0)), p.group)
}

// Score returns points as every page shows them, with two decimals: "3,60".
func (p *Printer) Score(n exact.Number) string { return p.Number(n, scorePlaces) }

// Percent returns a fraction as percent: 0.75 is "75,00%".
func (p *Printer) Percent(fraction exact.Number, places int) string {
	return p.Number(fraction.Mul(exact.Int(100)), places) + "%"
}

// Count returns a whole number with thousands separators: "2.000".
func (p *Printer) Count(n int64) string { return p.separate(strconv.FormatInt(n, 10), p.group) }

// Input returns n as a person would type it, for form fields and sentences: no thousands separators, no zeros at
// the end, "3,6". ParseNumber reads it back exactly where n has a finite decimal; else it has twelve places.
func (p *Printer) Input(n exact.Number) string {
	text := n.String()
	if strings.Contains(text, "/") {
		text = strings.TrimRight(n.Decimal(longest), "0")
		text = strings.TrimSuffix(text, ".")
	}
	return p.separate(text, "")
}

const (
	scorePlaces = 2  // PermenPANRB 90/2021, Lampiran III prints points with two decimals
	longest     = 12 // decimals that anybody is asked to read
)

// Against returns points beside the threshold that they are held against: two decimals, or as many as tell that
// they miss it. 74.995625 against 75 is "74,996", since "75,00" would say that it passes.
func (p *Printer) Against(value, threshold exact.Number) string {
	return p.separate(telling(value, threshold), p.group)
}

// PercentAgainst is Against for fractions, shown as percent.
func (p *Printer) PercentAgainst(fraction, threshold exact.Number) string {
	hundred := exact.Int(100)
	return p.Against(fraction.Mul(hundred), threshold.Mul(hundred)) + "%"
}

// Shortfall returns points that are missing: two decimals, or as many as tell that it is not nothing.
func (p *Printer) Shortfall(n exact.Number) string {
	for places := scorePlaces; places <= longest; places++ {
		text := n.Decimal(places)
		if shown, err := exact.Parse(text); err == nil && shown.Sign() != 0 || n.Sign() == 0 {
			return p.separate(text, p.group)
		}
	}
	return "> 0"
}

// telling looks for the first number of decimals at which a value that misses no longer rounds up to the threshold;
// beyond twelve it cuts off instead of rounding, which cannot reach the threshold.
func telling(value, threshold exact.Number) string {
	if !value.Less(threshold) {
		return value.Decimal(scorePlaces)
	}
	for places := scorePlaces; places <= longest; places++ {
		text := value.Decimal(places)
		if shown, err := exact.Parse(text); err == nil && shown.Less(threshold) {
			return text
		}
	}
	return cutOff(value, longest)
}

// cutOff is the greatest decimal of so many places that is not above n.
func cutOff(n exact.Number, places int) string {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	r := n.Rat()
	r.Mul(r, new(big.Rat).SetInt(scale))
	whole := new(big.Int).Div(r.Num(), r.Denom()) // Euclidean: downwards, as the denominator is positive
	return new(big.Rat).SetFrac(whole, scale).FloatString(places)
}

// separate puts the language's separators into a plain decimal, and drops the sign of a zero.
func (p *Printer) separate(plain, group string) string {
	digits, negative := strings.CutPrefix(plain, "-")
	if strings.Trim(digits, "0.") == "" {
		negative = false
	}
	whole, part, hasPart := strings.Cut(digits, ".")
	var b strings.Builder
	b.Grow(len(plain) + len(whole)/3 + 1)
	if negative {
		b.WriteByte('-')
	}
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(c)
	}
	if hasPart {
		b.WriteString(p.decimal)
		b.WriteString(part)
	}
	return b.String()
}

// NumberError says why a typed text is not a number. Rule and Mend are message ids, with Args for both.
type NumberError struct {
	Read     string // what was typed, shortened
	Rule     string
	Mend     string
	Readings []exact.Number // more than one separator: what it could mean
	Args     map[string]string
}

// Error is for logs; people are told Rule and Mend.
func (e *NumberError) Error() string { return "not a number: " + strconv.Quote(e.Read) }

// maxTyped is more than anybody types as one number.
const maxTyped = 60

// ParseNumber reads a number as typed: "3,6" and "3.6" are both 3.6, blanks around it do not matter. One separator
// is always the decimal one; with more than one, thousands would have to be guessed, so the error (a *NumberError)
// shows both readings instead.
func ParseNumber(s string) (exact.Number, error) {
	text := strings.TrimFunc(s, unicode.IsSpace)
	if minus, ok := strings.CutPrefix(text, "−"); ok {
		text = "-" + minus
	}
	digits := strings.TrimPrefix(text, "-")
	separators := strings.Count(digits, ".") + strings.Count(digits, ",")
	if len(text) > maxTyped || !onlyDigits(digits) {
		return exact.Number{}, noNumber(text)
	}
	if separators > 1 {
		return exact.Number{}, twoReadings(text)
	}
	n, err := exact.Parse(strings.Replace(text, ",", ".", 1))
	if err != nil {
		return exact.Number{}, noNumber(text)
	}
	return n, nil
}

// onlyDigits wants a digit first and last, and nothing but digits and separators between.
func onlyDigits(s string) bool {
	for i, c := range []byte(s) {
		separator := c == '.' || c == ','
		if (c < '0' || c > '9') && !separator {
			return false
		}
		if separator && (i == 0 || i == len(s)-1) {
			return false
		}
	}
	return s != ""
}

func noNumber(text string) *NumberError {
	read := shorten(text)
	return &NumberError{
		Read: read, Rule: "locale.number.rule", Mend: "locale.number.mend",
		Args: map[string]string{"Read": read},
	}
}

// twoReadings takes the last separator as the decimal one, and then all of them as thousands.
func twoReadings(text string) *NumberError {
	bare := func(s string) string { return strings.NewReplacer(".", "", ",", "").Replace(s) }
	last := strings.LastIndexAny(text, ".,")
	first, err1 := exact.Parse(bare(text[:last]) + "." + text[last+1:])
	second, err2 := exact.Parse(bare(text))
	if err1 != nil || err2 != nil {
		return noNumber(text)
	}
	read := shorten(text)
	return &NumberError{
		Read: read, Rule: "locale.number.separators.rule", Mend: "locale.number.separators.mend",
		Readings: []exact.Number{first, second},
		Args: map[string]string{
			"Read": read, "First": For(Indonesian).Input(first), "Second": For(Indonesian).Input(second),
		},
	}
}

// shorten keeps a message short whatever was pasted.
func shorten(s string) string {
	r := []rune(strings.ToValidUTF8(s, "\uFFFD"))
	if len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return string(r)
}
