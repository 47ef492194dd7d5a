// Package desktest is an instance of Zona for the tests of the desks: the real chain, the real features, and a store
// in memory. It refuses to be part of the program.
package desktest

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/alexedwards/argon2id"

	"zona/internal/auth"
	"zona/internal/org"
)

// World is an instance with its services. Build makes the pages of it.
type World struct {
	Store *Store
	Org   *org.Service
	Auth  *auth.Service
	Log   *Log

	mu  sync.Mutex // guards now
	now time.Time
}

// Start is when every world begins.
func Start() time.Time { return time.Date(2026, 4, 1, 1, 0, 0, 0, time.UTC) }

// New returns an empty instance: nobody has an account.
func New() *World {
	w := &World{now: Start(), Log: &Log{}}
	w.Store = &Store{clock: w.Now, state: state{
		Institutions: map[string]org.Institution{}, Units: map[string]org.Unit{}, Persons: map[string]org.Person{},
		Passwords: map[string]string{}, Codes: map[string]auth.Code{}, Outcomes: map[string]string{},
		sessions: map[[32]byte]auth.Session{}, steps: newSteps(), tree: newTree(),
	}}
	q := orgQueries{queries{w.Store}, lists{w.Store}}
	w.Org = org.New(orgTx{w.Store}, q, w.Now, org.NewID)
	w.Auth = auth.New(authTx{w.Store}, queries{w.Store}, auth.Options{
		Random: rand.Reader, Clock: w.Now, NewID: org.NewID, Actors: w.Org,
		// As cheap as possible: what is tested here is not the cost of guessing.
		Cost: &argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	})
	return w
}

type orgQueries struct {
	queries
	lists
}

// Now is the time of the world.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Pass lets time pass.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Logger writes to Log.
func (w *World) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(w.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Queries are the reads that the chain asks the store for itself.
func (w *World) Queries() org.Queries { return orgQueries{queries{w.Store}, lists{w.Store}} }

// Password is one that every rule accepts.
const Password = "sepeda biru di tepi sawah" //nolint:gosec // everybody in these tests has it

// Person adds somebody with a password and one role, and returns the id.
func (w *World) Person(t *testing.T, p org.Person, role org.Role, scope org.Scope) string {
	t.Helper()
	if p.ID == "" {
		p.ID = org.NewID()
	}
	hash, err := argon2id.CreateHash(Password, &argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	w.Store.mu.Lock()
	defer w.Store.mu.Unlock()
	w.Store.Persons[p.ID] = p
	w.Store.Passwords[p.ID] = hash
	w.Store.Roles = append(w.Store.Roles, org.Assignment{ID: org.NewID(), Person: p.ID, Role: role, Scope: scope, From: Start().Add(-time.Hour)})
	return p.ID
}

// Put adds institutions and units as they are.
func (w *World) Put(rows ...any) {
	w.Store.mu.Lock()
	defer w.Store.mu.Unlock()
	for _, row := range rows {
		switch row := row.(type) {
		case org.Institution:
			w.Store.Institutions[row.ID] = row
		case org.Unit:
			row.Kind = cmp.Or(row.Kind, org.PlainUnit)
			w.Store.Units[row.ID] = row
		}
	}
}

// Log keeps what was logged.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write is io.Writer's.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String is everything so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Browser is somebody who visits the pages over TLS: it keeps cookies and reads forms, and runs no script.
type Browser struct {
	t      *testing.T
	server *httptest.Server
	client *http.Client
	Header http.Header // sent with every request
}

// Serve opens the handler to browsers.
func Serve(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	return server
}

// Visit returns a browser without any cookie.
func Visit(t *testing.T, server *httptest.Server) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := *server.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Browser{t: t, server: server, client: &client, Header: http.Header{"Accept-Language": {"id"}}}
}

// Page is an answer, read whole.
type Page struct {
	*goquery.Document
	Status int
	Header http.Header
	Body   string
}

// Cookie returns the value that the browser holds, "" for none.
func (b *Browser) Cookie(name string) string {
	at, err := url.Parse(b.server.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// Do sends one request and does not follow redirects.
func (b *Browser) Do(method, path string, form url.Values, header http.Header) Page {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	maps.Copy(r.Header, b.Header)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, values := range header {
		r.Header[name] = values
		if values == nil {
			r.Header.Del(name)
		}
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(text))
	if err != nil {
		b.t.Fatal(err)
	}
	return Page{doc, res.StatusCode, res.Header, string(text)}
}

// Get reads a page and follows redirects.
func (b *Browser) Get(path string) Page {
	b.t.Helper()
	return b.follow(b.Do(http.MethodGet, path, nil, nil))
}

func (b *Browser) follow(p Page) Page {
	b.t.Helper()
	for range 5 {
		if p.Status != http.StatusSeeOther {
			return p
		}
		p = b.Do(http.MethodGet, p.Header.Get("Location"), nil, nil)
	}
	b.t.Fatal("redirects without end")
	return p
}

// Form reads the form with this action from a page, with what stands in its fields.
func (p Page) Form(t *testing.T, action string) url.Values {
	t.Helper()
	form := p.Find(`form[action="` + action + `"]`)
	if form.Length() == 0 {
		t.Fatalf("no form for %s on the page:\n%s", action, p.Body)
	}
	values := url.Values{}
	form.First().Find("input[name], textarea[name], select[name]").Each(func(_ int, field *goquery.Selection) {
		name := field.AttrOr("name", "")
		_, checked := field.Attr("checked")
		switch {
		case field.Is("select"):
			if chosen, ok := field.Find("option[selected]").Attr("value"); ok {
				values.Set(name, chosen)
			}
		case field.Is(`[type="radio"], [type="checkbox"]`) && !checked:
		case field.Is("textarea"):
			values.Set(name, field.Text())
		default:
			values.Add(name, field.AttrOr("value", ""))
		}
	})
	return values
}

// Send fills the form with this action on the page at from and sends it; the pairs are names and values. It does not
// follow the redirect.
func (b *Browser) Send(from, action string, pairs ...string) Page {
	b.t.Helper()
	values := b.Get(from).Form(b.t, action)
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return b.Do(http.MethodPost, action, values, nil)
}

// SignIn signs in with Password.
func (b *Browser) SignIn(login string) {
	b.t.Helper()
	if p := b.Send("/signin", "/signin", "login", login, "password", Password); p.Status != http.StatusSeeOther {
		b.t.Fatalf("sign-in as %s: status %d\n%s", login, p.Status, p.Find("#summary").Text())
	}
}

// PlantPassword sets a password that no rule would accept: for the controls of a probe.
func (w *World) PlantPassword(t *testing.T, person, password string) {
	t.Helper()
	hash, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	w.Store.mu.Lock()
	defer w.Store.mu.Unlock()
	w.Store.Passwords[person] = hash
}

// Anybody believes every neighbour's X-Forwarded-For: for tests that play many sources.
func Anybody() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}
