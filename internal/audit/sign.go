package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Signer signs checkpoints of one log as C2SP signed notes, with an Ed25519 key whose name is the log's origin.
type Signer struct {
	signer note.Signer
	key    string // its verifier key
}

// NewKey draws the signing key of the log with this origin from random, which is crypto/rand.Reader outside tests.
// The text is secret: who has it can sign another log.
func NewKey(random io.Reader, origin string) (secret string, err error) {
	secret, _, err = note.GenerateKey(random, origin)
	if err != nil {
		return "", fmt.Errorf("draw a signing key: %w", err)
	}
	// GenerateKey takes any name; one with a space or a plus sign would never be read back.
	if _, err := NewSigner(secret); err != nil {
		return "", fmt.Errorf("origin %q cannot name a key: %w", origin, err)
	}
	return secret, nil
}

// errKey says nothing of the text, which may be a secret.
var errKey = errors.New("not a signing key of a log")

// NewSigner reads what NewKey wrote.
func NewSigner(secret string) (*Signer, error) {
	secret = strings.TrimSpace(secret)
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, errKey
	}
	// The public half stands in no part of "PRIVATE+KEY+name+hash+key"; the last one is the kind of key and its seed,
	// in base64, which may hold a plus sign itself.
	parts := strings.SplitN(secret, "+", 5)
	seed, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return nil, errKey
	}
	public, ok := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return nil, errKey
	}
	key, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return nil, fmt.Errorf("verifier key of %q: %w", signer.Name(), err)
	}
	return &Signer{signer: signer, key: key}, nil
}

// Origin names the log.
func (s *Signer) Origin() string { return s.signer.Name() }

// VerifierKey is the public key as text, for everybody: "origin+hash+key".
func (s *Signer) VerifierKey() string { return s.key }

// Verifier checks what s signs.
func (s *Signer) Verifier() (Verifier, error) { return NewVerifier(s.key) }

// Sign returns the signed checkpoint of a log with so many events and this root.
func (s *Signer) Sign(size int64, root tlog.Hash) ([]byte, error) {
	c := Checkpoint{Origin: s.Origin(), Size: size, Root: root}
	signed, err := note.Sign(&note.Note{Text: c.String()}, s.signer)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint of %d: %w", size, err)
	}
	return signed, nil
}

// Verifier opens signed checkpoints of one log. Make it with NewVerifier.
type Verifier struct{ v note.Verifier }

// NewVerifier reads a verifier key, "origin+hash+key".
func NewVerifier(key string) (Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(key))
	if err != nil {
		return Verifier{}, fmt.Errorf("verifier key %.80q: %w", key, err)
	}
	return Verifier{v}, nil
}

// Origin names the log.
func (v Verifier) Origin() string { return v.v.Name() }

// ErrSignature is returned, wrapped, for a checkpoint that the key of the log did not sign.
var ErrSignature = errors.New("not signed with the key of this log")

// Open checks the signature of a checkpoint and its origin. Signatures of others on it are not looked at.
func (v Verifier) Open(signed []byte) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(v.v))
	var unknown *note.UnverifiedNoteError
	var wrong *note.InvalidSignatureError
	if errors.As(err, &unknown) || errors.As(err, &wrong) {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w %q", ErrSignature, v.Origin())
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	// One spelling of the signature: the note's own reader passes over the bits that base64 leaves unused.
	for _, sig := range n.Sigs {
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return Checkpoint{}, fmt.Errorf("checkpoint: %w %q", ErrSignature, v.Origin())
		}
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != v.Origin() {
		return Checkpoint{}, fmt.Errorf("checkpoint of %q: %w %q", c.Origin, ErrSignature, v.Origin())
	}
	return c, nil
}
