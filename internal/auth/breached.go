package auth

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the published lists are made of it; nothing is protected by it here
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// breached lists what the commonest leaked passwords are made of: whole ones, and the words and runs of keys that
// people write twice or put digits and signs around. One a line, in lower case.
//
//go:embed breached.txt
var breached string

// The list in the form of plain, and its longest entry.
var breachedWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(breached) {
		words[squeeze(w)] = true
		words[plain(w)] = true
	}
	delete(words, "")
	return words
})

// wellKnown reports whether a password is on the list, or one from it in disguise: in other case, with blanks, with
// digits for letters, with digits and signs around it, several times over, or two from the list in a row. A longer
// sentence that happens to hold a listed word is none of that.
func wellKnown(password string) bool {
	words, typed := breachedWords(), squeeze(password)
	if run(typed) {
		return true
	}
	signs := strings.TrimFunc(typed, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	for _, form := range []string{typed, plain(typed), plain(signs), trimmed(typed), trimmed(plain(typed)), plain(trimmed(typed))} {
		if form != "" && (words[form] || madeOf(once(form), words)) {
			return true
		}
	}
	return false
}

// run reports whether each sign is the next one after its neighbour, up or down; 0 follows 9.
func run(s string) bool {
	up, down := true, true
	for i := 1; i < len(s); i++ {
		a, b := s[i-1], s[i]
		up = up && (b == a+1 || a == '9' && b == '0')
		down = down && (b+1 == a || a == '0' && b == '9')
	}
	return up || down
}

// plain reads signs and digits as the letters that they stand for, and drops the rest of the signs.
func plain(s string) string {
	var b strings.Builder
	for _, c := range squeeze(s) {
		if i := strings.IndexRune("0134578@$!", c); i >= 0 {
			b.WriteByte("oieastbasi"[i])
		} else if unicode.IsLetter(c) || unicode.IsDigit(c) {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// trimmed takes digits and signs from both ends, and signs out of the middle.
func trimmed(s string) string {
	s = strings.TrimFunc(s, func(c rune) bool { return !unicode.IsLetter(c) })
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return c
		}
		return -1
	}, s)
}

// once is the part that a text repeats, or the text.
func once(s string) string {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return s[:n]
		}
	}
	return s
}

// minPart is how long each of two words must be to count together; short ones are what sentences are made of.
const minPart = 5

// madeOf reports whether a text is one or two words of the list.
func madeOf(s string, words map[string]bool) bool {
	if words[s] {
		return true
	}
	for i := minPart; i <= len(s)-minPart; i++ {
		if words[s[:i]] && words[s[i:]] {
			return true
		}
	}
	return false
}

// Breached is a list of leaked passwords that an administrator has put beside the program: one a line, sorted by bytes,
// either the passwords themselves or their SHA-1 as upper-case hex, with or without ":count" behind it. It is searched
// where it lies and never read whole, so it may have hundreds of millions of lines.
type Breached struct {
	file   io.ReaderAt
	size   int64
	hashed bool
}

// longestLine is more than any line of such a list has.
const longestLine = 1024

var errUnsorted = errors.New("the list of leaked passwords is not sorted by bytes (LC_ALL=C sort)")

// OpenBreached looks at a list: what its lines are, and at some places whether they are sorted.
func OpenBreached(file io.ReaderAt, size int64) (*Breached, error) {
	b := &Breached{file: file, size: size}
	first, err := b.line(0)
	if err != nil {
		return nil, fmt.Errorf("read the list of leaked passwords: %w", err)
	}
	b.hashed = isSHA1(key(first))
	const places = 64
	var before []byte
	for i := range int64(places) {
		line, err := b.line(b.start(size * i / places))
		if err != nil {
			return nil, fmt.Errorf("read the list of leaked passwords: %w", err)
		}
		if k := b.key(line); len(k) > 0 {
			if bytes.Compare(k, before) < 0 {
				return nil, errUnsorted
			}
			before = slices.Clone(k)
		}
	}
	return b, nil
}

// Has reports whether the password is on the list. No list holds nothing.
func (b *Breached) Has(password string) (bool, error) {
	if b == nil {
		return false, nil
	}
	want := []byte(password)
	if b.hashed {
		sum := sha1.Sum([]byte(password)) //nolint:gosec // see the import
		want = []byte(strings.ToUpper(hex.EncodeToString(sum[:])))
	}
	low, high := int64(0), b.size // the line is one that begins in [low, high)
	for low < high {
		at := b.start(low + (high-low)/2)
		if at >= high {
			at = low // the middle lies in the last line; go on from the front
		}
		line, err := b.line(at)
		if err != nil {
			return false, fmt.Errorf("search the list of leaked passwords: %w", err)
		}
		switch c := bytes.Compare(b.key(line), want); {
		case c == 0:
			return true, nil
		case c < 0:
			low = at + int64(len(line)) + 1
		case at == low:
			return false, nil
		default:
			high = at
		}
	}
	return false, nil
}

// start is where the first line at or after an offset begins.
func (b *Breached) start(offset int64) int64 {
	if offset <= 0 {
		return 0
	}
	var buf [longestLine]byte
	n, _ := b.file.ReadAt(buf[:], offset-1)
	if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
		return offset + int64(i)
	}
	return b.size
}

// line reads the line that begins at an offset, without its end.
func (b *Breached) line(at int64) ([]byte, error) {
	if at >= b.size {
		return nil, nil
	}
	buf := make([]byte, longestLine)
	n, err := b.file.ReadAt(buf, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	line, _, found := bytes.Cut(buf[:n], []byte("\n"))
	if !found && at+int64(n) < b.size {
		return nil, fmt.Errorf("line at byte %d is longer than %d bytes", at, longestLine)
	}
	return line, nil
}

func (b *Breached) key(line []byte) []byte {
	if b.hashed {
		return key(line)
	}
	return bytes.TrimSuffix(line, []byte("\r"))
}

// key is a line without its count.
func key(line []byte) []byte {
	k, _, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\r")), []byte(":"))
	return k
}

func isSHA1(k []byte) bool {
	return len(k) == 2*sha1.Size && len(bytes.Trim(k, "0123456789ABCDEF")) == 0
}
