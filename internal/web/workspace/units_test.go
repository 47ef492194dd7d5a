package workspace

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/org"
)

// head sees all units of the institution, and opens no sheets.
func head() org.Actor {
	a := actorWith(org.InstitutionHead, "")
	a.Assignments[0].Scope = org.Scope{Kind: org.WholeInstitution, Institution: "i1"}
	return a
}

func TestTheListShowsOnlyUnitsWithinReach(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.do(t, visit{actor: actorWith("", "")}, http.MethodGet, "/units", nil)
	refused(t, err, fault.Forbidden)
	doc := o.page(t, visit{actor: coordinator()}, "/units", http.StatusOK)
	if got := names(doc); fmt.Sprint(got) != "[Pengadilan A]" {
		t.Errorf("the coordinator of one unit sees %v", got)
	}
	doc = o.page(t, visit{actor: head()}, "/units", http.StatusOK)
	if got := names(doc); fmt.Sprint(got) != "[Pengadilan A Pengadilan B]" {
		t.Errorf("the head of the institution sees %v", got)
	}
}

func names(doc *goquery.Document) []string {
	return doc.Find("table.units tbody th").Map(func(_ int, s *goquery.Selection) string { return strings.TrimSpace(s.Text()) })
}

// best answers every question at its best.
func best(in *instrument.Instrument) map[string]instrument.Answer {
	answers := map[string]instrument.Answer{}
	for _, n := range in.Questions {
		switch n.Question.Kind {
		case instrument.Choice:
			answers[n.ID] = instrument.Answer{Choice: n.Question.Options[0].Key}
		case instrument.Index:
			most := n.Question.Max
			answers[n.ID] = instrument.Answer{Number: &most}
		case instrument.Ratio:
			a := instrument.Answer{Inputs: map[string]int64{}}
			for _, in := range n.Question.Inputs {
				a.Inputs[in.Key] = 5
			}
			if n.ID == "A.II.3.iii.a" {
				a.Inputs["tahun_ini"] = 0
			}
			if _, ok := a.Inputs["sudah"]; ok {
				a.Inputs["sudah"] = 15
			}
			answers[n.ID] = a
		}
	}
	return answers
}

func TestTheListSaysWhereEachSheetStands(t *testing.T) {
	t.Parallel()
	in := lke(t)
	missesTwo := best(in)
	missesTwo["B.I.b"] = instrument.Answer{Choice: "E"}
	for name, c := range map[string]struct {
		answers map[string]instrument.Answer
		want    string
	}{
		"empty":                           {nil, "belum diisi"},
		"short of points":                 {map[string]instrument.Answer{"A.I.1.i.a": {Choice: "Ya"}}, "total kurang 74,75"},
		"enough points, two rules missed": {missesTwo, "kurang 2 syarat"},
		"all rules met":                   {best(in), "nilai memenuhi"},
	} {
		o := newOffice(t)
		o.addSheet("s1", o.units[0], c.answers)
		doc := o.page(t, visit{actor: coordinator()}, "/units", http.StatusOK)
		if got := words(t, doc, "table.units tbody .z-badge"); got != c.want {
			t.Errorf("%s: the list says %q, not %q", name, got, c.want)
		}
		if doc.Find("table.units tbody .z-badge svg").Length() != 1 {
			t.Errorf("%s: the state has no shape", name)
		}
		if o.calls > 5 {
			t.Errorf("%s: the list took %d reads", name, o.calls)
		}
	}
}

func TestAnAdministratorSeesUnitsButIsNotLedIntoSheets(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin := actorWith(org.Administrator, "")
	admin.Assignments[0].Scope = org.Scope{Kind: org.WholeInstitution, Institution: "i1"}
	doc := o.page(t, visit{actor: admin}, "/units", http.StatusOK)
	if len(names(doc)) != 2 || doc.Find(`table.units a[href^="/sheets/"]`).Length() > 0 {
		t.Error("units are missing, or a sheet is linked")
	}
}

func TestALongListComesInPagesOfFifty(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.units = nil
	for i := range 120 {
		id := fmt.Sprintf("n%03d", i)
		o.units = append(o.units, org.Unit{ID: id, Institution: "i1", Path: "/" + id + "/", Name: "Unit " + id})
	}
	seen, next := map[string]bool{}, "/units"
	for page := 0; next != ""; page++ {
		doc := o.page(t, visit{actor: head()}, next, http.StatusOK)
		for _, name := range names(doc) {
			if seen[name] {
				t.Fatalf("%s comes twice", name)
			}
			seen[name] = true
		}
		if first := doc.Find(".z-pages a:not([rel])").Length(); (first == 1) != (page > 0) {
			t.Errorf("page %d has %d ways back to the first", page, first)
		}
		next, _ = doc.Find(`.z-pages a[rel=next]`).Attr("href")
	}
	if len(seen) != 120 {
		t.Errorf("%d of 120 units were shown", len(seen))
	}
}

func TestASearchWithoutResultSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	doc := o.page(t, visit{actor: head()}, "/units?q=Z%26%22", http.StatusOK)
	if got := words(t, doc, ".z-empty p"); !strings.Contains(got, `“Z&"”`) {
		t.Errorf("the page says %q", got)
	}
	if got, _ := doc.Find("input[name=q]").Attr("value"); got != `Z&"` {
		t.Errorf("the search field holds %q", got)
	}
	if doc.Find(`.z-empty a[href^="/units"]`).Length() != 1 {
		t.Error("no way back to all units")
	}
}

func TestWithoutAPeriodTheListNamesTheFirstStep(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.period = noPeriod
	doc := o.page(t, visit{actor: head()}, "/units", http.StatusOK)
	if got := words(t, doc, ".z-empty h2"); got != "Belum ada periode" {
		t.Errorf("the page says %q", got)
	}
}

func TestASheetIsOpenedByThoseWhoMay(t *testing.T) {
	t.Parallel()
	form := url.Values{"_key": {"k"}, "period": {"p1"}, "target": {"WBK"}}
	for name, actor := range map[string]org.Actor{"a member": actorWith(org.Member, "uB"), "the head": head(), "nobody": actorWith("", "")} {
		o := newOffice(t)
		_, err := o.do(t, visit{actor: actor}, http.MethodPost, "/units/uB/sheet", form)
		if refused(t, err, fault.Forbidden); len(o.sheets) != 1 {
			t.Errorf("%s opened a sheet", name)
		}
	}
	o := newOffice(t)
	_, err := o.do(t, visit{actor: coordinator()}, http.MethodPost, "/units/uB/sheet", form)
	refused(t, err, fault.NotFound)

	leader := visit{actor: actorWith(org.Coordinator, "uB")}
	doc := o.page(t, leader, "/units", http.StatusOK)
	if doc.Find(`form[action="/units/uB/sheet"] select[name=target] option`).Length() != 2 {
		t.Error("no form with the two predicates is offered")
	}
	w, err := o.do(t, leader, http.MethodPost, "/units/uB/sheet", form)
	if err != nil || w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sheets/id1" {
		t.Fatalf("status %d, location %q, error %v", w.Code, w.Header().Get("Location"), err)
	}
	o.page(t, leader, "/sheets/id1", http.StatusOK)
	_, err = o.do(t, leader, http.MethodPost, "/units/uB/sheet", with(form, "_key", "k2"))
	refused(t, err, fault.Conflict)
	_, err = o.do(t, leader, http.MethodPost, "/units/uB/sheet", with(form, "total", "100"))
	refused(t, err, fault.Malformed)
}
