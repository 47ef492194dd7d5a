package workbook

import (
	"slices"
	"strings"

	"zona/internal/fault"
)

// placedSheet is a sheet of answers with its rows placed.
type placedSheet struct {
	sheet *sheet
	bands []band
	facts []rowFacts
	lines []int         // line of each row, -1
	alike []float32     // how much its wording resembles the line's
	rows  map[int][]int // rows of each question, by Node.Leaf
}

// answerColumn is one column of answers as a person sees it: it may go on over several sheets, one area each, and
// stand somewhere else under every repeated heading.
type answerColumn struct {
	label     string // how it is listed and may be asked for; unlike any other
	printed   string
	full      string
	key       string // what makes columns on two sheets the same
	evaluator bool
	rank      int // the number behind the evaluator's name, 0 without one
	hidden    bool
	parts     []columnPart
}

// columnPart is an answer column on one sheet.
type columnPart struct {
	sheet *placedSheet
	at    []columnPlace // by band
}

// columnPlace is where a column stands under one heading; 0 is nowhere.
type columnPlace struct{ answer, note int }

// gather lists the answer columns of all sheets.
func gather(sheets []*placedSheet) []*answerColumn {
	var all []*answerColumn
	for _, s := range sheets {
		for _, c := range s.columns() {
			i := slices.IndexFunc(all, func(a *answerColumn) bool { return a.key == c.key && a.hidden == c.hidden && !a.overlaps(s) })
			if i >= 0 {
				all[i].parts = append(all[i].parts, c.parts...)
				continue
			}
			all = append(all, c)
		}
	}
	labels(all)
	return all
}

// overlaps reports whether the column already has one of the sheet's questions: then the sheet is another copy of
// the form, not its continuation.
func (a *answerColumn) overlaps(s *placedSheet) bool {
	for _, p := range a.parts {
		for leaf := range p.sheet.rows {
			if _, both := s.rows[leaf]; both {
				return true
			}
		}
	}
	return false
}

// columns lists the answer columns of one sheet, from its first heading that has them all.
func (s *placedSheet) columns() []*answerColumn {
	var out []*answerColumn
	for bi := range s.bands {
		seen := map[string]int{}
		for i := range s.bands[bi].columns {
			c := &s.bands[bi].columns[i]
			if c.kind != columnAnswer {
				continue
			}
			key := fold(c.full)
			seen[key]++
			key += strings.Repeat(" ", seen[key]-1) // the same heading again is another column
			k := slices.IndexFunc(out, func(a *answerColumn) bool { return a.key == key })
			if k < 0 {
				k = len(out)
				out = append(out, &answerColumn{
					key: key, printed: c.printed, full: c.full, hidden: s.sheet.hidden,
					parts: []columnPart{{sheet: s, at: make([]columnPlace, len(s.bands))}},
				})
			}
			out[k].parts[0].at[bi] = columnPlace{answer: c.col, note: s.bands[bi].noteOf(i)}
		}
	}
	s.assignRoles(out)
	return out
}

// noteOf finds the notes that belong to the answer column with this index: the first ones right of it and before the
// next answers, else the only ones there are.
func (b *band) noteOf(i int) int {
	for _, c := range b.columns[i+1:] {
		if c.kind == columnNote {
			return c.col
		}
		if c.kind == columnAnswer {
			break
		}
	}
	notes, answers, last := 0, 0, 0
	for _, c := range b.columns {
		switch c.kind {
		case columnNote:
			notes++
			last = c.col
		case columnAnswer:
			answers++
		default:
		}
	}
	if notes == 1 && answers == 1 {
		return last
	}
	return 0
}

// assignRoles tells the unit's own column from the evaluators': by the words of the heading, else by the sheet's
// name, else the first is the unit's.
func (s *placedSheet) assignRoles(columns []*answerColumn) {
	evaluators := 0
	for _, c := range columns {
		ws := words(fold(c.full))
		c.evaluator = isEvaluator(ws)
		if !c.evaluator && !hasWord(ws, "unit", "satker", "mandiri", "self", "upt") {
			c.evaluator = isEvaluator(words(fold(s.sheet.name)))
		}
		if c.evaluator {
			c.rank = rankOf(ws)
			evaluators++
		}
	}
	if evaluators > 0 || len(columns) < 2 {
		return
	}
	own := slices.IndexFunc(columns, func(c *answerColumn) bool {
		return hasWord(words(fold(c.full)), "unit", "satker", "mandiri", "self", "upt")
	})
	for i, c := range columns {
		c.evaluator = i != max(own, 0)
	}
}

// rankOf reads "TPI 2", "Evaluator II".
func rankOf(ws []string) int {
	for i, w := range ws {
		if i == 0 || !isEvaluator(ws[i-1:i]) {
			continue
		}
		switch w {
		case "1", "i", "pertama":
			return 1
		case "2", "ii", "kedua":
			return 2
		case "3", "iii", "ketiga":
			return 3
		}
	}
	return 0
}

// labels names every column so that it can be asked for: the heading as printed where that is enough, with the group
// above it where it is not, and with its place where even that repeats.
func labels(all []*answerColumn) {
	times := func(of func(*answerColumn) string) map[string]int {
		n := map[string]int{}
		for _, c := range all {
			n[fold(of(c))]++
		}
		return n
	}
	printed := times(func(c *answerColumn) string { return c.printed })
	full := times(func(c *answerColumn) string { return c.full })
	for _, c := range all {
		switch {
		case printed[fold(c.printed)] == 1:
			c.label = c.printed
		case full[fold(c.full)] == 1:
			c.label = c.full
		default:
			p := c.parts[0]
			c.label = c.full + " [" + shown(p.sheet.sheet.name) + "!" + columnName(p.first()) + "]"
		}
	}
}

// first is the column's place under the first heading that has it.
func (p *columnPart) first() int {
	for _, at := range p.at {
		if at.answer > 0 {
			return at.answer
		}
	}
	return 0
}

// answers counts the questions that have something in this column.
func (a *answerColumn) answers() int {
	n := 0
	for _, p := range a.parts {
		for _, rows := range p.sheet.rows {
			if slices.ContainsFunc(rows, func(r int) bool { return p.cell(r) != nil }) {
				n++
			}
		}
	}
	return n
}

// cell returns the answer cell of a row, nil when it is empty.
func (p *columnPart) cell(r int) *cell {
	f := &p.sheet.facts[r]
	if col := p.at[f.band].answer; col > 0 {
		return f.row.at(col)
	}
	return nil
}

// choose finds the column that was asked for. Copies of a form (the same heading over the same questions on another
// sheet) are told apart by what is visible and most filled; the others are returned as copies.
func choose(all []*answerColumn, asked string) (chosen *answerColumn, copies []*answerColumn, err error) {
	candidates := candidatesFor(all, asked)
	if len(candidates) == 0 {
		var list []string
		for _, c := range all {
			list = append(list, c.label)
		}
		return nil, nil, fault.New(fault.Invalid, "workbook.column.unknown", "Column", shown(asked), "Columns", strings.Join(list, "; "))
	}
	chosen = candidates[0]
	for _, c := range candidates[1:] {
		if c.key != chosen.key {
			continue
		}
		if c.hidden == chosen.hidden && c.answers() > chosen.answers() || !c.hidden && chosen.hidden {
			copies, chosen = append(copies, chosen), c
			continue
		}
		copies = append(copies, c)
	}
	return chosen, copies, nil
}

// candidatesFor lists the columns that answer to a name, best first.
func candidatesFor(all []*answerColumn, asked string) []*answerColumn {
	name := fold(asked)
	switch name {
	case "", "unit":
		return filter(all, func(c *answerColumn) bool { return !c.evaluator })
	case "tpi":
		return nthEvaluator(all, 0)
	case "tpi2":
		return nthEvaluator(all, 1)
	}
	for _, of := range []func(*answerColumn) string{
		func(c *answerColumn) string { return c.label },
		func(c *answerColumn) string { return c.full },
		func(c *answerColumn) string { return c.printed },
	} {
		found := filter(all, func(c *answerColumn) bool { return fold(of(c)) == name })
		if len(found) > 1 && slices.ContainsFunc(found, func(c *answerColumn) bool { return c.key != found[0].key }) {
			return nil // several columns are called that: the list says how to name one
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

func filter(all []*answerColumn, keep func(*answerColumn) bool) []*answerColumn {
	var out []*answerColumn
	for _, c := range all {
		if keep(c) {
			out = append(out, c)
		}
	}
	// Hidden sheets hold old copies and lists for the spreadsheet's own use.
	slices.SortStableFunc(out, func(a, b *answerColumn) int { return boolInt(a.hidden) - boolInt(b.hidden) })
	return out
}

// nthEvaluator lists the n-th evaluator's column and its copies. Evaluators are counted as they are numbered, else
// from left to right.
func nthEvaluator(all []*answerColumn, n int) []*answerColumn {
	found := filter(all, func(c *answerColumn) bool { return c.evaluator })
	slices.SortStableFunc(found, func(a, b *answerColumn) int { return max(a.rank, 1) - max(b.rank, 1) })
	var keys []string
	for _, c := range found {
		if !slices.Contains(keys, c.roleKey()) {
			keys = append(keys, c.roleKey())
		}
	}
	if n >= len(keys) {
		return nil
	}
	return filter(found, func(c *answerColumn) bool { return c.roleKey() == keys[n] })
}

// roleKey tells evaluators apart: by heading, and by sheet where the sheet's name is what says so.
func (a *answerColumn) roleKey() string {
	if isEvaluator(words(a.key)) {
		return a.key
	}
	return a.key + "\n" + a.parts[0].sheet.sheet.name
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
