package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
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

// touches are the ways in which someone with the database's password could touch a log; %d is the record.
var touches = []struct {
	name string
	do   []string
	// only an outside checkpoint can tell: whoever does this leaves tables that agree with one another
	needsAnchor bool
}{
	{"edit the canonical bytes", []string{`UPDATE event SET canonical = (SELECT canonical FROM event WHERE seq = %[1]d + 1) WHERE seq = %[1]d`}, false},
	{"edit a column", []string{`UPDATE event SET actor = 'budi' WHERE seq = %[1]d`}, false},
	{"edit the time", []string{`UPDATE event SET at = at + 1 WHERE seq = %[1]d`}, false},
	{"delete a record", []string{`DELETE FROM event WHERE seq = %[1]d`}, false},
	{"insert a record", []string{
		`INSERT INTO event (seq, canonical, kind, at, actor, institution, unit, object_kind, object_id)
			SELECT (SELECT max(seq) + 1 FROM event), canonical, kind, at, actor, institution, unit, object_kind, object_id
			FROM event WHERE seq = %[1]d`,
	}, false},
	{"swap two records", []string{
		`UPDATE event SET seq = -1 WHERE seq = %[1]d`, `UPDATE event SET seq = %[1]d WHERE seq = %[1]d + 1`,
		`UPDATE event SET seq = %[1]d + 1 WHERE seq = -1`,
	}, false},
	{"edit a stored hash", []string{`UPDATE log_hash SET hash = (SELECT hash FROM log_hash WHERE position = %[1]d + 1) WHERE position = %[1]d`}, false},
	{"delete a stored hash", []string{`DELETE FROM log_hash WHERE position = %[1]d`}, false},
	{"hide a field from the history", []string{`DELETE FROM event_field WHERE seq = (SELECT max(seq) FROM event_field)`}, false},
	{"edit a personal value", []string{`UPDATE event_personal SET value = value || 'x' WHERE seq = (SELECT max(seq) FROM event_personal)`}, false},
	{"edit an answer only", []string{`UPDATE entry SET value = '99' WHERE question = 'A.I.1'`}, false},
	{"edit a note only", []string{`UPDATE entry SET note = 'lain' WHERE question = 'A.I.1'`}, false},
	{"edit who gave an answer", []string{`UPDATE entry SET changed_by = 'budi' WHERE question = 'A.I.1'`}, false},
	{"delete an answer", []string{`DELETE FROM entry WHERE question = 'A.I.1'`}, false},
	{"cut the end of all tables", []string{`DELETE FROM event`, `DELETE FROM event_field`, `DELETE FROM event_personal`, `DELETE FROM log_hash`, `DELETE FROM entry`}, true},
}

// testTouchedLog touches a log in every way, at the beginning, in the middle and near the end, and expects to be
// told of it.
func testTouchedLog(t *testing.T, fresh Fresh) {
	url := fresh(t)
	db := Open(t, store.Config{URL: url}, nil)
	w := newWorld(t, db)
	anchor := fillLog(t, w, 20)
	behind := raw(t, url)
	for _, touch := range touches {
		for _, record := range []int64{0, 1, anchor.Size / 2, anchor.Size - 2} {
			restore := snapshot(t, behind)
			for _, statement := range touch.do {
				if strings.Contains(statement, "%[1]d") {
					statement = fmt.Sprintf(statement, record)
				}
				run(t, behind, statement)
			}
			alone := must(db.Verify(t.Context()))(t, touch.name)
			anchored := must(db.Verify(t.Context(), anchor))(t, touch.name)
			if anchored.Found == 0 || !touch.needsAnchor && alone.Found == 0 {
				t.Errorf("%s at record %d was not found", touch.name, record)
			}
			restore()
		}
	}
	// The control: what was restored is found whole, so that nothing above was found for another reason.
	if r := must(db.Verify(t.Context(), anchor))(t, "verify"); r.Found > 0 {
		t.Errorf("after everything was put back: %+v", r.Problems)
	}
}

// snapshot copies the tables that are touched and returns what puts them back.
func snapshot(t testing.TB, db *sql.DB) (restore func()) {
	t.Helper()
	tables := []string{"event", "event_field", "event_personal", "log_hash", "entry"}
	for _, table := range tables {
		run(t, db, "CREATE TABLE kept_"+table+" AS SELECT * FROM "+table)
	}
	return func() {
		for _, table := range slices.Backward(tables) {
			run(t, db, "DELETE FROM "+table)
			run(t, db, "INSERT INTO "+table+" SELECT * FROM kept_"+table)
			run(t, db, "DROP TABLE kept_"+table)
		}
	}
}
