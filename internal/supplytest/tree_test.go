// Package supplytest shows where the program comes from: listed parts, unchanged, under licences that allow it, with
// nothing secret and nothing foreign in the repository or its history. It refuses to know what the program does. Each
// check is a function over files handed in, so that the control of each can hand in a tree that must be refused.
package supplytest

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// root is the top of the repository, seen from this package.
const root = "../.."

// entry is one file of the repository.
type entry struct {
	path string
	data []byte
}

// built is what the build or a run leaves in the tree and what is never committed.
var built = map[string]bool{
	".git": true, "bin": true, "node_modules": true, "var": true, "test-results": true,
	"internal/web/internal/ui/dist": true,
}

// readTree reads every file that could be committed.
func readTree(fsys fs.FS) ([]entry, error) {
	var out []entry
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if built[p] {
				return fs.SkipDir
			}
			return nil
		}
		if ignored(p) || !d.Type().IsRegular() {
			return nil
		}
		data, err := fs.ReadFile(fsys, p)
		out = append(out, entry{path: p, data: data})
		return err
	})
	return out, err
}

// ignored repeats the file patterns of .gitignore.
func ignored(p string) bool {
	switch path.Ext(p) {
	case ".db", ".db-shm", ".db-wal", ".test", ".prof":
		return true
	}
	return false
}

func tree(t *testing.T) []entry {
	t.Helper()
	files, err := readTree(os.DirFS(root))
	if err != nil {
		t.Fatalf("read the repository: %v", err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d files found: the walk is broken", len(files))
	}
	return files
}

// leftover is a mark of unfinished work, or of the place where the work was done.
var leftover = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX|HA` + `CK)\b|/work/(ma` + `in|sha` + `red)|/root/` + `go|/tmp/zo` + `na/|` +
	`registry\.npm` + `js|proxy\.golang` + `\.org|sum\.golang` + `\.org|deb\.debian` + `\.org|vuln\.go` + `\.dev`)

func leftovers(files []entry) []string {
	var out []string
	for _, f := range files {
		if binary(f.data) {
			continue
		}
		for i, line := range strings.Split(string(f.data), "\n") {
			if found := leftover.FindString(line); found != "" {
				out = append(out, position(f.path, i)+": "+found)
			}
		}
	}
	return out
}

func TestTheTreeHoldsNoUnfinishedWorkAndNoMachineOfItsMakers(t *testing.T) {
	t.Parallel()
	for _, l := range leftovers(tree(t)) {
		t.Error(l)
	}
}

func TestUnfinishedWorkWouldBeFound(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"// TO" + "DO: later", "# FIX" + "ME", "see /work/" + "shared/x", "https://registry.npm" + "js.org/x"} {
		if len(leftovers([]entry{{path: "x.go", data: []byte("package x\n" + line + "\n")}})) != 1 {
			t.Errorf("%q was not found", line)
		}
	}
	if got := leftovers([]entry{{path: "x.go", data: []byte("// the hackathon of todos\n")}}); len(got) != 0 {
		t.Errorf("ordinary words were reported: %v", got)
	}
}
