package store

import (
	"context"

	"zona/internal/assessment"
)

// After lists all assessments of the instance by id, at most limit behind the given one ("" for the first): for the
// doctor, who scores every sheet anew.
func (a Assessments) After(ctx context.Context, id string, limit int) ([]assessment.Assessment, error) {
	var rows []struct{ A assessmentRow }
	err := all(ctx, a.db.reader(), &rows, `
		SELECT `+assessmentColumns+` FROM assessment a WHERE a.id > $1 ORDER BY a.id LIMIT $2`, id, limit)
	if err != nil {
		return nil, failed(a.db.dialect, err, "list assessments after %q", id)
	}
	list := make([]assessment.Assessment, len(rows))
	for i, row := range rows {
		if list[i], err = row.A.assessment(); err != nil {
			return nil, err
		}
	}
	return list, nil
}
