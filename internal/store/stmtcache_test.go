package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"testing"
)

func openPlain(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), Config{URL: filepath.Join(t.TempDir(), "zona.db")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.write.ExecContext(t.Context(), `CREATE TABLE n (v INTEGER PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	return db
}

// kept is the number of statements that the writer's connection keeps.
func kept(t *testing.T, db *DB) (n int) {
	t.Helper()
	c, err := db.write.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	err = c.Raw(func(raw any) error {
		k, ok := raw.(*keepingConn)
		if !ok {
			return fmt.Errorf("the connection is a %T", raw)
		}
		n = len(k.kept)
		for query, s := range k.kept {
			if s.busy {
				t.Errorf("busy for ever: %s", query)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAKeptStatementRunsAgainWithOtherValues(t *testing.T) {
	t.Parallel()
	db := openPlain(t)
	before := kept(t, db)
	for v := range 20 {
		if _, err := db.write.ExecContext(t.Context(), `INSERT INTO n (v) VALUES ($1)`, v); err != nil {
			t.Fatal(err)
		}
		var got int
		if err := db.write.QueryRowContext(t.Context(), `SELECT v FROM n WHERE v = $1`, v).Scan(&got); err != nil || got != v {
			t.Fatalf("%d came back as %d, %v", v, got, err)
		}
	}
	if n := kept(t, db) - before; n != 2 {
		t.Errorf("%d statements are kept, want 2", n)
	}

	// One that fails is not kept, and the next run is as good as the first.
	if _, err := db.write.ExecContext(t.Context(), `INSERT INTO n (v) VALUES ($1)`, 3); sqliteClass(err) != duplicate {
		t.Errorf("a number twice: %v", err)
	}
	if n := kept(t, db) - before; n != 1 {
		t.Errorf("%d statements are kept after a failure, want 1", n)
	}
	if _, err := db.write.ExecContext(t.Context(), `INSERT INTO n (v) VALUES ($1)`, 99); err != nil {
		t.Error(err)
	}
}

func TestAStatementWhoseRowsAreStillReadRunsASecondTime(t *testing.T) {
	t.Parallel()
	db := openPlain(t)
	for v := range 5 {
		if _, err := db.write.ExecContext(t.Context(), `INSERT INTO n (v) VALUES ($1)`, v); err != nil {
			t.Fatal(err)
		}
	}
	tx, err := db.write.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	numbers := func(inner func(v int)) (list []int) {
		t.Helper()
		err := each(t.Context(), tx, func(rows *sql.Rows) error {
			var v int
			if err := rows.Scan(&v); err != nil {
				return err
			}
			list = append(list, v)
			inner(v)
			return nil
		}, `SELECT v FROM n ORDER BY v`)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	seen := numbers(func(v int) {
		if within := numbers(func(int) {}); fmt.Sprint(within) != "[0 1 2 3 4]" {
			t.Errorf("within the reading at %d: %v", v, within)
		}
	})
	if fmt.Sprint(seen) != "[0 1 2 3 4]" {
		t.Errorf("the outer reading: %v", seen)
	}
}

func TestAConnectionKeepsNoMoreStatementsThanItsBound(t *testing.T) {
	t.Parallel()
	db := openPlain(t)
	for n := range mostKept + 50 {
		var got int
		if err := db.write.QueryRowContext(t.Context(), fmt.Sprintf(`SELECT %d`, n)).Scan(&got); err != nil || got != n {
			t.Fatalf("%d: %d, %v", n, got, err)
		}
	}
	if n := kept(t, db); n != mostKept {
		t.Errorf("%d statements are kept, want %d", n, mostKept)
	}
}

func TestAStatementThatWasCancelledIsForgotten(t *testing.T) {
	t.Parallel()
	db := openPlain(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.write.ExecContext(ctx, `INSERT INTO n (v) VALUES (1)`); err == nil {
		t.Error("a cancelled statement ran")
	}
	var n int
	if err := db.write.QueryRowContext(t.Context(), `SELECT count(*) FROM n`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestADriverThatCanDoLessIsUsedAsItIs(t *testing.T) {
	t.Parallel()
	pool := sql.OpenDB(keepingConnector{plainConnector{}})
	defer pool.Close()
	if _, err := pool.ExecContext(t.Context(), "SELECT 1"); err == nil || err.Error() != "plain" {
		t.Errorf("got %v, want the plain connection's answer", err)
	}
}

type plainConnector struct{ driver.Connector }

func (plainConnector) Connect(context.Context) (driver.Conn, error) { return plainConn{}, nil }
func (plainConnector) Driver() driver.Driver                        { return nil }

type plainConn struct{ driver.Conn }

func (plainConn) Prepare(string) (driver.Stmt, error) { return nil, fmt.Errorf("plain") }
func (plainConn) Close() error                        { return nil }
