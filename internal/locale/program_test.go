package locale

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Where a message id stands in the code: the position of the id among the arguments of these calls, and the names
// of the fields that hold one.
var (
	idArgument = map[string]int{"T": 0, "TMap": 0, "TStrings": 0, "With": 1}
	idField    = map[string]bool{"Rule": true, "Mend": true, "Message": true}
	idForm     = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*(\.[a-zA-Z0-9_/-]+)+$`)
)

// named lists the message ids that a file names as literal text, with where.
func named(file *ast.File, fset *token.FileSet) map[string]token.Position {
	found := map[string]token.Position{}
	note := func(e ast.Expr) {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		if id, err := strconv.Unquote(lit.Value); err == nil && idForm.MatchString(id) {
			found[id] = fset.Position(lit.Pos())
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			at, ok := idArgument[sel.Sel.Name]
			if x, isName := sel.X.(*ast.Ident); isName && x.Name == "fault" && sel.Sel.Name == "New" {
				at, ok = 1, true
			}
			if ok && at < len(n.Args) {
				note(n.Args[at])
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && idField[key.Name] {
				note(n.Value)
			}
		}
		return true
	})
	return found
}

func TestEveryMessageThatTheProgramNamesExists(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, root := range []string{"..", filepath.Join("..", "..", "cmd")} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil //nolint:nilerr // a folder that does not exist yet has no messages
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for id, at := range named(file, fset) {
				seen++
				for _, lang := range Languages() {
					if !For(lang).Has(id) {
						t.Errorf("%s: message %s has no text in %q", at, id, lang)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen == 0 {
		t.Error("no message id was found in the code: the search is broken")
	}
}

func TestSearchForMessagesFindsThemAll(t *testing.T) {
	t.Parallel()
	const source = `package x
func f() {
	p.T("a.one", "N", "not.this"); fault.New(fault.Invalid, "a.two"); f.With("field.name", "a.three")
	_ = V{Rule: "a.four", Mend: "a.five", Message: "a sentence."}; p.T(prefix + "six"); errors.New("a.seven")
}`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "x.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := named(file, fset)
	for _, id := range []string{"a.one", "a.two", "a.three", "a.four", "a.five"} {
		if _, ok := got[id]; !ok {
			t.Errorf("%s was not found", id)
		}
	}
	if len(got) != 5 {
		t.Errorf("found %v", got)
	}
}
