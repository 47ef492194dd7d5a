package supplytest

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// budget is the number of direct parts that the house allows itself; more need a decision, not only a row. The last one
// was for the job queue, which is one project in five modules; docs/dependencies.md says so.
const budget = 35

// imported lists the modules that our own files import, by the module file's longest matching path.
func imported(files []entry, mod *modfile.File) ([]string, error) {
	found := map[string]bool{}
	for _, f := range files {
		if path.Ext(f.path) != ".go" || strings.Contains(f.path, "/testdata/") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.path, f.data, parser.ImportsOnly)
		if err != nil {
			return nil, err
		}
		for _, s := range parsed.Imports {
			imp, err := strconv.Unquote(s.Path.Value)
			if err != nil {
				return nil, err
			}
			longest := ""
			for _, r := range mod.Require {
				if (imp == r.Mod.Path || strings.HasPrefix(imp, r.Mod.Path+"/")) && len(r.Mod.Path) > len(longest) {
					longest = r.Mod.Path
				}
			}
			if longest != "" {
				found[longest] = true
			}
		}
	}
	out := make([]string, 0, len(found))
	for m := range found {
		out = append(out, m)
	}
	slices.Sort(out)
	return out, nil
}

// row is a line of the table in docs/dependencies.md: the part in code letters, its version, why.
var partRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|")

// explained compares the document with what is used: every direct part has a row with its version and a reason, and
// no row speaks of a part that is gone.
func explained(doc string, versions map[string]string) []string {
	var out []string
	rows := map[string]bool{}
	for _, m := range partRow.FindAllStringSubmatch(doc, -1) {
		name, version, why := m[1], strings.TrimSpace(m[2]), strings.TrimSpace(m[3])
		rows[name] = true
		switch want, used := versions[name]; {
		case !used:
			out = append(out, fmt.Sprintf("%s has a row and is not used", name))
		case want != version:
			out = append(out, fmt.Sprintf("%s is used at %s, its row says %s", name, want, version))
		case len(why) < 10:
			out = append(out, fmt.Sprintf("%s: its row gives no reason", name))
		}
	}
	for name := range versions {
		if !rows[name] {
			out = append(out, fmt.Sprintf("%s has no row", name))
		}
	}
	slices.Sort(out)
	return out
}

func TestSU06EveryDirectPartIsExplainedWithItsVersion(t *testing.T) {
	t.Parallel()
	mod := goMod(t)
	direct, err := imported(tree(t), mod)
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, r := range mod.Require {
		if slices.Contains(direct, r.Mod.Path) {
			versions[r.Mod.Path] = r.Mod.Version
		}
	}
	if len(versions) > budget {
		t.Errorf("%d direct modules, the house allows itself %d", len(versions), budget)
	}
	var manifest lockPackage
	if err := json.Unmarshal(read(t, "package.json"), &manifest); err != nil {
		t.Fatal(err)
	}
	maps.Copy(versions, manifest.DevDependencies)
	tools, err := modfile.Parse("tools/go.mod", read(t, "tools/go.mod"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range tools.Tool {
		for _, r := range tools.Require {
			if strings.HasPrefix(tool.Path+"/", r.Mod.Path+"/") {
				versions[r.Mod.Path] = r.Mod.Version
			}
		}
	}
	for _, v := range explained(string(read(t, "docs/dependencies.md")), versions) {
		t.Errorf("docs/dependencies.md: %s", v)
	}
}

func TestSU06AnUnexplainedOrOutdatedRowIsReported(t *testing.T) {
	t.Parallel()
	doc := "| `a` | v1.0.0 | does what it does | nothing |\n| `b` | v1.0.0 | does what it does | nothing |\n| `d` | v1.0.0 | short | x |\n"
	got := strings.Join(explained(doc, map[string]string{"b": "v1.1.0", "c": "v1.0.0", "d": "v1.0.0"}), "\n")
	for _, want := range []string{"a has a row and is not used", "b is used at v1.1.0", "c has no row", "d: its row gives no reason"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q was not reported in:\n%s", want, got)
		}
	}
}
