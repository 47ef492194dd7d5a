package workspace

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/scoring"
)

func TestEveryRowOfTheDeskSaysWhoMayEnter(t *testing.T) {
	t.Parallel()
	for _, row := range Routes(newOffice(t).deps()) {
		if err := row.Check(); err != nil {
			t.Error(err)
		}
		if row.Need == "" {
			t.Errorf("%s is open to people without any capability", row.Pattern)
		}
	}
}

// pagesOfASheet are all addresses that show something of the sheet s1.
var pagesOfASheet = []string{
	"/sheets/s1", "/sheets/s1?area=A.II.5", "/sheets/s1/print", "/sheets/s1/version", "/sheets/s1/history/A.I.1.i.a",
	"/sheets/s1/explain/A.I.1", "/sheets/s1/whatif", "/sheets/s1/plan", "/sheets/s1/workbook.xlsx", "/sheets/s1/answers.json",
}

func TestWhoHoldsNothingMayNotReadASheet(t *testing.T) {
	t.Parallel()
	for _, target := range pagesOfASheet {
		o := newOffice(t)
		w, err := o.do(t, visit{actor: actorWith("", "")}, http.MethodGet, target, nil)
		refused(t, err, fault.Forbidden)
		if w.Body.Len() > 0 {
			t.Errorf("%s was shown", target)
		}
	}
}

func TestASheetOfAnotherUnitDoesNotExist(t *testing.T) {
	t.Parallel()
	for _, target := range append([]string{"/sheets/s1/import", "/sheets/none"}, pagesOfASheet...) {
		o := newOffice(t)
		_, err := o.do(t, visit{actor: actorWith(org.Coordinator, "uB")}, http.MethodGet, target, nil)
		refused(t, err, fault.NotFound)
	}
}

func TestAnObserverReadsAndIsOfferedNoForm(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	doc := o.page(t, visit{actor: actorWith(org.Observer, "uA")}, "/sheets/s1", http.StatusOK)
	if n := doc.Find("main form[method=post]").Length(); n > 0 {
		t.Errorf("%d forms are offered", n)
	}
	if n := doc.Find(`main a[href$="/import"]`).Length(); n > 0 {
		t.Error("an import is offered")
	}
	if n := doc.Find("article.q").Length(); n != 12 {
		t.Errorf("%d questions of the open section are shown, not 12", n)
	}
}

func TestASheetShowsEveryQuestionOnceWithOneSectionOpen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.addSheet("s1", o.units[0], randomAnswers(lke(t), 3))
	for _, section := range outlineOf(lke(t)).sections {
		doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1?area="+section.node.ID, http.StatusOK)
		forms, rows := doc.Find("article.q form").Length(), doc.Find("table.overview tbody th[scope=row]").Length()
		if forms != section.questions || forms+rows != 113 {
			t.Errorf("%s open: %d forms and %d rows", section.node.ID, forms, rows)
		}
		if got := doc.Find("nav.areas a[aria-current]"); got.Length() != 1 || !strings.Contains(got.Text(), section.node.ID) {
			t.Errorf("%s open: %q is marked as open", section.node.ID, got.Text())
		}
	}
}

func TestASheetOpensAtTheFirstUnfinishedSection(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	answers := randomAnswers(lke(t), 4)
	for _, n := range lke(t).Questions {
		if strings.HasPrefix(n.ID, "A.I.1.") && n.Question.Kind == instrument.Choice {
			answers[n.ID] = instrument.Answer{Choice: n.Question.Options[0].Key}
		}
	}
	delete(answers, "A.I.2.i.a")
	o.addSheet("s1", o.units[0], answers)
	doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1", http.StatusOK)
	if doc.Find("#q-A-I-2-i-a form").Length() != 1 {
		t.Error("A.I.2, which has the first open question, is not open")
	}
}

// The widest section, with an id, a token and notes as long as real ones.
func TestASheetStaysWithinItsWeight(t *testing.T) {
	t.Parallel()
	const id = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, lang := range locale.Languages() {
		o := newOffice(t)
		o.addSheet(id, o.units[0], randomAnswers(lke(t), 5))
		delete(o.sheets, "s1")
		w, err := o.do(t, visit{actor: coordinator(), lang: lang, token: strings.Repeat("t", 43)}, http.MethodGet, "/sheets/"+id+"?area=A.I.6", nil)
		if err != nil {
			t.Fatal(err)
		}
		if w.Body.Len() > 120_000 {
			t.Errorf("in %q the page is %d bytes long", lang, w.Body.Len())
		}
		// Two reads of the desk beside the three of the chain.
		if o.calls > 5 {
			t.Errorf("the page took %d reads", o.calls)
		}
	}
}

// Screen and scoring agree at two decimals on every number of random sheets: in the overview, in open sections, in
// print, in the bar and in the verdicts.
func TestSC07TheNumbersOnThePageAreThoseOfScoring(t *testing.T) {
	t.Parallel()
	in := lke(t)
	for seed := range uint64(25) {
		o := newOffice(t)
		answers := randomAnswers(in, seed)
		o.addSheet("s1", o.units[0], answers)
		result := scoring.Score(in, answers)
		lang := locale.Languages()[seed%2]
		section := outlineOf(in).sections[seed%14]
		doc := o.page(t, visit{actor: coordinator(), lang: lang}, "/sheets/s1?area="+section.node.ID, http.StatusOK)
		for _, fault := range differences(doc, in, result, locale.For(lang)) {
			t.Errorf("seed %d: %s", seed, fault)
		}
	}
}

// The comparison above must notice a number that is off by a hundredth, and a wrong verdict.
func TestSC07TheComparisonNoticesAWrongNumber(t *testing.T) {
	t.Parallel()
	in := lke(t)
	o := newOffice(t)
	answers := randomAnswers(in, 1)
	o.addSheet("s1", o.units[0], answers)
	doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1", http.StatusOK)
	answers["A.II.5.iii.a"] = instrument.Answer{Inputs: map[string]int64{"kepala": 1, "pejabat": 50, "lainnya": 50, "sudah": 100}}
	if len(differences(doc, in, scoring.Score(in, answers), locale.For("id"))) == 0 {
		t.Error("a sheet with another answer was taken for this one")
	}
}

// differences lists where a page says another number than the result.
func differences(doc *goquery.Document, in *instrument.Instrument, result *scoring.Result, p *locale.Printer) []string {
	var wrong []string
	expect := func(what, got, want string) {
		if got != want {
			wrong = append(wrong, fmt.Sprintf("%s is shown as %q, not %q", what, got, want))
		}
	}
	text := func(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }
	for _, n := range in.Nodes {
		score := result.Nodes[n.Index]
		links := doc.Find(`.sheet > section.area a[href$="/explain/` + n.ID + `"], .sheet > .above a[href$="/explain/` + n.ID + `"]`)
		if links.Length() != 1 {
			wrong = append(wrong, fmt.Sprintf("%s has %d scores on the page", n.ID, links.Length()))
			continue
		}
		expect("score of "+n.ID, text(links), p.Score(score.Score))
		around := text(links.Closest("tr, .numbers, .q-worth"))
		if want := p.Percent(score.Fraction, 2); !strings.Contains(around, want) {
			wrong = append(wrong, fmt.Sprintf("%s lacks %s in %q", n.ID, want, around))
		}
	}
	expect("total", text(doc.Find("#bar .score-total a")), p.Score(result.Total()))
	for i := range result.Verdicts {
		v := &result.Verdicts[i]
		rows := doc.Find("#verdicts .verdict").Eq(i).Find("tbody tr")
		for j := range v.Rules {
			rule := &v.Rules[j]
			value := p.Against(rule.Value, rule.Threshold)
			if rule.Rule.Fraction {
				value = p.PercentAgainst(rule.Value, rule.Threshold)
			}
			expect(v.Predicate.ID+" "+rule.Rule.ID, text(rows.Eq(j).Find("td").Eq(0)), value)
			met := rows.Eq(j).Find(".st-good").Length() == 1
			expect(v.Predicate.ID+" "+rule.Rule.ID+" met", strconv.FormatBool(met), strconv.FormatBool(rule.Pass))
		}
	}
	for i, g := range in.Groups {
		expect("group "+g.ID, text(doc.Find("table.groups tbody tr").Eq(i).Find("td").Eq(0)), p.Score(result.Groups[i].Score))
	}
	return wrong
}

func TestATotalJustBelowAThresholdIsNotShownAsIt(t *testing.T) {
	t.Parallel()
	in := lke(t)
	answers := map[string]instrument.Answer{}
	for _, n := range in.Questions {
		if n.Question.Kind == instrument.Choice {
			answers[n.ID] = instrument.Answer{Choice: n.Question.Options[0].Key}
		}
	}
	// 40 of 60 points of an area in sevenths: 1/7 is a fraction that no number of decimals shows exactly.
	answers["A.II.1.i.a"] = instrument.Answer{Inputs: map[string]int64{"agen": 7, "perubahan": 1}}
	o := newOffice(t)
	o.addSheet("s1", o.units[0], answers)
	doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1", http.StatusOK)
	doc.Find("#verdicts .st-bad").Each(func(_ int, s *goquery.Selection) {
		cells := s.Closest("tr").Find("td")
		if value, threshold := cells.Eq(0).Text(), cells.Eq(1).Text(); value == threshold {
			t.Errorf("a missed threshold is shown as reached: %s", value)
		}
		if strings.Trim(strings.TrimSpace(s.Text()), "0,") == "" {
			t.Errorf("a missed threshold is shown as short by nothing: %s", s.Text())
		}
	})
}

func TestASheetSaysWhyItTakesNoAnswers(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]struct {
		change func(o *office)
		want   string
	}{
		"closed by hand": {func(o *office) { a := o.sheets["s1"]; a.Closed = true; o.sheets["s1"] = a }, "Ditutup"},
		"past deadline":  {func(o *office) { o.period.Deadline = now }, "Lewat batas waktu"},
		"not yet open":   {func(o *office) { o.period.Opens = now.AddDate(0, 0, 1) }, "Dibuka 3 Maret 2026 pukul 10.00 WIB"},
	} {
		o := newOffice(t)
		tell.change(o)
		doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1", http.StatusOK)
		if got := words(t, doc, "dl.facts"); !strings.Contains(got, tell.want) {
			t.Errorf("%s: facts are %q", name, got)
		}
		if doc.Find("article form").Length() > 0 {
			t.Errorf("%s: forms are offered", name)
		}
	}
}

func TestOpenPagesHearOfChangesByTheVersion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w, err := o.do(t, visit{actor: coordinator()}, http.MethodGet, "/sheets/s1/version", nil)
	if err != nil || w.Body.String() != "7" || w.Header().Get("ETag") != `"7"` {
		t.Fatalf("version is %q with ETag %q, error %v", w.Body, w.Header().Get("ETag"), err)
	}
	known := visit{actor: coordinator(), header: map[string]string{"If-None-Match": `"7"`}}
	if w, err = o.do(t, known, http.MethodGet, "/sheets/s1/version", nil); err != nil || w.Code != http.StatusNotModified {
		t.Fatalf("an unchanged sheet answers %d, error %v", w.Code, err)
	}
	o.addSheet("s1", o.units[0], nil)
	a := o.sheets["s1"]
	a.Version = 8
	o.sheets["s1"] = a
	if w, err = o.do(t, known, http.MethodGet, "/sheets/s1/version", nil); err != nil || w.Body.String() != "8" {
		t.Fatalf("a changed sheet answers %d %q, error %v", w.Code, w.Body, err)
	}
}

func TestThePrintedSheetHoldsEveryAnswerAndNote(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	answers := randomAnswers(lke(t), 6)
	o.addSheet("s1", o.units[0], answers)
	doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1/print", http.StatusOK)
	if n := doc.Find(".q-print").Length(); n != 113 {
		t.Errorf("%d questions are printed", n)
	}
	if given, notes := doc.Find(".q-given").Length(), doc.Find(".q-given-note").Length(); given != len(answers) || notes != len(answers) {
		t.Errorf("%d answers and %d notes of %d are printed", given, notes, len(answers))
	}
	if doc.Find("#verdicts .verdict").Length() != 2 {
		t.Error("the verdicts are missing")
	}
}

// Every text that a person typed comes out as text.
func TestTypedTextIsNeverMarkup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.units[0].Name = `<script>alert(1)</script>"'`
	o.addSheet("s1", o.units[0], randomAnswers(lke(t), 7))
	for _, target := range []string{"/sheets/s1", "/sheets/s1/print", "/units", "/units?q=%3Cscript%3E"} {
		w, err := o.do(t, visit{actor: coordinator()}, http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		if body := w.Body.String(); strings.Contains(body, "<script>alert") || strings.Contains(body, "Catatan <b>") {
			t.Errorf("%s holds typed text as markup", target)
		}
	}
}

func TestEveryNumberCanBeExplained(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.addSheet("s1", o.units[0], randomAnswers(lke(t), 8))
	doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1", http.StatusOK)
	seen := map[string]bool{}
	doc.Find(`a[href*="/explain/"]`).Each(func(_ int, s *goquery.Selection) {
		href, _ := s.Attr("href")
		if seen[href] {
			return
		}
		seen[href] = true
		page := o.page(t, visit{actor: coordinator()}, href, http.StatusOK)
		if page.Find(".why-steps li").Length() == 0 || !strings.Contains(page.Text(), "Dasar:") {
			t.Errorf("%s has no steps or no article", href)
		}
		part := o.page(t, visit{actor: coordinator(), htmx: true}, href, http.StatusOK)
		if part.Find("main").Length() > 0 || part.Find(".why-steps li").Length() == 0 {
			t.Errorf("the script asked for a part of %s", href)
		}
	})
	// All nodes, the total, six groups and the rules of two predicates.
	if want := len(lke(t).Nodes) + 1 + 6 + 24; len(seen) != want {
		t.Errorf("%d numbers can be explained, not %d", len(seen), want)
	}
	_, err := o.do(t, visit{actor: coordinator()}, http.MethodGet, "/sheets/s1/explain/nothing", nil)
	refused(t, err, fault.NotFound)
}
