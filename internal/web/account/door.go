package account

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

func (s desk) getSignIn(w http.ResponseWriter, r *http.Request) error {
	if route.From(r).SignedIn() {
		return route.Done(w, r, "/", "")
	}
	page, err := s.signInView(r, route.New(), r.URL.Query().Get("next"))
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, page)
}

func (s desk) signInView(r *http.Request, form route.Form, next string) (templ.Component, error) {
	fresh, err := s.Auth.SetUpNeeded(r.Context())
	if err != nil {
		return nil, err
	}
	if !route.Local(next) {
		next = ""
	}
	frame := ui.FrameOf(r, route.From(r).Printer.T("account.signin.title"))
	frame.Narrow, frame.Wrong, frame.Lead = true, form.Fault != nil, frame.T("account.signin.lead")
	return ui.Page(frame, signinBody(signinPage{
		frame: frame, form: form, next: next, fresh: fresh, demo: s.Demo, mail: s.Mail,
	})), nil
}

// postSignIn answers every wrong pair in the same words, so that nobody learns which logins exist. The login stays
// typed, the password does not.
func (s desk) postSignIn(w http.ResponseWriter, r *http.Request) error {
	next := r.PostFormValue("next")
	opened, err := s.Auth.SignIn(r.Context(), auth.Credentials{
		Login: r.PostFormValue("login"), Password: r.PostFormValue("password"),
		Source: route.From(r).Source, Replaces: route.Cookie(r, route.SessionCookie),
		Browser: browserOf(r),
	})
	if err != nil {
		form, ok := route.Again(r, err, "password")
		if !ok {
			return err
		}
		page, err := s.signInView(r, form, next)
		if err != nil {
			return err
		}
		return form.Show(page)
	}
	if !route.Local(next) {
		next = "/"
	}
	return enter(w, r, opened, next, "")
}

func (s desk) postSignOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.Auth.SignOut(r.Context(), route.From(r).Session); err != nil {
		return err
	}
	route.SetCookie(w, r, route.SessionCookie, "", -1)
	return route.Done(w, r, "/signin", "account.done.signout")
}

// needed answers 404 once somebody has an account: there is no second set-up.
func (s desk) needed(r *http.Request) error {
	fresh, err := s.Auth.SetUpNeeded(r.Context())
	if err != nil {
		return err
	}
	if !fresh {
		return fault.New(fault.NotFound, "ui.fault.missing")
	}
	return nil
}

func (s desk) getSetUp(w http.ResponseWriter, r *http.Request) error {
	if err := s.needed(r); err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, setUpView(r, route.New()))
}

func setUpView(r *http.Request, form route.Form) templ.Component {
	frame := ui.FrameOf(r, route.From(r).Printer.T("account.setup.title"))
	frame.Narrow, frame.Wrong, frame.Lead = true, form.Fault != nil, frame.T("account.setup.lead")
	return ui.Page(frame, setupBody(secretPage{frame: frame, form: form}))
}

func (s desk) postSetUp(w http.ResponseWriter, r *http.Request) error {
	if err := s.needed(r); err != nil {
		return err
	}
	err := samePassword(r)
	var opened auth.Opened
	if err == nil {
		q := route.From(r)
		opened, err = s.Auth.SetUp(r.Context(), auth.FirstAdministrator{
			Code: r.PostFormValue("code"), Name: r.PostFormValue("name"), Login: r.PostFormValue("login"),
			Password: r.PostFormValue("password"), Lang: q.Printer.Lang(), Source: q.Source, Browser: browserOf(r),
		})
	}
	if err != nil {
		form, ok := route.Again(r, err, "password", "again")
		if !ok {
			return err
		}
		return form.Show(setUpView(r, form))
	}
	return enter(w, r, opened, "/admin", "account.done.welcome")
}

// getInvitation shows the form, with the code filled in for those who followed a link.
func (s desk) getInvitation(w http.ResponseWriter, r *http.Request) error {
	form := route.New("code", strings.TrimSpace(r.PathValue("code")))
	return ui.Write(w, r, http.StatusOK, invitationView(r, form))
}

func invitationView(r *http.Request, form route.Form) templ.Component {
	frame := ui.FrameOf(r, route.From(r).Printer.T("account.invitation.title"))
	frame.Narrow, frame.Wrong, frame.Lead = true, form.Fault != nil, frame.T("account.invitation.lead")
	return ui.Page(frame, invitationBody(secretPage{frame: frame, form: form}))
}

func (s desk) postInvitation(w http.ResponseWriter, r *http.Request) error {
	err := samePassword(r)
	var opened auth.Opened
	if err == nil {
		opened, err = s.Auth.Accept(r.Context(), auth.Acceptance{
			Code: r.PostFormValue("code"), Password: r.PostFormValue("password"), Source: route.From(r).Source,
			Browser: browserOf(r),
		})
	}
	if err != nil {
		form, ok := route.Again(r, err, "password", "again")
		if !ok {
			return err
		}
		return form.Show(invitationView(r, form))
	}
	return enter(w, r, opened, "/", "account.done.welcome")
}
