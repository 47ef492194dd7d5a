// Package fault lists the ways a request can fail, as a person may be told: a kind, a message id with its
// arguments, and the fields concerned. Everything else is an ordinary error, logged and never shown.
package fault

import (
	"errors"
	"strings"
)

// Kind is what went wrong, in the terms of the person who asked.
type Kind int

// The kinds; package web alone says which HTTP status each becomes.
const (
	Invalid         Kind = iota + 1 // what was sent cannot be: fields say why
	Unauthenticated                 // sign in first
	Forbidden                       // known object, act not allowed
	NotFound                        // no such object, or not one that this person may know of
	Conflict                        // someone was faster: Current holds what stands now
	TooMany                         // slow down, RetryAfter seconds
	TooLarge                        // more than the limit
	Busy                            // try again soon, RetryAfter seconds
	Malformed                       // not a form of ours: there is nothing that a person could mend in it
)

// Fault is an error with a message fit for a person. Message is an id of package locale.
type Fault struct {
	Kind       Kind
	Message    string
	Args       map[string]any
	Fields     []Field
	Current    any // Conflict: the value that stands now
	RetryAfter int // seconds
}

// Field is one thing that is wrong in a form.
type Field struct {
	Name    string // form field
	Message string // id of package locale
	Args    map[string]any
}

// Error is for logs only.
func (f *Fault) Error() string {
	var text strings.Builder
	text.WriteString("fault: " + f.Message)
	for _, field := range f.Fields {
		text.WriteString(", " + field.Name + " " + field.Message)
	}
	return text.String()
}

// New returns a fault of this kind; args are alternating names and values for the message.
func New(k Kind, message string, args ...any) *Fault {
	f := &Fault{Kind: k, Message: message}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = map[string]any{}
		}
		if name, ok := args[i].(string); ok {
			f.Args[name] = args[i+1]
		}
	}
	return f
}

// With adds a wrong field and returns f.
func (f *Fault) With(name, message string, args ...any) *Fault {
	f.Fields = append(f.Fields, Field{Name: name, Message: message, Args: New(f.Kind, "", args...).Args})
	return f
}

// Of returns the fault in err's chain, if there is one.
func Of(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}

// Is reports whether err is a fault of kind k.
func Is(err error, k Kind) bool {
	f, ok := Of(err)
	return ok && f.Kind == k
}
