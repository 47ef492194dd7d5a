// Package archtest holds the import rules of the house as one table and the test that reads the tree against it.
// It is a statement of policy: a package without a row fails, a row without a package fails, and every ban says
// why. The files are parsed in the test process, since a test that shells out to the go command is answered from
// the test cache after the tree has changed.
package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// row says what one package (or, with a trailing "/...", a folder) may import of this module and from third
// parties, and which parts of the standard library it must not.
type row struct {
	pkg     string
	zona    []string // packages of this module below zona/internal; "x/..." for a folder
	third   []string // prefixes of third-party import paths
	banStd  []string // standard library packages that are not for it
	because string
}

var (
	ground   = []string{"fault", "audit", "exact", "locale", "idempotency", "job"}
	pure     = append([]string{"instrument", "scoring"}, ground...)
	features = append([]string{"notify", "org", "auth", "assessment", "trail"}, pure...)

	noIO     = []string{"context", "time", "database/sql", "net/http", "os", "log/slog"}
	noEdges  = []string{"database/sql", "net/http"}
	webStd   = []string{"database/sql"}
	storeStd = []string{"net/http"}
)

// policy is the table. Tests of a package may use more (see testExtra).
var policy = []row{
	{pkg: "fault", banStd: noIO, because: "names and values only"},
	{pkg: "exact", banStd: noIO, because: "a number has no clock and no disk"},
	{pkg: "idempotency", banStd: noIO, because: "a name for an attempt, not its record"},
	{pkg: "job", banStd: noIO, because: "what is to be done, not how or when"},
	{pkg: "audit", third: []string{"golang.org/x/mod/sumdb/tlog", "golang.org/x/mod/sumdb/note"}, banStd: noEdges, because: "says what an event is; the store appends it"},
	{
		pkg: "locale", zona: []string{"exact"}, third: []string{"golang.org/x/text", "github.com/nicksnyder/go-i18n"},
		banStd: noEdges, because: "the only place for words, numbers and dates of a language",
	},

	{pkg: "instrument", zona: ground, third: []string{"github.com/goccy/go-yaml"}, banStd: noIO, because: "pure rules do no I/O; take values, return values"},
	{pkg: "scoring", zona: append([]string{"instrument"}, ground...), banStd: noIO, because: "pure rules do no I/O; take values, return values"},

	{pkg: "org", zona: append([]string{"instrument"}, ground...), banStd: noEdges, because: "features declare a Store; edges implement it; the instrument says what an institution must reach"},
	{pkg: "auth", zona: append([]string{"org"}, ground...), third: []string{"github.com/alexedwards/argon2id", "github.com/pquerna/otp", "github.com/go-webauthn/webauthn"}, banStd: noEdges, because: "proves who asks, never what is allowed"},
	{pkg: "trail", zona: append([]string{"org"}, ground...), third: []string{"golang.org/x/mod/sumdb/tlog"}, banStd: noEdges, because: "what people do with the log; who may read what is org's answer"},
	{pkg: "notify", zona: append([]string{"org", "auth"}, ground...), banStd: noEdges, because: "who is told what; letters leave through a Post"},
	{pkg: "assessment", zona: append([]string{"org"}, pure...), banStd: noEdges, because: "rules of answering; SQL, HTML and Excel live at the edges"},

	{
		pkg: "store/storetest", zona: append([]string{"store"}, features...),
		third:  []string{"pgregory.net/rapid", "github.com/google/go-cmp", "github.com/jackc/pgx/v5", "golang.org/x/mod/sumdb/tlog"},
		banStd: storeStd, because: "the suite that both databases must pass; no program imports it",
	},
	{
		pkg: "web/internal/desktest", zona: append([]string{"web/...", "store", "store/storetest"}, features...),
		third:   []string{"github.com/PuerkitoBio/goquery", "golang.org/x/net/html", "github.com/alexedwards/argon2id"},
		because: "a browser and a world with a real database for the tests of the desks; no program imports it",
	},
	{
		pkg: "store/...", zona: append([]string{"store/..."}, features...),
		third: []string{
			"modernc.org/sqlite", "github.com/jackc/pgx/v5", "github.com/pressly/goose/v3", "github.com/georgysavva/scany/v2",
			"github.com/huandu/go-sqlbuilder", "github.com/riverqueue/river", "golang.org/x/mod/sumdb/tlog", "golang.org/x/sys/unix", "golang.org/x/sys/windows",
		},
		banStd: storeStd, because: "edges meet in app",
	},
	{
		pkg: "mail", zona: ground, third: []string{"github.com/wneessen/go-mail"},
		banStd: []string{"database/sql", "net/http", "os"}, because: "hands a finished text to one server",
	},
	{
		pkg: "worker", zona: ground, third: []string{"github.com/riverqueue/river"},
		banStd: storeStd, because: "runs the queue; which use case a job calls is said in app",
	},
	{
		pkg: "anchor", zona: append([]string{"trail"}, ground...), third: []string{"golang.org/x/mod/sumdb/tlog"},
		banStd: []string{"database/sql", "net/http"}, because: "the key and the checkpoints as files; edges meet in app",
	},
	{
		pkg: "workbook", zona: pure, third: []string{"github.com/xuri/excelize/v2"},
		banStd: []string{"database/sql", "net/http", "os"}, because: "bytes in, answers out; files and uploads are opened by others",
	},
	{
		pkg: "web/...", zona: append([]string{"web/..."}, features...),
		third:  []string{"github.com/a-h/templ", "github.com/go-chi/httprate", "github.com/pquerna/otp", "github.com/andybalholm/brotli"},
		banStd: webStd, because: "handlers call a feature; features ask a Store",
	},

	{
		pkg: "backup", zona: []string{}, third: []string{"filippo.io/age"},
		banStd: noEdges, because: "the form of a copy and its key; rows come from a Source and go to a Target",
	},

	{pkg: "config", third: []string{"github.com/knadh/koanf"}, banStd: noEdges, because: "one typed value, read once"},
	{pkg: "demo", zona: features, banStd: noEdges, because: "an invented institution goes through the same use cases as a real one"},
	{
		pkg:   "app",
		zona:  append([]string{"anchor", "backup", "config", "demo", "mail", "store/...", "worker", "workbook", "web/..."}, features...),
		third: []string{"golang.org/x/sync", "filippo.io/age"}, because: "builds the program by hand",
	},
	{pkg: "archtest", because: "reads files only"},
	{pkg: "supplytest", third: []string{"golang.org/x/mod"}, because: "reads files only"},

	{
		pkg: "cmd/zona-verify", zona: []string{"audit", "locale"}, third: []string{"golang.org/x/mod/sumdb/tlog"},
		banStd: []string{"database/sql", "net", "net/http", "crypto/tls", "os/exec", "plugin"}, because: "checks the log where the system is not; an inspector reads all of it",
	},
	{pkg: "cmd/zona", zona: []string{"app", "config", "locale"}, third: []string{"github.com/alecthomas/kong"}, banStd: noEdges, because: "flags and exit codes; the program is built in app"},
}

// testExtra is what tests of any package may import beside the row of their package.
var testExtra = []string{
	"pgregory.net/rapid", "github.com/rogpeppe/go-internal", "github.com/google/go-cmp", "github.com/PuerkitoBio/goquery",
	"golang.org/x/net/html", "github.com/xuri/excelize/v2", "github.com/pquerna/otp",
}

// file is one parsed Go file: the package folder, and what it imports.
type file struct {
	dir     string // "internal/scoring", "cmd/zona"
	name    string
	test    bool
	imports []string
}

func TestEveryImportIsAllowedByTheTable(t *testing.T) {
	t.Parallel()
	files, err := parseTree(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d files found: the walk is broken", len(files))
	}
	for _, v := range violations(files) {
		t.Error(v)
	}
}

// The rule book itself is tested: each of these must be reported.
func TestThePolicyReportsWhatItForbids(t *testing.T) {
	t.Parallel()
	planted := []file{
		{dir: "internal/scoring", name: "clock.go", imports: []string{"time"}},
		{dir: "internal/assessment", name: "sql.go", imports: []string{"database/sql"}},
		{dir: "internal/web/workspace", name: "db.go", imports: []string{"zona/internal/store"}},
		{dir: "internal/store", name: "page.go", imports: []string{"zona/internal/web"}},
		{dir: "internal/locale", name: "yaml.go", imports: []string{"github.com/goccy/go-yaml"}},
		{dir: "internal/util", name: "drawer.go"},
	}
	for _, f := range planted {
		found := slices.ContainsFunc(violations([]file{f}), func(v string) bool { return strings.Contains(v, f.dir) })
		if !found {
			t.Errorf("%s importing %v was not reported", f.dir, f.imports)
		}
	}
}

// violations lists everything in files that the table does not allow, and rows that no file belongs to.
func violations(files []file) []string {
	var out []string
	used := map[string]bool{}
	for _, f := range files {
		r, ok := rowOf(f.dir)
		if !ok {
			out = append(out, fmt.Sprintf("%s: package has no row in internal/archtest: say what it may import, or give it a home", f.dir))
			continue
		}
		used[r.pkg] = true
		for _, imp := range f.imports {
			if why := refuse(r, f, imp); why != "" {
				out = append(out, fmt.Sprintf("%s/%s imports %s: %s (%s)", f.dir, f.name, imp, why, r.because))
			}
		}
	}
	for _, r := range policy {
		if !used[r.pkg] && len(files) > 10 {
			out = append(out, fmt.Sprintf("row %q of internal/archtest belongs to no package: remove it", r.pkg))
		}
	}
	return out
}

func refuse(r row, f file, imp string) string {
	if rest, ok := strings.CutPrefix(imp, "zona/"); ok {
		rest = strings.TrimPrefix(rest, "internal/")
		if rest == strings.TrimPrefix(f.dir, "internal/") || matchAny(r.zona, rest) {
			return ""
		}
		if f.test && r.pkg != "scoring" && matchAny(features, rest) {
			return ""
		}
		return "not among the packages that it may know"
	}
	if !strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
		if !f.test && slices.Contains(r.banStd, imp) {
			return "kept out of this package"
		}
		return ""
	}
	if hasPrefix(r.third, imp) || f.test && hasPrefix(testExtra, imp) {
		return ""
	}
	return "third-party part not in its row"
}

// rowOf finds the row of a folder, the exact one before a "/..." one.
func rowOf(dir string) (row, bool) {
	dir = strings.TrimPrefix(dir, "internal/")
	for _, r := range policy {
		if r.pkg == dir {
			return r, true
		}
	}
	for _, r := range policy {
		if matchAny([]string{r.pkg}, dir) {
			return r, true
		}
	}
	return row{}, false
}

func matchAny(patterns []string, pkg string) bool {
	for _, p := range patterns {
		if folder, ok := strings.CutSuffix(p, "/..."); ok {
			if pkg == folder || strings.HasPrefix(pkg, folder+"/") {
				return true
			}
		} else if p == pkg {
			return true
		}
	}
	return false
}

func hasPrefix(prefixes []string, imp string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return imp == p || strings.HasPrefix(imp, p+"/") })
}

func parseTree(root fs.FS) ([]file, error) {
	var files []file
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n == "node_modules" || n == "testdata" || n == "tools" || n != "." && strings.HasPrefix(n, ".") {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(p) != ".go" {
			return nil
		}
		src, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), p, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		f := file{dir: path.Dir(p), name: path.Base(p), test: strings.HasSuffix(p, "_test.go")}
		for _, s := range parsed.Imports {
			imp, err := strconv.Unquote(s.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, imp)
		}
		files = append(files, f)
		return nil
	})
	return files, err
}
