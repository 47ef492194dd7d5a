package auth

import (
	"context"
	"slices"
	"testing"

	"zona/internal/audit"
	"zona/internal/job"
	"zona/internal/org"
)

// AN-02 for a forgotten password: known or not, the answer is the same and one job is made.
func TestAN02AskingForANewPasswordLeavesTheSameBehindForEverybody(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m := setup(t)
	s.opt.Mail = true
	login := m.state.people["siti"].Login
	for i, typed := range []string{login, "tidak-ada@contoh.example", "", login, login, login} {
		before := len(m.state.jobs)
		events := len(m.state.events)
		if err := s.AskReset(ctx, typed, "203.0.113.1"); err != nil {
			t.Fatal(err)
		}
		if len(m.state.jobs) != before+1 || len(m.state.events) != events {
			t.Errorf("%q left %d jobs and %d events behind", typed, len(m.state.jobs)-before, len(m.state.events)-events)
		}
		want := job.ResetMail{}
		if typed == login && i < 5 { // three mails to one account, then silence
			want.Person = "siti"
		}
		if got := m.state.jobs[before]; got != job.Args(want) {
			t.Errorf("try %d, %q: job %+v, want %+v", i, typed, got, want)
		}
	}
	var refused bool
	for range maxAsked {
		refused = refused || said(s.AskReset(ctx, "tidak-ada@contoh.example", "203.0.113.1")) == "fault.too_many"
	}
	if !refused {
		t.Error("one source asks without end")
	}
}

func TestAResetCodeWorksOnceEndsAllSessionsAndTheOtherCodesAndTellsThePerson(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m := setup(t)
	s.opt.Mail = true
	void, _, err := s.ResetCode(ctx, "siti")
	if err != nil {
		t.Fatal(err)
	}
	code, expires, err := s.ResetCode(ctx, "siti")
	if err != nil || !expires.Equal(m.now.Add(resetLimit)) {
		t.Fatalf("%v, %v", expires, err)
	}
	paper, _, err := s.Invite(ctx, m.actor(t, "admin"), "siti")
	if err != nil {
		t.Fatal(err)
	}
	m.state.sessions[[32]byte{1}] = Session{Hash: [32]byte{1}, Person: "siti", Expires: m.now.Add(absoluteLimit)}
	reset := func(code, password string) string {
		return said(s.ResetPassword(ctx, ResetPassword{Code: code, Password: password, Source: "203.0.113.2"}))
	}
	if got := reset(void, secret); got != "fault.invalid code=fault.code" {
		t.Errorf("the older code: %q", got)
	}
	if got := reset(code, "pendek"); got != "fault.invalid password=fault.field.short" {
		t.Errorf("a short password: %q", got)
	}
	if len(m.state.sessions) == 0 {
		t.Fatal("what was refused has ended a session")
	}
	if got := reset(code, secret); got != "" {
		t.Fatalf("the code: %q", got)
	}
	for _, n := range m.state.sessions {
		if n.Person == "siti" {
			t.Error("a session of the person goes on, or one was opened")
		}
	}
	for name, old := range map[string]string{"the same code": code, "the code on paper": paper} {
		if reset(old, secret) == "" {
			t.Errorf("%s works afterwards", name)
		}
	}
	if _, err := s.Accept(ctx, Acceptance{Code: paper, Password: secret}); err == nil {
		t.Error("the code on paper works afterwards")
	}
	if !slices.Contains(m.state.jobs, job.Args(job.CredentialNotice{Person: "siti", Change: job.PasswordChanged})) {
		t.Errorf("the person is not told: %v", m.state.jobs)
	}
	kinds := make([]string, 0, len(m.state.events))
	for _, e := range m.state.events {
		kinds = append(kinds, e.Kind)
	}
	if !slices.Contains(kinds, audit.ResetIssued) || !slices.Contains(kinds, audit.PasswordReset) {
		t.Errorf("events %v", kinds)
	}
}

func TestMailGoesToTheAddressElseToALoginThatIsOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p    org.Person
		want string
	}{
		{org.Person{Email: "a@contoh.example", Login: "b@contoh.example"}, "a@contoh.example"},
		{org.Person{Login: "b@contoh.example"}, "b@contoh.example"},
		{org.Person{Login: "budi"}, ""},
	} {
		if got := MailAddress(c.p); got != c.want {
			t.Errorf("%+v: %q, want %q", c.p, got, c.want)
		}
	}
}
