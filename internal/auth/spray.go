package auth

import (
	"sync"
	"time"
)

// Many accounts that fail within minutes, from wherever, is somebody trying one password on everybody. Fewer is a
// Monday morning.
const (
	sprayWindow   = 5 * time.Minute
	sprayAccounts = 30
	// sprayTracked bounds the memory that it takes; more accounts alarm no less.
	sprayTracked = 10_000
)

// spray watches over failures of all accounts and tells once in a window. It keeps nobody out: the budgets do.
type spray struct {
	clock func() time.Time
	alarm func(accounts int)

	mu    sync.Mutex // guards what follows
	last  map[string]time.Time
	told  time.Time
	count int64
}

func newSpray(clock func() time.Time, alarm func(accounts int)) *spray {
	return &spray{clock: clock, alarm: alarm, last: map[string]time.Time{}}
}

// failed notes a failure of an account.
func (w *spray) failed(account string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.clock()
	if len(w.last) < sprayTracked {
		w.last[account] = now
	}
	if len(w.last) < sprayAccounts || !w.told.IsZero() && now.Sub(w.told) < sprayWindow {
		return
	}
	for a, at := range w.last {
		if now.Sub(at) >= sprayWindow {
			delete(w.last, a)
		}
	}
	if len(w.last) < sprayAccounts {
		return
	}
	w.told = now
	w.count++
	if w.alarm != nil {
		w.alarm(len(w.last))
	}
}

// Sprays is how often many accounts have failed within minutes since the program started.
func (s *Service) Sprays() int64 {
	s.spray.mu.Lock()
	defer s.spray.mu.Unlock()
	return s.spray.count
}
