package app

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"zona/internal/auth"
	"zona/internal/config"
	"zona/internal/org"
	"zona/internal/store"
	"zona/internal/store/storetest"
)

// replicas are several servers over one database, with one administrator who is signed in. SQLite has one server.
type replicas struct {
	handlers []http.Handler
	db       *store.DB
	session  auth.Opened
	actor    org.Actor
}

func newReplicas(t *testing.T, url string, n int) *replicas {
	t.Helper()
	r := &replicas{}
	for range n {
		cfg := config.Default()
		cfg.Database = url
		db, _, err := openDatabase(t.Context(), cfg, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		s := newServices(db, time.Now)
		h, err := handler(cfg, db, s, slog.New(slog.DiscardHandler), false)
		if err != nil {
			t.Fatal(err)
		}
		r.handlers = append(r.handlers, h)
		if r.db != nil {
			continue
		}
		r.db = db
		code, err := s.auth.PrepareSetUp(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.session, err = s.auth.SetUp(t.Context(), auth.FirstAdministrator{
			Code: code, Name: "Pertama", Login: "pertama@x.example", Password: accessPassword, Source: "test",
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.actor, err = s.org.Actor(t.Context(), r.session.Session.Person); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// post sends one form to one of the servers.
func (r *replicas) post(t *testing.T, server int, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	form.Set("_token", r.session.Session.Token)
	q := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost:8080"+path, strings.NewReader(form.Encode()))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Sec-Fetch-Site", "same-origin")
	q.AddCookie(&http.Cookie{Name: "zona", Value: r.session.Value})
	rec := httptest.NewRecorder()
	r.handlers[server%len(r.handlers)].ServeHTTP(rec, q)
	return rec
}

func (r *replicas) institutions(t *testing.T) int {
	t.Helper()
	list, err := r.db.Org().Institutions(t.Context(), org.Reach{All: true})
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// TestCC03OneKeyHasOneEffect sends the same form fifty times at once to every server there is: it is done once, and
// everybody is led to what it made. The same key with another form is refused.
func TestCC03OneKeyHasOneEffect(t *testing.T) {
	t.Parallel()
	for _, engine := range []struct {
		name    string
		fresh   storetest.Fresh
		servers int
	}{{"sqlite", storetest.SQLiteURL, 1}, {"postgres", storetest.PostgresURL, 3}} {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			if engine.name == "postgres" {
				storetest.Cluster(t)
			}
			r := newReplicas(t, engine.fresh(t), engine.servers)
			form := func(key, name string) url.Values {
				return url.Values{"_key": {key}, "name": {name}, "kind": {"kl"}, "zone": {"Asia/Jakarta"}}
			}
			places := make([]string, 50)
			var wait sync.WaitGroup
			for i := range places {
				wait.Go(func() {
					rec := r.post(t, i, "/admin/institutions", form("satu-percobaan", "Instansi Sekali"))
					places[i] = fmt.Sprint(rec.Code, " ", rec.Header().Get("Location"))
				})
			}
			wait.Wait()
			for i, place := range places {
				if place != places[0] || !strings.HasPrefix(place, "303 /") {
					t.Errorf("attempt %d led to %q, the first one to %q", i, place, places[0])
				}
			}
			if n := r.institutions(t); n != 1 {
				t.Errorf("%d institutions were made of one form", n)
			}
			if rec := r.post(t, 0, "/admin/institutions", form("satu-percobaan", "Instansi Lain")); rec.Code != http.StatusUnprocessableEntity {
				t.Errorf("the same key with another form: status %d", rec.Code)
			}
			// The control: other keys are other attempts, so that counting can tell.
			for i := range 3 {
				r.post(t, i, "/admin/institutions", form(fmt.Sprint("percobaan-", i), "Instansi "+fmt.Sprint(i)))
			}
			if n := r.institutions(t); n != 4 {
				t.Errorf("%d institutions after three more forms", n)
			}
		})
	}
}
