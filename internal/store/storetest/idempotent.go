package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/store"
)

func testOneEffect(t *testing.T, fresh Fresh) {
	url := fresh(t)
	servers := []*store.DB{Open(t, store.Config{URL: url}, nil)}
	if strings.Contains(url, "://") {
		servers = append(servers, Open(t, store.Config{URL: url}, nil), Open(t, store.Config{URL: url}, nil))
	}
	w := newWorld(t, servers[0])

	// A first try that fails leaves the key free.
	_, _, err := w.db.Assessments().InTx(t.Context(), key("k", "body"), func(context.Context, assessment.Store) (string, error) {
		return "never", errInjected
	})
	if !errors.Is(err, errInjected) {
		t.Fatalf("failing transaction: %v", err)
	}

	var runs, fresher, replays atomic.Int64
	send := func(db *store.DB, k idempotency.Key) (string, bool, error) {
		return db.Assessments().InTx(t.Context(), k, func(ctx context.Context, s assessment.Store) (string, error) {
			n := runs.Add(1)
			return fmt.Sprintf("receipt %d", n), setAnswer(ctx, s, w, assessment.Entry{Question: question(1), Answer: index(t, "1")}, 0)
		})
	}
	var receipts sync.Map
	var group sync.WaitGroup
	for n := range 50 {
		group.Go(func() {
			receipt, replayed, err := send(servers[n%len(servers)], key("k", "body"))
			if err != nil {
				t.Errorf("sender %d: %v", n, err)
			}
			receipts.Store(receipt, true)
			if replayed {
				replays.Add(1)
			} else {
				fresher.Add(1)
			}
		})
	}
	group.Wait()
	different := 0
	receipts.Range(func(any, any) bool { different++; return true })
	if fresher.Load() != 1 || replays.Load() != 49 || different != 1 {
		t.Errorf("50 senders of one key: %d effects, %d replays, %d different receipts", fresher.Load(), replays.Load(), different)
	}
	sheet := must(w.db.Assessments().Sheet(t.Context(), w.Sheet.ID))(t, "sheet").Assessment
	if sheet.Version != 1 {
		t.Errorf("the sheet changed %d times", sheet.Version)
	}

	f := wantFault(t, "the same key with another body", fault.Invalid, func() error {
		_, _, err := send(w.db, key("k", "other body"))
		return err
	})
	if f != nil && f.Message != "fault.key_reused" {
		t.Errorf("message %s", f.Message)
	}
	for _, other := range []idempotency.Key{
		{Actor: "budi", Route: "POST /test", Value: "k"}, {Actor: "ani", Route: "POST /other", Value: "k"},
	} {
		// Another person's or form's key of the same value is another key: it gets as far as the stale revision.
		wantFault(t, "key "+other.Actor+" "+other.Route, fault.Conflict, func() error { _, _, err := send(w.db, other); return err })
	}
}

func testForgets(t *testing.T, fresh Fresh) {
	url := fresh(t)
	var now atomic.Pointer[time.Time]
	now.Store(&start)
	db := Open(t, store.Config{URL: url}, func() time.Time { return *now.Load() })
	send := func(value string) bool {
		t.Helper()
		_, replayed, err := db.Assessments().InTx(t.Context(), key(value, ""), func(context.Context, assessment.Store) (string, error) {
			return "", nil
		})
		if err != nil {
			t.Fatalf("key %s: %v", value, err)
		}
		return replayed
	}
	send("old")
	next := start.Add(24 * time.Hour)
	now.Store(&next)
	send("young")
	later := start.Add(48 * time.Hour)
	now.Store(&later)
	for n := range 98 { // the hundredth transaction forgets
		send(fmt.Sprint("k", n))
	}
	behind := raw(t, url)
	if left := texts(t, behind, `SELECT value FROM idempotency WHERE value IN ('old', 'young')`); fmt.Sprint(left) != "[young]" {
		t.Errorf("after two days there are %v, want only the young one", left)
	}
	if !send("young") {
		t.Error("a key was forgotten within a day")
	}
}
