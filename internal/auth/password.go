package auth

import (
	"context"
	"encoding/base64"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"zona/internal/fault"
	"zona/internal/org"
)

// Cost is what one hash takes: 19 MiB and two passes, the second choice of the OWASP cheat sheet, about 20 ms.
func Cost() *argon2id.Params {
	return &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// hasher computes password hashes, few at a time: each takes memory, and two hundred people who sign in at once must
// not take it all.
type hasher struct {
	cost  *argon2id.Params
	slots chan struct{} // holds one entry for each computation under way
	dummy string        // stands in for the hash of an unknown login, so that it takes as long as a known one
}

func newHasher(cost *argon2id.Params) *hasher {
	none := func(n uint32) string { return base64.RawStdEncoding.EncodeToString(make([]byte, n)) }
	return &hasher{
		cost:  cost,
		slots: make(chan struct{}, max(2, min(runtime.GOMAXPROCS(0), 8))),
		// 19 is the version of Argon2 that all hashes name.
		dummy: fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s",
			cost.Memory, cost.Iterations, cost.Parallelism, none(cost.SaltLength), none(cost.KeyLength)),
	}
}

// take waits for a slot, as long as the request lives.
func (h *hasher) take(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a password slot: %w", ctx.Err())
	}
}

func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.take(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	hash, err := argon2id.CreateHash(password, h.cost)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// matches compares with the stored hash; "" stands for an account that does not exist and takes the same time.
func (h *hasher) matches(ctx context.Context, password, stored string) (bool, error) {
	if err := h.take(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.slots }()
	against := stored
	if stored == "" {
		against = h.dummy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, against)
	if err != nil {
		return false, fmt.Errorf("compare a password: %w", err)
	}
	return ok && stored != "", nil
}

// Lengths of a password in letters. The longest is a bound on work, not a rule of taste.
const (
	minPassword = 12
	maxPassword = 200
	// minOwn is how much must be left of a password besides the name or the login.
	minOwn = 8
	// minDistinct letters: fewer is a pattern.
	minDistinct = 5
)

// checkPassword adds what is wrong with a new password to the form. Length, what is known of the person, and what has
// leaked elsewhere are all that counts; rules about kinds of letters make passwords worse and are not here. The error
// is one of reading the list, never about the password.
func (s *Service) checkPassword(f *fault.Fault, field, password string, p org.Person) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		f.With(field, "fault.field.characters")
	case n == 0:
		f.With(field, "fault.field.required")
	case n < minPassword:
		f.With(field, "fault.field.short", "Min", minPassword)
	case n > maxPassword:
		f.With(field, "fault.field.long", "Max", maxPassword)
	case leans(password, ownWords(p)):
		f.With(field, "fault.password.login")
	case distinct(password) < minDistinct || wellKnown(password):
		f.With(field, "fault.password.common")
	default:
		leaked, err := s.opt.Breached.Has(password)
		if err != nil {
			return err
		}
		if leaked {
			f.With(field, "fault.password.common")
		}
	}
	return nil
}

// ownWords are what is known of a person to anybody.
func ownWords(p org.Person) []string {
	before, _, _ := strings.Cut(p.Login, "@")
	words := append(strings.Fields(p.Name), p.Login, before, p.Name, p.NIP)
	return slices.DeleteFunc(words, func(w string) bool { return utf8.RuneCountInString(w) < 4 })
}

// leans reports whether little is left of a password without these words and without digits and signs, which are
// what people add to a word to please a rule.
func leans(password string, words []string) bool {
	rest := squeeze(password)
	found := false
	// Longest first, so that a whole name goes before its parts.
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	for _, w := range words {
		if w := squeeze(w); strings.Contains(rest, w) {
			rest, found = strings.ReplaceAll(rest, w, ""), true
		}
	}
	left := 0
	for _, c := range rest {
		if unicode.IsLetter(c) {
			left++
		}
	}
	return found && left < minOwn
}

// squeeze is lower case without blanks.
func squeeze(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), "") }

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, c := range strings.ToLower(s) {
		seen[c] = true
	}
	return len(seen)
}
