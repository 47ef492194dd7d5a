package workspace

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
)

// The part of PF-4 that is the desk's: laying out, scoring and rendering the sheet with its widest section open,
// without chain and database.
func BenchmarkPF4SheetPage(b *testing.B) {
	o := newOffice(b)
	o.addSheet("s1", o.units[0], randomAnswers(lke(b), 5))
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		w, err := o.do(b, visit{actor: coordinator()}, http.MethodGet, "/sheets/s1?area=A.I.6", nil)
		if err != nil {
			b.Fatal(err)
		}
		size = w.Body.Len()
	}
	b.ReportMetric(float64(size), "page-bytes")
}

// Saving one answer and rendering what comes back, again without chain and database.
func BenchmarkPF4SaveAnswer(b *testing.B) {
	o := newOffice(b)
	o.addSheet("s1", o.units[0], randomAnswers(lke(b), 5))
	b.ReportAllocs()
	revision := 0
	for _, e := range o.entries["s1"] {
		if e.Question == "A.II.1.i.a" {
			revision = e.Revision
		}
	}
	for i := 0; b.Loop(); i++ {
		form := url.Values{"revision": {strconv.Itoa(revision)}, "in.agen": {"9"}, "in.perubahan": {strconv.Itoa(i % 2)}, "note": {""}}
		w, err := o.do(b, visit{actor: coordinator(), htmx: true}, http.MethodPost, ratioForm, form)
		if err != nil || w.Code != http.StatusOK {
			b.Fatalf("status %d, error %v", w.Code, err)
		}
		revision++
	}
}
