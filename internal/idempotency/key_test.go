package idempotency

import "testing"

func TestAKeyWithoutAValueRemembersNothing(t *testing.T) {
	t.Parallel()
	if !(Key{Actor: "p", Route: "POST /x", Body: [32]byte{1}}).IsZero() {
		t.Error("a key without a value would be remembered")
	}
	if (Key{Value: "v"}).IsZero() {
		t.Error("a key with a value would not be remembered")
	}
}
