package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"zona/internal/org"
	"zona/internal/web"
	"zona/internal/web/internal/desktest"
)

var inst = org.Institution{ID: "inst", Name: "Mahkamah Contoh", Kind: org.Central, Zone: "Asia/Jakarta"}

// instance has an institution with a unit, an administrator of everything ("root") and a coordinator ("sari").
func instance(t *testing.T) *desktest.World {
	t.Helper()
	w := desktest.New(t)
	w.Put(inst, org.Unit{ID: "u", Institution: inst.ID, Path: "/u/", Name: "PN Contoh"})
	w.Person(t, org.Person{ID: "root", Name: "Rina", Login: "root"}, org.Administrator, org.Scope{Kind: org.WholeInstance})
	w.Person(t, org.Person{ID: "sari", Institution: inst.ID, Name: "Sari", Login: "sari"}, org.Coordinator, org.Scope{Kind: org.OneUnit, Institution: inst.ID, Unit: "u"})
	return w
}

var parameter = regexp.MustCompile(`\{(\w+)\}`)

// address fills a row's parameters with what is there.
func address(row web.Row) string {
	path := strings.ReplaceAll(row.Path(), "{$}", "")
	return parameter.ReplaceAllStringFunc(path, func(p string) string {
		switch p {
		case "{institution}":
			return inst.ID
		case "{person}":
			return "sari"
		case "{unit}":
			return "u"
		}
		return "x"
	})
}

// vectors are the ways in which another site, or an old browser led by one, may send a form.
var vectors = map[string]http.Header{
	"cross-site":        {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
	"same-site sibling": {"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://neighbour.127.0.0.1"}},
	"foreign Origin":    {"Sec-Fetch-Site": nil, "Origin": {"https://evil.example"}},
	"null Origin":       {"Sec-Fetch-Site": nil, "Origin": {"null"}},
	"old browser":       {"Sec-Fetch-Site": nil},
}

func TestWB04NoForeignFormChangesAnything(t *testing.T) {
	t.Parallel()
	w := instance(t)
	server := w.Open(t)
	b := desktest.Visit(t, server)
	b.SignIn("root")
	before := w.Store.Digest()
	tried := 0
	for _, row := range web.Table(w.Deps()) {
		if row.Method() == http.MethodGet {
			continue
		}
		for name, header := range vectors {
			// The fields of all forms at once, with a token that is not this session's.
			form := url.Values{
				"name": {"X"}, "kind": {"kl"}, "zone": {"Asia/Jakarta"}, "login": {"sari"}, "password": {desktest.Password}, "again": {desktest.Password},
				"role": {"observer"}, "year": {"2026"}, "opens": {"2026-01-01"}, "deadline": {"2026-05-31"}, "theme": {"dark"}, "old": {desktest.Password},
			}
			for _, token := range []string{"", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
				if token != "" {
					form.Set("_token", token)
				}
				if p := b.Do(row.Method(), address(row), form, header); p.Status != http.StatusForbidden {
					t.Errorf("%s, %s, token %q: status %d", row.Pattern, name, token, p.Status)
				}
				tried++
			}
		}
	}
	if w.Store.Digest() != before {
		t.Error("something changed")
	}
	if tried < 50 {
		t.Errorf("only %d tries: the table is not whole", tried)
	}
}

func TestWB04TheRightTokenDoesNotHelpAForeignSite(t *testing.T) {
	t.Parallel()
	w := instance(t)
	b := desktest.Visit(t, w.Open(t))
	b.SignIn("root")
	form := b.Get("/admin/institutions/new").Form(t, "/admin/institutions")
	form.Set("name", "Kementerian Contoh")
	form.Set("kind", "kl")
	before := w.Store.Digest()
	for name, header := range vectors {
		if name == "old browser" {
			continue // sends the token, and is let in below
		}
		if p := b.Do(http.MethodPost, "/admin/institutions", form, header); p.Status != http.StatusForbidden {
			t.Errorf("%s: status %d", name, p.Status)
		}
	}
	twice := url.Values{"_token": {form.Get("_token"), "x"}, "name": form["name"], "kind": form["kind"], "zone": form["zone"]}
	if p := b.Do(http.MethodPost, "/admin/institutions", twice, nil); p.Status != http.StatusForbidden {
		t.Errorf("two tokens: status %d", p.Status)
	}
	inAddress := url.Values{"name": form["name"], "kind": form["kind"], "zone": form["zone"]}
	if p := b.Do(http.MethodPost, "/admin/institutions?_token="+url.QueryEscape(form.Get("_token")), inAddress, nil); p.Status != http.StatusForbidden {
		t.Errorf("token in the address: status %d", p.Status)
	}
	if w.Store.Digest() != before {
		t.Error("something changed")
	}

	// The control: the same forms from our own page, and from an old browser that sends neither header, are taken.
	if p := b.Do(http.MethodPost, "/admin/institutions", form, http.Header{"Sec-Fetch-Site": nil}); p.Status != http.StatusSeeOther {
		t.Errorf("an old browser with the token: status %d", p.Status)
	}
	if w.Store.Digest() == before {
		t.Error("the digest does not see a change")
	}
}

func TestWB04ATokenOfAnotherSessionIsRefused(t *testing.T) {
	t.Parallel()
	w := instance(t)
	server := w.Open(t)
	mine, stranger := desktest.Visit(t, server), desktest.Visit(t, server)
	mine.SignIn("root")
	stranger.SignIn("sari")
	form := url.Values{"_token": {stranger.Get("/account").Form(t, "/account/theme").Get("_token")}, "theme": {"dark"}}
	if p := mine.Do(http.MethodPost, "/account/theme", form, nil); p.Status != http.StatusForbidden {
		t.Errorf("with a session's token of somebody else: %d", p.Status)
	}
	nobody, other := desktest.Visit(t, server), desktest.Visit(t, server)
	door := other.Get("/signin").Form(t, "/signin")
	nobody.Get("/signin")
	door.Set("login", "sari")
	door.Set("password", desktest.Password)
	if p := nobody.Do(http.MethodPost, "/signin", door, nil); p.Status != http.StatusForbidden {
		t.Errorf("signing in with the token of another browser: %d", p.Status)
	}
}

func TestWB04ReadingChangesNothing(t *testing.T) {
	t.Parallel()
	w := instance(t)
	server := w.Open(t)
	for _, login := range []string{"", "root", "sari"} {
		b := desktest.Visit(t, server)
		if login != "" {
			b.SignIn(login)
		}
		before := w.Store.Digest()
		for _, row := range web.Table(w.Deps()) {
			if row.Method() != http.MethodGet {
				continue
			}
			for _, query := range []string{"", "?lang=en", "?q=a&after=b&id=c", "?_method=POST&theme=dark&lang=en"} {
				p := b.Do(http.MethodGet, address(row)+query, nil, nil)
				if p.Status >= 500 {
					t.Errorf("%s: status %d", row.Pattern, p.Status)
				}
				if head := b.Do(http.MethodHead, address(row)+query, nil, nil); head.Status != p.Status {
					t.Errorf("%s: HEAD is answered %d, GET %d", row.Pattern, head.Status, p.Status)
				}
			}
		}
		if w.Store.Digest() != before {
			t.Errorf("reading everything as %q changed something", login)
		}
	}
}

// crawl follows every link from a page of a person and returns the pages seen by their paths.
func crawl(t *testing.T, b *desktest.Browser, start string) map[string]desktest.Page {
	t.Helper()
	seen := map[string]desktest.Page{}
	queue := []string{start}
	for len(queue) > 0 && len(seen) < 200 {
		path := queue[0]
		queue = queue[1:]
		if _, ok := seen[path]; ok {
			continue
		}
		page := b.Get(path)
		if strings.HasPrefix(page.Header.Get("Content-Disposition"), "attachment") {
			continue // a file is no page
		}
		seen[path] = page
		for _, a := range page.Find("a[href]").Nodes {
			for _, attr := range a.Attr {
				// A link to the other language would change it for the rest of the walk.
				if attr.Key == "href" && strings.HasPrefix(attr.Val, "/") && !strings.HasPrefix(attr.Val, "/assets/") && !strings.Contains(attr.Val, "lang=") {
					link, _, _ := strings.Cut(attr.Val, "#")
					queue = append(queue, link)
				}
			}
		}
	}
	return seen
}

func TestWB01EveryPageIsFreeOfInlineScriptAndStyleInBothLanguages(t *testing.T) {
	t.Parallel()
	w := instance(t)
	server := w.Open(t)
	seen := map[string]bool{}
	for _, lang := range []string{"id", "en"} {
		for _, login := range []string{"", "root", "sari"} {
			b := desktest.Visit(t, server)
			b.Header.Set("Accept-Language", lang)
			if login != "" {
				b.SignIn(login)
			}
			for path, page := range crawl(t, b, "/") {
				seen[path] = true
				if page.Status != http.StatusOK {
					t.Errorf("a link leads to %s, which is answered %d", path, page.Status)
				}
				if page.Find("html").AttrOr("lang", "") != lang {
					t.Errorf("%s is told in %q, not %q", path, page.Find("html").AttrOr("lang", ""), lang)
				}
				for _, fault := range page.Faults() {
					t.Errorf("%s (%s, %q): %s", path, lang, login, fault)
				}
			}
		}
	}
	for _, want := range []string{"/", "/invitation", "/help", "/account", "/admin", "/admin/institutions/inst/people/new", "/admin/institutions/inst/units/new"} {
		if !seen[want] {
			t.Errorf("%s was not reached by links", want)
		}
	}
}

func TestEveryRowHasOneDoor(t *testing.T) {
	t.Parallel()
	rows := web.Table(instance(t).Deps())
	var public []string
	for _, row := range rows {
		if err := row.Check(); err != nil {
			t.Error(err)
		}
		if row.Public {
			public = append(public, row.Pattern)
		}
	}
	// Every way in for somebody unknown, reviewed here: a new one has to be added by hand.
	want := []string{
		"GET /.well-known/security.txt", "GET /forgot", "GET /help", "GET /invitation", "GET /invitation/{code}", "GET /livez", "GET /reset", "GET /reset/{code}", "GET /robots.txt",
		"GET /setup", "GET /signin", "GET /signin/factor", "GET /{$}", "POST /forgot", "POST /invitation", "POST /reset", "POST /setup", "POST /signin",
		"POST /signin/factor", "POST /signin/passkey",
	}
	slices.Sort(public)
	if !slices.Equal(public, want) {
		t.Errorf("open to anybody:\n%q\nwant\n%q", public, want)
	}
}
