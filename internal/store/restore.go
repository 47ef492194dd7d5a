package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// ErrNotEmpty is returned by Restore for a database that holds anything: a copy never mixes with what is there.
var ErrNotEmpty = errors.New("the database is not empty: restore into a new one")

// Restoring is an empty database while it is filled, in one transaction.
type Restoring struct {
	dialect dialect
	q       queryer
	tables  []Table
}

// Restore fills an empty database: it makes the tables of this version of the schema, calls fill in one transaction
// that is rolled back when fill fails, and then brings the tables to this program's version. It refuses a version
// that it does not know with ErrNewer and a database that holds a row with ErrNotEmpty.
func (db *DB) Restore(ctx context.Context, version int64, fill func(context.Context, *Restoring) error) error {
	current, target, err := db.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	switch {
	case version > target:
		return fmt.Errorf("%w (copy %d, program %d)", ErrNewer, version, target)
	case current > version:
		return fmt.Errorf("%w (it has the tables of version %d, the copy is of %d)", ErrNotEmpty, current, version)
	}
	p, err := db.provider()
	if err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("make the tables of version %d: %w", version, err)
	}
	if err := db.fill(ctx, fill); err != nil {
		return err
	}
	_, err = db.Migrate(ctx)
	return err
}

func (db *DB) fill(ctx context.Context, fill func(context.Context, *Restoring) error) (err error) {
	open, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return failed(db.dialect, err, "begin to restore")
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, open.Rollback())
		}
	}()
	r := &Restoring{dialect: db.dialect, q: watched{open}}
	for _, statement := range append(slices.Clone(db.dialect.patient), db.dialect.lockLog) {
		if statement == "" {
			continue
		}
		if _, err := change(ctx, r.q, statement); err != nil {
			return failed(db.dialect, err, "prepare to restore")
		}
	}
	if err := r.refuseUsed(ctx); err != nil {
		return err
	}
	if r.tables, err = schemaOf(ctx, r.dialect, r.q); err != nil {
		return err
	}
	// Tables come by name and not by who refers to whom; the references are checked when all rows are there.
	check, err := r.suspendReferences(ctx)
	if err != nil {
		return err
	}
	if err := fill(ctx, r); err != nil {
		return err
	}
	if err := check(ctx); err != nil {
		return err
	}
	if err := open.Commit(); err != nil {
		return failed(db.dialect, err, "commit the restored rows")
	}
	return nil
}

// refuseUsed looks into every table, those that no copy carries included.
func (r *Restoring) refuseUsed(ctx context.Context) error {
	every, err := everyTable(ctx, r.dialect, r.q)
	if err != nil {
		return err
	}
	for _, t := range every {
		if slices.Contains(untouched, t.Name) {
			continue
		}
		var n int64
		if err := one(ctx, r.q, &n, "SELECT count(*) FROM (SELECT 1 FROM "+t.Name+" LIMIT 1) AS used"); err != nil {
			return failed(r.dialect, err, "look into table %s", t.Name)
		}
		if n > 0 {
			return fmt.Errorf("%w (table %s has rows)", ErrNotEmpty, t.Name)
		}
	}
	return nil
}

// suspendReferences lets rows refer to rows that come later. On SQLite the commit checks them; on PostgreSQL the
// references are taken away within the transaction and made again from their own text, which checks each table at
// once instead of each row.
func (r *Restoring) suspendReferences(ctx context.Context) (check func(context.Context) error, err error) {
	if r.dialect.name == sqliteDialect.name {
		_, err := change(ctx, r.q, "PRAGMA defer_foreign_keys = ON")
		return func(context.Context) error { return nil }, failed(r.dialect, err, "put the references off")
	}
	var references []struct{ Table, Name, Text string }
	err = all(ctx, r.q, &references, `
		SELECT c.conrelid::regclass::text AS table, quote_ident(c.conname) AS name, pg_get_constraintdef(c.oid) AS text
		FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace
		ORDER BY 1, 2`)
	if err != nil {
		return nil, failed(r.dialect, err, "list the references")
	}
	for _, f := range references {
		if _, err := change(ctx, r.q, "ALTER TABLE "+f.Table+" DROP CONSTRAINT "+f.Name); err != nil {
			return nil, failed(r.dialect, err, "put reference %s of %s off", f.Name, f.Table)
		}
	}
	return func(ctx context.Context) error {
		for _, f := range references {
			if _, err := change(ctx, r.q, "ALTER TABLE "+f.Table+" ADD CONSTRAINT "+f.Name+" "+f.Text); err != nil {
				return failed(r.dialect, err, "check reference %s of %s", f.Name, f.Table)
			}
		}
		return nil
	}, nil
}

// Tables are the tables that a copy of this version carries, by name.
func (r *Restoring) Tables() []Table { return r.tables }

// Insert adds rows; a value is of the kind that Snapshot.Rows gives for its column.
func (r *Restoring) Insert(ctx context.Context, t Table, rows [][]any) error {
	for _, row := range rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("table %s: a row of %d values for %d columns", t.Name, len(row), len(t.Columns))
		}
		for i, v := range row {
			if err := fits(t.Columns[i].Class, v); err != nil {
				return fmt.Errorf("table %s, column %s: %w", t.Name, t.Columns[i].Name, err)
			}
		}
	}
	_, err := insertMany(ctx, r.q, "INSERT INTO "+t.Name+" ("+t.columns()+")", "", rows)
	return failed(r.dialect, err, "fill table %s", t.Name)
}

// Rows reads back what was inserted, as Snapshot.Rows would.
func (r *Restoring) Rows(ctx context.Context, t Table, see func(values []any) error) error {
	return rowsOf(ctx, r.dialect, r.q, t, see)
}

// Verify is DB.Verify of what was inserted, before it is committed. It wants the tables of this program's version.
func (r *Restoring) Verify(ctx context.Context) (Report, error) {
	v := verifier{dialect: r.dialect, q: r.q}
	return v.all(ctx)
}
