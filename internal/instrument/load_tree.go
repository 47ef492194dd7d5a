package instrument

import (
	"fmt"
	"strings"

	"zona/internal/exact"
)

// tree reads the lines of the sheet. Their order in the file is the order of the sheet.
func (l *loader) tree(v, maxTotal *value) {
	top := l.children(v, nil, 0)
	if maxTotal != nil && len(top) > 0 {
		l.weights(top, l.in.MaxTotal, maxTotal.line, "max_total")
	}
}

func (l *loader) children(v *value, parent *Node, depth int) []*Node {
	var out []*Node
	for _, item := range l.list(v, "a list of lines") {
		if n := l.node(item, parent, depth); n != nil {
			out = append(out, n)
		}
	}
	return out
}

func (l *loader) node(v *value, parent *Node, depth int) *Node {
	if depth == maxDepth || len(l.in.Nodes) == maxNodes {
		l.add(v.line, "too-large", "a further line", fmt.Sprintf("an instrument has at most %d lines in %d levels", maxNodes, maxDepth))
		return nil
	}
	f := l.fields(v, "a line", "!id", "level", "!name", "weight", "annex_label", "annex_name", "annex_group", "children", "question")
	n := &Node{
		Name: l.text(f["name"]), AnnexName: l.text(f["annex_name"]), AnnexLabel: l.text(f["annex_label"]), AnnexGroup: l.text(f["annex_group"]),
		Index: len(l.in.Nodes), Parent: -1, Leaf: -1,
	}
	l.lines[n] = v.line
	l.nodeID(n, f["id"], parent)
	l.nodeLevel(n, f["level"], parent, v.line)
	if f["weight"] != nil {
		var ok bool
		n.Weight, ok = l.number(f["weight"], exact.Frac(1, maxWeight), exact.Int(maxWeight))
		l.shares[n] = shareWrong
		if ok {
			l.shares[n] = shareGiven
		}
	}
	l.in.Nodes = append(l.in.Nodes, n)
	if parent != nil {
		n.Parent = parent.Index
		parent.Children = append(parent.Children, n.Index)
	}
	switch {
	case (f["children"] == nil) == (f["question"] == nil):
		l.add(v.line, "shape", "line "+n.ID, "a line has either children or a question")
	case f["question"] != nil:
		n.Leaf = len(l.in.Questions)
		l.in.Questions = append(l.in.Questions, n)
		n.Question = l.question(f["question"])
	default:
		if l.shares[n] == shareMissing {
			l.add(v.line, "missing-key", "line "+n.ID+" without weight", "only questions may share their parent's weight; add weight")
			l.shares[n] = shareWrong
		}
		kids := l.children(f["children"], n, depth+1)
		if l.shares[n] == shareGiven && len(kids) > 0 {
			l.weights(kids, n.Weight, v.line, n.ID)
		}
	}
	return n
}

// nodeID checks that an id is the parent's id, a dot and a label: numbering is how people and workbooks find a line.
func (l *loader) nodeID(n *Node, v *value, parent *Node) {
	if !l.is(v, scalarValue, "an id") {
		return
	}
	n.ID, n.Label = v.text, v.text
	if parent != nil {
		label, ok := strings.CutPrefix(v.text, parent.ID+".")
		if !ok {
			l.add(v.line, "id-follows-parent", v.text, "an id starts with its parent's: "+parent.ID+".")
			label = v.text[strings.LastIndexByte(v.text, '.')+1:]
		}
		n.Label = label
	}
	switch {
	case !anyWord.fits(n.Label):
		l.add(v.line, "name", v.text, "the last part of an id: "+anyWord.says)
	case n.ID == totalTarget:
		l.add(v.line, "name", v.text, "the name stands for the whole sheet in rules; use another")
	case l.in.byID[n.ID] != nil:
		l.add(v.line, "duplicate-id", n.ID, fmt.Sprintf("the id stands in line %d already", l.lines[l.in.byID[n.ID]]))
	default:
		l.in.byID[n.ID] = n
	}
}

// nodeLevel takes the level that is given, or the one after the parent's.
func (l *loader) nodeLevel(n *Node, v *value, parent *Node, line int) {
	above := -1
	if parent != nil {
		above = l.levelIndex(parent.Level)
	}
	i := above + 1
	if v != nil {
		i, line = l.levelIndex(Level(l.text(v))), v.line
	}
	if i <= above || i >= len(l.in.Levels) {
		l.add(line, "level", "line "+n.ID, "a line's level is one of levels and comes after its parent's")
		return
	}
	n.Level = l.in.Levels[i].Level
}

// weights makes the children of a line sum to its weight, exactly, or shares it equally among questions without one.
func (l *loader) weights(kids []*Node, whole exact.Number, line int, of string) {
	count := map[share]int{}
	sum := exact.Int(0)
	for _, k := range kids {
		count[l.shares[k]]++
		sum = sum.Add(k.Weight)
	}
	switch {
	case count[shareWrong] > 0: // reported where it stands
	case count[shareMissing] == len(kids):
		for _, k := range kids {
			k.Weight = whole.Div(exact.Int(int64(len(kids))))
		}
	case count[shareMissing] > 0:
		l.add(line, "weight-sum", "some lines below "+of+" have a weight, some do not", "give all of them a weight, or none")
	case !sum.Equal(whole):
		l.add(line, "weight-sum", fmt.Sprintf("%s weighs %v, the lines below it %v", of, whole, sum), "make the weights below sum to it exactly")
	}
}
