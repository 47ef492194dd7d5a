package auth

import (
	"context"
	"io"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/job"
	"zona/internal/org"
)

// How long a session lasts (reliability: idle 30 minutes, absolute 12 hours), and how often being seen is written.
const (
	idleLimit     = 30 * time.Minute
	absoluteLimit = 12 * time.Hour
	touchEvery    = time.Minute
)

// Accounts that no login can name, for the throttle: a text too long to be one, and codes.
const (
	longestLogin = 200
	noLogin      = ":"
	codeAccount  = ":code"
)

// Options is what the service needs beside the database.
type Options struct {
	Random io.Reader        // crypto/rand.Reader outside tests
	Clock  func() time.Time // for throttling and idle sessions; changes take the time of their transaction
	NewID  func() string    // org.NewID outside tests
	Cost   *argon2id.Params // Cost() outside tests
	Actors Actors

	Mail     bool               // somebody delivers mail
	Passkeys *Passkeys          // nil: passkeys are not offered here
	Breached *Breached          // nil: the built-in list alone
	Alarm    func(accounts int) // called when many accounts fail to sign in within minutes; nil: nobody is told
}

// Actors tells what people may do; org's service does.
type Actors interface {
	Actor(ctx context.Context, person string) (org.Actor, error)
}

// Service runs the use cases. Make it with New.
//
// Use cases that end in a secret (a session, a code) take no idempotency key: a secret is not kept, so it could not
// be given again. They are safe to repeat in other ways: a code works once, a new code makes the older one void.
type Service struct {
	opt      Options
	tx       Transactor
	q        Queries
	hasher   *hasher
	throttle *throttle
	spray    *spray
}

// New returns the service.
func New(tx Transactor, q Queries, o Options) *Service {
	return &Service{
		opt: o, tx: tx, q: q, hasher: newHasher(o.Cost), throttle: newThrottle(o.Clock), spray: newSpray(o.Clock, o.Alarm),
	}
}

// Opened is a session that has just begun. Value goes into the cookie and is nowhere else. For somebody with a second
// step there is no session yet: then Pending alone is set.
type Opened struct {
	Session Session
	Value   string
	Pending string // value of a sign-in that waits for its second step; it opens nothing else
	Device  string // value that makes this browser known to the account, "" when it is known already
}

// Credentials is what somebody types to sign in.
type Credentials struct {
	Login    string
	Password string
	Source   string // address that it came from, kept in memory only
	Replaces string // value of the session cookie that the browser sent, "" for none; that session ends
	Browser  Browser
}

// SignIn opens a session for the right login and password, or begins a sign-in that waits for the second step. Anything
// else is one and the same fault.Invalid, after the same work; too many failures are fault.TooMany.
func (s *Service) SignIn(ctx context.Context, c Credentials) (Opened, error) {
	login := org.FoldLogin(c.Login)
	if len(login) > longestLogin {
		login = noLogin
	}
	browser, err := s.recognise(ctx, c.Browser, login)
	if err != nil {
		return Opened{}, err
	}
	if err := s.admit(ctx, login, func() error { return s.throttle.beginSignIn(c.Source, login, browser.device) }); err != nil {
		s.spray.failed(login)
		return Opened{}, err
	}
	person, stored, err := s.q.Credentials(ctx, login)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Opened{}, err
	}
	password := c.Password
	if !utf8.ValidString(password) || utf8.RuneCountInString(password) > maxPassword {
		password, stored = "", "" // cannot be anybody's, and must not cost more
	}
	ok, err := s.hasher.matches(ctx, password, stored)
	if err != nil {
		return Opened{}, err
	}
	if !ok {
		s.spray.failed(login)
		return Opened{}, fault.New(fault.Invalid, "fault.sign_in")
	}
	s.throttle.signedIn(c.Source, login, browser.device)
	p, err := s.q.Person(ctx, person)
	if err != nil {
		return Opened{}, err
	}
	return s.transact(ctx, func(ctx context.Context, st Store) (Opened, error) {
		if c.Replaces != "" {
			if err := st.DeleteSession(ctx, HashToken(c.Replaces)); err != nil {
				return Opened{}, err
			}
		}
		return s.open(ctx, st, p, browser)
	})
}

// open lets somebody in who has just given a password or what stands for one: into a session, or, where there is a
// second step, to that step. Every way in ends here, so that none goes around it.
func (s *Service) open(ctx context.Context, st Store, p org.Person, b Browser) (Opened, error) {
	f, err := st.Factors(ctx, p.ID)
	if err != nil {
		return Opened{}, err
	}
	if f.Any() {
		return s.await(ctx, st, p)
	}
	o, err := s.openFresh(ctx, st, p, b.Name, false)
	if err != nil {
		return Opened{}, err
	}
	o.Device, err = s.remember(ctx, st, p, b)
	return o, err
}

// openFresh begins a session whose times count from now.
func (s *Service) openFresh(ctx context.Context, st Store, p org.Person, device string, strong bool) (Opened, error) {
	now := st.Now()
	return s.openLike(ctx, st, p, Session{AuthedAt: now, Expires: now.Add(absoluteLimit), Device: device, Strong: strong})
}

// openLike begins a session with a new id, never one that a browser brought along. When a proof was given, the absolute
// end, the device and the second step are those of like.
func (s *Service) openLike(ctx context.Context, st Store, p org.Person, like Session) (Opened, error) {
	value, hash, err := NewToken(s.opt.Random)
	if err != nil {
		return Opened{}, err
	}
	form, _, err := NewToken(s.opt.Random)
	if err != nil {
		return Opened{}, err
	}
	now := st.Now()
	o := Opened{Value: value, Session: Session{
		Hash: hash, Person: p.ID, Token: form, Created: now, Seen: now,
		AuthedAt: like.AuthedAt, Expires: like.Expires, Device: like.Device, Strong: like.Strong,
	}}
	if err := st.InsertSession(ctx, o.Session); err != nil {
		return Opened{}, err
	}
	return o, st.Append(ctx, about(st, audit.SessionOpened, p))
}

// about is an event of a person about the own account.
func about(st Store, kind string, p org.Person) audit.Event {
	return audit.Event{
		Kind: kind, At: st.Now(), Actor: p.ID, Institution: p.Institution, Unit: p.Unit,
		Object: audit.Object{Kind: "person", ID: p.ID},
	}
}

// transact runs fn in one transaction without a key and returns what its last run made.
func (s *Service) transact(ctx context.Context, fn func(context.Context, Store) (Opened, error)) (Opened, error) {
	var made Opened
	_, _, err := s.tx.InTx(ctx, idempotency.Key{}, func(ctx context.Context, st Store) (string, error) {
		var err error
		made, err = fn(ctx, st)
		return "", err
	})
	if err != nil {
		return Opened{}, err
	}
	return made, nil
}

// Lookup returns the session of a cookie's value and notes that it was seen. A session that is unknown, ended,
// idle for 30 minutes or older than 12 hours is fault.Unauthenticated.
func (s *Service) Lookup(ctx context.Context, value string) (Session, error) {
	ended := fault.New(fault.Unauthenticated, "fault.unauthenticated")
	if value == "" {
		return Session{}, ended
	}
	n, err := s.q.Session(ctx, HashToken(value))
	if fault.Is(err, fault.NotFound) {
		return Session{}, ended
	}
	if err != nil {
		return Session{}, err
	}
	now := s.opt.Clock()
	if !n.lives(now) {
		return Session{}, ended
	}
	// Written once a minute at most: reading must not cost a durable write each time.
	if now.Sub(n.Seen) >= touchEvery {
		if err := s.q.Touch(ctx, n.Hash, now); err != nil {
			return Session{}, err
		}
		n.Seen = now
	}
	return n, nil
}

// SignOut ends a session. Ending one that is gone already is no error.
func (s *Service) SignOut(ctx context.Context, n Session) error {
	p, err := s.q.Person(ctx, n.Person)
	if err != nil {
		return err
	}
	_, _, err = s.tx.InTx(ctx, idempotency.Key{}, func(ctx context.Context, st Store) (string, error) {
		if err := st.DeleteSession(ctx, n.Hash); err != nil {
			return "", err
		}
		return "", st.Append(ctx, about(st, audit.SessionClosed, p))
	})
	return err
}

// SignOutOthers ends all sessions of the person, this one too, and opens a new one in this browser.
func (s *Service) SignOutOthers(ctx context.Context, n Session) (Opened, error) {
	p, err := s.q.Person(ctx, n.Person)
	if err != nil {
		return Opened{}, err
	}
	return s.transact(ctx, func(ctx context.Context, st Store) (Opened, error) {
		if err := st.DeleteSessionsOf(ctx, p.ID); err != nil {
			return Opened{}, err
		}
		if err := st.Append(ctx, about(st, audit.SessionEnded, p)); err != nil {
			return Opened{}, err
		}
		// No password was given again, so step-up and the absolute end count from when one was.
		return s.openLike(ctx, st, p, n)
	})
}

// Renew opens a new session in place of one that this very request came with: another id, another form token, the same
// end. It is for a change of the own roles, which has ended the old one together with all others of the person; so
// whether the old one is still stored does not count, only that its time has not run out. Never hand it a session that
// was not looked up in the same request.
func (s *Service) Renew(ctx context.Context, old Session) (Opened, error) {
	ended := fault.New(fault.Unauthenticated, "fault.unauthenticated")
	if !old.lives(s.opt.Clock()) {
		return Opened{}, ended
	}
	p, err := s.q.Person(ctx, old.Person)
	if err != nil {
		return Opened{}, err
	}
	if p.Closed {
		return Opened{}, ended
	}
	return s.transact(ctx, func(ctx context.Context, st Store) (Opened, error) {
		if err := st.DeleteSession(ctx, old.Hash); err != nil {
			return Opened{}, err
		}
		return s.openLike(ctx, st, p, old)
	})
}

// lives reports whether neither limit of the session is reached.
func (n *Session) lives(at time.Time) bool {
	return at.Before(n.Expires) && at.Sub(n.Seen) < idleLimit
}

// PasswordChange is what ChangePassword needs.
type PasswordChange struct {
	Old, New string
	Session  Session // in which it is asked for: the new one is as strong, and ends no later than a new one would
}

// ChangePassword replaces the own password, ends all sessions of the person and opens a new one.
func (s *Service) ChangePassword(ctx context.Context, by org.Actor, c PasswordChange) (Opened, error) {
	p, err := s.q.Person(ctx, by.Person)
	if err != nil {
		return Opened{}, err
	}
	if ok, err := s.ownPassword(ctx, p, c.Old); err != nil {
		return Opened{}, err
	} else if !ok {
		return Opened{}, fault.Form().With("old", "fault.password.wrong")
	}
	f := fault.Form()
	if err := s.checkPassword(f, "new", c.New, p); err != nil {
		return Opened{}, err
	}
	if c.New == c.Old {
		f.With("new", "fault.password.same")
	}
	if err := f.Err(); err != nil {
		return Opened{}, err
	}
	return s.replacePassword(ctx, p, newPassword{text: c.New, kind: audit.PasswordChanged, enter: func(ctx context.Context, st Store) (Opened, error) {
		return s.openFresh(ctx, st, p, c.Session.Device, c.Session.Strong)
	}})
}

// ownPassword compares what somebody who is signed in gives as the own password. Guessing is counted against the
// account and not against the source, so that colleagues behind one address go on.
func (s *Service) ownPassword(ctx context.Context, p org.Person, password string) (bool, error) {
	if err := s.admit(ctx, p.Login, func() error { return s.throttle.beginOwn(p.ID, maxPerAccount) }); err != nil {
		return false, err
	}
	_, stored, err := s.q.Credentials(ctx, p.Login)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return false, err
	}
	if !utf8.ValidString(password) || utf8.RuneCountInString(password) > maxPassword {
		password, stored = "", ""
	}
	ok, err := s.hasher.matches(ctx, password, stored)
	if ok {
		s.throttle.takeBack(p.ID)
	}
	return ok, err
}

// newPassword is a password with what happens around setting it, in one transaction.
type newPassword struct {
	text  string
	kind  string                                       // of the event
	first func(context.Context, Store) error           // before anything; may be nil
	enter func(context.Context, Store) (Opened, error) // lets the person in at the end
}

// replacePassword hashes outside the transaction, which must not wait for it.
func (s *Service) replacePassword(ctx context.Context, p org.Person, n newPassword) (Opened, error) {
	hash, err := s.hasher.hash(ctx, n.text)
	if err != nil {
		return Opened{}, err
	}
	return s.transact(ctx, func(ctx context.Context, st Store) (Opened, error) {
		if n.first != nil {
			if err := n.first(ctx, st); err != nil {
				return Opened{}, err
			}
		}
		if err := st.SetPassword(ctx, p.ID, hash); err != nil {
			return Opened{}, err
		}
		if err := st.DeleteSessionsOf(ctx, p.ID); err != nil {
			return Opened{}, err
		}
		// A code that was drawn for the password before must not replace this one.
		for _, purpose := range []CodePurpose{Invitation, Reset} {
			if err := st.DeleteCodes(ctx, purpose, p.ID); err != nil {
				return Opened{}, err
			}
		}
		if err := st.Append(ctx, about(st, n.kind, p)); err != nil {
			return Opened{}, err
		}
		if n.kind != audit.InstanceSetUp { // that one is sitting here
			if err := s.tell(ctx, st, p, job.PasswordChanged); err != nil {
				return Opened{}, err
			}
		}
		return n.enter(ctx, st)
	})
}
