package site_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"zona/internal/web/internal/desktest"
)

func TestMachinesFindWhatTheyAskFor(t *testing.T) {
	t.Parallel()
	w := desktest.New(t)
	b := desktest.Visit(t, w.Open(t))
	for path, want := range map[string]string{
		"/livez":                    "ok\n",
		"/robots.txt":               "User-agent: *\nDisallow: /\n",
		"/.well-known/security.txt": "Contact: " + desktest.URL + "/help#security\n",
	} {
		p := b.Do(http.MethodGet, path, nil, nil)
		if p.Status != 200 || !strings.HasPrefix(p.Body, want) || p.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: %d %q", path, p.Status, p.Body)
		}
		if len(p.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s sets a cookie", path)
		}
	}
	security := b.Get("/.well-known/security.txt").Body
	_, after, _ := strings.Cut(security, "Expires: ")
	line, _, _ := strings.Cut(after, "\n")
	if until, err := time.Parse(time.RFC3339, line); err != nil || until.Sub(desktest.Start()) > 365*24*time.Hour || !until.After(desktest.Start()) {
		t.Errorf("expires %q: %v", line, err)
	}
	if p := b.Get("/help"); p.Find("#security").Length() != 1 {
		t.Error("the way to report a weakness is not on the help page")
	}
}

func TestHelpIsLightAndNeedsNoScript(t *testing.T) {
	t.Parallel()
	p := desktest.Visit(t, desktest.New(t).Open(t)).Get("/help")
	for _, fault := range p.Faults() {
		t.Error(fault)
	}
	if len(p.Body) > 14<<10 || p.Find("script").Length() > 0 {
		t.Errorf("%d bytes, %d scripts", len(p.Body), p.Find("script").Length())
	}
}
