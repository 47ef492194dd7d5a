package audit

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// stored is a log that keeps every hash, as the database does, for making proofs.
type stored []tlog.Hash

func (s *stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		hashes[i] = (*s)[at]
	}
	return hashes, nil
}

// grow makes a log of n events with its leaves and the checkpoint after each.
func grow(t testing.TB, n int64) (leaves [][]byte, points []Checkpoint, hashes *stored) {
	t.Helper()
	hashes = &stored{}
	var log Log
	points = append(points, Checkpoint{Origin: "zona.test", Root: log.Root()})
	for seq := range n {
		b, err := Canonical(seq, Event{Kind: AnswerSet, At: time.UnixMilli(1000 * seq), Actor: "p"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		more, err := tlog.StoredHashes(seq, b, hashes)
		if err != nil {
			t.Fatal(err)
		}
		*hashes = append(*hashes, more...)
		log.Add(Leaf(b))
		leaves = append(leaves, b)
		points = append(points, Checkpoint{Origin: "zona.test", Size: log.Size(), Root: log.Root()})
	}
	return leaves, points, hashes
}

func TestRootIsThatOfTheMerkleTreeAtEverySize(t *testing.T) {
	t.Parallel()
	_, points, hashes := grow(t, 70)
	for n, p := range points {
		want, err := tlog.TreeHash(int64(n), hashes)
		if err != nil || p.Root != want || p.Size != int64(n) {
			t.Errorf("size %d: root %v, want %v, %v", n, p.Root, want, err)
		}
	}
}

func TestInclusionIsProvedAndNothingElseIs(t *testing.T) {
	t.Parallel()
	leaves, points, hashes := grow(t, 20)
	end := points[20]
	for seq, leaf := range leaves {
		proof, err := tlog.ProveRecord(20, int64(seq), hashes)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckIncluded(leaf, end, proof); err != nil {
			t.Errorf("event %d: %v", seq, err)
		}
		// Any change of the event must break the proof.
		if err := CheckIncluded(bytes.Replace(leaf, []byte("1:p,"), []byte("1:q,"), 1), end, proof); err == nil {
			t.Errorf("event %d: another actor passes", seq)
		}
		if err := CheckIncluded(leaf, points[19], proof); err == nil {
			t.Errorf("event %d: a checkpoint of another size passes", seq)
		}
	}
	if err := CheckIncluded([]byte("x"), end, nil); !errors.Is(err, errForm) {
		t.Errorf("bytes that are no event: %v", err)
	}
}

func TestGrowthIsProvedAndAForkIsNot(t *testing.T) {
	t.Parallel()
	_, points, hashes := grow(t, 20)
	for n := int64(1); n <= 20; n++ {
		proof, err := tlog.ProveTree(20, n, hashes)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckGrown(points[n], points[20], proof); err != nil {
			t.Errorf("from %d: %v", n, err)
		}
		fork := points[n]
		fork.Root[0] ^= 1
		if err := CheckGrown(fork, points[20], proof); err == nil {
			t.Errorf("from %d: a fork passes", n)
		}
		other := points[n]
		other.Origin = "another.test"
		if err := CheckGrown(other, points[20], proof); err == nil {
			t.Errorf("from %d: another log passes", n)
		}
	}
}

func TestCheckpointIsReadBackAndNothingElseIs(t *testing.T) {
	t.Parallel()
	_, points, _ := grow(t, 3)
	text := points[3].String()
	got, err := ParseCheckpoint(text)
	if err != nil || got != points[3] {
		t.Errorf("%+v, %v", got, err)
	}
	lines := strings.Split(text, "\n")
	for name, bad := range map[string]string{
		"nothing":           "",
		"no origin":         "\n3\n" + lines[2] + "\n",
		"a size below zero": lines[0] + "\n-3\n" + lines[2] + "\n",
		"a size that is 03": lines[0] + "\n03\n" + lines[2] + "\n",
		"a size in words":   lines[0] + "\ntiga\n" + lines[2] + "\n",
		"a short root":      lines[0] + "\n3\nAAAA\n",
		"a root in words":   lines[0] + "\n3\n****\n",
		"no last line end":  strings.TrimSuffix(text, "\n"),
		"a fourth line":     text + "x\n",
		"too long":          strings.Repeat("z", 1000) + text,
	} {
		if got, err := ParseCheckpoint(bad); !errors.Is(err, errCheckpoint) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add("zona.test\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
	f.Add("\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := ParseCheckpoint(text); err == nil && c.String() != text {
			t.Fatalf("%q is written as %q", text, c.String())
		}
	})
}

func TestCommitmentBindsFieldValueAndSalt(t *testing.T) {
	t.Parallel()
	salt, err := NewSalt(bytes.NewReader(bytes.Repeat([]byte{7}, SaltSize)))
	if err != nil {
		t.Fatal(err)
	}
	c := Commit(salt, "name", "Siti")
	if !c.Opens(salt, "Siti") {
		t.Error("its own value does not open it")
	}
	if c.Opens(salt, "Sita") || c.Opens(Salt{}, "Siti") || (Commitment{Field: "nip", Sum: c.Sum}).Opens(salt, "Siti") {
		t.Error("another value, salt or field opens it")
	}
	// Moving a letter from the value to the field must give other bytes.
	if Commit(salt, "a", "bc").Sum == Commit(salt, "ab", "c").Sum {
		t.Error("field and value run into each other")
	}
	if _, err := NewSalt(iotest.ErrReader(errors.New("no entropy"))); err == nil {
		t.Error("a salt without randomness")
	}
}

func BenchmarkCanonicalAnswer(b *testing.B) {
	r := golden()["answer"]
	b.ReportAllocs()
	for b.Loop() {
		leaf, err := Canonical(r.Seq, r.Event, nil)
		if err != nil {
			b.Fatal(err)
		}
		Leaf(leaf)
	}
}
