package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"zona/internal/audit"
	"zona/internal/locale"
)

// checker says in words what it checked and what it found.
type checker struct {
	out        io.Writer
	text       *locale.Printer
	broken     int // things that do not hold
	unreadable int // things about which nothing is known

	points   []point   // signed checkpoints, of files and of receipts
	receipts []receipt // that hold by themselves
}

// point is a checkpoint with where it came from.
type point struct {
	audit.Checkpoint

	from string
}

// receipt is what the log is compared with.
type receipt struct {
	seq  int64
	leaf tlog.Hash
	from string
}

// all checks receipts first and the log last, so that the log is read once and compared with everything else.
func (c *checker) all(q request) {
	v, err := keyOf(q.key)
	if err != nil {
		c.cannot("verify.key.unreadable", "Name", q.key, "Cause", err.Error())
		return
	}
	c.say("verify.key", "Origin", v.Origin())
	for _, name := range q.receipts {
		c.receipt(v, name)
	}
	if q.checkpoints != "" {
		c.checkpoints(v, q.checkpoints)
	}
	c.forks()
	if q.log != "" {
		c.log(v, q.log)
	}
}

func (c *checker) say(id string, args ...any) { _, _ = fmt.Fprintln(c.out, c.text.T(id, args...)) }

func (c *checker) wrong(id string, args ...any) {
	c.broken++
	_, _ = fmt.Fprintln(c.out, c.text.T("verify.wrong")+" "+c.text.T(id, args...))
}

func (c *checker) cannot(id string, args ...any) {
	c.unreadable++
	_, _ = fmt.Fprintln(c.out, c.text.T("verify.cannot")+" "+c.text.T(id, args...))
}

// end says the outcome and returns the exit code. What is broken weighs more than what could not be read.
func (c *checker) end() int {
	switch {
	case c.broken > 0:
		c.say("verify.end.broken", "Count", c.broken)
		return exitBroken
	case c.unreadable > 0:
		c.say("verify.end.unreadable", "Count", c.unreadable)
		return exitUnreadable
	}
	c.say("verify.end.holds")
	return exitHolds
}

func (c *checker) receipt(v audit.Verifier, name string) {
	b, err := readFile(name, audit.MaxReceipt)
	if err != nil {
		c.cannot("verify.file", "Name", name, "Cause", err.Error())
		return
	}
	r, err := audit.ParseReceipt(b)
	if err != nil {
		c.cannot("verify.receipt.unreadable", "Name", name, "Cause", err.Error())
		return
	}
	rec, at, err := r.Check(v)
	if err != nil {
		c.wrong("verify.receipt.wrong", "Name", name, "Cause", err.Error())
		return
	}
	utc, err := locale.Zone("UTC")
	if err != nil {
		c.cannot("verify.file", "Name", name, "Cause", err.Error())
		return
	}
	kind := "audit.kind." + rec.Event.Kind
	if !c.text.Has(kind) {
		kind = rec.Event.Kind // of a newer program
	}
	c.say("verify.receipt.holds", "Name", name, "Seq", rec.Seq, "Size", at.Size,
		"Kind", c.text.T(kind), "At", c.text.DateTime(rec.Event.At, utc), "Leaf", audit.Leaf(r.Canonical).String())
	c.points = append(c.points, point{at, name})
	c.receipts = append(c.receipts, receipt{rec.Seq, audit.Leaf(r.Canonical), name})
}

// checkpoints reads every file below the path. Within a file they stand in the order in which they were made.
func (c *checker) checkpoints(v audit.Verifier, path string) {
	before, files := len(c.points), 0
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			c.cannot("verify.file", "Name", name, "Cause", err.Error())
			return nil
		}
		if d.Type().IsRegular() && (name == path || !strings.HasPrefix(d.Name(), ".")) {
			files++
			c.checkpointFile(v, name)
		}
		return nil
	})
	if err != nil {
		c.cannot("verify.file", "Name", path, "Cause", err.Error())
	}
	switch {
	case len(c.points) > before:
		c.say("verify.checkpoints", "Count", len(c.points)-before, "Files", files)
	case c.broken+c.unreadable == 0:
		c.cannot("verify.checkpoints.none", "Name", path)
	}
}

func (c *checker) checkpointFile(v audit.Verifier, name string) {
	f, err := os.Open(name)
	if err != nil {
		c.cannot("verify.file", "Name", name, "Cause", err.Error())
		return
	}
	defer f.Close()
	last := int64(-1)
	damaged, err := audit.ReadNotes(f, func(signed []byte) error {
		at, err := v.Open(signed)
		if err != nil {
			c.wrong("verify.checkpoint.wrong", "Name", name, "Cause", err.Error())
			return nil
		}
		if at.Size < last {
			c.wrong("verify.checkpoint.shorter", "Name", name, "From", last, "To", at.Size)
		}
		last = at.Size
		c.points = append(c.points, point{at, name})
		return nil
	})
	if err != nil {
		c.cannot("verify.file", "Name", name, "Cause", err.Error())
	}
	if damaged > 0 {
		c.say("verify.checkpoint.damaged", "Name", name, "Count", damaged)
	}
}

// forks sorts the checkpoints by size and finds two of one size that disagree: for that no log is needed.
func (c *checker) forks() {
	slices.SortStableFunc(c.points, func(a, b point) int { return cmp.Compare(a.Size, b.Size) })
	for i := 1; i < len(c.points); i++ {
		a, b := c.points[i-1], c.points[i]
		if a.Size == b.Size && a.Root != b.Root {
			c.wrong("verify.fork", "Size", a.Size, "One", a.from, "Other", b.from)
		}
	}
}

// log reads an export once and compares it with its own checkpoint, the receipts and all other checkpoints.
func (c *checker) log(v audit.Verifier, name string) {
	f, err := os.Open(name)
	if err != nil {
		c.cannot("verify.file", "Name", name, "Cause", err.Error())
		return
	}
	defer f.Close()
	g := grower{checker: c, name: name, points: c.points}
	slices.SortStableFunc(c.receipts, func(a, b receipt) int { return cmp.Compare(a.seq, b.seq) })
	g.receipts = c.receipts
	g.compare()
	signed, err := audit.ReadExport(f, g.add)
	if err != nil {
		c.cannot("verify.log.unreadable", "Name", name, "Size", g.tree.Size(), "Cause", err.Error())
		return
	}
	at, err := v.Open(signed)
	switch {
	case err != nil:
		c.wrong("verify.log.signature", "Name", name, "Cause", err.Error())
	case at.Size != g.tree.Size() || at.Root != g.tree.Root():
		c.wrong("verify.log.root", "Name", name, "Size", g.tree.Size(), "Root", g.tree.Root().String(), "Said", at.Size, "SaidRoot", at.Root.String())
	case g.bad == 0:
		c.say("verify.log.holds", "Name", name, "Count", g.tree.Size(), "Root", at.Root.String())
	}
	for _, p := range g.points {
		c.wrong("verify.log.shorter", "Name", name, "Size", g.tree.Size(), "Said", p.Size, "From", p.from)
	}
	for _, r := range g.receipts {
		c.wrong("verify.log.missing", "Name", name, "Seq", r.seq, "From", r.from)
	}
	if g.agreed > 0 {
		c.say("verify.log.agreed", "Count", g.agreed)
	}
}

// grower grows the tree by the events of an export.
type grower struct {
	*checker

	name     string
	tree     audit.Log
	points   []point   // that lie ahead, by size
	receipts []receipt // that lie ahead, by position
	agreed   int       // checkpoints that were compared and agree
	bad      int
}

// mostWrong keeps the report of a broken file readable.
const mostWrong = 20

func (g *grower) add(canonical []byte) error {
	r, err := audit.Decode(canonical)
	if err == nil && r.Seq != g.tree.Size() {
		err = errPosition
	}
	if err != nil {
		g.bad++
		if g.bad <= mostWrong {
			g.wrong("verify.log.event", "Name", g.name, "Seq", g.tree.Size(), "Cause", err.Error())
		}
	}
	leaf := audit.Leaf(canonical)
	for len(g.receipts) > 0 && g.receipts[0].seq == g.tree.Size() {
		if g.receipts[0].leaf != leaf {
			g.bad++
			g.wrong("verify.log.receipt", "Name", g.name, "Seq", g.tree.Size(), "From", g.receipts[0].from)
		}
		g.receipts = g.receipts[1:]
	}
	g.tree.Add(leaf)
	g.compare()
	return nil
}

var errPosition = errors.New("the event names another position")

// compare compares the tree with the checkpoints of just this size.
func (g *grower) compare() {
	for len(g.points) > 0 && g.points[0].Size == g.tree.Size() {
		if g.points[0].Root == g.tree.Root() {
			g.agreed++
		} else {
			g.bad++
			g.wrong("verify.log.checkpoint", "Name", g.name, "Size", g.tree.Size(), "From", g.points[0].from)
		}
		g.points = g.points[1:]
	}
}
