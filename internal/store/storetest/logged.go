package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"zona/internal/assessment"
	"zona/internal/audit"
	"zona/internal/idempotency"
	"zona/internal/org"
	"zona/internal/store"
)

// fillLog makes a log of about n events, some of them together in one transaction, and returns a checkpoint of it.
func fillLog(t testing.TB, w world, n int) audit.Checkpoint {
	t.Helper()
	revision := map[string]int{}
	for i := range n {
		switch i % 5 {
		case 4: // several events in one transaction, with personal values
			w.org(t, func(ctx context.Context, s org.Store) error {
				for range 1 + i%7 {
					if err := s.Append(ctx, w.event(audit.PersonCreated)); err != nil {
						return err
					}
				}
				return nil
			})
		default:
			q := question(i % 7)
			w.assessment(t, func(ctx context.Context, s assessment.Store) error {
				return setAnswer(ctx, s, w, assessment.Entry{Question: q, Answer: index(t, fmt.Sprintf("%d.5", i)), Note: fmt.Sprintf("catatan %d", i)}, revision[q])
			})
			revision[q]++
		}
	}
	return checkpoint(t, w.db)
}

func checkpoint(t testing.TB, db *store.DB) audit.Checkpoint {
	t.Helper()
	r := must(db.Verify(t.Context()))(t, "verify")
	if r.Found > 0 {
		t.Fatalf("a log that nobody touched: %+v", r.Problems)
	}
	return audit.Checkpoint{Origin: "test", Size: r.Events, Root: r.Root}
}

func testCleanLog(t *testing.T, fresh Fresh) {
	url := fresh(t)
	w := newWorld(t, Open(t, store.Config{URL: url}, nil))
	older := fillLog(t, w, 30)
	newer := fillLogMore(t, w)
	r := must(w.db.Verify(t.Context(), older, newer))(t, "verify with checkpoints")
	if r.Found > 0 {
		t.Errorf("a log that only grew: %+v", r.Problems)
	}
	if r.Events <= older.Size || r.Sheets != 1 || r.Personal == 0 || r.Erased != 0 {
		t.Errorf("report %+v", r)
	}

	// A failed transaction takes no number.
	_, _, err := w.db.Org().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s org.Store) (string, error) {
		if err := s.Append(ctx, w.event(audit.PersonCreated)); err != nil {
			t.Errorf("append: %v", err)
		}
		return "", errInjected
	})
	if err == nil {
		t.Error("the transaction did not fail")
	}
	if again := checkpoint(t, w.db); again != newer {
		t.Errorf("a failed transaction made %+v of %+v", again, newer)
	}

	// To erase a person is to delete salts and values: the tree stays, and so does every checkpoint of it.
	run(t, raw(t, url), `DELETE FROM event_personal`)
	erased := must(w.db.Verify(t.Context(), older, newer))(t, "verify after an erasure")
	if erased.Found > 0 || erased.Personal != 0 || erased.Erased != r.Personal {
		t.Errorf("after an erasure: %+v", erased)
	}
}

// testOneLog appends from several servers at once, each transaction about something else, so that nothing but the
// log itself makes them wait for one another.
func testOneLog(t *testing.T, fresh Fresh) {
	url := fresh(t)
	servers := []*store.DB{Open(t, store.Config{URL: url}, nil)}
	if strings.Contains(url, "://") {
		servers = append(servers, Open(t, store.Config{URL: url}, nil), Open(t, store.Config{URL: url}, nil))
	}
	w := newWorld(t, servers[0])
	before := checkpoint(t, w.db)
	var group sync.WaitGroup
	const writers, each = 9, 20
	for n := range writers {
		group.Go(func() {
			for i := range each {
				_, _, err := servers[n%len(servers)].Org().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s org.Store) (string, error) {
					for range 1 + i%2 {
						if err := s.Append(ctx, w.event(audit.PersonCreated)); err != nil {
							return "", err
						}
					}
					return "", nil
				})
				if err != nil {
					t.Errorf("writer %d: %v", n, err)
				}
			}
		})
	}
	group.Wait()
	if after := checkpoint(t, w.db); after.Size != before.Size+writers*each*3/2 {
		t.Errorf("%d events, before there were %d", after.Size, before.Size)
	}
	r := must(w.db.Verify(t.Context(), before))(t, "verify")
	if r.Found > 0 {
		t.Errorf("the log did not grow from what it was: %+v", r.Problems)
	}
}

// testOtherLog: a whole log that was put in the place of another one agrees with itself; only what was kept outside
// tells.
func testOtherLog(t *testing.T, fresh Fresh) {
	one := newWorld(t, Open(t, store.Config{URL: fresh(t)}, nil))
	other := newWorld(t, Open(t, store.Config{URL: fresh(t)}, nil))
	kept := fillLog(t, one, 12)
	if r := must(one.db.Verify(t.Context(), kept))(t, "verify"); r.Found > 0 {
		t.Errorf("the log of the checkpoint: %+v", r.Problems)
	}
	fillLog(t, other, 12) // of the same size
	for range 2 {
		r := must(other.db.Verify(t.Context(), kept))(t, "verify")
		if r.Found == 0 || r.Problems[0].Code != store.ProblemAnchor {
			t.Errorf("another log of %d was taken for the one of the checkpoint of %d: %+v", r.Events, kept.Size, r)
		}
		fillLogMore(t, other) // and longer
	}
}

func fillLogMore(t testing.TB, w world) audit.Checkpoint {
	t.Helper()
	w.org(t, func(ctx context.Context, s org.Store) error {
		for range 700 { // more than one page of the verifier
			if err := s.Append(ctx, w.event(audit.PersonCreated)); err != nil {
				return err
			}
		}
		return nil
	})
	return checkpoint(t, w.db)
}
