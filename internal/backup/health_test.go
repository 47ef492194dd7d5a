package backup

import (
	"testing"
	"time"
)

func TestBK06AWarningIsDueAfterADayWithoutACopyAndAMonthWithoutARestore(t *testing.T) {
	t.Parallel()
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	const day = 24 * time.Hour
	old := ago(400 * day)
	for _, tc := range []struct {
		name  string
		state State
		want  Warning
	}{
		{"an instance that nobody has used yet", State{}, None},
		{"its first day", State{Born: ago(day - time.Minute)}, None},
		{"a day without a copy", State{Born: ago(day)}, NeverMade},
		{"a copy of today", State{Born: old, Made: ago(time.Hour), Tested: ago(day)}, None},
		{"a day after the last copy, the next one under way", State{Born: old, Made: ago(day + time.Minute), Tested: ago(day)}, None},
		{"no copy for more than a day", State{Born: old, Made: ago(day + time.Hour), Tested: ago(day)}, Stale},
		{"restored 29 days ago", State{Born: old, Made: ago(time.Hour), Tested: ago(29 * day)}, None},
		{"restored 30 days ago", State{Born: old, Made: ago(time.Hour), Tested: ago(30 * day)}, NotRestored},
		{"never restored, and a month old", State{Born: ago(30 * day), Made: ago(time.Hour)}, NotRestored},
		{"never restored, and a week old", State{Born: ago(7 * day), Made: ago(time.Hour)}, None},
		{"the last restore was wrong", State{Born: old, Made: ago(time.Hour), Tested: ago(2 * day), TestedBadly: ago(day)}, RestoreWrong},
		{"wrong once, right since", State{Born: old, Made: ago(time.Hour), Tested: ago(day), TestedBadly: ago(2 * day)}, None},
		{"switched off", State{Off: true, Born: old, Made: ago(time.Hour), Tested: ago(day)}, SwitchedOff},
		{"switched off on the first day", State{Off: true}, SwitchedOff},
	} {
		if got := Judge(tc.state, noon); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestACopyIsDueOnceADayAtItsHour(t *testing.T) {
	t.Parallel()
	wib := time.FixedZone("WIB", 7*60*60)
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 5, day, hour, minute, 0, 0, wib) }
	for _, tc := range []struct {
		name      string
		last, now time.Time
		want      bool
	}{
		{"none was made", time.Time{}, at(20, 12, 0), true},
		{"before the hour", at(19, 1, 5), at(20, 0, 59), false},
		{"at the hour", at(19, 1, 5), at(20, 1, 0), true},
		{"made in this hour", at(20, 1, 0), at(20, 1, 1), false},
		{"made by hand in the evening", at(19, 22, 0), at(20, 1, 0), true},
		{"the machine slept through the hour", at(18, 1, 0), at(19, 23, 0), true},
		{"later on the same day", at(20, 1, 2), at(20, 23, 59), false},
	} {
		if got := Due(tc.last, tc.now.UTC(), 1, wib); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}
