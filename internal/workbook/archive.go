package workbook

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"path"
	"strings"
)

// archive is the zip that a workbook is, with a budget of bytes that may still come out of it. Nothing in it is ever
// used as a path on disk: names are keys of a map.
type archive struct {
	parts map[string]*zip.File // by lower-case name
	read  map[string]bool      // parts that were inflated whole
	left  int64                // bytes that may still be inflated
	room  int64                // bytes of packed parts that may still be read
}

// openArchive checks a zip before any of it is unpacked: its directory is bounded before the standard library
// allocates for it, and names, sizes and methods are what a workbook may have.
func openArchive(src io.ReaderAt, size int64) (*archive, error) {
	if size > MaxFileSize {
		return nil, tooMuch("file", MaxFileSize>>20)
	}
	if err := checkMagic(src, size); err != nil {
		return nil, err
	}
	if err := checkDirectory(src, size); err != nil {
		return nil, err
	}
	zr, err := zip.NewReader(src, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are checked below, with a message of our own
		return nil, damaged("zip")
	}
	a := &archive{parts: make(map[string]*zip.File, len(zr.File)), read: map[string]bool{}, left: maxInflated, room: maxPacked}
	for _, f := range zr.File {
		name, err := partName(f)
		if err != nil {
			return nil, err
		}
		if _, twice := a.parts[name]; twice { // two readers could then see two different workbooks
			return nil, damaged(shown(f.Name))
		}
		a.parts[name] = f
	}
	return a, nil
}

// checkMagic tells a workbook from its neighbours by the first bytes, so that people hear what they sent.
func checkMagic(src io.ReaderAt, size int64) error {
	var head [8]byte
	n, err := src.ReadAt(head[:min(int64(len(head)), max(size, 0))], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return damaged("zip")
	}
	switch {
	case n == 0:
		return refuse("workbook.file.empty")
	case bytes.HasPrefix(head[:n], []byte{0xD0, 0xCF, 0x11, 0xE0}): // .xls, and every workbook with a password
		return refuse("workbook.file.old")
	case !bytes.HasPrefix(head[:n], []byte("PK\x03\x04")):
		return refuse("workbook.file.type")
	}
	return nil
}

// checkDirectory reads the end record of the zip as archive/zip does and bounds what that would allocate: a million
// entries fit in a small file.
func checkDirectory(src io.ReaderAt, size int64) error {
	const record = 22
	for _, span := range []int64{1 << 10, 65 << 10} {
		span = min(span, size)
		tail := make([]byte, span)
		if n, err := src.ReadAt(tail, size-span); int64(n) != span && err != nil {
			return damaged("zip")
		}
		at := bytes.LastIndex(tail[:max(0, len(tail)-record+4)], []byte("PK\x05\x06"))
		if at < 0 {
			continue
		}
		if at+record+int(binary.LittleEndian.Uint16(tail[at+20:])) > len(tail) {
			return damaged("zip") // a comment longer than the file
		}
		entries := binary.LittleEndian.Uint16(tail[at+10:])
		bytesOfDirectory := binary.LittleEndian.Uint32(tail[at+12:])
		offset := binary.LittleEndian.Uint32(tail[at+16:])
		// 0xFFFF and 0xFFFFFFFF point to the records of zip64, which only files beyond our limits need.
		if int(entries) > maxEntries {
			return tooMuch("entries", maxEntries)
		}
		if bytesOfDirectory > maxDirectory || offset == 0xFFFFFFFF {
			return tooMuch("directory", maxDirectory>>10)
		}
		return nil
	}
	return damaged("zip")
}

// partName checks one entry of the directory and returns its name as a key.
func partName(f *zip.File) (string, error) {
	name := strings.ReplaceAll(f.Name, `\`, "/") // some writers on Windows
	switch {
	case len(name) > maxNameLength:
		return "", tooMuch("name", maxNameLength)
	case name == "" || strings.ContainsRune(name, 0) || path.IsAbs(name) || hasParent(name):
		return "", refuse("workbook.file.name", "Part", shown(f.Name))
	case f.Flags&1 != 0:
		return "", refuse("workbook.file.old")
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return "", damaged(shown(f.Name))
	case f.UncompressedSize64 > ratioFrom && f.UncompressedSize64/maxRatio > f.CompressedSize64:
		return "", refuse("workbook.file.bomb", "Part", shown(f.Name))
	}
	return strings.ToLower(name), nil
}

func hasParent(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

// has reports whether there is a part with this name, in any letter case.
func (a *archive) has(name string) bool {
	_, ok := a.parts[strings.ToLower(name)]
	return ok
}

// inflate unpacks one part whole. What counts is what comes out, not what the header says: a byte more than declared
// ends it, and so does the end of the budget.
func (a *archive) inflate(ctx context.Context, name string) ([]byte, error) {
	f, ok := a.parts[strings.ToLower(name)]
	if !ok {
		return nil, refuse("workbook.file.part", "Part", shown(name))
	}
	if f.UncompressedSize64 > uint64(max(a.left, 0)) {
		return nil, tooMuch("inflated", maxInflated>>20)
	}
	if f.CompressedSize64 > uint64(max(a.room, 0)) {
		return nil, tooMuch("packed", maxPacked>>20)
	}
	a.room -= int64(f.CompressedSize64)
	a.left -= int64(f.UncompressedSize64)
	a.read[strings.ToLower(name)] = true
	r, err := f.Open()
	if err != nil {
		return nil, damaged(shown(name))
	}
	defer r.Close()
	data := make([]byte, f.UncompressedSize64)
	const chunk = 256 << 10 // looked at the clock once per
	for at := 0; at < len(data); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := io.ReadFull(r, data[at:min(at+chunk, len(data))])
		if at += n; err != nil {
			return nil, damaged(shown(name))
		}
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n != 0 {
		return nil, refuse("workbook.file.lying", "Part", shown(name))
	} else if errors.Is(err, zip.ErrFormat) { // archive/zip counts too
		return nil, refuse("workbook.file.lying", "Part", shown(name))
	} else if !errors.Is(err, io.EOF) {
		return nil, damaged(shown(name)) // the checksum
	}
	return data, nil
}

// checkUnread looks at the first bytes of the parts that were not needed. They are never unpacked here, but a person
// may open the file elsewhere: a zip within the zip or a document type has no place in a sheet of answers.
func (a *archive) checkUnread(ctx context.Context) error {
	var head [1024]byte
	for name, f := range a.parts {
		if a.read[name] || f.UncompressedSize64 == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := readHead(f, head[:])
		if err != nil {
			return damaged(shown(f.Name))
		}
		if bytes.HasPrefix(head[:n], []byte("PK\x03\x04")) {
			return refuse("workbook.file.nested", "Part", shown(f.Name))
		}
		if isXML(name) && bytes.Contains(head[:n], []byte("<!DOCTYPE")) {
			return refuse("workbook.file.doctype", "Part", shown(f.Name))
		}
	}
	return nil
}

func isXML(name string) bool {
	switch path.Ext(name) {
	case ".xml", ".rels", ".vml":
		return true
	}
	return false
}

func readHead(f *zip.File, head []byte) (int, error) {
	r, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	n, err := io.ReadFull(r, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return n, err
}
