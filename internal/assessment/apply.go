package assessment

import (
	"context"
	"maps"
	"slices"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/org"
)

// Decision is what ApplyImport and UndoImport need. Mode is for applying.
type Decision struct {
	Key        idempotency.Key
	Assessment string
	Import     string
	Mode       ImportMode
}

// Taken is what an import, or its undoing, did.
type Taken struct {
	Changed []string // question ids, in sheet order
	Kept    []string // left alone, since somebody has changed them meanwhile
	Version int      // of the sheet after it
}

// ApplyImport takes a previewed import's answers into the sheet: only where nothing stands, or over what stands.
// What somebody else has changed since the preview is kept and named. All changes are one event.
func (s *Service) ApplyImport(ctx context.Context, by org.Actor, cmd Decision) (Taken, error) {
	if cmd.Mode != FillEmpty && cmd.Mode != Overwrite {
		return Taken{}, fault.Form().With("mode", "fault.field.choose")
	}
	return run(ctx, s.tx, cmd.Key, func(ctx context.Context, st Store) (Taken, error) {
		w, i, err := s.decide(ctx, st, by, cmd, Done)
		if err != nil {
			return Taken{}, err
		}
		list := Compare(w.in, slices.Collect(maps.Values(w.entries)), i, by.Person)
		out, changed := w.plan(st, by, list, cmd.Mode)
		if len(changed) == 0 {
			return Taken{}, fault.New(fault.Invalid, "fault.import.nothing")
		}
		i.State = Done
		for _, e := range changed {
			before := w.entry(e.Question)
			i.Applied = append(i.Applied, Applied{
				Question: e.Question, Before: before.Answer, Note: before.Note, Revision: e.Revision,
			})
		}
		if err := st.SaveImport(ctx, i, Previewed); err != nil {
			return Taken{}, err
		}
		return w.takeAll(ctx, st, by, out, changed, audit.ImportApplied,
			audit.Change{Field: "import", To: i.ID}, audit.Change{Field: "mode", To: string(cmd.Mode)})
	})
}

// UndoImport gives back what stood before an import was applied, wherever the answer is still the one that the
// import made; later changes are kept and named.
func (s *Service) UndoImport(ctx context.Context, by org.Actor, cmd Decision) (Taken, error) {
	return run(ctx, s.tx, cmd.Key, func(ctx context.Context, st Store) (Taken, error) {
		w, i, err := s.decide(ctx, st, by, cmd, Undone)
		if err != nil {
			return Taken{}, err
		}
		var out Taken
		var changed []Entry
		for _, a := range i.Applied {
			if w.entry(a.Question).Revision != a.Revision {
				out.Kept = append(out.Kept, a.Question)
				continue
			}
			changed = append(changed, w.change(st, by, a.Question, a.Before, a.Note))
		}
		i.State = Undone
		if err := st.SaveImport(ctx, i, Done); err != nil {
			return Taken{}, err
		}
		return w.takeAll(ctx, st, by, out, changed, audit.ImportUndone, audit.Change{Field: "import", To: i.ID})
	})
}

// decide begins with the sheet of an import and checks that the import may go to the state. An import of another
// sheet does not exist.
func (s *Service) decide(ctx context.Context, st Store, by org.Actor, cmd Decision, to ImportState) (*working, Import, error) {
	w, err := s.begin(ctx, st, by, org.ImportWorkbook, cmd.Assessment)
	if err != nil {
		return nil, Import{}, err
	}
	i, err := st.Import(ctx, cmd.Import)
	if err == nil && i.Assessment != w.ID {
		err = fault.New(fault.NotFound, "fault.not_found")
	}
	if err != nil {
		return nil, Import{}, err
	}
	return w, i, i.State.step(to)
}

// plan lists the next revisions that differences make in a mode, and what is kept.
func (w *working) plan(st Store, by org.Actor, list []Difference, mode ImportMode) (Taken, []Entry) {
	var out Taken
	var changed []Entry
	for _, d := range list {
		if d.Kind == Newer && mode == Overwrite {
			out.Kept = append(out.Kept, d.Question)
		}
		if a, note, ok := d.take(mode); ok {
			changed = append(changed, w.change(st, by, d.Question, a, note))
		}
	}
	return out, changed
}

// takeAll saves many entries at once, settles the total and appends one event that names each change.
func (w *working) takeAll(ctx context.Context, st Store, by org.Actor, out Taken, changed []Entry, kind string, about ...audit.Change) (Taken, error) {
	event := w.event(st, by, kind, about...)
	for _, e := range changed {
		if err := tell(&event, w.entry(e.Question), e); err != nil {
			return Taken{}, err
		}
		out.Changed = append(out.Changed, e.Question)
	}
	if len(changed) > 0 {
		if err := st.SaveEntries(ctx, w.ID, changed); err != nil {
			return Taken{}, err
		}
		if _, err := w.settle(ctx, st, changed...); err != nil {
			return Taken{}, err
		}
	}
	out.Version = w.Version
	return out, st.Append(ctx, event)
}

// Fill is what Service.Fill needs: many answers at once that come from no file.
type Fill struct {
	Key        idempotency.Key
	Assessment string
	Version    int // of the sheet that the writer has seen; needed to overwrite
	Mode       ImportMode
	Incoming   []Incoming
}

// Fill takes many answers into a sheet under the rules of an import, as one event. All are valid or none is taken;
// to overwrite, the writer must have seen the sheet as it stands, else it is fault.Conflict.
func (s *Service) Fill(ctx context.Context, by org.Actor, cmd Fill) (Taken, error) {
	return run(ctx, s.tx, cmd.Key, func(ctx context.Context, st Store) (Taken, error) {
		w, err := s.begin(ctx, st, by, org.ImportWorkbook, cmd.Assessment)
		if err != nil {
			return Taken{}, err
		}
		if cmd.Mode != FillEmpty && cmd.Mode != Overwrite {
			return Taken{}, fault.Form().With("mode", "fault.field.choose")
		}
		if cmd.Mode == Overwrite && cmd.Version != w.Version {
			return Taken{}, fault.New(fault.Conflict, "fault.conflict")
		}
		if err := checkAll(w.in, cmd.Incoming); err != nil {
			return Taken{}, err
		}
		// The version says that the writer has seen everything.
		list := compare(w.in, w.entries, cmd.Incoming, func(Entry) bool { return false })
		out, changed := w.plan(st, by, list, cmd.Mode)
		if len(changed) == 0 {
			out.Version = w.Version
			return out, nil
		}
		return w.takeAll(ctx, st, by, out, changed, audit.AnswersFilled, audit.Change{Field: "mode", To: string(cmd.Mode)})
	})
}

// checkAll names each question whose answer or note is refused.
func checkAll(in *instrument.Instrument, incoming []Incoming) error {
	f := fault.Form()
	for _, c := range incoming {
		for _, p := range distrust(in, c) {
			args := make(map[string]any, len(p.Args))
			for k, text := range p.Args {
				args[k] = text
			}
			f.Fields = append(f.Fields, fault.Field{Name: c.Question, Message: p.Rule, Args: args})
		}
	}
	return f.Err()
}
