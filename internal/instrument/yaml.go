package instrument

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of an instrument file. The LKE has 120 kB in 2,300 lines, 6,500 tokens and 18 values inside each
// other.
const (
	MaxFileSize   = 1 << 18 // bytes
	maxTokens     = 20_000  // words and signs; the parser's time may grow with their square
	maxLineLength = 2000    // bytes
	maxYAMLDepth  = 40      // mappings and lists inside each other
	maxIndent     = 100     // columns before the first word of a line
)

// value is a YAML value with its line: the only form in which the loader sees a file. The library's tree is left
// behind here, so that the rules of the file format do not depend on it.
type value struct {
	line int
	kind valueKind
	text string   // scalar: as written, quotes taken off
	keys []*value // mapping
	vals []*value // mapping: beside keys; list: the items
}

type valueKind byte

const (
	scalarValue valueKind = iota
	emptyValue            // null, ~ or nothing
	mapValue
	listValue
	wrongValue // already reported
)

func (k valueKind) String() string {
	return [...]string{"text or a number", "nothing", "a mapping", "a list", "something wrong"}[k]
}

// parseYAML reads one YAML document and refuses, with a problem, what an instrument has no use for and an attacker
// might: aliases, anchors, tags, merge keys, directives, further documents, huge or deeply nested files.
func parseYAML(data []byte, p *problems) *value {
	if !checkBytes(data, p) {
		return nil
	}
	tokens := lexer.Tokenize(string(data))
	if !checkTokens(tokens, p) {
		return nil
	}
	file, err := parseTokens(tokens)
	if err != nil {
		p.add(errorLine(err), "yaml", errorMessage(err), "mend the YAML; indentation and quotes are the usual causes")
		return nil
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		p.add(1, "yaml", fmt.Sprintf("%d documents", len(file.Docs)), "a file holds exactly one instrument")
		return nil
	}
	return convert(file.Docs[0].Body, 0, p)
}

// checkBytes looks at the raw text, before any parser may recurse over it.
func checkBytes(data []byte, p *problems) bool {
	if len(data) > MaxFileSize {
		p.add(1, "file-size", fmt.Sprintf("%d bytes", len(data)), fmt.Sprintf("an instrument has at most %d bytes", MaxFileSize))
		return false
	}
	if !utf8.Valid(data) {
		p.add(1+bytes.Count(data[:invalidAt(data)], []byte("\n")), "encoding", "bytes that are not UTF-8", "save the file as UTF-8")
		return false
	}
	flow, no := 0, 0
	for line := range bytes.Lines(data) {
		no++
		lead := 0
		for lead < len(line) && strings.IndexByte(" -?:\t", line[lead]) >= 0 {
			lead++
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				flow++
			case ']', '}':
				flow = max(0, flow-1)
			}
		}
		switch {
		case len(line) > maxLineLength:
			p.add(no, "line-length", fmt.Sprintf("a line of %d bytes", len(line)), fmt.Sprintf("a line has at most %d bytes", maxLineLength))
			return false
		case lead > maxIndent || flow > maxYAMLDepth:
			p.add(no, "depth", "values nested too deeply", fmt.Sprintf("values nest at most %d deep, in at most %d columns", maxYAMLDepth, maxIndent))
			return false
		}
	}
	return true
}

func invalidAt(data []byte) int {
	i := 0
	for i < len(data) {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		i += n
	}
	return i
}

func checkTokens(tokens token.Tokens, p *problems) bool {
	if n := len(tokens); n > maxTokens {
		p.add(1, "file-size", fmt.Sprintf("%d words and signs", n), fmt.Sprintf("an instrument has at most %d", maxTokens))
		return false
	}
	ok := true
	refuse := func(t *token.Token, read string) {
		ok = false
		p.add(t.Position.Line, "plain-yaml", read, "write the value out; anchors, aliases, tags, merges, complex keys, directives and further documents are not used")
	}
	for _, t := range tokens {
		switch t.Type {
		case token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType, token.DirectiveType,
			token.MappingKeyType:
			refuse(t, t.Type.String()+" "+t.Value)
		case token.DocumentHeaderType, token.DocumentEndType:
			refuse(t, "a document marker")
		case token.InvalidType:
			ok = false
			p.add(t.Position.Line, "yaml", t.Value, "mend the YAML")
		}
	}
	return ok
}

// parseTokens turns a panic of the library into an error: a file must never be able to end the program.
func parseTokens(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			file, err = nil, fmt.Errorf("not readable as YAML: %v", r)
		}
	}()
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

func errorLine(err error) int {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil && e.GetToken().Position != nil {
		return e.GetToken().Position.Line
	}
	return 1
}

func errorMessage(err error) string {
	if e, ok := errors.AsType[yaml.Error](err); ok {
		return e.GetMessage()
	}
	return err.Error()
}

func convert(n ast.Node, depth int, p *problems) *value {
	v := &value{line: lineOf(n)}
	if depth > maxYAMLDepth {
		p.add(v.line, "depth", "values nested too deeply", fmt.Sprintf("values nest at most %d deep", maxYAMLDepth))
		v.kind = wrongValue
		return v
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		v.kind = mapValue
		for _, pair := range n.Values {
			v.addPair(pair, depth, p)
		}
	case *ast.MappingValueNode:
		v.kind = mapValue
		v.addPair(n, depth, p)
	case *ast.SequenceNode:
		v.kind = listValue
		for _, item := range n.Values {
			v.vals = append(v.vals, convert(item, depth+1, p))
		}
	case *ast.StringNode:
		v.text = n.Value
	case *ast.LiteralNode:
		v.text = n.Value.Value
	case *ast.NullNode:
		v.kind = emptyValue
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		v.text = n.GetToken().Value
	default:
		p.add(v.line, "plain-yaml", n.Type().String(), "use only mappings, lists, texts and numbers")
		v.kind = wrongValue
	}
	return v
}

func (v *value) addPair(pair *ast.MappingValueNode, depth int, p *problems) {
	key := convert(pair.Key, depth+1, p)
	if key.kind != scalarValue {
		p.add(key.line, "plain-yaml", "a key that is "+key.kind.String(), "keys are plain texts")
		return
	}
	if len(v.keys) == maxEntries {
		p.add(key.line, "too-large", key.text, fmt.Sprintf("a mapping has at most %d keys", maxEntries))
		return
	}
	for _, k := range v.keys {
		if k.text == key.text {
			p.add(key.line, "duplicate-key", key.text, fmt.Sprintf("the key stands in line %d already; keep one", k.line))
			return
		}
	}
	val := &value{line: key.line, kind: emptyValue}
	if pair.Value != nil {
		val = convert(pair.Value, depth+1, p)
		// A block below its key is better named by the line of the key.
		if val.kind == mapValue || val.kind == listValue || val.kind == emptyValue {
			val.line = key.line
		}
	}
	v.keys, v.vals = append(v.keys, key), append(v.vals, val)
}

func lineOf(n ast.Node) int {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && m.Values[0].Key != nil {
		return lineOf(m.Values[0].Key)
	}
	if m, ok := n.(*ast.MappingValueNode); ok && m.Key != nil {
		return lineOf(m.Key)
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 1
}
