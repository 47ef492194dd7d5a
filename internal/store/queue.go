package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"zona/internal/job"
)

// The queue of background work is River's, with River's tables in our database, so that a job is enqueued by the
// transaction that makes it necessary. This file is all that River is to the store; package worker runs the jobs.

// riverVersion is the version of River's tables that this program brings. A newer River brings a migration of its own
// beside the one below; the number here never changes.
const (
	riverMigration = 7
	riverVersion   = 8
)

// Queue is what the worker needs to run what was enqueued.
type Queue struct {
	db *DB
}

// Queue returns the part of the database that the worker uses.
func (db *DB) Queue() Queue { return Queue{db} }

// Driver is River's hand on the writer pool.
func (q Queue) Driver() riverdriver.Driver[*sql.Tx] { return riverDriver(q.db.dialect, q.db.write) }

// Enqueued has a value after a transaction of this process has enqueued something.
func (q Queue) Enqueued() <-chan struct{} { return q.db.enqueued }

// Waiting reports whether the worker has anything to do: work that is due within seconds or was broken off, or old
// records to clear away. It only reads, so that looking every second keeps an idle disk idle.
func (q Queue) Waiting(ctx context.Context) (bool, error) {
	var n int
	err := one(ctx, q.db.reader(), &n, `SELECT count(*) FROM (SELECT 1 FROM river_job WHERE `+q.db.dialect.jobWaits+` LIMIT 1) AS waiting`)
	return n > 0, failed(q.db.dialect, err, "look for work in the queue")
}

func riverDriver(d dialect, pool *sql.DB) riverdriver.Driver[*sql.Tx] {
	if d.name == postgresDialect.name {
		return quiet{riverdatabasesql.New(pool)}
	}
	return quiet{riversqlite.New(pool)}
}

// quiet keeps River from telling its other clients of every job: on SQLite that is another row for each, and the
// worker is woken by Enqueued or looks by itself.
type quiet struct{ riverdriver.Driver[*sql.Tx] }

// SupportsListenNotify implements riverdriver.Driver.
func (quiet) SupportsListenNotify() bool { return false }

// SupportsListener implements riverdriver.Driver.
func (quiet) SupportsListener() bool { return false }

// newEnqueuer makes a River client that only enqueues.
func newEnqueuer(d dialect) (*river.Client[*sql.Tx], error) {
	c, err := river.NewClient(riverDriver(d, nil), &river.Config{SkipUnknownJobCheck: true, MaxAttempts: job.MaxAttempts})
	if err != nil {
		return nil, fmt.Errorf("prepare the queue: %w", err)
	}
	return c, nil
}

// Enqueue adds a job, which exists when the transaction is committed.
func (t *tx) Enqueue(ctx context.Context, a job.Args) error {
	if err := show(ctx, "INSERT INTO river_job"); err != nil {
		return err
	}
	if _, err := t.queue.InsertTx(ctx, t.open, a, nil); err != nil {
		return failed(t.dialect, err, "enqueue %s", a.Kind())
	}
	t.enqueued = true
	return nil
}

// wake tells the worker of this process, who may be told already.
func (db *DB) wake() {
	select {
	case db.enqueued <- struct{}{}:
	default:
	}
}

// makeQueue is the migration that makes River's tables. On PostgreSQL River's own steps are transactions, since a value
// that is added to an enumeration cannot be used before it is committed; begun again, they go on where they stopped. On
// SQLite it is one transaction: the one connection is taken.
func makeQueue(d dialect) *goose.Migration {
	up := &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		m, err := riverMigrator(d, nil)
		if err != nil {
			return err
		}
		_, err = m.MigrateTx(ctx, tx, rivermigrate.DirectionUp, riverTarget()) //nolint:staticcheck // deprecated for PostgreSQL's sake
		return queueMade(err)
	}}
	if d.name == postgresDialect.name {
		up = &goose.GoFunc{RunDB: func(ctx context.Context, pool *sql.DB) error {
			m, err := riverMigrator(d, pool)
			if err != nil {
				return err
			}
			_, err = m.Migrate(ctx, rivermigrate.DirectionUp, riverTarget())
			return queueMade(err)
		}}
	}
	return goose.NewGoMigration(riverMigration, up, nil)
}

func riverMigrator(d dialect, pool *sql.DB) (*rivermigrate.Migrator[*sql.Tx], error) {
	m, err := rivermigrate.New(riverDriver(d, pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("read the migrations of the queue: %w", err)
	}
	return m, nil
}

func riverTarget() *rivermigrate.MigrateOpts {
	return &rivermigrate.MigrateOpts{TargetVersion: riverVersion}
}

func queueMade(err error) error {
	if err != nil {
		return fmt.Errorf("make the tables of the queue: %w", err)
	}
	return nil
}
