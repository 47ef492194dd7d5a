package auth

import (
	"context"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/org"
)

// How long one-use codes last: the first is used minutes after the start that printed it, an invitation travels on
// paper through an office.
const (
	setUpLimit      = 24 * time.Hour
	invitationLimit = 7 * 24 * time.Hour
)

// SetUpNeeded reports whether nobody has an account yet.
func (s *Service) SetUpNeeded(ctx context.Context) (bool, error) {
	n, err := s.q.CountPeople(ctx)
	return n == 0, err
}

// PrepareSetUp makes the one-use code of the first start for the caller to print, or "" when somebody has an
// account already. Each call makes the codes before it void.
func (s *Service) PrepareSetUp(ctx context.Context) (string, error) {
	var code string
	_, _, err := s.tx.InTx(ctx, idempotency.Key{}, func(ctx context.Context, st Store) (string, error) {
		code = ""
		n, err := st.CountPeople(ctx)
		if err != nil || n > 0 {
			return "", err
		}
		value, hash, err := NewCode(s.opt.Random)
		if err != nil {
			return "", err
		}
		if err := st.DeleteCodes(ctx, Setup, ""); err != nil {
			return "", err
		}
		code = value
		return "", st.InsertCode(ctx, Code{Hash: hash, Purpose: Setup, Expires: st.Now().Add(setUpLimit)})
	})
	if err != nil {
		return "", err
	}
	return code, nil
}

// CheckSetUp reports with a fault whether SetUp would refuse this code, without using it.
func (s *Service) CheckSetUp(ctx context.Context, code, source string) error {
	needed, err := s.SetUpNeeded(ctx)
	if err != nil {
		return err
	}
	if !needed {
		return fault.New(fault.NotFound, "fault.setup.done")
	}
	_, err = s.code(ctx, code, Setup, source)
	return err
}

// FirstAdministrator is what SetUp needs.
type FirstAdministrator struct {
	Code     string
	Name     string
	Login    string
	Password string
	Lang     string
	Source   string
	Browser  Browser
}

// SetUp makes the first administrator of the instance and signs him or her in. The code is used up in the same
// transaction: of two who have it, one succeeds.
func (s *Service) SetUp(ctx context.Context, cmd FirstAdministrator) (Opened, error) {
	if err := s.CheckSetUp(ctx, cmd.Code, cmd.Source); err != nil {
		return Opened{}, err
	}
	p := org.NewPerson{PersonData: org.PersonData{Name: cmd.Name, Login: cmd.Login, Lang: cmd.Lang}}.Person(s.opt.NewID())
	f := fault.Form()
	if err := s.checkPassword(f, "password", cmd.Password, p); err != nil {
		return Opened{}, err
	}
	if err := p.Check(f); err != nil {
		return Opened{}, err
	}
	role := org.Assignment{ID: s.opt.NewID(), Person: p.ID, Role: org.Administrator, Scope: org.Scope{Kind: org.WholeInstance}}
	first := func(ctx context.Context, st Store) error {
		if n, err := st.CountPeople(ctx); err != nil {
			return err
		} else if n > 0 {
			return fault.New(fault.NotFound, "fault.setup.done")
		}
		if err := use(ctx, st, cmd.Code, Setup, ""); err != nil {
			return err
		}
		if err := org.Register(ctx, st, p.ID, p); err != nil {
			return err
		}
		role.From = st.Now()
		return org.Appoint(ctx, st, p.ID, role)
	}
	return s.replacePassword(ctx, p, newPassword{text: cmd.Password, kind: audit.InstanceSetUp, first: first, enter: s.entering(p, cmd.Browser)})
}

// entering lets a person in who has just set a password with a code: through the second step, where there is one.
func (s *Service) entering(p org.Person, b Browser) func(context.Context, Store) (Opened, error) {
	return func(ctx context.Context, st Store) (Opened, error) { return s.open(ctx, st, p, b) }
}

// Invite makes a one-use code with which the person sets a password: the first one, or a new one in place of one
// that is forgotten. It is shown once and makes the ones before it void. The actor must manage people wherever the
// person has a role, since whoever holds the code can become that person.
func (s *Service) Invite(ctx context.Context, by org.Actor, person string) (code string, expires time.Time, err error) {
	p, err := s.invitable(ctx, by, person)
	if err != nil {
		return "", time.Time{}, err
	}
	_, _, err = s.tx.InTx(ctx, idempotency.Key{}, func(ctx context.Context, st Store) (string, error) {
		if code, expires, err = s.draw(ctx, st, p.ID, Invitation, invitationLimit); err != nil {
			return "", err
		}
		e := about(st, audit.InvitationIssued, p)
		e.Actor = by.Person
		return "", st.Append(ctx, e)
	})
	if err != nil {
		return "", time.Time{}, err
	}
	return code, expires, nil
}

// invitable returns the person when the actor may make a code for him or her.
func (s *Service) invitable(ctx context.Context, by org.Actor, person string) (org.Person, error) {
	p, err := s.q.Person(ctx, person)
	if err != nil {
		return org.Person{}, err
	}
	if err := org.Can(by, org.ManagePeople, org.Object{Institution: p.Institution}, org.State{At: s.opt.Clock()}).Fault(); err != nil {
		return org.Person{}, err
	}
	if p.Closed {
		return org.Person{}, fault.New(fault.Invalid, "fault.person.closed")
	}
	whom, err := s.opt.Actors.Actor(ctx, person)
	if err != nil {
		return org.Person{}, err
	}
	return p, org.MayActFor(by, whom, s.opt.Clock())
}

// Invited returns the person whom a code invites, to greet by name, without using the code.
func (s *Service) Invited(ctx context.Context, code, source string) (org.Person, error) {
	return s.coded(ctx, code, Invitation, source)
}

// coded returns the person whose code it is, without using it.
func (s *Service) coded(ctx context.Context, code string, purpose CodePurpose, source string) (org.Person, error) {
	c, err := s.code(ctx, code, purpose, source)
	if err != nil {
		return org.Person{}, err
	}
	p, err := s.q.Person(ctx, c.Person)
	if err != nil {
		return org.Person{}, err
	}
	if p.Closed {
		return org.Person{}, badCode()
	}
	return p, nil
}

// Acceptance is what Accept needs.
type Acceptance struct {
	Code     string
	Password string
	Source   string
	Browser  Browser
}

// Accept uses an invitation: it sets the password, ends older sessions and signs the person in. Whoever has a second
// step still has to give it: a code on paper stands for the password alone.
func (s *Service) Accept(ctx context.Context, cmd Acceptance) (Opened, error) {
	p, err := s.Invited(ctx, cmd.Code, cmd.Source)
	if err != nil {
		return Opened{}, err
	}
	f := fault.Form()
	if err := s.checkPassword(f, "password", cmd.Password, p); err != nil {
		return Opened{}, err
	}
	if err := f.Err(); err != nil {
		return Opened{}, err
	}
	browser, err := s.recognise(ctx, cmd.Browser, p.Login)
	if err != nil {
		return Opened{}, err
	}
	first := func(ctx context.Context, st Store) error { return use(ctx, st, cmd.Code, Invitation, p.ID) }
	return s.replacePassword(ctx, p, newPassword{text: cmd.Password, kind: audit.InvitationAccepted, first: first, enter: s.entering(p, browser)})
}

// code finds a code without using it, counting failures against the source.
func (s *Service) code(ctx context.Context, typed string, purpose CodePurpose, source string) (Code, error) {
	if err := s.throttle.begin(source, codeAccount); err != nil {
		return Code{}, err
	}
	c, err := s.q.Code(ctx, HashCode(typed), purpose)
	if fault.Is(err, fault.NotFound) {
		return Code{}, badCode()
	}
	if err != nil {
		return Code{}, err
	}
	s.throttle.success(source, codeAccount)
	return c, nil
}

// use marks the code used within the transaction and checks whose it is.
func use(ctx context.Context, st Store, typed string, purpose CodePurpose, person string) error {
	c, err := st.UseCode(ctx, HashCode(typed), purpose)
	if fault.Is(err, fault.NotFound) || err == nil && c.Person != person {
		return badCode()
	}
	return err
}

func badCode() *fault.Fault { return fault.Form().With("code", "fault.code") }
