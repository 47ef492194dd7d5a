package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/workbook"
)

// maxAnswerFile is far above any answer file: 113 answers with their notes take 20 kB.
const maxAnswerFile = 4 << 20

// readAnswerFile reads {"instrument": id, "answers": {question: answer}}; other keys are accepted and ignored. No
// answers at all is a sheet that scores 0.
func readAnswerFile(_ context.Context, req ScoreRequest, name string) (scoredFile, error) {
	raw, err := readLimited(name, maxAnswerFile)
	if err != nil {
		return scoredFile{}, err
	}
	var doc struct {
		Instrument *string         `json:"instrument"`
		Answers    json.RawMessage `json:"answers"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return scoredFile{}, fault.New(fault.Invalid, "cli.json.broken", "Error", err.Error())
	}
	id := req.Instrument
	if doc.Instrument != nil {
		id = *doc.Instrument
	}
	in, err := instrument.ByID(id)
	if err != nil {
		return scoredFile{}, fault.New(fault.Invalid, "cli.json.instrument", "Read", id, "Known", knownInstruments())
	}
	s := scoredFile{instrument: in, answers: map[string]instrument.Answer{}}
	placed, err := s.readAnswers(doc.Answers)
	if err != nil {
		return scoredFile{}, err
	}
	if placed == 0 && len(s.problems) > 0 {
		return scoredFile{}, fault.New(fault.Invalid, "cli.json.none")
	}
	return s, nil
}

// readAnswers walks the answers in the order of the file, so that a question given twice is seen.
func (s *scoredFile) readAnswers(raw json.RawMessage) (placed int, err error) {
	if len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return 0, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return 0, fault.New(fault.Invalid, "cli.json.answers")
	}
	seen := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return placed, fault.New(fault.Invalid, "cli.json.broken", "Error", err.Error())
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return placed, fault.New(fault.Invalid, "cli.json.broken", "Error", err.Error())
		}
		id := fmt.Sprint(key)
		q, ok := s.instrument.Question(id)
		switch {
		case !ok:
			s.problem(id, id, "cli.json.question", nil)
			continue
		case seen[id]:
			delete(s.answers, id)
			s.problem(id, clip(string(value)), "cli.json.twice", nil)
			placed++
			continue
		}
		seen[id] = true
		placed++
		answer, wrong := q.Question.FromJSON(value)
		for _, v := range wrong {
			args := v.Args
			s.problems = append(s.problems, workbook.Problem{Question: id, Read: v.Read, Rule: v.Rule, Mend: v.Mend, Args: args})
		}
		if len(wrong) == 0 && answer.Given() {
			s.answers[id] = answer
		}
	}
	return placed, nil
}

func (s *scoredFile) problem(question, read, rule string, args map[string]string) {
	s.problems = append(s.problems, workbook.Problem{Question: question, Read: read, Rule: rule, Mend: rule + ".mend", Args: args})
}

func readLimited(name string, limit int64) ([]byte, error) {
	f, err := os.Open(filepath.Clean(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		if _, ok := errors.AsType[*os.PathError](err); ok {
			return nil, fault.New(fault.Invalid, "cli.file.folder")
		}
		return nil, err
	}
	if int64(len(raw)) > limit {
		return nil, fault.New(fault.TooLarge, "cli.file.large", "Limit", limit>>20)
	}
	return raw, nil
}

func clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
