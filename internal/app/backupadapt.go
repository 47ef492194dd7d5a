package app

import (
	"context"
	"fmt"

	"zona/internal/backup"
	"zona/internal/store"
)

// Two edges meet here: package store has the rows, package backup the file.

var (
	_ backup.Source = source{}
	_ backup.Target = restoring{}
)

// rowSource is a snapshot, or a database while it is restored.
type rowSource interface {
	Tables() []store.Table
	Rows(ctx context.Context, t store.Table, see func([]any) error) error
}

// source is a state of the database as package backup sees it.
type source struct{ from rowSource }

// Tables implements backup.Source.
func (s source) Tables() []backup.Table {
	tables := s.from.Tables()
	out := make([]backup.Table, len(tables))
	for i, t := range tables {
		out[i].Name = t.Name
		for _, c := range t.Columns {
			out[i].Columns = append(out[i].Columns, backup.Column(c))
		}
	}
	return out
}

// Rows implements backup.Source.
func (s source) Rows(ctx context.Context, table string, see func([]any) error) error {
	t, err := tableOf(s.from.Tables(), table)
	if err != nil {
		return err
	}
	return s.from.Rows(ctx, t, see)
}

// restoring is a database that is being filled as package backup sees it.
type restoring struct {
	source
	into *store.Restoring
}

// Insert implements backup.Target.
func (r restoring) Insert(ctx context.Context, table string, rows [][]any) error {
	t, err := tableOf(r.into.Tables(), table)
	if err != nil {
		return err
	}
	return r.into.Insert(ctx, t, rows)
}

func tableOf(tables []store.Table, name string) (store.Table, error) {
	for _, t := range tables {
		if t.Name == name {
			return t, nil
		}
	}
	return store.Table{}, fmt.Errorf("there is no table %s", name)
}
