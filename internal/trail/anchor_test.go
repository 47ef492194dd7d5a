package trail

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"zona/internal/audit"
	"zona/internal/idempotency"
	"zona/internal/org"
)

// shelf is a log in memory with what waits for its sinks. What anchoring does not ask panics as a nil Store.
type shelf struct {
	Store

	now    time.Time
	leaves [][]byte
	events []audit.Event
	points []Point
	taken  map[string][]int64 // by sink
	names  []string
	holder string
	until  time.Time
}

func (s *shelf) root(n int64) tlog.Hash {
	var tree audit.Log
	for _, leaf := range s.leaves[:n] {
		tree.Add(audit.Leaf(leaf))
	}
	return tree.Root()
}

func (s *shelf) Size(context.Context) (int64, error) { return int64(len(s.leaves)), nil }

func (s *shelf) Root(_ context.Context, size int64) (tlog.Hash, error) { return s.root(size), nil }

func (s *shelf) Newest(context.Context) (Point, bool, error) {
	if len(s.points) == 0 {
		return Point{}, false, nil
	}
	return s.points[len(s.points)-1], true, nil
}

func (s *shelf) AddCheckpoint(_ context.Context, p Point, sinks []string) error {
	p.ID = int64(len(s.points) + 1)
	s.points, s.names = append(s.points, p), sinks
	return nil
}

func (s *shelf) Waiting(_ context.Context, sink string, limit int) ([]Point, error) {
	var list []Point
	for _, p := range s.points {
		if !slices.Contains(s.taken[sink], p.ID) && len(list) < limit {
			list = append(list, p)
		}
	}
	return list, nil
}

func (s *shelf) Taken(_ context.Context, sink string, point int64) error {
	s.taken[sink] = append(s.taken[sink], point)
	return nil
}

func (s *shelf) Backlogs(ctx context.Context) ([]Backlog, error) {
	var list []Backlog
	for _, name := range s.names {
		waiting, _ := s.Waiting(ctx, name, len(s.points))
		if len(waiting) > 0 {
			list = append(list, Backlog{Sink: name, Count: int64(len(waiting)), Oldest: waiting[0].At})
		}
	}
	return list, nil
}

func (s *shelf) Lease(_ context.Context, holder string, now, until time.Time) (bool, error) {
	if s.holder != holder && now.Before(s.until) {
		return false, nil
	}
	s.holder, s.until = holder, until
	return true, nil
}

func (s *shelf) Last(_ context.Context, kinds ...string) (Entry, bool, error) {
	for seq, e := range slices.Backward(s.events) {
		if slices.Contains(kinds, e.Kind) {
			return Entry{Record: audit.Record{Seq: int64(seq), Event: e}}, true, nil
		}
	}
	return Entry{}, false, nil
}

func (s *shelf) InTx(ctx context.Context, _ idempotency.Key, fn func(context.Context, Tx) (string, error)) (string, bool, error) {
	outcome, err := fn(ctx, s)
	return outcome, false, err
}

func (s *shelf) Now() time.Time { return s.now }

func (s *shelf) Append(_ context.Context, e audit.Event) error {
	s.events, s.leaves = append(s.events, e), append(s.leaves, []byte(e.Kind+e.Object.ID))
	return nil
}

// happen lets something happen.
func (s *shelf) happen() {
	s.events, s.leaves = append(s.events, audit.Event{Kind: "test"}), append(s.leaves, []byte(rand.Text()))
}

// box is a sink that can be broken.
type box struct {
	name   string
	broken error
	got    [][]byte
}

func (b *box) Name() string { return b.name }

func (b *box) Put(_ context.Context, signed []byte) error {
	if b.broken == nil {
		b.got = append(b.got, signed)
	}
	return b.broken
}

func (b *box) Newest(context.Context) ([]byte, error) {
	if len(b.got) == 0 {
		return nil, nil
	}
	return b.got[len(b.got)-1], nil
}

// sizes are the sizes of the log that a sink has taken, each with a good signature over the root of that moment.
func sizes(t *testing.T, s *shelf, v audit.Verifier, b *box) []int64 {
	t.Helper()
	var list []int64
	for _, signed := range b.got {
		c, err := v.Open(signed)
		if err != nil || c.Root != s.root(c.Size) {
			t.Errorf("%s: size %d, %v", b.name, c.Size, err)
		}
		list = append(list, c.Size)
	}
	return list
}

func anchored(t *testing.T) (*Service, *shelf, audit.Verifier, *box, *box) {
	t.Helper()
	secret, err := audit.NewKey(rand.Reader, "zona.test/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := audit.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	v, err := signer.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{now: time.Date(2026, 4, 1, 1, 0, 0, 0, time.UTC), taken: map[string][]int64{}}
	a, b := &box{name: "folder"}, &box{name: "mail"}
	return New(s, Options{Clock: s.Now, Signer: signer, Sinks: []Sink{a, b}, Memory: a, Holder: "one"}), s, v, a, b
}

// TestAU04 kills a sink for some hours: the other one goes on, people are told within a quarter of an hour, and what
// waited arrives in its order.
func TestAU04TheBacklogOfASinkDrainsInOrderAndItsGapIsTold(t *testing.T) {
	t.Parallel()
	svc, s, v, a, b := anchored(t)
	a.broken = errors.New("the disk is away")
	told := time.Duration(-1)
	begin := s.now
	for minute := range 6 * 60 {
		if minute%7 == 0 {
			s.happen()
		}
		svc.turn(t.Context(), false)
		if told < 0 && len(svc.Behind()) > 0 {
			told = s.now.Sub(begin)
		}
		s.now = s.now.Add(lookEvery)
	}
	if told < 0 || told > 15*time.Minute {
		t.Errorf("people were told after %v", told)
	}
	if got := svc.Behind(); !slices.Equal(got, []string{"folder"}) {
		t.Errorf("behind are %q", got)
	}
	want := sizes(t, s, v, b)
	if len(want) != 6 {
		t.Errorf("the sink that works has %v: not one for each hour", want)
	}
	// Another server knows what this one knew.
	other := New(s, Options{Clock: s.Now, Signer: svc.opt.Signer, Sinks: svc.opt.Sinks, Holder: "two"})
	other.turn(t.Context(), false)
	if got := other.Behind(); !slices.Equal(got, []string{"folder"}) {
		t.Errorf("another server knows of %q", got)
	}

	a.broken = nil
	svc.turn(t.Context(), false)
	if got := sizes(t, s, v, a); !slices.Equal(got, sizes(t, s, v, b)) || !slices.Equal(got[:6], want) || !slices.IsSorted(got) {
		t.Errorf("drained as %v, beside %v", got, want)
	}
	if got := svc.Behind(); len(got) > 0 {
		t.Errorf("still behind: %q", got)
	}
}

func TestALogThatDoesNotChangeIsNotAnchoredAgain(t *testing.T) {
	t.Parallel()
	svc, s, v, a, _ := anchored(t)
	s.happen()
	for range 5 {
		svc.turn(t.Context(), true)
		s.now = s.now.Add(2 * time.Hour)
	}
	if got := sizes(t, s, v, a); !slices.Equal(got, []int64{1}) {
		t.Errorf("taken: %v", got)
	}
}

func TestOnlyOneServerAnchors(t *testing.T) {
	t.Parallel()
	svc, s, _, a, _ := anchored(t)
	s.happen()
	s.holder, s.until = "another", s.now.Add(leaseFor)
	svc.turn(t.Context(), true)
	if len(a.got) > 0 {
		t.Error("two servers anchor")
	}
	s.now = s.now.Add(leaseFor)
	svc.turn(t.Context(), true)
	if len(a.got) != 1 {
		t.Error("nobody took over from a server that is gone")
	}
}

func TestALogThatIsNotTheAnchoredOneAlarmsUntilItIsExplained(t *testing.T) {
	t.Parallel()
	root := org.Actor{Person: "root", Assignments: []org.Assignment{{Role: org.Administrator, Scope: org.Scope{Kind: org.WholeInstance}}}}
	explanation := strings.Repeat("The disk broke. ", 3)
	for name, change := range map[string]func(*shelf){
		"shorter":   func(s *shelf) { s.leaves, s.events = s.leaves[:2], s.events[:2] },
		"forked":    func(s *shelf) { s.leaves[1] = []byte("another") },
		"untouched": func(*shelf) {}, // the control
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, s, _, _, _ := anchored(t)
			for range 4 {
				s.happen()
			}
			before.turn(t.Context(), true)
			change(s)
			svc := New(s, before.opt) // the server starts again
			if err := svc.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
			alarm, ok := svc.Alarm()
			if name == "untouched" {
				if ok {
					t.Errorf("a false alarm: %+v", alarm)
				}
				return
			}
			if !ok || alarm.Size != 4 || alarm.Forked != (name == "forked") {
				t.Fatalf("alarm %+v, %v", alarm, ok)
			}
			for what, cmd := range map[string]Explanation{
				"another alarm": {Seq: alarm.Seq + 1, Text: explanation}, "nothing said": {Seq: alarm.Seq, Text: "ok"},
			} {
				if err := svc.Explain(t.Context(), root, cmd); err == nil {
					t.Errorf("%s: taken", what)
				}
			}
			if err := svc.Explain(t.Context(), org.Actor{Person: "sari"}, Explanation{Seq: alarm.Seq, Text: explanation}); err == nil {
				t.Error("anybody may explain")
			}
			if _, ok := svc.Alarm(); !ok {
				t.Error("a refused explanation ended the alarm")
			}
			if err := svc.Explain(t.Context(), root, Explanation{Seq: alarm.Seq, Text: explanation}); err != nil {
				t.Fatal(err)
			}
			if _, ok := svc.Alarm(); ok {
				t.Error("the alarm stands after its explanation")
			}
		})
	}
}
