package store

import (
	"context"
	"database/sql"
	"sync/atomic"
)

// queryer is the part of a pool or a transaction that the SQL of a feature uses.
type queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// QueryCount counts statements, so that a test can hold a page to a constant number of them.
type QueryCount struct{ n atomic.Int64 }

// N is the number of statements so far; begin, commit and what the driver does by itself are not among them.
func (c *QueryCount) N() int64 { return c.n.Load() }

type countKey struct{}

// CountQueries returns a context whose statements are counted.
func CountQueries(ctx context.Context) (context.Context, *QueryCount) {
	c := new(QueryCount)
	return context.WithValue(ctx, countKey{}, c), c
}

// counted passes statements on and counts them for whoever asked.
type counted struct{ queryer }

func (c counted) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	note(ctx)
	return c.queryer.ExecContext(ctx, query, args...)
}

func (c counted) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	note(ctx)
	return c.queryer.QueryContext(ctx, query, args...)
}

func note(ctx context.Context) {
	if c, ok := ctx.Value(countKey{}).(*QueryCount); ok {
		c.n.Add(1)
	}
}
