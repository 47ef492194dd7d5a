package auth

import (
	"context"
	"testing"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/job"
	"zona/internal/org"
)

func TestResettingAccessMakesPasswordAndSessionsVoid(t *testing.T) {
	t.Parallel()
	for _, factors := range []bool{false, true} {
		s, m := setup(t)
		s.opt.Mail = true
		ctx := context.Background()
		old, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret})
		if err != nil {
			t.Fatal(err)
		}
		m.state.factors.apps["siti"] = TOTP{Person: "siti", Secret: "JBSWY3DPEHPK3PXP", Confirmed: m.now}
		m.state.factors.keys["k"] = Passkey{ID: []byte("k"), Person: "siti"}
		m.state.factors.recovery[[32]byte{1}] = recoveryRow{person: "siti"}
		m.state.factors.apps["budi"] = TOTP{Person: "budi", Secret: "X", Confirmed: m.now}
		m.state.events = nil
		code, _, err := s.ResetAccess(ctx, org.Console(), Renewal{Person: "siti", Factors: factors})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Lookup(ctx, old.Value); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("the old session lives: %v", err)
		}
		if _, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret}); said(err) != "fault.sign_in" {
			t.Errorf("the old password opens: %v", err)
		}
		var kinds []string
		for _, e := range m.state.events {
			if e.Actor != audit.System || e.Object.ID != "siti" {
				t.Errorf("event %+v", e)
			}
			kinds = append(kinds, e.Kind)
		}
		f, _ := m.Factors(ctx, "siti")
		if f.Any() == factors || (f.Recovery == 0) != factors || len(m.state.factors.apps) == 0 {
			t.Errorf("asked to remove: %v; there are %+v", factors, f)
		}
		if want := map[bool]int{false: 1, true: 3}[factors]; len(kinds) != want {
			t.Errorf("events %v, want %d", kinds, want)
		}
		if told := len(m.state.jobs) == 1 && m.state.jobs[0] == (job.CredentialNotice{Person: "siti", Change: job.FactorRemoved}); told != factors {
			t.Errorf("jobs %v", m.state.jobs)
		}
		opened, err := s.Accept(ctx, Acceptance{Code: code, Password: "batu hijau terbang rendah"})
		if err != nil || (opened.Pending == "") != factors {
			t.Errorf("the code leads to %+v, %v", opened, err)
		}
	}
}

func TestResettingAndUnlockingAreForThoseWhoManageThePerson(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	before := len(m.state.hashes)
	for _, c := range []struct {
		by   org.Actor
		whom string
	}{{m.actor(t, "budi"), "siti"}, {m.actor(t, "admin"), "root"}, {org.Actor{}, "siti"}, {org.Console(), "nobody"}} {
		if _, _, err := s.ResetAccess(context.Background(), c.by, Renewal{Person: c.whom}); err == nil {
			t.Errorf("%s resets %s", c.by.Person, c.whom)
		}
		if err := s.Unlock(context.Background(), c.by, c.whom); err == nil {
			t.Errorf("%s unlocks %s", c.by.Person, c.whom)
		}
	}
	if len(m.state.hashes) != before || len(m.state.events)+len(m.state.codes)+len(m.state.unlocked) > 0 {
		t.Error("a refusal changed something")
	}
}

func TestUnlockingForgivesOnceAndOnlyThatAccount(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	ctx := context.Background()
	lock := func(login string) (evaluated int) {
		t.Helper()
		for i := range 20 {
			if guess(t, s, login, sourceOf(i)) {
				evaluated++
			}
		}
		return evaluated
	}
	if got := lock("siti@pn.example") + lock("budi"); got != 2*maxPerAccount {
		t.Fatalf("%d evaluations", got)
	}
	in := func() error {
		_, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret, Source: "192.0.2.7"})
		return err
	}
	if err := in(); !fault.Is(err, fault.TooMany) {
		t.Fatalf("the account is not locked: %v", err)
	}
	m.now = m.now.Add(time.Second)
	if err := s.Unlock(ctx, org.Console(), "siti"); err != nil {
		t.Fatal(err)
	}
	if err := in(); err != nil {
		t.Errorf("after unlocking: %v", err)
	}
	if guess(t, s, "budi", "192.0.2.9") {
		t.Error("another account was unlocked too")
	}
	// One forgiveness is one fresh budget, however often it is asked for.
	if got := lock("siti@pn.example"); got != maxPerAccount {
		t.Errorf("%d evaluations after one unlocking", got)
	}
	if got := lock("siti@pn.example"); got != 0 {
		t.Errorf("%d more", got)
	}
}

func TestUnlockingReachesTheSecondStep(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	for range maxFactor {
		if err := s.throttle.beginFactor("siti"); err != nil {
			t.Fatal(err)
		}
	}
	begin := func() error { return s.throttle.beginFactor("siti") }
	if err := s.admit(context.Background(), "siti@pn.example", begin); !fault.Is(err, fault.TooMany) {
		t.Fatalf("not locked: %v", err)
	}
	m.state.unlocked["siti"] = m.now
	if err := s.admit(context.Background(), "siti@pn.example", begin); err != nil {
		t.Errorf("after unlocking: %v", err)
	}
	m.now = m.now.Add(window)
	m.state.unlocked["budi"] = m.now.Add(-window)
	if s.throttle.forgive("budi", "budi", m.now.Add(-window)) {
		t.Error("an old forgiveness is honoured by a server that has just begun")
	}
}
