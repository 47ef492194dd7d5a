package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zona/internal/auth"
	"zona/internal/idempotency"
	"zona/internal/job"
	"zona/internal/store"
	"zona/internal/store/storetest"
	"zona/internal/worker"
)

// quick makes a worker that does not keep a test waiting.
func quick(db *store.DB, log *slog.Logger) *worker.Worker {
	return worker.New(db.Queue(), worker.Options{
		Log: log, Look: 50 * time.Millisecond, Idle: 100 * time.Millisecond,
		Retry: func(int) time.Duration { return 20 * time.Millisecond },
	})
}

func enqueue(t *testing.T, db *store.DB, args ...job.Args) {
	t.Helper()
	_, _, err := db.Auth().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s auth.Store) (string, error) {
		for _, a := range args {
			if err := s.Enqueue(ctx, a); err != nil {
				return "", err
			}
		}
		return "", nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// runs runs the worker until stop is called.
func runs(t *testing.T, w *worker.Worker) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// within waits until a condition holds.
func within(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, limit)
		}
	}
}

func TestAJobThatFailsIsDoneAgainUntilItSucceedsAndAFinalOneIsNot(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		t.Helper()
		db := open(t, nil)
		var log lockedBuffer
		w := quick(db, newLog(&log, "info"))
		var resets, invitations, notices atomic.Int64
		down := errors.New("the mail server is down")
		err := errors.Join(
			worker.Handle(w, func(_ context.Context, a job.ResetMail) error {
				if a.Person != "ani" {
					t.Errorf("the job is for %q", a.Person)
				}
				if resets.Add(1) < 3 {
					return down
				}
				return nil
			}),
			worker.Handle(w, func(context.Context, job.InvitationMail) error {
				invitations.Add(1)
				return job.Final(errors.New("no such mailbox"))
			}),
			worker.Handle(w, func(context.Context, job.CredentialNotice) error {
				if notices.Add(1) == 1 {
					panic("a handler that has a mistake")
				}
				return nil
			}),
		)
		if err != nil {
			t.Fatal(err)
		}
		enqueue(t, db, job.ResetMail{Person: "ani"}, job.InvitationMail{Person: "budi"}, job.CredentialNotice{Person: "citra", Change: job.PasswordChanged})
		runs(t, w)
		within(t, 20*time.Second, "everything is over", func() bool {
			waiting, err := db.Queue().Waiting(t.Context())
			return err == nil && !waiting && resets.Load() >= 3
		})
		if resets.Load() != 3 || invitations.Load() != 1 || notices.Load() != 2 {
			t.Errorf("tries: %d of the one that fails twice, %d of the final one, %d of the one that panics", resets.Load(), invitations.Load(), notices.Load())
		}
		for _, who := range []string{"ani", "budi", "citra"} {
			if strings.Contains(log.String(), `"`+who+`"`) {
				t.Errorf("the log names %s:\n%s", who, log.String())
			}
		}
		if !strings.Contains(log.String(), down.Error()) {
			t.Errorf("the log does not say what failed:\n%s", log.String())
		}
	})
}

func TestAJobOfADeadProcessAndOneEnqueuedWhileNobodyWorkedAreDone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		t.Helper()
		db := open(t, nil)
		enqueue(t, db, job.ResetMail{Person: "ani"}) // committed, and the process ends before it is sent
		var done atomic.Int64
		work := func() {
			w := quick(db, nil)
			if err := worker.Handle(w, func(context.Context, job.ResetMail) error { done.Add(1); return nil }); err != nil {
				t.Fatal(err)
			}
			stop := runs(t, w)
			want := done.Load() + 1
			within(t, 10*time.Second, "the job is done", func() bool { return done.Load() == want })
			stop()
		}
		work()
		enqueue(t, db, job.ResetMail{Person: "ani"})
		work()
		if waiting, err := db.Queue().Waiting(t.Context()); waiting || err != nil {
			t.Errorf("something still waits: %v, %v", waiting, err)
		}
	})
}

// A worker that is told to stop lets what it has begun come to its end.
func TestAJobUnderWayIsFinishedBeforeTheWorkerStops(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		t.Helper()
		db := open(t, nil)
		w := quick(db, nil)
		begun, finished := make(chan struct{}), make(chan struct{})
		err := worker.Handle(w, func(ctx context.Context, _ job.ResetMail) error {
			close(begun)
			select {
			case <-time.After(300 * time.Millisecond):
				close(finished)
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		stop := runs(t, w)
		enqueue(t, db, job.ResetMail{Person: "ani"})
		<-begun
		stop()
		select {
		case <-finished:
		default:
			t.Error("the job was broken off")
		}
		if waiting, err := db.Queue().Waiting(t.Context()); waiting || err != nil {
			t.Errorf("the finished job waits again: %v, %v", waiting, err)
		}
	})
}

// An idle server must not write: the file of the database and its log stay as they are while the worker looks.
func TestAWorkerWithoutWorkWritesNothing(t *testing.T) {
	t.Parallel()
	url := storetest.SQLiteURL(t)
	db := storetest.Open(t, store.Config{URL: url}, nil)
	w := quick(db, nil)
	var done atomic.Int64
	if err := worker.Handle(w, func(context.Context, job.ResetMail) error { done.Add(1); return nil }); err != nil {
		t.Fatal(err)
	}
	runs(t, w)
	before := sizes(t, url)
	time.Sleep(500 * time.Millisecond) // ten looks
	if after := sizes(t, url); after != before {
		t.Errorf("the files were %s and are %s", before, after)
	}
	enqueue(t, db, job.ResetMail{Person: "ani"})
	within(t, 10*time.Second, "the job is done", func() bool { return done.Load() == 1 })
	if sizes(t, url) == before {
		t.Error("a job left no trace in the files: the comparison sees nothing")
	}
}

// sizes are the lengths and times of a database file and its log.
func sizes(t *testing.T, file string) string {
	t.Helper()
	var all strings.Builder
	for _, name := range []string{file, file + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&all, info.Size(), info.ModTime().UnixNano())
	}
	return all.String()
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
