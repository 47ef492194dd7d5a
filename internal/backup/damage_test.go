package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
)

// entry is a file of the archive.
type entry struct {
	name string
	data []byte
}

// unpack takes a copy apart as somebody with the key can.
func unpack(t testing.TB, file []byte, key age.Identity) (entries []entry) {
	t.Helper()
	plain, err := age.Decrypt(bytes.NewReader(file), key)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := gzip.NewReader(plain)
	if err != nil {
		t.Fatal(err)
	}
	in := tar.NewReader(packed)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry{h.Name, data})
	}
}

// pack puts it together again, with nothing but the public key.
func pack(t testing.TB, entries []entry, to age.Recipient) []byte {
	t.Helper()
	var b bytes.Buffer
	sealed, err := age.Encrypt(&b, to)
	if err != nil {
		t.Fatal(err)
	}
	packed := gzip.NewWriter(sealed)
	a := archive{tar.NewWriter(packed)}
	for _, e := range entries {
		if err := a.put(e.name, e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(a.Close(), packed.Close(), sealed.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// verify reports the damage that is found in a file, and what a restore of it leaves behind when it says nothing.
func verify(t testing.TB, file []byte, key age.Identity) error {
	t.Helper()
	_, err := Verify(t.Context(), bytes.NewReader(file), key)
	if _, again := Restore(t.Context(), bytes.NewReader(file), world().empty(), key); (again == nil) != (err == nil) {
		t.Errorf("to verify gives %v, to restore %v", err, again)
	}
	return err
}

// named says whether an error tells which part is wrong.
func named(err error) bool {
	var d *Damage
	return errors.As(err, &d) && d.Part != "" && d.Why != "" || errors.Is(err, ErrKey)
}

// bits is how many positions are flipped: reliability asks for 1,000, which are cheap on a copy of this size.
const bits = 1000

func TestBK03EveryFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	key := identity(t)
	m := world()
	m.rows["answer"] = m.rows["answer"][:3000]
	file, _ := write(t, m, key.Recipient())
	if _, err := Verify(t.Context(), bytes.NewReader(file), key); err != nil {
		t.Fatalf("the control, a copy that nobody touched: %v", err)
	}
	positions := []int{0, 1, len(file) - 1, len(file) - 2}
	for range bits {
		positions = append(positions, rand.IntN(len(file)))
	}
	for _, at := range positions {
		broken := slices.Clone(file)
		broken[at] ^= 1 << rand.IntN(8)
		if _, err := Verify(t.Context(), bytes.NewReader(broken), key); !named(err) {
			t.Errorf("a bit flipped at %d of %d: %v", at, len(file), err)
		}
	}
	t.Logf("%d positions of a copy of %d bytes", len(positions), len(file))
}

func TestBK03EveryCutAndEveryAdditionIsFound(t *testing.T) {
	t.Parallel()
	key := identity(t)
	file, _ := write(t, world(), key.Recipient())
	lengths := []int{0, 1, 100, len(file) - 1, len(file) - 16, len(file) / 2}
	for n := 200; n < len(file); n += 64 << 10 { // about where the encryption's own blocks end
		lengths = append(lengths, n, n+16)
	}
	for _, n := range lengths {
		if n >= len(file) {
			continue
		}
		if err := verify(t, file[:n], key); !named(err) {
			t.Errorf("cut to %d of %d bytes: %v", n, len(file), err)
		}
	}
	for _, more := range []string{"\x00", "x", strings.Repeat("x", 70_000), string(file)} {
		if err := verify(t, append(slices.Clone(file), more...), key); !named(err) {
			t.Errorf("%d bytes more: %v", len(more), err)
		}
	}
}

// Whoever has the public key can put a copy together from parts; the manifest tells.
func TestBK03PartsThatAreDroppedSwappedOrOldAreFoundAndNamed(t *testing.T) {
	t.Parallel()
	key := identity(t)
	file, _ := write(t, world(), key.Recipient())
	older := world()
	older.rows["person"][0][2] = "Nama Lama"
	old, _ := write(t, older, key.Recipient())

	whole := unpack(t, file, key)
	index := func(name string) int {
		i := slices.IndexFunc(whole, func(e entry) bool { return e.name == name })
		if i < 0 {
			t.Fatalf("there is no %s", name)
		}
		return i
	}
	answer1, answer2, person := index("answer/000001.jsonl"), index("answer/000002.jsonl"), index("person/000001.jsonl")
	last := len(whole) - 1
	var manifest Manifest
	if err := json.Unmarshal(whole[last].data, &manifest); err != nil {
		t.Fatal(err)
	}
	edited := func(change func(*Manifest)) entry {
		m := manifest
		m.Parts = slices.Clone(manifest.Parts)
		change(&m)
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return entry{manifestName, data}
	}
	if err := verify(t, pack(t, whole, key.Recipient()), key); err != nil {
		t.Fatalf("the control, put together again as it was: %v", err)
	}
	for _, tc := range []struct {
		name  string
		touch func(e []entry) []entry
		says  string
	}{
		{"the only part of a table is dropped", func(e []entry) []entry { return slices.Delete(e, person, person+1) }, "table person has 0 rows"},
		{"a part in the middle is dropped", func(e []entry) []entry { return slices.Delete(e, answer1, answer1+1) }, "answer/000002.jsonl"},
		{"the last part of a table is dropped", func(e []entry) []entry { return slices.Delete(e, answer2, answer2+1) }, "table answer"},
		{"two parts change places", func(e []entry) []entry { e[answer1], e[answer2] = e[answer2], e[answer1]; return e }, "answer/000002.jsonl"},
		{"two parts change their contents", func(e []entry) []entry {
			e[answer1].data, e[answer2].data = e[answer2].data, e[answer1].data
			return e
		}, "table answer"},
		{"two tables change their contents", func(e []entry) []entry {
			e[answer1].data, e[person].data = e[person].data, e[answer1].data
			return e
		}, "answer/000001.jsonl"},
		{"a part comes from an older copy", func(e []entry) []entry { e[person] = unpack(t, old, key)[person]; return e }, "table person"},
		{"a part stands twice", func(e []entry) []entry { return slices.Insert(e, person, e[person]) }, "person/000001.jsonl"},
		{"a row is changed", func(e []entry) []entry {
			e[person].data = bytes.Replace(e[person].data, []byte("Siti"), []byte("Sita"), 1)
			return e
		}, "table person"},
		{"a row is cut", func(e []entry) []entry { e[person].data = e[person].data[:len(e[person].data)-3]; return e }, "person/000001.jsonl"},
		{"the manifest is dropped", func(e []entry) []entry { return e[:last] }, "the manifest"},
		{"the head is dropped", func(e []entry) []entry { return e[1:] }, "the head"},
		{"the manifest is that of an older copy", func(e []entry) []entry { e[last] = unpack(t, old, key)[last]; return e }, "table person"},
		{"something follows the manifest", func(e []entry) []entry { return append(e, entry{"more", []byte("x")}) }, "more"},
		{"the head has a field more", func(e []entry) []entry {
			e[0].data = bytes.Replace(e[0].data, []byte("{"), []byte(`{"more":1,`), 1)
			return e
		}, "the head"},
		{"the manifest tells of another log", func(e []entry) []entry {
			e[last] = edited(func(m *Manifest) { m.Head.Log.Size++ })
			return e
		}, "the head"},
		{"the digest is another one", func(e []entry) []entry {
			e[last] = edited(func(m *Manifest) { m.Digest = strings.Repeat("0", 64) })
			return e
		}, "the manifest"},
		{"the manifest has a table more", func(e []entry) []entry {
			e[last] = edited(func(m *Manifest) { m.Parts = append(m.Parts, Part{Table: "zone"}) })
			return e
		}, "table zone is missing"},
	} {
		touched := make([]entry, len(whole))
		for i, e := range whole {
			touched[i] = entry{e.name, slices.Clone(e.data)}
		}
		err := verify(t, pack(t, tc.touch(touched), key.Recipient()), key)
		if !named(err) || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want it to name %q", tc.name, err, tc.says)
		}
	}
	newer := slices.Clone(whole)
	newer[0].data = bytes.Replace(newer[0].data, []byte(Format), []byte("zona-backup/2"), 1)
	if err := verify(t, pack(t, newer, key.Recipient()), key); !errors.Is(err, ErrFormat) {
		t.Errorf("a newer form: %v", err)
	}
}

// TestBK07TheArchiveIsReadableWithoutZona: nothing but age, gzip and tar is needed to get at the rows.
func TestBK07TheArchiveIsReadableWithoutZona(t *testing.T) {
	t.Parallel()
	key := identity(t)
	file, _ := write(t, world(), key.Recipient())
	names := map[string]bool{}
	for _, e := range unpack(t, file, key) {
		names[e.name] = true
		for line := range bytes.SplitSeq(bytes.TrimSpace(e.data), []byte("\n")) {
			if strings.HasSuffix(e.name, ".jsonl") && !json.Valid(line) {
				t.Fatalf("%s: %q is no JSON", e.name, line)
			}
		}
	}
	for _, want := range []string{"head.json", "answer/000001.jsonl", "person/000001.jsonl", "manifest.json"} {
		if !names[want] {
			t.Errorf("%s is missing", want)
		}
	}
}

func nightly() bool { return os.Getenv("ZONA_NIGHTLY") != "" }
