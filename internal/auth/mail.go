package auth

import (
	"context"
	"strings"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/job"
	"zona/internal/org"
)

// resetLimit is how long a code that was asked for lasts: whoever asks is waiting for it.
const resetLimit = time.Hour

// How often codes are asked for in a window: from one source, for any accounts, with an answer that says so; and for one
// account, from any source, in silence, so that a mailbox is not filled and nobody learns whose it is.
const (
	maxAsked = 20
	maxSent  = 3
)

// asking and askedFor are what the throttle counts these under.
const (
	asking   = "asking"
	askedFor = "asked"
)

// MailAddress is where mail for the person goes, "" where there is none.
func MailAddress(p org.Person) string {
	if p.Email != "" {
		return p.Email
	}
	if strings.Contains(p.Login, "@") {
		return p.Login
	}
	return ""
}

// InviteByMail is Invite for somebody with an address: the code is drawn when the mail goes out, and nobody else sees it.
func (s *Service) InviteByMail(ctx context.Context, by org.Actor, person string) error {
	p, err := s.invitable(ctx, by, person)
	if err != nil {
		return err
	}
	if !s.opt.Mail || MailAddress(p) == "" {
		return fault.New(fault.Invalid, "fault.mail.none")
	}
	_, _, err = s.tx.InTx(ctx, idempotency.Key{}, func(ctx context.Context, st Store) (string, error) {
		if err := st.Enqueue(ctx, job.InvitationMail{Person: p.ID}); err != nil {
			return "", err
		}
		e := about(st, audit.InvitationIssued, p)
		e.Actor = by.Person
		return "", st.Append(ctx, e)
	})
	return err
}

// InvitationCode draws the code of an invitation that goes out by mail. For somebody who has gone since it is
// fault.NotFound.
func (s *Service) InvitationCode(ctx context.Context, person string) (code string, expires time.Time, err error) {
	return s.mailedCode(ctx, person, Invitation, invitationLimit)
}

// AskReset sends a code for a new password to whom the login belongs. Whether it is anybody's, and whether there is an
// address, shows neither in the answer nor in what was done for it: a job is made in every case. Too many from one source
// are fault.TooMany.
func (s *Service) AskReset(ctx context.Context, login, source string) error {
	if !s.opt.Mail {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	login = org.FoldLogin(login)
	if len(login) > longestLogin {
		login = noLogin
	}
	if err := s.throttle.limited(attempt{asking, network(source)}, maxAsked); err != nil {
		return err
	}
	person, _, err := s.q.Credentials(ctx, login)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if s.throttle.limited(attempt{askedFor, login}, maxSent) != nil {
		person = ""
	}
	_, _, err = s.tx.InTx(ctx, idempotency.Key{}, func(ctx context.Context, st Store) (string, error) {
		return "", st.Enqueue(ctx, job.ResetMail{Person: person})
	})
	return err
}

// ResetCode draws the code of a reset that goes out by mail. For somebody who has gone since it is fault.NotFound.
func (s *Service) ResetCode(ctx context.Context, person string) (code string, expires time.Time, err error) {
	return s.mailedCode(ctx, person, Reset, resetLimit)
}

func (s *Service) mailedCode(ctx context.Context, person string, purpose CodePurpose, lasts time.Duration) (code string, expires time.Time, err error) {
	p, err := s.q.Person(ctx, person)
	if err != nil {
		return "", time.Time{}, err
	}
	if p.Closed {
		return "", time.Time{}, fault.New(fault.NotFound, "fault.not_found")
	}
	_, _, err = s.tx.InTx(ctx, idempotency.Key{}, func(ctx context.Context, st Store) (string, error) {
		if code, expires, err = s.draw(ctx, st, p.ID, purpose, lasts); err != nil || purpose != Reset {
			return "", err
		}
		// Nobody is signed in who could be the actor, and asking may have been anybody.
		e := about(st, audit.ResetIssued, p)
		e.Actor = audit.System
		return "", st.Append(ctx, e)
	})
	if err != nil {
		return "", time.Time{}, err
	}
	return code, expires, nil
}

// draw makes a code in place of the person's unused ones for the same purpose.
func (s *Service) draw(ctx context.Context, st Store, person string, purpose CodePurpose, lasts time.Duration) (string, time.Time, error) {
	value, hash, err := NewCode(s.opt.Random)
	if err != nil {
		return "", time.Time{}, err
	}
	if err := st.DeleteCodes(ctx, purpose, person); err != nil {
		return "", time.Time{}, err
	}
	expires := st.Now().Add(lasts)
	return value, expires, st.InsertCode(ctx, Code{Hash: hash, Purpose: purpose, Person: person, Expires: expires})
}

// ResetPassword is what Reset needs.
type ResetPassword struct {
	Code     string
	Password string
	Source   string
}

// ResetPassword uses a code that came by mail: it sets the password and ends all sessions and other codes of the person,
// who is told. It lets nobody in: the way in is the door, with the second step where there is one.
func (s *Service) ResetPassword(ctx context.Context, cmd ResetPassword) error {
	p, err := s.coded(ctx, cmd.Code, Reset, cmd.Source)
	if err != nil {
		return err
	}
	f := fault.Form()
	if err := s.checkPassword(f, "password", cmd.Password, p); err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return err
	}
	_, err = s.replacePassword(ctx, p, newPassword{
		text: cmd.Password, kind: audit.PasswordReset,
		first: func(ctx context.Context, st Store) error { return use(ctx, st, cmd.Code, Reset, p.ID) },
		enter: func(context.Context, Store) (Opened, error) { return Opened{}, nil },
	})
	return err
}

// tell tells the person by mail, where there is mail, that a way to sign in was changed. Call it in the transaction of
// the change.
func (s *Service) tell(ctx context.Context, st Store, p org.Person, what job.Change) error {
	if !s.opt.Mail || MailAddress(p) == "" {
		return nil
	}
	return st.Enqueue(ctx, job.CredentialNotice{Person: p.ID, Change: what})
}
