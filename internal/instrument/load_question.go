package instrument

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"zona/internal/exact"
)

// otherwise is the condition of the last zero case, which always holds.
const otherwise = "otherwise"

// maxInputs is how many numbers a ratio may ask for.
const maxInputs = 20

func (l *loader) question(v *value) *Question {
	f := l.fields(v, "a question", "!type", "!text", "help", "options", "inputs", "formula", "evidence", "notes")
	q := &Question{
		Type: l.text(f["type"]), Text: l.text(f["text"]), Help: l.text(f["help"]),
		Evidence: l.texts(f["evidence"], "evidence"), Notes: l.text(f["notes"]),
	}
	t := l.types[q.Type]
	if t == nil {
		if q.Type != "" {
			l.add(f["type"].line, "unknown-type", q.Type, "name one of the answer types: "+strings.Join(sortedKeys(l.types), ", "))
		}
		return q
	}
	q.Kind, q.Scale, q.Min, q.Max = t.kind, t.scale, t.min, t.max
	common := []string{"type", "text", "help", "evidence", "notes"}
	what := "a question of type " + q.Type
	switch t.kind {
	case Choice:
		l.only(f, v, what, append(common, "!options")...)
		l.options(q, f["options"])
	case Ratio:
		l.only(f, v, what, append(common, "!inputs", "!formula")...)
		l.inputs(q, f["inputs"])
		l.formula(q, f["formula"])
	case Index:
		l.only(f, v, what, common...)
	}
	return q
}

// options reads "A: text" entries, which must be exactly the keys of the scale in its order.
func (l *loader) options(q *Question, v *value) {
	if q.Scale == nil || !l.is(v, mapValue, "options") {
		return
	}
	keys := make([]string, len(v.keys))
	for i, k := range v.keys {
		keys[i] = k.text
		text := l.text(v.vals[i])
		if i < len(q.Scale.Keys) {
			q.Options = append(q.Options, Option{Key: k.text, Text: text, Value: q.Scale.Values[i]})
		}
	}
	if !slices.Equal(keys, q.Scale.Keys) {
		l.add(v.line, "options", strings.Join(keys, ", "), fmt.Sprintf("the options of scale %s are %s, in this order", q.Scale.ID, strings.Join(q.Scale.Keys, ", ")))
	}
}

func (l *loader) inputs(q *Question, v *value) {
	items := l.list(v, "inputs")
	if len(items) > maxInputs {
		l.add(v.line, "too-large", fmt.Sprintf("%d inputs", len(items)), fmt.Sprintf("a ratio has at most %d", maxInputs))
		return
	}
	for _, item := range items {
		f := l.fields(item, "an input", "!key", "!label", "!unit", "in_formula")
		in := Input{Key: l.text(f["key"]), Label: l.text(f["label"]), Unit: l.text(f["unit"]), InFormula: true}
		if f["in_formula"] != nil {
			in.InFormula = l.oneOf(f["in_formula"], "true", "false") == "true"
		}
		switch {
		case in.Key == "":
		case !isInputName(in.Key):
			l.add(f["key"].line, "name", in.Key, "an input's key has 1 to 40 of a-z, 0-9 and _, a letter first, and is not and, or, otherwise")
		case slices.ContainsFunc(q.Inputs, func(other Input) bool { return other.Key == in.Key }):
			l.add(f["key"].line, "duplicate-id", in.Key, "every input of a question has its own key")
		}
		q.Inputs = append(q.Inputs, in)
	}
}

func (l *loader) formula(q *Question, v *value) {
	f := l.fields(v, "a formula", "!numerator", "!denominator", "!min", "!max", "!zero_denominator", "!reasoning")
	q.Formula = &Formula{
		Numerator:   l.expr(q, f["numerator"], false),
		Denominator: l.expr(q, f["denominator"], false),
		Reasoning:   l.text(f["reasoning"]),
	}
	var ok1, ok2 bool
	q.Formula.Min, ok1 = l.number(f["min"], exact.Int(0), exact.Int(1))
	q.Formula.Max, ok2 = l.number(f["max"], exact.Int(0), exact.Int(1))
	if ok1 && ok2 && !q.Formula.Min.Less(q.Formula.Max) {
		l.add(f["max"].line, "range", fmt.Sprintf("min %v, max %v", q.Formula.Min, q.Formula.Max), "max is greater than min")
		ok1 = false
	}
	if ok1 && ok2 {
		l.zeroCases(q, f["zero_denominator"])
	}
	if v != nil {
		l.usedInputs(q, v.line)
	}
}

func (l *loader) zeroCases(q *Question, v *value) {
	cases := l.list(v, "zero_denominator")
	for i, item := range cases {
		f := l.fields(item, "a zero case", "!when", "!value")
		var c ZeroCase
		c.Value, _ = l.number(f["value"], q.Formula.Min, q.Formula.Max)
		if f["when"] == nil {
			continue
		}
		last := i == len(cases)-1
		if is := f["when"].text == otherwise; is != last {
			l.add(f["when"].line, "zero-case", f["when"].text, `"otherwise" is the condition of the last case and of no other`)
		} else if !is {
			c.When = l.expr(q, f["when"], true)
		}
		q.Formula.ZeroCases = append(q.Formula.ZeroCases, c)
	}
}

// expr compiles an expression over the question's inputs; condition says whether a truth or a number is wanted.
func (l *loader) expr(q *Question, v *value, condition bool) *Expr {
	if !l.is(v, scalarValue, "an expression") {
		return nil
	}
	var keys []string
	for _, in := range q.Inputs {
		keys = append(keys, in.Key)
	}
	e, err := ParseExpr(v.text, keys)
	switch {
	case errors.Is(err, errUnknownInput):
		l.add(v.line, "unknown-input", v.text, err.Error())
	case err != nil:
		l.add(v.line, "expression", v.text, err.Error())
	case e.IsCondition() != condition:
		l.add(v.line, "expression", v.text, "a numerator and a denominator are numbers, a case's condition is a comparison")
	}
	return e
}

// usedInputs compares in_formula with what the formula really names: a wrong mark would make an answer complete
// without a number that it needs, or incomplete for one that it does not.
func (l *loader) usedInputs(q *Question, line int) {
	used := map[string]bool{}
	exprs := []*Expr{q.Formula.Numerator, q.Formula.Denominator}
	for _, c := range q.Formula.ZeroCases {
		exprs = append(exprs, c.When)
	}
	for _, e := range exprs {
		if e != nil {
			for _, name := range e.Inputs() {
				used[name] = true
			}
		}
	}
	if q.Formula.Numerator == nil || q.Formula.Denominator == nil {
		return
	}
	for _, in := range q.Inputs {
		if in.Key != "" && used[in.Key] != in.InFormula {
			l.add(line, "in-formula", fmt.Sprintf("input %s, in_formula %t", in.Key, in.InFormula), "in_formula says whether the formula names the input")
		}
	}
}
