// Package store keeps what the features decide, in SQLite or PostgreSQL, behind one set of SQL texts. It answers
// the interfaces that the features declare and knows no rule of theirs: it never asks who may do what.
//
// It refuses to run where an acknowledged change could be lost (guard.go), to change anything without the event
// and the idempotency key in the same transaction (tx.go, log.go), and to open a database that a newer program
// has changed (migrate.go).
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
)

// Config says which database and how. The zero values of all fields but URL are the ones to run with.
type Config struct {
	// URL is a plain path or sqlite:///path/zona.db, or postgres://user@host/name. A SQLite URL may carry _pragma
	// parameters that replace ours; what they make unsafe is refused.
	URL string
	// Readers is the number of connections that only read; 0 is 8.
	Readers int
	// Writers is the number of connections that change, on PostgreSQL; 0 is 8. SQLite has one writer, always.
	Writers int
	// Beside opens a SQLite database next to a running server, for commands that look and leave. Without it the
	// file is held alone and a second server is refused.
	Beside bool
	// Log hears warnings; nil is silence, Warnings still has them.
	Log *slog.Logger
}

// DB is an open database. Its methods may be called by many goroutines.
type DB struct {
	dialect  dialect
	write    *sql.DB // SQLite: one connection, every transaction immediate
	read     *sql.DB // connections that refuse to change anything
	clock    func() time.Time
	held     *fileLock // SQLite's lock file; nil on PostgreSQL and beside a server
	warnings []string
	keyed    atomic.Int64 // transactions with a key so far, for the pruning of old keys
	queue    *river.Client[*sql.Tx]
	enqueued chan struct{} // holds a value after something was enqueued
}

// Open connects and refuses unsafe settings with a *Refusal and a database from a newer program with ErrNewer. It
// changes no table: call Migrate. now replaces the clock of the database (PostgreSQL) or of the process (SQLite)
// as the time of every transaction; nil, for everything but tests, keeps them.
func Open(ctx context.Context, c Config, now func() time.Time) (_ *DB, err error) {
	where, err := parseURL(c.URL)
	if err != nil {
		return nil, err
	}
	if c.Readers <= 0 {
		c.Readers = 8
	}
	if c.Writers <= 0 {
		c.Writers = 8
	}
	db := &DB{dialect: where.dialect, clock: now, enqueued: make(chan struct{}, 1)}
	if db.queue, err = newEnqueuer(where.dialect); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.release())
		}
	}()

	if where.file != "" {
		if err := db.holdFile(where.file, c.Beside); err != nil {
			return nil, err
		}
	}
	if err = db.makePools(where, c); err != nil {
		return nil, err
	}
	// The writer goes first: it makes the file and its WAL, which readers need.
	for _, pool := range []*sql.DB{db.write, db.read} {
		if err := pool.PingContext(ctx); err != nil {
			return nil, fmt.Errorf("connect to the database: %w", err)
		}
	}
	if err := db.checkSettings(ctx); err != nil {
		return nil, err
	}
	if err := db.refuseNewer(ctx); err != nil {
		return nil, err
	}
	for _, w := range db.warnings {
		if c.Log != nil {
			c.Log.WarnContext(ctx, w)
		}
	}
	return db, nil
}

// Warnings are the dangers that Open found and did not refuse, in English, for the console.
func (db *DB) Warnings() []string { return db.warnings }

func (db *DB) warnf(format string, args ...any) {
	db.warnings = append(db.warnings, fmt.Sprintf(format, args...))
}

// Engine names the database, "sqlite" or "postgres".
func (db *DB) Engine() string { return db.dialect.name }

// Ping reports whether the database answers, for readiness.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.read.PingContext(ctx); err != nil {
		return fmt.Errorf("ask the database whether it is there: %w", err)
	}
	return nil
}

// Close ends all connections. On SQLite it first moves the WAL into the database file, so that the file alone is
// whole afterwards.
func (db *DB) Close() error {
	var errs []error
	if err := db.read.Close(); err != nil {
		errs = append(errs, fmt.Errorf("close the readers: %w", err))
	}
	if db.held != nil {
		if _, err := db.write.ExecContext(context.Background(), db.dialect.checkpoint); err != nil {
			errs = append(errs, fmt.Errorf("checkpoint the WAL: %w", err))
		}
	}
	db.read = nil
	return errors.Join(append(errs, db.release())...)
}

// release gives back whatever Open has taken so far; the file lock goes last, when nothing writes any more.
func (db *DB) release() error {
	var errs []error
	for _, pool := range []*sql.DB{db.read, db.write} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if db.held != nil {
		errs = append(errs, db.held.release())
	}
	return errors.Join(errs...)
}

// reader is where queries outside a transaction go.
func (db *DB) reader() queryer { return watched{db.read} }
