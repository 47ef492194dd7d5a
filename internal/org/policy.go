package org

import (
	"slices"
	"strings"
	"time"

	"zona/internal/fault"
)

// Capability is one thing that may be done. Routes and use cases name capabilities, never roles.
type Capability string

// The capabilities, each with the object that it is asked for.
const (
	ViewUnits         Capability = "view_units"         // unit: know it, its place in the tree and its score
	ViewSheet         Capability = "view_sheet"         // unit: read answers, notes and their history
	EditAnswer        Capability = "edit_answer"        // unit: change answers and notes
	ImportWorkbook    Capability = "import_workbook"    // unit: take in a filled workbook, undo it
	ExportSheet       Capability = "export_sheet"       // unit: take the sheet out as a file
	OpenAssessment    Capability = "open_assessment"    // unit: begin a sheet for a period
	ManageInstitution Capability = "manage_institution" // institution: units and periods
	ManagePeople      Capability = "manage_people"      // institution: accounts and roles
	ViewLog           Capability = "view_log"           // institution: read the audit log
	CreateInstitution Capability = "create_institution" // instance
	RunInstance       Capability = "run_instance"       // instance: what concerns all institutions
)

// Capabilities lists all of them, for tests and `zona doctor access`.
func Capabilities() []Capability {
	return []Capability{
		ViewUnits, ViewSheet, EditAnswer, ImportWorkbook, ExportSheet, OpenAssessment, ManageInstitution, ManagePeople,
		ViewLog, CreateInstitution, RunInstance,
	}
}

// Roles lists all roles.
func Roles() []Role {
	return []Role{Administrator, InstitutionHead, UnitHead, Coordinator, Member, Evaluator, Observer}
}

// ScopeKinds lists all kinds of scope, the widest first.
func ScopeKinds() []ScopeKind {
	return []ScopeKind{WholeInstance, WholeInstitution, Subtree, OneUnit}
}

// readers read a sheet and take it away; a copy of what one may read anyway needs no capability of its own, but a
// later class of restricted evidence will.
var readers = []Capability{ViewUnits, ViewSheet, ExportSheet}

// leaders answer for a unit: they begin its sheet and take in whole workbooks.
var leaders = []Capability{ViewUnits, ViewSheet, ExportSheet, EditAnswer, ImportWorkbook, OpenAssessment}

// grants is the whole policy: what a role may do over which kind of scope. What is not here is refused, and a role
// is not given over a kind of scope that it has no row for.
var grants = map[Role]map[ScopeKind][]Capability{
	// Runs things and reads no answers: whoever can make accounts must not be able to look around unseen.
	Administrator: {
		WholeInstance:    {ViewUnits, OpenAssessment, ManageInstitution, ManagePeople, ViewLog, CreateInstitution, RunInstance},
		WholeInstitution: {ViewUnits, OpenAssessment, ManageInstitution, ManagePeople, ViewLog},
	},
	InstitutionHead: {
		WholeInstitution: {ViewUnits, ViewSheet, ExportSheet, ViewLog},
	},
	UnitHead: {
		Subtree: leaders,
		OneUnit: leaders,
	},
	Coordinator: {
		Subtree: leaders,
		OneUnit: leaders,
	},
	// Fills one answer at a time; only those who lead the team overwrite many at once.
	Member: {
		OneUnit: {ViewUnits, ViewSheet, ExportSheet, EditAnswer},
	},
	// Reads the unit's own sheet and never answers in it (PermenPANRB 90/2021: TPI has its own columns).
	Evaluator: {
		WholeInstitution: readers,
		Subtree:          readers,
		OneUnit:          readers,
	},
	Observer: {
		WholeInstitution: readers,
		Subtree:          readers,
		OneUnit:          readers,
	},
}

// Grants returns what a role may do over a kind of scope; nothing where the role is not given over that kind.
func Grants(r Role, k ScopeKind) []Capability { return slices.Clone(grants[r][k]) }

// The reasons of a Decision.
const (
	ReasonGranted = "granted"
	ReasonNobody  = "nobody"       // no person, or no time to judge assignments by
	ReasonNoRole  = "no_role"      // no assignment of today has the capability
	ReasonReach   = "out_of_reach" // one has it, but not for this object
	ReasonClosed  = "closed"       // the sheet accepts nothing more
)

// changesSheet are the capabilities that a closed sheet takes away from everybody.
var changesSheet = []Capability{EditAnswer, ImportWorkbook}

// Can decides whether the actor may do this to the object now. It is the only function that does. Whatever no row
// of the policy grants is refused; a refusal is hidden when the actor has no way of knowing the object.
func Can(a Actor, c Capability, o Object, s State) Decision {
	if a.Person == "" || s.At.IsZero() {
		return Decision{Hidden: true, Reason: ReasonNobody}
	}
	reason := ReasonNoRole
	for i := range a.Assignments {
		as := &a.Assignments[i]
		if !as.active(s.At) || !as.grants(c) {
			continue
		}
		if !as.Scope.covers(o) {
			reason = ReasonReach
			continue
		}
		if s.Closed && slices.Contains(changesSheet, c) {
			reason = ReasonClosed
			break
		}
		return Decision{Allow: true, Reason: ReasonGranted}
	}
	return Decision{Hidden: !a.knows(o, s.At), Reason: reason}
}

// knows reports whether the actor may learn that the object exists: everybody knows the instance, people know their
// own institution and those where they have a role, and units that they may list.
func (a Actor) knows(o Object, at time.Time) bool {
	if o == (Object{}) || o.Unit == "" && o.Institution == a.Institution {
		return true
	}
	for i := range a.Assignments {
		as := &a.Assignments[i]
		if !as.active(at) || !as.grants(ViewUnits) {
			continue
		}
		if as.Scope.covers(o) || o.Unit == "" && as.Scope.Institution == o.Institution {
			return true
		}
	}
	return false
}

// Holds reports whether the actor has the capability anywhere: the first check of a route.
func (a Actor) Holds(c Capability, at time.Time) bool {
	if a.Person == "" {
		return false
	}
	for i := range a.Assignments {
		if as := &a.Assignments[i]; as.active(at) && as.grants(c) {
			return true
		}
	}
	return false
}

// Reach returns where the actor has the capability, as a filter for lists: a query that carries it sees exactly
// the units that Can would allow.
func (a Actor) Reach(c Capability, at time.Time) Reach {
	var r Reach
	if a.Person == "" {
		return r
	}
	for i := range a.Assignments {
		as := &a.Assignments[i]
		if !as.active(at) || !as.grants(c) || !as.Scope.whole() {
			continue
		}
		switch as.Scope.Kind {
		case WholeInstance:
			return Reach{All: true}
		case WholeInstitution:
			r.Institutions = with(r.Institutions, as.Scope.Institution)
		case Subtree:
			r.Subtrees = with(r.Subtrees, as.Scope.Path)
		case OneUnit:
			r.Units = with(r.Units, as.Scope.Unit)
		}
	}
	return r
}

func with(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// Covers reports whether a list filtered by r shows the unit: what the query does, for what is already at hand.
func (r Reach) Covers(o Object) bool {
	return r.All ||
		slices.Contains(r.Institutions, o.Institution) && o.Institution != "" ||
		slices.Contains(r.Units, o.Unit) && o.Unit != "" ||
		slices.ContainsFunc(r.Subtrees, func(path string) bool { return strings.HasPrefix(o.Path, path) })
}

// active reports whether the assignment holds at this instant; a missing end never comes.
func (as *Assignment) active(at time.Time) bool {
	return !at.IsZero() && !at.Before(as.From) && (as.Until.IsZero() || at.Before(as.Until))
}

func (as *Assignment) grants(c Capability) bool {
	return slices.Contains(grants[as.Role][as.Scope.Kind], c)
}

// whole reports whether the scope names what its kind needs. A half-filled one covers nothing: an empty path would
// be a prefix of every other.
func (s Scope) whole() bool {
	switch s.Kind {
	case WholeInstance:
		return true
	case WholeInstitution:
		return s.Institution != ""
	case Subtree:
		return s.Unit != "" && s.Path != ""
	case OneUnit:
		return s.Unit != ""
	}
	return false
}

// covers reports whether the object lies in the scope.
func (s Scope) covers(o Object) bool {
	if !s.whole() {
		return false
	}
	switch s.Kind {
	case WholeInstitution:
		return o.Institution == s.Institution
	case Subtree:
		return strings.HasPrefix(o.Path, s.Path)
	case OneUnit:
		return o.Unit == s.Unit
	}
	return true // the whole instance
}

// Fault returns nil for an allowed act, else what the person is told: that there is no such thing when it is hidden,
// that it is not allowed when it is known.
func (d Decision) Fault() error {
	switch {
	case d.Allow:
		return nil
	case d.Hidden:
		return fault.New(fault.NotFound, "fault.not_found")
	case d.Reason == ReasonClosed:
		return fault.New(fault.Forbidden, "fault.sheet_closed")
	}
	return fault.New(fault.Forbidden, "fault.forbidden")
}

// At returns the unit as an object of Can.
func (u Unit) At() Object { return Object{Institution: u.Institution, Unit: u.ID, Path: u.Path} }

// At returns the institution as an object of Can.
func (i Institution) At() Object { return Object{Institution: i.ID} }
