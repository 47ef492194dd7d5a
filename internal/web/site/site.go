// Package site is what stands around the desks: the door, the help page, and the small files that machines ask for.
// It changes nothing. The home of somebody who has signed in shows what waits for him or her.
package site

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// Deps is what these pages need.
type Deps struct {
	URL string // address that people type, without a slash at the end; "" when it is not known
	Now func() time.Time
	// Outbox is set in the demo alone, where no mail leaves the program.
	Outbox Outbox
	Work   Work
}

// desk holds the handlers.
type desk struct{ deps Deps }

// Routes lists the rows.
func Routes(d Deps) []route.Route {
	s := desk{d}
	rows := []route.Route{
		{Pattern: "GET /{$}", Public: true, Handle: s.getHome, Nav: route.Nav{Label: "home.nav", Order: 1}},
		{Pattern: "GET /help", Public: true, Handle: s.getHelp},
		{Pattern: "GET /livez", Public: true, Bare: true, Handle: s.getLive},
		{Pattern: "GET /robots.txt", Public: true, Bare: true, Handle: s.getRobots},
		{Pattern: "GET /.well-known/security.txt", Public: true, Bare: true, Handle: s.getSecurity},
	}
	if d.Outbox != nil {
		rows = append(rows, route.Route{Pattern: "GET /outbox", Public: true, Handle: s.getOutbox})
	}
	return rows
}

func (s desk) getHelp(w http.ResponseWriter, r *http.Request) error {
	frame := ui.FrameOf(r, route.From(r).Printer.T("ui.help.title"))
	return ui.Write(w, r, http.StatusOK, ui.Public(frame, help(frame)))
}

// getLive says that the process answers. It asks nothing of the database: a process is not restarted for that.
func (s desk) getLive(w http.ResponseWriter, _ *http.Request) error {
	return text(w, "ok\n")
}

// getRobots asks search engines to stay away: every page is for somebody who has signed in.
func (s desk) getRobots(w http.ResponseWriter, _ *http.Request) error {
	return text(w, "User-agent: *\nDisallow: /\n")
}

// validity is how far ahead the security file promises to be right; RFC 9116 advises less than a year.
const validity = 180 * 24 * time.Hour

// getSecurity says where weaknesses are reported (RFC 9116): the help page names the way, since the operator's own
// addresses are known to the institution and not to the program.
func (s desk) getSecurity(w http.ResponseWriter, r *http.Request) error {
	base := s.deps.URL
	if base == "" {
		base = "https://" + r.Host
	}
	lines := []string{
		fmt.Sprintf("Contact: %s/help#security", base),
		fmt.Sprintf("Expires: %s", s.deps.Now().UTC().Add(validity).Format(time.RFC3339)),
		"Preferred-Languages: id, en",
		fmt.Sprintf("Canonical: %s/.well-known/security.txt", base),
	}
	return text(w, strings.Join(lines, "\n")+"\n")
}

func text(w http.ResponseWriter, body string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte(body)) //nolint:gosec // sent as plain text, under nosniff
	return err
}
