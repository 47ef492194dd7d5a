package workbook

import (
	"strings"

	"zona/internal/instrument"
)

// inCells writes an instrument's expression as a spreadsheet's formula, with cells for its inputs. The grammar is the
// one of instrument.Expr; it was checked there, so what remains is to move "and" and "or" in front, where spreadsheets
// have them, and to spell the comparisons.
func inCells(e *instrument.Expr, cells map[string]string) string {
	t := translator{tokens: exprTokens(e.String()), cells: cells}
	return t.condition()
}

// exprTokens cuts an expression into words, operators and parentheses.
func exprTokens(source string) []string {
	var out []string
	for i := 0; i < len(source); {
		switch c := source[i]; {
		case c == ' ':
			i++
		case isWordByte(c):
			end := i
			for end < len(source) && isWordByte(source[end]) {
				end++
			}
			out = append(out, source[i:end])
			i = end
		case i+1 < len(source) && source[i+1] == '=' && strings.IndexByte("=!<>", c) >= 0:
			out = append(out, source[i:i+2])
			i += 2
		default:
			out = append(out, source[i:i+1])
			i++
		}
	}
	return out
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

type translator struct {
	tokens []string
	cells  map[string]string
}

func (t *translator) peek() string {
	if len(t.tokens) == 0 {
		return ""
	}
	return t.tokens[0]
}

func (t *translator) take() {
	if len(t.tokens) > 0 {
		t.tokens = t.tokens[1:]
	}
}

func (t *translator) condition() string { return t.joined("or", "OR", t.conjunction) }

func (t *translator) conjunction() string { return t.joined("and", "AND", t.comparison) }

// joined reads parts between a word; more than one become the arguments of a function.
func (t *translator) joined(word, function string, part func() string) string {
	parts := []string{part()}
	for t.peek() == word {
		t.take()
		parts = append(parts, part())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return function + "(" + strings.Join(parts, ",") + ")"
}

// comparison reads sums and the comparisons between them.
func (t *translator) comparison() string {
	var b strings.Builder
	for {
		switch tok := t.peek(); tok {
		case "", ")", "and", "or":
			return b.String()
		case "(":
			t.take()
			b.WriteString("(" + t.condition() + ")")
			t.take() // the closing one
		case "==":
			t.take()
			b.WriteString("=")
		case "!=":
			t.take()
			b.WriteString("<>")
		default:
			t.take()
			if cell, ok := t.cells[tok]; ok {
				tok = cell
			}
			b.WriteString(tok)
		}
	}
}
