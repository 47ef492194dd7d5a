package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// tokenBytes makes 256 bits: a token is never guessed, so its hash needs no salt and no cost.
const tokenBytes = 32

// NewToken draws a token from random (crypto/rand.Reader outside tests): the value that is handed out, and the hash
// that is stored.
func NewToken(random io.Reader) (value string, hash [32]byte, err error) {
	var b [tokenBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", hash, fmt.Errorf("draw a token: %w", err)
	}
	value = base64.RawURLEncoding.EncodeToString(b[:])
	return value, HashToken(value), nil
}

// HashToken returns the stored form of a token's value.
func HashToken(value string) [32]byte { return sha256.Sum256([]byte(value)) }

// The letters of codes that people type: Crockford's, without I, L, O and U, which are misread.
const codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	codeGroups = 5
	codeGroup  = 5 // letters of 5 bits each: 125 bits in all, too many to try out
)

// NewCode draws a code that a person can type, "7K2QM-…": the value, and the hash that is stored.
func NewCode(random io.Reader) (value string, hash [32]byte, err error) {
	var b [codeGroups * codeGroup]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", hash, fmt.Errorf("draw a code: %w", err)
	}
	var text strings.Builder
	for i, c := range b {
		if i > 0 && i%codeGroup == 0 {
			text.WriteByte('-')
		}
		text.WriteByte(codeLetters[c%byte(len(codeLetters))])
	}
	return text.String(), HashCode(text.String()), nil
}

// HashCode returns the stored form of a code as typed: case, blanks and hyphens do not matter, and O, I and L are
// read as the digits that they look like.
func HashCode(typed string) [32]byte {
	plain := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(strings.TrimSpace(typed)))
	return sha256.Sum256([]byte(plain))
}
