package org

import (
	"context"
	"slices"
	"strings"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
)

// TeamKind is for whom a team evaluates.
type TeamKind string

// The kinds of evaluation team (PermenPANRB 90/2021, Lampiran II).
const (
	PreliminaryTeam TeamKind = "preliminary"
	TPITeam         TeamKind = "tpi"
	TPNTeam         TeamKind = "tpn"
)

// TeamKinds lists all kinds.
func TeamKinds() []TeamKind { return []TeamKind{PreliminaryTeam, TPITeam, TPNTeam} }

// Team evaluates a list of units. Its people are those with a role over it.
type Team struct {
	ID          string
	Institution string // "" for TPN, and only for it
	Name        string
	Kind        TeamKind
	Closed      time.Time // zero: open
	Rev         int
}

// At returns the team as an object of Can.
func (t Team) At() Object { return Object{Institution: t.Institution} }

// NewTeam is what CreateTeam needs.
type NewTeam struct {
	Key         idempotency.Key
	Institution string // "" for TPN
	Name        string
	Kind        TeamKind
}

// CreateTeam adds an evaluation team without units and returns its id. TPN is the instance's.
func (s *Service) CreateTeam(ctx context.Context, by Actor, cmd NewTeam) (string, error) {
	return s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		t := Team{ID: s.newID(), Institution: cmd.Institution, Name: strings.TrimSpace(cmd.Name), Kind: cmd.Kind}
		if err := Can(by, ManageTeams, t.At(), State{At: st.Now()}).Fault(); err != nil {
			return "", err
		}
		if t.Institution != "" {
			if _, err := st.Institution(ctx, t.Institution); err != nil {
				return "", err
			}
		}
		f := fault.Form()
		f.Line("name", t.Name, 1, maxName)
		if !slices.Contains(TeamKinds(), t.Kind) || (t.Kind == TPNTeam) != (t.Institution == "") {
			f.With("kind", "fault.field.choose")
		}
		if err := f.Err(); err != nil {
			return "", err
		}
		if err := st.InsertTeam(ctx, t); err != nil {
			return "", err
		}
		return t.ID, st.Append(ctx, t.event(audit.TeamCreated, by, st,
			audit.Change{Field: "name", To: t.Name}, audit.Change{Field: "kind", To: string(t.Kind)}))
	})
}

func (t Team) event(kind string, by Actor, st Store, changes ...audit.Change) audit.Event {
	return audit.Event{
		Kind: kind, At: st.Now(), Actor: by.Person, Institution: t.Institution, Object: audit.Object{Kind: "team", ID: t.ID}, Changes: changes,
	}
}

func teamFor(ctx context.Context, st Store, by Actor, id string) (Team, error) {
	t, err := st.Team(ctx, id)
	if err != nil {
		return Team{}, err
	}
	return t, foreign(Can(by, ManageTeams, t.At(), State{At: st.Now()}), t.Institution)
}

// RenameTeam gives a team another name; rev is what the editor has seen.
func (s *Service) RenameTeam(ctx context.Context, by Actor, key idempotency.Key, team string, rev int, name string) error {
	_, err := s.run(ctx, key, func(ctx context.Context, st Store) (string, error) {
		t, err := teamFor(ctx, st, by, team)
		if err != nil {
			return "", err
		}
		was := t.Name
		t.Name = strings.TrimSpace(name)
		f := fault.Form()
		f.Line("name", t.Name, 1, maxName)
		if err := f.Err(); err != nil || t.Name == was {
			return t.ID, err
		}
		if err := st.UpdateTeam(ctx, t, rev); err != nil {
			return "", err
		}
		return t.ID, st.Append(ctx, t.event(audit.TeamChanged, by, st, audit.Change{Field: "name", From: was, To: t.Name}))
	})
	return err
}

// CloseTeam ends a team: roles over it reach nothing from now on.
func (s *Service) CloseTeam(ctx context.Context, by Actor, key idempotency.Key, team string, rev int) error {
	_, err := s.run(ctx, key, func(ctx context.Context, st Store) (string, error) {
		t, err := teamFor(ctx, st, by, team)
		if err != nil || !t.Closed.IsZero() {
			return t.ID, err
		}
		t.Closed = st.Now()
		if err := st.UpdateTeam(ctx, t, rev); err != nil {
			return "", err
		}
		return t.ID, st.Append(ctx, t.event(audit.TeamClosed, by, st))
	})
	return err
}

// AddTeamUnit gives a unit to a team, unless it is a conflict of interest for one of its people, or one of them
// evaluates the unit for the other side. A team of an institution takes only the institution's own units.
func (s *Service) AddTeamUnit(ctx context.Context, by Actor, key idempotency.Key, team, unit string) error {
	_, err := s.run(ctx, key, func(ctx context.Context, st Store) (string, error) {
		t, err := teamFor(ctx, st, by, team)
		if err != nil {
			return "", err
		}
		u, err := unitFor(ctx, st, by, ManageTeams, unit)
		if err != nil {
			return "", err
		}
		if t.Institution != "" && t.Institution != u.Institution {
			return "", fault.New(fault.NotFound, "fault.not_found")
		}
		if !t.Closed.IsZero() {
			return "", fault.New(fault.Invalid, "fault.team.closed")
		}
		if err := listed(ctx, st, Scope{Kind: InTeam, Team: t.ID}, u); err != nil {
			return "", err
		}
		fresh, err := st.AddTeamUnit(ctx, t.ID, u.ID)
		if err != nil || !fresh {
			return "", err
		}
		return "", st.Append(ctx, t.event(audit.TeamUnitAdded, by, st, audit.Change{Field: "unit", To: u.ID}))
	})
	return err
}

// RemoveTeamUnit takes a unit from a team.
func (s *Service) RemoveTeamUnit(ctx context.Context, by Actor, key idempotency.Key, team, unit string) error {
	_, err := s.run(ctx, key, func(ctx context.Context, st Store) (string, error) {
		t, err := teamFor(ctx, st, by, team)
		if err != nil {
			return "", err
		}
		was, err := st.RemoveTeamUnit(ctx, t.ID, unit)
		if err != nil {
			return "", err
		}
		if !was {
			return "", fault.New(fault.NotFound, "fault.not_found")
		}
		return "", st.Append(ctx, t.event(audit.TeamUnitRemoved, by, st, audit.Change{Field: "unit", From: unit}))
	})
	return err
}

// Teams lists the evaluation teams of an institution, "" for TPN's, the open ones first, by name.
func (s *Service) Teams(ctx context.Context, by Actor, institution string) ([]Team, error) {
	if err := Can(by, ViewAccess, Object{Institution: institution}, State{At: s.clock()}).Fault(); err != nil {
		return nil, err
	}
	return s.q.Teams(ctx, institution)
}

// TeamUnits returns a team with its units by name.
func (s *Service) TeamUnits(ctx context.Context, by Actor, team string) (Team, []Unit, error) {
	t, units, err := s.q.TeamUnits(ctx, team)
	if err != nil {
		return Team{}, nil, err
	}
	if err := foreign(Can(by, ViewAccess, t.At(), State{At: s.clock()}), t.Institution); err != nil {
		return Team{}, nil, err
	}
	return t, units, nil
}
