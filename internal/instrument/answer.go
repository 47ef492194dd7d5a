package instrument

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"zona/internal/exact"
)

// MaxCount is the largest whole number accepted as an input of a ratio: more people than the country has.
const MaxCount = 1_000_000_000

// MaxDecimals is how many decimals an index may have: more than any survey computes, few enough to be kept exactly.
const MaxDecimals = 18

// Answer is what was given to one question. Only the part that fits the question's Kind is set; the zero Answer
// is no answer. Its JSON form is that of the answer files: "Ya", "A", 3.6 or {"agen": 4, "perubahan": 3}.
type Answer struct {
	Choice string           // key of an option, exactly as in the scale
	Number *exact.Number    // Index questions
	Inputs map[string]int64 // Ratio questions; an absent key is an empty field
}

// Given reports whether anything was given at all (also a ratio with some inputs missing).
func (a Answer) Given() bool { return a.Choice != "" || a.Number != nil || len(a.Inputs) > 0 }

// Equal reports whether both say the same; numbers are compared by value.
func (a Answer) Equal(b Answer) bool {
	if a.Choice != b.Choice || (a.Number == nil) != (b.Number == nil) {
		return false
	}
	return (a.Number == nil || a.Number.Equal(*b.Number)) && maps.Equal(a.Inputs, b.Inputs)
}

// Violation says why something given is not an answer: what was read, the rule, and how to mend it. Rule and Mend
// are message ids of package locale with Args, so that both languages can say it.
type Violation struct {
	Input string // input key of a ratio, "" otherwise
	Read  string // what was given, shortened
	Rule  string // message id, e.g. "answer.rule.choice"
	Mend  string // message id, e.g. "answer.mend.choice"
	Args  map[string]string
}

// MarshalJSON writes the form of the answer files; no answer is null. A number is written exactly, as a decimal.
func (a Answer) MarshalJSON() ([]byte, error) {
	switch {
	case a.Choice != "":
		return json.Marshal(a.Choice)
	case a.Number != nil:
		text := a.Number.String()
		if !json.Valid([]byte(text)) { // a fraction without a finite decimal, which nobody can type
			text = strconv.FormatFloat(a.Number.Float64(), 'g', -1, 64)
		}
		return []byte(text), nil
	case len(a.Inputs) > 0:
		return json.Marshal(a.Inputs)
	}
	return []byte("null"), nil
}

// errAnswerForm is returned, wrapped, for JSON that no answer is written as.
var errAnswerForm = errors.New("not the JSON form of an answer")

// UnmarshalJSON reads what MarshalJSON wrote, without knowing the question: for stores. What people send is read by
// Question.FromJSON, which checks it.
func (a *Answer) UnmarshalJSON(raw []byte) error {
	*a = Answer{}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return errAnswerForm
	}
	var err error
	switch raw[0] {
	case 'n':
	case '"':
		err = json.Unmarshal(raw, &a.Choice)
	case '{':
		err = json.Unmarshal(raw, &a.Inputs)
	default:
		var n exact.Number
		if n, err = jsonNumber(string(raw)); err == nil {
			a.Number = &n
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errAnswerForm, err)
	}
	return nil
}
