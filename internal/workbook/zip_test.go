package workbook

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
)

// part is a part of a workbook made by hand.
type part struct {
	name string
	data []byte
}

// partsOf unpacks a workbook.
func partsOf(t testing.TB, data []byte) []part {
	t.Helper()
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	must(t, err)
	var out []part
	for _, f := range zr.File {
		r, err := f.Open()
		must(t, err)
		body, err := io.ReadAll(r)
		must(t, err)
		must(t, r.Close())
		out = append(out, part{f.Name, body})
	}
	return out
}

// packed makes a zip of parts.
func packed(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := zw.Create(p.name)
		must(t, err)
		_, err = w.Write(p.data)
		must(t, err)
	}
	must(t, zw.Close())
	return b.Bytes()
}

// replaceInSheet replaces the first occurrence in the first sheet.
func replaceInSheet(t testing.TB, data []byte, old, with string) []byte {
	t.Helper()
	parts := partsOf(t, data)
	for i, p := range parts {
		if p.name == "xl/worksheets/sheet1.xml" {
			if !bytes.Contains(p.data, []byte(old)) {
				t.Fatalf("the sheet has no %q", old)
			}
			parts[i].data = []byte(strings.Replace(string(p.data), old, with, 1))
		}
	}
	return packed(t, parts...)
}
