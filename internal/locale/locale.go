// Package locale is the one place where Zona speaks: messages, numbers, dates and zones in Indonesian (the default)
// and English. The law's terms (TPI, LKE, WBK) are the same in both.
//
// It refuses to guess: a typed number with more than one separator is an error that shows both readings, a zone
// that is not an IANA name is an error, and a clock time is never printed without its zone. Rounding happens here,
// for the eye only; nothing that decides ever reads a text back.
package locale

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"zona/internal/exact"
)

// The languages of the interface; Indonesian is the default.
const (
	Indonesian = "id"
	English    = "en"
)

// Languages lists the languages of the interface, the default first.
func Languages() []string { return []string{Indonesian, English} }

// Printer speaks one language. It is safe for concurrent use because nothing changes it after it is made.
type Printer struct {
	lang     string
	decimal  string // between whole and part
	group    string // between thousands
	clock    string // between hour and minute
	messages map[string]message
	plurals  *i18n.Localizer // only for messages with plural forms
	months   [12]string
	days     [7]string
}

// For returns the printer of a language; anything but "en" is Indonesian.
func For(lang string) *Printer {
	c := catalogue()
	if p, ok := c.printers[lang]; ok {
		return p
	}
	return c.printers[Indonesian]
}

// Negotiate picks the language for an Accept-Language header: the best match, Indonesian when there is none or
// when the header is not readable.
func Negotiate(acceptLanguage string) string {
	// The length is bounded because parsing is not free and the header is anybody's.
	if acceptLanguage == "" || len(acceptLanguage) > 1000 {
		return Indonesian
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return Indonesian
	}
	_, i, confidence := catalogue().matcher.Match(tags...)
	if confidence < language.High {
		return Indonesian
	}
	return Languages()[i]
}

// Lang returns "id" or "en".
func (p *Printer) Lang() string { return p.lang }

// Has reports whether the language has this message.
func (p *Printer) Has(id string) bool {
	_, ok := p.messages[id]
	return ok
}

// IDs lists all message ids in order, for tests over the whole program.
func (p *Printer) IDs() []string {
	ids := make([]string, 0, len(p.messages))
	for id := range p.messages {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}

// T returns the message with its arguments, given as alternating names and values. An unknown id comes back as it
// is, so that a page never fails for a word. The text is plain, not HTML.
//
// Values: text as it is, exact.Number as typed in this language, Moment as date and time, []string as a list,
// whole numbers as bare digits (a year has no thousands separator); only the argument named Count is grouped, and
// it also chooses the plural form where a message has several.
func (p *Printer) T(id string, args ...any) string {
	m, ok := p.messages[id]
	switch {
	case !ok:
		return id
	case m.plural:
		return p.inflect(id, m, args)
	case len(m.parts) == 1 && m.parts[0].arg == "":
		return m.parts[0].text
	}
	return p.fill(m, func(name string) (any, bool) { return argument(args, name) })
}

// TMap is T for arguments that come as a map, such as those of a fault.
func (p *Printer) TMap(id string, args map[string]any) string { return tell(p, id, args) }

// TStrings is T for arguments that are texts by name, such as those of a violation.
func (p *Printer) TStrings(id string, args map[string]string) string { return tell(p, id, args) }

func tell[V any](p *Printer, id string, args map[string]V) string {
	flat := make([]any, 0, 2*len(args))
	for name, v := range args {
		flat = append(flat, name, v)
	}
	return p.T(id, flat...)
}

// fill writes the parts in turn. An argument that was not given stays visible as {Name}.
func (p *Printer) fill(m message, value func(name string) (any, bool)) string {
	var b strings.Builder
	for _, part := range m.parts {
		if part.arg == "" {
			b.WriteString(part.text)
			continue
		}
		v, ok := value(part.arg)
		if !ok {
			b.WriteString("{" + part.arg + "}")
			continue
		}
		b.WriteString(p.text(part.arg, v))
	}
	return b.String()
}

// inflect leaves the choice of the form to go-i18n, which knows each language's rule.
func (p *Printer) inflect(id string, m message, args []any) string {
	data := map[string]string{}
	for _, name := range m.args {
		data[name] = "{" + name + "}"
		if v, ok := argument(args, name); ok {
			data[name] = p.text(name, v)
		}
	}
	count, _ := argument(args, countArg)
	text, err := p.plurals.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data, PluralCount: count})
	if err != nil && text == "" {
		return id
	}
	return text
}

// countArg is the name of the argument that is a count: grouped, and deciding the plural form.
const countArg = "Count"

// text is the value of an argument in this language.
func (p *Printer) text(name string, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return p.whole(name, int64(v))
	case int64:
		return p.whole(name, v)
	case exact.Number:
		return p.Input(v)
	case Moment:
		return p.DateTime(v.At, v.Zone)
	case []string:
		return strings.Join(v, ", ")
	}
	return fmt.Sprint(v)
}

func (p *Printer) whole(name string, n int64) string {
	if name == countArg {
		return p.Count(n)
	}
	return strconv.FormatInt(n, 10)
}

// Moment is an instant with the zone to say it in, as an argument of a message.
type Moment struct {
	At   time.Time
	Zone *time.Location
}

func argument(args []any, name string) (any, bool) {
	for i := 0; i+1 < len(args); i += 2 {
		if n, ok := args[i].(string); ok && n == name {
			return args[i+1], true
		}
	}
	return nil, false
}
