package auth

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"zona/internal/audit"
	"zona/internal/fault"
)

// withApp is setup with an authenticator app of siti, a minute after it was added.
func withApp(t *testing.T) (s *Service, m *memory, key string, codes []string) {
	t.Helper()
	s, m = setup(t)
	o := enter(t, s)
	ctx := context.Background()
	if err := s.BeginApp(ctx, o.Session); err != nil {
		t.Fatal(err)
	}
	e, err := s.Enrolment(ctx, o.Session)
	if err != nil || !strings.HasPrefix(e.URL, "otpauth://totp/Zona:siti@pn.example?secret=") {
		t.Fatalf("%+v, %v", e, err)
	}
	key = strings.ReplaceAll(e.Secret, " ", "")
	_, codes, err = s.ConfirmApp(ctx, o.Session, shown(t, key, m.now))
	if err != nil {
		t.Fatal(err)
	}
	m.now = m.now.Add(time.Minute)
	return s, m, key, codes
}

// shown is what the app shows at an instant.
func shown(t *testing.T, key string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(key, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// finish signs siti in with her password and a proof.
func finish(t *testing.T, s *Service, p Proof) (Opened, error) {
	t.Helper()
	o := enter(t, s)
	if o.Pending == "" || o.Value != "" {
		t.Fatalf("in without a second step: %+v", o)
	}
	return s.FinishSignIn(context.Background(), Finish{Pending: o.Pending, Proof: p})
}

func TestAN06ACodeOfTheAppWorksOnceAndOneStepAroundNow(t *testing.T) {
	t.Parallel()
	const half = totpPeriod * time.Second
	for _, c := range []struct {
		name string
		off  time.Duration
		want string
	}{
		{"now", 0, ""},
		{"one step late", -half, ""},
		{"one step early", half, ""},
		{"two steps late", -2 * half, "fault.invalid code=factor.fault.code"},
		{"two steps early", 2 * half, "fault.invalid code=factor.fault.code"},
		{"an hour ago", -time.Hour, "fault.invalid code=factor.fault.code"},
	} {
		s, m, key, _ := withApp(t)
		m.now = m.now.Add(time.Hour)
		code := shown(t, key, m.now.Add(c.off))
		o, err := finish(t, s, Proof{Code: code[:3] + " " + code[3:]})
		if said(err) != c.want {
			t.Errorf("%s: %q, want %q", c.name, said(err), c.want)
		}
		if c.want != "" {
			continue
		}
		if !o.Session.Strong {
			t.Errorf("%s: the session is not strong", c.name)
		}
		if _, err := finish(t, s, Proof{Code: code}); said(err) != "fault.invalid code=factor.fault.code_used" {
			t.Errorf("%s, again: %q", c.name, said(err))
		}
	}
}

func TestAN06TheCodeThatSetTheAppUpDoesNotSignIn(t *testing.T) {
	t.Parallel()
	s, m, key, _ := withApp(t)
	if _, err := finish(t, s, Proof{Code: shown(t, key, m.now.Add(-time.Minute))}); err == nil {
		t.Error("it does")
	}
}

func TestAN06SecondStepsAreTriedFiveTimesInAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	s, m, key, codes := withApp(t)
	evaluated := 0
	for range 40 {
		if _, err := finish(t, s, Proof{Code: "000000"}); said(err) == "fault.invalid code=factor.fault.code" {
			evaluated++
		} else if !fault.Is(err, fault.TooMany) {
			t.Fatal(err)
		}
	}
	if evaluated != maxFactor {
		t.Errorf("%d were tried", evaluated)
	}
	if _, err := finish(t, s, Proof{Code: shown(t, key, m.now)}); !fault.Is(err, fault.TooMany) {
		t.Errorf("the right one then: %v", err)
	}
	if _, err := finish(t, s, Proof{Code: codes[0]}); !fault.Is(err, fault.TooMany) {
		t.Errorf("a recovery code then: %v", err)
	}
	// The control: after the window it is taken.
	m.now = m.now.Add(window)
	if _, err := finish(t, s, Proof{Code: shown(t, key, m.now)}); err != nil {
		t.Errorf("a quarter of an hour later: %v", err)
	}
}

func TestAN06ARecoveryCodeWorksOnceAndNewOnesMakeTheOldVoid(t *testing.T) {
	t.Parallel()
	s, m, _, codes := withApp(t)
	ctx := context.Background()
	if slices.Sort(codes); len(slices.Compact(codes)) != recoveryCodes {
		t.Fatalf("codes %q", codes)
	}
	o, err := finish(t, s, Proof{Code: " " + strings.ToLower(codes[0])})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := finish(t, s, Proof{Code: codes[0]}); said(err) != "fault.invalid code=factor.fault.code" {
		t.Errorf("again: %q", said(err))
	}
	fresh, err := s.IssueRecovery(ctx, o.Session)
	if err != nil || len(fresh) != recoveryCodes {
		t.Fatalf("%q, %v", fresh, err)
	}
	m.now = m.now.Add(window)
	if _, err := finish(t, s, Proof{Code: codes[1]}); err == nil {
		t.Error("a code from before still works")
	}
	if _, err := finish(t, s, Proof{Code: fresh[1]}); err != nil {
		t.Errorf("a new one: %v", err)
	}
	for _, e := range m.state.events {
		for _, c := range e.Changes {
			if strings.Contains(c.From+c.To, fresh[1]) {
				t.Error("a code stands in the log")
			}
		}
	}
}

func TestAWaitingSignInRunsOutAndEndsWithTheSessions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, spoil := range map[string]func(m *memory){
		"after ten minutes":     func(m *memory) { m.now = m.now.Add(waitLimit) },
		"when all sessions end": func(m *memory) { _ = m.DeleteSessionsOf(ctx, "siti") },
		"when the account is closed": func(m *memory) {
			p := m.state.people["siti"]
			p.Closed = true
			m.state.people["siti"] = p
		},
	} {
		s, m, key, _ := withApp(t)
		o := enter(t, s)
		if _, err := s.SecondStep(ctx, o.Pending); err != nil {
			t.Fatal(err)
		}
		spoil(m)
		if _, err := s.FinishSignIn(ctx, Finish{Pending: o.Pending, Proof: Proof{Code: shown(t, key, m.now)}}); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, _ := setup(t)
	for _, value := range []string{"", "x", strings.Repeat("A", 43)} {
		if _, err := s.SecondStep(ctx, value); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestACodeOnPaperDoesNotGoAroundTheSecondStep(t *testing.T) {
	t.Parallel()
	s, m, _, _ := withApp(t)
	ctx := context.Background()
	code, _, err := s.Invite(ctx, m.actor(t, "admin"), "siti")
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Accept(ctx, Acceptance{Code: code, Password: "sapi biru minum air"})
	if err != nil || o.Pending == "" || o.Value != "" {
		t.Errorf("in with %+v, %v", o, err)
	}
}

func TestAN08AProofOpensAFreshSessionUnderAnotherIDWithTheSameEnd(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	check := func(name string, m *memory, old Session, o Opened, err error) {
		t.Helper()
		switch n := o.Session; {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case n.Hash == old.Hash || n.Token == old.Token || !n.Expires.Equal(old.Expires) || !n.Fresh(m.now) || n.Device != old.Device:
			t.Errorf("%s: %+v from %+v", name, n, old)
		case m.state.sessions[old.Hash].Person != "":
			t.Errorf("%s: the old id lives", name)
		}
	}
	s, m := setup(t)
	old := enter(t, s).Session
	m.now = m.now.Add(freshLimit + time.Second)
	if old.Fresh(m.now) || !old.Fresh(old.AuthedAt.Add(freshLimit)) {
		t.Error("freshness does not end after five minutes")
	}
	for _, p := range []Proof{{}, {Password: "wrong"}, {Code: "123456"}, {Password: strings.Repeat("x", 1<<16)}} {
		if _, err := s.StepUp(ctx, old, p); said(err) != "fault.invalid password=fault.password.wrong" {
			t.Errorf("%.20q: %q", p.Password, said(err))
		}
	}
	o, err := s.StepUp(ctx, old, Proof{Password: secret})
	check("a password", m, old, o, err)

	s, m, key, _ := withApp(t)
	w, err := finish(t, s, Proof{Code: shown(t, key, m.now)})
	if err != nil {
		t.Fatal(err)
	}
	m.now = m.now.Add(freshLimit + time.Second)
	if _, err := s.StepUp(ctx, w.Session, Proof{Password: secret}); err == nil {
		t.Error("the password stands for the second step")
	}
	o, err = s.StepUp(ctx, w.Session, Proof{Code: shown(t, key, m.now)})
	check("a code", m, w.Session, o, err)

	s, m, soft, n := withPasskey(t)
	options, err := s.AskPasskey(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	m.now = m.now.Add(freshLimit + time.Second)
	o, err = s.StepUp(ctx, n, Proof{Passkey: soft.get(t, options)})
	check("a passkey", m, n, o, err)
}

func TestRemovingTheLastSecondStepTakesTheRecoveryCodesAlong(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m, _, n := withPasskey(t)
	k := Passkey{ID: firstKey(m)}
	other := enter(t, s).Pending
	o, err := s.RemovePasskey(ctx, n, k.Ref())
	if err != nil || o.Session.Strong || len(m.state.factors.recovery) != 0 || len(m.state.factors.keys) != 0 {
		t.Errorf("%+v, %v, %d codes left", o.Session, err, len(m.state.factors.recovery))
	}
	if _, err := s.SecondStep(ctx, other); err == nil {
		t.Error("a sign-in that waited for it still waits")
	}
	if again := enter(t, s); again.Value == "" {
		t.Error("a second step is asked that is not there")
	}
	kinds := map[string]int{}
	for _, e := range m.state.events {
		kinds[e.Kind]++
	}
	if kinds[audit.FactorAdded] != 1 || kinds[audit.FactorRemoved] != 1 || kinds[audit.RecoveryIssued] != 1 {
		t.Errorf("events %v", kinds)
	}
	if _, err := s.RemovePasskey(ctx, o.Session, "not/base64"); err != nil {
		t.Errorf("one that is not there: %v", err)
	}
}

func firstKey(m *memory) []byte {
	for id := range m.state.factors.keys {
		return []byte(id)
	}
	return nil
}

func TestAStoreThatFailsUsesNoCodeUpAndLetsNobodyIn(t *testing.T) {
	t.Parallel()
	s, m, key, _ := withApp(t)
	ctx := context.Background()
	o := enter(t, s)
	code := shown(t, key, m.now)
	m.broken = errors.New("disk")
	if _, err := s.FinishSignIn(ctx, Finish{Pending: o.Pending, Proof: Proof{Code: code}}); !errors.Is(err, m.broken) {
		t.Errorf("with a store that fails: %v", err)
	}
	m.broken = nil
	if _, err := s.FinishSignIn(ctx, Finish{Pending: o.Pending, Proof: Proof{Code: code}}); err != nil {
		t.Errorf("the same code then: %v", err)
	}
}

func TestWhatIsOnlyBegunIsNoSecondStep(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m := setup(t)
	n := enter(t, s).Session
	if err := s.BeginApp(ctx, n); err != nil {
		t.Fatal(err)
	}
	if o := enter(t, s); o.Value == "" {
		t.Error("an app that is being added is asked for")
	}
	for want, err := range map[string]error{
		"factor.fault.none":        second2(s.IssueRecovery(ctx, n)),
		"factor.fault.not_offered": second2(s.BeginPasskey(ctx, n)),
		"fault.not_found":          second2(s.Enrolment(ctx, enterAs(t, s, m, "root"))),
	} {
		if said(err) != want {
			t.Errorf("%q, want %q", said(err), want)
		}
	}
	if _, _, err := s.ConfirmApp(ctx, enterAs(t, s, m, "root"), "123456"); said(err) != "factor.fault.not_adding" {
		t.Errorf("confirming nothing: %q", said(err))
	}
	s, _, _, _ = withApp(t) //nolint:dogsled // all that is needed of it is the service
	if err := s.BeginApp(ctx, Session{Person: "siti"}); said(err) != "factor.fault.app_there" {
		t.Errorf("a second app: %q", said(err))
	}
	over, err := s.Overview(ctx, Session{Person: "siti"})
	if err != nil || !over.App || over.Recovery != recoveryCodes || len(over.Sessions) != 1 {
		t.Errorf("%+v, %v", over, err)
	}
}

func second2[T any](_ T, err error) error { return err }

// enterAs is a session of somebody else.
func enterAs(t *testing.T, s *Service, m *memory, person string) Session {
	t.Helper()
	o, err := s.openFresh(context.Background(), m, m.state.people[person], "", false)
	if err != nil {
		t.Fatal(err)
	}
	return o.Session
}

func TestOneSessionEndsAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m := setup(t)
	here, there := enter(t, s), enter(t, s)
	foreign := enterAs(t, s, m, "root")
	for _, id := range []string{"", "x", foreign.ID(), here.Session.ID(), there.Session.ID(), there.Session.ID()} {
		if err := s.EndSession(ctx, here.Session, id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := s.Lookup(ctx, there.Value); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the ended one lives: %v", err)
	}
	if _, err := s.Lookup(ctx, here.Value); err != nil {
		t.Errorf("this one: %v", err)
	}
	if m.state.sessions[foreign.Hash].Person != "root" {
		t.Error("a session of somebody else was ended")
	}
	m.now = m.now.Add(idleLimit)
	if n, err := s.Sweep(ctx); err != nil || n != 2 {
		t.Errorf("swept %d, %v", n, err)
	}
}
