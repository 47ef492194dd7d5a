package workbook

import "strings"

// shown shortens what a file says to what a message may repeat of it: one line, no control characters, nothing that
// turns the direction of writing.
func shown(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !isInk(r) }), " ")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == '\uFFFD' {
			return -1
		}
		return r
	}, s)
	n := 0
	for i := range s {
		if n++; n > maxReadShown {
			return s[:i] + "…"
		}
	}
	return s
}
