package instrument

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"zona/internal/exact"
)

// fields takes a mapping apart. names lists its keys, the required ones with "!" in front; anything else is a problem.
// An absent key is absent from the result; reading a nil value gives a zero value without a further problem.
func (l *loader) fields(v *value, what string, names ...string) map[string]*value {
	found := map[string]*value{}
	if !l.is(v, mapValue, what) {
		return found
	}
	for i, k := range v.keys {
		if slices.Contains(names, k.text) || slices.Contains(names, "!"+k.text) {
			found[k.text] = v.vals[i]
			continue
		}
		l.add(k.line, "unknown-key", k.text, "keys of "+what+": "+strings.ReplaceAll(strings.Join(names, ", "), "!", ""))
	}
	l.required(found, v, what, names)
	return found
}

func (l *loader) required(found map[string]*value, v *value, what string, names []string) {
	for _, name := range names {
		if key, must := strings.CutPrefix(name, "!"); must && found[key] == nil {
			l.add(v.line, "missing-key", what+" without "+key, "add "+key)
		}
	}
}

// only refuses keys that the format knows but this kind of entry does not have; "!" marks those that it must have.
func (l *loader) only(found map[string]*value, v *value, what string, names ...string) {
	for _, key := range sortedKeys(found) {
		if !slices.Contains(names, key) && !slices.Contains(names, "!"+key) {
			l.add(found[key].line, "unknown-key", key, what+" has no "+key+"; take it out")
		}
	}
	l.required(found, v, what, names)
}

// is reports whether v is of a kind and says what it is when it is not. A nil v was reported as missing already.
func (l *loader) is(v *value, kind valueKind, what string) bool {
	if v == nil || v.kind == wrongValue {
		return false
	}
	if v.kind != kind {
		l.add(v.line, "shape", v.kind.String()+" where "+what+" stands", what+" is "+kind.String())
		return false
	}
	return true
}

// list returns the items of a list that must not be empty.
func (l *loader) list(v *value, what string) []*value {
	if !l.is(v, listValue, what) {
		return nil
	}
	if n := len(v.vals); n == 0 || n > maxEntries {
		l.add(v.line, "shape", fmt.Sprintf("%s with %d items", what, n), fmt.Sprintf("give 1 to %d items", maxEntries))
		return nil
	}
	return v.vals
}

// text returns a text of 1..maxText bytes without control characters.
func (l *loader) text(v *value) string {
	if !l.is(v, scalarValue, "a text") {
		return ""
	}
	s := strings.TrimSpace(v.text)
	if s == "" || len(s) > maxText {
		l.add(v.line, "text-length", fmt.Sprintf("a text of %d bytes", len(s)), fmt.Sprintf("a text has 1 to %d bytes", maxText))
		return ""
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
		l.add(v.line, "text", s, "take out control characters and unusual blanks")
		return ""
	}
	return s
}

func (l *loader) texts(v *value, what string) []string {
	var out []string
	if v == nil {
		return nil
	}
	for _, item := range l.list(v, what) {
		out = append(out, l.text(item))
	}
	return out
}

// wordForm is what an identifier looks like.
type wordForm struct {
	chars func(r rune) bool
	max   int
	says  string
}

var (
	lowerWord = wordForm{
		func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '-' }, 40,
		"use 1 to 40 of a-z, 0-9, _ and -",
	}
	anyWord = wordForm{
		func(r rune) bool { return r >= 'A' && r <= 'Z' || lowerWord.chars(r) }, 20,
		"use 1 to 20 of A-Z, a-z, 0-9, _ and -",
	}
	optionWord = wordForm{
		func(r rune) bool { return unicode.IsLetter(r) || r >= '0' && r <= '9' || r == ' ' || r == '-' }, 20,
		"use 1 to 20 letters, digits, blanks and -",
	}
)

func (w wordForm) fits(s string) bool {
	return s != "" && len(s) <= w.max && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, func(r rune) bool { return !w.chars(r) })
}

func (l *loader) word(v *value, form wordForm) string {
	if !l.is(v, scalarValue, "a name") {
		return ""
	}
	if !form.fits(v.text) {
		l.add(v.line, "name", v.text, form.says)
		return ""
	}
	return v.text
}

func (l *loader) oneOf(v *value, allowed ...string) string {
	if !l.is(v, scalarValue, "one of "+strings.Join(allowed, ", ")) {
		return ""
	}
	if !slices.Contains(allowed, v.text) {
		l.add(v.line, "choice", v.text, "use one of "+strings.Join(allowed, ", "))
		return ""
	}
	return v.text
}

// number reads an exact number of low..high.
func (l *loader) number(v *value, low, high exact.Number) (n exact.Number, ok bool) {
	if !l.is(v, scalarValue, "a number") {
		return exact.Number{}, false
	}
	n, err := exact.Parse(v.text)
	if err != nil {
		l.add(v.line, "number", v.text, `write a plain number such as 17.5, or a fraction such as "2/3"`)
		return exact.Number{}, false
	}
	if n.Less(low) || high.Less(n) {
		l.add(v.line, "range", v.text, fmt.Sprintf("use a number from %v to %v", low, high))
		return exact.Number{}, false
	}
	return n, true
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
