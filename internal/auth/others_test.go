package auth

import (
	"testing"

	"zona/internal/audit"
	"zona/internal/fault"
)

func TestSignOutOthersKeepsOnlyTheSessionThatAsks(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	ctx := t.Context()
	signIn := func() Opened {
		o, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret, Source: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	here, there := signIn(), signIn()
	if err := s.SignOutOthers(ctx, here.Session); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Lookup(ctx, there.Value); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the other session still lives: %v", err)
	}
	kept, err := s.Lookup(ctx, here.Value)
	if err != nil || kept.Expires != here.Session.Expires || kept.Token != here.Session.Token {
		t.Errorf("the own session became %+v, %v", kept, err)
	}
	if last := m.state.events[len(m.state.events)-1]; last.Kind != audit.SessionClosed || last.Actor != "siti" {
		t.Errorf("the last event is %+v", last)
	}
}
