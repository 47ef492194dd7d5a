package workspace

import (
	"net/http"
	"strings"
	"testing"

	"zona/internal/instrument"
	"zona/internal/scoring"
)

func TestATrialShowsTheOutcomeAndStoresNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.addSheet("s1", o.units[0], map[string]instrument.Answer{
		"A.I.1.i.a": {Choice: "Tidak"}, "A.II.1.i.a": {Inputs: map[string]int64{"agen": 4, "perubahan": 1}},
	})
	doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1/whatif?a.A.I.1.i.a=Ya&a.A.II.1.i.a.perubahan=4&a.B.I.a=3%2C6&a.A.I.1.i.b=", http.StatusOK)
	after := scoring.Score(lke(t), map[string]instrument.Answer{
		"A.I.1.i.a": {Choice: "Ya"}, "A.II.1.i.a": {Inputs: map[string]int64{"agen": 4, "perubahan": 4}}, "B.I.a": {Number: number("3.6")},
	}).Total().Decimal(2)
	if got := words(t, doc, ".outcome"); got != "Nilai total 0,25 → "+strings.Replace(after, ".", ",", 1)+" (+16,75)" {
		t.Errorf("the outcome is %q, after should be %s", got, after)
	}
	rows := doc.Find("table.stack tbody tr")
	if rows.Length() != 3 || !strings.Contains(rows.Eq(0).Text(), "+0,25") || !strings.Contains(rows.Eq(1).Text(), "+0,75") || !strings.Contains(rows.Eq(2).Text(), "+15,75") {
		t.Errorf("the changes are %q", rows.Text())
	}
	if got, _ := doc.Find(`input[name="a.A.II.1.i.a.agen"]`).Attr("value"); got != "4" {
		t.Errorf("an input that is not tried holds %q", got)
	}
	if len(o.events) > 0 || len(o.entries["s1"]) != 2 {
		t.Error("a trial was stored")
	}
}

func TestATrialSaysWhatItCouldNotRead(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1/whatif?a.A.I.1.i.a=Bisa&a.A.II.1.i.a.agen=x&a.nothing=1&score=100", http.StatusOK)
	if n := doc.Find(".z-bad li").Length(); n != 2 {
		t.Errorf("%d entries are named", n)
	}
	if got := words(t, doc, ".outcome"); !strings.Contains(got, "→ 0,00 (0,00)") {
		t.Errorf("the outcome is %q", got)
	}
	if got, _ := doc.Find(`input[name="a.A.II.1.i.a.agen"]`).Attr("value"); got != "x" {
		t.Errorf("what was typed became %q", got)
	}
}
