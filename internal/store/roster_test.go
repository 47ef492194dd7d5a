package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/org"
	"zona/internal/store"
	"zona/internal/store/storetest"
)

// eachRoster runs a test on both databases, each with an institution "i" that has the unit K-1.
func eachRoster(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) *store.DB{
		"sqlite":   func(tb testing.TB) *store.DB { tb.Helper(); return storetest.SQLite(tb, nil) },
		"postgres": func(tb testing.TB) *store.DB { tb.Helper(); return storetest.Postgres(tb, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			plantRoster(t, db)
			test(t, db)
		})
	}
}

func plantRoster(tb testing.TB, db *store.DB) {
	tb.Helper()
	_, _, err := db.Org().InTx(tb.Context(), idempotency.Key{}, func(ctx context.Context, s org.Store) (string, error) {
		for _, id := range []string{"i", "other"} {
			if err := s.InsertInstitution(ctx, org.Institution{ID: id, Name: id, Kind: org.Central, Zone: "Asia/Jakarta"}); err != nil {
				return "", err
			}
		}
		if err := s.InsertUnit(ctx, org.Unit{ID: "u", Institution: "i", Path: "/u/", Name: "Kantor", Code: "K-1"}); err != nil {
			return "", err
		}
		return "", s.InsertPerson(ctx, org.Person{ID: "p", Institution: "other", Name: "Lain", Login: "lain"})
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func staff(n int) org.RosterTable {
	t := org.RosterTable{Head: []string{"NIP", "Nama", "Jabatan", "Pangkat", "Surel", "Kode unit"}}
	for i := range n {
		t.Rows = append(t.Rows, org.RosterLine{N: i + 2, Cells: []string{
			fmt.Sprintf("1990010120150%05d", i), fmt.Sprintf("Pegawai %d", i), "Staf", "III/a", fmt.Sprintf("p%d@contoh.example", i), "K-1",
		}})
	}
	return t
}

func bring(tb testing.TB, db *store.DB, cmd org.RosterImport) *org.RosterReport {
	tb.Helper()
	cmd.Institution, cmd.Operator = "i", true
	r, err := org.NewImporter(db.Roster(), org.NewID).Import(tb.Context(), org.Actor{}, cmd)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func countPeople(tb testing.TB, db *store.DB) int {
	tb.Helper()
	n := 0
	q := org.PersonQuery{Institution: "i", Limit: 500}
	for {
		rows, err := db.Org().People(tb.Context(), q)
		if err != nil {
			tb.Fatal(err)
		}
		for _, r := range rows {
			n, q.After = n+1, r.After
		}
		if len(rows) < q.Limit {
			return n
		}
	}
}

func TestFP06FiveHundredWrongRowsStoreNothingAndAreAllTold(t *testing.T) {
	t.Parallel()
	eachRoster(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		table := staff(1000)
		for i := range 500 {
			table.Rows[2*i].Cells[0] = "123"
		}
		r := bring(t, db, org.RosterImport{Kind: org.RosterPeople, Table: table})
		if len(r.Problems) != 500 || len(r.Changes) != 0 {
			t.Fatalf("%d problems and %d changes, want 500 and none", len(r.Problems), len(r.Changes))
		}
		for i, p := range r.Problems {
			if p.Row != 2*i+2 || p.Heading != "NIP" || p.Read != "123" || p.Rule != "fault.person.nip" || p.Mend == "" {
				t.Fatalf("problem %d is told as %+v", i, p)
			}
		}
		if n := countPeople(t, db); n != 0 {
			t.Errorf("%d people were stored", n)
		}
		// The same rows, mended, are stored: it was the wrong rows that kept the others out.
		if bring(t, db, org.RosterImport{Kind: org.RosterPeople, Table: staff(1000)}); countPeople(t, db) != 1000 {
			t.Errorf("%d people are stored of 1,000", countPeople(t, db))
		}
	})
}

func TestAnImportChangesByKeyAndARehearsalLeavesNoEvent(t *testing.T) {
	t.Parallel()
	eachRoster(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		before := events(t, db)
		bring(t, db, org.RosterImport{Kind: org.RosterPeople, Table: staff(3), DryRun: true})
		if n := events(t, db); n != before || countPeople(t, db) != 0 {
			t.Fatalf("the rehearsal left %d events and %d people", n-before, countPeople(t, db))
		}
		bring(t, db, org.RosterImport{Kind: org.RosterPeople, Table: staff(3)})
		changed := staff(3)
		changed.Rows[1].Cells[2] = "Kepala"
		r := bring(t, db, org.RosterImport{Kind: org.RosterPeople, Table: changed})
		if len(r.Changes) != 1 || r.Changes[0].New || r.Unchanged != 2 || len(r.Changes[0].Fields) != 1 ||
			r.Changes[0].Fields[0] != (org.RosterField{Column: "position", From: "Staf", To: "Kepala"}) {
			t.Errorf("the change is told as %+v", r)
		}
		if n := events(t, db); n != before+4 {
			t.Errorf("%d events for three people and one change", n-before)
		}
		if report, err := db.Verify(t.Context()); err != nil || report.Found > 0 {
			t.Errorf("the log after the imports: %+v, %v", report, err)
		}
	})
}

func events(t *testing.T, db *store.DB) int64 {
	t.Helper()
	r, err := db.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r.Events
}

func TestAnImportTellsNothingOfAnotherInstitutionButThatAKeyIsTaken(t *testing.T) {
	t.Parallel()
	eachRoster(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		table := org.RosterTable{Head: []string{"Login", "Nama"}, Rows: []org.RosterLine{{N: 2, Cells: []string{"lain", "Diambil"}}}}
		r := bring(t, db, org.RosterImport{Kind: org.RosterPeople, Table: table})
		if len(r.Problems) != 1 || r.Problems[0].Rule != "fault.person.login_taken" {
			t.Errorf("told as %+v", r.Problems)
		}
		if p, err := db.Org().Person(t.Context(), "p"); err != nil || p.Name != "Lain" {
			t.Errorf("the other institution's person is now %+v, %v", p, err)
		}
	})
}

func TestWhoManagesNoPeopleImportsNone(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	plantRoster(t, db)
	cmd := org.RosterImport{Kind: org.RosterPeople, Institution: "i", Table: staff(1)}
	_, err := org.NewImporter(db.Roster(), org.NewID).Import(t.Context(), org.Actor{Person: "p", Institution: "other"}, cmd)
	if !fault.Is(err, fault.NotFound) || countPeople(t, db) != 0 {
		t.Errorf("got %v and %d people", err, countPeople(t, db))
	}
}

func TestUnitsThatHangUnderEachOtherAreRefused(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	plantRoster(t, db)
	table := org.RosterTable{Head: []string{"Kode", "Nama", "Kode induk"}, Rows: []org.RosterLine{
		{N: 2, Cells: []string{"A", "A", "B"}},
		{N: 3, Cells: []string{"B", "B", "A"}},
	}}
	r := bring(t, db, org.RosterImport{Kind: org.RosterUnits, Table: table})
	var told strings.Builder
	for _, p := range r.Problems {
		fmt.Fprintf(&told, "%d %s %s;", p.Row, p.Heading, p.Rule)
	}
	if want := "2 Kode induk fault.unit.below_itself;3 Kode induk fault.unit.below_itself;"; told.String() != want {
		t.Errorf("told as %s", told.String())
	}
}

// BenchmarkPF7TenThousandPeople previews and then stores 10,000 people, events included.
func BenchmarkPF7TenThousandPeople(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		db := storetest.SQLite(b, nil)
		plantRoster(b, db)
		table := staff(10_000)
		b.StartTimer()
		bring(b, db, org.RosterImport{Kind: org.RosterPeople, Table: table, DryRun: true})
		if r := bring(b, db, org.RosterImport{Kind: org.RosterPeople, Table: table}); r.Added() != 10_000 {
			b.Fatalf("%d were added", r.Added())
		}
	}
}
