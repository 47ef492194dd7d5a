package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Table is one table of the schema as a copy of the database carries it. The list is read from the database itself,
// so that the table of a later migration cannot be forgotten.
type Table struct {
	Name    string
	Columns []Column // by name, so that the order in which migrations added them does not matter
	Key     []string // columns of the primary key: the order of the rows
}

// Column is a column with its storage class in SQLite's word, TEXT, INTEGER or BLOB.
type Column struct{ Name, Class string }

// columns returns the names, comma-separated.
func (t Table) columns() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// leftOut are the tables that no copy carries, each with the reason. A table that stands neither here nor in every
// copy fails a test.
var leftOut = map[string]string{
	"goose_db_version": ownTables,
	"session":          "whoever signed out or was locked out since the copy must not be signed in again by it",
	"code":             "a one-use code that was used since the copy must not become usable again",
	"sign_in":          "a sign-in that waits for its second step is begun again",
	"challenge":        "what a passkey was asked to sign must not be asked again",
	"anchor_lease":     ownRun,
	"backup_run":       "it tells of the copies of this database; a restored one begins anew",

	"river_migration":    ownTables,
	"river_job":          "work that waited may have been done since the copy, and nobody must get a letter twice",
	"river_leader":       ownRun,
	"river_queue":        ownRun,
	"river_notification": ownRun,
}

const (
	ownTables = "the migrations of the new database write their own"
	ownRun    = "it tells which servers are running now"
)

// untouched are the tables that hold rows in a database that nobody has used yet.
var untouched = []string{"goose_db_version", "river_migration"}

// LeftOut returns the tables that no copy carries, with the reasons.
func LeftOut() map[string]string {
	return maps.Clone(leftOut)
}

// errSchema is a schema that a copy could not carry.
var errSchema = errors.New("the schema has what a copy cannot carry")

// schemaOf reads all tables but those that are left out, by name.
func schemaOf(ctx context.Context, d dialect, q queryer) ([]Table, error) {
	every, err := everyTable(ctx, d, q)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(every, func(t Table) bool { return leftOut[t.Name] != "" }), nil
}

func everyTable(ctx context.Context, d dialect, q queryer) ([]Table, error) {
	var rows []struct {
		Name, Column, Type string
		Key                int
	}
	if err := all(ctx, q, &rows, d.tables); err != nil {
		return nil, failed(d, err, "read the tables of the schema")
	}
	var tables []Table
	keys := map[int]string{} // of the table at hand, by position
	finish := func() {
		if len(tables) > 0 {
			last := &tables[len(tables)-1]
			for i := 1; keys[i] != ""; i++ {
				last.Key = append(last.Key, keys[i])
			}
		}
		clear(keys)
	}
	for _, r := range rows {
		if len(tables) == 0 || tables[len(tables)-1].Name != r.Name {
			finish()
			tables = append(tables, Table{Name: r.Name})
		}
		class, known := d.classes[r.Type]
		if !known && leftOut[r.Name] == "" {
			return nil, fmt.Errorf("%w: %s.%s has the type %s", errSchema, r.Name, r.Column, r.Type)
		}
		t := &tables[len(tables)-1]
		t.Columns = append(t.Columns, Column{Name: r.Column, Class: class})
		if r.Key > 0 {
			keys[r.Key] = r.Column
		}
	}
	finish()
	for _, t := range tables {
		if len(t.Key) == 0 && leftOut[t.Name] == "" {
			return nil, fmt.Errorf("%w: table %s has no primary key, so its rows have no order", errSchema, t.Name)
		}
	}
	return tables, nil
}
