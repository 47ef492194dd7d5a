package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"zona/internal/assessment"
	"zona/internal/audit"
	"zona/internal/auth"
	"zona/internal/exact"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/store"
)

// reporter is what a plain test and one of package rapid have in common.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// same fails the test when what was read is not what was wanted; an empty list and none are the same.
func same(t reporter, what string, got, want any) {
	t.Helper()
	opts := cmp.Options{
		cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b exact.Number) bool { return a.Cmp(b) == 0 }),
	}
	if d := cmp.Diff(want, got, opts); d != "" {
		t.Errorf("%s (- want, + got):\n%s", what, d)
	}
}

// must stops the test when reading failed.
func must[T any](v T, err error) func(t testing.TB, what string) T {
	return func(t testing.TB, what string) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return v
	}
}

func testRoundTrips(t *testing.T, fresh Fresh) {
	w := newWorld(t, Open(t, store.Config{URL: fresh(t)}, still))
	ctx := t.Context()
	t.Run("organisation", func(t *testing.T) { roundTripOrg(t, w) })
	t.Run("sign-in", func(t *testing.T) { roundTripAuth(ctx, t, w) })
	t.Run("sheet", func(t *testing.T) { roundTripSheet(ctx, t, w) })
	t.Run("import", func(t *testing.T) { roundTripImport(ctx, t, w) })
}

func roundTripOrg(t *testing.T, w world) {
	ctx, q := t.Context(), w.db.Org()
	same(t, "institution", must(q.Institution(ctx, "inst"))(t, "read institution"), w.Inst)
	same(t, "unit", must(q.Unit(ctx, "court"))(t, "read unit"), w.Court)
	same(t, "institutions", must(q.Institutions(ctx, org.Reach{All: true}))(t, "list institutions"), []org.Institution{w.Inst})

	grants := []org.Assignment{
		{ID: "g1", Person: "ani", Role: org.Coordinator, Scope: org.Scope{Kind: org.OneUnit, Institution: "inst", Unit: "court"}, From: start.AddDate(-1, 0, 0)},
		{ID: "g2", Person: "ani", Role: org.Observer, Scope: org.Scope{Kind: org.WholeInstance}, From: start.AddDate(-2, 0, 0), Until: start.AddDate(-1, 0, 0)},
		{ID: "g3", Person: "ani", Role: org.TPIMember, Scope: org.Scope{Kind: org.Subtree, Institution: "inst", Unit: "top"}, From: start.AddDate(0, 1, 0)},
	}
	changed := w.Person
	changed.Position, changed.Rev = "Ketua", 1
	w.org(t, func(ctx context.Context, s org.Store) error {
		for _, g := range grants {
			if err := s.InsertAssignment(ctx, g); err != nil {
				return err
			}
		}
		if err := s.UpdatePerson(ctx, changed, 0); err != nil {
			return err
		}
		got, err := s.Person(ctx, "ani")
		same(t, "person", got, changed)
		return err
	})
	grants[0].Scope.Path, grants[2].Scope.Path = "/top/court/", "/top/"
	same(t, "actor", must(q.Actor(ctx, "ani"))(t, "read actor"), org.Actor{
		Person: "ani", Name: w.Person.Name, Institution: "inst", Unit: "court", Path: "/top/court/", Lang: "id", Assignments: grants,
	})
	same(t, "people, with the roles of today", must(q.People(ctx, org.PersonQuery{Institution: "inst", Limit: 10}))(t, "list people"),
		[]org.PersonRow{{
			Person: changed, Unit: w.Court.Name, Roles: []org.Role{org.Coordinator}, After: org.Cursor{Sort: "ani contoh", ID: "ani"},
		}})
	w.org(t, func(ctx context.Context, s org.Store) error {
		return s.InsertPerson(ctx, org.Person{ID: "gone", Institution: "inst", Name: "Yang Pergi", Login: "gone", Closed: true})
	})
	wantNotFound(t, "a closed person as actor", func() error { _, err := q.Actor(ctx, "gone"); return err })
	if p := must(q.Person(ctx, "gone"))(t, "read a closed person"); !p.Closed {
		t.Errorf("a closed person came back as %+v", p)
	}
	same(t, "people of the instance", must(q.People(ctx, org.PersonQuery{Limit: 10}))(t, "list people"), []org.PersonRow(nil))
}

func roundTripAuth(ctx context.Context, t *testing.T, w world) {
	q := w.db.Auth()
	session := auth.Session{
		Hash: sha256.Sum256([]byte("cookie")), Person: "ani", Token: "form", Created: start, Seen: start, AuthedAt: start,
		Expires: start.Add(12 * time.Hour),
	}
	ended := session
	ended.Hash, ended.Expires = sha256.Sum256([]byte("old")), start
	code := auth.Code{Hash: sha256.Sum256([]byte("code")), Purpose: auth.Invitation, Person: "ani", Expires: start.Add(time.Hour)}
	late := code
	late.Hash, late.Expires = sha256.Sum256([]byte("late")), start
	used := code
	used.UsedAt = start
	_, _, err := q.InTx(ctx, idempotency.Key{}, func(ctx context.Context, s auth.Store) (string, error) {
		return "", first(
			func() error { return s.SetPassword(ctx, "ani", "$argon2id$one") },
			func() error { return s.SetPassword(ctx, "ani", "$argon2id$two") },
			func() error { return s.InsertSession(ctx, session) },
			func() error { return s.InsertSession(ctx, ended) },
			func() error { return s.InsertCode(ctx, code) },
			func() error { return s.InsertCode(ctx, late) },
			func() error { return s.SetPassword(ctx, "gone", "$argon2id$gone") },
		)
	})
	if err != nil {
		t.Fatalf("write: %v", err)
	}
	person, hash, err := q.Credentials(ctx, w.Person.Login)
	same(t, "credentials", must([]string{person, hash}, err)(t, "read credentials"), []string{"ani", "$argon2id$two"})
	same(t, "session", must(q.Session(ctx, session.Hash))(t, "read session"), session)
	wantNotFound(t, "an expired session", func() error { _, err := q.Session(ctx, ended.Hash); return err })
	same(t, "people", must(q.CountPeople(ctx))(t, "count people"), 2)

	if err := q.Touch(ctx, session.Hash, start.Add(time.Minute)); err != nil {
		t.Fatalf("touch: %v", err)
	}
	if err := q.Touch(ctx, session.Hash, start); err != nil {
		t.Fatalf("touch with an earlier time: %v", err)
	}
	session.Seen = start.Add(time.Minute)
	same(t, "touched session", must(q.Session(ctx, session.Hash))(t, "read session"), session)

	endedByRoles(ctx, t, w, session)

	wantNotFound(t, "an expired code", func() error { _, err := q.Code(ctx, late.Hash, auth.Invitation); return err })
	wantNotFound(t, "an expired code in use", func() error {
		_, _, err := q.InTx(ctx, idempotency.Key{}, func(ctx context.Context, s auth.Store) (string, error) {
			_, err := s.UseCode(ctx, late.Hash, auth.Invitation)
			return "", err
		})
		return err
	})
	wantNotFound(t, "the credentials of a closed person", func() error { _, _, err := q.Credentials(ctx, "gone"); return err })
	same(t, "code", must(q.Code(ctx, code.Hash, auth.Invitation))(t, "read code"), code)
	wantNotFound(t, "a code for something else", func() error { _, err := q.Code(ctx, code.Hash, auth.Setup); return err })
	useCode := func() (got auth.Code, err error) {
		_, _, err = q.InTx(ctx, idempotency.Key{}, func(ctx context.Context, s auth.Store) (string, error) {
			got, err = s.UseCode(ctx, code.Hash, auth.Invitation)
			return "", err
		})
		return got, err
	}
	same(t, "used code", must(useCode())(t, "use code"), used)
	wantNotFound(t, "a used code", func() error { _, err := useCode(); return err })
	wantNotFound(t, "the form of a used code", func() error { _, err := q.Code(ctx, code.Hash, auth.Invitation); return err })
}

// endedByRoles wants that a transaction of org ends all sessions of one person and of nobody else (AN-04), and none
// when it fails.
func endedByRoles(ctx context.Context, t *testing.T, w world, standing auth.Session) {
	q := w.db.Auth()
	sessions := map[string]auth.Session{}
	_, _, err := q.InTx(ctx, idempotency.Key{}, func(ctx context.Context, s auth.Store) (string, error) {
		for _, name := range []string{"one", "two"} {
			n := standing
			n.Hash, n.Person = sha256.Sum256([]byte(name)), "gone"
			sessions[name] = n
			if err := s.InsertSession(ctx, n); err != nil {
				return "", err
			}
		}
		return "", nil
	})
	if err != nil {
		t.Fatalf("insert sessions: %v", err)
	}
	failing := errors.New("given up")
	_, _, err = w.db.Org().InTx(ctx, idempotency.Key{}, func(ctx context.Context, s org.Store) (string, error) {
		return "", errors.Join(s.DeleteSessionsOf(ctx, "gone"), failing)
	})
	if !errors.Is(err, failing) {
		t.Fatalf("a transaction that fails: %v", err)
	}
	for name, n := range sessions {
		same(t, "session "+name+" after a transaction that failed", must(q.Session(ctx, n.Hash))(t, "read session"), n)
	}
	w.org(t, func(ctx context.Context, s org.Store) error { return s.DeleteSessionsOf(ctx, "gone") })
	for name, n := range sessions {
		wantNotFound(t, "session "+name+" of a person with other roles", func() error { _, err := q.Session(ctx, n.Hash); return err })
	}
	same(t, "somebody else's session", must(q.Session(ctx, standing.Hash))(t, "read session"), standing)
}

func roundTripSheet(ctx context.Context, t *testing.T, w world) {
	q := w.db.Assessments()
	entries := []assessment.Entry{
		{Question: question(1), Answer: instrument.Answer{Choice: "Ya"}, Note: "catatan <b>&</b>\n\t\"é\" 你", Revision: 1},
		{Question: question(2), Answer: index(t, "3.6"), Revision: 1},
		{Question: question(3), Answer: instrument.Answer{Inputs: map[string]int64{"agen": 4, "perubahan": 3}}, Revision: 1},
		{Question: question(4), Revision: 1},
	}
	for i := range entries {
		entries[i].ChangedBy, entries[i].ChangedAt = "ani", start
	}
	total := exact.Frac(1000, 3)
	sheet := w.Sheet
	sheet.Version, sheet.Total, sheet.Answered = 1, total, 3
	w.assessment(t, func(ctx context.Context, s assessment.Store) error {
		locked, err := s.Lock(ctx, "sheet")
		if err != nil {
			return err
		}
		same(t, "locked sheet", locked.Assessment, w.Sheet)
		same(t, "its unit", locked.Unit, w.Court)
		same(t, "its period", locked.Period, w.Period)
		if err := s.SaveEntries(ctx, "sheet", entries[:3]); err != nil {
			return err
		}
		if err := s.SaveEntry(ctx, "sheet", entries[3], 0); err != nil {
			return err
		}
		version, err := s.SaveTotals(ctx, "sheet", total, 3, start)
		same(t, "version", version, 1)
		if err != nil {
			return err
		}
		period, err := s.Period(ctx, "y26")
		same(t, "period", period, w.Period)
		if err != nil {
			return err
		}
		event := w.event(audit.AnswerSet, audit.Change{Field: "answer:" + question(1), To: `"Ya"`})
		event.Personal = []audit.Personal{{Field: "note:" + question(1), Value: "catatan"}}
		return s.Append(ctx, event)
	})
	for i := range entries {
		entries[i].ByName = w.Person.Name
	}
	same(t, "entries", must(q.Entries(ctx, "sheet"))(t, "read entries"), entries)
	same(t, "sheet", must(q.Sheet(ctx, "sheet"))(t, "read sheet"),
		assessment.Sheet{Assessment: sheet, Unit: w.Court, Institution: w.Inst, Period: w.Period})
	same(t, "version to poll", must(q.Version(ctx, "sheet"))(t, "read version"), 1)
	same(t, "periods", must(q.Periods(ctx, "inst"))(t, "list periods"), []assessment.Period{w.Period})
	same(t, "assessments", must(q.Assessments(ctx, "court"))(t, "list assessments"), []assessment.Assessment{sheet})
	same(t, "history", must(q.History(ctx, "sheet", question(1), 5))(t, "read history"),
		[]assessment.Revision{{At: start, By: "ani", ByName: w.Person.Name, To: `"Ya"`, Note: "catatan"}})
	same(t, "history of another question", must(q.History(ctx, "sheet", question(2), 5))(t, "read history"), []assessment.Revision(nil))
	same(t, "units by name, whatever the case", must(q.Units(ctx, org.Reach{All: true}, assessment.UnitQuery{Institution: "inst", Limit: 9}))(t, "list units"),
		[]assessment.UnitRow{
			{Unit: w.Top},
			{Unit: w.Dormant, ParentName: w.Top.Name},
			{Unit: w.Court, ParentName: w.Top.Name, Assessment: sheet},
		})
}

func roundTripImport(ctx context.Context, t *testing.T, w world) {
	q := w.db.Assessments()
	i := assessment.Import{
		ID: "imp", Assessment: "sheet", FileName: "LKE \"akhir\".xlsx", FileHash: sha256.Sum256([]byte("file")), Column: "Jawaban",
		State: assessment.Previewed, By: "ani", At: start,
		Incoming: []assessment.Incoming{{Question: question(1), Answer: instrument.Answer{Choice: "Tidak"}, Note: "n"}},
		Problems: []assessment.Problem{{Sheet: "LKE", Cell: "F9", Read: "90%", Rule: "answer.rule.choice", Mend: "answer.mend.choice", Args: map[string]string{"Options": "Ya, Tidak"}}},
	}
	w.assessment(t, func(ctx context.Context, s assessment.Store) error { return s.InsertImport(ctx, i) })
	same(t, "import", must(q.Import(ctx, "imp"))(t, "read import"), i)

	i.State = assessment.Done
	i.Applied = []assessment.Applied{{Question: question(1), Before: instrument.Answer{Choice: "Ya"}, Note: "before", Revision: 2}}
	w.assessment(t, func(ctx context.Context, s assessment.Store) error { return s.SaveImport(ctx, i, assessment.Previewed) })
	same(t, "applied import", must(q.Import(ctx, "imp"))(t, "read import"), i)

	short := i
	short.Incoming, short.Problems, short.Applied = nil, nil, nil
	same(t, "list of imports", must(q.Imports(ctx, "sheet", 5))(t, "list imports"), []assessment.Import{short})
}
