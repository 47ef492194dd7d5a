package locale

import (
	"testing"
	"time"
)

func TestDatesAreWrittenWithTheirZone(t *testing.T) {
	t.Parallel()
	deadline := time.Date(2025, 5, 31, 16, 59, 59, 0, time.UTC)
	for _, c := range []struct{ zone, id, en string }{
		{WIB, "Sabtu, 31 Mei 2025 pukul 23.59 WIB", "Saturday, 31 May 2025 at 23:59 WIB"},
		{WITA, "Minggu, 1 Juni 2025 pukul 00.59 WITA", "Sunday, 1 June 2025 at 00:59 WITA"},
		{WIT, "Minggu, 1 Juni 2025 pukul 01.59 WIT", "Sunday, 1 June 2025 at 01:59 WIT"},
		{"Asia/Pontianak", "Sabtu, 31 Mei 2025 pukul 23.59 WIB", "Saturday, 31 May 2025 at 23:59 WIB"},
		{"UTC", "Sabtu, 31 Mei 2025 pukul 16.59 UTC", "Saturday, 31 May 2025 at 16:59 UTC"},
	} {
		zone, err := Zone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := For("id").FullDateTime(deadline, zone); got != c.id {
			t.Errorf("%s: %s, want %s", c.zone, got, c.id)
		}
		if got := For("en").FullDateTime(deadline, zone); got != c.en {
			t.Errorf("%s: %s, want %s", c.zone, got, c.en)
		}
	}
	if got := For("id").Date(deadline, nil); got != "31 Mei 2025" {
		t.Errorf("without a zone: %s", got)
	}
}

func TestADeadlineNamesTheLastMinuteThatStillCounts(t *testing.T) {
	t.Parallel()
	zone, err := Zone(WIB)
	if err != nil {
		t.Fatal(err)
	}
	midnight := time.Date(2025, 5, 31, 17, 0, 0, 0, time.UTC)
	for end, want := range map[time.Time]string{
		midnight:                        "31 Mei 2025 pukul 23.59 WIB",
		midnight.Add(time.Nanosecond):   "1 Juni 2025 pukul 00.00 WIB",
		midnight.Add(-9 * time.Hour):    "31 Mei 2025 pukul 14.59 WIB",
		midnight.Add(-30 * time.Second): "31 Mei 2025 pukul 23.59 WIB",
	} {
		if got := For("id").Deadline(end, zone); got != want {
			t.Errorf("before %s: %s, want %s", end, got, want)
		}
	}
}

func TestZoneRefusesWhatIsNotAName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Local", "WIB", "Asia/Nowhere", "../etc/passwd"} {
		if zone, err := Zone(name); err == nil {
			t.Errorf("Zone(%q) = %v", name, zone)
		}
	}
	for _, name := range Zones() {
		if zone, err := Zone(name); err != nil || zone.String() != name || !For("id").Has("locale.zone."+name) {
			t.Errorf("Zone(%q) = %v, %v", name, zone, err)
		}
	}
}

func TestParseInstantReadsWallClockTimeInTheZone(t *testing.T) {
	t.Parallel()
	wib, err := Zone(WIB)
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		zone *time.Location
		want string // "" is an error
	}{
		{"2025-05-31T23:59", wib, "2025-05-31T16:59:00Z"},
		{"2025-06-01", wib, "2025-05-31T17:00:00Z"},
		{"2024-02-29", wib, "2024-02-28T17:00:00Z"},
		{"2025-02-29", wib, ""},
		{"2025-03-30T02:30", berlin, ""}, // the clocks skip it
		{"2025-05-31T24:00", wib, ""},
		{"2025-5-31", wib, ""},
		{"0001-01-01", wib, ""},
		{"31/05/2025", wib, ""},
		{"2025-05-31T23:59:00Z", wib, ""},
		{"", wib, ""},
	} {
		got, err := ParseInstant(c.text, c.zone)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%q is %v, want an error", c.text, got)
		case c.want != "" && (err != nil || got.Format(time.RFC3339) != c.want):
			t.Errorf("%q is %v, %v; want %s", c.text, got, err, c.want)
		}
	}
}

func FuzzParseInstant(f *testing.F) {
	for _, s := range []string{"2025-05-31T23:59", "2025-06-01", "9999-12-31T23:59", "2025-05-31T", "-001-01-01"} {
		f.Add(s)
	}
	wib, err := Zone(WIB)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := ParseInstant(s, wib)
		if err != nil {
			return
		}
		if got := FormatInstant(at, wib); got != s && got != s+"T00:00" {
			t.Fatalf("%q comes back as %q", s, got)
		}
	})
}
