package workbook

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"zona/internal/exact"
	"zona/internal/instrument"
)

// collector turns placed rows into answers and problems.
type collector struct {
	outline *outline
	column  *answerColumn
	out     *Reading
	more    int // problems beyond the limit
}

// collect reads every question from the chosen column.
func (c *collector) collect(copies []*answerColumn) {
	found := make([]bool, len(c.outline.in.Questions))
	for i := range c.column.parts {
		part := &c.column.parts[i]
		for _, leaf := range slices.Sorted(maps.Keys(part.sheet.rows)) {
			found[leaf] = true
			c.question(part, leaf, part.sheet.rows[leaf])
		}
		c.unplaced(part)
	}
	for leaf, ok := range found {
		if !ok {
			c.problem(Problem{Sheet: c.column.parts[0].sheet.sheet.name, Question: c.outline.in.Questions[leaf].ID, Rule: "workbook.row.missing", Mend: "workbook.row.missing.mend"})
			continue
		}
		c.out.Placed++
	}
	for _, copied := range copies {
		c.copy(copied)
	}
	c.otherInstrument()
	c.inSheetOrder()
	if c.more > 0 {
		c.out.Problems = append(c.out.Problems, Problem{
			Sheet: shown(c.column.parts[0].sheet.sheet.name), Rule: "workbook.sheet.more", Mend: "workbook.sheet.more.mend",
			Args: map[string]string{"More": strconv.Itoa(c.more)},
		})
	}
}

// otherInstrument reports a sheet that names another instrument than it is read as.
func (c *collector) otherInstrument() {
	id := strings.TrimSpace(c.out.Case[caseInstrument])
	if id == "" || id == c.outline.in.ID {
		return
	}
	c.problem(Problem{
		Sheet: c.column.parts[0].sheet.sheet.name, Read: id, Rule: "workbook.sheet.instrument", Mend: "workbook.sheet.instrument.mend",
		Args: map[string]string{"Instrument": c.outline.in.ID},
	})
}

// problem notes one; a file with more than the limit is broken as a whole, and the rest says nothing new.
func (c *collector) problem(p Problem) {
	if len(c.out.Problems) >= maxProblems {
		c.more++
		return
	}
	p.Sheet = shown(p.Sheet)
	p.Read = shown(p.Read)
	args := map[string]string{"Read": p.Read, "Question": p.Question}
	if n, ok := c.outline.in.Question(p.Question); ok && n.Question.Kind == instrument.Ratio {
		labels := make([]string, len(n.Question.Inputs))
		for i, input := range n.Question.Inputs {
			labels[i] = input.Label
		}
		args["Inputs"] = strings.Join(labels, "; ")
	}
	maps.Copy(args, p.Args)
	p.Args = args
	c.out.Problems = append(c.out.Problems, p)
}

// inSheetOrder sorts problems by their row.
func (c *collector) inSheetOrder() {
	order := map[string]int{}
	for i, p := range c.column.parts {
		order[shown(p.sheet.sheet.name)] = i
	}
	slices.SortStableFunc(c.out.Problems, func(a, b Problem) int {
		_, rowA, okA := cellRef([]byte(a.Cell))
		_, rowB, okB := cellRef([]byte(b.Cell))
		if d := order[a.Sheet] - order[b.Sheet]; d != 0 || okA != okB {
			return d + boolInt(!okA)*1000 - boolInt(!okB)*1000
		}
		return rowA - rowB
	})
}

// question reads one question, which may have been found in several rows.
func (c *collector) question(p *columnPart, leaf int, rows []int) {
	node := c.outline.in.Questions[leaf]
	var answer instrument.Answer
	var from string
	for _, r := range rows {
		f := &p.sheet.facts[r]
		if !c.outline.surelyPlaced(f, c.outline.row[leaf], p.sheet.alike[r]) {
			c.doubtful(p, node, r)
			return
		}
		a, ok := c.answer(p, node, r)
		if !ok {
			return
		}
		c.note(p, node, r)
		if !a.Given() {
			continue
		}
		if answer.Given() && !answer.Equal(a) {
			cell := cellName(p.at[f.band].answer, f.row.n)
			c.problem(Problem{
				Sheet: p.sheet.sheet.name, Cell: cell, Question: node.ID, Read: textOf(p.cell(r)),
				Rule: "workbook.row.twice", Mend: "workbook.row.twice.mend", Args: map[string]string{"First": from, "Second": cell},
			})
			return
		}
		answer, from = a, cellName(p.at[f.band].answer, f.row.n)
	}
	if answer.Given() {
		c.out.Answers[node.ID] = answer
	}
}

// doubtful reports a row that is perhaps this question: another answer type, or hardly anything to go by.
func (c *collector) doubtful(p *columnPart, node *instrument.Node, r int) {
	f := &p.sheet.facts[r]
	rule := "workbook.row.doubtful"
	if f.answer != "" && f.answer != c.outline.lines[c.outline.row[node.Leaf]].answer {
		rule = "workbook.row.type"
	}
	c.problem(Problem{
		Sheet: p.sheet.sheet.name, Cell: cellName(f.textAtOr(1), f.row.n), Question: node.ID, Read: f.text,
		Rule: rule, Mend: rule + ".mend",
	})
}

func (f *rowFacts) textAtOr(col int) int {
	if f.textAt > 0 {
		return f.textAt
	}
	return col
}

// answer reads the answer of a question at a row; ok is false when a problem was noted.
func (c *collector) answer(p *columnPart, node *instrument.Node, r int) (a instrument.Answer, ok bool) {
	if node.Question.Kind == instrument.Ratio {
		return c.ratio(p, node, r)
	}
	at, trouble := c.answerCell(p, r)
	if trouble != "" {
		c.cellProblem(p, node, r, at, trouble)
		return a, false
	}
	if at == nil {
		return a, true
	}
	raw, trouble := readable(at, node.Question)
	if trouble != "" {
		c.cellProblem(p, node, r, at, trouble)
		return a, false
	}
	a, v := node.Question.Read(raw)
	if v != nil {
		c.violation(p, node, r, *v)
		return instrument.Answer{}, false
	}
	return a, true
}

// answerCell finds the answer of a row, also where its cell was merged with others. A merged cell that covers two
// questions answers neither.
func (c *collector) answerCell(p *columnPart, r int) (at *cell, trouble string) {
	f := &p.sheet.facts[r]
	col := p.at[f.band].answer
	area, merged := p.sheet.sheet.merged(f.row.n, col)
	if !merged || col == 0 {
		return p.cell(r), ""
	}
	for other, rows := range p.sheet.rows {
		for _, q := range rows {
			n := p.sheet.facts[q].row.n
			if n != f.row.n && n >= area.row1 && n <= area.row2 && other >= 0 {
				if p.sheet.sheet.at(area.row1, area.col1) == nil {
					return nil, ""
				}
				return p.sheet.sheet.at(area.row1, area.col1), "workbook.cell.merged"
			}
		}
	}
	return p.sheet.sheet.at(area.row1, area.col1), ""
}

// readable returns what a cell holds as somebody would have typed it, or why that cannot be told.
func readable(at *cell, q *instrument.Question) (raw, trouble string) {
	switch at.kind {
	case cellError:
		return "", "workbook.cell.error"
	case cellBare:
		return "", "workbook.cell.formula"
	case cellDate:
		return "", "workbook.cell.date"
	case cellBool:
		return truth(at.text, q)
	case cellNumber:
		switch {
		case at.format == formatDate:
			return "", "workbook.cell.date"
		case at.format == formatPercent && q.Kind != instrument.Ratio && isShare(plainDecimal(at.text)):
			return "", "workbook.cell.percent"
		}
		return plainDecimal(at.text), ""
	case cellText:
	}
	return at.text, ""
}

// truth reads a tick box where the scale is Ya and Tidak.
func truth(text string, q *instrument.Question) (raw, trouble string) {
	if q.Kind != instrument.Choice || len(q.Options) != 2 || q.Options[0].Key != "Ya" || q.Options[1].Key != "Tidak" {
		return "", "workbook.cell.truth"
	}
	if text == "1" || strings.EqualFold(text, "true") {
		return "Ya", ""
	}
	return "Tidak", ""
}

// note keeps what stands beside an answer, and beside the inputs of a ratio.
func (c *collector) note(p *columnPart, node *instrument.Node, r int) {
	f := &p.sheet.facts[r]
	col := p.at[f.band].note
	if col == 0 {
		return
	}
	at := f.row.at(col)
	if at == nil || at.kind == cellBare || at.kind == cellError {
		return
	}
	text := at.text
	if at.kind == cellNumber {
		text = plainDecimal(text)
	}
	if before := c.out.Notes[node.ID]; before != "" && before != text {
		text = before + "\n" + text
	}
	c.out.Notes[node.ID] = text
}

// cellProblem notes that a cell cannot be read.
func (c *collector) cellProblem(p *columnPart, node *instrument.Node, r int, at *cell, rule string) {
	f := &p.sheet.facts[r]
	c.problem(Problem{
		Sheet: p.sheet.sheet.name, Cell: cellName(p.at[f.band].answer, f.row.n), Question: node.ID, Read: textOf(at),
		Rule: rule, Mend: rule + ".mend",
	})
}

// violation notes that a cell was read and is no answer.
func (c *collector) violation(p *columnPart, node *instrument.Node, r int, v instrument.Violation) {
	f := &p.sheet.facts[r]
	c.problem(Problem{
		Sheet: p.sheet.sheet.name, Cell: cellName(p.at[f.band].answer, f.row.n), Question: node.ID, Read: v.Read,
		Rule: v.Rule, Mend: v.Mend, Args: v.Args,
	})
}

// textOf is a cell's content for a message.
func textOf(at *cell) string {
	switch {
	case at == nil:
		return ""
	case at.kind == cellNumber && at.format == formatPercent:
		if n, err := at.number(); err == nil {
			return trimDecimal(n.Mul(exact.Int(100)).Decimal(2)) + "%"
		}
		return at.text
	case at.kind == cellNumber:
		return plainDecimal(at.text)
	case at.kind == cellBool && at.text == "1":
		return "TRUE"
	case at.kind == cellBool:
		return "FALSE"
	}
	return at.text
}

// unplaced reports rows that carry an answer, or look like a question, and belong to no question.
func (c *collector) unplaced(p *columnPart) {
	for r, at := range p.sheet.lines {
		f := &p.sheet.facts[r]
		if at >= 0 && c.outline.lines[at].kind != lineGroup && c.outline.lines[at].kind != lineCaption {
			continue
		}
		answer := p.cell(r)
		choice := answer != nil && answer.kind == cellText && c.outline.isKey(answer.text)
		asks := f.answer != "" && f.answer != typeShare && f.answer != typeCount && f.label != ""
		if !choice && (!asks || at >= 0) && (answer == nil || f.answer == "" || at >= 0) {
			continue
		}
		c.problem(Problem{
			Sheet: p.sheet.sheet.name, Cell: cellName(p.at[f.band].answer, f.row.n), Read: strings.TrimSpace(textOf(answer) + " " + f.text),
			Rule: "workbook.row.unplaced", Mend: "workbook.row.unplaced.mend",
		})
	}
}

// isKey reports whether a text is an option of one of the instrument's scales.
func (o *outline) isKey(text string) bool {
	if len(text) > maxHeading {
		return false
	}
	folded := fold(text)
	for _, s := range o.in.Scales {
		if slices.ContainsFunc(s.Keys, func(k string) bool { return fold(k) == folded }) {
			return true
		}
	}
	return false
}

// copy reports another sheet that holds other answers under the same heading.
func (c *collector) copy(copied *answerColumn) {
	used := map[int]string{}
	for i := range c.column.parts {
		p := &c.column.parts[i]
		for leaf, rows := range p.sheet.rows {
			used[leaf] = fold(textOf(p.cell(rows[0])))
		}
	}
	for i := range copied.parts {
		p := &copied.parts[i]
		for leaf, rows := range p.sheet.rows {
			at := p.cell(rows[0])
			if at == nil || fold(textOf(at)) == used[leaf] {
				continue
			}
			c.problem(Problem{
				Sheet: p.sheet.sheet.name, Read: copied.label, Rule: "workbook.sheet.copy", Mend: "workbook.sheet.copy.mend",
				Args: map[string]string{"Used": shown(c.column.parts[0].sheet.sheet.name)},
			})
			return
		}
	}
}

// caseData reads what stands above the table: a label and the value right of it.
func caseData(column *answerColumn) map[string]string {
	out := map[string]string{}
	p := column.parts[0].sheet
	for i := range p.sheet.rows {
		r := &p.sheet.rows[i]
		if r.n >= p.bands[0].first {
			break
		}
		if len(r.cells) < 2 || r.cells[0].kind != cellText {
			continue
		}
		out[strings.TrimRight(shown(r.cells[0].text), " :")] = textOf(&r.cells[1])
	}
	return out
}
