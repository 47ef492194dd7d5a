// Package ui is how pages look: the layout around them, the components in them, and the assets that they load. It is
// the only place that writes HTML for more than one desk. It knows no feature's rules, and refuses inline script,
// inline style and unescaped text: the security policy of package web would not run them.
package ui

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/web/internal/route"
)

// Frame is what stands around a page. FrameOf fills what the request knows; a handler adds what only it knows.
type Frame struct {
	Title   string          // of the page: browser tab and first heading, in the reader's language
	Lead    string          // one sentence under the heading, "" for none
	Crumbs  []Crumb         // the way down to this page, without itself
	Actions templ.Component // buttons beside the heading, nil for none
	Wide    bool            // use the whole width: for wide tables
	Narrow  bool            // one narrow column: for a single form or a message
	Wrong   bool            // a form on the page was refused; said in the browser tab too

	Printer     *locale.Printer
	Actor       org.Actor
	Institution org.Institution // whose page it is
	Demo        bool            // what the page shows is invented
	Token       string          // form token
	Path        string          // of this page
	Query       string
	Method      string
	Nav         []route.Link
	Flash       string // message id
	Theme       string
	Asset       func(source string) string
	Warnings    []route.Warning
	Script      string    // source of a script that this page alone loads, "" for none
	Due         time.Time // a second step at sign-in must be added by then; zero: none must
	Zone        string    // IANA name for times on the page
}

// Crumb is a step on the way to a page.
type Crumb struct{ Path, Text string }

// FrameOf returns the frame for a page with this title.
func FrameOf(r *http.Request, title string) Frame {
	q := route.From(r)
	return Frame{
		Title: title, Printer: q.Printer, Actor: q.Actor, Institution: q.Institution, Demo: q.Demo, Token: q.Token,
		Path: r.URL.Path, Query: r.URL.RawQuery, Method: r.Method, Nav: q.Nav, Flash: q.Flash, Theme: q.Theme, Asset: q.Asset,
		Warnings: q.Warnings, Due: q.Due, Zone: zoneOf(q.Institution),
	}
}

// zoneOf is the institution's zone. An administrator of the instance has none and reads the time of the capital.
func zoneOf(i org.Institution) string {
	if i.Zone != "" {
		return i.Zone
	}
	return "Asia/Jakarta"
}

// Moment writes an instant in the zone of the page.
func (f Frame) Moment(t time.Time) string {
	zone, err := locale.Zone(f.Zone)
	if err != nil {
		zone = time.UTC
	}
	return f.Printer.DateTime(t, zone)
}

// T is the message in the reader's language.
func (f Frame) T(id string, args ...any) string { return f.Printer.T(id, args...) }

// Lang is the language of the page.
func (f Frame) Lang() string { return f.Printer.Lang() }

// Current reports whether a link of the navigation leads to this page or to what lies above it.
func (f Frame) Current(l route.Link) bool {
	under := func(path string) bool { return f.Path == path || strings.HasPrefix(f.Path, path+"/") }
	return under(l.Path) || slices.ContainsFunc(l.Also, under)
}

// flashKind is Good for the ids that say that something has been done; others only tell.
func (f Frame) flashKind() Kind {
	if strings.Contains(f.Flash, ".done.") {
		return Good
	}
	return Info
}

// docTitle is the text of the browser tab.
func (f Frame) docTitle() string {
	title := f.Title + " · Zona"
	if f.Wrong {
		return f.T("ui.title.wrong") + " " + title
	}
	return title
}

// here is the path of this page for coming back to it after a change of language.
func (f Frame) here() string {
	if f.Method != http.MethodGet && f.Method != http.MethodHead {
		return "/"
	}
	if f.Query != "" {
		return f.Path + "?" + f.Query
	}
	return f.Path
}

// Write renders a page or a part of one and sends it with its status. Nothing is sent when rendering fails, so the
// error can still become a page.
func Write(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var page bytes.Buffer
	if err := c.Render(r.Context(), &page); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	// A failing write means that the reader has gone; nobody is left to be told.
	_, _ = page.WriteTo(w)
	return nil
}

// Kind is how a badge or an alert is meant. It shows in word and shape as well as in colour.
type Kind string

// The kinds.
const (
	Good    Kind = "good"
	Warn    Kind = "warn"
	Bad     Kind = "bad"
	Info    Kind = "info"
	Neutral Kind = "neutral"
)

// alertClass is written out whole, so that the build keeps the classes.
func alertClass(k Kind) string {
	switch k {
	case Good:
		return "alert z-alert z-good"
	case Warn:
		return "alert z-alert z-warn"
	case Bad:
		return "alert z-alert z-bad"
	}
	return "alert z-alert z-info"
}

func badgeClass(k Kind) string {
	switch k {
	case Good:
		return "z-badge z-good"
	case Warn:
		return "z-badge z-warn"
	case Bad:
		return "z-badge z-bad"
	case Info:
		return "z-badge z-info"
	}
	return "z-badge z-neutral"
}
