package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

var noon = time.Date(2026, 5, 20, 5, 0, 0, 0, time.UTC)

// people are the sessions of a test by cookie value, and the persons behind them.
type people map[string]org.Actor

func (p people) Lookup(_ context.Context, cookie string) (auth.Session, error) {
	a, ok := p[cookie]
	if !ok {
		return auth.Session{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return auth.Session{Person: a.Person, Token: "token-of-" + a.Person}, nil
}

func (p people) Actor(_ context.Context, person string) (org.Actor, error) {
	for _, a := range p {
		if a.Person == person {
			return a, nil
		}
	}
	return org.Actor{}, fault.New(fault.NotFound, "fault.not_found")
}

func (people) Institution(_ context.Context, id string) (org.Institution, error) {
	return org.Institution{ID: id, Name: "Mahkamah Contoh", Kind: org.Central, Zone: "Asia/Jakarta"}, nil
}

// actor is somebody with one role over one institution.
func actor(person string, role org.Role) org.Actor {
	return org.Actor{
		Person: person, Name: "Pengguna " + person, Institution: "inst",
		Assignments: []org.Assignment{{Role: role, Scope: org.Scope{Kind: org.WholeInstitution, Institution: "inst"}, From: noon.Add(-time.Hour)}},
	}
}

// world is a server over rows of the test's own.
type world struct {
	*server
	log *bytes.Buffer
}

func setup(t *testing.T, change func(*Deps), rows ...Row) world {
	t.Helper()
	var log bytes.Buffer
	d := Deps{
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: func() time.Time { return noon },
	}
	crowd := people{"admin": actor("admin", org.Administrator), "reader": actor("reader", org.Observer)}
	d.Sessions, d.People = crowd, crowd
	if change != nil {
		change(&d)
	}
	assets, err := ui.ReadAssets(fstest.MapFS{
		"manifest.json":     {Data: []byte(`{"staff.css":"staff-1.css"}`)},
		"staff-1.css":       {Data: []byte("body{}")},
		"staff-1.css.br":    {Data: []byte("br")},
		"staff-1.css.gz":    {Data: []byte("gz")},
		"not-listed.secret": {Data: []byte("never served")},
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(d, assets, append(rows, assetRow(assets)))
	if err != nil {
		t.Fatal(err)
	}
	return world{s, &log}
}

// request is one call, as a browser of today would send it.
type request struct {
	method, target, cookie string
	form                   url.Values
	header                 http.Header
	host                   string
}

func (w world) do(t *testing.T, q request) *http.Response {
	t.Helper()
	return call(t, w, q)
}

func call(t *testing.T, h http.Handler, q request) *http.Response {
	t.Helper()
	if q.method == "" {
		q.method = http.MethodGet
	}
	var body io.Reader
	if q.form != nil {
		body = strings.NewReader(q.form.Encode())
	}
	r := httptest.NewRequestWithContext(t.Context(), q.method, q.target, body)
	r.Host = "localhost:8080"
	if q.host != "" {
		r.Host = q.host
	}
	if q.form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if q.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "__Host-zona", Value: q.cookie})
	}
	maps.Copy(r.Header, q.header)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Result()
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func ok(w http.ResponseWriter, _ *http.Request) error {
	_, err := io.WriteString(w, "served")
	return err
}

func refuse(err error) route.Handler {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

// wantHeaders are those of WB-01, to the letter.
func wantHeaders(tls bool) map[string]string {
	h := map[string]string{
		"Content-Security-Policy":    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":     "nosniff",
		"Referrer-Policy":            "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin",
		"Strict-Transport-Security":  "max-age=31536000",
	}
	if !tls {
		h["Strict-Transport-Security"] = ""
	}
	return h
}

func wrongHeaders(got http.Header, tls bool) []string {
	var wrong []string
	for name, want := range wantHeaders(tls) {
		if got.Get(name) != want || len(got.Values(name)) > 1 {
			wrong = append(wrong, fmt.Sprintf("%s: %q, want %q", name, got.Get(name), want))
		}
	}
	if got.Get("Permissions-Policy") == "" {
		wrong = append(wrong, "Permissions-Policy is missing")
	}
	if got.Get("Access-Control-Allow-Origin") != "" {
		wrong = append(wrong, "Access-Control-Allow-Origin opens the site to others")
	}
	return wrong
}

func TestWB01SecurityHeadersStandOnEveryAnswer(t *testing.T) {
	t.Parallel()
	rows := []Row{
		{Pattern: "GET /page", Public: true, Handle: ok},
		{Pattern: "GET /mine", Self: true, Handle: ok},
		{Pattern: "GET /broken", Public: true, Handle: refuse(errors.New("disk full"))},
		{Pattern: "GET /panics", Public: true, Handle: func(http.ResponseWriter, *http.Request) error { panic("boom") }},
		{Pattern: "GET /gone", Public: true, Handle: refuse(missing())},
		{Pattern: "POST /save", Self: true, Fields: route.NoFields(), Handle: ok},
	}
	cases := []struct {
		name   string
		q      request
		status int
	}{
		{"a page", request{target: "/page"}, 200},
		{"an asset", request{target: "/assets/staff-1.css"}, 200},
		{"a redirect to sign-in", request{target: "/mine"}, 303},
		{"a page that is not there", request{target: "/nothing"}, 404},
		{"a record that is not there", request{target: "/gone"}, 404},
		{"a wrong method", request{target: "/page", method: "DELETE"}, 405},
		{"TRACE", request{target: "/page", method: "TRACE"}, 405},
		{"a foreign site", request{target: "/save", method: "POST", header: http.Header{"Sec-Fetch-Site": {"cross-site"}}}, 403},
		{"a foreign host name", request{target: "/page", host: "evil.example"}, 421},
		{"an error", request{target: "/broken"}, 500},
		{"a panic", request{target: "/panics"}, 500},
	}
	for _, tls := range []bool{true, false} {
		w := setup(t, func(d *Deps) { d.Plain = !tls }, rows...)
		for _, c := range cases {
			t.Run(fmt.Sprintf("%s, TLS %v", c.name, tls), func(t *testing.T) {
				t.Parallel()
				res := w.do(t, c.q)
				if res.StatusCode != c.status {
					t.Errorf("status %d, want %d", res.StatusCode, c.status)
				}
				for _, wrong := range wrongHeaders(res.Header, tls) {
					t.Error(wrong)
				}
			})
		}
	}
}

func TestWB01TheHeaderCheckReportsAMissingHeader(t *testing.T) {
	t.Parallel()
	for name := range wantHeaders(true) {
		got := http.Header{}
		for n, v := range wantHeaders(true) {
			if n != name {
				got.Set(n, v)
			}
		}
		got.Set("Permissions-Policy", "camera=()")
		if wrong := wrongHeaders(got, true); len(wrong) != 1 || !strings.HasPrefix(wrong[0], name) {
			t.Errorf("without %s the check reports %q", name, wrong)
		}
	}
}

func TestARowMustSayWhoMayEnter(t *testing.T) {
	t.Parallel()
	cases := map[string]Row{
		"neither":               {Pattern: "GET /a", Handle: ok},
		"capability and public": {Pattern: "GET /a", Need: org.ViewUnits, Public: true, Handle: ok},
		"self and public":       {Pattern: "GET /a", Self: true, Public: true, Handle: ok},
		"self and capability":   {Pattern: "GET /a", Self: true, Need: org.ViewUnits, Handle: ok},
		"no method":             {Pattern: "/a", Public: true, Handle: ok},
		"no handler":            {Pattern: "GET /a", Public: true},
		"bare but not public":   {Pattern: "GET /a", Self: true, Bare: true, Handle: ok},
		"unsaid fields":         {Pattern: "POST /a", Self: true, Handle: ok},
		"bare change":           {Pattern: "POST /a", Public: true, Bare: true, Handle: ok},
	}
	for name, row := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := newServer(Deps{Now: time.Now}, &ui.Assets{}, []Row{row}); err == nil {
				t.Error("the server starts with this row")
			}
		})
	}
	twice := Row{Pattern: "GET /a", Public: true, Handle: ok}
	if _, err := newServer(Deps{Now: time.Now}, &ui.Assets{}, []Row{twice, twice}); err == nil {
		t.Error("the server starts with the same row twice")
	}
	if _, err := newServer(Deps{Now: time.Now}, &ui.Assets{}, []Row{twice}); err != nil {
		t.Errorf("a good row is refused: %v", err)
	}
}

func TestWhoMayNotEnterIsRefusedBeforeTheHandler(t *testing.T) {
	t.Parallel()
	var served []string
	note := func(w http.ResponseWriter, r *http.Request) error {
		served = append(served, r.URL.Path)
		return ok(w, r)
	}
	w := setup(t, nil,
		Row{Pattern: "GET /manage", Need: org.ManageInstitution, Handle: note},
		Row{Pattern: "POST /manage", Need: org.ManageInstitution, Fields: route.NoFields(), Handle: note},
		Row{Pattern: "GET /mine", Self: true, Handle: note},
	)
	token := func(person string) url.Values { return url.Values{"_token": {"token-of-" + person}} }
	cases := []struct {
		name   string
		q      request
		status int
		served bool
	}{
		{"nobody reads", request{target: "/manage?q=1"}, 303, false},
		{"nobody writes", request{target: "/manage", method: "POST", form: token("")}, 401, false},
		{"a script of nobody reads", request{target: "/manage", header: http.Header{"Hx-Request": {"true"}}}, 401, false},
		{"an ended session", request{target: "/mine", cookie: "stale"}, 303, false},
		{"a person without the capability", request{target: "/manage", cookie: "reader"}, 403, false},
		{"the same person writes", request{target: "/manage", method: "POST", cookie: "reader", form: token("reader")}, 403, false},
		{"a person with the capability", request{target: "/manage", cookie: "admin"}, 200, true},
		{"HEAD of a page", request{target: "/manage", method: "HEAD", cookie: "admin"}, 200, true},
		{"the same person writes", request{target: "/manage", method: "POST", cookie: "admin", form: token("admin")}, 200, true},
		{"any person about himself", request{target: "/mine", cookie: "reader"}, 200, true},
	}
	for _, c := range cases {
		served = nil
		res := w.do(t, c.q)
		if res.StatusCode != c.status || (len(served) > 0) != c.served {
			t.Errorf("%s: status %d, served %v; want %d, %v", c.name, res.StatusCode, served, c.status, c.served)
		}
		if res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: a page may be kept by caches", c.name)
		}
	}
	res := w.do(t, request{target: "/manage?q=1"})
	if got := res.Header.Get("Location"); got != "/signin?next=%2Fmanage%3Fq%3D1" {
		t.Errorf("nobody is sent to %q", got)
	}
}

func TestBodiesHaveALimit(t *testing.T) {
	t.Parallel()
	size := 0
	take := func(w http.ResponseWriter, r *http.Request) error {
		size = len(r.PostFormValue("text"))
		return ok(w, r)
	}
	w := setup(t, nil,
		Row{Pattern: "POST /form", Self: true, Fields: []string{"*"}, Handle: take},
		Row{Pattern: "POST /file", Self: true, Upload: true, Fields: []string{"*"}, Handle: take},
	)
	form := func(n int) url.Values {
		return url.Values{"_token": {"token-of-reader"}, "text": {strings.Repeat("a", n)}}
	}
	cases := []struct {
		target       string
		size, status int
	}{
		{"/form", 1 << 10, 200},
		{"/form", 1 << 20, 413},
		{"/file", 2 << 20, 200},
		{"/file", 20 << 20, 413},
	}
	for _, c := range cases {
		size = -1
		res := w.do(t, request{target: c.target, method: "POST", cookie: "reader", form: form(c.size)})
		if res.StatusCode != c.status || res.StatusCode == http.StatusOK && size != c.size {
			t.Errorf("%d bytes to %s: status %d and %d bytes read, want %d", c.size, c.target, res.StatusCode, size, c.status)
		}
	}
}

func TestErrorsTellNothingButAReference(t *testing.T) {
	t.Parallel()
	secret := "pq: relation \"answer\" in /srv/zona/main.go"
	w := setup(t, nil,
		Row{Pattern: "GET /broken", Public: true, Handle: refuse(errors.New(secret))},
		Row{Pattern: "GET /panics", Public: true, Handle: func(http.ResponseWriter, *http.Request) error { panic(secret) }},
	)
	for _, target := range []string{"/broken", "/panics"} {
		for _, script := range []bool{false, true} {
			w.log.Reset()
			q := request{target: target, header: http.Header{}}
			if script {
				q.header.Set("Hx-Request", "true")
			}
			res := w.do(t, q)
			body := read(t, res)
			if res.StatusCode != http.StatusInternalServerError || strings.Contains(body, "pq:") || strings.Contains(body, "main.go") || strings.Contains(body, "goroutine") {
				t.Errorf("%s: status %d, body %q", target, res.StatusCode, body)
			}
			_, after, found := strings.Cut(body, "<code>")
			reference, _, _ := strings.Cut(after, "</code>")
			if !found || len(reference) < 8 || !strings.Contains(w.log.String(), reference) || !strings.Contains(w.log.String(), "pq:") {
				t.Errorf("%s: reference %q does not lead to the log line %s", target, reference, w.log)
			}
		}
	}
}

func TestEveryKindOfFaultHasItsStatusAndPage(t *testing.T) {
	t.Parallel()
	busy := fault.New(fault.Busy, "ui.error.busy")
	busy.RetryAfter = 7
	cases := map[int]error{
		422: fault.New(fault.Invalid, "ui.fault.form"),
		403: fmt.Errorf("wrapped: %w", fault.New(fault.Forbidden, "ui.fault.forbidden")),
		404: fault.New(fault.NotFound, "ui.fault.missing"),
		409: fault.New(fault.Conflict, "ui.error.conflict"),
		413: fault.New(fault.TooLarge, "ui.fault.too-large"),
		429: fault.New(fault.TooMany, "ui.fault.slow", "Count", 3),
		503: busy,
		500: fault.New(fault.Kind(99), "ui.fault.internal"),
	}
	var rows []Row
	for status, err := range cases {
		rows = append(rows, Row{Pattern: fmt.Sprintf("GET /%d", status), Public: true, Handle: refuse(err)})
	}
	w := setup(t, nil, rows...)
	for status := range cases {
		target := fmt.Sprintf("/%d", status)
		id := read(t, w.do(t, request{target: target, header: http.Header{"Accept-Language": {"id"}}}))
		res := w.do(t, request{target: target, header: http.Header{"Accept-Language": {"en-GB"}}})
		en := read(t, res)
		if res.StatusCode != status {
			t.Errorf("%d became %d", status, res.StatusCode)
		}
		if !strings.Contains(id, `lang="id"`) || !strings.Contains(en, `lang="en"`) || strings.Contains(id+en, "ui.error") || strings.Contains(id+en, "ui.fault") {
			t.Errorf("%d: the page is not told in both languages", status)
		}
		part := w.do(t, request{target: target, header: http.Header{"Hx-Request": {"true"}}})
		if text := read(t, part); part.StatusCode != status || part.Header.Get("Hx-Retarget") != "#notice" || strings.Contains(text, "<html") {
			t.Errorf("%d: a script is answered %d %q", status, part.StatusCode, text)
		}
	}
	if res := w.do(t, request{target: "/503"}); res.Header.Get("Retry-After") != "7" {
		t.Errorf("Retry-After is %q", res.Header.Get("Retry-After"))
	}
}

func TestAWrongMethodNamesTheRightOnes(t *testing.T) {
	t.Parallel()
	w := setup(t, nil, Row{Pattern: "GET /page", Public: true, Handle: ok}, Row{Pattern: "POST /page", Public: true, Fields: route.NoFields(), Handle: ok})
	res := w.do(t, request{target: "/page", method: "PUT"})
	if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("status %d, Allow %q", res.StatusCode, res.Header.Get("Allow"))
	}
}

func TestAssetsAreKeptForeverAndSentCompressed(t *testing.T) {
	t.Parallel()
	w := setup(t, nil)
	cases := []struct{ accept, encoding, body string }{
		{"", "", "body{}"},
		{"gzip, deflate", "gzip", "gz"},
		{"gzip, deflate, br", "br", "br"},
		{"br;q=0, gzip;q=0.5", "gzip", "gz"},
		{"identity", "", "body{}"},
	}
	for _, c := range cases {
		res := w.do(t, request{target: "/assets/staff-1.css", header: http.Header{"Accept-Encoding": {c.accept}}})
		if got := read(t, res); got != c.body || res.Header.Get("Content-Encoding") != c.encoding {
			t.Errorf("%q: %q as %q", c.accept, got, res.Header.Get("Content-Encoding"))
		}
		if got := res.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("Cache-Control is %q", got)
		}
	}
	for _, name := range []string{"not-listed.secret", "manifest.json", "..%2Fmanifest.json", ""} {
		if res := w.do(t, request{target: "/assets/" + name}); res.StatusCode != http.StatusNotFound {
			t.Errorf("%q is served with status %d", name, res.StatusCode)
		}
	}
}
