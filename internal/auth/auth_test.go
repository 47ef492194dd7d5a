package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/alexedwards/argon2id"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/job"
	"zona/internal/org"
)

// memory is a store whose transactions run one at a time and leave nothing behind when they fail.
type memory struct {
	mu     sync.Mutex
	now    time.Time
	state  state
	broken error // returned by every write
}

type state struct {
	people    map[string]org.Person
	hashes    map[string]string
	sessions  map[[32]byte]Session
	codes     map[[32]byte]Code
	roles     []org.Assignment
	events    []audit.Event
	touched   int
	jobs      []job.Args
	evaluated int // how often credentials were asked for
	factors   factorState
	unlocked  map[string]time.Time
}

func (s state) clone() state {
	s.people, s.hashes, s.sessions, s.codes = maps.Clone(s.people), maps.Clone(s.hashes), maps.Clone(s.sessions), maps.Clone(s.codes)
	s.factors, s.unlocked = s.factors.clone(), maps.Clone(s.unlocked)
	return s
}

func (m *memory) InTx(ctx context.Context, _ idempotency.Key, fn func(context.Context, Store) (string, error)) (string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.state.clone()
	out, err := fn(ctx, m)
	if err != nil {
		m.state = before
	}
	return out, false, err
}

func (m *memory) Now() time.Time { return m.now }

func (m *memory) Append(_ context.Context, e audit.Event) error {
	m.state.events = append(m.state.events, e)
	return m.broken
}

func (m *memory) SetPassword(_ context.Context, person, hash string) error {
	m.state.hashes[person] = hash
	return m.broken
}

func (m *memory) DeletePassword(_ context.Context, person string) error {
	delete(m.state.hashes, person)
	return m.broken
}

func (m *memory) Unlock(_ context.Context, person string) error {
	m.state.unlocked[person] = m.now
	return m.broken
}

func (m *memory) Unlocked(_ context.Context, login string) (string, time.Time, error) {
	for id, at := range m.state.unlocked {
		if m.state.people[id].Login == login {
			return id, at, nil
		}
	}
	return "", time.Time{}, missing
}

func (m *memory) InsertSession(_ context.Context, s Session) error {
	m.state.sessions[s.Hash] = s
	return m.broken
}

func (m *memory) DeleteSession(_ context.Context, hash [32]byte) error {
	delete(m.state.sessions, hash)
	return m.broken
}

func (m *memory) DeleteSessionsOf(_ context.Context, person string) error {
	maps.DeleteFunc(m.state.sessions, func(_ [32]byte, s Session) bool { return s.Person == person })
	maps.DeleteFunc(m.state.factors.waiting, func(_ [32]byte, w Waiting) bool { return w.Person == person })
	return m.broken
}

func (m *memory) InsertCode(_ context.Context, c Code) error {
	m.state.codes[c.Hash] = c
	return m.broken
}

func (m *memory) Enqueue(_ context.Context, a job.Args) error {
	m.state.jobs = append(m.state.jobs, a)
	return m.broken
}

func (m *memory) DeleteCodes(_ context.Context, p CodePurpose, person string) error {
	maps.DeleteFunc(m.state.codes, func(_ [32]byte, c Code) bool {
		return c.Purpose == p && (person == "" || c.Person == person) && c.UsedAt.IsZero()
	})
	return m.broken
}

func (m *memory) UseCode(ctx context.Context, hash [32]byte, p CodePurpose) (Code, error) {
	c, err := m.Code(ctx, hash, p)
	if err == nil {
		c.UsedAt = m.now
		m.state.codes[hash] = c
	}
	return c, err
}

func (m *memory) CountPeople(context.Context) (int, error) { return len(m.state.people), nil }

func (m *memory) InsertPerson(_ context.Context, p org.Person) error {
	m.state.people[p.ID] = p
	return m.broken
}

func (m *memory) InsertAssignment(_ context.Context, a org.Assignment) error {
	m.state.roles = append(m.state.roles, a)
	return m.broken
}

var missing = fault.New(fault.NotFound, "fault.not_found")

func (m *memory) Credentials(_ context.Context, login string) (person, hash string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.evaluated++
	for _, p := range m.state.people {
		if hash, ok := m.state.hashes[p.ID]; ok && p.Login == login && !p.Closed {
			return p.ID, hash, nil
		}
	}
	return "", "", missing
}

func (m *memory) Session(_ context.Context, hash [32]byte) (Session, error) {
	s, ok := m.state.sessions[hash]
	if !ok {
		return s, missing
	}
	return s, nil
}

func (m *memory) Touch(_ context.Context, hash [32]byte, seen time.Time) error {
	s := m.state.sessions[hash]
	s.Seen = seen
	m.state.sessions[hash] = s
	m.state.touched++
	return m.broken
}

func (m *memory) Code(_ context.Context, hash [32]byte, p CodePurpose) (Code, error) {
	c, ok := m.state.codes[hash]
	if !ok || c.Purpose != p || !c.UsedAt.IsZero() || !m.now.Before(c.Expires) {
		return Code{}, missing
	}
	return c, nil
}

func (m *memory) Person(_ context.Context, id string) (org.Person, error) {
	p, ok := m.state.people[id]
	if !ok {
		return p, missing
	}
	return p, nil
}

func (m *memory) Actor(_ context.Context, person string) (org.Actor, error) {
	a := org.Actor{Person: person, Institution: m.state.people[person].Institution}
	for _, r := range m.state.roles {
		if r.Person == person {
			a.Assignments = append(a.Assignments, r)
		}
	}
	return a, nil
}

const secret = "kuda merah makan angin"

// setup has Siti with a password, Budi without one, and an administrator of the institution.
func setup(t *testing.T) (*Service, *memory) {
	t.Helper()
	m := &memory{now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), state: state{
		people: map[string]org.Person{
			"siti": {ID: "siti", Institution: "i", Login: "siti@pn.example", Name: "Siti Aminah"},
			"budi": {ID: "budi", Institution: "i", Login: "budi"},
			"root": {ID: "root", Institution: "i", Login: "root"},
		},
		hashes: map[string]string{}, sessions: map[[32]byte]Session{}, codes: map[[32]byte]Code{},
		factors: newFactorState(), unlocked: map[string]time.Time{},
		roles: []org.Assignment{
			{Person: "admin", Role: org.Administrator, Scope: org.Scope{Kind: org.WholeInstitution, Institution: "i"}},
			{Person: "root", Role: org.Administrator, Scope: org.Scope{Kind: org.WholeInstance}},
		},
	}}
	s := New(m, m, Options{
		Random: rand.Reader, Clock: func() time.Time { return m.now }, NewID: org.NewID, Actors: m,
		Cost: &argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	})
	hash, err := s.hasher.hash(context.Background(), secret)
	if err != nil {
		t.Fatal(err)
	}
	m.state.hashes["siti"] = hash
	return s, m
}

func (m *memory) actor(t *testing.T, person string) org.Actor {
	t.Helper()
	a, err := m.Actor(context.Background(), person)
	if err != nil {
		t.Fatal(err)
	}
	a.Institution = "i"
	return a
}

// said is the message of a fault, with the fields, "" for success.
func said(err error) string {
	if err == nil {
		return ""
	}
	f, ok := fault.Of(err)
	if !ok {
		return "error: " + err.Error()
	}
	text := f.Message
	for _, field := range f.Fields {
		text += " " + field.Name + "=" + field.Message
	}
	return text
}

func TestSignInTellsNothingButYesOrNo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, login, password, want string }{
		{"the right password", "siti@pn.example", secret, ""},
		{"a login in capitals with blanks", " SITI@PN.example ", secret, ""},
		{"a wrong password", "siti@pn.example", secret + "!", "fault.sign_in"},
		{"no password", "siti@pn.example", "", "fault.sign_in"},
		{"an unknown login", "nobody", secret, "fault.sign_in"},
		{"a person without a password", "budi", "", "fault.sign_in"},
		{"a password without end", "siti@pn.example", strings.Repeat("x", 1<<16), "fault.sign_in"},
		{"a password that is no text", "siti@pn.example", "\xff", "fault.sign_in"},
		{"a login without end", strings.Repeat("x", 1<<16), secret, "fault.sign_in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, m := setup(t)
			got, err := s.SignIn(context.Background(), Credentials{Login: c.login, Password: c.password, Source: "192.0.2.1"})
			if said(err) != c.want {
				t.Fatalf("got %q, want %q", said(err), c.want)
			}
			if c.want != "" {
				if len(m.state.sessions)+len(m.state.events) > 0 || got != (Opened{}) {
					t.Error("a refusal left something behind")
				}
				return
			}
			n := got.Session
			if len(got.Value) < 43 || len(n.Token) < 43 || n.Token == got.Value || n.Hash != HashToken(got.Value) {
				t.Errorf("session %+v of %q", n, got.Value)
			}
			if n.Person != "siti" || !n.Expires.Equal(m.now.Add(12*time.Hour)) || m.state.events[0].Kind != audit.SessionOpened {
				t.Errorf("session %+v, events %+v", n, m.state.events)
			}
		})
	}
}

func TestEachSignInHasANewIDAndEndsTheOldSession(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	ctx := context.Background()
	first, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret, Replaces: first.Value})
	if err != nil || second.Value == first.Value || second.Session.Token == first.Session.Token {
		t.Fatalf("%v: the id stayed the same", err)
	}
	if _, err := s.Lookup(ctx, first.Value); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the old session lives: %v", err)
	}
	// A value that somebody planted in the browser never becomes a session.
	planted := strings.Repeat("A", 43)
	if _, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret, Replaces: planted}); err != nil {
		t.Fatal(err)
	}
	if _, ok := m.state.sessions[HashToken(planted)]; ok {
		t.Error("the planted value became a session")
	}
}

func TestSessionsEndWhenTheyShould(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	open := func(t *testing.T) (*Service, *memory, Opened) {
		t.Helper()
		s, m := setup(t)
		o, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret})
		if err != nil {
			t.Fatal(err)
		}
		return s, m, o
	}
	t.Run("after half an hour without a request", func(t *testing.T) {
		t.Parallel()
		s, m, o := open(t)
		m.now = m.now.Add(idleLimit - 1)
		if _, err := s.Lookup(ctx, o.Value); err != nil {
			t.Fatalf("a moment before: %v", err)
		}
		m.now = m.now.Add(idleLimit)
		if _, err := s.Lookup(ctx, o.Value); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("after it: %v", err)
		}
	})
	t.Run("after twelve hours whatever happens", func(t *testing.T) {
		t.Parallel()
		s, m, o := open(t)
		end := m.now.Add(absoluteLimit)
		for m.now = m.now.Add(20 * time.Minute); m.now.Before(end); m.now = m.now.Add(20 * time.Minute) {
			if _, err := s.Lookup(ctx, o.Value); err != nil {
				t.Fatalf("at %v: %v", m.now, err)
			}
		}
		m.now = end
		if _, err := s.Lookup(ctx, o.Value); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("after it: %v", err)
		}
	})
	t.Run("by signing out", func(t *testing.T) {
		t.Parallel()
		s, m, o := open(t)
		if err := s.SignOut(ctx, o.Session); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Lookup(ctx, o.Value); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("after it: %v", err)
		}
		if m.state.events[len(m.state.events)-1].Kind != audit.SessionClosed {
			t.Error("no event")
		}
		if err := s.SignOut(ctx, Session{Person: "none"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("of nobody: %v", err)
		}
	})
	t.Run("by signing out everywhere else", func(t *testing.T) {
		t.Parallel()
		s, m, o := open(t)
		other, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret})
		if err != nil {
			t.Fatal(err)
		}
		m.now = m.now.Add(time.Minute)
		fresh, err := s.SignOutOthers(ctx, o.Session)
		if err != nil || !fresh.Session.AuthedAt.Equal(o.Session.AuthedAt) {
			t.Fatalf("%+v, %v", fresh, err)
		}
		for value, lives := range map[string]bool{o.Value: false, other.Value: false, fresh.Value: true} {
			if _, err := s.Lookup(ctx, value); (err == nil) != lives {
				t.Errorf("lives: %v, want %v", err == nil, lives)
			}
		}
		m.broken = errors.New("disk")
		if _, err := s.SignOutOthers(ctx, fresh.Session); !errors.Is(err, m.broken) {
			t.Errorf("with a store that fails: %v", err)
		}
		if _, err := s.SignOutOthers(ctx, Session{Person: "none"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("of nobody: %v", err)
		}
	})
	t.Run("being seen is written once a minute", func(t *testing.T) {
		t.Parallel()
		s, m, o := open(t)
		for range 100 {
			if _, err := s.Lookup(ctx, o.Value); err != nil {
				t.Fatal(err)
			}
			m.now = m.now.Add(time.Second)
		}
		if m.state.touched != 1 {
			t.Errorf("written %d times in 100 seconds", m.state.touched)
		}
	})
	t.Run("nothing and nonsense are no sessions", func(t *testing.T) {
		t.Parallel()
		s, _, _ := open(t)
		for _, value := range []string{"", "x", strings.Repeat("A", 43)} {
			if _, err := s.Lookup(ctx, value); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%q: %v", value, err)
			}
		}
	})
}

func TestChangingThePasswordEndsEverySession(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m := setup(t)
	by := m.actor(t, "siti")
	old, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"a wrong old one", "x", "sapi biru minum air", "fault.invalid old=fault.password.wrong"},
		{"the same again", secret, secret, "fault.invalid new=fault.password.same"},
		{"one that is too short", secret, "pendek", "fault.invalid new=fault.field.short"},
	} {
		if _, err := s.ChangePassword(ctx, by, PasswordChange{Old: c.old, New: c.new}); said(err) != c.want {
			t.Errorf("%s: %q, want %q", c.name, said(err), c.want)
		}
	}
	fresh, err := s.ChangePassword(ctx, by, PasswordChange{Old: secret, New: "sapi biru minum air"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Lookup(ctx, old.Value); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the old session lives: %v", err)
	}
	if _, err := s.Lookup(ctx, fresh.Value); err != nil {
		t.Errorf("the new session: %v", err)
	}
	if _, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret}); said(err) != "fault.sign_in" {
		t.Errorf("the old password: %q", said(err))
	}
	if _, err := s.ChangePassword(ctx, org.Actor{Person: "none"}, PasswordChange{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("of nobody: %v", err)
	}
	if _, err := s.ChangePassword(ctx, m.actor(t, "budi"), PasswordChange{New: "sapi biru minum air"}); said(err) != "fault.invalid old=fault.password.wrong" {
		t.Errorf("of a person without one: %q", said(err))
	}
}

func TestAStoreThatFailsLeavesNobodySignedIn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m := setup(t)
	o, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	m.broken = errors.New("disk")
	m.now = m.now.Add(touchEvery)
	_, signIn := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret, Replaces: o.Value})
	_, lookup := s.Lookup(ctx, o.Value)
	_, change := s.ChangePassword(ctx, m.actor(t, "siti"), PasswordChange{Old: secret, New: "sapi biru minum air"})
	_, _, invite := s.Invite(ctx, m.actor(t, "admin"), "budi")
	for name, err := range map[string]error{
		"sign in": signIn, "look up": lookup, "change": change, "invite": invite, "sign out": s.SignOut(ctx, o.Session),
	} {
		if !errors.Is(err, m.broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m.broken = nil
	s.opt.Random = iotest.ErrReader(errors.New("no entropy"))
	if got, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret}); err == nil {
		t.Errorf("without randomness: %+v", got)
	}
	if _, _, err := s.Invite(ctx, m.actor(t, "admin"), "budi"); err == nil {
		t.Error("an invitation without randomness")
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	for range cap(s.hasher.slots) {
		s.hasher.slots <- struct{}{}
	}
	if _, err := s.SignIn(done, Credentials{Login: "siti@pn.example", Password: secret}); !errors.Is(err, context.Canceled) {
		t.Errorf("somebody who left the queue: %v", err)
	}
	if _, err := s.hasher.hash(done, secret); !errors.Is(err, context.Canceled) {
		t.Errorf("hashing for somebody who left: %v", err)
	}
}
