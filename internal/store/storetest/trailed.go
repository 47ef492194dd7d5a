package storetest

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/org"
	"zona/internal/store"
	"zona/internal/trail"
)

// testTrailReach: what a reader gets is exactly what a loop over all events would give.
func testTrailReach(t *testing.T, fresh Fresh) {
	now := start
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, func() time.Time { now = now.Add(time.Minute); return now }))
	other := org.Institution{ID: "other", Name: "Kabupaten Contoh", Kind: org.Regional, Zone: "Asia/Makassar"}
	w.org(t, func(ctx context.Context, s org.Store) error { return s.InsertInstitution(ctx, other) })
	fillLog(t, w, 30)
	w.org(t, func(ctx context.Context, s org.Store) error {
		return first(
			func() error {
				return s.Append(ctx, audit.Event{Kind: audit.InstitutionCreated, Actor: "root", Institution: other.ID, Object: audit.Object{Kind: "institution", ID: other.ID}})
			},
			func() error {
				return s.Append(ctx, audit.Event{Kind: audit.InstanceSetUp, Actor: audit.System, Object: audit.Object{Kind: "person", ID: "root"}})
			},
		)
	})
	log := w.db.Trail()
	everything := must(log.Events(t.Context(), org.Reach{All: true}, trail.Filter{}, 0, 1000))(t, "list all events")
	if len(everything) < 40 || everything[0].Record.Seq != int64(len(everything)-1) {
		t.Fatalf("%d events, the first is %d", len(everything), everything[0].Record.Seq)
	}
	inst := org.Reach{Institutions: []string{w.Inst.ID}}
	middle := everything[len(everything)/2].Record.Event.At
	for name, c := range map[string]struct {
		reach  org.Reach
		filter trail.Filter
		want   func(audit.Event) bool
	}{
		"all":             {org.Reach{All: true}, trail.Filter{}, func(audit.Event) bool { return true }},
		"nothing":         {org.Reach{}, trail.Filter{}, func(audit.Event) bool { return false }},
		"one institution": {inst, trail.Filter{}, func(e audit.Event) bool { return e.Institution == w.Inst.ID }},
		"another one":     {org.Reach{Institutions: []string{other.ID}}, trail.Filter{}, func(e audit.Event) bool { return e.Institution == other.ID }},
		"one unit":        {org.Reach{Units: []string{w.Court.ID}}, trail.Filter{}, func(e audit.Event) bool { return e.Unit == w.Court.ID }},
		"a subtree":       {org.Reach{Subtrees: []string{w.Top.Path}}, trail.Filter{}, func(e audit.Event) bool { return e.Unit == w.Court.ID || e.Unit == w.Top.ID }},
		"a kind":          {inst, trail.Filter{Kind: audit.PersonCreated}, func(e audit.Event) bool { return e.Kind == audit.PersonCreated }},
		"a foreign kind":  {inst, trail.Filter{Kind: audit.InstanceSetUp}, func(audit.Event) bool { return false }},
		"a name": {inst, trail.Filter{Person: "ANI CON"}, func(e audit.Event) bool {
			return e.Institution == w.Inst.ID && (e.Actor == w.Person.ID || e.Object.Kind == "person" && e.Object.ID == w.Person.ID)
		}},
		"a login":         {inst, trail.Filter{Person: w.Person.Login}, func(e audit.Event) bool { return e.Actor == w.Person.ID }},
		"signs of LIKE":   {inst, trail.Filter{Person: "%"}, func(audit.Event) bool { return false }},
		"a unit":          {inst, trail.Filter{Unit: "contoh satu"}, func(e audit.Event) bool { return e.Unit == w.Court.ID }},
		"an object":       {inst, trail.Filter{ObjectKind: "person", ObjectID: w.Person.ID}, func(e audit.Event) bool { return e.Object == audit.Object{Kind: "person", ID: w.Person.ID} }},
		"from an instant": {org.Reach{All: true}, trail.Filter{From: middle}, func(e audit.Event) bool { return !e.At.Before(middle) }},
		"until then":      {org.Reach{All: true}, trail.Filter{Until: middle}, func(e audit.Event) bool { return e.At.Before(middle) }},
		"two at once":     {inst, trail.Filter{Kind: audit.AnswerSet, From: middle}, func(e audit.Event) bool { return e.Kind == audit.AnswerSet && !e.At.Before(middle) }},
	} {
		var want, got []int64
		for _, e := range everything {
			if c.want(e.Record.Event) {
				want = append(want, e.Record.Seq)
			}
		}
		// In pages of seven, so that every boundary is crossed.
		for before := int64(0); ; {
			page := must(log.Events(t.Context(), c.reach, c.filter, before, 7))(t, name)
			for _, e := range page {
				got = append(got, e.Record.Seq)
			}
			if len(page) < 7 {
				break
			}
			if before = got[len(got)-1]; before == 0 {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: events %v, want %v", name, got, want)
		}
	}
	testTrailNames(t, w, everything)
}

func testTrailNames(t *testing.T, w world, everything []trail.Entry) {
	t.Helper()
	for _, e := range everything {
		if len(e.Personal) != len(e.Record.Commitments) {
			t.Errorf("event %d: %d personal values beside %d commitments", e.Record.Seq, len(e.Personal), len(e.Record.Commitments))
		}
	}
	names := must(w.db.Trail().Names(t.Context(), trail.Wanted{
		People: []string{w.Person.ID, "gone"}, Units: []string{w.Court.ID}, Institutions: []string{w.Inst.ID}, Periods: []string{w.Period.ID},
	}))(t, "names")
	if names.People[w.Person.ID] != w.Person.Name || len(names.People) != 1 || names.Units[w.Court.ID] != w.Court.Name ||
		names.Institutions[w.Inst.ID] != w.Inst.Name || names.Periods[w.Period.ID] != w.Period.Name || names.Places[w.Court.ID] != w.Court.At() {
		t.Errorf("names %+v", names)
	}
	if none := must(w.db.Trail().Names(t.Context(), trail.Wanted{}))(t, "no names"); len(none.People)+len(none.Units) != 0 {
		t.Errorf("nothing is named %+v", none)
	}
	last, ok, err := w.db.Trail().Last(t.Context(), audit.InstanceSetUp, audit.InstitutionCreated)
	if err != nil || !ok || last.Record.Event.Kind != audit.InstanceSetUp {
		t.Errorf("the last of two kinds is %+v, %v, %v", last.Record, ok, err)
	}
	if _, ok, err := w.db.Trail().Last(t.Context(), audit.RollbackDetected); ok || err != nil {
		t.Errorf("a kind that never was: %v, %v", ok, err)
	}
}

func testTrailProofs(t *testing.T, fresh Fresh) {
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, nil))
	log := w.db.Trail()
	fillLog(t, w, 20)
	size := must(log.Size(t.Context()))(t, "size")
	var tree audit.Log
	var leaves [][]byte
	roots := []tlog.Hash{tree.Root()}
	err := log.Whole(t.Context(), func(b []byte) error {
		leaves = append(leaves, bytes.Clone(b))
		tree.Add(audit.Leaf(b))
		roots = append(roots, tree.Root())
		return nil
	})
	if err != nil || tree.Size() != size {
		t.Fatalf("%d events of %d, %v", tree.Size(), size, err)
	}
	for n := int64(1); n <= size; n++ {
		if root := must(log.Root(t.Context(), n))(t, "root"); root != roots[n] {
			t.Errorf("root of %d is %v, want %v", n, root, roots[n])
		}
	}
	for seq := range size {
		proof := must(log.Proof(t.Context(), size, seq))(t, "proof")
		if err := audit.CheckIncluded(leaves[seq], audit.Checkpoint{Origin: "test", Size: size, Root: roots[size]}, proof); err != nil {
			t.Error(err)
		}
	}
	for _, seq := range []int64{-1, size} {
		if _, err := log.Proof(t.Context(), size, seq); !fault.Is(err, fault.NotFound) {
			t.Errorf("proof of event %d: %v", seq, err)
		}
	}
}

func testBacklog(t *testing.T, fresh Fresh) {
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, nil))
	log := w.db.Trail()
	if _, ok, err := log.Newest(t.Context()); ok || err != nil {
		t.Errorf("a checkpoint that nobody made: %v, %v", ok, err)
	}
	for i := range 5 {
		p := trail.Point{Size: int64(i + 1), Signed: fmt.Appendf(nil, "signed %d", i+1), At: start.Add(time.Duration(i) * time.Hour)}
		sinks := []string{"folder", "mail"}
		if i == 2 {
			sinks = sinks[:1]
		}
		if err := log.AddCheckpoint(t.Context(), p, sinks); err != nil {
			t.Fatal(err)
		}
	}
	newest, ok, err := log.Newest(t.Context())
	if err != nil || !ok || newest.ID != 5 || newest.Size != 5 || string(newest.Signed) != "signed 5" || !newest.At.Equal(start.Add(4*time.Hour)) {
		t.Errorf("the newest is %+v, %v, %v", newest, ok, err)
	}
	sizes := func(sink string) (list []int64) {
		for _, p := range must(log.Waiting(t.Context(), sink, 3))(t, sink) {
			list = append(list, p.Size)
		}
		return list
	}
	if got := sizes("mail"); !slices.Equal(got, []int64{1, 2, 4}) {
		t.Errorf("for the mail wait %v", got)
	}
	for _, id := range []int64{1, 2, 2} {
		if err := log.Taken(t.Context(), "folder", id); err != nil {
			t.Error(err)
		}
	}
	if got := sizes("folder"); !slices.Equal(got, []int64{3, 4, 5}) {
		t.Errorf("for the folder wait %v", got)
	}
	if got := sizes("unknown"); got != nil {
		t.Errorf("for an unknown sink wait %v", got)
	}
	backlogs := must(log.Backlogs(t.Context()))(t, "backlogs")
	want := []trail.Backlog{{Sink: "folder", Count: 3, Oldest: start.Add(2 * time.Hour)}, {Sink: "mail", Count: 4, Oldest: start}}
	if !slices.Equal(backlogs, want) {
		t.Errorf("backlogs %+v, want %+v", backlogs, want)
	}
}

// testLease: on a database that servers share, one of them anchors, and another one when it has gone. A file has one
// server, which needs no leave.
func testLease(t *testing.T, fresh Fresh) {
	log := Open(t, store.Config{URL: fresh(t)}, nil).Trail()
	shared := log.Shared()
	lease := func(holder string, at time.Duration) bool {
		return must(log.Lease(t.Context(), holder, start.Add(at), start.Add(at+3*time.Minute)))(t, "lease")
	}
	if !lease("a", 0) || lease("b", time.Minute) == shared || !lease("a", 2*time.Minute) {
		t.Error("the first one does not keep the lease")
	}
	if lease("b", 4*time.Minute) == shared || !lease("b", 6*time.Minute) || lease("a", 7*time.Minute) == shared {
		t.Error("the second one does not get it when the first has gone")
	}
}

// AU03 rolls a log back in three ways behind the back of the server, and expects the next start to say so.
func AU03(t *testing.T, fresh Fresh) {
	t.Helper()
	signer, v := newSigner(t)
	for name, roll := range map[string]struct {
		do     func(t *testing.T, w world, older func())
		forked bool
	}{
		"an older copy put back":               {func(_ *testing.T, _ world, older func()) { older() }, false},
		"an older copy that has grown since":   {func(t *testing.T, w world, older func()) { older(); fillLogMore(t, w) }, true},
		"the end cut off and other events put": {func(t *testing.T, w world, older func()) { older(); w.appendEvents(t, 11) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := fresh(t)
			w := newWorld(t, Open(t, store.Config{URL: url}, nil))
			outside := &outside{}
			begin := func() *trail.Service {
				t.Helper()
				s := trail.New(w.db.Trail(), trail.Options{Clock: time.Now, Signer: signer, Sinks: []trail.Sink{outside}, Memory: outside, Holder: "test"})
				if err := s.Begin(t.Context()); err != nil {
					t.Fatal(err)
				}
				return s
			}
			anchored := func(s *trail.Service) {
				t.Helper()
				if err := s.Anchor(t.Context(), true); err != nil {
					t.Fatal(err)
				}
			}
			fillLog(t, w, 12)
			s := begin()
			anchored(s)
			older := keep(t, raw(t, url))
			w.appendEvents(t, 10)
			anchored(s)

			// The control: a log that only grew raises no alarm, however often the server starts.
			w.appendEvents(t, 1)
			s = begin()
			if a, ok := s.Alarm(); ok || len(outside.signed) != 2 {
				t.Fatalf("%d checkpoints, and a log that only grew raises %+v", len(outside.signed), a)
			}
			kept, err := v.Open(outside.signed[1])
			if err != nil {
				t.Fatal(err)
			}

			roll.do(t, w, older)
			size := must(w.db.Trail().Size(t.Context()))(t, "size")
			for range 2 { // a second start says the same, and says it once
				s = begin()
				a, ok := s.Alarm()
				if !ok || a.Size != kept.Size || a.Root != kept.Root.String() || a.Now != size || a.Forked != roll.forked || a.Seq != size {
					t.Fatalf("anchored %d, found %d: alarm %+v, %v", kept.Size, size, a, ok)
				}
			}
			testExplained(t, w, s, begin, anchored)
		})
	}
}

// testExplained: the alarm stands until an officer of the instance explains it, and not again afterwards.
func testExplained(t *testing.T, w world, s *trail.Service, begin func() *trail.Service, anchored func(*trail.Service)) {
	t.Helper()
	a, _ := s.Alarm()
	over := func(role org.Role, scope org.Scope) org.Actor {
		return org.Actor{Person: w.Person.ID, Institution: w.Inst.ID, Assignments: []org.Assignment{{Role: role, Scope: scope}}}
	}
	officer := over(org.Administrator, org.Scope{Kind: org.WholeInstance})
	const text = "Disk rusak pada malam hari; cadangan hari Minggu dipasang kembali, isian Senin hilang."
	for _, c := range []struct {
		name string
		by   org.Actor
		cmd  trail.Explanation
		want fault.Kind
	}{
		{"nobody", org.Actor{}, trail.Explanation{Seq: a.Seq, Text: text}, fault.NotFound},
		{"an administrator of one institution", over(org.Administrator, org.Scope{Kind: org.WholeInstitution, Institution: w.Inst.ID}), trail.Explanation{Seq: a.Seq, Text: text}, fault.Forbidden},
		{"too few words", officer, trail.Explanation{Seq: a.Seq, Text: "salah"}, fault.Invalid},
		{"another alarm", officer, trail.Explanation{Seq: a.Seq - 1, Text: text}, fault.Conflict},
	} {
		if err := s.Explain(t.Context(), c.by, c.cmd); !fault.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, ok := s.Alarm(); !ok {
		t.Fatal("the alarm is gone without an explanation")
	}
	if err := s.Explain(t.Context(), officer, trail.Explanation{Key: key("explain", ""), Seq: a.Seq, Text: text}); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Alarm(); ok {
		t.Error("the alarm stands after it was explained")
	}
	anchored(s)
	if again, ok := begin().Alarm(); ok {
		t.Errorf("the next start raises %+v", again)
	}
	if r := must(w.db.Verify(t.Context()))(t, "verify"); slices.ContainsFunc(r.Problems, func(p store.Problem) bool { return p.Code != store.ProblemSheet }) {
		t.Errorf("the log after all this: %+v", r.Problems)
	}
}

func (w world) appendEvents(t testing.TB, n int) {
	t.Helper()
	w.org(t, func(ctx context.Context, s org.Store) error {
		for range n {
			if err := s.Append(ctx, w.event(audit.SessionOpened)); err != nil {
				return err
			}
		}
		return nil
	})
}

// outside is a sink in memory.
type outside struct{ signed [][]byte }

// Name is trail.Sink's.
func (o *outside) Name() string { return "outside" }

// Put is trail.Sink's.
func (o *outside) Put(_ context.Context, signed []byte) error {
	o.signed = append(o.signed, bytes.Clone(signed))
	return nil
}

// Newest is trail.Memory's.
func (o *outside) Newest(context.Context) ([]byte, error) {
	if len(o.signed) == 0 {
		return nil, nil
	}
	return o.signed[len(o.signed)-1], nil
}

func newSigner(t testing.TB) (*audit.Signer, audit.Verifier) {
	t.Helper()
	secret := must(audit.NewKey(crand.Reader, "zona.test"))(t, "draw a key")
	s := must(audit.NewSigner(secret))(t, "read a key")
	return s, must(s.Verifier())(t, "verifier")
}
