package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"zona/internal/assessment"
	"zona/internal/fault"
	"zona/internal/instrument"
)

// The lists of an import are stored as JSON in these forms, which do not follow when a field of the feature is
// renamed. An answer stands in them as in entry.value.
type (
	storedIncoming struct {
		Question string            `json:"question"`
		Answer   instrument.Answer `json:"answer"`
		Note     string            `json:"note,omitempty"`
	}
	storedApplied struct {
		Question string            `json:"question"`
		Before   instrument.Answer `json:"before"`
		Note     string            `json:"note,omitempty"`
		Revision int               `json:"revision"`
	}
	storedProblem struct {
		Sheet    string            `json:"sheet,omitempty"`
		Cell     string            `json:"cell,omitempty"`
		Question string            `json:"question,omitempty"`
		Read     string            `json:"read,omitempty"`
		Rule     string            `json:"rule"`
		Mend     string            `json:"mend"`
		Args     map[string]string `json:"args,omitempty"`
	}
)

// InsertImport is assessment.Store's.
func (s assessmentStore) InsertImport(ctx context.Context, i assessment.Import) error {
	incoming := make([]storedIncoming, len(i.Incoming))
	for n, in := range i.Incoming {
		incoming[n] = storedIncoming(in)
	}
	incomingText, err := asJSON(incoming)
	if err != nil {
		return err
	}
	problems := make([]storedProblem, len(i.Problems))
	for n, p := range i.Problems {
		problems[n] = storedProblem(p)
	}
	problemsText, err := asJSON(problems)
	if err != nil {
		return err
	}
	appliedText, err := appliedJSON(i.Applied)
	if err != nil {
		return err
	}
	_, err = change(ctx, s.q, `
		INSERT INTO workbook_import (id, assessment, file_name, file_hash, heading, state, imported_by, imported_at, incoming, problems, applied)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		i.ID, i.Assessment, i.FileName, i.FileHash[:], i.Column, string(i.State), i.By, i.At.UnixMilli(),
		incomingText, problemsText, appliedText)
	return failed(s.dialect, err, "insert import %s", i.ID)
}

func appliedJSON(list []assessment.Applied) (string, error) {
	stored := make([]storedApplied, len(list))
	for i, a := range list {
		stored[i] = storedApplied(a)
	}
	return asJSON(stored)
}

// Import is assessment.Store's.
func (s assessmentStore) Import(ctx context.Context, id string) (assessment.Import, error) {
	return importByID(ctx, s.dialect, s.q, id)
}

// Import is assessment.Queries's.
func (a Assessments) Import(ctx context.Context, id string) (assessment.Import, error) {
	return importByID(ctx, a.db.dialect, a.db.reader(), id)
}

// SaveImport is assessment.Store's.
func (s assessmentStore) SaveImport(ctx context.Context, i assessment.Import, was assessment.ImportState) error {
	applied, err := appliedJSON(i.Applied)
	if err != nil {
		return err
	}
	n, err := change(ctx, s.q, `UPDATE workbook_import SET state = $2, applied = $3 WHERE id = $1 AND state = $4`,
		i.ID, string(i.State), applied, string(was))
	if err != nil {
		return failed(s.dialect, err, "save import %s", i.ID)
	}
	if n == 1 {
		return nil
	}
	now, err := s.Import(ctx, i.ID)
	if err != nil {
		return err
	}
	f := fault.New(fault.Conflict, msgConflict)
	f.Current = now
	return failed(s.dialect, f, "save import %s that was %s", i.ID, was)
}

// Imports is assessment.Queries's.
func (a Assessments) Imports(ctx context.Context, id string, limit int) ([]assessment.Import, error) {
	var rows []importRow
	err := all(ctx, a.db.reader(), &rows, `
		SELECT id, assessment, file_name, file_hash, heading, state, imported_by, imported_at FROM workbook_import
		WHERE assessment = $1 ORDER BY imported_at DESC, id DESC LIMIT $2`, id, limit)
	if err != nil {
		return nil, failed(a.db.dialect, err, "list the imports of assessment %s", id)
	}
	list := make([]assessment.Import, len(rows))
	for i, r := range rows {
		if list[i], err = r.importOf(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

type importRow struct {
	ID, Assessment, FileName, Heading, State, ImportedBy text
	FileHash                                             []byte
	ImportedAt                                           sql.NullInt64
	Incoming, Problems, Applied                          text
}

func importByID(ctx context.Context, d dialect, q queryer, id string) (assessment.Import, error) {
	var r importRow
	err := one(ctx, q, &r, `
		SELECT id, assessment, file_name, file_hash, heading, state, imported_by, imported_at, incoming, problems, applied
		FROM workbook_import WHERE id = $1`, id)
	if err != nil {
		return assessment.Import{}, failed(d, err, "read import %s", id)
	}
	return r.importOf()
}

// importOf reads the lists where the query asked for them.
func (r importRow) importOf() (assessment.Import, error) {
	i := assessment.Import{
		ID: string(r.ID), Assessment: string(r.Assessment), FileName: string(r.FileName), Column: string(r.Heading),
		State: assessment.ImportState(r.State), By: string(r.ImportedBy), At: instant(r.ImportedAt),
	}
	if len(r.FileHash) != len(i.FileHash) {
		return i, fmt.Errorf("import %s: file hash of %d bytes", r.ID, len(r.FileHash))
	}
	copy(i.FileHash[:], r.FileHash)

	var incoming []storedIncoming
	var problems []storedProblem
	var applied []storedApplied
	for _, list := range []struct {
		stored text
		into   any
	}{{r.Incoming, &incoming}, {r.Problems, &problems}, {r.Applied, &applied}} {
		if list.stored == "" {
			continue
		}
		if err := json.Unmarshal([]byte(list.stored), list.into); err != nil {
			return i, fmt.Errorf("import %s: %w", r.ID, err)
		}
	}
	for _, n := range incoming {
		i.Incoming = append(i.Incoming, assessment.Incoming(n))
	}
	for _, p := range problems {
		i.Problems = append(i.Problems, assessment.Problem(p))
	}
	for _, a := range applied {
		i.Applied = append(i.Applied, assessment.Applied(a))
	}
	return i, nil
}
