package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
)

// tx is what one transaction carries: its connection, its time, and the events that close it.
type tx struct {
	dialect dialect
	q       queryer
	now     time.Time
	events  []audit.Event

	open     *sql.Tx // what q shows statements of; River enqueues in it
	queue    *river.Client[*sql.Tx]
	enqueued bool
}

// Now is the time of the transaction.
func (t *tx) Now() time.Time { return t.now }

// attempts is how often a transaction is run before its caller is told to come back. Only deadlocks and full
// waiting times of a database that others use repeat one; eight tries with these pauses last about two seconds.
const attempts = 8

// inTx is the one way to change anything: fn's change, the events that it appends and its key land together or not
// at all. fn may run several times; what fails for good is returned as a fault or a wrapped error.
func (db *DB) inTx(ctx context.Context, key idempotency.Key, fn func(context.Context, *tx) (string, error)) (outcome string, replayed bool, err error) {
	for try := 1; ; try++ {
		outcome, replayed, err = db.tryTx(ctx, key, fn)
		if err == nil || try == attempts || db.dialect.class(err) != transient {
			return outcome, replayed, err
		}
		pause := time.Duration(1<<try) * 2 * time.Millisecond
		select {
		case <-ctx.Done():
			return "", false, fmt.Errorf("wait to repeat the transaction: %w", ctx.Err())
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // a pause is no secret
		}
	}
}

func (db *DB) tryTx(ctx context.Context, key idempotency.Key, fn func(context.Context, *tx) (string, error)) (outcome string, replayed bool, err error) {
	open, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return "", false, failed(db.dialect, err, "begin a transaction")
	}
	// Also on a panic of fn, which goes on its way; after a commit it does nothing.
	defer func() {
		if rollback := open.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) && err != nil {
			err = errors.Join(err, fmt.Errorf("roll back: %w", rollback))
		}
	}()

	t := &tx{dialect: db.dialect, q: watched{open}, open: open, queue: db.queue}
	if t.now, err = db.nowOf(ctx, t.q); err != nil {
		return "", false, err
	}
	if !key.IsZero() {
		outcome, replayed, err = t.claim(ctx, key)
		if err != nil || replayed {
			return outcome, replayed, err
		}
	}
	if outcome, err = fn(ctx, t); err != nil {
		return "", false, err
	}
	if !key.IsZero() {
		if err := t.remember(ctx, key, outcome); err != nil {
			return "", false, err
		}
		if db.keyed.Add(1)%pruneEvery == 0 {
			if err := t.forget(ctx); err != nil {
				return "", false, err
			}
		}
	}
	if err := t.writeLog(ctx); err != nil {
		return "", false, err
	}
	if err := open.Commit(); err != nil {
		return "", false, failed(db.dialect, err, "commit")
	}
	if t.enqueued {
		db.wake()
	}
	return outcome, false, nil
}

// claim takes the key for this transaction, or returns what it led to before. A second transaction with the same
// key waits here for the first and then finds its row, or takes over when the first has failed.
func (t *tx) claim(ctx context.Context, key idempotency.Key) (outcome string, replayed bool, err error) {
	n, err := change(ctx, t.q, `
		INSERT INTO idempotency (actor, route, value, body, outcome, day) VALUES ($1, $2, $3, $4, '', $5)
		ON CONFLICT (actor, route, value) DO NOTHING`,
		key.Actor, key.Route, key.Value, key.Body[:], day(t.now))
	if err != nil {
		return "", false, failed(t.dialect, err, "claim the key of %s", key.Route)
	}
	if n == 1 {
		return "", false, nil
	}
	var before struct {
		Body    []byte
		Outcome string
	}
	err = one(ctx, t.q, &before,
		`SELECT body, outcome FROM idempotency WHERE actor = $1 AND route = $2 AND value = $3`, key.Actor, key.Route, key.Value)
	if err != nil {
		return "", false, failed(t.dialect, err, "read the outcome of a key of %s", key.Route)
	}
	if !bytes.Equal(before.Body, key.Body[:]) {
		return "", false, fmt.Errorf("key of %s: %w", key.Route, fault.New(fault.Invalid, msgOtherBody))
	}
	return before.Outcome, true, nil
}

func (t *tx) remember(ctx context.Context, key idempotency.Key, outcome string) error {
	if outcome == "" {
		return nil
	}
	_, err := change(ctx, t.q, `UPDATE idempotency SET outcome = $4 WHERE actor = $1 AND route = $2 AND value = $3`,
		key.Actor, key.Route, key.Value, outcome)
	return failed(t.dialect, err, "remember the outcome of %s", key.Route)
}

// Every pruneEvery-th transaction with a key forgets at most pruneMost old ones: more than can have come in
// between, and never so many that a person waits for it.
const (
	pruneEvery = 100
	pruneMost  = 500
)

// forget deletes keys of the day before yesterday and earlier, so that each has been kept for a day at least.
func (t *tx) forget(ctx context.Context) error {
	_, err := change(ctx, t.q, `
		DELETE FROM idempotency WHERE (actor, route, value) IN (
			SELECT actor, route, value FROM idempotency WHERE day < $1 ORDER BY day, actor, route, value LIMIT $2)`,
		day(t.now)-1, pruneMost)
	return failed(t.dialect, err, "forget old keys")
}

// day numbers the days since 1970 in UTC.
func day(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }
