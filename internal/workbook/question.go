package workbook

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"zona/internal/exact"
	"zona/internal/instrument"
	"zona/internal/scoring"
)

// question prints a question, its answer and its score; the numbers of a ratio stand in the rows below.
func (w *writer) question(sw *excelize.StreamWriter, i int) error {
	n, row, look := w.in.Nodes[i], w.rows[i], w.look.question
	answer, score := w.s.Answers[n.ID], w.result.Nodes[i]
	l := newLine(look.text)
	l.set(colText-1, text(n.Label+".", look.text))
	l.set(colText, text(n.Question.Text, look.text))
	l.set(colCriteria, text(criteria(n.Question), look.text))
	l.set(colType, text(typePrinted(n.Question), look.center))
	l.set(colNote, text(w.s.Notes[n.ID], w.look.typed))
	l.set(colID, text(n.ID, look.text))
	l.set(colAnswer, w.answerCell(n, answer, score))
	fraction := w.fraction(n, answer)
	if w.sharesWeight(n) {
		l.set(colScore, live(fraction, score.Fraction, look.points))
	} else {
		l.set(colWeight, number(n.Weight, look.points))
		l.set(colScore, live(cellName(colWeight, row)+"*"+fraction, score.Score, look.points))
		l.set(colShare, w.share(row, n.Weight, score.Fraction, look.percent))
	}
	if err := put(sw, row, l); err != nil {
		return err
	}
	for k := range n.Question.Inputs {
		if err := w.input(sw, n, k, answer); err != nil {
			return err
		}
	}
	return nil
}

// answerCell holds the answer; of a ratio, the share that its numbers make.
func (w *writer) answerCell(n *instrument.Node, answer instrument.Answer, score scoring.NodeScore) excelize.Cell {
	row := w.rows[n.Index]
	switch n.Question.Kind {
	case instrument.Choice:
		w.lists.choice(cellName(colAnswer, row), n.Question)
		return text(answer.Choice, w.look.answer)
	case instrument.Index:
		w.lists.index(cellName(colAnswer, row), n.Question)
		if answer.Number == nil {
			return excelize.Cell{StyleID: w.look.answer}
		}
		if !fitsCell(*answer.Number) { // as text, so that no digit is lost
			return text(answer.Number.String(), w.look.answer)
		}
		return number(*answer.Number, w.look.answer)
	case instrument.Ratio:
	}
	var value any = ""
	if score.State == scoring.Answered {
		value = score.Fraction
	}
	return live(w.ratioFormula(n), value, w.look.shared)
}

// fitsCell reports whether a spreadsheet holds a number exactly: it keeps fifteen digits.
func fitsCell(n exact.Number) bool {
	return len(strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(n.String()), "0")) <= maxStoredDigits
}

// input prints one number of a ratio.
func (w *writer) input(sw *excelize.StreamWriter, n *instrument.Node, k int, answer instrument.Answer) error {
	row, input, look := w.rows[n.Index]+1+k, n.Question.Inputs[k], w.look.question
	l := newLine(look.text)
	l.set(colText, text("- "+input.Label, look.text))
	l.set(colType, text("Jumlah", look.center))
	l.set(colID, text(n.ID+":"+input.Key, look.text))
	cell := excelize.Cell{StyleID: w.look.answer}
	if v, ok := answer.Inputs[input.Key]; ok {
		cell.Value = v
	}
	l.set(colAnswer, cell)
	w.lists.count(cellName(colAnswer, row))
	return put(sw, row, l)
}

// fraction is the formula of what an answer is worth, 0 to 1.
func (w *writer) fraction(n *instrument.Node, answer instrument.Answer) string {
	cell := cellName(colAnswer, w.rows[n.Index])
	switch n.Question.Kind {
	case instrument.Choice:
		formula := "0"
		for _, o := range slices.Backward(n.Question.Options) {
			formula = fmt.Sprintf(`IF(%s="%s",%s,%s)`, cell, strings.ReplaceAll(o.Key, `"`, `""`), o.Value, formula)
		}
		return formula
	case instrument.Index:
		value := cell
		if answer.Number != nil && !fitsCell(*answer.Number) {
			value = fmt.Sprintf(`IF(ISNUMBER(%s),%s,_xlfn.NUMBERVALUE(%s,"."))`, cell, cell, cell)
		}
		return fmt.Sprintf("IF(ISNUMBER(%s),IF(AND(%s>=%s,%s<=%s),%s/%s,0),0)", value, value, n.Question.Min, value, n.Question.Max, value, n.Question.Max)
	case instrument.Ratio:
	}
	return fmt.Sprintf("IF(ISNUMBER(%s),%s,0)", cell, cell)
}

// ratioFormula is a ratio in a spreadsheet's words: nothing while a number of the formula is missing or one is
// negative, the zero cases for an empty denominator, else the quotient within its bounds.
func (w *writer) ratioFormula(n *instrument.Node) string {
	q, row := n.Question, w.rows[n.Index]
	cells := map[string]string{}
	var needed []string
	for k, input := range q.Inputs {
		cells[input.Key] = cellName(colAnswer, row+1+k)
		if input.InFormula {
			needed = append(needed, cells[input.Key])
		}
	}
	f := q.Formula
	zero := f.Min.String()
	for _, v := range slices.Backward(f.ZeroCases) {
		if c := v; c.When == nil {
			zero = c.Value.String()
		} else {
			zero = fmt.Sprintf("IF(%s,%s,%s)", inCells(c.When, cells), c.Value, zero)
		}
	}
	denominator := inCells(f.Denominator, cells)
	quotient := fmt.Sprintf("MAX(%s,MIN(%s,(%s)/(%s)))", f.Min, f.Max, inCells(f.Numerator, cells), denominator)
	all := cellName(colAnswer, row+1) + ":" + cellName(colAnswer, row+len(q.Inputs))
	return fmt.Sprintf(`IF(OR(COUNT(%s)<%d,MIN(%s)<0),"",IF((%s)=0,%s,%s))`,
		strings.Join(needed, ","), len(needed), all, denominator, zero, quotient)
}

// criteria lists what each option means, or how the number is made.
func criteria(q *instrument.Question) string {
	if len(q.Options) == 0 {
		return q.Help
	}
	lines := make([]string, len(q.Options))
	for i, o := range q.Options {
		lines[i] = o.Key + ": " + o.Text
	}
	return strings.Join(lines, "\n")
}

func typePrinted(q *instrument.Question) string {
	switch q.Kind {
	case instrument.Ratio:
		return "%"
	case instrument.Index:
		return fmt.Sprintf("Nilai (%s-%s)", q.Min, q.Max)
	case instrument.Choice:
	}
	keys := make([]string, len(q.Options))
	for i, o := range q.Options {
		keys[i] = o.Key
	}
	return strings.Join(keys, "/")
}
