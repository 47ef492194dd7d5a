package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"zona/internal/store"
	"zona/internal/store/storetest"
)

// engines are the databases without a table.
func engines(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, filepath.Join(t.TempDir(), "zona.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, storetest.EmptyPostgresURL(t))
	})
}

func connect(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if strings.Contains(url, "://") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestAnEmptyDatabaseIsMigratedOnceHoweverManyServersStart(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		t.Helper()
		servers := []*store.DB{storetest.Open(t, store.Config{URL: url}, nil)}
		if strings.Contains(url, "://") {
			for range 3 {
				servers = append(servers, storetest.Open(t, store.Config{URL: url}, nil))
			}
		}
		var steps atomic.Int64
		var group sync.WaitGroup
		for _, db := range servers {
			group.Go(func() {
				n, err := db.Migrate(t.Context())
				if err != nil {
					t.Error(err)
				}
				steps.Add(int64(n))
			})
		}
		group.Wait()
		current, target, err := servers[0].SchemaVersion(t.Context())
		if err != nil || current != target || int(steps.Load()) != len(store.Migrations()) {
			t.Errorf("%d servers took %d steps of %d to version %d of %d: %v", len(servers), steps.Load(), len(store.Migrations()), current, target, err)
		}
		if n, err := servers[0].Migrate(t.Context()); n != 0 || err != nil {
			t.Errorf("the second time: %d steps, %v", n, err)
		}
	})
}

func TestADatabaseOfANewerProgramIsRefused(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		t.Helper()
		db, err := store.Open(t.Context(), store.Config{URL: url}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, target, err := db.SchemaVersion(t.Context())
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		wantOpen(t, store.Config{URL: url})
		behind := connect(t, url)
		if _, err := behind.ExecContext(t.Context(),
			fmt.Sprintf(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, true)`, target+1)); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), store.Config{URL: url}, nil); !errors.Is(err, store.ErrNewer) {
			t.Errorf("a database of version %d: %v", target+1, err)
		}
	})
}

// TestBothDatabasesHaveTheSameTables compares the columns, their storage class and whether they may be empty.
func TestBothDatabasesHaveTheSameTables(t *testing.T) {
	t.Parallel()
	postgres := connect(t, storetest.PostgresURL(t))
	lite := connect(t, storetest.SQLiteURL(t))
	columns := func(db *sql.DB, query string) (list []string) {
		t.Helper()
		rows, err := db.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var table, column, class string
			var required bool
			if err := rows.Scan(&table, &column, &class, &required); err != nil {
				t.Fatal(err)
			}
			list = append(list, fmt.Sprintf("%s.%s %s required %v", table, column, class, required))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		slices.Sort(list)
		return list
	}
	inSQLite := columns(lite, `
		SELECT m.name, c.name, c.type, c."notnull" FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'river%' AND m.name NOT LIKE 'sqlite%'`)
	inPostgres := columns(postgres, `
		SELECT table_name, column_name,
			CASE WHEN data_type = 'text' AND collation_name = 'C' THEN 'TEXT' WHEN data_type = 'bigint' THEN 'INTEGER'
				WHEN data_type = 'bytea' THEN 'BLOB' ELSE data_type || coalesce(collation_name, '') END,
			is_nullable = 'NO'
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%' AND table_name NOT LIKE 'river%'`)
	if len(inSQLite) < 60 {
		t.Errorf("only %d columns were compared", len(inSQLite))
	}
	if !slices.Equal(inSQLite, inPostgres) {
		for _, c := range inSQLite {
			if !slices.Contains(inPostgres, c) {
				t.Errorf("only in SQLite: %s", c)
			}
		}
		for _, c := range inPostgres {
			if !slices.Contains(inSQLite, c) {
				t.Errorf("only in PostgreSQL: %s", c)
			}
		}
	}
}
