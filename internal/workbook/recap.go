package workbook

import (
	"fmt"
	"strings"

	"zona/internal/instrument"
)

// recap writes the groups with their members and every rule of every predicate with a live verdict.
func (w *writer) recap() {
	_, err := w.f.NewSheet(recapName)
	w.do(err)
	w.do(w.f.SetColWidth(recapName, "A", "A", 20))
	w.do(w.f.SetColWidth(recapName, "B", "B", 60))
	w.do(w.f.SetColWidth(recapName, "C", "K", 16))
	w.text(recapName, "A1", "REKAPITULASI", w.bold)
	groups := w.groups(3)
	w.rules(groups, 3+len(w.in.Groups)+2)
}

// groups writes one row per group and returns the cell of each group's share.
func (w *writer) groups(row int) []string {
	if len(w.in.Groups) == 0 {
		return nil
	}
	for i, h := range []string{"No", "Area pengungkit", "Bobot", "Jumlah", "%"} {
		w.text(recapName, at(columnAt(i), row), h, w.bold)
	}
	var shares []string
	for i, g := range w.in.Groups {
		r := row + 1 + i
		var cells []string
		for _, m := range g.Members {
			cells = append(cells, sheetName+"!"+at("K", w.rows[m]))
		}
		w.text(recapName, at("A", r), g.ID, w.wrap)
		w.text(recapName, at("B", r), g.Name, w.wrap)
		w.number(recapName, at("C", r), g.Weight, w.points)
		w.formula(recapName, at("D", r), strings.Join(cells, "+"), w.result.Groups[i].Score, w.points)
		w.formula(recapName, at("E", r), fmt.Sprintf("D%d/C%d", r, r), w.result.Groups[i].Fraction, w.percent)
		shares = append(shares, at("E", r))
	}
	return shares
}

// rules writes a block per predicate: rule, meaning, value, threshold, verdict. The comparison is rounded at nine
// decimals, since a spreadsheet calculates in binary; package scoring compares exactly.
func (w *writer) rules(groups []string, row int) {
	for _, v := range w.result.Verdicts {
		for i, h := range []string{"Aturan", "Uraian", "Nilai", "Ambang", v.Predicate.ID} {
			w.text(recapName, at(columnAt(i), row), h, w.bold)
		}
		first := row + 1
		for _, rule := range v.Rules {
			row++
			w.text(recapName, at("A", row), rule.Rule.ID, w.wrap)
			w.text(recapName, at("B", row), rule.Rule.Label, w.wrap)
			w.formula(recapName, at("C", row), w.measured(rule.Rule, groups), rule.Value, w.points)
			w.number(recapName, at("D", row), rule.Threshold, w.points)
			w.said(at("E", row), fmt.Sprintf(`IF(ROUND(C%d-D%d,9)>=0,"Memenuhi","Tidak")`, row, row), rule.Pass)
		}
		last := row
		row++
		w.text(recapName, at("A", row), "hasil", w.bold)
		w.text(recapName, at("B", row), "Memenuhi seluruh ambang nilai", w.bold)
		w.said(at("E", row), fmt.Sprintf(`IF(COUNTIF(E%d:E%d,"Tidak")=0,"Memenuhi","Tidak")`, first, last), v.Pass)
		row += 2
	}
}

func (w *writer) said(cell, formula string, pass bool) {
	value := "Tidak"
	if pass {
		value = "Memenuhi"
	}
	w.text(recapName, cell, value, w.bold)
	w.do(w.f.SetCellFormula(recapName, cell, formula))
}

// measured is the cell that a rule looks at, as points or as a share.
func (w *writer) measured(rule *instrument.Rule, groups []string) string {
	points := sheetName + "!" + at("K", w.last+1)
	share := sheetName + "!" + at("L", w.last+1)
	switch {
	case rule.Group >= 0:
		share = groups[rule.Group]
		points = strings.Replace(share, "E", "D", 1)
	case rule.Node >= 0:
		points = sheetName + "!" + at("K", w.rows[rule.Node])
		share = sheetName + "!" + at("L", w.rows[rule.Node])
	}
	if rule.Fraction {
		return share
	}
	return points
}
