package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"unicode/utf8"
)

// A row is one line: a JSON array with null, a whole number, a string, or bytes as a string of base64, as the class
// of the column says. There is one spelling only, so that equal rows are equal lines.

// appendRow appends the line of a row with its line feed.
func appendRow(b []byte, t Table, values []any) ([]byte, error) {
	if len(values) != len(t.Columns) {
		return nil, fmt.Errorf("%d values for %d columns", len(values), len(t.Columns))
	}
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		class, wrong := t.Columns[i].Class, false
		switch v := v.(type) {
		case nil:
			b = append(b, "null"...)
		case int64:
			b, wrong = strconv.AppendInt(b, v, 10), class != Integer
		case string:
			if !utf8.ValidString(v) {
				return nil, fmt.Errorf("column %s: %w", t.Columns[i].Name, errUTF8)
			}
			b, wrong = appendText(b, v), class != Text
		case []byte:
			b = append(b, '"')
			b = base64.StdEncoding.AppendEncode(b, v)
			b, wrong = append(b, '"'), class != Blob
		default:
			wrong = true
		}
		if wrong {
			return nil, fmt.Errorf("column %s: a value of type %T where %s belongs", t.Columns[i].Name, v, class)
		}
	}
	return append(b, "]\n"...), nil
}

// errUTF8 is a text that could not come back the same.
var errUTF8 = errors.New("the text is not UTF-8, which the copy could not give back")

// appendText appends a JSON string. Most texts need no escape.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c == 0x7f {
			return appendEscaped(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendEscaped(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20 || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// parseRow reads a line back, without its line feed. It accepts what appendRow writes and nothing else.
func parseRow(line []byte, t Table) ([]any, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var raw []any
	if err := d.Decode(&raw); err != nil {
		return nil, fmt.Errorf("not a row: %w", err)
	}
	if len(raw) != len(t.Columns) {
		return nil, fmt.Errorf("%d values for %d columns", len(raw), len(t.Columns))
	}
	for i, v := range raw {
		value, err := parseValue(v, t.Columns[i].Class)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", t.Columns[i].Name, err)
		}
		raw[i] = value
	}
	again, err := appendRow(make([]byte, 0, len(line)+1), t, raw)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again[:len(again)-1], line) {
		return nil, errors.New("another spelling of a row")
	}
	return raw, nil
}

func parseValue(v any, class string) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil //nolint:nilnil // NULL is a value
	case json.Number:
		if class == Integer {
			return strconv.ParseInt(v.String(), 10, 64)
		}
	case string:
		switch class {
		case Text:
			return v, nil
		case Blob:
			return base64.StdEncoding.Strict().DecodeString(v)
		}
	}
	return nil, fmt.Errorf("a value of type %T where %s belongs", v, class)
}

// meter counts and hashes the lines of a table.
type meter struct {
	table       string
	rows, bytes int64
	sum         hash.Hash
}

func newMeter(t Table) *meter { return &meter{table: t.Name, sum: sha256.New()} }

// add takes a line with its line feed.
func (m *meter) add(line []byte) {
	m.rows++
	m.bytes += int64(len(line))
	_, _ = m.sum.Write(line) // a hash takes everything
}

func (m *meter) part() Part {
	return Part{Table: m.table, Rows: m.rows, Bytes: m.bytes, Sum: hex.EncodeToString(m.sum.Sum(nil))}
}
