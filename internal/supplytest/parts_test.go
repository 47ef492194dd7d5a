package supplytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/dirhash"
)

// sums are the lines of go.sum: "module version" and "module version/go.mod" to their hashes.
type sums map[string]string

func parseSums(data []byte) sums {
	s := sums{}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) == 3 {
			s[f[0]+" "+f[1]] = f[2]
		}
	}
	return s
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func goMod(t *testing.T) *modfile.File {
	t.Helper()
	mod, err := modfile.Parse("go.mod", read(t, "go.mod"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return mod
}

// moduleFile lists what is wrong with a module file and its sums: a fork put in place of a part, a version that is
// not pinned by its hash.
func moduleFile(mod *modfile.File, s sums) []string {
	var out []string
	for _, r := range mod.Replace {
		out = append(out, fmt.Sprintf("%s is replaced by %s: a fork is a part that nobody watches", r.Old.Path, r.New.Path))
	}
	for _, r := range mod.Require {
		if s[r.Mod.Path+" "+r.Mod.Version+"/go.mod"] == "" {
			out = append(out, fmt.Sprintf("%s %s has no sum in go.sum", r.Mod.Path, r.Mod.Version))
		}
	}
	return out
}

func TestSU03TheModuleFilesPinEveryPartAndReplaceNone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "tools/"} {
		mod, err := modfile.Parse(name+"go.mod", read(t, name+"go.mod"), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range moduleFile(mod, parseSums(read(t, name+"go.sum"))) {
			t.Errorf("%sgo.mod: %s", name, v)
		}
	}
}

func TestSU03AReplacedOrUnpinnedPartIsReported(t *testing.T) {
	t.Parallel()
	mod, err := modfile.Parse("go.mod", []byte("module x\ngo 1.26.0\nrequire a.example/b v1.0.0\nreplace a.example/b => c.example/fork v1.0.1\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := moduleFile(mod, sums{}); len(got) != 2 {
		t.Errorf("want a fork and a missing sum reported, got %v", got)
	}
}

// moduleCache is where the go command unpacks modules.
func moduleCache() string {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	if gopath := os.Getenv("GOPATH"); gopath != "" {
		return filepath.Join(filepath.SplitList(gopath)[0], "pkg", "mod")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, "go", "pkg", "mod")
}

// folderOf is where one module version is unpacked.
func folderOf(t *testing.T, v module.Version) string {
	t.Helper()
	p, err := module.EscapePath(v.Path)
	if err != nil {
		t.Fatal(err)
	}
	version, err := module.EscapeVersion(v.Version)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(moduleCache(), p+"@"+version)
}

// unpacked returns the parts that this machine builds with. A part whose content has a sum must be there: make test
// downloads them all first, so that none is passed over.
func unpacked(t *testing.T) []module.Version {
	t.Helper()
	s := parseSums(read(t, "go.sum"))
	var out []module.Version
	for _, r := range goMod(t).Require {
		if s[r.Mod.Path+" "+r.Mod.Version] == "" {
			continue // only its module file is read, for the choice of versions
		}
		if _, err := os.Stat(folderOf(t, r.Mod)); err != nil {
			t.Errorf("%s %s is not on this machine: run go mod download", r.Mod.Path, r.Mod.Version)
			continue
		}
		out = append(out, r.Mod)
	}
	if len(out) < 20 {
		t.Fatalf("only %d parts found", len(out))
	}
	return out
}

// changed compares the files of one part with its sum.
func changed(dir string, v module.Version, want string) error {
	got, err := dirhash.HashDir(dir, v.Path+"@"+v.Version, dirhash.Hash1)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%s %s: its files have the sum %s, go.sum says %s", v.Path, v.Version, got, want)
	}
	return nil
}

func TestSU03TheFilesOfEveryPartAreThoseOfItsSum(t *testing.T) {
	t.Parallel()
	s := parseSums(read(t, "go.sum"))
	for _, v := range unpacked(t) {
		if err := changed(folderOf(t, v), v, s[v.Path+" "+v.Version]); err != nil {
			t.Error(err)
		}
	}
}

func TestSU03AChangedFileOfAPartIsReported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	v := module.Version{Path: "a.example/b", Version: "v1.0.0"}
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "b.go"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("package b\n")
	want, err := dirhash.HashDir(dir, v.Path+"@"+v.Version, dirhash.Hash1)
	if err != nil {
		t.Fatal(err)
	}
	if err := changed(dir, v, want); err != nil {
		t.Errorf("an unchanged part was reported: %v", err)
	}
	write("package b // changed\n")
	if changed(dir, v, want) == nil {
		t.Error("a changed part was not reported")
	}
}

// lock is what is read of package-lock.json.
type lock struct {
	LockfileVersion int                    `json:"lockfileVersion"`
	Packages        map[string]lockPackage `json:"packages"`
}

type lockPackage struct {
	Version         string            `json:"version"`
	Resolved        string            `json:"resolved"`
	Integrity       string            `json:"integrity"`
	License         string            `json:"license"`
	Link            bool              `json:"link"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
}

var exactVersion = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

// lockFile lists what is wrong with the npm side: a version left open, a part without its hash, an address.
func lockFile(manifest, locked []byte) []string {
	var m lockPackage
	var l lock
	if err := json.Unmarshal(manifest, &m); err != nil {
		return []string{"package.json: " + err.Error()}
	}
	if err := json.Unmarshal(locked, &l); err != nil {
		return []string{"package-lock.json: " + err.Error()}
	}
	var out []string
	if l.LockfileVersion != 3 {
		out = append(out, "package-lock.json: not of version 3")
	}
	for _, want := range []map[string]string{m.Dependencies, m.DevDependencies} {
		for name, version := range want {
			if !exactVersion.MatchString(version) {
				out = append(out, fmt.Sprintf("package.json: %s %s is not one version", name, version))
			}
			if l.Packages["node_modules/"+name].Version != version {
				out = append(out, fmt.Sprintf("package-lock.json: %s %s is not locked", name, version))
			}
		}
	}
	for name, p := range l.Packages {
		switch {
		case name == "":
		case p.Link:
			out = append(out, "package-lock.json: "+name+" is a link")
		case !strings.HasPrefix(p.Integrity, "sha512-"):
			out = append(out, "package-lock.json: "+name+" has no hash")
		case p.Resolved != "":
			out = append(out, "package-lock.json: "+name+" names an address")
		}
	}
	slices.Sort(out)
	return out
}

func TestSU03TheNpmLockIsCompleteAndNamesNoAddress(t *testing.T) {
	t.Parallel()
	for _, v := range lockFile(read(t, "package.json"), read(t, "package-lock.json")) {
		t.Error(v)
	}
}

func TestSU03AnOpenVersionOrAMissingHashIsReported(t *testing.T) {
	t.Parallel()
	manifest := []byte(`{"devDependencies":{"a":"^1.0.0","b":"2.0.0"}}`)
	locked := []byte(`{"lockfileVersion":3,"packages":{"":{},"node_modules/a":{"version":"1.0.1","integrity":"sha512-x","resolved":"u"},"node_modules/c":{"version":"1.0.0"}}}`)
	got := strings.Join(lockFile(manifest, locked), "\n")
	for _, want := range []string{"a ^1.0.0 is not one version", "b 2.0.0 is not locked", "a names an address", "c has no hash"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q was not reported in:\n%s", want, got)
		}
	}
}

// foreign lists files that are somebody else's: other people's parts are fetched by name and hash, never committed.
func foreign(files []entry) []string {
	var out []string
	for _, f := range files {
		if why := foreignFile(f); why != "" {
			out = append(out, f.path+": "+why)
		}
	}
	return out
}

var (
	copyright = regexp.MustCompile(`(?im)^[\s/*#;!-]*(?:@license|copyright\s+(?:\(c\)|©|\d{4}))`)
	// Formats that our own tests and documents hold, each made by us.
	ownBinary = []string{"docs/screenshots/*.png", "internal/*/testdata/*.xlsx", "internal/*/testdata/*/*.xlsx", "internal/web/internal/ui/static/*"}
)

func foreignFile(f entry) string {
	base := path.Base(f.path)
	for dir := path.Dir(f.path); dir != "."; dir = path.Dir(dir) {
		switch path.Base(dir) {
		case "vendor", "third_party", "node_modules", "bower_components":
			return "stands in a folder of foreign parts"
		}
	}
	if strings.Contains(base, ".min.") {
		return "is minified"
	}
	if binary(f.data) {
		if slices.ContainsFunc(ownBinary, func(p string) bool { ok, _ := path.Match(p, f.path); return ok }) {
			return ""
		}
		if strings.HasPrefix(f.path, "internal/") && strings.Contains(f.path, "/testdata/fuzz/") {
			return ""
		}
		return "is binary and in no folder for such files"
	}
	if f.path == "LICENSE" {
		return ""
	}
	if copyright.Match(f.data) {
		return "carries somebody's notice of copyright"
	}
	if ext := path.Ext(base); ext == ".js" || ext == ".css" || ext == ".mjs" {
		for line := range bytes.Lines(f.data) {
			if len(line) > 1000 {
				return "has lines that no person wrote"
			}
		}
	}
	return ""
}

// binary tells whether data is no text.
func binary(data []byte) bool {
	return bytes.IndexByte(data[:min(len(data), 8000)], 0) >= 0
}

func position(p string, line int) string { return fmt.Sprintf("%s:%d", p, line+1) }

func TestSU03TheRepositoryHoldsNoForeignFile(t *testing.T) {
	t.Parallel()
	for _, v := range foreign(tree(t)) {
		t.Error(v)
	}
}

func TestSU03AForeignFileIsReported(t *testing.T) {
	t.Parallel()
	planted := []entry{
		{path: "vendor/a/b.go", data: []byte("package b\n")},
		{path: "internal/web/internal/ui/htmx.min.js", data: []byte("var a\n")},
		{path: "internal/web/internal/ui/kit.css", data: []byte("/*!\n * Copy" + "right 2020 Somebody\n */\n")},
		{path: "internal/web/internal/ui/kit.js", data: bytes.Repeat([]byte("a();"), 400)},
		{path: "internal/web/font.woff2", data: []byte("wOF2\x00\x01")},
	}
	for _, f := range planted {
		if len(foreign([]entry{f})) != 1 {
			t.Errorf("%s was not reported", f.path)
		}
	}
}

// The hole scan cannot see C: SQLite before 3.51.3 can lose acknowledged commits. The driver's version says which
// SQLite it holds; the store asks the library itself at start.
const oldestDriver = "v1.62.0"

func TestSU01TheEmbeddedSQLiteIsOneWithoutTheKnownLoss(t *testing.T) {
	t.Parallel()
	for _, r := range goMod(t).Require {
		if r.Mod.Path == "modernc.org/sqlite" {
			if semver.Compare(r.Mod.Version, oldestDriver) < 0 {
				t.Errorf("modernc.org/sqlite %s holds a SQLite that loses commits; %s is the oldest to use", r.Mod.Version, oldestDriver)
			}
			return
		}
	}
	t.Error("go.mod names no SQLite driver")
}
