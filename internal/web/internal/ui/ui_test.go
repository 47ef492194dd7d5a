package ui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"zona/internal/exact"
	"zona/internal/fault"
	"zona/internal/web/internal/route"
)

func render(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func frame(t *testing.T) Frame {
	t.Helper()
	return FrameOf(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/units?q=a", nil), "Judul")
}

func TestAFieldSaysWhatIsWrongAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	form := route.Form{
		Values: url.Values{"login": {`a"><script>`}, "password": {"rahasia"}},
		Fault:  fault.New(fault.Invalid, "fault.invalid").With("login", "fault.field.required"), Key: "k",
	}
	f := frame(t)
	doc := render(t, Field(f, form, Input{Name: "login", Label: "Nama masuk", Hint: "Pendek", Required: true}))
	input := doc.Find("input")
	if input.AttrOr("value", "") != `a"><script>` || input.AttrOr("aria-invalid", "") != "true" {
		t.Errorf("value %q, invalid %q", input.AttrOr("value", ""), input.AttrOr("aria-invalid", ""))
	}
	for id := range strings.FieldsSeq(input.AttrOr("aria-describedby", "")) {
		if doc.Find("#"+id).Length() != 1 {
			t.Errorf("described by %s, which is not there", id)
		}
	}
	if doc.Find(`label[for="f-login"]`).Length() != 1 || doc.Find("script").Length() != 0 {
		t.Error("no label, or typed text became markup")
	}
	if v, ok := render(t, Field(f, form, Input{Name: "password", Label: "P", Type: "password"})).Find("input").Attr("value"); ok && v != "" {
		t.Errorf("the password stands in the page: %q", v)
	}
	summary := render(t, Summary(f, form, "login", "Nama masuk")).Find(`#summary a[href="#f-login"]`).Text()
	if !strings.HasPrefix(summary, "Nama masuk: ") {
		t.Errorf("the summary says %q", summary)
	}
}

func TestABarIsDrawnWithinItsBounds(t *testing.T) {
	t.Parallel()
	bar := func(value, whole, threshold int64) (width, line string) {
		doc := render(t, Bar(BarSpec{Value: exact.Int(value), Whole: exact.Int(whole), Threshold: exact.Int(threshold), Label: "x"}))
		return doc.Find("rect").Last().AttrOr("width", ""), doc.Find("line").AttrOr("x1", "none")
	}
	for _, c := range []struct {
		value, whole, threshold int64
		width, line             string
	}{
		{3, 4, 0, "75.00", "none"}, {0, 4, 2, "0.00", "50.00"}, {9, 4, 9, "100.00", "100.00"}, {-1, 4, 0, "0.00", "none"}, {1, 0, 0, "0", "none"},
	} {
		if width, line := bar(c.value, c.whole, c.threshold); width != c.width || line != c.line {
			t.Errorf("%+v: width %s, threshold at %s", c, width, line)
		}
	}
}

func TestAPageThatFailsToRenderSendsNothing(t *testing.T) {
	t.Parallel()
	broken := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, _ = io.WriteString(w, "half a page")
		return errors.New("template error")
	})
	rec := httptest.NewRecorder()
	if err := Write(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), 200, broken); err == nil || rec.Body.Len() > 0 {
		t.Errorf("error %v, sent %q", err, rec.Body)
	}
}

func TestAProgramWithoutAssetsSaysWhatToRun(t *testing.T) {
	t.Parallel()
	assets, err := ReadAssets(fstest.MapFS{".gitkeep": {}})
	if err != nil || assets.Built() {
		t.Fatalf("%v, built %v", err, assets.Built())
	}
	f := frame(t)
	f.Asset = assets.Path
	doc := render(t, Page(f, templ.NopComponent))
	if doc.Find("aside code").Text() != "make assets" || doc.Find("link[rel=stylesheet], script").Length() > 0 {
		t.Errorf("page:\n%s", doc.Text())
	}
	if _, err := ReadAssets(fstest.MapFS{"manifest.json": {Data: []byte(`{"staff.css":"gone.css"}`)}}); err == nil {
		t.Error("a manifest that names what is not there is accepted")
	}
}

func TestAPageOfInventedDataSaysSo(t *testing.T) {
	t.Parallel()
	f := frame(t)
	if render(t, Page(f, templ.NopComponent)).Find(".z-demo").Length() != 0 {
		t.Error("a real institution is called an example")
	}
	f.Demo = true
	for name, page := range map[string]templ.Component{"staff": Page(f, templ.NopComponent), "public": Public(f, templ.NopComponent)} {
		if text := render(t, page).Find(".z-demo").Text(); !strings.Contains(text, "Data contoh") {
			t.Errorf("%s: %q", name, text)
		}
	}
}

func TestTheNavigationMarksThePlaceThatAPageBelongsTo(t *testing.T) {
	t.Parallel()
	units := route.Link{Path: "/units", Also: []string{"/sheets"}}
	for path, want := range map[string]bool{
		"/units": true, "/units/a/b": true, "/sheets/a": true, "/unitsx": false, "/sheetsx": false, "/admin": false, "/": false,
	} {
		if got := (Frame{Path: path}).Current(units); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

func TestTheOtherLanguageKeepsThePage(t *testing.T) {
	t.Parallel()
	if got := render(t, Page(frame(t), templ.NopComponent)).Find("a[hreflang]").AttrOr("href", ""); got != "/units?lang=en&q=a" {
		t.Errorf("leads to %q", got)
	}
}
