package storetest

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"zona/internal/audit"
	"zona/internal/store"
)

// logTables are what somebody with the database's password would touch.
var logTables = []string{"event", "event_field", "event_personal", "log_hash", "entry"}

// keep copies the tables that are touched and returns what puts them back.
func keep(t testing.TB, db *sql.DB) (restore func()) {
	t.Helper()
	for _, table := range logTables {
		run(t, db, "CREATE TABLE kept_"+table+" AS SELECT * FROM "+table)
	}
	return func() {
		whole(t, db, func(q execer) {
			for _, table := range slices.Backward(logTables) {
				run(t, q, "DELETE FROM "+table)
				run(t, q, "INSERT INTO "+table+" SELECT * FROM kept_"+table)
			}
		})
	}
}

// whole runs fn in one transaction behind the back of the store.
func whole(t testing.TB, db *sql.DB, fn func(q execer)) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatalf("begin behind the back of the store: %v", err)
	}
	defer func() { _ = tx.Rollback() }() // after the commit it does nothing
	fn(tx)
	if err := tx.Commit(); err != nil {
		t.Fatalf("commit behind the back of the store: %v", err)
	}
}

// touched is a log that somebody touches.
type touched struct {
	t      testing.TB
	sqlite bool
	events []audit.Record // as they were
	size   int64
}

// mutation is one way to touch a log at a record.
type mutation struct {
	name string
	do   func(w touched, q execer, at int64)
	// blames says that the first problem names just this record
	blames bool
	// needsAnchor: whoever does this leaves tables that agree with one another
	needsAnchor bool
}

// mutations are the eight ways of AU-02.
var mutations = []mutation{
	{name: "edit the event", blames: true, do: func(w touched, q execer, at int64) {
		run(w.t, q, fmt.Sprintf(`UPDATE event SET canonical = %s WHERE seq = %d`, w.blob(w.edited(at)), at))
	}},
	{name: "delete the event", blames: true, do: func(w touched, q execer, at int64) {
		for _, table := range []string{"event", "event_field", "event_personal"} {
			run(w.t, q, fmt.Sprintf(`DELETE FROM %s WHERE seq = %d`, table, at))
		}
	}},
	{name: "insert an event", blames: true, do: func(w touched, q execer, at int64) {
		for _, table := range []string{"event", "event_field", "event_personal"} {
			run(w.t, q, fmt.Sprintf(`UPDATE %s SET seq = -seq - 2 WHERE seq >= %d`, table, at))
			run(w.t, q, fmt.Sprintf(`UPDATE %s SET seq = -seq - 1 WHERE seq < 0`, table))
		}
		run(w.t, q, fmt.Sprintf(`INSERT INTO event (seq, canonical, kind, at, actor, institution, unit, object_kind, object_id)
			SELECT %d, canonical, kind, at, 'budi', institution, unit, object_kind, object_id FROM event WHERE seq = %d`, at, at+1))
	}},
	{name: "reorder two events", blames: true, do: func(w touched, q execer, at int64) {
		run(w.t, q, `UPDATE event SET seq = -1 WHERE seq = `+fmt.Sprint(at))
		run(w.t, q, fmt.Sprintf(`UPDATE event SET seq = %d WHERE seq = %d`, at, at+1))
		run(w.t, q, fmt.Sprintf(`UPDATE event SET seq = %d WHERE seq = -1`, at+1))
	}},
	{name: "re-time the event", blames: true, do: func(w touched, q execer, at int64) {
		run(w.t, q, fmt.Sprintf(`UPDATE event SET at = at - 86400000 WHERE seq = %d`, at))
	}},
	{name: "edit the answer only", do: func(w touched, q execer, at int64) {
		run(w.t, q, fmt.Sprintf(`UPDATE entry SET value = '99' WHERE question = '%s'`, question(int(at%7))))
	}},
	{name: "edit event and answer and recompute the chain", needsAnchor: true, do: touched.rewrite},
	{name: "cut the end off", needsAnchor: true, do: func(w touched, q execer, at int64) {
		for _, table := range []string{"event", "event_field", "event_personal"} {
			run(w.t, q, fmt.Sprintf(`DELETE FROM %s WHERE seq >= %d`, table, at))
		}
		run(w.t, q, fmt.Sprintf(`DELETE FROM log_hash WHERE position >= %d`, tlog.StoredHashIndex(0, at)))
	}},
}

// AU02 touches a log in eight ways at each of so many random records, and expects to be told of each; the verifier has
// the database and the last checkpoint that was kept outside. The control is the log itself: put back, it is found
// whole every time.
func AU02(t *testing.T, fresh Fresh, positions int) {
	t.Helper()
	url := fresh(t)
	db := Open(t, store.Config{URL: url}, nil)
	w := newWorld(t, db)
	anchor := fillLog(t, w, 40)
	behind := raw(t, url)
	behind.SetMaxOpenConns(1)
	if strings.Contains(url, "://") {
		run(t, behind, "SET synchronous_commit = off")
	} else {
		run(t, behind, "PRAGMA synchronous = OFF")
	}
	restore := keep(t, behind)
	it := touched{t: t, sqlite: !strings.Contains(url, "://"), size: anchor.Size}
	for _, b := range blobs(t, behind, `SELECT canonical FROM event ORDER BY seq`) {
		r, err := audit.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		it.events = append(it.events, r)
	}
	random := rand.New(rand.NewPCG(2, 2))
	missed, alarms := 0, 0
	for range positions {
		at := random.Int64N(anchor.Size - 1) // the last one has none after it to be swapped with
		for _, m := range mutations {
			whole(t, behind, func(q execer) { m.do(it, q, at) })
			anchored := must(db.Verify(t.Context(), anchor))(t, m.name)
			if !m.tells(anchored, at) {
				missed++
				t.Errorf("%s at record %d of %d: %+v", m.name, at, anchor.Size, anchored)
			}
			restore()
		}
		if r := must(db.Verify(t.Context(), anchor))(t, "verify"); r.Found > 0 {
			alarms++
			t.Errorf("after everything was put back: %+v", r.Problems)
		}
	}
	t.Logf("%d positions, %d mutations: %d missed, %d false alarms", positions, positions*len(mutations), missed, alarms)
}

// tells reports whether the verifier found the mutation, and said where. What needs no checkpoint must be found by
// more than the checkpoint. Answers that do not fit name the event that they should fit, which may be an earlier one.
func (m mutation) tells(r store.Report, at int64) bool {
	isAnchor := func(p store.Problem) bool { return p.Code == store.ProblemAnchor }
	if m.needsAnchor {
		return slices.ContainsFunc(r.Problems, isAnchor)
	}
	first, alone := int64(-1), false
	for _, p := range r.Problems {
		alone = alone || !isAnchor(p)
		if p.Code != store.ProblemSheet && p.Seq >= 0 && (first < 0 || p.Seq < first) {
			first = p.Seq
		}
	}
	return alone && (!m.blames || first == at)
}

// edited is the event as somebody else's, in canonical bytes.
func (w touched) edited(at int64) []byte {
	r := w.events[at]
	r.Event.Actor = "budi"
	b, err := audit.Canonical(at, r.Event, r.Commitments)
	if err != nil {
		w.t.Fatalf("edit event %d: %v", at, err)
	}
	return b
}

// blob is bytes as a literal of both databases.
func (w touched) blob(b []byte) string {
	if w.sqlite {
		return fmt.Sprintf("X'%x'", b)
	}
	return fmt.Sprintf(`'\x%x'::bytea`, b)
}

// rewrite makes the event another person's, everywhere, and computes all hashes anew.
func (w touched) rewrite(q execer, at int64) {
	run(w.t, q, fmt.Sprintf(`UPDATE event SET canonical = %s, actor = 'budi' WHERE seq = %d`, w.blob(w.edited(at)), at))
	// The answer with it, where this event is the last one about it.
	for _, c := range w.events[at].Event.Changes {
		if asked, ok := strings.CutPrefix(c.Field, "answer:"); ok {
			run(w.t, q, fmt.Sprintf(`UPDATE entry SET changed_by = 'budi' WHERE question = '%s' AND changed_at = %d
				AND NOT EXISTS (SELECT 1 FROM event_field f WHERE f.field = '%s' AND f.seq > %d)`,
				asked, w.events[at].Event.At.UnixMilli(), c.Field, at))
		}
	}
	hashes := memory{}
	for seq := range w.size {
		b, err := audit.Canonical(seq, w.events[seq].Event, w.events[seq].Commitments)
		if err != nil {
			w.t.Fatalf("event %d: %v", seq, err)
		}
		if seq == at {
			b = w.edited(at)
		}
		more, err := tlog.StoredHashes(seq, b, &hashes)
		if err != nil {
			w.t.Fatalf("hashes of event %d: %v", seq, err)
		}
		hashes = append(hashes, more...)
	}
	run(w.t, q, `DELETE FROM log_hash`)
	rows := make([]string, len(hashes))
	for i, h := range hashes {
		rows[i] = fmt.Sprintf("(%d, %s)", i, w.blob(h[:]))
	}
	run(w.t, q, `INSERT INTO log_hash (position, hash) VALUES `+strings.Join(rows, ", "))
}

// memory are the stored hashes of a tree.
type memory []tlog.Hash

// ReadHashes is tlog.HashReader's.
func (m *memory) ReadHashes(positions []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(positions))
	for i, p := range positions {
		found[i] = (*m)[p]
	}
	return found, nil
}

// blobs reads a column of bytes.
func blobs(t testing.TB, db *sql.DB, query string) (list [][]byte) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		list = append(list, b)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return list
}

// sleights are further ways to touch a log; %d is the record. All are found without a checkpoint.
var sleights = []struct {
	name string
	do   string
}{
	{"edit a column", `UPDATE event SET actor = 'budi' WHERE seq = %[1]d`},
	{"take the bytes of another event", `UPDATE event SET canonical = (SELECT canonical FROM event WHERE seq = %[1]d + 1) WHERE seq = %[1]d`},
	{"edit a stored hash", `UPDATE log_hash SET hash = (SELECT hash FROM log_hash WHERE position = %[1]d + 1) WHERE position = %[1]d`},
	{"delete a stored hash", `DELETE FROM log_hash WHERE position = %[1]d`},
	{"hide a field from the history", `DELETE FROM event_field WHERE seq = (SELECT max(seq) FROM event_field)`},
	{"edit a personal value", `UPDATE event_personal SET value = value || 'x' WHERE seq = (SELECT max(seq) FROM event_personal)`},
	{"edit a note only", `UPDATE entry SET note = 'lain' WHERE question = 'A.I.1'`},
	{"edit who gave an answer", `UPDATE entry SET changed_by = 'budi' WHERE question = 'A.I.1'`},
	{"delete an answer", `DELETE FROM entry WHERE question = 'A.I.1'`},
}

// testTouchedLog tries what AU-02 does not name, at the beginning, in the middle and near the end.
func testTouchedLog(t *testing.T, fresh Fresh) {
	url := fresh(t)
	db := Open(t, store.Config{URL: url}, nil)
	w := newWorld(t, db)
	anchor := fillLog(t, w, 20)
	behind := raw(t, url)
	restore := keep(t, behind)
	for _, s := range sleights {
		for _, record := range []int64{0, 1, anchor.Size / 2, anchor.Size - 2} {
			statement := s.do
			if strings.Contains(statement, "%[1]d") {
				statement = fmt.Sprintf(statement, record)
			}
			run(t, behind, statement)
			if r := must(db.Verify(t.Context()))(t, s.name); r.Found == 0 {
				t.Errorf("%s at record %d was not found", s.name, record)
			}
			restore()
		}
	}
	// The control: what was restored is found whole, so that nothing above was found for another reason.
	if r := must(db.Verify(t.Context(), anchor))(t, "verify"); r.Found > 0 {
		t.Errorf("after everything was put back: %+v", r.Problems)
	}
}
