package app

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/workbook"
)

// ValidateInstrument checks an instrument file and prints every problem with its line. Exit 0: sound; 1: not; 2:
// not readable.
func ValidateInstrument(path string, out io.Writer) error {
	raw, err := readLimited(path, instrument.MaxFileSize)
	if err != nil {
		return Exit{Code: 2, Err: fmt.Errorf("read %s: %w", path, err)}
	}
	in, err := instrument.Load(filepath.Base(path), raw)
	if wrong, ok := errors.AsType[*instrument.LoadError](err); ok {
		if _, err := fmt.Fprintln(out, strings.TrimSpace(wrong.Error())); err != nil {
			return err
		}
		return Exit{Code: 1}
	}
	if err != nil {
		return Exit{Code: 2, Err: err}
	}
	_, err = fmt.Fprintf(out, "%s: sound (%s, %d questions, %d predicates)\n", path, in.ID, len(in.Questions), len(in.Predicates))
	return err
}

// ShowInstrument writes an instrument of the program as text, JSON or a blank workbook.
func ShowInstrument(id, format string, text *locale.Printer, out io.Writer) error {
	in, err := instrument.ByID(id)
	if err != nil {
		return Exit{Code: 2, Err: fmt.Errorf("instrument %q is not known; the instruments are %s", id, knownInstruments())}
	}
	switch format {
	case "json":
		return instrument.WriteJSON(out, in)
	case "xlsx":
		return workbook.Write(out, in, workbook.Sheet{})
	}
	return instrument.WriteText(out, in, text)
}

// ListInstruments writes a line per instrument.
func ListInstruments(out io.Writer) error {
	for _, in := range instrument.All() {
		if _, err := fmt.Fprintf(out, "%-14s %4d  %s (%s)\n", in.ID, len(in.Questions), in.Title, in.Regulation); err != nil {
			return err
		}
	}
	return nil
}
