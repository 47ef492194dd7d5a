package audit

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// An export is the whole log as one file, for checking it where the database is not: a line that names the version,
// each event's canonical bytes as a netstring on its own, in their order, then the line "end" and a signed
// checkpoint of just these events. A file that was cut off has no end.
const (
	exportHead = "zona-log/1\n"
	exportEnd  = "end\n"
)

// maxEvent is the length in bytes of the longest event that is read from a file: more than an import of a whole
// sheet writes, and not more than a small machine can hold.
const maxEvent = 16 << 20

// ErrExport is returned, wrapped, for a file that ExportWriter cannot have written.
var ErrExport = errors.New("not a whole export of a log")

// ExportWriter writes an export. Make it with NewExportWriter; it is not whole before Close.
type ExportWriter struct {
	w *bufio.Writer
	b []byte
}

// NewExportWriter begins an export.
func NewExportWriter(w io.Writer) *ExportWriter {
	e := &ExportWriter{w: bufio.NewWriterSize(w, 1<<16)}
	_, _ = e.w.WriteString(exportHead) // a failure stays and comes back from Close
	return e
}

// Add writes the next event.
func (e *ExportWriter) Add(canonical []byte) error {
	e.b = append(strconv.AppendInt(e.b[:0], int64(len(canonical)), 10), ':')
	e.b = append(append(e.b, canonical...), ",\n"...)
	if _, err := e.w.Write(e.b); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

// Close ends the export with the signed checkpoint of its events. It leaves the underlying writer open.
func (e *ExportWriter) Close(signed []byte) error {
	_, _ = e.w.WriteString(exportEnd)
	_, _ = e.w.Write(signed)
	if err := e.w.Flush(); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

// ReadExport calls each with the canonical bytes of one event after another, which are valid until it returns, and
// returns the signed checkpoint at the end. It decodes and checks nothing but the form of the file.
func ReadExport(r io.Reader, each func(canonical []byte) error) (signed []byte, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	head := make([]byte, len(exportHead))
	if _, err := io.ReadFull(in, head); err != nil || string(head) != exportHead {
		return nil, broken(err, "the first line")
	}
	var event []byte
	for n := 0; ; n++ {
		first, err := in.Peek(1)
		if err != nil {
			return nil, broken(err, "after event %d", n-1)
		}
		if first[0] == exportEnd[0] {
			break
		}
		if event, err = readNetstring(in, event); err != nil {
			return nil, broken(err, "event %d", n)
		}
		if err := each(event); err != nil {
			return nil, err
		}
	}
	end := make([]byte, len(exportEnd))
	if _, err := io.ReadFull(in, end); err != nil || string(end) != exportEnd {
		return nil, broken(err, "the end")
	}
	signed, err = io.ReadAll(io.LimitReader(in, maxNote+1))
	if err != nil || len(signed) > maxNote {
		return nil, broken(err, "the checkpoint")
	}
	return signed, nil
}

// broken wraps ErrExport, unless reading itself failed: a disk that cannot be read says nothing about the log.
func broken(err error, format string, args ...any) error {
	where := fmt.Sprintf(format, args...)
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, ErrExport) {
		return fmt.Errorf("%w: %s", ErrExport, where)
	}
	return fmt.Errorf("read the export: %s: %w", where, err)
}

// readNetstring reads "5:hello,\n" into buf, which it grows where needed.
func readNetstring(in *bufio.Reader, buf []byte) ([]byte, error) {
	size, err := in.ReadSlice(':')
	if err != nil || len(size) > len("16777216:") {
		return buf, errors.Join(err, ErrExport)
	}
	n, err := strconv.Atoi(string(size[:len(size)-1]))
	if err != nil || n < 0 || n > maxEvent || strconv.Itoa(n) != string(size[:len(size)-1]) {
		return buf, ErrExport
	}
	// A length that lies must not make us take memory that the file does not fill.
	if n+2 > cap(buf) {
		var grown bytes.Buffer
		if _, err := io.CopyN(&grown, in, int64(n+2)); err != nil {
			return buf, err
		}
		buf = grown.Bytes()
	} else {
		buf = buf[:n+2]
		if _, err := io.ReadFull(in, buf); err != nil {
			return buf, err
		}
	}
	if buf[n] != ',' || buf[n+1] != '\n' {
		return buf, ErrExport
	}
	return buf[:n], nil
}

// isSignature tells a line with a signature from one that was cut off: the shortest kind has the hash of a key and
// 64 bytes.
func isSignature(line string) bool {
	_, sig, ok := strings.Cut(strings.TrimPrefix(line, "— "), " ")
	b, err := base64.StdEncoding.DecodeString(sig)
	return ok && err == nil && len(b) >= 4+64
}

// maxNote is the length in bytes of the longest signed checkpoint that is read: its text, and room for the
// signatures of some dozens of witnesses.
const maxNote = 64 << 10

// ReadNotes calls each with every signed checkpoint of a file that holds any number of them, one after another with
// empty lines between, in their order: what the file of anchors holds, or a letter that was saved. Pieces between
// them that are none, such as the rest of a write that was cut off, are counted and passed over.
func ReadNotes(r io.Reader, each func(signed []byte) error) (damaged int, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxNote)
	var text, signatures strings.Builder
	torn := false // one of the signatures is none
	end := func() error {
		defer func() { text.Reset(); signatures.Reset(); torn = false }()
		switch {
		case text.Len() == 0 && signatures.Len() == 0:
			return nil
		case text.Len() == 0 || signatures.Len() == 0 || torn:
			damaged++
			return nil
		}
		return each([]byte(text.String() + "\n" + signatures.String()))
	}
	blank := true // the last line was empty
	for lines.Scan() {
		line := strings.TrimSuffix(lines.Text(), "\r")
		switch {
		case line == "":
			// An empty line ends a note that has its signatures, and parts text and signatures otherwise.
			if signatures.Len() > 0 {
				if err := end(); err != nil {
					return damaged, err
				}
			}
			blank = true
			continue
		case strings.HasPrefix(line, "— "):
			signatures.WriteString(line + "\n")
			torn = torn || !isSignature(line)
		default:
			if signatures.Len() > 0 || blank && text.Len() > 0 {
				if err := end(); err != nil {
					return damaged, err
				}
			}
			text.WriteString(line + "\n")
		}
		blank = false
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return damaged + 1, nil
		}
		return damaged, fmt.Errorf("read checkpoints: %w", err)
	}
	return damaged, end()
}
