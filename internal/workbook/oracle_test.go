package workbook

import (
	"bytes"
	"context"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zona/internal/instrument"
	"zona/internal/scoring"
)

// compareWithScoring compares every number and verdict in a workbook of our layout, as it is stored there, with
// package scoring.
func compareWithScoring(t testing.TB, in *instrument.Instrument, b *book, answers map[string]instrument.Answer) {
	t.Helper()
	for _, difference := range differences(in, b, answers) {
		t.Error(difference)
	}
}

// differences lists where the numbers of a workbook are not those of scoring.
func differences(in *instrument.Instrument, b *book, answers map[string]instrument.Answer) []string {
	var out []string
	result := scoring.Score(in, answers)
	if len(b.sheets) != 2 {
		return []string{"the workbook does not have two sheets"}
	}
	ids := rowsByID(b.sheets[0])
	same := func(what string, c *cell, want float64) {
		got, ok := storedNumber(c)
		if !ok || math.Abs(got-want) > 1e-9 || math.Abs(math.Round(got*100)-math.Round(want*100)) > 0 && math.Abs(got-want) > 1e-12 {
			out = append(out, what+": stored "+textOf(c)+", scoring has "+strconv.FormatFloat(want, 'g', 17, 64))
		}
	}
	for i, n := range in.Nodes {
		row, ok := ids[n.ID]
		if !ok {
			out = append(out, n.ID+" has no row")
			continue
		}
		want := result.Nodes[i].Score
		if (&writer{in: in}).sharesWeight(n) {
			want = result.Nodes[i].Fraction
		}
		same(n.ID, b.sheets[0].at(row, colScore), want.Float64())
	}
	same("total", b.sheets[0].at(ids["TOTAL"], colScore), result.Total().Float64())
	recap := b.sheets[1]
	for i, g := range in.Groups {
		for _, r := range recap.rows {
			if c := r.at(1); c != nil && c.text == g.ID && r.at(2) != nil && r.at(2).text == g.Name {
				same("group "+g.ID, &r.cells[len(r.cells)-2], result.Groups[i].Score.Float64())
			}
		}
	}
	return append(out, verdictDifferences(recap, result)...)
}

// verdictDifferences compares the words of the recap with the verdicts.
func verdictDifferences(recap *sheet, result *scoring.Result) []string {
	var out []string
	for _, r := range recap.rows {
		id := r.at(1)
		if id == nil {
			continue
		}
		for p, v := range result.Verdicts {
			word := r.at(4 + 2*p + 1)
			for _, rule := range v.Rules {
				if rule.Rule.ID == id.text && (word == nil || word.text != verdictWord(rule.Pass)) {
					out = append(out, v.Predicate.ID+" "+id.text+": stored "+textOf(word)+", scoring has "+verdictWord(rule.Pass))
				}
			}
			if id.text == "hasil" && (word == nil || word.text != verdictWord(v.Pass)) {
				out = append(out, v.Predicate.ID+": stored "+textOf(word)+", scoring has "+verdictWord(v.Pass))
			}
		}
	}
	return out
}

func rowsByID(s *sheet) map[string]int {
	ids := map[string]int{}
	for i := range s.rows {
		if c := s.rows[i].at(colID); c != nil {
			ids[c.text] = s.rows[i].n
		}
	}
	return ids
}

func storedNumber(c *cell) (float64, bool) {
	if c == nil || c.kind != cellNumber {
		return 0, false
	}
	n, err := strconv.ParseFloat(c.text, 64)
	return n, err == nil
}

// atOnce is how many workbooks one LibreOffice is given: of several hundred in one call it leaves some out.
const atOnce = 100

// recalculate opens workbooks in LibreOffice, which calculates every formula anew whatever is stored, and returns what
// it saves.
func recalculate(t testing.TB, files map[string][]byte) map[string]*book {
	t.Helper()
	office := findOffice(t)
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	must(t, os.MkdirAll(in, 0o700))
	must(t, os.MkdirAll(filepath.Join(dir, "profile", "user"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "profile", "user", "registrymodifications.xcu"), []byte(alwaysRecalculate), 0o600))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	for names := range slices.Chunk(slices.Sorted(maps.Keys(files)), atOnce) {
		args := []string{"-env:UserInstallation=file://" + filepath.Join(dir, "profile"), "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", out}
		for _, name := range names {
			path := filepath.Join(in, name+".xlsx")
			must(t, os.WriteFile(path, files[name], 0o600))
			args = append(args, path)
		}
		if log, err := exec.CommandContext(ctx, office, args...).CombinedOutput(); err != nil {
			t.Fatalf("LibreOffice: %v\n%s", err, log)
		}
	}
	books := map[string]*book{}
	for name := range files {
		data, err := os.ReadFile(filepath.Join(out, name+".xlsx"))
		must(t, err)
		books[name], err = openBook(context.Background(), bytes.NewReader(data), int64(len(data)))
		must(t, err)
	}
	return books
}

// findOffice skips a test where LibreOffice is missing, and fails it where everything is required.
func findOffice(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"soffice", "libreoffice"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const reason = "LibreOffice Calc (soffice) is not installed, so no independent program recalculates our workbooks"
	if os.Getenv("ZONA_TEST_REQUIRE") == "all" {
		t.Fatal(reason)
	}
	t.Skip(reason)
	return ""
}

// alwaysRecalculate is the setting of LibreOffice that distrusts stored values.
const alwaysRecalculate = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
`

func TestSC07LibreOfficeRecalculatesWrittenSheetsToTheScore(t *testing.T) {
	t.Parallel()
	sheets := 12
	if os.Getenv("ZONA_NIGHTLY") != "" {
		sheets = 500
	}
	files, answers, of := map[string][]byte{}, map[string]map[string]instrument.Answer{}, map[string]*instrument.Instrument{}
	all := instrument.All()
	for i := range sheets {
		name, in := "lembar-"+strconv.Itoa(i), all[0]
		if i%6 == 5 {
			in = all[len(all)-1]
		}
		switch i {
		case 0:
			answers[name] = nil
		case 1:
			answers[name] = extremeAnswers(in, false)
		case 2:
			answers[name] = extremeAnswers(in, true)
		default:
			answers[name] = oddAnswers(in, uint64(i))
		}
		of[name] = in
		files[name] = written(t, in, Sheet{Answers: answers[name]})
	}
	// The negative control: an answer changed behind the score's back must be seen, or nothing is compared. The stored
	// values are those of the changed sheet and the answer cell is put back, so that only calculating shows it.
	const control = "kontrol"
	best := extremeAnswers(all[0], false)
	changed := maps.Clone(best)
	changed["A.I.1.i.a"] = instrument.Answer{Choice: "Tidak"}
	files[control] = replaceInSheet(t, written(t, all[0], Sheet{Answers: changed}), ">Tidak<", ">Ya<")

	books := recalculate(t, files)
	for name := range answers {
		for _, d := range differences(of[name], books[name], answers[name]) {
			t.Errorf("%s: %s", name, d)
		}
	}
	if d := differences(all[0], books[control], best); len(d) > 0 {
		t.Errorf("LibreOffice did not recalculate: %s", strings.Join(d, "; "))
	}
	if len(differences(all[0], books[control], changed)) == 0 {
		t.Error("the comparison does not see a changed answer")
	}
}

// extremeAnswers is the best sheet, with empty denominators where they can be, or one of ratios above one.
func extremeAnswers(in *instrument.Instrument, above bool) map[string]instrument.Answer {
	out := map[string]instrument.Answer{}
	for _, n := range in.Questions {
		switch n.Question.Kind {
		case instrument.Choice:
			out[n.ID] = instrument.Answer{Choice: n.Question.Options[0].Key}
		case instrument.Index:
			out[n.ID] = instrument.Answer{Number: &n.Question.Max}
		case instrument.Ratio:
			inputs := map[string]int64{}
			for k, i := range n.Question.Inputs {
				if above {
					inputs[i.Key] = int64(3 * k)
				} else {
					inputs[i.Key] = 0
				}
			}
			out[n.ID] = instrument.Answer{Inputs: inputs}
		}
	}
	return out
}
