package workbook

import (
	"encoding/csv"
	"io"
	"strings"
)

// CSVWriter writes a plain table that a spreadsheet cannot take for formulas: a text that begins like one gets an
// apostrophe before it, which ReadTable takes off again. It keeps one row in memory.
type CSVWriter struct{ w *csv.Writer }

// NewCSVWriter begins with a byte order mark, without which spreadsheets take UTF-8 for something else.
func NewCSVWriter(w io.Writer) (*CSVWriter, error) {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return nil, err
	}
	return &CSVWriter{csv.NewWriter(w)}, nil
}

// Write writes one row.
func (c *CSVWriter) Write(cells []string) error {
	guarded := make([]string, len(cells))
	for i, s := range cells {
		guarded[i] = s
		if beginsFormula(strings.TrimLeft(s, "'")) {
			guarded[i] = "'" + s
		}
	}
	return c.w.Write(guarded)
}

// Flush writes what is still held back and tells the first error of all.
func (c *CSVWriter) Flush() error {
	c.w.Flush()
	return c.w.Error()
}

// beginsFormula reports whether a spreadsheet may take a text for a formula, blanks before it or not, or for the
// command of an older one.
func beginsFormula(s string) bool {
	if s != "" && strings.ContainsRune("\t\r\n\x00", rune(s[0])) {
		return true
	}
	s = strings.TrimLeftFunc(s, func(r rune) bool { return !isInk(r) })
	return s != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(s)[0])
}

// bare takes the apostrophe of CSVWriter off.
func bare(s string) string {
	if t, ok := strings.CutPrefix(s, "'"); ok && beginsFormula(strings.TrimLeft(t, "'")) {
		return t
	}
	return s
}
