package admin

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"zona/internal/audit"
	"zona/internal/locale"
	"zona/internal/trail"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// logRow is an event in words.
type logRow struct {
	seq                               string
	kind, at, actor                   string
	institution, unit, object, digest string
	changes                           []change
	personal                          []change
	concealed                         bool
}

// change is one field in words.
type change struct{ field, from, to string }

// zoneOf is the zone of the reader's institution; those of the instance read the capital's.
func zoneOf(f ui.Frame) *time.Location {
	if zone, err := locale.Zone(f.Institution.Zone); err == nil {
		return zone
	}
	zone, err := locale.Zone(locale.WIB)
	if err != nil {
		return time.UTC
	}
	return zone
}

func rowOf(f ui.Frame, l trail.Line) logRow {
	e := l.Record.Event
	row := logRow{
		seq: strconv.FormatInt(l.Seq, 10), kind: kindOf(f.Printer, l.Kind), at: f.Printer.FullDateTime(e.At, zoneOf(f)),
		actor: actorOf(f.Printer, l), institution: l.Home, unit: l.Unit, object: objectOf(f.Printer, l), digest: l.Digest.String(),
		concealed: l.Concealed,
	}
	for _, c := range l.Changes {
		shown := change{field: fieldOf(f.Printer, c.Field), from: valueOf(f, c.Field, c.From), to: valueOf(f, c.Field, c.To)}
		if c.Name != "" {
			shown.to = c.Name
		}
		if c.Concealed {
			shown = change{field: shown.field, to: f.T("audit.concealed")}
		}
		row.changes = append(row.changes, shown)
	}
	for _, p := range l.Personal {
		shown := change{field: fieldOf(f.Printer, p.Field), to: p.Value}
		switch {
		case p.Concealed:
			shown.to = f.T("audit.concealed")
		case p.Erased:
			shown.to = f.T("audit.erased")
		case p.Value == "":
			shown.to = f.T("audit.nothing")
		}
		row.personal = append(row.personal, shown)
	}
	return row
}

// kindOf is a kind in words; one of a newer program is shown as it is.
func kindOf(p *locale.Printer, kind string) string {
	if id := "audit.kind." + kind; p.Has(id) {
		return p.T(id)
	}
	return kind
}

func actorOf(p *locale.Printer, l trail.Line) string {
	switch {
	case l.Record.Event.Actor == audit.System:
		return p.T("audit.system")
	case l.Actor != "":
		return l.Actor
	}
	return l.Record.Event.Actor
}

func objectOf(p *locale.Printer, l trail.Line) string {
	o := l.Record.Event.Object
	kind := o.Kind
	if id := "audit.object." + kind; p.Has(id) {
		kind = p.T(id)
	}
	if l.Object != "" {
		return kind + ": " + l.Object
	}
	if o.ID == "" {
		return kind
	}
	return kind + " " + o.ID
}

// fieldOf is a field in words; the answer and the note of a question are named with its number.
func fieldOf(p *locale.Printer, field string) string {
	base, question, part := strings.Cut(field, ":")
	id := "audit.field." + base
	switch {
	case !p.Has(id):
		return field
	case part:
		return p.T(id) + " " + question
	}
	return p.T(id)
}

// momentOf is a moment, which is stored in UTC, as it reads in the reader's zone. An end is the last minute before it.
func momentOf(f ui.Frame, field, value string) (text string, ok bool) {
	at, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return "", false
	}
	switch field {
	case "from", "opens", "closed", "opened":
		return f.Printer.DateTime(at, zoneOf(f)), true
	case "until", "deadline":
		return f.Printer.Deadline(at, zoneOf(f)), true
	}
	return "", false
}

// valueOf is a value in words. Answers are stored in their JSON form, whose quotes say nothing to a reader.
func valueOf(f ui.Frame, field, value string) string {
	if value == "" {
		return ""
	}
	if text, ok := momentOf(f, field, value); ok {
		return text
	}
	p := f.Printer
	for prefix, fields := range map[string]string{"admin.role.": "role", "admin.scope.": "scope"} {
		if fields == field && p.Has(prefix+value) {
			return p.T(prefix + value)
		}
	}
	if strings.HasPrefix(field, "answer:") {
		var text string
		if json.Unmarshal([]byte(value), &text) == nil {
			return text
		}
	}
	return value
}

// fileColumns are the columns of the file; their names are those of the page.
var fileColumns = []string{"audit.seq", "audit.at", "audit.kind", "audit.actor", "audit.institution", "audit.unit", "audit.object", "audit.changes", "audit.personal", "audit.digest"}

// getLogFile sends all events of the filter as a table, a page at a time: it holds no more than that in memory, however
// long the log is.
func (s desk) getLogFile(w http.ResponseWriter, r *http.Request) error {
	q := route.From(r)
	frame := ui.FrameOf(r, "")
	out := csv.NewWriter(w)
	out.UseCRLF = true
	begun := false
	begin := func() error {
		begun = true
		h := w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="zona-log.csv"`)
		if _, err := w.Write([]byte("\ufeff")); err != nil { // spreadsheets take it for another encoding without
			return err
		}
		names := make([]string, len(fileColumns))
		for i, id := range fileColumns {
			names[i] = frame.T(id)
		}
		return out.Write(names)
	}
	control := http.NewResponseController(w)
	err := s.Trail.Each(r.Context(), q.Actor, filterOf(r, zoneOf(frame)).Filter, func(lines []trail.Line) error {
		if !begun {
			if err := begin(); err != nil {
				return err
			}
		}
		// A long log may take longer than one answer has; each page has that time anew.
		_ = control.SetWriteDeadline(time.Time{})
		for _, l := range lines {
			if err := out.Write(cells(rowOf(frame, l), l.Record.Event.At)); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	})
	switch {
	case err != nil && begun:
		// Half a file must not be taken for a whole one.
		panic(http.ErrAbortHandler)
	case err != nil:
		return err
	case !begun:
		if err := begin(); err != nil {
			panic(http.ErrAbortHandler)
		}
		out.Flush()
	}
	return nil
}

func cells(row logRow, at time.Time) []string {
	line := []string{
		row.seq, at.UTC().Format(time.RFC3339), row.kind, row.actor, row.institution, row.unit, row.object, joined(row.changes),
		joined(row.personal), row.digest,
	}
	for i := range line {
		line[i] = unarmed(line[i])
	}
	return line
}

func joined(changes []change) string {
	parts := make([]string, len(changes))
	for i, c := range changes {
		parts[i] = c.field + ": " + c.to
		if c.from != "" {
			parts[i] = c.field + ": " + c.from + " → " + c.to
		}
	}
	return strings.Join(parts, "; ")
}

// unarmed keeps a spreadsheet from taking a text for a formula.
func unarmed(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n\x00", rune(s[0])) {
		return "'" + s
	}
	return s
}
