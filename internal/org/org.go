// Package org knows institutions, their unit trees, people, and who may do what. It refuses to decide by the name
// of a role: roles grant capabilities over a scope for a time, and Can is the only place that answers.
package org

import "time"

// ScopeKind is how far an assignment reaches.
type ScopeKind string

// From everything to one unit.
const (
	WholeInstance    ScopeKind = "instance"
	WholeInstitution ScopeKind = "institution"
	Subtree          ScopeKind = "subtree"
	OneUnit          ScopeKind = "unit"
	InKawasan        ScopeKind = "kawasan" // the units that belong to a kawasan today
	InTeam           ScopeKind = "team"    // the units that an evaluation team evaluates today
)

// Scope is a place in the organisation. What it covers is resolved when it is read, so access follows the tree, the
// kawasan and the teams of today.
type Scope struct {
	Kind        ScopeKind
	Institution string   // of Unit; that leads the kawasan or whose team it is, "" for the instance's
	Unit        string   // set for Subtree and OneUnit
	Path        string   // of Unit
	Kawasan     string   // set for InKawasan
	Team        string   // set for InTeam
	Units       []string // ids of the units of kawasan or team, in the order of bytes
	Over        []string // ids of the institutions of Units
}

// Acting is how a post is held that is not one's own.
type Acting string

// The two ways of the law; both end on a date. "" is the own post.
const (
	Plt Acting = "plt" // pelaksana tugas: the post is vacant
	Plh Acting = "plh" // pelaksana harian: who holds it is away
)

// Assignment gives a person a role over a scope for a time.
type Assignment struct {
	ID     string
	Person string
	Role   Role
	Scope  Scope
	From   time.Time // instant of the first day's start in the institution's zone
	Until  time.Time // exclusive; zero: open-ended
	Acting Acting    // needs an end
	// Source is the assignment that this one was delegated from, "" for one that was given; DelegatedBy is its person.
	// A delegation needs an end, and ends at the latest with its source.
	Source, DelegatedBy string
	Reason              string // why it was ended before its time
	Rev                 int
}

// Actor is the person who asks, with every assignment that he or she ever had; Can looks at the time.
type Actor struct {
	Person      string // "" is nobody
	Name        string
	Institution string // home
	Unit        string // home, "" where there is none
	Path        string // of Unit today
	Lang        string
	Interests   []string // paths of today of the units in which an interest is declared
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
