package account_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"zona/internal/org"
	"zona/internal/web"
	"zona/internal/web/internal/desktest"
)

var pn = org.Institution{ID: "inst", Name: "Mahkamah Contoh", Kind: org.Central, Zone: "Asia/Jakarta"}

// setup is an institution with one coordinator, "sari".
func setup(t *testing.T) (*desktest.World, *httptest.Server) {
	t.Helper()
	w := desktest.New(t)
	w.Put(pn, org.Unit{ID: "u", Institution: pn.ID, Path: "/u/", Name: "PN Contoh"})
	w.Person(t, org.Person{ID: "sari", Institution: pn.ID, Name: "Sari", Login: "sari"}, org.Coordinator, org.Scope{Kind: org.OneUnit, Institution: pn.ID, Unit: "u"})
	return w, w.Open(t)
}

func whole(t *testing.T, p desktest.Page, status int) {
	t.Helper()
	if p.Status != status {
		t.Errorf("status %d, want %d", p.Status, status)
	}
	for _, fault := range p.Faults() {
		t.Error(fault)
	}
}

// worksWithout lists the guesses that get in: the accounts that other programs ship with.
func worksWithout(t *testing.T, server *httptest.Server) []string {
	t.Helper()
	var in []string
	for _, login := range []string{"admin", "administrator", "root", "zona", "demo", "user", "test"} {
		for _, password := range []string{"", login, "admin", "password", "123456", "changeme", "zona", "demo"} {
			b := desktest.Visit(t, server)
			if p := b.Send("/signin", "/signin", "login", login, "password", password); p.Status == http.StatusSeeOther {
				in = append(in, login+"/"+password)
			}
		}
	}
	return in
}

func TestAN01AFreshInstanceHasNoAccountAndNoBackDoor(t *testing.T) {
	t.Parallel()
	w := desktest.New(t)
	// A limit of tries per source would hide an account that lets somebody in.
	server := openUnthrottled(t, w)
	if in := worksWithout(t, server); len(in) > 0 {
		t.Errorf("these let anybody in: %q", in)
	}
	b := desktest.Visit(t, server)
	for _, path := range []string{"/debug/pprof/", "/debug/vars", "/metrics", "/admin", "/units", "/account", "/config", "/.git/config", "/.env"} {
		p := b.Do(http.MethodGet, path, nil, nil)
		door := p.Status == http.StatusSeeOther && strings.HasPrefix(p.Header.Get("Location"), "/signin")
		if p.Status != http.StatusNotFound && !door {
			t.Errorf("%s is answered %d", path, p.Status)
		}
	}
}

func TestAN01TheProbeReportsAPlantedDefaultAccount(t *testing.T) {
	t.Parallel()
	w := desktest.New(t)
	id := w.Person(t, org.Person{Name: "Admin", Login: "admin"}, org.Administrator, org.Scope{Kind: org.WholeInstance})
	w.PlantPassword(t, id, "changeme")
	if in := worksWithout(t, openUnthrottled(t, w)); !slices.Equal(in, []string{"admin/changeme"}) {
		t.Errorf("the probe reports %q", in)
	}
}

// openUnthrottled serves a world whose clock passes the window of every limit between two requests.
func openUnthrottled(t *testing.T, w *desktest.World) *httptest.Server {
	t.Helper()
	d := w.Deps()
	d.Proxies = desktest.Anybody()
	h, err := web.New(d)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	return desktest.Serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		n++
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", n/250, n%250))
		h.ServeHTTP(rw, r)
	}))
}

func TestAN01TheSetUpCodeWorksOnceAndIsNowhereElse(t *testing.T) {
	t.Parallel()
	w := desktest.New(t)
	server := w.Open(t)
	code, err := w.Auth.PrepareSetUp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := desktest.Visit(t, server)
	whole(t, b.Get("/setup"), 200)
	if door := b.Get("/signin"); door.Find(`a[href="/setup"]`).Length() != 1 {
		t.Error("the door of an empty instance does not lead to the set-up")
	}
	fill := []string{"name", "Rina Contoh", "login", "rina", "password", desktest.Password, "again", desktest.Password, "code"}
	before := w.Store.Digest()
	refused := b.Send("/setup", "/setup", append(fill, "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA")...)
	whole(t, refused, 422)
	if w.Store.Digest() != before {
		t.Error("a wrong code changed something")
	}
	if got := refused.Form(t, "/setup"); got.Get("name") != "Rina Contoh" || got.Get("login") != "rina" || got.Get("password") != "" {
		t.Errorf("what was typed is kept as %v", got)
	}
	done := b.Send("/setup", "/setup", append(fill, strings.ToLower(code))...)
	if done.Status != 303 || done.Header.Get("Location") != "/admin" {
		t.Fatalf("set-up: status %d to %q\n%s", done.Status, done.Header.Get("Location"), done.Find("#summary").Text())
	}
	whole(t, b.Get("/admin"), 200)

	again := desktest.Visit(t, server)
	if p := again.Get("/setup"); p.Status != 404 {
		t.Errorf("the set-up page is reachable twice: %d", p.Status)
	}
	form := url.Values{"_token": {again.Get("/signin").Form(t, "/signin").Get("_token")}}
	for i := 0; i+1 < len(fill); i += 2 {
		form.Set(fill[i], fill[i+1])
	}
	form.Set("code", code)
	if p := again.Do(http.MethodPost, "/setup", form, nil); p.Status != 404 {
		t.Errorf("the code works twice: %d", p.Status)
	}
	plain := strings.ReplaceAll(code, "-", "")
	if log := strings.ToUpper(w.Log.String()); strings.Contains(log, code) || strings.Contains(log, plain) {
		t.Error("the code stands in the log")
	}
}

// cookieFaults lists what AN-04 finds wrong with a session cookie.
func cookieFaults(c *http.Cookie) []string {
	var wrong []string
	check := func(ok bool, what string) {
		if !ok {
			wrong = append(wrong, what)
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(c.Value)
	check(err == nil && len(raw) >= 16, "less than 128 bits")
	check(strings.HasPrefix(c.Name, "__Host-"), "no __Host- name")
	check(c.HttpOnly, "readable by scripts")
	check(c.Secure, "sent without TLS")
	check(c.SameSite == http.SameSiteLaxMode, "not SameSite=Lax")
	check(c.Path == "/" && c.Domain == "", "not bound to this host")
	return wrong
}

func sessionCookie(t *testing.T, p desktest.Page) *http.Cookie {
	t.Helper()
	for _, line := range p.Header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && c.Name == "__Host-zona" {
			return c
		}
	}
	t.Fatalf("no session cookie in %q", p.Header.Values("Set-Cookie"))
	return nil
}

func TestAN04SignInMakesANewSessionInAStrictCookie(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	b := desktest.Visit(t, server)
	// A neighbour has put a session id of its own into the browser.
	fixed := "cGxhbnRlZCBieSBhIG5laWdoYm91cg"
	values := b.Get("/signin").Form(t, "/signin")
	values.Set("login", "sari")
	values.Set("password", desktest.Password)
	done := b.Do(http.MethodPost, "/signin", values, http.Header{"Cookie": {"__Host-zona=" + fixed + "; __Host-zona-browser=" + b.Cookie("__Host-zona-browser")}})
	if done.Status != 303 {
		t.Fatalf("status %d", done.Status)
	}
	first := sessionCookie(t, done)
	if first.Value == fixed {
		t.Error("the session id was taken from the browser")
	}
	for _, wrong := range cookieFaults(first) {
		t.Error(wrong)
	}
	if p := desktest.Visit(t, server).Do(http.MethodGet, "/account", nil, http.Header{"Cookie": {"__Host-zona=" + fixed}}); p.Status != 303 {
		t.Errorf("the planted id is a session: %d", p.Status)
	}

	changed := b.Send("/account", "/account/password", "old", desktest.Password, "password", "kereta pagi dari selatan", "again", "kereta pagi dari selatan")
	if changed.Status != 303 {
		t.Fatalf("password change: %d %s", changed.Status, changed.Find("#summary").Text())
	}
	second := sessionCookie(t, changed)
	if second.Value == first.Value {
		t.Error("the session id outlived the password")
	}
	for _, wrong := range cookieFaults(second) {
		t.Error(wrong)
	}
	if p := desktest.Visit(t, server).Do(http.MethodGet, "/account", nil, http.Header{"Cookie": {"__Host-zona=" + first.Value}}); p.Status != 303 {
		t.Errorf("the session before the change still lives: %d", p.Status)
	}
	if kinds := w.Store.Kinds(); !slices.Contains(kinds, "password.changed") {
		t.Errorf("events: %q", kinds)
	}
}

func TestAN04TheCookieCheckReportsEachWeakness(t *testing.T) {
	t.Parallel()
	strong := http.Cookie{Name: "__Host-zona", Value: strings.Repeat("A", 43), Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode}
	if wrong := cookieFaults(&strong); len(wrong) > 0 {
		t.Fatalf("a strict cookie is reported: %q", wrong)
	}
	for name, spoil := range map[string]func(*http.Cookie){
		"short":    func(c *http.Cookie) { c.Value = "AAAA" },
		"name":     func(c *http.Cookie) { c.Name = "zona" },
		"script":   func(c *http.Cookie) { c.HttpOnly = false },
		"plain":    func(c *http.Cookie) { c.Secure = false },
		"samesite": func(c *http.Cookie) { c.SameSite = http.SameSiteNoneMode },
		"domain":   func(c *http.Cookie) { c.Domain = "example" },
	} {
		c := strong
		spoil(&c)
		if wrong := cookieFaults(&c); len(wrong) != 1 {
			t.Errorf("%s: %q", name, wrong)
		}
	}
}

func TestOnPlainLoopbackTheCookieWorksInEveryBrowser(t *testing.T) {
	t.Parallel()
	w := desktest.New(t)
	w.Person(t, org.Person{Name: "Sari", Login: "sari"}, org.Administrator, org.Scope{Kind: org.WholeInstance})
	d := w.Deps()
	d.Plain, d.Hosts = true, nil
	h, err := web.New(d)
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8080/signin", nil)
	h.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		if c.Secure || strings.HasPrefix(c.Name, "__Host-") || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %+v", c)
		}
	}
	if len(rec.Result().Cookies()) == 0 {
		t.Error("no cookie for the form")
	}
}

func TestAWrongPairIsAnsweredInTheSameWordsAndKeepsTheLogin(t *testing.T) {
	t.Parallel()
	_, server := setup(t)
	b := desktest.Visit(t, server)
	whole(t, b.Get("/signin"), 200)
	unknown := b.Send("/signin", "/signin", "login", "nobody", "password", "some secret words")
	wrong := b.Send("/signin", "/signin", "login", "sari", "password", "some secret words")
	whole(t, unknown, 422)
	whole(t, wrong, 422)
	if a, b := unknown.Find("#summary").Text(), wrong.Find("#summary").Text(); a != b || strings.TrimSpace(a) == "" {
		t.Errorf("told apart: %q and %q", a, b)
	}
	if got := wrong.Form(t, "/signin"); got.Get("login") != "sari" || got.Get("password") != "" {
		t.Errorf("kept: %v", got)
	}
	if strings.Contains(wrong.Body, "some secret words") {
		t.Error("the password is on the page")
	}
	if wrong.Find(`input[name="password"][autofocus]`).Length() != 1 {
		t.Error("the focus is not on what has to be typed again")
	}
	if !strings.HasPrefix(wrong.Find("title").Text(), "Perlu diperbaiki") {
		t.Errorf("the tab says %q", wrong.Find("title").Text())
	}
}

func TestSignInHelpsPasswordManagersAndAllowsPasting(t *testing.T) {
	t.Parallel()
	_, server := setup(t)
	p := desktest.Visit(t, server).Get("/signin")
	for selector, why := range map[string]string{
		`input[name="login"][autocomplete="username"][autocapitalize="none"][autofocus]`: "login",
		`input[name="password"][type="password"][autocomplete="current-password"]`:       "password",
	} {
		if p.Find(selector).Length() != 1 {
			t.Errorf("%s: no %s", why, selector)
		}
	}
}

func TestSignInGoesOnToOwnPagesOnly(t *testing.T) {
	t.Parallel()
	_, server := setup(t)
	cases := map[string]string{
		"/account":                     "/account",
		"/units?q=a":                   "/units?q=a",
		"":                             "/",
		"//evil.example":               "/",
		"https://evil.example":         "/",
		`/\evil.example`:               "/",
		"javascript:alert(1)":          "/",
		"/account\r\nX-Injected: true": "/",
	}
	for next, want := range cases {
		b := desktest.Visit(t, server)
		p := b.Do(http.MethodGet, "/signin?next="+url.QueryEscape(next), nil, nil)
		values := p.Form(t, "/signin")
		if got := values.Get("next"); got != "" && got != want {
			t.Errorf("%q stands in the form as %q", next, got)
		}
		values.Set("login", "sari")
		values.Set("password", desktest.Password)
		values.Set("next", next) // as if the check of the page were passed by
		done := b.Do(http.MethodPost, "/signin", values, nil)
		if done.Status != 303 || done.Header.Get("Location") != want || done.Header.Get("X-Injected") != "" {
			t.Errorf("%q leads to %q (%d)", next, done.Header.Get("Location"), done.Status)
		}
	}
}

func TestTooManyTriesAreToldToWaitWithTheLoginKept(t *testing.T) {
	t.Parallel()
	_, server := setup(t)
	b := desktest.Visit(t, server)
	var last desktest.Page
	for range 12 {
		last = b.Send("/signin", "/signin", "login", "sari", "password", "not this one either")
	}
	whole(t, last, 429)
	if last.Header.Get("Retry-After") == "" || last.Form(t, "/signin").Get("login") != "sari" {
		t.Errorf("Retry-After %q, form %v", last.Header.Get("Retry-After"), last.Form(t, "/signin"))
	}
}

func TestASessionEndsBySigningOutAndByWaiting(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	b := desktest.Visit(t, server)
	b.SignIn("sari")
	value := b.Cookie("__Host-zona")
	out := b.Send("/account", "/signout")
	if out.Status != 303 || b.Cookie("__Host-zona") != "" {
		t.Errorf("status %d, cookie %q", out.Status, b.Cookie("__Host-zona"))
	}
	stolen := http.Header{"Cookie": {"__Host-zona=" + value}}
	if p := b.Do(http.MethodGet, "/account", nil, stolen); p.Status != 303 {
		t.Errorf("the session lives on the server: %d", p.Status)
	}
	if p := b.Get("/signin"); !strings.Contains(p.Find("#notice").Text(), "sudah keluar") {
		t.Errorf("notice: %q", p.Find("#notice").Text())
	}

	b.SignIn("sari")
	whole(t, b.Get("/account"), 200)
	form := b.Get("/account").Form(t, "/account/theme")
	w.Pass(31 * time.Minute)
	idle := b.Do(http.MethodGet, "/account", nil, nil)
	if idle.Status != 303 || idle.Header.Get("Location") != "/signin?next=%2Faccount" {
		t.Errorf("idle for 31 minutes: %d to %q", idle.Status, idle.Header.Get("Location"))
	}
	whole(t, b.Do(http.MethodPost, "/account/theme", form, nil), 401)
}

func TestAnInvitationSetsAPasswordOnce(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	admin := w.Person(t, org.Person{Institution: pn.ID, Name: "Admin", Login: "adm"}, org.Administrator, org.Scope{Kind: org.WholeInstitution, Institution: pn.ID})
	by, err := w.Org.Actor(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	code, _, err := w.Auth.Invite(t.Context(), by, "sari")
	if err != nil {
		t.Fatal(err)
	}
	b := desktest.Visit(t, server)
	page := b.Get("/invitation/" + code)
	whole(t, page, 200)
	if got := page.Form(t, "/invitation").Get("code"); got != code {
		t.Errorf("the code from the address is filled in as %q", got)
	}
	fill := func(code, again string) desktest.Page {
		return b.Send("/invitation", "/invitation", "code", code, "password", "kereta pagi dari selatan", "again", again)
	}
	before := w.Store.Digest()
	for name, p := range map[string]desktest.Page{
		"a wrong code":         fill("WRONG-WRONG-WRONG-WRONG-WRONG", "kereta pagi dari selatan"),
		"two different":        fill(code, "kereta pagi dari utara"),
		"a password too short": b.Send("/invitation", "/invitation", "code", code, "password", "pendek", "again", "pendek"),
	} {
		whole(t, p, 422)
		if p.Find(".z-wrong").Length() == 0 || p.Find("#summary a").Length() == 0 {
			t.Errorf("%s: no field is named", name)
		}
		if p.Form(t, "/invitation").Get("code") == "" {
			t.Errorf("%s: the code has to be typed again", name)
		}
	}
	if w.Store.Digest() != before {
		t.Error("a refused invitation changed something")
	}
	done := fill(strings.ToLower(strings.ReplaceAll(code, "-", " ")), "kereta pagi dari selatan")
	if done.Status != 303 || done.Header.Get("Location") != "/" {
		t.Fatalf("status %d: %s", done.Status, done.Find("#summary").Text())
	}
	whole(t, b.Get("/account"), 200)
	whole(t, fill(code, "kereta pagi dari selatan"), 422)
	if strings.Contains(w.Log.String(), code) {
		t.Error("the code stands in the log")
	}
}

func TestTheOwnAccountChangesPasswordThemeAndSessions(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	b, other := desktest.Visit(t, server), desktest.Visit(t, server)
	b.SignIn("sari")
	other.SignIn("sari")
	before := w.Store.Digest()
	for name, pairs := range map[string][]string{
		"old":      {"old", "not the old one", "password", "kereta pagi dari selatan", "again", "kereta pagi dari selatan"},
		"again":    {"old", desktest.Password, "password", "kereta pagi dari selatan", "again", "kereta pagi"},
		"password": {"old", desktest.Password, "password", "pendek", "again", "pendek"},
	} {
		p := b.Send("/account", "/account/password", pairs...)
		whole(t, p, 422)
		if p.Find(`#f-`+name+`[aria-invalid="true"]`).Length() != 1 {
			t.Errorf("%s is not marked", name)
		}
		for _, secret := range pairs {
			if strings.Contains(secret, " ") && strings.Contains(p.Body, secret) {
				t.Errorf("%s: a password is on the page", name)
			}
		}
	}
	if w.Store.Digest() != before {
		t.Error("a refused password changed something")
	}
	b.Send("/account", "/account/theme", "theme", "dark")
	if p := b.Get("/account"); p.Find(`html[data-bs-theme="dark"]`).Length() != 1 {
		t.Error("the theme is not kept")
	}
	if p := b.Send("/account", "/account/sessions"); p.Status != 303 {
		t.Fatalf("status %d", p.Status)
	}
	if p := other.Do(http.MethodGet, "/account", nil, nil); p.Status != 303 {
		t.Errorf("the other browser is still signed in: %d", p.Status)
	}
	whole(t, b.Get("/account"), 200)
}

func TestWhenTheDatabaseIsDownTheDoorSaysSoWithoutDetails(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	b := desktest.Visit(t, server)
	form := b.Get("/signin").Form(t, "/signin")
	w.Store.Break()
	for _, p := range []desktest.Page{b.Do(http.MethodGet, "/signin", nil, nil), b.Do(http.MethodPost, "/signin", form, nil)} {
		whole(t, p, 500)
		if strings.Contains(p.Body, "no such table") || p.Find("code").Length() != 1 {
			t.Errorf("page: %s", p.Find("main").Text())
		}
	}
}
