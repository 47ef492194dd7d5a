package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"zona/internal/backup"
	"zona/internal/config"
	"zona/internal/locale"
	"zona/internal/store"
	"zona/internal/web"
)

const (
	// lookEvery is how often the server looks whether a copy is due.
	lookEvery = time.Minute
	// restEvery is how long it rests after a failure, which is noted each time.
	restEvery = time.Hour
	// testEvery is how old the last restore may be before the server tries one by itself.
	testEvery = 7 * 24 * time.Hour
)

// keep makes copies and tests them until ctx ends. A failure is noted in the database, logged, and tried again; it
// never stops the server. Replicas that share a database each look at what it says about the last copy; that two of
// them now and then make one at the same minute does no harm.
func (c *copies) keep(ctx context.Context, log *slog.Logger) {
	zone, err := locale.Zone("Asia/Jakarta")
	if err != nil {
		zone = time.UTC
	}
	for {
		pause := lookEvery
		if err := c.keepOnce(ctx, zone, log); err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "the database was not copied or the copy not tested", "error", err)
			pause = restEvery
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// keepOnce makes a copy when one is due, and restores the newest one on trial when that is due and the key is here.
func (c *copies) keepOnce(ctx context.Context, zone *time.Location, log *slog.Logger) error {
	state, err := c.db.Backups().State(ctx)
	if err != nil {
		return err
	}
	if backup.Due(state.Made, c.now(), c.cfg.BackupHour, zone) {
		made, err := c.make(ctx, "")
		if err != nil {
			return err
		}
		log.InfoContext(ctx, "copied the database", "file", made.path, "bytes", made.size, "rows", made.manifest.Rows())
	}
	if len(c.identities) == 0 || c.now().Sub(state.Tested) < testEvery && !state.TestedBadly.After(state.Tested) {
		return nil
	}
	_, path, err := c.test(ctx, "")
	if err == nil {
		log.InfoContext(ctx, "restored a copy on trial", "file", path)
	}
	return err
}

// startCopies begins to keep copies of the database of a server, where they are not switched off, and returns what
// waits for the one at hand to end. It first notes in the log that the database came from a copy, if it did.
func startCopies(ctx context.Context, cfg config.Config, db *store.DB, c *copies, log *slog.Logger) (stop func(), err error) {
	if err := db.Backups().NoteRestored(ctx); err != nil {
		return nil, err
	}
	if !cfg.Backup {
		log.WarnContext(ctx, "backups are switched off")
		return func() {}, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { c.keep(ctx, log) })
	return func() {
		cancel()
		running.Wait()
	}, nil
}

// warningAge is how long a page may show what was true; it keeps pages from asking the database each time.
const warningAge = time.Minute

// backupWarnings tells administrators what is wrong with the copies.
type backupWarnings struct {
	off   bool
	state func(context.Context) (store.BackupState, error)
	log   *slog.Logger

	mu    sync.Mutex // guards the answer, and lets one page at a time ask
	asked time.Time
	known []web.Warning
}

var _ web.Warnings = (*backupWarnings)(nil)

// Warnings implements web.Warnings.
func (b *backupWarnings) Warnings(ctx context.Context, at time.Time) []web.Warning {
	b.mu.Lock()
	defer b.mu.Unlock()
	if age := at.Sub(b.asked); !b.asked.IsZero() && age >= 0 && age < warningAge {
		return b.known
	}
	state, err := b.state(ctx)
	if err != nil {
		if ctx.Err() == nil {
			b.log.ErrorContext(ctx, "the state of the backups is unknown", "error", err)
		}
		return []web.Warning{{Message: "ui.warning.backup.unknown", Path: backupHelp}} // asked again by the next page
	}
	b.asked, b.known = at, warn(b.off, state, at)
	return b.known
}

// backupHelp is where a page says what to do.
const backupHelp = "/help#backup"

func warn(off bool, s store.BackupState, at time.Time) []web.Warning {
	w := backup.Judge(backup.State{Off: off, Born: s.Born, Made: s.Made, Tested: s.Tested, TestedBadly: s.TestedBadly}, at)
	message := map[backup.Warning]string{
		backup.SwitchedOff: "ui.warning.backup.off", backup.NeverMade: "ui.warning.backup.never",
		backup.Stale: "ui.warning.backup.stale", backup.NotRestored: "ui.warning.backup.untested",
		backup.RestoreWrong: "ui.warning.backup.test_fail",
	}[w]
	if message == "" {
		return nil
	}
	return []web.Warning{{Message: message, Args: []any{"Hours", int(at.Sub(s.Made).Hours())}, Path: backupHelp}}
}
