package app

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"zona/internal/auth"
	"zona/internal/config"
	"zona/internal/fault"
)

func TestTheServerSweepsSessionsThatHaveRunOut(t *testing.T) {
	t.Parallel()
	d := newDoors(t, filepath.Join(t.TempDir(), "z.db"), 1, 2)
	a := d.services[0].auth
	o, err := a.SignIn(t.Context(), auth.Credentials{Login: "orang1", Password: accessPassword, Source: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	tick, done := make(chan time.Time), make(chan struct{})
	go func() {
		defer close(done)
		sweep(ctx, a, slog.New(slog.DiscardHandler), tick)
	}()
	stored := func() int {
		t.Helper()
		var n int
		d.in(func(ctx context.Context, s auth.Store) error {
			list, err := s.Sessions(ctx, o.Session.Person)
			n = len(list)
			return err
		})
		return n
	}
	// A tick is taken when the sweep before it is done.
	tick <- time.Time{}
	tick <- time.Time{}
	if n := stored(); n != 1 {
		t.Fatalf("%d sessions while it lives", n)
	}
	d.pass(31 * time.Minute)
	tick <- time.Time{}
	tick <- time.Time{}
	if n := stored(); n != 0 {
		t.Errorf("%d sessions after it idled too long", n)
	}
	stop()
	<-done
}

func TestServingTakesItsListOfLeakedPasswordsAndWarnsOfManyFailures(t *testing.T) {
	t.Parallel()
	d := newDoors(t, filepath.Join(t.TempDir(), "z.db"), 1, 1)
	list := filepath.Join(t.TempDir(), "leaked.txt")
	if err := os.WriteFile(list, []byte("kuda hijau di langit\nperahu kertas di kali\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.BreachedPasswords = list
	var log bytes.Buffer
	s, stop, err := serving(t.Context(), cfg, d.db, false, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	o, err := s.auth.SignIn(t.Context(), auth.Credentials{Login: "orang0", Password: accessPassword, Source: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	actor, err := s.org.Actor(t.Context(), "p0")
	if err != nil {
		t.Fatal(err)
	}
	change := auth.PasswordChange{Old: accessPassword, New: "perahu kertas di kali", Session: o.Session}
	if _, err := s.auth.ChangePassword(t.Context(), actor, change); !fault.Is(err, fault.Invalid) {
		t.Errorf("a leaked password: %v", err)
	}
	for i := range 31 {
		_, err := s.auth.SignIn(t.Context(), auth.Credentials{Login: "siapa" + strconv.Itoa(i), Password: "x", Source: addressOf(i)})
		if !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "many accounts fail to sign in"); n != 1 || !strings.Contains(log.String(), "level=WARN") {
		t.Errorf("%d warnings:\n%s", n, log.String())
	}
	change.New = "perahu kertas di laut" // the control: what is not on the list is taken
	if _, err := s.auth.ChangePassword(t.Context(), actor, change); err != nil {
		t.Errorf("another password: %v", err)
	}
}

func TestAListOfLeakedPasswordsThatCannotBeUsedStopsTheStart(t *testing.T) {
	t.Parallel()
	unsorted := filepath.Join(t.TempDir(), "unsorted.txt")
	if err := os.WriteFile(unsorted, []byte("zzz\nyyy\nxxx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{unsorted: "not sorted", filepath.Join(t.TempDir(), "none"): "no such file"} {
		cfg := config.Default()
		cfg.BreachedPasswords = path
		if _, _, err := signInOptions(cfg, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
	if _, closed, err := signInOptions(config.Default(), slog.New(slog.DiscardHandler)); err != nil || closed() != nil {
		t.Errorf("no list: %v", err)
	}
}
