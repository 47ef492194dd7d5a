package workbook

import (
	"bytes"
	"context"
	"strconv"
	"testing"
	"time"

	"zona/internal/instrument"
	"zona/internal/scoring"
)

// BenchmarkPF3 scores a hundred filled workbooks, one after another in one process, and reports how many times longer
// one process of LibreOffice takes to recalculate the same ones. The totals of both must agree.
func BenchmarkPF3HundredWorkbooks(b *testing.B) {
	in := instrument.All()[0]
	files, answers := map[string][]byte{}, map[string]map[string]instrument.Answer{}
	for i := range 100 {
		name := "lembar-" + strconv.Itoa(i)
		answers[name] = oddAnswers(in, uint64(i))
		files[name] = written(b, in, Sheet{Answers: answers[name]})
	}
	started := time.Now()
	books := recalculate(b, files)
	office := time.Since(started)
	for name := range answers {
		for _, d := range differences(in, books[name], answers[name]) {
			b.Errorf("%s: %s", name, d)
		}
	}
	for b.Loop() {
		for name, data := range files {
			r, err := Read(context.Background(), in, bytes.NewReader(data), int64(len(data)), Options{})
			if err != nil || len(r.Problems) > 0 {
				b.Fatal(name, err, r)
			}
			scoring.Score(in, r.Answers)
		}
	}
	each := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	b.ReportMetric(float64(office.Nanoseconds())/each, "x-libreoffice")
	b.ReportMetric(each/100/1e6, "ms/workbook")
}
