package store_test

import (
	"testing"

	"zona/internal/store/storetest"
)

func TestTheStoreKeepsItsPromisesOnEveryDatabase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, storetest.Run)
}
