package workbook

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"zona/internal/instrument"
)

// look is how the cells of one kind of row are drawn.
type look struct{ text, center, points, percent int }

// looks are the styles of the workbook, by number.
type looks struct {
	title, label, header int
	typed                int // free text: formatted as text, so that editing it never makes a formula
	answer               int // to fill in
	shared               int // the percentage of a ratio
	exact                int // values beside thresholds, with more decimals
	groups               [3]look
	subarea              look
	question, total      look
}

func (l *looks) group(depth int, subarea bool) look {
	if subarea || depth >= len(l.groups) {
		return l.subarea
	}
	return l.groups[depth]
}

// styler makes styles and keeps the first error.
type styler struct {
	f   *excelize.File
	err error
}

const (
	formatText   = 49 // built-in "@"
	formatPoints = 2  // built-in "0.00"
	formatShare  = 10 // built-in "0.00%"
)

func (s *styler) style(fill, horizontal string, bold bool, format int) int {
	st := &excelize.Style{
		Border: []excelize.Border{
			{Type: "left", Color: "B8C2CC", Style: 1},
			{Type: "right", Color: "B8C2CC", Style: 1},
			{Type: "top", Color: "B8C2CC", Style: 1},
			{Type: "bottom", Color: "B8C2CC", Style: 1},
		},
		Alignment: &excelize.Alignment{Vertical: "top", Horizontal: horizontal, WrapText: true},
		Font:      &excelize.Font{Family: "Calibri", Size: 10, Bold: bold},
		NumFmt:    format,
	}
	if fill != "" {
		st.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill}}
	}
	return s.add(st)
}

func (s *styler) add(st *excelize.Style) int {
	id, err := s.f.NewStyle(st)
	if s.err == nil {
		s.err = err
	}
	return id
}

func (s *styler) look(fill string, bold bool) look {
	return look{
		text: s.style(fill, "", bold, 0), center: s.style(fill, "center", bold, 0),
		points: s.style(fill, "right", bold, formatPoints), percent: s.style(fill, "right", bold, formatShare),
	}
}

func newLooks(f *excelize.File) (looks, error) {
	s := &styler{f: f}
	exactFormat := "0.00##"
	l := looks{
		title:   s.add(&excelize.Style{Font: &excelize.Font{Family: "Calibri", Size: 14, Bold: true}}),
		label:   s.add(&excelize.Style{Font: &excelize.Font{Family: "Calibri", Size: 10, Bold: true}}),
		typed:   s.style("", "left", false, formatText),
		answer:  s.style("FFF8DC", "center", true, 0),
		shared:  s.style("F2F2F2", "center", false, formatShare),
		groups:  [3]look{s.look("BDD7EE", true), s.look("DDEBF7", true), s.look("EAF3FA", true)},
		subarea: s.look("F3F3F3", true), question: s.look("", false), total: s.look("E2EFDA", true),
	}
	l.header = s.add(&excelize.Style{
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"1F4E78"}},
		Font:      &excelize.Font{Family: "Calibri", Size: 10, Bold: true, Color: "FFFFFF"},
		Alignment: &excelize.Alignment{Vertical: "center", Horizontal: "center", WrapText: true},
	})
	l.exact = s.add(&excelize.Style{
		CustomNumFmt: &exactFormat, Font: &excelize.Font{Family: "Calibri", Size: 10},
		Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "right"},
	})
	return l, s.err
}

// setUp prepares the sheet of answers for screen and paper: the heading stays, and returns on every page.
func (w *writer) setUp(sw *excelize.StreamWriter) error {
	for col, width := range map[int]float64{
		1: 4, 2: 4, 3: 4, 4: 5, 5: 5, colText: 52, colWeight: 8, colCriteria: 52, colType: 12, colAnswer: 12, colScore: 9,
		colShare: 10, 13: 2, colNote: 40, colID: 20,
	} {
		if err := sw.SetColWidth(col, col, width); err != nil {
			return err
		}
	}
	if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: headerRow, TopLeftCell: cellName(1, headerRow+1), ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err := w.f.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("%s!$%d:$%d", sheetName, headerRow, headerRow), Scope: sheetName,
	}); err != nil {
		return err
	}
	return w.page(sheetName)
}

func (w *writer) setUpRecap(sw *excelize.StreamWriter) error {
	if err := sw.SetColWidth(1, 1, 18); err != nil {
		return err
	}
	if err := sw.SetColWidth(2, 2, 44); err != nil {
		return err
	}
	if err := sw.SetColWidth(3, 12, 14); err != nil {
		return err
	}
	return w.page(recapName)
}

// page prints a sheet on A4, landscape, as wide as the paper and as many pages as it takes.
func (w *writer) page(sheet string) error {
	landscape, paper, wide, tall, fit := "landscape", 9, 1, 0, true
	if err := w.f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &paper, FitToWidth: &wide, FitToHeight: &tall}); err != nil {
		return err
	}
	if err := w.f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	narrow := 0.4
	if err := w.f.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{Left: &narrow, Right: &narrow, Top: &narrow, Bottom: &narrow}); err != nil {
		return err
	}
	return w.f.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{OddFooter: "&L&A&R&P / &N"})
}

// lists collects what may be typed into which cells.
type lists struct {
	choices map[string][]string // cells by the list's keys
	order   []string
	indexes map[[2]string][]string // cells by bounds
	counts  []string
}

func (l *lists) choice(cell string, q *instrument.Question) {
	keys := make([]string, len(q.Options))
	for i, o := range q.Options {
		if strings.ContainsAny(o.Key, `,"`) { // a list cannot hold them
			return
		}
		keys[i] = o.Key
	}
	list := strings.Join(keys, ",")
	if l.choices == nil {
		l.choices = map[string][]string{}
	}
	if _, ok := l.choices[list]; !ok {
		l.order = append(l.order, list)
	}
	l.choices[list] = append(l.choices[list], cell)
}

func (l *lists) index(cell string, q *instrument.Question) {
	if l.indexes == nil {
		l.indexes = map[[2]string][]string{}
	}
	bounds := [2]string{q.Min.String(), q.Max.String()}
	l.indexes[bounds] = append(l.indexes[bounds], cell)
}

func (l *lists) count(cell string) { l.counts = append(l.counts, cell) }

// add puts the lists into the workbook.
func (l *lists) add(f *excelize.File) error {
	for _, list := range l.order {
		v := newValidation(l.choices[list])
		if err := v.SetDropList(strings.Split(list, ",")); err != nil {
			return err
		}
		v.SetError(excelize.DataValidationErrorStyleStop, "Jawaban", "Pilih salah satu: "+strings.ReplaceAll(list, ",", ", "))
		if err := f.AddDataValidation(sheetName, v); err != nil {
			return err
		}
	}
	byBounds := func(a, b [2]string) int { return strings.Compare(a[0]+":"+a[1], b[0]+":"+b[1]) }
	for _, bounds := range slices.SortedFunc(maps.Keys(l.indexes), byBounds) {
		v := newValidation(l.indexes[bounds])
		if err := v.SetRange(bounds[0], bounds[1], excelize.DataValidationTypeDecimal, excelize.DataValidationOperatorBetween); err != nil {
			return err
		}
		v.SetError(excelize.DataValidationErrorStyleStop, "Jawaban", "Isi angka dari "+bounds[0]+" sampai "+bounds[1])
		if err := f.AddDataValidation(sheetName, v); err != nil {
			return err
		}
	}
	if len(l.counts) == 0 {
		return nil
	}
	v := newValidation(l.counts)
	if err := v.SetRange(0, instrument.MaxCount, excelize.DataValidationTypeWhole, excelize.DataValidationOperatorBetween); err != nil {
		return err
	}
	v.SetError(excelize.DataValidationErrorStyleStop, "Jawaban", "Isi bilangan bulat, 0 atau lebih")
	return f.AddDataValidation(sheetName, v)
}

func newValidation(cells []string) *excelize.DataValidation {
	v := excelize.NewDataValidation(true)
	v.SetSqref(strings.Join(cells, " "))
	return v
}
