// Package desktest is an instance of Zona for the tests of the desks: the real chain, the real features and a
// database of its own. It refuses to be part of the program.
package desktest

import (
	"bytes"
	"cmp"
	"context"
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

	"zona/internal/assessment"
	"zona/internal/audit"
	"zona/internal/auth"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/trail"
)

// World is an instance with its services. Build makes the pages of it.
type World struct {
	Store  *Store
	Org    *org.Service
	Auth   *auth.Service
	Sheets *assessment.Service
	Trail  *trail.Service
	Log    *Log

	mu  sync.Mutex // guards now
	now time.Time
}

// Start is when every world begins.
func Start() time.Time { return time.Date(2026, 4, 1, 1, 0, 0, 0, time.UTC) }

// New returns an empty instance: nobody has an account.
func New(tb testing.TB) *World {
	tb.Helper()
	w := &World{now: Start(), Log: &Log{}}
	w.Store = newStore(tb, w.Now)
	w.Org = org.New(w.Store.Org(), w.Store.Org(), w.Now, org.NewID)
	w.Auth = w.signIn(false)
	w.Sheets = assessment.New(w.Store.Assessments(), w.Store.Assessments(), assessment.Options{
		Clock: w.Now, NewID: org.NewID, Instruments: instrument.ByID,
	})
	w.Trail = trail.New(w.Store.Trail(), trail.Options{Clock: w.Now, Signer: signer(tb)})
	return w
}

// Mailing is the world's sign-in where somebody delivers mail.
func (w *World) Mailing() *auth.Service { return w.signIn(true) }

func (w *World) signIn(mail bool) *auth.Service {
	return auth.New(w.Store.Auth(), w.Store.Auth(), auth.Options{
		Random: rand.Reader, Clock: w.Now, NewID: org.NewID, Actors: w.Org, Cost: cheap(), Mail: mail,
	})
}

// signer signs checkpoints with a key of the world's own.
func signer(tb testing.TB) *audit.Signer {
	tb.Helper()
	secret, err := audit.NewKey(rand.Reader, "zona.example/log")
	if err != nil {
		tb.Fatal(err)
	}
	s, err := audit.NewSigner(secret)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// cheap hashes as little as possible: what is tested here is not the cost of guessing.
func cheap() *argon2id.Params {
	return &argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
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

// Password is one that every rule accepts.
const Password = "sepeda biru di tepi sawah" //nolint:gosec // everybody in these tests has it

// Person adds somebody with a password and one role, and returns the id.
func (w *World) Person(tb testing.TB, p org.Person, role org.Role, scope org.Scope) string {
	tb.Helper()
	if p.ID == "" {
		p.ID = org.NewID()
	}
	p.Login = cmp.Or(p.Login, p.ID)
	w.Store.put(func(ctx context.Context, st org.Store) error {
		if err := st.InsertPerson(ctx, p); err != nil || role == "" {
			return err
		}
		return st.InsertAssignment(ctx, org.Assignment{ID: org.NewID(), Person: p.ID, Role: role, Scope: scope, From: Start().Add(-time.Hour)})
	})
	w.PlantPassword(tb, p.ID, Password)
	return p.ID
}

// PlantPassword sets a password past every rule.
func (w *World) PlantPassword(tb testing.TB, person, password string) {
	tb.Helper()
	hash, err := argon2id.CreateHash(password, cheap())
	if err != nil {
		tb.Fatal(err)
	}
	_, _, err = w.Store.Auth().InTx(tb.Context(), idempotency.Key{}, func(ctx context.Context, st auth.Store) (string, error) {
		return "", st.SetPassword(ctx, person, hash)
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// Put adds institutions and units as they are, or gives those that are there already what is said of them now.
func (w *World) Put(rows ...any) {
	w.Store.put(func(ctx context.Context, st org.Store) error {
		for _, row := range rows {
			var err error
			switch row := row.(type) {
			case org.Institution:
				if was, missing := st.Institution(ctx, row.ID); missing == nil {
					err = st.UpdateInstitution(ctx, row, was.Rev)
				} else {
					err = st.InsertInstitution(ctx, row)
				}
			case org.Unit:
				row.Kind = cmp.Or(row.Kind, org.PlainUnit)
				if was, missing := st.Unit(ctx, row.ID); missing == nil {
					err = st.UpdateUnit(ctx, row, was.Rev)
				} else {
					err = st.InsertUnit(ctx, row)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Unit returns a unit as it is stored.
func (w *World) Unit(tb testing.TB, id string) org.Unit {
	tb.Helper()
	u, err := w.Store.Org().Unit(tb.Context(), id)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

// Account returns a person as he or she is stored.
func (w *World) Account(tb testing.TB, id string) org.Person {
	tb.Helper()
	p, err := w.Store.Org().Person(tb.Context(), id)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// Roles returns what a person was ever given.
func (w *World) Roles(tb testing.TB, person string) []org.Assignment {
	tb.Helper()
	a, err := w.Store.Org().Actor(tb.Context(), person)
	if err != nil {
		tb.Fatal(err)
	}
	return a.Assignments
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

// Anybody believes every neighbour's X-Forwarded-For: for tests that play many sources.
func Anybody() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}
