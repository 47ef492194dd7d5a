package store

import (
	"database/sql"
	"errors"
	"regexp"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is every difference between the two databases that reaches a SQL text or an error, and nothing else.
// How they are opened stands in pools.go, what is refused in guard.go.
type dialect struct {
	name  string
	goose goose.Dialect

	// render turns a migration, which is written for SQLite, into this database's own.
	render func(migration string) string
	// lockAssessment holds the row "a" that was read until the transaction ends. SQLite has one writer and begins
	// immediately, so that there is nothing to hold.
	lockAssessment string
	// lockTree holds the row "i" of an institution, not against rows that refer to it.
	lockTree string
	// lockAdministrators makes this transaction the only one that takes an administrator away until it ends.
	lockAdministrators string
	// lockLog makes this transaction the only one that appends until it ends.
	lockLog string
	// now is the database's clock as SQL, in milliseconds since 1970.
	now string
	// ownClock says that the time of a transaction is asked from the database, since replicas share nothing else.
	ownClock bool
	// jobWaits is the condition on River's table for something that a worker has to do: due within 10 seconds, broken
	// off, or a record of what was done that is older than a day and an hour.
	jobWaits string
	// snapshot are the options of a transaction in which every statement reads the same state.
	snapshot *sql.TxOptions
	// tables lists every column of every table with its type and its place in the primary key (from 1, 0 outside),
	// by table and column; classes are the storage classes of these types.
	tables  string
	classes map[string]string
	// patient lifts the limits of time from the transaction at hand, for what reads or writes everything.
	patient []string
	// checkpoint empties the WAL into the database file.
	checkpoint string
	// class says what kind of failure a driver's error is.
	class func(error) failure
}

// failure is what the rest of the package needs to know about a driver's error.
type failure int

const (
	other     failure = iota
	duplicate         // a unique index says no
	dangling          // a foreign key says no
	transient         // the same transaction may succeed if it is run again
	away              // no connection, no space, or shutting down: later
)

var sqliteDialect = dialect{
	name:   "sqlite",
	goose:  goose.DialectSQLite3,
	render: func(s string) string { return s },
	now:    "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
	jobWaits: `state IN ('available', 'running') OR state IN ('retryable', 'scheduled') AND scheduled_at <= datetime('now', '+10 seconds', 'subsec')
		OR state = 'completed' AND finalized_at < datetime('now', '-25 hours', 'subsec')`,
	snapshot: &sql.TxOptions{}, // any transaction of the readers is one
	tables: `SELECT m.name AS "name", c.name AS "column", c.type AS "type", c.pk AS "key"
		FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY m.name, c.name`,
	classes:    map[string]string{"TEXT": "TEXT", "INTEGER": "INTEGER", "BLOB": "BLOB"},
	checkpoint: "PRAGMA wal_checkpoint(TRUNCATE)",
	class:      sqliteClass,
}

var postgresDialect = dialect{
	name:  "postgres",
	goose: goose.DialectPostgres,
	render: func(s string) string {
		return onlySQLite.ReplaceAllStringFunc(s, func(word string) string { return inPostgres[word] })
	},
	lockAssessment: " FOR UPDATE OF a",
	lockTree:       " FOR NO KEY UPDATE OF i",
	// The number is the program's own among the advisory locks of its database: "zona" in ASCII.
	lockLog: "SELECT pg_advisory_xact_lock(2054123105)",
	// 2054123106 is taken by the tests.
	lockAdministrators: "SELECT pg_advisory_xact_lock(2054123107)",
	now:                "CAST(extract(epoch FROM now()) * 1000 AS BIGINT)",
	ownClock:           true,
	jobWaits: `state IN ('available', 'running') OR state IN ('retryable', 'scheduled') AND scheduled_at <= now() + interval '10 seconds'
		OR state = 'completed' AND finalized_at < now() - interval '25 hours'`,
	snapshot: &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	// The positions in an index begin with 0.
	tables: `SELECT c.relname AS "name", a.attname AS "column", format_type(a.atttypid, a.atttypmod) AS "type",
			coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0) AS "key"
		FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
		WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
		ORDER BY c.relname COLLATE "C", a.attname COLLATE "C"`,
	classes: map[string]string{"text": "TEXT", "bigint": "INTEGER", "bytea": "BLOB"},
	patient: []string{"SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0"},
	class:   postgresClass,
}

// Text is compared by bytes on both databases, so that lists have one order and a path prefix is a range; numbers
// have 64 bits on both.
var (
	onlySQLite = regexp.MustCompile(`\b(TEXT|INTEGER|BLOB)\b| WITHOUT ROWID\b`)
	inPostgres = map[string]string{"TEXT": `TEXT COLLATE "C"`, "INTEGER": "BIGINT", "BLOB": "BYTEA", " WITHOUT ROWID": ""} //nolint:gocritic // the space goes with it
)

func sqliteClass(err error) failure {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return other
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return duplicate
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return dangling
	}
	switch e.Code() & 0xff { // the primary code
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return transient
	case sqlite3.SQLITE_FULL:
		return away
	}
	return other
}

func postgresClass(err error) failure {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		var dial *pgconn.ConnectError
		if errors.As(err, &dial) || errors.Is(err, sql.ErrConnDone) || pgconn.SafeToRetry(err) {
			return away
		}
		return other
	}
	switch e.Code {
	case "23505":
		return duplicate
	case "23503":
		return dangling
	case "40001", "40P01": // serialization failure, deadlock
		return transient
	}
	switch e.Code[:2] {
	case "08", "53", "57": // connection, resources, operator's intervention (statement timeout among them)
		return away
	}
	return other
}
