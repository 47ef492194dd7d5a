package instrument

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"zona/internal/exact"
)

// Limits of an expression. They are far above what an instrument needs and keep evaluation small and bounded: an
// expression comes from a file that somebody may have been handed.
const (
	MaxExprLength = 200 // bytes of source
	maxExprNest   = 16  // parentheses inside parentheses
	maxExprStack  = 16  // values held at once while evaluating
	maxInputName  = 40  // bytes of an input's name
)

// Expr is a small arithmetic or logical expression over a question's inputs, compiled once by ParseExpr:
//
//	condition  = conjunction { "or" conjunction }
//	conjunction = comparison { "and" comparison }
//	comparison = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum ]
//	sum        = product { ( "+" | "-" ) product }
//	product    = operand { ( "*" | "/" ) operand }
//	operand    = whole number | input | "(" condition ")"
//
// There are no signs, decimals, functions, loops or assignments. Numbers and truths do not mix: "and" and "or" join
// comparisons, arithmetic joins numbers. A divisor must be a constant other than zero, so evaluating never fails;
// dividing by an input is what Formula does, and Formula says what an empty denominator means.
type Expr struct {
	source string
	code   []exprStep
	truth  bool
}

// exprOp is one step of the compiled form, which works on a stack.
type exprOp byte

const (
	opNumber exprOp = iota
	opInput
	opAdd
	opSub
	opMul
	opDiv
	opEqual
	opNotEqual
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
	opAnd
	opOr
)

// exprStep pushes a number or an input, or replaces the two topmost values by their combination.
type exprStep struct {
	op    exprOp
	input string
	value exact.Number
}

// ParseExpr compiles src, which may name only the given inputs. Errors say at which column (from 1) and what was
// expected; they are for the editor of an instrument.
func ParseExpr(src string, inputs []string) (*Expr, error) {
	if len(src) > MaxExprLength {
		return nil, fmt.Errorf("expression of %d bytes, at most %d are allowed", len(src), MaxExprLength)
	}
	p := exprParser{src: src, inputs: inputs}
	p.next()
	truth, err := p.condition(0)
	if err != nil {
		return nil, err
	}
	if p.tok != "" {
		return nil, p.fail("expected an operator or the end")
	}
	return &Expr{source: src, code: p.code, truth: truth}, nil
}

// String returns the source as written in the instrument.
func (e *Expr) String() string { return e.source }

// IsCondition reports whether the expression is true or false rather than a number.
func (e *Expr) IsCondition() bool { return e.truth }

// Inputs returns the inputs that the expression names, in order of appearance, each once.
func (e *Expr) Inputs() []string {
	var names []string
	for _, s := range e.code {
		if s.op == opInput && !slices.Contains(names, s.input) {
			names = append(names, s.input)
		}
	}
	return names
}

// Eval computes the expression exactly; value gives an input by key. A condition is 1 when it holds, else 0.
func (e *Expr) Eval(value func(key string) int64) exact.Number { return evalSteps(e.code, value) }

// Holds reports whether a condition holds.
func (e *Expr) Holds(value func(key string) int64) bool { return e.Eval(value).Sign() != 0 }

func evalSteps(code []exprStep, value func(key string) int64) exact.Number {
	var stack [maxExprStack]exact.Number
	top := -1
	for i := range code {
		s := &code[i]
		switch s.op {
		case opNumber:
			top++
			stack[top] = s.value
		case opInput:
			top++
			stack[top] = exact.Int(value(s.input))
		default:
			top--
			stack[top] = s.op.apply(stack[top], stack[top+1]) //nolint:gosec // push lets no more than maxExprStack values through
		}
	}
	return stack[0]
}

func (op exprOp) apply(a, b exact.Number) exact.Number {
	switch op {
	case opAdd:
		return a.Add(b)
	case opSub:
		return a.Sub(b)
	case opMul:
		return a.Mul(b)
	case opDiv:
		return a.Div(b) // the parser lets only constants other than zero through
	case opAnd:
		return truthNumber(a.Sign() != 0 && b.Sign() != 0)
	case opOr:
		return truthNumber(a.Sign() != 0 || b.Sign() != 0)
	}
	c := a.Cmp(b)
	switch op {
	case opEqual:
		return truthNumber(c == 0)
	case opNotEqual:
		return truthNumber(c != 0)
	case opLess:
		return truthNumber(c < 0)
	case opLessEqual:
		return truthNumber(c <= 0)
	case opGreater:
		return truthNumber(c > 0)
	default:
		return truthNumber(c >= 0)
	}
}

func truthNumber(b bool) exact.Number {
	if b {
		return exact.Int(1)
	}
	return exact.Int(0)
}

// exprParser is a recursive descent over the grammar above; it writes the steps as it goes.
type exprParser struct {
	src    string
	inputs []string
	pos    int    // where the next token starts looking
	at     int    // where tok starts
	tok    string // "" at the end
	code   []exprStep
	depth  int // values on the stack after the code so far
}

func (p *exprParser) fail(format string, args ...any) error {
	read := "the end"
	if p.tok != "" {
		read = fmt.Sprintf("%q", clip(p.tok))
	}
	return fmt.Errorf("column %d: %s, read %s", p.at+1, fmt.Sprintf(format, args...), read)
}

// next moves to the following token: a word, a run of digits, an operator of one or two characters.
func (p *exprParser) next() {
	for p.pos < len(p.src) && (p.src[p.pos] == ' ' || p.src[p.pos] == '\t' || p.src[p.pos] == '\n') {
		p.pos++
	}
	p.at = p.pos
	if p.pos == len(p.src) {
		p.tok = ""
		return
	}
	end := p.pos + 1
	switch c := p.src[p.pos]; {
	case isWordByte(c):
		for end < len(p.src) && isWordByte(p.src[end]) {
			end++
		}
	case strings.IndexByte("=!<>", c) >= 0:
		if end < len(p.src) && p.src[end] == '=' {
			end++
		}
	}
	p.tok, p.pos = p.src[p.at:end], end
}

func (p *exprParser) condition(nest int) (truth bool, err error) {
	return p.joined("or", opOr, func() (bool, error) {
		return p.joined("and", opAnd, func() (bool, error) { return p.comparison(nest) })
	})
}

func (p *exprParser) joined(word string, op exprOp, part func() (bool, error)) (truth bool, err error) {
	truth, err = part()
	for err == nil && p.tok == word {
		if !truth {
			return false, p.fail("expected a comparison on the left")
		}
		p.next()
		start := p.at
		truth, err = part()
		if err == nil && !truth {
			return false, fmt.Errorf("column %d: %q joins comparisons, this is a number", start+1, word)
		}
		p.combine(op)
	}
	return truth, err
}

func (p *exprParser) comparison(nest int) (truth bool, err error) {
	truth, err = p.sum(nest)
	if err != nil {
		return false, err
	}
	op, ok := comparisonOp(p.tok)
	if !ok {
		return truth, nil
	}
	if truth {
		return false, p.fail("expected a number on the left of the comparison")
	}
	p.next()
	start := p.at
	truth, err = p.sum(nest)
	if err != nil {
		return false, err
	}
	if truth {
		return false, fmt.Errorf("column %d: a comparison compares numbers, this is a condition", start+1)
	}
	p.combine(op)
	return true, nil
}

func comparisonOp(tok string) (exprOp, bool) {
	switch tok {
	case "==":
		return opEqual, true
	case "!=":
		return opNotEqual, true
	case "<":
		return opLess, true
	case "<=":
		return opLessEqual, true
	case ">":
		return opGreater, true
	case ">=":
		return opGreaterEqual, true
	}
	return 0, false
}

func (p *exprParser) sum(nest int) (truth bool, err error) {
	return p.arithmetic("+", opAdd, "-", opSub, func() (bool, error) {
		return p.arithmetic("*", opMul, "/", opDiv, func() (bool, error) { return p.operand(nest) })
	})
}

func (p *exprParser) arithmetic(t1 string, op1 exprOp, t2 string, op2 exprOp, part func() (bool, error)) (truth bool, err error) {
	truth, err = part()
	for err == nil && (p.tok == t1 || p.tok == t2) {
		if truth {
			return false, p.fail("expected a number on the left, not a condition")
		}
		op := op1
		if p.tok == t2 {
			op = op2
		}
		p.next()
		start, before := p.at, len(p.code)
		truth, err = part()
		if err == nil && truth {
			return false, fmt.Errorf("column %d: arithmetic joins numbers, this is a condition", start+1)
		}
		if err == nil && op == opDiv {
			if err := checkDivisor(p.code[before:]); err != nil {
				return false, fmt.Errorf("column %d: %w", start+1, err)
			}
		}
		p.combine(op)
	}
	return truth, err
}

var (
	errUnknownInput = errors.New("unknown input")
	errDivisorInput = errors.New("the divisor depends on an input; only a ratio's denominator may")
	errDivisorZero  = errors.New("the divisor is zero")
)

func checkDivisor(code []exprStep) error {
	for _, s := range code {
		if s.op == opInput {
			return errDivisorInput
		}
	}
	if evalSteps(code, nil).Sign() == 0 {
		return errDivisorZero
	}
	return nil
}

func (p *exprParser) operand(nest int) (truth bool, err error) {
	switch {
	case p.tok == "(":
		if nest == maxExprNest {
			return false, p.fail("more than %d parentheses inside each other", maxExprNest)
		}
		p.next()
		truth, err = p.condition(nest + 1)
		if err != nil {
			return false, err
		}
		if p.tok != ")" {
			return false, p.fail("expected )")
		}
		p.next()
		return truth, nil
	case p.tok != "" && p.tok[0] >= '0' && p.tok[0] <= '9':
		n, ok := parseDigits(p.tok)
		if !ok {
			return false, p.fail("expected a whole number of at most %d", MaxCount)
		}
		return false, p.push(exprStep{op: opNumber, value: exact.Int(n)})
	case slices.Contains(p.inputs, p.tok):
		return false, p.push(exprStep{op: opInput, input: p.tok})
	}
	inputs := strings.Join(p.inputs, ", ")
	if p.tok != "" && isWordByte(p.tok[0]) {
		return false, fmt.Errorf("column %d: %w %q; the inputs are %s", p.at+1, errUnknownInput, clip(p.tok), inputs)
	}
	return false, p.fail("expected a whole number, ( or one of the inputs %s", inputs)
}

func (p *exprParser) push(s exprStep) error {
	if p.depth == maxExprStack {
		return p.fail("too deep: more than %d values at once", maxExprStack)
	}
	p.depth++
	p.code = append(p.code, s)
	p.next()
	return nil
}

func (p *exprParser) combine(op exprOp) {
	p.depth--
	p.code = append(p.code, exprStep{op: op})
}

// parseDigits reads a whole number of 0..MaxCount made of ASCII digits only.
func parseDigits(s string) (int64, bool) {
	if len(s) == 0 || len(s) > 10 {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, n <= MaxCount
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// isInputName reports whether s can stand in an expression: lower-case letters, digits and _, a letter first.
func isInputName(s string) bool {
	if s == "" || len(s) > maxInputName || s[0] < 'a' || s[0] > 'z' || s == "and" || s == "or" || s == otherwise {
		return false
	}
	for i := range len(s) {
		if !isWordByte(s[i]) || s[i] >= 'A' && s[i] <= 'Z' {
			return false
		}
	}
	return true
}
