package store_test

import (
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
