package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"zona/internal/assessment"
	"zona/internal/idempotency"
	"zona/internal/store"
)

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// errInjected is what a statement fails with when a test wants it to.
var errInjected = errors.New("injected failure")

// testAtomic lets one change with its event and its key fail before each of its statements, in turn, and looks
// whether any of it landed. What begins, commits and repeats is the store's own.
func testAtomic(t *testing.T, fresh Fresh) {
	url := fresh(t)
	w := newWorld(t, Open(t, store.Config{URL: url}, nil))
	behind := raw(t, url)
	write := func(ctx context.Context, k idempotency.Key, wasRev int) (bool, error) {
		_, replayed, err := w.db.Assessments().InTx(ctx, k, func(ctx context.Context, s assessment.Store) (string, error) {
			return "done", setAnswer(ctx, s, w, assessment.Entry{Question: question(1), Answer: index(t, "3.5")}, wasRev)
		})
		return replayed, err
	}

	before := digest(t, behind, url)
	statements := 0
	for failAt := 1; ; failAt++ {
		statements = 0
		ctx := store.Watch(t.Context(), func(string) error {
			if statements++; statements == failAt {
				return errInjected
			}
			return nil
		})
		if _, err := write(ctx, key("k", "body"), 0); err == nil {
			break // there are fewer statements than that: this one landed
		} else if !errors.Is(err, errInjected) {
			t.Fatalf("failure before statement %d: %v", failAt, err)
		}
		if after := digest(t, behind, url); after != before {
			t.Fatalf("a failure before statement %d left something behind", failAt)
		}
	}
	if statements < 8 {
		t.Errorf("the change took %d statements, so that the test failed too few of them", statements)
	}
	if digest(t, behind, url) == before {
		t.Error("the digest does not see a change that landed: this test could not fail")
	}

	// The same for a person who goes away in the middle: the driver itself rolls back.
	before = digest(t, behind, url)
	for failAt := 1; failAt <= statements; failAt++ {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		ctx = store.Watch(ctx, func(string) error {
			if n++; n == failAt {
				cancel()
			}
			return nil
		})
		if _, err := write(ctx, key("other", "body"), 1); !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled before statement %d: got %v", failAt, err)
		}
		if after := digest(t, behind, url); after != before {
			t.Fatalf("a request cancelled before statement %d left something behind", failAt)
		}
		cancel()
	}

	replayed, err := write(t.Context(), key("k", "body"), 0)
	if err != nil || !replayed {
		t.Errorf("the key of the change that landed: replayed %v, %v", replayed, err)
	}
}

func testPanic(t *testing.T, fresh Fresh) {
	url := fresh(t)
	w := newWorld(t, Open(t, store.Config{URL: url}, nil))
	behind := raw(t, url)
	before := digest(t, behind, url)
	func() {
		defer func() {
			if recover() != errInjected { //nolint:errorlint // the very value that was thrown
				t.Error("the panic did not come through")
			}
		}()
		_, _, _ = w.db.Assessments().InTx(t.Context(), key("k", ""), func(ctx context.Context, s assessment.Store) (string, error) {
			if err := setAnswer(ctx, s, w, assessment.Entry{Question: question(1)}, 0); err != nil {
				t.Errorf("set answer: %v", err)
			}
			panic(errInjected)
		})
	}()
	if digest(t, behind, url) != before {
		t.Error("the panic left something behind")
	}
	// And the writer is free for the next.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, _, err := w.db.Assessments().InTx(ctx, idempotency.Key{}, func(ctx context.Context, s assessment.Store) (string, error) {
		return "", setAnswer(ctx, s, w, assessment.Entry{Question: question(1)}, 0)
	}); err != nil {
		t.Errorf("the next transaction: %v", err)
	}
}

// testInstant: one time for the whole transaction, in UTC and in whole milliseconds, from the injected clock or
// from a real one.
func testInstant(t *testing.T, fresh Fresh) {
	url := fresh(t)
	now := func(c store.Config, clock func() time.Time) (at [2]time.Time) {
		c.Beside = true
		_, _, err := Open(t, c, clock).Assessments().InTx(t.Context(), idempotency.Key{}, func(_ context.Context, s assessment.Store) (string, error) {
			at[0] = s.Now()
			time.Sleep(3 * time.Millisecond)
			at[1] = s.Now()
			return "", nil
		})
		if err != nil {
			t.Fatalf("transaction: %v", err)
		}
		return at
	}
	zone := time.FixedZone("WIT", 9*60*60)
	injected := now(store.Config{URL: url}, func() time.Time { return start.Add(1234567 * time.Nanosecond).In(zone) })
	want := start.Add(time.Millisecond)
	if injected[0] != want || injected[1] != want {
		t.Errorf("injected clock: got %v, want %v twice", injected, want)
	}
	actual := now(store.Config{URL: url}, nil)
	if off := time.Since(actual[0]); off < 0 || off > time.Minute || actual[0] != actual[1] || actual[0].Location() != time.UTC {
		t.Errorf("real clock: got %v, now it is %v", actual, time.Now())
	}
}
