package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"zona/internal/anchor"
	"zona/internal/audit"
	"zona/internal/config"
	"zona/internal/notify"
	"zona/internal/org"
	"zona/internal/store"
	"zona/internal/trail"
	"zona/internal/web"
)

// newTrail is the trail of a server: with the signing key of the log, which is made at first start, and every sink.
func newTrail(cfg config.Config, db *store.DB, d delivery, log *slog.Logger) (*trail.Service, error) {
	signer, err := anchor.LoadKey(cfg.LogKeyFile(), newOrigin(cfg))
	if err != nil {
		return nil, err
	}
	folder := anchor.NewFolder(cfg.Anchors())
	sinks := []trail.Sink{folder}
	if cfg.AnchorMail != "" && d.mails() {
		sinks = append(sinks, anchor.NewMail(func(ctx context.Context, subject, body string) error {
			return d.post.Send(ctx, notify.Letter{To: cfg.AnchorMail, Subject: subject, Body: body})
		}))
	}
	return trail.New(db.Trail(), trail.Options{
		Clock: time.Now, Signer: signer, Sinks: sinks, Memory: folder, Holder: org.NewID(), Log: log,
	}), nil
}

// newOrigin names a log that no other one is named like: two instances at one address, one after the other, are two
// logs.
func newOrigin(cfg config.Config) string {
	host := "zona"
	if u, err := url.Parse(cfg.URL); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	return host + "/log-" + strings.ToLower(rand.Text()[:8])
}

// anchoring compares the log with its anchors, begins to anchor it, and returns what ends that with a last checkpoint.
// What it finds is told to people, and keeps nobody from working.
func anchoring(ctx context.Context, t *trail.Service, log *slog.Logger) (stop func()) {
	if err := t.Begin(ctx); err != nil {
		log.ErrorContext(ctx, "compare the log with its anchors", "error", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	group.Go(func() { t.Run(ctx) })
	return func() {
		cancel()
		group.Wait()
	}
}

// logWarnings are what those who may read the log are told on every page, from memory.
type logWarnings struct{ trail *trail.Service }

var _ web.Warnings = logWarnings{}

// Warnings implements web.Warnings.
func (l logWarnings) Warnings(context.Context, time.Time) (list []web.Warning) {
	const page = "/log/anchors"
	if found, ok := l.trail.Alarm(); ok {
		message := "audit.alarm.shorter"
		if found.Forked {
			message = "audit.alarm.forked"
		}
		list = append(list, web.Warning{Message: message, Args: []any{"Size", found.Size, "Now", found.Now}, Path: page})
	}
	if sinks := l.trail.Behind(); len(sinks) > 0 {
		list = append(list, web.Warning{Message: "audit.behind", Args: []any{"Sinks", sinks}, Path: page})
	}
	return list
}

// LogKey prints the public key of the log, which is made when the log has none yet.
func LogKey(cfg config.Config, out io.Writer) error {
	signer, err := anchor.LoadKey(cfg.LogKeyFile(), newOrigin(cfg))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, signer.VerifierKey())
	return err
}

// LogExport writes the whole log of this moment to a file that does not exist yet, beside a running server.
func LogExport(ctx context.Context, cfg config.Config, path string, out, errs io.Writer) (err error) {
	log := newLog(errs, cfg.Log)
	db, err := store.Open(ctx, store.Config{URL: cfg.Database, Beside: true, Log: log}, nil)
	if err != nil {
		return err
	}
	defer func() { err = closing(db, err) }()
	t, err := newTrail(cfg, db, delivery{}, log)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("export the log: %w", err)
	}
	events, err := t.Export(ctx, audit.NewExportWriter(file))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		_ = os.Remove(path) // half an export is none
		return fmt.Errorf("export the log: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s: %d events\n", path, events)
	return err
}

// keptAnchors is the newest checkpoint of the folder, for the doctor; none where there is no key or no folder yet.
func keptAnchors(ctx context.Context, cfg config.Config) ([]audit.Checkpoint, error) {
	if _, err := os.Stat(cfg.LogKeyFile()); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	signer, err := anchor.LoadKey(cfg.LogKeyFile(), newOrigin(cfg))
	if err != nil {
		return nil, err
	}
	v, err := signer.Verifier()
	if err != nil {
		return nil, err
	}
	signed, err := anchor.NewFolder(cfg.Anchors()).Newest(ctx)
	if err != nil || signed == nil {
		return nil, err
	}
	c, err := v.Open(signed)
	if err != nil {
		return nil, fmt.Errorf("newest checkpoint in %s: %w", cfg.Anchors(), err)
	}
	return []audit.Checkpoint{c}, nil
}

// anchorLine tells the doctor's reader what the log was compared with.
func anchorLine(kept []audit.Checkpoint) string {
	if len(kept) == 0 {
		return "anchor     none yet: the log was compared with itself only"
	}
	return fmt.Sprintf("anchor     compared with the checkpoint of %d events in %q", kept[0].Size, kept[0].Origin)
}
