package web

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/httprate"

	"zona/internal/fault"
	"zona/internal/locale"
	"zona/internal/web/internal/route"
)

// policy is sent with every answer, error pages and files included. Nothing on a page of ours needs more; style
// sheets of the kit hold icons as data: URLs, so pictures may be that.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

// ServeHTTP runs the checks in their order: reference number, recover and log, headers, host, cross-origin, and then
// the row's own (see row).
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The printer follows the browser until a session says more.
	q := &route.Request{
		ID: reference(), At: s.deps.Now().UTC(), Source: s.source(r), Plain: s.deps.Plain, Demo: s.deps.Demo,
		Printer: locale.For(locale.Negotiate(r.Header.Get("Accept-Language"))), Asset: s.assets.Path,
	}
	r = route.With(r, q)
	out := &recorder{ResponseWriter: w}
	public := true
	defer func() {
		if p := recover(); p != nil {
			s.panicked(out, r, p)
		}
		s.access(r, q, out, public, s.deps.Now().UTC().Sub(q.At))
	}()
	s.headers(out)
	if !s.knownHost(r.Host) {
		s.fail(out, r, errHost)
		return
	}
	if err := s.cross.Check(r); err != nil {
		s.fail(out, r, fault.New(fault.Forbidden, "ui.fault.token"))
		return
	}
	fallback, pattern := s.mux.Handler(r)
	if pattern == "" {
		s.unrouted(out, r, fallback)
		return
	}
	q.Pattern = pattern
	public = false
	s.mux.ServeHTTP(out, r)
	public = q.Actor.Person == ""
}

// reference is short enough to be read out on the telephone.
func reference() string { return rand.Text()[:10] }

func (s *server) headers(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()")
	// Pages belong to one person at one time; what may be kept (assets) says so itself.
	h.Set("Cache-Control", "no-store")
	if !s.deps.Plain {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// knownHost refuses names that somebody else pointed at this server; links and cookies would follow them.
func (s *server) knownHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	return slices.ContainsFunc(s.hosts, func(known string) bool { return strings.EqualFold(known, name) })
}

// unrouted answers what no row matches: 405 with the methods that exist, else 404. Both are known only to the mux,
// which is asked for its answer without sending it.
func (s *server) unrouted(w http.ResponseWriter, r *http.Request, fallback http.Handler) {
	probe := &probe{header: http.Header{}}
	fallback.ServeHTTP(probe, r)
	if err := s.identify(w, r); err != nil {
		s.fail(w, r, err)
		return
	}
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.header.Get("Allow"))
		s.fail(w, r, errMethod)
		return
	}
	s.fail(w, r, missing())
}

// panicked answers a panic: with a page when nothing was sent yet, else by breaking the connection off, so that half
// a page is not taken for a whole one.
func (s *server) panicked(w *recorder, r *http.Request, p any) {
	if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it in the same way
		panic(p)
	}
	err := fmt.Errorf("panic: %v", p)
	s.deps.Log.ErrorContext(r.Context(), "handler panicked", "request", route.From(r).ID, "route", route.From(r).Pattern, "error", err, "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler)
	}
	s.answer(w, r, err)
}

// access writes one line per request. Rows that anybody may open are logged by route and class alone; no line holds
// a path, a query or an address.
func (s *server) access(r *http.Request, q *route.Request, w *recorder, public bool, took time.Duration) {
	pattern := q.Pattern
	if pattern == "" {
		pattern = "none"
	}
	status := w.status
	if status == 0 {
		status = http.StatusOK
	}
	attrs := []slog.Attr{slog.String("route", pattern), slog.String("class", fmt.Sprintf("%dxx", status/100))}
	if !public {
		attrs = append(
			attrs, slog.Int("status", status), slog.String("request", q.ID), slog.String("actor", q.Actor.Person),
			slog.Int64("bytes", w.bytes), slog.Duration("took", took),
		)
	}
	s.deps.Log.LogAttrs(r.Context(), slog.LevelInfo, "request", attrs...)
}

// source is the address that a request came from, as a key for counting. X-Forwarded-For is believed from our own
// proxies only: the last address in it that is not one of them.
func (s *server) source(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if s.ownProxy(host) {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for _, hop := range slices.Backward(hops) {
			hop = strings.TrimSpace(hop)
			if _, err := netip.ParseAddr(hop); err != nil {
				break
			}
			host = hop
			if !s.ownProxy(hop) {
				break
			}
		}
	}
	return httprate.CanonicalizeIP(host)
}

func (s *server) ownProxy(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(s.deps.Proxies, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}

// recorder notes what was sent.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader notes the status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection, for deadlines of uploads.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// probe takes an answer that nobody will see.
type probe struct {
	header http.Header
	status int
}

// Header is the probe's own.
func (p *probe) Header() http.Header { return p.header }

// WriteHeader notes the status.
func (p *probe) WriteHeader(status int) { p.status = status }

// Write drops the bytes.
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
