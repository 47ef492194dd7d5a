package store

import (
	"context"
	"database/sql"
	"time"

	"zona/internal/idempotency"
	"zona/internal/trail"
)

// Newest is trail.Store's.
func (l Trail) Newest(ctx context.Context) (trail.Point, bool, error) {
	points, err := l.points(ctx, `SELECT id, size, signed, made_at FROM checkpoint ORDER BY id DESC LIMIT 1`)
	if err != nil || len(points) == 0 {
		return trail.Point{}, false, failed(l.db.dialect, err, "read the newest checkpoint")
	}
	return points[0], true, nil
}

// Waiting is trail.Store's.
func (l Trail) Waiting(ctx context.Context, sink string, limit int) ([]trail.Point, error) {
	points, err := l.points(ctx, `
		SELECT c.id, c.size, c.signed, c.made_at FROM anchor_waiting w JOIN checkpoint c ON c.id = w.checkpoint
		WHERE w.sink = $1 ORDER BY w.checkpoint LIMIT $2`, sink, limit)
	return points, failed(l.db.dialect, err, "read what waits for %s", sink)
}

func (l Trail) points(ctx context.Context, query string, args ...any) (list []trail.Point, err error) {
	err = each(ctx, l.db.reader(), func(rows *sql.Rows) error {
		var p trail.Point
		var at int64
		err := rows.Scan(&p.ID, &p.Size, &p.Signed, &at)
		p.At = instantOf(at)
		list = append(list, p)
		return err
	}, query, args...)
	return list, err
}

// anchoring is one transaction of the anchors. They describe the log and are not described in it: an event about
// every checkpoint would make the next one due.
func (l Trail) anchoring(ctx context.Context, fn func(context.Context, *tx) error) error {
	_, _, err := l.db.inTx(ctx, idempotency.Key{}, func(ctx context.Context, t *tx) (string, error) { return "", fn(ctx, t) })
	return err
}

// AddCheckpoint is trail.Store's.
func (l Trail) AddCheckpoint(ctx context.Context, p trail.Point, sinks []string) error {
	return l.anchoring(ctx, func(ctx context.Context, t *tx) error {
		var id int64
		if err := one(ctx, t.q, &id, `SELECT coalesce(max(id), 0) + 1 FROM checkpoint`); err != nil {
			return failed(t.dialect, err, "number a checkpoint")
		}
		_, err := change(ctx, t.q, `INSERT INTO checkpoint (id, size, signed, made_at) VALUES ($1, $2, $3, $4)`,
			id, p.Size, p.Signed, p.At.UnixMilli())
		if err != nil {
			return failed(t.dialect, err, "insert a checkpoint of %d", p.Size)
		}
		rows := make([][]any, len(sinks))
		for i, sink := range sinks {
			rows[i] = []any{sink, id}
		}
		_, err = insertMany(ctx, t.q, `INSERT INTO anchor_waiting (sink, checkpoint)`, "", rows)
		return failed(t.dialect, err, "let sinks wait for checkpoint %d", id)
	})
}

// Taken is trail.Store's.
func (l Trail) Taken(ctx context.Context, sink string, point int64) error {
	return l.anchoring(ctx, func(ctx context.Context, t *tx) error {
		_, err := change(ctx, t.q, `DELETE FROM anchor_waiting WHERE sink = $1 AND checkpoint = $2`, sink, point)
		return failed(t.dialect, err, "note that %s took checkpoint %d", sink, point)
	})
}

// Backlogs is trail.Store's.
func (l Trail) Backlogs(ctx context.Context) (list []trail.Backlog, err error) {
	err = each(ctx, l.db.reader(), func(rows *sql.Rows) error {
		var b trail.Backlog
		var oldest int64
		err := rows.Scan(&b.Sink, &b.Count, &oldest)
		b.Oldest = instantOf(oldest)
		list = append(list, b)
		return err
	}, `
		SELECT w.sink, count(*), min(c.made_at) FROM anchor_waiting w JOIN checkpoint c ON c.id = w.checkpoint
		GROUP BY w.sink ORDER BY w.sink`)
	return list, failed(l.db.dialect, err, "count what waits for sinks")
}

// Shared reports whether several servers may run on this database.
func (l Trail) Shared() bool { return l.db.dialect.lockLog != "" }

// Lease is trail.Store's.
func (l Trail) Lease(ctx context.Context, holder string, now, until time.Time) (held bool, err error) {
	if !l.Shared() {
		return true, nil // the file is this server's alone
	}
	err = l.anchoring(ctx, func(ctx context.Context, t *tx) error {
		n, err := change(ctx, t.q, `
			INSERT INTO anchor_lease (one, holder, until_at) VALUES (1, $1, $2)
			ON CONFLICT (one) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at
			WHERE anchor_lease.holder = excluded.holder OR anchor_lease.until_at < $3`,
			holder, until.UnixMilli(), now.UnixMilli())
		held = n == 1
		return failed(t.dialect, err, "take the lease of the anchors")
	})
	return held, err
}
