package app

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"zona/internal/audit"
	"zona/internal/idempotency"
	"zona/internal/locale"
	"zona/internal/org"
)

// TestWhatWasDoneAtTheCommandLineStandsInTheTrailInWords: an administrator of the institution reads it there, with the
// system as the one who did it.
func TestWhatWasDoneAtTheCommandLineStandsInTheTrailInWords(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	db := w.db
	p, err := db.Org().Person(t.Context(), w.sessions["coordinator"].Session.Person)
	w.must(err)
	var out bytes.Buffer
	c := &console{db: db, person: p, text: locale.For("id"), out: &out}
	w.must(c.signIn(audit.ConsoleUnlocked).Unlock(t.Context(), org.Console(), p.ID))
	w.must(c.organisation(audit.ConsoleClosed).ClosePerson(t.Context(), org.Console(), idempotency.Key{}, p.ID))
	code, text := w.read("administrator", "/log")
	for _, words := range []string{"Kunci akun dibuka melalui baris perintah", "Akun ditutup melalui baris perintah"} {
		if code != http.StatusOK || !strings.Contains(text, words) {
			t.Errorf("status %d, the page does not say %q", code, words)
		}
	}
	// A command that is refused leaves no event of its own: the last administrator stays.
	root, err := db.Org().PersonByLogin(t.Context(), "root@x.example")
	w.must(err)
	c.person = root
	before, err := db.Verify(t.Context())
	w.must(err)
	if err := c.organisation(audit.ConsoleClosed).ClosePerson(t.Context(), org.Console(), idempotency.Key{}, root.ID); err == nil {
		t.Error("the last administrator was closed")
	}
	after, err := db.Verify(t.Context())
	w.must(err)
	if before.Events != after.Events {
		t.Error("a refused command left an event")
	}
}
