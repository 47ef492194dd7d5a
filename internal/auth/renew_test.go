package auth

import (
	"context"
	"testing"
	"time"

	"zona/internal/fault"
)

func TestAN04ARenewedSessionHasAnotherIDAndTheSameEnd(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	ctx := context.Background()
	before, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	m.now = m.now.Add(20 * time.Minute)
	// The control: a session that nothing has changed goes on under its id.
	old, err := s.Lookup(ctx, before.Value)
	if err != nil {
		t.Fatal(err)
	}
	// The change of roles has ended it, with all others of the person.
	if err := m.DeleteSessionsOf(ctx, "siti"); err != nil {
		t.Fatal(err)
	}
	after, err := s.Renew(ctx, old)
	if err != nil {
		t.Fatal(err)
	}
	n := after.Session
	if after.Value == before.Value || n.Hash == old.Hash || n.Token == old.Token || n.Hash != HashToken(after.Value) {
		t.Errorf("id or form token stayed the same: %+v", n)
	}
	if n.Person != "siti" || !n.AuthedAt.Equal(old.AuthedAt) || !n.Expires.Equal(old.Expires) || !n.Seen.Equal(m.now) {
		t.Errorf("renewed to %+v from %+v", n, old)
	}
	if _, err := s.Lookup(ctx, before.Value); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the old id still lives: %v", err)
	}
	if got, err := s.Lookup(ctx, after.Value); err != nil || got.Person != "siti" {
		t.Errorf("the new id does not: %+v, %v", got, err)
	}
	// An id that is still stored ends too.
	third, err := s.Renew(ctx, n)
	if err != nil || len(m.state.sessions) != 1 {
		t.Errorf("%v, %d sessions", err, len(m.state.sessions))
	}
	if again, err := s.SignOutOthers(ctx, third.Session); err != nil || !again.Session.Expires.Equal(old.Expires) || again.Value == third.Value {
		t.Errorf("ending the others prolongs a session without a password: %+v, %v", again.Session, err)
	}
}

func TestAN04NothingThatHasEndedIsRenewed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, c := range map[string]struct {
		spoil func(m *memory, n *Session)
		want  string
	}{
		"a session that lives": {func(*memory, *Session) {}, ""},
		"no session":           {func(_ *memory, n *Session) { *n = Session{} }, "fault.unauthenticated"},
		"an idle one":          {func(m *memory, _ *Session) { m.now = m.now.Add(idleLimit) }, "fault.unauthenticated"},
		"one at its end":       {func(m *memory, n *Session) { n.Expires = m.now }, "fault.unauthenticated"},
		"one of a closed account": {func(m *memory, _ *Session) {
			p := m.state.people["siti"]
			p.Closed = true
			m.state.people["siti"] = p
		}, "fault.unauthenticated"},
		"one of nobody": {func(_ *memory, n *Session) { n.Person = "none" }, "fault.not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, m := setup(t)
			o, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret})
			if err != nil {
				t.Fatal(err)
			}
			n := o.Session
			c.spoil(m, &n)
			made, err := s.Renew(ctx, n)
			if said(err) != c.want || (made == Opened{}) != (c.want != "") {
				t.Errorf("%q, made %+v, want %q", said(err), made, c.want)
			}
		})
	}
}
