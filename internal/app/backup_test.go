package app

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"zona/internal/audit"
	"zona/internal/auth"
	"zona/internal/backup"
	"zona/internal/config"
	"zona/internal/store"
	"zona/internal/store/storetest"
)

// eachEngine runs a test on a database that is empty and has no tables.
func eachEngine(t *testing.T, test func(t *testing.T, empty func(testing.TB) string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, emptySQLite)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		storetest.Cluster(t)
		test(t, storetest.EmptyPostgresURL)
	})
}

func emptySQLite(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "zona.db")
}

// office is a demo institution in a database, with the configuration to copy it.
type office struct {
	cfg config.Config
	out bytes.Buffer
}

func newOffice(t testing.TB, url string) *office {
	t.Helper()
	o := &office{cfg: config.Default()}
	o.cfg.Database, o.cfg.Log = url, "error"
	home := t.TempDir()
	o.cfg.Data, o.cfg.BackupFolder = filepath.Join(home, "data"), filepath.Join(home, "copies")
	if _, err := makeDemo(t.Context(), o.cfg, DemoOptions{Password: accessPassword, Courts: 2, Years: 1}, io.Discard); err != nil {
		t.Fatal(err)
	}
	return o
}

// open opens the office's database as a server does.
func (o *office) open(t testing.TB) *store.DB {
	t.Helper()
	db, _, err := openDatabase(t.Context(), o.cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// copy makes one with the command and returns its path.
func (o *office) copy(t testing.TB) string {
	t.Helper()
	if err := Backup(t.Context(), o.cfg, "", &o.out, io.Discard); err != nil {
		t.Fatal(err)
	}
	path, err := backup.Folder(o.cfg.Backups()).Newest()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// restore restores a copy into a new database with the office's key.
func (o *office) restore(t testing.TB, path, url string) *office {
	t.Helper()
	if err := o.tryRestore(t, path, url, false); err != nil {
		t.Fatal(err)
	}
	there := &office{cfg: o.cfg}
	there.cfg.Database = url
	return there
}

func (o *office) tryRestore(t testing.TB, path, url string, accept bool) error {
	t.Helper()
	cfg := o.cfg
	cfg.Database = url
	return Restore(t.Context(), cfg, RestoreOptions{File: path, Accept: accept}, io.Discard, io.Discard)
}

// parts are the rows, the hash of every table, and the digest over all of them.
func (o *office) parts(t testing.TB) ([]backup.Part, string) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: o.cfg.Database, Beside: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	s, err := db.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	parts, digest, err := backup.Sum(t.Context(), source{s})
	if err != nil {
		t.Fatal(err)
	}
	return parts, digest
}

// sql changes the database behind the program's back.
func (o *office) sql(t testing.TB, statement string) {
	t.Helper()
	driver, dsn := "pgx", o.cfg.Database
	if !strings.Contains(dsn, "://") {
		driver, dsn = "sqlite", "file:"+dsn+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// TestBK02AWipedServerIsRebuiltFromItsCopy is the drill: copy, lose everything, restore on an empty database, compare,
// go on working. The copy of each engine is also restored into the other.
func TestBK02AWipedServerIsRebuiltFromItsCopy(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, empty func(testing.TB) string) {
		t.Helper()
		o := newOffice(t, empty(t))
		want, digest := o.parts(t)
		path := o.copy(t)
		started := time.Now()
		there := o.restore(t, path, empty(t))
		t.Logf("restored in %v", time.Since(started).Round(time.Millisecond))
		// The copy was made before it was noted; what came back is what was there before.
		if got, again := there.parts(t); again != digest || !slices.Equal(got, want) {
			t.Errorf("digest %s, restored %s:\n%v\n%v", digest, again, want, got)
		}
		if err := Doctor(t.Context(), there.cfg, io.Discard, io.Discard); err != nil {
			t.Errorf("doctor: %v", err)
		}

		db := there.open(t)
		if err := db.Backups().NoteRestored(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.Backups().NoteRestored(t.Context()); err != nil { // the second start
			t.Fatal(err)
		}
		s := newServices(db, time.Now)
		if _, err := s.auth.SignIn(t.Context(), auth.Credentials{Login: "koordinator1@contoh.example", Password: accessPassword, Source: "test"}); err != nil {
			t.Errorf("sign in to the restored instance: %v", err)
		}
		w := newWriter(t, db)
		if err := w.save(t.Context(), 0); err != nil {
			t.Errorf("go on working: %v", err)
		}
		report, err := db.Verify(t.Context())
		if err != nil || report.Found > 0 {
			t.Errorf("after going on: %+v, %v", report.Problems, err)
		}
		if n := events(t, db, audit.BackupRestored); n != 1 {
			t.Errorf("%d events tell of the restore", n)
		}

		// The control: one changed letter shows.
		there.sql(t, `UPDATE person SET name = name || 'x' WHERE login = 'anggota1@contoh.example'`)
		if _, changed := there.parts(t); changed == digest {
			t.Error("a changed name has the same digest")
		}
	})
}

// events counts the records of a kind.
func events(t testing.TB, db *store.DB, kind string) (n int) {
	t.Helper()
	s, err := db.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	err = source{s}.Rows(t.Context(), "event", func(values []any) error {
		if slices.Contains(values, any(kind)) {
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBK04ACopyOfOneEngineRestoresIntoTheOtherAndBack(t *testing.T) {
	t.Parallel()
	storetest.Cluster(t)
	lite := newOffice(t, emptySQLite(t))
	first := lite.copy(t)
	postgres := lite.restore(t, first, storetest.EmptyPostgresURL(t))
	second := postgres.copy(t)
	back := lite.restore(t, second, emptySQLite(t))
	third := back.copy(t)
	var files [3][]byte
	for i, path := range []string{first, second, third} {
		files[i] = rowsOfCopy(t, path, lite.cfg.BackupKeyFile())
	}
	// What was noted of a copy stands in its log, so the log of the second is longer by nothing: it was restored, not
	// served. All rows of all tables are the same bytes.
	if len(files[0]) < 50_000 || !bytes.Equal(files[0], files[1]) || !bytes.Equal(files[1], files[2]) {
		t.Errorf("%d, %d and %d bytes differ", len(files[0]), len(files[1]), len(files[2]))
	}
	if err := Doctor(t.Context(), back.cfg, io.Discard, io.Discard); err != nil {
		t.Error(err)
	}
	// The control: another state is other bytes.
	back.sql(t, `UPDATE person SET name = name || 'x' WHERE login = 'anggota1@contoh.example'`)
	if bytes.Equal(files[0], rowsOfCopy(t, back.copy(t), lite.cfg.BackupKeyFile())) {
		t.Error("a changed name gives the same bytes")
	}
}

// plainOf opens a copy with age alone.
func plainOf(t testing.TB, path, identity string) *tar.Reader {
	t.Helper()
	key, err := backup.ReadKey(identity)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := age.Decrypt(bytes.NewReader(file), key.Identities...)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := gzip.NewReader(plain)
	if err != nil {
		t.Fatal(err)
	}
	return tar.NewReader(unpacked)
}

// rowsOfCopy are the names and bytes of all tables of a copy.
func rowsOfCopy(t testing.TB, path, identity string) []byte {
	t.Helper()
	var b bytes.Buffer
	in := plainOf(t, path, identity)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return b.Bytes()
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(h.Name, ".jsonl") {
			b.WriteString(h.Name + "\n")
			if _, err := io.Copy(&b, in); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestBK07NoKeyAndNoOpenDoorIsInACopy: whoever opens a copy finds no key of it, no session and no one-use code.
func TestBK07NoKeyAndNoOpenDoorIsInACopy(t *testing.T) {
	t.Parallel()
	o := newOffice(t, emptySQLite(t))
	db := o.open(t)
	s := newServices(db, time.Now)
	session, err := s.auth.SignIn(t.Context(), auth.Credentials{Login: "admin@contoh.example", Password: accessPassword, Source: "test"})
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsOfCopy(t, o.copy(t), o.cfg.BackupKeyFile())
	key, err := os.ReadFile(o.cfg.BackupKeyFile())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"AGE-SECRET-KEY", strings.TrimSpace(string(key[bytes.LastIndex(key, []byte("AGE-SECRET")):])), session.Value, session.Session.Token, accessPassword} {
		if bytes.Contains(rows, []byte(secret)) {
			t.Errorf("the copy holds %.16q", secret)
		}
	}
	if !bytes.Contains(rows, []byte("koordinator1@contoh.example")) {
		t.Error("the control: a name that must be in the copy was not found")
	}
	left, err := os.ReadDir(o.cfg.Backups())
	if err != nil || len(left) != 1 {
		t.Errorf("beside the copy: %v, %v", left, err)
	}
	if !strings.Contains(o.out.String(), "Keep a copy of it in another place") {
		t.Errorf("nobody was told of the key: %s", o.out.String())
	}
}

func TestBK03ADamagedCopyIsRefusedAndTheDatabaseStaysEmpty(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, empty func(testing.TB) string) {
		t.Helper()
		o := newOffice(t, empty(t))
		path := o.copy(t)
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		url := empty(t)
		broken := filepath.Join(t.TempDir(), "broken.age")
		for name, data := range map[string][]byte{
			"half of it":    file[:len(file)/2],
			"a bit flipped": append(append(slices.Clone(file[:len(file)/2]), file[len(file)/2]^4), file[len(file)/2+1:]...),
			"nothing":       {},
			"no copy":       []byte("PK\x03\x04 this is something else"),
		} {
			if err := os.WriteFile(broken, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := o.tryRestore(t, broken, url, true); err == nil || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("%s: %v", name, err)
			}
		}
		other := &office{cfg: o.cfg}
		other.cfg.BackupKey = filepath.Join(t.TempDir(), "other.key")
		if _, _, err := backup.EnsureKey(other.cfg.BackupKey, time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := other.tryRestore(t, path, url, true); !errors.Is(err, backup.ErrKey) {
			t.Errorf("another key: %v", err)
		}
		// The control, and the proof that nothing was left behind: the whole copy goes into the same database.
		o.restore(t, path, url)
		if err := o.tryRestore(t, path, url, true); !errors.Is(err, store.ErrNotEmpty) {
			t.Errorf("into a database that is in use: %v", err)
		}
	})
}

// Somebody had edited an answer behind the program's back before the copy was made.
func TestBK03ACopyOfATouchedDatabaseIsRefusedUnlessItIsAskedFor(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, empty func(testing.TB) string) {
		t.Helper()
		o := newOffice(t, empty(t))
		o.sql(t, `UPDATE entry SET value = 'null', changed_by = 'seseorang'`)
		path, url := o.copy(t), empty(t)
		if err := o.tryRestore(t, path, url, false); err == nil || !strings.Contains(err.Error(), "--accept-problems") {
			t.Errorf("got %v", err)
		}
		if err := o.tryRestore(t, path, url, true); err != nil {
			t.Errorf("asked for: %v", err)
		}
	})
}

func TestACopyOfAnotherOrALongerLogFailsItsTest(t *testing.T) {
	t.Parallel()
	o, other := newOffice(t, emptySQLite(t)), newOffice(t, emptySQLite(t))
	mine := o.copy(t)
	if err := DoctorBackup(t.Context(), o.cfg, "", "", io.Discard, io.Discard); err != nil {
		t.Fatalf("the control, its own copy: %v", err)
	}
	later := o.copy(t)
	older := o.restore(t, mine, emptySQLite(t)) // last week's state, put back
	for name, tc := range map[string]struct {
		in   *office
		file string
		says string
	}{
		"the copy of another instance":        {other, mine, "not those of the copy"},
		"the live log is an older one":        {older, later, "older copy was put back"},
		"the file is gone":                    {o, filepath.Join(t.TempDir(), "none.age"), "no such file"},
		"the database was put back and is ok": {older, mine, ""},
	} {
		err := DoctorBackup(t.Context(), tc.in.cfg, tc.file, o.cfg.BackupKeyFile(), io.Discard, io.Discard)
		if (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	db := other.open(t)
	recent, err := db.Backups().Recent(t.Context(), 1)
	if err != nil || len(recent) != 1 || recent[0].Good || !strings.Contains(recent[0].Detail, "not those of the copy") {
		t.Errorf("noted: %+v, %v", recent, err)
	}
	if n := events(t, db, audit.BackupTestFailed); n != 1 {
		t.Errorf("%d events tell of it", n)
	}
}

// A server makes a copy when it starts first, tests it, and then once a day.
func TestBK06TheServerCopiesAndTestsByItself(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, empty func(testing.TB) string) {
		t.Helper()
		o := newOffice(t, empty(t))
		o.cfg.BackupKeep = 2
		now := time.Now().UTC()
		db, _, err := openDatabaseAt(t.Context(), o.cfg, nil, func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		c, err := newCopies(o.cfg, db, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		c.now = func() time.Time { return now }
		turn := func() (files, tests int) {
			t.Helper()
			if err := c.keepOnce(t.Context(), time.UTC, slog.New(slog.DiscardHandler)); err != nil {
				t.Fatal(err)
			}
			list, err := c.folder.List()
			if err != nil {
				t.Fatal(err)
			}
			return len(list), events(t, db, audit.BackupTested)
		}
		for day, want := range []struct{ files, tests int }{{1, 1}, {2, 1}, {2, 1}, {2, 1}, {2, 1}, {2, 1}, {2, 1}, {2, 2}} {
			for range 2 { // the second look finds nothing to do
				if files, tests := turn(); files != want.files || tests != want.tests {
					t.Errorf("day %d: %d copies, %d tests; want %+v", day, files, tests, want)
				}
			}
			now = now.AddDate(0, 0, 1)
		}
		if n := events(t, db, audit.BackupMade); n != 8 {
			t.Errorf("%d copies in 8 days", n)
		}
		left, err := filepath.Glob(filepath.Join(o.cfg.Data, "*"))
		if err != nil || len(left) != 1 {
			t.Errorf("beside the key: %q, %v", left, err)
		}
		// A folder that cannot be written to: noted, and the server goes on.
		c.folder = backup.Folder(o.cfg.BackupKeyFile())
		if err := c.keepOnce(t.Context(), time.UTC, slog.New(slog.DiscardHandler)); err == nil {
			t.Error("a copy was made in a file")
		}
		state, err := db.Backups().State(t.Context())
		if err != nil || state.MadeBadly.Before(state.Made) || state.MadeDetail == "" {
			t.Errorf("noted: %+v, %v", state, err)
		}
	})
}
