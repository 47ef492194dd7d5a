package account

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// Factors are the second steps and sessions of the person who is signed in.
type Factors interface {
	Overview(ctx context.Context, n auth.Session) (auth.Overview, error)
	EndSession(ctx context.Context, n auth.Session, id string) error

	BeginApp(ctx context.Context, n auth.Session) error
	Enrolment(ctx context.Context, n auth.Session) (auth.AppEnrolment, error)
	ConfirmApp(ctx context.Context, n auth.Session, code string) (auth.Opened, []string, error)
	RemoveApp(ctx context.Context, n auth.Session) (auth.Opened, error)
	BeginPasskey(ctx context.Context, n auth.Session) ([]byte, error)
	AddPasskey(ctx context.Context, n auth.Session, cmd auth.NewPasskey) (auth.Opened, []string, error)
	RemovePasskey(ctx context.Context, n auth.Session, ref string) (auth.Opened, error)
	IssueRecovery(ctx context.Context, n auth.Session) ([]string, error)
	AskPasskey(ctx context.Context, n auth.Session) ([]byte, error)
}

// factorRoutes are the rows about second steps.
func (s desk) factorRoutes() []route.Route {
	return []route.Route{
		{Pattern: "GET /signin/factor", Public: true, Handle: s.getSecond},
		{Pattern: "POST /signin/factor", Public: true, Limited: true, Fields: []string{"code", "passkey", "next"}, Handle: s.postSecond},
		{Pattern: "POST /signin/passkey", Public: true, Limited: true, Fields: route.NoFields(), Handle: s.postSecondAsk},
		{Pattern: "POST /account/sessions/{session}", Self: true, Fields: route.NoFields(), Handle: s.postSession},
		{Pattern: "GET /account/factors", Self: true, Handle: s.getFactors},
		{Pattern: "POST /account/app", Self: true, StepUp: true, Fields: route.NoFields(), Handle: s.postApp},
		{Pattern: "GET /account/app", Self: true, Handle: s.getApp},
		{Pattern: "POST /account/app/confirm", Self: true, StepUp: true, Fields: []string{"code"}, Handle: s.postConfirmApp},
		{Pattern: "POST /account/app/remove", Self: true, StepUp: true, Fields: route.NoFields(), Handle: s.postRemoveApp},
		{Pattern: "GET /account/passkeys/new", Self: true, Handle: s.getPasskey},
		{Pattern: "POST /account/passkeys/new", Self: true, StepUp: true, Fields: route.NoFields(), Handle: s.postNewPasskey},
		{Pattern: "POST /account/passkeys/options", Self: true, Fields: route.NoFields(), Handle: s.postPasskeyOptions},
		{Pattern: "POST /account/passkeys/ask", Self: true, Fields: route.NoFields(), Handle: s.postAskPasskey},
		{Pattern: "POST /account/passkeys", Self: true, StepUp: true, Fields: []string{"name", "passkey"}, Handle: s.postPasskey},
		{Pattern: "POST /account/passkeys/{passkey}/remove", Self: true, StepUp: true, Fields: route.NoFields(), Handle: s.postRemovePasskey},
		{Pattern: "POST /account/recovery", Self: true, StepUp: true, Fields: route.NoFields(), Handle: s.postRecovery},
	}
}

func (s desk) postSession(w http.ResponseWriter, r *http.Request) error {
	if err := s.Factors.EndSession(r.Context(), route.From(r).Session, r.PathValue("session")); err != nil {
		return err
	}
	return route.Done(w, r, "/account", "account.done.sessions")
}

func (s desk) getFactors(w http.ResponseWriter, r *http.Request) error {
	view, err := s.factorsView(r, route.New())
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, view)
}

func (s desk) factorsView(r *http.Request, form route.Form) (templ.Component, error) {
	q := route.From(r)
	o, err := s.Factors.Overview(r.Context(), q.Session)
	if err != nil {
		return nil, err
	}
	next := r.URL.Query().Get("next")
	if !route.Local(next) {
		next = ""
	}
	frame := accountFrame(r, "factor.title")
	frame.Lead, frame.Wrong = frame.T("factor.lead"), form.Fault != nil
	return ui.Page(frame, factorsBody(factorsPage{frame: frame, form: form, overview: o, next: next, now: q.At})), nil
}

// accountFrame is the frame of a page below the own account.
func accountFrame(r *http.Request, title string) ui.Frame {
	frame := ui.FrameOf(r, route.From(r).Printer.T(title))
	frame.Narrow = true
	frame.Crumbs = []ui.Crumb{{Path: "/account", Text: frame.T("account.title")}}
	return frame
}

// refused shows the page of all second steps with what is wrong.
func (s desk) refused(r *http.Request, err error) error {
	form, ok := route.Again(r, err, "code", "passkey")
	if !ok {
		return err
	}
	view, err := s.factorsView(r, form)
	if err != nil {
		return err
	}
	return form.Show(view)
}

func (s desk) postApp(w http.ResponseWriter, r *http.Request) error {
	if err := s.Factors.BeginApp(r.Context(), route.From(r).Session); err != nil {
		return s.refused(r, err)
	}
	return route.Done(w, r, "/account/app", "")
}

func (s desk) getApp(w http.ResponseWriter, r *http.Request) error {
	view, err := s.appView(r, route.New())
	if fault.Is(err, fault.NotFound) {
		return route.Done(w, r, "/account/factors", "")
	}
	if err != nil {
		return err
	}
	return ui.Write(w, r, http.StatusOK, view)
}

func (s desk) appView(r *http.Request, form route.Form) (templ.Component, error) {
	e, err := s.Factors.Enrolment(r.Context(), route.From(r).Session)
	if err != nil {
		return nil, err
	}
	code, err := draw(e.URL)
	if err != nil {
		return nil, err
	}
	frame := accountFrame(r, "factor.app.title")
	frame.Wrong = form.Fault != nil
	return ui.Page(frame, appBody(appPage{frame: frame, form: form, code: code, secret: e.Secret})), nil
}

func (s desk) postConfirmApp(w http.ResponseWriter, r *http.Request) error {
	opened, codes, err := s.Factors.ConfirmApp(r.Context(), route.From(r).Session, r.PostFormValue("code"))
	if err != nil {
		form, ok := route.Again(r, err, "code")
		if !ok {
			return err
		}
		view, err := s.appView(r, form)
		if fault.Is(err, fault.NotFound) {
			return route.Done(w, r, "/account/factors", "")
		}
		if err != nil {
			return err
		}
		return form.Show(view)
	}
	return s.added(w, r, opened, codes)
}

// added goes on after a second step was added: to the recovery codes that came with the first, on the only page where
// they ever stand. It answers the form itself, since codes must not travel in an address or wait on the server.
func (s desk) added(w http.ResponseWriter, r *http.Request, opened auth.Opened, codes []string) error {
	route.Enter(w, r, opened)
	if len(codes) == 0 {
		return route.Done(w, r, "/account/factors", "factor.done.added")
	}
	return showCodes(w, r, codes)
}

func showCodes(w http.ResponseWriter, r *http.Request, codes []string) error {
	frame := accountFrame(r, "factor.recovery.title")
	frame.Due = time.Time{} // the page says what was just done about it
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, codesBody(codesPage{frame: frame, codes: codes})))
}

func (s desk) postRemoveApp(w http.ResponseWriter, r *http.Request) error {
	opened, err := s.Factors.RemoveApp(r.Context(), route.From(r).Session)
	if err != nil {
		return err
	}
	return enter(w, r, opened, "/account/factors", "factor.done.removed")
}

// postNewPasskey leads to the form of a new passkey. It is a form and not a link, so that the proof that the last step
// needs is asked before somebody takes out a device.
func (s desk) postNewPasskey(w http.ResponseWriter, r *http.Request) error {
	return route.Done(w, r, "/account/passkeys/new", "")
}

func (s desk) getPasskey(w http.ResponseWriter, r *http.Request) error {
	return ui.Write(w, r, http.StatusOK, passkeyView(r, route.New()))
}

func passkeyView(r *http.Request, form route.Form) templ.Component {
	frame := accountFrame(r, "factor.passkey.title")
	frame.Wrong, frame.Script, frame.Lead = form.Fault != nil, ui.PasskeyScript, frame.T("factor.passkey.lead")
	return ui.Page(frame, passkeyBody(passkeyPage{frame: frame, form: form}))
}

// postPasskeyOptions answers what a device is asked in order to become a passkey.
func (s desk) postPasskeyOptions(w http.ResponseWriter, r *http.Request) error {
	options, err := s.Factors.BeginPasskey(r.Context(), route.From(r).Session)
	if err != nil {
		return err
	}
	return sendJSON(w, options)
}

// postAskPasskey answers what a passkey is asked before a decisive act.
func (s desk) postAskPasskey(w http.ResponseWriter, r *http.Request) error {
	options, err := s.Factors.AskPasskey(r.Context(), route.From(r).Session)
	if err != nil {
		return err
	}
	return sendJSON(w, options)
}

func (s desk) postPasskey(w http.ResponseWriter, r *http.Request) error {
	opened, codes, err := s.Factors.AddPasskey(r.Context(), route.From(r).Session, auth.NewPasskey{
		Name: r.PostFormValue("name"), Answer: []byte(r.PostFormValue("passkey")),
	})
	if err != nil {
		form, ok := route.Again(r, err, "passkey")
		if !ok {
			return err
		}
		return form.Show(passkeyView(r, form))
	}
	return s.added(w, r, opened, codes)
}

func (s desk) postRemovePasskey(w http.ResponseWriter, r *http.Request) error {
	opened, err := s.Factors.RemovePasskey(r.Context(), route.From(r).Session, r.PathValue("passkey"))
	if err != nil {
		return err
	}
	return enter(w, r, opened, "/account/factors", "factor.done.removed")
}

func (s desk) postRecovery(w http.ResponseWriter, r *http.Request) error {
	codes, err := s.Factors.IssueRecovery(r.Context(), route.From(r).Session)
	if err != nil {
		return s.refused(r, err)
	}
	return showCodes(w, r, codes)
}
