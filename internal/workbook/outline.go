package workbook

import (
	"slices"
	"strings"

	"zona/internal/instrument"
)

// outline is an instrument seen as the lines of a printed sheet, in order: what rows of a workbook are matched with.
type outline struct {
	in    *instrument.Instrument
	lines []line
	byID  map[string]int // node id, or question:input, in lower case; to the line
	tails map[string]int // ends of ids ("i.1.i.a" for A.I.1.i.a) that only one line has; -1 where several have it
	words *wordIndex     // by line
	row   []int          // line of each question, by Node.Leaf
	input []*wordIndex   // wording of a ratio's inputs, by Node.Leaf; nil for others
}

type lineKind uint8

const (
	lineGroup    lineKind = iota // component, aspect, area, sub-area
	lineCaption                  // a heading that the annex prints over one question only
	lineQuestion                 // a question, also one with a weight of its own
	lineInputs                   // any of the input rows under a ratio question
)

// line is one line of the sheet. Input rows share one line: which of them is which is settled afterwards, since
// agencies order and word them freely.
type line struct {
	kind   lineKind
	node   *instrument.Node
	parent int     // line of the parent, -1 at the top
	label  string  // as printed, without punctuation; "" for inputs
	weight float64 // points, 0 when the sheet prints none
	answer string  // what the column of answer types says, see answerType
}

// newOutline lists an instrument. Building the index of words costs a millisecond or two, so it is kept by Reader.
func newOutline(in *instrument.Instrument) *outline {
	o := &outline{in: in, byID: map[string]int{}, tails: map[string]int{}, row: make([]int, len(in.Questions)), input: make([]*wordIndex, len(in.Questions))}
	at := make([]int, len(in.Nodes)) // line of each node
	for i, n := range in.Nodes {
		l := line{kind: lineGroup, node: n, parent: -1, label: n.Label, weight: n.Weight.Float64()}
		if n.Parent >= 0 {
			l.parent = at[n.Parent]
		}
		if n.Question != nil {
			if n.AnnexGroup != "" {
				o.lines = append(o.lines, line{kind: lineCaption, node: n, parent: l.parent, weight: l.weight})
			}
			l.kind, l.answer = lineQuestion, expectedType(n.Question)
			o.row[n.Leaf] = len(o.lines)
		}
		at[i] = len(o.lines)
		o.name(n.ID, len(o.lines))
		o.lines = append(o.lines, l)
		if n.Question != nil && n.Question.Kind == instrument.Ratio {
			var b wordIndexBuilder
			for k, input := range n.Question.Inputs {
				o.byID[strings.ToLower(n.ID+":"+input.Key)] = len(o.lines)
				b.add(k, input.Label+" "+strings.ReplaceAll(input.Key, "_", " "))
			}
			o.input[n.Leaf] = b.build(len(n.Question.Inputs))
			o.lines = append(o.lines, line{kind: lineInputs, node: n, parent: at[i], answer: typeCount})
		}
	}
	o.index()
	return o
}

// name registers an id and its ends.
func (o *outline) name(id string, at int) {
	id = strings.ToLower(id)
	o.byID[id] = at
	for {
		_, tail, ok := strings.Cut(id, ".")
		if !ok || !strings.Contains(tail, ".") {
			return
		}
		if _, twice := o.tails[tail]; twice {
			at = -1
		}
		o.tails[tail] = at
		id = tail
	}
}

// index collects the wording of every line: what we print, and what the annex prints.
func (o *outline) index() {
	var b wordIndexBuilder
	for i, l := range o.lines {
		switch l.kind {
		case lineGroup:
			b.add(i, l.node.Name)
			b.add(i, l.node.AnnexName)
		case lineCaption:
			b.add(i, l.node.AnnexGroup)
		case lineQuestion:
			b.add(i, l.node.Name)
			b.add(i, l.node.AnnexName)
			b.add(i, l.node.Question.Text)
			b.add(i, l.node.Name+" "+l.node.Question.Text)
		case lineInputs:
			for _, input := range l.node.Question.Inputs {
				b.add(i, input.Label)
			}
		}
	}
	o.words = b.build(len(o.lines))
}

// find returns the line that a full numbering or an id names: "A.I.1.i.a", "a. I. 1) i) a.", "A.II.1.i.a:agen",
// "I.1.i.a" where that is clear.
func (o *outline) find(numbering string) (at int, ok bool) {
	folded := fold(numbering)
	if at, ok = o.byID[folded]; ok {
		return at, true
	}
	if len(folded) > 40 || !strings.ContainsAny(folded, ".-/) ") {
		return 0, false
	}
	parts := strings.FieldsFunc(folded, func(r rune) bool { return strings.ContainsRune(".-/()[] ", r) })
	for _, p := range parts {
		if len(p) > 5 {
			return 0, false
		}
	}
	path := strings.Join(parts, ".")
	if at, ok = o.byID[path]; ok {
		return at, len(parts) > 1
	}
	at, ok = o.tails[path]
	return at, ok && at >= 0 && len(parts) > 2
}

// The answer types as a sheet's column of choices tells them; choices are told by their keys, "a/b/c".
const (
	typeShare = "%"
	typeCount = "#"
	typeIndex = "index"
)

func expectedType(q *instrument.Question) string {
	switch q.Kind {
	case instrument.Ratio:
		return typeShare
	case instrument.Index:
		return typeIndex
	case instrument.Choice:
	}
	return choiceType(q.Scale.Keys)
}

func choiceType(keys []string) string {
	folded := make([]string, len(keys))
	for i, k := range keys {
		folded[i] = fold(k)
	}
	return strings.Join(folded, "/")
}

// answerType reads a cell of the column of choices: "Ya/Tidak", "A/B/C/D", "%", "Jumlah", "Nilai (0-4)". What it
// does not know is "".
func (o *outline) answerType(text string) string {
	folded := fold(text)
	keys := cut(folded, "/,;|\\")
	if len(keys) == 1 {
		keys = cut(folded, " ")
	}
	joined := choiceType(keys)
	for _, s := range o.in.Scales {
		if joined == choiceType(s.Keys) {
			return joined
		}
	}
	if len(keys) > 1 && lettersOnly(keys) {
		return joined // a scale that this instrument does not have: still choices
	}
	switch {
	case folded == "%" || strings.HasPrefix(folded, "persen") || strings.HasPrefix(folded, "prosen") || folded == "rasio":
		return typeShare
	case strings.HasPrefix(folded, "jumlah") || strings.HasPrefix(folded, "banyak") || folded == "angka" || folded == "bilangan":
		return typeCount
	case strings.HasPrefix(folded, "nilai") || strings.HasPrefix(folded, "indeks") || strings.HasPrefix(folded, "skala"):
		return typeIndex
	}
	return ""
}

// cut splits at any of the separators and drops what is empty.
func cut(s, separators string) []string {
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(separators, r) })
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}

// lettersOnly reports whether all keys are a, b, c, … in order.
func lettersOnly(keys []string) bool {
	for i, k := range keys {
		if len(k) != 1 || k[0] != byte('a'+i) {
			return false
		}
	}
	return true
}
