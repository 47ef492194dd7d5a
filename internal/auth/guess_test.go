package auth

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"zona/internal/fault"
	"zona/internal/org"
)

// guess tries a wrong password and reports whether it was evaluated.
func guess(t *testing.T, s *Service, login, source string) bool {
	t.Helper()
	_, err := s.SignIn(context.Background(), Credentials{Login: login, Password: "tebakan yang salah", Source: source})
	if said(err) != "fault.sign_in" && !fault.Is(err, fault.TooMany) {
		t.Fatal(err)
	}
	return said(err) == "fault.sign_in"
}

func sourceOf(i int) string { return fmt.Sprintf("198.%d.%d.%d", i/62500, i/250%250, i%250) }

func TestAN03TenThousandTriesOnOneAccountAreTenEvaluations(t *testing.T) {
	t.Parallel()
	for _, sources := range []int{1, 1000} {
		s, m := setup(t)
		ctx := context.Background()
		own, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret, Source: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		before, evaluated := m.state.evaluated, 0
		for i := range 10_000 {
			if guess(t, s, "siti@pn.example", sourceOf(i%sources)) {
				evaluated++
			}
		}
		if evaluated != maxPerAccount || m.state.evaluated-before != evaluated {
			t.Errorf("%d sources: %d evaluations, %d reads of credentials", sources, evaluated, m.state.evaluated-before)
		}
		// The owner gets in with a browser of hers, and only she; others are not touched at all.
		if _, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret, Source: "192.0.2.1", Browser: Browser{Known: own.Device}}); err != nil {
			t.Errorf("%d sources: the owner in a known browser: %v", sources, err)
		}
		if _, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: secret, Source: "192.0.2.1", Browser: Browser{Known: strings.Repeat("A", 43)}}); !fault.Is(err, fault.TooMany) {
			t.Errorf("%d sources: a browser that says it is known: %v", sources, err)
		}
		if sources > 1 && !guess(t, s, "budi", sourceOf(9999)) {
			t.Error("another account is locked too")
		}
		// What was known is no free way to guess either.
		in := 0
		for range 100 {
			_, err := s.SignIn(ctx, Credentials{Login: "siti@pn.example", Password: "x", Source: "192.0.2.1", Browser: Browser{Known: own.Device}})
			if said(err) == "fault.sign_in" {
				in++
			}
		}
		if in != maxPerAccount {
			t.Errorf("%d sources: %d evaluations from a known browser", sources, in)
		}
	}
}

// The window goes with the last try: at no time are there more than ten in a quarter of an hour.
func TestAN03NoQuarterOfAnHourHoldsMoreThanTenTries(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	var at []time.Time
	for i := range 3 * 60 {
		if guess(t, s, "siti@pn.example", sourceOf(i)) {
			at = append(at, m.now)
		}
		m.now = m.now.Add(time.Minute)
	}
	for i := range at {
		if i+maxPerAccount < len(at) && at[i+maxPerAccount].Sub(at[i]) < window {
			t.Errorf("eleven tries from %v", at[i])
		}
	}
	if len(at) <= maxPerAccount {
		t.Error("the account is never let go")
	}
}

func TestAN03OneTryOnTenThousandAccountsRaisesAnAlarmWithinFiveMinutes(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	var alarms []int
	s.spray.alarm = func(accounts int) { alarms = append(alarms, accounts) }
	start := m.now
	var first time.Time
	for i := range 10_000 {
		guess(t, s, "orang"+strconv.Itoa(i), sourceOf(i))
		if len(alarms) > 0 && first.IsZero() {
			first = m.now
		}
		m.now = m.now.Add(100 * time.Millisecond)
	}
	if first.IsZero() || first.Sub(start) > 5*time.Minute {
		t.Errorf("the alarm came at %v", first)
	}
	// Told once in five minutes, not ten thousand times.
	if n := len(alarms); n < 3 || n > 5 || s.Sprays() != int64(n) || alarms[0] != sprayAccounts {
		t.Errorf("alarms %v, counted %d", alarms, s.Sprays())
	}
	// The control: a morning on which many mistype, each a few times, is no attack.
	s, m = setup(t)
	s.spray.alarm = func(int) { t.Error("an office is taken for an attack") }
	for i := range 400 {
		guess(t, s, "orang"+strconv.Itoa(i/4), sourceOf(0))
		m.now = m.now.Add(20 * time.Second)
	}
}

// TestAN03 at the real cost of a hash: the peak of the process, with what other tests of the package hold.
func TestAN03TwoHundredParallelSignInsStayBelow512MiB(t *testing.T) {
	if testing.Short() {
		t.Skip("hashes at full cost for some seconds: runs without -short")
	}
	if runtime.GOOS != "linux" {
		t.Skip("reads the peak from /proc: runs on Linux")
	}
	s, m := setup(t)
	s.hasher = newHasher(Cost())
	hash, err := s.hasher.hash(context.Background(), secret)
	if err != nil {
		t.Fatal(err)
	}
	const people = 200
	for i := range people {
		id := "p" + strconv.Itoa(i)
		m.state.people[id] = org.Person{ID: id, Name: "Orang", Login: id}
		m.state.hashes[id] = hash
	}
	debug.FreeOSMemory()
	start := time.Now()
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() {
			_, err := s.SignIn(context.Background(), Credentials{Login: "p" + strconv.Itoa(i), Password: secret, Source: sourceOf(i)})
			if err != nil {
				t.Errorf("person %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	peak := peakMiB(t)
	t.Logf("%d sign-ins at once in %v, peak %d MiB, %d at a time", people, time.Since(start).Round(time.Millisecond), peak, cap(s.hasher.slots))
	if peak >= 512 {
		t.Errorf("the process took %d MiB", peak)
	}
	// The control: without the queue the same sign-ins need 200 times 19 MiB.
	if need := people * int(Cost().Memory) / 1024; need < 512 {
		t.Errorf("%d MiB would not tell", need)
	}
}

// peakMiB is the most that the process has had in memory at once.
func peakMiB(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return kib / 1024
		}
	}
	t.Fatal("no peak in /proc/self/status")
	return 0
}
