package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"zona/internal/backup"
	"zona/internal/config"
	"zona/internal/store"
)

// errNoIdentity is what a test says where the instance has public keys only.
var errNoIdentity = errors.New("no key of the instance opens its copies: give --identity FILE")

// DoctorBackup restores a copy into a scratch database, verifies it, compares it with the database beside which it
// runs and notes the result there. file is a copy, "" is the newest; identity a key file, "" is the instance's own.
func DoctorBackup(ctx context.Context, cfg config.Config, file, identity string, out, errs io.Writer) (err error) {
	db, err := store.Open(ctx, store.Config{URL: cfg.Database, Beside: true, Log: newLog(errs, cfg.Log)}, nil)
	if err != nil {
		return err
	}
	defer func() { err = closing(db, err) }()
	c := &copies{cfg: cfg, db: db, folder: backup.Folder(cfg.Backups()), now: time.Now}
	if identity == "" {
		identity = cfg.BackupKeyFile()
	}
	key, err := backup.ReadKey(identity)
	if err != nil {
		return err
	}
	c.identities = key.Identities
	started := c.now()
	done, path, err := c.test(ctx, file)
	if err != nil {
		return Exit{Code: 1, Err: fmt.Errorf("test of %s: %w", path, err)}
	}
	head := done.manifest.Head
	_, err = fmt.Fprintf(out, "copy       %s of %s, %s, whole\nrestored   %d rows of %d tables in %s, every row read back and compared\nlog        %d events, root %s, the live log begins with them\n",
		path, head.Time.Format(time.RFC3339), head.Engine, done.manifest.Rows(), len(done.manifest.Parts),
		c.now().Sub(started).Round(time.Millisecond), done.report.Events, done.report.Root)
	return err
}

// test restores a copy elsewhere, compares it with the live database and notes the result.
func (c *copies) test(ctx context.Context, file string) (done restored, path string, err error) {
	started := c.now()
	path = file
	if path == "" {
		path, err = c.folder.Newest()
	}
	if err == nil {
		done, err = c.rehearse(ctx, path, c.identities)
	}
	run := store.BackupRun{
		Kind: store.BackupTested, Events: done.manifest.Head.Log.Size, Root: done.manifest.Head.Log.Root,
	}
	if path != "" {
		run.File = filepath.Base(path)
	}
	if info, e := os.Stat(path); e == nil {
		run.Bytes = info.Size()
	}
	return done, path, c.note(ctx, run, started, err)
}

// rehearse restores into a database that nobody else sees and that is gone afterwards. It is SQLite whatever the live
// one is: the rows are the same.
func (c *copies) rehearse(ctx context.Context, path string, keys []age.Identity) (done restored, err error) {
	if len(keys) == 0 {
		return done, errNoIdentity
	}
	// Beside the other things of the program: the folder of the copies may lie on another machine.
	if err := os.MkdirAll(c.cfg.Data, 0o700); err != nil {
		return done, fmt.Errorf("make a place for the test: %w", err)
	}
	if err := c.sweep(); err != nil {
		return done, err
	}
	scratch, err := os.MkdirTemp(c.cfg.Data, scratchPrefix+"*") // for its owner alone
	if err != nil {
		return done, fmt.Errorf("make a place for the test: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if done, err = restoreFile(ctx, filepath.Join(scratch, "scratch.db"), path, keys, false, nil); err != nil {
		return done, err
	}
	return done, c.compare(ctx, done.manifest.Head)
}

// scratchPrefix is how the folder of a test is called.
const scratchPrefix = "backup-test-"

// sweep removes what a test left whose process was killed: it holds everything in the clear.
func (c *copies) sweep() error {
	left, err := filepath.Glob(filepath.Join(c.cfg.Data, scratchPrefix+"*"))
	for _, path := range left {
		if info, e := os.Stat(path); e == nil && c.now().Sub(info.ModTime()) > time.Hour {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	if err != nil {
		return fmt.Errorf("remove what an earlier test left: %w", err)
	}
	return nil
}

// compare sees that the live log begins with the copied one: else one of the two is not the instance's.
func (c *copies) compare(ctx context.Context, head backup.Head) error {
	root, ok, err := c.db.LogRoot(ctx, head.Log.Size)
	switch {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("the copy has a log of %d events, the live one is shorter: it was cut, or an older copy was put back", head.Log.Size)
	case root.String() != head.Log.Root:
		return fmt.Errorf("the first %d events of the live log are not those of the copy: one of them was changed", head.Log.Size)
	}
	return nil
}
