package workbook

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"zona/internal/fault"
)

func headed(cells []string) bool { return slices.Contains(cells, "Nama") }

func readPlain(t *testing.T, raw []byte) (*Table, error) {
	t.Helper()
	return ReadTable(context.Background(), bytes.NewReader(raw), int64(len(raw)), TableOptions{Heading: headed})
}

func TestACSVTableIsReadWhateverSeparatesItAndWithAByteOrderMark(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"Nama,NIP\nSiti,198501012010012002\n\nBudi,\n",
		"\uFEFFNama;NIP\r\nSiti;198501012010012002\r\n;\r\nBudi;\r\n",
		"Daftar pegawai\nNama\tNIP\nSiti\t198501012010012002\nBudi\n",
	} {
		table, err := readPlain(t, []byte(raw))
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		got := fmt.Sprint(table.Head)
		for _, r := range table.Rows {
			got += fmt.Sprintf(" %q", r.Cells)
		}
		if want := `[Nama NIP] ["Siti" "198501012010012002"] ["Budi" ""]`; got != want {
			t.Errorf("%q: got %s", raw, got)
		}
	}
}

func TestATableThatCannotBeReadIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                             "workbook.file.empty",
		"\xFF\xFEN\x00a\x00":           "workbook.table.encoding",
		"Nama\nSi\xE9ti\n":             "workbook.table.encoding",
		"Nama,NIP\n":                   "workbook.table.norows",
		"Umur,NIP\nx,y\n":              "workbook.table.noheading",
		"Nama,NIP\n\"Siti,1\n":         "workbook.table.quotes",
		"Nama,NIP\nSiti,1,lebih\n":     "workbook.table.width",
		"\xD0\xCF\x11\xE0\xA1\xB1\x1A": "workbook.file.old",
		"Nama\n" + strings.Repeat("a\n", MaxTableRows+1): "workbook.file.limit.rows",
	} {
		_, err := readPlain(t, []byte(raw))
		if f, ok := fault.Of(err); !ok || f.Message != want {
			t.Errorf("%.20q: got %v, want %s", raw, err, want)
		}
	}
}

func TestAWorkbookTableKeepsTextAndShowsThatDigitsWereLost(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer f.Close()
	for i, line := range [][]any{
		{"Petunjuk"},
		{"Nama", "NIP"},
		{"Siti", "198501012010012002"},
		{"Budi", 198501012010012002.0},
		{"Tuti", 12345},
	} {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &line); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetCellFormula("Sheet1", "A6", "A3"); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := f.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	table, err := readPlain(t, out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"198501012010012002", "1.98501012010012E+17", "12345"} {
		if got := table.Rows[i].Cells[1]; got != want && (i != 1 || !strings.Contains(got, "E+17")) {
			t.Errorf("row %d: NIP is read as %s, want %s", table.Rows[i].N, got, want)
		}
	}
	if len(table.Problems) != 1 || table.Problems[0].Cell != "A6" || table.Problems[0].Rule != "workbook.table.uncalculated" {
		t.Errorf("the formula without a value is told as %+v", table.Problems)
	}
}

func FuzzReadTable(f *testing.F) {
	f.Add([]byte("Nama;NIP\nSiti;1\n"))
	f.Add([]byte("\uFEFFNama\t\"a\"\n\"x\"\ty\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		table, err := ReadTable(context.Background(), bytes.NewReader(raw), int64(len(raw)), TableOptions{Heading: headed})
		if err != nil {
			if _, ok := fault.Of(err); !ok {
				t.Fatalf("refused without words: %v", err)
			}
			return
		}
		for _, r := range table.Rows {
			if len(r.Cells) != len(table.Head) {
				t.Fatalf("row %d has %d cells under %d headings", r.N, len(r.Cells), len(table.Head))
			}
		}
	})
}
