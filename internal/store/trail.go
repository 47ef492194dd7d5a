package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/huandu/go-sqlbuilder"
	"golang.org/x/mod/sumdb/tlog"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/org"
	"zona/internal/trail"
)

// Trail answers what trail needs from the database.
type Trail struct{ db *DB }

// Trail returns the part of the database that trail uses.
func (db *DB) Trail() Trail { return Trail{db} }

var (
	_ trail.Store = Trail{}
	_ trail.Tx    = (*tx)(nil)
)

// InTx runs fn in one transaction; see trail.Store.
func (l Trail) InTx(ctx context.Context, key idempotency.Key, fn func(context.Context, trail.Tx) (string, error)) (string, bool, error) {
	return l.db.inTx(ctx, key, func(ctx context.Context, t *tx) (string, error) { return fn(ctx, t) })
}

// Events is trail.Store's.
func (l Trail) Events(ctx context.Context, r org.Reach, f trail.Filter, before int64, limit int) ([]trail.Entry, error) {
	query, args := listEvents(r, f, before, limit)
	entries, err := l.entries(ctx, query, args...)
	return entries, failed(l.db.dialect, err, "list events before %d", before)
}

// listEvents carries the reach in the query itself, so that no page, count or file can hold what is beyond it.
func listEvents(r org.Reach, f trail.Filter, before int64, limit int) (query string, args []any) {
	b := newSelect()
	b.Select("e.seq", "e.canonical").From("event e").Where(eventWithin(b, r)).OrderBy("e.seq DESC").Limit(limit)
	if before > 0 {
		b.Where(b.LessThan("e.seq", before))
	}
	for _, exact := range []struct{ column, value string }{
		{"e.kind", f.Kind}, {"e.object_kind", f.ObjectKind}, {"e.object_id", f.ObjectID},
	} {
		if exact.value != "" {
			b.Where(b.Equal(exact.column, exact.value))
		}
	}
	if !f.From.IsZero() {
		b.Where(b.GreaterEqualThan("e.at", f.From.UnixMilli()))
	}
	if !f.Until.IsZero() {
		b.Where(b.LessThan("e.at", f.Until.UnixMilli()))
	}
	if f.Person != "" {
		b.Where(`(e.actor IN (` + people(b, f.Person) + `) OR e.object_kind = 'person' AND e.object_id IN (` + people(b, f.Person) + `))`)
	}
	if f.Unit != "" {
		b.Where(`e.unit IN (SELECT u.id FROM unit u WHERE u.folded LIKE ` + b.Var(contains(f.Unit)) + ` ESCAPE '\')`)
	}
	return b.Build()
}

// people is a query for the people whose name has this part, or whose login this is.
func people(b *sqlbuilder.SelectBuilder, part string) string {
	return `SELECT p.id FROM person p WHERE p.folded LIKE ` + b.Var(contains(part)) + ` ESCAPE '\' OR p.login = ` + b.Var(fold(part))
}

// eventWithin is within for an event: of institutions whole, else of units. What belongs to no institution is the
// instance's.
func eventWithin(b *sqlbuilder.SelectBuilder, r org.Reach) string {
	if r.All {
		return "1 = 1"
	}
	ways := []string{"1 = 0"}
	if len(r.Institutions) > 0 {
		ways = append(ways, b.In("e.institution", sqlbuilder.List(r.Institutions)))
	}
	if len(r.Units) > 0 || len(r.Subtrees) > 0 {
		units := newSelect()
		units.Select("u.id").From("unit u")
		units.Where(within(units, org.Reach{Units: r.Units, Subtrees: r.Subtrees}))
		ways = append(ways, b.In("e.unit", units))
	}
	return b.Or(ways...)
}

// entries reads events with the personal values that stand beside them.
func (l Trail) entries(ctx context.Context, query string, args ...any) ([]trail.Entry, error) {
	var list []trail.Entry
	at := map[int64]int{}
	var seqs []any
	q := l.db.reader()
	err := each(ctx, q, func(rows *sql.Rows) error {
		var seq int64
		var e trail.Entry
		if err := rows.Scan(&seq, &e.Canonical); err != nil {
			return err
		}
		var err error
		if e.Record, err = audit.Decode(e.Canonical); err != nil {
			return fmt.Errorf("event %d: %w", seq, err)
		}
		at[seq] = len(list)
		seqs = append(seqs, seq)
		list = append(list, e)
		return nil
	}, query, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	err = each(ctx, q, func(rows *sql.Rows) error {
		var seq int64
		var p audit.Personal
		err := rows.Scan(&seq, &p.Field, &p.Value)
		list[at[seq]].Personal = append(list[at[seq]].Personal, p)
		return err
	}, `SELECT seq, field, value FROM event_personal WHERE seq IN `+tuples(1, len(seqs)), seqs...)
	if err != nil {
		return nil, fmt.Errorf("personal values: %w", err)
	}
	return list, nil
}

// Names is trail.Store's.
func (l Trail) Names(ctx context.Context, w trail.Wanted) (trail.Names, error) {
	n := trail.Names{
		People: map[string]string{}, Units: map[string]string{}, Institutions: map[string]string{}, Periods: map[string]string{},
		Places: map[string]org.Object{},
	}
	for _, part := range []struct {
		into  map[string]string
		query string
		ids   []string
	}{
		{n.People, `SELECT id, name FROM person WHERE id IN `, w.People},
		{n.Institutions, `SELECT id, name FROM institution WHERE id IN `, w.Institutions},
		{n.Periods, `SELECT id, name FROM period WHERE id IN `, w.Periods},
	} {
		err := l.byID(ctx, part.query, part.ids, func(rows *sql.Rows) error {
			var id, name string
			err := rows.Scan(&id, &name)
			part.into[id] = name
			return err
		})
		if err != nil {
			return trail.Names{}, failed(l.db.dialect, err, "name what events are about")
		}
	}
	err := l.byID(ctx, `SELECT id, name, institution, path FROM unit WHERE id IN `, w.Units, func(rows *sql.Rows) error {
		var id, name string
		var place org.Object
		err := rows.Scan(&id, &name, &place.Institution, &place.Path)
		place.Unit = id
		n.Units[id], n.Places[id] = name, place
		return err
	})
	return n, failed(l.db.dialect, err, "name the units of events")
}

// byID runs a query for ids in parts that the limits allow.
func (l Trail) byID(ctx context.Context, query string, ids []string, scan func(*sql.Rows) error) error {
	for len(ids) > 0 {
		n := min(len(ids), maxParams)
		args := make([]any, n)
		for i, id := range ids[:n] {
			args[i] = id
		}
		if err := each(ctx, l.db.reader(), scan, query+tuples(1, n), args...); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// Last is trail.Store's.
func (l Trail) Last(ctx context.Context, kinds ...string) (trail.Entry, bool, error) {
	args := make([]any, len(kinds))
	for i, k := range kinds {
		args[i] = k
	}
	entries, err := l.entries(ctx, `SELECT seq, canonical FROM event WHERE kind IN `+tuples(1, len(kinds))+` ORDER BY seq DESC LIMIT 1`, args...)
	if err != nil || len(entries) == 0 {
		return trail.Entry{}, false, failed(l.db.dialect, err, "read the last event of %q", kinds)
	}
	return entries[0], true, nil
}

// Size is trail.Store's.
func (l Trail) Size(ctx context.Context) (int64, error) {
	var size int64
	err := one(ctx, l.db.reader(), &size, `SELECT coalesce(max(seq) + 1, 0) FROM event`)
	return size, failed(l.db.dialect, err, "measure the log")
}

// Root is trail.Store's.
func (l Trail) Root(ctx context.Context, size int64) (tlog.Hash, error) {
	h, err := tlog.TreeHash(size, l.hashes(ctx))
	return h, failed(l.db.dialect, err, "root of %d events", size)
}

// Proof is trail.Store's.
func (l Trail) Proof(ctx context.Context, size, seq int64) (tlog.RecordProof, error) {
	if seq < 0 || seq >= size {
		return nil, fmt.Errorf("proof of event %d in a log of %d: %w", seq, size, fault.New(fault.NotFound, "fault.not_found"))
	}
	p, err := tlog.ProveRecord(size, seq, l.hashes(ctx))
	return p, failed(l.db.dialect, err, "proof of event %d in a log of %d", seq, size)
}

// hashes reads stored hashes of the tree, each call in one statement.
func (l Trail) hashes(ctx context.Context) tlog.HashReader {
	b := batch{known: map[int64]tlog.Hash{}}
	return b.reader(ctx, l.db.reader())
}

// Whole is trail.Store's: one statement, so one moment, and one row in memory.
func (l Trail) Whole(ctx context.Context, fn func(canonical []byte) error) error {
	next := int64(0)
	err := each(ctx, l.db.reader(), func(rows *sql.Rows) error {
		var seq int64
		var canonical sql.RawBytes
		if err := rows.Scan(&seq, &canonical); err != nil {
			return err
		}
		if seq != next {
			return fmt.Errorf("event %d of the log is missing", next)
		}
		next++
		return fn(canonical)
	}, `SELECT seq, canonical FROM event ORDER BY seq`)
	return failed(l.db.dialect, err, "read the whole log")
}

// instantOf is an instant as a column holds it.
func instantOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
