// Package org knows institutions, their unit trees, people, and who may do what. It refuses to decide by the name
// of a role: roles grant capabilities over a scope for a time, and Can is the only place that answers.
package org

import "time"

// Institution is a K/L or a pemda that runs integrity zones.
type Institution struct {
	ID   string
	Name string
	Kind InstitutionKind
	Zone string // IANA name of its time zone, "Asia/Jakarta"; deadlines are written in it
	Demo bool   // invented by zona demo; marked on every page
	Rev  int
}

// InstitutionKind decides eligibility rows and the preliminary stage.
type InstitutionKind string

// The two kinds of PermenPANRB 5/2024, Tabel 5.
const (
	Central  InstitutionKind = "kl"
	Regional InstitutionKind = "pemda"
)

// Unit is a node of an institution's tree; any unit may be evaluated.
type Unit struct {
	ID          string
	Institution string
	Parent      string // unit id, "" for a top unit
	Path        string // "/top/…/own/": ids from the top, so that a subtree is a prefix
	Name        string
	Rev         int
}

// Person is somebody with an account or a role. Erasing a person destroys salts, not rows.
type Person struct {
	ID          string
	Institution string // home institution, "" for an administrator of the instance
	Unit        string // home unit, "" where there is none
	Name        string // one field: many Indonesians have one name
	NIP         string // 18 digits, "" where there is none
	Position    string
	Login       string // e-mail or user name, unique in the instance, lower case
	Lang        string // "id", "en", "" = the browser's
	Closed      bool
	Rev         int
}

// Role is a named bundle of capabilities; see Grants. Nothing outside this package asks for a role by name.
type Role string

// The roles of today; later ones are rows here and in Grants.
const (
	Administrator   Role = "administrator"    // runs the instance or an institution; reads no answers
	InstitutionHead Role = "institution_head" // sees all of the institution
	UnitHead        Role = "unit_head"
	Coordinator     Role = "coordinator" // koordinator tim ZI
	Member          Role = "member"      // area team
	Evaluator       Role = "evaluator"   // TPI; reads what it evaluates
	Observer        Role = "observer"
)

// ScopeKind is how far an assignment reaches.
type ScopeKind string

// From everything to one unit.
const (
	WholeInstance    ScopeKind = "instance"
	WholeInstitution ScopeKind = "institution"
	Subtree          ScopeKind = "subtree"
	OneUnit          ScopeKind = "unit"
)

// Scope is a place in the organisation. Path is resolved when it is read, so access follows the tree of today.
type Scope struct {
	Kind        ScopeKind
	Institution string // set for all but WholeInstance
	Unit        string // set for Subtree and OneUnit
	Path        string // of Unit
}

// Assignment gives a person a role over a scope for a time.
type Assignment struct {
	ID     string
	Person string
	Role   Role
	Scope  Scope
	From   time.Time // instant of the first day's start in the institution's zone
	Until  time.Time // exclusive; zero: open-ended
}

// Actor is the person who asks, with every assignment that he or she ever had; Can looks at the time.
type Actor struct {
	Person      string // "" is nobody
	Name        string
	Institution string // home
	Lang        string
	Assignments []Assignment
}

// Object is what a capability is asked for. The zero Object is the instance itself.
type Object struct {
	Institution string
	Unit        string
	Path        string // of Unit; "" for the institution as a whole
}

// State is what else decides, beside who and where.
type State struct {
	Closed bool      // the sheet no longer accepts answers
	At     time.Time // instant of the question
}

// Decision is Can's answer. Hidden says that the person may not even know that the object exists: answer 404.
type Decision struct {
	Allow  bool
	Hidden bool
	Reason string // code for the log and `zona doctor access`
}

// Reach is the same answer for lists: a filter that the query itself carries. The zero Reach reaches nothing.
type Reach struct {
	All          bool
	Institutions []string
	Subtrees     []string // path prefixes
	Units        []string // unit ids
}
