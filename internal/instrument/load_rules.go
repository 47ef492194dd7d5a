package instrument

import (
	"fmt"
	"slices"
	"strings"

	"zona/internal/exact"
)

// totalTarget is how a rule names the whole sheet.
const totalTarget = "total"

func (l *loader) groups(v *value) {
	if v == nil {
		return
	}
	for _, item := range l.list(v, "groups") {
		f := l.fields(item, "a group", "!id", "!kind", "!name", "!weight", "!members")
		g := &Group{ID: l.word(f["id"], anyWord), Kind: l.word(f["kind"], lowerWord), Name: l.text(f["name"])}
		if _, twice := l.in.Group(g.ID); twice && g.ID != "" {
			l.add(item.line, "duplicate-id", g.ID, "every group has its own id")
		}
		if l.levelIndex(Level(g.Kind)) >= 0 {
			l.add(item.line, "duplicate-id", g.Kind, "a kind of group is not called like a level, since rules name both")
		}
		weight, ok := l.number(f["weight"], exact.Frac(1, maxWeight), exact.Int(maxWeight))
		sum := l.members(g, f["members"])
		if ok && f["members"] != nil && !sum.Equal(weight) {
			l.add(f["weight"].line, "weight-sum", fmt.Sprintf("group %s weighs %v, its members %v", g.ID, weight, sum), "a group weighs what its members weigh")
		}
		g.Weight = weight
		l.in.Groups = append(l.in.Groups, g)
	}
}

// members reads the lines that a group adds up. One inside another would count twice.
func (l *loader) members(g *Group, v *value) (sum exact.Number) {
	for _, item := range l.list(v, "members") {
		n := l.line(item)
		if n == nil {
			continue
		}
		for _, m := range g.Members {
			if l.inside(n.Index, m) || l.inside(m, n.Index) {
				l.add(item.line, "group-overlap", n.ID, "a member is neither another member nor part of one")
			}
		}
		g.Members = append(g.Members, n.Index)
		sum = sum.Add(n.Weight)
	}
	return sum
}

// inside reports whether node i is node j or stands below it.
func (l *loader) inside(i, j int) bool {
	for ; i >= 0; i = l.in.Nodes[i].Parent {
		if i == j {
			return true
		}
	}
	return false
}

// line finds a line of the sheet by its id.
func (l *loader) line(v *value) *Node {
	id := l.text(v)
	n := l.in.byID[id]
	if n == nil && id != "" {
		l.add(v.line, "unknown-line", id, "name a line of the tree by its id")
	}
	return n
}

func (l *loader) predicates(v *value) {
	if v == nil {
		return
	}
	for _, item := range l.list(v, "predicates") {
		f := l.fields(item, "a predicate", "!id", "!name", "!rules", "prerequisites")
		p := &Predicate{ID: l.word(f["id"], anyWord), Name: l.text(f["name"])}
		if _, twice := l.in.Predicate(p.ID); twice && p.ID != "" {
			l.add(item.line, "duplicate-id", p.ID, "every predicate has its own id")
		}
		for _, r := range l.list(f["rules"], "rules") {
			l.rule(p, r)
		}
		if f["prerequisites"] != nil {
			for _, r := range l.list(f["prerequisites"], "prerequisites") {
				g := l.fields(r, "a prerequisite", "!id", "!label", "note")
				p.Prerequisites = append(p.Prerequisites, Prerequisite{ID: l.word(g["id"], lowerWord), Label: l.text(g["label"]), Note: l.text(g["note"])})
			}
		}
		l.in.Predicates = append(l.in.Predicates, p)
	}
}

// target is what a rule measures: the whole sheet, a line or a group.
type target struct {
	suffix, name string // of an "each" rule: what is added to id and label
	node, group  int
	weight       exact.Number
}

// rule reads one threshold; an "each" rule becomes one per line or group, in their order.
func (l *loader) rule(p *Predicate, v *value) {
	f := l.fields(v, "a rule", "!id", "!label", "of", "of_group", "each", "points", "fraction", "index", "!article")
	if (f["points"] == nil) == (f["fraction"] == nil) {
		l.add(v.line, "shape", "rule "+l.text(f["id"]), "a rule has either points or a fraction")
		return
	}
	base := Rule{ID: l.word(f["id"], lowerWord), Label: l.text(f["label"]), Article: l.text(f["article"]), Fraction: f["fraction"] != nil}
	for _, t := range l.targets(f, v) {
		r := base
		r.Node, r.Group = t.node, t.group
		if t.suffix != "" {
			r.ID, r.Label = r.ID+"."+t.suffix, r.Label+": "+t.name
		}
		if r.Fraction {
			r.Threshold, _ = l.number(f["fraction"], exact.Frac(1, maxWeight), exact.Int(1))
		} else {
			r.Threshold, _ = l.number(f["points"], exact.Frac(1, maxWeight), t.weight)
		}
		if f["index"] != nil {
			r.Index = l.index(r, t, f["index"])
		}
		if slices.ContainsFunc(p.Rules, func(other Rule) bool { return other.ID == r.ID }) {
			l.add(v.line, "duplicate-id", r.ID, "every rule of a predicate has its own id")
		}
		p.Rules = append(p.Rules, r)
	}
}

func (l *loader) targets(f map[string]*value, v *value) []target {
	given := 0
	for _, key := range []string{"of", "of_group", "each"} {
		if f[key] != nil {
			given++
		}
	}
	switch {
	case given != 1:
		l.add(v.line, "shape", fmt.Sprintf("a rule with %d targets", given), "a rule has exactly one of of, of_group and each")
	case f["each"] != nil:
		return l.each(f["each"])
	case f["of_group"] != nil:
		id := l.text(f["of_group"])
		for i, g := range l.in.Groups {
			if g.ID == id {
				return []target{{node: -1, group: i, weight: g.Weight}}
			}
		}
		l.add(f["of_group"].line, "unknown-group", id, "name a group by its id")
	case f["of"].text == totalTarget:
		return []target{{node: -1, group: -1, weight: l.in.MaxTotal}}
	default:
		if n := l.line(f["of"]); n != nil {
			return []target{{node: n.Index, group: -1, weight: n.Weight}}
		}
	}
	return nil
}

// each names a kind of group or a level; written as "{combined: X, per_aspect: Y}" area_minimum picks one.
func (l *loader) each(v *value) []target {
	if v.kind == mapValue {
		f := l.fields(v, "each", "!combined", "!per_aspect")
		if l.in.AreaMinimum == "" {
			l.add(v.line, "missing-key", "a choice without area_minimum", "add area_minimum to the file")
		}
		for _, key := range sortedKeys(f) {
			if len(l.eachOf(f[key])) == 0 {
				return nil
			}
		}
		if v = f[l.in.AreaMinimum]; v == nil {
			return nil
		}
	}
	return l.eachOf(v)
}

func (l *loader) eachOf(v *value) (out []target) {
	name := l.text(v)
	for i, g := range l.in.Groups {
		if g.Kind == name {
			out = append(out, target{suffix: g.ID, name: g.Name, node: -1, group: i, weight: g.Weight})
		}
	}
	for _, n := range l.in.Nodes {
		if string(n.Level) == name {
			out = append(out, target{suffix: n.ID, name: n.ID + " " + n.Name, node: n.Index, group: -1, weight: n.Weight})
		}
	}
	if len(out) == 0 && name != "" {
		l.add(v.line, "unknown-group", name, "name a kind of group or a level that has lines")
	}
	return out
}

// index checks that the survey value beside a threshold is the same number: points = index / max x weight.
func (l *loader) index(r Rule, t target, v *value) exact.Number {
	var q *Question
	if t.node >= 0 {
		q = l.onlyQuestion(t.node)
	}
	if q == nil || q.Kind != Index || r.Fraction {
		l.add(v.line, "index", v.text, "an index stands beside the points of a line with one question of kind number")
		return exact.Number{}
	}
	n, ok := l.number(v, q.Min, q.Max)
	if q.Max.Sign() == 0 { // its answer type is wrong, and reported
		return n
	}
	if points := n.Div(q.Max).Mul(t.weight); ok && !points.Equal(r.Threshold) {
		l.add(v.line, "index", fmt.Sprintf("index %v, points %v", n, r.Threshold), fmt.Sprintf("index %v is %v points", n, points))
	}
	return n
}

// onlyQuestion returns the question of a line, or the only one below it.
func (l *loader) onlyQuestion(i int) *Question {
	n := l.in.Nodes[i]
	for n.Question == nil && len(n.Children) == 1 {
		n = l.in.Nodes[n.Children[0]]
	}
	return n.Question
}

// RequirementTypes returns how a requirement's value is given, in the order of documentation.
func RequirementTypes() []string { return []string{"ordinal", "number", "boolean", "percent", "years"} }

func (l *loader) eligibility(v *value) {
	if v == nil {
		return
	}
	f := l.fields(v, "eligibility", "!source", "waiver", "scales", "!requirements", "exemptions")
	l.in.Eligibility, l.in.Waiver = l.text(f["source"]), l.text(f["waiver"])
	orders := map[string][]string{}
	if l.is(f["scales"], mapValue, "scales") {
		for i, k := range f["scales"].keys {
			orders[k.text] = l.texts(f["scales"].vals[i], "an order")
		}
	}
	for _, item := range l.list(f["requirements"], "requirements") {
		l.requirement(item, orders)
	}
	if f["exemptions"] == nil {
		return
	}
	for _, item := range l.list(f["exemptions"], "exemptions") {
		g := l.fields(item, "an exemption", "!applies_to", "!unit_kinds", "!effect", "note")
		l.in.Exemptions = append(l.in.Exemptions, Exemption{
			AppliesTo: l.oneOf(g["applies_to"], "kl", "pemda"), UnitKinds: l.texts(g["unit_kinds"], "unit_kinds"),
			Effect: l.text(g["effect"]), Note: l.text(g["note"]),
		})
	}
}

func (l *loader) requirement(v *value, orders map[string][]string) {
	f := l.fields(v, "a requirement", "!id", "!subject", "!label", "!type", "scale", "!min", "note")
	r := Requirement{
		ID: l.word(f["id"], lowerWord), Label: l.text(f["label"]), Subject: l.oneOf(f["subject"], "instansi", "unit"),
		Type: l.oneOf(f["type"], RequirementTypes()...), Note: l.text(f["note"]), Minima: map[string]map[string]string{},
	}
	if slices.ContainsFunc(l.in.Requirements, func(other Requirement) bool { return other.ID == r.ID }) && r.ID != "" {
		l.add(v.line, "duplicate-id", r.ID, "every requirement has its own id")
	}
	if (r.Type == "ordinal") != (f["scale"] != nil) {
		l.add(v.line, "shape", "requirement "+r.ID, "an ordinal requirement, and no other, names its scale")
	} else if f["scale"] != nil {
		if r.Order = orders[l.text(f["scale"])]; r.Order == nil {
			l.add(f["scale"].line, "unknown-scale", f["scale"].text, "name a scale of eligibility: "+strings.Join(sortedKeys(orders), ", "))
		}
	}
	if l.is(f["min"], mapValue, "min") {
		for i, k := range f["min"].keys {
			if _, ok := l.in.Predicate(k.text); !ok {
				l.add(k.line, "unknown-predicate", k.text, "name a predicate by its id")
				continue
			}
			r.Minima[k.text] = l.minima(&r, f["min"].vals[i])
		}
	}
	l.in.Requirements = append(l.in.Requirements, r)
}

// minima reads the least value for one predicate: one for all, or one per kind of institution.
func (l *loader) minima(r *Requirement, v *value) map[string]string {
	if v.kind != mapValue {
		return map[string]string{"": l.minimum(r, v)}
	}
	out := map[string]string{}
	for kind, val := range l.fields(v, "minima of an institution", "!kl", "!pemda") {
		out[kind] = l.minimum(r, val)
	}
	return out
}

func (l *loader) minimum(r *Requirement, v *value) string {
	switch r.Type {
	case "ordinal":
		if r.Order != nil {
			return l.oneOf(v, r.Order...)
		}
	case "boolean":
		return l.oneOf(v, "ya", "tidak")
	case "percent":
		n, _ := l.number(v, exact.Int(0), exact.Int(100))
		return n.String()
	case "number", "years":
		n, _ := l.number(v, exact.Int(0), exact.Int(100))
		return n.String()
	}
	return ""
}
