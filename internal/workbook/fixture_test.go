package workbook

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"zona/internal/instrument"
)

// formRow is one row of a sheet as agencies print it, independent of where its parts stand.
type formRow struct {
	node     *instrument.Node // nil for what is no line of the instrument
	input    string           // key, of a row of numbers
	depth    int              // of the numbering
	label    string
	text     string
	weight   any
	criteria string
	kind     string // Pilihan Jawaban
	answers  [3]any // unit, TPI, second TPI
	notes    [3]string
	raw      []any // printed as it is, from the first column
}

// form is a sheet's rows with the headings of its columns of answers.
type form struct {
	rows     []formRow
	headings [3]string
}

// agencyForm makes a form from an instrument in the manner of an agency: dashes, repeated answer types, sums, and a
// wording that is near ours and not ours.
func agencyForm(in *instrument.Instrument) *form {
	f := &form{headings: [3]string{"Jawaban Unit", "Jawaban TPI", "Jawaban TPI Inspektorat"}}
	for _, n := range in.Nodes {
		depth := depthOf(in, n)
		if n.Question == nil {
			name := n.Name
			if depth < 3 {
				name = strings.ToUpper(name)
			}
			f.rows = append(f.rows, formRow{node: n, depth: depth, label: n.Label + ".", text: name, weight: n.Weight.Float64()})
			continue
		}
		r := formRow{node: n, depth: depth, label: n.Label + ".", text: reworded(n.Question.Text), kind: kindPrinted(n.Question)}
		if n.Level == instrument.Item {
			r.weight = n.Weight.Float64()
		}
		for _, o := range n.Question.Options {
			r.criteria += strings.ToLower(o.Key) + ". Jika " + o.Text + "\n"
		}
		f.rows = append(f.rows, r)
		for _, i := range n.Question.Inputs {
			f.rows = append(f.rows, formRow{
				node: n, input: i.Key, depth: depth + 1, text: "- Jumlah " + strings.TrimPrefix(i.Label, "Banyaknya "), kind: "Jumlah",
			})
		}
	}
	return f
}

func depthOf(in *instrument.Instrument, n *instrument.Node) int {
	d := 0
	for n.Parent >= 0 {
		n = in.Nodes[n.Parent]
		d++
	}
	return d
}

func kindPrinted(q *instrument.Question) string {
	switch q.Kind {
	case instrument.Ratio:
		return "%"
	case instrument.Index:
		return "Nilai\n(0-" + q.Max.String() + ")"
	case instrument.Choice:
	}
	return strings.Join(q.Scale.Keys, "/")
}

// reworded turns a question into the statement that a ministry would print.
func reworded(text string) string {
	text = strings.TrimSuffix(text, "?")
	for _, pair := range [][2]string{
		{"Apakah ", "Telah "},
		{"Berapa persen ", "Persentase "},
		{"Seberapa ", "Tingkat "},
		{"Bagaimana ", ""},
		{"sudah ", "telah "},
		{"Sejauh mana ", ""},
		{" dan ", " serta "},
	} {
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	return text
}

// fill puts answers into one of the columns of answers.
func (f *form) fill(column int, answers map[string]instrument.Answer) {
	for i := range f.rows {
		r := &f.rows[i]
		if r.node == nil || r.node.Question == nil {
			continue
		}
		a, ok := answers[r.node.ID]
		switch {
		case !ok:
		case r.input != "":
			if n, ok := a.Inputs[r.input]; ok {
				r.answers[column] = n
			}
		case a.Number != nil:
			r.answers[column] = a.Number.Float64()
		case a.Choice != "":
			r.answers[column] = a.Choice
		}
	}
}

// layout is how a form is printed.
type layout struct {
	order     []string // id, numbers, weight, criteria, kind, unit, tpi, tpi2, junk
	numbering string   // columns, two, joined, path, letters
	label     func(string) string
	twoRows   bool // headings in two rows: the group above, the column below
	title     int  // rows above the heading
	repeat    int  // the heading again after so many rows, 0 never
	blank     int  // a blank row after so many rows, 0 never
	split     bool // one sheet for each second level
	sheet     string
}

var usualOrder = []string{"id", "numbers", "weight", "criteria", "kind", "unit", "tpi", "tpi2"}

// fixtureCell is a value with a number format or a formula.
type fixtureCell struct {
	value   any
	formula string
	format  int // number of a built-in format
}

// page is a sheet ready to be written.
type page struct {
	name   string
	hidden bool
	rows   [][]any
	merges [][2]string
}

// print lays a form out.
func (f *form) print(l layout) []*page {
	if l.order == nil {
		l.order = usualOrder
	}
	if l.sheet == "" {
		l.sheet = "Jawaban"
	}
	pages := []*page{f.newPage(l, l.sheet)}
	since := 0
	for i, r := range f.rows {
		p := pages[len(pages)-1]
		if l.split && r.depth == 1 && r.node != nil && r.node.Question == nil {
			if len(p.rows) > l.title+3 {
				p = f.newPage(l, fmt.Sprintf("Lembar %d", len(pages)+1))
				pages = append(pages, p)
			}
		}
		if since++; l.repeat > 0 && since%l.repeat == 0 {
			p.rows = append(p.rows, f.header(l, p)...)
		}
		if l.blank > 0 && since%l.blank == 0 {
			p.rows = append(p.rows, nil)
		}
		if r.raw != nil {
			p.rows = append(p.rows, r.raw)
			continue
		}
		p.rows = append(p.rows, f.line(l, i))
	}
	return pages
}

func (f *form) newPage(l layout, name string) *page {
	p := &page{name: name}
	for i := range l.title {
		p.rows = append(p.rows, []any{fmt.Sprintf("LEMBAR KERJA EVALUASI, BARIS %d", i+1)})
	}
	p.rows = append(p.rows, f.header(l, p)...)
	return p
}

// header prints one heading below what the page has; the merged ranges are the page's.
func (f *form) header(l layout, p *page) [][]any {
	var upper, lower []any
	at := len(p.rows) + 1
	for _, block := range l.order {
		col := len(upper) + 1
		switch block {
		case "id":
			upper, lower = append(upper, "ID"), append(lower, nil)
		case "numbers":
			width := map[string]int{"columns": 6, "two": 2, "letters": 2, "joined": 1, "path": 2}[l.numbering]
			upper, lower = append(upper, "Penilaian"), append(lower, nil)
			for range width - 1 {
				upper, lower = append(upper, nil), append(lower, nil)
			}
			if width > 1 {
				p.merges = append(p.merges, [2]string{cellName(col, at), cellName(col+width-1, at)})
			}
		case "weight", "criteria", "kind":
			upper = append(upper, map[string]any{"weight": "Bobot", "criteria": "Kriteria Nilai", "kind": "Pilihan Jawaban"}[block])
			lower = append(lower, nil)
		case "junk":
			upper, lower = append(upper, nil), append(lower, nil)
		default:
			c := slices.Index([]string{"unit", "tpi", "tpi2"}, block)
			group := strings.TrimPrefix(f.headings[c], "Jawaban ")
			if l.twoRows {
				upper = append(upper, group, nil, nil)
				lower = append(lower, "Jawaban", "Nilai", "Catatan")
				p.merges = append(p.merges, [2]string{cellName(col, at), cellName(col+2, at)})
				continue
			}
			upper = append(upper, f.headings[c], "Nilai", "Catatan/Keterangan/Penjelasan ("+group+")")
			lower = append(lower, nil, nil, nil)
		}
	}
	if l.twoRows {
		return [][]any{upper, lower}
	}
	return [][]any{upper}
}

// line prints one row.
func (f *form) line(l layout, i int) []any {
	r := f.rows[i]
	label := r.label
	if l.label != nil && label != "" {
		label = l.label(label)
	}
	var out []any
	for _, block := range l.order {
		switch block {
		case "id":
			out = append(out, i+2) // agencies number rows
		case "numbers":
			out = append(out, numberCells(l, r, label)...)
		case "weight":
			out = append(out, r.weight)
		case "criteria":
			out = append(out, r.criteria)
		case "kind":
			out = append(out, r.kind)
		case "junk":
			out = append(out, nil)
		default:
			c := slices.Index([]string{"unit", "tpi", "tpi2"}, block)
			out = append(out, r.answers[c], nil, r.notes[c])
		}
	}
	return out
}

func numberCells(l layout, r formRow, label string) []any {
	switch l.numbering {
	case "columns":
		out := make([]any, 6)
		at := min(r.depth, 4)
		if label != "" {
			out[at] = label
		}
		out[at+1] = r.text
		return out
	case "two", "letters":
		if l.numbering == "letters" && (r.node == nil || r.node.Question == nil) {
			label = ""
		}
		return []any{label, r.text}
	case "path":
		if r.node == nil || r.input != "" {
			return []any{nil, r.text}
		}
		return []any{r.node.ID, r.text}
	}
	return []any{strings.TrimSpace(label + " " + r.text)}
}

// save writes pages as a workbook.
func save(t testing.TB, pages ...*page) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	styles := map[int]int{}
	for i, p := range pages {
		if i == 0 {
			must(t, f.SetSheetName("Sheet1", p.name))
		} else if _, err := f.NewSheet(p.name); err != nil {
			t.Fatal(err)
		}
		for r, row := range p.rows {
			for c, v := range row {
				putCell(t, f, p.name, cellName(c+1, r+1), v, styles)
			}
		}
		for _, m := range p.merges {
			must(t, f.MergeCell(p.name, m[0], m[1]))
		}
		if p.hidden {
			must(t, f.SetSheetVisible(p.name, false))
		}
	}
	var b bytes.Buffer
	must(t, f.Write(&b))
	return b.Bytes()
}

func putCell(t testing.TB, f *excelize.File, sheet, cell string, v any, styles map[int]int) {
	t.Helper()
	c, ok := v.(fixtureCell)
	if !ok {
		c.value = v
	}
	if c.value != nil && c.value != "" {
		must(t, f.SetCellValue(sheet, cell, c.value))
	}
	if c.format != 0 {
		if styles[c.format] == 0 {
			id, err := f.NewStyle(&excelize.Style{NumFmt: c.format})
			must(t, err)
			styles[c.format] = id
		}
		must(t, f.SetCellStyle(sheet, cell, cell, styles[c.format]))
	}
	if c.formula != "" {
		must(t, f.SetCellFormula(sheet, cell, c.formula))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func lke(t testing.TB) *instrument.Instrument {
	t.Helper()
	in, err := instrument.ByID("lke-2021")
	must(t, err)
	return in
}

// someAnswers draws a whole or partly filled sheet.
func someAnswers(in *instrument.Instrument, seed uint64, share float64) map[string]instrument.Answer {
	rnd := rand.New(rand.NewPCG(seed, 1))
	out := map[string]instrument.Answer{}
	for _, n := range in.Questions {
		if rnd.Float64() > share {
			continue
		}
		q := n.Question
		switch q.Kind {
		case instrument.Choice:
			out[n.ID] = instrument.Answer{Choice: q.Options[rnd.IntN(len(q.Options))].Key}
		case instrument.Index:
			hundredths := rnd.Int64N(int64(q.Max.Float64()*100) + 1)
			x := hundredth(hundredths)
			out[n.ID] = instrument.Answer{Number: &x}
		case instrument.Ratio:
			inputs := map[string]int64{}
			for _, i := range q.Inputs {
				inputs[i.Key] = rnd.Int64N(12)
			}
			out[n.ID] = instrument.Answer{Inputs: inputs}
		}
	}
	return out
}

// readBytes reads a workbook held in memory.
func readBytes(t testing.TB, in *instrument.Instrument, data []byte, column string) (*Reading, error) {
	t.Helper()
	return Read(context.Background(), in, bytes.NewReader(data), int64(len(data)), Options{Column: column})
}

// sameAnswers compares what was read with what was written, and lists problems.
func sameAnswers(t testing.TB, r *Reading, want map[string]instrument.Answer) {
	t.Helper()
	for i, p := range r.Problems {
		if i < 5 {
			t.Errorf("problem %+v", p)
		}
	}
	wrong := 0
	for id, a := range want {
		if !r.Answers[id].Equal(a) {
			if wrong++; wrong <= 5 {
				t.Errorf("%s: read %+v, want %+v", id, r.Answers[id], a)
			}
		}
	}
	for id, a := range r.Answers {
		if _, ok := want[id]; !ok {
			t.Errorf("%s: read %+v, want nothing", id, a)
		}
	}
}
