package app

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"zona/internal/assessment"
	"zona/internal/web"
)

// TestAZ05AFormTakesItsOwnFieldsAndNoColumnBeside sends to every row that changes something, as somebody who may enter,
// each column name of the database as one field more: it is refused as a whole and nothing is changed.
func TestAZ05AFormTakesItsOwnFieldsAndNoColumnBeside(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	columns := w.columns()
	if len(columns) < 50 {
		t.Fatalf("%d columns", len(columns))
	}
	before, sent := w.version(), 0
	for _, row := range w.rows {
		if row.Method() == http.MethodGet || row.Public {
			continue
		}
		who := w.mayEnter(row)
		for _, column := range columns {
			form := w.form(row, own, assessment.Open)
			if row.Takes(url.Values{column: {"x"}}) == nil {
				continue // the form has a field of this name; its use case decides
			}
			form.Set(column, "999")
			sent++
			if status := w.post(row, who, form); status != http.StatusBadRequest || w.version() != before {
				t.Fatalf("%s as %s with %s: status %d, changed %v", row.Pattern, who, column, status, w.version() != before)
			}
		}
	}
	t.Logf("%d forms with a column too many", sent)
	// The control: without the column the same form is not refused for its fields.
	row := w.row("POST /sheets/{assessment}/answers/{question}")
	if status := w.post(row, "coordinator", w.form(row, own, assessment.Open)); status != http.StatusSeeOther || w.version() == before {
		t.Errorf("a form with its own fields alone: status %d, changed %v", status, w.version() != before)
	}
}

// columns are the names of all columns of all tables, each once, sorted.
func (w *accessWorld) columns() []string {
	w.t.Helper()
	rows, err := w.watch.QueryContext(w.t.Context(), `
		SELECT DISTINCT c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY c.name`)
	w.must(err)
	defer func(rows *sql.Rows) { _ = rows.Close() }(rows)
	var names []string
	for rows.Next() {
		var name string
		w.must(rows.Scan(&name))
		names = append(names, name)
	}
	w.must(rows.Err())
	return names
}

// mayEnter is somebody whom the reviewed table lets into the row at the own unit.
func (w *accessWorld) mayEnter(row web.Row) string {
	w.t.Helper()
	for _, who := range w.roles() {
		if who != "nobody" && expected(row, who, own, assessment.Open) == entered {
			return who
		}
	}
	w.t.Fatalf("nobody may enter %s", row.Pattern)
	return ""
}

// post sends a form to a row as one person and returns the status.
func (w *accessWorld) post(row web.Row, who string, form url.Values) int {
	w.t.Helper()
	form.Set("_token", w.sessions[who].Session.Token)
	r := httptest.NewRequestWithContext(w.t.Context(), row.Method(), "http://localhost:8080"+w.address(row, own, assessment.Open), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(&http.Cookie{Name: "zona", Value: w.sessions[who].Value})
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec.Code
}
