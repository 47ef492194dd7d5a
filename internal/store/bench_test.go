package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
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

// eachEngine runs a benchmark on both databases.
func eachEngine(b *testing.B, bench func(b *testing.B, db *store.DB)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { bench(b, storetest.SQLite(b, nil)) })
	b.Run("postgres", func(b *testing.B) { bench(b, storetest.Postgres(b, nil)) })
}

// reportSyncs prints what the disk can do beside a durable figure: appends of 128 bytes, each synced.
func reportSyncs(b *testing.B) {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "syncs"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	n, line := 0, make([]byte, 128)
	begin := time.Now()
	for ; time.Since(begin) < 300*time.Millisecond; n++ {
		if _, err := f.Write(line); err != nil {
			b.Fatal(err)
		}
		if err := syncData(f); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/time.Since(begin).Seconds(), "fdatasync/s")
}

const benchQuestions = 113 // of the LKE

// plantInstitution makes units with a filled sheet for each of some years.
func plantInstitution(b *testing.B, db *store.DB, units, years int) (sheets []string) {
	b.Helper()
	ctx, one := b.Context(), exact.Int(1)
	_, _, err := db.Org().InTx(ctx, idempotency.Key{}, func(ctx context.Context, s org.Store) (string, error) {
		if err := s.InsertInstitution(ctx, org.Institution{ID: "i", Name: "I", Kind: org.Central, Zone: "Asia/Jakarta"}); err != nil {
			return "", err
		}
		if err := s.InsertPerson(ctx, org.Person{ID: "p", Institution: "i", Name: "P", Login: "p"}); err != nil {
			return "", err
		}
		for n := range units {
			id := fmt.Sprintf("u%04d", n)
			if err := s.InsertUnit(ctx, org.Unit{ID: id, Institution: "i", Path: "/" + id + "/", Name: fmt.Sprintf("Pengadilan %d", n*7919%units)}); err != nil {
				return "", err
			}
		}
		return "", nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for y := range years {
		period := fmt.Sprintf("y%d", y)
		_, _, err := db.Assessments().InTx(ctx, idempotency.Key{}, func(ctx context.Context, s assessment.Store) (string, error) {
			if err := s.InsertPeriod(ctx, assessment.Period{ID: period, Institution: "i", Year: 2024 + y, Instrument: "lke-2021", Zone: "Asia/Jakarta"}); err != nil {
				return "", err
			}
			for n := range units {
				a := assessment.Assessment{
					ID: fmt.Sprintf("s%d-%04d", y, n), Unit: fmt.Sprintf("u%04d", n), Institution: "i", Period: period,
					Level: assessment.Self, Instrument: "lke-2021", Total: exact.Frac(200, 3),
				}
				if err := s.InsertAssessment(ctx, a); err != nil {
					return "", err
				}
				es := make([]assessment.Entry, benchQuestions)
				for q := range es {
					es[q] = assessment.Entry{Question: fmt.Sprintf("Q%03d", q), Answer: instrument.Answer{Number: &one}, Note: "catatan", Revision: 1, ChangedBy: "p", ChangedAt: s.Now()}
				}
				if err := s.SaveEntries(ctx, a.ID, es); err != nil {
					return "", err
				}
				sheets = append(sheets, a.ID)
			}
			return "", nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return sheets
}

// BenchmarkADurableAnswer is one saved answer: key, locked sheet, all entries read, entry, totals, event and tree, one
// commit that survives a power cut.
func BenchmarkADurableAnswer(b *testing.B) {
	for _, clients := range []int{1, 8} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			eachEngine(b, func(b *testing.B, db *store.DB) {
				b.Helper()
				sheets := plantInstitution(b, db, clients, 1)
				var next, serial atomic.Int64
				b.SetParallelism(max(1, clients/2)) // times the two processors of the reference machine
				save := func(sheet string, revision int) error {
					n := serial.Add(1)
					k := idempotency.Key{Actor: "p", Route: "POST /x", Value: fmt.Sprint(n), Body: sha256.Sum256([]byte{byte(n)})}
					_, _, err := db.Assessments().InTx(b.Context(), k, func(ctx context.Context, s assessment.Store) (string, error) {
						return "", saveOne(ctx, s, sheet, revision)
					})
					return err
				}
				b.ResetTimer()
				if clients == 1 {
					for revision := 1; b.Loop(); revision++ {
						if err := save(sheets[0], revision); err != nil {
							b.Fatal(err)
						}
					}
				} else {
					b.RunParallel(func(p *testing.PB) {
						sheet := sheets[int(next.Add(1)-1)%len(sheets)]
						for revision := 1; p.Next(); revision++ {
							if err := save(sheet, revision); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				b.StopTimer()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
				reportSyncs(b)
			})
		})
	}
}

func saveOne(ctx context.Context, s assessment.Store, sheet string, revision int) error {
	locked, err := s.Lock(ctx, sheet)
	if err != nil {
		return err
	}
	if _, err := s.Entries(ctx, sheet); err != nil {
		return err
	}
	n := exact.Frac(int64(revision%400), 100)
	e := assessment.Entry{Question: "Q007", Answer: instrument.Answer{Number: &n}, ChangedBy: "p", ChangedAt: s.Now()}
	if err := s.SaveEntry(ctx, sheet, e, revision); err != nil {
		return err
	}
	if _, err := s.SaveTotals(ctx, sheet, n, benchQuestions, s.Now()); err != nil {
		return err
	}
	return s.Append(ctx, audit.Event{
		Kind: audit.AnswerSet, Actor: "p", Institution: "i", Unit: locked.Assessment.Unit, Object: audit.Object{Kind: "assessment", ID: sheet},
		Changes: []audit.Change{{Field: "answer:Q007", From: "1", To: n.String()}},
	})
}

// BenchmarkReadingASheet is what the page of a sheet asks: the sheet with all that stands around it, and its entries.
func BenchmarkReadingASheet(b *testing.B) {
	eachEngine(b, func(b *testing.B, db *store.DB) {
		b.Helper()
		sheet := plantInstitution(b, db, 3, 1)[1]
		for b.Loop() {
			if _, err := db.Assessments().Sheet(b.Context(), sheet); err != nil {
				b.Fatal(err)
			}
			if es, err := db.Assessments().Entries(b.Context(), sheet); err != nil || len(es) != benchQuestions {
				b.Fatal(len(es), err)
			}
		}
	})
}

// BenchmarkListingUnits is a page of fifty of 2,000 units with their sheets of the newest of three years, from the
// middle of the list, for a reader of the whole and for one of a part.
func BenchmarkListingUnits(b *testing.B) {
	for name, reach := range map[string]org.Reach{
		"institution": {Institutions: []string{"i"}}, "unit": {Units: []string{"u1999"}}, "subtrees": {Subtrees: []string{"/u0007/", "/u1003/"}},
	} {
		b.Run(name, func(b *testing.B) {
			eachEngine(b, func(b *testing.B, db *store.DB) {
				b.Helper()
				plantInstitution(b, db, 2000, 3)
				q := assessment.UnitQuery{Institution: "i", Limit: 50}
				if len(reach.Institutions) > 0 {
					q.After = org.Cursor{Sort: "pengadilan 1500"}
				}
				for b.Loop() {
					if rows, err := db.Assessments().Units(b.Context(), reach, q); err != nil || len(rows) == 0 {
						b.Fatal(len(rows), err)
					}
				}
			})
		})
	}
}
