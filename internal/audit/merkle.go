package audit

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"
)

// Leaf returns the hash under which canonical bytes stand in the Merkle log: SHA-256 of 0x00 and the bytes, as in
// RFC 6962.
func Leaf(canonical []byte) tlog.Hash { return tlog.RecordHash(canonical) }

// Log grows a Merkle tree while keeping no more than one hash for each power of two in its size. It is enough to
// recompute the root of any number of leaves; proofs need the stored hashes of package tlog. The zero Log is empty.
type Log struct {
	size int64
	top  []tlog.Hash // roots of the complete subtrees, largest first
}

// Add appends a leaf.
func (l *Log) Add(leaf tlog.Hash) {
	for n := l.size; n&1 == 1; n >>= 1 {
		last := len(l.top) - 1
		leaf = tlog.NodeHash(l.top[last], leaf)
		l.top = l.top[:last]
	}
	l.top = append(l.top, leaf)
	l.size++
}

// Size returns the number of leaves.
func (l *Log) Size() int64 { return l.size }

// Root returns the hash of the tree; of the empty tree it is the SHA-256 of nothing.
func (l *Log) Root() tlog.Hash {
	if l.size == 0 {
		return sha256.Sum256(nil)
	}
	root := l.top[len(l.top)-1]
	for i := len(l.top) - 2; i >= 0; i-- {
		root = tlog.NodeHash(l.top[i], root)
	}
	return root
}

// Checkpoint says how long the log was and what it held. Kept outside, on paper or with another office, it proves
// any later change of what it covers. Its text is the body of a C2SP tlog-checkpoint, without signatures.
type Checkpoint struct {
	Origin string // which log: the name of the instance, no line breaks
	Size   int64
	Root   tlog.Hash
}

// String returns the three lines: origin, size, root in base64.
func (c Checkpoint) String() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Root.String() + "\n"
}

// errCheckpoint is what ParseCheckpoint returns, wrapped, for anything that String cannot have written.
var errCheckpoint = errors.New("not a checkpoint: origin, size and root on three lines")

// ParseCheckpoint reads what String wrote, and nothing else.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(text) > 1000 || len(lines) != 4 || lines[0] == "" || lines[3] != "" || !utf8.ValidString(lines[0]) {
		return Checkpoint{}, errCheckpoint
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return Checkpoint{}, fmt.Errorf("size %q: %w", lines[1], errCheckpoint)
	}
	c := Checkpoint{Origin: lines[0], Size: size}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != len(c.Root) {
		return Checkpoint{}, fmt.Errorf("root %q: %w", lines[2], errCheckpoint)
	}
	copy(c.Root[:], root)
	if c.String() != text {
		return Checkpoint{}, errCheckpoint
	}
	return c, nil
}

// CheckIncluded checks that canonical bytes stand at the position that they name in the log of the checkpoint.
func CheckIncluded(canonical []byte, in Checkpoint, proof tlog.RecordProof) error {
	r, err := Decode(canonical)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, in.Size, in.Root, r.Seq, Leaf(canonical)); err != nil {
		return fmt.Errorf("event %d in a log of %d: %w", r.Seq, in.Size, err)
	}
	return nil
}

// CheckGrown checks that the newer log begins with the older one, entry by entry.
func CheckGrown(older, newer Checkpoint, proof tlog.TreeProof) error {
	if older.Origin != newer.Origin {
		return fmt.Errorf("checkpoints of two logs, %q and %q", older.Origin, newer.Origin)
	}
	if err := tlog.CheckTree(proof, newer.Size, newer.Root, older.Size, older.Root); err != nil {
		return fmt.Errorf("log of %d within log of %d: %w", older.Size, newer.Size, err)
	}
	return nil
}
