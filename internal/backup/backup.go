// Package backup is the form in which the database is kept outside itself, the same for both databases: the rows of
// every table in the order of their keys, as lines of JSON, in a tar archive, compressed, encrypted to one or more
// age recipients. Whoever has the key can read a copy without Zona: age -d -i KEY FILE | tar -xz.
//
// It refuses to write a copy that nobody could open, to restore one that is damaged in any bit, and to be the place
// of a key: an identity never enters a copy or its folder. It knows no SQL; rows come from a Source and go to a
// Target.
package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Format is the version of the archive. A program refuses versions that it does not know.
const Format = "zona-backup/1"

// Table is a table of the copied schema.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// Column is a column and its class: TEXT, INTEGER or BLOB.
type Column struct {
	Name  string `json:"name"`
	Class string `json:"class"`
}

// The classes of columns.
const (
	Text    = "TEXT"
	Integer = "INTEGER"
	Blob    = "BLOB"
)

// Source is one unchanging state of a database.
type Source interface {
	// Tables lists the tables by name.
	Tables() []Table
	// Rows calls see with every row in the order of the table's key. A value is nil, an int64, a string or a []byte;
	// the slice is used again for the next row.
	Rows(ctx context.Context, table string, see func(values []any) error) error
}

// Target is an empty database in a transaction that is rolled back when anything fails.
type Target interface {
	Source
	// Insert adds rows, whose values are of the kinds that Rows gives. It may keep them until it returns.
	Insert(ctx context.Context, table string, rows [][]any) error
}

// Head stands first in a copy.
type Head struct {
	Format string    `json:"format"`
	Schema int64     `json:"schema"` // version of the tables
	Engine string    `json:"engine"` // "sqlite" or "postgres"; a copy of one can be restored into the other
	Time   time.Time `json:"time"`   // when the state was read, UTC
	Log    Log       `json:"log"`
	Tables []Table   `json:"tables"`
}

// Log is the trace as it was: what a later log must begin with.
type Log struct {
	Size int64  `json:"size"`
	Root string `json:"root"` // base64
}

// Manifest stands last in a copy and says what had to be in it.
type Manifest struct {
	Head   Head   `json:"head"`
	Parts  []Part `json:"parts"`
	Digest string `json:"digest"` // over the parts: equal for equal contents, whichever database they were in
}

// Part is what one table holds.
type Part struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`  // of its lines
	Sum   string `json:"sha256"` // of its lines
}

// Rows is the number of rows in all.
func (m Manifest) Rows() (n int64) {
	for _, p := range m.Parts {
		n += p.Rows
	}
	return n
}

// digest is the SHA-256 of one line per part.
func digest(parts []Part) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%s %d %d %s\n", p.Table, p.Rows, p.Bytes, p.Sum)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Damage says what is wrong with a copy.
type Damage struct {
	Part string // which part: "the encryption", "table person", "the manifest" …
	Why  string
}

// Error names the part.
func (d *Damage) Error() string { return "the copy is damaged: " + d.Part + ": " + d.Why }

// ErrKey is returned for an identity that is not among the recipients of a copy.
var ErrKey = errors.New("the key does not open this copy: it was made for another key, or its first lines are damaged")

// ErrFormat is returned for a copy of a later form than this program knows.
var ErrFormat = errors.New("the copy was written by a newer program: install that version, or a later one")

// Sum walks through all tables of a source and returns what a copy of it would say about them.
func Sum(ctx context.Context, src Source) (parts []Part, total string, err error) {
	for _, t := range src.Tables() {
		m := newMeter(t)
		var line []byte
		err := src.Rows(ctx, t.Name, func(values []any) error {
			var err error
			if line, err = appendRow(line[:0], t, values); err != nil {
				return err
			}
			m.add(line)
			return nil
		})
		if err != nil {
			return nil, "", fmt.Errorf("read table %s: %w", t.Name, err)
		}
		parts = append(parts, m.part())
	}
	return parts, digest(parts), nil
}

// differences lists the tables in which two lists of parts differ.
func differences(want, got []Part) []string {
	var out []string
	seen := map[string]Part{}
	for _, p := range got {
		seen[p.Table] = p
	}
	for _, p := range want {
		g, ok := seen[p.Table]
		delete(seen, p.Table)
		switch {
		case !ok:
			out = append(out, fmt.Sprintf("table %s is missing", p.Table))
		case g.Rows != p.Rows:
			out = append(out, fmt.Sprintf("table %s has %d rows, the manifest says %d", p.Table, g.Rows, p.Rows))
		case g != p:
			out = append(out, fmt.Sprintf("the rows of table %s are not those of the manifest", p.Table))
		}
	}
	for _, p := range got {
		if _, ok := seen[p.Table]; ok {
			out = append(out, fmt.Sprintf("table %s is not in the manifest", p.Table))
		}
	}
	return out
}

// sameTables reports whether two schemas are the same.
func sameTables(a, b []Table) error {
	one, two := describe(a), describe(b)
	if bytes.Equal(one, two) {
		return nil
	}
	for i, line := range bytes.Split(one, []byte("\n")) {
		others := bytes.Split(two, []byte("\n"))
		if i >= len(others) || !bytes.Equal(line, others[i]) {
			return fmt.Errorf("the copy has %q where the database has %q", line, others[min(i, len(others)-1)])
		}
	}
	return errors.New("the database has tables that the copy does not have")
}

func describe(tables []Table) []byte {
	var b bytes.Buffer
	for _, t := range tables {
		_, _ = fmt.Fprintf(&b, "%s %v\n", t.Name, t.Columns)
	}
	return b.Bytes()
}
