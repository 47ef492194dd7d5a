package org

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"zona/internal/fault"
	"zona/internal/idempotency"
)

// MaxStaff is how many people AddStaff takes at once; longer lists are imported.
const MaxStaff = 20

// NewStaff is what AddStaff needs: people of one unit, or of an institution without a unit for them, each with a role.
type NewStaff struct {
	Key         idempotency.Key
	Institution string
	Unit        string // home of all of them, "" for none
	Members     []NewMember
}

// NewMember is one of them.
type NewMember struct {
	PersonData
	Role Role
}

// StaffScope is where a role of a member holds: in the unit where the role is given over a unit, else over the whole
// institution. The zero Scope says that the role is not given so, or judges a unit, which nobody does at home.
func StaffScope(r Role, institution, unit string) Scope {
	switch {
	case sideOf(r) != noSide:
		return Scope{}
	case unit != "" && len(grants[r][OneUnit]) > 0:
		return Scope{Kind: OneUnit, Institution: institution, Unit: unit}
	case len(grants[r][WholeInstitution]) > 0:
		return Scope{Kind: WholeInstitution, Institution: institution}
	}
	return Scope{}
}

// AddStaff adds several people with their roles, all or nobody, and returns their ids in the order given. A field of
// the n-th of them, from 0, is named with its number: "login.2".
func (s *Service) AddStaff(ctx context.Context, by Actor, cmd NewStaff) ([]string, error) {
	outcome, err := s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		if _, err := institutionFor(ctx, st, by, ManagePeople, cmd.Institution); err != nil {
			return "", err
		}
		if n := len(cmd.Members); n == 0 || n > MaxStaff {
			return "", fault.Form().With("name.0", "fault.field.required")
		}
		wrong := fault.Form()
		people := make([]Person, len(cmd.Members))
		for n, m := range cmd.Members {
			people[n] = NewPerson{Institution: cmd.Institution, Unit: cmd.Unit, PersonData: m.PersonData}.Person(s.newID())
			f := fault.Form()
			if StaffScope(m.Role, cmd.Institution, cmd.Unit).Kind == "" {
				f.With("role", "fault.field.choose")
			}
			numbered(wrong, people[n].Check(f), n)
		}
		if err := wrong.Err(); err != nil {
			return "", err
		}
		ids := make([]string, len(people))
		for n, p := range people {
			ids[n] = p.ID
			if err := s.enlist(ctx, st, by, p, cmd.Members[n].Role); numbered(wrong, err, n) {
				// A statement that was refused, for a login that is taken, ends the transaction: what follows is not asked.
				return "", wrong
			} else if err != nil {
				return "", err
			}
		}
		return strings.Join(ids, " "), nil
	})
	if err != nil {
		return nil, err
	}
	return strings.Fields(outcome), nil
}

// enlist adds one person, whose data are right, with a role.
func (s *Service) enlist(ctx context.Context, st Store, by Actor, p Person, role Role) error {
	a := Assignment{ID: s.newID(), Person: p.ID, Role: role, From: st.Now()}
	var err error
	if a.Scope, err = place(ctx, st, StaffScope(role, p.Institution, p.Unit), role); err != nil {
		return err
	}
	if err := mayGive(by, a, st.Now()); err != nil {
		return err
	}
	if p.Unit != "" {
		if _, err := unitOf(ctx, st, p.Institution, p.Unit); err != nil {
			return err
		}
	}
	if err := freeNIP(ctx, st, p); err != nil {
		return err
	}
	if err := Register(ctx, st, by.Person, p); err != nil {
		return err
	}
	return Appoint(ctx, st, by.Person, a)
}

// numbered takes what is wrong with the fields of one member into the fault of all, and reports whether that is all
// that is wrong.
func numbered(all *fault.Fault, err error, n int) bool {
	f, ok := fault.Of(err)
	if !ok || f.Kind != fault.Invalid || len(f.Fields) == 0 {
		return false
	}
	for _, field := range slices.Clone(f.Fields) {
		field.Name += "." + strconv.Itoa(n)
		all.Fields = append(all.Fields, field)
	}
	return true
}
