package backup

import "time"

// The ages at which a warning is due.
const (
	FreshFor  = 24 * time.Hour      // a copy
	TestedFor = 30 * 24 * time.Hour // a restore
	// underWay is what the next copy may take, so that a daily one does not warn while it is being written.
	underWay = time.Hour
)

// State is what an instance knows of its copies. A zero instant is "never".
type State struct {
	Off                 bool      // copies are switched off
	Born                time.Time // when the instance began
	Made                time.Time // the last whole copy
	Tested, TestedBadly time.Time // the last restore that agreed, and that did not
}

// Warning is what is wrong with the copies of an instance.
type Warning string

// The warnings; None is "".
const (
	None         Warning = ""
	SwitchedOff  Warning = "off"       // nobody asked for copies
	NeverMade    Warning = "never"     // there is none
	Stale        Warning = "stale"     // the last one is older than a day
	NotRestored  Warning = "untested"  // none was restored within a month
	RestoreWrong Warning = "test_fail" // the last restore did not agree
)

// Judge says what is wrong now, the worst first. An instance has a day before its first copy is missed.
func Judge(s State, now time.Time) Warning {
	since := func(t time.Time) time.Duration {
		if t.Before(s.Born) {
			t = s.Born
		}
		return now.Sub(t)
	}
	switch {
	case s.Off:
		return SwitchedOff
	case s.TestedBadly.After(s.Tested):
		return RestoreWrong
	case s.Born.IsZero() && s.Made.IsZero(): // nothing is in it yet
		return None
	case s.Made.IsZero() && since(s.Made) >= FreshFor:
		return NeverMade
	case since(s.Made) >= FreshFor+underWay:
		return Stale
	case since(s.Tested) >= TestedFor:
		return NotRestored
	}
	return None
}

// Due reports whether a copy is to be made: never yet, none for a day, or the hour of the day has come since the
// last one.
func Due(last, now time.Time, hour int, zone *time.Location) bool {
	if last.IsZero() || now.Sub(last) >= FreshFor {
		return true
	}
	local := now.In(zone)
	turn := time.Date(local.Year(), local.Month(), local.Day(), hour, 0, 0, 0, zone)
	if turn.After(now) {
		turn = turn.AddDate(0, 0, -1)
	}
	return last.Before(turn)
}
