package assessment

import (
	"testing"
	"time"

	"zona/internal/fault"
	"zona/internal/org"
)

func TestStageIsDecidedByTheDatesToTheSecond(t *testing.T) {
	t.Parallel()
	p := Period{Opens: start, Deadline: deadline}
	for _, c := range []struct {
		name   string
		closed bool
		p      Period
		at     time.Time
		want   Stage
	}{
		{"a moment before the opening", false, p, start.Add(-1), NotYet},
		{"the opening", false, p, start, Open},
		{"a moment before the deadline", false, p, deadline.Add(-1), Open},
		{"the deadline, when WITA and WIT already write 1 June", false, p, deadline, Late},
		{"after it", false, p, deadline.AddDate(1, 0, 0), Late},
		{"a period without a deadline", false, Period{Opens: start}, deadline.AddDate(9, 0, 0), Open},
		{"closed before the opening", true, p, start.Add(-1), Shut},
		{"closed while open", true, p, now, Shut},
		{"closed after the deadline", true, p, deadline, Shut},
	} {
		if got := StageOf(Assessment{Closed: c.closed}, c.p, c.at); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Every role x capability x level x stage, against a rule said in other words: those whom the policy lets change
// an open self-assessment of their unit may, nobody else, and each refusal has its own message.
func TestWhoMayChangeWhatWhenIsAsTheTable(t *testing.T) {
	t.Parallel()
	u := org.Unit{ID: "u", Institution: "i", Path: "/u/"}
	p := Period{Opens: start, Deadline: deadline, Zone: "Asia/Jakarta"}
	moments := map[Stage]time.Time{NotYet: start.Add(-time.Second), Open: now, Late: deadline, Shut: now}
	writers := map[org.Capability]map[org.Role]bool{
		org.EditAnswer:     {org.UnitHead: true, org.Coordinator: true, org.Member: true},
		org.ImportWorkbook: {org.UnitHead: true, org.Coordinator: true},
	}
	scopes := map[string]org.Scope{
		"own":     inUnit,
		"sibling": {Kind: org.OneUnit, Institution: "i", Unit: "w", Path: "/w/"},
		"foreign": {Kind: org.OneUnit, Institution: "j", Unit: "v", Path: "/v/"},
	}
	cells := 0
	for c, may := range writers {
		for _, role := range org.Roles() {
			for place, scope := range scopes {
				for _, level := range []Level{Self, Preliminary, TPI, TPN} {
					for _, stage := range Stages() {
						cells++
						err := mayChange(actor("x", role, scope), c, u, Assessment{Level: level, Closed: stage == Shut}, p, moments[stage])
						want := "fault.not_found"
						reads := len(org.Grants(role, org.OneUnit)) > 0
						switch {
						case place != "own" || !reads:
						case !may[role]:
							want = "fault.forbidden"
						case stage == Shut:
							want = "fault.sheet_closed"
						case level != Self:
							want = "fault.sheet_level"
						case stage == NotYet:
							want = "fault.sheet_not_yet"
						case stage == Late:
							want = "fault.sheet_late"
						default:
							want = ""
						}
						if got := said(err); got != want {
							t.Errorf("%s of %s by %s, level %s, %s: %q, want %q", c, place, role, level, stage, got, want)
						}
					}
				}
			}
		}
	}
	t.Logf("%d cells", cells)
	// The guard behind the policy: a closed sheet stays closed for whatever capability is asked.
	if got := said(mayChange(siti, org.ViewSheet, u, Assessment{Level: Self, Closed: true}, p, now)); got != "fault.sheet_closed" {
		t.Errorf("by a capability that the policy does not take away: %q", got)
	}
}

func TestRefusalsByDateSayTheDateInItsZone(t *testing.T) {
	t.Parallel()
	u := org.Unit{ID: "u", Institution: "i", Path: "/u/"}
	for zone, want := range map[string]string{"Asia/Jayapura": "WIT", "nowhere": "UTC"} {
		err := mayChange(siti, org.EditAnswer, u, Assessment{Level: Self}, Period{Opens: start, Deadline: deadline, Zone: zone}, deadline)
		f, ok := fault.Of(err)
		if !ok {
			t.Fatal(err)
		}
		m := (&Period{Zone: zone}).moment(deadline)
		if got := f.Args["Deadline"]; got != m {
			t.Errorf("the deadline is %v, want %v", got, m)
		}
		if name, _ := m.At.In(m.Zone).Zone(); name != want {
			t.Errorf("said in %s, want %s", name, want)
		}
	}
}

func TestImportsAreAppliedOnceAndUndoneOnce(t *testing.T) {
	t.Parallel()
	all := []ImportState{Previewed, Done, Undone, "x"}
	for _, from := range all {
		for _, to := range all {
			want := from == Previewed && to == Done || from == Done && to == Undone
			if err := from.step(to); (err == nil) != want || err != nil && !fault.Is(err, fault.Conflict) {
				t.Errorf("from %s to %s: %v", from, to, err)
			}
		}
	}
}
