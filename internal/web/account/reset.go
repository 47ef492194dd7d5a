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

func (s desk) getForgot(w http.ResponseWriter, r *http.Request) error {
	return ui.Write(w, r, http.StatusOK, s.forgotView(r, route.New()))
}

func (s desk) forgotView(r *http.Request, form route.Form) templ.Component {
	frame := ui.FrameOf(r, route.From(r).Printer.T("account.forgot.title"))
	frame.Narrow, frame.Wrong = true, form.Fault != nil
	return ui.Page(frame, forgotBody(forgotPage{frame: frame, form: form, mail: s.Mail, outbox: s.Outbox}))
}

// postForgot answers everybody alike: whether a login exists shows in no word, status or time.
func (s desk) postForgot(w http.ResponseWriter, r *http.Request) error {
	var err error = fault.New(fault.NotFound, "ui.fault.missing")
	if s.Mail {
		err = s.Auth.AskReset(r.Context(), r.PostFormValue("login"), route.From(r).Source)
	}
	if err != nil {
		form, ok := route.Again(r, err)
		if !ok {
			return err
		}
		return form.Show(s.forgotView(r, form))
	}
	return route.Done(w, r, "/forgot", "account.told.forgot")
}

// getReset shows the form, with the code filled in for those who followed a link. Looking uses nothing up, so a program
// that opens links in mails beforehand does no harm.
func (s desk) getReset(w http.ResponseWriter, r *http.Request) error {
	form := route.New("code", strings.TrimSpace(r.PathValue("code")))
	return ui.Write(w, r, http.StatusOK, resetView(r, form))
}

func resetView(r *http.Request, form route.Form) templ.Component {
	frame := ui.FrameOf(r, route.From(r).Printer.T("account.reset.title"))
	frame.Narrow, frame.Wrong, frame.Lead = true, form.Fault != nil, frame.T("account.reset.lead")
	return ui.Page(frame, resetBody(secretPage{frame: frame, form: form}))
}

func (s desk) postReset(w http.ResponseWriter, r *http.Request) error {
	err := samePassword(r)
	if err == nil {
		err = s.Auth.ResetPassword(r.Context(), auth.ResetPassword{
			Code: r.PostFormValue("code"), Password: r.PostFormValue("password"), Source: route.From(r).Source,
		})
	}
	if err != nil {
		form, ok := route.Again(r, err, "password", "again")
		if !ok {
			return err
		}
		return form.Show(resetView(r, form))
	}
	return route.Done(w, r, "/signin", "account.done.reset")
}
