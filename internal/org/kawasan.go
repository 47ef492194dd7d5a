package org

import (
	"context"
	"strings"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
)

// Kawasan is a place where units of several institutions serve together, such as an airport (PermenPANRB 90/2021,
// Lampiran II; 5/2024). An institution leads it, or the instance does.
type Kawasan struct {
	ID          string
	Institution string // that leads it, "" for the instance
	Name        string
	Closed      time.Time // zero: open
	Rev         int
}

// At returns the kawasan as an object of Can.
func (k Kawasan) At() Object { return Object{Institution: k.Institution} }

// KawasanUnit is a unit in a kawasan, for a time.
type KawasanUnit struct {
	Kawasan string
	Unit    Unit
	From    time.Time
	Until   time.Time // exclusive; zero: it still belongs to it
}

// NewKawasan is what CreateKawasan needs.
type NewKawasan struct {
	Key         idempotency.Key
	Institution string // that leads it, "" for the instance
	Name        string
}

// CreateKawasan adds a kawasan and returns its id.
func (s *Service) CreateKawasan(ctx context.Context, by Actor, cmd NewKawasan) (string, error) {
	return s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		k := Kawasan{ID: s.newID(), Institution: cmd.Institution, Name: strings.TrimSpace(cmd.Name)}
		if err := Can(by, ManageKawasan, k.At(), State{At: st.Now()}).Fault(); err != nil {
			return "", err
		}
		if k.Institution != "" {
			if _, err := st.Institution(ctx, k.Institution); err != nil {
				return "", err
			}
		}
		f := fault.Form()
		f.Line("name", k.Name, 1, maxName)
		if err := f.Err(); err != nil {
			return "", err
		}
		if err := st.InsertKawasan(ctx, k); err != nil {
			return "", err
		}
		return k.ID, st.Append(ctx, k.event(audit.KawasanCreated, by, st, audit.Change{Field: "name", To: k.Name}))
	})
}

func (k Kawasan) event(kind string, by Actor, st Store, changes ...audit.Change) audit.Event {
	return audit.Event{
		Kind: kind, At: st.Now(), Actor: by.Person, Institution: k.Institution, Object: audit.Object{Kind: "kawasan", ID: k.ID}, Changes: changes,
	}
}

// kawasanFor loads a kawasan that the actor manages. One of the instance is not there for those who do not run it.
func kawasanFor(ctx context.Context, st Store, by Actor, id string) (Kawasan, error) {
	k, err := st.Kawasan(ctx, id)
	if err != nil {
		return Kawasan{}, err
	}
	return k, foreign(Can(by, ManageKawasan, k.At(), State{At: st.Now()}), k.Institution)
}

// foreign is the fault of a refusal for an object with an id: everybody knows the instance, but nobody needs to learn
// which ids are its own.
func foreign(d Decision, institution string) error {
	if institution == "" {
		d.Hidden = true
	}
	return d.Fault()
}

// RenameKawasan gives a kawasan another name; rev is what the editor has seen.
func (s *Service) RenameKawasan(ctx context.Context, by Actor, key idempotency.Key, kawasan string, rev int, name string) error {
	_, err := s.run(ctx, key, func(ctx context.Context, st Store) (string, error) {
		k, err := kawasanFor(ctx, st, by, kawasan)
		if err != nil {
			return "", err
		}
		was := k.Name
		k.Name = strings.TrimSpace(name)
		f := fault.Form()
		f.Line("name", k.Name, 1, maxName)
		if err := f.Err(); err != nil || k.Name == was {
			return k.ID, err
		}
		if err := st.UpdateKawasan(ctx, k, rev); err != nil {
			return "", err
		}
		return k.ID, st.Append(ctx, k.event(audit.KawasanChanged, by, st, audit.Change{Field: "name", From: was, To: k.Name}))
	})
	return err
}

// CloseKawasan ends a kawasan: roles over it reach nothing from now on.
func (s *Service) CloseKawasan(ctx context.Context, by Actor, key idempotency.Key, kawasan string, rev int) error {
	_, err := s.run(ctx, key, func(ctx context.Context, st Store) (string, error) {
		k, err := kawasanFor(ctx, st, by, kawasan)
		if err != nil || !k.Closed.IsZero() {
			return k.ID, err
		}
		k.Closed = st.Now()
		if err := st.UpdateKawasan(ctx, k, rev); err != nil {
			return "", err
		}
		return k.ID, st.Append(ctx, k.event(audit.KawasanClosed, by, st))
	})
	return err
}

// AddKawasanUnit makes a unit part of a kawasan from now on. It shows the unit to all who have a role over the kawasan,
// so that the actor must run kawasan in the unit's institution too; otherwise the unit is not there for him or her.
func (s *Service) AddKawasanUnit(ctx context.Context, by Actor, key idempotency.Key, kawasan, unit string) error {
	_, err := s.run(ctx, key, func(ctx context.Context, st Store) (string, error) {
		k, err := kawasanFor(ctx, st, by, kawasan)
		if err != nil {
			return "", err
		}
		u, err := unitFor(ctx, st, by, ManageKawasan, unit)
		if err != nil {
			return "", err
		}
		if !k.Closed.IsZero() {
			return "", fault.New(fault.Invalid, "fault.kawasan.closed")
		}
		if err := listed(ctx, st, Scope{Kind: InKawasan, Kawasan: k.ID}, u); err != nil {
			return "", err
		}
		fresh, err := st.AddKawasanUnit(ctx, k.ID, u.ID, st.Now())
		if err != nil || !fresh {
			return "", err
		}
		return "", st.Append(ctx, k.event(audit.KawasanUnitAdded, by, st, audit.Change{Field: "unit", To: u.ID}))
	})
	return err
}

// RemoveKawasanUnit ends a unit's part in a kawasan now. Either side may: who runs the kawasan, and who runs kawasan in
// the unit's institution.
func (s *Service) RemoveKawasanUnit(ctx context.Context, by Actor, key idempotency.Key, kawasan, unit string) error {
	_, err := s.run(ctx, key, func(ctx context.Context, st Store) (string, error) {
		k, err := st.Kawasan(ctx, kawasan)
		if err != nil {
			return "", err
		}
		u, err := st.Unit(ctx, unit)
		if err != nil {
			return "", err
		}
		if !Can(by, ManageKawasan, u.At(), State{At: st.Now()}).Allow {
			if err := foreign(Can(by, ManageKawasan, k.At(), State{At: st.Now()}), k.Institution); err != nil {
				return "", err
			}
		}
		was, err := st.EndKawasanUnit(ctx, k.ID, u.ID, st.Now())
		if err != nil || !was {
			return "", err
		}
		return "", st.Append(ctx, k.event(audit.KawasanUnitRemoved, by, st, audit.Change{Field: "unit", From: u.ID}))
	})
	return err
}

// unitFor loads a unit over which the actor holds the capability.
func unitFor(ctx context.Context, st Store, by Actor, c Capability, id string) (Unit, error) {
	u, err := st.Unit(ctx, id)
	if err != nil {
		return Unit{}, err
	}
	return u, Can(by, c, u.At(), State{At: st.Now()}).Fault()
}

// Kawasan lists the kawasan that an institution leads, "" for the instance's, the open ones first, by name.
func (s *Service) Kawasan(ctx context.Context, by Actor, institution string) ([]Kawasan, error) {
	if err := Can(by, ViewAccess, Object{Institution: institution}, State{At: s.clock()}).Fault(); err != nil {
		return nil, err
	}
	return s.q.Kawasan(ctx, institution)
}

// KawasanUnits returns a kawasan with the units that it has now and those that it had, by name.
func (s *Service) KawasanUnits(ctx context.Context, by Actor, kawasan string) (Kawasan, []KawasanUnit, error) {
	k, units, err := s.q.KawasanUnits(ctx, kawasan)
	if err != nil {
		return Kawasan{}, nil, err
	}
	if err := foreign(Can(by, ViewAccess, k.At(), State{At: s.clock()}), k.Institution); err != nil {
		return Kawasan{}, nil, err
	}
	return k, units, nil
}
