package instrument

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"zona/internal/exact"
)

// FromJSON reads an answer as the answer files write it: a text for a choice, a number for an index, an object of
// inputs for a ratio; null is no answer. Texts are read as tolerantly as typed ones (Read, ReadInput). Inputs that
// cannot be read are left out of the answer and listed, so that a wrong number outside the formula costs nothing.
func (q *Question) FromJSON(raw []byte) (Answer, []Violation) {
	raw = bytes.TrimSpace(raw)
	if !json.Valid(raw) {
		v := q.wrongKind(string(raw))
		v.Rule = "answer.rule.json"
		return Answer{}, []Violation{v}
	}
	switch c := raw[0]; {
	case c == 'n':
		return Answer{}, nil
	case c == '{' && q.Kind == Ratio:
		return q.inputsFromJSON(raw)
	case c == '"' && q.Kind != Ratio:
		a, v := q.Read(unquote(raw))
		return a, listOf(v)
	case (c == '-' || c >= '0' && c <= '9') && q.Kind == Index:
		n, err := jsonNumber(string(raw))
		if err != nil {
			return Answer{}, listOf(q.indexViolation(string(raw), "answer.rule.number"))
		}
		if v := q.checkIndex(n); v != nil {
			return Answer{}, listOf(v)
		}
		return Answer{Number: &n}, nil
	}
	return Answer{}, []Violation{q.wrongKind(string(raw))}
}

// inputsFromJSON reads the members one by one: a key that stands twice must not win silently.
func (q *Question) inputsFromJSON(raw []byte) (Answer, []Violation) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return Answer{}, []Violation{q.wrongKind(string(raw))}
	}
	var out []Violation
	inputs, twice := map[string]int64{}, map[string]bool{}
	for d.More() {
		t, err := d.Token()
		key, ok := t.(string)
		var val json.RawMessage
		if err != nil || !ok || d.Decode(&val) != nil {
			return Answer{}, []Violation{q.wrongKind(string(raw))}
		}
		if twice[key] {
			v := q.noInput(key)
			v.Rule, v.Mend = "answer.rule.twice", "answer.mend.twice"
			out = append(out, v)
			delete(inputs, key)
			continue
		}
		twice[key] = true
		n, given, v := q.inputFromJSON(key, val)
		if v != nil {
			out = append(out, *v)
		} else if given {
			inputs[key] = n
		}
	}
	if len(inputs) == 0 {
		return Answer{}, out
	}
	return Answer{Inputs: inputs}, out
}

func (q *Question) inputFromJSON(key string, raw []byte) (n int64, given bool, v *Violation) {
	in, ok := q.Input(key)
	switch c := raw[0]; {
	case !ok:
		wrong := q.noInput(key)
		return 0, false, &wrong
	case c == 'n':
		return 0, false, nil
	case c == '"':
		return q.ReadInput(key, unquote(raw))
	case c == '-' || c >= '0' && c <= '9':
		number, err := jsonNumber(string(raw))
		if err != nil {
			return 0, false, in.violation(string(raw), "answer.rule.whole", "answer.mend.count")
		}
		n, v = in.whole(number, string(raw))
		return n, v == nil, v
	}
	return 0, false, in.violation(string(raw), "answer.rule.whole", "answer.mend.count")
}

// unquote expects a valid JSON string.
func unquote(raw []byte) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

func listOf(v *Violation) []Violation {
	if v == nil {
		return nil
	}
	return []Violation{*v}
}

var errNumberSize = errors.New("a number with too many digits or too large an exponent")

// jsonNumber reads a JSON number exactly. Programs write small ones with an exponent; it is bounded, since 1e999999
// would otherwise be built digit by digit.
func jsonNumber(s string) (exact.Number, error) {
	mantissa, exponent := s, 0
	if at := strings.IndexAny(s, "eE"); at >= 0 {
		e, err := strconv.Atoi(s[at+1:])
		if err != nil || e < -MaxDecimals || e > MaxDecimals {
			return exact.Number{}, errNumberSize
		}
		mantissa, exponent = s[:at], e
	}
	n, err := exact.Parse(mantissa)
	if err != nil {
		return exact.Number{}, err
	}
	for ; exponent > 0; exponent-- {
		n = n.Mul(exact.Int(10))
	}
	for ; exponent < 0; exponent++ {
		n = n.Div(exact.Int(10))
	}
	return n, nil
}
