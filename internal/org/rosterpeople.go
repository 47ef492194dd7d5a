package org

import (
	"context"
	"strings"

	"zona/internal/audit"
	"zona/internal/fault"
)

// personRow is a row with the person that it makes of the one who was.
type personRow struct {
	line     *RosterLine
	was, now Person // was is zero for somebody new
	unitCode string // of was
}

// people adds and changes people by NIP, or by login where the row has no NIP. Somebody new without a login signs in
// with the NIP.
func (r *rosterRun) people(ctx context.Context) error {
	known, err := r.knownPeople(ctx)
	if err != nil {
		return err
	}
	units, codes, err := r.unitsByCode(ctx)
	if err != nil {
		return err
	}
	held, err := r.heldRoles(ctx)
	if err != nil {
		return err
	}
	var rows []personRow
	taken := map[string]int{} // login and NIP to the row that has them
	for i := range r.cmd.Table.Rows {
		line := &r.cmd.Table.Rows[i]
		row, ok := r.personOf(line, known, units)
		if !ok {
			continue
		}
		row.unitCode = codes[row.was.Unit]
		if r.personFits(row, known, taken, held) {
			rows = append(rows, row)
		}
	}
	if len(r.report.Problems) > 0 {
		return nil // nobody reads further than to what must be mended
	}
	return r.savePeople(ctx, rows, codes)
}

// peopleByKey finds people of the whole instance, so that a number or login taken elsewhere is told.
type peopleByKey struct{ byLogin, byNIP map[string]Person }

func (r *rosterRun) knownPeople(ctx context.Context) (peopleByKey, error) {
	var logins, nips []string
	for i := range r.cmd.Table.Rows {
		line := &r.cmd.Table.Rows[i]
		nip := spaceless(r.cell(line, "nip"))
		login := FoldLogin(r.cell(line, "login"))
		if nip != "" {
			nips = append(nips, nip)
			logins = append(logins, nip)
		}
		if login != "" {
			logins = append(logins, login)
		}
	}
	list, err := r.st.PeopleBy(ctx, logins, nips)
	known := peopleByKey{byLogin: map[string]Person{}, byNIP: map[string]Person{}}
	for _, p := range list {
		known.byLogin[p.Login] = p
		if p.NIP != "" {
			known.byNIP[p.NIP] = p
		}
	}
	return known, err
}

func spaceless(s string) string { return strings.Join(strings.Fields(s), "") }

// unitsByCode lists the institution's units by code, and their codes by id.
func (r *rosterRun) unitsByCode(ctx context.Context) (units map[string]Unit, codes map[string]string, err error) {
	list, err := r.st.UnitsOf(ctx, r.cmd.Institution)
	units, codes = map[string]Unit{}, map[string]string{}
	for _, u := range list {
		codes[u.ID] = u.Code
		if u.Code != "" {
			units[u.Code] = u
		}
	}
	return units, codes, err
}

func (r *rosterRun) heldRoles(ctx context.Context) (map[string][]Assignment, error) {
	list, err := r.st.AssignmentsIn(ctx, r.cmd.Institution)
	held := map[string][]Assignment{}
	for _, a := range list {
		held[a.Person] = append(held[a.Person], a)
	}
	return held, err
}

// named finds the person whom a row names; ok is false when the row names nobody or two.
func (r *rosterRun) named(line *RosterLine, known peopleByKey) (p Person, ok bool) {
	nip, login := spaceless(r.cell(line, "nip")), FoldLogin(r.cell(line, "login"))
	switch {
	case nip == "" && login == "":
		r.wrong(line, "", "roster.no_key", nil)
		return p, false
	case strings.ContainsAny(nip, "eE.,"):
		r.wrong(line, "nip", "roster.digits_lost", nil)
		return p, false
	case nip != "":
		p = known.byNIP[nip]
	}
	if p.ID == "" && login != "" {
		p = known.byLogin[login]
		if p.ID != "" && nip != "" && p.NIP != "" && p.NIP != nip {
			r.wrong(line, "login", "fault.person.login_taken", nil)
			return p, false
		}
	}
	// Of another institution nothing more is told than what adding by hand tells: that the key is taken.
	if p.ID != "" && p.Institution != r.cmd.Institution {
		if p.NIP == nip && nip != "" {
			r.wrong(line, "nip", "fault.person.nip_taken", nil)
		} else {
			r.wrong(line, "login", "fault.person.login_taken", nil)
		}
		return p, false
	}
	return p, true
}

func (r *rosterRun) personOf(line *RosterLine, known peopleByKey, units map[string]Unit) (personRow, bool) {
	was, ok := r.named(line, known)
	if !ok {
		return personRow{}, false
	}
	p := was
	d := PersonData{Name: p.Name, NIP: p.NIP, Position: p.Position, Rank: p.Rank, Email: p.Email, Login: p.Login, Lang: p.Lang}
	r.set(line, "name", &d.Name)
	r.set(line, "position", &d.Position)
	r.set(line, "rank", &d.Rank)
	r.set(line, "email", &d.Email)
	if nip := r.cell(line, "nip"); nip != "" {
		d.NIP = nip
	}
	if login := r.cell(line, "login"); login != "" {
		d.Login = login
	}
	if was.ID == "" {
		p.ID, p.Institution = r.newID(), r.cmd.Institution
		if d.Login == "" {
			d.Login = spaceless(d.NIP)
		}
	}
	d.apply(&p)
	if r.has("unit") {
		code := r.cell(line, "unit")
		u, found := units[code]
		switch {
		case code != "" && !found:
			r.wrong(line, "unit", "roster.no_unit", nil)
			return personRow{}, false
		case found && u.Shut(r.st.Now()) && u.ID != was.Unit:
			r.wrong(line, "unit", "fault.unit.closed", nil)
			return personRow{}, false
		}
		p.Unit = u.ID
	}
	return personRow{line: line, was: was, now: p}, true
}

// personFits checks a person against the form's rules, the other rows and the instance.
func (r *rosterRun) personFits(row personRow, known peopleByKey, taken map[string]int, held map[string][]Assignment) bool {
	before := len(r.report.Problems)
	p := row.now
	if f, ok := fault.Of(p.Check(fault.Form())); ok {
		for _, field := range f.Fields {
			r.wrong(row.line, field.Name, field.Message, field.Args)
		}
	}
	if len(r.report.Problems) > before {
		return false // keys that are none are compared with nothing
	}
	for column, key := range map[string]string{"nip": p.NIP, "login": p.Login} {
		if key == "" || column == "login" && key == p.NIP {
			continue
		}
		if n, twice := taken[column+" "+key]; twice {
			r.wrong(row.line, column, "roster.row_twice", map[string]any{"Row": n})
		}
		taken[column+" "+key] = row.line.N
	}
	if o, ok := known.byLogin[p.Login]; ok && o.ID != p.ID {
		r.wrong(row.line, "login", "fault.person.login_taken", nil)
	}
	if o, ok := known.byNIP[p.NIP]; ok && o.ID != p.ID && p.NIP != "" {
		r.wrong(row.line, "nip", "fault.person.nip_taken", nil)
	}
	if row.was.ID != "" && row.was != p && !r.cmd.Operator && MayActFor(r.by, Actor{Assignments: held[p.ID]}, r.st.Now()) != nil {
		r.wrong(row.line, "", "fault.person.above", nil)
	}
	return len(r.report.Problems) == before
}

// savePeople adds all that are new at once. A change of data and one of the home unit are two events, as by hand.
func (r *rosterRun) savePeople(ctx context.Context, rows []personRow, codes map[string]string) error {
	var added []Person
	for _, row := range rows {
		was, p := row.was, row.now
		isNew := was.ID == ""
		r.keep(row.line, firstOf(p.NIP, p.Login), isNew, differing(
			RosterField{"nip", was.NIP, p.NIP}, RosterField{"login", was.Login, p.Login}, RosterField{"name", was.Name, p.Name},
			RosterField{"position", was.Position, p.Position}, RosterField{"rank", was.Rank, p.Rank},
			RosterField{"email", was.Email, p.Email}, RosterField{"unit", row.unitCode, codes[p.Unit]},
		))
		if isNew {
			added = append(added, p)
		}
	}
	if err := r.st.InsertPeople(ctx, added); err != nil {
		return err
	}
	for _, row := range rows {
		was, p := row.was, row.now
		if was == p {
			continue
		}
		if was.ID != "" {
			if err := r.st.UpdatePerson(ctx, p, was.Rev); err != nil {
				return err
			}
		}
		if err := r.tellPerson(ctx, was, p); err != nil {
			return err
		}
	}
	return nil
}

func (r *rosterRun) tellPerson(ctx context.Context, was, p Person) error {
	kind := audit.PersonCreated
	if was.ID != "" {
		kind = audit.PersonChanged
	}
	if personal := p.personal(was); len(personal) > 0 {
		e := p.event(kind, r.by, r.st)
		e.Personal = personal
		if err := r.st.Append(ctx, e); err != nil {
			return err
		}
	}
	if was.ID == "" || was.Unit == p.Unit {
		return nil
	}
	return r.st.Append(ctx, p.event(audit.PersonMoved, r.by, r.st, audit.Change{Field: "unit", From: was.Unit, To: p.Unit}))
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
