package org

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
)

// Limits of a unit.
const (
	// maxDepth is more levels than any institution has; it keeps a path short enough for an index.
	maxDepth    = 12
	maxCode     = 64
	maxServices = 20
)

// Unit is a node of an institution's tree; any unit may be evaluated.
type Unit struct { //nolint:recvcheck // place fills one that is being made; a whole one is a value
	ID           string
	Institution  string
	Parent       string // unit id, "" for a top unit
	Path         string // "/top/…/own/": ids from the top, so that a subtree is a prefix
	Name         string
	Code         string // the institution's own key, unique in it; "" where there is none. Imports update by it
	Kind         UnitKind
	Services     []string // public services, a few words each
	PublicFacing bool     // serves the public itself
	Function     UnitFunction
	Opened       time.Time // instant of the first day; zero: not known
	Closed       time.Time // instant from which it is closed; zero: open
	CloseReason  string
	Rev          int
}

// UnitKind is the level that the regulation tells units by: it decides who assesses a unit first (PermenPANRB 90/2021,
// Lampiran II: preliminary assessment).
type UnitKind string

// The kinds of unit.
const (
	Echelon1      UnitKind = "echelon1" // JPT madya
	Echelon2      UnitKind = "echelon2" // JPT pratama
	Province      UnitKind = "province" // a K/L's unit in a province, such as a court of appeal
	PlainUnit     UnitKind = "unit"     // below provincial level
	TechnicalUnit UnitKind = "upt"      // unit pelaksana teknis
	OtherUnit     UnitKind = "other"
)

// UnitKinds lists all kinds.
func UnitKinds() []UnitKind {
	return []UnitKind{Echelon1, Echelon2, Province, PlainUnit, TechnicalUnit, OtherUnit}
}

// UnitFunction is what a pemda's unit does, as far as Tabel 5 makes an exemption for it. The codes are those of the
// instrument's exemptions.
type UnitFunction string

// The six functions of Tabel 5; "" is any other.
const (
	RegionalHospital UnitFunction = "rumah sakit umum daerah"
	CivilRegistry    UnitFunction = "dinas kependudukan dan catatan sipil"
	Samsat           UnitFunction = "unit penyelenggara samsat"
	OneStopService   UnitFunction = "unit penyelenggara pelayanan terpadu satu pintu"
	EducationService UnitFunction = "unit penyelenggara layanan pendidikan"
	ManpowerService  UnitFunction = "unit penyelenggara layanan ketenagakerjaan"
)

// UnitFunctions lists the six.
func UnitFunctions() []UnitFunction {
	return []UnitFunction{RegionalHospital, CivilRegistry, Samsat, OneStopService, EducationService, ManpowerService}
}

// At returns the unit as an object of Can.
func (u Unit) At() Object { return Object{Institution: u.Institution, Unit: u.ID, Path: u.Path} }

// Shut reports whether the unit is closed at an instant.
func (u Unit) Shut(at time.Time) bool { return !u.Closed.IsZero() && !at.Before(u.Closed) }

// UnitData is what an editor says of a unit.
type UnitData struct {
	Name         string
	Code         string
	Kind         UnitKind // "" is PlainUnit
	Services     []string
	PublicFacing bool
	Function     UnitFunction
	Opened       time.Time
}

// apply writes the data into the unit in its stored form.
func (d UnitData) apply(u *Unit) {
	u.Name, u.Code, u.Kind, u.PublicFacing, u.Function = strings.TrimSpace(d.Name), strings.TrimSpace(d.Code), d.Kind, d.PublicFacing, d.Function
	u.Opened, u.Services = d.Opened, nil
	if u.Kind == "" {
		u.Kind = PlainUnit
	}
	for _, service := range d.Services {
		if service = strings.TrimSpace(service); service != "" {
			u.Services = append(u.Services, service)
		}
	}
}

func (u Unit) check(f *fault.Fault, now time.Time) {
	f.Line("name", u.Name, 1, maxName)
	f.Line("code", u.Code, 0, maxCode)
	if !slices.Contains(UnitKinds(), u.Kind) {
		f.With("kind", "fault.field.choose")
	}
	if u.Function != "" && !slices.Contains(UnitFunctions(), u.Function) {
		f.With("function", "fault.field.choose")
	}
	if len(u.Services) > maxServices {
		f.With("services", "fault.unit.services", "Max", maxServices)
	}
	for _, service := range u.Services {
		f.Line("services", service, 1, maxName)
	}
	if u.Opened.After(now) {
		f.With("opened", "fault.date.future")
	}
}

// NewUnit is what AddUnit needs.
type NewUnit struct {
	Key         idempotency.Key
	Institution string
	Parent      string // unit id in the same institution, "" for a top unit
	UnitData
}

// AddUnit adds a unit to an institution's tree and returns its id.
func (s *Service) AddUnit(ctx context.Context, by Actor, cmd NewUnit) (string, error) {
	return s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		if err := Can(by, ManageInstitution, Object{Institution: cmd.Institution}, State{At: st.Now()}).Fault(); err != nil {
			return "", err
		}
		// A parent that moves at the same time would leave a path that is none.
		if err := st.LockTree(ctx, cmd.Institution); err != nil {
			return "", err
		}
		u := Unit{ID: s.newID(), Institution: cmd.Institution}
		cmd.apply(&u)
		f := fault.Form()
		u.check(f, st.Now())
		if err := u.place(ctx, st, f, cmd.Parent, 1); err != nil {
			return "", err
		}
		if err := f.Err(); err != nil {
			return "", err
		}
		if err := saveUnit(u, func() error { return st.InsertUnit(ctx, u) }); err != nil {
			return "", err
		}
		return u.ID, st.Append(ctx, u.event(audit.UnitCreated, by, st, u.changes(Unit{})...))
	})
}

// place puts the unit, with a subtree of some levels, below a parent in the same institution.
func (u *Unit) place(ctx context.Context, st Store, f *fault.Fault, parent string, levels int) error {
	u.Parent, u.Path = parent, "/"
	if parent != "" {
		p, err := unitOf(ctx, st, u.Institution, parent)
		if err != nil {
			return err
		}
		if p.Shut(st.Now()) {
			f.With("parent", "fault.unit.closed")
		}
		u.Path = p.Path
	}
	u.Path += u.ID + "/"
	if depth(u.Path)+levels-1 > maxDepth {
		f.With("parent", "fault.unit.too_deep", "Max", maxDepth)
	}
	return nil
}

// depth is the level of a path: 1 for a top unit.
func depth(path string) int { return strings.Count(path, "/") - 1 }

// saveUnit runs a write whose conflict is a code that is taken, told at its field.
func saveUnit(u Unit, write func() error) error {
	err := write()
	if f, ok := fault.Of(err); ok && f.Kind == fault.Conflict && f.Current == nil && u.Code != "" {
		return fault.Form().With("code", "fault.unit.code_taken")
	}
	return err
}

func (u Unit) event(kind string, by Actor, st Store, changes ...audit.Change) audit.Event {
	return audit.Event{
		Kind: kind, At: st.Now(), Actor: by.Person, Institution: u.Institution, Unit: u.ID,
		Object: audit.Object{Kind: "unit", ID: u.ID}, Changes: changes,
	}
}

// changes lists what is different from was.
func (u Unit) changes(was Unit) []audit.Change {
	var d diff
	d.add("name", was.Name, u.Name)
	d.add("code", was.Code, u.Code)
	d.add("parent", was.Parent, u.Parent)
	d.add("kind", string(was.Kind), string(u.Kind))
	d.add("services", strings.Join(was.Services, "; "), strings.Join(u.Services, "; "))
	d.add("public_facing", yes(was.PublicFacing), yes(u.PublicFacing))
	d.add("function", string(was.Function), string(u.Function))
	d.add("opened", instant(was.Opened), instant(u.Opened))
	return d
}

// yes is a boolean as an event holds it; false is nothing.
func yes(b bool) string {
	if !b {
		return ""
	}
	return strconv.FormatBool(b)
}

// UnitEdit is what EditUnit needs. Where the unit stands is changed by MoveUnit.
type UnitEdit struct {
	Key  idempotency.Key
	Unit string
	Rev  int // that the editor has seen
	UnitData
}

// EditUnit changes what is said of a unit, its name too. What was decided under the old name keeps it: UnitAt tells.
func (s *Service) EditUnit(ctx context.Context, by Actor, cmd UnitEdit) error {
	_, err := s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		was, err := managedUnit(ctx, st, by, cmd.Unit)
		if err != nil {
			return "", err
		}
		u := was
		cmd.apply(&u)
		f := fault.Form()
		u.check(f, st.Now())
		if err := f.Err(); err != nil {
			return "", err
		}
		changes := u.changes(was)
		if len(changes) == 0 {
			return u.ID, nil
		}
		if err := saveUnit(u, func() error { return st.UpdateUnit(ctx, u, cmd.Rev) }); err != nil {
			return "", err
		}
		return u.ID, st.Append(ctx, u.event(audit.UnitChanged, by, st, changes...))
	})
	return err
}

// managedUnit loads a unit whose institution the actor manages.
func managedUnit(ctx context.Context, st Store, by Actor, id string) (Unit, error) {
	u, err := st.Unit(ctx, id)
	if err != nil {
		return Unit{}, err
	}
	return u, Can(by, ManageInstitution, Object{Institution: u.Institution}, State{At: st.Now()}).Fault()
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
