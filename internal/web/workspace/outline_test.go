package workspace

import (
	"net/http"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"zona/internal/instrument"
)

func TestEveryInstrumentIsCutIntoSectionsThatHoldEachQuestionOnce(t *testing.T) {
	t.Parallel()
	for _, in := range instrument.All() {
		o := outlineOf(in)
		seen, sections := map[string]int{}, map[string]bool{}
		for _, s := range o.sections {
			if sections[s.node.ID] {
				t.Errorf("%s: section %s comes twice", in.ID, s.node.ID)
			}
			sections[s.node.ID] = true
			for _, r := range s.runs {
				for _, n := range r.leaves {
					seen[n.ID]++
					if o.of[n.Leaf] != s {
						t.Errorf("%s: %s does not know its section", in.ID, n.ID)
					}
				}
			}
		}
		for _, n := range in.Questions {
			if seen[n.ID] != 1 {
				t.Errorf("%s: %s stands in %d places", in.ID, n.ID, seen[n.ID])
			}
		}
	}
	if n := len(outlineOf(lke(t)).sections); n != 14 {
		t.Errorf("the LKE has %d sections, not 12 areas and 2 aspects", n)
	}
}

func TestASheetOfAnotherInstrumentIsShownWithoutNewCode(t *testing.T) {
	t.Parallel()
	for _, in := range instrument.All() {
		o := newOffice(t)
		o.period.Instrument = in.ID
		o.addSheet("s1", o.units[0], randomAnswers(in, 1))
		for _, s := range outlineOf(in).sections {
			for _, target := range []string{"/sheets/s1?area=" + s.node.ID, "/sheets/s1/print", "/sheets/s1/whatif"} {
				doc := o.page(t, visit{actor: coordinator(), lang: "en"}, target, http.StatusOK)
				ids := map[string]bool{}
				doc.Find("[id]").Each(func(_ int, e *goquery.Selection) {
					id, _ := e.Attr("id")
					if ids[id] {
						t.Errorf("%s of %s has two elements %q", target, in.ID, id)
					}
					ids[id] = true
				})
			}
		}
		doc := o.page(t, visit{actor: coordinator()}, "/sheets/s1", http.StatusOK)
		if got := doc.Find("article.q, table.overview tbody th[scope=row]").Length(); got != len(in.Questions) {
			t.Errorf("%s: %d of %d questions are shown", in.ID, got, len(in.Questions))
		}
	}
}
