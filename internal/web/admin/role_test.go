package admin_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"zona/internal/auth"
	"zona/internal/org"
	"zona/internal/web/admin"
	"zona/internal/web/internal/desktest"
	"zona/internal/web/internal/route"
)

// asked is a request as the chain hands it to a handler, of the person whose browser this is.
func asked(t *testing.T, w *desktest.World, b *desktest.Browser) *http.Request {
	t.Helper()
	session, err := w.Auth.Lookup(t.Context(), b.Cookie("__Host-zona"))
	if err != nil {
		t.Fatal(err)
	}
	actor, err := w.Org.Actor(t.Context(), session.Person)
	if err != nil {
		t.Fatal(err)
	}
	q := *route.From(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	q.Actor, q.Session, q.Token, q.At = actor, session, session.Token, w.Now()
	return route.With(httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/admin", nil), &q)
}

// reads is how the account page answers a session id.
func reads(t *testing.T, server *httptest.Server, id string) int {
	t.Helper()
	return desktest.Visit(t, server).Do(http.MethodGet, "/account", nil, http.Header{"Cookie": {"__Host-zona=" + id}}).Status
}

func TestAN04ARoleChangeEndsTheSessionIDOfThePerson(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	adm, sari := as(t, server, "adm"), as(t, server, "sari")
	before, admins := sari.Cookie("__Host-zona"), adm.Cookie("__Host-zona")
	observer := org.NewAssignment{Person: "sari", Role: org.Observer, Scope: org.Scope{Kind: org.WholeInstitution, Institution: "mine"}}

	// The control: the id lives, and a change that is refused leaves it alone.
	if err := admin.Assign(w.Deps().Admin, httptest.NewRecorder(), asked(t, w, sari), observer); err == nil {
		t.Fatal("somebody who manages nothing gave a role")
	}
	if got := reads(t, server, before); got != http.StatusOK {
		t.Fatalf("the id before the change: %d", got)
	}

	rec := httptest.NewRecorder()
	if err := admin.Assign(w.Deps().Admin, rec, asked(t, w, adm), observer); err != nil {
		t.Fatal(err)
	}
	if got := reads(t, server, before); got != http.StatusSeeOther {
		t.Errorf("the id before the change is answered %d at the next request", got)
	}
	if got := reads(t, server, admins); got != http.StatusOK || len(rec.Result().Cookies()) > 0 {
		t.Errorf("the session of who gave the role: %d, cookies %v", got, rec.Result().Cookies())
	}
	sari.SignIn("sari")
	if after := sari.Cookie("__Host-zona"); after == before || reads(t, server, after) != http.StatusOK {
		t.Error("no new id after signing in again")
	}
}

func TestAN04WhoeverChangesTheOwnRolesGoesOnUnderANewID(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	b, elsewhere := as(t, server, "adm"), as(t, server, "adm")
	before, other := b.Cookie("__Host-zona"), elsewhere.Cookie("__Host-zona")
	r, rec := asked(t, w, b), httptest.NewRecorder()
	was := route.From(r).Token
	err := admin.Assign(w.Deps().Admin, rec, r, org.NewAssignment{
		Person: "adm", Role: org.Coordinator, Scope: org.Scope{Kind: org.OneUnit, Institution: "mine", Unit: "top"},
	})
	if err != nil {
		t.Fatal(err)
	}
	cookies := rec.Result().Cookies()
	if len(cookies) != 1 || cookies[0].Name != "__Host-zona" || !cookies[0].HttpOnly || !cookies[0].Secure || cookies[0].SameSite != http.SameSiteLaxMode {
		t.Fatalf("cookies %v", cookies)
	}
	after := cookies[0].Value
	if after == before || route.From(r).Token == was {
		t.Error("id or form token stayed the same")
	}
	for id, want := range map[string]int{before: http.StatusSeeOther, other: http.StatusSeeOther, after: http.StatusOK} {
		if got := reads(t, server, id); got != want {
			t.Errorf("status %d, want %d (id before %v, after %v)", got, want, id == before, id == after)
		}
	}
	renewed, err := w.Auth.Lookup(t.Context(), after)
	if err != nil || renewed.Person != "adm" || renewed.Token != route.From(r).Token {
		t.Errorf("%+v, %v", renewed, err)
	}
}

// broken renews nothing.
type broken struct{ error }

func (b broken) Renew(_ context.Context, _ auth.Session) (auth.Opened, error) {
	return auth.Opened{}, b.error
}

func TestWhereASessionCannotBeRenewedTheHandlerSaysSo(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	d := w.Deps().Admin
	d.Sessions = broken{errors.New("disk")}
	rec := httptest.NewRecorder()
	err := admin.Assign(d, rec, asked(t, w, as(t, server, "adm")), org.NewAssignment{
		Person: "adm", Role: org.Coordinator, Scope: org.Scope{Kind: org.OneUnit, Institution: "mine", Unit: "top"},
	})
	if err == nil || len(rec.Result().Cookies()) > 0 {
		t.Errorf("%v, cookies %v", err, rec.Result().Cookies())
	}
}
