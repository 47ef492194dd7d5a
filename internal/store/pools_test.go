package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
)

// TestEveryConnectionHasThePragmas looks at all connections of both pools at once, since a pragma that was sent
// through a pool would reach one of them.
func TestEveryConnectionHasThePragmas(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "zona.db")
	db, err := Open(t.Context(), Config{URL: file, Readers: 5}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "trusted_schema": "0",
		"busy_timeout": "10000", "wal_autocheckpoint": "1000", "cache_size": "-16000",
	}
	for _, pool := range []struct {
		of        *sql.DB
		size      int
		queryOnly string
	}{{db.write, 1, "0"}, {db.read, 5, "1"}} {
		var held []*sql.Conn
		for range pool.size {
			conn, err := pool.of.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, conn)
		}
		want["query_only"] = pool.queryOnly
		for i, conn := range held {
			for pragma, value := range want {
				var got string
				if err := conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != value {
					t.Errorf("connection %d of %d: %s is %q, want %q (%v)", i, pool.size, pragma, got, value, err)
				}
			}
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}
		if n := pool.of.Stats().MaxOpenConnections; n != pool.size {
			t.Errorf("pool of %d connections, want %d", n, pool.size)
		}
	}
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.read.ExecContext(context.Background(), `DELETE FROM session`); err == nil {
		t.Error("a reader may delete")
	}

	// Closing leaves everything in the one file.
	if info, err := os.Stat(file + "-wal"); err != nil || info.Size() == 0 {
		t.Fatalf("before closing there is no WAL, so that nothing is shown below: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file + "-wal"); err == nil && info.Size() > 0 {
		t.Errorf("after closing %d bytes are in the WAL", info.Size())
	}
}

func TestALineBeyondThisMachineIsEncryptedUnlessTheURLSaysOtherwise(t *testing.T) {
	t.Parallel()
	for url, encrypted := range map[string]bool{
		"postgres://zona@db.contoh.example/zona":                         true,
		"postgres://zona@db.contoh.example/zona?connect_timeout=3":       true,
		"postgres://zona@db.contoh.example/zona?sslmode=disable":         false,
		"postgres://zona@127.0.0.1/zona?sslmode=disable":                 false,
		"postgres://zona@/zona?host=/run/postgresql&sslmode=verify-full": false, // a socket is never encrypted
	} {
		cfg, err := parsePostgres(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		verified := cfg.TLSConfig != nil && !cfg.TLSConfig.InsecureSkipVerify && cfg.TLSConfig.ServerName != ""
		if verified != encrypted {
			t.Errorf("%s: verified %v, want %v", url, verified, encrypted)
		}
		// A URL without sslmode must not fall back to a line in the clear.
		if encrypted && len(cfg.Fallbacks) > 0 {
			t.Errorf("%s falls back to %d other ways", url, len(cfg.Fallbacks))
		}
		db := &DB{}
		if err := db.makePools(location{dialect: postgresDialect, url: url}, Config{Readers: 1, Writers: 1}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		if warned, want := len(db.warnings) == 1, !encrypted && !local(cfg.Host); warned != want {
			t.Errorf("%s: warnings %q", url, db.warnings)
		}
		_ = db.release()
	}
}
