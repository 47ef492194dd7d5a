// Package storetest holds package store to its promises, on every database it knows: a test opens a database of its
// own through an Opener, and Run grades it. Other packages use the openers for tests with a real store.
package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zona/internal/store"
)

// Opener opens an empty, migrated database that belongs to the test alone and is gone afterwards. now is the clock
// of its transactions; nil is the real one.
type Opener func(t testing.TB, now func() time.Time) *store.DB

// Fresh makes an empty, migrated database that belongs to the test alone and returns its URL.
type Fresh func(t testing.TB) (url string)

// PostgresEnv names the variable with the URL of a PostgreSQL cluster that tests may do with as they like, for its
// superuser.
const PostgresEnv = "ZONA_TEST_POSTGRES"

// requireEnv set to "all" turns a database that is not there from a skipped test into a failed one.
const requireEnv = "ZONA_TEST_REQUIRE"

// Each runs test once for every database, in parallel.
func Each(t *testing.T, test func(t *testing.T, open Opener)) {
	t.Helper()
	for _, engine := range []struct {
		name string
		open Opener
	}{{"sqlite", SQLite}, {"postgres", Postgres}} {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			if engine.name == "postgres" {
				Cluster(t) // skip here, before the test has begun
			}
			test(t, engine.open)
		})
	}
}

// SQLite is the Opener of a file in the test's folder.
func SQLite(t testing.TB, now func() time.Time) *store.DB {
	t.Helper()
	return Open(t, store.Config{URL: SQLiteURL(t)}, now)
}

// Postgres is the Opener of a clone of a migrated template in the cluster of PostgresEnv.
func Postgres(t testing.TB, now func() time.Time) *store.DB {
	t.Helper()
	return Open(t, store.Config{URL: PostgresURL(t)}, now)
}

// SQLiteURL is the Fresh of a file in the test's folder.
func SQLiteURL(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "zona.db")
	db, err := store.Open(t.Context(), store.Config{URL: file}, nil)
	if err != nil {
		t.Fatalf("make %s: %v", file, err)
	}
	migrate(t, db)
	if err := db.Close(); err != nil {
		t.Fatalf("close %s: %v", file, err)
	}
	return file
}

// Open opens a database until the end of the test.
func Open(t testing.TB, c store.Config, now func() time.Time) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), c, now)
	if err != nil {
		t.Fatalf("open %s: %v", c.URL, err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close %s: %v", c.URL, err)
		}
	})
	return db
}

func migrate(t testing.TB, db *store.DB) {
	t.Helper()
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrate: %v", err)
	}
}

// Cluster returns the URL of the cluster, or skips the test with a plain line.
func Cluster(t testing.TB) string {
	t.Helper()
	cluster := os.Getenv(PostgresEnv)
	if cluster == "" {
		const why = "PostgreSQL is not tested: " + PostgresEnv + " names no cluster"
		if os.Getenv(requireEnv) == "all" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	return cluster
}

// PostgresURL is the Fresh of a clone of a migrated template; it is dropped after the test.
func PostgresURL(t testing.TB) string {
	t.Helper()
	cluster := Cluster(t)
	admin := Admin(t)
	template := makeTemplate(t, cluster, admin)
	return clone(t, cluster, admin, template)
}

// EmptyPostgresURL is PostgresURL without a table.
func EmptyPostgresURL(t testing.TB) string {
	t.Helper()
	return clone(t, Cluster(t), Admin(t), "template0")
}

func clone(t testing.TB, cluster string, admin *sql.DB, template string) string {
	t.Helper()
	name := "zona_test_" + randomHex(t)
	run(t, admin, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() {
		// t's context has ended by now.
		if _, err := admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop %s: %v", name, err)
		}
	})
	return withDatabase(t, cluster, name)
}

// Admin connects to the cluster itself until the end of the test.
func Admin(t testing.TB) *sql.DB {
	t.Helper()
	admin, err := sql.Open("pgx", Cluster(t))
	if err != nil {
		t.Fatalf("connect to the cluster of %s: %v", PostgresEnv, err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	return admin
}

// makeTemplate migrates a template database, unless one with exactly these migrations is there already. The whole
// is under a lock of the cluster, since test binaries run beside one another; the name appears when it is complete.
func makeTemplate(t testing.TB, cluster string, admin *sql.DB) string {
	t.Helper()
	template := "zona_template_" + migrationsHash(t)
	conn, err := admin.Conn(t.Context())
	if err != nil {
		t.Fatalf("connect to the cluster: %v", err)
	}
	defer conn.Close() // and with the connection goes the lock
	const lock = 2054123106
	run(t, conn, fmt.Sprintf("SELECT pg_advisory_lock(%d)", lock))
	defer run(t, conn, fmt.Sprintf("SELECT pg_advisory_unlock(%d)", lock))

	var there int
	err = conn.QueryRowContext(t.Context(), "SELECT 1 FROM pg_database WHERE datname = $1", template).Scan(&there)
	if err == nil {
		return template
	}
	if !errors.Is(err, sql.ErrNoRows) {
		t.Fatalf("look for the template: %v", err)
	}
	raw := "zona_raw_" + randomHex(t)
	run(t, conn, "CREATE DATABASE "+raw+" TEMPLATE template0")
	db, err := store.Open(t.Context(), store.Config{URL: withDatabase(t, cluster, raw)}, nil)
	if err != nil {
		t.Fatalf("open the template: %v", err)
	}
	migrate(t, db)
	if err := db.Close(); err != nil { // a template must have no connections
		t.Fatalf("close the template: %v", err)
	}
	run(t, conn, "ALTER DATABASE "+raw+" RENAME TO "+template)
	return template
}

func migrationsHash(t testing.TB) string {
	t.Helper()
	h := sha256.New()
	for _, m := range store.Migrations() {
		fmt.Fprintf(h, "%d %s", len(m), m)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func withDatabase(t testing.TB, cluster, name string) string {
	t.Helper()
	u, err := url.Parse(cluster)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		t.Fatalf("%s must be a postgres:// URL: %v", PostgresEnv, err)
	}
	u.Path = "/" + name
	return u.String()
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func run(t testing.TB, q execer, statement string) {
	t.Helper()
	if _, err := q.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func randomHex(t testing.TB) string {
	t.Helper()
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		t.Fatalf("random name: %v", err)
	}
	return hex.EncodeToString(b[:])
}
