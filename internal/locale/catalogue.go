package locale

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// One pair of files per area of the program: <area>.id.json and <area>.en.json, each a flat object of id to text.
// A text may name arguments as {{.Name}}; where English needs it, a message is an object of plural forms
// {"one": …, "other": …} that the argument Count chooses from.
//
//go:embed messages/*.json
var files embed.FS

// catalogue reads the messages once, at the first use.
var catalogue = sync.OnceValue(func() *messages { return read(files) })

// messages is all that was read, and what was wrong with it.
type messages struct {
	printers map[string]*Printer
	matcher  language.Matcher
	problems []error
}

// message is a text cut at its arguments. Those of a plural message are cut by go-i18n instead.
type message struct {
	parts  []part
	args   []string // names used, sorted; over all forms
	plural bool
}

// part is a piece of text, or the name of an argument.
type part struct{ text, arg string }

// Check reports everything that is wrong with the message files: not readable, an id twice, an id or an argument
// that one language has and the other has not.
func Check() error {
	c := catalogue()
	return errors.Join(append(slices.Clone(c.problems), compare(c.printers)...)...)
}

// read takes what is good and notes what is not: a broken file must cost its own words, not the whole page.
func read(fsys fs.FS) *messages {
	c := &messages{
		printers: map[string]*Printer{
			Indonesian: {lang: Indonesian, decimal: ",", group: ".", clock: ".", messages: map[string]message{}},
			English:    {lang: English, decimal: ".", group: ",", clock: ":", messages: map[string]message{}},
		},
		matcher: language.NewMatcher([]language.Tag{language.Indonesian, language.English}),
	}
	bundle := i18n.NewBundle(language.Indonesian)
	names, err := fs.Glob(fsys, "messages/*.json")
	if err != nil {
		c.problems = append(c.problems, fmt.Errorf("list message files: %w", err))
	}
	for _, name := range names {
		if err := c.readFile(fsys, name, bundle); err != nil {
			c.problems = append(c.problems, fmt.Errorf("message file %s: %w", name, err))
		}
	}
	for _, p := range c.printers {
		p.plurals = i18n.NewLocalizer(bundle, p.lang)
		for i := range p.months {
			p.months[i] = p.T("locale.month." + strconv.Itoa(i+1))
		}
		for i := range p.days {
			p.days[i] = p.T("locale.day." + strconv.Itoa(i))
		}
	}
	return c
}

func (c *messages) readFile(fsys fs.FS, name string, bundle *i18n.Bundle) error {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	file, err := i18n.ParseMessageFileBytes(data, name, nil)
	if err != nil {
		return err
	}
	p, ok := c.printers[file.Tag.String()]
	if !ok || strings.Count(path.Base(name), ".") != 2 {
		return errors.New("the name is not <area>.id.json or <area>.en.json")
	}
	var problems []error
	for _, m := range file.Messages {
		if _, twice := p.messages[m.ID]; twice {
			problems = append(problems, fmt.Errorf("%s stands twice", m.ID))
		}
		cut, err := compile(m)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", m.ID, err))
			continue
		}
		p.messages[m.ID] = cut
		if !cut.plural {
			continue
		}
		if err := bundle.AddMessages(file.Tag, m); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", m.ID, err))
		}
	}
	return errors.Join(problems...)
}

// compile cuts a message at its arguments.
func compile(m *i18n.Message) (message, error) {
	out := message{plural: m.One != "" || m.Few != "" || m.Many != ""}
	if m.Other == "" {
		return out, errors.New("no text")
	}
	for _, text := range []string{m.One, m.Few, m.Many, m.Other} {
		parts, err := cut(text)
		if err != nil {
			return out, err
		}
		for _, p := range parts {
			if p.arg != "" && !slices.Contains(out.args, p.arg) {
				out.args = append(out.args, p.arg)
			}
		}
		out.parts = parts
	}
	slices.Sort(out.args)
	return out, nil
}

// cut knows one form of action, {{.Name}}; templates that compute belong in code.
func cut(text string) ([]part, error) {
	var parts []part
	for text != "" {
		before, rest, found := strings.Cut(text, "{{")
		if before != "" {
			parts = append(parts, part{text: before})
		}
		if !found {
			return parts, nil
		}
		name, after, closed := strings.Cut(rest, "}}")
		name, dotted := strings.CutPrefix(strings.TrimSpace(name), ".")
		if !closed || !dotted || !isName(name) {
			return nil, fmt.Errorf("only {{.Name}} is understood, not {{%.20s", rest)
		}
		parts = append(parts, part{arg: name})
		text = after
	}
	return parts, nil
}

func isName(s string) bool {
	for _, c := range s {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// compare finds what one language has and the other has not.
func compare(printers map[string]*Printer) []error {
	var problems []error
	a, b := printers[Indonesian], printers[English]
	for _, id := range a.IDs() {
		other, ok := b.messages[id]
		switch {
		case !ok:
			problems = append(problems, fmt.Errorf("%s: no English text", id))
		case !slices.Equal(a.messages[id].args, other.args):
			problems = append(problems, fmt.Errorf("%s: arguments %v in Indonesian, %v in English", id, a.messages[id].args, other.args))
		}
	}
	for _, id := range b.IDs() {
		if !a.Has(id) {
			problems = append(problems, fmt.Errorf("%s: no Indonesian text", id))
		}
	}
	return problems
}
