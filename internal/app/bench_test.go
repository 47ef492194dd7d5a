package app

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"zona/internal/assessment"
	"zona/internal/auth"
	"zona/internal/config"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/scoring"
	"zona/internal/store"
)

// country is a database of many units over three years, served in the benchmark's process through the whole chain.
type country struct {
	db      *store.DB
	handler http.Handler
	session auth.Opened
	sheet   string
}

// newCountry makes it through the use cases; 2,000 units take about a minute.
func newCountry(b *testing.B, units int) *country {
	b.Helper()
	cfg := config.Default()
	cfg.Database = filepath.Join(b.TempDir(), "z.db")
	made, err := makeDemo(b.Context(), cfg, DemoOptions{Password: accessPassword, Courts: units, Years: 3}, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	c := &country{}
	c.db, _, err = openDatabase(b.Context(), cfg, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.db.Close() })
	s := newServices(c.db, time.Now)
	c.session, err = s.auth.SignIn(b.Context(), auth.Credentials{Login: made.Accounts[0].Login, Password: accessPassword, Source: "test"})
	if err != nil {
		b.Fatal(err)
	}
	actor, err := s.org.Actor(b.Context(), c.session.Session.Person)
	if err != nil {
		b.Fatal(err)
	}
	sheets, err := c.db.Assessments().Assessments(b.Context(), actor.Assignments[0].Scope.Unit)
	if err != nil || len(sheets) == 0 {
		b.Fatal(len(sheets), err)
	}
	c.sheet = sheets[0].ID
	if c.handler, err = handler(cfg, c.db, s, slog.New(slog.DiscardHandler), true); err != nil {
		b.Fatal(err)
	}
	return c
}

func (c *country) do(b *testing.B, method, path string, form url.Values, want int) *httptest.ResponseRecorder {
	b.Helper()
	if form != nil {
		form.Set("_token", c.session.Session.Token)
		form.Set("_key", org.NewID())
	}
	r := httptest.NewRequestWithContext(b.Context(), method, "http://localhost:8080"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(&http.Cookie{Name: "zona", Value: c.session.Value})
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, r)
	if rec.Code != want {
		b.Fatalf("%s %s: status %d: %.300s", method, path, rec.Code, rec.Body)
	}
	return rec
}

// BenchmarkPF4 opens the sheet and saves answers through chain, features and a durable SQLite with 2,000 units and
// three years in it, at one client and at eight on the same sheet. At the end the stored total is recalculated.
func BenchmarkPF4ThroughChainAndDatabase(b *testing.B) {
	c := newCountry(b, 2000)
	area := "/sheets/" + c.sheet + "?area=A.I.6"
	for _, clients := range []int{1, 8} {
		b.Run(fmt.Sprintf("page_at_%d", clients), func(b *testing.B) {
			size := 0
			c.together(b, clients, func(_, _ int) { size = max(size, c.do(b, http.MethodGet, area, nil, http.StatusOK).Body.Len()) })
			b.ReportMetric(float64(size)/1000, "kB")
		})
		b.Run(fmt.Sprintf("save_at_%d", clients), func(b *testing.B) {
			revisions := c.revisions(b)
			c.together(b, clients, func(client, n int) {
				question := saved[client]
				seen := revisions[question] + n
				// The note is another one each time: saving what stands already changes nothing.
				c.do(b, http.MethodPost, "/sheets/"+c.sheet+"/answers/"+question, url.Values{
					"revision": {strconv.Itoa(seen)}, "answer": {[]string{"A", "B"}[n%2]}, "note": {fmt.Sprint("catatan ", seen)},
				}, http.StatusSeeOther)
			})
		})
	}
	answers, err := c.db.Assessments().Answers(b.Context(), []string{c.sheet})
	if err != nil {
		b.Fatal(err)
	}
	in, err := instrument.ByID("lke-2021")
	if err != nil {
		b.Fatal(err)
	}
	stored, err := c.db.Assessments().Sheet(b.Context(), c.sheet)
	if err != nil {
		b.Fatal(err)
	}
	if total := scoring.Score(in, answers[c.sheet]).Total(); !total.Equal(stored.Assessment.Total) {
		b.Errorf("stored total %v, recalculated %v", stored.Assessment.Total, total)
	}
}

// saved are the questions that the clients answer, one each.
var saved = [...]string{"A.I.1.i.b", "A.I.1.ii.b", "A.I.1.ii.c", "A.I.1.iii.a", "A.I.1.iii.b", "A.I.1.iii.c", "A.I.2.i.a", "A.I.2.i.b"}

func (c *country) revisions(b *testing.B) map[string]int {
	b.Helper()
	entries, err := c.db.Assessments().Entries(b.Context(), c.sheet)
	if err != nil {
		b.Fatal(err)
	}
	out := map[string]int{}
	for _, e := range entries {
		out[e.Question] = e.Revision
	}
	return out
}

// together runs the loop on several clients and reports the median and the 95th percentile of one request.
func (c *country) together(b *testing.B, clients int, request func(client, n int)) {
	b.Helper()
	var mu sync.Mutex
	var took []time.Duration
	var wait sync.WaitGroup
	b.ResetTimer()
	for client := range clients {
		wait.Go(func() {
			for n := range b.N/clients + 1 {
				started := time.Now()
				request(client, n)
				d := time.Since(started)
				// A client on the other side of a connection cannot keep the processor between two requests; without
				// this one runs alone until it is stopped after 10 ms, and the others wait as long.
				runtime.Gosched()
				mu.Lock()
				took = append(took, d)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms-p95")
}

// BenchmarkPF7 reads a filled workbook, compares it with the sheet and keeps it for the decision.
func BenchmarkPF7ImportWithPreview(b *testing.B) {
	c := newCountry(b, 10)
	s := newServices(c.db, time.Now)
	actor, err := s.org.Actor(b.Context(), c.session.Session.Person)
	if err != nil {
		b.Fatal(err)
	}
	view, err := s.sheets.View(b.Context(), actor, c.sheet)
	if err != nil {
		b.Fatal(err)
	}
	var raw bytes.Buffer
	if err := (workbooks{}).WriteWorkbook(&raw, view); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		id, err := s.sheets.PreviewImport(b.Context(), actor, assessment.Upload{
			Assessment: c.sheet, FileName: "lke.xlsx", Source: bytes.NewReader(raw.Bytes()), Size: int64(raw.Len()),
		})
		if err != nil {
			b.Fatal(err)
		}
		c.do(b, http.MethodGet, "/imports/"+id, nil, http.StatusOK)
	}
}

// BenchmarkPF8 starts the program on an existing database, asks for the first page, and looks at its idle memory.
func BenchmarkPF8StartToFirstPage(b *testing.B) {
	cfg := config.Default()
	cfg.Database = filepath.Join(b.TempDir(), "z.db")
	if _, err := makeDemo(b.Context(), cfg, DemoOptions{Password: accessPassword, Courts: 40, Years: 3}, io.Discard); err != nil {
		b.Fatal(err)
	}
	var resident float64
	for b.Loop() {
		resident = max(resident, startOnce(b, cfg.Database))
	}
	b.ReportMetric(resident, "MiB-idle")
}

func startOnce(b *testing.B, database string) (mib float64) {
	b.Helper()
	address := freeAddress(b)
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), serveEnv+"="+database, "ZONA_TEST_LISTEN="+address)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for {
		if resp, err := http.Get("http://" + address + "/signin"); err == nil {
			_ = resp.Body.Close()
			break
		}
		time.Sleep(time.Millisecond)
	}
	b.StopTimer()
	defer b.StartTimer()
	time.Sleep(200 * time.Millisecond)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmRSS:" {
			kb, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				b.Fatal(err)
			}
			mib = kb / 1024
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	return mib
}
