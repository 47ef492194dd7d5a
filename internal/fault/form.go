package fault

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Form returns an empty Invalid to which wrong fields are added; Err then says whether there were any. All fields
// are checked before a form is refused, so that nobody has to send it once for each mistake.
func Form() *Fault { return New(Invalid, "fault.invalid") }

// Err returns f when a field is wrong, else nil.
func (f *Fault) Err() error {
	if len(f.Fields) == 0 {
		return nil
	}
	return f
}

// Line checks a text of one line of least to most letters, blanks around it not counted.
func (f *Fault) Line(name, value string, least, most int) {
	f.text(name, value, least, most, func(r rune) bool { return unicode.IsControl(r) || isOverride(r) })
}

// Lines is Line for a text that may have line breaks and tabs.
func (f *Fault) Lines(name, value string, least, most int) {
	f.text(name, value, least, most, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || isOverride(r)
	})
}

func (f *Fault) text(name, value string, least, most int, refused func(rune) bool) {
	n := utf8.RuneCountInString(strings.TrimSpace(value))
	switch {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, refused):
		f.With(name, "fault.field.characters")
	case n == 0 && least > 0:
		f.With(name, "fault.field.required")
	case n < least:
		f.With(name, "fault.field.short", "Min", least)
	case n > most:
		f.With(name, "fault.field.long", "Max", most)
	}
}

// isOverride reports the signs that turn the direction of writing: with them a name is shown as another one.
func isOverride(r rune) bool { return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 }
