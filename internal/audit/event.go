// Package audit says what a trace is: the event of one change, its canonical bytes, its leaf in a Merkle log and
// the proof that the leaf is in it. It stores nothing; package store appends events in the transaction of the
// change that they describe.
//
// Personal data never enters the canonical bytes in the clear: it stands there as a salted commitment, so that
// erasing the salt erases the person and leaves the chain intact (UU 27/2022).
package audit

import "time"

// Event is one change by one person. Codes, not sentences: package locale tells it in a language.
type Event struct {
	Kind        string // "answer.set", "session.opened"; the list is Kinds
	At          time.Time
	Actor       string // opaque person id; "system" for the program itself
	Institution string // scope, for filtering; "" for the instance
	Unit        string
	Object      Object
	Changes     []Change
	Personal    []Personal
}

// Object is what was changed.
type Object struct{ Kind, ID string }

// Change is one field before and after; "" is "nothing". Values are codes, numbers and free text that is not
// about a person.
type Change struct{ Field, From, To string }

// Personal is one personal value. Only its commitment is logged; value and salt stand beside the log.
type Personal struct{ Field, Value string }
