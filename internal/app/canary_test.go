package app

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"zona/internal/assessment"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/web"
)

// canary is a text that stands in one place and nowhere else, and what it takes to read it there.
type canary struct {
	text string
	at   place
	need org.Capability
}

// canaries are the texts of the matrix's world that tell a unit, its people and its answers apart from others, with a
// note that is planted in each open sheet.
func (w *accessWorld) canaries() []canary {
	var list []canary
	for _, at := range places {
		list = append(
			list,
			canary{"Unit " + string(at), at, org.ViewUnits},
			canary{w.plant(at), at, org.ViewSheet},
			canary{w.logins["orang "+string(at)], at, org.ManagePeople},
		)
	}
	return list
}

// plant writes a note into the open sheet of a place.
func (w *accessWorld) plant(at place) string {
	w.t.Helper()
	note := "kenari di " + string(at) + " berkicau"
	unit := org.Object{Institution: w.institutions[at], Unit: w.units[at], Path: "/" + w.units[at] + "/"}
	writer := org.Actor{Person: w.persons[at], Institution: unit.Institution, Assignments: []org.Assignment{{
		Role: org.Coordinator, Scope: org.Scope{Kind: org.OneUnit, Institution: unit.Institution, Unit: unit.Unit, Path: unit.Path},
		From: time.Now().AddDate(-1, 0, 0),
	}}}
	_, err := w.services.sheets.SetAnswer(w.t.Context(), writer, assessment.AnswerChange{
		Assessment: w.sheets[spot{at, assessment.Open}], Question: "A.I.1.i.a",
		Typed: assessment.Typed{Answer: instrument.Answer{Choice: "Ya"}, Note: note},
	})
	w.must(err)
	return note
}

// reads reports whether the reviewed table lets a role read a canary.
func reads(who string, c canary) bool {
	g := granted[who]
	return slices.Contains(g.may, c.need) && slices.Contains(g.at, c.at)
}

// questions are what a reader may add to an address to look beyond a page: searches, filters, cursors.
var questions = []string{"", "?q=unit", "?q=kenari", "?q=orang", "?institution=%s", "?area=A.I.1"}

// TestAZ02NobodyReadsTheTextOfOthers fetches every page and file as every role at every place, also with searches, and
// looks into workbooks: what stands in a place is read only by those who may.
func TestAZ02NobodyReadsTheTextOfOthers(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	list := w.canaries()
	seen := map[string]int{}
	for _, row := range w.rows {
		if row.Method() != http.MethodGet {
			continue
		}
		for _, who := range w.roles() {
			for _, at := range places {
				if !walked(row, at, assessment.Open) {
					continue
				}
				for _, more := range questions {
					if strings.Contains(more, "%s") {
						more = fmt.Sprintf(more, w.institutions[foreign])
					}
					text := w.fetch(row, who, at, more)
					for _, c := range list {
						if !strings.Contains(text, c.text) {
							continue
						}
						seen[c.text]++
						if !reads(who, c) {
							t.Errorf("%s%s as %s at %s: shows %q", row.Pattern, more, who, at, c.text)
						}
					}
				}
			}
		}
	}
	// The control: each canary that somebody may read was read, or the crawl would see nothing at all.
	for _, c := range list {
		readers := slices.ContainsFunc(w.roles(), func(who string) bool { return reads(who, c) })
		if readers && seen[c.text] == 0 {
			t.Errorf("nobody was shown %q: the crawl could not fail over it", c.text)
		}
	}
}

// A table that gave an observer less than he has would be told of.
func TestAZ02TheCrawlSeesALeak(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	note := canary{w.plant(own), own, org.ViewSheet}
	text := w.fetch(w.row("GET /sheets/{assessment}"), "coordinator", own, "?area=A.I.1")
	if !strings.Contains(text, note.text) {
		t.Error("a note that stands in the page is not found")
	}
	if reads("administrator", note) || reads("coordinator", canary{note.text, foreign, org.ViewSheet}) {
		t.Error("the table lets through what it should not")
	}
	if file := w.fetch(w.row("GET /sheets/{assessment}/workbook.xlsx"), "coordinator", own, ""); !strings.Contains(file, note.text) {
		t.Error("a note inside a workbook is not found")
	}
}

// fetch returns everything that a request shows: the body, or the parts of a zip archive.
func (w *accessWorld) fetch(row web.Row, who string, at place, more string) string {
	w.t.Helper()
	address := w.address(row, at, assessment.Open)
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://localhost:8080"+address+more, http.NoBody)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if s, ok := w.sessions[who]; ok {
		r.AddCookie(&http.Cookie{Name: "zona", Value: s.Value})
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	if rec.Code >= http.StatusInternalServerError {
		w.t.Errorf("%s%s as %s: status %d", row.Pattern, more, who, rec.Code)
	}
	return w.text(rec)
}

// text opens what a body is packed in.
func (w *accessWorld) text(rec *httptest.ResponseRecorder) string {
	w.t.Helper()
	body := rec.Body.Bytes()
	if rec.Header().Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		w.must(err)
		body, err = io.ReadAll(z)
		w.must(err)
	}
	if !bytes.HasPrefix(body, []byte("PK")) {
		return string(body)
	}
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	w.must(err)
	var all strings.Builder
	for _, f := range archive.File {
		part, err := f.Open()
		w.must(err)
		_, err = io.Copy(&all, part)
		w.must(err)
		w.must(part.Close())
	}
	return all.String()
}
