package job

import (
	"errors"
	"fmt"
	"testing"
)

func TestOnlyAMarkedFailureIsFinal(t *testing.T) {
	t.Parallel()
	cause := errors.New("refused for good")
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{Final(nil), false},
		{cause, false},
		{Final(cause), true},
		{fmt.Errorf("send a mail: %w", Final(cause)), true},
	} {
		if got := IsFinal(c.err); got != c.want {
			t.Errorf("IsFinal(%v) = %v", c.err, got)
		}
	}
	if !errors.Is(Final(cause), cause) {
		t.Error("the cause of a final failure is lost")
	}
}

func TestEveryKindHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, a := range []Args{InvitationMail{}, ResetMail{}, CredentialNotice{}} {
		if a.Kind() == "" || seen[a.Kind()] {
			t.Errorf("%T is called %q", a, a.Kind())
		}
		seen[a.Kind()] = true
	}
}
