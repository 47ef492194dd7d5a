package workbook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"time"

	"zona/internal/fault"
	"zona/internal/instrument"
)

// Options says what to read.
type Options struct {
	// Column picks among the columns of answers: "unit" (the default), "tpi" the first evaluator's, "tpi2" the
	// second's, or a heading as printed, in any case. One that is not there is a fault that lists those that are.
	Column string
	// Timeout ends a read that takes too long; 0 is five seconds, some hundred times what a large sheet takes.
	Timeout time.Duration
}

// Reading is what was found in a workbook.
type Reading struct {
	Answers  map[string]instrument.Answer // by question id; partly filled ratios too
	Notes    map[string]string            // by question id, from the notes beside the chosen answers
	Case     map[string]string            // what the sheet says of itself above its table: label to value
	Column   string                       // the column of answers that was read, as listed in Columns
	Columns  []string                     // all columns of answers found
	Placed   int                          // questions whose row was found
	Problems []Problem                    // in sheet order
}

// Problem is one thing that could not be placed or read. Its question counts as unanswered. Rule and Mend are
// message ids of package locale, with Args for both.
type Problem struct {
	Sheet    string // as the tab is named
	Cell     string // "K126"; "" where it is not one cell's
	Question string // id, "" where it is not known
	Read     string // what was read, shortened
	Rule     string // what is wrong
	Mend     string // what to do
	Args     map[string]string
}

// Read finds the answers to an instrument in a workbook that may come from anybody. A file that is damaged, hostile,
// beyond the limits of this package, without a column of the name asked for, or in which no question was found, is
// a *fault.Fault; ctx ending is ctx's error. Everything else is a Reading, with what went wrong in Problems. Read
// never follows anything that the file points to.
func Read(ctx context.Context, in *instrument.Instrument, src io.ReaderAt, size int64, opt Options) (r *Reading, err error) {
	timeout := opt.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	limited, cancel := context.WithTimeoutCause(ctx, timeout, errSlow)
	defer cancel()
	// A parser's mistake over a stranger's file must not end the process: it is this file that cannot be read.
	defer func() {
		if p := recover(); p != nil {
			r, err = nil, errors.Join(fault.New(fault.Invalid, "workbook.file.parser"), &parserPanic{p, debug.Stack()})
		}
	}()
	r, err = read(limited, in, src, size, opt)
	if err != nil && errors.Is(context.Cause(limited), errSlow) {
		return nil, fault.New(fault.TooLarge, "workbook.file.slow")
	}
	return r, err
}

var errSlow = errors.New("the workbook takes too long to read")

// parserPanic is what went wrong, for logs.
type parserPanic struct {
	value any
	stack []byte
}

func (p *parserPanic) Error() string { return fmt.Sprintf("workbook parser: %v\n%s", p.value, p.stack) }

func read(ctx context.Context, in *instrument.Instrument, src io.ReaderAt, size int64, opt Options) (*Reading, error) {
	b, err := openBook(ctx, src, size)
	if err != nil {
		return nil, err
	}
	o := outlineOf(in)
	var sheets []*placedSheet
	for _, s := range b.sheets {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if p := o.placeSheet(s); p != nil {
			sheets = append(sheets, p)
		}
	}
	if len(sheets) == 0 {
		return nil, refuse("workbook.file.noquestion")
	}
	columns := gather(sheets)
	chosen, copies, err := choose(columns, opt.Column)
	if err != nil {
		return nil, err
	}
	c := &collector{outline: o, column: chosen, out: &Reading{
		Answers: map[string]instrument.Answer{}, Notes: map[string]string{}, Case: caseData(chosen), Column: chosen.label,
	}}
	for _, k := range columns {
		c.out.Columns = append(c.out.Columns, k.label)
	}
	c.collect(copies)
	if c.out.Placed == 0 {
		return nil, refuse("workbook.file.noquestion")
	}
	return c.out, nil
}

type outlineKey struct{}

// outlineOf keeps the outline with its instrument, since a folder of workbooks needs the same one.
func outlineOf(in *instrument.Instrument) *outline {
	if o, ok := in.Derived(outlineKey{}, func() any { return newOutline(in) }).(*outline); ok {
		return o
	}
	return newOutline(in)
}

// placeSheet returns nil for a sheet without answers: a recap, a list, a chart's data.
func (o *outline) placeSheet(s *sheet) *placedSheet {
	p := &placedSheet{sheet: s, bands: s.findBands(), rows: map[int][]int{}}
	if len(p.bands) == 0 {
		return nil
	}
	p.facts = o.factsOf(s, p.bands)
	if p.lines = o.placeExact(p.facts); p.lines != nil {
		p.alike = make([]float32, len(p.facts))
	} else {
		p.lines, p.alike = o.place(p.facts)
	}
	sure := false
	for r, at := range p.lines {
		if at < 0 {
			continue
		}
		l := &o.lines[at]
		switch l.kind {
		case lineQuestion:
			p.rows[l.node.Leaf] = append(p.rows[l.node.Leaf], r)
			sure = sure || o.surelyPlaced(&p.facts[r], at, p.alike[r])
		case lineGroup:
			sure = sure || p.facts[r].exact == at || p.alike[r] > 0.7
		case lineCaption, lineInputs:
		}
	}
	if len(p.rows) == 0 || !sure {
		return nil
	}
	o.findAgain(p)
	return p
}

// placeExact takes the short way where every question is named by its id, as in our own layout; nil otherwise.
func (o *outline) placeExact(facts []rowFacts) []int {
	lines := make([]int, len(facts))
	named := make([]bool, len(o.in.Questions))
	left := len(named)
	for r := range facts {
		lines[r] = facts[r].exact
		if lines[r] < 0 && (facts[r].filled || facts[r].answer != "") {
			return nil // numbers under a ratio, or a question that somebody added
		}
		if at := facts[r].exact; at >= 0 && o.lines[at].kind == lineQuestion && !named[o.lines[at].node.Leaf] {
			named[o.lines[at].node.Leaf] = true
			left--
		}
	}
	if left > 0 {
		return nil
	}
	return lines
}

// surelyPlaced decides whether a row may be read as this question. The walk has chosen the likeliest line; here it
// must also be likely by itself: a contradicting answer type is never overlooked, and where there is none the
// numbering or the wording must agree.
func (o *outline) surelyPlaced(f *rowFacts, at int, sim float32) bool {
	const (
		points  = 3.5  // numbering and answer type, or one of them with wording that is near
		related = 0.05 // wording that has anything in common
		same    = 0.5  // wording that is hardly another question's
	)
	if f.exact >= 0 {
		return f.exact == at
	}
	l := &o.lines[at]
	if f.answer != "" {
		return f.answer == l.answer && worthQuestion(f, l, sim) >= points
	}
	switch {
	case labelWorth(f, l) > 0, f.label == "-" && o.onlyQuestion(l.node), f.likely == l.answer:
		return sim > related
	}
	return sim > same
}

// onlyQuestion: the annex numbers a question that stands alone with a dash.
func (o *outline) onlyQuestion(n *instrument.Node) bool {
	return n.Parent >= 0 && len(o.in.Nodes[n.Parent].Children) == 1
}

// findAgain looks for rows that repeat a question which was placed elsewhere: two answers to one question must not
// pass unseen.
func (o *outline) findAgain(p *placedSheet) {
	for r := range p.facts {
		f := &p.facts[r]
		if p.lines[r] >= 0 || f.answer == "" || f.answer == typeCount || f.text == "" {
			continue
		}
		sims := o.words.resemble(f.text)
		for leaf, rows := range p.rows {
			at := o.row[leaf]
			first := &p.facts[rows[0]]
			if sims[at] > 0.5 && f.answer == o.lines[at].answer && f.label == first.label && fold(f.text) == fold(first.text) {
				p.lines[r], p.alike[r] = at, sims[at]
				p.rows[leaf] = append(rows, r)
				break
			}
		}
	}
	for leaf := range p.rows {
		slices.Sort(p.rows[leaf])
	}
}
