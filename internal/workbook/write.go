package workbook

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"zona/internal/exact"
	"zona/internal/instrument"
	"zona/internal/scoring"
)

// Sheet is what Write puts into a workbook beside the instrument. The zero Sheet is a blank form.
type Sheet struct {
	Title, Institution, Unit, Period, Level, Target string

	Answers map[string]instrument.Answer // by question id; partly filled ratios too
	Notes   map[string]string            // by question id
}

// The layout of the sheet. Its words are those of the form and stand in the instrument's language whatever the
// reader's, because Read and other people's tools look for them.
const (
	sheetName = "LKE"
	recapName = "Rekap"
	headerRow = 9

	caseInstrument = "Instrumen" // label of the instrument's id above the table

	colNumbers  = 1 // A to E: numbering by depth, the wording one column further
	colText     = 6
	colWeight   = 7
	colCriteria = 8
	colType     = 9
	colAnswer   = 10
	colScore    = 11
	colShare    = 12
	colNote     = 14 // M stays empty
	colID       = 15
)

// headings of the columns A to O.
func headings() [colID]string {
	return [colID]string{
		colNumbers - 1: "Penilaian", colWeight - 1: "Bobot", colCriteria - 1: "Penjelasan", colType - 1: "Pilihan Jawaban",
		colAnswer - 1: "Jawaban", colScore - 1: "Nilai", colShare - 1: "%", colNote - 1: "Catatan/Keterangan/Penjelasan", colID - 1: "ID",
	}
}

// Write writes a sheet in Zona's own layout: sheet LKE with the case, the questions, their answers and live formulas
// that a spreadsheet recalculates to the numbers of package scoring, and sheet Rekap with groups and rules. Values are
// stored beside the formulas for viewers that do not calculate. Whatever somebody typed is written as text in cells
// formatted as text, so that it cannot become a formula, not even when the cell is edited later; a character that XML
// cannot hold, such as NUL, is written as U+FFFD. Read reads all of it back. A text longer than a cell is an error.
func Write(w io.Writer, in *instrument.Instrument, s Sheet) error {
	if err := s.fits(); err != nil {
		return fmt.Errorf("write workbook of %s: %w", in.ID, err)
	}
	f := excelize.NewFile()
	defer f.Close()
	out := &writer{f: f, in: in, s: s, rows: make([]int, len(in.Nodes)), result: scoring.Score(in, s.Answers)}
	if err := out.write(); err != nil {
		return fmt.Errorf("write workbook of %s: %w", in.ID, err)
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write workbook of %s: %w", in.ID, err)
	}
	return nil
}

// fits refuses a text that a cell cannot hold, which excelize would cut off without a word.
func (s *Sheet) fits() error {
	for _, text := range []string{s.Title, s.Institution, s.Unit, s.Period, s.Level, s.Target} {
		if len(utf16.Encode([]rune(text))) > maxCellText {
			return errors.New("a line above the table is longer than a cell")
		}
	}
	for id, note := range s.Notes {
		if len(note) > maxCellText && len(utf16.Encode([]rune(note))) > maxCellText {
			return fmt.Errorf("the note of %s is longer than a cell", id)
		}
	}
	return nil
}

// writer prints one workbook.
type writer struct {
	f      *excelize.File
	in     *instrument.Instrument
	s      Sheet
	result *scoring.Result
	look   looks
	rows   []int // row of each node
	total  int   // row of the total
	lists  lists
}

func (w *writer) write() error {
	if err := w.f.SetSheetName("Sheet1", sheetName); err != nil {
		return err
	}
	if _, err := w.f.NewSheet(recapName); err != nil {
		return err
	}
	var err error
	if w.look, err = newLooks(w.f); err != nil {
		return err
	}
	w.placeRows()
	if err := w.sheet(); err != nil {
		return err
	}
	return w.recap()
}

// placeRows gives each node its row: inputs stand below their ratio, and a total with a blank row behind every
// component.
func (w *writer) placeRows() {
	row := headerRow + 1
	for i, n := range w.in.Nodes {
		if n.Parent < 0 && i > 0 {
			row += 2
		}
		w.rows[i] = row
		row++
		if n.Question != nil {
			row += len(n.Question.Inputs)
		}
	}
	w.total = row + 2
}

// sheet prints the sheet of answers.
func (w *writer) sheet() error {
	sw, err := w.f.NewStreamWriter(sheetName)
	if err != nil {
		return err
	}
	if err := w.setUp(sw); err != nil {
		return err
	}
	if err := w.head(sw); err != nil {
		return err
	}
	for i, n := range w.in.Nodes {
		if n.Parent < 0 && i > 0 {
			if err := w.componentTotal(sw, i-1); err != nil {
				return err
			}
		}
		if n.Question != nil {
			err = w.question(sw, i)
		} else {
			err = w.group(sw, i)
		}
		if err != nil {
			return err
		}
	}
	if err := w.componentTotal(sw, len(w.in.Nodes)-1); err != nil {
		return err
	}
	if err := w.grandTotal(sw); err != nil {
		return err
	}
	if err := w.lists.add(w.f); err != nil {
		return err
	}
	return sw.Flush()
}

// cells is a row under construction; index 0 is column A.
type cells []any

func (l cells) set(col int, c any) { l[col-1] = c }

func newLine(style int) cells {
	l := make(cells, colID)
	for i := range l {
		l[i] = excelize.Cell{StyleID: style}
	}
	return l
}

func put(sw *excelize.StreamWriter, row int, l cells) error {
	return sw.SetRow(cellName(1, row), l)
}

// text is a cell of text, whatever it begins with.
func text(s string, style int) excelize.Cell {
	if s == "" {
		return excelize.Cell{StyleID: style}
	}
	return excelize.Cell{StyleID: style, Value: s}
}

func number(n exact.Number, style int) excelize.Cell {
	return excelize.Cell{StyleID: style, Value: n.Float64()}
}

// live is a formula with the value that it has now.
func live(formula string, value any, style int) excelize.Cell {
	if n, ok := value.(exact.Number); ok {
		value = n.Float64()
	}
	return excelize.Cell{StyleID: style, Formula: formula, Value: value}
}

// head prints the case and the headings.
func (w *writer) head(sw *excelize.StreamWriter) error {
	title := w.s.Title
	if title == "" {
		title = strings.ToUpper(w.in.Title)
	}
	if err := put(sw, 1, cells{text(title, w.look.title)}); err != nil {
		return err
	}
	for i, label := range [...][2]string{
		{caseInstrument, w.in.ID},
		{"Jenjang penilaian", w.s.Level},
		{"Unit kerja", w.s.Unit},
		{"Instansi", w.s.Institution},
		{"Periode", w.s.Period},
		{"Predikat yang diusulkan", w.s.Target},
	} {
		l := make(cells, colText)
		l.set(colNumbers, text(label[0], w.look.label))
		l.set(colText, text(label[1], w.look.typed))
		if err := put(sw, i+2, l); err != nil {
			return err
		}
	}
	l := newLine(w.look.header)
	for i, h := range headings() {
		l.set(i+1, text(h, w.look.header))
	}
	if err := put(sw, headerRow, l); err != nil {
		return err
	}
	return sw.MergeCell(cellName(colNumbers, headerRow), cellName(colText, headerRow))
}

// group prints a component, aspect, area or sub-area.
func (w *writer) group(sw *excelize.StreamWriter, i int) error {
	n, row, depth := w.in.Nodes[i], w.rows[i], w.depth(i)
	look := w.look.group(depth, n.Level == instrument.Subarea)
	name := n.Name
	if depth < 3 {
		name = strings.ToUpper(name)
	}
	l := newLine(look.text)
	l.set(depth+1, text(n.Label+".", look.text))
	l.set(depth+2, text(name, look.text))
	l.set(colWeight, number(n.Weight, look.points))
	l.set(colScore, live(w.sum(n), w.result.Nodes[i].Score, look.points))
	l.set(colShare, w.share(row, n.Weight, w.result.Nodes[i].Fraction, look.percent))
	l.set(colID, text(n.ID, look.text))
	return put(sw, row, l)
}

// sum adds the lines below a node up; questions that share its weight equally are averaged.
func (w *writer) sum(n *instrument.Node) string {
	cells := make([]string, len(n.Children))
	for i, c := range n.Children {
		cells[i] = cellName(colScore, w.rows[c])
	}
	if w.sharesWeight(w.in.Nodes[n.Children[0]]) {
		return cellName(colWeight, w.rows[n.Index]) + "*AVERAGE(" + strings.Join(cells, ",") + ")"
	}
	return "SUM(" + strings.Join(cells, ",") + ")"
}

// sharesWeight reports whether a question and its neighbours divide the weight above them equally, as those of a
// sub-area do. Their own weight is not printed, and their score is printed as a fraction.
func (w *writer) sharesWeight(n *instrument.Node) bool {
	if n.Level != instrument.Leaf || n.Parent < 0 {
		return false
	}
	parent := w.in.Nodes[n.Parent]
	for _, c := range parent.Children {
		child := w.in.Nodes[c]
		if child.Question == nil || !child.Weight.Mul(exact.Int(int64(len(parent.Children)))).Equal(parent.Weight) {
			return false
		}
	}
	return true
}

// share is the part of a weight that was reached.
func (w *writer) share(row int, weight, fraction exact.Number, style int) excelize.Cell {
	if weight.Sign() == 0 {
		return excelize.Cell{StyleID: style}
	}
	return live(cellName(colScore, row)+"/"+cellName(colWeight, row), fraction, style)
}

// componentTotal prints the total of the component that ends with node i.
func (w *writer) componentTotal(sw *excelize.StreamWriter, i int) error {
	row := w.rows[i] + 1
	if q := w.in.Nodes[i].Question; q != nil {
		row += len(q.Inputs)
	}
	for w.in.Nodes[i].Parent >= 0 {
		i = w.in.Nodes[i].Parent
	}
	l := newLine(w.look.total.text)
	l.set(colNumbers, text("TOTAL "+strings.ToUpper(w.in.Nodes[i].Name), w.look.total.text))
	l.set(colScore, live(cellName(colScore, w.rows[i]), w.result.Nodes[i].Score, w.look.total.points))
	return put(sw, row, l)
}

func (w *writer) grandTotal(sw *excelize.StreamWriter) error {
	var roots []string
	for i, n := range w.in.Nodes {
		if n.Parent < 0 {
			roots = append(roots, cellName(colScore, w.rows[i]))
		}
	}
	l := newLine(w.look.total.text)
	l.set(colNumbers, text("NILAI TOTAL", w.look.total.text))
	l.set(colWeight, number(w.in.MaxTotal, w.look.total.points))
	l.set(colScore, live("SUM("+strings.Join(roots, ",")+")", w.result.Total(), w.look.total.points))
	l.set(colShare, w.share(w.total, w.in.MaxTotal, w.result.Whole().Fraction, w.look.total.percent))
	l.set(colID, text("TOTAL", w.look.total.text))
	return put(sw, w.total, l)
}

// depth is how many lines stand above a node, at most what the numbering columns have room for.
func (w *writer) depth(i int) int {
	d := 0
	for w.in.Nodes[i].Parent >= 0 {
		i = w.in.Nodes[i].Parent
		d++
	}
	return min(d, colText-colNumbers-1)
}
