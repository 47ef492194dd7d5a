package site_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"zona/internal/assessment"
	"zona/internal/org"
	"zona/internal/web/internal/desktest"
)

// court is an institution with two units, a period that takes answers, and people in every position.
func court(t *testing.T) (*desktest.World, func(login string) desktest.Page) {
	t.Helper()
	w := desktest.New(t)
	w.Put(org.Institution{ID: "i", Name: "Mahkamah Contoh", Kind: org.Central, Zone: "Asia/Jakarta"},
		org.Unit{ID: "u", Institution: "i", Path: "/u/", Name: "PN Contoh"}, org.Unit{ID: "v", Institution: "i", Path: "/v/", Name: "PN Lain"})
	unit := org.Scope{Kind: org.OneUnit, Institution: "i", Unit: "u"}
	all := org.Scope{Kind: org.WholeInstitution, Institution: "i"}
	person := func(login string, role org.Role, scope org.Scope) {
		w.Person(t, org.Person{ID: login, Institution: "i", Name: login, Login: login}, role, scope)
	}
	person("coordinator", org.Coordinator, unit)
	person("member", org.Member, unit)
	person("head", org.InstitutionHead, all)
	person("admin", org.Administrator, all)
	person("auditor", org.Auditor, all)
	person("nothing", "", org.Scope{})
	w.Person(t, org.Person{ID: "root", Name: "root", Login: "root"}, org.Administrator, org.Scope{Kind: org.WholeInstance})
	server := w.Open(t)
	return w, func(login string) desktest.Page {
		b := desktest.Visit(t, server)
		if login != "" {
			b.SignIn(login)
		}
		return b.Do(http.MethodGet, "/", nil, nil)
	}
}

func period(t *testing.T, w *desktest.World, opens, deadline time.Time) string {
	t.Helper()
	root, err := w.Org.Actor(t.Context(), "root")
	if err != nil {
		t.Fatal(err)
	}
	id, err := w.Sheets.CreatePeriod(t.Context(), root, assessment.NewPeriod{
		Institution: "i", Year: 2026, Name: "Evaluasi 2026", Instrument: "lke-2021", Zone: "Asia/Jakarta", Opens: opens, Deadline: deadline,
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func words(p desktest.Page) string { return strings.Join(strings.Fields(p.Find("main").Text()), " ") }

func TestAStrangerIsLedToTheDoor(t *testing.T) {
	t.Parallel()
	_, home := court(t)
	if p := home(""); p.Status != 303 || p.Header.Get("Location") != "/signin" {
		t.Errorf("%d, to %q", p.Status, p.Header.Get("Location"))
	}
}

func TestEverybodyIsToldWhatWaits(t *testing.T) {
	t.Parallel()
	w, home := court(t)
	id := period(t, w, desktest.Start().Add(-time.Hour), desktest.Start().AddDate(0, 0, 10))
	coordinator, err := w.Org.Actor(t.Context(), "coordinator")
	if err != nil {
		t.Fatal(err)
	}
	begun := false
	for range 2 {
		for login, want := range map[string]struct{ says, never []string }{
			"coordinator": {[]string{"PN Contoh", "Evaluasi 2026", "10 hari lagi"}, []string{"PN Lain", "belum mempunyai pimpinan"}},
			"member":      {[]string{"PN Contoh"}, []string{"Buka lembar", "PN Lain"}},
			"head":        {[]string{"PN Contoh", "PN Lain", "dalam jangkauan Anda"}, []string{"Buka lembar"}},
			"admin":       {[]string{"2 unit belum mempunyai pimpinan"}, []string{"10 hari lagi", "belum pernah masuk"}},
			"root":        {[]string{"2 unit belum mempunyai pimpinan"}, nil},
			"auditor":     {[]string{"Tidak ada yang menunggu Anda"}, []string{"PN Contoh"}},
			"nothing":     {[]string{"Tidak ada yang menunggu Anda"}, []string{"PN Contoh"}},
		} {
			p := home(login)
			if p.Status != 200 {
				t.Fatalf("%s gets %d", login, p.Status)
			}
			for _, fault := range p.Faults() {
				t.Errorf("%s: %s", login, fault)
			}
			for _, text := range want.says {
				if !strings.Contains(words(p), text) {
					t.Errorf("%s is not told %q: %s", login, text, words(p))
				}
			}
			for _, text := range want.never {
				if strings.Contains(words(p), text) {
					t.Errorf("%s is told %q: %s", login, text, words(p))
				}
			}
			if forms := p.Find("form[action$='/sheet']").Length(); (forms == 1) != (login == "coordinator" && !begun) {
				t.Errorf("%s may begin %d sheets", login, forms)
			}
		}
		if begun {
			break
		}
		if _, err := w.Sheets.Open(t.Context(), coordinator, assessment.NewAssessment{Unit: "u", Period: id, Target: "WBK"}); err != nil {
			t.Fatal(err)
		}
		begun = true
	}
	if p := home("member"); p.Find("th a[href^='/sheets/']").Length() != 1 || !strings.Contains(words(p), "0 dari 113 pertanyaan") {
		t.Errorf("the sheet that was begun is not led to: %s", words(p))
	}
	w.Pass(11 * 24 * time.Hour)
	if p := home("coordinator"); strings.Contains(words(p), "PN Contoh") {
		t.Errorf("a period that is over waits: %s", words(p))
	}
	if p := home("admin"); !strings.Contains(words(p), "Tidak ada periode yang berjalan") {
		t.Errorf("the administrator is not told that no period runs: %s", words(p))
	}
}

func TestWhoHasNeverSignedInIsCountedAndFound(t *testing.T) {
	t.Parallel()
	w, _ := court(t)
	period(t, w, desktest.Start().Add(-time.Hour), desktest.Start().AddDate(0, 1, 0))
	root, err := w.Org.Actor(t.Context(), "root")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Org.AddPerson(t.Context(), root, org.NewPerson{Institution: "i", PersonData: org.PersonData{Name: "Baru", Login: "baru"}}); err != nil {
		t.Fatal(err)
	}
	b := desktest.Visit(t, w.Open(t))
	b.SignIn("admin")
	home := b.Get("/")
	link := home.Find(`.z-tasks a[href*="entered="]`).AttrOr("href", "")
	if !strings.Contains(words(home), "1 orang belum pernah masuk") || link == "" {
		t.Fatalf("%s", words(home))
	}
	if rows := b.Get(link).Find("tbody tr"); rows.Length() != 1 || !strings.Contains(rows.Text(), "Baru") {
		t.Errorf("the list behind it: %s", rows.Text())
	}
	if rows := b.Get(home.Find(`.z-tasks a[href*="head="]`).AttrOr("href", "/")).Find("tbody tr"); rows.Length() != 2 {
		t.Errorf("the units without a head: %s", rows.Text())
	}
}
