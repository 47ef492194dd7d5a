package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/org"
	"zona/internal/store"
)

func testOvertaken(t *testing.T, fresh Fresh) {
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, still))
	set := func(s string, wasRev int) error {
		_, _, err := w.db.Assessments().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, st assessment.Store) (string, error) {
			return "", setAnswer(ctx, st, w, assessment.Entry{Question: question(1), Answer: index(t, s)}, wasRev)
		})
		return err
	}
	for wasRev, s := range []string{"1", "2"} {
		if err := set(s, wasRev); err != nil {
			t.Fatalf("answer from revision %d: %v", wasRev, err)
		}
	}
	for _, wasRev := range []int{0, 1, 3} {
		f := wantFault(t, fmt.Sprintf("answer from revision %d of 2", wasRev), fault.Conflict, func() error { return set("9", wasRev) })
		if f == nil {
			continue
		}
		now, _ := f.Current.(assessment.Entry)
		if now.Revision != 2 || !now.Answer.Equal(index(t, "2")) || now.ByName != w.Person.Name {
			t.Errorf("the fault shows %+v as what stands now", f.Current)
		}
	}

	// Many at once: one stale entry stops all of them.
	many := func(revisions ...int) error {
		_, _, err := w.db.Assessments().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s assessment.Store) (string, error) {
			var es []assessment.Entry
			for i, r := range revisions {
				es = append(es, assessment.Entry{Question: question(i + 1), Answer: index(t, "3"), Revision: r, ChangedBy: "ani", ChangedAt: start})
			}
			return "", s.SaveEntries(ctx, "sheet", es)
		})
		return err
	}
	wantFault(t, "many, one of them stale", fault.Conflict, func() error { return many(2, 1) })
	wantFault(t, "many, one of them ahead", fault.Conflict, func() error { return many(3, 2) })
	entries := must(w.db.Assessments().Entries(t.Context(), "sheet"))(t, "entries")
	if len(entries) != 1 || entries[0].Revision != 2 {
		t.Errorf("refused changes left %+v", entries)
	}
	if err := many(3, 1); err != nil {
		t.Errorf("many, all seen: %v", err)
	}

	stale := w.Person
	wantFault(t, "a person from a revision that never was", fault.Conflict, func() error {
		_, _, err := w.db.Org().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s org.Store) (string, error) {
			return "", s.UpdatePerson(ctx, stale, 7)
		})
		return err
	})
}

// testEightWriters lets eight writers, over two connections of a server each where the database can be shared,
// change a few answers of one sheet as fast as they can. Each change saw what it replaced; the total is that of
// the answers; the log tells one unbroken story of each answer.
func testEightWriters(t *testing.T, fresh Fresh) {
	url := fresh(t)
	servers := []*store.DB{Open(t, store.Config{URL: url}, nil)}
	if strings.Contains(url, "://") {
		servers = append(servers, Open(t, store.Config{URL: url}, nil))
	}
	w := newWorld(t, servers[0])
	const writers, each, questions = 8, 40, 4
	var wins [writers]int
	var group sync.WaitGroup
	for n := range writers {
		group.Go(func() { wins[n] = writeAnswers(t, w, servers[n%len(servers)], n, each, questions) })
	}
	group.Wait()

	won := 0
	for _, n := range wins {
		won += n
	}
	if won < each {
		t.Errorf("of %d tries only %d won", writers*each, won)
	}
	for _, p := range checkSheet(t, w, won) {
		t.Error(p)
	}
	report := must(w.db.Verify(t.Context()))(t, "verify")
	if report.Found > 0 {
		t.Errorf("the log: %+v", report.Problems)
	}

	// The control: a change behind the back of the store must not pass for a clean sheet.
	run(t, raw(t, url), `UPDATE entry SET value = '77' WHERE question = '`+question(0)+`'`)
	if len(checkSheet(t, w, won)) == 0 {
		t.Error("the check does not see a changed answer: this test could not fail")
	}
}

// testHeldSheet begins a second change while the first holds the sheet: it must read what the first one saved.
func testHeldSheet(t *testing.T, fresh Fresh) {
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, still))
	held, group := make(chan struct{}), sync.WaitGroup{}
	change := func(n int, wait func(context.Context)) {
		_, _, err := w.db.Assessments().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s assessment.Store) (string, error) {
			if _, err := s.Lock(ctx, w.Sheet.ID); err != nil {
				return "", err
			}
			wait(ctx)
			before, err := s.Entries(ctx, w.Sheet.ID)
			if err != nil {
				return "", err
			}
			if len(before) != n {
				t.Errorf("the change that holds the sheet after %d others sees the answers of %d", n, len(before))
			}
			return "", setAnswer(ctx, s, w, assessment.Entry{Question: question(n), Answer: index(t, "1")}, 0)
		})
		if err != nil {
			t.Errorf("change %d: %v", n, err)
		}
	}
	group.Go(func() {
		change(0, func(context.Context) {
			close(held)
			time.Sleep(300 * time.Millisecond) // long enough for the second to read, were it not held off
		})
	})
	<-held
	change(1, func(context.Context) {})
	group.Wait()
}

// testOneOfMany saves the same answers from the same revision without holding the sheet: the statement itself
// decides.
func testOneOfMany(t *testing.T, fresh Fresh) {
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, still))
	save := func(revision int, by string) error {
		var es []assessment.Entry
		for n := range 20 {
			es = append(es, assessment.Entry{Question: question(n), Answer: index(t, "1"), Revision: revision, ChangedBy: by, ChangedAt: start})
		}
		_, _, err := w.db.Assessments().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s assessment.Store) (string, error) {
			return "", s.SaveEntries(ctx, w.Sheet.ID, es)
		})
		return err
	}
	for revision := 1; revision <= 10; revision++ {
		var won atomic.Int64
		var winner atomic.Value
		var group sync.WaitGroup
		for n := range 8 {
			group.Go(func() {
				by := fmt.Sprint("writer", n)
				switch err := save(revision, by); {
				case err == nil:
					won.Add(1)
					winner.Store(by)
				case !fault.Is(err, fault.Conflict):
					t.Errorf("%s: %v", by, err)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 {
			t.Fatalf("revision %d was written by %d", revision, won.Load())
		}
		for _, e := range must(w.db.Assessments().Entries(t.Context(), w.Sheet.ID))(t, "entries") {
			if e.Revision != revision || e.ChangedBy != winner.Load() {
				t.Errorf("%s has revision %d of %s, the winner of %d is %v", e.Question, e.Revision, e.ChangedBy, revision, winner.Load())
			}
		}
	}
}

// writeAnswers tries to set answers from what it last saw, and returns how often nobody was faster.
func writeAnswers(t *testing.T, w world, db *store.DB, writer, tries, questions int) (won int) {
	random := rand.New(rand.NewPCG(uint64(writer), 1))
	for try := range tries {
		q := question(random.IntN(questions))
		seen := 0
		entries, err := db.Assessments().Entries(t.Context(), w.Sheet.ID)
		if err != nil {
			t.Errorf("entries: %v", err)
			return won
		}
		for _, e := range entries {
			if e.Question == q {
				seen = e.Revision
			}
		}
		answer := index(t, fmt.Sprintf("%d.%02d", writer, try))
		_, _, err = db.Assessments().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s assessment.Store) (string, error) {
			return "", setAnswer(ctx, s, w, assessment.Entry{Question: q, Answer: answer}, seen)
		})
		switch f, _ := fault.Of(err); {
		case err == nil:
			won++
		case f == nil || f.Kind != fault.Conflict:
			t.Errorf("writer %d: %v", writer, err)
			return won
		default:
			if now, ok := f.Current.(assessment.Entry); !ok || now.Revision <= seen {
				t.Errorf("writer %d had seen revision %d and was told of %+v", writer, seen, f.Current)
			}
		}
	}
	return won
}

// checkSheet returns what is wrong with the sheet after won changes.
func checkSheet(t *testing.T, w world, won int) (wrong []string) {
	q := w.db.Assessments()
	sheet := must(q.Sheet(t.Context(), w.Sheet.ID))(t, "sheet").Assessment
	entries := must(q.Entries(t.Context(), w.Sheet.ID))(t, "entries")
	if total := sum(entries); !sheet.Total.Equal(total) {
		wrong = append(wrong, fmt.Sprintf("stored total %v, the answers give %v", sheet.Total, total))
	}
	if sheet.Version != won {
		wrong = append(wrong, fmt.Sprintf("version %d after %d changes", sheet.Version, won))
	}
	revisions := 0
	for _, e := range entries {
		revisions += e.Revision
		story := must(q.History(t.Context(), w.Sheet.ID, e.Question, 1000))(t, "history")
		if len(story) != e.Revision {
			wrong = append(wrong, fmt.Sprintf("%s: revision %d, %d events", e.Question, e.Revision, len(story)))
			continue
		}
		if story[0].To != form(e.Answer) {
			wrong = append(wrong, fmt.Sprintf("%s: stored %s, the last event says %s", e.Question, form(e.Answer), story[0].To))
		}
		for i := range story[1:] {
			if story[i].From != story[i+1].To {
				wrong = append(wrong, fmt.Sprintf("%s: a change from %s after one to %s: lost update", e.Question, story[i].From, story[i+1].To))
			}
		}
	}
	if revisions != won {
		wrong = append(wrong, fmt.Sprintf("%d revisions after %d changes", revisions, won))
	}
	return wrong
}
