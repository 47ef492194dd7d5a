package workspace

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"

	"zona/internal/assessment"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/web/internal/route"
)

// WorkbookWriter writes a sheet as a workbook that counts by itself; package app passes the writer of package
// workbook in.
type WorkbookWriter interface {
	WriteWorkbook(w io.Writer, v assessment.View) error
}

// answersFile is the form of an answer file, which `zona score` reads back.
type answersFile struct {
	Instrument string                       `json:"instrument"`
	Title      string                       `json:"title"`
	Answers    map[string]instrument.Answer `json:"answers"`
	Notes      map[string]string            `json:"notes,omitempty"`
}

// getWorkbook sends the sheet as a workbook.
func (d *desk) getWorkbook(w http.ResponseWriter, r *http.Request) error {
	made, err := d.exported(r)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if err := d.deps.Workbooks.WriteWorkbook(&file, made); err != nil {
		return err
	}
	return attach(w, made.Sheet, ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", file.Bytes())
}

// getAnswers sends the answers and notes of the sheet as a file that other systems and `zona score` can read.
func (d *desk) getAnswers(w http.ResponseWriter, r *http.Request) error {
	made, err := d.exported(r)
	if err != nil {
		return err
	}
	file := answersFile{
		Instrument: made.Instrument.ID, Title: made.Sheet.Unit.Name + " · " + made.Sheet.Period.Name,
		Answers: map[string]instrument.Answer{}, Notes: map[string]string{},
	}
	for _, e := range made.Entries {
		if e.Answer.Given() {
			file.Answers[e.Question] = e.Answer
		}
		if e.Note != "" {
			file.Notes[e.Question] = e.Note
		}
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	return attach(w, made.Sheet, ".json", "application/json", append(text, '\n'))
}

// exported is a sheet that the actor may take away.
func (d *desk) exported(r *http.Request) (assessment.View, error) {
	q := route.From(r)
	made, err := d.deps.Sheets.View(r.Context(), q.Actor, r.PathValue("assessment"))
	if err != nil {
		return assessment.View{}, err
	}
	return made, org.Can(q.Actor, org.ExportSheet, made.Sheet.Unit.At(), org.State{At: q.At}).Fault()
}

// attach sends a file to be kept. Its name is only a suggestion to the browser; mime.FormatMediaType writes letters
// outside ASCII in the form of RFC 8187 and leaves no way out of the header.
func attach(w http.ResponseWriter, s assessment.Sheet, ext, kind string, file []byte) error {
	name := assessment.FoldFileName("LKE " + strconv.Itoa(s.Period.Year) + " " + s.Unit.Name)
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": name + ext})
	if disposition == "" {
		disposition = "attachment"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition)
	h.Set("Content-Length", strconv.Itoa(len(file)))
	w.WriteHeader(http.StatusOK)
	// A failing write means that the reader has gone.
	_, _ = w.Write(file)
	return nil
}
