package store_test

import (
	"os"
	"testing"

	"zona/internal/store/storetest"
)

func TestTheStoreKeepsItsPromisesOnSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.SQLiteURL)
}

func TestTheStoreKeepsItsPromisesOnPostgreSQL(t *testing.T) {
	t.Parallel()
	storetest.Cluster(t)
	storetest.Run(t, storetest.PostgresURL)
}

// Fifty positions at every commit, a thousand before a release.
func positions() int {
	if os.Getenv("ZONA_NIGHTLY") != "" {
		return 1000
	}
	if testing.Short() {
		return 10
	}
	return 50
}

func TestAU02EveryWayToTouchTheLogIsFoundOnSQLite(t *testing.T) {
	t.Parallel()
	storetest.AU02(t, storetest.SQLiteURL, positions())
}

func TestAU02EveryWayToTouchTheLogIsFoundOnPostgreSQL(t *testing.T) {
	t.Parallel()
	storetest.Cluster(t)
	storetest.AU02(t, storetest.PostgresURL, positions())
}

func TestAU03ALogThatWasRolledBackRaisesAnAlarmOnSQLite(t *testing.T) {
	t.Parallel()
	storetest.AU03(t, storetest.SQLiteURL)
}

func TestAU03ALogThatWasRolledBackRaisesAnAlarmOnPostgreSQL(t *testing.T) {
	t.Parallel()
	storetest.Cluster(t)
	storetest.AU03(t, storetest.PostgresURL)
}

func TestAU07AnErasedPersonIsFoundNowhereOnSQLite(t *testing.T) {
	t.Parallel()
	storetest.AU07(t, storetest.SQLiteURL)
}

func TestAU07AnErasedPersonIsFoundNowhereOnPostgreSQL(t *testing.T) {
	t.Parallel()
	storetest.Cluster(t)
	storetest.AU07(t, storetest.PostgresURL)
}
