package account_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"zona/internal/auth"
	"zona/internal/web"
	"zona/internal/web/internal/desktest"
	"zona/internal/web/site"
)

// letters is an outbox with what was put into it.
type letters []site.Letter

func (l letters) Letters() []site.Letter { return l }

// posting is setup's world with mail: its service draws the codes that mails would carry.
func posting(t *testing.T, outbox site.Outbox) (*desktest.World, *auth.Service, *desktest.Browser) {
	t.Helper()
	w, _ := setup(t)
	service := w.Mailing()
	d := w.Deps()
	d.Sessions, d.Proofs, d.Account.Auth, d.Account.Factors = service, service, service, service
	d.Account.Mail, d.Account.Outbox, d.Site.Outbox = true, outbox != nil, outbox
	h, err := web.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return w, service, desktest.Visit(t, desktest.Serve(t, h))
}

func TestWhoeverForgotIsToldTheSameWhetherTheLoginExists(t *testing.T) {
	t.Parallel()
	_, _, b := posting(t, nil)
	whole(t, b.Get("/forgot"), 200)
	told := map[string]string{}
	for _, login := range []string{"sari", "tidak.ada"} {
		p := b.Send("/forgot", "/forgot", "login", login)
		if p.Status != http.StatusSeeOther || p.Header.Get("Location") != "/forgot" {
			t.Fatalf("%s: %d to %q", login, p.Status, p.Header.Get("Location"))
		}
		next := b.Get("/forgot")
		whole(t, next, 200)
		told[login] = strings.TrimSpace(next.Find("#notice").Text())
		// It only tells: no tick says that something has been done.
		if next.Find("#notice .z-info").Length() != 1 || next.Find("#notice .z-good").Length() != 0 {
			t.Errorf("%s: notice %q", login, told[login])
		}
	}
	if told["sari"] == "" || told["sari"] != told["tidak.ada"] {
		t.Errorf("told %q", told)
	}
	if p := b.Get("/forgot"); strings.TrimSpace(p.Find("#notice").Text()) != "" {
		t.Error("the notice is shown twice")
	}
}

func TestWithoutMailTheForgottenIsAskedForOnPaper(t *testing.T) {
	t.Parallel()
	_, server := setup(t)
	b := desktest.Visit(t, server)
	p := b.Get("/forgot")
	whole(t, p, 200)
	if p.Find(`form[action="/forgot"]`).Length() != 0 || p.Find(`main a[href="/signin"]`).Length() != 1 {
		t.Error("the page offers a form, or no way back")
	}
	if p := b.Get("/outbox"); p.Status != http.StatusNotFound {
		t.Errorf("an outbox without a demo: %d", p.Status)
	}
}

func TestACodeOfAMailSetsANewPasswordOnceAndLeadsToTheDoor(t *testing.T) {
	t.Parallel()
	w, service, b := posting(t, nil)
	code, _, err := service.ResetCode(t.Context(), "sari")
	if err != nil {
		t.Fatal(err)
	}
	const other = "perahu kertas di sungai kecil"
	page := b.Get("/reset/" + code)
	whole(t, page, 200)
	if got := page.Form(t, "/reset").Get("code"); got != code {
		t.Errorf("the link fills in %q", got)
	}
	before := w.Store.Digest()
	differ := b.Send("/reset/"+code, "/reset", "code", code, "password", other, "again", other+"!")
	whole(t, differ, 422)
	if got := differ.Form(t, "/reset"); got.Get("code") != code || got.Get("password") != "" || differ.Find("#f-again-wrong").Length() != 1 {
		t.Error("the code is lost, a password comes back, or the field is not named")
	}
	if w.Store.Digest() != before {
		t.Error("a refused password changed something")
	}
	if p := b.Send("/reset/"+code, "/reset", "code", code, "password", other, "again", other); p.Status != http.StatusSeeOther || p.Header.Get("Location") != "/signin" {
		t.Fatalf("status %d to %q", p.Status, p.Header.Get("Location"))
	}
	if door := b.Get("/signin"); door.Find("#notice .z-good").Length() != 1 {
		t.Errorf("the door says %q", door.Find("#notice").Text())
	}
	whole(t, b.Send("/reset", "/reset", "code", code, "password", desktest.Password, "again", desktest.Password), 422)
	if p := b.Send("/signin", "/signin", "login", "sari", "password", other); p.Status != http.StatusSeeOther {
		t.Errorf("the new password: %d", p.Status)
	}
}

func TestTheOutboxOfTheDemoLinksToItsOwnPagesOnly(t *testing.T) {
	t.Parallel()
	_, _, b := posting(t, letters{{
		At: desktest.Start(), To: "sari@contoh.example", Subject: "Kata sandi baru",
		Body: "Yth. <b>Sari</b>,\n\n" + desktest.URL + "/reset/KODE\n\nhttps://lain.example/reset/KODE\n\nKODE\n",
	}})
	if p := b.Get("/forgot"); p.Find(`main a[href="/outbox"]`).Length() != 1 {
		t.Error("nothing leads to the outbox")
	}
	p := b.Get("/outbox")
	whole(t, p, 200)
	if p.Find(`main a[href="/reset/KODE"]`).Length() != 1 || p.Find(`main a[href*="lain.example"]`).Length() != 0 || p.Find("main b").Length() != 0 {
		t.Errorf("links or markup: %s", p.Body)
	}
	if text := p.Find("main").Text(); !strings.Contains(text, "sari@contoh.example") || !strings.Contains(text, "1 April 2026 pukul 08.00 WIB") {
		t.Errorf("the letter reads %q", text)
	}
	_, _, none := posting(t, letters{})
	if p := none.Get("/outbox"); p.Find(`.z-empty a[href="/forgot"]`).Length() != 1 {
		t.Error("an empty outbox does not name the first step")
	}
}

func TestALateSecondStepIsToldWithoutATick(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	enrolled(t, w, server)
	b := desktest.Visit(t, server)
	if p := b.Send("/signin", "/signin", "login", "sari", "password", desktest.Password); p.Status != http.StatusSeeOther {
		t.Fatalf("the first step: %d", p.Status)
	}
	step := b.Get("/signin/factor").Form(t, "/signin/factor")
	w.Pass(time.Hour)
	step.Set("code", "123456")
	p := b.Do(http.MethodPost, "/signin/factor", step, nil)
	if p.Status != http.StatusSeeOther || p.Header.Get("Location") != "/signin" {
		t.Fatalf("status %d to %q", p.Status, p.Header.Get("Location"))
	}
	door := b.Get("/signin")
	whole(t, door, 200)
	if door.Find("#notice .z-info").Length() != 1 || door.Find("#notice .z-good").Length() != 0 {
		t.Errorf("the door says %q", door.Find("#notice").Text())
	}
}
