package org

import (
	"context"
	"slices"
	"strings"

	"zona/internal/audit"
	"zona/internal/fault"
)

// units adds, changes and moves units by code. A parent may stand anywhere in the table: it is taken before what hangs
// under it.
func (r *rosterRun) units(ctx context.Context) error {
	if err := r.st.LockTree(ctx, r.cmd.Institution); err != nil {
		return err
	}
	known, codes, err := r.unitsByCode(ctx)
	if err != nil {
		return err
	}
	waiting := map[string]*RosterLine{}
	r.failed = map[string]bool{}
	for i := range r.cmd.Table.Rows {
		line := &r.cmd.Table.Rows[i]
		code := r.cell(line, "code")
		if first, twice := waiting[code]; twice {
			r.wrong(line, "code", "roster.row_twice", map[string]any{"Row": first.N})
			continue
		}
		if code == "" {
			r.wrong(line, "code", "fault.field.required", nil)
			continue
		}
		waiting[code] = line
	}
	for progress := true; progress && len(waiting) > 0; {
		progress = false
		for i := range r.cmd.Table.Rows {
			line := &r.cmd.Table.Rows[i]
			code := r.cell(line, "code")
			if waiting[code] != line || waiting[r.cell(line, "parent")] != nil {
				continue
			}
			progress = true
			delete(waiting, code)
			if err := r.unit(ctx, line, known, codes); err != nil {
				return err
			}
		}
	}
	for _, line := range waiting { // each waits for another of them
		r.wrong(line, "parent", "fault.unit.below_itself", nil)
	}
	return nil
}

// unit takes one row and notes the unit among the known ones.
func (r *rosterRun) unit(ctx context.Context, line *RosterLine, known map[string]Unit, codes map[string]string) error {
	code := r.cell(line, "code")
	was := known[code]
	u, parent := was, was.Parent
	if r.has("parent") {
		above := r.cell(line, "parent")
		if r.failed[above] {
			r.failed[code] = true // told at the row above
			return nil
		}
		p, found := known[above]
		if !found && above != "" {
			r.failed[code] = true
			r.wrong(line, "parent", "roster.no_unit", nil)
			return nil
		}
		parent = p.ID
	}
	if was.ID == "" {
		u.ID, u.Institution = r.newID(), r.cmd.Institution
	}
	f := fault.Form()
	r.unitData(line, was, f).apply(&u)
	u.check(f, r.st.Now())
	if err := f.Err(); err != nil {
		r.failed[code] = true
		return r.refused(line, err)
	}
	if err := r.saveRow(ctx, &u, was, parent); err != nil {
		r.failed[code] = true
		return r.refused(line, err)
	}
	known[code], codes[u.ID] = u, code
	r.keep(line, code, was.ID == "", differing(
		RosterField{"code", was.Code, u.Code}, RosterField{"name", was.Name, u.Name},
		RosterField{"parent", codes[was.Parent], codes[u.Parent]}, RosterField{"kind", string(was.Kind), string(u.Kind)},
		RosterField{"services", strings.Join(was.Services, "; "), strings.Join(u.Services, "; ")},
		RosterField{"public_facing", yes(was.PublicFacing), yes(u.PublicFacing)},
		RosterField{"function", string(was.Function), string(u.Function)},
	))
	return nil
}

// saveRow writes a unit with the events of the same change by hand: made, or changed and moved.
func (r *rosterRun) saveRow(ctx context.Context, u *Unit, was Unit, parent string) error {
	if was.ID == "" {
		f := fault.Form()
		if err := u.place(ctx, r.st, f, parent, 1); err != nil {
			return err
		}
		if err := f.Err(); err != nil {
			return err
		}
		if err := r.st.InsertUnit(ctx, *u); err != nil {
			return err
		}
		return r.st.Append(ctx, u.event(audit.UnitCreated, r.by, r.st, u.changes(Unit{})...))
	}
	if changes := u.changes(was); len(changes) > 0 {
		if err := r.st.UpdateUnit(ctx, *u, u.Rev); err != nil {
			return err
		}
		u.Rev++
		if err := r.st.Append(ctx, u.event(audit.UnitChanged, r.by, r.st, changes...)); err != nil {
			return err
		}
	}
	if parent == was.Parent {
		return nil
	}
	return r.moveRow(ctx, u, parent)
}

// moveRow is MoveUnit for a row; paths are read again, since an earlier row may have moved what is above.
func (r *rosterRun) moveRow(ctx context.Context, u *Unit, parent string) error {
	was, err := r.st.Unit(ctx, u.ID)
	if err != nil {
		return err
	}
	deepest, err := r.st.Deepest(ctx, was)
	if err != nil {
		return err
	}
	now, f := was, fault.Form()
	if err := now.place(ctx, r.st, f, parent, deepest-depth(was.Path)+1); err != nil {
		return err
	}
	if strings.HasPrefix(now.Path, was.Path) {
		f = fault.Form().With("parent", "fault.unit.below_itself")
	}
	if was.Shut(r.st.Now()) {
		f.With("parent", "fault.unit.closed")
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := r.st.MoveUnit(ctx, was, now, was.Rev); err != nil {
		return err
	}
	*u = now
	u.Rev++
	return r.st.Append(ctx, u.event(audit.UnitMoved, r.by, r.st, audit.Change{Field: "parent", From: was.Parent, To: u.Parent}))
}

// unitData is what a row says of a unit; what its table does not say stays.
func (r *rosterRun) unitData(line *RosterLine, was Unit, f *fault.Fault) UnitData {
	d := UnitData{
		Name: was.Name, Code: r.cell(line, "code"), Kind: was.Kind, Services: was.Services, PublicFacing: was.PublicFacing,
		Function: was.Function, Opened: was.Opened,
	}
	r.set(line, "name", &d.Name)
	if r.has("services") {
		d.Services = strings.Split(r.cell(line, "services"), ";")
	}
	if s := r.cell(line, "kind"); r.has("kind") {
		if d.Kind = wordOf(unitKindWords(), s); d.Kind == "" && s != "" {
			d.Kind = UnitKind(s) // refused by the check
		}
	}
	if s := r.cell(line, "function"); r.has("function") {
		d.Function = UnitFunction(strings.ToLower(s))
	}
	if s := foldWord(r.cell(line, "public_facing")); r.has("public_facing") {
		d.PublicFacing = slices.Contains([]string{"ya", "yes", "y", "true", "1"}, s)
		if !d.PublicFacing && !slices.Contains([]string{"", "tidak", "no", "t", "n", "false", "0"}, s) {
			f.With("public_facing", "fault.field.choose")
		}
	}
	return d
}

// unitKindWords are what people call the kinds, folded.
func unitKindWords() map[UnitKind][]string {
	return map[UnitKind][]string{
		Echelon1:      {"echelon1", "echeloni", "eselon1", "eseloni"},
		Echelon2:      {"echelon2", "echelonii", "eselon2", "eselonii"},
		Province:      {"province", "provinsi", "unittingkatprovinsi"},
		PlainUnit:     {"unit", "unitkerja"},
		TechnicalUnit: {"upt", "unitpelaksanateknis"},
		OtherUnit:     {"other", "lainnya"},
	}
}

// wordOf finds the value that a cell's word stands for, "" for none.
func wordOf[T ~string](words map[T][]string, cell string) T {
	folded := foldWord(cell)
	for value, list := range words {
		if slices.Contains(list, folded) {
			return value
		}
	}
	return ""
}
