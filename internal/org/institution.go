package org

import (
	"context"
	"strings"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/locale"
)

// maxName is the length of a name, in letters.
const maxName = 200

// Institution is a K/L or a pemda that runs integrity zones.
type Institution struct {
	ID   string
	Name string
	Kind InstitutionKind
	Zone string // IANA name of its time zone, "Asia/Jakarta"; deadlines are written in it
	Demo bool   // invented by zona demo; marked on every page
	Rev  int
}

// InstitutionKind decides eligibility rows and the preliminary stage.
type InstitutionKind string

// The two kinds of PermenPANRB 5/2024, Tabel 5.
const (
	Central  InstitutionKind = "kl"
	Regional InstitutionKind = "pemda"
)

// At returns the institution as an object of Can.
func (i Institution) At() Object { return Object{Institution: i.ID} }

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
		return i.ID, st.Append(ctx, i.event(audit.InstitutionCreated, by, st,
			audit.Change{Field: "name", To: i.Name},
			audit.Change{Field: "kind", To: string(i.Kind)},
			audit.Change{Field: "zone", To: i.Zone},
		))
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

func (i Institution) event(kind string, by Actor, st Store, changes ...audit.Change) audit.Event {
	return audit.Event{
		Kind: kind, At: st.Now(), Actor: by.Person, Institution: i.ID, Object: audit.Object{Kind: "institution", ID: i.ID}, Changes: changes,
	}
}

// InstitutionEdit is what EditInstitution needs. The kind is not among it: periods and decisions rest on it.
type InstitutionEdit struct {
	Key         idempotency.Key
	Institution string
	Rev         int // that the editor has seen
	Name, Zone  string
}

// EditInstitution changes name and time zone. Periods keep the zone that they were opened with.
func (s *Service) EditInstitution(ctx context.Context, by Actor, cmd InstitutionEdit) error {
	_, err := s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		was, err := institutionFor(ctx, st, by, ManageInstitution, cmd.Institution)
		if err != nil {
			return "", err
		}
		i := was
		i.Name, i.Zone = strings.TrimSpace(cmd.Name), cmd.Zone
		if err := i.check(); err != nil {
			return "", err
		}
		var d diff
		d.add("name", was.Name, i.Name)
		d.add("zone", was.Zone, i.Zone)
		if len(d) == 0 {
			return i.ID, nil
		}
		if err := st.UpdateInstitution(ctx, i, cmd.Rev); err != nil {
			return "", err
		}
		return i.ID, st.Append(ctx, i.event(audit.InstitutionChanged, by, st, d...))
	})
	return err
}

// institutionFor loads an institution over which the actor holds the capability.
func institutionFor(ctx context.Context, st Store, by Actor, c Capability, id string) (Institution, error) {
	if err := Can(by, c, Object{Institution: id}, State{At: st.Now()}).Fault(); err != nil || id == "" {
		return Institution{}, orNotFound(err)
	}
	return st.Institution(ctx, id)
}

// orNotFound is err, or that there is nothing: for an id that names nothing at all.
func orNotFound(err error) error {
	if err != nil {
		return err
	}
	return fault.New(fault.NotFound, "fault.not_found")
}

// diff collects what an edit changes.
type diff []audit.Change

func (d *diff) add(field, from, to string) {
	if from != to {
		*d = append(*d, audit.Change{Field: field, From: from, To: to})
	}
}
