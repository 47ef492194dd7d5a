package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"zona/internal/config"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/store"
	"zona/internal/workbook"
)

// RosterOptions says what `zona import` and `zona export` are to do.
type RosterOptions struct {
	Kind        string // units, people or assignments
	File        string // to import
	Institution string // id or name
	DryRun      bool
	Text        *locale.Printer
}

// ImportRoster brings a list in and prints what changes. Exit 0: done, or nothing to do; 1: rows must be mended and
// nothing was stored; 2: the file could not be read.
func ImportRoster(ctx context.Context, cfg config.Config, o RosterOptions, out, errs io.Writer) (err error) {
	kind := org.RosterKind(o.Kind)
	raw, err := readLimited(o.File, workbook.MaxFileSize)
	var table *workbook.Table
	if err == nil {
		table, err = workbook.ReadTable(ctx, bytes.NewReader(raw), int64(len(raw)), workbook.TableOptions{
			Heading: func(cells []string) bool { return org.RosterHeading(kind, cells) },
		})
	}
	if err != nil {
		return Exit{Code: 2, Err: fmt.Errorf("%s: %w", o.File, inWords(err, o.Text))}
	}
	db, _, err := openDatabase(ctx, cfg, newLog(errs, cfg.Log))
	if err != nil {
		return err
	}
	defer func() { err = closing(db, err) }()
	institution, err := institutionNamed(ctx, db, o)
	if err != nil {
		return err
	}
	report, err := org.NewImporter(db.Roster(), org.NewID).Import(ctx, org.Actor{}, org.RosterImport{
		Key: idempotency.Key{}, Kind: kind, Institution: institution, Table: rosterTable(table), Operator: true,
		DryRun: o.DryRun || len(table.Problems) > 0,
	})
	if err != nil {
		return Exit{Code: 1, Err: fmt.Errorf("%s: %w", o.File, inWords(err, o.Text))}
	}
	return printRoster(out, table, report, o)
}

// rosterTable is the table in the words of org, which knows no files.
func rosterTable(t *workbook.Table) org.RosterTable {
	table := org.RosterTable{Head: t.Head, Rows: make([]org.RosterLine, len(t.Rows))}
	for i, r := range t.Rows {
		table.Rows[i] = org.RosterLine(r)
	}
	return table
}

// inWords says a fault in a language.
func inWords(err error, text *locale.Printer) error {
	if f, ok := fault.Of(err); ok {
		return fmt.Errorf("%s", text.T(f.Message, pairs(f.Args)...)) //nolint:err113 // words for a person
	}
	return err
}

// pairs are the arguments of a message in the form that the printer takes.
func pairs(args map[string]any) []any {
	var list []any
	for name, value := range args {
		list = append(list, name, value)
	}
	return list
}

func printRoster(out io.Writer, t *workbook.Table, r *org.RosterReport, o RosterOptions) error {
	var b strings.Builder
	if len(r.Unknown) > 0 {
		b.WriteString(o.Text.T("roster.unknown", "Headings", strings.Join(r.Unknown, ", ")) + "\n")
	}
	for _, p := range t.Problems {
		fmt.Fprintf(&b, "! %s %s: %s %s\n", p.Sheet, p.Cell, o.Text.T(p.Rule), o.Text.T(p.Mend))
	}
	for _, p := range r.Problems {
		where := o.Text.T("roster.row", "Row", p.Row)
		if t.Sheet != "" {
			where = printable(t.Sheet) + ", " + where
		}
		if p.Heading != "" {
			where += ", " + o.Text.T("roster.column", "Heading", printable(p.Heading))
		}
		if p.Read != "" {
			where += ", " + o.Text.T("roster.read", "Read", printable(p.Read))
		}
		fmt.Fprintf(&b, "! %s: %s %s\n", where, o.Text.T(p.Rule, pairs(p.Args)...), o.Text.T(p.Mend))
	}
	for _, c := range r.Changes {
		sign, word := "+", o.Text.T("roster.added")
		if !c.New {
			sign, word = "~", o.Text.T("roster.changed")
		}
		fmt.Fprintf(&b, "%s %s %s, %s", sign, printable(c.Key), word, o.Text.T("roster.row", "Row", c.Row))
		for _, f := range c.Fields {
			fmt.Fprintf(&b, "; %s: %q → %q", f.Column, f.From, f.To)
		}
		b.WriteString("\n")
	}
	problems := len(r.Problems) + len(t.Problems)
	b.WriteString(o.Text.T("roster.total", "Rows", r.Rows, "Added", r.Added(), "Changed", len(r.Changes)-r.Added(),
		"Same", r.Unchanged, "Problems", problems) + "\n")
	switch {
	case problems > 0:
		b.WriteString(o.Text.T("roster.nothing") + "\n")
	case o.DryRun:
		b.WriteString(o.Text.T("roster.rehearsed") + "\n")
	default:
		b.WriteString(o.Text.T("roster.kept") + "\n")
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return err
	}
	if problems > 0 {
		return Exit{Code: 1}
	}
	return nil
}

// printable is a text of a file as a terminal may get it: no control characters, and not endless.
func printable(s string) string {
	quoted := fmt.Sprintf("%q", s)
	return clip(quoted[1 : len(quoted)-1])
}

// institutionNamed finds an institution by id, or by its name in any case where only one has it.
func institutionNamed(ctx context.Context, db *store.DB, o RosterOptions) (string, error) {
	list, err := db.Org().Institutions(ctx, org.Reach{All: true})
	if err != nil {
		return "", err
	}
	var found []string
	for _, i := range list {
		if i.ID == o.Institution {
			return i.ID, nil
		}
		if strings.EqualFold(i.Name, strings.TrimSpace(o.Institution)) {
			found = append(found, i.ID)
		}
	}
	if len(found) != 1 {
		return "", Exit{Code: 2, Err: fmt.Errorf("%s", o.Text.T("roster.institution", "Name", o.Institution))} //nolint:err113 // words for a person
	}
	return found[0], nil
}

// ExportRoster writes a list as CSV with the headings that ImportRoster reads, a page at a time.
func ExportRoster(ctx context.Context, cfg config.Config, o RosterOptions, out, errs io.Writer) (err error) {
	db, err := store.Open(ctx, store.Config{URL: cfg.Database, Beside: true, Log: newLog(errs, cfg.Log)}, nil)
	if err != nil {
		return err
	}
	defer func() { err = closing(db, err) }()
	institution, err := institutionNamed(ctx, db, o)
	if err != nil {
		return err
	}
	w, err := workbook.NewCSVWriter(out)
	if err != nil {
		return err
	}
	switch org.RosterKind(o.Kind) {
	case org.RosterUnits:
		err = exportUnits(ctx, db, institution, w)
	case org.RosterPeople:
		err = exportPeople(ctx, db, institution, w)
	case org.RosterAssignments:
		err = exportAssignments(ctx, db, institution, w)
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

const rosterPage = 500

func exportUnits(ctx context.Context, db *store.DB, institution string, w *workbook.CSVWriter) error {
	if err := w.Write([]string{"Kode", "Nama", "Kode induk", "Jenis", "Layanan", "Pelayanan publik", "Fungsi"}); err != nil {
		return err
	}
	codes := map[string]string{}
	write := func(emit bool) error {
		q := org.UnitQuery{Institution: institution, Sort: org.UnitsByCode, Limit: rosterPage}
		for {
			rows, err := db.Org().UnitList(ctx, org.Reach{All: true}, q)
			if err != nil {
				return err
			}
			for _, u := range rows {
				codes[u.ID] = u.Code
				q.After = u.After
				if !emit {
					continue
				}
				public := "tidak"
				if u.PublicFacing {
					public = "ya"
				}
				err := w.Write([]string{u.Code, u.Name, codes[u.Parent], string(u.Kind), strings.Join(u.Services, "; "), public, string(u.Function)})
				if err != nil {
					return err
				}
			}
			if len(rows) < rosterPage {
				return nil
			}
		}
	}
	if err := write(false); err != nil { // a parent may come after its children in the order of codes
		return err
	}
	return write(true)
}

func exportPeople(ctx context.Context, db *store.DB, institution string, w *workbook.CSVWriter) error {
	if err := w.Write([]string{"NIP", "Login", "Nama", "Jabatan", "Pangkat", "Surel", "Kode unit"}); err != nil {
		return err
	}
	q := org.PersonQuery{Institution: institution, Limit: rosterPage}
	for {
		rows, err := db.Org().People(ctx, q)
		if err != nil {
			return err
		}
		for _, p := range rows {
			q.After = p.After
			if err := w.Write([]string{p.NIP, p.Login, p.Name, p.Position, p.Rank, p.Email, p.UnitCode}); err != nil {
				return err
			}
		}
		if len(rows) < rosterPage {
			return nil
		}
	}
}

// exportAssignments leaves out what an import cannot give: roles over kawasan and teams, and delegated ones.
func exportAssignments(ctx context.Context, db *store.DB, institution string, w *workbook.CSVWriter) error { //nolint:gocognit // one loop over pages, with two memories of names
	if err := w.Write([]string{"NIP", "Login", "Peran", "Lingkup", "Kode unit", "Mulai", "Sampai", "Plt/Plh"}); err != nil {
		return err
	}
	i, err := db.Org().Institution(ctx, institution)
	if err != nil {
		return err
	}
	zone, err := locale.Zone(i.Zone)
	if err != nil {
		return err
	}
	people, codes := map[string]org.Person{}, map[string]string{}
	q := org.AssignmentQuery{Institution: institution, Limit: rosterPage}
	for {
		rows, err := db.Org().AssignmentList(ctx, q)
		if err != nil {
			return err
		}
		for _, a := range rows {
			q.After = a.After
			if a.Source != "" || a.Scope.Kind == org.InKawasan || a.Scope.Kind == org.InTeam {
				continue
			}
			p, known := people[a.Person]
			if !known {
				if p, err = db.Org().Person(ctx, a.Person); err != nil {
					return err
				}
				people[a.Person] = p
			}
			if _, known := codes[a.Scope.Unit]; !known && a.Scope.Unit != "" {
				u, err := db.Org().Unit(ctx, a.Scope.Unit)
				if err != nil {
					return err
				}
				codes[u.ID] = u.Code
			}
			err := w.Write([]string{
				p.NIP, p.Login, string(a.Role), string(a.Scope.Kind), codes[a.Scope.Unit], dayIn(a.From, zone, 0), dayIn(a.Until, zone, -1), string(a.Acting),
			})
			if err != nil {
				return err
			}
		}
		if len(rows) < rosterPage {
			return nil
		}
	}
}

// dayIn is an instant as a date of the institution; an end is told by its last day.
func dayIn(t time.Time, zone *time.Location, days int) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).AddDate(0, 0, days).Format(time.DateOnly)
}
