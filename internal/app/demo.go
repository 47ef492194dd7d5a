package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"zona/internal/config"
	"zona/internal/demo"
)

// DemoOptions is how large the invented institution is.
type DemoOptions struct {
	Password string // of all its accounts; "": drawn
	Courts   int
	Years    int
	Only     bool // make it and stop
}

// Demo makes the invented institution where the database is empty, prints its accounts, and serves it.
func Demo(ctx context.Context, cfg config.Config, o DemoOptions, out, errs io.Writer) (err error) {
	log := newLog(errs, cfg.Log)
	made, err := makeDemo(ctx, cfg, o, out)
	if err != nil {
		return fmt.Errorf("make the demo institution: %w", err)
	}
	if o.Only {
		printAccounts(out, cfg, made)
		return nil
	}
	db, _, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = closing(db, err) }()
	m, err := newDelivery(cfg, true)
	if err != nil {
		return err
	}
	s, stop, err := serving(ctx, cfg, db, m.mails(), log)
	if err != nil {
		return err
	}
	defer stop()
	if s.trail, err = newTrail(cfg, db, m, log); err != nil {
		return err
	}
	h, err := mailing(cfg, db, s, m, log, true)
	if err != nil {
		return err
	}
	defer anchoring(ctx, s.trail, log)()
	rest, err := working(ctx, cfg, db, s, m, log)
	if err != nil {
		return err
	}
	defer rest()
	return listen(ctx, cfg, h, log, func(net.Addr) {
		announce(out, cfg)
		printAccounts(out, cfg, made)
	})
}

// makeDemo fills an empty database. Its clock is turned back to each year in turn, since answers are taken between
// the opening and the deadline of a period only.
func makeDemo(ctx context.Context, cfg config.Config, o DemoOptions, out io.Writer) (_ demo.Made, err error) {
	var shown atomic.Int64
	clock := func() time.Time { return time.UnixMilli(shown.Load()).UTC() }
	now := time.Now().UTC()
	shown.Store(now.UnixMilli())
	db, _, err := openDatabaseAt(ctx, cfg, nil, clock)
	if err != nil {
		return demo.Made{}, err
	}
	defer func() { err = closing(db, err) }()
	s := newServices(db, clock)
	needed, err := s.auth.SetUpNeeded(ctx)
	if err != nil || !needed {
		return demo.Made{Accounts: demo.Accounts()}, err
	}
	_, _ = fmt.Fprintf(out, "Making the demo institution: %d courts, %d years …\n", o.Courts, o.Years)
	password := o.Password
	if password == "" {
		password = strings.ToLower(rand.Text()[:16])
	}
	return demo.Make(ctx, demo.Plan{
		Organisation: s.org, SignIn: s.auth, Sheets: s.sheets,
		Password: password, Courts: o.Courts, Years: o.Years, Now: now,
		TurnClock: func(t time.Time) { shown.Store(t.UnixMilli()) },
	})
}

func printAccounts(out io.Writer, cfg config.Config, made demo.Made) {
	_, _ = fmt.Fprintf(out, "\nInvented data. Sign in at %s with:\n\n", cfg.Address())
	for _, a := range made.Accounts {
		_, _ = fmt.Fprintf(out, "    %-28s %s\n", a.Login, a.Role)
	}
	if made.Password == "" {
		_, _ = fmt.Fprintf(out, "\nThe password was printed at the first start; remove the database to draw another.\n\n")
		return
	}
	_, _ = fmt.Fprintf(out, "\n    password: %s\n\n", made.Password)
}
