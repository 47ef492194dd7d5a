package workspace

import (
	"net/url"
	"slices"
	"strconv"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/web/internal/route"
)

// known refuses a form with a field that is not among names, or that carries one twice. Scores and weights are never
// read from a form (SC-05).
func known(form url.Values, names ...string) error {
	for field, values := range form {
		ok := field == route.TokenField || field == route.KeyField || slices.Contains(names, field)
		if !ok || len(values) != 1 {
			return unknownField(field)
		}
	}
	return nil
}

func unknownField(name string) error {
	return fault.New(fault.Malformed, "sheet.fault.field", "Name", clip(name, 40))
}

// readAnswer reads the form of one question. Something typed that is not an answer is a fault with the field, the
// rule and how to mend it; a field that the question does not have is refused as a whole.
func readAnswer(n *instrument.Node, form url.Values) (assessment.Typed, error) {
	var out assessment.Typed
	if err := known(form, answerFields(n.Question)...); err != nil {
		return out, err
	}
	revision, err := strconv.Atoi(form.Get(revisionField))
	if err != nil || revision < 0 {
		return out, fault.New(fault.Malformed, "sheet.fault.revision")
	}
	out.Revision, out.Note = revision, form.Get(noteField)
	if form.Get(clearField) != "" {
		return out, nil
	}
	wrong := fault.New(fault.Invalid, "sheet.fault.answer", "ID", n.ID)
	if n.Question.Kind == instrument.Ratio {
		readInputs(n.Question, form, &out, wrong)
	} else {
		a, v := n.Question.Read(form.Get(answerField))
		out.Answer = a
		if v != nil {
			addViolation(wrong, answerField, *v)
		}
	}
	return out, wrong.Err()
}

// readInputs reads the numbers of a ratio; an empty field stays empty.
func readInputs(q *instrument.Question, form url.Values, out *assessment.Typed, wrong *fault.Fault) {
	for _, in := range q.Inputs {
		n, given, v := q.ReadInput(in.Key, form.Get(inputPrefix+in.Key))
		switch {
		case v != nil:
			addViolation(wrong, inputPrefix+in.Key, *v)
		case given:
			if out.Answer.Inputs == nil {
				out.Answer.Inputs = make(map[string]int64, len(q.Inputs))
			}
			out.Answer.Inputs[in.Key] = n
		}
	}
}

// answerFields are the fields that the form of a question may hold.
func answerFields(q *instrument.Question) []string {
	fields := []string{noteField, revisionField, clearField}
	if q.Kind != instrument.Ratio {
		return append(fields, answerField)
	}
	for _, in := range q.Inputs {
		fields = append(fields, inputPrefix+in.Key)
	}
	return fields
}

// addViolation notes what is wrong with a field: the rule, then how to mend it.
func addViolation(f *fault.Fault, field string, v instrument.Violation) {
	args := make(map[string]any, len(v.Args)+1)
	for name, value := range v.Args {
		args[name] = value
	}
	f.Fields = append(f.Fields, fault.Field{Name: field, Message: v.Rule, Args: args}, fault.Field{Name: field, Message: v.Mend, Args: args})
}
