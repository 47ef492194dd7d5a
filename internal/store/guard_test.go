package store_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"modernc.org/sqlite"

	"zona/internal/store"
	"zona/internal/store/storetest"
)

// childEnv makes this test binary play a part in another process: its value says which.
const childEnv = "ZONA_STORE_TEST_CHILD"

// child starts this test binary with one test in the part named.
func child(t *testing.T, test, part string, prefix ...string) *exec.Cmd {
	t.Helper()
	line := slices.Concat(prefix, []string{os.Args[0], "-test.run=^" + test + "$", "-test.v"})
	c := exec.CommandContext(t.Context(), line[0], line[1:]...)
	c.Env = append(os.Environ(), childEnv+"="+part)
	return c
}

// wantRefusal opens a database and expects a refusal that names everything a person needs.
func wantRefusal(t *testing.T, c store.Config, setting, value string) {
	t.Helper()
	db, err := store.Open(t.Context(), c, nil)
	if err == nil {
		t.Errorf("%s was opened with %s at %s", c.URL, setting, value)
		_ = db.Close()
		return
	}
	var r *store.Refusal
	if !errors.As(err, &r) {
		t.Errorf("%s: got %v, want a refusal of %s", c.URL, err, setting)
		return
	}
	if !strings.Contains(r.Setting, setting) || !strings.Contains(r.Value, value) || r.Want == "" || r.Mend == "" {
		t.Errorf("refusal %+v, want setting %s, value %s, and how to mend it", *r, setting, value)
	}
	for _, part := range []string{r.Setting, r.Value, r.Want, r.Mend} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the message %q leaves %q out", err, part)
		}
	}
}

func wantOpen(t *testing.T, c store.Config) {
	t.Helper()
	db, err := store.Open(t.Context(), c, nil)
	if err != nil {
		t.Errorf("%s: safe, but %v", c.URL, err)
		return
	}
	if err := db.Close(); err != nil {
		t.Errorf("close %s: %v", c.URL, err)
	}
}

func TestDU04UnsafeSQLiteSettingsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pragma, setting, value string }{
		{"journal_mode(DELETE)", "journal_mode", "delete"},
		{"journal_mode(TRUNCATE)", "journal_mode", "truncate"},
		{"journal_mode(MEMORY)", "journal_mode", "memory"},
		{"journal_mode(OFF)", "journal_mode", "off"},
		{"synchronous(NORMAL)", "synchronous", "1"},
		{"synchronous(OFF)", "synchronous", "0"},
		{"foreign_keys(OFF)", "foreign_keys", "0"},
	} {
		t.Run(c.pragma, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "zona.db")
			wantRefusal(t, store.Config{URL: "sqlite://" + file + "?_pragma=" + url.QueryEscape(c.pragma)}, c.setting, c.value)
			// The control: the same file is opened when the setting is gone.
			wantOpen(t, store.Config{URL: file})
		})
	}
	t.Run("a database in memory", func(t *testing.T) {
		t.Parallel()
		wantRefusal(t, store.Config{URL: ":memory:"}, "the database file", ":memory:")
	})
	t.Run("settings that are safer still", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "with %20 & spaces?.db")
		wantOpen(t, store.Config{URL: "sqlite://" + url.PathEscape(file) + "?_pragma=synchronous(EXTRA)&_pragma=cache_size(-4000)"})
		if _, err := os.Stat(file); err != nil {
			t.Errorf("the file of that name is not there: %v", err)
		}
	})
}

func TestADatabaseURLThatSaysSomethingUnknownIsRefused(t *testing.T) {
	t.Parallel()
	for _, u := range []string{
		"", "sqlite://", "mysql://root@localhost/zona", "sqlite:///x.db?mode=memory", "sqlite:///x.db?_pragma=%zz", "sqlite://%zz",
		filepath.Join(t.TempDir(), "no", "such", "folder", "zona.db"), "postgres://host:notaport/zona",
	} {
		if db, err := store.Open(t.Context(), store.Config{URL: u}, nil); err == nil {
			t.Errorf("%q was opened", u)
			_ = db.Close()
		}
	}
}

func TestDU04ASecondServerOnTheSameFileIsRefused(t *testing.T) {
	t.Parallel()
	if file, ok := strings.CutPrefix(os.Getenv(childEnv), "hold "); ok {
		db, err := store.Open(t.Context(), store.Config{URL: file}, nil)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(os.Stdout, "held")
		_, _ = io.Copy(io.Discard, os.Stdin) // until the parent lets go, or kills
		_ = db.Close()
		return
	}
	file := filepath.Join(t.TempDir(), "zona.db")
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	holder := child(t, "TestDU04ASecondServerOnTheSameFileIsRefused", "hold "+file)
	if _, err := holder.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, out, "held")
	for _, name := range []string{file, link} {
		wantRefusal(t, store.Config{URL: name}, "lock file", fmt.Sprint(holder.Process.Pid))
	}
	wantOpen(t, store.Config{URL: file, Beside: true})

	// However the server ends, the next one may start.
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait()
	wantOpen(t, store.Config{URL: link})

	// Two in one process are two servers as well.
	storetest.Open(t, store.Config{URL: file}, nil)
	wantRefusal(t, store.Config{URL: file}, "lock file", fmt.Sprint(os.Getpid()))
}

func TestTheDatabaseFileIsForTheProgramsAccountAlone(t *testing.T) {
	t.Parallel()
	file := storetest.SQLiteURL(t)
	db := storetest.Open(t, store.Config{URL: file}, nil)
	for _, name := range []string{file, file + "-wal", file + ".lock"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if len(db.Warnings()) != 0 {
		t.Errorf("warnings %q", db.Warnings())
	}

	open := storetest.SQLiteURL(t)
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	if w := storetest.Open(t, store.Config{URL: open}, nil).Warnings(); len(w) != 1 || !strings.Contains(w[0], open) {
		t.Errorf("a file that others may read: warnings %q", w)
	}
	if _, err := store.Open(t.Context(), store.Config{URL: filepath.Join(t.TempDir(), "none.db"), Beside: true}, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("beside a server that is not there: %v", err)
	}
}

// waitFor reads until a word has come.
func waitFor(t *testing.T, r io.Reader, word string) {
	t.Helper()
	var seen strings.Builder
	buffer := make([]byte, 256)
	for !strings.Contains(seen.String(), word) {
		n, err := r.Read(buffer)
		seen.Write(buffer[:n])
		if err != nil {
			t.Fatalf("the other process said %q and ended: %v", seen.String(), err)
		}
	}
}

func TestDU05AnOldSQLiteIsRefused(t *testing.T) {
	t.Parallel()
	if version, ok := strings.CutPrefix(os.Getenv(childEnv), "version "); ok {
		// Another version cannot be linked in, but it can be made to say so.
		err := sqlite.RegisterScalarFunction("sqlite_version", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
			return version, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = store.Open(t.Context(), store.Config{URL: filepath.Join(t.TempDir(), "zona.db")}, nil)
		fmt.Fprintln(os.Stdout, "opened:", err)
		return
	}
	for version, safe := range map[string]bool{
		"3.51.2": false, "3.50.7": false, "3.9.9": false, "2.99.99": false, "3.51": false, "new": false,
		"3.51.3": true, "3.51.10": true, "3.54.1": true, "4.0.0": true,
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			out, err := child(t, "TestDU05AnOldSQLiteIsRefused", "version "+version).Output()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			refused := strings.Contains(string(out), "sqlite_version() is "+version)
			if refused == safe || safe && !strings.Contains(string(out), "opened: <nil>") {
				t.Errorf("version %s, safe %v: %s", version, safe, out)
			}
		})
	}
	t.Run("the version that is linked in", func(t *testing.T) {
		t.Parallel()
		wantOpen(t, store.Config{URL: filepath.Join(t.TempDir(), "zona.db")})
	})
}

// TestDU04UnsafePostgreSQLSettingsAreRefused turns the settings of a whole server off, so it has one of its own.
func TestDU04UnsafePostgreSQLSettingsAreRefused(t *testing.T) {
	t.Parallel()
	if os.Getenv(childEnv) == "postgres" {
		unsafePostgres(t)
		return
	}
	storetest.Cluster(t) // where there is no PostgreSQL at all, it is said in the same words
	out, err := child(t, "TestDU04UnsafePostgreSQLSettingsAreRefused", "postgres", "../../scripts/with-postgres.sh").CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	if !strings.Contains(string(out), "--- PASS: TestDU04UnsafePostgreSQLSettingsAreRefused") {
		t.Errorf("the test did not run beside its server:\n%s", out)
	}
}

func unsafePostgres(t *testing.T) {
	t.Helper()
	admin := storetest.Admin(t)
	admin.SetMaxIdleConns(0) // each question comes from a new session, which has the settings of now
	u := storetest.EmptyPostgresURL(t)
	name := u[strings.LastIndex(u, "/")+1:]
	name, _, _ = strings.Cut(name, "?")
	exec := func(statement string) {
		t.Helper()
		if _, err := admin.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	wantOpen(t, store.Config{URL: u})

	for _, setting := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		exec("ALTER SYSTEM SET " + setting + " = off")
		reload(t, admin, setting, "off")
		wantRefusal(t, store.Config{URL: u}, setting, "off")
		exec("ALTER SYSTEM RESET " + setting)
		reload(t, admin, setting, "on")
		wantOpen(t, store.Config{URL: u})
	}

	exec("ALTER DATABASE " + name + " SET synchronous_commit = off")
	wantRefusal(t, store.Config{URL: u}, "synchronous_commit", "off")
	exec("ALTER DATABASE " + name + " SET synchronous_commit = local")
	wantOpen(t, store.Config{URL: u})
	sep := "?"
	if strings.Contains(u, "?") {
		sep = "&"
	}
	wantRefusal(t, store.Config{URL: u + sep + "synchronous_commit=off"}, "synchronous_commit", "off")

	exec("CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
	wantRefusal(t, store.Config{URL: strings.Replace(u, name, "ascii", 1)}, "server_encoding", "SQL_ASCII")
}

// reload makes the server read its settings and waits until new sessions have this one.
func reload(t *testing.T, admin *sql.DB, setting, want string) {
	t.Helper()
	var value string
	for deadline := time.Now().Add(20 * time.Second); value != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s is %s, not %s", setting, value, want)
		}
		if _, err := admin.ExecContext(t.Context(), "SELECT pg_reload_conf()"); err != nil {
			t.Fatal(err)
		}
		if err := admin.QueryRowContext(t.Context(), "SHOW "+setting).Scan(&value); err != nil {
			t.Fatal(err)
		}
	}
}
