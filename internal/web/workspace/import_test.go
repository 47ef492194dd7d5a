package workspace

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"zona/internal/assessment"
	"zona/internal/exact"
	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/org"
)

// noPeriod is an institution before its first period.
var noPeriod = assessment.Period{}

// upload sends a workbook as a browser does; name "" sends none.
func (o *office) upload(t *testing.T, v visit, name string, fields ...string) (*httptest.ResponseRecorder, error) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if name != "" {
		part, err := form.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte("bytes of " + name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/sheets/s1/import", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return o.send(t, v, r)
}

// read is an office whose next workbook fills one answer, overwrites one, repeats one and has one problem.
func read(t *testing.T) *office {
	t.Helper()
	o := newOffice(t)
	o.addSheet("s1", o.units[0], map[string]instrument.Answer{
		"A.I.1.i.a": {Choice: "Tidak"}, "A.I.1.i.b": {Choice: "A"},
	})
	index := exact.MustParse("3.6")
	o.reading = assessment.Reading{
		Column: "Jawaban <i>Unit</i>",
		Incoming: []assessment.Incoming{
			{Question: "A.I.1.i.a", Answer: instrument.Answer{Choice: "Ya"}},
			{Question: "A.I.1.i.b", Answer: instrument.Answer{Choice: "A"}},
			{Question: "B.I.a", Answer: instrument.Answer{Number: &index}, Note: "survei"},
		},
		Problems: []assessment.Problem{{
			Sheet: "LKE", Cell: "J14", Question: "A.I.1.ii.a", Read: "<b>F</b>", Rule: "answer.rule.choice", Mend: "answer.mend.choice",
			Args: map[string]string{"Read": "<b>F</b>", "Options": "Ya, Tidak"},
		}},
	}
	return o
}

func TestWhoMayNotImportSendsAFileInVain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		actor org.Actor
		kind  fault.Kind
	}{
		"an observer":                      {actorWith(org.Observer, "uA"), fault.Forbidden},
		"a member, who answers one by one": {actorWith(org.Member, "uA"), fault.Forbidden},
		"the coordinator of another unit":  {actorWith(org.Coordinator, "uB"), fault.NotFound},
	} {
		o := read(t)
		_, err := o.upload(t, visit{actor: c.actor}, "lke.xlsx", "_key", "k", "column", "unit")
		if refused(t, err, c.kind); len(o.imports) > 0 {
			t.Errorf("%s left an import", name)
		}
	}
	o := previewed(t, read(t))
	for _, act := range []string{"apply", "undo"} {
		_, err := o.do(t, visit{actor: actorWith(org.Member, "uA")}, http.MethodPost, "/imports/id1/"+act, url.Values{"_key": {"m"}})
		refused(t, err, fault.Forbidden)
		_, err = o.do(t, visit{actor: actorWith(org.Coordinator, "uB")}, http.MethodPost, "/imports/id1/"+act, with(url.Values{}, "_key", "m", "mode", "fill"))
		if act == "undo" {
			refused(t, err, fault.Malformed)
			continue
		}
		refused(t, err, fault.NotFound)
	}
	_, err := o.do(t, visit{actor: actorWith(org.Coordinator, "uB")}, http.MethodGet, "/imports/id1", nil)
	refused(t, err, fault.NotFound)
	if o.entries["s1"][0].Answer.Choice != "Tidak" {
		t.Error("the sheet was changed")
	}
}

// previewed uploads the workbook of an office.
func previewed(t *testing.T, o *office) *office {
	t.Helper()
	w, err := o.upload(t, visit{actor: coordinator()}, "LKE <b>2026</b>.xlsx", "_key", "k", "column", "tpi", "heading", "")
	if err != nil || w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/imports/id1" {
		t.Fatalf("status %d, location %q, error %v: %s", w.Code, w.Header().Get("Location"), err, w.Body)
	}
	return o
}

func TestAPreviewShowsWhatWouldChangeAndWhatCouldNotBeRead(t *testing.T) {
	t.Parallel()
	o := previewed(t, read(t))
	doc := o.page(t, visit{actor: coordinator()}, "/imports/id1", http.StatusOK)
	for _, want := range []string{"1 jawaban kosong akan terisi", "1 jawaban berbeda", "1 jawaban sama", "1 hal tidak dapat dibaca"} {
		if got := words(t, doc, "ul.counts"); !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	main := words(t, doc, "main")
	for _, want := range []string{
		"LKE!J14", "<b>F</b>", "Ya, Tidak", "Tidak – ", "Ya – ", "3,6", "Catatan: survei", "Isi yang kosong saja (1)", "Isi dan timpa (2)",
		"Nilai 0,25 menjadi 16,00", "Nilai 0,25 menjadi 16,25",
	} {
		if !strings.Contains(main, want) {
			t.Errorf("the page lacks %q: %s", want, main)
		}
	}
	if doc.Find("main b, main i").Length() > 0 {
		t.Error("text of the file became markup")
	}
	if len(o.entries["s1"]) != 2 || o.entries["s1"][0].Answer.Choice != "Tidak" {
		t.Error("a preview changed the sheet")
	}
}

func TestAnImportFillsOrOverwritesAndCanBeUndone(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]string{"fill": "Tidak", "overwrite": "Ya"} {
		o := previewed(t, read(t))
		apply := url.Values{"_key": {"a"}, "mode": {mode}}
		w, err := o.do(t, visit{actor: coordinator()}, http.MethodPost, "/imports/id1/apply", apply)
		if err != nil || w.Code != http.StatusSeeOther {
			t.Fatalf("%s: status %d, error %v", mode, w.Code, err)
		}
		if got := o.entries["s1"][0].Answer.Choice; got != want || len(o.entries["s1"]) != 3 {
			t.Errorf("%s: the first answer is %q of %d", mode, got, len(o.entries["s1"]))
		}
		doc := o.page(t, visit{actor: coordinator()}, "/imports/id1", http.StatusOK)
		if doc.Find(`form[action$="/apply"]`).Length() > 0 || doc.Find(`form[action$="/undo"]`).Length() != 1 {
			t.Errorf("%s: the wrong decisions are offered", mode)
		}
		// Somebody changes one of the answers; the undo keeps that and says so.
		changed := o.entries["s1"][2]
		changed.Revision, changed.Answer, changed.ChangedAt = changed.Revision+1, instrument.Answer{Number: number("3.9")}, now.Add(time.Minute)
		o.entries["s1"][2] = changed
		if _, err := o.do(t, visit{actor: coordinator()}, http.MethodPost, "/imports/id1/undo", url.Values{"_key": {"u"}}); err != nil {
			t.Fatal(err)
		}
		if got := o.entries["s1"]; got[0].Answer.Choice != "Tidak" || got[2].Answer.Number.String() != "3.9" {
			t.Errorf("%s: after the undo the sheet holds %+v", mode, got)
		}
		doc = o.page(t, visit{actor: coordinator()}, "/imports/id1", http.StatusOK)
		if got := words(t, doc, ".z-alert.z-warn"); !strings.Contains(got, "B.I.a") {
			t.Errorf("%s: what was kept is told as %q", mode, got)
		}
		// A decision that comes too late brings the page back with the reason.
		w, err = o.do(t, visit{actor: coordinator()}, http.MethodPost, "/imports/id1/apply", with(apply, "_key", "b"))
		if err != nil {
			t.Fatal(err)
		}
		if doc := document(t, w, http.StatusConflict); doc.Find("#summary").Length() != 1 {
			t.Errorf("%s: a second application is not explained", mode)
		}
	}
}

func number(text string) *exact.Number {
	n := exact.MustParse(text)
	return &n
}

func TestADecisionWithoutAChoiceIsAskedAgain(t *testing.T) {
	t.Parallel()
	o := previewed(t, read(t))
	w, err := o.do(t, visit{actor: coordinator()}, http.MethodPost, "/imports/id1/apply", url.Values{"_key": {"a"}})
	if err != nil {
		t.Fatal(err)
	}
	if doc := document(t, w, http.StatusUnprocessableEntity); doc.Find("#summary a").Length() != 1 {
		t.Error("the page does not say what to choose")
	}
}

func TestAFileThatCannotBeReadKeepsTheFormAndSaysWhy(t *testing.T) {
	t.Parallel()
	o := read(t)
	o.unreadable = fault.Form().With("column", "fault.field.choose")
	w, err := o.upload(t, visit{actor: coordinator()}, "lke.xlsx", "_key", "k", "column", "tpi2", "heading", "Jawaban 2")
	if err != nil {
		t.Fatal(err)
	}
	doc := document(t, w, http.StatusUnprocessableEntity)
	if doc.Find("#summary").Length() != 1 {
		t.Error("the page does not say what is wrong")
	}
	if got, _ := doc.Find("select[name=column] option[selected]").Attr("value"); got != "tpi2" {
		t.Errorf("the column is %q", got)
	}
	if got, _ := doc.Find("input[name=heading]").Attr("value"); got != "Jawaban 2" {
		t.Errorf("the heading is %q", got)
	}

	// What a reader of workbooks says about the file stands at the field, with how to mend it.
	o.unreadable = fault.New(fault.TooLarge, "workbook.file.empty")
	w, err = o.upload(t, visit{actor: coordinator()}, "lke.xlsx", "_key", "k1", "column", "unit")
	if err != nil {
		t.Fatal(err)
	}
	printer := locale.For("id")
	why := words(t, document(t, w, http.StatusUnprocessableEntity), "#f-file-wrong")
	if !strings.Contains(why, printer.T("workbook.file.empty")) || !strings.Contains(why, printer.T("workbook.file.empty.mend")) {
		t.Errorf("the file is said to be %q", why)
	}

	w, err = o.upload(t, visit{actor: coordinator()}, "", "_key", "k2", "column", "unit")
	if err != nil {
		t.Fatal(err)
	}
	if doc := document(t, w, http.StatusUnprocessableEntity); !strings.Contains(words(t, doc, "#f-file-wrong"), "Pilih berkas") {
		t.Error("a form without a file does not say so")
	}
	_, err = o.upload(t, visit{actor: coordinator()}, "lke.xlsx", "_key", "k3", "column", "unit", "score", "100")
	refused(t, err, fault.Malformed)
	if len(o.imports) > 0 {
		t.Error("an import was left")
	}
}

func TestEarlierImportsAreListedAtTheForm(t *testing.T) {
	t.Parallel()
	o := previewed(t, read(t))
	doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1/import", http.StatusOK)
	if doc.Find(`a[href="/imports/id1"]`).Length() != 1 || doc.Find("form[enctype]").Length() != 1 {
		t.Error("the form or the earlier import is missing")
	}
	o.period.Deadline = now
	doc = o.page(t, visit{actor: coordinator()}, "/sheets/s1/import", http.StatusOK)
	if doc.Find("form[enctype]").Length() > 0 || !strings.Contains(doc.Find(".z-alert").Text(), "Lewat batas waktu") {
		t.Error("a sheet that takes no answers takes a file")
	}
}

func TestDownloadsHoldTheSheetUnderANameThatCannotLeaveTheHeader(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.units[0].Name = "Pengadilan \"A\"\r\nSet-Cookie: x \u202e é"
	answers := randomAnswers(lke(t), 9)
	o.addSheet("s1", o.units[0], answers)
	for target, kind := range map[string]string{
		"/sheets/s1/workbook.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "/sheets/s1/answers.json": "application/json",
	} {
		w, err := o.do(t, visit{actor: coordinator()}, http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		disposition := w.Header().Get("Content-Disposition")
		if w.Header().Get("Content-Type") != kind || !strings.HasPrefix(disposition, "attachment; filename*=utf-8''LKE%202026%20Pengadilan") || strings.ContainsAny(disposition, "\r\n\u202e") {
			t.Errorf("%s: type %q, disposition %q", target, w.Header().Get("Content-Type"), disposition)
		}
	}
	w, err := o.do(t, visit{actor: coordinator()}, http.MethodGet, "/sheets/s1/answers.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Instrument string                     `json:"instrument"`
		Answers    map[string]json.RawMessage `json:"answers"`
		Notes      map[string]string          `json:"notes"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &file); err != nil || file.Instrument != "lke-2021" || len(file.Answers) != len(answers) || len(file.Notes) != len(answers) {
		t.Fatalf("%d answers and %d notes of %d in %q, error %v", len(file.Answers), len(file.Notes), len(answers), file.Instrument, err)
	}
	for id, raw := range file.Answers {
		n, _ := lke(t).Question(id)
		if a, wrong := n.Question.FromJSON(raw); len(wrong) > 0 || !a.Equal(answers[id]) {
			t.Errorf("%s comes back as %s", id, raw)
		}
	}
}
