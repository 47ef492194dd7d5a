package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"zona/internal/fault"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// Errors that only the chain knows.
var (
	errHost   = errors.New("host not among those served")
	errMethod = errors.New("method not among those of the path")
)

// missing is the answer for what is not there, and for what this person may not know of.
func missing() error { return fault.New(fault.NotFound, "ui.fault.missing") }

// verdict is what an error becomes.
type verdict struct {
	status int
	level  slog.Level
	title  string // message id; its advice is title + ".advice"
	fault  *fault.Fault
	retry  int
}

// fail is the only place where an error becomes an answer.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if rec, ok := w.(*recorder); ok && rec.status != 0 {
		// The handler broke its promise: the answer has begun, so all that is left is to say so and to break off.
		s.deps.Log.ErrorContext(r.Context(), "error after the answer had begun", "request", route.From(r).ID, "route", route.From(r).Pattern, "error", err)
		panic(http.ErrAbortHandler)
	}
	s.answer(w, r, err)
}

func (s *server) answer(w http.ResponseWriter, r *http.Request, err error) {
	q := route.From(r)
	v := judge(err)
	if v.level > slog.LevelDebug {
		s.deps.Log.LogAttrs(r.Context(), v.level, "request failed", slog.String("request", q.ID), slog.String("route", q.Pattern),
			slog.Int("status", v.status), slog.String("actor", q.Actor.Person), slog.Any("error", err))
	}
	if v.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(v.retry))
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if v.fault.Kind == fault.Unauthenticated && reads && !route.HTMX(r) {
		w.Header().Set("Location", "/signin?next="+url.QueryEscape(r.URL.RequestURI()))
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	reference := ""
	if v.status >= http.StatusInternalServerError {
		reference = q.ID
	}
	if failed := s.show(w, r, v, reference, err); failed != nil {
		s.deps.Log.ErrorContext(r.Context(), "error page failed", "request", q.ID, "error", failed)
		http.Error(w, q.Printer.T("ui.error.reference")+" "+q.ID, http.StatusInternalServerError)
	}
}

// show writes the page of an error: the handler's own where it has one, or the general one, or the notice that a script puts into the page that it stands in.
func (s *server) show(w http.ResponseWriter, r *http.Request, v verdict, reference string, err error) error {
	if shown, ok := errors.AsType[*route.Shown](err); ok {
		return ui.Write(w, r, v.status, shown.Page)
	}
	frame := ui.FrameOf(r, route.From(r).Printer.T(v.title))
	frame.Narrow = true
	if route.HTMX(r) {
		w.Header().Set("Hx-Retarget", "#notice")
		w.Header().Set("Hx-Reswap", "innerHTML")
		return ui.Write(w, r, v.status, ui.FaultNotice(frame, v.fault, reference))
	}
	text := frame.Printer.TMap(v.fault.Message, v.fault.Args)
	return ui.Write(w, r, v.status, ui.Page(frame, ui.Failure(frame, text, frame.T(v.title+".advice"), reference)))
}

// judge says what status, log level and words an error gets. What is no fault is ours: it is logged in full and shown
// as a reference number.
func judge(err error) verdict {
	if f, ok := fault.Of(err); ok {
		return judgeFault(f)
	}
	plain := func(message string) *fault.Fault { return fault.New(fault.Invalid, message) }
	var big *http.MaxBytesError
	switch {
	case errors.Is(err, errHost):
		return verdict{http.StatusMisdirectedRequest, slog.LevelDebug, "ui.error.host", plain("ui.fault.host"), 0}
	case errors.Is(err, errMethod):
		return verdict{http.StatusMethodNotAllowed, slog.LevelDebug, "ui.error.method", plain("ui.fault.method"), 0}
	case errors.As(err, &big):
		return verdict{http.StatusRequestEntityTooLarge, slog.LevelDebug, "ui.error.large", plain("ui.fault.too-large"), 0}
	case errors.Is(err, context.Canceled):
		// The reader has gone; nobody sees this.
		return verdict{http.StatusServiceUnavailable, slog.LevelDebug, "ui.error.busy", plain("ui.error.busy"), 0}
	case errors.Is(err, context.DeadlineExceeded):
		return verdict{http.StatusServiceUnavailable, slog.LevelWarn, "ui.error.busy", plain("ui.error.busy"), 5}
	}
	return verdict{http.StatusInternalServerError, slog.LevelError, "ui.error.internal", plain("ui.error.internal.text"), 0}
}

func judgeFault(f *fault.Fault) verdict {
	switch f.Kind {
	case fault.Invalid:
		return verdict{http.StatusUnprocessableEntity, slog.LevelDebug, "ui.error.invalid", f, 0}
	case fault.Malformed:
		return verdict{http.StatusBadRequest, slog.LevelInfo, "ui.error.invalid", f, 0}
	case fault.Unauthenticated:
		return verdict{http.StatusUnauthorized, slog.LevelDebug, "ui.error.session", f, 0}
	case fault.Forbidden:
		if f.Message == "ui.fault.token" {
			return verdict{http.StatusForbidden, slog.LevelInfo, "ui.error.token", f, 0}
		}
		return verdict{http.StatusForbidden, slog.LevelInfo, "ui.error.forbidden", f, 0}
	case fault.NotFound:
		return verdict{http.StatusNotFound, slog.LevelDebug, "ui.error.missing", f, 0}
	case fault.Conflict:
		return verdict{http.StatusConflict, slog.LevelDebug, "ui.error.conflict", f, 0}
	case fault.TooMany:
		return verdict{http.StatusTooManyRequests, slog.LevelInfo, "ui.error.slow", f, f.RetryAfter}
	case fault.TooLarge:
		return verdict{http.StatusRequestEntityTooLarge, slog.LevelDebug, "ui.error.large", f, 0}
	case fault.Busy:
		return verdict{http.StatusServiceUnavailable, slog.LevelWarn, "ui.error.busy", f, max(f.RetryAfter, 1)}
	}
	return verdict{http.StatusInternalServerError, slog.LevelError, "ui.error.internal", fault.New(f.Kind, "ui.error.internal.text"), 0}
}
