package instrument

import (
	"fmt"
	"slices"
	"strings"
)

// maxProblems bounds what is listed about one file; a file with more is broken as a whole.
const maxProblems = 200

// Problem is one thing wrong in an instrument file, for its editor: where, which rule, what was read, how to mend it.
type Problem struct {
	File string
	Line int    // from 1
	Rule string // short name of the rule, e.g. "weight-sum"; docs/instrument.md lists them
	Read string // what was read, shortened
	Mend string
}

// String returns "file:line: rule: read X; mend".
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d: %s: %s; %s", p.File, p.Line, p.Rule, p.Read, p.Mend)
}

// LoadError is every problem of an instrument file, by line. Load returns no instrument beside it.
type LoadError struct {
	Problems []Problem
}

// Error lists one problem per line.
func (e *LoadError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// problems collects what is wrong while a file is read.
type problems struct {
	file string
	list []Problem
	more int
}

func (p *problems) add(line int, rule, read, mend string) {
	if len(p.list) == maxProblems {
		p.more++
		return
	}
	p.list = append(p.list, Problem{File: p.file, Line: line, Rule: rule, Read: clip(read), Mend: mend})
}

// err returns what was collected, by line, or nil.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int { return a.Line - b.Line })
	if p.more > 0 {
		last := p.list[len(p.list)-1]
		p.list = append(p.list, Problem{
			File: p.file, Line: last.Line, Rule: "too-many", Read: fmt.Sprintf("%d more problems", p.more), Mend: "mend these first",
		})
	}
	return &LoadError{Problems: p.list}
}

// maxRead is how many characters of what was read are repeated in a message.
const maxRead = 60

// clip shortens s to what a message may repeat and takes out what would break its line.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, s)
	n := 0
	for i := range s {
		if n == maxRead {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
