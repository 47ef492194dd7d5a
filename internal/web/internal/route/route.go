// Package route is what a desk hands to package web and what it is handed back: the rows of the route table, and for
// each request who asks, in which language, with which form token. It decides nothing: package web runs the checks
// that a row names, and the use case behind the handler asks org.Can about the exact object.
package route

import (
	"context"
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
)

// Handler answers a request or returns an error, which package web answers: a fault with its own page, anything else
// with a reference number and a line in the log. A handler that returns an error has not written anything.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Route is one row of the table of all routes.
type Route struct {
	Pattern string // of net/http's ServeMux with its method: "GET /units/{unit}"; GET answers HEAD too

	// Exactly one of these three opens the row; package web refuses to start with a row that has none or several.
	Need   org.Capability // an actor who holds it nowhere is refused before the handler
	Self   bool           // any signed-in person, about nothing but himself or herself: own account, own home
	Public bool           // anybody

	Handle Handler

	// Fields are the names that the form of a row which changes something may carry, each once; "in.*" stands for every
	// name that begins so. The form token and key are always among them. Whatever else comes is refused as a whole, so
	// that nobody sends a column that no form shows. A form without fields is NoFields.
	Fields []string

	// StepUp marks a decisive act: when the last proof of being the person is too old, package web asks for another one
	// and goes on with what was typed. Own says that the form holds the own password itself, so that nobody whose only
	// proof that is gives it twice.
	StepUp bool
	Own    bool

	Upload  bool // the body may be as long as a file (20 MiB) instead of a form (1 MiB)
	Limited bool // counted per source address: rows that take a secret from somebody unknown
	Bare    bool // needs neither session nor language: files and signs of life

	Nav Nav // a place in the navigation of those who may enter
}

// Nav puts a row into the navigation. The zero Nav is not there.
type Nav struct {
	Label string   // message id
	Order int      // ascending
	Also  []string // other paths that belong to the place: "/sheets"
}

// Check says what is wrong with the row, or nil.
func (t Route) Check() error {
	method, path, ok := strings.Cut(t.Pattern, " ")
	if !ok || method == "" || !strings.HasPrefix(path, "/") {
		return fmt.Errorf("route %q: the pattern needs a method and a path", t.Pattern)
	}
	opened := 0
	for _, yes := range []bool{t.Need != "", t.Self, t.Public} {
		if yes {
			opened++
		}
	}
	switch {
	case opened == 0:
		return fmt.Errorf("route %q: neither a capability nor Self nor Public", t.Pattern)
	case opened > 1:
		return fmt.Errorf("route %q: more than one of capability, Self and Public", t.Pattern)
	case t.Handle == nil:
		return fmt.Errorf("route %q: no handler", t.Pattern)
	case t.Bare && !t.Public:
		return fmt.Errorf("route %q: without a session it must be Public", t.Pattern)
	case t.Bare && method != http.MethodGet:
		return fmt.Errorf("route %q: without a session nothing can be changed", t.Pattern)
	case t.StepUp && (method == http.MethodGet || t.Public || t.Upload):
		return fmt.Errorf("route %q: a decisive act is a form of somebody who is signed in, without a file", t.Pattern)
	case method != http.MethodGet && t.Fields == nil:
		return fmt.Errorf("route %q: it does not say which fields its form has", t.Pattern)
	case t.Nav.Label != "" && (method != http.MethodGet || strings.Contains(strings.TrimSuffix(path, "{$}"), "{")):
		return fmt.Errorf("route %q: a place in the navigation is a page without parameters", t.Pattern)
	}
	return nil
}

// NoFields is a form with nothing but a button.
func NoFields() []string { return []string{} }

// Takes refuses a form that holds a field which the row does not name, or one twice: fault.Malformed.
func (t Route) Takes(form url.Values) error {
	for name, values := range form {
		if len(values) != 1 || name != TokenField && name != KeyField && !slices.ContainsFunc(t.Fields, func(known string) bool {
			prefix, open := strings.CutSuffix(known, "*")
			return name == known || open && strings.HasPrefix(name, prefix)
		}) {
			return fault.New(fault.Malformed, "ui.fault.field", "Name", name[:min(len(name), maxNamed)])
		}
	}
	return nil
}

// maxNamed is how much of an unknown field's name a page repeats, in bytes.
const maxNamed = 40

// Opener is what opens the row, in the words of `zona doctor access`.
func (t Route) Opener() string {
	switch {
	case t.Public:
		return "(public)"
	case t.Self:
		return "(own account)"
	}
	return string(t.Need)
}

// Method is the first word of the pattern.
func (t Route) Method() string {
	method, _, _ := strings.Cut(t.Pattern, " ")
	return method
}

// Path is the second word of the pattern, parameters included.
func (t Route) Path() string {
	_, path, _ := strings.Cut(t.Pattern, " ")
	return path
}

// Link is a place to go to.
type Link struct {
	Path  string
	Label string   // message id
	Also  []string // other paths that belong to the place
}

// Warning is something that the reader must see to, said above every page until it is done.
type Warning struct {
	Message string // message id; Message + ".label" is its heading
	Args    []any  // alternating names and values
	Path    string // where it says what to do, "" for nowhere
}

// Request is what the chain found out before the handler runs.
type Request struct {
	ID      string    // reference number, the same in the log and on an error page
	Pattern string    // of the row
	At      time.Time // instant at which the request came in, UTC
	Source  string    // address that it came from, for counting attempts; never logged

	Actor       org.Actor       // zero when nobody is signed in
	Session     auth.Session    // zero when nobody is signed in
	Institution org.Institution // the actor's home; zero for nobody and for administrators of the instance
	Printer     *locale.Printer // never nil
	Demo        bool            // what the page shows is invented

	Token    string // for the hidden field _token, which every form carries
	Nav      []Link // of the rows that the actor may enter
	Flash    string // message id left by Done, "" for none
	Warnings []Warning
	Due      time.Time // a second step at sign-in must be there by then and is not; zero: none must
	Theme    string    // "light" or "dark" when chosen in this browser, "" to follow the system
	Plain    bool      // plain HTTP on the loopback interface: cookies go without Secure

	Asset func(source string) string // path of a built asset, "" when the assets were not built
}

// SignedIn reports whether the request came with a session.
func (q *Request) SignedIn() bool { return q.Actor.Person != "" }

type contextKey struct{}

// With returns r carrying q; package web calls it, and so do tests of a desk.
func With(r *http.Request, q *Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), contextKey{}, q))
}

// From returns what the chain knows about the request. Outside the chain it is nobody, in Indonesian.
func From(r *http.Request) *Request {
	if q, ok := r.Context().Value(contextKey{}).(*Request); ok {
		return q
	}
	return &Request{Printer: locale.For("id"), Asset: func(string) string { return "" }}
}

// HTMX reports whether the page's script asks for a part of a page instead of the browser for a whole one.
func HTMX(r *http.Request) bool {
	return r.Header.Get("Hx-Request") == "true" && r.Header.Get("Hx-History-Restore-Request") != "true"
}
