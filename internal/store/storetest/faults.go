package storetest

import (
	"testing"

	"zona/internal/fault"
)

func wantFault(t testing.TB, what string, kind fault.Kind, do func() error) *fault.Fault {
	t.Helper()
	err := do()
	f, ok := fault.Of(err)
	if !ok || f.Kind != kind {
		t.Errorf("%s: got %v, want a fault of kind %d", what, err, kind)
		return nil
	}
	return f
}

func wantNotFound(t testing.TB, what string, do func() error) {
	t.Helper()
	wantFault(t, what, fault.NotFound, do)
}
