// Package assessment fills sheets: periods, assessments, answers with revisions, and the import of a filled
// workbook. It owns the rules of who may change which answer when, and refuses to overwrite an answer that the
// writer has not seen. The arithmetic is package scoring's, the wording package instrument's.
package assessment

import (
	"time"

	"zona/internal/exact"
	"zona/internal/instrument"
)

// Level is who fills a sheet. An assessment is unit x period x level; today's pages fill Self.
type Level string

// The four levels of regulation 9: the unit itself, preliminary, TPI, TPN.
const (
	Self        Level = "self"
	Preliminary Level = "preliminary"
	TPI         Level = "tpi"
	TPN         Level = "tpn"
)

// Period is one evaluation year of an institution with its rule set and deadline.
type Period struct {
	ID          string
	Institution string
	Year        int    // of the period, never of the clock
	Name        string // "Evaluasi ZI 2026"
	Instrument  string // id of the instrument version that its assessments use
	Zone        string // IANA name; Opens and Deadline were written in it
	Opens       time.Time
	Deadline    time.Time // exclusive instant: answers are accepted before it
}

// Assessment is the sheet of one unit in one period at one level.
type Assessment struct {
	ID          string
	Unit        string
	Institution string
	Period      string
	Level       Level
	Instrument  string
	Target      string // id of the predicate aimed at, "WBK"
	Closed      bool
	Version     int          // rises with every change of any answer; pages poll it
	Total       exact.Number // of the answers as they stand: provisional while open
	Answered    int          // questions with a complete answer
	ChangedAt   time.Time
}

// Entry is the stored answer of one question. Revision 0 is "never answered".
type Entry struct {
	Question  string
	Answer    instrument.Answer
	Note      string
	Revision  int
	ChangedBy string // person id
	ByName    string // for showing; filled by queries
	ChangedAt time.Time
}

// Import is a filled workbook that was read and is waiting for a decision, applied, or undone.
type Import struct {
	ID         string
	Assessment string
	FileName   string
	FileHash   [32]byte // SHA-256 of the bytes read
	Column     string   // heading of the column that was read
	State      ImportState
	By         string
	At         time.Time
	Incoming   []Incoming
	Problems   []Problem
	Applied    []Applied // what the application changed, for undo
}

// ImportState is where an import stands.
type ImportState string

// The life of an import.
const (
	Previewed ImportState = "previewed"
	Done      ImportState = "applied"
	Undone    ImportState = "undone"
)

// Incoming is one answer read from a workbook.
type Incoming struct {
	Question string
	Answer   instrument.Answer
	Note     string
}

// Problem is one thing that could not be read or placed: where, what was read, the rule, how to mend it. Rule and
// Mend are message ids with Args.
type Problem struct {
	Sheet, Cell, Question, Read string
	Rule, Mend                  string
	Args                        map[string]string
}

// Applied is one answer that an import changed: what stood before, and the revision that the import made.
type Applied struct {
	Question string
	Before   instrument.Answer
	Note     string // before
	Revision int    // after; undo restores only where it still stands
}

// ImportMode is which answers an import may change.
type ImportMode string

// Fill only empty answers, or overwrite.
const (
	FillEmpty ImportMode = "fill"
	Overwrite ImportMode = "overwrite"
)
