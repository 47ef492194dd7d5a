package org

import (
	"context"
	"slices"
	"strings"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/locale"
)

const (
	nipDigits   = 18 // of a civil servant's number: birth date, entry, sex, order
	maxPosition = 200
	minLogin    = 3
	maxLogin    = 100
)

// NewPerson is what AddPerson needs.
type NewPerson struct {
	Key         idempotency.Key
	Institution string // home, "" for an administrator of the instance
	Unit        string // home unit, "" where there is none
	Name        string
	NIP         string // 18 digits, blanks allowed, or ""
	Position    string
	Login       string // e-mail or user name
	Lang        string // "id", "en", "" = the browser's
}

// AddPerson adds an account without a password (an invitation sets it) and returns the person's id.
func (s *Service) AddPerson(ctx context.Context, by Actor, cmd NewPerson) (string, error) {
	return s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		if err := Can(by, ManagePeople, Object{Institution: cmd.Institution}, State{At: st.Now()}).Fault(); err != nil {
			return "", err
		}
		if cmd.Institution != "" {
			if _, err := st.Institution(ctx, cmd.Institution); err != nil {
				return "", err
			}
		}
		if cmd.Unit != "" {
			if _, err := unitOf(ctx, st, cmd.Institution, cmd.Unit); err != nil {
				return "", err
			}
		}
		p := cmd.Person(s.newID())
		return p.ID, Register(ctx, st, by.Person, p)
	})
}

// Person is the person that the command describes, with texts in their stored form.
func (cmd NewPerson) Person(id string) Person {
	return Person{
		ID: id, Institution: cmd.Institution, Unit: cmd.Unit, Lang: cmd.Lang,
		Name:     strings.TrimSpace(cmd.Name),
		NIP:      strings.Join(strings.Fields(cmd.NIP), ""),
		Position: strings.TrimSpace(cmd.Position),
		Login:    FoldLogin(cmd.Login),
	}
}

// FoldLogin returns a login as it is stored and compared: lower case, without blanks around it.
func FoldLogin(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Registrar is the part of a transaction that makes people and gives them roles. The first start uses it too,
// before there is anybody who could be asked for permission.
type Registrar interface {
	Now() time.Time
	Append(ctx context.Context, e audit.Event) error
	InsertPerson(ctx context.Context, p Person) error
	InsertAssignment(ctx context.Context, a Assignment) error
	DeleteSessionsOf(ctx context.Context, person string) error
}

// Register checks a person, adds it and appends its event, within a transaction that the caller has begun and
// allowed. A login that is taken is a wrong field.
func Register(ctx context.Context, st Registrar, by string, p Person) error {
	if err := p.Check(fault.Form()); err != nil {
		return err
	}
	err := st.InsertPerson(ctx, p)
	if fault.Is(err, fault.Conflict) {
		return fault.Form().With("login", "fault.person.login_taken")
	}
	if err != nil {
		return err
	}
	return st.Append(ctx, audit.Event{
		Kind: audit.PersonCreated, At: st.Now(), Actor: by, Institution: p.Institution, Unit: p.Unit,
		Object:   audit.Object{Kind: "person", ID: p.ID},
		Personal: p.personal(),
	})
}

// personal lists what is known of the person, for commitments.
func (p Person) personal() []audit.Personal {
	all := []audit.Personal{
		{Field: "name", Value: p.Name},
		{Field: "nip", Value: p.NIP},
		{Field: "position", Value: p.Position},
		{Field: "login", Value: p.Login},
	}
	return slices.DeleteFunc(all, func(v audit.Personal) bool { return v.Value == "" })
}

// Check adds what is wrong with the person to a form, which may know of more, and returns the form's error.
func (p Person) Check(f *fault.Fault) error {
	f.Line("name", p.Name, 1, maxName)
	f.Line("position", p.Position, 0, maxPosition)
	if p.NIP != "" && (len(p.NIP) != nipDigits || strings.Trim(p.NIP, "0123456789") != "") {
		f.With("nip", "fault.person.nip")
	}
	if n := len(p.Login); n < minLogin || n > maxLogin || strings.ContainsFunc(p.Login, notInLogin) {
		f.With("login", "fault.person.login", "Min", minLogin, "Max", maxLogin)
	}
	if p.Lang != "" && !slices.Contains(locale.Languages(), p.Lang) {
		f.With("lang", "fault.field.choose")
	}
	return f.Err()
}

// notInLogin keeps to letters that look alike nowhere and that every keyboard has.
func notInLogin(c rune) bool {
	return (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("@._+-", c)
}

// ClosePerson closes an account: it no longer signs in, and its open sessions end with the next request. Nobody
// closes the own account, so an institution is not left without an administrator by a slip.
func (s *Service) ClosePerson(ctx context.Context, by Actor, key idempotency.Key, person string) error {
	whom, err := s.q.Actor(ctx, person)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	_, err = s.run(ctx, key, func(ctx context.Context, st Store) (string, error) {
		p, err := st.Person(ctx, person)
		if err != nil {
			return "", err
		}
		if err := Can(by, ManagePeople, Object{Institution: p.Institution}, State{At: st.Now()}).Fault(); err != nil {
			return "", err
		}
		if p.ID == by.Person {
			return "", fault.New(fault.Forbidden, "fault.person.self")
		}
		if err := MayActFor(by, whom, st.Now()); err != nil {
			return "", err
		}
		if p.Closed {
			return p.ID, nil
		}
		p.Closed = true
		if err := st.UpdatePerson(ctx, p, p.Rev); err != nil {
			return "", err
		}
		return p.ID, st.Append(ctx, audit.Event{
			Kind: audit.PersonClosed, At: st.Now(), Actor: by.Person, Institution: p.Institution, Unit: p.Unit,
			Object: audit.Object{Kind: "person", ID: p.ID},
		})
	})
	return err
}
