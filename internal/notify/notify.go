// Package notify decides who is told what by mail and composes it: plain text in the person's language, with nothing in
// it that the person would not know, except a one-use code. It sends through a Post and draws no secret itself.
package notify

import (
	"context"
	"strings"
	"time"

	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/job"
	"zona/internal/locale"
	"zona/internal/org"
)

// Letter is a mail as it goes out. Subject is one line; Body is plain text with line ends of "\n".
type Letter struct {
	To, Subject, Body string
}

// Post delivers letters; an error that job.Final marks is not worth another attempt.
type Post interface {
	Send(ctx context.Context, l Letter) error
}

// Codes draws one-use codes, each of which makes the ones before it void. For a person who must not have one
// (any more) it is fault.NotFound.
type Codes interface {
	InvitationCode(ctx context.Context, person string) (code string, expires time.Time, err error)
	ResetCode(ctx context.Context, person string) (code string, expires time.Time, err error)
}

// People tells who somebody is, and where, for the zone of times.
type People interface {
	Person(ctx context.Context, id string) (org.Person, error)
	Institution(ctx context.Context, id string) (org.Institution, error)
}

// Service tells people. Make it with New.
type Service struct {
	codes  Codes
	people People
	post   Post
	site   string
}

// New returns the service; site is the address that people type, without a slash at the end.
func New(codes Codes, people People, post Post, site string) *Service {
	return &Service{codes: codes, people: people, post: post, site: site}
}

// Invite sends the person a code for a first password.
func (s *Service) Invite(ctx context.Context, a job.InvitationMail) error {
	return s.code(ctx, a.Person, coded{s.codes.InvitationCode, "/invitation/", "mail.invitation.subject", "mail.invitation.body"})
}

// Reset sends the person a code for a new password in place of a forgotten one.
func (s *Service) Reset(ctx context.Context, a job.ResetMail) error {
	return s.code(ctx, a.Person, coded{s.codes.ResetCode, "/reset/", "mail.reset.subject", "mail.reset.body"})
}

// coded is a letter with a code: how it is drawn, where it is used, and what the letter says.
type coded struct {
	draw          func(ctx context.Context, person string) (code string, expires time.Time, err error)
	path          string
	subject, body string // message ids
}

// code sends a code that is drawn now. A job that failed and is done again draws another: the mail that arrives last
// holds the code that works.
func (s *Service) code(ctx context.Context, person string, l coded) error {
	p, to, err := s.receiver(ctx, person)
	if err != nil || to == "" {
		return err
	}
	code, expires, err := l.draw(ctx, p.ID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	words := locale.For(p.Lang)
	until, err := s.at(ctx, p, words, expires)
	if err != nil {
		return err
	}
	args := []any{"Name", line(p.Name), "Login", line(p.Login), "Code", code, "Link", s.site + l.path + code, "Until", until, "Site", s.site}
	return s.post.Send(ctx, Letter{To: to, Subject: words.T(l.subject), Body: words.T(l.body, args...)})
}

// Changed tells the person that a way to sign in was changed. An address that was replaced is told too: whoever took an
// account over would change it first.
func (s *Service) Changed(ctx context.Context, n job.CredentialNotice) error {
	p, to, err := s.receiver(ctx, n.Person)
	if err != nil {
		return err
	}
	words := locale.For(p.Lang)
	what, ok := changes[n.Change]
	if !ok {
		what = "mail.notice.other"
	}
	addresses := []string{to}
	if n.Former != to {
		addresses = append(addresses, n.Former)
	}
	for _, address := range addresses {
		if address == "" {
			continue
		}
		err := s.post.Send(ctx, Letter{To: address, Subject: words.T("mail.notice.subject"), Body: words.T("mail.notice.body",
			"Name", line(p.Name), "What", words.T(what), "Site", s.site)})
		if err != nil {
			return err
		}
	}
	return nil
}

// changes are the words for what was changed.
var changes = map[job.Change]string{
	job.PasswordChanged: "mail.notice.password",
	job.FactorAdded:     "mail.notice.factor_added",
	job.FactorRemoved:   "mail.notice.factor_removed",
	job.EmailChanged:    "mail.notice.email",
	job.IdentityLinked:  "mail.notice.identity",
}

// receiver returns a person and where mail goes, "" for nobody: no such person, a closed one, or one without an address.
func (s *Service) receiver(ctx context.Context, person string) (org.Person, string, error) {
	if person == "" {
		return org.Person{}, "", nil
	}
	p, err := s.people.Person(ctx, person)
	if fault.Is(err, fault.NotFound) || err == nil && p.Closed {
		return org.Person{}, "", nil
	}
	return p, auth.MailAddress(p), err
}

// at writes an instant in the zone of the person's institution; an administrator of the instance reads Jakarta's time.
func (s *Service) at(ctx context.Context, p org.Person, words *locale.Printer, t time.Time) (string, error) {
	name := "Asia/Jakarta"
	if p.Institution != "" {
		i, err := s.people.Institution(ctx, p.Institution)
		if err != nil {
			return "", err
		}
		name = i.Zone
	}
	zone, err := locale.Zone(name)
	if err != nil {
		return "", err
	}
	return words.DateTime(t, zone), nil
}

// line keeps a name to one line of a mail, whatever stands in it: nothing of it can look like a line of ours.
func line(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r < ' ' || r == ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r == '\u0085'
	}), " ")
}
