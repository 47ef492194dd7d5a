package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"zona/internal/auth"
	"zona/internal/config"
	"zona/internal/org"
	"zona/internal/store"
)

// bannerWorld is an instance with an administrator of everything, one of one institution, and a past.
type bannerWorld struct {
	cfg      config.Config
	db       *store.DB
	services services
	sessions map[string]string
}

func newBannerWorld(t *testing.T, born time.Time) *bannerWorld {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.SecondFactor = t.TempDir(), "optional" // so that an old account may open pages
	cfg.Database = filepath.Join(cfg.Data, "z.db")
	turned := born
	clock := func() time.Time { return turned }
	db, _, err := openDatabaseAt(t.Context(), cfg, nil, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &bannerWorld{cfg: cfg, db: db, services: newServices(db, clock), sessions: map[string]string{}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	code, err := w.services.auth.PrepareSetUp(t.Context())
	must(err)
	root, err := w.services.auth.SetUp(t.Context(), auth.FirstAdministrator{Code: code, Name: "Root", Login: "root@x.example", Password: accessPassword, Source: "test"})
	must(err)
	actor, err := w.services.org.Actor(t.Context(), root.Session.Person)
	must(err)
	house, err := w.services.org.CreateInstitution(t.Context(), actor, org.NewInstitution{Name: "Mahkamah", Kind: org.Central, Zone: "Asia/Jakarta"})
	must(err)
	local, err := w.services.org.AddPerson(t.Context(), actor, org.NewPerson{Institution: house, PersonData: org.PersonData{Name: "Lokal", Login: "lokal@x.example"}})
	must(err)
	_, err = w.services.org.Assign(t.Context(), actor, org.NewAssignment{Person: local, Role: org.Administrator, Scope: org.Scope{Kind: org.WholeInstitution, Institution: house}})
	must(err)
	invitation, _, err := w.services.auth.Invite(t.Context(), actor, local)
	must(err)
	_, err = w.services.auth.Accept(t.Context(), auth.Acceptance{Code: invitation, Password: accessPassword, Source: "test"})
	must(err)
	turned = time.Now()
	for who, login := range map[string]string{"instance": "root@x.example", "institution": "lokal@x.example"} {
		opened, err := w.services.auth.SignIn(t.Context(), auth.Credentials{Login: login, Password: accessPassword, Source: "test"})
		must(err)
		w.sessions[who] = opened.Value
	}
	return w
}

// alarms are the headings of the warnings on a page, seen by a server that has just started.
func (w *bannerWorld) alarms(t *testing.T, cfg config.Config, who, path string) (labels []string, status int) {
	t.Helper()
	h, err := handler(cfg, w.db, w.services, slog.New(slog.DiscardHandler), false)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+path, nil)
	if value := w.sessions[who]; value != "" {
		r.AddCookie(&http.Cookie{Name: "zona", Value: value})
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	page, err := goquery.NewDocumentFromReader(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	page.Find("aside.z-alarm").Each(func(_ int, s *goquery.Selection) {
		labels = append(labels, s.Find("strong").Text())
		if s.Find(`a[href="/help#backup"]`).Length() != 1 {
			t.Errorf("%s: no link to what is to be done: %s", path, s.Text())
		}
	})
	return labels, rec.Code
}

// TestBK06AdministratorsOfTheInstanceSeeARedBanner looks at pages of an instance in every state of its copies.
func TestBK06AdministratorsOfTheInstanceSeeARedBanner(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	now := time.Now()
	run := func(kind string, good bool, ago time.Duration) store.BackupRun {
		return store.BackupRun{ID: org.NewID(), Kind: kind, Good: good, Started: now.Add(-ago), Ended: now.Add(-ago), File: "x.age"}
	}
	for _, tc := range []struct {
		name   string
		born   time.Duration
		runs   []store.BackupRun
		off    bool
		id, en string
	}{
		{name: "a new instance", born: 2 * time.Hour},
		{name: "two days without a copy", born: 2 * day, id: "Belum ada cadangan.", en: "There is no backup yet."},
		{
			name: "a copy of this morning, restored last week", born: 90 * day,
			runs: []store.BackupRun{run(store.BackupMade, true, 3*time.Hour), run(store.BackupTested, true, 7*day), run(store.BackupMade, false, 2*day)},
		},
		{
			name: "the last good copy is of the day before yesterday", born: 90 * day, id: "Cadangan terlambat.", en: "The backup is late.",
			runs: []store.BackupRun{run(store.BackupMade, true, 40*time.Hour), run(store.BackupTested, true, day), run(store.BackupMade, false, time.Hour)},
		},
		{
			name: "none was restored for more than a month", born: 90 * day, id: "Cadangan belum teruji.", en: "The backups are untested.",
			runs: []store.BackupRun{run(store.BackupMade, true, time.Hour), run(store.BackupTested, true, 31*day)},
		},
		{
			name: "the last restore failed", born: 90 * day, id: "Uji pemulihan cadangan gagal.", en: "The restore test failed.",
			runs: []store.BackupRun{run(store.BackupMade, true, time.Hour), run(store.BackupTested, true, 2*day), run(store.BackupTested, false, day)},
		},
		{
			name: "switched off", born: time.Hour, off: true, id: "Cadangan dimatikan.", en: "Backups are switched off.",
			runs: []store.BackupRun{run(store.BackupMade, true, time.Hour), run(store.BackupTested, true, day)},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newBannerWorld(t, now.Add(-tc.born))
			for _, r := range tc.runs {
				if err := w.db.Backups().Record(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			cfg := w.cfg
			cfg.Backup = !tc.off
			for _, path := range []string{"/account", "/admin", "/does-not-exist"} {
				for lang, want := range map[string]string{"id": tc.id, "en": tc.en} {
					got, status := w.alarms(t, cfg, "instance", path+"?lang="+lang)
					if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || got[0] != want) {
						t.Errorf("%s (%d) in %s: %q, want %q", path, status, lang, got, want)
					}
				}
			}
			for _, who := range []string{"institution", "nobody"} {
				if got, _ := w.alarms(t, cfg, who, "/help"); len(got) > 0 {
					t.Errorf("%s sees %q", who, got)
				}
			}
		})
	}
}

// Pages ask the database about copies once a minute, and an answer that cannot be had is a warning too.
func TestBK06TheStateOfTheCopiesIsAskedOnceAMinute(t *testing.T) {
	t.Parallel()
	asked, broken := 0, errors.New("gone")
	var fail error
	b := &backupWarnings{log: slog.New(slog.DiscardHandler), state: func(context.Context) (store.BackupState, error) {
		asked++
		return store.BackupState{Born: time.Unix(1, 0)}, fail
	}}
	at := time.Date(2026, 5, 20, 5, 0, 0, 0, time.UTC)
	for i := range 100 {
		if got := b.Warnings(t.Context(), at.Add(time.Duration(i)*time.Second/2)); len(got) != 1 || got[0].Message != "ui.warning.backup.never" {
			t.Fatalf("got %+v", got)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times within a minute", asked)
	}
	fail = broken
	if got := b.Warnings(t.Context(), at.Add(time.Minute)); asked != 2 || len(got) != 1 || got[0].Message != "ui.warning.backup.unknown" {
		t.Errorf("asked %d times, got %+v", asked, got)
	}
}
