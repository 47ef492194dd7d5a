package workspace

import (
	"net/http"
	"strings"
	"testing"

	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/scoring"
)

// nearly is a sheet that misses WBK by one answer: everything at its best but the performance item.
func nearly(t *testing.T) (*office, map[string]instrument.Answer) {
	t.Helper()
	o := newOffice(t)
	answers := best(lke(t))
	answers["B.I.b"] = instrument.Answer{Choice: "E"}
	o.addSheet("s1", o.units[0], answers)
	return o, answers
}

func TestThePlanIsTheOneOfScoring(t *testing.T) {
	t.Parallel()
	o, answers := nearly(t)
	plan, err := scoring.PlanFor(lke(t), answers, "WBK", scoring.PlanOptions{})
	if err != nil || len(plan.Moves) != 1 {
		t.Fatalf("%d moves, error %v", len(plan.Moves), err)
	}
	doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1/plan?predicate=WBK", http.StatusOK)
	rows := doc.Find("table.stack tbody tr")
	if rows.Length() != 1 {
		t.Fatalf("%d moves are shown", rows.Length())
	}
	row := strings.Join(strings.Fields(rows.Text()), " ")
	for _, want := range []string{"B.I.b", "E – ", plan.Moves[0].To.Choice + " – ", "+2,50"} {
		if !strings.Contains(row, want) {
			t.Errorf("the move %q lacks %q", row, want)
		}
	}
	if got := words(t, doc, ".outcome"); got != "Nilai total 95,00 → 97,50 (+2,50)" {
		t.Errorf("the outcome is %q", got)
	}
	if doc.Find("#verdicts .verdict").First().Find(".z-badge.z-good").Length() != 1 {
		t.Error("the verdict after the plan is missing")
	}
	// The plan can be tried further: its address gives the same outcome.
	trial, ok := doc.Find(`a[href*="/whatif?"]`).Attr("href")
	if !ok {
		t.Fatal("the plan cannot be tried")
	}
	if got := words(t, o.page(t, visit{actor: coordinator()}, trial, http.StatusOK), ".outcome"); got != "Nilai total 95,00 → 97,50 (+2,50)" {
		t.Errorf("tried, the plan gives %q", got)
	}
}

func TestLocksAndPricesShapeThePlanAndStandInTheForm(t *testing.T) {
	t.Parallel()
	o, _ := nearly(t)
	doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1/plan?predicate=WBK&lock=B.I.b", http.StatusOK)
	if got := words(t, doc, ".z-alert.z-bad"); !strings.Contains(got, "tidak dapat dicapai") || !strings.Contains(got, "2,50") {
		t.Errorf("an impossible plan says %q", got)
	}
	if _, ok := doc.Find(`input[name=lock][value="B.I.b"]`).Attr("checked"); !ok {
		t.Error("the lock is lost")
	}
	doc = o.page(t, visit{actor: coordinator()}, "/sheets/s1/plan?predicate=WBK&price.B.I.b=7", http.StatusOK)
	if got, _ := doc.Find(`input[name="price.B.I.b"]`).Attr("value"); got != "7" {
		t.Errorf("the price became %q", got)
	}
	if got := doc.Find("table.stack tbody td[data-label=Biaya]").Text(); got != "14" {
		t.Errorf("two steps at 7 cost %q", got)
	}
}

func TestAPlanThatCannotBeAskedForSaysWhy(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"price.B.I.b=x": "B.I.b", "price.B.I.b=0": "B.I.b", "price.B.I.b=1001": "1000", "lock=Z": "Z",
	} {
		o, _ := nearly(t)
		doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1/plan?predicate=WBK&"+query, http.StatusUnprocessableEntity)
		if got := words(t, doc, ".z-alert.z-bad li"); !strings.Contains(got, want) {
			t.Errorf("%s: the page says %q", query, got)
		}
	}
	o, _ := nearly(t)
	_, err := o.do(t, visit{actor: coordinator()}, http.MethodGet, "/sheets/s1/plan?predicate=X", nil)
	refused(t, err, fault.NotFound)
}

func TestAPlanForWhatIsMetSaysSo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.addSheet("s1", o.units[0], best(lke(t)))
	doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1/plan", http.StatusOK)
	if got := words(t, doc, ".z-alert.z-good"); !strings.Contains(got, "sudah terpenuhi") {
		t.Errorf("the page says %q", got)
	}
}
