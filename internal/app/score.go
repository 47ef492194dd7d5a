package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/scoring"
	"zona/internal/workbook"
)

// Exit codes of zona score, worst of all files.
const (
	scored             = 0
	scoredWithProblems = 1
	notReadable        = 2
)

// ScoreRequest is one call of zona score.
type ScoreRequest struct {
	Paths      []string // files, or folders whose .xlsx and .json files are taken in name order
	Instrument string   // id; a JSON file may name its own
	Column     string   // "unit", "tpi", "tpi2" or a heading as printed
	JSON       bool     // one document per file and line instead of a readable tree
	Out        io.Writer
	Progress   io.Writer // nil: none
	Text       *locale.Printer
}

// Score reads and scores every file, in parallel, and writes the results in the order given. The code is 0 when
// all were scored, 1 when something could not be placed or read, 2 when a file was not readable.
func Score(ctx context.Context, req ScoreRequest) (code int, err error) {
	files, err := expand(req.Paths)
	if err != nil {
		return notReadable, err
	}
	out := bufio.NewWriter(req.Out)
	defer func() {
		if e := out.Flush(); err == nil {
			err = e
		}
	}()
	var finished atomic.Int64
	results := make([]chan scoredFile, len(files))
	for i := range results {
		results[i] = make(chan scoredFile, 1)
	}
	workers, ctx := errgroup.WithContext(ctx)
	// Results wait for their turn to be printed; the ceiling keeps them from piling up behind a slow first file.
	ahead := make(chan struct{}, 8*runtime.GOMAXPROCS(0))
	workers.SetLimit(runtime.GOMAXPROCS(0) + 1)
	workers.Go(func() error {
		for i, name := range files {
			select {
			case ahead <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			workers.Go(func() error {
				results[i] <- scoreFile(ctx, req, name)
				if req.Progress != nil {
					_, _ = fmt.Fprintf(req.Progress, "\r%d/%d", finished.Add(1), len(files))
				}
				return ctx.Err()
			})
		}
		return nil
	})
	for i := range results {
		select {
		case r := <-results[i]:
			<-ahead
			code = max(code, r.code())
			if err := r.write(out, req); err != nil {
				return code, err
			}
		case <-ctx.Done():
			return notReadable, workers.Wait()
		}
	}
	if req.Progress != nil {
		_, _ = fmt.Fprintln(req.Progress)
	}
	return code, workers.Wait()
}

// expand turns folders into their files.
func expand(paths []string) ([]string, error) {
	var files []string
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil || !info.IsDir() {
			files = append(files, p) // a missing file is reported in its own line, among the others
			continue
		}
		entries, err := os.ReadDir(p)
		if err != nil {
			return nil, fmt.Errorf("read folder %s: %w", p, err)
		}
		for _, e := range entries {
			if ext := strings.ToLower(filepath.Ext(e.Name())); !e.IsDir() && (ext == ".xlsx" || ext == ".json") && !strings.HasPrefix(e.Name(), "~$") {
				files = append(files, filepath.Join(p, e.Name()))
			}
		}
	}
	return files, nil
}

// scoredFile is what became of one file: a result, or the reason why it is not readable.
type scoredFile struct {
	name       string
	instrument *instrument.Instrument
	answers    map[string]instrument.Answer
	result     *scoring.Result
	problems   []workbook.Problem
}

func (s *scoredFile) code() int {
	switch {
	case s.result == nil:
		return notReadable
	case len(s.problems) > 0:
		return scoredWithProblems
	}
	return scored
}

func (s *scoredFile) write(w io.Writer, req ScoreRequest) error {
	if req.JSON {
		return writeScoreJSON(w, *s, req.Text)
	}
	return writeScoreText(w, *s, req.Text)
}

// scoreFile never fails: what is wrong with a file is part of its result.
func scoreFile(ctx context.Context, req ScoreRequest, name string) scoredFile {
	read := readWorkbookFile
	if strings.EqualFold(filepath.Ext(name), ".json") {
		read = readAnswerFile
	}
	s, err := read(ctx, req, name)
	if err != nil {
		return scoredFile{name: name, problems: []workbook.Problem{unreadable(err)}}
	}
	s.name = name
	s.result = scoring.Score(s.instrument, s.answers)
	return s
}

func readWorkbookFile(ctx context.Context, req ScoreRequest, name string) (scoredFile, error) {
	in, err := instrument.ByID(req.Instrument)
	if err != nil {
		return scoredFile{}, err
	}
	f, err := os.Open(filepath.Clean(name))
	if err != nil {
		return scoredFile{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return scoredFile{}, err
	}
	if info.IsDir() {
		return scoredFile{}, fault.New(fault.Invalid, "cli.file.folder")
	}
	reading, err := workbook.Read(ctx, in, f, info.Size(), workbook.Options{Column: req.Column})
	if err != nil {
		return scoredFile{}, err
	}
	return scoredFile{instrument: in, answers: reading.Answers, problems: reading.Problems}, nil
}

// unreadable tells why a file could not be scored, in the form of every other problem.
func unreadable(err error) workbook.Problem {
	if f, ok := fault.Of(err); ok {
		args := map[string]string{}
		for k, v := range f.Args {
			args[k] = fmt.Sprint(v)
		}
		mend := f.Message + ".mend"
		if !locale.For(locale.Indonesian).Has(mend) {
			mend = "cli.file.mend"
		}
		return workbook.Problem{Rule: f.Message, Mend: mend, Args: args}
	}
	if os.IsNotExist(err) {
		return workbook.Problem{Rule: "cli.file.missing", Mend: "cli.file.missing.mend"}
	}
	if os.IsPermission(err) {
		return workbook.Problem{Rule: "cli.file.denied", Mend: "cli.file.denied.mend"}
	}
	return workbook.Problem{Rule: "cli.file.unreadable", Mend: "cli.file.mend", Args: map[string]string{"Error": err.Error()}}
}

// knownInstruments lists the ids for messages.
func knownInstruments() string {
	var ids []string
	for _, in := range instrument.All() {
		ids = append(ids, in.ID)
	}
	slices.Sort(ids)
	return strings.Join(ids, ", ")
}
