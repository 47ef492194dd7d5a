package workbook

import (
	"context"
	"io"
	"path"
	"strings"
)

// book is what a workbook holds for us: its sheets with the cells that have something in them.
type book struct {
	sheets []*sheet
}

// loader reads a book; its counters are the budget of the whole file.
type loader struct {
	ctx     context.Context //nolint:containedctx // lives for one call of openBook
	archive *archive
	texts   []string
	styles  []cellFormat
	rows    int
	filled  int
	cells   int
	full    int
	stray   int
	merges  int

	mostRows, mostCells int // filled ones, in all sheets
}

// openBook reads a foreign workbook within the limits of this package. The error is a fault fit for a person, or the
// context's.
func openBook(ctx context.Context, src io.ReaderAt, size int64) (*book, error) {
	a, err := openArchive(src, size)
	if err != nil {
		return nil, err
	}
	return openSheets(&loader{ctx: ctx, archive: a, mostRows: maxFilledRows, mostCells: maxFilledCells})
}

// openSheets reads all sheets within the loader's budget.
func openSheets(l *loader) (*book, error) {
	main, err := l.mainPart()
	if err != nil {
		return nil, err
	}
	refs, err := l.sheetRefs(main)
	if err != nil {
		return nil, err
	}
	links, err := l.relations(main)
	if err != nil {
		return nil, err
	}
	if err := l.shared(main, links); err != nil {
		return nil, err
	}
	b := &book{}
	for _, ref := range refs {
		link, ok := links[ref.link]
		if !ok || link.external || !strings.HasSuffix(link.kind, "/worksheet") { // chart sheets have no cells
			continue
		}
		s, err := l.sheet(ref, target(main, link.target))
		if err != nil {
			return nil, err
		}
		b.sheets = append(b.sheets, s)
	}
	return b, l.archive.checkUnread(l.ctx)
}

// mainPart finds the workbook part, which is xl/workbook.xml nearly always and may be called anything.
func (l *loader) mainPart() (string, error) {
	const usual = "xl/workbook.xml"
	switch {
	case l.archive.has("xl/workbook.bin"):
		return "", refuse("workbook.file.binary")
	case l.archive.has("content.xml") && l.archive.has("mimetype"):
		return "", refuse("workbook.file.opendocument")
	case !l.archive.has("_rels/.rels"):
		return "", refuse("workbook.file.type")
	}
	links, err := l.relations("")
	if err != nil {
		return "", err
	}
	for _, link := range links {
		if strings.HasSuffix(link.kind, "/officeDocument") && !link.external {
			if name := target("", link.target); l.archive.has(name) {
				return name, nil
			}
		}
	}
	if l.archive.has(usual) {
		return usual, nil
	}
	return "", refuse("workbook.file.type")
}

// relation is a link from one part to another; external ones are never followed.
type relation struct {
	kind, target string
	external     bool
}

// relations reads the links of a part by id; of "" those of the whole package.
func (l *loader) relations(part string) (map[string]relation, error) {
	name := path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
	if part == "" {
		name = "_rels/.rels"
	}
	links := map[string]relation{}
	if !l.archive.has(name) {
		return links, nil
	}
	err := l.scan(name, func(s *scanner) error {
		if string(s.name) == "Relationship" {
			mode := s.attrText("TargetMode")
			links[s.attrText("Id")] = relation{s.attrText("Type"), s.attrText("Target"), strings.EqualFold(mode, "External")}
		}
		return nil
	})
	return links, err
}

// target resolves a link as a key of the archive; it cannot leave the archive, since names are only looked up there.
func target(from, to string) string {
	to = strings.ReplaceAll(to, `\`, "/")
	if strings.HasPrefix(to, "/") {
		return strings.TrimPrefix(path.Clean(to), "/")
	}
	return path.Join(path.Dir(from), to)
}

// scan calls start for every element of a part.
func (l *loader) scan(name string, start func(*scanner) error) error {
	data, err := l.archive.inflate(l.ctx, name)
	if err != nil {
		return err
	}
	s := newScanner(name, data)
	for {
		switch s.next() {
		case tokenEnd:
			return s.err
		case tokenStart:
			if err := start(s); err != nil {
				return err
			}
		case tokenClose, tokenText, tokenCDATA:
		}
	}
}

// sheetRef is a sheet as the workbook lists it.
type sheetRef struct {
	name, link string
	hidden     bool
}

func (l *loader) sheetRefs(main string) ([]sheetRef, error) {
	var refs []sheetRef
	err := l.scan(main, func(s *scanner) error {
		if string(s.name) != "sheet" {
			return nil
		}
		if len(refs) == maxSheets {
			return tooMuch("sheets", maxSheets)
		}
		state := s.attrText("state")
		refs = append(refs, sheetRef{name: s.attrText("name"), link: s.attrText("id"), hidden: state == "hidden" || state == "veryHidden"})
		return nil
	})
	if err == nil && len(refs) == 0 {
		err = refuse("workbook.file.nosheet")
	}
	return refs, err
}

// shared reads what all sheets share: texts and cell formats.
func (l *loader) shared(main string, links map[string]relation) error {
	for _, link := range links {
		name := target(main, link.target)
		if link.external || !l.archive.has(name) {
			continue
		}
		var err error
		switch {
		case strings.HasSuffix(link.kind, "/sharedStrings"):
			l.texts, err = l.sharedTexts(name)
		case strings.HasSuffix(link.kind, "/styles"):
			l.styles, err = l.cellFormats(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sharedTexts reads the table of shared strings into one block of memory. The counts that the part declares are
// ignored: only what stands there is counted.
func (l *loader) sharedTexts(name string) ([]string, error) {
	data, err := l.archive.inflate(l.ctx, name)
	if err != nil {
		return nil, err
	}
	s := newScanner(name, data)
	var block []byte
	var ends []int
	for {
		switch s.next() {
		case tokenEnd:
			if s.err != nil {
				return nil, s.err
			}
			all, from := string(block), 0
			texts := make([]string, len(ends))
			for i, end := range ends {
				texts[i], from = all[from:end], end
			}
			return texts, nil
		case tokenStart:
			if string(s.name) != "si" {
				continue
			}
			if len(ends) == maxTexts {
				return nil, tooMuch("texts", maxTexts)
			}
			block = s.richText(block)
			ends = append(ends, len(block))
		case tokenClose, tokenText, tokenCDATA:
		}
	}
}

// richText appends the text of the element that started last: its t elements, formatted runs joined, without the
// pronunciation that East Asian files carry.
func (s *scanner) richText(dst []byte) []byte {
	if s.alone {
		return dst
	}
	from := len(dst)
	inText := false
	for until := s.deep - 1; s.deep > until; {
		kind := s.next()
		switch kind {
		case tokenEnd:
			return dst
		case tokenStart:
			switch string(s.name) {
			case "t":
				inText = !s.alone
			case "rPh":
				s.skip()
			}
		case tokenClose:
			inText = false
		case tokenText, tokenCDATA:
			if !inText {
				break
			}
			if len(dst)-from+len(s.text) > 4*maxCellText { // up to four bytes a character
				s.err = tooMuch("text", maxCellText)
				return dst
			}
			if kind == tokenText {
				dst = s.unescape(dst, s.text)
			} else {
				dst = append(dst, s.text...)
			}
		}
	}
	return decodeControls(dst, from)
}

// decodeControls replaces _xHHHH_, the way of the file format to keep characters that XML cannot hold, in dst[from:].
func decodeControls(dst []byte, from int) []byte {
	tail := string(dst[from:])
	if !strings.Contains(tail, "_x") {
		return dst
	}
	dst = dst[:from]
	for {
		i := strings.Index(tail, "_x")
		if i < 0 {
			return append(dst, tail...)
		}
		dst = append(dst, tail[:i]...)
		tail = tail[i:]
		if r, ok := controlCode(tail); ok {
			dst = append(dst, string(r)...)
			tail = tail[7:]
			continue
		}
		dst = append(dst, tail[:2]...)
		tail = tail[2:]
	}
}

// controlCode reads "_xHHHH_" at the start of s.
func controlCode(s string) (rune, bool) {
	if len(s) < 7 || s[6] != '_' {
		return 0, false
	}
	var r rune
	for i := 2; i < 6; i++ {
		d := strings.IndexByte("0123456789ABCDEF", s[i]&^0x20)
		if s[i] >= '0' && s[i] <= '9' {
			d = int(s[i] - '0')
		}
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}

// cellFormat is what a cell's number format says about the value: 3.6 may be shown as a date, 0.9 as 90%.
type cellFormat uint8

const (
	formatPlain cellFormat = iota
	formatPercent
	formatDate
)

// cellFormats reads the formats of cells by style number.
func (l *loader) cellFormats(name string) ([]cellFormat, error) {
	own := map[int]cellFormat{}
	counts := map[string]int{}
	var formats []cellFormat
	inCells := false
	err := l.scan(name, func(s *scanner) error {
		kind := string(s.name)
		switch kind {
		case "cellXfs":
			inCells = true
		case "cellStyles", "dxfs", "cellStyleXfs":
			inCells = false
		case "numFmt", "xf", "font", "fill", "border", "cellStyle", "dxf":
			if counts[kind]++; counts[kind] > maxStyles {
				return tooMuch("styles", maxStyles)
			}
		}
		if kind == "numFmt" {
			own[s.attrInt("numFmtId", -1)] = formatOfCode(s.attrText("formatCode"))
		}
		if kind == "xf" && inCells {
			id := s.attrInt("numFmtId", 0)
			format, ok := own[id]
			if !ok {
				format = formatOfNumber(id)
			}
			formats = append(formats, format)
		}
		return nil
	})
	return formats, err
}

// formatOfNumber knows the built-in formats.
func formatOfNumber(id int) cellFormat {
	switch {
	case id == 9 || id == 10:
		return formatPercent
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 45 && id <= 47, id >= 50 && id <= 58:
		return formatDate
	}
	return formatPlain
}

// formatOfCode looks for the letters of dates and the percent sign outside quotes, brackets and escapes.
func formatOfCode(code string) cellFormat {
	plain := true
	if i := strings.IndexByte(code, ';'); i >= 0 {
		code = code[:i] // the format of positive numbers
	}
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '\\', '_', '*':
			i++
		case '"', '[':
			end := strings.IndexByte(code[i+1:], map[byte]byte{'"': '"', '[': ']'}[c])
			if end < 0 {
				return formatPlain
			}
			i += end + 1
		case '%':
			return formatPercent
		case 'd', 'D', 'y', 'Y', 'm', 'M', 'h', 'H', 's', 'S':
			plain = false
		}
	}
	if plain || strings.EqualFold(code, "General") {
		return formatPlain
	}
	return formatDate
}
