package instrument

import (
	"fmt"
	"slices"
	"strings"

	"zona/internal/exact"
)

// Schema is the form of the files that this version reads. A change that older files do not follow gets a new name.
const Schema = "zona-instrument/1"

// Limits of an instrument's size, far above the LKE's 173 lines in five levels.
const (
	maxNodes   = 5000
	maxDepth   = 12
	maxEntries = 1000 // items of any list
	maxText    = 1500 // bytes of a text
	maxWeight  = 1_000_000
)

// Load reads an instrument file and checks everything that its users rely on; name is what problems call the file.
// The error is a *LoadError that lists every problem, not only the first. There is never an instrument beside it.
func Load(name string, data []byte) (*Instrument, error) {
	l := &loader{
		problems: problems{file: name},
		in:       &Instrument{Scales: map[string]*Scale{}, byID: map[string]*Node{}},
		types:    map[string]*answerType{},
		lines:    map[*Node]int{},
		shares:   map[*Node]share{},
	}
	if root := parseYAML(data, &l.problems); root != nil {
		l.file(root)
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	return l.in, nil
}

// loader fills an instrument from a file's values, section by section, and goes on after a problem.
type loader struct {
	problems
	in     *Instrument
	types  map[string]*answerType
	lines  map[*Node]int
	shares map[*Node]share
}

// share is how a node came to its weight.
type share byte

const (
	shareMissing share = iota // none given: an equal part of the parent's
	shareGiven
	shareWrong // given but not readable: already reported, so sums over it say nothing
)

// answerType is an entry of answer_types.
type answerType struct {
	kind     Kind
	scale    *Scale
	min, max exact.Number
}

func (l *loader) file(root *value) {
	f := l.fields(root, "the file",
		"!schema", "!id", "!title", "!regulation", "amended_by", "!language", "!max_total", "example", "area_minimum",
		"!levels", "!scales", "!answer_types", "!tree", "groups", "predicates", "eligibility")
	if s := l.text(f["schema"]); s != Schema && f["schema"] != nil {
		l.add(f["schema"].line, "schema", s, "this version reads "+Schema)
		return
	}
	in := l.in
	in.ID = l.word(f["id"], lowerWord)
	in.Title = l.text(f["title"])
	in.Regulation = l.text(f["regulation"])
	in.AmendedBy = l.text(f["amended_by"])
	in.Language = l.oneOf(f["language"], "id", "en")
	in.MaxTotal, _ = l.number(f["max_total"], exact.Frac(1, maxWeight), exact.Int(maxWeight))
	in.Example = l.oneOf(f["example"], "true", "false") == "true"
	in.AreaMinimum = l.oneOf(f["area_minimum"], "combined", "per_aspect")
	l.levels(f["levels"])
	l.scales(f["scales"])
	l.answerTypes(f["answer_types"])
	l.tree(f["tree"], f["max_total"])
	l.groups(f["groups"])
	l.predicates(f["predicates"])
	l.eligibility(f["eligibility"])
}

// levels reads "- area: Area" items: one key each, so that the order is plain to see.
func (l *loader) levels(v *value) {
	for _, item := range l.list(v, "levels") {
		if !l.is(item, mapValue, "a level") || len(item.keys) == 0 {
			continue
		}
		if len(item.keys) > 1 {
			l.add(item.line, "shape", "a level with several keys", `write one level per item, like "- area: Area"`)
		}
		level := Level(l.word(item.keys[0], lowerWord))
		if l.levelIndex(level) >= 0 {
			l.add(item.line, "duplicate-id", string(level), "every level has its own name")
			continue
		}
		l.in.Levels = append(l.in.Levels, LevelName{Level: level, Name: l.text(item.vals[0])})
	}
}

func (l *loader) levelIndex(level Level) int {
	return slices.IndexFunc(l.in.Levels, func(n LevelName) bool { return n.Level == level })
}

// scales reads "abc: {A: 1, B: 0.5, C: 0}": best first, so that the first option is the best one everywhere.
func (l *loader) scales(v *value) {
	if !l.is(v, mapValue, "scales") {
		return
	}
	for i, key := range v.keys {
		s := &Scale{ID: l.word(key, lowerWord)}
		body := v.vals[i]
		if !l.is(body, mapValue, "a scale") {
			continue
		}
		for j, k := range body.keys {
			s.Keys = append(s.Keys, l.word(k, optionWord))
			n, ok := l.number(body.vals[j], exact.Int(0), exact.Int(1))
			if ok && j > 0 && !n.Less(s.Values[j-1]) {
				l.add(body.vals[j].line, "scale-order", k.text+": "+n.String(), "values fall from one key to the next, best first")
			}
			s.Values = append(s.Values, n)
		}
		l.scaleKeys(s, body)
		l.in.Scales[s.ID] = s
	}
}

// scaleKeys checks a scale as a whole. Keys must differ in more than case, since answers are read without it.
func (l *loader) scaleKeys(s *Scale, body *value) {
	if len(s.Keys) < 2 || !s.Values[0].Equal(exact.Int(1)) {
		l.add(body.line, "scale-order", fmt.Sprintf("%d keys", len(s.Keys)), "a scale has at least two keys, the first worth 1")
	}
	for j, k := range s.Keys {
		for _, other := range s.Keys[:j] {
			if strings.EqualFold(k, other) && k != other {
				l.add(body.keys[j].line, "duplicate-id", k, "keys of a scale differ in more than upper and lower case")
			}
		}
	}
}

func (l *loader) answerTypes(v *value) {
	if !l.is(v, mapValue, "answer_types") {
		return
	}
	for i, key := range v.keys {
		name, body := l.word(key, lowerWord), v.vals[i]
		f := l.fields(body, "an answer type", "!kind", "scale", "min", "max")
		t := &answerType{kind: Kind(l.oneOf(f["kind"], string(Choice), string(Ratio), string(Index)))}
		l.types[name] = t
		switch t.kind {
		case Choice:
			l.only(f, body, "a choice", "kind", "!scale")
			t.scale = l.scale(f["scale"])
		case Ratio:
			l.only(f, body, "a ratio", "kind")
		case Index:
			l.only(f, body, "a number", "kind", "!min", "!max")
			t.min, _ = l.number(f["min"], exact.Int(0), exact.Int(maxWeight))
			t.max, _ = l.number(f["max"], exact.Int(0), exact.Int(maxWeight))
			if f["max"] != nil && !t.min.Less(t.max) {
				l.add(f["max"].line, "range", fmt.Sprintf("min %v, max %v", t.min, t.max), "max is greater than min")
			}
		}
	}
}

func (l *loader) scale(v *value) *Scale {
	id := l.text(v)
	s := l.in.Scales[id]
	if s == nil && id != "" {
		l.add(v.line, "unknown-scale", id, "name one of the scales: "+strings.Join(sortedKeys(l.in.Scales), ", "))
	}
	return s
}
