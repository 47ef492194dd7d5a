package storetest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/org"
	"zona/internal/store"
)

// AU07 erases a person and looks for the name everywhere: in every row of every table, in the whole log, and on SQLite
// in the bytes of all files. The control: before, it is in all of them.
func AU07(t *testing.T, fresh Fresh) {
	t.Helper()
	url := fresh(t)
	db := Open(t, store.Config{URL: url}, nil)
	w := newWorld(t, db)
	const name, login, nip = "Kertanegara Wahyuningtyas", "kertanegara@contoh.example", "199001012015011001"
	p := org.Person{ID: "keris", Institution: w.Inst.ID, Unit: w.Court.ID, Name: name, NIP: nip, Position: "Panitera", Login: login}
	appended := func(ctx context.Context, s org.Store, kind string) error {
		e := w.event(kind)
		e.Object = audit.Object{Kind: "person", ID: p.ID}
		e.Personal = []audit.Personal{{Field: "name", Value: name}, {Field: "login", Value: login}, {Field: "nip", Value: nip}}
		return s.Append(ctx, e)
	}
	w.org(t, func(ctx context.Context, s org.Store) error {
		return first(
			func() error { return s.InsertPerson(ctx, p) },
			func() error { return appended(ctx, s, audit.PersonCreated) },
			func() error { return appended(ctx, s, audit.PersonClosed) },
		)
	})
	behind := raw(t, url)
	run(t, behind, `INSERT INTO credential (person, hash, changed_at) VALUES ('keris', '$argon2id$x', 1)`)
	before := fillLog(t, w, 20)
	places := func() (found []string) {
		t.Helper()
		for _, word := range []string{"kertanegara", "wahyuningtyas", nip} {
			found = append(found, whereIs(t, w, url, word)...)
		}
		return found
	}
	if found := places(); len(found) < 5 {
		t.Fatalf("before, the name is only in %q: this test could not fail", found)
	}
	testMayErase(t, w, p)
	officer := org.Actor{Person: w.Person.ID, Assignments: []org.Assignment{{Role: org.Administrator, Scope: org.Scope{Kind: org.WholeInstance}}}}
	cmd := org.ErasePerson{Key: key("erase", ""), Person: p.ID, Reason: "Permohonan 12/2026, Pasal 8"}
	for range 2 { // the same request again changes nothing
		if err := org.Erase(t.Context(), db.Org(), officer, cmd); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := places(); len(found) > 0 {
		t.Errorf("after the erasure the name is in %q", found)
	}
	r := must(db.Verify(t.Context(), before))(t, "verify")
	if r.Found > 0 || r.Erased != 6 || r.Events != before.Size+1 {
		t.Errorf("the log after the erasure: %+v", r)
	}
	if n := len(texts(t, behind, `SELECT person FROM credential WHERE person = 'keris'`)); n != 0 {
		t.Error("the password is still there")
	}
	if again := must(db.Org().Person(t.Context(), p.ID))(t, "person"); !again.Closed || again.Institution != p.Institution || again.Unit != p.Unit {
		t.Errorf("what is left is %+v", again)
	}
}

// testMayErase: whoever lacks one of the capabilities erases nothing, and an open account is closed first.
func testMayErase(t *testing.T, w world, p org.Person) {
	t.Helper()
	over := func(role org.Role, scope org.Scope) org.Actor {
		return org.Actor{Person: "x", Institution: w.Inst.ID, Assignments: []org.Assignment{{Role: role, Scope: scope}}}
	}
	root := over(org.Administrator, org.Scope{Kind: org.WholeInstance})
	for name, c := range map[string]struct {
		by     org.Actor
		reason string
		want   fault.Kind
	}{
		"nobody":                              {org.Actor{}, "Permohonan 12/2026", fault.NotFound},
		"an administrator of one institution": {over(org.Administrator, org.Scope{Kind: org.WholeInstitution, Institution: w.Inst.ID}), "Permohonan 12/2026", fault.Forbidden},
		"a head of institution":               {over(org.InstitutionHead, org.Scope{Kind: org.WholeInstitution, Institution: w.Inst.ID}), "Permohonan 12/2026", fault.Forbidden},
		"no reason":                           {root, "", fault.Invalid},
		"an account that is open":             {root, "Permohonan 12/2026", fault.Invalid},
	} {
		if err := org.Erase(t.Context(), w.db.Org(), c.by, org.ErasePerson{Person: p.ID, Reason: c.reason}); !fault.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := org.Erase(t.Context(), w.db.Org(), root, org.ErasePerson{Person: "none", Reason: "Permohonan 12/2026"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody who is not there: %v", err)
	}
	if again := must(w.db.Org().Person(t.Context(), p.ID))(t, "person"); again.Name != p.Name {
		t.Fatalf("it was erased all the same: %+v", again)
	}
	w.org(t, func(ctx context.Context, s org.Store) error {
		closed, err := s.Person(ctx, p.ID)
		closed.Closed = true
		return first(func() error { return err }, func() error { return s.UpdatePerson(ctx, closed, closed.Rev) })
	})
}

// whereIs looks for a word, without regard to case, in every table, in the whole log and in the files of SQLite.
func whereIs(t testing.TB, w world, url, word string) (found []string) {
	t.Helper()
	holds := func(s string) bool { return strings.Contains(strings.ToLower(s), word) }
	behind := raw(t, url)
	tables := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`
	if strings.Contains(url, "://") {
		tables = `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`
	}
	for _, table := range texts(t, behind, tables) {
		for _, line := range linesOf(t, behind, table) {
			if holds(line) {
				found = append(found, word+" in table "+table)
			}
		}
	}
	err := w.db.Trail().Whole(t.Context(), func(b []byte) error {
		if holds(string(b)) {
			found = append(found, word+" in the log")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(url, "://") {
		return found
	}
	files, err := filepath.Glob(url + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %q, %v", files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if holds(string(b)) {
			found = append(found, word+" in file "+filepath.Base(file))
		}
	}
	return found
}
