package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"filippo.io/age"
)

// maxHead is the largest head and manifest that is read.
const maxHead = 4 << 20

// insertRows is how many rows go to the target at once.
const insertRows = 500

// Verify reads a copy to its end and says what it holds. It returns a *Damage naming the part for anything that is
// not as it was written, ErrKey for a key that does not open the copy, ErrFormat for a newer form.
func Verify(ctx context.Context, r io.Reader, keys ...age.Identity) (Manifest, error) {
	return walk(ctx, r, keys, nil)
}

// Restore reads a copy to its end and inserts its rows, then reads them back from the target and compares them with
// the manifest. It returns what Verify returns; after any error the target's transaction must be rolled back.
func Restore(ctx context.Context, r io.Reader, into Target, keys ...age.Identity) (Manifest, error) {
	m, err := walk(ctx, r, keys, into)
	if err != nil {
		return m, err
	}
	parts, _, err := Sum(ctx, into)
	if err != nil {
		return m, fmt.Errorf("read back what was restored: %w", err)
	}
	if wrong := differences(m.Parts, parts); len(wrong) > 0 {
		return m, fmt.Errorf("what was restored is not what the copy holds: %s", wrong[0])
	}
	return m, nil
}

// ReadHead reads the beginning of a copy, which says what is needed to restore it.
func ReadHead(r io.Reader, keys ...age.Identity) (Head, error) {
	in, err := open(r, keys)
	if err != nil {
		return Head{}, err
	}
	return in.head()
}

// walk reads everything; into is nil to look only.
func walk(ctx context.Context, r io.Reader, keys []age.Identity, into Target) (Manifest, error) {
	in, err := open(r, keys)
	if err != nil {
		return Manifest{}, err
	}
	head, err := in.head()
	if err != nil {
		return Manifest{}, err
	}
	if into != nil {
		if err := sameTables(head.Tables, into.Tables()); err != nil {
			return Manifest{}, fmt.Errorf("the copy does not fit the tables of version %d: %w", head.Schema, err)
		}
	}
	name, err := in.next()
	if err != nil {
		return Manifest{}, err
	}
	var parts []Part
	for _, t := range head.Tables {
		m := newMeter(t)
		for n := 1; name == fmt.Sprintf(partForm, t.Name, n); n++ {
			if err := in.piece(ctx, t, m, into); err != nil {
				return Manifest{}, err
			}
			if name, err = in.next(); err != nil {
				return Manifest{}, err
			}
		}
		parts = append(parts, m.part())
	}
	return in.manifest(name, head, parts)
}

// input is a copy being read.
type input struct {
	from   *counter // the encrypted bytes
	sealed io.Reader
	packed *gzip.Reader
	tar    *tar.Reader
	at     string // the file at hand
	size   int64
}

// counter knows how far reading has come.
type counter struct {
	r io.Reader
	n int64
}

// Read counts.
func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

func open(r io.Reader, keys []age.Identity) (*input, error) {
	in := &input{from: &counter{r: r}, at: "the encryption"}
	sealed, err := age.Decrypt(in.from, keys...)
	var wrong *age.NoIdentityMatchError
	switch {
	case errors.As(err, &wrong):
		return nil, ErrKey
	case err != nil:
		return nil, &Damage{"the head of the encryption", err.Error()}
	}
	in.sealed = sealed
	if in.packed, err = gzip.NewReader(sealed); err != nil {
		return nil, in.damage(err)
	}
	in.tar = tar.NewReader(in.packed)
	return in, nil
}

// damage names the file at hand and how far reading had come.
func (in *input) damage(err error) error {
	return &Damage{fmt.Sprintf("%s, before byte %d of the file", in.at, in.from.n), err.Error()}
}

// next goes to the next file and returns its name, "" at the end.
func (in *input) next() (string, error) {
	h, err := in.tar.Next()
	if errors.Is(err, io.EOF) {
		return "", nil
	}
	if err != nil {
		return "", in.damage(fmt.Errorf("what follows cannot be read: %w", err))
	}
	in.at, in.size = h.Name, h.Size
	return h.Name, nil
}

// data reads the file at hand.
func (in *input) data(limit int64) ([]byte, error) {
	if in.size > limit {
		return nil, in.damage(fmt.Errorf("it claims %d bytes, more than %d", in.size, limit))
	}
	var b bytes.Buffer // grows with what is there, not with what is claimed
	if _, err := io.Copy(&b, in.tar); err != nil {
		return nil, in.damage(err)
	}
	return b.Bytes(), nil
}

func (in *input) head() (Head, error) {
	name, err := in.next()
	if err != nil {
		return Head{}, err
	}
	if name != headName {
		return Head{}, &Damage{"the head", fmt.Sprintf("the first part is %q", name)}
	}
	data, err := in.data(maxHead)
	if err != nil {
		return Head{}, err
	}
	var form struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(data, &form); err == nil && form.Format != Format {
		return Head{}, fmt.Errorf("%w (the copy is %q, this program knows %q)", ErrFormat, form.Format, Format)
	}
	var head Head
	if err := strict(data, &head); err != nil {
		return Head{}, &Damage{"the head", err.Error()}
	}
	return head, nil
}

// piece reads one file of a table.
func (in *input) piece(ctx context.Context, t Table, m *meter, into Target) error {
	data, err := in.data(maxPiece)
	if err != nil {
		return err
	}
	var rows [][]any
	flush := func() error {
		if into == nil || len(rows) == 0 {
			return nil
		}
		err := into.Insert(ctx, t.Name, rows)
		rows = rows[:0]
		return err
	}
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			return in.damage(errors.New("the last row is cut"))
		}
		m.add(data[:end+1])
		row, err := parseRow(data[:end], t)
		if err != nil {
			return in.damage(fmt.Errorf("row %d: %w", m.rows, err))
		}
		data = data[end+1:]
		if into == nil {
			continue
		}
		if rows = append(rows, row); len(rows) == insertRows {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return flush()
}

// manifest reads the last file, which has this name, and compares it with what was found.
func (in *input) manifest(name string, head Head, parts []Part) (Manifest, error) {
	switch name {
	case manifestName:
	case "":
		return Manifest{}, &Damage{"the manifest", "it is missing: the copy was cut"}
	default:
		return Manifest{}, &Damage{name, "it does not stand in its place, or a part before it is missing"}
	}
	data, err := in.data(maxHead)
	if err != nil {
		return Manifest{}, err
	}
	var m Manifest
	if err := strict(data, &m); err != nil {
		return Manifest{}, &Damage{"the manifest", err.Error()}
	}
	if !reflect.DeepEqual(m.Head, head) {
		return m, &Damage{"the head", "it is not that of the manifest"}
	}
	if wrong := differences(m.Parts, parts); len(wrong) > 0 {
		return m, &Damage{wrong[0], fmt.Sprintf("%d of %d tables differ", len(wrong), len(m.Parts))}
	}
	if m.Digest != digest(parts) {
		return m, &Damage{"the manifest", "its digest is not that of its parts"}
	}
	return m, in.end()
}

// end sees that nothing follows: after the archive, after the compression, after the encryption.
func (in *input) end() error {
	name, err := in.next()
	if err != nil {
		return err
	}
	if name != "" {
		return &Damage{name, "it follows the manifest"}
	}
	for _, rest := range []io.Reader{in.packed, in.sealed, in.from} {
		n, err := io.Copy(io.Discard, rest)
		if err == nil && n > 0 {
			err = fmt.Errorf("%d bytes follow the end", n)
		}
		if err != nil {
			return in.damage(err)
		}
	}
	return nil
}

// strict reads one JSON value with the fields that we know and nothing after it.
func strict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.InputOffset() < int64(len(bytes.TrimSpace(data))) {
		return errors.New("something follows it")
	}
	return nil
}
