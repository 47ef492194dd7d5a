package route_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"zona/internal/fault"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/web/internal/route"
)

func send(t *testing.T, path, actor string, form url.Values) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r = route.With(r, &route.Request{Pattern: "POST /units/{unit}", Actor: org.Actor{Person: actor}, Token: "t", Printer: locale.For("id")})
	if err := route.Parse(r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAKeyNamesOneAttemptOfOnePerson(t *testing.T) {
	t.Parallel()
	form := url.Values{"_key": {"k1"}, "_token": {"before"}, "name": {"PN Contoh"}}
	key := route.Key(send(t, "/units/1", "sari", form))
	if key.Actor != "sari" || key.Route != "POST /units/{unit}" || key.Value != "k1" {
		t.Errorf("key %+v", key)
	}
	form.Set("_token", "after signing in again")
	if again := route.Key(send(t, "/units/1", "sari", form)); again != key {
		t.Error("a new token makes another attempt")
	}
	form.Set("name", "PN Lain")
	if other := route.Key(send(t, "/units/1", "sari", form)); other.Body == key.Body {
		t.Error("another body has the same hash")
	}
	form.Set("name", "PN Contoh")
	if other := route.Key(send(t, "/units/2", "sari", form)); other.Body == key.Body {
		t.Error("the same form about another unit has the same hash")
	}
	if other := route.Key(send(t, "/units/1", "sari", form), [32]byte{1}); other.Body == key.Body {
		t.Error("a file does not count")
	}
	if nobody := route.Key(send(t, "/units/1", "", form)); nobody.Actor == "" || nobody.Actor == key.Actor {
		t.Errorf("somebody unknown is %q", nobody.Actor)
	}
	form.Del("_key")
	if none := route.Key(send(t, "/units/1", "sari", form)); !none.IsZero() {
		t.Errorf("a form without key has %+v", none)
	}
}

func TestARefusedFormIsKeptWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	r := send(t, "/", "sari", url.Values{"_key": {"k1"}, "_token": {"t"}, "login": {"sari"}, "password": {"rahasia"}})
	form, ok := route.Again(r, fault.New(fault.Invalid, "fault.invalid").With("login", "fault.field.required"), "password")
	if !ok || form.Value("login") != "sari" || form.Value("password") != "" || form.Value("_token") != "" {
		t.Errorf("kept %v, %v", form.Values, ok)
	}
	if form.Key == "" || form.Key == "k1" {
		t.Errorf("the next attempt has the key %q", form.Key)
	}
	if wrong, ok := form.Wrong("login"); !ok || wrong.Message != "fault.field.required" {
		t.Errorf("wrong: %+v", wrong)
	}
	if _, ok := form.Wrong("password"); ok {
		t.Error("a good field is wrong")
	}
	for _, err := range []error{http.ErrBodyNotAllowed, fault.New(fault.NotFound, "x"), fault.New(fault.Forbidden, "x")} {
		if _, ok := route.Again(r, err); ok {
			t.Errorf("%v is shown as a form to mend", err)
		}
	}
}

func TestOnlyOwnPathsAreFollowed(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/": true, "/units?q=a&b=//c": true, "/a/b": true,
		"": false, "units": false, "//evil.example": false, "/\\evil.example": false, "https://evil.example": false,
		"javascript:alert(1)": false, "/a\r\nSet-Cookie: x": false, "/a\x00": false, "/\tevil": false, " /a": false,
		"/.//evil.example": false, "/%09/evil.example": false, "/a/../b": false, "/a/.": false, "/%5cevil.example": false, "/%2f/evil.example": false,
		"/a%2": false, "/sheets/a%20b": true, "/.well-known/security.txt": true,
		"/" + strings.Repeat("a", 3000): false,
	} {
		if got := route.Local(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}

func TestDoneLeavesOneMessageOfOurOwn(t *testing.T) {
	t.Parallel()
	done := func(path, message string, script bool) *http.Response {
		r := send(t, "/", "sari", nil)
		if script {
			r.Header.Set("Hx-Request", "true")
		}
		rec := httptest.NewRecorder()
		if err := route.Done(rec, r, path, message); err != nil {
			rec.WriteHeader(http.StatusInternalServerError)
		}
		return rec.Result()
	}
	res := done("/account", "account.done.password", false)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/account" || len(res.Cookies()) != 1 {
		t.Errorf("status %d, to %q, cookies %v", res.StatusCode, res.Header.Get("Location"), res.Cookies())
	}
	flash := func(cookie *http.Cookie) (string, []*http.Cookie) {
		r := send(t, "/", "sari", nil)
		r.AddCookie(cookie)
		rec := httptest.NewRecorder()
		return route.TakeFlash(rec, r), rec.Result().Cookies()
	}
	if message, cookies := flash(res.Cookies()[0]); message != "account.done.password" || len(cookies) != 1 || cookies[0].MaxAge >= 0 {
		t.Errorf("message %q, cookies %v", message, cookies)
	}
	for _, forged := range []string{"<b>x</b>", "ui.error.host", "account.done.", "account.done.a b"} {
		if message, _ := flash(&http.Cookie{Name: res.Cookies()[0].Name, Value: forged}); message != "" {
			t.Errorf("%q is shown", forged)
		}
	}
	if res := done("/account", "", true); res.StatusCode != http.StatusNoContent || res.Header.Get("Hx-Redirect") != "/account" {
		t.Errorf("a script gets %d, %q", res.StatusCode, res.Header.Get("Hx-Redirect"))
	}
	if res := done("/signin", "account.told.forgot", false); res.StatusCode != http.StatusSeeOther || len(res.Cookies()) != 1 {
		t.Errorf("what is only said: status %d, cookies %v", res.StatusCode, res.Cookies())
	} else if message, _ := flash(res.Cookies()[0]); message != "account.told.forgot" {
		t.Errorf("what is only said arrives as %q", message)
	}
	// A message that the next page would not show is an error at once, instead of silence.
	if res := done("/account", "account.forgot.sent", false); res.StatusCode != http.StatusInternalServerError || len(res.Cookies()) != 0 {
		t.Errorf("a message of another form: status %d, cookies %v", res.StatusCode, res.Cookies())
	}
	if res := done("//evil.example", "", false); res.StatusCode != http.StatusInternalServerError || res.Header.Get("Location") != "" {
		t.Errorf("a foreign path gets %d, %q", res.StatusCode, res.Header.Get("Location"))
	}
}
