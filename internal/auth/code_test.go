package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/org"
)

// empty is the first start: nobody has an account.
func empty(t *testing.T) (*Service, *memory) {
	t.Helper()
	s, m := setup(t)
	clear(m.state.people)
	clear(m.state.hashes)
	m.state.roles = nil
	return s, m
}

func first(code string) FirstAdministrator {
	return FirstAdministrator{Code: code, Name: "Siti", Login: "siti", Password: secret, Lang: "id", Source: "192.0.2.1"}
}

func TestSetUpMakesOneAdministratorOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m := empty(t)
	if needed, err := s.SetUpNeeded(ctx); err != nil || !needed {
		t.Fatalf("%v, %v", needed, err)
	}
	void, err := s.PrepareSetUp(ctx)
	if err != nil {
		t.Fatal(err)
	}
	code, err := s.PrepareSetUp(ctx)
	if err != nil || code == void || len(code) != 29 {
		t.Fatalf("code %q, %v", code, err)
	}
	for hash := range m.state.codes {
		if hash != HashCode(code) {
			t.Error("the older code still works")
		}
	}
	for _, c := range []struct {
		name, want string
		cmd        func(*FirstAdministrator)
	}{
		{"a wrong code", "fault.invalid code=fault.code", func(c *FirstAdministrator) { c.Code = "AAAAA" }},
		{"the older code", "fault.invalid code=fault.code", func(c *FirstAdministrator) { c.Code = void }},
		{"no name", "fault.invalid name=fault.field.required", func(c *FirstAdministrator) { c.Name = "" }},
		{"a bad login and a bad password", "fault.invalid password=fault.field.short login=fault.person.login", func(c *FirstAdministrator) { c.Login, c.Password = "x", "y" }},
	} {
		cmd := first(code)
		c.cmd(&cmd)
		if _, err := s.SetUp(ctx, cmd); said(err) != c.want {
			t.Errorf("%s: %q, want %q", c.name, said(err), c.want)
		}
	}
	if len(m.state.people) > 0 || len(m.state.events) > 0 {
		t.Fatal("a refused form left something behind")
	}

	typed := strings.ToLower(strings.ReplaceAll(code, "-", " "))
	o, err := s.SetUp(ctx, first(typed))
	if err != nil {
		t.Fatal(err)
	}
	if !org.Can(m.actor(t, o.Session.Person), org.RunInstance, org.Object{}, org.State{At: m.now}).Allow {
		t.Error("the first administrator may not run the instance")
	}
	var kinds []string
	for _, e := range m.state.events {
		kinds = append(kinds, e.Kind)
	}
	want := strings.Join([]string{audit.PersonCreated, audit.AssignmentCreated, audit.InstanceSetUp, audit.SessionOpened}, " ")
	if strings.Join(kinds, " ") != want {
		t.Errorf("events %v, want %s", kinds, want)
	}
	if _, err := s.SetUp(ctx, first(code)); !fault.Is(err, fault.NotFound) {
		t.Errorf("a second time: %v", err)
	}
	if code, err := s.PrepareSetUp(ctx); code != "" || err != nil {
		t.Errorf("a code for a system that is set up: %q, %v", code, err)
	}
	if _, err := s.SignIn(ctx, Credentials{Login: "siti", Password: secret}); err != nil {
		t.Errorf("signing in with what was typed: %v", err)
	}
}

func TestOfTwoWhoHaveTheSetUpCodeOneSucceeds(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := empty(t)
	code, err := s.PrepareSetUp(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// Both have passed the first look when the first of them is done.
	var wins int
	for range 2 {
		p := org.Person{ID: "x"}
		_, err := s.replacePassword(ctx, p, newPassword{
			text: secret, kind: audit.InstanceSetUp, enter: s.entering(p, Browser{}),
			first: func(ctx context.Context, st Store) error { return use(ctx, st, code, Setup, "") },
		})
		if err == nil {
			wins++
		} else if said(err) != "fault.invalid code=fault.code" {
			t.Errorf("the loser is told %q", said(err))
		}
	}
	if wins != 1 {
		t.Errorf("%d succeeded", wins)
	}
}

func TestASetUpCodeRunsOut(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m := empty(t)
	code, err := s.PrepareSetUp(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m.now = m.now.Add(setUpLimit)
	if err := s.CheckSetUp(ctx, code, ""); said(err) != "fault.invalid code=fault.code" {
		t.Errorf("after its time: %q", said(err))
	}
	s.opt.Random = iotest.ErrReader(errors.New("no entropy"))
	if code, err := s.PrepareSetUp(ctx); err == nil {
		t.Errorf("a code without randomness: %q", code)
	}
}

func TestInvitationsSetAPasswordOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m := setup(t)
	void, _, err := s.Invite(ctx, m.actor(t, "admin"), "budi")
	if err != nil {
		t.Fatal(err)
	}
	code, expires, err := s.Invite(ctx, m.actor(t, "admin"), "budi")
	if err != nil || !expires.Equal(m.now.Add(invitationLimit)) {
		t.Fatalf("%v, %v", expires, err)
	}
	if e := m.state.events[0]; e.Kind != audit.InvitationIssued || e.Actor != "admin" || e.Object.ID != "budi" {
		t.Errorf("event %+v", e)
	}
	if _, err := s.Invited(ctx, void, ""); said(err) != "fault.invalid code=fault.code" {
		t.Errorf("the older code: %q", said(err))
	}
	if p, err := s.Invited(ctx, code, ""); err != nil || p.ID != "budi" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := s.Accept(ctx, Acceptance{Code: code, Password: "budi12345678"}); said(err) != "fault.invalid password=fault.password.login" {
		t.Errorf("the login as password: %q", said(err))
	}
	o, err := s.Accept(ctx, Acceptance{Code: code, Password: secret})
	if err != nil || o.Session.Person != "budi" {
		t.Fatalf("%+v, %v", o, err)
	}
	if _, err := s.Accept(ctx, Acceptance{Code: code, Password: secret}); said(err) != "fault.invalid code=fault.code" {
		t.Errorf("a second time: %q", said(err))
	}
	if _, err := s.SignIn(ctx, Credentials{Login: "budi", Password: secret}); err != nil {
		t.Errorf("the new password: %v", err)
	}

	// A code for one person never opens another account, nor one that was closed meanwhile.
	code, _, err = s.Invite(ctx, m.actor(t, "admin"), "budi")
	if err != nil {
		t.Fatal(err)
	}
	if err := use(ctx, m, code, Invitation, "siti"); said(err) != "fault.invalid code=fault.code" {
		t.Errorf("for another person: %q", said(err))
	}
	code, _, err = s.Invite(ctx, m.actor(t, "admin"), "budi")
	if err != nil {
		t.Fatal(err)
	}
	closed := m.state.people["budi"]
	closed.Closed = true
	m.state.people["budi"] = closed
	if _, err := s.Accept(ctx, Acceptance{Code: code, Password: secret}); said(err) != "fault.invalid code=fault.code" {
		t.Errorf("for a closed account: %q", said(err))
	}
	if _, _, err := s.Invite(ctx, m.actor(t, "admin"), "budi"); said(err) != "fault.person.closed" {
		t.Errorf("inviting a closed account: %q", said(err))
	}
}

func TestOnlyThoseWhoManageAPersonEverywhereInvite(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m := setup(t)
	for _, c := range []struct{ by, whom, want string }{
		{"siti", "budi", "fault.forbidden"},
		{"admin", "none", "fault.not_found"},
		{"admin", "root", "fault.person.above"}, // the code would make an administrator of the instance
		{"root", "root", ""},
		{"root", "budi", ""},
	} {
		if _, _, err := s.Invite(ctx, m.actor(t, c.by), c.whom); said(err) != c.want {
			t.Errorf("%s invites %s: %q, want %q", c.by, c.whom, said(err), c.want)
		}
	}
	stranger := org.Actor{Person: "x", Institution: "k"}
	if _, _, err := s.Invite(ctx, stranger, "budi"); said(err) != "fault.not_found" {
		t.Errorf("a stranger: %q", said(err))
	}
}

func TestCodesAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	value, hash, err := NewCode(rand.Reader)
	if err != nil || strings.ContainsAny(value, "ILOU") {
		t.Fatalf("%q, %v", value, err)
	}
	confused := strings.NewReplacer("0", "o", "1", "l", "-", " ").Replace(strings.ToLower(value))
	for _, typed := range []string{value, strings.ToLower(value), " " + value + "\n", confused, strings.ReplaceAll(value, "-", "")} {
		if HashCode(typed) != hash {
			t.Errorf("%q is not read as %q", typed, value)
		}
	}
	if HashCode(value+"0") == hash {
		t.Error("another code is read as the same")
	}
	for name, draw := range map[string]func() error{
		"code":  func() error { _, _, err := NewCode(iotest.ErrReader(errors.New("x"))); return err },
		"token": func() error { _, _, err := NewToken(iotest.ErrReader(errors.New("x"))); return err },
	} {
		if draw() == nil {
			t.Errorf("a %s without randomness", name)
		}
	}
}

func FuzzHashCode(f *testing.F) {
	f.Add("7K2QM-00000-oOiIl")
	f.Add("\xff\u0130 -")
	f.Fuzz(func(t *testing.T, s string) {
		if HashCode(s) != HashCode(" "+s+" ") {
			t.Fatalf("blanks around %q matter", s)
		}
	})
}

func TestThrottleStopsGuessingAndNobodyElse(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m := setup(t)
	try := func(login, password, source string) error {
		_, err := s.SignIn(ctx, Credentials{Login: login, Password: password, Source: source})
		return err
	}
	own, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret, Source: "192.0.2.2"})
	if err != nil || own.Device == "" {
		t.Fatalf("%+v, %v", own, err)
	}
	known := own.Device
	for range maxPerAccount {
		if err := try("siti@pn.example", "wrong", "192.0.2.1"); said(err) != "fault.sign_in" {
			t.Fatalf("within the budget: %v", err)
		}
	}
	before := m.state.evaluated
	err = try("siti@pn.example", secret, "192.0.2.1")
	if f, ok := fault.Of(err); !ok || f.Kind != fault.TooMany || f.RetryAfter != int(window/time.Second) || f.Args["Count"] != 15 {
		t.Errorf("over the budget: %+v", f)
	}
	if m.state.evaluated != before {
		t.Error("a throttled try was evaluated")
	}
	if _, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret, Source: "192.0.2.2", Browser: Browser{Known: known}}); err != nil {
		t.Errorf("the owner, in a browser of hers: %v", err)
	}
	m.now = m.now.Add(window)
	if err := try("siti@pn.example", secret, "192.0.2.1"); err != nil {
		t.Errorf("after the window: %v", err)
	}
	// One source over many accounts.
	for i := range maxPerSource {
		if err := try("user"+strings.Repeat("x", i), "wrong", "192.0.2.1"); said(err) != "fault.sign_in" {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	if err := try("another", "wrong", "192.0.2.1"); !fault.Is(err, fault.TooMany) {
		t.Errorf("a source over its budget: %v", err)
	}
	if err := try("siti@pn.example", secret, "192.0.2.1"); err != nil {
		t.Errorf("a colleague who has signed in from there: %v", err)
	}
	if _, err := s.Invited(ctx, "AAAAA", "192.0.2.1"); !fault.Is(err, fault.TooMany) {
		t.Errorf("codes from a source over its budget: %v", err)
	}
}

func TestThrottleCountsParallelTriesBeforeTheyAreMade(t *testing.T) {
	t.Parallel()
	th := newThrottle(func() time.Time { return time.Unix(0, 0) })
	var wg sync.WaitGroup
	var mu sync.Mutex
	begun := 0
	for range 100 {
		wg.Go(func() {
			if th.begin("192.0.2.1", "siti") == nil {
				mu.Lock()
				begun++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if begun != maxPerAccount {
		t.Errorf("%d tries were let through", begun)
	}
}

func TestThrottleHoldsABoundedTable(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	th := newThrottle(func() time.Time { return now })
	for i := range maxTracked + 10 {
		if i == maxTracked/4 {
			now = now.Add(window) // the first quarter has run out
		}
		if err := th.begin("source "+strconv.Itoa(i), "siti"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(th.tries); n > maxTracked+1 {
		t.Errorf("%d entries", n)
	}
}

func TestOneNetworkIsOneSource(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.1":            "192.0.2.1",
		"::ffff:192.0.2.1":     "192.0.2.1",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
		"unix":                 "unix",
	} {
		if got := network(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
