package org

import (
	"context"
	"strings"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/locale"
)

// Limits of texts, in letters.
const (
	maxName = 200
	// maxDepth is more levels than any institution has; it keeps a path short enough for an index.
	maxDepth = 12
)

// NewInstitution is what CreateInstitution needs.
type NewInstitution struct {
	Key  idempotency.Key
	Name string
	Kind InstitutionKind
	Zone string // IANA name
	Demo bool
}

// CreateInstitution adds an institution and returns its id.
func (s *Service) CreateInstitution(ctx context.Context, by Actor, cmd NewInstitution) (string, error) {
	return s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		if err := Can(by, CreateInstitution, Object{}, State{At: st.Now()}).Fault(); err != nil {
			return "", err
		}
		i := Institution{ID: s.newID(), Name: strings.TrimSpace(cmd.Name), Kind: cmd.Kind, Zone: cmd.Zone, Demo: cmd.Demo}
		if err := i.check(); err != nil {
			return "", err
		}
		if err := st.InsertInstitution(ctx, i); err != nil {
			return "", err
		}
		return i.ID, st.Append(ctx, audit.Event{
			Kind: audit.InstitutionCreated, At: st.Now(), Actor: by.Person, Institution: i.ID,
			Object: audit.Object{Kind: "institution", ID: i.ID},
			Changes: []audit.Change{
				{Field: "name", To: i.Name},
				{Field: "kind", To: string(i.Kind)},
				{Field: "zone", To: i.Zone},
			},
		})
	})
}

func (i Institution) check() error {
	f := fault.Form()
	f.Line("name", i.Name, 1, maxName)
	if i.Kind != Central && i.Kind != Regional {
		f.With("kind", "fault.field.choose")
	}
	if _, err := locale.Zone(i.Zone); err != nil {
		f.With("zone", "fault.field.choose")
	}
	return f.Err()
}

// NewUnit is what AddUnit needs.
type NewUnit struct {
	Key         idempotency.Key
	Institution string
	Parent      string // unit id in the same institution, "" for a top unit
	Name        string
}

// AddUnit adds a unit to an institution's tree and returns its id.
func (s *Service) AddUnit(ctx context.Context, by Actor, cmd NewUnit) (string, error) {
	return s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		if err := Can(by, ManageInstitution, Object{Institution: cmd.Institution}, State{At: st.Now()}).Fault(); err != nil {
			return "", err
		}
		u := Unit{ID: s.newID(), Institution: cmd.Institution, Parent: cmd.Parent, Path: "/", Name: strings.TrimSpace(cmd.Name)}
		f := fault.Form()
		f.Line("name", u.Name, 1, maxName)
		if u.Parent != "" {
			parent, err := unitOf(ctx, st, u.Institution, u.Parent)
			if err != nil {
				return "", err
			}
			u.Path = parent.Path
		}
		u.Path += u.ID + "/"
		if strings.Count(u.Path, "/")-1 > maxDepth {
			f.With("parent", "fault.unit.too_deep", "Max", maxDepth)
		}
		if err := f.Err(); err != nil {
			return "", err
		}
		if err := st.InsertUnit(ctx, u); err != nil {
			return "", err
		}
		return u.ID, st.Append(ctx, audit.Event{
			Kind: audit.UnitCreated, At: st.Now(), Actor: by.Person, Institution: u.Institution, Unit: u.ID,
			Object:  audit.Object{Kind: "unit", ID: u.ID},
			Changes: []audit.Change{{Field: "name", To: u.Name}, {Field: "parent", To: u.Parent}},
		})
	})
}

// unitOf loads a unit and refuses one of another institution as if it did not exist: whoever manages one tree
// learns nothing of another.
func unitOf(ctx context.Context, st Store, institution, id string) (Unit, error) {
	u, err := st.Unit(ctx, id)
	if err != nil {
		return Unit{}, err
	}
	if u.Institution != institution {
		return Unit{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return u, nil
}
