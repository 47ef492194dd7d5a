package trail

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/org"
)

// How anchoring runs: a checkpoint at least every hour in which something happened, a look at what waits every
// minute, and never longer for one sink than would hold up the next.
const (
	anchorEvery = time.Hour
	lookEvery   = time.Minute
	leaseFor    = 3 * lookEvery
	putWithin   = 30 * time.Second
	endWithin   = 10 * time.Second
	batch       = 50
	// behindAfter is when a sink that takes nothing becomes a matter for people.
	behindAfter = 15 * time.Minute
)

// Begin compares the log with what was anchored last and notes the newest alarm. What it finds is an event and an
// alarm, never an error: a server that refuses to serve helps nobody but whoever rolled it back. Errors are those of
// the database and of a memory that cannot be read.
func (s *Service) Begin(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.look(ctx); err != nil {
		return err
	}
	if s.opt.Signer == nil {
		return nil
	}
	kept, err := s.kept(ctx)
	if err != nil {
		return err
	}
	if kept.Size > 0 {
		if err := s.compare(ctx, kept); err != nil {
			return err
		}
	}
	return s.noteKey(ctx)
}

// kept is the checkpoint that the memory took last; size 0 when there is none.
func (s *Service) kept(ctx context.Context) (audit.Checkpoint, error) {
	if s.opt.Memory == nil {
		return audit.Checkpoint{}, nil
	}
	signed, err := s.opt.Memory.Newest(ctx)
	if err != nil || signed == nil {
		return audit.Checkpoint{}, err
	}
	v, err := s.opt.Signer.Verifier()
	if err != nil {
		return audit.Checkpoint{}, err
	}
	c, err := v.Open(signed)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("the newest anchored checkpoint, which another key may have signed: %w", err)
	}
	return c, nil
}

// Run anchors until ctx ends, and once more then. It returns when nothing is under way any more.
func (s *Service) Run(ctx context.Context) {
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	s.turn(ctx, true)
	for {
		select {
		case <-ticks.C:
			s.turn(ctx, false)
		case <-ctx.Done():
			// The last checkpoint is made after the last request: what happened until the end is in it.
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
			defer cancel()
			s.turn(last, true)
			return
		}
	}
}

// turn does what is due, on one server among several, and logs what fails: the next turn tries again.
func (s *Service) turn(ctx context.Context, now bool) {
	leased, err := s.store.Lease(ctx, s.opt.Holder, s.opt.Clock(), s.opt.Clock().Add(leaseFor))
	if err == nil && leased {
		err = s.Anchor(ctx, now)
	}
	if err == nil {
		s.mu.Lock()
		err = errors.Join(s.look(ctx), s.lookBehind(ctx))
		s.mu.Unlock()
	}
	if err != nil && ctx.Err() == nil {
		s.opt.Log.ErrorContext(ctx, "anchor the log", "error", err)
	}
}

// Anchor makes a checkpoint when something happened since the last one and it is due, or now, and hands every sink
// what it has not taken yet. A sink that fails keeps its backlog and stops nobody else; errors are the database's.
func (s *Service) Anchor(ctx context.Context, now bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opt.Signer == nil {
		return nil
	}
	if err := s.checkpoint(ctx, now); err != nil {
		return err
	}
	for _, sink := range s.opt.Sinks {
		if err := s.drain(ctx, sink); err != nil {
			return err
		}
	}
	return nil
}

// lookBehind asks the database, which remembers what waits for a sink when no server does.
func (s *Service) lookBehind(ctx context.Context) error {
	backlogs, err := s.store.Backlogs(ctx)
	if err != nil {
		return err
	}
	behind := []string{}
	for _, b := range backlogs {
		if s.late(b) && slices.ContainsFunc(s.opt.Sinks, func(sink Sink) bool { return sink.Name() == b.Sink }) {
			behind = append(behind, b.Sink)
		}
	}
	slices.Sort(behind)
	s.behind.Store(&behind)
	return nil
}

// late reports whether a checkpoint waits for so long that somebody should look.
func (s *Service) late(b Backlog) bool {
	return b.Count > 0 && s.opt.Clock().Sub(b.Oldest) >= behindAfter
}

// Behind names the sinks that have taken nothing for so long that somebody should look. It asks no database: what it
// says is a minute old at most.
func (s *Service) Behind() []string {
	if b := s.behind.Load(); b != nil {
		return *b
	}
	return nil
}

// checkpoint signs the log of this moment, unless it is no longer the one that was signed before: then that is said
// first, and what is signed holds the event that says it.
func (s *Service) checkpoint(ctx context.Context, now bool) error {
	newest, made, err := s.store.Newest(ctx)
	if err != nil {
		return err
	}
	if !now && made && s.opt.Clock().Sub(newest.At) < anchorEvery {
		return nil
	}
	if s.last.Size > 0 {
		if err := s.compare(ctx, s.last); err != nil {
			return err
		}
	}
	size, err := s.store.Size(ctx)
	if err != nil {
		return err
	}
	if size == 0 || made && size == newest.Size {
		return nil
	}
	root, err := s.store.Root(ctx, size)
	if err != nil {
		return err
	}
	signed, err := s.opt.Signer.Sign(size, root)
	if err != nil {
		return err
	}
	sinks := make([]string, len(s.opt.Sinks))
	for i, sink := range s.opt.Sinks {
		sinks[i] = sink.Name()
	}
	if err := s.store.AddCheckpoint(ctx, Point{Size: size, Signed: signed, At: s.opt.Clock()}, sinks); err != nil {
		return err
	}
	s.last = audit.Checkpoint{Origin: s.opt.Signer.Origin(), Size: size, Root: root}
	return nil
}

// drain hands a sink what waits for it, the oldest first, until it fails or has everything.
func (s *Service) drain(ctx context.Context, sink Sink) error {
	for {
		points, err := s.store.Waiting(ctx, sink.Name(), batch)
		if err != nil {
			return err
		}
		for _, p := range points {
			put, cancel := context.WithTimeout(ctx, putWithin)
			err := sink.Put(put, p.Signed)
			cancel()
			if err != nil {
				s.failed[sink.Name()] = err
				s.opt.Log.ErrorContext(ctx, "a sink took no checkpoint", "sink", sink.Name(), "size", p.Size, "error", err)
				return nil
			}
			if err := s.store.Taken(ctx, sink.Name(), p.ID); err != nil {
				return err
			}
		}
		delete(s.failed, sink.Name())
		if len(points) < batch {
			return nil
		}
	}
}

// compare finds out whether the log still begins with the one of the checkpoint. When it does not, an event and an
// alarm say so, once for each such checkpoint.
func (s *Service) compare(ctx context.Context, c audit.Checkpoint) error {
	size, err := s.store.Size(ctx)
	if err != nil {
		return err
	}
	found := "" // the root at that size; none when the log is shorter
	if size >= c.Size {
		root, err := s.store.Root(ctx, c.Size)
		if err != nil {
			return err
		}
		if root == c.Root {
			s.last = c
			return nil
		}
		found = root.String()
	}
	if a := s.alarm.Load(); a != nil && a.Size == c.Size && a.Root == c.Root.String() {
		return nil // said before, and nobody has explained it yet
	}
	s.opt.Log.ErrorContext(ctx, "the log is not the one that was anchored", "anchored", c.Size, "size", size, "forked", found != "")
	_, _, err = s.store.InTx(ctx, idempotency.Key{}, func(ctx context.Context, tx Tx) (string, error) {
		return "", tx.Append(ctx, audit.Event{
			Kind: audit.RollbackDetected, At: tx.Now(), Actor: audit.System, Object: audit.Object{Kind: "log", ID: c.Origin},
			Changes: []audit.Change{
				{Field: fieldSize, From: strconv.FormatInt(c.Size, 10), To: strconv.FormatInt(size, 10)},
				{Field: fieldRoot, From: c.Root.String(), To: found},
			},
		})
	})
	if err != nil {
		return err
	}
	s.last = audit.Checkpoint{}
	return s.look(ctx)
}

// The fields of the events of the log about itself.
const (
	fieldSize = "size"
	fieldRoot = "root"
	fieldKey  = "key"
)

// noteKey appends an event when another key signs than before, so that the log itself tells which keys it had.
func (s *Service) noteKey(ctx context.Context) error {
	key, before := s.opt.Signer.VerifierKey(), ""
	last, ok, err := s.store.Last(ctx, audit.KeyUsed)
	if err != nil {
		return err
	}
	if ok {
		before = changed(last, fieldKey).To
	}
	if before == key {
		return nil
	}
	_, _, err = s.store.InTx(ctx, idempotency.Key{}, func(ctx context.Context, tx Tx) (string, error) {
		return "", tx.Append(ctx, audit.Event{
			Kind: audit.KeyUsed, At: tx.Now(), Actor: audit.System, Object: audit.Object{Kind: "log", ID: s.opt.Signer.Origin()},
			Changes: []audit.Change{{Field: fieldKey, From: before, To: key}},
		})
	})
	return err
}

func changed(e Entry, field string) audit.Change {
	for _, c := range e.Record.Event.Changes {
		if c.Field == field {
			return c
		}
	}
	return audit.Change{}
}

// Alarm is a log that is not the one that was anchored, which nobody has explained yet.
type Alarm struct {
	Seq    int64 // of the event that says so
	At     time.Time
	Size   int64  // of the log that was anchored
	Root   string // of it
	Now    int64  // size of the log that was found instead
	Forked bool   // it was long enough, and another one; otherwise it was shorter
}

// Alarm returns the alarm that stands, and false when there is none. It asks no database: another server's alarm is
// known within a minute.
func (s *Service) Alarm() (Alarm, bool) {
	a := s.alarm.Load()
	if a == nil {
		return Alarm{}, false
	}
	return *a, true
}

// look reads the alarm that stands from the log: the last one, unless it was explained since.
func (s *Service) look(ctx context.Context) error {
	e, ok, err := s.store.Last(ctx, audit.RollbackDetected, audit.RollbackExplained)
	if err != nil {
		return err
	}
	if !ok || e.Record.Event.Kind == audit.RollbackExplained {
		s.alarm.Store(nil)
		return nil
	}
	size, root := changed(e, fieldSize), changed(e, fieldRoot)
	a := Alarm{Seq: e.Record.Seq, At: e.Record.Event.At, Root: root.From, Forked: root.To != ""}
	// What cannot be read as a number was not written by compare; the alarm stands all the same.
	a.Size, _ = strconv.ParseInt(size.From, 10, 64)
	a.Now, _ = strconv.ParseInt(size.To, 10, 64)
	s.alarm.Store(&a)
	return nil
}

// Explanation is what Explain needs.
type Explanation struct {
	Key  idempotency.Key
	Seq  int64  // of the alarm that the person saw
	Text string // why the log is another one, and what was lost
}

// An explanation that says nothing explains nothing.
const (
	leastExplained = 20
	mostExplained  = 2000
)

// Explain ends an alarm with an explanation. The alarm itself stays in the log, and so does every checkpoint that
// contradicts it.
func (s *Service) Explain(ctx context.Context, by org.Actor, cmd Explanation) error {
	_, _, err := s.store.InTx(ctx, cmd.Key, func(ctx context.Context, tx Tx) (string, error) {
		if err := org.Can(by, org.RunInstance, org.Object{}, org.State{At: tx.Now()}).Fault(); err != nil {
			return "", err
		}
		f := fault.Form()
		f.Lines("text", cmd.Text, leastExplained, mostExplained)
		if err := f.Err(); err != nil {
			return "", err
		}
		a, ok := s.Alarm()
		if !ok || a.Seq != cmd.Seq {
			return "", fault.New(fault.Conflict, "audit.explain.gone")
		}
		return "done", tx.Append(ctx, audit.Event{
			Kind: audit.RollbackExplained, At: tx.Now(), Actor: by.Person, Object: audit.Object{Kind: "event", ID: strconv.FormatInt(a.Seq, 10)},
			// Free text, in which people may be named: a commitment in the log, the words beside it.
			Personal: []audit.Personal{{Field: "explanation", Value: cmd.Text}},
		})
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.look(ctx)
}

// State is how anchoring stands, for people.
type State struct {
	Key    string // public
	Origin string
	Newest Point // ID 0: none was made yet
	Sinks  []SinkState
}

// SinkState is how one sink stands.
type SinkState struct {
	Backlog

	Failed string // why the last attempt of this server failed, "" when it did not
	Behind bool   // for so long that somebody should look
}

// State tells how anchoring stands, to everybody who may read the log somewhere.
func (s *Service) State(ctx context.Context, by org.Actor) (State, error) {
	if !by.Holds(org.ViewLog, s.opt.Clock()) {
		return State{}, fault.New(fault.Forbidden, "fault.forbidden")
	}
	var st State
	if s.opt.Signer != nil {
		st.Key, st.Origin = s.opt.Signer.VerifierKey(), s.opt.Signer.Origin()
	}
	newest, _, err := s.store.Newest(ctx)
	if err != nil {
		return State{}, err
	}
	st.Newest = newest
	backlogs, err := s.store.Backlogs(ctx)
	if err != nil {
		return State{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sink := range s.opt.Sinks {
		state := SinkState{Backlog: Backlog{Sink: sink.Name()}}
		for _, b := range backlogs {
			if b.Sink == sink.Name() {
				state.Backlog = b
			}
		}
		if err, ok := s.failed[sink.Name()]; ok {
			state.Failed = err.Error()
		}
		state.Behind = s.late(state.Backlog)
		st.Sinks = append(st.Sinks, state)
	}
	return st, nil
}

// Export writes the whole log of this moment and its signed checkpoint, for checking it elsewhere, and returns how
// many events it has. It asks nobody for permission: whoever runs the program's commands has the database.
func (s *Service) Export(ctx context.Context, w *audit.ExportWriter) (int64, error) {
	if s.opt.Signer == nil {
		return 0, errUnsigned
	}
	var tree audit.Log
	err := s.store.Whole(ctx, func(canonical []byte) error {
		tree.Add(audit.Leaf(canonical))
		return w.Add(canonical)
	})
	if err != nil {
		return 0, err
	}
	signed, err := s.opt.Signer.Sign(tree.Size(), tree.Root())
	if err != nil {
		return 0, err
	}
	return tree.Size(), w.Close(signed)
}
