package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"zona/internal/org"
	"zona/internal/web/internal/route"
)

func TestTheLogHoldsNoQueryPathOrAddress(t *testing.T) {
	t.Parallel()
	w := setup(t, nil, Row{Pattern: "GET /units/{unit}", Need: org.ViewUnits, Handle: ok}, Row{Pattern: "GET /door/{code}", Public: true, Handle: ok})
	w.do(t, request{target: "/units/unit-7?q=budi", cookie: "reader"})
	w.do(t, request{target: "/door/SECRETCODE"})
	w.do(t, request{target: "/nothing/SECRETCODE"})
	log := w.log.String()
	for _, leaked := range []string{"budi", "unit-7", "SECRETCODE", "192.0.2.1"} {
		if strings.Contains(log, leaked) {
			t.Errorf("%q stands in the log:\n%s", leaked, log)
		}
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if !slices.ContainsFunc(lines, func(l string) bool {
		return strings.Contains(l, `route="GET /units/{unit}" class=2xx`) && strings.Contains(l, "actor=reader")
	}) {
		t.Errorf("the access of a person is not in the log:\n%s", log)
	}
	if !strings.Contains(log, `msg=request route="GET /door/{code}" class=2xx`+"\n") {
		t.Errorf("a public page is logged by more than route and class:\n%s", log)
	}
}

func TestSecretsAreTakenAtALimitedRatePerSource(t *testing.T) {
	t.Parallel()
	w := setup(t, nil, Row{Pattern: "POST /signin", Public: true, Fields: []string{"*"}, Limited: true, Handle: ok})
	refused := 0
	for range attemptsPerMinute + 5 {
		if w.do(t, request{target: "/signin", method: "POST"}).StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 5 {
		t.Errorf("%d of %d refused, want 5", refused, attemptsPerMinute+5)
	}
}

func TestTheSourceIsBelievedFromOwnProxiesOnly(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, remote, forwarded, want string }{
		{"no proxy", "203.0.113.9:1", "", "203.0.113.9"},
		{"a stranger claims", "203.0.113.9:1", "198.51.100.1", "203.0.113.9"},
		{"our proxy says", "10.0.0.5:1", "198.51.100.1", "198.51.100.1"},
		{"a claim before our proxy's word", "10.0.0.5:1", "192.0.2.66, 198.51.100.1", "198.51.100.1"},
		{"two of our proxies", "10.0.0.5:1", "198.51.100.1, 10.0.0.6", "198.51.100.1"},
		{"nonsense", "10.0.0.5:1", "unknown", "10.0.0.5"},
		{"a household of IPv6", "[2001:db8::1234]:1", "", "2001:db8::"},
	}
	w := setup(t, func(d *Deps) { d.Proxies = prefixes("10.0.0.0/8") })
	for _, c := range cases {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := w.source(r); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTheLanguageIsThePersonsThenTheBrowsersThenIndonesian(t *testing.T) {
	t.Parallel()
	english := actor("english", org.Observer)
	english.Lang = "en"
	w := setup(t, func(d *Deps) { d.Sessions = people{"english": english}; d.People = people{"english": english} },
		Row{Pattern: "GET /page", Public: true, Handle: func(w http.ResponseWriter, r *http.Request) error {
			_, err := io.WriteString(w, route.From(r).Printer.Lang())
			return err
		}})
	cases := []struct {
		name string
		q    request
		want string
	}{
		{"nothing said", request{target: "/page"}, "id"},
		{"the browser", request{target: "/page", header: http.Header{"Accept-Language": {"en-US,en;q=0.9"}}}, "en"},
		{"a browser in French", request{target: "/page", header: http.Header{"Accept-Language": {"fr"}}}, "id"},
		{"a link", request{target: "/page?lang=en"}, "en"},
		{"a link to nothing", request{target: "/page?lang=xx"}, "id"},
		{"a choice noted in the browser", request{target: "/page", header: http.Header{"Cookie": {"__Host-zona-lang=en"}}}, "en"},
		{"the person", request{target: "/page", cookie: "english", header: http.Header{"Accept-Language": {"id"}}}, "en"},
	}
	for _, c := range cases {
		if got := read(t, w.do(t, c.q)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}
