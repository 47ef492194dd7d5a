package org

import (
	"context"
	"time"

	"zona/internal/fault"
	"zona/internal/locale"
)

// assignments gives roles. One of the same person, role and scope that has not ended is the same assignment, whose
// period the row may change; delegated ones are left alone.
func (r *rosterRun) assignments(ctx context.Context) error {
	i, err := r.st.Institution(ctx, r.cmd.Institution)
	if err != nil {
		return err
	}
	zone, err := locale.Zone(i.Zone)
	if err != nil {
		return err
	}
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
	for n := range r.cmd.Table.Rows {
		line := &r.cmd.Table.Rows[n]
		p, ok := r.named(line, known)
		if !ok {
			continue
		}
		if p.ID == "" {
			r.wrong(line, "", "roster.no_person", nil)
			continue
		}
		a, ok := r.assignmentOf(line, p, units, zone)
		if !ok {
			continue
		}
		was, err := r.assign(ctx, line, p, &a, held[p.ID])
		if err != nil {
			if err := r.refused(line, err); err != nil {
				return err
			}
			continue
		}
		if was.ID == "" {
			held[p.ID] = append(held[p.ID], a)
		}
		r.keep(line, firstOf(p.NIP, p.Login), was.ID == "", differing(
			RosterField{"role", string(was.Role), string(a.Role)}, RosterField{"scope", string(was.Scope.Kind), string(a.Scope.Kind)},
			RosterField{"unit", codes[was.Scope.Unit], codes[a.Scope.Unit]}, RosterField{"from", instant(was.From), instant(a.From)},
			RosterField{"until", instant(was.Until), instant(a.Until)}, RosterField{"acting", string(was.Acting), string(a.Acting)},
		))
	}
	return nil
}

// assignmentOf reads a row; the last day in the file is held to its end.
func (r *rosterRun) assignmentOf(line *RosterLine, p Person, units map[string]Unit, zone *time.Location) (Assignment, bool) {
	before := len(r.report.Problems)
	a := Assignment{Person: p.ID, Role: wordOf(roleWords(), r.cell(line, "role"))}
	if a.Role == "" {
		r.wrong(line, "role", "roster.role", nil)
	}
	a.Scope = Scope{Kind: wordOf(scopeWords(), r.cell(line, "scope")), Institution: r.cmd.Institution}
	code := r.cell(line, "unit")
	switch {
	case r.cell(line, "scope") == "" && code != "":
		a.Scope.Kind = OneUnit
	case r.cell(line, "scope") == "":
		a.Scope.Kind = WholeInstitution
	case a.Scope.Kind == "":
		r.wrong(line, "scope", "roster.scope", nil)
	}
	if u, found := units[code]; found && a.Scope.Kind != WholeInstitution {
		a.Scope.Unit = u.ID
	} else if a.Scope.Kind != WholeInstitution {
		r.wrong(line, "unit", "roster.no_unit", nil)
	}
	a.From = r.day(line, "from", zone)
	if a.Until = r.day(line, "until", zone); !a.Until.IsZero() {
		a.Until = a.Until.In(zone).AddDate(0, 0, 1).UTC()
	}
	a.Acting = Acting(foldWord(r.cell(line, "acting")))
	return a, len(r.report.Problems) == before
}

// day reads a date as the start of the day in the institution's zone; the zero time is none.
func (r *rosterRun) day(line *RosterLine, column string, zone *time.Location) time.Time {
	text := r.cell(line, column)
	if text == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.DateOnly, "2/1/2006", "2-1-2006", "2.1.2006"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t.UTC()
		}
	}
	r.wrong(line, column, "roster.date", nil)
	return time.Time{}
}

// assign gives the role of a row or changes its period, under the rules of Assign; was is the zero value when given.
func (r *rosterRun) assign(ctx context.Context, line *RosterLine, p Person, a *Assignment, held []Assignment) (was Assignment, err error) {
	if a.Scope, err = place(ctx, r.st, a.Scope, a.Role); err != nil {
		return was, err
	}
	if !r.cmd.Operator {
		if err := mayGive(r.by, *a, r.st.Now()); err != nil {
			return was, err
		}
	}
	for _, h := range held {
		if h.Role == a.Role && h.Scope.Kind == a.Scope.Kind && h.Scope.Unit == a.Scope.Unit && h.Scope.Institution == a.Scope.Institution &&
			h.Source == "" && h.Acting == a.Acting && !h.over(r.st.Now()) {
			return h, r.reperiod(ctx, line, h, a)
		}
	}
	if p.Closed {
		return was, fault.New(fault.Invalid, "fault.person.closed")
	}
	if a.ID = r.newID(); a.From.IsZero() {
		a.From = r.st.Now()
	}
	if err := impartial(ctx, r.st, p, *a); err != nil {
		return was, err
	}
	return was, Appoint(ctx, r.st, r.by.Person, *a)
}

// reperiod changes the period of a role that is held, where the row says another one.
func (r *rosterRun) reperiod(ctx context.Context, line *RosterLine, was Assignment, a *Assignment) error {
	next := was
	if r.cell(line, "from") != "" {
		next.From = a.From
	}
	if r.has("until") {
		next.Until = a.Until
	}
	*a = next
	if next.From.Equal(was.From) && next.Until.Equal(was.Until) {
		return nil
	}
	f := fault.Form()
	if !next.From.Equal(was.From) && !was.From.After(r.st.Now()) {
		f.With("from", "fault.assignment.begun")
	}
	next.checkPeriod(f)
	if next.over(r.st.Now()) {
		f.With("until", "fault.date.past")
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := mayLast(ctx, r.st, next); err != nil {
		return err
	}
	if !next.lasting(r.st.Now()) {
		if err := keepAdministrator(ctx, r.st, was, func(o Assignment) bool { return o.ID == was.ID }); err != nil {
			return err
		}
	}
	if err := setPeriod(ctx, r.st, r.by, was, next.From, next.Until, was.Rev); err != nil || next.Until.IsZero() {
		return err
	}
	return endDelegations(ctx, r.st, r.by, was, next.Until)
}

// scopeWords are what people call the scopes that a table can name, folded.
func scopeWords() map[ScopeKind][]string {
	return map[ScopeKind][]string{
		WholeInstitution: {"institution", "instansi"},
		Subtree:          {"subtree", "unitdanbawahannya", "unitdandibawahnya", "unitandbelow"},
		OneUnit:          {"unit", "satuunit", "oneunit"},
	}
}

// roleWords are what people call the roles, folded; the code of each counts too.
func roleWords() map[Role][]string {
	words := map[Role][]string{
		InstitutionHead:     {"pimpinaninstansi"},
		UnitHead:            {"pimpinanunit", "pimpinanunitkerja"},
		Coordinator:         {"koordinator", "koordinatortimkerjazi"},
		Member:              {"anggota", "anggotatimkerjazi"},
		Employee:            {"pegawai"},
		PreliminaryAssessor: {"penilaipendahuluan"},
		TPIMember:           {"anggotatpi"},
		TPILeader:           {"ketuatpi"},
		TPIController:       {"pengendaliteknis", "pengendaliteknistpi"},
		TPNEvaluator:        {"evaluatortpn", "penilaitpn"},
		TPNPanel:            {"paneltpn"},
		SurveyOfficer:       {"petugassurvei"},
		Observer:            {"pengamat", "pemantau"},
	}
	for _, role := range Roles() {
		words[role] = append(words[role], foldWord(string(role)))
	}
	return words
}
