// Package web is the browser's side of Zona: one table of routes, one chain of checks in front of them, one place
// that turns an error into a page. It holds no rule of the office: handlers call features and show what they answer.
// It refuses to start with a row that does not say who may enter.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/httprate"

	"zona/internal/auth"
	"zona/internal/org"
	"zona/internal/web/account"
	"zona/internal/web/admin"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
	"zona/internal/web/site"
	"zona/internal/web/workspace"
)

// Deps is everything that the pages need from the rest of the program.
type Deps struct {
	Sessions Sessions
	People   People
	Proofs   Proofs

	Site    site.Deps
	Account account.Deps
	Admin   admin.Deps

	Workspace workspace.Deps

	Log *slog.Logger
	Now func() time.Time

	Hosts   []string       // names that the server answers to, without port; empty: the loopback interface's own
	Proxies []netip.Prefix // whose X-Forwarded-For is believed
	Plain   bool           // plain HTTP, which is served on the loopback interface alone
	Demo    bool           // every institution here is invented

	Warnings Warnings // nil: there is nothing to warn of
	// LogWarnings are those of the log, for everybody who may read it; nil: there are none.
	LogWarnings Warnings

	// FactorsRequired holds those who run things or judge to a second step at sign-in, after a day; see org.FactorDue.
	// Invented institutions are left out.
	FactorsRequired bool
}

// Proofs takes once more what shows that somebody who is signed in is the person, before a decisive act.
type Proofs interface {
	Steps(ctx context.Context, n auth.Session) (auth.Steps, error)
	StepUp(ctx context.Context, n auth.Session, p auth.Proof) (auth.Opened, error)
}

// Sessions recognises a browser by the value of its cookie. A value that belongs to no living session is fault.NotFound or
// fault.Unauthenticated.
type Sessions interface {
	Lookup(ctx context.Context, value string) (auth.Session, error)
}

// People tells who a session's person is, with the roles of today.
type People interface {
	Actor(ctx context.Context, person string) (org.Actor, error)
	Institution(ctx context.Context, id string) (org.Institution, error)
}

// Warnings tells those who run the instance what they must see to. It is asked with every page of theirs, so it answers
// from memory; an error of its own it says as a warning.
type Warnings interface {
	Warnings(ctx context.Context, at time.Time) []Warning
}

// Warning is what is said above every page until it is seen to.
type Warning = route.Warning

// Row is one row of the route table, for tests and for `zona doctor access`.
type Row = route.Route

// Table lists all rows in the order of their paths.
func Table(d Deps) []Row {
	var rows []Row
	d.Admin.Table = func() []Row { return rows } // asked when a page is shown, after all are known
	rows = slices.Concat(
		site.Routes(d.Site),
		account.Routes(d.Account),
		admin.Routes(d.Admin),
		workspace.Routes(d.Workspace),
	)
	slices.SortStableFunc(rows, func(a, b Row) int {
		if c := strings.Compare(a.Path(), b.Path()); c != 0 {
			return c
		}
		return strings.Compare(a.Method(), b.Method())
	})
	return rows
}

// New builds the handler of all pages. It fails when a row does not say who may enter, when two rows are the same,
// or when the embedded assets are damaged.
func New(d Deps) (http.Handler, error) {
	assets, err := ui.Embedded()
	if err != nil {
		return nil, fmt.Errorf("load assets: %w", err)
	}
	return newServer(d, assets, append(Table(d), assetRow(assets)))
}

// assetRow serves what the asset build made.
func assetRow(assets *ui.Assets) Row {
	return Row{
		Pattern: "GET " + ui.AssetPath + "{name}", Public: true, Bare: true,
		Handle: func(w http.ResponseWriter, r *http.Request) error {
			if !assets.Serve(w, r, r.PathValue("name")) {
				return missing()
			}
			return nil
		},
	}
}

// server is the chain with what its steps need.
type server struct {
	deps    Deps
	hosts   []string
	assets  *ui.Assets
	mux     *http.ServeMux
	nav     []Row // rows with a place in the navigation, in its order
	cross   *http.CrossOriginProtection
	limiter *httprate.RateLimiter
}

// attemptsPerMinute is per source address: an office of two hundred people behind one address can sign in within
// minutes, and guessing stays slow. The limit per account is package auth's.
const attemptsPerMinute = 60

func newServer(d Deps, assets *ui.Assets, rows []Row) (*server, error) {
	s := &server{
		deps: d, assets: assets, hosts: d.Hosts, mux: http.NewServeMux(),
		cross: http.NewCrossOriginProtection(),
		// Its headers would tell a guesser how many tries are left.
		limiter: httprate.NewRateLimiter(attemptsPerMinute, time.Minute, httprate.WithResponseHeaders(httprate.ResponseHeaders{})),
	}
	if len(s.hosts) == 0 {
		s.hosts = []string{"localhost", "127.0.0.1", "::1"}
	}
	var problems []error
	seen := map[string]bool{}
	for _, row := range rows {
		if err := row.Check(); err != nil {
			problems = append(problems, err)
			continue
		}
		if seen[row.Pattern] {
			problems = append(problems, fmt.Errorf("route %q stands twice in the table", row.Pattern))
			continue
		}
		seen[row.Pattern] = true
		s.mux.Handle(row.Pattern, s.row(row))
		if row.Nav.Label != "" {
			s.nav = append(s.nav, row)
		}
	}
	slices.SortStableFunc(s.nav, func(a, b Row) int { return a.Nav.Order - b.Nav.Order })
	return s, errors.Join(problems...)
}
