package storetest

import (
	"testing"
)

// Run grades a database. Every part opens its own.
func Run(t *testing.T, open Opener) {
	for _, part := range []struct {
		name string
		test func(*testing.T, Opener)
	}{
		{"everything comes back as it went in", testRoundTrips},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, open)
		})
	}
}
