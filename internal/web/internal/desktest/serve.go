package desktest

import (
	"context"
	"net/http/httptest"
	"testing"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/trail"
	"zona/internal/web"
	"zona/internal/web/account"
	"zona/internal/web/admin"
	"zona/internal/web/site"
)

// URL is the address that the world's pages are said to have.
const URL = "https://zi.example"

// Deps is what the pages of this world are made of.
func (w *World) Deps() web.Deps {
	return web.Deps{
		Sessions: w.Auth, People: w.Queries(), Proofs: w.Auth, Log: w.Logger(), Now: w.Now,
		Hosts:   []string{"127.0.0.1"},
		Site:    site.Deps{URL: URL, Now: w.Now},
		Account: account.Deps{Auth: w.Auth, Factors: w.Auth},
		Admin: admin.Deps{
			Organisation: w.Org, Units: lists{w.Store}, Periods: periods{w.Store}, Invitations: w.Auth, Sessions: w.Auth,
			Instruments: func() []*instrument.Instrument {
				return []*instrument.Instrument{{ID: "lke-2021", Title: "LKE Zona Integritas"}}
			},
			Trail: quiet{}, URL: URL,
		},
		Workspace: noSheets{}.deps(),
	}
}

// Open serves the world's pages over TLS.
func (w *World) Open(t *testing.T) *httptest.Server {
	t.Helper()
	h, err := web.New(w.Deps())
	if err != nil {
		t.Fatal(err)
	}
	return Serve(t, h)
}

// periods makes periods as the feature does, without its rules: those are tested there.
type periods struct{ s *Store }

// Periods is admin.Periods's.
func (p periods) Periods(_ context.Context, _ org.Actor, institution string) ([]assessment.Period, error) {
	return read(p.s, func() ([]assessment.Period, error) {
		var found []assessment.Period
		for _, period := range p.s.Periods {
			if period.Institution == institution {
				found = append(found, period)
			}
		}
		return found, nil
	})
}

// CreatePeriod is admin.Periods's.
func (p periods) CreatePeriod(_ context.Context, _ org.Actor, cmd assessment.NewPeriod) (string, error) {
	id, _, err := p.s.inTx(cmd.Key, func() (string, error) {
		id := org.NewID()
		p.s.Periods = append(p.s.Periods, assessment.Period{
			ID: id, Institution: cmd.Institution, Year: cmd.Year, Name: cmd.Name, Instrument: cmd.Instrument,
			Zone: p.s.Institutions[cmd.Institution].Zone, Opens: cmd.Opens, Deadline: cmd.Deadline,
		})
		return id, nil
	})
	return id, err
}

// quiet is a log in which nothing has happened: what it shows is tested where there is a real one.
type quiet struct{}

// List is admin.Trail's.
func (quiet) List(context.Context, org.Actor, trail.Filter, int64) (trail.Page, error) {
	return trail.Page{}, nil
}

// Each is admin.Trail's.
func (quiet) Each(context.Context, org.Actor, trail.Filter, func([]trail.Line) error) error {
	return nil
}

// Event is admin.Trail's.
func (quiet) Event(context.Context, org.Actor, int64) (trail.Line, error) {
	return trail.Line{}, fault.New(fault.NotFound, "fault.not_found")
}

// Receipt is admin.Trail's.
func (quiet) Receipt(context.Context, org.Actor, int64) ([]byte, error) {
	return nil, fault.New(fault.NotFound, "fault.not_found")
}

// State is admin.Trail's.
func (quiet) State(context.Context, org.Actor) (trail.State, error) { return trail.State{}, nil }

// Alarm is admin.Trail's.
func (quiet) Alarm() (trail.Alarm, bool) { return trail.Alarm{}, false }

// Explain is admin.Trail's: there is nothing to explain.
func (quiet) Explain(context.Context, org.Actor, trail.Explanation) error {
	return fault.New(fault.Conflict, "audit.explain.gone")
}
