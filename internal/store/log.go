package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"zona/internal/audit"
)

// Append adds an event to those that close the transaction. It has no place in the log yet: writeLog gives all of
// them theirs as the last statements, so that no transaction holds the log while it does other work, and none waits
// for the log while it holds what another needs. An event without an instant gets that of the transaction.
func (t *tx) Append(_ context.Context, e audit.Event) error {
	if e.At.IsZero() {
		e.At = t.now
	}
	// Refused here, where the caller can still be named, rather than at the end.
	if _, err := audit.Canonical(0, e, nil); err != nil {
		return fmt.Errorf("append to the log: %w", err)
	}
	e.Changes, e.Personal = slices.Clone(e.Changes), slices.Clone(e.Personal)
	t.events = append(t.events, e)
	return nil
}

// batch is what the events of one transaction add to the tables of the log.
type batch struct {
	events, fields, personal, hashes [][]any
	known                            map[int64]tlog.Hash // by stored position: read from the table, or new
}

// writeLog numbers the events, commits to their personal values and appends their leaves to the tree.
func (t *tx) writeLog(ctx context.Context) error {
	if len(t.events) == 0 {
		return nil
	}
	if t.dialect.lockLog != "" {
		if _, err := change(ctx, t.q, t.dialect.lockLog); err != nil {
			return failed(t.dialect, err, "wait for the log")
		}
	}
	var size int64
	if err := one(ctx, t.q, &size, `SELECT coalesce(max(seq) + 1, 0) FROM event`); err != nil {
		return failed(t.dialect, err, "measure the log")
	}
	b := batch{known: map[int64]tlog.Hash{}}
	for i, e := range t.events {
		if err := b.add(ctx, t.q, size+int64(i), e); err != nil {
			return failed(t.dialect, err, "append event %s", e.Kind)
		}
	}
	for _, part := range []struct {
		head string
		rows [][]any
	}{
		{`INSERT INTO event (seq, canonical, kind, at, actor, institution, unit, object_kind, object_id)`, b.events},
		{`INSERT INTO event_field (seq, field)`, b.fields},
		{`INSERT INTO event_personal (seq, field, salt, value)`, b.personal},
		{`INSERT INTO log_hash (position, hash)`, b.hashes},
	} {
		if _, err := insertMany(ctx, t.q, part.head, "", part.rows); err != nil {
			return failed(t.dialect, err, "write the log from event %d", size)
		}
	}
	return nil
}

// add renders event seq and its hashes.
func (b *batch) add(ctx context.Context, q queryer, seq int64, e audit.Event) error {
	commitments := make([]audit.Commitment, len(e.Personal))
	for i, p := range e.Personal {
		salt, err := audit.NewSalt(rand.Reader)
		if err != nil {
			return err
		}
		commitments[i] = audit.Commit(salt, p.Field, p.Value)
		b.personal = append(b.personal, []any{seq, p.Field, salt[:], p.Value})
		b.fields = append(b.fields, []any{seq, p.Field})
	}
	canonical, err := audit.Canonical(seq, e, commitments)
	if err != nil {
		return err
	}
	b.events = append(b.events, []any{
		seq, canonical, e.Kind, audit.Instant(e.At).UnixMilli(), e.Actor, e.Institution, e.Unit, e.Object.Kind, e.Object.ID,
	})
	for _, c := range e.Changes {
		b.fields = append(b.fields, []any{seq, c.Field})
	}
	hashes, err := tlog.StoredHashesForRecordHash(seq, audit.Leaf(canonical), b.reader(ctx, q))
	if err != nil {
		return fmt.Errorf("hashes of event %d: %w", seq, err)
	}
	for i, h := range hashes {
		position := tlog.StoredHashIndex(0, seq) + int64(i)
		b.known[position] = h
		b.hashes = append(b.hashes, []any{position, h[:]})
	}
	return nil
}

// reader gives the tree the stored hashes that it needs: those of this transaction from memory, others in one
// statement.
func (b *batch) reader(ctx context.Context, q queryer) tlog.HashReader {
	return tlog.HashReaderFunc(func(positions []int64) ([]tlog.Hash, error) {
		var missing []any
		for _, p := range positions {
			if _, ok := b.known[p]; !ok {
				missing = append(missing, p)
			}
		}
		if err := readHashes(ctx, q, b.known, missing); err != nil {
			return nil, err
		}
		found := make([]tlog.Hash, len(positions))
		for i, p := range positions {
			h, ok := b.known[p]
			if !ok {
				return nil, fmt.Errorf("stored hash %d of the log is missing", p)
			}
			found[i] = h
		}
		return found, nil
	})
}

// readHashes adds the stored hashes at these positions to into.
func readHashes(ctx context.Context, q queryer, into map[int64]tlog.Hash, positions []any) error {
	if len(positions) == 0 {
		return nil
	}
	return each(ctx, q, func(rows *sql.Rows) error {
		var position int64
		var hash []byte
		if err := rows.Scan(&position, &hash); err != nil {
			return err
		}
		h, err := asHash(hash)
		into[position] = h
		return err
	}, `SELECT position, hash FROM log_hash WHERE position IN `+tuples(1, len(positions)), positions...)
}

func asHash(b []byte) (h tlog.Hash, err error) {
	if len(b) != len(h) {
		return h, fmt.Errorf("stored hash of %d bytes, want %d", len(b), len(h))
	}
	copy(h[:], b)
	return h, nil
}
