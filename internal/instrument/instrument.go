// Package instrument holds evaluation sheets as versioned data: structure, weights, answer types, wording,
// predicates and eligibility. It knows what may be answered and what an answer is worth as a fraction; adding
// up is package scoring's. An instrument is a YAML file under data/; a new regulation is a new file.
//
// The package refuses to guess: a file with an unknown key, weights that do not sum or a formula over an input
// that does not exist is an error with file, line and rule, never a default.
package instrument

import (
	"sync"

	"zona/internal/exact"
)

// Instrument is one version of an evaluation sheet, checked and frozen. It is safe for concurrent use because
// nothing changes it after Load (what is derived from it is kept in a concurrent map).
type Instrument struct {
	ID         string // "lke-2021"; never reused for other content
	Title      string
	Regulation string // the article that the sheet comes from, as cited on reports
	AmendedBy  string
	Language   string // of the wording, "id"
	MaxTotal   exact.Number
	Example    bool // shows the file form only; never offered for a real evaluation
	// AreaMinimum says over what "each area" rules are tested: "combined" or "per_aspect"; "" where the file has no
	// such rule. The regulation allows both readings, so it is a setting of the file.
	AreaMinimum string

	Levels []LevelName // from the outside in, as listed by the file
	Scales map[string]*Scale

	// Nodes is the whole tree in sheet order, parents before children. Node.Index is the position here.
	Nodes []*Node
	// Questions are the leaves in sheet order; Node.Leaf is the position here.
	Questions []*Node
	// Groups are sums over nodes that stand in different branches: the six combined areas of the LKE.
	Groups     []*Group
	Predicates []*Predicate
	// Requirements are the eligibility rows that are checked beside the score (Tabel 5 of PermenPANRB 5/2024).
	Requirements []Requirement
	Exemptions   []Exemption
	Eligibility  string // the article that the requirements come from
	Waiver       string // who may accept a proposal all the same, in the instrument's language

	byID    map[string]*Node
	derived sync.Map // see Derived
}

// Node returns the node with this id ("A.I.1.i.a"), and whether there is one.
func (in *Instrument) Node(id string) (*Node, bool) {
	n, ok := in.byID[id]
	return n, ok
}

// Question returns the leaf with this id, and whether there is one.
func (in *Instrument) Question(id string) (*Node, bool) {
	n, ok := in.byID[id]
	return n, ok && n.Question != nil
}

// Predicate returns the predicate with this id ("WBK"), and whether there is one.
func (in *Instrument) Predicate(id string) (*Predicate, bool) {
	for _, p := range in.Predicates {
		if p.ID == id {
			return p, true
		}
	}
	return nil, false
}

// Group returns the group with this id ("1"), and whether there is one.
func (in *Instrument) Group(id string) (*Group, bool) {
	for _, g := range in.Groups {
		if g.ID == id {
			return g, true
		}
	}
	return nil, false
}

// Level names a depth of the tree. An instrument lists its own; these are the LKE's.
type Level string

// The levels of the LKE (Lampiran III): B has items instead of areas and sub-areas.
const (
	Component Level = "component"
	Aspect    Level = "aspect"
	Area      Level = "area"
	Subarea   Level = "subarea"
	Item      Level = "item"     // a question of B that carries its own weight
	Leaf      Level = "question" // a question that shares its sub-area's weight equally
)

// LevelName is a level with its name for people: area, "Area".
type LevelName struct {
	Level Level
	Name  string
}

// Node is one line of the sheet: an inner node whose score is the sum of its children, or a leaf with a question.
type Node struct {
	ID    string
	Label string // last part of the numbering as printed: "A", "I", "1", "i", "a"
	Level Level
	Name  string // "Penyusunan Tim Kerja"; of a question its short title
	// What the annex prints where that differs, for finding the line in foreign workbooks: its name, its label, and
	// the heading of an unnumbered block that stands between a sub-area and this question.
	AnnexName  string
	AnnexLabel string
	AnnexGroup string
	Weight     exact.Number // points at fraction 1; of a leaf in a sub-area: the sub-area's weight / number of its questions
	Index      int          // position in Instrument.Nodes
	Parent     int          // position of the parent in Instrument.Nodes, -1 for a component
	Children   []int        // positions in Instrument.Nodes
	Leaf       int          // position in Instrument.Questions, -1 for an inner node
	Question   *Question    // nil for an inner node
}

// Kind is how a question is answered.
type Kind string

// The three ways to answer (answer_types in the instrument file).
const (
	Choice Kind = "choice" // one option of a scale
	Ratio  Kind = "ratio"  // whole-number inputs and a formula
	Index  Kind = "number" // a decimal between Min and Max, worth value / Max
)

// Question is what is asked and how an answer becomes a fraction.
type Question struct {
	Type     string // name of the answer type in the file: "ya_tidak", "abc", "rasio", "indeks"
	Kind     Kind
	Text     string
	Help     string
	Scale    *Scale   // Choice only
	Options  []Option // Choice only, best first, keys as in Scale
	Inputs   []Input  // Ratio only
	Formula  *Formula // Ratio only
	Min, Max exact.Number
	Evidence []string // documents that usually prove the answer
	Notes    string   // remarks of the instrument's editors, with the reasoning where the annex is silent
}

// Scale is an ordered list of keys with their values, best first.
type Scale struct {
	ID     string
	Keys   []string
	Values []exact.Number
}

// Option is one choice with its meaning for this question.
type Option struct {
	Key   string
	Text  string
	Value exact.Number
}

// Input is one whole number asked by a ratio question.
type Input struct {
	Key       string
	Label     string
	Unit      string // what is counted: "orang", "layanan"
	InFormula bool   // false: collected by the annex but never scored, may stay empty
}

// Formula makes a fraction of a ratio question's inputs: numerator / denominator, held within Min..Max; for a
// zero denominator the first case whose condition holds.
type Formula struct {
	Numerator   *Expr
	Denominator *Expr
	Min, Max    exact.Number
	ZeroCases   []ZeroCase
	Reasoning   string // why the zero cases are as they are
}

// ZeroCase gives the fraction for a zero denominator; When nil means "otherwise".
type ZeroCase struct {
	When  *Expr
	Value exact.Number
}

// Group sums nodes across branches, e.g. combined area 1 = A.I.1 + A.II.1.
type Group struct {
	ID      string // "1"
	Kind    string // "combined_area"
	Name    string
	Members []int // positions in Instrument.Nodes
	Weight  exact.Number
}

// Predicate is what a unit may earn: all rules must hold on unrounded scores.
type Predicate struct {
	ID            string // "WBK"
	Name          string
	Rules         []Rule
	Prerequisites []Prerequisite
}

// Rule is one threshold. Exactly one of Node and Group is >= 0; the total has both -1.
type Rule struct {
	ID        string // "total_min", "area_min.3"
	Label     string
	Node      int
	Group     int
	Fraction  bool         // compare the share of the weight instead of points
	Threshold exact.Number // points, or a fraction 0..1
	Index     exact.Number // the survey value 0..4 that the points stand for; 0 where there is none
	Article   string
}

// Prerequisite is a condition beside the score, such as holding WBK before WBBM.
type Prerequisite struct {
	ID, Label, Note string
}

// Requirement is one eligibility row (Tabel 5). Boolean minima are "ya" or "tidak". Minima are texts of the row's own scale, by predicate and kind of
// institution ("kl", "pemda"; "" for units).
type Requirement struct {
	ID, Label string
	Subject   string   // "instansi" or "unit"
	Type      string   // RequirementTypes has all
	Order     []string // ordinal: values from worst to best
	Minima    map[string]map[string]string
	Note      string
}

// Exemption lets units of some kinds be proposed while requirements are still open.
type Exemption struct {
	AppliesTo    string // kind of institution: "pemda"
	UnitKinds    []string
	Effect, Note string
}
