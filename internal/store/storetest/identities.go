package storetest

import (
	"context"
	"testing"
	"time"

	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/store"
)

func testUnlocking(t *testing.T, fresh Fresh) {
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, still))
	q := w.db.Auth()
	login := w.Person.Login
	if _, _, err := q.Unlocked(t.Context(), login); !fault.Is(err, fault.NotFound) {
		t.Errorf("an account that was never unlocked: %v", err)
	}
	var at time.Time
	w.inAuth(t, func(ctx context.Context, s auth.Store) error {
		at = s.Now()
		return first(
			func() error { return s.SetPassword(ctx, w.Person.ID, "$argon2id$x") },
			func() error { return s.Unlock(ctx, w.Person.ID) },
			func() error { return s.Unlock(ctx, w.Person.ID) }, // again is no error
		)
	})
	person, when, err := q.Unlocked(t.Context(), login)
	if err != nil || person != w.Person.ID || !when.Equal(at) {
		t.Errorf("unlocked %q at %v, %v; want %v", person, when, err, at)
	}
	if _, _, err := q.Credentials(t.Context(), login); err != nil {
		t.Fatal(err)
	}
	w.inAuth(t, func(ctx context.Context, s auth.Store) error { return s.DeletePassword(ctx, w.Person.ID) })
	if _, _, err := q.Credentials(t.Context(), login); !fault.Is(err, fault.NotFound) {
		t.Errorf("a password that was taken away: %v", err)
	}
}
