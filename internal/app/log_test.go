package app

import (
	"context"
	"encoding/csv"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"zona/internal/assessment"
	"zona/internal/audit"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/trail"
)

// read asks for a page as somebody of the matrix.
func (w *accessWorld) read(who, path string) (int, string) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "http://localhost:8080"+path, nil)
	r.AddCookie(&http.Cookie{Name: "zona", Value: w.sessions[who].Value})
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec.Code, html.UnescapeString(rec.Body.String())
}

// TestTheLogTellsEverybodyWhatTheyMayRead: administrators see what happened and no answer, those who read the sheet see
// both, and nobody sees another institution. What is given out holds without the system.
func TestTheLogTellsEverybodyWhatTheyMayRead(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	const note = "catatan rahasia tim"
	coordinator, err := w.services.org.Actor(t.Context(), w.sessions["coordinator"].Session.Person)
	w.must(err)
	_, err = w.services.sheets.SetAnswer(t.Context(), coordinator, assessment.AnswerChange{
		Assessment: w.sheets[spot{own, assessment.Open}], Question: "A.I.1.i.a",
		Typed: assessment.Typed{Answer: instrument.Answer{Choice: "Ya"}, Note: note},
	})
	w.must(err)
	root, err := w.services.org.Actor(t.Context(), w.sessions["administrator, instance"].Session.Person)
	w.must(err)
	// A name that a spreadsheet would take for a formula, and one of the other institution.
	_, err = w.services.org.AddUnit(t.Context(), root, org.NewUnit{Institution: w.institutions[own], UnitData: org.UnitData{Name: "=HYPERLINK(1)"}})
	w.must(err)
	page, err := w.services.trail.List(t.Context(), root, trail.Filter{Kind: audit.AnswerSet}, 0)
	w.must(err)
	if len(page.Lines) == 0 {
		t.Fatal("the answer is no event")
	}
	answer := "/log/" + strconv.FormatInt(page.Lines[0].Seq, 10)

	for who, reads := range map[string]bool{"administrator, instance": false, "administrator": false, "head of institution": true} {
		code, text := w.read(who, answer)
		if code != http.StatusOK || strings.Contains(text, note) != reads || strings.Contains(text, "tidak ditampilkan kepada Anda") == reads {
			t.Errorf("%s reads the event of an answer: status %d, note shown %v", who, code, strings.Contains(text, note))
		}
		code, text = w.read(who, answer+"/receipt")
		if want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[reads]; code != want {
			t.Errorf("%s takes the receipt of an answer: status %d, want %d", who, code, want)
		}
		if reads {
			w.holds(text, who)
		}
		// The list and the file say no more than the page.
		for _, path := range []string{"/log", "/log.csv"} {
			code, text := w.read(who, path)
			if code != http.StatusOK || strings.Contains(text, note) != reads {
				t.Errorf("%s reads %s: status %d, note shown %v", who, path, code, strings.Contains(text, note))
			}
			if strings.Contains(text, "Instansi B") != (who == "administrator, instance") && path == "/log.csv" {
				t.Errorf("%s reads of the other institution in %s: %v", who, path, strings.Contains(text, "Instansi B"))
			}
		}
	}
	_, file := w.read("administrator", "/log.csv")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff"))).ReadAll()
	if err != nil || len(rows) < 20 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	formula := false
	for _, row := range rows {
		for _, cell := range row {
			formula = formula || strings.Contains(cell, "=HYPERLINK(1)")
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
		}
	}
	if !formula {
		t.Error("no cell holds the formula: this test could not fail")
	}
	w.filters()
}

// holds checks a receipt with the public key that the page of anchors shows.
func (w *accessWorld) holds(receipt, who string) {
	w.t.Helper()
	_, page := w.read(who, "/log/anchors")
	key := regexp.MustCompile(`<code>(zona/log-[^<]+)</code>`).FindStringSubmatch(page)
	if key == nil {
		w.t.Fatalf("the page of anchors shows no key:\n%s", page)
	}
	v, err := audit.NewVerifier(key[1])
	w.must(err)
	r, err := audit.ParseReceipt([]byte(receipt))
	w.must(err)
	if rec, _, err := r.Check(v); err != nil || rec.Event.Kind != audit.AnswerSet {
		w.t.Errorf("the receipt: %+v, %v", rec, err)
	}
}

// filters narrow the list, and what is not understood narrows nothing.
func (w *accessWorld) filters() {
	w.t.Helper()
	for path, want := range map[string]struct{ has, hasNot string }{
		"/log?kind=answer.set":                      {"Jawaban A.I.1.i.a", "Unit ditambahkan</td>"},
		"/log?kind=unit.created&unit=unit+own":      {"Unit own unit", "Unit unit beside"},
		"/log?person=head+of+unit":                  {"head of unit", "Jawaban A.I.1.i.a"},
		"/log?from=2200-01-01":                      {"Tidak ada kejadian", "Unit own unit"},
		"/log?from=kemarin&before=x&kind=":          {"Jawaban A.I.1.i.a", "Tidak ada kejadian"},
		"/log?object=unit&id=" + w.units[own]:       {"Unit own unit", "Jawaban A.I.1.i.a"},
		"/log?until=2000-01-01":                     {"Tidak ada kejadian", "Unit own unit"},
		"/log?person=%25":                           {"Tidak ada kejadian", "Unit own unit"},
		"/log?kind=answer.set%27+OR+1%3D1&unit=%22": {"Tidak ada kejadian", "Unit own unit"},
	} {
		code, text := w.read("administrator", path)
		if code != http.StatusOK || !strings.Contains(text, want.has) || strings.Contains(text, want.hasNot) {
			w.t.Errorf("%s: status %d, has %q: %v, has %q: %v", path, code, want.has, strings.Contains(text, want.has), want.hasNot, strings.Contains(text, want.hasNot))
		}
	}
	for _, path := range []string{"/log/-1", "/log/x", "/log/99999999999999999999", "/log/999999", "/log/999999/receipt"} {
		if code, _ := w.read("administrator", path); code != http.StatusNotFound {
			w.t.Errorf("%s: status %d", path, code)
		}
	}
}
