package workbook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"zona/internal/fault"
	"zona/internal/locale"
)

// The budget of FP-03 for one hostile file.
const (
	budgetTime   = 200 * time.Millisecond
	budgetMemory = 64 << 20
)

// expectRefused wants a fault with a message that exists in both languages.
func expectRefused(t *testing.T, h hostileFile) {
	t.Helper()
	r, err := readBytes(t, lke(t), h.data, "")
	f, ok := fault.Of(err)
	if !ok {
		t.Fatalf("%s: read %+v, error %v; want a fault", h.name, r, err)
	}
	if !strings.HasPrefix(f.Message, h.rule) {
		t.Errorf("%s: %s, want %s", h.name, f.Message, h.rule)
	}
	for _, lang := range locale.Languages() {
		p := locale.For(lang)
		if !p.Has(f.Message) || !p.Has(f.Message+".mend") {
			t.Errorf("%s: no words for %s in %s", h.name, f.Message, lang)
		}
		if said := p.TMap(f.Message, f.Args); strings.Contains(said, "{{") || strings.Contains(said, "<no value>") {
			t.Errorf("%s: %q lacks an argument", h.name, said)
		}
	}
}

// measured is what one reading of a file cost its process.
type measured struct {
	Milliseconds float64 // of processor time, the best of three: on a busy machine the clock measures the others
	Grown        int64   // bytes by which the process grew at its largest
	Message      string
}

// TestMeasuredProcess is not a test: it is the process that measure starts. It reads files one after the other.
func TestMeasuredProcess(t *testing.T) {
	dir := os.Getenv("ZONA_TEST_MEASURE")
	if dir == "" {
		return // in the suite itself there is nothing to measure
	}
	in := lke(t)
	outlineOf(in)
	names, err := filepath.Glob(filepath.Join(dir, "*.xlsx"))
	must(t, err)
	results := map[string]measured{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		must(t, err)
		m := measured{Milliseconds: 1e9}
		debug.FreeOSMemory()
		before, _ := resident(t)
		_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak counts from here
		for range 3 {
			start := cpuTime()
			if os.Getenv("ZONA_TEST_MEASURE_WITH") == "excelize" {
				m.Message = openWithExcelize(data)
			} else if _, err := Read(context.Background(), in, bytes.NewReader(data), int64(len(data)), Options{}); err != nil {
				m.Message = err.Error()
			}
			m.Milliseconds = min(m.Milliseconds, float64((cpuTime()-start).Microseconds())/1000)
		}
		_, peak := resident(t)
		m.Grown = peak - before
		results[filepath.Base(name)] = m
	}
	out, err := json.Marshal(results)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "hasil.json"), out, 0o600))
}

// openWithExcelize opens a file as a program without a guard would.
func openWithExcelize(data []byte) string {
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		return err.Error()
	}
	return strconv.Itoa(len(rows)) + " rows"
}

// resident is the memory that the process holds, and the most that it held, in bytes.
func resident(_ *testing.T) (now, peak int64) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil { // no such file on this system
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse), int64(m.Sys)
	}
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		kb, _ := strconv.ParseInt(fields[1], 10, 64)
		switch fields[0] {
		case "VmRSS:":
			now = kb << 10
		case "VmHWM:":
			peak = kb << 10
		}
	}
	return now, peak
}

// measure reads files in a process of its own.
func measure(t *testing.T, files [][]byte, with string) []measured {
	t.Helper()
	dir := t.TempDir()
	name := func(i int) string { return strconv.Itoa(i) + ".xlsx" }
	for i, data := range files {
		must(t, os.WriteFile(filepath.Join(dir, name(i)), data, 0o600))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestMeasuredProcess$")
	cmd.Env = append(os.Environ(), "ZONA_TEST_MEASURE="+dir, "ZONA_TEST_MEASURE_WITH="+with)
	if log, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	text, err := os.ReadFile(filepath.Join(dir, "hasil.json"))
	must(t, err)
	var results map[string]measured
	must(t, json.Unmarshal(text, &results))
	out := make([]measured, len(files))
	for i := range files {
		out[i] = results[name(i)]
	}
	return out
}

func TestFP03HostileFilesAreRefusedWithinTheBudget(t *testing.T) {
	t.Parallel()
	hostile := hostileFiles(t)
	files := make([][]byte, len(hostile))
	for i, h := range hostile {
		expectRefused(t, h)
		files[i] = h.data
	}
	for i, m := range measure(t, files, "") {
		t.Logf("%s: %d bytes, %.1f ms, %d KiB", hostile[i].name, len(hostile[i].data), m.Milliseconds, m.Grown>>10)
		if m.Message == "" {
			t.Errorf("%s: not refused", hostile[i].name)
		}
		if limit := int64(budgetMemory) * heavier; m.Grown > limit {
			t.Errorf("%s: the process grew by %d MiB, want at most %d", hostile[i].name, m.Grown>>20, limit>>20)
		}
		if limit := budgetTime * slower; m.Milliseconds > float64(limit.Milliseconds()) {
			t.Errorf("%s: refused after %.0f ms, want %v", hostile[i].name, m.Milliseconds, limit)
		}
	}
}

// The negative control: opened without a guard, a file of a few kilobytes breaks the budget.
func TestFP03WithoutAGuardTheBudgetIsBroken(t *testing.T) {
	t.Parallel()
	far := packed(t, workbookParts(sheetXML(farCells(300)))...)
	m := measure(t, [][]byte{far}, "excelize")[0]
	t.Logf("%d bytes: %.1f ms, %d MiB, %s", len(far), m.Milliseconds, m.Grown>>20, m.Message)
	if m.Grown <= budgetMemory {
		t.Errorf("a file that should hurt grew the process by %d MiB only", m.Grown>>20)
	}
}

// Recursive formulas in a real form are never calculated: each answer that is one is a problem with its cell.
func TestFP03FormulasThatCallOneAnotherAreNeverCalculated(t *testing.T) {
	t.Parallel()
	in := lke(t)
	form := agencyForm(in)
	for i := range form.rows {
		if r := &form.rows[i]; r.node != nil && r.node.Question != nil && r.kind != "%" {
			r.answers[0] = fixtureCell{formula: "K" + strconv.Itoa(i+3) + "+K" + strconv.Itoa(i+2)}
		}
	}
	r, err := readBytes(t, in, save(t, form.print(layout{numbering: "columns"})...), "")
	must(t, err)
	if len(r.Answers) != 0 || len(r.Problems) < len(in.Questions)-8 {
		t.Errorf("%d answers and %d problems", len(r.Answers), len(r.Problems))
	}
	for _, p := range r.Problems {
		if p.Rule != "workbook.cell.formula" || p.Cell == "" {
			t.Errorf("%+v", p)
		}
	}
}

// linked are files that point to the outside in every way that spreadsheets know.
func linked(t *testing.T, address string) []hostileFile {
	t.Helper()
	form := written(t, lke(t), Sheet{Answers: someAnswers(lke(t), 1, 1)})
	with := func(extra ...part) []byte { return packed(t, append(partsOf(t, form), extra...)...) }
	url := "http://" + address + "/"
	external := func(kind string) []byte {
		return []byte(xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + relNS + `/` + kind + `" Target="` + url + kind + `" TargetMode="External"/></Relationships>`)
	}
	entity := func(doctype, use string) []byte {
		return packed(t, workbookParts(`<?xml version="1.0"?>`+doctype+`<worksheet `+mainNS+`><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>`+use+`</t></is></c></row></sheetData></worksheet>`)...)
	}
	laughs := `<!DOCTYPE l [<!ENTITY l0 "ha">`
	for i := 1; i <= 30; i++ {
		laughs += `<!ENTITY l` + strconv.Itoa(i) + ` "&l` + strconv.Itoa(i-1) + `;&l` + strconv.Itoa(i-1) + `;">`
	}
	return []hostileFile{
		{"an entity from a host", entity(`<!DOCTYPE a [<!ENTITY x SYSTEM "`+url+`xxe">]>`, "&x;"), "workbook.file.doctype"},
		{"an entity from a file", entity(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>`, "&x;"), "workbook.file.doctype"},
		{"a document type from a host", entity(`<!DOCTYPE a SYSTEM "`+url+`dtd">`, "a"), "workbook.file.doctype"},
		{"a parameter entity", entity(`<!DOCTYPE a [<!ENTITY % x SYSTEM "`+url+`pe"> %x;]>`, "a"), "workbook.file.doctype"},
		{"a billion laughs", entity(laughs+`]>`, "&l30;"), "workbook.file.doctype"},
		{"an entity without a declaration", entity("", "&x;"), "workbook.file.entity"},
		{"a document type in a part that nobody needs", packed(t, workbookParts(sheetXML(""), part{"docProps/core.xml", []byte(`<!DOCTYPE a SYSTEM "` + url + `core"><a/>`)})...), "workbook.file.doctype"},
		{"a link to another workbook", with(part{"xl/externalLinks/externalLink1.xml", []byte(`<externalLink ` + mainNS + `><externalBook xmlns:r="` + relNS + `" r:id="rId1"/></externalLink>`)}, part{"xl/externalLinks/_rels/externalLink1.xml.rels", external("externalLinkPath")}), ""},
		{"a DDE link", with(part{"xl/externalLinks/externalLink1.xml", []byte(`<externalLink ` + mainNS + `><ddeLink ddeService="cmd" ddeTopic="/C curl ` + url + `"/></externalLink>`)}), ""},
		{"a picture on a host", with(part{"xl/drawings/drawing1.xml", []byte(`<a/>`)}, part{"xl/drawings/_rels/drawing1.xml.rels", external("image")}), ""},
		{"a template on a host", with(part{"xl/_rels/settings.xml.rels", external("attachedTemplate")}), ""},
		{"a sheet on a host", packed(t, replacePart(workbookParts(sheetXML("")), "xl/_rels/workbook.xml.rels", string(external("worksheet")))...), "workbook.file.noquestion"},
		{"a query on a host", with(part{"xl/connections.xml", []byte(`<connections ` + mainNS + `><connection id="1"><webPr url="` + url + `"/></connection></connections>`)}), ""},
	}
}

func TestFP04NothingThatAFilePointsToIsFollowed(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	var connections atomic.Int64
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			_ = c.Close()
		}
	}()
	for _, h := range linked(t, listener.Addr().String()) {
		if h.rule != "" {
			expectRefused(t, h)
			continue
		}
		r, err := readBytes(t, lke(t), h.data, "")
		if err != nil || len(r.Answers) != len(lke(t).Questions) {
			t.Errorf("%s: the answers beside it were not read: %v", h.name, err)
		}
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
	// The negative control: the listener counts one that is made.
	c, err := net.Dial("tcp", listener.Addr().String())
	must(t, err)
	_, _ = io.ReadAll(c)
	_ = c.Close()
	if connections.Load() != 1 {
		t.Error("the listener does not count connections")
	}
}

// A library without a guard reads nothing from a document type and says nothing; here that is an error.
func TestFP04AnImportOfNoRowsIsAnError(t *testing.T) {
	t.Parallel()
	file := linked(t, "192.0.2.1:9")[0]
	if said := openWithExcelize(file.data); said != "0 rows" {
		t.Logf("excelize says %q", said) // whatever it does is its own affair; ours is below
	}
	expectRefused(t, file)
	expectRefused(t, hostileFile{"no rows", packed(t, workbookParts(sheetXML(""))...), "workbook.file.noquestion"})
	recap := &page{name: "Rekap", rows: [][]any{{"No", "Area", "Bobot", "Nilai", "%"}, {1, "MANAJEMEN PERUBAHAN", 8, 6, 0.75}}}
	expectRefused(t, hostileFile{"a recap alone", save(t, recap), "workbook.file.noquestion"})
}

// panics is a source that breaks the parser from within.
type panics struct{ data []byte }

func (p panics) ReadAt(b []byte, off int64) (int, error) {
	if off == 0 && len(b) <= 8 {
		return copy(b, p.data), nil
	}
	panic("index out of range")
}

func TestFP05AParserPanicIsAFaultOfTheFile(t *testing.T) {
	t.Parallel()
	source := panics{packed(t, workbookParts(sheetXML(""))...)}
	// The negative control: without the net below it the panic would end the process.
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the source does not panic, so nothing is shown")
			}
		}()
		_, _ = openBook(context.Background(), source, int64(len(source.data)))
	}()
	_, err := Read(context.Background(), lke(t), source, int64(len(source.data)), Options{})
	f, ok := fault.Of(err)
	if !ok || f.Kind != fault.Invalid || f.Message != "workbook.file.parser" {
		t.Errorf("%v, want a fault of the file", err)
	}
	var p *parserPanic
	if !errors.As(err, &p) || !strings.Contains(p.Error(), "index out of range") {
		t.Error("what went wrong is not kept for the log")
	}
}

func TestAReadEndsWithItsContextAndItsTime(t *testing.T) {
	t.Parallel()
	in := lke(t)
	data := written(t, in, Sheet{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Read(ctx, in, bytes.NewReader(data), int64(len(data)), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's end", err)
	}
	_, err := Read(context.Background(), in, bytes.NewReader(data), int64(len(data)), Options{Timeout: time.Nanosecond})
	if f, ok := fault.Of(err); !ok || f.Message != "workbook.file.slow" {
		t.Errorf("%v, want a fault that it took too long", err)
	}
}
