package workbook

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"zona/internal/exact"
	"zona/internal/instrument"
)

// ratio reads a question that is answered by numbers in the rows under it. The percentage in its own row is a
// formula in most sheets; it is never an answer, since a score is exact and a rounded share is not.
func (c *collector) ratio(p *columnPart, node *instrument.Node, r int) (a instrument.Answer, ok bool) {
	rows := c.inputRows(p, node, r)
	keys := c.outline.assignInputs(p, node, rows)
	ok = true
	var unassigned []int
	for i, k := range rows {
		if keys[i] < 0 {
			unassigned = append(unassigned, k)
			continue
		}
		n, given, fine := c.inputCell(p, node, node.Question.Inputs[keys[i]].Key, k)
		ok = ok && fine
		if !given {
			continue
		}
		key := node.Question.Inputs[keys[i]].Key
		if before, twice := a.Inputs[key]; twice && before != n {
			c.cellProblem(p, node, k, p.cell(k), "workbook.input.twice")
			ok = false
			continue
		}
		if a.Inputs == nil {
			a.Inputs = map[string]int64{}
		}
		a.Inputs[key] = n
		c.note(p, node, k)
	}
	if !ok {
		return instrument.Answer{}, false
	}
	for _, k := range unassigned {
		ok = c.extraRow(p, node, k, a) && ok
	}
	return a, c.share(p, node, r, a) && ok
}

// inputRows lists the rows of numbers that belong to the question at row r: those under it, up to the next line of
// the instrument; where there are none, those that name it by id.
func (c *collector) inputRows(p *columnPart, node *instrument.Node, r int) []int {
	inputs := c.outline.row[node.Leaf] + 1
	var rows []int
	for k := r + 1; k < len(p.sheet.lines); k++ {
		if at := p.sheet.lines[k]; at == inputs {
			rows = append(rows, k)
		} else if at >= 0 && c.outline.lines[at].kind != lineCaption {
			break
		}
	}
	if len(rows) > 0 {
		return rows
	}
	for k, at := range p.sheet.lines {
		if at == inputs {
			rows = append(rows, k)
		}
	}
	return rows
}

const (
	nearEnough    = 0.2 // the least resemblance by which a row is taken for an input
	maxInputRows  = 12  // more rows under one ratio are not told apart by wording
	orderedRow    = 0.02
	assignNothing = -1
)

// assignInputs tells which input each row is: by id, else by wording. All rows are settled together, so that the
// likelier reading of one row decides about its neighbour too.
func (o *outline) assignInputs(p *columnPart, node *instrument.Node, rows []int) []int {
	out := make([]int, len(rows))
	named := false
	for i, k := range rows {
		key := p.sheet.facts[k].input
		out[i] = slices.IndexFunc(node.Question.Inputs, func(in instrument.Input) bool { return key != "" && fold(in.Key) == key })
		named = named || out[i] >= 0
	}
	if named || len(rows) == 0 || len(rows) > maxInputRows {
		return out
	}
	texts := make([]string, len(rows))
	for i, k := range rows {
		texts[i] = p.sheet.facts[k].text
	}
	datedRows(texts)
	sims := make([][]float32, len(rows))
	for i := range rows {
		sims[i] = o.input[node.Leaf].resemble(texts[i])
	}
	out = bestPairs(sims, len(node.Question.Inputs))
	lastPair(out, len(node.Question.Inputs))
	return out
}

// lastPair settles by elimination: as many rows as inputs, and all but one of them known.
func lastPair(out []int, inputs int) {
	row, taken := -1, make([]bool, inputs)
	for i, k := range out {
		switch {
		case k >= 0:
			taken[k] = true
		case row >= 0:
			return
		default:
			row = i
		}
	}
	if row < 0 || len(out) != inputs || inputs < 2 {
		return
	}
	out[row] = slices.Index(taken, false)
}

// datedRows says which year is the last and which is this one where rows name two: "pelanggaran tahun 2023" and
// "pelanggaran tahun 2024".
func datedRows(texts []string) {
	years := map[int]bool{}
	yearsIn := func(text string, f func(int)) {
		for _, w := range words(fold(text)) {
			if n, err := strconv.Atoi(w); err == nil && n >= 2000 && n < 2100 {
				f(n)
			}
		}
	}
	for _, t := range texts {
		yearsIn(t, func(n int) { years[n] = true })
	}
	if len(years) != 2 {
		return
	}
	latest := 0
	for n := range years {
		latest = max(latest, n)
	}
	for i := range texts {
		yearsIn(texts[i], func(n int) {
			if n == latest {
				texts[i] += " tahun ini"
			} else {
				texts[i] += " tahun lalu"
			}
		})
	}
}

// bestPairs matches rows with inputs so that the sum of resemblances is greatest, each input at most once; the order
// of the sheet decides between equals. sims is by row and input.
func bestPairs(sims [][]float32, inputs int) []int {
	size := 1 << min(inputs, maxInputRows)
	table := make([][]pairing, len(sims)+1)
	for i := range table {
		table[i] = make([]pairing, size)
		for m := range table[i] {
			table[i][m].sum = -math.MaxFloat32
		}
	}
	table[0][0].sum = 0
	for i, row := range sims {
		for m, s := range table[i] {
			if s.sum > -math.MaxFloat32 {
				extendPairs(table[i+1], row[:min(inputs, maxInputRows)], m, s.sum)
			}
		}
	}
	best := 0
	for m, s := range table[len(sims)] {
		if s.sum > table[len(sims)][best].sum {
			best = m
		}
	}
	out := make([]int, len(sims))
	for i := len(sims); i > 0; i-- {
		out[i-1] = table[i][best].pick
		best = table[i][best].from
	}
	return out
}

// pairing is the best way to have matched the rows so far with a set of inputs.
type pairing struct {
	sum  float32
	from int
	pick int // input of the last row, assignNothing
}

// extendPairs matches one more row, from the set m with the sum that it has.
func extendPairs(next []pairing, row []float32, m int, sum float32) {
	if sum > next[m].sum {
		next[m] = pairing{sum, m, assignNothing}
	}
	for k, likeness := range row {
		if m&(1<<k) != 0 || likeness < nearEnough {
			continue
		}
		v := sum + likeness
		if m>>k == 0 { // behind all that came before
			v += orderedRow
		}
		if t := &next[m|1<<k]; v > t.sum {
			*t = pairing{v, m, k}
		}
	}
}

// inputCell reads one number; fine is false when a problem was noted.
func (c *collector) inputCell(p *columnPart, node *instrument.Node, key string, k int) (n int64, given, fine bool) {
	at, trouble := c.answerCell(p, k)
	if at == nil {
		return 0, false, true
	}
	raw := ""
	if trouble == "" {
		raw, trouble = readable(at, node.Question)
	}
	if trouble == "" && at.kind == cellNumber && at.format == formatPercent && isShare(raw) {
		trouble = "workbook.input.percent"
	}
	if trouble != "" {
		c.cellProblem(p, node, k, at, trouble)
		return 0, false, false
	}
	n, given, v := node.Question.ReadInput(key, raw)
	if v != nil {
		c.violation(p, node, k, *v)
		return 0, false, false
	}
	return n, given, true
}

// isShare tells 90% from the number 90 in a cell that happens to be formatted as percent.
func isShare(raw string) bool {
	n, err := exact.Parse(raw)
	return err == nil && n.Sign() > 0 && !exact.Int(1).Less(n)
}

// extraRow deals with a row of numbers that is none of the inputs. Agencies print the sum of some of them; a sum that
// is right says nothing new, anything else contradicts or replaces what is asked.
func (c *collector) extraRow(p *columnPart, node *instrument.Node, k int, a instrument.Answer) bool {
	at := p.cell(k)
	if at == nil || at.kind == cellBare || at.kind == cellError && at.formula {
		return true
	}
	n, err := at.number()
	if err == nil && (isPartialSum(n, node.Question, a) || n.Sign() == 0 && (at.formula || len(a.Inputs) == 0)) {
		return true
	}
	c.cellProblem(p, node, k, at, "workbook.input.extra")
	return false
}

// isPartialSum reports whether n is the sum of two or more inputs that stand together.
func isPartialSum(n exact.Number, q *instrument.Question, a instrument.Answer) bool {
	for from := range q.Inputs {
		sum := exact.Int(0)
		for to := from; to < len(q.Inputs); to++ {
			v, ok := a.Inputs[q.Inputs[to].Key]
			if !ok {
				break
			}
			if sum = sum.Add(exact.Int(v)); to > from && sum.Equal(n) {
				return true
			}
		}
	}
	return false
}

// share looks at the percentage in the question's own row: alone it is no answer, and one that somebody typed must
// not contradict the numbers.
func (c *collector) share(p *columnPart, node *instrument.Node, r int, a instrument.Answer) bool {
	at := p.cell(r)
	if at == nil || at.kind == cellBare || at.kind == cellError && at.formula {
		return true
	}
	percent, isNumber := shareIn(at)
	if len(a.Inputs) == 0 {
		if at.formula && isNumber && percent.Sign() == 0 { // the sheet's own formula over empty cells
			return true
		}
		c.cellProblem(p, node, r, at, "workbook.input.share")
		return false
	}
	if at.formula {
		return true // ours or the agency's; they may treat empty denominators differently
	}
	if !isNumber {
		c.cellProblem(p, node, r, at, "workbook.input.differs")
		return false
	}
	fraction, ok := node.Question.Fraction(a)
	if !ok || emptyDenominator(node.Question, a) || near(percent, fraction) || near(percent.Div(exact.Int(100)), fraction) {
		return true
	}
	c.cellProblem(p, node, r, at, "workbook.input.differs")
	return false
}

// emptyDenominator: what the share is then is a decision that sheets do not agree on.
func emptyDenominator(q *instrument.Question, a instrument.Answer) bool {
	return q.Formula.Denominator.Eval(func(key string) int64 { return a.Inputs[key] }).Sign() == 0
}

// shareIn reads 0.9, "90%" and "90,0 %"; more than full is full, as in the score.
func shareIn(at *cell) (exact.Number, bool) {
	if at.kind == cellText {
		text, percent := strings.CutSuffix(fold(at.text), "%")
		n, err := (&cell{kind: cellText, text: strings.TrimSpace(text)}).number()
		if err != nil {
			return n, false
		}
		if percent {
			n = n.Div(exact.Int(100))
		}
		return n, true
	}
	n, err := at.number()
	return n, err == nil
}

// near allows for a percentage rounded to whole percents.
func near(percent, fraction exact.Number) bool {
	percent = exact.Max(exact.Int(0), exact.Min(exact.Int(1), percent))
	d := percent.Sub(fraction)
	if d.Sign() < 0 {
		d = d.Neg()
	}
	return !exact.Frac(51, 10_000).Less(d)
}
