package workbook

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// sheet is the filled cells of one worksheet, rows and cells in order.
type sheet struct {
	name   string
	hidden bool
	rows   []row
	merges map[int][]area // by row
}

// row is one row with something in it; n counts from 1 as in the spreadsheet.
type row struct {
	n     int
	cells []cell
}

type cellKind uint8

const (
	cellText cellKind = iota
	cellNumber
	cellBool
	cellError // #REF! and its like
	cellDate  // a date in ISO form, from the few writers that store one
	cellBare  // a formula without a stored value: nobody has calculated it yet
)

// cell is one filled cell. Its text is what is stored: of a number the digits in the file.
type cell struct {
	col     int // from 1
	kind    cellKind
	format  cellFormat
	formula bool
	text    string
}

// area is a merged range, inclusive, counted from 1.
type area struct{ row1, col1, row2, col2 int }

// sheet reads one worksheet.
func (l *loader) sheet(ref sheetRef, part string) (*sheet, error) {
	data, err := l.archive.inflate(l.ctx, part)
	if err != nil {
		return nil, err
	}
	out := &sheet{name: ref.name, hidden: ref.hidden}
	s := newScanner(part, data)
	for {
		switch s.next() {
		case tokenEnd:
			if s.err != nil {
				return nil, s.err
			}
			return out, out.order(part)
		case tokenStart:
			switch string(s.name) {
			case "row":
				err = l.row(s, out)
			case "mergeCell":
				err = l.merge(s, out)
			}
			if err != nil {
				return nil, err
			}
		case tokenClose, tokenText, tokenCDATA:
		}
	}
}

// row reads the row that started last and keeps it when something is in it.
func (l *loader) row(s *scanner, out *sheet) error {
	if l.rows++; l.rows > maxRows {
		return tooMuch("rows", maxRows)
	}
	if l.rows%256 == 0 {
		if err := l.ctx.Err(); err != nil {
			return err
		}
	}
	last := 0
	if n := len(out.rows); n > 0 {
		last = out.rows[n-1].n
	}
	r := row{n: s.attrInt("r", last+1)}
	if r.n < 1 || r.n > maxRow {
		return tooMuch("row", maxRow)
	}
	if s.alone {
		return nil
	}
	col := 0
	for until := s.deep - 1; s.deep > until; {
		switch s.next() {
		case tokenEnd:
			return s.err
		case tokenStart:
			if string(s.name) != "c" {
				s.skip()
				continue
			}
			c, filled, err := l.cell(s, col)
			if err != nil {
				return err
			}
			if col = c.col; filled {
				r.cells = append(r.cells, c)
			}
		case tokenClose, tokenText, tokenCDATA:
		}
	}
	if len(r.cells) == 0 {
		return nil
	}
	if l.filled++; l.filled > l.mostRows {
		return tooMuch("filled", l.mostRows)
	}
	out.rows = append(out.rows, r)
	return nil
}

// cell reads the cell that started last; filled is false for a cell that only has a format.
func (l *loader) cell(s *scanner, previous int) (c cell, filled bool, err error) {
	if l.cells++; l.cells > maxCells {
		return c, false, tooMuch("cells", maxCells)
	}
	c.col = previous + 1
	if ref, ok := s.attr("r"); ok {
		if c.col, _, ok = cellRef(ref); !ok {
			return c, false, damaged(shown(s.part))
		}
	}
	if !s.alone {
		if n := s.attrInt("s", 0); n >= 0 && n < len(l.styles) {
			c.format = l.styles[n]
		}
		kind, _ := s.attr("t")
		v, hasValue := s.cellContent(&c, string(kind) == "inlineStr")
		if s.err != nil {
			return c, false, s.err
		}
		if filled, err = l.value(&c, string(kind), v, hasValue, s.part); err != nil {
			return c, false, err
		}
	}
	if filled {
		if l.full++; l.full > l.mostCells {
			return c, false, tooMuch("cells", l.mostCells)
		}
	}
	if c.col > maxColumn {
		if l.stray++; filled || l.stray > maxStrayCells {
			return c, false, tooMuch("column", maxColumn)
		}
	}
	return c, filled, nil
}

// cellContent reads the children of a cell: its value, and whether it has a formula.
func (s *scanner) cellContent(c *cell, inline bool) (v []byte, hasValue bool) {
	for until := s.deep - 1; s.deep > until; {
		switch s.next() {
		case tokenEnd:
			return v, hasValue
		case tokenStart:
			switch string(s.name) {
			case "v":
				v, hasValue = s.plainText(4*maxCellText), true
			case "f":
				c.formula = true
				s.plainText(4 * maxFormula)
			case "is":
				if v = s.richText(nil); inline {
					hasValue = true
				}
			default:
				s.skip()
			}
		case tokenClose, tokenText, tokenCDATA:
		}
	}
	return v, hasValue
}

// plainText returns the text of the element that started last, at most limit bytes of it.
func (s *scanner) plainText(limit int) []byte {
	if s.alone {
		return nil
	}
	var out []byte
	for until := s.deep - 1; s.deep > until; {
		switch s.next() {
		case tokenEnd:
			return out
		case tokenText:
			if len(out)+len(s.text) > limit {
				s.err = tooMuch("text", maxCellText)
				return out
			}
			if out == nil && !bytes.ContainsRune(s.text, '&') {
				out = s.text // nearly always: no copy
				break
			}
			out = s.unescape(slices.Clip(out), s.text)
		case tokenCDATA:
			out = append(slices.Clip(out), s.text...)
		case tokenStart, tokenClose:
		}
		if len(out) > limit {
			s.err = tooMuch("text", maxCellText)
			return out
		}
	}
	return out
}

// value makes the cell's text of what is stored.
func (l *loader) value(c *cell, kind string, v []byte, hasValue bool, part string) (filled bool, err error) {
	if !hasValue {
		c.kind = cellBare
		return c.formula, nil
	}
	switch kind {
	case "s":
		i, err := strconv.Atoi(string(v))
		if err != nil || i < 0 || i >= len(l.texts) {
			return false, damaged(shown(part))
		}
		c.text = l.texts[i]
	case "inlineStr":
		c.text = string(v)
	case "str":
		c.text = string(decodeControls(slices.Clone(v), 0))
	case "b":
		c.kind, c.text = cellBool, string(v)
	case "e":
		c.kind, c.text = cellError, string(v)
	case "d":
		c.kind, c.text = cellDate, string(v)
	default:
		c.kind, c.text = cellNumber, string(v)
	}
	return strings.ContainsFunc(c.text, isInk), nil
}

// isInk reports whether r leaves anything on paper; a cell of spaces is empty.
func isInk(r rune) bool { return !unicode.IsSpace(r) && !isInvisible(r) }

// isInvisible names the characters that come along when text is copied from web pages and word processors.
func isInvisible(r rune) bool {
	switch r {
	case '\u00AD', '\u200B', '\u200C', '\u200D', '\u200E', '\u200F', '\u2060', '\uFEFF', '\u00A0':
		return true
	}
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}

// merge reads the merged range that started last.
func (l *loader) merge(s *scanner, out *sheet) error {
	if l.merges++; l.merges > maxMerges {
		return tooMuch("merges", maxMerges)
	}
	ref, _ := s.attr("ref")
	from, to, _ := strings.Cut(string(ref), ":")
	a := area{}
	var ok1, ok2 bool
	a.col1, a.row1, ok1 = cellRef([]byte(from))
	a.col2, a.row2, ok2 = cellRef([]byte(to))
	if !ok1 || !ok2 || a.col1 > a.col2 || a.row1 > a.row2 {
		return nil // a range of one cell, or nonsense that changes nothing
	}
	if out.merges == nil {
		out.merges = map[int][]area{}
	}
	for n := a.row1; n <= a.row2 && n < a.row1+maxMergeRows; n++ {
		out.merges[n] = append(out.merges[n], a)
	}
	return nil
}

// cellRef reads "AB12": column and row from 1, within the file format's bounds.
func cellRef(ref []byte) (col, rowNumber int, ok bool) {
	i := 0
	for ; i < len(ref) && i < 3; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		col = col*26 + int(c-'A') + 1
	}
	if i == 0 || len(ref)-i > 7 {
		return 0, 0, false
	}
	for _, c := range ref[i:] {
		if c < '0' || c > '9' {
			return 0, 0, false
		}
		rowNumber = rowNumber*10 + int(c-'0')
	}
	return col, rowNumber, col <= 16384 && rowNumber >= 1 && rowNumber <= maxRow
}

// cellName is the address of a cell as people see it.
func cellName(col, rowNumber int) string { return columnName(col) + strconv.Itoa(rowNumber) }

func columnName(col int) string {
	var b [4]byte
	i := len(b)
	for ; col > 0; col = (col - 1) / 26 {
		i--
		b[i] = byte('A' + (col-1)%26)
	}
	return string(b[i:])
}

// order puts rows and cells in order; an address that stands twice would make two workbooks of one.
func (s *sheet) order(part string) error {
	byNumber := func(a, b row) int { return a.n - b.n }
	if !slices.IsSortedFunc(s.rows, byNumber) {
		slices.SortStableFunc(s.rows, byNumber)
	}
	for i := range s.rows {
		if i > 0 && s.rows[i].n == s.rows[i-1].n {
			return damaged(shown(part))
		}
		cells := s.rows[i].cells
		byColumn := func(a, b cell) int { return a.col - b.col }
		if !slices.IsSortedFunc(cells, byColumn) {
			slices.SortFunc(cells, byColumn)
		}
		for k := 1; k < len(cells); k++ {
			if cells[k].col == cells[k-1].col {
				return damaged(shown(part))
			}
		}
	}
	return nil
}

// at returns the cell at this address, nil when it is empty.
func (s *sheet) at(rowNumber, col int) *cell {
	i, ok := slices.BinarySearchFunc(s.rows, rowNumber, func(r row, n int) int { return r.n - n })
	if !ok {
		return nil
	}
	return s.rows[i].at(col)
}

func (r *row) at(col int) *cell {
	for i := range r.cells {
		if c := &r.cells[i]; c.col >= col {
			if c.col == col {
				return c
			}
			return nil
		}
	}
	return nil
}

// merged returns the merged range that covers this address.
func (s *sheet) merged(rowNumber, col int) (area, bool) {
	for _, a := range s.merges[rowNumber] {
		if col >= a.col1 && col <= a.col2 {
			return a, true
		}
	}
	return area{}, false
}
