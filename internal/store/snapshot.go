package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"zona/internal/audit"
)

// Snapshot is one state of the database, as it was between two commits. Everybody goes on reading and writing
// meanwhile; on SQLite the WAL grows as long as it is open, on PostgreSQL old rows are kept.
type Snapshot struct {
	dialect dialect
	open    *sql.Tx
	q       queryer
	version int64
	tables  []Table
}

// Snapshot begins one. Close it.
func (db *DB) Snapshot(ctx context.Context) (_ *Snapshot, err error) {
	version, _, err := db.SchemaVersion(ctx)
	if err != nil {
		return nil, err
	}
	open, err := db.read.BeginTx(ctx, db.dialect.snapshot)
	if err != nil {
		return nil, failed(db.dialect, err, "begin to read one state of the database")
	}
	s := &Snapshot{dialect: db.dialect, open: open, q: watched{open}, version: version}
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	// A copy of a large table takes longer than any page may.
	for _, statement := range db.dialect.patient {
		if _, err := change(ctx, s.q, statement); err != nil {
			return nil, failed(db.dialect, err, "lift the time limits of a copy")
		}
	}
	// On SQLite the state is that of the first statement: this one.
	if s.tables, err = schemaOf(ctx, s.dialect, s.q); err != nil {
		return nil, err
	}
	return s, nil
}

// Close ends the snapshot.
func (s *Snapshot) Close() error { return s.open.Rollback() }

// Version is the version of the schema.
func (s *Snapshot) Version() int64 { return s.version }

// Tables are the tables that a copy carries, by name; see LeftOut.
func (s *Snapshot) Tables() []Table { return s.tables }

// Rows calls see with every row of the table in the order of its key. A value is nil, an int64, a string or a
// []byte, as its column's class says; see must not keep the slice.
func (s *Snapshot) Rows(ctx context.Context, t Table, see func(values []any) error) error {
	return rowsOf(ctx, s.dialect, s.q, t, see)
}

// Log returns how many records the log has and the root of its tree, from the stored hashes.
func (s *Snapshot) Log(ctx context.Context) (size int64, root tlog.Hash, err error) {
	return logHead(ctx, s.dialect, s.q)
}

// LogRoot returns the root of the first size records as the log has them now. ok is false when it has fewer.
func (db *DB) LogRoot(ctx context.Context, size int64) (root tlog.Hash, ok bool, err error) {
	var has int64
	if err := one(ctx, db.reader(), &has, `SELECT coalesce(max(seq) + 1, 0) FROM event`); err != nil {
		return root, false, failed(db.dialect, err, "measure the log")
	}
	if has < size {
		return root, false, nil
	}
	root, err = rootOf(ctx, db.dialect, db.reader(), size)
	return root, err == nil, err
}

func logHead(ctx context.Context, d dialect, q queryer) (size int64, root tlog.Hash, err error) {
	if err := one(ctx, q, &size, `SELECT coalesce(max(seq) + 1, 0) FROM event`); err != nil {
		return 0, root, failed(d, err, "measure the log")
	}
	root, err = rootOf(ctx, d, q, size)
	return size, root, err
}

func rootOf(ctx context.Context, d dialect, q queryer, size int64) (tlog.Hash, error) {
	if size == 0 {
		var empty audit.Log
		return empty.Root(), nil
	}
	b := batch{known: map[int64]tlog.Hash{}}
	root, err := tlog.TreeHash(size, b.reader(ctx, q))
	if err != nil {
		return root, failed(d, err, "root of a log of %d", size)
	}
	return root, nil
}

// rowsOf streams a table, one row in memory.
func rowsOf(ctx context.Context, d dialect, q queryer, t Table, see func([]any) error) error {
	values, into := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i := range values {
		into[i] = &values[i]
	}
	err := each(ctx, q, func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			if err := fits(t.Columns[i].Class, v); err != nil {
				return fmt.Errorf("column %s: %w", t.Columns[i].Name, err)
			}
		}
		return see(values)
	}, "SELECT "+t.columns()+" FROM "+t.Name+" ORDER BY "+strings.Join(t.Key, ", "))
	return failed(d, err, "read table %s", t.Name)
}

// fits keeps out what only SQLite would take: a value of another class than its column's.
func fits(class string, v any) error {
	ok := v == nil
	switch v.(type) {
	case int64:
		ok = class == "INTEGER"
	case string:
		ok = class == "TEXT"
	case []byte:
		ok = class == "BLOB"
	}
	if !ok {
		return fmt.Errorf("a value of type %T stands where %s belongs", v, class)
	}
	return nil
}
