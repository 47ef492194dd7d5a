package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/job"
	"zona/internal/store"
)

// testEnqueued: a job exists exactly when the transaction that made it necessary does, and the worker hears of it.
func testEnqueued(t *testing.T, fresh Fresh) {
	url := fresh(t)
	w := newWorld(t, Open(t, store.Config{URL: url}, nil))
	behind := raw(t, url)
	jobs := func() []string {
		t.Helper()
		args := "json(args)"
		if strings.Contains(url, "://") {
			args = "args::text"
		}
		return texts(t, behind, `SELECT kind || ' ' || replace(`+args+`, ' ', '') FROM river_job ORDER BY id`)
	}
	enqueue := func(ctx context.Context, end error) error {
		_, _, err := w.db.Auth().InTx(ctx, idempotency.Key{}, func(ctx context.Context, s auth.Store) (string, error) {
			if err := s.Enqueue(ctx, job.ResetMail{Person: w.Person.ID}); err != nil {
				return "", err
			}
			return "", end
		})
		return err
	}
	heard := func() bool {
		select {
		case <-w.db.Queue().Enqueued():
			return true
		default:
			return false
		}
	}
	waiting := func() bool {
		t.Helper()
		n, err := w.db.Queue().Waiting(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}

	no := fault.New(fault.Invalid, "fault.invalid")
	if err := enqueue(t.Context(), no); !fault.Is(err, fault.Invalid) {
		t.Fatalf("a transaction that changes its mind: %v", err)
	}
	broken := store.Watch(t.Context(), func(query string) error {
		if strings.Contains(query, "river_job") {
			return errInjected
		}
		return nil
	})
	if err := enqueue(broken, nil); !errors.Is(err, errInjected) {
		t.Fatalf("a queue that fails: %v", err)
	}
	if found := jobs(); len(found) > 0 || heard() || waiting() {
		t.Fatalf("transactions that failed left %v behind", found)
	}

	for range 2 {
		if err := enqueue(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	want := `reset_mail {"person":"ani"}`
	if found := jobs(); len(found) != 2 || found[0] != want || found[1] != want {
		t.Errorf("jobs %q, want two of %s", found, want)
	}
	if !heard() || heard() {
		t.Error("the worker is not told once of what was enqueued")
	}
	if !waiting() {
		t.Error("two jobs are there and nothing waits")
	}
}
