package instrument

import "zona/internal/exact"

// MaxCount is the largest whole number accepted as an input of a ratio: more people than the country has.
const MaxCount = 1_000_000_000

// Answer is what was given to one question. Only the part that fits the question's Kind is set; the zero Answer
// is no answer. Its JSON form is that of the answer files: "Ya", "A", 3.6 or {"agen": 4, "perubahan": 3}.
type Answer struct {
	Choice string           // key of an option, exactly as in the scale
	Number *exact.Number    // Index questions
	Inputs map[string]int64 // Ratio questions; an absent key is an empty field
}

// Given reports whether anything was given at all (also a ratio with some inputs missing).
func (a Answer) Given() bool { return a.Choice != "" || a.Number != nil || len(a.Inputs) > 0 }

// Violation says why something given is not an answer: what was read, the rule, and how to mend it. Rule and Mend
// are message ids of package locale with Args, so that both languages can say it.
type Violation struct {
	Input string // input key of a ratio, "" otherwise
	Read  string // what was given, shortened
	Rule  string // message id, e.g. "answer.rule.choice"
	Mend  string // message id, e.g. "answer.mend.choice"
	Args  map[string]string
}
