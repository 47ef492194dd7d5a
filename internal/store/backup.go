package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"zona/internal/audit"
	"zona/internal/idempotency"
)

// The kinds of a BackupRun.
const (
	BackupMade     = "made"     // a copy was written
	BackupTested   = "tested"   // a copy was restored elsewhere and compared
	BackupRestored = "restored" // this database was filled from a copy
)

// BackupRun is one attempt at a copy or at a restore, as the database remembers it.
type BackupRun struct {
	ID, Kind       string
	Good           bool
	Started, Ended time.Time
	File           string // name without folder
	Bytes          int64
	Events         int64  // records in the copied log
	Root           string // of its tree, in base64
	Detail         string // why it failed, in English; "" when it is good
}

// BackupState is what a warning is judged by. Zero is "never".
type BackupState struct {
	Born                   time.Time // the first record of the log
	Made, MadeBadly        time.Time // the last copy that is whole, the last attempt that failed
	Tested, TestedBadly    time.Time // the last restore that agreed, the last that did not
	MadeDetail, TestDetail string    // what the last failures said
}

// Backups is what the database knows of its copies.
type Backups struct{ db *DB }

// Backups returns the part of the database that tells of its copies.
func (db *DB) Backups() Backups { return Backups{db} }

// Record notes a run together with its event.
func (b Backups) Record(ctx context.Context, run BackupRun) error {
	_, _, err := b.db.inTx(ctx, idempotency.Key{}, func(ctx context.Context, t *tx) (string, error) {
		if err := insertRun(ctx, t.dialect, t.q, run, true); err != nil {
			return "", err
		}
		return "", t.Append(ctx, run.event())
	})
	return err
}

// Restored notes that the database came from a copy of an older version, after it was migrated; see
// Restoring.Restored for the usual case.
func (b Backups) Restored(ctx context.Context, run BackupRun) error {
	_, _, err := b.db.inTx(ctx, idempotency.Key{}, func(ctx context.Context, t *tx) (string, error) {
		return "", insertRun(ctx, t.dialect, t.q, run, false)
	})
	return err
}

// NoteRestored writes the event of a restore that has none yet, which is when a restored database is first served.
func (b Backups) NoteRestored(ctx context.Context) error {
	_, _, err := b.db.inTx(ctx, idempotency.Key{}, func(ctx context.Context, t *tx) (string, error) {
		runs, err := runs(ctx, t.dialect, t.q, "WHERE noted = 0 ORDER BY ended_at, id", nil)
		if err != nil {
			return "", err
		}
		for _, run := range runs {
			if err := t.Append(ctx, run.event()); err != nil {
				return "", err
			}
		}
		if len(runs) == 0 {
			return "", nil
		}
		_, err = change(ctx, t.q, `UPDATE backup_run SET noted = 1 WHERE noted = 0`)
		return "", failed(t.dialect, err, "note a restore")
	})
	return err
}

// Recent returns the last runs, the newest first.
func (b Backups) Recent(ctx context.Context, most int) ([]BackupRun, error) {
	return runs(ctx, b.db.dialect, b.db.reader(), "ORDER BY ended_at DESC, id LIMIT $1", []any{most})
}

// State is one statement.
func (b Backups) State(ctx context.Context) (BackupState, error) {
	var rows []struct {
		Kind, Detail text
		Good, At     count
	}
	err := all(ctx, b.db.reader(), &rows, `
		SELECT kind, good, ended_at AS at, detail FROM backup_run r
		WHERE NOT EXISTS (SELECT 1 FROM backup_run n WHERE n.kind = r.kind AND n.good = r.good AND n.ended_at > r.ended_at)
		UNION ALL SELECT 'born', 1, at, '' FROM event WHERE seq = 0`)
	if err != nil {
		return BackupState{}, failed(b.db.dialect, err, "read what is known of copies")
	}
	var s BackupState
	for _, r := range rows {
		at := time.UnixMilli(int64(r.At)).UTC()
		switch {
		case r.Kind == "born":
			s.Born = at
		case r.Kind == BackupMade && r.Good == 1:
			s.Made = at
		case r.Kind == BackupMade:
			s.MadeBadly, s.MadeDetail = at, string(r.Detail)
		case r.Good == 1: // a real restore is the best test there is
			if at.After(s.Tested) {
				s.Tested = at
			}
		default:
			s.TestedBadly, s.TestDetail = at, string(r.Detail)
		}
	}
	return s, nil
}

func insertRun(ctx context.Context, d dialect, q queryer, run BackupRun, noted bool) error {
	_, err := change(ctx, q, `
		INSERT INTO backup_run (id, kind, good, started_at, ended_at, file, bytes, events, root, detail, noted)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		run.ID, run.Kind, flag(run.Good), run.Started.UnixMilli(), run.Ended.UnixMilli(), run.File, run.Bytes, run.Events,
		run.Root, run.Detail, flag(noted))
	return failed(d, err, "note run %s of a copy", run.ID)
}

func runs(ctx context.Context, d dialect, q queryer, rest string, args []any) ([]BackupRun, error) {
	var rows []struct {
		ID, Kind, File, Root, Detail            text
		Good, StartedAt, EndedAt, Bytes, Events count
	}
	err := all(ctx, q, &rows, `
		SELECT id, kind, good, started_at, ended_at, file, bytes, events, root, detail FROM backup_run `+rest, args...)
	if err != nil {
		return nil, failed(d, err, "read the runs of copies")
	}
	out := make([]BackupRun, len(rows))
	for i, r := range rows {
		out[i] = BackupRun{
			ID: string(r.ID), Kind: string(r.Kind), Good: r.Good == 1, File: string(r.File), Root: string(r.Root),
			Detail: string(r.Detail), Bytes: int64(r.Bytes), Events: int64(r.Events),
			Started: time.UnixMilli(int64(r.StartedAt)).UTC(), Ended: time.UnixMilli(int64(r.EndedAt)).UTC(),
		}
	}
	return out, nil
}

// event tells of a run: which file, and which log is in it.
func (run BackupRun) event() audit.Event {
	kind := map[string]string{
		BackupMade: audit.BackupMade, BackupTested: audit.BackupTested, BackupRestored: audit.BackupRestored,
	}[run.Kind]
	if !run.Good {
		kind = map[string]string{BackupMade: audit.BackupFailed, BackupTested: audit.BackupTestFailed}[run.Kind]
	}
	e := audit.Event{Kind: kind, Actor: audit.System, Object: audit.Object{Kind: "backup", ID: run.ID}}
	for _, c := range []audit.Change{
		{Field: "file", To: run.File},
		{Field: "events", To: strconv.FormatInt(run.Events, 10)},
		{Field: "root", To: run.Root},
		{Field: "bytes", To: strconv.FormatInt(run.Bytes, 10)},
		{Field: "detail", To: run.Detail},
	} {
		if c.To != "" && c.To != "0" {
			e.Changes = append(e.Changes, c)
		}
	}
	return e
}

// Restored notes in a database that it came from a copy. The event about it is written by NoteRestored when the
// database is first served, so that the restored log is the copied one, hash for hash. The tables must be those of
// this program's version.
func (r *Restoring) Restored(ctx context.Context, run BackupRun) error {
	if run.Kind != BackupRestored {
		return fmt.Errorf("note a restore as %s", run.Kind)
	}
	return insertRun(ctx, r.dialect, r.q, run, false)
}
