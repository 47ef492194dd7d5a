package desktest

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// good is a page without faults; each case spoils it in one way.
const good = `<!DOCTYPE html><html lang="id"><head><title>Zona</title><script src="/a.js"></script></head><body>
<a href="#main">Isi</a><main id="main"><h1>Judul</h1><label for="a">A</label><input id="a" name="a">
<table><caption>T</caption><tr><th scope="col">A</th></tr></table></main><footer><a href="/help">Bantuan</a></footer></body></html>`

func TestWB01ThePageCheckReportsEachPlantedFault(t *testing.T) {
	t.Parallel()
	check := func(text string) []string {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return Page{Document: doc}.Faults()
	}
	if wrong := check(good); len(wrong) > 0 {
		t.Fatalf("the good page is reported: %q", wrong)
	}
	for _, planted := range []string{
		`<script>alert(1)</script>`, `<style>h1{}</style>`, `<p style="color:red">x</p>`, `<img alt="" src="/x" onerror="alert(1)">`,
		`<a href="javascript:alert(1)">x</a>`, `<p hx-on:click="x">x</p>`, `<h1>Dua</h1>`, `<input name="b">`, `<p id="a">x</p>`,
		`<table><tr><th>x</th></tr></table>`, `<p>account.title</p>`, `<input id="c" aria-describedby="none"><label for="c">C</label>`,
	} {
		if wrong := check(strings.Replace(good, "</main>", planted+"</main>", 1)); len(wrong) == 0 {
			t.Errorf("%s is not reported", planted)
		}
	}
}
