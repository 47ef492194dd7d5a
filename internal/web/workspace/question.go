package workspace

import (
	"strconv"
	"strings"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/web/internal/route"
)

// Names of the fields of an answer form. A form may hold these, the hidden fields of every form, and nothing else.
const (
	answerField   = "answer"   // key of the option, or the number as typed
	inputPrefix   = "in."      // + key of a ratio's input
	noteField     = "note"     //
	revisionField = "revision" // of the stored answer that the person has seen
	clearField    = "clear"    // the button that withdraws the answer
)

// question is one question with its form.
type question struct {
	*view
	n     *instrument.Node
	q     *instrument.Question
	entry *assessment.Entry
	slug  string

	form    *route.Form // what was typed and what is wrong about it; nil: what is stored stands in the fields
	against bool        // the form was refused because entry is newer than what the person had seen
	said    string      // message id of what was just done, "" for nothing
	key     string
}

func (v *view) question(n *instrument.Node) question {
	return question{
		view: v, n: n, q: n.Question, entry: &v.entries[n.Leaf], slug: v.out.slugs[n.Index],
		key: v.key + "-" + strconv.Itoa(n.Leaf),
	}
}

// again is the question after a form that was refused.
func (v *view) again(n *instrument.Node, form route.Form) question {
	q := v.question(n)
	q.form, q.key = &form, form.Key
	q.against = form.Fault != nil && form.Fault.Kind == fault.Conflict
	return q
}

func (q question) action() string { return q.path("/answers/" + q.n.ID) }

// chosen reports whether an option stands in the form.
func (q question) chosen(key string) bool {
	if q.form != nil {
		return q.form.Value(answerField) == key
	}
	return q.entry.Answer.Choice == key
}

// number is what stands in the field of an index question.
func (q question) number() string {
	switch {
	case q.form != nil:
		return q.form.Value(answerField)
	case q.entry.Answer.Number != nil:
		return q.p.Input(*q.entry.Answer.Number)
	}
	return ""
}

// input is what stands in the field of a ratio's input.
func (q question) input(key string) string {
	if q.form != nil {
		return q.form.Value(inputPrefix + key)
	}
	if n, ok := q.entry.Answer.Inputs[key]; ok {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

func (q question) note() string {
	if q.form != nil {
		return q.form.Value(noteField)
	}
	return q.entry.Note
}

// wrong is what is wrong with a field, in words: the rule and how to mend it; "" for nothing.
func (q question) wrong(field string) string {
	if q.form == nil || q.form.Fault == nil {
		return ""
	}
	var said []string
	for _, f := range q.form.Fault.Fields {
		if f.Name == field {
			said = append(said, q.p.TMap(f.Message, f.Args))
		}
	}
	return strings.Join(said, " ")
}

// refused is the sentence above the form, "" when it was not refused.
func (q question) refused() string {
	if q.form == nil || q.form.Fault == nil || q.against {
		return ""
	}
	return q.p.TMap(q.form.Fault.Message, q.form.Fault.Args)
}

// focus reports whether this is the field that the cursor should stand in after a refusal: the first wrong one.
func (q question) focus(field string) bool {
	return q.form != nil && q.form.Fault != nil && len(q.form.Fault.Fields) > 0 && q.form.Fault.Fields[0].Name == field
}

func (q question) id(part string) string { return "q-" + q.slug + "-" + part }

// describedBy names the elements that explain a field: its error, when there is one.
func (q question) describedBy(field, part string) string {
	if q.wrong(field) == "" {
		return ""
	}
	return q.id(part + "-wrong")
}

// changed says who changed the answer when.
func (q question) changed() string {
	return q.T("sheet.question.changed", "Name", q.entry.ByName, "At", locale.Moment{At: q.entry.ChangedAt, Zone: q.zone})
}

// done says what a save has done: an answer stands, or none any more.
func (q question) done() string {
	if q.entry.Answer.Given() {
		return "sheet.saved"
	}
	return "sheet.cleared"
}

// theirs is the answer that stands now, for the person whose own was refused.
func (q question) theirs() []string {
	if !q.entry.Answer.Given() {
		return []string{q.T("sheet.answer.none")}
	}
	return longAnswer(q.p, q.n, q.entry.Answer)
}
