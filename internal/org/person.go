package org

import (
	"context"
	"net/mail"
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
	maxRank     = 100
	maxEmail    = 254
	minLogin    = 3
	maxLogin    = 100
)

// Person is somebody with an account or a role. Erasing a person destroys salts, not rows.
type Person struct {
	ID          string
	Institution string // home institution, "" for an administrator of the instance and for TPN
	Unit        string // home unit, "" where there is none
	Name        string // one field: many Indonesians have one name
	NIP         string // 18 digits, unique in the instance; "" where there is none
	Position    string
	Rank        string // pangkat/golongan
	Email       string // where mail goes; "" where there is none. Nobody signs in with it unless it is the login too
	Login       string // e-mail or user name, unique in the instance, lower case
	Lang        string // "id", "en", "" = the browser's
	Closed      bool
	Rev         int
}

// NewPerson is what AddPerson needs.
type NewPerson struct {
	Key         idempotency.Key
	Institution string // home, "" for an administrator of the instance
	Unit        string // home unit, "" where there is none
	PersonData
}

// PersonData is what an editor says of a person.
type PersonData struct {
	Name     string
	NIP      string // 18 digits, blanks allowed, or ""
	Position string
	Rank     string
	Email    string
	Login    string // e-mail or user name
	Lang     string // "id", "en", "" = the browser's
}

// apply writes the data into the person in its stored form.
func (d PersonData) apply(p *Person) {
	p.Name, p.Position, p.Rank, p.Lang = strings.TrimSpace(d.Name), strings.TrimSpace(d.Position), strings.TrimSpace(d.Rank), d.Lang
	p.NIP = strings.Join(strings.Fields(d.NIP), "")
	p.Email, p.Login = strings.TrimSpace(d.Email), FoldLogin(d.Login)
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
		if err := freeNIP(ctx, st, p); err != nil {
			return "", err
		}
		return p.ID, Register(ctx, st, by.Person, p)
	})
}

// Person is the person that the command describes, with texts in their stored form.
func (cmd NewPerson) Person(id string) Person {
	p := Person{ID: id, Institution: cmd.Institution, Unit: cmd.Unit}
	cmd.apply(&p)
	return p
}

// freeNIP refuses a number that somebody else in the instance has.
func freeNIP(ctx context.Context, st Store, p Person) error {
	if p.NIP == "" {
		return nil
	}
	taken, err := st.NIPTaken(ctx, p.NIP, p.ID)
	if err == nil && taken {
		return fault.Form().With("nip", "fault.person.nip_taken")
	}
	return err
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
		Personal: p.personal(Person{}),
	})
}

// personal lists what is known of the person and different from was, for commitments.
func (p Person) personal(was Person) []audit.Personal {
	var list []audit.Personal
	for _, v := range []struct{ field, from, to string }{
		{"name", was.Name, p.Name},
		{"nip", was.NIP, p.NIP},
		{"position", was.Position, p.Position},
		{"rank", was.Rank, p.Rank},
		{"email", was.Email, p.Email},
		{"login", was.Login, p.Login},
	} {
		if v.from != v.to {
			list = append(list, audit.Personal{Field: v.field, Value: v.to})
		}
	}
	return list
}

// Check adds what is wrong with the person to a form, which may know of more, and returns the form's error.
func (p Person) Check(f *fault.Fault) error {
	f.Line("name", p.Name, 1, maxName)
	f.Line("position", p.Position, 0, maxPosition)
	f.Line("rank", p.Rank, 0, maxRank)
	if a, err := mail.ParseAddress(p.Email); p.Email != "" && (err != nil || a.Address != p.Email || len(p.Email) > maxEmail) {
		f.With("email", "fault.person.email")
	}
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
