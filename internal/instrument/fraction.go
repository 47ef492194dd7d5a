package instrument

import "zona/internal/exact"

// Fraction returns what an answer is worth, from 0 to 1 of the question's weight. ok is false when the answer is
// absent, incomplete or not valid: such a question scores 0 and stays in the divisor. It allocates nothing for
// ordinary numbers, since a sheet calls it for every question on every change.
func (q *Question) Fraction(a Answer) (f exact.Number, ok bool) {
	switch q.Kind {
	case Choice:
		if a.Number != nil || len(a.Inputs) > 0 {
			return exact.Number{}, false
		}
		for i := range q.Options {
			if q.Options[i].Key == a.Choice {
				return q.Options[i].Value, true
			}
		}
	case Index:
		if a.Choice == "" && len(a.Inputs) == 0 && a.Number != nil && q.inRange(*a.Number) {
			return a.Number.Div(q.Max), true
		}
	case Ratio:
		if a.Choice == "" && a.Number == nil && q.complete(a.Inputs) {
			return q.Formula.fraction(a.Inputs), true
		}
	}
	return exact.Number{}, false
}

// inRange reports Min <= n <= Max.
func (q *Question) inRange(n exact.Number) bool { return !n.Less(q.Min) && !q.Max.Less(n) }

// complete reports whether every input of the formula is there and everything that is there is a valid count of an
// input that exists. Inputs outside the formula may be absent.
func (q *Question) complete(given map[string]int64) bool {
	known := 0
	for i := range q.Inputs {
		n, ok := given[q.Inputs[i].Key]
		if ok {
			known++
		}
		if ok && (n < 0 || n > MaxCount) || !ok && q.Inputs[i].InFormula {
			return false
		}
	}
	return known == len(given)
}

// fraction expects complete inputs. A numerator above its denominator and a negative one are held within Min..Max:
// more changes than agents is full marks, more violations than last year is none, never less.
func (f *Formula) fraction(given map[string]int64) exact.Number {
	value := func(key string) int64 { return given[key] }
	d := f.Denominator.Eval(value)
	if d.Sign() == 0 {
		return f.atZero(value)
	}
	return exact.Max(f.Min, exact.Min(f.Max, f.Numerator.Eval(value).Div(d)))
}

// atZero picks the first case that holds; Load makes sure that the last one always does.
func (f *Formula) atZero(value func(key string) int64) exact.Number {
	for i := range f.ZeroCases {
		if c := &f.ZeroCases[i]; c.When == nil || c.When.Holds(value) {
			return c.Value
		}
	}
	return f.Min
}
