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

// Watch returns a context whose statements are shown to see before they run; what see returns as an error is
// returned instead of running them. Tests count statements with it and let each of them fail. Begin, commit and
// what the driver does by itself are not shown.
func Watch(ctx context.Context, see func(query string) error) context.Context {
	return context.WithValue(ctx, watchKey{}, see)
}

// QueryCount counts statements, so that a test can hold a page to a constant number of them.
type QueryCount struct{ n atomic.Int64 }

// N is the number of statements so far.
func (c *QueryCount) N() int64 { return c.n.Load() }

// CountQueries returns a context whose statements are counted.
func CountQueries(ctx context.Context) (context.Context, *QueryCount) {
	c := new(QueryCount)
	return Watch(ctx, func(string) error { c.n.Add(1); return nil }), c
}

type watchKey struct{}

// watched passes statements on after showing them to whoever asked.
type watched struct{ queryer }

// ExecContext shows the statement and runs it.
func (w watched) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := show(ctx, query); err != nil {
		return nil, err
	}
	return w.queryer.ExecContext(ctx, query, args...)
}

// QueryContext shows the statement and runs it.
func (w watched) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := show(ctx, query); err != nil {
		return nil, err
	}
	return w.queryer.QueryContext(ctx, query, args...)
}

func show(ctx context.Context, query string) error {
	if see, ok := ctx.Value(watchKey{}).(func(string) error); ok {
		return see(query)
	}
	return nil
}
