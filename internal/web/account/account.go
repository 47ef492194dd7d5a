// Package account is the door and what stands behind it about oneself: sign-in and sign-out, the first administrator,
// invitations, the own password. It keeps no secret: codes and passwords go straight to package auth, and stand
// neither in a page nor in a log.
package account

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/org"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// Deps is what the desk needs.
type Deps struct {
	Auth    Auth
	Factors Factors
	Demo    bool // example accounts are printed where the program was started

	Mail   bool // mail is delivered: a forgotten password is replaced by oneself
	Outbox bool // and what was sent stands on a page of the demo
}

// Auth proves who asks.
type Auth interface {
	SetUpNeeded(ctx context.Context) (bool, error)
	SetUp(ctx context.Context, cmd auth.FirstAdministrator) (auth.Opened, error)
	AskReset(ctx context.Context, login, source string) error
	ResetPassword(ctx context.Context, cmd auth.ResetPassword) error
	Accept(ctx context.Context, cmd auth.Acceptance) (auth.Opened, error)
	SignIn(ctx context.Context, c auth.Credentials) (auth.Opened, error)
	SignOut(ctx context.Context, s auth.Session) error
	ChangePassword(ctx context.Context, by org.Actor, c auth.PasswordChange) (auth.Opened, error)
	SignOutOthers(ctx context.Context, s auth.Session) (auth.Opened, error)
	SecondStep(ctx context.Context, pending string) (auth.Steps, error)
	FinishSignIn(ctx context.Context, cmd auth.Finish) (auth.Opened, error)
	AskPasskeyToSignIn(ctx context.Context, pending string) ([]byte, error)
}

// desk holds the handlers.
type desk struct{ Deps }

// Routes lists the rows.
func Routes(d Deps) []route.Route {
	s := desk{d}
	return append(s.factorRoutes(), []route.Route{
		{Pattern: "GET /signin", Public: true, Handle: s.getSignIn},
		{Pattern: "POST /signin", Public: true, Limited: true, Fields: []string{"login", "password", "next"}, Handle: s.postSignIn},
		{Pattern: "POST /signout", Self: true, Fields: route.NoFields(), Handle: s.postSignOut},
		{Pattern: "GET /setup", Public: true, Handle: s.getSetUp},
		{Pattern: "POST /setup", Public: true, Limited: true, Fields: []string{"code", "name", "login", "password", "again"}, Handle: s.postSetUp},
		{Pattern: "GET /invitation", Public: true, Handle: s.getInvitation},
		{Pattern: "GET /invitation/{code}", Public: true, Handle: s.getInvitation},
		{Pattern: "POST /invitation", Public: true, Limited: true, Fields: []string{"code", "password", "again"}, Handle: s.postInvitation},
		{Pattern: "GET /forgot", Public: true, Handle: s.getForgot},
		{Pattern: "POST /forgot", Public: true, Limited: true, Fields: []string{"login"}, Handle: s.postForgot},
		{Pattern: "GET /reset", Public: true, Handle: s.getReset},
		{Pattern: "GET /reset/{code}", Public: true, Handle: s.getReset},
		{Pattern: "POST /reset", Public: true, Limited: true, Fields: []string{"code", "password", "again"}, Handle: s.postReset},
		{Pattern: "GET /account", Self: true, Handle: s.getAccount},
		{Pattern: "POST /account/password", Self: true, StepUp: true, Own: true, Fields: []string{"old", "password", "again"}, Handle: s.postPassword},
		{Pattern: "POST /account/theme", Self: true, Fields: []string{"theme", "next"}, Handle: s.postTheme},
		{Pattern: "POST /account/sessions", Self: true, Fields: route.NoFields(), Handle: s.postSessions},
	}...)
}

// enter puts a session that has just begun into the browser and goes on to a page; to the second step, where there is one.
func enter(w http.ResponseWriter, r *http.Request, o auth.Opened, next, message string) error {
	route.Enter(w, r, o)
	if o.Pending != "" {
		return route.Done(w, r, secondStep(next), "")
	}
	return route.Done(w, r, next, message)
}

// samePassword compares the two entries of a new password.
func samePassword(r *http.Request) error {
	if r.PostFormValue("password") != r.PostFormValue("again") {
		return fault.New(fault.Invalid, "account.check").With("again", "account.password.differ")
	}
	return nil
}

func (s desk) getAccount(w http.ResponseWriter, r *http.Request) error {
	view, err := s.accountView(r, route.New())
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, view)
}

func (s desk) accountView(r *http.Request, password route.Form) (templ.Component, error) {
	q := route.From(r)
	overview, err := s.Factors.Overview(r.Context(), q.Session)
	if err != nil {
		return nil, err
	}
	frame := ui.FrameOf(r, route.From(r).Printer.T("account.title"))
	frame.Narrow, frame.Wrong = true, password.Fault != nil
	return ui.Page(frame, accountBody(accountPage{
		frame: frame, password: password, theme: route.New("theme", frame.Theme), sessions: route.New(),
		overview: overview, current: q.Session.ID(),
	})), nil
}

func (s desk) postPassword(w http.ResponseWriter, r *http.Request) error {
	err := samePassword(r)
	var opened auth.Opened
	if err == nil {
		q := route.From(r)
		opened, err = s.Auth.ChangePassword(r.Context(), q.Actor, auth.PasswordChange{
			Old: r.PostFormValue("old"), New: r.PostFormValue("password"), Session: q.Session,
		})
	}
	if err != nil {
		form, ok := route.Again(r, renamed(err, "new", "password"), "old", "password", "again")
		if !ok {
			return err
		}
		view, err := s.accountView(r, form)
		if err != nil {
			return err
		}
		return form.Show(view)
	}
	return enter(w, r, opened, "/account", "account.done.password")
}

// renamed gives the field of a fault the name that it has in our form.
func renamed(err error, from, to string) error {
	f, ok := fault.Of(err)
	if !ok {
		return err
	}
	g := *f
	g.Fields = nil
	for _, field := range f.Fields {
		if field.Name == from {
			field.Name = to
		}
		g.Fields = append(g.Fields, field)
	}
	return &g
}

// postTheme notes the choice in this browser and nowhere else: it belongs to a screen, not to a person.
func (s desk) postTheme(w http.ResponseWriter, r *http.Request) error {
	switch theme := r.PostFormValue("theme"); theme {
	case "light", "dark":
		route.SetCookie(w, r, route.ThemeCookie, theme, 365*24*time.Hour)
	default:
		route.SetCookie(w, r, route.ThemeCookie, "", -1)
	}
	return route.Done(w, r, "/account", "account.done.theme")
}

func (s desk) postSessions(w http.ResponseWriter, r *http.Request) error {
	opened, err := s.Auth.SignOutOthers(r.Context(), route.From(r).Session)
	if err != nil {
		return err
	}
	return enter(w, r, opened, "/account", "account.done.sessions")
}
