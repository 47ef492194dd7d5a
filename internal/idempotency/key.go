// Package idempotency names one attempt at a change, so that a form sent twice (double click, lost answer, queue
// on a bad line) has one effect and gets the same answer. The record is kept a day; the store writes it in the
// transaction of the change itself.
package idempotency

// Key is actor, route and a random value of the form, with a hash of what was sent. The zero Key means that the
// caller does not repeat itself (command line, start-up).
type Key struct {
	Actor string   // person id, or the session's public part before sign-in
	Route string   // pattern of the route, "POST /units/{unit}/answers"
	Value string   // random value that the form carries
	Body  [32]byte // SHA-256 of the body: the same key with another body is refused (422)
}

// IsZero reports whether there is nothing to remember.
func (k Key) IsZero() bool { return k.Value == "" }
