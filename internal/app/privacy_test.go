package app

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zona/internal/auth"
	"zona/internal/config"
	"zona/internal/demo"
)

// ear keeps what a program writes to its log, at every level.
type ear struct {
	mu  sync.Mutex
	log bytes.Buffer
}

// Write implements io.Writer.
func (e *ear) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.log.Write(b)
}

func (e *ear) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.log.String()
}

// logged is a demo institution whose log is listened to.
type logged struct {
	ear     *ear
	handler http.Handler
	account demo.Account
	session auth.Opened
}

func newLogged(t *testing.T) *logged {
	t.Helper()
	w := &logged{ear: &ear{}}
	cfg := config.Default()
	cfg.Database = filepath.Join(t.TempDir(), "z.db")
	made, err := makeDemo(t.Context(), cfg, DemoOptions{Password: accessPassword, Courts: 2, Years: 1}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(w.ear, &slog.HandlerOptions{Level: slog.LevelDebug}))
	db, _, err := openDatabase(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := newServices(db, time.Now)
	w.account = made.Accounts[0]
	if w.session, err = s.auth.SignIn(t.Context(), auth.Credentials{Login: w.account.Login, Password: accessPassword, Source: "test"}); err != nil {
		t.Fatal(err)
	}
	if w.handler, err = handler(cfg, db, s, log, true); err != nil {
		t.Fatal(err)
	}
	return w
}

// send makes a request that carries a canary wherever one fits.
func (w *logged) send(t *testing.T, method, path string, form url.Values, signedIn bool) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost:8080"+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = "203.0.113.77:4711"
	r.Header.Set("User-Agent", "Kenari-Peramban/1.0")
	r.Header.Set("Referer", "http://localhost:8080/kenari-asal")
	r.Header.Set("X-Forwarded-For", "198.51.100.9")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if signedIn {
		r.AddCookie(&http.Cookie{Name: "zona", Value: w.session.Value})
	}
	r.AddCookie(&http.Cookie{Name: "lain", Value: "kenari-kuki"})
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec.Code
}

// TestOP05TheLogHoldsNothingOfAnyone goes through sign-in, pages, searches, answers and errors, with a text of its own
// in every place where somebody could leave one, and finds none of them in the log, which is kept at its most talkative.
func TestOP05TheLogHoldsNothingOfAnyone(t *testing.T) {
	t.Parallel()
	w := newLogged(t)
	token := w.session.Session.Token
	for _, path := range []string{
		"/", "/signin?next=/kenari-tujuan", "/units?q=kenari-pencarian", "/kenari-alamat-yang-tidak-ada", "/sheets/kenari-lembar",
		"/units?q=" + url.QueryEscape("baris\r\n{\"level\":\"ERROR\",\"msg\":\"kenari-palsu\"}\x1b[31m"),
		"/admin/institutions/kenari-instansi",
	} {
		w.send(t, http.MethodGet, path, nil, true)
		w.send(t, http.MethodGet, path, nil, false)
	}
	for _, form := range []url.Values{
		{"login": {"kenari-nama-masuk"}, "password": {"kenari sandi salah 1"}},
		{"login": {w.account.Login}, "password": {"kenari sandi salah 2"}},
	} {
		form.Set("_token", token)
		w.send(t, http.MethodPost, "/signin", form, false)
		w.send(t, http.MethodPost, "/signin", form, true)
	}
	w.send(t, http.MethodPost, "/sheets/kenari-lembar/answers/A.I.1.i.a", url.Values{"_token": {token}, "note": {"kenari-catatan"}, "revision": {"0"}}, true)
	w.send(t, http.MethodPost, "/account/password", url.Values{"_token": {token}, "current": {"kenari lama sekali"}, "password": {"kenari baru sekali"}}, true)

	text := w.ear.String()
	for _, what := range []string{
		"kenari", "Kenari", "203.0.113.77", "198.51.100.9", w.session.Value, token, accessPassword, w.account.Login, "\x1b", `"msg":"kenari`,
	} {
		if what != "" && strings.Contains(text, what) {
			t.Errorf("the log holds %q: %s", what, around(text, what))
		}
	}
	// The control: the log tells of each of these requests, so silence is not why nothing was found.
	for _, route := range []string{"GET /units", "POST /signin", "POST /sheets/{assessment}/answers/{question}"} {
		if !strings.Contains(text, route) {
			t.Errorf("the log does not know of %s", route)
		}
	}
	_, _ = fmt.Fprint(w.ear, "kenari")
	if !strings.Contains(w.ear.String(), "kenari") {
		t.Error("a canary that is in the log is not found")
	}
}

func around(text, what string) string {
	at := strings.Index(text, what)
	return text[max(0, at-120):min(len(text), at+120)]
}
