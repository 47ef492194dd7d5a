package workbook

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"zona/internal/fault"
)

// Limits of a plain table: the staff of a large agency twice over, in one file.
const (
	MaxTableRows = 20_000

	maxPlainCells = 300_000
	maxHeadRows   = 30  // rows that are looked through for the headings: titles and hints stand above them
	maxPlainWidth = 100 // columns of a CSV file
	exactDigits   = 15  // of a number that a spreadsheet keeps; of more it has lost the last
)

// TableOptions says which table to read.
type TableOptions struct {
	Sheet   string                    // of a workbook, in any case; "" is the first one that has the headings
	Heading func(cells []string) bool // whether a row is the row of headings
	Timeout time.Duration             // as of Options
}

// Table is the rows under a row of headings. Cells are text, whatever the file stores: a number with more digits than
// a spreadsheet keeps comes in scientific notation, since nobody knows its last digits any more; a date as 2025-01-31.
type Table struct {
	Sheet    string // "" of a CSV file
	Head     []string
	Rows     []TableRow
	Problems []Problem // cells that cannot be read, by Sheet and Cell
}

// TableRow is one row with something in it.
type TableRow struct {
	N     int      // as the spreadsheet, or the line of the CSV file, counts it
	Cells []string // as many as headings
}

// ReadTable reads a plain table from an XLSX or CSV file that may come from anybody, within the limits of this package.
// A CSV file is UTF-8, with or without a byte order mark, and separated by comma, semicolon or tab. A file that cannot
// be read, has no row of headings or no row below it is a *fault.Fault.
func ReadTable(ctx context.Context, src io.ReaderAt, size int64, opt TableOptions) (t *Table, err error) {
	timeout := opt.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	limited, cancel := context.WithTimeoutCause(ctx, timeout, errSlow)
	defer cancel()
	defer func() { // as in Read: a parser's mistake costs this file, never the process
		if p := recover(); p != nil {
			t, err = nil, errors.Join(fault.New(fault.Invalid, "workbook.file.parser"), &parserPanic{p, debug.Stack()})
		}
	}()
	t, err = readTable(limited, src, size, opt)
	if err != nil && errors.Is(context.Cause(limited), errSlow) {
		return nil, fault.New(fault.TooLarge, "workbook.file.slow")
	}
	return t, err
}

func readTable(ctx context.Context, src io.ReaderAt, size int64, opt TableOptions) (*Table, error) {
	if size <= 0 {
		return nil, refuse("workbook.file.empty")
	}
	if size > MaxFileSize {
		return nil, tooMuch("file", MaxFileSize>>20)
	}
	head := make([]byte, min(size, 4))
	if _, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the table: %w", err)
	}
	var t *Table
	var err error
	// Neither a zip nor the old binary format is a text; both are the workbook reader's to judge.
	if bytes.HasPrefix(head, []byte("PK")) || bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")) {
		t, err = bookTable(ctx, src, size, opt)
	} else {
		t, err = csvTable(ctx, src, size, opt)
	}
	if err == nil && len(t.Rows) == 0 {
		err = refuse("workbook.table.norows")
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

func bookTable(ctx context.Context, src io.ReaderAt, size int64, opt TableOptions) (*Table, error) {
	a, err := openArchive(src, size)
	if err != nil {
		return nil, err
	}
	b, err := openSheets(&loader{ctx: ctx, archive: a, mostRows: MaxTableRows + maxHeadRows, mostCells: maxPlainCells})
	if err != nil {
		return nil, err
	}
	for _, s := range b.sheets {
		if s.hidden && opt.Sheet == "" || opt.Sheet != "" && !strings.EqualFold(s.name, opt.Sheet) {
			continue
		}
		for i := range s.rows[:min(len(s.rows), maxHeadRows)] {
			if names, at := s.rows[i].headings(); opt.Heading(names) {
				return s.table(names, at, s.rows[i+1:]), nil
			}
		}
	}
	return nil, refuse("workbook.table.noheading")
}

// headings are the filled cells of a row with their columns.
func (r *row) headings() (names []string, at []int) {
	for i := range r.cells[:min(len(r.cells), maxPlainWidth)] {
		names, at = append(names, strings.TrimSpace(r.cells[i].text)), append(at, r.cells[i].col)
	}
	return names, at
}

func (s *sheet) table(names []string, at []int, rows []row) *Table {
	t := &Table{Sheet: s.name, Head: names}
	for i := range rows {
		line := TableRow{N: rows[i].n, Cells: make([]string, len(at))}
		some := false
		for j, col := range at {
			c := rows[i].at(col)
			if c == nil {
				continue
			}
			some = true
			if rule := c.unreadable(); rule != "" {
				if len(t.Problems) < maxProblems {
					t.Problems = append(t.Problems, Problem{
						Sheet: s.name, Cell: cellName(col, rows[i].n), Read: shown(c.text), Rule: rule, Mend: "workbook.table.cell.mend",
					})
				}
				continue
			}
			line.Cells[j] = c.plain()
		}
		if some {
			t.Rows = append(t.Rows, line)
		}
	}
	return t
}

// unreadable is the message id of what is wrong with a cell whose value nobody knows.
func (c *cell) unreadable() string {
	switch c.kind {
	case cellBare:
		return "workbook.table.uncalculated"
	case cellError:
		return "workbook.table.error"
	case cellText, cellNumber, cellBool, cellDate:
	}
	return ""
}

// plain is a cell as text.
func (c *cell) plain() string {
	if c.kind == cellDate {
		date, _, _ := strings.Cut(c.text, "T")
		return date
	}
	if c.kind != cellNumber {
		return c.text
	}
	f, err := strconv.ParseFloat(c.text, 64)
	if err != nil {
		return c.text
	}
	if c.format == formatDate && f >= 1 && f < 2_958_466 { // to the end of the year 9999
		return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(f)).Format(time.DateOnly)
	}
	if math.Abs(f) >= math.Pow10(exactDigits) {
		return strconv.FormatFloat(f, 'E', -1, 64)
	}
	return plainDecimal(c.text)
}

func csvTable(ctx context.Context, src io.ReaderAt, size int64, opt TableOptions) (*Table, error) {
	raw := make([]byte, size)
	if n, err := src.ReadAt(raw, 0); err != nil && (!errors.Is(err, io.EOF) || int64(n) < size) {
		return nil, fmt.Errorf("read the table: %w", err)
	}
	raw = bytes.TrimPrefix(raw, []byte("\uFEFF"))
	if bytes.HasPrefix(raw, []byte("\xFF\xFE")) || bytes.HasPrefix(raw, []byte("\xFE\xFF")) || bytes.IndexByte(raw, 0) >= 0 || !utf8.Valid(raw) {
		return nil, refuse("workbook.table.encoding")
	}
	r := csv.NewReader(bytes.NewReader(raw))
	r.Comma, r.FieldsPerRecord = separator(raw), -1
	var t *Table
	cells := 0
	for n := 0; ; n++ {
		if n%256 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, refuse("workbook.table.quotes", "Line", wrong.Line)
		}
		if err != nil {
			return nil, fmt.Errorf("read the table: %w", err)
		}
		if cells += len(record); cells > maxPlainCells {
			return nil, tooMuch("cells", maxPlainCells)
		}
		if len(record) > maxPlainWidth {
			return nil, tooMuch("column", maxPlainWidth)
		}
		line, _ := r.FieldPos(0)
		switch {
		case t != nil:
			if err := t.add(line, record); err != nil {
				return nil, err
			}
		case opt.Heading(record):
			t = &Table{Head: trimmed(record)}
		case n == maxHeadRows:
			return nil, refuse("workbook.table.noheading")
		}
	}
	if t == nil {
		return nil, refuse("workbook.table.noheading")
	}
	return t, nil
}

// separator is the likeliest one of the first line that has any.
func separator(raw []byte) rune {
	for line := range bytes.Lines(raw[:min(len(raw), 1<<16)]) {
		best, most := ',', 0
		for _, c := range ",;\t" {
			if n := bytes.Count(line, []byte(string(c))); n > most {
				best, most = c, n
			}
		}
		if most > 0 {
			return best
		}
	}
	return ','
}

func trimmed(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.TrimSpace(s)
	}
	return out
}

// add takes a line of a CSV file; what stands right of the headings must be nothing.
func (t *Table) add(line int, record []string) error {
	row := TableRow{N: line, Cells: make([]string, len(t.Head))}
	some := false
	for i, s := range record {
		if len(s) > 4*maxCellText {
			return tooMuch("text", maxCellText)
		}
		if !strings.ContainsFunc(s, isInk) {
			continue
		}
		if i >= len(row.Cells) {
			return refuse("workbook.table.width", "Line", line)
		}
		row.Cells[i], some = bare(s), true
	}
	if !some {
		return nil
	}
	if len(t.Rows) == MaxTableRows {
		return tooMuch("rows", MaxTableRows)
	}
	t.Rows = append(t.Rows, row)
	return nil
}
