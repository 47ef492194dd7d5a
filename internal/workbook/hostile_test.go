package workbook

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"
)

// hostileFile is a file made to hurt its reader.
type hostileFile struct {
	name string
	data []byte
	rule string // message of the fault; "" where it may be read, within the same budget
}

const (
	xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainNS  = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	relNS   = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
)

// workbookParts is the least that makes a workbook of one sheet; extra parts come behind.
func workbookParts(sheet string, extra ...part) []part {
	return append([]part{
		{"[Content_Types].xml", []byte(xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`)},
		{"_rels/.rels", []byte(xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + relNS + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`)},
		{"xl/workbook.xml", []byte(xmlHead + `<workbook ` + mainNS + ` xmlns:r="` + relNS + `"><sheets><sheet name="LKE" sheetId="1" r:id="rId1"/></sheets></workbook>`)},
		{"xl/_rels/workbook.xml.rels", []byte(xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="rId1" Type="` + relNS + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + relNS + `/sharedStrings" Target="sharedStrings.xml"/>` +
			`<Relationship Id="rId3" Type="` + relNS + `/styles" Target="styles.xml"/></Relationships>`)},
		{"xl/worksheets/sheet1.xml", []byte(sheet)},
	}, extra...)
}

// sheetXML is a sheet with these rows.
func sheetXML(rows string) string {
	return xmlHead + `<worksheet ` + mainNS + `><sheetData>` + rows + `</sheetData></worksheet>`
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// hostileFiles makes one file for every way that the guard knows.
func hostileFiles(t testing.TB) []hostileFile {
	t.Helper()
	blank := sheetXML("")
	huge := strings.Repeat(" ", 64<<20)
	inner := packed(t, part{"a.txt", []byte("a")})
	for range 10 {
		inner = packed(t, part{"lagi.zip", inner})
	}
	return []hostileFile{
		{"64 MiB of blanks in a sheet", packed(t, workbookParts(sheetXML(huge))...), "workbook.file.bomb"},
		{"64 MiB of blanks in a part that nobody needs", packed(t, workbookParts(blank, part{"xl/media/image1.png", []byte(huge)})...), "workbook.file.bomb"},
		{"a size in the header that is not true", lying(t, sheetXML(huge)), "workbook.file.lying"},
		{"60,000 parts", packed(t, append(workbookParts(blank), manyParts(60_000)...)...), "workbook.file.limit.entries"},
		{"a zip in the zip", packed(t, workbookParts(blank, part{"xl/embeddings/lampiran.bin", inner})...), "workbook.file.nested"},
		{"a zip that holds itself", selfContained(t), "workbook.file.nested"},
		{"1,048,577 rows", packed(t, workbookParts(sheetXML(numbered(`<row r="%d"><c><v>1</v></c></row>`, 1_048_577)))...), "workbook.file.limit"},
		{"row number 1,048,577", packed(t, workbookParts(sheetXML(`<row r="1048577"><c r="A1048577"><v>1</v></c></row>`))...), "workbook.file.limit.row"},
		{"2,000 rows with a cell in column XFD", packed(t, workbookParts(sheetXML(farCells(2000)))...), "workbook.file.limit.column"},
		{"2,000 rows with a blank cell in column XFD", packed(t, workbookParts(sheetXML(strings.ReplaceAll(farCells(2000), "<v>1</v>", "")))...), "workbook.file.limit.column"},
		{"a million shared texts", packed(t, workbookParts(blank, part{"xl/sharedStrings.xml", []byte(xmlHead + `<sst ` + mainNS + ` count="1" uniqueCount="1">` + strings.Repeat(`<si><t>a</t></si>`, 1_000_000) + `</sst>`)})...), "workbook.file.bomb"},
		{"a million different shared texts", packed(t, workbookParts(blank, part{"xl/sharedStrings.xml", []byte(xmlHead + `<sst ` + mainNS + `>` + numbered(`<si><t>%d</t></si>`, 400_000) + `</sst>`)})...), "workbook.file.limit.texts"},
		{"half a million cells", packed(t, workbookParts(sheetXML(manyCells()))...), "workbook.file.limit.cells"},
		{"a text of 30,000 characters in every cell", packed(t, workbookParts(sheetXML(sharedCells()), part{"xl/sharedStrings.xml", []byte(xmlHead + `<sst ` + mainNS + `><si><t>` + strings.Repeat("jumlah nilai ", 2300) + `</t></si></sst>`)})...), "workbook.file.noquestion"},
		{"five thousand rows of headings", packed(t, workbookParts(sheetXML(headingRows()))...), "workbook.file.noquestion"},
		{"900 small parts", packed(t, append(workbookParts(blank), smallParts(900)...)...), "workbook.file.noquestion"},
		{"a hundred thousand styles", packed(t, workbookParts(blank, part{"xl/styles.xml", []byte(xmlHead + `<styleSheet ` + mainNS + `><cellXfs>` + numbered(`<xf numFmtId="%d"/>`, 100_000) + `</cellXfs></styleSheet>`)})...), "workbook.file.limit.styles"},
		{"two hundred thousand merged cells", packed(t, workbookParts(strings.Replace(blank, "</worksheet>", "<mergeCells>"+numbered(`<mergeCell ref="A%[1]d:B%[1]d"/>`, 200_000)+"</mergeCells></worksheet>", 1))...), "workbook.file.limit.merges"},
		{"elements in elements, 100,000 deep", packed(t, workbookParts(sheetXML(strings.Repeat("<row>", 100_000)))...), "workbook.file.limit.nesting"},
		{"one text that does not pack", packed(t, workbookParts(sheetXML(`<row r="1"><c r="A1" t="inlineStr"><is><t>`+random(5<<20)+`</t></is></c></row>`))...), "workbook.file.limit.packed"},
		{"one text of a million characters", packed(t, workbookParts(sheetXML(`<row r="1"><c r="A1" t="inlineStr"><is><t>`+random(1<<20)+`</t></is></c></row>`))...), "workbook.file.limit.text"},
		{"one formula of a million characters", packed(t, workbookParts(sheetXML(`<row r="1"><c r="A1"><f>`+random(1<<20)+`</f></c></row>`))...), "workbook.file.limit.text"},
		{"ten thousand sheets", packed(t, replacePart(workbookParts(blank), "xl/workbook.xml", xmlHead+`<workbook `+mainNS+` xmlns:r="`+relNS+`"><sheets>`+numbered(`<sheet name="L%d" sheetId="1" r:id="rId1"/>`, 10_000)+`</sheets></workbook>`)...), "workbook.file.limit.sheets"},
		{"the same cell twice", packed(t, workbookParts(sheetXML(`<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>`))...), "workbook.file.damaged"},
		{"the same part twice", packed(t, append(workbookParts(blank), part{"XL/Workbook.xml", []byte("<workbook/>")})...), "workbook.file.damaged"},
		{"a name that leaves the folder", packed(t, workbookParts(blank, part{"../../etc/cron.d/x", []byte("x")})...), "workbook.file.name"},
		{"a name of 4 kB", packed(t, workbookParts(blank, part{"xl/" + strings.Repeat("a", 4096), []byte("x")})...), "workbook.file.limit.name"},
		{"a text number that is not there", packed(t, workbookParts(sheetXML(`<row r="1"><c r="A1" t="s"><v>4000000000</v></c></row>`))...), "workbook.file.damaged"},
		{"formulas that call one another", recursive(t), "workbook.file.noquestion"},
		{"a file cut off in the middle", packed(t, workbookParts(blank)...)[:500], "workbook.file.damaged"},
		{"nothing", nil, "workbook.file.empty"},
		{"an old workbook or one with a password", append([]byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}, make([]byte, 600)...), "workbook.file.old"},
		{"a picture with another name", []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("x", 600)), "workbook.file.type"},
		{"a zip of something else", packed(t, part{"baca.txt", []byte("halo")}), "workbook.file.type"},
		{"an OpenDocument sheet", packed(t, part{"mimetype", []byte("application/vnd.oasis.opendocument.spreadsheet")}, part{"content.xml", []byte("<a/>")}), "workbook.file.opendocument"},
		{"a binary workbook", packed(t, part{"_rels/.rels", []byte("<a/>")}, part{"xl/workbook.bin", []byte("x")}), "workbook.file.binary"},
		{"text in UTF-16", packed(t, workbookParts("\xFF\xFE<\x00a\x00/\x00>\x00")...), "workbook.file.encoding"},
		{"a sheet of one picture", packed(t, workbookParts(blank)...), "workbook.file.noquestion"},
	}
}

// manyCells fills rows until there are more cells than a workbook may have.
func manyCells() string {
	var b strings.Builder
	for r := 1; r <= 4000; r++ {
		fmt.Fprintf(&b, `<row r="%d">`, r)
		for k := range 130 {
			fmt.Fprintf(&b, `<c><v>%d</v></c>`, (r*131+k*k)%997)
		}
		b.WriteString(`</row>`)
	}
	return b.String()
}

// sharedCells points to one long text from everywhere: a file of nothing that reads like 3 GB.
func sharedCells() string {
	var b strings.Builder
	for r := 1; r <= 2500; r++ {
		fmt.Fprintf(&b, `<row r="%d">`, r)
		for range 40 {
			b.WriteString(`<c t="s"><v>0</v></c>`)
		}
		b.WriteString(`</row>`)
	}
	return b.String()
}

// headingRows is a sheet in which every row looks like the heading of a table with answers.
func headingRows() string {
	cell := func(s string) string { return `<c t="inlineStr"><is><t>` + s + `</t></is></c>` }
	row := cell("Uraian") + cell("Bobot") + cell("Kriteria") + cell("Pilihan Jawaban") + cell("Jawaban Unit") + cell("Catatan")
	return numbered(`<row r="%d">`+row+`</row>`, 4900)
}

func smallParts(n int) []part {
	out := manyParts(n)
	for i := range out {
		out[i].data = []byte(strings.Repeat("<a/>", 300))
	}
	return out
}

func manyParts(n int) []part {
	out := make([]part, n)
	for i := range out {
		out[i].name = fmt.Sprintf("xl/p%d.xml", i)
	}
	return out
}

func replacePart(parts []part, name, data string) []part {
	for i := range parts {
		if parts[i].name == name {
			parts[i].data = []byte(data)
		}
	}
	return parts
}

// farCells is one cell at the right edge of every row.
func farCells(rows int) string {
	return numbered(`<row r="%[1]d"><c r="XFD%[1]d"><v>1</v></c></row>`, rows)
}

// random is text that hardly packs, so that the ratio says nothing.
func random(n int) string {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = 'a' + byte(x>>24)%26
	}
	return string(b)
}

// recursive is a sheet in which every cell is the next one's formula, in a circle.
func recursive(t testing.TB) []byte {
	t.Helper()
	return packed(t, workbookParts(sheetXML(numbered(`<row r="%[1]d"><c r="A%[1]d"><f>A%[1]d+B%[1]d</f></c><c r="B%[1]d"><f>A%[1]d</f></c></row>`, 2000)))...)
}

// lying packs a sheet and writes a small size into both headers.
func lying(t testing.TB, sheet string) []byte {
	t.Helper()
	const claimed = 1000
	var body bytes.Buffer
	fw, err := flate.NewWriter(&body, flate.BestSpeed)
	must(t, err)
	_, err = io.WriteString(fw, sheet)
	must(t, err)
	must(t, fw.Close())
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, p := range workbookParts("") {
		if p.name == "xl/worksheets/sheet1.xml" {
			w, err := zw.CreateRaw(&zip.FileHeader{
				Name: p.name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE([]byte(sheet)),
				CompressedSize64: uint64(body.Len()), UncompressedSize64: claimed,
			})
			must(t, err)
			_, err = w.Write(body.Bytes())
			must(t, err)
			continue
		}
		w, err := zw.Create(p.name)
		must(t, err)
		_, err = w.Write(p.data)
		must(t, err)
	}
	must(t, zw.Close())
	return b.Bytes()
}

// selfContained is a zip with a stored entry that begins as the file itself does: what a reader that unpacks zips in
// zips would go round in for ever.
func selfContained(t testing.TB) []byte {
	t.Helper()
	outer := packed(t, workbookParts(sheetXML(""))...)
	for range 3 {
		outer = packed(t, workbookParts(sheetXML(""), part{"xl/diri.xlsx", outer})...)
	}
	return outer
}

// endRecord finds the end record of a zip, for tests that bend it.
func endRecord(t testing.TB, data []byte) []byte {
	t.Helper()
	at := bytes.LastIndex(data, []byte("PK\x05\x06"))
	if at < 0 {
		t.Fatal("no end record")
	}
	return data[at:]
}

func TestFP03ADirectoryThatClaimsMillionsIsRefusedUnread(t *testing.T) {
	t.Parallel()
	data := packed(t, workbookParts(sheetXML(""))...)
	binary.LittleEndian.PutUint16(endRecord(t, data)[10:], 0xFFFF)
	expectRefused(t, hostileFile{"entries", data, "workbook.file.limit.entries"})
	data = packed(t, workbookParts(sheetXML(""))...)
	binary.LittleEndian.PutUint32(endRecord(t, data)[12:], 1<<30)
	expectRefused(t, hostileFile{"directory", data, "workbook.file.limit.directory"})
}
