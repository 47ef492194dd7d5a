package assessment

import (
	"context"
	"io"
	"time"

	"zona/internal/audit"
	"zona/internal/exact"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/org"
)

// Store is what assessment needs inside one transaction. Methods that find nothing return fault.NotFound.
type Store interface {
	Now() time.Time
	Append(ctx context.Context, e audit.Event) error

	Unit(ctx context.Context, id string) (org.Unit, error)
	Period(ctx context.Context, id string) (Period, error)
	InsertPeriod(ctx context.Context, p Period) error
	// InsertAssessment returns fault.Conflict when unit, period and level have one already.
	InsertAssessment(ctx context.Context, a Assessment) error
	// Lock returns the assessment with what stands around it and holds it until the end of the transaction, so that
	// its total is that of all answers.
	Lock(ctx context.Context, id string) (Sheet, error)
	// Entries returns all stored answers of the assessment.
	Entries(ctx context.Context, assessment string) ([]Entry, error)
	// SaveEntry writes e with revision wasRev+1 where the stored revision is wasRev (0: no row), else
	// fault.Conflict.
	SaveEntry(ctx context.Context, assessment string, e Entry, wasRev int) error
	// SaveEntries writes many at once, each under its own wasRev = e.Revision-1.
	SaveEntries(ctx context.Context, assessment string, es []Entry) error
	// SaveTotals raises the version and notes the score of the answers as they stand; it returns the new version.
	SaveTotals(ctx context.Context, id string, total exact.Number, answered int, at time.Time) (version int, err error)

	InsertImport(ctx context.Context, i Import) error
	Import(ctx context.Context, id string) (Import, error)
	// SaveImport writes state and applied where the state is still was, else fault.Conflict.
	SaveImport(ctx context.Context, i Import, was ImportState) error
}

// Transactor runs fn in one transaction; see org.Transactor.
type Transactor interface {
	InTx(ctx context.Context, key idempotency.Key, fn func(ctx context.Context, s Store) (outcome string, err error)) (outcome string, replayed bool, err error)
}

// Queries are reads outside a transaction, each one statement.
type Queries interface {
	// Sheet returns the assessment with unit, period and institution.
	Sheet(ctx context.Context, id string) (Sheet, error)
	Entries(ctx context.Context, assessment string) ([]Entry, error)
	// Units lists units within reach in tree order by name, with the assessment of the period at Level Self where
	// there is one.
	Units(ctx context.Context, r org.Reach, q UnitQuery) ([]UnitRow, error)
	// Periods lists an institution's periods, newest year first.
	Periods(ctx context.Context, institution string) ([]Period, error)
	// Assessments lists the assessments of a unit over all periods and levels.
	Assessments(ctx context.Context, unit string) ([]Assessment, error)
	// Version returns the version number that pages poll.
	Version(ctx context.Context, id string) (int, error)
	Import(ctx context.Context, id string) (Import, error)
	// Imports lists the newest imports of an assessment, at most limit, without their rows.
	Imports(ctx context.Context, assessment string, limit int) ([]Import, error)
	// History lists what became of one answer, newest first, at most limit: from the log.
	History(ctx context.Context, assessment, question string, limit int) ([]Revision, error)
}

// Sheet is an assessment with what stands around it.
type Sheet struct {
	Assessment  Assessment
	Unit        org.Unit
	Institution org.Institution
	Period      Period
}

// UnitQuery is one keyset page of the list of units.
type UnitQuery struct {
	Institution string
	Period      string // "" = the newest of the institution
	Search      string // part of the name
	After       org.Cursor
	Limit       int
}

// UnitRow is a unit with the state of its sheet; Assessment.ID "" when it has none in the period.
type UnitRow struct {
	Unit       org.Unit
	ParentName string
	Assessment Assessment
}

// Revision is one earlier or present state of an answer.
type Revision struct {
	At     time.Time
	By     string // person id
	ByName string
	From   string // JSON form of the answer before, "" for none
	To     string
	Note   string
}

// WorkbookReader reads a filled workbook; package app passes the reader of package workbook in. An unreadable
// file is a fault; what could not be placed stands in Problems.
type WorkbookReader interface {
	ReadWorkbook(ctx context.Context, in *instrument.Instrument, src io.ReaderAt, size int64, column string) (Reading, error)
}

// Reading is what a workbook holds.
type Reading struct {
	Column   string
	Columns  []string // headings of all answer columns found
	Incoming []Incoming
	Problems []Problem
}
