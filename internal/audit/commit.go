package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
)

// SaltSize is the length of a salt in bytes. 256 bits cannot be tried out, so a commitment without its salt says
// nothing about its value, not even to someone who has a list of all names.
const SaltSize = 32

// Salt hides one personal value. It is stored beside the log, never in it; destroying it erases the person.
type Salt [SaltSize]byte

// NewSalt draws a salt from random, which is crypto/rand.Reader outside tests.
func NewSalt(random io.Reader) (Salt, error) {
	var s Salt
	if _, err := io.ReadFull(random, s[:]); err != nil {
		return Salt{}, fmt.Errorf("draw a salt: %w", err)
	}
	return s, nil
}

// Commitment is what the log knows of one personal value.
type Commitment struct {
	Field string
	Sum   [sha256.Size]byte
}

// Commit binds the value of a field: HMAC-SHA-256 under the salt over both, each with its length, so that no two
// pairs of field and value are the same bytes.
func Commit(salt Salt, field, value string) Commitment {
	mac := hmac.New(sha256.New, salt[:])
	mac.Write(appendString(appendString([]byte("zona-commitment/1\n"), field), value))
	c := Commitment{Field: field}
	mac.Sum(c.Sum[:0])
	return c
}

// Opens reports whether the commitment is to this value under this salt.
func (c Commitment) Opens(salt Salt, value string) bool {
	want := Commit(salt, c.Field, value)
	return hmac.Equal(c.Sum[:], want.Sum[:])
}
