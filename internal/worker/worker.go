// Package worker runs the background work that features have enqueued: River takes the jobs, repeats what failed after
// growing pauses and takes up what a dead process left. Package app says what a kind of job calls; this package knows no
// feature and no table.
//
// River by itself writes to the database every few seconds, to stay the leader of a queue that may be empty for days.
// So it sleeps: Run looks for work, which only reads, and starts River while there is any.
package worker

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"zona/internal/job"
)

// Queue is where the jobs are.
type Queue interface {
	Driver() riverdriver.Driver[*sql.Tx]
	// Enqueued has a value after this process has enqueued something.
	Enqueued() <-chan struct{}
	// Waiting reports without writing whether there is anything to do, now or within seconds.
	Waiting(ctx context.Context) (bool, error)
}

// Options are what the worker may be told. The zero values of the times are the ones to run with.
type Options struct {
	Log *slog.Logger
	// Look is how often the queue is looked at for what other processes enqueued and for what is due again; 0 is 2 s.
	Look time.Duration
	// Idle is how long River stays up without work; 0 is 15 s.
	Idle time.Duration
	// Retry is the pause after the given number of failures; nil is Pause.
	Retry func(failures int) time.Duration
}

// How long things may take. A job that has not come back after rescueAfter belonged to a process that is gone.
const (
	jobTimeout  = time.Minute
	rescueAfter = 2 * time.Minute
	drain       = 20 * time.Second
	poll        = 500 * time.Millisecond
	atOnce      = 4
	keepDone    = 24 * time.Hour
)

// Pause is how long a job waits after it has failed so often: five seconds, forty, two minutes, and so on up to an hour.
func Pause(failures int) time.Duration {
	failures = min(max(failures, 1), 9) // nine cubed is more than an hour already
	return min(time.Duration(failures*failures*failures)*5*time.Second, time.Hour)
}

// Worker runs jobs. Make it with New, tell it with Handle what each kind does, then Run it.
type Worker struct {
	queue   Queue
	opt     Options
	workers *river.Workers
}

// New returns a worker that knows no kind of job yet.
func New(q Queue, o Options) *Worker {
	if o.Look <= 0 {
		o.Look = 2 * time.Second
	}
	if o.Idle <= 0 {
		o.Idle = 15 * time.Second
	}
	if o.Retry == nil {
		o.Retry = Pause
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Worker{queue: q, opt: o, workers: river.NewWorkers()}
}

// Handle says what a kind of job does. What it returns as an error is tried again later, unless job.Final marks it. It
// fails when the kind is known already.
func Handle[A job.Args](w *Worker, do func(ctx context.Context, args A) error) error {
	err := river.AddWorkerSafely(w.workers, river.WorkFunc(func(ctx context.Context, j *river.Job[A]) error {
		err := do(ctx, j.Args)
		if err == nil {
			return nil
		}
		// Errors name no person and no secret; the arguments, which name a person, stay out of the log.
		w.opt.Log.WarnContext(ctx, "job failed", "kind", j.Kind, "job", j.ID, "attempt", j.Attempt, "error", err, "final", job.IsFinal(err))
		if job.IsFinal(err) {
			return river.JobCancel(err)
		}
		return err
	}))
	if err != nil {
		return fmt.Errorf("handle a kind of job: %w", err)
	}
	return nil
}

// Run works until ctx ends, then lets the jobs under way finish. Failures of the database are logged and waited out; an
// error means that River could not be made at all.
func (w *Worker) Run(ctx context.Context) error {
	look := time.NewTicker(w.opt.Look)
	defer look.Stop()
	for {
		waiting, err := w.queue.Waiting(ctx)
		if err != nil && ctx.Err() == nil {
			w.opt.Log.WarnContext(ctx, "cannot look for jobs", "error", err)
		}
		if waiting {
			if err := w.work(ctx); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.queue.Enqueued():
		case <-look.C:
		}
	}
}

// work runs River until nothing has been waiting for a while, or ctx ends.
func (w *Worker) work(ctx context.Context) error {
	client, err := river.NewClient(w.queue.Driver(), &river.Config{
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: atOnce}},
		Workers:                     w.workers,
		Logger:                      slog.New(warnings{w.opt.Log.Handler()}),
		FetchPollInterval:           poll,
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		CompletedJobRetentionPeriod: keepDone,
		RetryPolicy:                 retry(w.opt.Retry),
		ReindexerIndexNames:         []string{}, // a few rows a day need no rebuilding
	})
	if err != nil {
		return fmt.Errorf("make the worker: %w", err)
	}
	// The end of ctx is for us to see: it must not break off what is under way.
	running := context.WithoutCancel(ctx)
	if err := client.Start(running); err != nil {
		w.opt.Log.WarnContext(ctx, "cannot start the worker", "error", err)
		return nil
	}
	w.watch(ctx)
	stop, cancel := context.WithTimeout(running, drain)
	defer cancel()
	err = client.Stop(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		err = client.StopAndCancel(running)
	}
	if err != nil {
		w.opt.Log.WarnContext(ctx, "cannot stop the worker", "error", err)
	}
	return nil
}

// watch returns when nothing has been waiting for Idle, or ctx ends.
func (w *Worker) watch(ctx context.Context) {
	look := time.NewTicker(min(w.opt.Look, w.opt.Idle))
	defer look.Stop()
	idle := time.NewTimer(w.opt.Idle)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-idle.C:
			return
		case <-w.queue.Enqueued():
			idle.Reset(w.opt.Idle)
		case <-look.C:
			if waiting, err := w.queue.Waiting(ctx); waiting || err != nil {
				idle.Reset(w.opt.Idle)
			}
		}
	}
}

// retry is a pause as River's policy.
type retry func(failures int) time.Duration

// NextRetry implements river.ClientRetryPolicy.
func (r retry) NextRetry(j *rivertype.JobRow) time.Time {
	return time.Now().Add(r(len(j.Errors) + 1)) //nolint:forbidigo // River's queue runs on the real clock
}

// warnings lets through what is at least a warning: River tells of every start.
type warnings struct{ slog.Handler }

// WithAttrs implements slog.Handler.
func (w warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{w.Handler.WithAttrs(a)} }

// WithGroup implements slog.Handler.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

// Enabled implements slog.Handler.
func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}
