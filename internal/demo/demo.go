// Package demo makes an invented institution through the same use cases that a real one goes through: a supreme
// court with its courts, people with roles, and filled sheets over some years. Nobody in it exists; people are named
// for their posts. It decides nothing and knows no database.
package demo

import (
	"context"
	"fmt"
	"time"

	"zona/internal/assessment"
	"zona/internal/auth"
	"zona/internal/instrument"
	"zona/internal/org"
)

// Organisation is what the demo needs of org.
type Organisation interface {
	Actor(ctx context.Context, person string) (org.Actor, error)
	CreateInstitution(ctx context.Context, by org.Actor, cmd org.NewInstitution) (string, error)
	AddUnit(ctx context.Context, by org.Actor, cmd org.NewUnit) (string, error)
	AddPerson(ctx context.Context, by org.Actor, cmd org.NewPerson) (string, error)
	Assign(ctx context.Context, by org.Actor, cmd org.NewAssignment) (string, error)
}

// SignIn is what the demo needs of auth.
type SignIn interface {
	PrepareSetUp(ctx context.Context) (string, error)
	SetUp(ctx context.Context, cmd auth.FirstAdministrator) (auth.Opened, error)
	Invite(ctx context.Context, by org.Actor, person string) (code string, expires time.Time, err error)
	Accept(ctx context.Context, cmd auth.Acceptance) (auth.Opened, error)
}

// Sheets is what the demo needs of assessment.
type Sheets interface {
	CreatePeriod(ctx context.Context, by org.Actor, cmd assessment.NewPeriod) (string, error)
	Open(ctx context.Context, by org.Actor, cmd assessment.NewAssessment) (string, error)
	Fill(ctx context.Context, by org.Actor, cmd assessment.Fill) (assessment.Taken, error)
}

// Plan is what to make and with what.
type Plan struct {
	Organisation Organisation
	SignIn       SignIn
	Sheets       Sheets

	Password string
	Courts   int
	Years    int
	Now      time.Time
	// TurnClock sets the clock of the use cases: a past year is filled in that year.
	TurnClock func(time.Time)
}

// Made is what came out.
type Made struct {
	Accounts []Account
	Password string
}

// Account is somebody who can sign in.
type Account struct{ Login, Role string }

// Accounts are the logins of every demo, in the order of what a visitor wants to see first.
func Accounts() []Account {
	return []Account{
		{"koordinator1@contoh.example", "koordinator tim ZI, Pengadilan Contoh 01"},
		{"anggota1@contoh.example", "anggota tim ZI, Pengadilan Contoh 01"},
		{"ketua1@contoh.example", "ketua Pengadilan Contoh 01"},
		{"pimpinan@contoh.example", "pimpinan instansi"},
		{"tpi@contoh.example", "penilai TPI"},
		{"admin@contoh.example", "administrator"},
	}
}

// zone is where the invented supreme court sits.
const zone = "Asia/Jakarta"

// maker carries what the steps share.
type maker struct {
	Plan
	admin       org.Actor
	institution string
	courts      []court
}

type court struct {
	unit, name  string
	coordinator org.Actor
}

// Make fills an empty instance.
func Make(ctx context.Context, p Plan) (Made, error) {
	m := &maker{Plan: p}
	for _, step := range []func(context.Context) error{m.first, m.house, m.staff, m.years} {
		if err := step(ctx); err != nil {
			return Made{}, err
		}
	}
	return Made{Accounts: Accounts(), Password: p.Password}, nil
}

// first makes the administrator, as on a first start; all begins before the oldest year.
func (m *maker) first(ctx context.Context) error {
	m.TurnClock(opens(m.Now.Year() - m.Years))
	code, err := m.SignIn.PrepareSetUp(ctx)
	if err != nil {
		return err
	}
	opened, err := m.SignIn.SetUp(ctx, auth.FirstAdministrator{
		Code: code, Name: "Administrator Contoh", Login: "admin@contoh.example", Password: m.Password, Lang: "id", Source: "demo",
	})
	if err != nil {
		return fmt.Errorf("make the administrator: %w", err)
	}
	m.admin, err = m.Organisation.Actor(ctx, opened.Session.Person)
	return err
}

// house makes the institution: one court of appeal to ten courts.
func (m *maker) house(ctx context.Context) (err error) {
	m.institution, err = m.Organisation.CreateInstitution(ctx, m.admin, org.NewInstitution{
		Name: "Mahkamah Agung Contoh", Kind: org.Central, Zone: zone, Demo: true,
	})
	if err != nil {
		return fmt.Errorf("make the institution: %w", err)
	}
	parent := ""
	for i := range m.Courts {
		if i%10 == 0 {
			name := fmt.Sprintf("Pengadilan Tinggi Contoh %c", 'A'+rune(i/10%26))
			if parent, err = m.unit(ctx, "", name); err != nil {
				return err
			}
		}
		c := court{name: fmt.Sprintf("Pengadilan Contoh %02d", i+1)}
		if c.unit, err = m.unit(ctx, parent, c.name); err != nil {
			return err
		}
		m.courts = append(m.courts, c)
	}
	return nil
}

func (m *maker) unit(ctx context.Context, parent, name string) (string, error) {
	id, err := m.Organisation.AddUnit(ctx, m.admin, org.NewUnit{Institution: m.institution, Parent: parent, UnitData: org.UnitData{Name: name}})
	if err != nil {
		return "", fmt.Errorf("make unit %s: %w", name, err)
	}
	return id, nil
}

// staff makes the people; those of the first court, the head of the institution and the evaluator can sign in.
func (m *maker) staff(ctx context.Context) error {
	whole := org.Scope{Kind: org.WholeInstitution, Institution: m.institution}
	for _, p := range []struct {
		login, name string
		role        org.Role
	}{
		{"pimpinan@contoh.example", "Pimpinan Instansi Contoh", org.InstitutionHead},
		{"tpi@contoh.example", "Penilai TPI Contoh", org.TPIMember},
	} {
		if _, err := m.person(ctx, org.NewPerson{
			Institution: m.institution, PersonData: org.PersonData{Name: p.name, Login: p.login, Position: p.name},
		}, p.role, whole, true); err != nil {
			return err
		}
	}
	for i := range m.courts {
		c := &m.courts[i]
		own := org.Scope{Kind: org.OneUnit, Institution: m.institution, Unit: c.unit}
		for _, p := range []struct {
			login, post string
			role        org.Role
		}{{"ketua", "Ketua", org.UnitHead}, {"koordinator", "Koordinator Tim ZI", org.Coordinator}, {"anggota", "Anggota Tim ZI", org.Member}} {
			id, err := m.person(ctx, org.NewPerson{
				Institution: m.institution, Unit: c.unit, PersonData: org.PersonData{
					Name: p.post + " " + c.name, Login: fmt.Sprintf("%s%d@contoh.example", p.login, i+1), Position: p.post,
				},
			}, p.role, own, i == 0)
			if err != nil {
				return err
			}
			if p.role == org.Coordinator {
				if c.coordinator, err = m.Organisation.Actor(ctx, id); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (m *maker) person(ctx context.Context, p org.NewPerson, role org.Role, at org.Scope, signsIn bool) (string, error) {
	id, err := m.Organisation.AddPerson(ctx, m.admin, p)
	if err != nil {
		return "", fmt.Errorf("make %s: %w", p.Login, err)
	}
	if _, err := m.Organisation.Assign(ctx, m.admin, org.NewAssignment{Person: id, Role: role, Scope: at}); err != nil {
		return "", fmt.Errorf("assign %s: %w", p.Login, err)
	}
	if !signsIn {
		return id, nil
	}
	code, _, err := m.SignIn.Invite(ctx, m.admin, id)
	if err != nil {
		return "", fmt.Errorf("invite %s: %w", p.Login, err)
	}
	_, err = m.SignIn.Accept(ctx, auth.Acceptance{Code: code, Password: m.Password, Source: "demo"})
	return id, err
}

// years opens a period for each year, the running one last, and fills its sheets at its time.
func (m *maker) years(ctx context.Context) error {
	in, err := instrument.ByID("lke-2021")
	if err != nil {
		return err
	}
	for year := m.Now.Year() - m.Years + 1; year <= m.Now.Year(); year++ {
		at := opens(year).AddDate(0, 0, 20)
		running := year == m.Now.Year()
		deadline := time.Date(year, time.June, 1, 0, 0, 0, 0, time.FixedZone("WIB", 7*3600))
		if running {
			// The running year is open whenever the demo is looked at.
			deadline = m.Now.AddDate(0, 3, 0).Truncate(24 * time.Hour).Add(17 * time.Hour) // midnight WIB
			at = m.Now
		}
		m.TurnClock(at)
		period, err := m.Sheets.CreatePeriod(ctx, m.admin, assessment.NewPeriod{
			Institution: m.institution, Year: year, Name: fmt.Sprintf("Evaluasi ZI %d", year), Instrument: in.ID, Zone: zone,
			Opens: opens(year), Deadline: deadline,
		})
		if err != nil {
			return fmt.Errorf("open %d: %w", year, err)
		}
		for i, c := range m.courts {
			if err := m.sheet(ctx, in, period, c, i, year); err != nil {
				return fmt.Errorf("sheet of %s in %d: %w", c.name, year, err)
			}
		}
	}
	m.TurnClock(m.Now)
	return nil
}

// sheet opens and fills one sheet. In the running year some courts have not begun and most are not finished.
func (m *maker) sheet(ctx context.Context, in *instrument.Instrument, period string, c court, i, year int) error {
	running := year == m.Now.Year()
	if running && i%5 == 4 {
		return nil
	}
	target := "WBK"
	if i%7 == 3 {
		target = "WBBM"
	}
	id, err := m.Sheets.Open(ctx, c.coordinator, assessment.NewAssessment{Unit: c.unit, Period: period, Target: target})
	if err != nil {
		return err
	}
	share := 1.0
	if running {
		share = 0.4 + 0.15*float64(i%5)
	}
	_, err = m.Sheets.Fill(ctx, c.coordinator, assessment.Fill{
		Assessment: id, Mode: assessment.FillEmpty, Incoming: answers(in, i, year, share),
	})
	return err
}

// opens is the first working day of a year's evaluation.
func opens(year int) time.Time { return time.Date(year, time.January, 5, 1, 0, 0, 0, time.UTC) }
