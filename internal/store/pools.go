package store

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

// location is a parsed Config.URL.
type location struct {
	dialect dialect
	file    string   // SQLite: the database file
	pragmas []string // SQLite: the operator's own
	url     string   // PostgreSQL
}

// The pragmas of every SQLite connection. They stand in the DSN because a pragma sent through a pool reaches one
// connection of many. FULL costs little beside what it keeps: every acknowledged change survives a power cut.
// secure_delete overwrites what is deleted, trusted_schema keeps a planted view from calling functions.
var sqlitePragmas = []string{
	"busy_timeout(10000)",
	"journal_mode(WAL)",
	"synchronous(FULL)",
	"foreign_keys(ON)",
	"secure_delete(ON)",
	"trusted_schema(OFF)",
	"wal_autocheckpoint(1000)",
	"cache_size(-16000)",
}

// The limits of every PostgreSQL connection, in milliseconds: a stuck statement or a forgotten transaction ends by
// itself. The URL may set others.
var postgresParams = map[string]string{
	"application_name":                    "zona",
	"timezone":                            "UTC",
	"statement_timeout":                   "15000",
	"idle_in_transaction_session_timeout": "10000",
}

func parseURL(raw string) (location, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	switch {
	case raw == "":
		return location{}, fmt.Errorf("database URL is empty: give a path, sqlite:///path/zona.db or postgres://user@host/name")
	case !ok:
		return location{dialect: sqliteDialect, file: raw}, nil
	case scheme == "sqlite":
		return parseSQLite(rest)
	case scheme == "postgres" || scheme == "postgresql":
		return location{dialect: postgresDialect, url: raw}, nil
	}
	return location{}, fmt.Errorf("database URL begins with %s://, want a path, sqlite:// or postgres://", scheme)
}

func parseSQLite(rest string) (location, error) {
	path, query, _ := strings.Cut(rest, "?")
	file, err := url.PathUnescape(path)
	if err != nil {
		return location{}, fmt.Errorf("path of the database URL: %w", err)
	}
	params, err := url.ParseQuery(query)
	if err != nil {
		return location{}, fmt.Errorf("parameters of the database URL: %w", err)
	}
	l := location{dialect: sqliteDialect, file: file}
	for name, values := range params {
		if name != "_pragma" {
			return location{}, fmt.Errorf("database URL has the parameter %s; SQLite takes only _pragma", name)
		}
		l.pragmas = values
	}
	if file == "" {
		return location{}, fmt.Errorf("database URL sqlite:// names no file")
	}
	return l, nil
}

// makePools makes the writer and the readers; nothing is connected yet.
func (db *DB) makePools(l location, c Config) (err error) {
	if l.file == "" {
		return db.makePostgresPools(l, c)
	}
	if db.write, err = l.sqlitePool(1, "_txlock=immediate"); err != nil {
		return err
	}
	// This parameter is applied after all pragmas, so that none of the URL can undo it.
	db.read, err = l.sqlitePool(c.Readers, "_query_only=1")
	return err
}

func (l location) sqlitePool(size int, last string) (*sql.DB, error) {
	var dsn strings.Builder
	dsn.WriteString("file:" + (&url.URL{Path: l.file}).EscapedPath() + "?")
	own := map[string]bool{}
	for _, p := range l.pragmas {
		own[pragmaName(p)] = true
		dsn.WriteString("_pragma=" + url.QueryEscape(p) + "&")
	}
	// The driver sorts pragmas before it applies them: of two with one name the later in the alphabet would win.
	for _, p := range sqlitePragmas {
		if !own[pragmaName(p)] {
			dsn.WriteString("_pragma=" + url.QueryEscape(p) + "&")
		}
	}
	connector, err := sqlite.NewConnector(dsn.String() + last)
	if err != nil {
		return nil, fmt.Errorf("open database file %s: %w", l.file, err)
	}
	return limit(sql.OpenDB(keepingConnector{connector}), size, 0), nil
}

// pragmaName is the name in "synchronous(FULL)" and in "synchronous = FULL".
func pragmaName(pragma string) string {
	end := strings.IndexFunc(pragma, func(r rune) bool { return r == '(' || r == '=' || r == ' ' })
	if end < 0 {
		end = len(pragma)
	}
	return strings.ToLower(pragma[:end])
}

func (db *DB) makePostgresPools(l location, c Config) error {
	cfg, err := parsePostgres(l.url)
	if err != nil {
		return fmt.Errorf("read the database URL: %w", err) // pgx hides the password
	}
	if cfg.TLSConfig == nil && !local(cfg.Host) {
		db.warnf("the connection to PostgreSQL on %s is not encrypted, as the database URL says; "+
			"take sslmode out of it, and give sslrootcert if the certificate is your own", cfg.Host)
	}
	for name, value := range postgresParams {
		if _, set := cfg.RuntimeParams[name]; !set {
			cfg.RuntimeParams[name] = value
		}
	}
	readOnly := cfg.Copy()
	readOnly.RuntimeParams["default_transaction_read_only"] = "on"
	const age = 30 * time.Minute // so that a failed-over address is forgotten in the end
	db.write = limit(stdlib.OpenDB(*cfg), c.Writers, age)
	db.read = limit(stdlib.OpenDB(*readOnly), c.Readers, age)
	return nil
}

// parsePostgres makes an encrypted connection with a verified certificate the default beyond this machine. A URL
// that names an sslmode decides for itself.
func parsePostgres(raw string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(raw)
	if err != nil || local(cfg.Host) || strings.Contains(raw, "sslmode=") {
		return cfg, err
	}
	sep := "?"
	if strings.Contains(raw, "?") {
		sep = "&"
	}
	return pgx.ParseConfig(raw + sep + "sslmode=verify-full")
}

// local reports whether a PostgreSQL host is this machine: a socket's folder or a loopback address.
func local(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || host == "localhost" || ip != nil && ip.IsLoopback()
}

func limit(pool *sql.DB, size int, age time.Duration) *sql.DB {
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxLifetime(age)
	return pool
}

// nowOf returns the time of the transaction that q belongs to, in UTC and whole milliseconds, as it is stored.
func (db *DB) nowOf(ctx context.Context, q queryer) (time.Time, error) {
	switch {
	case db.clock != nil:
		return whole(db.clock()), nil
	case !db.dialect.ownClock:
		return whole(time.Now()), nil //nolint:forbidigo // the clock of SQLite is the process's; Open takes another
	}
	var ms int64
	if err := one(ctx, q, &ms, "SELECT "+db.dialect.now); err != nil {
		return time.Time{}, failed(db.dialect, err, "ask the database for its time")
	}
	return time.UnixMilli(ms).UTC(), nil
}

func whole(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// moment is the present instant in a query outside a transaction: the parameter when a test set the clock, else
// the database's own, so that replicas agree on what has expired. Its argument is momentArg.
func (db *DB) moment(param string) string {
	return "coalesce(CAST(" + param + " AS BIGINT), " + db.dialect.now + ")"
}

func (db *DB) momentArg() any {
	if db.clock == nil {
		return nil
	}
	return db.clock().UnixMilli()
}
