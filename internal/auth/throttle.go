package auth

import (
	"net/netip"
	"sync"
	"time"

	"zona/internal/fault"
)

// How many failures are forgiven in a window, after which the same account from the same source, or the same
// source as a whole, waits for its end.
const (
	window        = 15 * time.Minute
	maxPerAccount = 10
	maxPerSource  = 60
	maxFactor     = 5 // second steps of one person
	// maxTracked bounds the memory that somebody with many addresses can take.
	maxTracked = 100_000
)

// everywhere stands for all sources of an account together, own for what somebody tries who is signed in already, and
// second for the second step.
const (
	everywhere = "*"
	own        = "own"
	second     = "second"
)

// throttle counts failures in the memory of one server: with several, each has budgets of its own. A password is tried
// at most maxPerAccount times in a window, over any number of sources; a browser in which the person has signed in
// before has a budget of its own, so that nobody locks an account for its owner. A source over its budget still lets in
// accounts that have signed in from it before, so one guesser in an office does not keep out colleagues.
type throttle struct {
	clock func() time.Time

	mu       sync.Mutex // guards what follows
	tries    map[attempt]*count
	forgiven map[string]time.Time // by login: the last time that was honoured
}

// attempt is a source, and the account tried from it; account "" is the source as a whole.
type attempt struct{ source, account string }

type count struct {
	until    time.Time // end of the window
	failures int
	known    bool // the account has signed in from this source
}

func newThrottle(clock func() time.Time) *throttle {
	return &throttle{clock: clock, tries: map[attempt]*count{}, forgiven: map[string]time.Time{}}
}

// begin counts a try as failed before it is made, so that parallel ones cannot exceed the budget; success takes it
// back. Over the budget it returns fault.TooMany.
func (t *throttle) begin(source, account string) error {
	source = network(source)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	one, all := t.count(attempt{source, account}, now), t.count(attempt{source: source}, now)
	wait := time.Duration(0)
	if one.failures >= maxPerAccount {
		wait = one.until.Sub(now)
	}
	if all.failures >= maxPerSource && !one.known {
		wait = max(wait, all.until.Sub(now))
	}
	if wait > 0 {
		return tooMany(wait)
	}
	one.failures++
	all.failures++
	return nil
}

// beginSignIn is begin for a password. device names a browser that the account is known to have, "" for any other.
func (t *throttle) beginSignIn(source, account, device string) error {
	if device != "" {
		return t.limited(attempt{device, account}, maxPerAccount)
	}
	if err := t.limited(attempt{everywhere, account}, maxPerAccount); err != nil {
		return err
	}
	err := t.begin(source, account)
	if err != nil {
		t.release(attempt{everywhere, account}) // it was not evaluated
	}
	return err
}

// signedIn takes back what beginSignIn counted, and nothing of what others have failed.
func (t *throttle) signedIn(source, account, device string) {
	if device != "" {
		t.release(attempt{device, account})
		return
	}
	t.release(attempt{everywhere, account})
	t.success(source, account)
}

// beginOwn counts a try of somebody who is signed in, takeBack takes it back.
func (t *throttle) beginOwn(person string, most int) error {
	return t.limited(attempt{own, person}, most)
}

func (t *throttle) takeBack(person string) { t.release(attempt{own, person}) }

// beginFactor counts a try of a second step, factorDone takes it back.
func (t *throttle) beginFactor(person string) error {
	return t.limited(attempt{second, person}, maxFactor)
}

func (t *throttle) factorDone(person string) { t.release(attempt{second, person}) }

// limited counts one try, or returns fault.TooMany when the window holds the most already.
func (t *throttle) limited(a attempt, most int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	c := t.count(a, now)
	if c.failures >= most {
		return tooMany(c.until.Sub(now))
	}
	c.failures++
	// Counted from the last try: a window that began with the first would let twice as many through across its end.
	c.until = now.Add(window)
	return nil
}

// release takes back one try.
func (t *throttle) release(a attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.count(a, t.clock())
	c.failures = max(0, c.failures-1)
}

// forgive forgets what was counted against a login and its person until an operator said so, once for each time: one
// that is older than the window has nothing left to forgive.
func (t *throttle) forgive(login, person string, at time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !at.After(t.forgiven[login]) || !t.clock().Before(at.Add(window)) {
		return false
	}
	t.forgiven[login] = at
	for a, c := range t.tries {
		if a.account == login || a.account == person {
			c.failures = 0
		}
	}
	return true
}

// tooMany tells in minutes when it may be tried again, rounded up.
func tooMany(wait time.Duration) *fault.Fault {
	f := fault.New(fault.TooMany, "fault.too_many", "Count", int((wait+time.Minute-1)/time.Minute))
	f.RetryAfter = int((wait + time.Second - 1) / time.Second)
	return f
}

// success takes back what begin counted and remembers the source as one of this account.
func (t *throttle) success(source, account string) {
	source = network(source)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	one, all := t.count(attempt{source, account}, now), t.count(attempt{source: source}, now)
	one.failures, one.known = 0, true
	all.failures = max(0, all.failures-1)
}

// count returns the counter of an attempt in the window of now. The caller holds mu.
func (t *throttle) count(a attempt, now time.Time) *count {
	c, ok := t.tries[a]
	if !ok {
		t.prune(now)
		c = &count{}
		t.tries[a] = c
	}
	if !now.Before(c.until) {
		c.failures, c.until = 0, now.Add(window)
	}
	return c
}

// prune makes room: what has run out goes first, then anything, since a full table must not stop honest people.
func (t *throttle) prune(now time.Time) {
	if len(t.tries) < maxTracked {
		return
	}
	for a, c := range t.tries {
		if !now.Before(c.until) && !c.known {
			delete(t.tries, a)
		}
	}
	for a := range t.tries {
		if len(t.tries) < maxTracked/2 {
			return
		}
		delete(t.tries, a)
	}
}

// network is what counts as one source: an IPv4 address, or the /64 of an IPv6 address, which one machine fills at
// will. Anything else is taken as it is.
func network(source string) string {
	ip, err := netip.ParseAddr(source)
	if err != nil {
		return source
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.Prefix(64)
	if err != nil {
		return source
	}
	return prefix.String()
}
