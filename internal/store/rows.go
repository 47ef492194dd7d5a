package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/georgysavva/scany/v2/sqlscan"
)

// one reads exactly one row into dst; none is sql.ErrNoRows.
func one(ctx context.Context, q queryer, dst any, query string, args ...any) error {
	return sqlscan.Get(ctx, q, dst, query, args...)
}

// all reads every row into the slice that dst points to.
func all(ctx context.Context, q queryer, dst any, query string, args ...any) error {
	return sqlscan.Select(ctx, q, dst, query, args...)
}

// each calls scan on every row and reports what ended the reading: scan, the database, or the closing.
func each(ctx context.Context, q queryer, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return rows.Close()
}

// change runs a statement and returns how many rows it changed.
func change(ctx context.Context, q queryer, query string, args ...any) (int64, error) {
	r, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// maxParams keeps a statement of many rows below the limits of both databases (32,766 and 65,535), and small: SQLite's
// driver walks the list of parameters once for each of them, so that ten times as many cost a hundred times the work.
const maxParams = 400

// insertMany inserts rows of equal width in as few statements as the limits allow and returns how many landed.
// head is "INSERT INTO t (a, b)", tail an ON CONFLICT clause or "".
func insertMany(ctx context.Context, q queryer, head, tail string, rows [][]any) (int64, error) {
	var landed int64
	for len(rows) > 0 {
		n := min(len(rows), max(1, maxParams/len(rows[0])))
		args := make([]any, 0, n*len(rows[0]))
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		affected, err := change(ctx, q, head+" VALUES "+tuples(n, len(rows[0]))+tail, args...)
		if err != nil {
			return landed, err
		}
		landed += affected
		rows = rows[n:]
	}
	return landed, nil
}

// tuples returns "($1, $2), ($3, $4)" for two rows of width two.
func tuples(rows, width int) string {
	var b strings.Builder
	for i := range rows * width {
		switch {
		case i == 0:
			b.WriteString("($")
		case i%width == 0:
			b.WriteString("), ($")
		default:
			b.WriteString(", $")
		}
		b.WriteString(strconv.Itoa(i + 1))
	}
	b.WriteString(")")
	return b.String()
}

// millis is how an instant is stored; the zero time is NULL.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// instant is how it is read back.
func instant(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

// flag is how a boolean is stored, since the databases disagree about theirs.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// asJSON is how an answer or a list of them is stored; no answer is "null".
func asJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write as JSON: %w", err)
	}
	return string(b), nil
}

// fold is the form of a name that lists are ordered and searched by.
func fold(name string) string { return strings.ToLower(name) }

// text is a column that may be NULL: NULL and "" are both "nothing" to the features.
type text string

// Scan accepts what both drivers deliver for text.
func (t *text) Scan(src any) error {
	var s sql.NullString
	if err := s.Scan(src); err != nil {
		return err
	}
	*t = text(s.String)
	return nil
}

// count is a whole number that may be NULL, in the outer part of a join.
type count int64

// Scan accepts what both drivers deliver for whole numbers.
func (c *count) Scan(src any) error {
	var n sql.NullInt64
	if err := n.Scan(src); err != nil {
		return err
	}
	*c = count(n.Int64)
	return nil
}
