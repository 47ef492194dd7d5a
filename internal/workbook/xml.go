package workbook

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// scanner walks through the XML of one part. It knows what spreadsheets use and refuses the rest: a document type
// (the door to entities and to other files), entities beyond the five of XML, another encoding than UTF-8, elements
// that do not close. It keeps nothing but the names of the open elements, so that a part costs no memory beyond its
// bytes; prefixes of names are cut off, since writers choose them freely.
type scanner struct {
	part string // for messages
	data []byte
	pos  int
	err  error

	name  []byte // of the element that starts or ends here
	attrs []byte // of the element that starts here, unparsed
	alone bool   // it closes itself: no end follows
	text  []byte // raw

	open [maxNesting][]byte
	deep int
}

type tokenKind int

const (
	tokenEnd   tokenKind = iota // of the part, or an error: see err
	tokenStart                  // name, attrs, alone
	tokenClose                  // name
	tokenText                   // text; CDATA already escaped as its own bytes, see cdata
	tokenCDATA                  // text, to be taken as it is
)

func newScanner(part string, data []byte) *scanner {
	s := &scanner{part: part, data: data}
	switch {
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		s.pos = 3
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}), bytes.HasPrefix(data, []byte{0xFE, 0xFF}), bytes.HasPrefix(data, []byte{'<', 0}), bytes.HasPrefix(data, []byte{0, '<'}):
		s.err = refuse("workbook.file.encoding", "Part", shown(part))
	}
	return s
}

// next moves to the next token.
func (s *scanner) next() tokenKind {
	for s.err == nil {
		if s.pos >= len(s.data) {
			if s.deep > 0 {
				s.err = damaged(shown(s.part))
			}
			return tokenEnd
		}
		if s.data[s.pos] != '<' {
			end := bytes.IndexByte(s.data[s.pos:], '<')
			if end < 0 {
				end = len(s.data) - s.pos
			}
			s.text = s.data[s.pos : s.pos+end]
			s.pos += end
			if s.deep == 0 && len(bytes.TrimSpace(s.text)) > 0 {
				s.err = damaged(shown(s.part))
				return tokenEnd
			}
			return tokenText
		}
		if kind, some := s.markup(); some {
			return kind
		}
	}
	return tokenEnd
}

// markup reads what begins with '<'; some is false for what is skipped.
func (s *scanner) markup() (kind tokenKind, some bool) {
	rest := s.data[s.pos:]
	switch {
	case bytes.HasPrefix(rest, []byte("</")):
		return s.closing()
	case bytes.HasPrefix(rest, []byte("<?")):
		return s.instruction()
	case bytes.HasPrefix(rest, []byte("<!--")):
		s.skipTo("-->")
		return tokenEnd, false
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		from := s.pos + len("<![CDATA[")
		if !s.skipTo("]]>") {
			return tokenEnd, false
		}
		s.text = s.data[from : s.pos-3]
		return tokenCDATA, true
	case bytes.HasPrefix(rest, []byte("<!")):
		s.err = refuse("workbook.file.doctype", "Part", shown(s.part))
		return tokenEnd, true
	}
	return s.starting()
}

// instruction skips <?...?>; of the declaration only the encoding matters.
func (s *scanner) instruction() (tokenKind, bool) {
	from := s.pos
	if !s.skipTo("?>") || !bytes.HasPrefix(s.data[from:], []byte("<?xml ")) {
		return tokenEnd, false
	}
	s.attrs = s.data[from+6 : s.pos-2]
	if enc, ok := s.attr("encoding"); ok && !bytes.EqualFold(enc, []byte("utf-8")) && !bytes.EqualFold(enc, []byte("us-ascii")) {
		s.err = refuse("workbook.file.encoding", "Part", shown(s.part))
	}
	return tokenEnd, false
}

func (s *scanner) skipTo(mark string) bool {
	end := bytes.Index(s.data[s.pos:], []byte(mark))
	if end < 0 {
		s.err = damaged(shown(s.part))
		return false
	}
	s.pos += end + len(mark)
	return true
}

func (s *scanner) closing() (tokenKind, bool) {
	end := bytes.IndexByte(s.data[s.pos:], '>')
	if end < 0 {
		s.err = damaged(shown(s.part))
		return tokenEnd, true
	}
	from, to := s.pos+2, s.pos+end
	for to > from && s.data[to-1] <= ' ' {
		to--
	}
	full := s.data[from:to]
	s.pos += end + 1
	if s.deep == 0 || !bytes.Equal(s.open[s.deep-1], full) {
		s.err = damaged(shown(s.part))
		return tokenEnd, true
	}
	s.deep--
	s.name = local(full)
	return tokenClose, true
}

func (s *scanner) starting() (tokenKind, bool) {
	// '>' may stand inside an attribute's quotes.
	i, quote := s.pos+1, byte(0)
	for ; i < len(s.data); i++ {
		c := s.data[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
			continue
		case c == '"' || c == '\'':
			quote = c
			continue
		}
		if c == '>' || c == '<' {
			break
		}
	}
	if i >= len(s.data) || s.data[i] == '<' {
		s.err = damaged(shown(s.part))
		return tokenEnd, true
	}
	tag := s.data[s.pos+1 : i]
	s.pos = i + 1
	s.alone = len(tag) > 0 && tag[len(tag)-1] == '/'
	if s.alone {
		tag = tag[:len(tag)-1]
	}
	end := 0
	for end < len(tag) && tag[end] > ' ' {
		end++
	}
	if end == 0 {
		s.err = damaged(shown(s.part))
		return tokenEnd, true
	}
	full := tag[:end]
	s.name, s.attrs = local(full), tag[end:]
	if s.alone {
		return tokenStart, true
	}
	if s.deep == maxNesting {
		s.err = tooMuch("nesting", maxNesting)
		return tokenEnd, true
	}
	s.open[s.deep] = full
	s.deep++
	return tokenStart, true
}

// local cuts the prefix off a name.
func local(full []byte) []byte {
	if _, after, ok := bytes.Cut(full, []byte{':'}); ok {
		return after
	}
	return full
}

// attr returns the raw value of an attribute of the element that started last, by its local name. Half of a sheet is
// attributes, so this loop is written for speed.
func (s *scanner) attr(name string) ([]byte, bool) {
	rest := s.attrs
	for {
		i := skipSpace(rest, 0)
		from := i
		for i < len(rest) && rest[i] != '=' && rest[i] > ' ' {
			i++
		}
		key := rest[from:i]
		if i = skipSpace(rest, i); i >= len(rest) || rest[i] != '=' {
			return nil, false
		}
		if i = skipSpace(rest, i+1); i >= len(rest) || rest[i] != '"' && rest[i] != '\'' {
			return nil, false
		}
		end := bytes.IndexByte(rest[i+1:], rest[i])
		if end < 0 {
			return nil, false
		}
		value := rest[i+1 : i+1+end]
		rest = rest[i+end+2:]
		if string(key) == name || len(key) > len(name) && string(local(key)) == name {
			return value, true
		}
	}
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' {
		i++
	}
	return i
}

// attrText is attr, unescaped.
func (s *scanner) attrText(name string) string {
	raw, _ := s.attr(name)
	return string(s.unescape(nil, raw))
}

// attrInt is attr as a whole number; absent or not a number is fallback.
func (s *scanner) attrInt(name string, fallback int) int {
	raw, ok := s.attr(name)
	if !ok {
		return fallback
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil {
		return fallback
	}
	return n
}

// skip moves behind the end of the element that started last.
func (s *scanner) skip() {
	if s.alone {
		return
	}
	for until := s.deep - 1; s.deep > until; {
		if s.next() == tokenEnd {
			return
		}
	}
}

// unescape appends raw to dst with its references replaced.
func (s *scanner) unescape(dst, raw []byte) []byte {
	for {
		amp := bytes.IndexByte(raw, '&')
		if amp < 0 {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:amp]...)
		raw = raw[amp+1:]
		end := bytes.IndexByte(raw, ';')
		if end < 0 || end > 10 {
			s.err = refuse("workbook.file.entity", "Part", shown(s.part))
			return dst
		}
		r, ok := reference(raw[:end])
		if !ok {
			s.err = refuse("workbook.file.entity", "Part", shown(s.part))
			return dst
		}
		dst = utf8.AppendRune(dst, r)
		raw = raw[end+1:]
	}
}

func reference(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(string(digits), base, 21)
	if err != nil || n == 0 || n > utf8.MaxRune {
		return 0, false
	}
	return rune(n), true
}
