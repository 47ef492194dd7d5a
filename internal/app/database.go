package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zona/internal/config"
	"zona/internal/instrument"
	"zona/internal/scoring"
	"zona/internal/store"
)

// openDatabase opens the configured database and brings it to this program's version.
func openDatabase(ctx context.Context, cfg config.Config, log *slog.Logger) (*store.DB, int, error) {
	return openDatabaseAt(ctx, cfg, log, nil)
}

// openDatabaseAt is openDatabase with a clock of the caller's; nil is the real one.
func openDatabaseAt(ctx context.Context, cfg config.Config, log *slog.Logger, clock func() time.Time) (*store.DB, int, error) {
	if err := makeDatabaseFolder(cfg.Database); err != nil {
		return nil, 0, err
	}
	db, err := store.Open(ctx, store.Config{URL: cfg.Database, Log: log}, clock)
	if err != nil {
		return nil, 0, err
	}
	steps, err := db.Migrate(ctx)
	if err != nil {
		return nil, 0, closing(db, err)
	}
	return db, steps, nil
}

// makeDatabaseFolder makes the folder of a SQLite file that is given as a path.
func makeDatabaseFolder(url string) error {
	if strings.Contains(url, "://") {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(url), 0o700); err != nil {
		return fmt.Errorf("folder of the database: %w", err)
	}
	return nil
}

func closing(db *store.DB, err error) error {
	if e := db.Close(); e != nil && err == nil {
		return e
	}
	return err
}

// Migrate brings the database to this program's version and says how many steps that took.
func Migrate(ctx context.Context, cfg config.Config, out, errs io.Writer) error {
	db, steps, err := openDatabase(ctx, cfg, newLog(errs, cfg.Log))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: %d migration(s) applied\n", db.Engine(), steps)
	return closing(db, err)
}

// Compact rewrites the database without what was deleted.
func Compact(ctx context.Context, cfg config.Config, out, errs io.Writer) error {
	db, _, err := openDatabase(ctx, cfg, newLog(errs, cfg.Log))
	if err != nil {
		return err
	}
	if err := db.Compact(ctx); err != nil {
		return closing(db, err)
	}
	_, err = fmt.Fprintf(out, "%s: rewritten\n", db.Engine())
	return closing(db, err)
}

// doctorPage is how many sheets the doctor recalculates at once.
const doctorPage = 200

// Doctor verifies the log and recalculates every stored total, beside a running server. It exits 1 when something
// does not agree.
func Doctor(ctx context.Context, cfg config.Config, out, errs io.Writer) (err error) {
	db, err := store.Open(ctx, store.Config{URL: cfg.Database, Beside: true, Log: newLog(errs, cfg.Log)}, nil)
	if err != nil {
		return err
	}
	defer func() { err = closing(db, err) }()
	kept, err := keptAnchors(ctx, cfg)
	if err != nil {
		return err
	}
	report, err := db.Verify(ctx, kept...)
	if err != nil {
		return err
	}
	lines := []string{
		fmt.Sprintf("database   %s, settings safe", db.Engine()),
		fmt.Sprintf("log        %d events, root %s", report.Events, report.Root),
		anchorLine(kept),
		fmt.Sprintf("personal   %d values open their commitments, %d erased", report.Personal, report.Erased),
	}
	for _, p := range report.Problems {
		lines = append(lines, fmt.Sprintf("PROBLEM    %s %d: %s", p.Code, p.Seq, p.Detail))
	}
	sheets, wrong, err := recalculate(ctx, db)
	if err != nil {
		return err
	}
	lines = append(lines, fmt.Sprintf("sheets     %d recalculated, %d with a wrong total", sheets, len(wrong)))
	lines = append(lines, wrong...)
	if _, err := fmt.Fprintln(out, strings.Join(lines, "\n")); err != nil {
		return err
	}
	if report.Found > 0 || len(wrong) > 0 {
		return Exit{Code: 1, Err: fmt.Errorf("%d problem(s) in the log, %d wrong total(s)", report.Found, len(wrong))}
	}
	return nil
}

// recalculate scores every sheet anew and compares it with what is stored.
func recalculate(ctx context.Context, db *store.DB) (sheets int, wrong []string, err error) {
	for after := ""; ; {
		page, err := db.Assessments().After(ctx, after, doctorPage)
		if err != nil || len(page) == 0 {
			return sheets, wrong, err
		}
		ids := make([]string, len(page))
		for i, a := range page {
			ids[i] = a.ID
		}
		answers, err := db.Assessments().Answers(ctx, ids)
		if err != nil {
			return sheets, wrong, err
		}
		for _, a := range page {
			in, err := instrument.ByID(a.Instrument)
			if err != nil {
				return sheets, wrong, err
			}
			sheets++
			if total := scoring.Score(in, answers[a.ID]).Total(); !total.Equal(a.Total) {
				wrong = append(wrong, fmt.Sprintf("PROBLEM    total of sheet %s is stored as %s and is %s", a.ID, a.Total, total))
			}
		}
		after = page[len(page)-1].ID
	}
}
