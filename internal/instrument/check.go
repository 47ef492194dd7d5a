package instrument

import (
	"slices"
	"strconv"
	"strings"

	"zona/internal/exact"
	"zona/internal/locale"
)

// Check says what makes a given answer invalid; nothing for a valid one, for no answer and for a ratio that is only
// unfinished (see Complete). It is strict: a choice must be written as in the scale. Typed text goes through Read.
func (q *Question) Check(a Answer) []Violation {
	var out []Violation
	switch {
	case a.Choice != "" && q.Kind != Choice:
		out = append(out, q.wrongKind(a.Choice))
	case a.Choice != "" && !slices.ContainsFunc(q.Options, func(o Option) bool { return o.Key == a.Choice }):
		out = append(out, q.noOption(a.Choice, "answer.rule.choice"))
	}
	if a.Number != nil {
		if q.Kind != Index {
			out = append(out, q.wrongKind(inputText(*a.Number)))
		} else if v := q.checkIndex(*a.Number); v != nil {
			out = append(out, *v)
		}
	}
	if len(a.Inputs) > 0 {
		out = append(out, q.checkInputs(a.Inputs)...)
	}
	return out
}

// Complete reports whether a is a valid answer with everything that the score needs.
func (q *Question) Complete(a Answer) bool {
	_, ok := q.Fraction(a)
	return ok
}

func (q *Question) checkIndex(n exact.Number) *Violation {
	read := inputText(n)
	if !q.inRange(n) {
		return q.indexViolation(read, "answer.rule.range")
	}
	if strings.Contains(n.String(), "/") { // exact.Number.String stops at MaxDecimals
		return q.indexViolation(read, "answer.rule.decimals")
	}
	return nil
}

func (q *Question) checkInputs(given map[string]int64) []Violation {
	if q.Kind != Ratio {
		return []Violation{q.wrongKind(strings.Join(sortedKeys(given), ", "))}
	}
	var out []Violation
	for i := range q.Inputs {
		if n, ok := given[q.Inputs[i].Key]; ok {
			if v := q.Inputs[i].check(n); v != nil {
				out = append(out, *v)
			}
		}
	}
	for _, key := range sortedKeys(given) {
		if _, ok := q.Input(key); !ok {
			out = append(out, q.noInput(key))
		}
	}
	return out
}

// Input returns the input with this key, and whether there is one.
func (q *Question) Input(key string) (*Input, bool) {
	for i := range q.Inputs {
		if q.Inputs[i].Key == key {
			return &q.Inputs[i], true
		}
	}
	return nil, false
}

// check returns why n cannot be a count of this input.
func (in *Input) check(n int64) *Violation {
	read := strconv.FormatInt(n, 10)
	switch {
	case n < 0:
		return in.violation(read, "answer.rule.negative", "answer.mend.count")
	case n > MaxCount:
		return in.violation(read, "answer.rule.large", "answer.mend.large")
	}
	return nil
}

func (in *Input) violation(read, rule, mend string) *Violation {
	return &Violation{Input: in.Key, Read: clip(read), Rule: rule, Mend: mend, Args: map[string]string{
		"Read": clip(read), "Label": in.Label, "Unit": in.Unit, "Max": strconv.Itoa(MaxCount),
	}}
}

// noInput: the question has no input of this key.
func (q *Question) noInput(key string) Violation {
	keys := make([]string, len(q.Inputs))
	for i := range q.Inputs {
		keys[i] = q.Inputs[i].Key
	}
	return Violation{
		Input: clip(key), Read: clip(key), Rule: "answer.rule.input", Mend: "answer.mend.input",
		Args: map[string]string{"Read": clip(key), "Inputs": strings.Join(keys, ", ")},
	}
}

// wrongKind: something was given that this kind of question is not answered with.
func (q *Question) wrongKind(read string) Violation {
	v := Violation{Read: clip(read), Rule: "answer.rule.kind." + string(q.Kind), Mend: "answer.mend." + string(q.Kind), Args: q.hints()}
	v.Args["Read"] = v.Read
	return v
}

func (q *Question) noOption(read, rule string) Violation {
	v := Violation{Read: clip(read), Rule: rule, Mend: "answer.mend.choice", Args: q.hints()}
	v.Args["Read"] = v.Read
	return v
}

func (q *Question) indexViolation(read, rule string) *Violation {
	v := &Violation{Read: clip(read), Rule: rule, Mend: "answer.mend.number", Args: q.hints()}
	v.Args["Read"] = v.Read
	return v
}

// hints are the arguments with which a message says what can be given.
func (q *Question) hints() map[string]string {
	args := map[string]string{}
	switch q.Kind {
	case Choice:
		keys := make([]string, len(q.Options))
		for i := range q.Options {
			keys[i] = q.Options[i].Key
		}
		args["Options"] = strings.Join(keys, ", ")
	case Ratio:
		labels := make([]string, len(q.Inputs))
		for i := range q.Inputs {
			labels[i] = q.Inputs[i].Label
		}
		args["Inputs"] = strings.Join(labels, "; ")
	case Index:
		args["Min"], args["Max"], args["Decimals"] = inputText(q.Min), inputText(q.Max), strconv.Itoa(MaxDecimals)
	}
	return args
}

// inputText is a number as people in Indonesia type it; English readers know the comma from the sheet.
func inputText(n exact.Number) string { return locale.For(locale.Indonesian).Input(n) }
