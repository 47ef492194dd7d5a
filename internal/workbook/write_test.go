package workbook

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"zona/internal/exact"
	"zona/internal/instrument"
)

// written is a sheet as bytes.
func written(t testing.TB, in *instrument.Instrument, s Sheet) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, Write(&b, in, s))
	return b.Bytes()
}

// oddAnswers draws answers with gaps, half-filled ratios and indexes of many decimals.
func oddAnswers(in *instrument.Instrument, seed uint64) map[string]instrument.Answer {
	answers := someAnswers(in, seed, 0.8)
	rnd := rand.New(rand.NewPCG(seed, 2))
	for _, n := range in.Questions {
		a, ok := answers[n.ID]
		if !ok {
			continue
		}
		switch n.Question.Kind {
		case instrument.Ratio:
			maps.DeleteFunc(a.Inputs, func(string, int64) bool { return rnd.IntN(4) == 0 })
			if len(a.Inputs) == 0 {
				delete(answers, n.ID)
			}
		case instrument.Index:
			digits := fmt.Sprintf("%d.%018d", rnd.IntN(int(n.Question.Max.Float64())), rnd.Int64N(1e18))
			x := exact.MustParse(digits[:3+rnd.IntN(17)])
			answers[n.ID] = instrument.Answer{Number: &x}
		case instrument.Choice:
		}
	}
	return answers
}

func TestAWrittenSheetReadsBackWhole(t *testing.T) {
	t.Parallel()
	for _, in := range instrument.All() {
		t.Run(in.ID, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(12) {
				want := Sheet{
					Unit: "Kantor Layanan Contoh", Institution: "Instansi Contoh", Period: "2025", Level: "unit", Target: "WBK",
					Answers: oddAnswers(in, seed), Notes: map[string]string{},
				}
				for i, n := range in.Questions {
					if i%7 == int(seed)%7 {
						want.Notes[n.ID] = fmt.Sprintf("  Catatan %d, baris satu\n\tbaris \"dua\" & <tiga> _x0041_ %s ", i, strings.Repeat("é", i))
					}
				}
				r, err := readBytes(t, in, written(t, in, want), "")
				must(t, err)
				sameAnswers(t, r, want.Answers)
				if !maps.Equal(r.Notes, want.Notes) {
					t.Errorf("notes: read %q, want %q", r.Notes, want.Notes)
				}
				if r.Placed != len(in.Questions) {
					t.Errorf("placed %d of %d questions", r.Placed, len(in.Questions))
				}
				for label, value := range map[string]string{
					caseInstrument: in.ID, "Unit kerja": want.Unit, "Instansi": want.Institution, "Periode": want.Period, "Predikat yang diusulkan": want.Target,
				} {
					if r.Case[label] != value {
						t.Errorf("%s: read %q, want %q", label, r.Case[label], value)
					}
				}
			}
		})
	}
}

func TestABlankSheetIsReadAsUnanswered(t *testing.T) {
	t.Parallel()
	in := lke(t)
	r, err := readBytes(t, in, written(t, in, Sheet{}), "")
	must(t, err)
	sameAnswers(t, r, nil)
	if r.Placed != len(in.Questions) {
		t.Errorf("placed %d of %d questions", r.Placed, len(in.Questions))
	}
}

func TestASheetOfAnotherInstrumentSaysSo(t *testing.T) {
	t.Parallel()
	in := lke(t)
	data := written(t, in, Sheet{Answers: someAnswers(in, 1, 1)})
	other, err := instrument.ByID("contoh-mini")
	must(t, err)
	if _, err := readBytes(t, other, data, ""); err == nil {
		t.Error("a sheet of another instrument was read without complaint")
	}
}

func TestStoredValuesAreThoseOfScoring(t *testing.T) {
	t.Parallel()
	for _, in := range instrument.All() {
		answers := oddAnswers(in, 4)
		data := written(t, in, Sheet{Answers: answers})
		b, err := openBook(context.Background(), bytes.NewReader(data), int64(len(data)))
		must(t, err)
		compareWithScoring(t, in, b, answers)
	}
}

func TestConditionsBecomeFormulasOfSpreadsheets(t *testing.T) {
	t.Parallel()
	cells := map[string]string{"a": "J1", "b": "J2", "tahun_lalu": "J3"}
	for source, want := range map[string]string{
		"a":                                "J1",
		"tahun_lalu - a":                   "J3-J1",
		"(a + b) * 2 / 3":                  "(J1+J2)*2/3",
		"a == 0":                           "J1=0",
		"a != 0 and b >= 2":                "AND(J1<>0,J2>=2)",
		"a == 0 and b == 0 or a > b":       "OR(AND(J1=0,J2=0),J1>J2)",
		"(a == 0 or b == 0) and a + b < 9": "AND((OR(J1=0,J2=0)),J1+J2<9)",
	} {
		e, err := instrument.ParseExpr(source, []string{"a", "b", "tahun_lalu"})
		must(t, err)
		if got := inCells(e, cells); got != want {
			t.Errorf("%s: %s, want %s", source, got, want)
		}
	}
}
