package account_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"zona/internal/org"
	"zona/internal/web"
	"zona/internal/web/internal/desktest"
)

// enrolled signs sari in and sets up an authenticator app for her: browser, secret, recovery codes.
func enrolled(t *testing.T, w *desktest.World, server *httptest.Server) (b *desktest.Browser, secret string, codes []string) {
	t.Helper()
	b = desktest.Visit(t, server)
	b.SignIn("sari")
	if p := b.Send("/account/factors", "/account/app"); p.Status != 303 || p.Header.Get("Location") != "/account/app" {
		t.Fatalf("begin: %d %q", p.Status, p.Header.Get("Location"))
	}
	page := b.Get("/account/app")
	whole(t, page, 200)
	if path := page.Find("svg.z-qr path").AttrOr("d", ""); len(path) < 1000 || !strings.HasPrefix(path, "M") {
		t.Errorf("no picture to scan: %.40q", path)
	}
	secret = strings.ReplaceAll(page.Find("p.z-code").Text(), " ", "")
	wrong := b.Send("/account/app", "/account/app/confirm", "code", "000000")
	whole(t, wrong, 422)
	if again := strings.ReplaceAll(wrong.Find("p.z-code").Text(), " ", ""); again != secret {
		t.Errorf("a wrong code changes the secret to %q", again)
	}
	shown := b.Send("/account/app", "/account/app/confirm", "code", codeAt(t, secret, w.Now()))
	whole(t, shown, 200)
	for _, node := range shown.Find("ol.z-codes code").Nodes {
		codes = append(codes, node.FirstChild.Data)
	}
	if len(codes) != 10 {
		t.Fatalf("recovery codes: %q", codes)
	}
	return b, secret, codes
}

func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestAN04SigningInWithASecondStepIsTwoStepsUnderTwoIDs(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	_, secret, _ := enrolled(t, w, server)
	w.Pass(time.Minute)
	b := desktest.Visit(t, server)
	door := b.Send("/signin?next=/account", "/signin", "login", "sari", "password", desktest.Password)
	if door.Status != 303 || door.Header.Get("Location") != "/signin/factor?next=%2Faccount" {
		t.Fatalf("after the password: %d to %q", door.Status, door.Header.Get("Location"))
	}
	pending := b.Cookie("__Host-zona-signin")
	if pending == "" || b.Cookie("__Host-zona") != "" {
		t.Fatalf("cookies after the password: pending %q, session %q", pending, b.Cookie("__Host-zona"))
	}
	// What waits opens nothing, neither under its own name nor under that of a session.
	for _, cookie := range []string{"__Host-zona-signin=" + pending, "__Host-zona=" + pending} {
		for _, path := range []string{"/account", "/account/factors", "/units"} {
			if p := desktest.Visit(t, server).Do(http.MethodGet, path, nil, http.Header{"Cookie": {cookie}}); p.Status != 303 || !strings.HasPrefix(p.Header.Get("Location"), "/signin?") {
				t.Errorf("%s with %.20s: %d to %q", path, cookie, p.Status, p.Header.Get("Location"))
			}
		}
	}
	whole(t, b.Get("/signin/factor"), 200)
	whole(t, b.Send("/signin/factor", "/signin/factor", "code", "123456"), 422)
	done := b.Send("/signin/factor?next=/account", "/signin/factor", "code", codeAt(t, secret, w.Now()))
	if done.Status != 303 || done.Header.Get("Location") != "/account" {
		t.Fatalf("after the code: %d to %q", done.Status, done.Header.Get("Location"))
	}
	c := sessionCookie(t, done)
	if c.Value == pending {
		t.Error("the id before the second step is the one after it")
	}
	for _, wrong := range cookieFaults(c) {
		t.Error(wrong)
	}
	whole(t, b.Get("/account"), 200)
	if b.Cookie("__Host-zona-signin") != "" {
		t.Error("what waited is still in the browser")
	}
	// It is used up: the same pending value with another code leads back to the door.
	w.Pass(time.Minute)
	late := desktest.Visit(t, server)
	form := late.Get("/signin").Form(t, "/signin")
	form.Del("login")
	form.Del("password")
	form.Set("code", codeAt(t, secret, w.Now()))
	again := late.Do(http.MethodPost, "/signin/factor", form, http.Header{"Cookie": {"__Host-zona-signin=" + pending + "; __Host-zona-browser=" + late.Cookie("__Host-zona-browser")}})
	if again.Status != 303 || again.Header.Get("Location") != "/signin" {
		t.Errorf("a used sign-in: %d to %q", again.Status, again.Header.Get("Location"))
	}
	if w.Log.String() == "" || strings.Contains(w.Log.String(), secret) {
		t.Error("the log is empty or holds the secret")
	}
}

func TestAN06ARecoveryCodeLetsInOnce(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	_, _, codes := enrolled(t, w, server)
	for _, want := range []int{303, 422} {
		b := desktest.Visit(t, server)
		b.SignIn("sari")
		if p := b.Send("/signin/factor", "/signin/factor", "code", strings.ToLower(codes[3])); p.Status != want {
			t.Errorf("status %d, want %d", p.Status, want)
		}
	}
	if kinds := w.Store.Kinds(); !slices.Contains(kinds, "recovery.used") || !slices.Contains(kinds, "factor.added") {
		t.Errorf("events: %q", kinds)
	}
}

// staff is an administrator of the institution, who does decisive acts.
func staff(t *testing.T, w *desktest.World) {
	t.Helper()
	w.Person(t, org.Person{ID: "rina", Institution: pn.ID, Name: "Rina", Login: "rina"}, org.Administrator, org.Scope{Kind: org.WholeInstitution, Institution: pn.ID})
}

const newPerson = "/admin/institutions/inst/people"

func TestAN08ADecisiveActAsksForAProofAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	staff(t, w)
	b := desktest.Visit(t, server)
	b.SignIn("rina")
	form := b.Get(newPerson+"/new?unit=u").Form(t, newPerson)
	for name, value := range map[string]string{"role": "member", "scope": "unit", "name": "Budi \"B\" <Contoh>", "login": "budi"} {
		form.Set(name, value)
	}
	w.Pass(6 * time.Minute)
	before := w.Store.Digest()
	asked := b.Do(http.MethodPost, newPerson, form, nil)
	whole(t, asked, 403)
	kept := asked.Form(t, newPerson)
	for name := range form {
		if name != "_token" && kept.Get(name) != form.Get(name) {
			t.Errorf("%s was %q and is %q", name, form.Get(name), kept.Get(name))
		}
	}
	old := b.Cookie("__Host-zona")
	kept.Set("_password", "not the password")
	refused := b.Do(http.MethodPost, newPerson, kept, nil)
	whole(t, refused, 422)
	if w.Store.Digest() != before {
		t.Error("something changed without a proof")
	}
	kept = refused.Form(t, newPerson)
	kept.Set("_password", desktest.Password)
	done := b.Do(http.MethodPost, newPerson, kept, nil)
	whole(t, done, 200)
	if !strings.Contains(done.Find("dd").Text(), `Budi "B" <Contoh>`) {
		t.Errorf("the person is called %q", done.Find("dd").Text())
	}
	if b.Cookie("__Host-zona") == old {
		t.Error("the session has the id that it had before the proof")
	}
	if p := desktest.Visit(t, server).Do(http.MethodGet, "/account", nil, http.Header{"Cookie": {"__Host-zona=" + old}}); p.Status != 303 {
		t.Errorf("the id before the proof still opens the account: %d", p.Status)
	}
}

// The control: with a proof of five minutes ago nothing is asked, and whoever has a second step is asked for that.
func TestAN08ThePasswordDoesNotStandForASecondStep(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	b, secret, _ := enrolled(t, w, server)
	w.Pass(5 * time.Minute)
	if p := b.Send("/account/factors", "/account/recovery"); p.Status != 200 {
		t.Errorf("after five minutes: %d", p.Status)
	}
	w.Pass(time.Second)
	asked := b.Send("/account/factors", "/account/recovery")
	whole(t, asked, 403)
	form := asked.Form(t, "/account/recovery")
	form.Set("_password", desktest.Password)
	if p := b.Do(http.MethodPost, "/account/recovery", form, nil); p.Status != 422 {
		t.Errorf("with the password: %d", p.Status)
	}
	form.Del("_password")
	form.Set("_code", codeAt(t, secret, w.Now()))
	if p := b.Do(http.MethodPost, "/account/recovery", form, nil); p.Status != 200 {
		t.Errorf("with the code: %d", p.Status)
	}
	// The own password is changed with the old one; whoever has a second step gives that too.
	w.Pass(6 * time.Minute)
	if p := b.Send("/account", "/account/password", "old", desktest.Password, "password", "kereta pagi dari selatan", "again", "kereta pagi dari selatan"); p.Status != 403 || strings.Contains(p.Body, "kereta pagi") {
		t.Errorf("changing the password: %d, or the password is on the page", p.Status)
	}
}

func TestAN08EveryRowOfADecisiveActAsks(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	staff(t, w)
	// Whoever runs the instance may enter all of them.
	w.Person(t, org.Person{ID: "ratna", Name: "Ratna", Login: "ratna"}, org.Administrator, org.Scope{Kind: org.WholeInstance})
	b := desktest.Visit(t, server)
	b.SignIn("ratna")
	token := b.Get("/account").Form(t, "/account/theme").Get("_token")
	w.Pass(6 * time.Minute)
	before := w.Store.Digest()
	var rows []string
	for _, row := range web.Table(w.Deps()) {
		if !row.StepUp {
			continue
		}
		rows = append(rows, row.Pattern)
		if row.Own {
			continue // asks for the password itself
		}
		path := regexp.MustCompile(`\{\w+\}`).ReplaceAllStringFunc(row.Path(), func(p string) string {
			if p == "{institution}" {
				return pn.ID
			}
			return "sari"
		})
		p := b.Do(http.MethodPost, path, map[string][]string{"_token": {token}}, nil)
		if p.Status != 403 || p.Find(`input[name="_password"]`).Length() != 1 {
			t.Errorf("%s: %d", row.Pattern, p.Status)
		}
	}
	if w.Store.Digest() != before {
		t.Error("something changed")
	}
	for _, want := range []string{"POST " + strings.ReplaceAll(newPerson, "inst/", "{institution}/") + "/{person}/invitation", "POST /account/password", "POST /account/app/remove"} {
		if !slices.Contains(rows, want) {
			t.Errorf("%s is no decisive act; those are %q", want, rows)
		}
	}
}

func TestSessionsAreListedAndEndOneByOne(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	here, there := desktest.Visit(t, server), desktest.Visit(t, server)
	there.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0")
	there.SignIn("sari")
	w.Pass(time.Second)
	here.SignIn("sari")
	page := here.Get("/account")
	whole(t, page, 200)
	if names := page.Find(".z-list b").Text(); !strings.Contains(names, "Firefox, Windows") || strings.Contains(page.Body, "140.0") {
		t.Errorf("sessions: %q", names)
	}
	action := page.Find(`form[action^="/account/sessions/"]`).AttrOr("action", "")
	if p := here.Send("/account", action); p.Status != 303 {
		t.Fatalf("ending: %d", p.Status)
	}
	if p := there.Do(http.MethodGet, "/account", nil, nil); p.Status != 303 {
		t.Errorf("the other browser goes on: %d", p.Status)
	}
	whole(t, here.Get("/account"), 200)
	// Somebody else's session is not there to be ended.
	staff(t, w)
	rina := desktest.Visit(t, server)
	rina.SignIn("rina")
	own := regexp.MustCompile(`^/account/sessions/`).ReplaceAllString(action, "")
	if p := rina.Do(http.MethodPost, "/account/sessions/"+own, map[string][]string{"_token": {rina.Get("/account").Form(t, "/account/theme").Get("_token")}}, nil); p.Status != 303 {
		t.Errorf("status %d", p.Status)
	}
	whole(t, here.Get("/account"), 200)
	if !slices.Contains(w.Store.Kinds(), "session.ended") {
		t.Error("no event")
	}
}

func TestWhoMustHaveASecondStepIsLedToItAfterADay(t *testing.T) {
	t.Parallel()
	w := desktest.New(t)
	w.Put(pn)
	staff(t, w)
	d := w.Deps()
	d.FactorsRequired = true
	h, err := web.New(d)
	if err != nil {
		t.Fatal(err)
	}
	server := desktest.Serve(t, h)
	b := desktest.Visit(t, server)
	b.SignIn("rina")
	first := b.Get("/admin")
	whole(t, first, 200)
	if first.Find(`aside a[href="/account/factors"]`).Length() != 1 {
		t.Error("nobody says what will be needed")
	}
	w.Pass(24 * time.Hour)
	b.SignIn("rina")
	if p := b.Do(http.MethodGet, "/admin/institutions/inst?x=1", nil, nil); p.Status != 303 || p.Header.Get("Location") != "/account/factors?next=%2Fadmin%2Finstitutions%2Finst%3Fx%3D1" {
		t.Errorf("after a day: %d to %q", p.Status, p.Header.Get("Location"))
	}
	page := b.Get("/account/factors?next=/admin")
	whole(t, page, 200)
	token := page.Form(t, "/account/app").Get("_token")
	if p := b.Do(http.MethodPost, "/admin/institutions/inst/units", map[string][]string{"_token": {token}, "name": {"X"}}, nil); p.Status != 403 {
		t.Errorf("a change: %d", p.Status)
	}
	b.Send("/account/factors", "/account/app")
	secret := strings.ReplaceAll(b.Get("/account/app").Find("p.z-code").Text(), " ", "")
	whole(t, b.Send("/account/app", "/account/app/confirm", "code", codeAt(t, secret, w.Now())), 200)
	whole(t, b.Get("/admin"), 200)
	// The control: without the rule of the configuration nobody is led anywhere.
	free := desktest.Visit(t, w.Open(t))
	free.SignIn("rina")
	w.Pass(time.Minute)
	if p := free.Send("/signin/factor", "/signin/factor", "code", codeAt(t, secret, w.Now())); p.Status != 303 {
		t.Errorf("with the second step: %d", p.Status)
	}
}
