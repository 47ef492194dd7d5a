package org

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"zona/internal/fault"
	"zona/internal/idempotency"
)

// Units, people and assignments come from tables here rather than in a package of their own, so that a row is held to
// the very checks, and leaves the very events, of the same thing entered by hand.

// RosterKind is what the rows of a table are.
type RosterKind string

// The three lists that institutions keep elsewhere and bring along.
const (
	RosterUnits       RosterKind = "units"
	RosterPeople      RosterKind = "people"
	RosterAssignments RosterKind = "assignments"
)

// RosterTable is a table as it was read: texts under headings.
type RosterTable struct {
	Head []string
	Rows []RosterLine
}

// RosterLine is a row; N is its number in the file, Cells are as many as headings.
type RosterLine struct {
	N     int
	Cells []string
}

// RosterProblem is what is wrong with a cell, or with a row where Heading is "". Rule and Mend are message ids.
type RosterProblem struct {
	Row     int
	Heading string // as it stands in the file
	Read    string
	Rule    string
	Mend    string
	Args    map[string]any // of Rule
}

// RosterChange is what happens to one row's object; Before is nil for what is added.
type RosterChange struct {
	Row    int
	Key    string // code, NIP or login
	Fields []RosterField
	New    bool
}

// RosterField is one value before and after.
type RosterField struct{ Column, From, To string }

// RosterReport is what an import does, or would do. With a problem in it nothing was changed.
type RosterReport struct {
	Kind      RosterKind
	Rows      int
	Unknown   []string // headings that no column goes by; their cells are not read
	Problems  []RosterProblem
	Changes   []RosterChange // additions too, in the order of rows
	Unchanged int
}

// Added is how many of the changes are additions.
func (r *RosterReport) Added() int {
	n := 0
	for _, c := range r.Changes {
		if c.New {
			n++
		}
	}
	return n
}

// RosterStore is what an import needs beside Store: whole lists in one statement each.
type RosterStore interface {
	Store
	// UnitsOf lists all units of an institution, closed ones too.
	UnitsOf(ctx context.Context, institution string) ([]Unit, error)
	// PeopleBy lists the people of the whole instance who have one of the logins or numbers.
	PeopleBy(ctx context.Context, logins, nips []string) ([]Person, error)
	// AssignmentsIn lists the assignments of all people whose home is the institution.
	AssignmentsIn(ctx context.Context, institution string) ([]Assignment, error)
	// InsertPeople is InsertPerson for many.
	InsertPeople(ctx context.Context, list []Person) error
}

// RosterTransactor is Transactor for imports.
type RosterTransactor interface {
	InTx(ctx context.Context, key idempotency.Key, fn func(ctx context.Context, s RosterStore) (outcome string, err error)) (outcome string, replayed bool, err error)
}

// Importer brings lists in.
type Importer struct {
	tx    RosterTransactor
	newID func() string
}

// NewImporter returns an importer; newID is NewID outside tests.
func NewImporter(tx RosterTransactor, newID func() string) *Importer {
	return &Importer{tx: tx, newID: newID}
}

// RosterImport is what Import needs.
type RosterImport struct {
	Key         idempotency.Key
	Kind        RosterKind
	Institution string
	Table       RosterTable
	DryRun      bool
	// Operator says that whoever calls holds the database itself, at the command line: nothing more could be refused
	// to them, and the log names the program as who did it.
	Operator bool
}

// Operator is the actor that the log names for the command line.
const Operator = "system"

// Console is the actor at the command line: whoever holds the database itself could not be refused anything, and
// reads no answers through it either.
func Console() Actor {
	return Actor{Person: Operator, Assignments: []Assignment{{Person: Operator, Role: Administrator, Scope: Scope{Kind: WholeInstance}}}}
}

// errRehearsed ends the transaction of an import that must leave nothing.
var errRehearsed = errors.New("nothing of the import is kept")

// Import adds and changes what the rows of a table say, all of them or, with a problem or DryRun, none; a row is the
// same as an earlier one by its key. A preview runs the whole import and takes it back, so that it cannot promise what
// the import then does not do. A column that is not there changes nothing; an empty cell of one that is there empties.
func (m *Importer) Import(ctx context.Context, by Actor, cmd RosterImport) (*RosterReport, error) {
	var report *RosterReport
	_, _, err := m.tx.InTx(ctx, cmd.Key, func(ctx context.Context, st RosterStore) (string, error) {
		run := &rosterRun{st: st, by: by, cmd: cmd, newID: m.newID, report: &RosterReport{Kind: cmd.Kind, Rows: len(cmd.Table.Rows)}}
		report = run.report // of the last run, when the transaction is repeated
		if err := run.allowed(); err != nil {
			return "", err
		}
		if err := run.all(ctx); err != nil {
			return "", err
		}
		if cmd.DryRun || len(run.report.Problems) > 0 {
			return "", errRehearsed
		}
		return cmd.Institution, nil
	})
	if errors.Is(err, errRehearsed) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(report.Problems, func(a, b RosterProblem) int { return a.Row - b.Row })
	slices.SortStableFunc(report.Changes, func(a, b RosterChange) int { return a.Row - b.Row })
	return report, nil
}

// rosterRun is one run of one import.
type rosterRun struct {
	st     RosterStore
	by     Actor
	cmd    RosterImport
	newID  func() string
	report *RosterReport
	at     map[string]int  // column to its place in the table
	failed map[string]bool // codes of units whose row was refused
}

func (r *rosterRun) allowed() error {
	if r.cmd.Operator {
		r.by = Actor{Person: Operator}
		return nil
	}
	need := ManagePeople
	if r.cmd.Kind == RosterUnits {
		need = ManageInstitution
	}
	return Can(r.by, need, Object{Institution: r.cmd.Institution}, State{At: r.st.Now()}).Fault()
}

func (r *rosterRun) all(ctx context.Context) error {
	if _, err := r.st.Institution(ctx, r.cmd.Institution); err != nil {
		return err
	}
	if err := r.columns(); err != nil {
		return err
	}
	switch r.cmd.Kind {
	case RosterUnits:
		return r.units(ctx)
	case RosterPeople:
		return r.people(ctx)
	case RosterAssignments:
		return r.assignments(ctx)
	}
	return fault.New(fault.Invalid, "roster.kind")
}

// rosterColumn is a column with the headings that it goes by, the first of each language as exports write it.
type rosterColumn struct {
	name  string
	heads []string // folded
}

// rosterColumns are the columns of a list, in the order of exports. Each row names its object by one of keys.
func rosterColumns(k RosterKind) (columns []rosterColumn, keys []string) {
	switch k {
	case RosterUnits:
		return []rosterColumn{
			{"code", []string{"kode", "code", "kodeunit", "unitcode"}},
			{"name", []string{"nama", "name", "namaunit", "unitname"}},
			{"parent", []string{"kodeinduk", "parentcode", "induk", "parent"}},
			{"kind", []string{"jenis", "kind", "jenisunit"}},
			{"services", []string{"layanan", "services"}},
			{"public_facing", []string{"pelayananpublik", "publicservice", "publicfacing"}},
			{"function", []string{"fungsi", "function"}},
		}, []string{"code"}
	case RosterPeople:
		return []rosterColumn{
			{"nip", []string{"nip"}},
			{"login", []string{"login", "namamasuk", "namapengguna", "username"}},
			{"name", []string{"nama", "name", "namalengkap", "fullname"}},
			{"position", []string{"jabatan", "position"}},
			{"rank", []string{"pangkat", "rank", "pangkatgolongan", "golongan"}},
			{"email", []string{"surel", "email", "alamatsurel"}},
			{"unit", []string{"kodeunit", "unitcode", "unit"}},
		}, []string{"nip", "login"}
	case RosterAssignments:
		return []rosterColumn{
			{"nip", []string{"nip"}},
			{"login", []string{"login", "namamasuk", "namapengguna", "username"}},
			{"role", []string{"peran", "role"}},
			{"scope", []string{"lingkup", "cakupan", "scope"}},
			{"unit", []string{"kodeunit", "unitcode", "unit"}},
			{"from", []string{"mulai", "from", "sejak"}},
			{"until", []string{"sampai", "until", "hingga"}},
			{"acting", []string{"pltplh", "acting"}},
		}, []string{"nip", "login"}
	}
	return nil, nil
}

// RosterHeading reports whether a row of a file is the headings of such a list: it has two columns of it, one of them
// its key.
func RosterHeading(k RosterKind, cells []string) bool {
	columns, keys := rosterColumns(k)
	known, keyed := 0, false
	for _, cell := range cells {
		if name := columnOf(columns, cell); name != "" {
			known++
			keyed = keyed || slices.Contains(keys, name)
		}
	}
	return known >= 2 && keyed
}

func columnOf(columns []rosterColumn, heading string) string {
	folded := foldWord(heading)
	for _, c := range columns {
		if slices.Contains(c.heads, folded) {
			return c.name
		}
	}
	return ""
}

// foldWord keeps letters and digits: "Plt/Plh", "plt-plh" and "PLT PLH" are one heading, and likewise words in cells.
func foldWord(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

func (r *rosterRun) columns() error {
	columns, keys := rosterColumns(r.cmd.Kind)
	r.at = map[string]int{}
	for i, heading := range r.cmd.Table.Head {
		name := columnOf(columns, heading)
		if name == "" {
			r.report.Unknown = append(r.report.Unknown, heading)
			continue
		}
		if _, twice := r.at[name]; twice {
			return fault.New(fault.Invalid, "roster.twice", "Heading", heading)
		}
		r.at[name] = i
	}
	if !slices.ContainsFunc(keys, r.has) {
		return fault.New(fault.Invalid, "roster.key")
	}
	return nil
}

func (r *rosterRun) has(column string) bool { _, ok := r.at[column]; return ok }

// cell is the text of a column, "" where there is no such column.
func (r *rosterRun) cell(line *RosterLine, column string) string {
	if i, ok := r.at[column]; ok && i < len(line.Cells) {
		return strings.TrimSpace(line.Cells[i])
	}
	return ""
}

// set writes a cell into a value where the table has its column.
func (r *rosterRun) set(line *RosterLine, column string, into *string) {
	if r.has(column) {
		*into = r.cell(line, column)
	}
}

// wrong notes a problem of a cell.
func (r *rosterRun) wrong(line *RosterLine, column, rule string, args map[string]any) {
	p := RosterProblem{Row: line.N, Rule: rule, Mend: "roster.mend", Args: args, Read: r.cell(line, column)}
	if i, ok := r.at[column]; ok {
		p.Heading = r.cmd.Table.Head[i]
	}
	r.report.Problems = append(r.report.Problems, p)
}

// refused notes what a check said of a row. What is no fault is the caller's to return.
func (r *rosterRun) refused(line *RosterLine, err error) error {
	f, ok := fault.Of(err)
	if !ok || f.Kind == fault.Busy {
		return err
	}
	for _, field := range f.Fields {
		r.wrong(line, field.Name, field.Message, field.Args)
	}
	if len(f.Fields) == 0 {
		r.wrong(line, "", f.Message, f.Args)
	}
	return nil
}

// keep notes what happens to a row.
func (r *rosterRun) keep(line *RosterLine, key string, added bool, fields []RosterField) {
	if !added && len(fields) == 0 {
		r.report.Unchanged++
		return
	}
	r.report.Changes = append(r.report.Changes, RosterChange{Row: line.N, Key: key, New: added, Fields: fields})
}

// differing lists what is different between two values of each column.
func differing(pairs ...RosterField) []RosterField {
	return slices.DeleteFunc(pairs, func(f RosterField) bool { return f.From == f.To })
}
