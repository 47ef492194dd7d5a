// Package trail is what people do with the log: read it within their reach, take out a receipt, and keep checkpoints
// of it where whoever runs the database cannot change them. It finds out when the log is no longer the one that was
// anchored, says so until somebody explains it, and never stops the office from working meanwhile.
//
// It shows an answer or a note to nobody who may not read the sheet: running a system is no reason to read it.
package trail

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"zona/internal/audit"
	"zona/internal/idempotency"
	"zona/internal/org"
)

// Filter narrows a list of events; zero fields do not.
type Filter struct {
	Kind       string // exact
	Person     string // part of the name or the whole login of who did it, or whom it is about
	Unit       string // part of the name
	ObjectKind string // "person", "assessment"
	ObjectID   string // exact
	From       time.Time
	Until      time.Time // exclusive
}

// Entry is an event as the log holds it.
type Entry struct {
	Canonical []byte
	Record    audit.Record
	Personal  []audit.Personal // those whose values were not erased
}

// Wanted are ids whose names are asked for.
type Wanted struct{ People, Units, Institutions, Periods []string }

// Names are the names of today; what is gone is not among them.
type Names struct {
	People, Units, Institutions, Periods map[string]string
	Places                               map[string]org.Object // by unit, for Can
}

// Point is a checkpoint that was made.
type Point struct {
	ID     int64 // in the order in which they were made, from 1
	Size   int64
	Signed []byte
	At     time.Time
}

// Backlog is what a sink has not taken yet.
type Backlog struct {
	Sink   string
	Count  int64
	Oldest time.Time // when the first of them was made
}

// Store is what the database does for this package.
type Store interface {
	// Events lists events before the position that are within reach, the newest first. Events of the instance itself
	// are within reach of everything only.
	Events(ctx context.Context, r org.Reach, f Filter, before int64, limit int) ([]Entry, error)
	Names(ctx context.Context, w Wanted) (Names, error)

	// Size is the number of events; Root and Proof are computed from the stored hashes.
	Size(ctx context.Context) (int64, error)
	Root(ctx context.Context, size int64) (tlog.Hash, error)
	Proof(ctx context.Context, size, seq int64) (tlog.RecordProof, error)
	// Whole calls each with the canonical bytes of every event in order, all of one moment.
	Whole(ctx context.Context, each func(canonical []byte) error) error

	// Newest is the checkpoint that was made last, and false when none was.
	Newest(ctx context.Context) (Point, bool, error)
	// AddCheckpoint stores it (its ID is given) and lets these sinks wait for it.
	AddCheckpoint(ctx context.Context, p Point, sinks []string) error
	// Waiting lists at most limit checkpoints that a sink has not taken, in the order in which they were made.
	Waiting(ctx context.Context, sink string, limit int) ([]Point, error)
	Taken(ctx context.Context, sink string, point int64) error
	Backlogs(ctx context.Context) ([]Backlog, error)
	// Lease makes holder the one server that anchors until then, unless another one is.
	Lease(ctx context.Context, holder string, now, until time.Time) (bool, error)

	// Last returns the newest event of these kinds, and false when there is none.
	Last(ctx context.Context, kinds ...string) (Entry, bool, error)
	InTx(ctx context.Context, key idempotency.Key, fn func(context.Context, Tx) (string, error)) (outcome string, replayed bool, err error)
}

// Tx is one transaction.
type Tx interface {
	Now() time.Time
	Append(ctx context.Context, e audit.Event) error
}

// Sink is a place outside the database that takes signed checkpoints and does not give them back to be changed.
type Sink interface {
	Name() string // short and lasting: what the sink has not taken is stored under it
	Put(ctx context.Context, signed []byte) error
}

// Memory is a sink that can be asked what it took last.
type Memory interface {
	// Newest is nil when it took nothing yet.
	Newest(ctx context.Context) (signed []byte, err error)
}

// Options are what a Service is made of. Without a Signer nothing is signed or anchored, and there are no receipts.
type Options struct {
	Clock  func() time.Time
	Signer *audit.Signer
	Sinks  []Sink
	Memory Memory // nil: nothing is compared at start
	Holder string // names this server among others on the same database
	Log    *slog.Logger
}

// Service runs the use cases. Make it with New.
type Service struct {
	store Store
	opt   Options

	alarm  atomic.Pointer[Alarm]    // nil: none
	behind atomic.Pointer[[]string] // see Behind

	mu     sync.Mutex       // anchoring is one thing at a time
	last   audit.Checkpoint // that this server made or knows of
	failed map[string]error // why the last attempt of a sink failed
}

// New returns the service.
func New(store Store, o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{store: store, opt: o, failed: map[string]error{}}
}
