package workbook

import (
	"math"
	"strings"
)

// Placing rows. A sheet's rows are read as one walk through the lines of the instrument: each row either is a line
// or is passed over, and the best walk of all is found by dynamic programming (Viterbi's). What a row says is weighed
// by the points below; walking on to the next line is free, leaving lines out or jumping elsewhere costs. So a
// missing row, an added one, a slip in the numbering or a moved area bends the walk where it happens and nowhere
// else, and the letter "b." is understood by what stands around it.
//
// The points were set by hand and checked against layouts that agencies use; they matter only in relation to one
// another. One point is about what a weak hint is worth.
const (
	pointsExact     = 40 // an id or a full numbering names the line
	pointsLabel     = 2  // the numbering is the line's
	pointsLabelOff  = -2 // it is another
	pointsWeight    = 3  // Bobot is the line's weight
	pointsWeightOff = -3 // it is another
	pointsType      = 4  // the answer type is the question's
	pointsTypeOff   = -5 // it is another
	pointsLikely    = 3  // the options listed as criteria are the question's
	pointsLikelyOff = -2 // they are others; sheets leave the last one out sometimes

	pointsTypeMissing = -2  // the sheet has a column of answer types, which is empty in this row
	pointsNothing     = -4  // neither numbering nor answer type: hardly a question
	pointsIgnored     = -2  // passing over a row that has an answer type
	costSkipLine      = 0.6 // leaving out a line on the way
	costJump          = 4   // going on at a heading elsewhere, forward
	costJumpBack      = 7   // the same, backward
	costJumpLeaf      = 14  // going on in the middle of another group
	unreachable       = -math.MaxFloat32
)

// place returns the line of every row, -1 for rows that are none, and how much each row's wording resembles its
// line's.
func (o *outline) place(facts []rowFacts) (lines []int, alike []float32) {
	n := len(o.lines)
	if n == 0 || len(facts) == 0 {
		return nil, nil
	}
	// score[i] is the worth of the best walk that stands on line i-1 after the rows so far; 0 is before the first.
	score, next := make([]float32, n+1), make([]float32, n+1)
	for i := 1; i <= n; i++ {
		score[i] = unreachable
	}
	steps := newSteps(len(facts), n+1)
	all, scratch := make([]float32, len(facts)*n), newScratch(o.words)
	for r := range facts {
		f, sims := &facts[r], all[r*n:(r+1)*n]
		if f.exact < 0 && f.text != "" {
			o.words.resembleInto(sims, f.text, scratch)
		}
		o.step(f, sims, score, next, steps.row(r))
		score, next = next, score
	}
	best := 0
	for i := range score {
		if score[i] > score[best] {
			best = i
		}
	}
	lines, alike = steps.walkBack(best), make([]float32, len(facts))
	for r, at := range lines {
		if at >= 0 {
			alike[r] = all[r*n+at]
		}
	}
	return lines, alike
}

// steps remembers for every row and line where the best walk came from.
type steps struct {
	width int
	from  []int32
}

const stay = -1 // the row was passed over

func newSteps(rows, width int) *steps { return &steps{width, make([]int32, rows*width)} }

func (s *steps) row(r int) []int32 { return s.from[r*s.width : (r+1)*s.width] }

func (s *steps) walkBack(at int) []int {
	out := make([]int, len(s.from)/s.width)
	for r := len(out) - 1; r >= 0; r-- {
		from := s.row(r)[at]
		out[r] = at - 1
		if from == stay {
			out[r] = -1
			continue
		}
		at = int(from)
	}
	return out
}

// step extends every walk by one row.
func (o *outline) step(f *rowFacts, sims, score, next []float32, from []int32) {
	ignored := float32(0)
	if f.answer != "" && f.answer != typeCount || f.exact >= 0 {
		ignored = pointsIgnored
	}
	best, bestAt := maximum(score)
	ahead, aheadAt := score[0], 0      // the best walk before the line in question
	onward, onwardAt := ahead, aheadAt // the best way to it line by line, leaving out some
	for i := range o.lines {
		next[i+1], from[i+1] = score[i+1]+ignored, stay
		l := &o.lines[i]
		if i > 0 {
			onward -= o.lines[i-1].skipping()
		}
		if score[i] >= onward {
			onward, onwardAt = score[i], i
		}
		came, at := onward, onwardAt
		forward, back := float32(costJump), float32(costJumpBack)
		if l.kind != lineGroup {
			forward, back = costJumpLeaf, costJumpLeaf
		}
		if v := ahead - forward; v > came {
			came, at = v, aheadAt
		}
		if v := best - back; v > came {
			came, at = v, bestAt
		}
		if l.kind == lineInputs && score[i+1] > came { // several rows under one question
			came, at = score[i+1], i+1
		}
		if came > unreachable/2 {
			if v := came + o.worth(f, i, sims[i]); v > next[i+1] {
				next[i+1], from[i+1] = v, int32(at)
			}
		}
		if score[i+1] > ahead {
			ahead, aheadAt = score[i+1], i+1
		}
	}
	next[0], from[0] = score[0]+ignored, stay
}

func maximum(values []float32) (best float32, at int) {
	best = values[0]
	for i, v := range values {
		if v > best {
			best, at = v, i
		}
	}
	return best, at
}

// skipping is what it costs to leave a line out.
func (l *line) skipping() float32 {
	if l.kind == lineInputs {
		return costSkipLine / 3
	}
	return costSkipLine
}

// worth weighs what a row says against one line.
func (o *outline) worth(f *rowFacts, i int, sim float32) float32 {
	if f.exact >= 0 {
		if f.exact == i {
			return pointsExact
		}
		return -pointsExact
	}
	l := &o.lines[i]
	switch l.kind {
	case lineGroup:
		return worthGroup(f, l, sim)
	case lineCaption:
		return worthCaption(f, l, sim)
	case lineQuestion:
		return worthQuestion(f, l, sim)
	default:
		return worthInputs(f, sim)
	}
}

// worthGroup: headings carry the regulation's own names, so the wording must be near.
func worthGroup(f *rowFacts, l *line, sim float32) float32 {
	v := 10*(sim-0.45) + labelWorth(f, l) + weightWorth(f, l, -0.5)
	if f.answer != "" && f.answer != typeShare { // some sheets repeat "%" on the heading of a ratio
		v += pointsTypeOff
	}
	return v
}

// worthCaption: printed with any numbering or none.
func worthCaption(f *rowFacts, l *line, sim float32) float32 {
	v := 10*(sim-0.45) + weightWorth(f, l, -0.5)
	if f.answer != "" {
		v += pointsTypeOff
	}
	return v
}

// worthQuestion: the wording of questions is our own paraphrase of the ministry's, so it helps less than numbering
// and answer type.
func worthQuestion(f *rowFacts, l *line, sim float32) float32 {
	v := 7*(sim-0.12) + labelWorth(f, l)
	switch f.answer {
	case "":
		switch f.likely {
		case "":
		case l.answer:
			v += pointsLikely
		default:
			v += pointsLikelyOff
		}
		if f.typed {
			v += pointsTypeMissing
		}
		if f.label == "" {
			v += pointsNothing
		}
	case l.answer:
		v += pointsType
	default:
		v += pointsTypeOff
	}
	if f.weight != 0 {
		v += weightWorth(f, l, 0)
	}
	if f.counts() && f.answer == "" {
		v += pointsNothing
	}
	return v
}

// counts reports whether a row is worded as a number to fill in.
func (f *rowFacts) counts() bool {
	start := fold(f.text)
	return strings.HasPrefix(start, "jumlah") || strings.HasPrefix(start, "banyaknya")
}

// worthInputs: rows of numbers under a ratio.
func worthInputs(f *rowFacts, sim float32) float32 {
	v := 6 * (sim - 0.25)
	switch {
	case f.answer == typeCount:
		v += pointsType
	case f.answer != "":
		return v + pointsTypeOff
	}
	switch {
	case f.label == "-":
		v++
	case f.label != "":
		v += pointsLabelOff / 2
	}
	if f.counts() {
		v++
	}
	if f.weight != 0 {
		v += pointsWeightOff
	}
	return v
}

func labelWorth(f *rowFacts, l *line) float32 {
	switch {
	case f.label == "" || f.label == "-":
		return 0
	case f.cased == l.label:
		return pointsLabel
	case f.label == strings.ToLower(l.label):
		return pointsLabel / 2
	case l.node.AnnexLabel != "" && f.label == strings.ToLower(l.node.AnnexLabel):
		return 0
	}
	return pointsLabelOff
}

func weightWorth(f *rowFacts, l *line, missing float32) float32 {
	switch {
	case f.weight == 0:
		return missing
	case math.Abs(f.weight-l.weight) < 1e-6:
		return pointsWeight
	}
	return pointsWeightOff
}
