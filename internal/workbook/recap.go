package workbook

import (
	"fmt"
	"slices"

	"github.com/xuri/excelize/v2"

	"zona/internal/exact"
	"zona/internal/instrument"
	"zona/internal/scoring"
)

// The words of a verdict in the recap.
const (
	verdictPass = "Memenuhi"
	verdictFail = "Tidak"
)

// recap prints the groups with their members and every rule of every predicate with a live verdict.
func (w *writer) recap() error {
	sw, err := w.f.NewStreamWriter(recapName)
	if err != nil {
		return err
	}
	if err := w.setUpRecap(sw); err != nil {
		return err
	}
	if err := put(sw, 1, cells{text("REKAPITULASI", w.look.title)}); err != nil {
		return err
	}
	at, err := w.groups(sw, 3)
	if err != nil {
		return err
	}
	if err := w.rules(sw, at); err != nil {
		return err
	}
	return sw.Flush()
}

// groupCells are the cells of the recap that rules look at.
type groupCells struct {
	points, share []string // by Instrument.Groups
	next          int      // first row behind the groups
}

// groups prints one row for each group: its members' scores, their sum and share.
func (w *writer) groups(sw *excelize.StreamWriter, row int) (groupCells, error) {
	at := groupCells{next: row}
	if len(w.in.Groups) == 0 {
		return at, nil
	}
	names := w.memberNames()
	head := cells{text("No", w.look.header), text("Area pengungkit", w.look.header), text("Bobot", w.look.header)}
	if w.in.Groups[0].Kind != "combined_area" {
		head[1] = text("Kelompok", w.look.header)
	}
	for _, name := range names {
		head = append(head, text(name, w.look.header))
	}
	head = append(head, text("Jumlah", w.look.header), text("%", w.look.header))
	if err := put(sw, row, head); err != nil {
		return at, err
	}
	look := w.look.question
	sumCol := 4 + len(names)
	for i, g := range w.in.Groups {
		r := row + 1 + i
		l := cells{text(g.ID, look.text), text(g.Name, look.text), number(g.Weight, look.points)}
		for k := range names {
			c := excelize.Cell{StyleID: look.points}
			if k < len(g.Members) {
				m := g.Members[k]
				c = live(w.ref(colScore, w.rows[m]), w.result.Nodes[m].Score, look.points)
			}
			l = append(l, c)
		}
		sum := fmt.Sprintf("SUM(%s:%s)", cellName(4, r), cellName(sumCol-1, r))
		l = append(l, live(sum, w.result.Groups[i].Score, look.points))
		share := excelize.Cell{StyleID: look.percent}
		if g.Weight.Sign() > 0 {
			share = live(cellName(sumCol, r)+"/"+cellName(3, r), w.result.Groups[i].Fraction, look.percent)
		}
		if err := put(sw, r, append(l, share)); err != nil {
			return at, err
		}
		at.points = append(at.points, cellName(sumCol, r))
		at.share = append(at.share, cellName(sumCol+1, r))
	}
	at.next = row + 2 + len(w.in.Groups)
	return at, nil
}

// memberNames heads the columns of members: the branch that they come from where that is the same in every group.
func (w *writer) memberNames() []string {
	most := 0
	for _, g := range w.in.Groups {
		most = max(most, len(g.Members))
	}
	names := make([]string, most)
	for k := range names {
		for _, g := range w.in.Groups {
			if k >= len(g.Members) {
				continue
			}
			n := w.in.Nodes[g.Members[k]]
			if n.Parent >= 0 {
				n = w.in.Nodes[n.Parent]
			}
			if names[k] != "" && names[k] != n.Name {
				names[k] = fmt.Sprintf("Anggota %d", k+1)
				break
			}
			names[k] = n.Name
		}
	}
	return names
}

// ref is a cell of the sheet of answers, seen from the recap.
func (w *writer) ref(col, row int) string { return sheetName + "!" + cellName(col, row) }

// ruleRow is one rule as several predicates use it, each with a threshold of its own.
type ruleRow struct {
	rule *instrument.Rule
	of   map[int]scoring.RuleResult // by predicate
}

// ruleRows lists the rules of all predicates; the same measure under the same id is one row.
func (w *writer) ruleRows() []ruleRow {
	var rows []ruleRow
	for p, v := range w.result.Verdicts {
		for _, r := range v.Rules {
			i := slices.IndexFunc(rows, func(o ruleRow) bool {
				return o.rule.ID == r.Rule.ID && o.rule.Node == r.Rule.Node && o.rule.Group == r.Rule.Group && o.rule.Fraction == r.Rule.Fraction
			})
			if i < 0 {
				i = len(rows)
				rows = append(rows, ruleRow{rule: r.Rule, of: map[int]scoring.RuleResult{}})
			}
			rows[i].of[p] = r
		}
	}
	return rows
}

// rules prints one row for each rule: value, and for each predicate threshold and verdict. The comparison is rounded
// at nine decimals, since a spreadsheet calculates in binary; package scoring compares exactly.
func (w *writer) rules(sw *excelize.StreamWriter, groups groupCells) error {
	const (
		colValue = 3
		colFirst = 4 // threshold of the first predicate, its verdict in the next column
	)
	head := cells{text("Aturan", w.look.header), text("Uraian", w.look.header), text("Nilai", w.look.header)}
	for _, v := range w.result.Verdicts {
		head = append(head, text("Ambang "+v.Predicate.ID, w.look.header), text(v.Predicate.ID, w.look.header))
	}
	row := groups.next
	if err := put(sw, row, head); err != nil {
		return err
	}
	look, first := w.look.question, row+1
	for _, r := range w.ruleRows() {
		row++
		l := cells{text(r.rule.ID, look.text), text(r.rule.Label, look.text)}
		formula, value := w.measured(r.rule, groups), exact.Number{}
		for _, result := range r.of {
			value = result.Value
		}
		l = append(l, live(formula, value, w.look.exact))
		for p := range w.result.Verdicts {
			result, ok := r.of[p]
			if !ok {
				l = append(l, excelize.Cell{StyleID: look.points}, excelize.Cell{StyleID: look.center})
				continue
			}
			at, threshold := cellName(colValue, row), cellName(colFirst+2*p, row)
			formula := fmt.Sprintf(`IF(ROUND(%s-%s,9)>=0,"%s","%s")`, at, threshold, verdictPass, verdictFail)
			l = append(l, number(result.Threshold, w.look.exact), live(formula, verdictWord(result.Pass), look.center))
		}
		if err := put(sw, row, l); err != nil {
			return err
		}
	}
	last := cells{text("hasil", w.look.total.text), text("Memenuhi seluruh ambang nilai", w.look.total.text), excelize.Cell{StyleID: w.look.total.text}}
	for p, v := range w.result.Verdicts {
		col := colFirst + 2*p + 1
		formula := fmt.Sprintf(`IF(COUNTIF(%s:%s,"%s")=0,"%s","%s")`, cellName(col, first), cellName(col, row), verdictFail, verdictPass, verdictFail)
		last = append(last, excelize.Cell{StyleID: w.look.total.text}, live(formula, verdictWord(v.Pass), w.look.total.text))
	}
	return put(sw, row+1, last)
}

func verdictWord(pass bool) string {
	if pass {
		return verdictPass
	}
	return verdictFail
}

// measured is the cell that a rule looks at, in points or as a share.
func (w *writer) measured(rule *instrument.Rule, groups groupCells) string {
	row := w.total
	switch {
	case rule.Group >= 0 && rule.Fraction:
		return groups.share[rule.Group]
	case rule.Group >= 0:
		return groups.points[rule.Group]
	case rule.Node >= 0:
		row = w.rows[rule.Node]
		if n := w.in.Nodes[rule.Node]; w.sharesWeight(n) { // its score is printed as a fraction
			if rule.Fraction {
				return w.ref(colScore, row)
			}
			return w.ref(colScore, row) + "*" + n.Weight.String()
		}
	}
	if rule.Fraction {
		return w.ref(colShare, row)
	}
	return w.ref(colScore, row)
}
