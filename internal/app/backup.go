package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"zona/internal/backup"
	"zona/internal/config"
	"zona/internal/org"
	"zona/internal/store"
)

// Backup writes a copy of the database beside a running server and says where. to is a file; "" is a new one in the
// folder of the copies.
func Backup(ctx context.Context, cfg config.Config, to string, out, errs io.Writer) (err error) {
	db, err := store.Open(ctx, store.Config{URL: cfg.Database, Beside: true, Log: newLog(errs, cfg.Log)}, nil)
	if err != nil {
		return err
	}
	defer func() { err = closing(db, err) }()
	c, err := newCopies(cfg, db, out)
	if err != nil {
		return err
	}
	made, err := c.make(ctx, to)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "copy       %s, %d bytes\nholds      %d rows of %d tables, digest %s\nlog        %d events, root %s\n",
		made.path, made.size, made.manifest.Rows(), len(made.manifest.Parts), made.manifest.Digest,
		made.manifest.Head.Log.Size, made.manifest.Head.Log.Root)
	return err
}

// copies makes and tests the copies of one database.
type copies struct {
	cfg        config.Config
	db         *store.DB
	folder     backup.Folder
	recipients []age.Recipient
	identities []age.Identity // the instance's own; none where only recipients are configured
	now        func() time.Time
}

// newCopies reads the keys. On an instance without any it makes one and tells out to keep it elsewhere too.
func newCopies(cfg config.Config, db *store.DB, out io.Writer) (*copies, error) {
	c := &copies{cfg: cfg, db: db, folder: backup.Folder(cfg.Backups()), now: time.Now}
	var err error
	if c.recipients, err = backup.ParseRecipients(cfg.BackupRecipients); err != nil {
		return nil, err
	}
	path := cfg.BackupKeyFile()
	if len(c.recipients) > 0 {
		// A key that is there all the same lets the server test what it writes.
		key, err := backup.ReadKey(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		c.identities = key.Identities
		return c, nil
	}
	key, made, err := backup.EnsureKey(path, c.now())
	if err != nil {
		return nil, err
	}
	if made {
		_, _ = fmt.Fprintf(out, "Key of the backups made: %s\nKeep a copy of it in another place: without it no backup can be opened.\n\n", path)
	}
	c.recipients, c.identities = key.Recipients, key.Identities
	if len(c.recipients) == 0 {
		return nil, fmt.Errorf("key %s does not tell its public part: name it in backup_recipients", path)
	}
	return c, nil
}

// written is a copy that was made.
type written struct {
	path     string
	size     int64
	manifest backup.Manifest
}

// make writes a copy and notes it, or that it failed. Old copies go when a new one is whole.
func (c *copies) make(ctx context.Context, to string) (written, error) {
	started := c.now()
	w, err := c.write(ctx, to)
	run := store.BackupRun{
		Kind: store.BackupMade, File: filepath.Base(w.path), Bytes: w.size,
		Events: w.manifest.Head.Log.Size, Root: w.manifest.Head.Log.Root,
	}
	if err = c.note(ctx, run, started, err); err != nil || to != "" {
		return w, err
	}
	_, err = c.folder.Prune(c.cfg.BackupKeep, c.now())
	return w, err
}

func (c *copies) write(ctx context.Context, to string) (w written, err error) {
	snapshot, err := c.db.Snapshot(ctx)
	if err != nil {
		return w, err
	}
	defer func() { _ = snapshot.Close() }() // nothing was changed
	size, root, err := snapshot.Log(ctx)
	if err != nil {
		return w, err
	}
	head := backup.Head{
		Schema: snapshot.Version(), Engine: c.db.Engine(), Time: c.now(), Log: backup.Log{Size: size, Root: root.String()},
	}
	fill := func(file io.Writer) (err error) {
		w.manifest, err = backup.Write(ctx, file, source{snapshot}, head, c.recipients...)
		return err
	}
	if to == "" {
		w.path, w.size, err = c.folder.Save(c.now(), fill)
	} else {
		w.path = to
		w.size, err = backup.WriteFile(to, fill)
	}
	return w, err
}

// note writes a run down with its event and returns the error of the run. A database that an older program left has
// no place for it: its copy is still good, for the hour before an upgrade.
func (c *copies) note(ctx context.Context, run store.BackupRun, started time.Time, failure error) error {
	current, target, err := c.db.SchemaVersion(ctx)
	if err != nil || current != target {
		return errors.Join(failure, err)
	}
	run.ID, run.Started, run.Ended, run.Good = org.NewID(), started, c.now(), failure == nil
	if failure != nil {
		run.Detail = failure.Error()
	}
	// Also when the process is told to stop: that is why it failed.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(failure, c.db.Backups().Record(ctx, run))
}

// RestoreOptions is what a restore needs.
type RestoreOptions struct {
	File string
	// Identity is the file of the key; "" is the instance's own.
	Identity string
	// Accept restores a copy whose log or sheets do not agree with themselves: somebody had touched the database
	// before the copy was made. A copy that is damaged is refused all the same.
	Accept bool
}

// Restore fills an empty database from a copy and says what it verified.
func Restore(ctx context.Context, cfg config.Config, o RestoreOptions, out, errs io.Writer) error {
	path := o.Identity
	if path == "" {
		path = cfg.BackupKeyFile()
	}
	key, err := backup.ReadKey(path)
	if err != nil {
		return err
	}
	done, err := restoreFile(ctx, cfg.Database, o.File, key.Identities, o.Accept, newLog(errs, cfg.Log))
	if err != nil {
		return fmt.Errorf("restore %s: %w", o.File, err)
	}
	_, err = fmt.Fprintf(out, "copy       of %s, %s, whole\nholds      %d rows of %d tables, digest %s\nrestored   every row read back and compared\nlog        %d events, root %s\n",
		done.manifest.Head.Time.Format(time.RFC3339), done.manifest.Head.Engine, done.manifest.Rows(), len(done.manifest.Parts),
		done.manifest.Digest, done.report.Events, done.report.Root)
	if err != nil {
		return err
	}
	for _, p := range done.report.Problems {
		if _, err := fmt.Fprintf(out, "PROBLEM    %s %d: %s\n", p.Code, p.Seq, p.Detail); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "done       %s\n", config.Config{Database: cfg.Database}.Printable().Database)
	return err
}

// restored is a copy that was restored.
type restored struct {
	manifest backup.Manifest
	report   store.Report
}

// restoreFile reads the copy twice: to its end before anything is touched, then into the database.
func restoreFile(ctx context.Context, url, path string, keys []age.Identity, accept bool, log *slog.Logger) (done restored, err error) {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return done, err
	}
	defer func() { _ = file.Close() }() // it was only read
	if done.manifest, err = backup.Verify(ctx, file, keys...); err != nil {
		return done, err
	}
	db, err := openFresh(ctx, url, log)
	if err != nil {
		return done, err
	}
	defer func() { err = closing(db, err) }()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return done, err
	}
	head := done.manifest.Head
	_, target, err := db.SchemaVersion(ctx)
	if err != nil {
		return done, err
	}
	started := time.Now()
	err = db.Restore(ctx, head.Schema, func(ctx context.Context, r *store.Restoring) error {
		if _, err := backup.Restore(ctx, file, restoring{source{r}, r}, keys...); err != nil {
			return err
		}
		if head.Schema != target {
			return nil // these tables are not the ones that this program verifies; they are when it has migrated them
		}
		if done.report, err = r.Verify(ctx); err != nil {
			return err
		}
		if err := judge(head, done.report, accept); err != nil {
			return err
		}
		return r.Restored(ctx, restoredRun(path, head, started))
	})
	if err != nil || head.Schema == target {
		return done, err
	}
	if done.report, err = db.Verify(ctx); err != nil {
		return done, err
	}
	if err := judge(head, done.report, accept); err != nil {
		return done, fmt.Errorf("%w; the database was filled and must not be used", err)
	}
	return done, db.Backups().Restored(ctx, restoredRun(path, head, started))
}

// openFresh opens the database to be filled, and makes the folder of a SQLite file.
func openFresh(ctx context.Context, url string, log *slog.Logger) (*store.DB, error) {
	if err := makeDatabaseFolder(url); err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Config{URL: url, Log: log}, nil)
}

func restoredRun(path string, head backup.Head, started time.Time) store.BackupRun {
	return store.BackupRun{
		ID: org.NewID(), Kind: store.BackupRestored, Good: true, Started: started, Ended: time.Now(),
		File: filepath.Base(path), Events: head.Log.Size, Root: head.Log.Root,
	}
}

// judge compares what was restored with what the copy says of its log.
func judge(head backup.Head, r store.Report, accept bool) error {
	if r.Events != head.Log.Size || r.Root.String() != head.Log.Root {
		return fmt.Errorf("the restored log has %d events and the root %s, the copy says %d and %s", r.Events, r.Root, head.Log.Size, head.Log.Root)
	}
	if r.Found > 0 && !accept {
		return fmt.Errorf("%d problem(s) in what the copy holds, the first %s at record %d: %s; the database was touched before the copy was made. Take an older copy, or restore this one with --accept-problems",
			r.Found, r.Problems[0].Code, r.Problems[0].Seq, r.Problems[0].Detail)
	}
	return nil
}
