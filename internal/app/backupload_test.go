package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"zona/internal/assessment"
	"zona/internal/auth"
	"zona/internal/backup"
	"zona/internal/instrument"
	"zona/internal/store"
)

// writer saves answers to one sheet, one after the other.
type writer struct {
	sheets    *assessment.Service
	by        string
	sheet     string
	questions []string
	services  services
	revision  map[string]int
}

func newWriter(t testing.TB, db *store.DB) *writer {
	t.Helper()
	w := &writer{services: newServices(db, time.Now), revision: map[string]int{}}
	w.sheets = w.services.sheets
	session, err := w.services.auth.SignIn(t.Context(), auth.Credentials{Login: "koordinator1@contoh.example", Password: accessPassword, Source: "test"})
	if err != nil {
		t.Fatal(err)
	}
	w.by = session.Session.Person
	actor, err := w.services.org.Actor(t.Context(), w.by)
	if err != nil {
		t.Fatal(err)
	}
	all, err := db.Assessments().After(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if _, err := w.sheets.View(t.Context(), actor, a.ID); err == nil {
			w.sheet = a.ID
		}
	}
	entries, err := db.Assessments().Entries(t.Context(), w.sheet)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		w.revision[e.Question] = e.Revision
	}
	for _, q := range mustLKE().Questions {
		if q.Question.Kind == instrument.Choice && len(q.Question.Options) > 2 {
			w.questions = append(w.questions, q.ID)
		}
	}
	return w
}

// save changes the i-th answer.
func (w *writer) save(ctx context.Context, i int) error {
	actor, err := w.services.org.Actor(ctx, w.by)
	if err != nil {
		return err
	}
	q := w.questions[i%len(w.questions)]
	saved, err := w.sheets.SetAnswer(ctx, actor, assessment.AnswerChange{
		Assessment: w.sheet, Question: q,
		Typed: assessment.Typed{Revision: w.revision[q], Answer: instrument.Answer{Choice: "AB"[i/len(w.questions)%2:][:1]}, Note: fmt.Sprint("catatan ", i)},
	})
	if err != nil {
		return err
	}
	w.revision[q] = saved.Entry.Revision
	return nil
}

// TestBK01ACopyMadeWhileOthersWriteIsOneStateOfTheDatabase copies under a load of writes. Every copy, restored, is a
// prefix of the log that grew on, with the answers and totals that belong to it.
func TestBK01ACopyMadeWhileOthersWriteIsOneStateOfTheDatabase(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, empty func(testing.TB) string) {
		t.Helper()
		o := newOffice(t, empty(t))
		db := o.open(t)
		c, err := newCopies(o.cfg, db, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		w := newWriter(t, db)
		quiet := took(t, w, 60)
		ctx, cancel := context.WithCancel(t.Context())
		var writing sync.WaitGroup
		var loud []time.Duration
		writing.Go(func() {
			for i := 60; ctx.Err() == nil; i++ {
				began := time.Now()
				if err := w.save(ctx, i); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
				loud = append(loud, time.Since(began))
			}
		})
		copies := 3
		if os.Getenv("ZONA_NIGHTLY") != "" {
			copies = 40
		}
		var sizes []int64
		for range copies {
			made, err := c.make(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, made.manifest.Head.Log.Size)
			time.Sleep(20 * time.Millisecond) // so that the log grows on
			done, _, err := c.test(t.Context(), made.path)
			if err != nil {
				t.Errorf("the copy at %d events: %v", made.manifest.Head.Log.Size, err)
			}
			if done.report.Sheets == 0 || done.report.Events != made.manifest.Head.Log.Size {
				t.Errorf("restored %+v, copied at %d events", done.report, made.manifest.Head.Log.Size)
			}
			totals(t, o, made.path)
		}
		cancel()
		writing.Wait()
		if sizes[0] >= sizes[len(sizes)-1] || len(loud) < copies {
			t.Errorf("copies at %v events and %d saved answers: the load was too light to show anything", sizes, len(loud))
		}
		t.Logf("%d answers saved beside %d copies at %v events; p99 of a save %v alone, %v beside", len(loud), copies, sizes, p99(quiet), p99(loud))
	})
}

// took saves n answers and returns how long each took.
func took(t *testing.T, w *writer, n int) (all []time.Duration) {
	t.Helper()
	for i := range n {
		began := time.Now()
		if err := w.save(t.Context(), i); err != nil {
			t.Fatal(err)
		}
		all = append(all, time.Since(began))
	}
	return all
}

func p99(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)*99/100].Round(10 * time.Microsecond)
}

// totals recalculates every sheet of a copy.
func totals(t *testing.T, o *office, path string) {
	t.Helper()
	there := o.restore(t, path, emptySQLite(t))
	db := there.open(t)
	sheets, wrong, err := recalculate(t.Context(), db)
	if err != nil || sheets == 0 || len(wrong) > 0 {
		t.Errorf("%d sheets, %v, %v", sheets, wrong, err)
	}
}

// torn reads some tables from an earlier and some from a later state, as a copy without a snapshot would.
type torn struct {
	source
	later source
}

func (s torn) Rows(ctx context.Context, table string, see func([]any) error) error {
	if table == "entry" || table == "assessment" {
		return s.later.Rows(ctx, table, see)
	}
	return s.source.Rows(ctx, table, see)
}

// The negative control: a copy that is no state of the database is not taken for one.
func TestBK01ACopyOfTwoStatesIsRefused(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, empty func(testing.TB) string) {
		t.Helper()
		o := newOffice(t, empty(t))
		db := o.open(t)
		c, err := newCopies(o.cfg, db, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		w := newWriter(t, db)
		open := func() *store.Snapshot {
			s, err := db.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		}
		earlier := open()
		if err := w.save(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		later := open()
		size, root, err := earlier.Log(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		head := backup.Head{Schema: earlier.Version(), Engine: db.Engine(), Time: time.Now(), Log: backup.Log{Size: size, Root: root.String()}}
		for name, src := range map[string]backup.Source{"one state": source{earlier}, "two states": torn{source{earlier}, source{later}}} {
			path := filepath.Join(t.TempDir(), "copy.age")
			if _, err := backup.WriteFile(path, func(f io.Writer) error {
				_, err := backup.Write(t.Context(), f, src, head, c.recipients...)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			err := o.tryRestore(t, path, emptySQLite(t), false)
			if (err == nil) != (name == "one state") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
