package account

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// secondStep is where a sign-in goes on whose password was right.
func secondStep(next string) string {
	if !route.Local(next) || next == "/" {
		return "/signin/factor"
	}
	return "/signin/factor?next=" + url.QueryEscape(next)
}

// expired sends somebody back to the door whose sign-in no longer waits; any other error stays one.
func expired(w http.ResponseWriter, r *http.Request, err error) error {
	if !fault.Is(err, fault.Unauthenticated) {
		return err
	}
	route.SetCookie(w, r, route.SignInCookie, "", -1)
	return route.Done(w, r, "/signin", "factor.told.late")
}

func (s desk) getSecond(w http.ResponseWriter, r *http.Request) error {
	if route.From(r).SignedIn() {
		return route.Done(w, r, "/", "")
	}
	steps, err := s.Auth.SecondStep(r.Context(), route.Cookie(r, route.SignInCookie))
	if err != nil {
		return expired(w, r, err)
	}
	return ui.Write(w, r, http.StatusOK, secondView(r, steps, route.New(), r.URL.Query().Get("next")))
}

func secondView(r *http.Request, steps auth.Steps, form route.Form, next string) templ.Component {
	if !route.Local(next) {
		next = ""
	}
	frame := ui.FrameOf(r, route.From(r).Printer.T("factor.second.title"))
	frame.Narrow, frame.Wrong, frame.Lead, frame.Script = true, form.Fault != nil, frame.T("factor.second.lead"), ui.PasskeyScript
	return ui.Page(frame, secondBody(secondPage{frame: frame, form: form, steps: steps, next: next}))
}

func (s desk) postSecond(w http.ResponseWriter, r *http.Request) error {
	pending, next := route.Cookie(r, route.SignInCookie), r.PostFormValue("next")
	opened, err := s.Auth.FinishSignIn(r.Context(), auth.Finish{
		Pending: pending, Replaces: route.Cookie(r, route.SessionCookie), Browser: browserOf(r),
		Proof: auth.Proof{Code: r.PostFormValue("code"), Passkey: []byte(r.PostFormValue("passkey"))},
	})
	if err != nil {
		form, ok := route.Again(r, err, "code", "passkey")
		if !ok {
			return expired(w, r, err)
		}
		steps, err := s.Auth.SecondStep(r.Context(), pending)
		if err != nil {
			return expired(w, r, err)
		}
		return form.Show(secondView(r, steps, form, next))
	}
	if !route.Local(next) {
		next = "/"
	}
	return enter(w, r, opened, next, "")
}

// postSecondAsk answers what a passkey is asked to finish a sign-in.
func (s desk) postSecondAsk(w http.ResponseWriter, r *http.Request) error {
	options, err := s.Auth.AskPasskeyToSignIn(r.Context(), route.Cookie(r, route.SignInCookie))
	if err != nil {
		return err
	}
	return sendJSON(w, options)
}

func sendJSON(w http.ResponseWriter, body []byte) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) //nolint:gosec // sent as JSON; a failing write means that the reader has gone
	return nil
}
