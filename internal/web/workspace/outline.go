package workspace

import (
	"strings"

	"zona/internal/instrument"
)

// outline is how an instrument is laid out on the sheet: its tree cut into sections that open one at a time. It is
// made once per instrument when the desk is built and never changes.
type outline struct {
	in       *instrument.Instrument
	sections []*section
	of       []*section // by Node.Leaf
	slugs    []string   // by Node.Index: the id in a form that may stand in an HTML id ("A-I-1-i-a")
}

// section is what opens as one: an area of the LKE, or a larger node where a branch has no areas.
type section struct {
	node      *instrument.Node
	above     []*instrument.Node // inner nodes that begin with this section, top first; their headings stand before it
	runs      []run
	questions int
}

// run is the questions of a section that hang on the same node; node is nil when that is the section itself.
type run struct {
	node   *instrument.Node
	leaves []*instrument.Node
}

func newOutline(in *instrument.Instrument) *outline {
	o := &outline{in: in, of: make([]*section, len(in.Questions)), slugs: make([]string, len(in.Nodes))}
	for i, n := range in.Nodes {
		o.slugs[i] = slug(n.ID)
	}
	shown := map[int]bool{}
	for _, leaf := range in.Questions {
		o.place(leaf, shown)
	}
	return o
}

// place puts a leaf into its section. Leaves come in sheet order, so a new section node means a new section.
func (o *outline) place(leaf *instrument.Node, shown map[int]bool) {
	node := o.sectionNode(leaf)
	last := len(o.sections) - 1
	if last < 0 || o.sections[last].node != node {
		s := &section{node: node}
		for _, n := range o.path(node) {
			if n != node && !shown[n.Index] {
				shown[n.Index] = true
				s.above = append(s.above, n)
			}
		}
		o.sections = append(o.sections, s)
		last++
	}
	s := o.sections[last]
	parent := o.parent(leaf)
	if parent == node {
		parent = nil
	}
	if n := len(s.runs); n == 0 || s.runs[n-1].node != parent {
		s.runs = append(s.runs, run{node: parent})
	}
	s.runs[len(s.runs)-1].leaves = append(s.runs[len(s.runs)-1].leaves, leaf)
	s.questions++
	o.of[leaf.Leaf] = s
}

// sectionNode is the area that a leaf belongs to. A branch without areas is cut at the highest node that has a
// question directly below it, so that no section lies inside another.
func (o *outline) sectionNode(leaf *instrument.Node) *instrument.Node {
	path := o.path(leaf)
	for _, n := range path {
		if n.Level == instrument.Area {
			return n
		}
	}
	for _, n := range path {
		for _, c := range n.Children {
			if o.in.Nodes[c].Question != nil {
				return n
			}
		}
	}
	return leaf
}

func (o *outline) parent(n *instrument.Node) *instrument.Node {
	if n.Parent < 0 {
		return nil
	}
	return o.in.Nodes[n.Parent]
}

// path is the way from the top to n, n included.
func (o *outline) path(n *instrument.Node) []*instrument.Node {
	var up []*instrument.Node
	for ; n != nil; n = o.parent(n) {
		up = append([]*instrument.Node{n}, up...)
	}
	return up
}

// section returns the section with this node id, and whether there is one.
func (o *outline) section(id string) (*section, bool) {
	for _, s := range o.sections {
		if s.node.ID == id {
			return s, true
		}
	}
	return nil, false
}

// after returns the section behind s, nil behind the last.
func (o *outline) after(s *section) *section {
	for i := range o.sections[:len(o.sections)-1] {
		if o.sections[i] == s {
			return o.sections[i+1]
		}
	}
	return nil
}

// depth is how many nodes stand above n.
func (o *outline) depth(n *instrument.Node) int { return len(o.path(n)) - 1 }

// slug makes an id fit for HTML ids and CSS selectors, where a dot begins a class.
func slug(id string) string { return strings.ReplaceAll(id, ".", "-") }
