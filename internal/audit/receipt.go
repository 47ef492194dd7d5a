package audit

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// Receipt lets anyone who has the verifier key check, without the system, that an event stands in the log: the
// event's canonical bytes, the proof that they are at their position, and a signed checkpoint that covers them.
type Receipt struct {
	Canonical []byte
	Proof     tlog.RecordProof
	Signed    []byte // checkpoint as a signed note
}

// The text of a receipt is a C2SP tlog-proof, so that programs that are not ours can check it too. Its extra line
// carries the canonical bytes in base64; they are what is proved, and the position in them must be the index.
const (
	receiptHead  = "c2sp.org/tlog-proof@v1\n"
	receiptExtra = "extra "
	receiptIndex = "index "
)

// MaxReceipt is the length in bytes of the longest receipt that is read: far more than the largest event.
const MaxReceipt = 4 << 20

// ErrReceipt is returned, wrapped, for anything that Receipt.Text cannot have written.
var ErrReceipt = errors.New("not a receipt")

// Text writes the receipt. It fails when the canonical bytes are none.
func (r Receipt) Text() ([]byte, error) {
	rec, err := Decode(r.Canonical)
	if err != nil {
		return nil, err
	}
	b := append([]byte(receiptHead+receiptExtra), base64.StdEncoding.EncodeToString(r.Canonical)...)
	b = strconv.AppendInt(append(b, "\n"+receiptIndex...), rec.Seq, 10)
	b = append(b, '\n')
	for _, h := range r.Proof {
		b = append(append(b, h.String()...), '\n')
	}
	return append(append(b, '\n'), r.Signed...), nil
}

// ParseReceipt reads what Text wrote, and nothing else. It does not check it: see Check.
func ParseReceipt(text []byte) (Receipt, error) {
	if len(text) > MaxReceipt {
		return Receipt{}, fmt.Errorf("%w: longer than %d bytes", ErrReceipt, MaxReceipt)
	}
	rest, ok := bytes.CutPrefix(text, []byte(receiptHead))
	head, signed, blank := bytes.Cut(rest, []byte("\n\n"))
	lines := bytes.Split(head, []byte("\n"))
	if !ok || !blank || len(lines) < 2 || len(lines) > 2+64 {
		return Receipt{}, fmt.Errorf("%w: the first lines", ErrReceipt)
	}
	extra, ok := bytes.CutPrefix(lines[0], []byte(receiptExtra))
	canonical, err := base64.StdEncoding.Strict().DecodeString(string(extra))
	if !ok || err != nil {
		return Receipt{}, fmt.Errorf("%w: the event", ErrReceipt)
	}
	r := Receipt{Canonical: canonical, Signed: signed}
	for _, line := range lines[2:] {
		h, err := base64.StdEncoding.Strict().DecodeString(string(line))
		if err != nil || len(h) != tlog.HashSize {
			return Receipt{}, fmt.Errorf("%w: the proof", ErrReceipt)
		}
		r.Proof = append(r.Proof, tlog.Hash(h))
	}
	// One spelling, and the index that of the event.
	again, err := r.Text()
	if err != nil {
		return Receipt{}, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	if !bytes.Equal(again, text) {
		return Receipt{}, fmt.Errorf("%w: another spelling, or the index of another event", ErrReceipt)
	}
	return r, nil
}

// Check verifies the signature of the checkpoint and that the event stands in its log, and returns both.
func (r Receipt) Check(v Verifier) (Record, Checkpoint, error) {
	rec, err := Decode(r.Canonical)
	if err != nil {
		return Record{}, Checkpoint{}, err
	}
	c, err := v.Open(r.Signed)
	if err != nil {
		return Record{}, Checkpoint{}, err
	}
	if err := CheckIncluded(r.Canonical, c, r.Proof); err != nil {
		return Record{}, Checkpoint{}, err
	}
	return rec, c, nil
}
