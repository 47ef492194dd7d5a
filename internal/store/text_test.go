package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"
)

// everything is a star in the list of a query: it would read, in a server of the version before, columns that a
// newer one has added.
var everything = regexp.MustCompile(`(?i)\bselect\s+([a-z]+\.)?\*|,\s*[a-z]+\.\*|\breturning\s+\*`)

func TestEveryStatementNamesItsColumns(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	statements := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			text, ok := n.(*ast.BasicLit)
			if !ok || text.Kind != token.STRING {
				return true
			}
			if strings.Contains(text.Value, "SELECT") {
				statements++
			}
			if everything.MatchString(text.Value) {
				t.Errorf("%s reads every column there is", set.Position(text.Pos()))
			}
			return true
		})
	}
	if statements < 20 {
		t.Errorf("only %d statements were read", statements)
	}
	for _, star := range []string{"SELECT * FROM unit", "SELECT u.* FROM unit u", "SELECT a, u.* FROM unit u", "returning *"} {
		if !everything.MatchString(star) {
			t.Errorf("the control: %s passes", star)
		}
	}
	if everything.MatchString("SELECT count(*), version * 1000 FROM unit") {
		t.Error("the control: a product or a count does not pass")
	}
}
