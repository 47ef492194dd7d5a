package audit

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// signerOf returns a signer of a log with this origin.
func signerOf(t testing.TB, origin string) (*Signer, Verifier) {
	t.Helper()
	secret, err := NewKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(secret + "\n")
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func TestASignedCheckpointIsOpenedWithItsKeyAlone(t *testing.T) {
	t.Parallel()
	s, v := signerOf(t, "zona.test")
	_, points, _ := grow(t, 3)
	signed, err := s.Sign(points[3].Size, points[3].Root)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.Open(signed); err != nil || got != points[3] {
		t.Errorf("%+v, %v", got, err)
	}
	if s.Origin() != "zona.test" || v.Origin() != "zona.test" || !strings.HasPrefix(s.VerifierKey(), "zona.test+") {
		t.Errorf("origins %q, %q, key %q", s.Origin(), v.Origin(), s.VerifierKey())
	}
	_, sameName := signerOf(t, "zona.test")
	_, otherName := signerOf(t, "lain.test")
	for name, other := range map[string]Verifier{"another key of the same name": sameName, "another name": otherName} {
		if got, err := other.Open(signed); !errors.Is(err, ErrSignature) {
			t.Errorf("%s opens it: %+v, %v", name, got, err)
		}
	}
	for at := range signed {
		touched := bytes.Clone(signed)
		touched[at] ^= 1
		if got, err := v.Open(touched); err == nil {
			t.Errorf("with byte %d touched it is opened: %+v", at, got)
		}
	}
}

// A key that signs for its own name must not vouch for another log.
func TestACheckpointOfAnotherOriginIsRefusedThoughTheKeyIsRight(t *testing.T) {
	t.Parallel()
	s, v := signerOf(t, "zona.test")
	_, points, _ := grow(t, 1)
	other := points[1]
	other.Origin = "lain.test"
	for _, text := range []string{other.String(), "not a checkpoint\n", points[1].String() + "extension\n"} {
		signed, err := note.Sign(&note.Note{Text: text}, s.signer)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.Open(signed); err == nil {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

// A witness may add a line of its own.
func TestSignaturesOfOthersDoNotMatter(t *testing.T) {
	t.Parallel()
	s, v := signerOf(t, "zona.test")
	witness, _ := signerOf(t, "saksi.test")
	_, points, _ := grow(t, 1)
	signed, err := note.Sign(&note.Note{Text: points[1].String()}, witness.signer, s.signer)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.Open(signed); err != nil || got != points[1] {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestKeysThatAreNoneAreRefusedWithoutBeingRepeated(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"", "two words", "a+b"} {
		if _, err := NewKey(rand.Reader, origin); err == nil {
			t.Errorf("origin %q names a key", origin)
		}
	}
	if _, err := NewKey(iotest.ErrReader(errors.New("no entropy")), "zona.test"); err == nil {
		t.Error("a key without randomness")
	}
	s, _ := signerOf(t, "zona.test")
	for _, bad := range []string{"", "rahasia", s.VerifierKey(), "PRIVATE+KEY+zona.test+00000000+AAAA"} {
		if _, err := NewSigner(bad); err == nil || strings.Contains(err.Error(), "rahasia") {
			t.Errorf("signing key %q: %v", bad, err)
		}
		if bad == s.VerifierKey() {
			continue
		}
		if _, err := NewVerifier(bad); err == nil {
			t.Errorf("verifier key %q is one", bad)
		}
	}
}

// receiptOf is the receipt of event seq in a log of n.
func receiptOf(t testing.TB, s *Signer, leaves [][]byte, points []Checkpoint, hashes tlog.HashReader, n, seq int64) Receipt {
	t.Helper()
	proof, err := tlog.ProveRecord(n, seq, hashes)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Sign(n, points[n].Root)
	if err != nil {
		t.Fatal(err)
	}
	return Receipt{Canonical: leaves[seq], Proof: proof, Signed: signed}
}

func TestAReceiptIsReadBackAndCheckedAndNothingElseIs(t *testing.T) {
	t.Parallel()
	s, v := signerOf(t, "zona.test")
	leaves, points, hashes := grow(t, 20)
	for _, seq := range []int64{0, 7, 19} {
		text, err := receiptOf(t, s, leaves, points, hashes, 20, seq).Text()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseReceipt(text)
		if err != nil {
			t.Fatalf("event %d: %v\n%s", seq, err, text)
		}
		rec, c, err := got.Check(v)
		if err != nil || rec.Seq != seq || c != points[20] {
			t.Errorf("event %d: %+v, %+v, %v", seq, rec, c, err)
		}
		// Every single byte counts, but those of a signature that is not looked at.
		for at := range text {
			touched := bytes.Clone(text)
			touched[at] ^= 1
			if r, err := ParseReceipt(touched); err == nil {
				if _, _, err := r.Check(v); err == nil {
					t.Errorf("event %d: with byte %d touched it passes", seq, at)
				}
			}
		}
	}
	// One event with the proof of another, or of a smaller log.
	mixed := receiptOf(t, s, leaves, points, hashes, 20, 3)
	mixed.Canonical = leaves[4]
	if _, _, err := mixed.Check(v); err == nil {
		t.Error("another event passes with the proof")
	}
	beyond := receiptOf(t, s, leaves, points, hashes, 20, 19)
	beyond.Signed, _ = s.Sign(19, points[19].Root)
	if _, _, err := beyond.Check(v); err == nil {
		t.Error("a checkpoint that does not reach to the event passes")
	}
}

func TestTextsThatAreNoReceiptAreRefused(t *testing.T) {
	t.Parallel()
	s, _ := signerOf(t, "zona.test")
	leaves, points, hashes := grow(t, 5)
	text, err := receiptOf(t, s, leaves, points, hashes, 5, 2).Text()
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	for name, bad := range map[string]string{
		"nothing":                     "",
		"another version":             strings.Replace(good, "@v1", "@v2", 1),
		"another index":               strings.Replace(good, "index 2", "index 3", 1),
		"an index with a zero":        strings.Replace(good, "index 2", "index 02", 1),
		"no event":                    strings.Replace(good, "extra ", "other ", 1),
		"an event that is none":       strings.Replace(good, "extra ", "extra AAAA", 1),
		"no checkpoint":               strings.SplitAfter(good, "\n\n")[0][:20],
		"windows line ends":           strings.ReplaceAll(good, "\n", "\r\n"),
		"a hash that is too short":    strings.Replace(good, "=\n", "\n", 2),
		"longer than any receipt":     good + strings.Repeat("x", MaxReceipt),
		"more hashes than a log has":  strings.Replace(good, "index 2\n", "index 2\n"+strings.Repeat(points[1].Root.String()+"\n", 70), 1),
		"something before the header": "\n" + good,
	} {
		if bad == good {
			t.Fatalf("%s: the mutation changed nothing", name)
		}
		if _, err := ParseReceipt([]byte(bad)); !errors.Is(err, ErrReceipt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (Receipt{Canonical: []byte("x")}).Text(); err == nil {
		t.Error("a receipt of nothing is written")
	}
}

func FuzzParseReceipt(f *testing.F) {
	s, v := signerOf(f, "zona.test")
	canonical, err := Canonical(0, golden()["empty"].Event, nil)
	if err != nil {
		f.Fatal(err)
	}
	var log Log
	log.Add(Leaf(canonical))
	signed, err := s.Sign(1, log.Root())
	if err != nil {
		f.Fatal(err)
	}
	text, err := Receipt{Canonical: canonical, Signed: signed}.Text()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(receiptHead + receiptExtra + "\n" + receiptIndex + "0\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReceipt(b)
		if err != nil {
			return
		}
		if again, err := r.Text(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("accepted %q, written as %q, %v", b, again, err)
		}
		if rec, c, err := r.Check(v); err == nil && (c.Size != 1 || rec.Seq != 0) {
			t.Fatalf("a forged receipt passes: %q", b)
		}
	})
}
