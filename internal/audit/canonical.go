package audit

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The canonical form is a sequence of netstrings ("5:hello,") after a line that names its version, so it needs no
// escaping, can be read with a pager, and has exactly one spelling:
//
//	zona-event/1
//	sequence number, instant, kind, actor, institution, unit, kind and id of the object,
//	number of changes, then field, from, to of each, sorted by field,
//	number of commitments, then field and sum (hex) of each, sorted by field
//
// Texts stand byte for byte as they were given: no Unicode form is changed, since two databases or versions that
// normalise differently would no longer agree.
const version = "zona-event/1\n"

// instantForm has milliseconds, the precision that both databases keep.
const instantForm = "2006-01-02T15:04:05.000Z"

// Record is an event as the log holds it.
type Record struct {
	Seq         int64 // position in the log, from 0
	Event       Event // Personal is always empty: Commitments stand in its place
	Commitments []Commitment
}

// Instant returns t as the log keeps it: UTC, whole milliseconds, cut off.
func Instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Canonical returns the leaf of an event at position seq of the log: the bytes that are hashed, the same on every
// engine, system and version. The order of Changes and commitments does not matter; e.Personal is not looked at,
// its commitments (see Commit) must be handed in. It refuses what could not come back the same: a field twice, a
// text that is not UTF-8 or holds a NUL (PostgreSQL cannot store it), an instant outside the years 0 to 9999.
func Canonical(seq int64, e Event, commitments []Commitment) ([]byte, error) {
	changes := slices.Clone(e.Changes)
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Field, b.Field) })
	sums := slices.Clone(commitments)
	slices.SortFunc(sums, func(a, b Commitment) int { return strings.Compare(a.Field, b.Field) })
	r := Record{Seq: seq, Event: e, Commitments: sums}
	r.Event.Changes, r.Event.Personal = changes, nil
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("canonical bytes of event %d (%.40q): %w", seq, e.Kind, err)
	}
	return r.encode(), nil
}

// encode writes a record whose lists are sorted.
func (r Record) encode() []byte {
	e := r.Event
	b := append(make([]byte, 0, 256), version...)
	for _, s := range []string{
		strconv.FormatInt(r.Seq, 10), Instant(e.At).Format(instantForm), e.Kind, e.Actor, e.Institution, e.Unit,
		e.Object.Kind, e.Object.ID, strconv.Itoa(len(e.Changes)),
	} {
		b = appendString(b, s)
	}
	for _, c := range e.Changes {
		b = appendString(appendString(appendString(b, c.Field), c.From), c.To)
	}
	b = appendString(b, strconv.Itoa(len(r.Commitments)))
	for _, c := range r.Commitments {
		b = appendString(appendString(b, c.Field), hex.EncodeToString(c.Sum[:]))
	}
	return b
}

// appendString appends a netstring.
func appendString(b []byte, s string) []byte {
	b = strconv.AppendInt(b, int64(len(s)), 10)
	b = append(b, ':')
	b = append(b, s...)
	return append(b, ',')
}

var (
	errSequence = errors.New("negative sequence number")
	errKind     = errors.New("kind is not lower-case words with dots")
	errYear     = errors.New("instant outside the years 0 to 9999")
	errText     = errors.New("text is not UTF-8 without NUL")
	errTwice    = errors.New("field stands twice or unsorted")
)

// check wants sorted lists.
func (r Record) check() error {
	e := r.Event
	if r.Seq < 0 {
		return errSequence
	}
	if !isKind(e.Kind) {
		return errKind
	}
	if y := e.At.UTC().Year(); y < 0 || y > 9999 {
		return errYear
	}
	texts := []string{e.Actor, e.Institution, e.Unit, e.Object.Kind, e.Object.ID}
	for i, c := range e.Changes {
		if i > 0 && e.Changes[i-1].Field >= c.Field {
			return fmt.Errorf("change %.40q: %w", c.Field, errTwice)
		}
		texts = append(texts, c.Field, c.From, c.To)
	}
	for i, c := range r.Commitments {
		if i > 0 && r.Commitments[i-1].Field >= c.Field {
			return fmt.Errorf("commitment %.40q: %w", c.Field, errTwice)
		}
		texts = append(texts, c.Field)
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
			return errText
		}
	}
	return nil
}

// isKind looks at the form only: an old program must still read the log of a newer one.
func isKind(s string) bool {
	word := false
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z' || c == '_':
			word = true
		case c == '.' && word:
			word = false
		default:
			return false
		}
	}
	return word
}

// errForm is what Decode returns, wrapped, for anything that Canonical cannot have written.
var errForm = errors.New("not the canonical bytes of an event")

// Decode reads canonical bytes back. It is strict: what it accepts, Canonical writes byte for byte the same.
func Decode(b []byte) (Record, error) {
	rest, ok := bytes.CutPrefix(b, []byte(version))
	if !ok {
		return Record{}, fmt.Errorf("version line: %w", errForm)
	}
	d := decoder{rest: rest}
	r := Record{Seq: d.number()}
	at, err := time.Parse(instantForm, d.text())
	if err != nil {
		return Record{}, fmt.Errorf("instant: %w", errForm)
	}
	r.Event = Event{At: at, Kind: d.text(), Actor: d.text(), Institution: d.text(), Unit: d.text()}
	r.Event.Object = Object{Kind: d.text(), ID: d.text()}
	for n := d.number(); n > 0 && !d.bad; n-- {
		r.Event.Changes = append(r.Event.Changes, Change{Field: d.text(), From: d.text(), To: d.text()})
	}
	for n := d.number(); n > 0 && !d.bad; n-- {
		c := Commitment{Field: d.text()}
		if n, err := hex.Decode(c.Sum[:], d.bytes(2*len(c.Sum))); err != nil || n != len(c.Sum) {
			d.bad = true
		}
		r.Commitments = append(r.Commitments, c)
	}
	if d.bad || len(d.rest) > 0 {
		return Record{}, errForm
	}
	if err := r.check(); err != nil {
		return Record{}, fmt.Errorf("%w: %w", errForm, err)
	}
	// One spelling only: "05:" or an upper-case sum would be a second one.
	if !bytes.Equal(r.encode(), b) {
		return Record{}, fmt.Errorf("another spelling: %w", errForm)
	}
	return r, nil
}

// decoder takes netstrings off the front. After the first bad one it gives nothing but zero values.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) text() string { return string(d.bytes(len(d.rest))) }

// bytes takes a netstring of at most limit bytes.
func (d *decoder) bytes(limit int) []byte {
	size, after, ok := bytes.Cut(d.rest, []byte(":"))
	n, err := strconv.Atoi(string(size))
	if d.bad || !ok || err != nil || n < 0 || n > limit || n >= len(after) || after[n] != ',' {
		d.bad, d.rest = true, nil
		return nil
	}
	d.rest = after[n+1:]
	return after[:n]
}

func (d *decoder) number() int64 {
	n, err := strconv.ParseInt(d.text(), 10, 64)
	if err != nil || n < 0 {
		d.bad = true
	}
	return n
}
