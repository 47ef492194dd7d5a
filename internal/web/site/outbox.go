package site

import (
	"net/http"
	"strings"
	"time"

	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// Outbox is where the demo keeps the mails that it does not send, the newest first.
type Outbox interface {
	Letters() []Letter
}

// Letter is a mail that would have been sent.
type Letter struct {
	At                time.Time
	To, Subject, Body string
}

// getOutbox shows all mails to everybody: there is one password for all accounts of the demo anyway, and whoever forgot
// it is not signed in.
func (s desk) getOutbox(w http.ResponseWriter, r *http.Request) error {
	frame := ui.FrameOf(r, route.From(r).Printer.T("ui.outbox.title"))
	frame.Lead = frame.T("ui.outbox.lead")
	return ui.Write(w, r, http.StatusOK, ui.Page(frame, outbox(frame, s.deps.Outbox.Letters(), s.local)))
}

// paragraphs are the parts of a mail between empty lines.
func paragraphs(body string) []string { return strings.Split(strings.TrimSpace(body), "\n\n") }

// local is the path of a paragraph that is an address of this site and nothing else, "" for every other: only such a
// paragraph becomes a link.
func (s desk) local(paragraph string) string {
	path, ok := strings.CutPrefix(paragraph, s.deps.URL)
	if !ok || s.deps.URL == "" || !route.Local(path) || strings.ContainsAny(path, " \n") {
		return ""
	}
	return path
}
