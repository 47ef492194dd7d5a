package backup

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// The files of the archive: head.json, then for every table TABLE/000001.jsonl and on, then manifest.json.
const (
	headName     = "head.json"
	manifestName = "manifest.json"
	partForm     = "%s/%06d.jsonl"
)

// pieceSize is how much of a table is gathered in memory before it goes into the archive, where a file must be
// preceded by its size. maxPiece is what a reader accepts: a piece may run over by one row.
const (
	pieceSize = 1 << 20
	maxPiece  = 256 << 20
)

// Write copies the source to w, encrypted so that each of the recipients can open it. It holds about a mebibyte in
// memory, whatever the size of the database, and one row where that is larger. The copy is whole when it returns nil
// and w has been closed without an error.
func Write(ctx context.Context, w io.Writer, src Source, head Head, recipients ...age.Recipient) (Manifest, error) {
	head.Format, head.Tables, head.Time = Format, src.Tables(), head.Time.UTC()
	sealed, err := age.Encrypt(w, recipients...)
	if err != nil {
		return Manifest{}, fmt.Errorf("encrypt the copy: %w", err)
	}
	packed, err := gzip.NewWriterLevel(sealed, gzip.BestSpeed)
	if err != nil {
		return Manifest{}, fmt.Errorf("compress the copy: %w", err)
	}
	a := archive{tar.NewWriter(packed)}
	m := Manifest{Head: head}
	if err := a.putJSON(headName, head); err != nil {
		return m, err
	}
	for _, t := range head.Tables {
		part, err := a.putTable(ctx, src, t)
		if err != nil {
			return m, fmt.Errorf("copy table %s: %w", t.Name, err)
		}
		m.Parts = append(m.Parts, part)
	}
	m.Digest = digest(m.Parts)
	if err := a.putJSON(manifestName, m); err != nil {
		return m, err
	}
	return m, errors.Join(a.Close(), packed.Close(), sealed.Close())
}

// archive is a tar archive whose files have no time and no owner: equal contents are equal bytes.
type archive struct{ *tar.Writer }

func (a archive) put(name string, data []byte) error {
	err := a.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(data)), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR})
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if _, err := a.Write(data); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func (a archive) putJSON(name string, v any) error {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return a.put(name, append(data, '\n'))
}

// putTable writes a table in pieces. An empty table has none.
func (a archive) putTable(ctx context.Context, src Source, t Table) (Part, error) {
	m := newMeter(t)
	piece := make([]byte, 0, pieceSize+pieceSize/4)
	pieces := 0
	flush := func() error {
		if len(piece) == 0 {
			return nil
		}
		pieces++
		err := a.put(fmt.Sprintf(partForm, t.Name, pieces), piece)
		piece = piece[:0]
		return err
	}
	err := src.Rows(ctx, t.Name, func(values []any) error {
		before := len(piece)
		line, err := appendRow(piece, t, values)
		if err != nil {
			return fmt.Errorf("row %d: %w", m.rows+1, err)
		}
		if len(line)-before > maxPiece/2 {
			return fmt.Errorf("row %d has %d bytes, more than a copy can give back", m.rows+1, len(line)-before)
		}
		piece = line
		m.add(piece[before:])
		if len(piece) >= pieceSize {
			return flush()
		}
		return nil
	})
	if err != nil {
		return Part{}, err
	}
	return m.part(), flush()
}
