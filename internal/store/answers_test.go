package store_test

import (
	"context"
	"testing"
	"time"

	"zona/internal/assessment"
	"zona/internal/audit"
	"zona/internal/exact"
	"zona/internal/idempotency"
	"zona/internal/instrument"
	"zona/internal/org"
	"zona/internal/store"
	"zona/internal/store/storetest"
)

func TestTheAnswersOfSeveralSheetsComeInOneReading(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		t.Helper()
		db := open(t, nil)
		index := exact.MustParse("3.6")
		want := map[string]map[string]instrument.Answer{
			"first":  {"A.I.1.i.a": {Choice: "Ya"}, "B.I.a": {Number: &index}},
			"second": {"A.II.1.i.a": {Inputs: map[string]int64{"agen": 4, "perubahan": 3}}},
			"third":  {},
		}
		plantSheets(t, db, want)
		got, err := db.Assessments().Answers(t.Context(), []string{"first", "second", "third"})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Errorf("%d sheets came", len(got))
		}
		for sheet, answers := range want {
			if len(got[sheet]) != len(answers) {
				t.Errorf("%s has %d answers, not %d", sheet, len(got[sheet]), len(answers))
			}
			for question, answer := range answers {
				if !got[sheet][question].Equal(answer) {
					t.Errorf("%s of %s is %+v", question, sheet, got[sheet][question])
				}
			}
		}
		if none, err := db.Assessments().Answers(t.Context(), nil); err != nil || len(none) != 0 {
			t.Errorf("no sheets give %v, error %v", none, err)
		}
	})
}

// plantSheets makes an institution with a unit for each sheet; every sheet also has an answer that was taken back.
func plantSheets(t *testing.T, db *store.DB, sheets map[string]map[string]instrument.Answer) {
	t.Helper()
	event := func(kind string) audit.Event {
		return audit.Event{Kind: kind, Institution: "inst", Object: audit.Object{Kind: "institution", ID: "inst"}}
	}
	_, _, err := db.Org().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s org.Store) (string, error) {
		if err := s.InsertInstitution(ctx, org.Institution{ID: "inst", Name: "Mahkamah Contoh", Kind: org.Central, Zone: "Asia/Jakarta"}); err != nil {
			return "", err
		}
		for id := range sheets {
			if err := s.InsertUnit(ctx, org.Unit{ID: id, Institution: "inst", Path: "/" + id + "/", Name: id}); err != nil {
				return "", err
			}
		}
		return "", s.Append(ctx, event(audit.InstitutionCreated))
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = db.Assessments().InTx(t.Context(), idempotency.Key{}, func(ctx context.Context, s assessment.Store) (string, error) {
		p := assessment.Period{
			ID: "p", Institution: "inst", Year: 2026, Name: "2026", Instrument: "lke-2021", Zone: "Asia/Jakarta",
			Opens: s.Now(), Deadline: s.Now().Add(time.Hour),
		}
		if err := s.InsertPeriod(ctx, p); err != nil {
			return "", err
		}
		for id, answers := range sheets {
			a := assessment.Assessment{
				ID: id, Unit: id, Institution: "inst", Period: "p", Level: assessment.Self, Instrument: "lke-2021", Target: "WBK", ChangedAt: s.Now(),
			}
			if err := s.InsertAssessment(ctx, a); err != nil {
				return "", err
			}
			entries := []assessment.Entry{{Question: "A.I.1.i.b", Revision: 1, ChangedBy: "x", ChangedAt: s.Now()}}
			for question, answer := range answers {
				entries = append(entries, assessment.Entry{Question: question, Answer: answer, Revision: 1, ChangedBy: "x", ChangedAt: s.Now()})
			}
			if err := s.SaveEntries(ctx, id, entries); err != nil {
				return "", err
			}
		}
		return "", s.Append(ctx, event(audit.AnswersFilled))
	})
	if err != nil {
		t.Fatal(err)
	}
}
