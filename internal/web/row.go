package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/web/internal/route"
)

// row puts a row's own checks in front of its handler: body limit, source limit, session, capability, form token.
func (s *server) row(row Row) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.serve(row, w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

func (s *server) serve(row Row, w http.ResponseWriter, r *http.Request) error {
	if row.Bare {
		return row.Handle(w, r)
	}
	limit := int64(route.FormLimit)
	if row.Upload {
		limit = route.UploadLimit
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	changes := row.Method() != http.MethodGet
	if row.Limited && changes && s.limiter.OnLimit(w, r, route.From(r).Source) {
		f := fault.New(fault.TooMany, "ui.fault.slow", "Count", 60)
		f.RetryAfter = 60
		return f
	}
	if err := s.identify(w, r); err != nil {
		return err
	}
	q := route.From(r)
	if err := s.admit(row, q); err != nil {
		return err
	}
	if s.overdue(row, q) {
		if changes {
			return fault.New(fault.Forbidden, "factor.fault.needed")
		}
		return route.Done(w, r, "/account/factors?next="+url.QueryEscape(r.URL.RequestURI()), "")
	}
	if !changes {
		s.prepare(row, w, r)
		return row.Handle(w, r)
	}
	if err := route.Parse(r); err != nil {
		return err
	}
	if r.MultipartForm != nil {
		// What did not fit into memory waits in temporary files.
		defer func() { _ = r.MultipartForm.RemoveAll() }()
	}
	s.browserToken(r)
	if !sameToken(q.Token, r.PostForm) {
		return fault.New(fault.Forbidden, "ui.fault.token")
	}
	proof, given := takeProof(row, r)
	if err := row.Takes(r.PostForm); err != nil {
		return err
	}
	if row.StepUp {
		if err := s.stepUp(row, w, r, proof, given); err != nil {
			return err
		}
	}
	return row.Handle(w, r)
}

// identify finds out who asks and in which language. A cookie that belongs to no living session is nobody.
func (s *server) identify(w http.ResponseWriter, r *http.Request) error {
	q := route.From(r)
	if theme := route.Cookie(r, route.ThemeCookie); theme == "light" || theme == "dark" {
		q.Theme = theme
	}
	if err := s.resume(r, q); err != nil {
		return err
	}
	s.speak(w, r, q)
	return nil
}

func (s *server) resume(r *http.Request, q *route.Request) error {
	cookie := route.Cookie(r, route.SessionCookie)
	if cookie == "" {
		return nil
	}
	session, err := s.deps.Sessions.Lookup(r.Context(), cookie)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Unauthenticated) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("resume session: %w", err)
	}
	actor, err := s.deps.People.Actor(r.Context(), session.Person)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load actor: %w", err)
	}
	if actor.Institution != "" {
		if q.Institution, err = s.deps.People.Institution(r.Context(), actor.Institution); err != nil {
			return fmt.Errorf("load institution of actor: %w", err)
		}
	}
	s.signedIn(q, session, actor)
	if s.deps.Warnings != nil && !q.Demo && actor.Holds(org.RunInstance, q.At) {
		q.Warnings = s.deps.Warnings.Warnings(r.Context(), q.At)
	}
	if s.deps.LogWarnings != nil && actor.Holds(org.ViewLog, q.At) {
		q.Warnings = append(slices.Clip(q.Warnings), s.deps.LogWarnings.Warnings(r.Context(), q.At)...)
	}
	return nil
}

func (s *server) signedIn(q *route.Request, session auth.Session, actor org.Actor) {
	q.Session, q.Actor, q.Token = session, actor, session.Token
	q.Demo = q.Demo || q.Institution.Demo
	if due, needed := actor.FactorDue(q.At); needed && !session.Strong && s.deps.FactorsRequired && !q.Demo {
		q.Due = due
	}
	for _, row := range s.nav {
		if s.admit(row, q) == nil {
			q.Nav = append(q.Nav, route.Link{Path: strings.TrimSuffix(row.Path(), "{$}"), Label: row.Nav.Label, Also: row.Nav.Also})
		}
	}
}

// speak chooses the language: what was chosen in this browser, else what is noted for the person, else what the browser
// asks for. A link chooses (?lang=en), which is noted in the browser and nowhere else, so reading stays without effect.
func (s *server) speak(w http.ResponseWriter, r *http.Request, q *route.Request) {
	known := func(lang string) bool { return slices.Contains(locale.Languages(), lang) }
	lang := q.Actor.Lang
	if noted := route.Cookie(r, route.LangCookie); known(noted) {
		lang = noted
	}
	if asked := r.URL.Query().Get("lang"); known(asked) {
		lang = asked
		route.SetCookie(w, r, route.LangCookie, asked, 365*24*time.Hour)
	}
	if known(lang) {
		q.Printer = locale.For(lang)
	}
}

// admit is the row's own question: may this actor enter at all? About the exact object the use case asks again.
func (s *server) admit(row Row, q *route.Request) error {
	switch {
	case row.Public:
		return nil
	case !q.SignedIn():
		return fault.New(fault.Unauthenticated, "ui.fault.session")
	case row.Self:
		return nil
	case q.Actor.Holds(row.Need, q.At):
		return nil
	}
	return fault.New(fault.Forbidden, "ui.fault.forbidden")
}

// prepare readies a page that is read: the message left by the last change, and a form token for those who are not
// signed in.
func (s *server) prepare(row Row, w http.ResponseWriter, r *http.Request) {
	q := route.From(r)
	if !route.HTMX(r) {
		q.Flash = route.TakeFlash(w, r)
	}
	if q.SignedIn() || !row.Public {
		return
	}
	if s.browserToken(r); q.Token == "" {
		secret := rand.Text()
		route.SetCookie(w, r, route.BrowserCookie, secret, 0)
		q.Token = tokenOf(secret)
	}
}

// browserToken makes the form token of somebody who is not signed in, from a random value in a cookie that no
// neighbouring site can set or read.
func (s *server) browserToken(r *http.Request) {
	q := route.From(r)
	if q.SignedIn() {
		return
	}
	if secret := route.Cookie(r, route.BrowserCookie); len(secret) >= 20 && len(secret) <= 100 {
		q.Token = tokenOf(secret)
	}
}

// tokenOf keeps the cookie's value itself out of the page.
func tokenOf(secret string) string {
	sum := sha256.Sum256([]byte("form token\n" + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// sameToken wants exactly one token in the body; one in the address would end up in logs.
func sameToken(want string, form url.Values) bool {
	given := form[route.TokenField]
	return want != "" && len(given) == 1 && subtle.ConstantTimeCompare([]byte(want), []byte(given[0])) == 1
}
