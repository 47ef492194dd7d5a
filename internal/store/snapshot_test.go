package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"zona/internal/store"
	"zona/internal/store/storetest"
)

// everyTable lists the tables that the database itself tells of.
func everyTable(t *testing.T, url string) (tables []string) {
	t.Helper()
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`
	if strings.Contains(url, "://") {
		query = `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`
	}
	rows, err := connect(t, url).QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return tables
}

func snapshot(t *testing.T, db *store.DB) *store.Snapshot {
	t.Helper()
	s, err := db.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// A table that a later migration makes is in every copy, unless somebody has said here why not.
func TestEveryTableIsCopiedOrLeftOutForAReason(t *testing.T) { //nolint:tparallel // the engines count into one list
	t.Parallel()
	left := store.LeftOut()
	known := map[string]bool{}
	urls := map[string]func(testing.TB) string{"sqlite": storetest.SQLiteURL, "postgres": storetest.PostgresURL}
	engines := 0
	t.Run("databases", func(t *testing.T) {
		for name, fresh := range urls {
			t.Run(name, func(t *testing.T) {
				url := fresh(t)
				engines++
				var copied []string
				for _, table := range snapshot(t, storetest.Open(t, store.Config{URL: url}, nil)).Tables() {
					copied = append(copied, table.Name)
				}
				if len(copied) < 13 {
					t.Errorf("only %d tables are copied: %q", len(copied), copied)
				}
				for _, table := range everyTable(t, url) {
					known[table] = true
					if slices.Contains(copied, table) == (left[table] != "") {
						t.Errorf("table %s: copied %v, left out because %q", table, slices.Contains(copied, table), left[table])
					}
				}
			})
		}
	})
	for table, why := range left {
		if engines == len(urls) && !known[table] {
			t.Errorf("table %s is left out and exists nowhere", table)
		}
		if len(why) < 20 {
			t.Errorf("table %s is left out because %q", table, why)
		}
	}
}

// What a copy could not give back is refused before it is relied upon.
func TestATableThatACopyCannotCarryIsRefused(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"a table without a key":    `CREATE TABLE loose (a TEXT)`,
		"a column of another type": `CREATE TABLE loose (a TEXT NOT NULL PRIMARY KEY, b REAL)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := storetest.SQLiteURL(t)
			db := storetest.Open(t, store.Config{URL: url}, nil)
			_ = snapshot(t, db).Close() // the control: without the table there is a snapshot
			if _, err := connect(t, url).ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
			if _, err := db.Snapshot(t.Context()); err == nil || !strings.Contains(err.Error(), "loose") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestACopyNeverMixesWithWhatIsThere(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		t.Helper()
		db := storetest.Open(t, store.Config{URL: url}, nil)
		_, target, err := db.SchemaVersion(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		filled := errors.New("filled")
		fill := func(t *testing.T, version int64) error {
			t.Helper()
			return db.Restore(t.Context(), version, func(context.Context, *store.Restoring) error { return filled })
		}
		if err := fill(t, target+1); !errors.Is(err, store.ErrNewer) {
			t.Errorf("a copy of a newer program: %v", err)
		}
		if err := fill(t, target); !errors.Is(err, filled) {
			t.Errorf("an empty database: %v", err)
		}
		// Even a row that no copy carries makes it somebody's.
		if _, err := connect(t, url).ExecContext(t.Context(), `INSERT INTO code (hash, purpose, expires_at) VALUES ('x', 'setup', 1)`); err != nil {
			t.Fatal(err)
		}
		if err := fill(t, target); !errors.Is(err, store.ErrNotEmpty) {
			t.Errorf("a database with one row: %v", err)
		}
	})
}
