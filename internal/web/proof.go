package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// overdue reports whether the person must have a second step by now, has none, and asks for anything but the way to it.
func (s *server) overdue(row Row, q *route.Request) bool {
	if q.Due.IsZero() || q.At.Before(q.Due) {
		return false
	}
	path := row.Path()
	return path != "/signout" && path != "/help" && path != "/account" && !strings.HasPrefix(path, "/account/") && !row.Bare
}

// takeProof takes the fields of a proof out of the form of a decisive act: what follows sees the form as it was before it
// was asked, under its own key.
func takeProof(row Row, r *http.Request) (p auth.Proof, given bool) {
	if !row.StepUp {
		return p, false
	}
	p = auth.Proof{
		Code: r.PostForm.Get(ui.ProofCode), Password: r.PostForm.Get(ui.ProofPassword), Passkey: []byte(r.PostForm.Get(ui.ProofPasskey)),
	}
	for _, name := range []string{ui.ProofCode, ui.ProofPassword, ui.ProofPasskey} {
		given = given || r.PostForm.Has(name)
		r.PostForm.Del(name)
		r.Form.Del(name)
	}
	return p, given
}

// stepUp lets a decisive act pass when the last proof is young enough or a new one comes with the form. Else it asks,
// on a page that carries what was typed.
func (s *server) stepUp(row Row, w http.ResponseWriter, r *http.Request, proof auth.Proof, given bool) error {
	q := route.From(r)
	if q.Session.Fresh(q.At) {
		return nil
	}
	steps, err := s.deps.Proofs.Steps(r.Context(), q.Session)
	if err != nil {
		return err
	}
	if row.Own && steps == (auth.Steps{}) {
		return nil
	}
	if !given {
		return s.askProof(r, steps, route.Form{Fault: auth.NotStepped()})
	}
	opened, err := s.deps.Proofs.StepUp(r.Context(), q.Session, proof)
	if f, ok := fault.Of(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.TooMany) {
		return s.askProof(r, steps, route.Form{Fault: proofFields(f)})
	}
	if err != nil {
		return err
	}
	route.Enter(w, r, opened)
	return nil
}

// proofFields gives the fields of a fault the names that they have on the page of the proof.
func proofFields(f *fault.Fault) *fault.Fault {
	g := *f
	g.Fields = slices.Clone(f.Fields)
	for i := range g.Fields {
		g.Fields[i].Name = "_" + g.Fields[i].Name
	}
	return &g
}

// secrets are fields that never go back into a page, so they are typed again after the proof.
var secrets = []string{"old", "password", "again"}

// askProof answers with the page that asks. A script that asked for a part of a page gets the notice alone.
func (s *server) askProof(r *http.Request, steps auth.Steps, form route.Form) error {
	if route.HTMX(r) {
		return form.Fault
	}
	frame := ui.FrameOf(r, route.From(r).Printer.T("factor.stepup.title"))
	frame.Narrow, frame.Wrong, frame.Lead = true, len(form.Fault.Fields) > 0, frame.T("factor.stepup.lead")
	frame.Script = ui.PasskeyScript
	p := ui.Proof{Frame: frame, Form: form, Action: r.URL.Path, Steps: steps}
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		if name == route.TokenField || slices.Contains(secrets, name) {
			continue
		}
		for _, value := range r.PostForm[name] {
			p.Carried = append(p.Carried, ui.Carried{Name: name, Value: value})
		}
	}
	return form.Show(ui.Page(frame, ui.ProofBody(p)))
}
