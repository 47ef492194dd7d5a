package workbook

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
)

func TestFP09NoCellOfAnExportedTableBeginsAFormulaAndEachComesBack(t *testing.T) {
	t.Parallel()
	payloads := []string{
		"=1+1", "+1", "-1", "@SUM(1)", "|cmd", "%0A", " =1+1", "\u00A0=1", "\u200B=1", "＝1+1", "＋1", "－1", "＠1", "'=1", "''=1",
		`=HYPERLINK("http://contoh.example";"x")`, `=cmd|' /C calc'!A0`, "=WEBSERVICE(1)", "\"=1\"", "a,=1", "a;=1", "-2+3", "+A1", "@A1", "=A1&B1",
		"=IMPORTXML(1)", "=DDE(1)", "-1\"", "= 1", "biasa", "'biasa", "O'Brien",
	}
	var out bytes.Buffer
	w, err := NewCSVWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	rows := [][]string{{"Nama", "Isi"}}
	for _, p := range payloads {
		rows = append(rows, []string{"x", p})
	}
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	raw, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !beginsFormula("=1+1") || beginsFormula("biasa") {
		t.Fatal("the check itself tells nothing")
	}
	for _, r := range raw {
		if beginsFormula(r[1]) {
			t.Errorf("%q stands bare in the file", r[1])
		}
	}
	table, err := readPlain(t, out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range payloads {
		if got := table.Rows[i].Cells[1]; got != p {
			t.Errorf("%q comes back as %q", p, got)
		}
	}
}
