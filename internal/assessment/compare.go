package assessment

import (
	"slices"

	"zona/internal/instrument"
)

// DifferenceKind is what an incoming answer would do to the one that stands.
type DifferenceKind string

// The kinds of difference.
const (
	Fills      DifferenceKind = "fills"      // nothing stands there yet
	Overwrites DifferenceKind = "overwrites" // something else stands there
	Same       DifferenceKind = "same"       // the same stands there
	Newer      DifferenceKind = "newer"      // somebody else has changed it since the file was read: it is kept
	Unreadable DifferenceKind = "unreadable" // the file has something there that is not an answer
)

// Difference is one question of an import: what stands, what the file says, and what would become of it.
type Difference struct {
	Question   string
	Kind       DifferenceKind
	Before     instrument.Answer
	After      instrument.Answer // as read; zero where the file has none
	NoteBefore string
	NoteAfter  string
}

// Compare holds what was read from a workbook against the answers that stand now, in sheet order. by is the person
// who would apply it: what others have changed since the preview is Newer, since nobody has seen it there.
func Compare(in *instrument.Instrument, entries []Entry, i Import, by string) []Difference {
	stored := make(map[string]Entry, len(entries))
	for _, e := range entries {
		stored[e.Question] = e
	}
	list := compare(in, stored, i.Incoming, func(e Entry) bool { return e.ChangedBy != by && !e.ChangedAt.Before(i.At) })
	read := map[string]bool{}
	for _, d := range list {
		read[d.Question] = true
	}
	for _, p := range i.Problems {
		if _, ok := in.Question(p.Question); ok && !read[p.Question] {
			read[p.Question] = true
			now := stored[p.Question]
			list = append(list, Difference{Question: p.Question, Kind: Unreadable, Before: now.Answer, NoteBefore: now.Note})
		}
	}
	slices.SortFunc(list, func(a, b Difference) int { return leaf(in, a.Question) - leaf(in, b.Question) })
	return list
}

// compare gives one difference for each question; of a question that comes twice the first counts, and one that the
// instrument does not have is left out. unseen says of an entry that would be overwritten whether it is newer than
// what the writer has seen.
func compare(in *instrument.Instrument, stored map[string]Entry, incoming []Incoming, unseen func(Entry) bool) []Difference {
	var list []Difference
	read := map[string]bool{}
	for _, c := range incoming {
		if _, ok := in.Question(c.Question); !ok || read[c.Question] {
			continue
		}
		read[c.Question] = true
		now := stored[c.Question]
		d := Difference{Question: c.Question, Before: now.Answer, After: c.Answer, NoteBefore: now.Note, NoteAfter: c.Note}
		if d.Kind = d.kind(); d.Kind == Overwrites && unseen(now) {
			d.Kind = Newer
		}
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b Difference) int { return leaf(in, a.Question) - leaf(in, b.Question) })
	return list
}

// leaf is the place of a question in the sheet, -1 for one that is not in it.
func leaf(in *instrument.Instrument, question string) int {
	if q, ok := in.Question(question); ok {
		return q.Leaf
	}
	return -1
}

// kind looks at the values alone. A file that says nothing about an answer or a note leaves it as it is.
func (d Difference) kind() DifferenceKind {
	answer := d.After.Given() && !d.After.Equal(d.Before)
	note := d.NoteAfter != "" && d.NoteAfter != d.NoteBefore
	switch {
	case !answer && !note:
		return Same
	case answer && d.Before.Given(), !answer && d.NoteBefore != "":
		return Overwrites
	}
	return Fills
}

// take returns what stands after the difference is applied in a mode, and whether that is a change. Filling never
// touches a note that is there.
func (d Difference) take(mode ImportMode) (a instrument.Answer, note string, changed bool) {
	if d.Kind != Fills && (d.Kind != Overwrites || mode != Overwrite) {
		return d.Before, d.NoteBefore, false
	}
	a, note = d.Before, d.NoteBefore
	if d.After.Given() {
		a = d.After
	}
	if d.NoteAfter != "" && (note == "" || d.Kind == Overwrites) {
		note = d.NoteAfter
	}
	return a, note, true
}
