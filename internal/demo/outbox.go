package demo

import (
	"context"
	"slices"
	"sync"
	"time"

	"zona/internal/notify"
)

// mostKept bounds the memory that the outbox takes.
const mostKept = 100

// Outbox keeps the mails of the demo, which sends none. They stay in memory: there are codes in them.
type Outbox struct {
	mu   sync.Mutex // guards kept
	kept []Kept     // the oldest first
}

// Kept is a mail that would have been sent.
type Kept struct {
	notify.Letter

	At time.Time
}

// NewOutbox returns an empty outbox.
func NewOutbox() *Outbox { return &Outbox{} }

// Send implements notify.Post.
func (o *Outbox) Send(_ context.Context, l notify.Letter) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept = append(o.kept, Kept{Letter: l, At: time.Now()}) //nolint:forbidigo // shown to the person who waits for it
	if len(o.kept) > mostKept {
		o.kept = slices.Delete(o.kept, 0, len(o.kept)-mostKept)
	}
	return nil
}

// Kept returns the mails, the newest first.
func (o *Outbox) Kept() []Kept {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := slices.Clone(o.kept)
	slices.Reverse(all)
	return all
}
