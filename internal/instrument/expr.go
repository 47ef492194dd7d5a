package instrument

import "zona/internal/exact"

// Expr is a small arithmetic or logical expression over a question's inputs.
type Expr struct {
	source string
}

// Eval computes the expression exactly; value gives an input by key.
func (e *Expr) Eval(value func(key string) int64) exact.Number { return exact.Number{} }
