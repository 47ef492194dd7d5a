package workbook

import (
	"strings"
	"testing"

	"zona/internal/exact"
	"zona/internal/instrument"
)

func hundredth(n int64) exact.Number { return exact.Frac(n, 100) }

// layouts are ways in which agencies print the same form.
func layouts() map[string]layout {
	return map[string]layout{
		"as usual":                               {numbering: "columns"},
		"numbering and text in two columns":      {numbering: "two"},
		"numbering within the text":              {numbering: "joined"},
		"full numbering in one column":           {numbering: "path"},
		"only letters of questions":              {numbering: "letters"},
		"no row numbers":                         {numbering: "columns", order: []string{"numbers", "weight", "criteria", "kind", "unit", "tpi", "tpi2"}},
		"answers left of criteria":               {numbering: "columns", order: []string{"numbers", "weight", "kind", "unit", "tpi", "tpi2", "criteria"}},
		"answers left of the text":               {numbering: "two", order: []string{"unit", "tpi", "tpi2", "weight", "kind", "numbers", "criteria"}},
		"no weights":                             {numbering: "columns", order: []string{"numbers", "criteria", "kind", "unit", "tpi", "tpi2"}},
		"no answer types":                        {numbering: "columns", order: []string{"numbers", "weight", "criteria", "unit", "tpi", "tpi2"}},
		"neither weights nor answer types":       {numbering: "columns", order: []string{"numbers", "criteria", "unit", "tpi", "tpi2"}},
		"blank columns between":                  {numbering: "columns", order: []string{"junk", "numbers", "junk", "weight", "kind", "junk", "unit", "junk", "tpi", "tpi2"}},
		"headings in two rows":                   {numbering: "columns", twoRows: true, title: 3},
		"headings in two rows, text in one cell": {numbering: "joined", twoRows: true, title: 3},
		"headings again at page breaks":          {numbering: "columns", repeat: 30, title: 1},
		"two rows of headings again":             {numbering: "two", repeat: 25, twoRows: true},
		"blank rows between":                     {numbering: "columns", blank: 4},
		"a sheet for each part":                  {numbering: "columns", split: true},
		"another name of the sheet":              {numbering: "columns", sheet: "Isian 2025 (final)"},
		"numbering without dots":                 {numbering: "columns", label: func(s string) string { return strings.TrimSuffix(s, ".") }},
		"numbering in brackets":                  {numbering: "two", label: func(s string) string { return "(" + strings.TrimSuffix(s, ".") + ")" }},
		"numbering with one bracket":             {numbering: "joined", label: func(s string) string { return strings.TrimSuffix(s, ".") + ")" }},
		"numbering in capitals":                  {numbering: "columns", label: strings.ToUpper},
	}
}

func TestAnswersAreFoundInEveryLayout(t *testing.T) {
	t.Parallel()
	in := lke(t)
	form := agencyForm(in)
	unit, tpi, tpi2 := someAnswers(in, 1, 1), someAnswers(in, 2, 1), someAnswers(in, 3, 0.5)
	form.fill(0, unit)
	form.fill(1, tpi)
	form.fill(2, tpi2)
	for name, l := range layouts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := save(t, form.print(l)...)
			for column, want := range map[string]int{"": 0, "unit": 0, "tpi": 1, "tpi2": 2} {
				r, err := readBytes(t, in, data, column)
				if err != nil {
					t.Fatalf("column %q: %v", column, err)
				}
				if r.Placed != len(in.Questions) {
					t.Errorf("placed %d of %d questions", r.Placed, len(in.Questions))
				}
				sameAnswers(t, r, []map[string]instrument.Answer{unit, tpi, tpi2}[want])
			}
		})
	}
}
