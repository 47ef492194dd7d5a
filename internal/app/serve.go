package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"zona/internal/assessment"
	"zona/internal/auth"
	"zona/internal/config"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/store"
	"zona/internal/trail"
	"zona/internal/web"
	"zona/internal/web/account"
	"zona/internal/web/admin"
	"zona/internal/web/site"
	"zona/internal/web/workspace"
	"zona/internal/workbook"
)

// services are the features over one database.
type services struct {
	org    *org.Service
	auth   *auth.Service
	sheets *assessment.Service
	trail  *trail.Service
}

func newServices(db *store.DB, clock func() time.Time) services {
	return servicesWith(db, clock, auth.Options{})
}

// servicesWith is newServices with what sign-in takes from the configuration.
func servicesWith(db *store.DB, clock func() time.Time, o auth.Options) services {
	o = signInBasics(db, clock, o)
	people := db.Org()
	return services{
		org:  org.New(people, people, clock, org.NewID),
		auth: auth.New(db.Auth(), db.Auth(), o),
		sheets: assessment.New(db.Assessments(), db.Assessments(), assessment.Options{
			Clock: clock, NewID: org.NewID, Instruments: instrument.ByID, Workbooks: workbooks{},
		}),
		trail: trail.New(db.Trail(), trail.Options{Clock: clock}),
	}
}

// handler builds every page over the database.
func handler(cfg config.Config, db *store.DB, s services, log *slog.Logger, demo bool) (http.Handler, error) {
	return mailing(cfg, db, s, delivery{}, log, demo)
}

// mailing is handler where mails are delivered.
func mailing(cfg config.Config, db *store.DB, s services, m delivery, log *slog.Logger, demo bool) (http.Handler, error) {
	d := pages(cfg, s, log, demo)
	d.Site.Outbox = m.page()
	d.Account.Mail, d.Account.Outbox, d.Admin.Mail = m.mails(), m.outbox != nil, m.mails()
	d.People = db.Org()
	d.Admin.Units, d.Site.Work = db.Assessments(), db.Assessments()
	d.Workspace.Queries, d.Workspace.Institutions = db.Assessments(), db.Org()
	d.LogWarnings = logWarnings{s.trail}
	if !demo {
		d.Warnings = &backupWarnings{off: !cfg.Backup, state: db.Backups().State, log: log}
	}
	return web.New(d)
}

// pages are the dependencies of the web edge, but for the queries that need an open database.
func pages(cfg config.Config, s services, log *slog.Logger, demo bool) web.Deps {
	return web.Deps{
		Sessions:  s.auth,
		Proofs:    s.auth,
		Site:      site.Deps{URL: cfg.Address(), Now: time.Now},
		Account:   account.Deps{Auth: s.auth, Factors: s.auth, Demo: demo},
		Admin:     admin.Deps{Organisation: s.org, Periods: s.sheets, Invitations: s.auth, Sessions: s.auth, Trail: s.trail, Instruments: inForce, URL: cfg.Address()},
		Workspace: workspace.Deps{Sheets: s.sheets, Workbooks: workbooks{}},
		Log:       log,
		Now:       time.Now,
		Hosts:     servedNames(cfg),
		Proxies:   cfg.TrustedProxies(),
		Plain:     !cfg.Encrypted(),
		Demo:      demo,

		FactorsRequired: cfg.SecondFactor == "required" && !demo,
	}
}

// inForce are the instruments that a period may use: those of a regulation, without the example.
func inForce() []*instrument.Instrument {
	return slices.DeleteFunc(slices.Clone(instrument.All()), func(in *instrument.Instrument) bool { return in.Example })
}

// servedNames are the host names that the server answers to; nil leaves the loopback interface's own.
func servedNames(cfg config.Config) []string {
	if u, err := url.Parse(cfg.URL); err == nil && u.Hostname() != "" {
		return []string{u.Hostname()}
	}
	if cfg.TLS == "none" {
		return nil
	}
	return hostNames(cfg)
}

// Serve opens the database and serves until ctx ends. On an instance without people it prints the one-use set-up
// code first.
func Serve(ctx context.Context, cfg config.Config, out, errs io.Writer) (err error) {
	log := newLog(errs, cfg.Log)
	db, _, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = closing(db, err) }()
	m, err := newDelivery(cfg, false)
	if err != nil {
		return err
	}
	s, stop, err := serving(ctx, cfg, db, m.mails(), log)
	if err != nil {
		return err
	}
	defer stop()
	if s.trail, err = newTrail(cfg, db, m, log); err != nil {
		return err
	}
	h, err := mailing(cfg, db, s, m, log, false)
	if err != nil {
		return err
	}
	defer anchoring(ctx, s.trail, log)()
	rest, err := working(ctx, cfg, db, s, m, log)
	if err != nil {
		return err
	}
	defer rest()
	code, err := s.auth.PrepareSetUp(ctx)
	if err != nil {
		return fmt.Errorf("prepare the set-up code: %w", err)
	}
	var c *copies
	if cfg.Backup {
		if c, err = newCopies(cfg, db, out); err != nil {
			return err
		}
	}
	stopCopies, err := startCopies(ctx, cfg, db, c, log)
	if err != nil {
		return fmt.Errorf("begin to keep backups: %w", err)
	}
	defer stopCopies() // before the database is closed
	return listen(ctx, cfg, h, log, func(net.Addr) {
		announce(out, cfg)
		if code != "" {
			_, _ = fmt.Fprintf(out, "\nFirst start. Make the first administrator at %s/setup with this one-use code:\n\n    %s\n\n", cfg.Address(), code)
		}
	})
}

func announce(out io.Writer, cfg config.Config) {
	_, _ = fmt.Fprintf(out, "Zona is served at %s\n", cfg.Address())
	if !cfg.Encrypted() {
		_, _ = fmt.Fprintln(out, "Plain HTTP, on this machine only. To serve a network, set tls to self-signed, files or proxy.")
	}
}

// Access prints the table of routes with what each needs, and the table of roles.
func Access(out io.Writer) error {
	d := pages(config.Default(), services{}, slog.New(slog.DiscardHandler), false)
	for _, row := range web.Table(d) {
		if _, err := fmt.Fprintf(out, "%-72s %s\n", row.Pattern, row.Opener()); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintln(out)
	for _, g := range org.Policy() {
		if _, err := fmt.Fprintf(out, "%-18s %-12s %v\n", g.Role, g.Scope, g.Capabilities); err != nil {
			return err
		}
	}
	return nil
}

// workbooks joins the features and pages, which declare what they need, with package workbook.
type workbooks struct{}

// ReadWorkbook implements assessment.WorkbookReader.
func (workbooks) ReadWorkbook(ctx context.Context, in *instrument.Instrument, src io.ReaderAt, size int64, column string) (assessment.Reading, error) {
	r, err := workbook.Read(ctx, in, src, size, workbook.Options{Column: column})
	if err != nil {
		return assessment.Reading{}, err
	}
	out := assessment.Reading{Column: r.Column, Columns: r.Columns}
	for _, q := range in.Questions {
		answer, note := r.Answers[q.ID], r.Notes[q.ID]
		if answer.Given() || note != "" {
			out.Incoming = append(out.Incoming, assessment.Incoming{Question: q.ID, Answer: answer, Note: note})
		}
	}
	for _, p := range r.Problems {
		out.Problems = append(out.Problems, assessment.Problem(p))
	}
	return out, nil
}

// WriteWorkbook implements workspace.WorkbookWriter.
func (workbooks) WriteWorkbook(w io.Writer, v assessment.View) error {
	s := workbook.Sheet{
		Institution: v.Sheet.Institution.Name,
		Unit:        v.Sheet.Unit.Name,
		Period:      v.Sheet.Period.Name,
		Level:       string(v.Sheet.Assessment.Level),
		Target:      v.Sheet.Assessment.Target,
		Answers:     map[string]instrument.Answer{},
		Notes:       map[string]string{},
	}
	for _, e := range v.Entries {
		s.Answers[e.Question] = e.Answer
		if e.Note != "" {
			s.Notes[e.Question] = e.Note
		}
	}
	return workbook.Write(w, v.Instrument, s)
}
