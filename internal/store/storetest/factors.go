package storetest

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/store"
)

// inAuth runs one transaction of auth.
func (w world) inAuth(t testing.TB, fn func(context.Context, auth.Store) error) {
	t.Helper()
	_, _, err := w.db.Auth().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s auth.Store) (string, error) {
		return "", fn(ctx, s)
	})
	if err != nil {
		t.Fatalf("transaction of auth: %v", err)
	}
}

func sumOf(s string) [32]byte { return sha256.Sum256([]byte(s)) }

func testFactors(t *testing.T, fresh Fresh) {
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, still))
	q := w.db.Auth()
	read := func() auth.Factors { t.Helper(); return must(q.Factors(t.Context(), "ani"))(t, "read factors") }
	same(t, "nothing yet", read(), auth.Factors{})

	app := auth.TOTP{Person: "ani", Secret: "JBSWY3DPEHPK3PXP"}
	key := auth.Passkey{ID: []byte{0, 1, 255}, Person: "ani", Name: "Ponsel", Credential: []byte(`{"id":"AAH/"}`), Created: start}
	w.inAuth(t, func(ctx context.Context, s auth.Store) error {
		if err := s.PutTOTP(ctx, app); err != nil {
			return err
		}
		if used, err := s.UseStep(ctx, "ani", 7); used || err != nil {
			t.Errorf("an app that is being added gives codes: %v, %v", used, err)
		}
		app.Confirmed, app.Step = start, 10
		return first(
			func() error { return s.PutTOTP(ctx, app) },
			func() error { return s.InsertPasskey(ctx, key) },
			func() error { return s.ReplaceRecovery(ctx, "ani", [][32]byte{sumOf("gone")}) },
			func() error { return s.ReplaceRecovery(ctx, "ani", [][32]byte{sumOf("one"), sumOf("two")}) },
		)
	})
	same(t, "all of them", read(), auth.Factors{TOTP: &app, Passkeys: []auth.Passkey{key}, Recovery: 2})

	w.inAuth(t, func(ctx context.Context, s auth.Store) error {
		for _, c := range []struct {
			step int64
			want bool
		}{{10, false}, {9, false}, {11, true}, {11, false}} {
			if used, err := s.UseStep(ctx, "ani", c.step); used != c.want || err != nil {
				t.Errorf("step %d: %v, %v", c.step, used, err)
			}
		}
		for _, c := range []struct {
			person, code string
			want         bool
		}{{"ani", "gone", false}, {"gone", "one", false}, {"ani", "one", true}, {"ani", "one", false}} {
			if used, err := s.UseRecovery(ctx, c.person, sumOf(c.code)); used != c.want || err != nil {
				t.Errorf("code %s of %s: %v, %v", c.code, c.person, used, err)
			}
		}
		if err := s.InsertPasskey(ctx, key); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same passkey twice: %v", err)
		}
		foreign := key
		foreign.Person = "nobody"
		if err := s.UsePasskey(ctx, foreign); !fault.Is(err, fault.NotFound) {
			t.Errorf("a passkey of somebody else is used: %v", err)
		}
		if err := s.DeletePasskey(ctx, "nobody", key.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a passkey of somebody else is deleted: %v", err)
		}
		key.Credential, key.Used = []byte(`{"id":"AAH/","n":2}`), start.Add(time.Second)
		return s.UsePasskey(ctx, key)
	})
	app.Step = 11
	same(t, "after use", read(), auth.Factors{TOTP: &app, Passkeys: []auth.Passkey{key}, Recovery: 1})
	w.inAuth(t, func(ctx context.Context, s auth.Store) error {
		return first(
			func() error { return s.DeleteTOTP(ctx, "ani") },
			func() error { return s.DeletePasskey(ctx, "ani", key.ID) },
			func() error { return s.ReplaceRecovery(ctx, "ani", nil) },
		)
	})
	same(t, "all removed", read(), auth.Factors{})
}

// Of eight who give the same code at once, one is let in; the same holds for a waiting sign-in.
func testOneUseOfAStep(t *testing.T, fresh Fresh) {
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, still))
	w.inAuth(t, func(ctx context.Context, s auth.Store) error {
		return first(
			func() error { return s.PutTOTP(ctx, auth.TOTP{Person: "ani", Secret: "X", Confirmed: start}) },
			func() error {
				return s.InsertWaiting(ctx, auth.Waiting{Hash: sumOf("w"), Person: "ani", Created: start, Expires: start.Add(time.Hour)})
			},
		)
	})
	var wg sync.WaitGroup
	var mu sync.Mutex
	var steps, taken int
	for range 8 {
		wg.Go(func() {
			_, _, err := w.db.Auth().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s auth.Store) (string, error) {
				used, err := s.UseStep(ctx, "ani", 5)
				if err != nil {
					return "", err
				}
				_, err = s.TakeWaiting(ctx, sumOf("w"))
				mu.Lock()
				defer mu.Unlock()
				if used {
					steps++
				}
				if err == nil {
					taken++
				}
				if fault.Is(err, fault.NotFound) {
					err = nil
				}
				return "", err
			})
			if err != nil {
				t.Errorf("transaction: %v", err)
			}
		})
	}
	wg.Wait()
	if steps != 1 || taken != 1 {
		t.Errorf("the code was used %d times, the sign-in taken %d times", steps, taken)
	}
}

func testSignInSteps(t *testing.T, fresh Fresh) {
	now := start
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, func() time.Time { return now }))
	ctx, q := t.Context(), w.db.Auth()
	waiting := auth.Waiting{Hash: sumOf("w"), Person: "ani", Created: start, Expires: start.Add(time.Minute)}
	asked := auth.Challenge{Holder: "enrol:ani", Data: []byte(`{"a":1}`), Expires: start.Add(time.Minute)}
	browser := auth.Known{Hash: sumOf("b"), Person: "ani", Created: start, Expires: start.Add(time.Minute)}
	session := auth.Session{
		Hash: sumOf("s"), Person: "ani", Token: "form", Created: start, Seen: start, AuthedAt: start, Expires: start.Add(time.Hour),
		Device: "Firefox, Linux", Strong: true,
	}
	other := session
	other.Hash, other.Created, other.Device, other.Strong = sumOf("s2"), start.Add(time.Second), "", false
	put := func() {
		w.inAuth(t, func(ctx context.Context, s auth.Store) error {
			return first(
				func() error { return s.InsertWaiting(ctx, waiting) },
				func() error {
					return s.PutChallenge(ctx, auth.Challenge{Holder: "enrol:ani", Data: []byte("x"), Expires: start})
				},
				func() error { return s.PutChallenge(ctx, asked) },
				func() error { return s.InsertKnown(ctx, browser) },
				func() error { return s.InsertSession(ctx, session) },
				func() error { return s.InsertSession(ctx, other) },
			)
		})
	}
	put()
	same(t, "sign-in", must(q.Waiting(ctx, waiting.Hash))(t, "read"), waiting)
	same(t, "sessions", must(q.Sessions(ctx, "ani"))(t, "list"), []auth.Session{other, session})
	same(t, "a known browser", must(q.IsKnown(ctx, browser.Hash, w.Person.Login))(t, "read"), true)
	same(t, "of somebody else", must(q.IsKnown(ctx, browser.Hash, "gone"))(t, "read"), false)
	w.inAuth(t, func(ctx context.Context, s auth.Store) error {
		same(t, "challenge", must(s.TakeChallenge(ctx, asked.Holder))(t, "take"), asked)
		_, err := s.TakeChallenge(ctx, asked.Holder)
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("a challenge twice: %v", err)
		}
		return s.DeleteSessionsOf(ctx, "ani")
	})
	wantNotFound(t, "a sign-in after all sessions were ended", func() error { _, err := q.Waiting(ctx, waiting.Hash); return err })
	same(t, "no sessions", must(q.Sessions(ctx, "ani"))(t, "list"), []auth.Session(nil))

	browser.Hash, waiting.Hash = sumOf("b2"), sumOf("w2")
	put()
	now = start.Add(time.Minute)
	wantNotFound(t, "a sign-in that has run out", func() error { _, err := q.Waiting(ctx, waiting.Hash); return err })
	same(t, "a browser too long ago", must(q.IsKnown(ctx, browser.Hash, w.Person.Login))(t, "read"), false)
	w.inAuth(t, func(ctx context.Context, s auth.Store) error {
		_, err := s.TakeChallenge(ctx, asked.Holder)
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("a challenge that has run out: %v", err)
		}
		return nil
	})
}

// testSweep wants that what has run out goes, a bounded number at a time, and nothing else.
func testSweep(t *testing.T, fresh Fresh) {
	url := fresh(t)
	now := start
	w := newWorld(t, Open(t, store.Config{URL: url}, func() time.Time { return now }))
	w.inAuth(t, func(ctx context.Context, s auth.Store) error {
		for i := range 5 {
			name := string(rune('a' + i))
			session := auth.Session{Hash: sumOf(name), Person: "ani", Created: start, Seen: start, AuthedAt: start, Expires: start.Add(time.Hour)}
			if i == 4 {
				session.Seen, session.Expires = start.Add(2*time.Hour), start.Add(3*time.Hour)
			}
			err := first(
				func() error { return s.InsertSession(ctx, session) },
				func() error {
					return s.InsertWaiting(ctx, auth.Waiting{Hash: sumOf(name), Person: "ani", Created: start, Expires: session.Expires})
				},
				func() error { return s.PutChallenge(ctx, auth.Challenge{Holder: name, Expires: session.Expires}) },
				func() error {
					return s.InsertKnown(ctx, auth.Known{Hash: sumOf(name), Person: "ani", Created: start, Expires: session.Expires})
				},
				func() error {
					return s.InsertCode(ctx, auth.Code{Hash: sumOf(name), Purpose: auth.Invitation, Person: "ani", Expires: session.Expires})
				},
			)
			if err != nil {
				return err
			}
		}
		return nil
	})
	q := w.db.Auth()
	sweep := func(limit int) int64 {
		t.Helper()
		return must(q.Sweep(t.Context(), 30*time.Minute, limit))(t, "sweep")
	}
	same(t, "swept before anything has run out", sweep(100), int64(0))
	now = start.Add(2 * time.Hour)
	behind := raw(t, url)
	counts := func() map[string]int {
		all := map[string]int{}
		for _, table := range []string{"session", "sign_in", "challenge", "device", "code"} {
			all[table] = len(linesOf(t, behind, table))
		}
		return all
	}
	// Of sessions twice the limit may go: those at their end, and those that idle.
	same(t, "swept two at a time", sweep(2), int64(10))
	same(t, "what is left then", counts(), map[string]int{"session": 1, "sign_in": 3, "challenge": 3, "device": 3, "code": 5})
	sweep(100)
	same(t, "what lives is left", counts(), map[string]int{"session": 1, "sign_in": 1, "challenge": 1, "device": 1, "code": 5})
	now = start.AddDate(0, 2, 0)
	sweep(100)
	same(t, "old codes go later", counts(), map[string]int{"session": 0, "sign_in": 0, "challenge": 0, "device": 0, "code": 0})
}
