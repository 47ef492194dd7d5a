package locale

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zone data travels in the binary: a small server may have none
)

// The zones of Indonesia, by IANA name.
const (
	WIB  = "Asia/Jakarta"
	WITA = "Asia/Makassar"
	WIT  = "Asia/Jayapura"
)

// Zones lists the zones of Indonesia from west to east, for forms.
func Zones() []string { return []string{WIB, WITA, WIT} }

// home holds the zones of Indonesia, read once: every page prints in one of them.
var home = sync.OnceValue(func() map[string]*time.Location {
	zones := map[string]*time.Location{}
	for _, name := range Zones() {
		if zone, err := time.LoadLocation(name); err == nil {
			zones[name] = zone
		}
	}
	return zones
})

// Zone returns the zone with this IANA name. "" and "Local" are errors: the machine's zone decides nothing.
func Zone(name string) (*time.Location, error) {
	if zone, ok := home()[name]; ok {
		return zone, nil
	}
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("time zone %q: not an IANA name", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", name, err)
	}
	return zone, nil
}

// Date returns the day of t in the zone: "31 Mei 2025". A nil zone is UTC.
func (p *Printer) Date(t time.Time, zone *time.Location) string {
	t = in(t, zone)
	return strconv.Itoa(t.Day()) + " " + p.months[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// DateTime returns day, time and zone: "31 Mei 2025 pukul 23.59 WIB". A nil zone is UTC.
func (p *Printer) DateTime(t time.Time, zone *time.Location) string {
	return p.Date(t, zone) + " " + p.T("locale.at") + " " + p.Time(t, zone)
}

// Deadline returns the last minute in which something may still be done, where end is the first moment at which it is
// too late: midnight after 31 May reads "31 Mei 2025 pukul 23.59 WIB".
func (p *Printer) Deadline(end time.Time, zone *time.Location) string {
	return p.DateTime(end.Add(-time.Nanosecond), zone)
}

// FullDateTime returns DateTime with the day of the week: "Sabtu, 31 Mei 2025 pukul 23.59 WIB".
func (p *Printer) FullDateTime(t time.Time, zone *time.Location) string {
	return p.days[in(t, zone).Weekday()] + ", " + p.DateTime(t, zone)
}

// Time returns the time of day with its zone, always: "23.59 WIB". Seconds are dropped, never rounded up.
func (p *Printer) Time(t time.Time, zone *time.Location) string {
	t = in(t, zone)
	name, _ := t.Zone()
	return fmt.Sprintf("%02d%s%02d %s", t.Hour(), p.clock, t.Minute(), name)
}

func in(t time.Time, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone)
}

// The forms of date fields in HTML, the same in every language.
const (
	dayForm    = "2006-01-02"
	minuteForm = "2006-01-02T15:04"
)

// errInstant is what ParseInstant returns, wrapped with the text, for anything but the two forms.
var errInstant = errors.New("not a date (2025-05-31) or a date and time (2025-05-31T23:59)")

// ParseInstant reads what a date or date-and-time field of a form sends and returns that wall-clock time in the
// zone as an instant in UTC. A day alone is its first moment. A time that the zone's clocks skip is an error.
func ParseInstant(s string, zone *time.Location) (time.Time, error) {
	form := minuteForm
	if !strings.Contains(s, "T") {
		form = dayForm
	}
	t, err := time.ParseInLocation(form, s, zone)
	if err != nil || t.Format(form) != s || t.Year() < 1900 || t.Year() > 9999 {
		return time.Time{}, fmt.Errorf("%q: %w", shorten(s), errInstant)
	}
	return t.UTC(), nil
}

// FormatInstant writes t for a date-and-time field; ParseInstant reads it back to the minute.
func FormatInstant(t time.Time, zone *time.Location) string { return in(t, zone).Format(minuteForm) }
