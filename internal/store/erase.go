package store

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"zona/internal/idempotency"
	"zona/internal/org"
)

var _ org.Eraser = Org{}

// InErasure is org.Eraser's.
func (o Org) InErasure(ctx context.Context, key idempotency.Key, fn func(context.Context, org.Erasure) (string, error)) (string, bool, error) {
	return o.db.inTx(ctx, key, func(ctx context.Context, t *tx) (string, error) { return fn(ctx, orgStore{t}) })
}

// erasedName stands where a name stood: lists need one, and this one is nobody's.
const erasedName = "(dihapus)"

// keptOfPeople are the tables whose rows outlive a person's erasure, with the reasons. Every other table with a column
// "person" is about the person, and its rows go; those of later migrations too.
var keptOfPeople = map[string]string{
	"assignment": "who could do what at a time is the institution's; the person is a number in it",
}

// ErasePerson is org.Erasure's.
func (s orgStore) ErasePerson(ctx context.Context, id string) (int64, error) {
	_, err := change(ctx, s.q, `
		UPDATE person SET name = $2, folded = $3, nip = '', position = '', rank = '', email = '', search = $3, login = $4, lang = '', closed = 1, revision = revision + 1
		WHERE id = $1`, id, erasedName, fold(erasedName), "erased-"+strings.ToLower(rand.Text()))
	if err != nil {
		return 0, failed(s.dialect, err, "blank person %s", id)
	}
	tables, err := everyTable(ctx, s.dialect, s.q)
	if err != nil {
		return 0, err
	}
	for _, t := range tables {
		about := slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == "person" })
		if !about || keptOfPeople[t.Name] != "" {
			continue
		}
		if _, err := change(ctx, s.q, `DELETE FROM `+t.Name+` WHERE person = $1`, id); err != nil {
			return 0, failed(s.dialect, err, "erase person %s from %s", id, t.Name)
		}
	}
	values, err := change(ctx, s.q, `
		DELETE FROM event_personal WHERE seq IN (SELECT seq FROM event WHERE object_kind = 'person' AND object_id = $1)`, id)
	return values, failed(s.dialect, err, "erase what the log knows of person %s", id)
}

// Compact rewrites the database without what was deleted, so that erased values are in no free page of its files, nor
// in the write-ahead log. It takes as much free space as the database has, and everybody waits for it.
func (db *DB) Compact(ctx context.Context) error {
	vacuum := "VACUUM"
	if db.dialect.checkpoint == "" {
		vacuum = "VACUUM FULL"
	}
	for _, statement := range []string{vacuum, db.dialect.checkpoint} {
		if statement == "" {
			continue
		}
		if _, err := db.write.ExecContext(ctx, statement); err != nil {
			return failed(db.dialect, err, "rewrite the database")
		}
	}
	return nil
}
