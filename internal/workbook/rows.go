package workbook

import (
	"strings"
	"unicode"
)

// rowFacts is what one row says about which line of the instrument it is.
type rowFacts struct {
	row    *row
	band   int     // the heading that it stands under
	exact  int     // line named by an id or a full numbering, -1
	input  string  // key of the input that the id names, folded
	label  string  // folded, without punctuation: "a", "iv", "-"; "" when there is none
	cased  string  // label as printed, for telling I from i
	text   string  // wording
	textAt int     // its column
	weight float64 // of the Bobot column, 0 when there is none
	answer string  // of the Pilihan Jawaban column, see answerType
	likely string  // answer type that the criteria tell where that column does not
	typed  bool    // there is such a column
	filled bool    // something stands in one of the answer columns
}

// factsOf reads the rows of a sheet under its headings; rows above the first heading and the headings themselves
// are left out.
func (o *outline) factsOf(s *sheet, bands []band) []rowFacts {
	var facts []rowFacts
	s.dropRowNumbers(bands)
	at := -1
	for i := range s.rows {
		r := &s.rows[i]
		for at+1 < len(bands) && r.n >= bands[at+1].first {
			at++
		}
		if at < 0 || r.n <= bands[at].last {
			continue
		}
		f := o.factsOfRow(r, &bands[at])
		f.band = at
		facts = append(facts, f)
	}
	return facts
}

// dropRowNumbers leaves out columns that number the rows of the sheet, since their numbers would be taken for those of
// areas.
func (s *sheet) dropRowNumbers(bands []band) {
	const enough = 15 // areas are numbered to six
	type count struct {
		n    int // rows so far, -1 once the numbers did not rise
		last float64
	}
	counts := map[int]*count{}
	for i := range s.rows {
		for _, c := range s.rows[i].cells {
			if c.kind != cellNumber || s.rows[i].n <= bands[0].last || c.col > maxTableColumn {
				continue
			}
			k := counts[c.col]
			if k == nil {
				k = &count{}
				counts[c.col] = k
			}
			if v := weightIn(&c); k.n >= 0 && v > k.last {
				k.n, k.last = k.n+1, v
			} else {
				k.n = -1
			}
		}
	}
	for i := range bands {
		for j := range bands[i].columns {
			c := &bands[i].columns[j]
			if k := counts[c.col]; c.kind == columnText && k != nil && k.n >= enough {
				c.kind = columnEvidence
			}
		}
	}
}

func (o *outline) factsOfRow(r *row, b *band) rowFacts {
	f := rowFacts{row: r, exact: -1, typed: b.has(columnType)}
	var wording []*cell
	looked := false
	for i := range r.cells {
		c := &r.cells[i]
		kind := b.kindOf(c.col)
		if f.exact < 0 && (kind == columnText || kind == columnUnknown) {
			if at, ok := o.idIn(c); ok {
				f.exact = at
				_, f.input, _ = strings.Cut(fold(c.text), ":")
				continue
			}
		}
		switch kind {
		case columnText:
			wording = append(wording, c)
		case columnWeight:
			f.weight = weightIn(c)
		case columnType:
			if c.kind == cellText && len(c.text) <= maxHeading {
				f.answer = o.answerType(c.text)
			}
		case columnAnswer:
			f.filled = true
		case columnCriteria:
			if c.kind == cellText && !looked {
				f.likely, looked = o.typeOfCriteria(cutText(c.text, maxCriteria)), true
			}
		case columnUnknown, columnScore, columnNote, columnEvidence:
		}
	}
	f.readWording(wording)
	return f
}

// kindOf returns what a column holds. Columns are numbered from 1 without gaps.
func (b *band) kindOf(col int) columnKind {
	if col > len(b.columns) {
		return columnUnknown
	}
	return b.columns[col-1].kind
}

// idIn reads a cell that names a line outright.
func (o *outline) idIn(c *cell) (int, bool) {
	if c.kind != cellText || len(c.text) > 60 || len(c.text) < 3 {
		return 0, false
	}
	return o.find(c.text)
}

func weightIn(c *cell) float64 {
	if len(c.text) > maxHeading {
		return 0
	}
	n, err := c.number()
	if err != nil {
		return 0
	}
	return n.Float64()
}

// readWording tells the numbering from the text among the cells of the numbering columns: the text is the longest,
// its label the nearest short cell left of it, or the start of the text itself.
func (f *rowFacts) readWording(cells []*cell) {
	longest := -1
	for i, c := range cells {
		if c.kind != cellText {
			continue
		}
		if _, isLabel := labelOf(c.text); isLabel && longest >= 0 {
			continue
		}
		if longest < 0 || len(c.text) > len(cells[longest].text) {
			longest = i
		}
	}
	if longest < 0 {
		return
	}
	f.text, f.textAt = cutText(cells[longest].text, maxWording), cells[longest].col
	for i := longest - 1; i >= 0; i-- {
		if label, ok := labelOf(cells[i].text); ok {
			f.cased = label
			break
		}
	}
	if f.cased == "" {
		f.cased, f.text = splitLabel(f.text)
	}
	f.label = strings.ToLower(f.cased)
}

// cutText shortens a text to so many bytes of whole characters.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// labelOf reads a numbering: "A.", "iv)", "(2)", "d", "-". Of a numbering with several parts, "1.i.a", the last
// part counts, since the rest is the numbering of the lines above.
func labelOf(text string) (string, bool) {
	if len(text) > 40 {
		return "", false
	}
	s := strings.TrimSpace(strings.Map(func(r rune) rune {
		if isInvisible(r) {
			return -1
		}
		return r
	}, text))
	s = strings.Trim(s, ".()[]: ")
	if s == "-" || s == "–" || s == "•" || s == "*" {
		return "-", true
	}
	if i := strings.LastIndexAny(s, ". "); i >= 0 && len(s) <= 20 {
		s = s[i+1:]
	}
	return s, isLabel(s)
}

// isLabel accepts one letter, a Roman number below forty, or a number below a hundred.
func isLabel(s string) bool {
	if s == "" || len(s) > 5 {
		return false
	}
	if len(s) == 1 && unicode.IsLetter(rune(s[0])) {
		return true
	}
	if strings.Trim(s, "0123456789") == "" {
		return len(s) <= 2
	}
	return strings.Trim(s, "ivx") == "" || strings.Trim(s, "IVX") == ""
}

// typeOfCriteria reads the scale off the options as they are listed: "a. … b. … c. …", "Ya, jika …".
func (o *outline) typeOfCriteria(text string) string {
	folded := fold(text)
	if strings.HasPrefix(folded, "ya") && !strings.HasPrefix(folded, "yang") {
		return o.answerType("ya/tidak")
	}
	var keys []string
	before := ' '
	for i, r := range folded {
		if r == rune('a'+len(keys)) && before == ' ' && len(folded) > i+1 && strings.IndexByte(".):", folded[i+1]) >= 0 {
			keys = append(keys, string(r))
		}
		before = r
	}
	if len(keys) < 2 {
		return ""
	}
	return strings.Join(keys, "/")
}

// splitLabel takes a label off the start of a text: "a. Unit kerja …", "1) …", "- Jumlah …".
func splitLabel(text string) (label, rest string) {
	trimmed := strings.TrimLeftFunc(text, func(r rune) bool { return !isInk(r) })
	for _, dash := range []string{"-", "–", "•", "*"} {
		if after, ok := strings.CutPrefix(trimmed, dash); ok {
			return "-", strings.TrimSpace(after)
		}
	}
	head, after, ok := strings.Cut(trimmed, " ")
	if !ok || !strings.ContainsAny(head, ".)") && len(head) != 1 {
		return "", text
	}
	label, ok = labelOf(head)
	if !ok {
		return "", text
	}
	return label, strings.TrimSpace(after)
}
