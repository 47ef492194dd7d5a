package assessment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/org"
)

// Upload is what PreviewImport needs: a workbook as somebody sent it.
type Upload struct {
	Key        idempotency.Key
	Assessment string
	FileName   string // as the browser names it; only for showing
	Column     string // which column of answers: "unit", "tpi", "tpi2" or a heading, "" for unit
	Source     io.ReaderAt
	Size       int64
}

// PreviewImport reads a workbook and keeps what it says, with everything that could not be read, until somebody
// decides. It changes no answer. A file that is not readable, or says nothing, is a fault. It returns the import's
// id.
func (s *Service) PreviewImport(ctx context.Context, by org.Actor, up Upload) (string, error) {
	i, err := s.read(ctx, by, up)
	if err != nil {
		return "", err
	}
	return run(ctx, s.tx, up.Key, func(ctx context.Context, st Store) (string, error) {
		w, err := s.begin(ctx, st, by, org.ImportWorkbook, up.Assessment)
		if err != nil {
			return "", err
		}
		i.At = st.Now()
		if err := st.InsertImport(ctx, i); err != nil {
			return "", err
		}
		e := w.event(st, by, audit.ImportPreviewed,
			audit.Change{Field: "file", To: hex.EncodeToString(i.FileHash[:])},
			audit.Change{Field: "column", To: i.Column},
			audit.Change{Field: "answers", To: strconv.Itoa(len(i.Incoming))},
			audit.Change{Field: "problems", To: strconv.Itoa(len(i.Problems))})
		e.Object = audit.Object{Kind: "import", ID: i.ID}
		// People name files after people.
		e.Personal = []audit.Personal{{Field: "name", Value: i.FileName}}
		return i.ID, st.Append(ctx, e)
	})
}

// read does all that is slow before the transaction, and asks first, so that nobody makes the server read files for
// a sheet that is not theirs.
func (s *Service) read(ctx context.Context, by org.Actor, up Upload) (Import, error) {
	sheet, err := s.q.Sheet(ctx, up.Assessment)
	if err != nil {
		return Import{}, err
	}
	if err := mayChange(by, org.ImportWorkbook, sheet.Unit, sheet.Assessment, sheet.Period, s.opt.Clock()); err != nil {
		return Import{}, err
	}
	in, err := s.opt.Instruments(sheet.Assessment.Instrument)
	if err != nil {
		return Import{}, fmt.Errorf("instrument of assessment %s: %w", up.Assessment, err)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(up.Source, 0, up.Size)); err != nil {
		return Import{}, fmt.Errorf("read the upload for assessment %s: %w", up.Assessment, err)
	}
	r, err := s.opt.Workbooks.ReadWorkbook(ctx, in, up.Source, up.Size, up.Column)
	if err != nil {
		return Import{}, err
	}
	i := Import{
		ID: s.opt.NewID(), Assessment: up.Assessment, FileName: FoldFileName(up.FileName), Column: foldLine(r.Column),
		State: Previewed, By: by.Person, Problems: r.Problems,
	}
	hash.Sum(i.FileHash[:0])
	for _, c := range r.Incoming {
		c.Note = FoldNote(c.Note)
		if problems := distrust(in, c); len(problems) > 0 {
			i.Problems = append(i.Problems, problems...)
			continue
		}
		if c.Answer.Given() || c.Note != "" {
			i.Incoming = append(i.Incoming, c)
		}
	}
	if len(i.Incoming)+len(i.Problems) == 0 {
		return Import{}, fault.New(fault.Invalid, "fault.import.empty")
	}
	slices.SortStableFunc(i.Incoming, func(a, b Incoming) int { return leaf(in, a.Question) - leaf(in, b.Question) })
	return i, nil
}

// distrust holds what a reader gave against the instrument once more: a sheet never holds what SetAnswer refuses.
func distrust(in *instrument.Instrument, c Incoming) []Problem {
	q, ok := in.Question(c.Question)
	if !ok {
		return []Problem{{
			Read: c.Question, Rule: "fault.import.question.rule", Mend: "fault.import.question.mend",
			Args: map[string]string{"ID": c.Question},
		}}
	}
	var list []Problem
	for _, v := range q.Question.Check(c.Answer) {
		list = append(list, Problem{Question: q.ID, Read: v.Read, Rule: v.Rule, Mend: v.Mend, Args: v.Args})
	}
	f := fault.Form()
	if f.Lines("note", c.Note, 0, MaxNote); f.Err() != nil {
		list = append(list, Problem{
			Question: q.ID, Rule: "fault.import.note.rule", Mend: "fault.import.note.mend",
			Args: map[string]string{"Max": strconv.Itoa(MaxNote)},
		})
	}
	return list
}

// maxLine is how many bytes of a file's name, or of a heading in it, are kept (reliability FP-08).
const maxLine = 200

// FoldFileName returns a file's name as it is kept for showing: the last part of a path, without control characters
// and signs that turn the direction of writing, at most 200 bytes. No path is ever made of it.
func FoldFileName(name string) string {
	return foldLine(name[strings.LastIndexAny(name, `/\`)+1:])
}

// foldLine makes a short text of a stranger fit to be kept and shown on one line.
func foldLine(s string) string {
	s = strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == utf8.RuneError {
			return -1
		}
		return c
	}, s))
	for len(s) > maxLine {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.TrimSpace(s)
}
