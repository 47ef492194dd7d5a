package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// Refusal says why Open will not run on a database: acknowledged changes could be lost on it.
type Refusal struct {
	Setting string // what is wrong, in the database's own word
	Value   string // what it is
	Want    string // what it must be
	Mend    string // what to do about it
}

// Error is one line for the console.
func (r *Refusal) Error() string {
	return fmt.Sprintf("the database is not safe: %s is %s, want %s; %s", r.Setting, r.Value, r.Want, r.Mend)
}

// minSQLite is the first version without the WAL-reset bug, in which two connections that write and checkpoint at
// once lose acknowledged commits without a word.
var minSQLite = [3]int{3, 51, 3}

// setting is one value that must be in force.
type setting struct {
	name string
	safe func(value string) bool
	want string
	mend string
}

var sqliteSettings = []setting{
	{"journal_mode", is("wal"), "wal", "take _pragma=journal_mode out of the database URL"},
	{"synchronous", atLeast(2), "2 (FULL) or 3 (EXTRA)", "take _pragma=synchronous out of the database URL"},
	{"foreign_keys", is("1"), "1", "take _pragma=foreign_keys out of the database URL"},
}

// synchronous_commit may also be local, remote_write or remote_apply: all of them reach this server's disk.
var postgresSettings = []setting{
	{"fsync", is("on"), "on", "set fsync = on in postgresql.conf and reload"},
	{"full_page_writes", is("on"), "on", "set full_page_writes = on in postgresql.conf and reload"},
	{"synchronous_commit", isNot("off"), "on", "take synchronous_commit off from the database, the role, the URL or postgresql.conf"},
	{"server_encoding", is("UTF8"), "UTF8", "create the database with ENCODING 'UTF8'"},
}

func is(want string) func(string) bool     { return func(v string) bool { return v == want } }
func isNot(wrong string) func(string) bool { return func(v string) bool { return v != wrong } }

func atLeast(least int) func(string) bool {
	return func(v string) bool {
		n, err := strconv.Atoi(v)
		return err == nil && n >= least
	}
}

// checkSettings asks both pools what is really in force, whatever was asked for.
func (db *DB) checkSettings(ctx context.Context) error {
	settings, query := postgresSettings, "SELECT setting FROM pg_settings WHERE name = '%s'"
	if db.dialect.name == sqliteDialect.name {
		settings, query = sqliteSettings, "PRAGMA %s"
		if err := db.checkSQLiteVersion(ctx); err != nil {
			return err
		}
	}
	for _, pool := range []*sql.DB{db.write, db.read} {
		for _, s := range settings {
			var value string
			if err := pool.QueryRowContext(ctx, fmt.Sprintf(query, s.name)).Scan(&value); err != nil {
				return fmt.Errorf("read the database setting %s: %w", s.name, err)
			}
			if !s.safe(value) {
				return &Refusal{Setting: s.name, Value: value, Want: s.want, Mend: s.mend}
			}
		}
	}
	return nil
}

func (db *DB) checkSQLiteVersion(ctx context.Context) error {
	var version string
	if err := db.read.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return fmt.Errorf("ask SQLite for its version: %w", err)
	}
	return judgeVersion(version)
}

// judgeVersion refuses versions before minSQLite, and what does not look like one.
func judgeVersion(version string) error {
	refusal := &Refusal{
		Setting: "sqlite_version()", Value: version, Want: "3.51.3 or newer",
		Mend: "build the program with a newer SQLite: older ones lose commits when a WAL is reset",
	}
	parts := strings.SplitN(version, ".", 4)
	if len(parts) < 3 {
		return refusal
	}
	for i, least := range minSQLite {
		n, err := strconv.Atoi(parts[i])
		if err != nil || n < least {
			return refusal
		}
		if n > least {
			return nil
		}
	}
	return nil
}

// holdFile finds the real place of a SQLite database, refuses one that no lock can protect, and holds it against
// a second server unless beside.
func (db *DB) holdFile(file string, beside bool) error {
	if strings.HasPrefix(file, ":memory:") {
		return &Refusal{
			Setting: "the database file", Value: file, Want: "a file on a local disk",
			Mend: "give a path; what is only in memory is lost when the program ends",
		}
	}
	path, err := realPath(file)
	if err != nil {
		return fmt.Errorf("find the database file %s: %w", file, err)
	}
	magic, err := fileSystem(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("find the file system of %s: %w", file, err)
	}
	warning, err := judgeFileSystem(magic, path)
	if err != nil {
		return err
	}
	if warning != "" {
		db.warnf("%s", warning)
	}
	if beside {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("open beside a server: %w", err)
		}
		return nil
	}
	if db.held, err = holdLock(path + ".lock"); err != nil {
		return err
	}
	return db.keepPrivate(path)
}

// keepPrivate makes a new database file for the program's own account alone, before SQLite would make one that all
// may read; its WAL takes after it. There are names and password hashes in it.
func (db *DB) keepPrivate(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("make the database file: %w", err)
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil { // no SQLite connection is open yet that could lose its locks
		return fmt.Errorf("make the database file: %w", err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		db.warnf("other accounts of this machine may open the database file %s (%v): chmod 600", file, mode)
	}
	return nil
}

// realPath follows links, so that two names of one file share one lock. The file itself need not be there yet.
func realPath(file string) (string, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	if followed, err := filepath.EvalSymlinks(abs); !os.IsNotExist(err) {
		return followed, err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	return filepath.Join(dir, filepath.Base(abs)), err
}

// The file systems that decide, by the magic number that Linux gives them (man 2 statfs).
var (
	networkFileSystems = map[int64]string{
		0x6969:     "NFS",
		0x517b:     "SMB",
		0xff534d42: "CIFS",
		0xfe534d42: "SMB2",
		0x65735546: "FUSE",
		0x01021997: "9P",
		0x00c36400: "Ceph",
		0x5346414f: "AFS",
		0x0bd00bd0: "Lustre",
		0x7461636f: "OCFS2",
		0x01161970: "GFS2",
	}
	passingFileSystems = map[int64]string{
		0x794c7630: "the overlay of a container, which goes when the container goes: mount a volume",
		0x01021994: "tmpfs, which is memory and empty after a restart of the machine: choose a disk",
	}
)

// judgeFileSystem refuses what has no dependable locks and shared memory between processes, and warns of what does
// not last. Without a known number it has nothing to say.
func judgeFileSystem(magic int64, file string) (warning string, err error) {
	if name, ok := networkFileSystems[magic]; ok {
		return "", &Refusal{
			Setting: "the file system of " + file, Value: name, Want: "a local disk",
			Mend: "move the database to a local disk, or use PostgreSQL",
		}
	}
	if why, ok := passingFileSystems[magic]; ok {
		return fmt.Sprintf("DANGER: the database file %s lies on %s", file, why), nil
	}
	return "", nil
}

// writePID notes who holds the lock, for the message to the second.
func writePID(f *os.File) error {
	_, err := fmt.Fprintln(f, os.Getpid())
	return err
}

func secondServer(path, holder string) *Refusal {
	if holder == "" {
		holder = "unknown"
	}
	return &Refusal{
		Setting: "the lock file " + path, Value: "held by another server, process " + holder, Want: "one server per database file",
		Mend: "stop that server, give this one a file of its own, or use PostgreSQL for several servers",
	}
}
