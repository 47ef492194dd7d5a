package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"zona/internal/auth"
	"zona/internal/config"
	"zona/internal/org"
	"zona/internal/store"
)

// signInOptions are what sign-in takes from the configuration: passkeys for the address that people type, the list of
// leaked passwords beside the program, and the log that hears of many accounts failing. close lets the list go.
func signInOptions(cfg config.Config, log *slog.Logger) (o auth.Options, closed func() error, err error) {
	if o.Passkeys, err = auth.NewPasskeys(cfg.Address()); err != nil {
		return o, nil, err
	}
	o.Alarm = func(accounts int) {
		log.Warn("many accounts fail to sign in within minutes", "accounts", accounts)
	}
	if cfg.BreachedPasswords == "" {
		return o, func() error { return nil }, nil
	}
	file, err := os.Open(filepath.Clean(cfg.BreachedPasswords))
	if err != nil {
		return o, nil, fmt.Errorf("list of leaked passwords: %w", err)
	}
	info, err := file.Stat()
	if err == nil {
		o.Breached, err = auth.OpenBreached(file, info.Size())
	}
	if err != nil {
		_ = file.Close()
		return o, nil, fmt.Errorf("list of leaked passwords %s: %w", cfg.BreachedPasswords, err)
	}
	return o, file.Close, nil
}

// signInBasics adds what sign-in takes from nowhere but the program.
func signInBasics(db *store.DB, clock func() time.Time, o auth.Options) auth.Options {
	people := db.Org()
	o.Random, o.Clock, o.NewID, o.Cost = rand.Reader, clock, org.NewID, auth.Cost()
	o.Actors = org.New(people, people, clock, org.NewID)
	return o
}

// serving builds the features over an open database for as long as they are served: with what sign-in takes from the
// configuration, and with the sweep of what has run out. stop ends it. mails says
// that somebody delivers mail.
func serving(ctx context.Context, cfg config.Config, db *store.DB, mails bool, log *slog.Logger) (s services, stop func(), err error) {
	o, closed, err := signInOptions(cfg, log)
	if err != nil {
		return services{}, nil, err
	}
	o.Mail = mails
	s = servicesWith(db, time.Now, o)
	ctx, cancel := context.WithCancel(ctx)
	ticker := time.NewTicker(sweepEvery)
	var running sync.WaitGroup
	running.Go(func() { sweep(ctx, s.auth, log, ticker.C) })
	return s, func() {
		cancel()
		running.Wait()
		ticker.Stop()
		if err := closed(); err != nil {
			log.Warn("close the list of leaked passwords", "error", err)
		}
	}, nil
}

// sweepEvery is how often what has run out is deleted. Each sweep is bounded, so a large rest takes several.
const sweepEvery = 10 * time.Minute

// sweep deletes sessions, codes and known browsers that have run out, until ctx ends. On several servers each does it:
// what one has deleted the other does not find.
func sweep(ctx context.Context, a *auth.Service, log *slog.Logger, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		n, err := a.Sweep(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			log.Warn("sweep of sessions and codes failed", "error", err)
		case n > 0:
			log.Debug("swept sessions and codes that had run out", "rows", n)
		}
	}
}
