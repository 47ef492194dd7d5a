package workbook

import (
	"slices"
	"strings"
)

// columnKind is what a column holds, as its heading says.
type columnKind uint8

const (
	columnUnknown  columnKind = iota
	columnText                // numbering and wording; may span several columns
	columnWeight              // Bobot
	columnCriteria            // Kriteria, Penjelasan
	columnType                // Pilihan Jawaban
	columnAnswer              // Jawaban …
	columnScore               // Nilai, %
	columnNote                // Catatan/Keterangan/Penjelasan
	columnEvidence            // Daftar Bukti Dukung, Tautan
)

// band is a heading of a table: one row, or two where a group stands above its columns. A sheet may repeat it at
// page breaks, and may start another table further down.
type band struct {
	first, last int // row numbers
	columns     []column
}

// column is one column of a band.
type column struct {
	col     int
	kind    columnKind
	printed string // the heading in its own row, as printed
	full    string // with the group above it
}

// maxHeading is the longest heading in characters; longer texts are sentences of the sheet.
const maxHeading = 80

// findBands returns the headings of a sheet from top to bottom; only tables with a column of answers count.
func (s *sheet) findBands() []band {
	var bands []band
	for i := 0; i < len(s.rows) && len(bands) < maxBands; i++ {
		if s.rows[i].headingWords() < 2 || !s.rows[i].looksLikeHeading() {
			continue
		}
		b := s.bandAt(i, i)
		if i+1 < len(s.rows) && s.rows[i+1].n <= s.rows[i].n+2 && s.rows[i+1].looksLikeHeading() {
			if deep := s.bandAt(i, i+1); deep.worth() > b.worth() && s.rows[i+1].headingWords() >= 2 {
				b = deep
			}
		}
		if b.kinds() < 3 || !b.has(columnAnswer) {
			continue
		}
		if b.first == s.rows[i].n && i > 0 && s.rows[i-1].n == b.first-1 && s.hasGroups(i-1, len(b.columns)) && b.last == b.first {
			b = s.bandAt(i-1, i)
		}
		bands = append(bands, b)
		for i+1 < len(s.rows) && s.rows[i+1].n <= b.last {
			i++
		}
	}
	return bands
}

// hasGroups reports whether a row holds the groups over a heading: several short texts, none of them a title over
// everything.
func (s *sheet) hasGroups(i, width int) bool {
	r := &s.rows[i]
	if len(r.cells) < 2 || !r.looksLikeHeading() {
		return false
	}
	for _, c := range r.cells {
		if a, ok := s.merged(r.n, c.col); ok && (a.col2-a.col1+1)*2 > width && a.row2 == a.row1 && len(r.cells) < 3 {
			return false
		}
	}
	return true
}

// headingWords counts the cells of a row that a heading may be made of.
func (r *row) headingWords() int {
	n := 0
	if len(r.cells) > maxTableCells {
		return 0
	}
	for _, c := range r.cells {
		if c.kind == cellText && len(c.text) <= maxHeading && headingKind(fold(c.text)) != columnUnknown {
			n++
		}
	}
	return n
}

// looksLikeHeading is false for a row of the table itself: numbers, numbering, answer types and sentences stand
// there.
func (r *row) looksLikeHeading() bool {
	for _, c := range r.cells {
		if c.kind != cellText || len(c.text) > maxHeading {
			return false
		}
		if _, isLabel := labelOf(c.text); isLabel {
			return false
		}
		if keys := cut(fold(c.text), "/"); len(keys) > 1 && (lettersOnly(keys) || keys[0] == "ya") {
			return false
		}
	}
	return true
}

// bandAt reads the rows with these indexes as one heading.
func (s *sheet) bandAt(first, last int) band {
	b := band{first: s.rows[first].n, last: s.rows[last].n}
	end := 0
	for i := first; i <= last; i++ {
		cells := s.rows[i].cells
		end = max(end, cells[len(cells)-1].col)
	}
	for n := b.first; n <= b.last; n++ { // a merged heading reaches further than its text
		for _, a := range s.merges[n] {
			end = max(end, a.col2)
			b.last = max(b.last, min(a.row2, b.first+2))
		}
	}
	end = min(end, maxTableColumn)
	group := ""
	for col := 1; col <= end; col++ {
		upper, fromLeft := s.heading(b.first, col)
		lower := ""
		if last > first {
			lower, _ = s.heading(s.rows[last].n, col)
		}
		// A group that is not merged stands over its first column only.
		if upper != "" {
			group = upper
		} else if lower != "" && last > first {
			upper = group
		}
		b.columns = append(b.columns, newColumn(col, upper, lower, fromLeft))
	}
	b.classify()
	return b
}

// heading returns the text over a column in one row of a heading, also where it was merged across columns.
func (s *sheet) heading(rowNumber, col int) (text string, fromLeft bool) {
	if a, ok := s.merged(rowNumber, col); ok {
		fromLeft = a.col1 < col
		rowNumber, col = a.row1, a.col1
	}
	c := s.at(rowNumber, col)
	if c == nil || c.kind != cellText || len(c.text) > maxHeading {
		return "", fromLeft
	}
	return strings.Join(strings.Fields(shown(c.text)), " "), fromLeft
}

// newColumn settles what one column's heading is. Its own row says more than the group above it.
func newColumn(col int, upper, lower string, fromLeft bool) column {
	if lower == upper { // merged from row to row
		lower = ""
	}
	c := column{col: col, printed: lower, full: strings.TrimSpace(upper + " " + lower)}
	if lower == "" {
		c.printed = upper
	}
	c.kind = headingKind(fold(c.printed))
	if c.kind == columnUnknown || lower != "" && c.kind == columnText {
		if kind := headingKind(fold(c.full)); kind != columnUnknown {
			c.kind = kind
		}
	}
	if c.kind == columnAnswer && fromLeft && lower == "" {
		c.kind = columnUnknown // the second column of a merged heading holds nothing of its own
	}
	return c
}

// classify settles what depends on the neighbours: columns without a heading beside the wording belong to the
// numbering, and an explanation right of the answers is a note, left of them a criterion.
func (b *band) classify() {
	answered := false
	for i := range b.columns {
		c := &b.columns[i]
		switch {
		case c.kind == columnAnswer:
			answered = true
		case c.kind == columnCriteria && answered && strings.Contains(fold(c.printed), "penjelasan"):
			c.kind = columnNote
		case c.kind == columnNote && !answered && !strings.Contains(fold(c.printed), "catatan") && b.answersRightOf(i):
			c.kind = columnCriteria
		case c.kind == columnUnknown && c.full == "" && i > 0 && b.columns[i-1].kind == columnText:
			c.kind = columnText
		}
	}
	// A numbering without a heading stands left of the wording.
	for i := len(b.columns) - 2; i >= 0; i-- {
		if c := &b.columns[i]; c.kind == columnUnknown && c.full == "" && b.columns[i+1].kind == columnText {
			c.kind = columnText
		}
	}
}

func (b *band) answersRightOf(i int) bool {
	return slices.ContainsFunc(b.columns[i+1:], func(c column) bool { return c.kind == columnAnswer })
}

func (b *band) has(kind columnKind) bool {
	return slices.ContainsFunc(b.columns, func(c column) bool { return c.kind == kind })
}

// kinds counts how many different things the columns hold.
func (b *band) kinds() int {
	var seen [columnEvidence + 1]bool
	n := 0
	for _, c := range b.columns {
		if c.kind != columnUnknown && !seen[c.kind] {
			seen[c.kind] = true
			n++
		}
	}
	return n
}

// worth compares readings of the same heading: what it recognises, answers first.
func (b *band) worth() int {
	n := b.kinds()
	for _, c := range b.columns {
		switch c.kind {
		case columnAnswer:
			n += 3
		case columnNote, columnScore, columnEvidence:
			n++
		case columnUnknown, columnText, columnWeight, columnCriteria, columnType:
		}
	}
	return n
}

// headingKind reads a folded heading. The order matters: "Kriteria Nilai" are criteria, "Catatan atas jawaban" is a
// note, "Pilihan Jawaban" are the choices.
func headingKind(h string) columnKind {
	if h == "" {
		return columnUnknown
	}
	ws := words(h)
	switch {
	case hasWord(ws, "catatan", "komentar", "tanggapan"):
		return columnNote
	case hasWord(ws, "bukti", "eviden", "evidence", "tautan", "link", "dokumen", "lampiran"):
		return columnEvidence
	case hasWord(ws, "pilihan", "opsi", "satuan") || hasWord(ws, "jenis", "tipe", "bentuk", "format") && hasWord(ws, "jawaban"):
		return columnType
	case hasWord(ws, "bobot"):
		return columnWeight
	case hasWord(ws, "kriteria", "parameter", "panduan", "petunjuk", "pedoman", "penjelasan"):
		return columnCriteria
	case hasWord(ws, "keterangan"):
		return columnNote
	case hasWord(ws, "nilai", "skor", "score", "persen", "persentase", "capaian") && !hasWord(ws, "indikator") || h == "%":
		return columnScore
	case isAnswerHeading(ws):
		return columnAnswer
	case hasWord(ws, "penilaian", "uraian", "pertanyaan", "indikator", "komponen", "unsur", "aspek", "butir", "pernyataan", "no", "nomor", "id", "kode"):
		return columnText
	}
	return columnUnknown
}

func isAnswerHeading(ws []string) bool {
	if hasWord(ws, "jawaban", "jawab", "isian", "respons", "respon") {
		return true
	}
	return hasWord(ws, "penilaian", "evaluasi", "asesmen", "assessment", "hasil") &&
		(isEvaluator(ws) || hasWord(ws, "mandiri", "self", "unit", "satker"))
}

// hasWord reports whether one of the words is there, allowing a slip of one letter in words of six and more.
func hasWord(ws []string, wanted ...string) bool {
	for _, w := range ws {
		for _, a := range wanted {
			if w == a || len(a) >= 6 && nearly(w, a) {
				return true
			}
		}
	}
	return false
}

// nearly reports whether two words differ by one letter put in, left out or replaced, the first letter being right.
func nearly(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == "" || a[0] != b[0] {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return i == len(a) || a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}

// isEvaluator tells the evaluators' columns from the unit's own.
func isEvaluator(ws []string) bool {
	return hasWord(ws, "tpi", "tpn", "evaluator", "penilai", "itjen", "inspektorat", "apip", "verifikator", "verifikasi", "reviu", "reviewer", "asesor", "assessor")
}
