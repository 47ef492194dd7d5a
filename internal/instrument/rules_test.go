package instrument

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// reportedRules lists the rules that the loader's source reports: the second argument of each call of add, and Rule
// where a Problem is made.
func reportedRules(t *testing.T) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]bool{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if rule := reportedRule(n); rule != "" && !strings.Contains(rule, ".") {
				rules[rule] = true
			}
			return true
		})
	}
	return rules
}

func reportedRule(n ast.Node) string {
	var text ast.Expr
	switch n := n.(type) {
	case *ast.CallExpr:
		if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "add" && len(n.Args) == 4 {
			text = n.Args[1]
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Rule" {
			text = n.Value
		}
	}
	if lit, ok := text.(*ast.BasicLit); ok {
		if s, err := strconv.Unquote(lit.Value); err == nil {
			return s
		}
	}
	return ""
}

func TestEveryRuleOfTheLoaderIsDocumentedAndShown(t *testing.T) {
	t.Parallel()
	rules := reportedRules(t)
	if len(rules) < 30 {
		t.Fatalf("only %d rules were found in the source: the search is broken", len(rules))
	}
	page, err := os.ReadFile("../../docs/instrument.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## Rules that a file must keep")
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| (`[a-z-]+`(?:, `[a-z-]+`)*) \\|").FindAllStringSubmatch(table, -1) {
		for name := range strings.SplitSeq(m[1], ", ") {
			documented[strings.Trim(name, "`")] = true
		}
	}
	if want, got := slices.Sorted(maps.Keys(rules)), slices.Sorted(maps.Keys(documented)); !slices.Equal(want, got) {
		t.Errorf("docs/instrument.md lists other rules than the loader has:\ndocs   %v\nloader %v", got, want)
	}
	// Shown by tests of their own: files too large for a table.
	shown := map[string]bool{"file-size": true, "too-large": true, "too-many": true}
	for _, c := range slices.Concat(loaderCases, eligibilityCases) {
		shown[c.rule] = true
	}
	for _, rule := range slices.Sorted(maps.Keys(rules)) {
		if !shown[rule] {
			t.Errorf("no case shows the rule %s", rule)
		}
	}
}
