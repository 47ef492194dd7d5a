package route

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"zona/internal/fault"
	"zona/internal/idempotency"
)

// Names of the hidden fields that forms carry.
const (
	TokenField = "_token" // ties the form to the session, or to the browser before sign-in
	KeyField   = "_key"   // names one attempt, so that a form sent twice has one effect
)

// Limits of bodies and single fields, in bytes.
const (
	FormLimit   = 1 << 20
	UploadLimit = 20 << 20
	// memoryLimit is how much of an upload stays in memory; the rest waits in a temporary file that the chain removes.
	memoryLimit = 1 << 20
)

// NewKey returns a random value for the hidden field _key of a form that is shown afresh.
func NewKey() string { return rand.Text() }

// Key names this attempt at a change for the use case: actor, row, the form's _key and a hash of what was sent.
// Files are not part of the form's fields, so a handler that takes one adds the hash of its bytes.
// A form without _key gets the zero Key: it is not protected against being sent twice.
func Key(r *http.Request, files ...[32]byte) idempotency.Key {
	q := From(r)
	value := r.PostFormValue(KeyField)
	if value == "" {
		return idempotency.Key{}
	}
	actor := q.Actor.Person
	if actor == "" {
		// Before sign-in the form token stands for the browser.
		sum := sha256.Sum256([]byte(q.Token))
		actor = "browser:" + hexPrefix(sum)
	}
	h := sha256.New()
	h.Write([]byte(r.URL.Path + "\n"))
	h.Write([]byte(canonical(r.PostForm)))
	for _, f := range files {
		h.Write(f[:])
	}
	return idempotency.Key{Actor: actor, Route: q.Pattern, Value: value, Body: [32]byte(h.Sum(nil))}
}

// canonical writes the fields in a fixed order. The token is left out: after signing in again the same attempt is
// still the same attempt.
func canonical(form url.Values) string {
	kept := make(url.Values, len(form))
	for name, values := range form {
		if name != TokenField {
			kept[name] = values
		}
	}
	return kept.Encode()
}

const hexDigits = "0123456789abcdef"

func hexPrefix(sum [32]byte) string {
	out := make([]byte, 0, 16)
	for _, b := range sum[:8] {
		out = append(out, hexDigits[b>>4], hexDigits[b&15])
	}
	return string(out)
}

// Parse reads the body of a form once, within the limits that the chain has put on it. The chain has called it for
// every row that is not GET, so handlers may use r.PostForm, r.FormFile and r.MultipartForm at once.
func Parse(r *http.Request) error {
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(memoryLimit) //nolint:gosec // the chain has put http.MaxBytesReader around the body
	} else {
		err = r.ParseForm()
	}
	if err == nil {
		return nil
	}
	if tooLarge(err) {
		return fault.New(fault.TooLarge, "ui.fault.too-large")
	}
	return fault.New(fault.Invalid, "ui.fault.form")
}

// Form is what was typed with what is wrong about it, for showing a form again with everything kept. The zero Form is
// an empty form; New gives it its key.
type Form struct {
	Values url.Values
	Fault  *fault.Fault // nil: nothing is wrong
	Key    string       // value of the hidden field _key
}

// New returns a form with its starting values as alternating names and values.
func New(pairs ...string) Form {
	f := Form{Values: url.Values{}, Key: NewKey()}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Values.Set(pairs[i], pairs[i+1])
	}
	return f
}

// Again returns the form that r sent, to be shown again because of err, and true; or false when err is not something
// that a person can mend in the form (then the handler returns err). Fields named secret are not kept.
func Again(r *http.Request, err error, secret ...string) (Form, bool) {
	f, ok := fault.Of(err)
	if !ok || !slices.Contains([]fault.Kind{fault.Invalid, fault.Conflict, fault.TooMany}, f.Kind) {
		return Form{}, false
	}
	values := make(url.Values, len(r.PostForm))
	for name, v := range r.PostForm {
		if !strings.HasPrefix(name, "_") && !slices.Contains(secret, name) {
			values[name] = v
		}
	}
	return Form{Values: values, Fault: f, Key: NewKey()}, true
}

// Shown is a fault that is answered with a page of the handler's own: the form again, with everything that was typed.
// Package web gives it the status that the fault has anywhere.
type Shown struct {
	Fault *fault.Fault
	Page  templ.Component
}

// Error is for logs only.
func (s *Shown) Error() string { return s.Fault.Error() }

// Unwrap is the fault.
func (s *Shown) Unwrap() error { return s.Fault }

// Show returns the error that answers the form's fault with this page.
func (f Form) Show(page templ.Component) error { return &Shown{Fault: f.Fault, Page: page} }

// Value is what stands in a field.
func (f Form) Value(name string) string { return f.Values.Get(name) }

// Has reports whether a box with this name and value is ticked or an option chosen.
func (f Form) Has(name, value string) bool { return slices.Contains(f.Values[name], value) }

// Wrong returns what is wrong with a field.
func (f Form) Wrong(name string) (fault.Field, bool) {
	if f.Fault == nil {
		return fault.Field{}, false
	}
	for _, field := range f.Fault.Fields {
		if field.Name == name {
			return field, true
		}
	}
	return fault.Field{}, false
}
