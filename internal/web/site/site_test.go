package site_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"zona/internal/org"
	"zona/internal/web/internal/desktest"
)

func TestTheDoorLeadsEverybodyToTheirWork(t *testing.T) {
	t.Parallel()
	w := desktest.New(t)
	w.Put(org.Institution{ID: "i", Name: "Mahkamah Contoh", Kind: org.Central, Zone: "Asia/Jakarta"}, org.Unit{ID: "u", Institution: "i", Path: "/u/", Name: "PN"})
	unit := org.Scope{Kind: org.OneUnit, Institution: "i", Unit: "u"}
	all := org.Scope{Kind: org.WholeInstitution, Institution: "i"}
	person := func(login string, role org.Role, scope org.Scope) {
		w.Person(t, org.Person{Institution: "i", Name: login, Login: login}, role, scope)
	}
	person("coordinator", org.Coordinator, unit)
	person("evaluator", org.TPIMember, all)
	person("admin", org.Administrator, all)
	person("nothing", org.Member, all) // a role that is not given over an institution: it grants nothing
	server := w.Open(t)
	for login, want := range map[string]string{"": "/signin", "coordinator": "/units", "evaluator": "/units", "admin": "/admin", "nothing": "/account"} {
		b := desktest.Visit(t, server)
		if login != "" {
			b.SignIn(login)
		}
		if p := b.Do(http.MethodGet, "/", nil, nil); p.Status != 303 || p.Header.Get("Location") != want {
			t.Errorf("%q is led to %q (%d), want %q", login, p.Header.Get("Location"), p.Status, want)
		}
	}
}

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
