package workspace

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/org"
)

const (
	choiceForm = "/sheets/s1/answers/A.I.1.i.a"
	ratioForm  = "/sheets/s1/answers/A.II.1.i.a"
	indexForm  = "/sheets/s1/answers/B.I.a"
)

// yes is the form of the first question as a browser sends it.
func yes() url.Values {
	return url.Values{"_token": {"t"}, "_key": {"k1"}, "revision": {"0"}, "answer": {"Ya"}, "note": {"ada SK"}}
}

func TestWhoMayNotChangeASheetChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		actor org.Actor
		kind  fault.Kind
	}{
		"nobody's role":                {actorWith("", ""), fault.Forbidden},
		"an observer of the unit":      {actorWith(org.Observer, "uA"), fault.Forbidden},
		"an evaluator of the unit":     {actorWith(org.TPIMember, "uA"), fault.Forbidden},
		"the coordinator of the other": {actorWith(org.Coordinator, "uB"), fault.NotFound},
	} {
		o := newOffice(t)
		_, err := o.do(t, visit{actor: c.actor}, http.MethodPost, choiceForm, yes())
		refused(t, err, c.kind)
		if len(o.entries["s1"]) > 0 || len(o.events) > 0 {
			t.Errorf("%s changed the sheet", name)
		}
	}
}

func TestAnAnswerAfterTheDeadlineIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.period.Deadline = now
	_, err := o.do(t, visit{actor: coordinator()}, http.MethodPost, choiceForm, yes())
	refused(t, err, fault.Forbidden)
	if len(o.entries["s1"]) > 0 {
		t.Error("the answer was stored")
	}
}

func TestWithoutScriptASaveLeadsBackToTheQuestion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w, err := o.do(t, visit{actor: coordinator()}, http.MethodPost, choiceForm, yes())
	if err != nil || w.Code != http.StatusSeeOther {
		t.Fatalf("status %d, error %v", w.Code, err)
	}
	to := w.Header().Get("Location")
	if to != "/sheets/s1?area=A.I.1&saved=A.I.1.i.a#q-A-I-1-i-a" {
		t.Fatalf("led to %q", to)
	}
	page, _, _ := strings.Cut(to, "#")
	doc := o.page(t, visit{actor: coordinator()}, page, http.StatusOK)
	if got := words(t, doc, "#q-A-I-1-i-a .q-said"); got != "Tersimpan." {
		t.Errorf("the question says %q", got)
	}
	if _, ok := doc.Find(`#q-A-I-1-i-a input[value="Ya"]`).Attr("checked"); !ok {
		t.Error("the saved answer is not chosen")
	}
	if got, _ := doc.Find(`#q-A-I-1-i-a input[name=revision]`).Attr("value"); got != "1" {
		t.Errorf("the form stands at revision %q", got)
	}
	if got := doc.Find(`#q-A-I-1-i-a textarea`).Text(); got != "ada SK" {
		t.Errorf("the note is %q", got)
	}
}

func TestWithScriptASaveBringsTheQuestionAndTheNumbersAboveIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w, err := o.do(t, visit{actor: coordinator(), htmx: true}, http.MethodPost, ratioForm, url.Values{
		"_key": {"k"}, "revision": {"0"}, "in.agen": {"4"}, "in.perubahan": {"3 "}, "note": {""},
	})
	if err != nil {
		t.Fatal(err)
	}
	doc := document(t, w, http.StatusOK)
	if doc.Find("main, header").Length() > 0 {
		t.Error("a whole page came")
	}
	if got := words(t, doc, "#q-A-II-1-i-a .q-worth"); !strings.Contains(got, "terisi") || !strings.Contains(got, "0,75 / 1,00 · 75,00%") {
		t.Errorf("the question says %q", got)
	}
	for id, want := range map[string]string{
		"bar": "0,75", "n-A": "0,75 / 60,00", "n-A-II": "0,75 / 30,00", "n-A-II-1": "0,75 / 4,00", "n-A-II-1-i": "0,75 / 2,00",
		"a-A-II-1": "18,75% · 1/4", "verdicts": "74,25",
	} {
		if got := words(t, doc, `#`+id+`[hx-swap-oob="true"]`); !strings.Contains(got, want) {
			t.Errorf("#%s says %q, which lacks %q", id, got, want)
		}
	}
	if known, _ := doc.Find("#bar").Attr("data-known"); known != "8" {
		t.Errorf("the bar knows version %q", known)
	}
}

func TestAnAnswerCanBeTakenBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.addSheet("s1", o.units[0], map[string]instrument.Answer{"A.I.1.i.a": {Choice: "Ya"}})
	w, err := o.do(t, visit{actor: coordinator(), htmx: true}, http.MethodPost, choiceForm, with(yes(), "revision", "1", "clear", "1"))
	if err != nil {
		t.Fatal(err)
	}
	doc := document(t, w, http.StatusOK)
	if e := o.entries["s1"][0]; e.Answer.Given() || e.Revision != 2 || e.Note != "ada SK" {
		t.Errorf("stored is %+v", e)
	}
	if got := words(t, doc, "#q-A-I-1-i-a .q-said"); got != "Jawaban dikosongkan." {
		t.Errorf("the question says %q", got)
	}
	if doc.Find("#q-A-I-1-i-a [checked]").Length() > 0 || doc.Find("#q-A-I-1-i-a [name=clear]").Length() > 0 {
		t.Error("an answer still stands in the form")
	}
}

func TestWhatIsNoAnswerComesBackAsTyped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		target, field, typed string
		form                 url.Values
	}{
		"an unknown option":       {choiceForm, "answer", "Mungkin", url.Values{"answer": {"Mungkin"}}},
		"a number with two seps":  {indexForm, "answer", "3.6,0", url.Values{"answer": {"3.6,0"}}},
		"an index above four":     {indexForm, "answer", "4,01", url.Values{"answer": {"4,01"}}},
		"a fraction of a person":  {ratioForm, "in.agen", "2,5", url.Values{"in.agen": {"2,5"}, "in.perubahan": {"1"}}},
		"fewer people than none":  {ratioForm, "in.agen", "-1", url.Values{"in.agen": {"-1"}, "in.perubahan": {"1"}}},
		"a thousand or just one":  {ratioForm, "in.agen", "1.000", url.Values{"in.agen": {"1.000"}, "in.perubahan": {"1"}}},
		"text in place of number": {ratioForm, "in.agen", "<b>", url.Values{"in.agen": {"<b>"}, "in.perubahan": {"1"}}},
	} {
		for _, htmx := range []bool{false, true} {
			o := newOffice(t)
			w, err := o.do(t, visit{actor: coordinator(), htmx: htmx}, http.MethodPost, c.target, with(c.form, "revision", "0", "_key", "k", "note", "catatan saya"))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			doc := document(t, w, http.StatusUnprocessableEntity)
			card := doc.Find("#q-" + slug(c.target[len("/sheets/s1/answers/"):]))
			if card.Length() != 1 || (doc.Find("main").Length() == 0) != htmx {
				t.Fatalf("%s: %d questions came, script %v", name, card.Length(), htmx)
			}
			if c.field != "answer" || c.target == indexForm {
				if got, _ := card.Find(`[name="` + c.field + `"]`).Attr("value"); got != c.typed {
					t.Errorf("%s: the field holds %q", name, got)
				}
				if _, ok := card.Find(`[name="` + c.field + `"][aria-invalid][autofocus]`).Attr("aria-describedby"); !ok {
					t.Errorf("%s: the field is not marked as wrong", name)
				}
			}
			if card.Find("textarea").Text() != "catatan saya" {
				t.Errorf("%s: the note is lost", name)
			}
			if got := card.Find("fieldset .q-wrong").Text(); !strings.Contains(got, ".") || strings.Contains(got, "{") || strings.Contains(got, "answer.") {
				t.Errorf("%s: the message is %q", name, got)
			}
			if key, _ := card.Find("[name=_key]").Attr("value"); key == "k" || key == "" {
				t.Errorf("%s: the mended form would be the same attempt", name)
			}
			if len(o.entries["s1"]) > 0 {
				t.Errorf("%s: something was stored", name)
			}
		}
	}
}

func TestANoteOfTooManyLettersComesBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w, err := o.do(t, visit{actor: coordinator()}, http.MethodPost, choiceForm, with(yes(), "note", strings.Repeat("n", assessment.MaxNote+1)))
	if err != nil {
		t.Fatal(err)
	}
	doc := document(t, w, http.StatusUnprocessableEntity)
	if doc.Find("#q-A-I-1-i-a-note-wrong").Length() != 1 || len(doc.Find("#q-A-I-1-i-a textarea").Text()) != assessment.MaxNote+1 {
		t.Error("the note is not shown with what is wrong")
	}
}

func TestANewerAnswerOfSomebodyElseIsShownBesideMine(t *testing.T) {
	t.Parallel()
	for _, htmx := range []bool{false, true} {
		o := newOffice(t)
		o.addSheet("s1", o.units[0], map[string]instrument.Answer{"A.I.1.i.a": {Choice: "Tidak"}})
		w, err := o.do(t, visit{actor: coordinator(), htmx: htmx}, http.MethodPost, choiceForm, yes())
		if err != nil {
			t.Fatal(err)
		}
		doc := document(t, w, http.StatusConflict)
		if got := words(t, doc, "#q-A-I-1-i-a .z-alert"); !strings.Contains(got, "Tidak – ") || !strings.Contains(got, "Orang Lain") {
			t.Errorf("the present answer is shown as %q", got)
		}
		if _, ok := doc.Find(`#q-A-I-1-i-a input[value="Ya"]`).Attr("checked"); !ok {
			t.Error("what was typed is lost")
		}
		if o.entries["s1"][0].Answer.Choice != "Tidak" {
			t.Error("the newer answer was overwritten")
		}
		// Saving mine over it is a new attempt at the revision that is now known.
		again := url.Values{"answer": {"Ya"}, "note": {"ada SK"}}
		for _, name := range []string{"_key", "revision"} {
			value, _ := doc.Find(`#q-A-I-1-i-a input[name=` + name + `]`).Attr("value")
			again.Set(name, value)
		}
		if _, err := o.do(t, visit{actor: coordinator(), htmx: htmx}, http.MethodPost, choiceForm, again); err != nil {
			t.Fatal(err)
		}
		if e := o.entries["s1"][0]; e.Answer.Choice != "Ya" || e.Revision != 2 {
			t.Errorf("stored is %+v", e)
		}
	}
}

func TestADoubleClickSavesOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for range 2 {
		w, err := o.do(t, visit{actor: coordinator(), htmx: true}, http.MethodPost, choiceForm, yes())
		if err != nil || w.Code != http.StatusOK {
			t.Fatalf("status %d, error %v", w.Code, err)
		}
	}
	if len(o.events) != 1 || o.entries["s1"][0].Revision != 1 {
		t.Errorf("%d events, revision %d", len(o.events), o.entries["s1"][0].Revision)
	}
}

func TestSC05ScoresAndWeightsFromAClientAreRefused(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"score", "weight", "total", "nilai", "bobot", "fraction", "Answer", "in.agen", "in.", "answer.score", "verdict"} {
		o := newOffice(t)
		_, err := o.do(t, visit{actor: coordinator()}, http.MethodPost, choiceForm, with(yes(), field, "100"))
		refused(t, err, fault.Malformed)
		if len(o.entries["s1"]) > 0 || o.sheets["s1"].Version != 7 {
			t.Errorf("a form with %q was saved", field)
		}
	}
	for name, form := range map[string]url.Values{
		"two answers":      {"revision": {"0"}, "answer": {"Ya", "Tidak"}},
		"no revision":      {"answer": {"Ya"}},
		"a bent revision":  {"revision": {"1e3"}, "answer": {"Ya"}},
		"a minus revision": {"revision": {"-1"}, "answer": {"Ya"}},
	} {
		o := newOffice(t)
		_, err := o.do(t, visit{actor: coordinator()}, http.MethodPost, choiceForm, form)
		refused(t, err, fault.Malformed)
		if len(o.entries["s1"]) > 0 {
			t.Errorf("%s was saved", name)
		}
	}
	// The control: the same form without the field is saved, and its score is the program's own.
	o := newOffice(t)
	if _, err := o.do(t, visit{actor: coordinator()}, http.MethodPost, choiceForm, yes()); err != nil {
		t.Fatal(err)
	}
	if got := o.sheets["s1"].Total.Decimal(2); got != "0.25" {
		t.Errorf("the total is %s", got)
	}
}

func TestAQuestionThatTheSheetDoesNotHaveIsNotFound(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"A.I.1", "X", "A.I.1.i.z"} {
		o := newOffice(t)
		_, err := o.do(t, visit{actor: coordinator()}, http.MethodPost, "/sheets/s1/answers/"+id, yes())
		refused(t, err, fault.NotFound)
		_, err = o.do(t, visit{actor: coordinator()}, http.MethodGet, "/sheets/s1/history/"+id, nil)
		refused(t, err, fault.NotFound)
	}
}

func TestTheHistoryTellsWhoWhenFromWhatToWhat(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1/history/A.I.1.i.a", http.StatusOK)
	if doc.Find(".z-empty").Length() != 1 {
		t.Error("a question without history does not say so")
	}
	o.history = []assessment.Revision{
		{At: now, By: "x", ByName: "Siti", From: `"Ya"`, To: "", Note: "SK dicabut"},
		{At: now.Add(-time.Hour), By: "y", ByName: "Budi", From: "", To: `"Ya"`},
		{At: now.Add(-2 * time.Hour), By: "y", ByName: "Budi", From: "", To: `{"damaged"`},
	}
	doc = o.page(t, visit{actor: coordinator()}, "/sheets/s1/history/A.I.1.i.a", http.StatusOK)
	rows := doc.Find("tbody tr")
	for i, want := range [][]string{
		{"2 Maret 2026 pukul 10.00 WIB", "Siti", "Ya – ", "belum ada jawaban", "SK dicabut"},
		{"Budi", "belum ada jawaban", "Ya – "},
		{`{"damaged"`},
	} {
		for _, part := range want {
			if !strings.Contains(rows.Eq(i).Text(), part) {
				t.Errorf("row %d lacks %q: %s", i, part, rows.Eq(i).Text())
			}
		}
	}
}
