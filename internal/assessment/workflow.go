package assessment

import (
	"time"

	"zona/internal/fault"
	"zona/internal/locale"
	"zona/internal/org"
)

// Stage is where a sheet stands at an instant.
type Stage string

// The stages of a sheet. Only Open takes answers.
const (
	NotYet Stage = "not_yet" // the period has not opened
	Open   Stage = "open"
	Late   Stage = "late"   // the deadline is past
	Shut   Stage = "closed" // closed by hand, whatever the dates say
)

// Stages lists all stages.
func Stages() []Stage { return []Stage{NotYet, Open, Late, Shut} }

// StageOf tells the stage from the stored dates alone: the deadline itself is too late, the opening is not too early.
// A period without a deadline never gets late.
func StageOf(a Assessment, p Period, at time.Time) Stage {
	switch {
	case a.Closed:
		return Shut
	case at.Before(p.Opens):
		return NotYet
	case !p.Deadline.IsZero() && !at.Before(p.Deadline):
		return Late
	}
	return Open
}

// mayChange decides whether the actor may change answers of this sheet now, by this capability. First who, then
// when: whoever may not know of the sheet learns nothing of its dates.
func mayChange(by org.Actor, c org.Capability, u org.Unit, a Assessment, p Period, at time.Time) error {
	if err := org.Can(by, c, u.At(), org.State{Closed: a.Closed, At: at}).Fault(); err != nil {
		return err
	}
	// The columns of the evaluators are sheets of their own, which their own pages fill; a unit never writes there.
	if a.Level != Self {
		return fault.New(fault.Forbidden, "fault.sheet_level")
	}
	switch StageOf(a, p, at) {
	case NotYet:
		return fault.New(fault.Forbidden, "fault.sheet_not_yet", "Opens", p.moment(p.Opens))
	case Late:
		return fault.New(fault.Forbidden, "fault.sheet_late", "Deadline", p.moment(p.Deadline))
	case Shut: // Can has refused already for every capability that changes a sheet
		return fault.New(fault.Forbidden, "fault.sheet_closed")
	}
	return nil
}

// moment is an instant to be said in the zone in which the period's dates were written.
func (p Period) moment(at time.Time) locale.Moment {
	zone, err := locale.Zone(p.Zone)
	if err != nil {
		zone = time.UTC
	}
	return locale.Moment{At: at, Zone: zone}
}

// step says whether an import may go from where it stands to a state, and what is said when not: it is applied once,
// after its preview, and undone once, after that.
func (s ImportState) step(to ImportState) error {
	switch {
	case s == Previewed && to == Done, s == Done && to == Undone:
		return nil
	case s == Undone:
		return fault.New(fault.Conflict, "fault.import.undone")
	case s == Done:
		return fault.New(fault.Conflict, "fault.import.done")
	}
	return fault.New(fault.Conflict, "fault.import.not_done")
}
