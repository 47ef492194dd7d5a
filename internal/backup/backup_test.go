package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"pgregory.net/rapid"
)

// memory is a database in memory, as a Source and as a Target.
type memory struct {
	tables []Table
	rows   map[string][][]any
}

func (m *memory) Tables() []Table { return m.tables }

func (m *memory) Rows(_ context.Context, table string, see func([]any) error) error {
	for _, row := range m.rows[table] {
		if err := see(row); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Insert(_ context.Context, table string, rows [][]any) error {
	m.rows[table] = append(m.rows[table], rows...)
	return nil
}

// empty has the same tables without a row.
func (m *memory) empty() *memory { return &memory{tables: m.tables, rows: map[string][][]any{}} }

var schema = []Table{
	{"answer", []Column{{"at", Integer}, {"id", Text}, {"note", Text}}},
	{"nothing", []Column{{"id", Text}}},
	{"person", []Column{{"hash", Blob}, {"id", Text}, {"name", Text}}},
}

// world has rows with every awkward value, and enough of them for several pieces.
func world() *memory {
	m := &memory{tables: schema, rows: map[string][][]any{
		"person": {
			{[]byte{}, "p-1", "Siti \"Ti\" \\ Rahma\u2028<&>"},
			{nil, "p-2", ""},
			{[]byte{0, 255}, "p-3", "baris\nbaru\ttab\x00\x7f é e\u0301 😀"},
		},
	}}
	for i := range 16_000 {
		m.rows["answer"] = append(m.rows["answer"], []any{int64(i) - 9_007_199_254_740_993, fmt.Sprintf("a-%05d", i), strings.Repeat("x", 40+i%7)})
	}
	return m
}

func identity(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

var head = Head{Schema: 7, Engine: "sqlite", Time: time.Date(2026, 5, 20, 5, 0, 0, 0, time.UTC), Log: Log{Size: 3, Root: "cm9vdA=="}}

func write(t testing.TB, src Source, to ...age.Recipient) ([]byte, Manifest) {
	t.Helper()
	var b bytes.Buffer
	m, err := Write(t.Context(), &b, src, head, to...)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m
}

func TestACopyGivesBackEveryRow(t *testing.T) {
	t.Parallel()
	one, two := identity(t), identity(t)
	from := world()
	file, written := write(t, from, one.Recipient(), two.Recipient())
	for name, key := range map[string]age.Identity{"first recipient": one, "second recipient": two} {
		into := from.empty()
		m, err := Restore(t.Context(), bytes.NewReader(file), into, key)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// Bytes of no length are bytes all the same: they must not come back as NULL.
		if empty, ok := into.rows["person"][0][0].([]byte); !ok || len(empty) != 0 {
			t.Errorf("%s: empty bytes came back as %#v", name, into.rows["person"][0][0])
		}
		for table, rows := range from.rows {
			if !reflect.DeepEqual(rows, into.rows[table]) {
				t.Errorf("%s: table %s is not what it was", name, table)
			}
		}
		if !reflect.DeepEqual(m, written) || m.Rows() != 16_003 || m.Head.Schema != 7 || m.Head.Log != head.Log {
			t.Errorf("%s: manifest %+v, written %+v", name, m, written)
		}
	}
	// Equal contents have one digest, whichever database and time they come from.
	later := head
	later.Engine, later.Time = "postgres", head.Time.Add(time.Hour)
	var b bytes.Buffer
	if m, err := Write(t.Context(), &b, from, later, one.Recipient()); err != nil || m.Digest != written.Digest {
		t.Errorf("digest %s, then %s, %v", written.Digest, m.Digest, err)
	}
	from.rows["person"][1][2] = "x"
	if _, m := write(t, from, one.Recipient()); m.Digest == written.Digest {
		t.Error("a changed name has the same digest")
	}
}

func TestTheWrongKeyOpensNothing(t *testing.T) {
	t.Parallel()
	file, _ := write(t, world(), identity(t).Recipient())
	into := world().empty()
	if _, err := Restore(t.Context(), bytes.NewReader(file), into, identity(t)); !errors.Is(err, ErrKey) || len(into.rows) > 0 {
		t.Errorf("got %v with %d tables", err, len(into.rows))
	}
	if bytes.Contains(file, []byte("Siti")) {
		t.Error("a name stands in the copy in the clear")
	}
}

func TestWhatCouldNotComeBackIsNotCopied(t *testing.T) {
	t.Parallel()
	key := identity(t)
	for name, row := range map[string][]any{
		"text that is not UTF-8":         {nil, "p", "\xff"},
		"a number where text belongs":    {nil, int64(1), "x"},
		"text where bytes belong":        {"x", "p", "x"},
		"a kind of value without a form": {nil, "p", 1.5},
		"a value too few":                {nil, "p"},
	} {
		m := world().empty()
		m.rows["person"] = [][]any{row}
		if _, err := Write(t.Context(), &bytes.Buffer{}, m, head, key.Recipient()); err == nil || !strings.Contains(err.Error(), "person") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACopyOfAnotherSchemaIsRefused(t *testing.T) {
	t.Parallel()
	key := identity(t)
	file, _ := write(t, world(), key.Recipient())
	for name, tables := range map[string][]Table{
		"a table fewer":           schema[:2],
		"a table more":            append([]Table{{"zone", []Column{{"id", Text}}}}, schema...),
		"a column more":           {{"answer", []Column{{"at", Integer}, {"id", Text}, {"mood", Text}, {"note", Text}}}, schema[1], schema[2]},
		"a column of other class": {{"answer", []Column{{"at", Text}, {"id", Text}, {"note", Text}}}, schema[1], schema[2]},
	} {
		into := &memory{tables: tables, rows: map[string][][]any{}}
		if _, err := Restore(t.Context(), bytes.NewReader(file), into, key); err == nil || len(into.rows) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestALineHasOneSpelling(t *testing.T) {
	t.Parallel()
	table := Table{"t", []Column{{"b", Blob}, {"i", Integer}, {"s", Text}}}
	rapid.Check(t, func(t *rapid.T) {
		row := []any{
			rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return b })).Draw(t, "b"),
			rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.Int64(), func(i int64) any { return i })).Draw(t, "i"),
			rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.String(), func(s string) any { return s })).Draw(t, "s"),
		}
		line, err := appendRow(nil, table, row)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(line, '\n') != len(line)-1 {
			t.Fatalf("%q is more than one line", line)
		}
		back, err := parseRow(line[:len(line)-1], table)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		again, err := appendRow(nil, table, back)
		if err != nil || !bytes.Equal(line, again) {
			t.Fatalf("%q, then %q, %v", line, again, err)
		}
	})
	for _, other := range []string{
		``, `[]`, `[null,1]`, `[null,1,"a","b"]`, `[null,1.0,"a"]`, `[null,01,"a"]`, `[null, 1,"a"]`, `[null,1,"\u0061"]`, `["AA",1,"a"]`,
		`["!!!!",1,"a"]`, `[1,1,"a"]`, `[null,"1","a"]`, `[null,1,2]`, `[null,1,"a"]x`, `[null,99999999999999999999,"a"]`, `[null,1e3,"a"]`,
	} {
		if row, err := parseRow([]byte(other), table); err == nil {
			t.Errorf("%s was read as %v", other, row)
		}
	}
}
