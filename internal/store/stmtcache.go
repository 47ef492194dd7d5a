package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
)

// SQLite compiles a statement each time it is asked unless the caller keeps it; the driver keeps none (that of
// PostgreSQL does), and to compile cost a fifth of a saved answer. So each connection keeps the statements that it
// has run. It happens below database/sql, where a connection is never used by two at once and a transaction that
// was rolled back cannot be left by mistake.

// keepingConnector opens connections that keep their statements.
type keepingConnector struct{ driver.Connector }

// conn is what the driver's connections can do, and what hiding them behind another type must not take away.
type conn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// statement is what the driver's statements can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// Connect falls back to a plain connection where the driver's can do less than is known of it.
func (k keepingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if full, ok := c.(conn); ok {
		return &keepingConn{conn: full, kept: map[string]*keptStatement{}}, nil
	}
	return c, nil
}

// mostKept bounds the statements of a connection; there are about fifty texts, and lists whose length varies.
const mostKept = 200

type keepingConn struct {
	conn
	kept map[string]*keptStatement
}

// keptStatement is busy while its rows are read: a second run of it then takes a statement of its own.
type keptStatement struct {
	statement
	busy bool
}

// take returns a kept statement to run; ok is false where the connection must run the text itself.
func (c *keepingConn) take(ctx context.Context, query string) (s *keptStatement, ok bool, err error) {
	if s, ok := c.kept[query]; ok {
		free := !s.busy
		s.busy = true
		return s, free, nil
	}
	if len(c.kept) >= mostKept || !keepable(query) {
		return nil, false, nil
	}
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, false, err
	}
	full, ok := prepared.(statement)
	if !ok {
		return nil, false, prepared.Close()
	}
	s = &keptStatement{statement: full, busy: true}
	c.kept[query] = s
	return s, true, nil
}

// keepable says yes to what reads and changes rows: not to what begins, ends, migrates or sets.
func keepable(query string) bool {
	verb := strings.ToUpper(strings.TrimLeft(query, " \t\n"))
	for _, v := range []string{"SELECT ", "INSERT ", "UPDATE ", "DELETE "} {
		if strings.HasPrefix(verb, v) {
			return true
		}
	}
	return false
}

// drop forgets a statement that has failed: what state it is in is not worth knowing.
func (c *keepingConn) drop(query string, s *keptStatement, err error) error {
	delete(c.kept, query)
	return errors.Join(err, s.Close())
}

// ExecContext runs a kept statement, or one of its own.
func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, ok, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if !ok {
		return c.conn.ExecContext(ctx, query, args)
	}
	s.busy = false // it is over when it returns
	r, err := s.ExecContext(ctx, args)
	if err != nil {
		return nil, c.drop(query, s, err)
	}
	return r, nil
}

// QueryContext is ExecContext for rows.
func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, ok, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if !ok {
		return c.conn.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, c.drop(query, s, err)
	}
	return &keptRows{Rows: rows, of: s}, nil
}

// Close ends the kept statements before the connection that they belong to.
func (c *keepingConn) Close() error {
	var errs []error
	for _, s := range c.kept {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.conn.Close())...)
}

// keptRows gives the statement back when the rows are closed.
type keptRows struct {
	driver.Rows
	of *keptStatement
}

// Close may be called twice.
func (r *keptRows) Close() error {
	err := r.Rows.Close()
	r.of.busy = false
	return err
}
