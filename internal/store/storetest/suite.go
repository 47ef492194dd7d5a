package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"zona/internal/assessment"
	"zona/internal/audit"
	"zona/internal/exact"
	"zona/internal/instrument"
)

// Run grades a database. Every part makes its own.
func Run(t *testing.T, fresh Fresh) {
	for _, part := range []struct {
		name string
		test func(*testing.T, Fresh)
	}{
		{"everything comes back as it went in", testRoundTrips},
		{"a transaction lands whole or not at all", testAtomic},
		{"a panic in a transaction leaves nothing behind", testPanic},
		{"a transaction runs at one instant", testInstant},
		{"an answer that the writer has not seen is not overwritten", testOvertaken},
		{"eight writers on one sheet lose nothing", testEightWriters},
		{"a sheet is held until the transaction ends", testHeldSheet},
		{"of eight who save many answers at once one wins", testOneOfMany},
		{"a key has one effect (CC-03)", testOneEffect},
		{"old keys are forgotten and young ones kept", testForgets},
		{"second steps come back as they went in and are used once", testFactors},
		{"of eight who give one code at once one is let in (AN-06)", testOneUseOfAStep},
		{"an account is unlocked, and a password taken away", testUnlocking},
		{"a sign-in waits, is taken once and runs out", testSignInSteps},
		{"what has run out is swept, a few at a time", testSweep},
		{"a job exists exactly when its transaction does", testEnqueued},
		{"lists show what is within reach and nothing else", testReach},
		{"people are listed page by page", testPeoplePages},
		{"units move, close and keep their history", testMoving},
		{"several people come at once or not at all", testStaff},
		{"nobody judges where he is not impartial (AZ-01)", testConflicts},
		{"the last administrator stays", testLastAdministrator},
		{"a list costs one statement, however long", testOneStatement},
		{"rows refer to rows of the same institution", testReferences},
		{"a log that nobody touched is found whole", testCleanLog},
		{"everybody's events stand in one log", testOneLog},
		{"another log is not the one of the checkpoint", testOtherLog},
		{"other ways to touch the log are found too", testTouchedLog},
		{"the log is read within reach and by filter", testTrailReach},
		{"the log is proved from its stored hashes", testTrailProofs},
		{"checkpoints wait for each sink in order", testBacklog},
		{"one server anchors at a time", testLease},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, fresh)
		})
	}
}

// setAnswer is the shape of every change of an answer: hold the sheet, save under a revision, total what stands,
// tell the log. The total is the plain sum of all index answers.
func setAnswer(ctx context.Context, s assessment.Store, w world, e assessment.Entry, wasRev int) error {
	if _, err := s.Lock(ctx, w.Sheet.ID); err != nil {
		return err
	}
	before, err := s.Entries(ctx, w.Sheet.ID)
	if err != nil {
		return err
	}
	e.ChangedBy, e.ChangedAt = w.Person.ID, s.Now()
	if err := s.SaveEntry(ctx, w.Sheet.ID, e, wasRev); err != nil {
		return err
	}
	was := instrument.Answer{}
	stands := []assessment.Entry{e}
	for _, b := range before {
		if b.Question == e.Question {
			was = b.Answer
			continue
		}
		stands = append(stands, b)
	}
	if _, err := s.SaveTotals(ctx, w.Sheet.ID, sum(stands), len(stands), s.Now()); err != nil {
		return err
	}
	event := w.event(audit.AnswerSet, audit.Change{Field: "answer:" + e.Question, From: form(was), To: form(e.Answer)})
	if e.Note != "" {
		event.Personal = []audit.Personal{{Field: "note:" + e.Question, Value: e.Note}}
	}
	return s.Append(ctx, event)
}

func sum(entries []assessment.Entry) exact.Number {
	var total exact.Number
	for _, e := range entries {
		if e.Answer.Number != nil {
			total = total.Add(*e.Answer.Number)
		}
	}
	return total
}

// form is the JSON form of an answer as events carry it.
func form(a instrument.Answer) string {
	if !a.Given() {
		return ""
	}
	b, err := a.MarshalJSON()
	if err != nil {
		return err.Error() // no answer of the tests; it would fail every comparison
	}
	return string(b)
}

// raw connects to a database behind the back of the store, as an administrator could.
func raw(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", url
	if !strings.Contains(url, "://") {
		driver, dsn = "sqlite", "file:"+url+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatalf("connect behind the back of the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// digest is a hash over every row of every table but those that only the migrations write.
func digest(t testing.TB, db *sql.DB, url string) string {
	t.Helper()
	tables := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%' ORDER BY name`
	if strings.Contains(url, "://") {
		tables = `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'goose%' ORDER BY tablename`
	}
	h := sha256.New()
	for _, table := range texts(t, db, tables) {
		lines := linesOf(t, db, table)
		fmt.Fprintf(h, "%s %d\n%s\n", table, len(lines), strings.Join(sorted(lines), "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// linesOf prints every row of a table.
func linesOf(t testing.TB, db *sql.DB, table string) (lines []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatalf("digest of %s: %v", table, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatalf("digest of %s: %v", table, err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatalf("digest of %s: %v", table, err)
		}
		lines = append(lines, fmt.Sprintf("%q", values))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("digest of %s: %v", table, err)
	}
	return lines
}

// texts reads a column of text.
func texts(t testing.TB, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return list
}
