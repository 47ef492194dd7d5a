package app

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"zona/internal/assessment"
)

// injections are texts that a statement built from text would run; each is tried in many spellings.
func injections() []string {
	var list []string
	for _, end := range []string{"'", "\"", "`", "')", "\")", "'))", "\\'", "';", "%'", "_'"} {
		for _, what := range []string{
			" OR 1=1 --", " OR 'a'='a", " UNION SELECT name, login FROM person --", "; DROP TABLE person; --", " AND 1=CAST((SELECT login FROM person LIMIT 1) AS INTEGER) --",
			" AND pg_sleep(5) --", " || (SELECT hash FROM credential LIMIT 1) || ", " ORDER BY 99 --", "\x00", " /*", " COLLATE nosuch", ") LIMIT 1 OFFSET 1 --",
			" GROUP BY 1 HAVING 1=1 --", " AND randomblob(100000000) --", " ESCAPE '", " GLOB '*'", " MATCH 'a'", " RETURNING *", " IS NULL --", " LIKE '%",
		} {
			list = append(list, end+what)
		}
	}
	return list
}

// told is what no page of ours ever says: words of databases, of Go and of the machine.
var told = regexp.MustCompile(`(?i)(SQLSTATE|sqlite|sql:|syntax error|no such (table|column)|pgconn|goroutine \d|\.go:\d|panic:|/tmp/|/home/|runtime error)`)

// TestWB05NothingTypedIsRunByTheDatabase puts two hundred injections into every field that searches, sorts, filters and
// pages, on every page: no error of the database, nothing slow, nothing changed.
func TestWB05NothingTypedIsRunByTheDatabase(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	list := injections()
	if len(list) < 200 {
		t.Fatalf("%d injections", len(list))
	}
	before := w.version()
	for n, row := range w.rows {
		if row.Method() != http.MethodGet || row.Public {
			continue
		}
		for i, text := range list {
			if testing.Short() && i%20 != n%20 {
				continue
			}
			v := url.QueryEscape(text)
			query := fmt.Sprintf("?q=%[1]s&sort=%[1]s&after=%[1]s&before=%[1]s&kind=%[1]s&period=%[1]s&institution=%[1]s&area=%[1]s&from=%[1]s&saved=%[1]s", v)
			body, status := w.get(row.Path(), own, "administrator, instance", query)
			if status >= http.StatusInternalServerError {
				t.Errorf("%s with %q: status %d", row.Pattern, text, status)
			}
			if said := told.FindString(body); said != "" {
				t.Errorf("%s with %q: says %q", row.Pattern, text, said)
			}
		}
	}
	if w.version() != before {
		t.Error("something changed")
	}
	if told.FindString(`ERROR: syntax error at or near "'" (SQLSTATE 42601)`) == "" {
		t.Error("a message of the database would not be noticed")
	}
}

func (w *accessWorld) get(path string, at place, who, query string) (string, int) {
	w.t.Helper()
	row := w.rows[0]
	row.Pattern = "GET " + path
	address := w.address(row, at, assessment.Open)
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://localhost:8080"+address+query, http.NoBody)
	if s, ok := w.sessions[who]; ok {
		r.AddCookie(&http.Cookie{Name: "zona", Value: s.Value})
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec.Body.String(), rec.Code
}

// TestWB06OnlyOurNamesMethodsAndProxiesCount speaks to a real listener: foreign hosts, other origins, TRACE, forwarded
// headers, two ways to say how long a body is, and a field that is sent twice.
func TestWB06OnlyOurNamesMethodsAndProxiesCount(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")
	token := w.sessions["administrator, instance"]
	cookie := "Cookie: zona=" + token.Value + "\r\n"
	for _, c := range []struct {
		name, request string
		want          string // beginning of the status line, or "" for "not 2xx and not 3xx"
		not           string // text that the answer must not hold
	}{
		{"the control: our own name", "GET /signin HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200", "Access-Control"},
		{"a foreign host", "GET /signin HTTP/1.1\r\nHost: evil.example\r\n\r\n", "", "evil.example"},
		{"a foreign host beside ours", "GET http://evil.example/signin HTTP/1.1\r\nHost: localhost\r\n\r\n", "", "evil.example"},
		{"two hosts", "GET /signin HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", "", "evil.example"},
		{"a forwarded host", "GET /signin HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n\r\n", "HTTP/1.1 200", "evil.example"},
		{"another origin", "GET /signin HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n", "HTTP/1.1 200", "Access-Control"},
		{"a preflight", "OPTIONS /units HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n", "", "Access-Control"},
		{"TRACE", "TRACE / HTTP/1.1\r\nHost: localhost\r\n" + cookie + "\r\n", "", token.Value},
		{"CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", "", "evil.example"},
		{"length and chunks", "POST /signin HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /units HTTP/1.1\r\nHost: localhost\r\n" + cookie + "\r\n", "", "Unit own"},
		{"two lengths", "POST /signin HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 40\r\n\r\n0\r\n\r\n", "", "Unit own"},
		{"a header folded over two lines", "GET /units HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n Cookie: zona=" + token.Value + "\r\n\r\n", "", "Unit own"},
		{"a blank before the colon", "GET /units HTTP/1.1\r\nHost : localhost\r\n" + cookie + "\r\n", "", "Unit own"},
	} {
		answer := raw(t, address, c.request)
		line, _, _ := strings.Cut(answer, "\r\n")
		ok := c.want != "" && strings.HasPrefix(line, c.want) ||
			c.want == "" && !strings.HasPrefix(line, "HTTP/1.1 2") && (!strings.HasPrefix(line, "HTTP/1.1 3") || strings.Contains(answer, "/signin"))
		if !ok {
			t.Errorf("%s: %s", c.name, line)
		}
		if strings.Contains(answer, c.not) {
			t.Errorf("%s: the answer holds %q", c.name, c.not)
		}
	}
	before := w.version()
	for _, form := range []url.Values{
		{"_token": {token.Session.Token}, "name": {"Satu", "Dua"}, "kind": {"kl"}, "zone": {"Asia/Jakarta"}},
		{"_token": {token.Session.Token, "lain"}, "name": {"Satu"}, "kind": {"kl"}, "zone": {"Asia/Jakarta"}},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/admin/institutions", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.AddCookie(&http.Cookie{Name: "zona", Value: token.Value})
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		if rec.Code < 400 || rec.Code >= 500 || w.version() != before {
			t.Errorf("a field sent twice: status %d, changed %v", rec.Code, w.version() != before)
		}
	}
}

// raw sends bytes and returns all that comes back within a moment.
func raw(t *testing.T, address, request string) string {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, strings.Replace(request, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)); err != nil {
		t.Fatal(err)
	}
	// A connection that the server breaks off ends what there is to read.
	body, _ := io.ReadAll(bufio.NewReader(conn))
	return string(body)
}

// TestWB08NoLinkLeadsAway asks every page to lead elsewhere, and looks at the links of every page.
func TestWB08NoLinkLeadsAway(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	targets := []string{
		"https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "data:text/html,x",
		"/%09/evil.example", "https:evil.example", "http://localhost@evil.example/", "/.//evil.example", "///evil.example", "\t//evil.example",
	}
	for _, row := range w.rows {
		if row.Method() != http.MethodGet {
			continue
		}
		for _, target := range targets {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet,
				"http://localhost:8080"+w.address(row, own, assessment.Open)+"?next="+url.QueryEscape(target)+"&return="+url.QueryEscape(target)+"&url="+url.QueryEscape(target), http.NoBody)
			r.AddCookie(&http.Cookie{Name: "zona", Value: w.sessions["coordinator"].Value})
			rec := httptest.NewRecorder()
			w.handler.ServeHTTP(rec, r)
			if leads(rec.Header().Get("Location")) {
				t.Errorf("%s?next=%s leads to %q", row.Pattern, target, rec.Header().Get("Location"))
			}
			for _, link := range links(t, rec) {
				if leads(link) {
					t.Errorf("%s?next=%s shows a link to %q", row.Pattern, target, link)
				}
			}
		}
	}
	for _, target := range targets {
		if !leads(target) {
			t.Errorf("a link to %q would not be noticed", target)
		}
	}
}

// leads reports whether a browser would leave this host, or run something, when it follows a link.
func leads(link string) bool {
	if link == "" {
		return false
	}
	spelled := strings.NewReplacer("\\", "/", "\t", "", "\n", "", "\r", "", "%09", "").Replace(strings.TrimSpace(link))
	u, err := url.Parse(spelled)
	if err != nil {
		return true
	}
	if u.Scheme != "" || u.Host != "" {
		return u.Scheme != "http" && u.Scheme != "https" || u.Hostname() != "localhost"
	}
	return strings.HasPrefix(spelled, "//") || strings.HasPrefix(spelled, "/./")
}

func links(t *testing.T, rec *httptest.ResponseRecorder) []string {
	t.Helper()
	if !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html") {
		return nil
	}
	page, err := goquery.NewDocumentFromReader(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, name := range []string{"href", "action", "formaction", "src"} {
		page.Find("[" + name + "]").Each(func(_ int, s *goquery.Selection) {
			// A link that says that it leaves takes nothing of ours along.
			if rel := s.AttrOr("rel", ""); strings.Contains(rel, "noreferrer") && strings.HasPrefix(s.AttrOr(name, ""), "https://") {
				return
			}
			list = append(list, s.AttrOr(name, ""))
		})
	}
	return list
}

// TestWB09WithoutItsTablesEveryPageFailsAndSaysNothingElse takes the tables away from under every page, so that each
// statement fails with a message of the database's own.
func TestWB09WithoutItsTablesEveryPageFailsAndSaysNothingElse(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	w.drop("assignment", "session")
	failed := 0
	for _, row := range w.rows {
		r := httptest.NewRequestWithContext(t.Context(), row.Method(), "http://localhost:8080"+w.address(row, own, assessment.Open), http.NoBody)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.AddCookie(&http.Cookie{Name: "zona", Value: w.sessions["administrator, instance"].Value})
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		body := rec.Body.String()
		if said := told.FindString(body); said != "" {
			t.Errorf("%s: says %q", row.Pattern, said)
		}
		if rec.Code < http.StatusInternalServerError {
			continue
		}
		failed++
		page, err := goquery.NewDocumentFromReader(strings.NewReader(body))
		w.must(err)
		if page.Find("h1").Length() != 1 || !strings.Contains(page.Text(), "Nomor rujukan") && !strings.Contains(page.Text(), "rujukan") {
			t.Errorf("%s: status %d without a page that gives a reference number: %.200s", row.Pattern, rec.Code, page.Text())
		}
	}
	// The control: without sessions hardly a page can work.
	if failed < len(w.rows)/2 {
		t.Errorf("only %d of %d rows noticed that tables are gone", failed, len(w.rows))
	}
}

// drop deletes tables behind the back of the program.
func (w *accessWorld) drop(tables ...string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.path+"?_pragma=busy_timeout(10000)")
	w.must(err)
	for _, table := range tables {
		_, err := db.ExecContext(w.t.Context(), "DROP TABLE "+table)
		w.must(err)
	}
	w.must(db.Close())
}
