package desktest

import (
	"io"
	"net/http/httptest"
	"testing"

	"zona/internal/assessment"
	"zona/internal/instrument"
	"zona/internal/web"
	"zona/internal/web/account"
	"zona/internal/web/admin"
	"zona/internal/web/site"
	"zona/internal/web/workspace"
)

// URL is the address that the world's pages are said to have.
const URL = "https://zi.example"

// Deps is what the pages of this world are made of.
func (w *World) Deps() web.Deps {
	return web.Deps{
		Sessions: w.Auth, People: w.Store.Org(), Proofs: w.Auth, Log: w.Logger(), Now: w.Now,
		Hosts:   []string{"127.0.0.1"},
		Site:    site.Deps{URL: URL, Now: w.Now, Work: w.Store.Assessments()},
		Account: account.Deps{Auth: w.Auth, Factors: w.Auth},
		Admin: admin.Deps{
			Organisation: w.Org, Units: w.Store.Assessments(), Periods: w.Sheets, Invitations: w.Auth, Sessions: w.Auth,
			Instruments: func() []*instrument.Instrument {
				return []*instrument.Instrument{{ID: "lke-2021", Title: "LKE Zona Integritas"}}
			},
			Trail: w.Trail, URL: URL,
		},
		Workspace: workspace.Deps{
			Sheets: w.Sheets, Queries: w.Store.Assessments(), Institutions: w.Store.Org(), Workbooks: noWorkbooks{},
		},
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

// noWorkbooks writes an empty file: edges meet in app alone, where workbooks are tested through the pages.
type noWorkbooks struct{}

// WriteWorkbook is workspace.WorkbookWriter's.
func (noWorkbooks) WriteWorkbook(io.Writer, assessment.View) error { return nil }
