package workbook

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"zona/internal/exact"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/scoring"
)

// Sheet is what Write puts into a workbook beside the instrument. The zero Sheet is a blank form.
type Sheet struct {
	Title, Institution, Unit, Period, Level, Target string

	Answers map[string]instrument.Answer // by question id; partly filled ratios too
	Notes   map[string]string
	Text    *locale.Printer // of labels; nil: Indonesian
}

const (
	sheetName = "LKE"
	recapName = "Rekap"
	headerRow = 9

	caseInstrument = "Instrumen" // label of the instrument's id above the table
	firstRow       = 10
)

// headings of the columns A to O; M stays empty.
var headings = [...]string{
	"Penilaian", "Penilaian", "Penilaian", "Penilaian", "Penilaian", "Penilaian", "Bobot", "Penjelasan", "Pilihan Jawaban",
	"Jawaban", "Nilai", "%", "", "Catatan/Keterangan/Penjelasan", "ID",
}

var widths = [...]float64{5, 5, 5, 5, 5, 60, 9, 50, 14, 14, 10, 10, 3, 40, 24}

// Write writes the filled sheet in Zona's own layout: sheet LKE with live formulas that a spreadsheet program
// recalculates to the numbers of package scoring, and sheet Rekap with groups and rules. Text is written as typed text,
// so what looks like a formula stays what was typed. Read reads all of it back.
func Write(w io.Writer, in *instrument.Instrument, s Sheet) error {
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // in memory
	out := &writer{f: f, in: in, s: s, rows: make([]int, len(in.Nodes)), result: scoring.Score(in, s.Answers)}
	out.do(f.SetSheetName("Sheet1", sheetName))
	out.styles()
	out.head()
	out.place()
	for i := range in.Nodes {
		out.node(i)
	}
	out.finish()
	out.recap()
	if out.err != nil {
		return fmt.Errorf("write workbook: %w", out.err)
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// writer keeps the first error, so that the layout reads as a list of cells.
type writer struct {
	f      *excelize.File
	in     *instrument.Instrument
	s      Sheet
	result *scoring.Result
	rows   []int // row of each node
	last   int   // row behind the last one used
	err    error

	bold, wrap, points, percent, fill int
}

func (w *writer) do(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *writer) style(s *excelize.Style) int {
	id, err := w.f.NewStyle(s)
	w.do(err)
	return id
}

func (w *writer) styles() {
	border := []excelize.Border{{Type: "bottom", Color: "BBBBBB", Style: 1}}
	top := &excelize.Alignment{Vertical: "top", WrapText: true}
	points, percent := "0.00", "0.00%"
	w.bold = w.style(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{Vertical: "top"}, Border: border})
	w.wrap = w.style(&excelize.Style{Alignment: top, Border: border})
	w.points = w.style(&excelize.Style{CustomNumFmt: &points, Alignment: &excelize.Alignment{Vertical: "top"}, Border: border})
	w.percent = w.style(&excelize.Style{CustomNumFmt: &percent, Alignment: &excelize.Alignment{Vertical: "top"}, Border: border})
	w.fill = w.style(&excelize.Style{
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFF7D6"}},
		Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "center"}, Border: border,
	})
}

// text writes typed text; nothing is taken for a formula or a number.
func (w *writer) text(sheet, cell, value string, style int) {
	w.do(w.f.SetCellStr(sheet, cell, value))
	w.do(w.f.SetCellStyle(sheet, cell, cell, style))
}

// number writes the shortest decimal that reads back to n, which has at most 15 digits in every instrument.
func (w *writer) number(sheet, cell string, n exact.Number, style int) {
	w.do(w.f.SetCellFloat(sheet, cell, n.Float64(), -1, 64))
	w.do(w.f.SetCellStyle(sheet, cell, cell, style))
}

// formula writes a live formula with the value that it has now, for viewers that do not calculate.
func (w *writer) formula(sheet, cell, formula string, value exact.Number, style int) {
	w.number(sheet, cell, value, style)
	w.do(w.f.SetCellFormula(sheet, cell, formula))
}

func (w *writer) head() {
	for i, width := range widths {
		name, err := excelize.ColumnNumberToName(i + 1)
		w.do(err)
		w.do(w.f.SetColWidth(sheetName, name, name, width))
		if headings[i] != "" {
			w.text(sheetName, at(name, headerRow), headings[i], w.bold)
		}
	}
	title := w.s.Title
	if title == "" {
		title = strings.ToUpper(w.in.Title)
	}
	w.text(sheetName, "A1", title, w.bold)
	for i, line := range [...][2]string{
		{caseInstrument, w.in.ID},
		{"Tingkat penilai", w.s.Level},
		{"Unit kerja", w.s.Unit},
		{"Instansi", w.s.Institution},
		{"Periode", w.s.Period},
		{"Predikat yang diusulkan", w.s.Target},
	} {
		w.text(sheetName, at("A", i+2), line[0], w.bold)
		w.text(sheetName, at("F", i+2), line[1], w.wrap)
	}
}

// place gives each node its row: inputs of a ratio stand below their question.
func (w *writer) place() {
	row := firstRow
	for i, n := range w.in.Nodes {
		w.rows[i] = row
		row++
		if n.Question != nil {
			row += len(n.Question.Inputs)
		}
	}
	w.last = row
}

func (w *writer) node(i int) {
	n, row := w.in.Nodes[i], w.rows[i]
	depth := w.depth(n)
	w.text(sheetName, at(columnAt(depth), row), n.Label+".", w.bold)
	w.text(sheetName, at("O", row), n.ID, w.wrap)
	if n.Question != nil {
		w.question(i)
		return
	}
	name := n.Name
	if n.Level != instrument.Subarea {
		name = strings.ToUpper(name)
	}
	w.text(sheetName, at(columnAt(depth+1), row), name, w.bold)
	w.number(sheetName, at("G", row), n.Weight, w.points)
	w.formula(sheetName, at("K", row), w.sum(n), w.result.Nodes[i].Score, w.points)
	w.share(i)
}

// sum adds the children up; questions that share the weight equally are averaged instead.
func (w *writer) sum(n *instrument.Node) string {
	var cells []string
	shared := true
	for _, c := range n.Children {
		cells = append(cells, at("K", w.rows[c]))
		shared = shared && w.in.Nodes[c].Level == instrument.Leaf
	}
	if shared {
		return fmt.Sprintf("G%d*AVERAGE(%s)", w.rows[n.Index], strings.Join(cells, ","))
	}
	return "SUM(" + strings.Join(cells, ",") + ")"
}

func (w *writer) share(i int) {
	row := w.rows[i]
	w.formula(sheetName, at("L", row), fmt.Sprintf("K%d/G%d", row, row), w.result.Nodes[i].Fraction, w.percent)
}

func (w *writer) question(i int) {
	n, row := w.in.Nodes[i], w.rows[i]
	q, answer, score := n.Question, w.s.Answers[n.ID], w.result.Nodes[i]
	w.text(sheetName, at("F", row), q.Text, w.wrap)
	w.text(sheetName, at("H", row), explained(q), w.wrap)
	w.text(sheetName, at("I", row), choices(q), w.wrap)
	if note := w.s.Notes[n.ID]; note != "" {
		w.text(sheetName, at("N", row), note, w.wrap)
	}
	cell := at("J", row)
	w.do(w.f.SetCellStyle(sheetName, cell, cell, w.fill))
	fraction := ""
	switch q.Kind {
	case instrument.Choice:
		fraction = w.choice(cell, q, answer)
	case instrument.Index:
		if answer.Number != nil {
			w.number(sheetName, cell, *answer.Number, w.fill)
		}
		fraction = fmt.Sprintf("IF(ISNUMBER(%s),%s/%s,0)", cell, cell, q.Max)
	case instrument.Ratio:
		w.ratio(i, answer, score)
		fraction = fmt.Sprintf("IF(ISNUMBER(%s),%s,0)", cell, cell)
	}
	if n.Level == instrument.Leaf {
		w.formula(sheetName, at("K", row), fraction, score.Fraction, w.points)
		return
	}
	w.number(sheetName, at("G", row), n.Weight, w.points)
	w.formula(sheetName, at("K", row), fmt.Sprintf("G%d*%s", row, fraction), score.Score, w.points)
	w.share(i)
}

func (w *writer) choice(cell string, q *instrument.Question, answer instrument.Answer) string {
	if answer.Choice != "" {
		w.text(sheetName, cell, answer.Choice, w.fill)
	}
	keys := make([]string, len(q.Options))
	for i, o := range q.Options {
		keys[i] = o.Key
	}
	list := excelize.NewDataValidation(true)
	list.SetSqref(cell)
	w.do(list.SetDropList(keys))
	w.do(w.f.AddDataValidation(sheetName, list))
	formula := "0"
	for i := len(q.Options) - 1; i >= 0; i-- {
		formula = fmt.Sprintf("IF(%s=%q,%s,%s)", cell, q.Options[i].Key, q.Options[i].Value, formula)
	}
	return formula
}

// ratio writes the inputs below the question and the formula of the fraction into its answer cell.
func (w *writer) ratio(i int, answer instrument.Answer, score scoring.NodeScore) {
	n, row := w.in.Nodes[i], w.rows[i]
	q := n.Question
	cells := map[string]string{}
	var needed []string
	for k, input := range q.Inputs {
		r := row + 1 + k
		cell := at("J", r)
		cells[input.Key] = cell
		if input.InFormula {
			needed = append(needed, cell)
		}
		w.text(sheetName, at("F", r), "- "+input.Label, w.wrap)
		w.text(sheetName, at("I", r), "Jumlah", w.wrap)
		w.text(sheetName, at("O", r), n.ID+":"+input.Key, w.wrap)
		w.do(w.f.SetCellStyle(sheetName, cell, cell, w.fill))
		if v, ok := answer.Inputs[input.Key]; ok {
			w.do(w.f.SetCellInt(sheetName, cell, v))
		}
	}
	formula := fractionFormula(q.Formula, cells, needed)
	cell := at("J", row)
	if score.State == scoring.Answered {
		w.formula(sheetName, cell, formula, score.Fraction, w.percent)
		return
	}
	w.do(w.f.SetCellFormula(sheetName, cell, formula))
	w.do(w.f.SetCellStyle(sheetName, cell, cell, w.percent))
}

// fractionFormula is a ratio in the spreadsheet's own words; "" while an input is missing.
func fractionFormula(f *instrument.Formula, cells map[string]string, needed []string) string {
	zero := "0"
	for i := len(f.ZeroCases) - 1; i >= 0; i-- {
		c := f.ZeroCases[i]
		if c.When == nil {
			zero = c.Value.String()
			continue
		}
		zero = fmt.Sprintf("IF(%s,%s,%s)", inCells(c.When, cells), c.Value, zero)
	}
	quotient := fmt.Sprintf("MAX(%s,MIN(%s,(%s)/(%s)))", f.Min, f.Max, inCells(f.Numerator, cells), inCells(f.Denominator, cells))
	return fmt.Sprintf(`IF(COUNT(%s)<%d,"",IF((%s)=0,%s,%s))`, strings.Join(needed, ","), len(needed), inCells(f.Denominator, cells), zero, quotient)
}

// inCells writes an expression with cells for its inputs. The expression's words for comparison are the spreadsheet's
// but for equality and logic, which no ratio of an instrument combines with others.
func inCells(e *instrument.Expr, cells map[string]string) string {
	var b, word strings.Builder
	flush := func() {
		if cell, ok := cells[word.String()]; ok {
			b.WriteString(cell)
		} else {
			b.WriteString(word.String())
		}
		word.Reset()
	}
	for _, r := range e.String() {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			word.WriteRune(r)
			continue
		}
		flush()
		b.WriteRune(r)
	}
	flush()
	return strings.NewReplacer("==", "=", "!=", "<>").Replace(b.String())
}

// finish prints the total and sets the page up.
func (w *writer) finish() {
	row := w.last + 1
	w.text(sheetName, at("B", row), "NILAI TOTAL", w.bold)
	w.number(sheetName, at("G", row), w.in.MaxTotal, w.points)
	var roots []string
	for i, n := range w.in.Nodes {
		if n.Parent < 0 {
			roots = append(roots, at("K", w.rows[i]))
		}
	}
	w.formula(sheetName, at("K", row), "SUM("+strings.Join(roots, ",")+")", w.result.Total(), w.points)
	w.formula(sheetName, at("L", row), fmt.Sprintf("K%d/G%d", row, row), w.result.Whole().Fraction, w.percent)
	w.do(w.f.SetPanes(sheetName, &excelize.Panes{Freeze: true, YSplit: headerRow, TopLeftCell: at("A", firstRow), ActivePane: "bottomLeft"}))
	landscape, wide, tall, fit := "landscape", 1, 0, true
	w.do(w.f.SetPageLayout(sheetName, &excelize.PageLayoutOptions{Orientation: &landscape, FitToWidth: &wide, FitToHeight: &tall}))
	w.do(w.f.SetSheetProps(sheetName, &excelize.SheetPropsOptions{FitToPage: &fit}))
	w.do(w.f.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("%s!$%d:$%d", sheetName, headerRow, headerRow), Scope: sheetName,
	}))
}

func (w *writer) depth(n *instrument.Node) int {
	d := 0
	for n.Parent >= 0 {
		n = w.in.Nodes[n.Parent]
		d++
	}
	if n := min(d, 4); n != d {
		return n
	}
	return d
}

// explained lists what each option means, or how the number is made.
func explained(q *instrument.Question) string {
	if len(q.Options) == 0 {
		return q.Help
	}
	lines := make([]string, len(q.Options))
	for i, o := range q.Options {
		lines[i] = o.Key + ": " + o.Text
	}
	return strings.Join(lines, "\n")
}

func choices(q *instrument.Question) string {
	switch q.Kind {
	case instrument.Ratio:
		return "%"
	case instrument.Index:
		return fmt.Sprintf("Nilai (%s-%s)", q.Min, q.Max)
	}
	keys := make([]string, len(q.Options))
	for i, o := range q.Options {
		keys[i] = o.Key
	}
	return strings.Join(keys, "/")
}

// columnAt is the letter of a depth of the tree: A for a component, E for a question of a sub-area.
func columnAt(depth int) string { return string(rune('A' + depth)) }

func at(column string, row int) string { return fmt.Sprintf("%s%d", column, row) }
