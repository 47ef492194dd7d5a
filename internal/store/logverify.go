package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"zona/internal/audit"
)

// Report is what Verify found.
type Report struct {
	Events   int64     // records in the log
	Root     tlog.Hash // of the tree, recomputed from the events
	Personal int64     // personal values that open their commitments
	Erased   int64     // commitments whose value and salt are gone
	Sheets   int64     // sheets compared with the log
	Problems []Problem // none when all is well; the first maxProblems of them
	Found    int64     // how many problems there are in all
}

// Problem is one thing in the database that does not agree with the log, or the log with itself.
type Problem struct {
	Code   string // see the constants
	Seq    int64  // record of the log, -1 where it is not about one
	Detail string // for an administrator, in English
}

// The codes of a Problem.
const (
	ProblemGap      = "gap"      // a record is missing, or stands twice
	ProblemRecord   = "record"   // the canonical bytes are not those of this record
	ProblemColumn   = "column"   // a column says something else than the canonical bytes
	ProblemHash     = "hash"     // a stored hash of the tree is missing, wrong or too many
	ProblemPersonal = "personal" // a personal value does not open its commitment
	ProblemAnchor   = "anchor"   // the log is not the one that a checkpoint was taken of
	ProblemSheet    = "sheet"    // an answer is not the one that the log tells of
)

// maxProblems keeps the report of a broken database readable.
const maxProblems = 100

// Verify reads the whole log and every answer and says what does not agree: each record with its columns, leaf and
// personal values, the tree with its stored hashes, the tree with checkpoints that were taken earlier and kept
// elsewhere, the answers with the last events about them. Someone who may change all tables can make them agree
// again; the checkpoints are what they cannot change. It holds a few hundred rows in memory, whatever the size.
func (db *DB) Verify(ctx context.Context, anchors ...audit.Checkpoint) (Report, error) {
	// One snapshot for everything: events go on being appended meanwhile.
	open, err := db.read.BeginTx(ctx, db.dialect.snapshot)
	if err != nil {
		return Report{}, failed(db.dialect, err, "begin to verify")
	}
	defer func() { _ = open.Rollback() }() // nothing was changed
	v := verifier{dialect: db.dialect, q: watched{open}, anchors: anchors}
	return v.all(ctx)
}

type verifier struct {
	dialect dialect
	q       queryer
	anchors []audit.Checkpoint
	report  Report
	tree    audit.Log
	left    []tlog.Hash // by level: the last complete subtree that waits for its right half
}

// all verifies what q reads.
func (v *verifier) all(ctx context.Context) (Report, error) {
	if err := v.log(ctx); err != nil {
		return Report{}, failed(v.dialect, err, "verify the log")
	}
	if err := v.sheets(ctx); err != nil {
		return Report{}, failed(v.dialect, err, "verify the sheets")
	}
	return v.report, nil
}

func (v *verifier) problemf(code string, seq int64, format string, args ...any) {
	v.report.Found++
	if len(v.report.Problems) < maxProblems {
		v.report.Problems = append(v.report.Problems, Problem{code, seq, fmt.Sprintf(format, args...)})
	}
}

type eventRow struct {
	Seq                                                  int64
	Canonical                                            []byte
	Kind, Actor, Institution, Unit, ObjectKind, ObjectID text
	At                                                   int64
}

// page is how many events are read at once.
const page = 500

func (v *verifier) log(ctx context.Context) error {
	v.checkAnchors()
	next := int64(0)
	for {
		var events []eventRow
		err := all(ctx, v.q, &events, `
			SELECT seq, canonical, kind, at, actor, institution, unit, object_kind, object_id FROM event
			WHERE seq >= $1 ORDER BY seq LIMIT $2`, next, page)
		if err != nil {
			return fmt.Errorf("read events from %d: %w", next, err)
		}
		if len(events) == 0 {
			break
		}
		beside, err := v.readBeside(ctx, events[0].Seq, events[len(events)-1].Seq)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Seq != next {
				v.problemf(ProblemGap, next, "records %d to %d are missing", next, e.Seq-1)
			}
			next = e.Seq + 1
			v.record(e, beside)
			v.checkAnchors()
		}
	}
	v.report.Events = next
	return v.endOfLog(ctx)
}

// endOfLog looks for what belongs to no record, and notes the root.
func (v *verifier) endOfLog(ctx context.Context) error {
	var beyond int64
	for _, rest := range []struct {
		code, query string
		from        int64
	}{
		{ProblemHash, `SELECT count(*) FROM log_hash WHERE position >= $1 OR position < 0`, tlog.StoredHashCount(v.report.Events)},
		{ProblemColumn, `SELECT count(*) FROM event_field WHERE seq >= $1 OR seq < 0`, v.report.Events},
		{ProblemPersonal, `SELECT count(*) FROM event_personal WHERE seq >= $1 OR seq < 0`, v.report.Events},
		{ProblemGap, `SELECT count(*) FROM event WHERE seq >= $1 OR seq < 0`, v.report.Events},
	} {
		if err := one(ctx, v.q, &beyond, rest.query, rest.from); err != nil {
			return fmt.Errorf("look beyond the end of the log: %w", err)
		}
		if beyond > 0 {
			v.problemf(rest.code, -1, "%d rows belong to no record of a log of %d", beyond, v.report.Events)
		}
	}
	for _, a := range v.anchors {
		if a.Size > v.tree.Size() {
			v.problemf(ProblemAnchor, -1, "the log has %d records, the checkpoint %d: it was cut, or an older copy was put back",
				v.tree.Size(), a.Size)
		}
	}
	v.report.Root = v.tree.Root()
	return nil
}

// checkAnchors compares the tree with the checkpoints of just this size.
func (v *verifier) checkAnchors() {
	for _, a := range v.anchors {
		if a.Size != v.tree.Size() {
			continue
		}
		if v.tree.Root() != a.Root {
			v.problemf(ProblemAnchor, a.Size-1, "the first %d records are not those of the checkpoint", a.Size)
		}
	}
}

// beside is what stands in other tables about a page of events.
type beside struct {
	fields   map[int64][]string
	personal map[int64][]personalRow
	hashes   map[int64][]byte
}

type personalRow struct {
	Field, Value text
	Salt         []byte
}

func (v *verifier) readBeside(ctx context.Context, from, to int64) (beside, error) {
	b := beside{map[int64][]string{}, map[int64][]personalRow{}, map[int64][]byte{}}
	err := each(ctx, v.q, func(rows *sql.Rows) error {
		var seq int64
		var field string
		err := rows.Scan(&seq, &field)
		b.fields[seq] = append(b.fields[seq], field)
		return err
	}, `SELECT seq, field FROM event_field WHERE seq BETWEEN $1 AND $2 ORDER BY seq, field`, from, to)
	if err != nil {
		return b, fmt.Errorf("read the fields of events %d to %d: %w", from, to, err)
	}
	err = each(ctx, v.q, func(rows *sql.Rows) error {
		var seq int64
		var p personalRow
		err := rows.Scan(&seq, &p.Field, &p.Salt, &p.Value)
		b.personal[seq] = append(b.personal[seq], p)
		return err
	}, `SELECT seq, field, salt, value FROM event_personal WHERE seq BETWEEN $1 AND $2 ORDER BY seq, field`, from, to)
	if err != nil {
		return b, fmt.Errorf("read the personal values of events %d to %d: %w", from, to, err)
	}
	err = each(ctx, v.q, func(rows *sql.Rows) error {
		var position int64
		var hash []byte
		err := rows.Scan(&position, &hash)
		b.hashes[position] = hash
		return err
	}, `SELECT position, hash FROM log_hash WHERE position BETWEEN $1 AND $2`,
		tlog.StoredHashIndex(0, from), tlog.StoredHashIndex(0, to+1)-1)
	if err != nil {
		return b, fmt.Errorf("read the hashes of events %d to %d: %w", from, to, err)
	}
	return b, nil
}

// record checks one event with all that stands beside it, and grows the tree by it.
func (v *verifier) record(e eventRow, b beside) {
	leaf := audit.Leaf(e.Canonical)
	v.tree.Add(leaf)
	v.hashes(e.Seq, leaf, b.hashes)

	r, err := audit.Decode(e.Canonical)
	if err != nil {
		v.problemf(ProblemRecord, e.Seq, "%v", err)
		return
	}
	if r.Seq != e.Seq {
		v.problemf(ProblemRecord, e.Seq, "the canonical bytes are those of record %d", r.Seq)
	}
	said := eventRow{
		Seq: e.Seq, Canonical: e.Canonical, Kind: text(r.Event.Kind), At: r.Event.At.UnixMilli(), Actor: text(r.Event.Actor),
		Institution: text(r.Event.Institution), Unit: text(r.Event.Unit), ObjectKind: text(r.Event.Object.Kind),
		ObjectID: text(r.Event.Object.ID),
	}
	if !said.sameColumns(e) {
		v.problemf(ProblemColumn, e.Seq, "the columns do not say what the canonical bytes say")
	}
	var fields []string
	for _, c := range r.Event.Changes {
		fields = append(fields, c.Field)
	}
	for _, c := range r.Commitments {
		fields = append(fields, c.Field)
	}
	slices.Sort(fields)
	if !slices.Equal(fields, b.fields[e.Seq]) {
		v.problemf(ProblemColumn, e.Seq, "the fields are %q, the canonical bytes say %q", b.fields[e.Seq], fields)
	}
	v.personal(e.Seq, r.Commitments, b.personal[e.Seq])
}

func (e eventRow) sameColumns(o eventRow) bool {
	return e.Kind == o.Kind && e.At == o.At && e.Actor == o.Actor && e.Institution == o.Institution && e.Unit == o.Unit &&
		e.ObjectKind == o.ObjectKind && e.ObjectID == o.ObjectID
}

// hashes compares the stored hashes that a record completes: its leaf, and one for each subtree that ends with it.
func (v *verifier) hashes(seq int64, leaf tlog.Hash, stored map[int64][]byte) {
	position, level, h := tlog.StoredHashIndex(0, seq), 0, leaf
	check := func() {
		if !bytes.Equal(stored[position], h[:]) {
			v.problemf(ProblemHash, seq, "the stored hash %d is not that of the events", position)
		}
		position++
	}
	check()
	for n := seq; n&1 == 1 && level < len(v.left); n >>= 1 {
		h = tlog.NodeHash(v.left[level], h)
		level++
		check()
	}
	if level == len(v.left) {
		v.left = append(v.left, h)
	}
	v.left[level] = h
}

// personal checks that values open their commitments. Value and salt of an erased person are gone together.
func (v *verifier) personal(seq int64, commitments []audit.Commitment, stored []personalRow) {
	byField := map[string]personalRow{}
	for _, p := range stored {
		byField[string(p.Field)] = p
	}
	for _, c := range commitments {
		p, ok := byField[c.Field]
		delete(byField, c.Field)
		var salt audit.Salt
		switch {
		case !ok:
			v.report.Erased++
		case copy(salt[:], p.Salt) != len(p.Salt) || len(p.Salt) != len(salt) || !c.Opens(salt, string(p.Value)):
			v.problemf(ProblemPersonal, seq, "the value of %s is not the one that was committed to", c.Field)
		default:
			v.report.Personal++
		}
	}
	for field := range byField {
		v.problemf(ProblemPersonal, seq, "there is a value of %s, to which nobody committed", field)
	}
}
