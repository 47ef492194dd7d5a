package desktest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zona/internal/idempotency"
	"zona/internal/org"
	"zona/internal/store"
	"zona/internal/store/storetest"
)

// Store is the database of a world, with a second connection beside it for what only a test asks.
type Store struct {
	*store.DB
	t      testing.TB
	beside *sql.DB
}

// template is one migrated database, of which every world gets a copy: migrating takes longer than most tests.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "zona-desktest-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "template.db")
	db, err := store.Open(context.Background(), store.Config{URL: path}, nil)
	if err != nil {
		return nil, err
	}
	_, err = db.Migrate(context.Background())
	if closing := db.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func newStore(tb testing.TB, clock func() time.Time) *Store {
	tb.Helper()
	raw, err := template()
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(tb.TempDir(), "zona.db")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		tb.Fatal(err)
	}
	beside, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = beside.Close() })
	return &Store{DB: storetest.Open(tb, store.Config{URL: path}, clock), t: tb, beside: beside}
}

// unstated are tables and columns that move by being looked at, or that only remember attempts: no change of state.
var unstated = map[string]bool{"session.seen_at": true, "idempotency": true, "goose_db_version": true}

// Digest is everything that a person could have changed, as text; two equal digests mean that nothing changed.
func (s *Store) Digest() string {
	s.t.Helper()
	var all strings.Builder
	for _, table := range s.column(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name`) {
		if unstated[table] {
			continue
		}
		var columns []string
		for _, column := range s.column(`SELECT name FROM pragma_table_info('` + table + `') ORDER BY cid`) {
			if !unstated[table+"."+column] {
				columns = append(columns, `quote("`+column+`")`)
			}
		}
		row := strings.Join(columns, " || ',' || ")
		_, _ = fmt.Fprintf(&all, "%s:\n%s\n", table, strings.Join(s.column("SELECT "+row+" AS r FROM "+table+" ORDER BY r"), "\n"))
	}
	return all.String()
}

// Kinds lists the kinds of all events in their order.
func (s *Store) Kinds() []string {
	s.t.Helper()
	return s.column(`SELECT kind FROM event ORDER BY seq`)
}

// Break makes every statement about people and sessions fail, in the words of the database.
func (s *Store) Break() {
	s.t.Helper()
	for _, table := range []string{"session", "credential", "person"} {
		if _, err := s.beside.ExecContext(s.t.Context(), "DROP TABLE "+table); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *Store) column(query string) []string {
	s.t.Helper()
	rows, err := s.beside.QueryContext(s.t.Context(), query)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var list []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			s.t.Fatal(err)
		}
		list = append(list, text)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return list
}

// put writes rows as they are, past the use cases.
func (s *Store) put(fn func(context.Context, org.Store) error) {
	s.t.Helper()
	_, _, err := s.Org().InTx(s.t.Context(), idempotency.Key{}, func(ctx context.Context, st org.Store) (string, error) {
		return "", fn(ctx, st)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
