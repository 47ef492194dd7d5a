package supplytest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// secretRule is one kind of thing that must never be committed.
type secretRule struct {
	name    string
	pattern *regexp.Regexp
	group   int                     // which group holds the value
	counts  func(value string) bool // nil: every match counts
}

// Patterns of known forms, and anything that is called a secret and looks drawn at random.
var secretRules = []secretRule{
	{name: "private key", pattern: regexp.MustCompile(`-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\s+[A-Za-z0-9+/]{20}`)},
	{name: "age identity", pattern: regexp.MustCompile(`AGE-SECRET-KEY-1[0-9A-Z]{50,}`)},
	{name: "cloud access key", pattern: regexp.MustCompile(`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`)},
	{name: "forge token", pattern: regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}|glpat-[A-Za-z0-9_-]{20,})`)},
	{name: "registry token", pattern: regexp.MustCompile(`\b(?:npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{40,})`)},
	{name: "chat or payment token", pattern: regexp.MustCompile(`\b(?:xox[abprs]-[A-Za-z0-9-]{10,}|sk_live_[A-Za-z0-9]{16,}|AIza[0-9A-Za-z_-]{35})`)},
	{name: "signed token", pattern: regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`)},
	{name: "password in an address", pattern: regexp.MustCompile(`\b[a-z][a-z0-9+]*://[^\s:/@"'$<{]+:([^\s@"'$<{}%]+)@[^\s"']+`), group: 1, counts: random},
	{
		name:    "named secret",
		pattern: regexp.MustCompile(`(?i)(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|private[_-]?key|salt)["'\x60]?\s*(?::=|=>|=|:)\s*["'\x60]([A-Za-z0-9+/_=.-]{20,})["'\x60]`),
		group:   1, counts: random,
	},
	{name: "mail address of a real domain", pattern: regexp.MustCompile(`\b[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})\b`), group: 1, counts: realDomain},
}

// reserved marks values that are written for fixtures.
var reserved = regexp.MustCompile(`(?i)example|test|demo|zona|fixture|dummy|contoh|0123456789|abcdef`)

// random tells whether a value looks drawn at random: letters of both kinds and digits, and hardly any repetition.
func random(value string) bool {
	if reserved.MatchString(value) || len(value) < 12 {
		return false
	}
	counts := map[rune]float64{}
	for _, r := range value {
		counts[r]++
	}
	bits := 0.0
	for _, n := range counts {
		p := n / float64(len(value))
		bits -= p * math.Log2(p)
	}
	return bits > 3.5 && strings.ContainsAny(value, "0123456789") && strings.ToLower(value) != value && strings.ToUpper(value) != value
}

// realDomain tells whether mail to this domain could reach somebody. RFC 2606 and 6761 reserve the others; example.go.id
// stands for an agency.
func realDomain(domain string) bool {
	domain = strings.ToLower(domain)
	for _, suffix := range []string{"example", "test", "invalid", "localhost", "local", "example.com", "example.org", "example.net", "example.go.id", "zona.internal"} {
		if domain == suffix || strings.HasSuffix(domain, "."+suffix) {
			return false
		}
	}
	// A module with a version, a picture at a density, a Go file: not addresses.
	return !regexp.MustCompile(`^v?\d|\.(go|mod|png|svg|css|js|mjs|templ|yaml|json|xml|service)$`).MatchString(domain)
}

// secrets lists what in a text must not be there.
func secrets(name string, text []byte) []string {
	var out []string
	for _, r := range secretRules {
		for _, m := range r.pattern.FindAllSubmatchIndex(text, -1) {
			value := string(text[m[2*r.group]:m[2*r.group+1]])
			if r.counts != nil && !r.counts(value) {
				continue
			}
			line := strings.Count(string(text[:m[0]]), "\n")
			out = append(out, position(name, line)+": "+r.name)
		}
	}
	return out
}

func TestSU07TheTreeHoldsNoSecret(t *testing.T) {
	t.Parallel()
	for _, f := range tree(t) {
		if f.path == "package-lock.json" || f.path == "LICENSE" {
			continue
		}
		for _, s := range secrets(f.path, f.data) {
			t.Error(s)
		}
	}
}

// blobs calls fn with every version of every file that the repository ever held.
func blobs(dir string, fn func(name string, text []byte)) (int, error) {
	list := exec.Command("git", "-C", dir, "rev-list", "--all", "--objects")
	named, err := list.Output()
	if err != nil {
		return 0, fmt.Errorf("list the history: %w", err)
	}
	names := map[string]string{}
	var ids strings.Builder
	for line := range strings.Lines(string(named)) {
		id, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		names[id] = name
		ids.WriteString(id + "\n")
	}
	cat := exec.Command("git", "-C", dir, "cat-file", "--batch")
	cat.Stdin = strings.NewReader(ids.String())
	out, err := cat.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cat.Start(); err != nil {
		return 0, err
	}
	n := 0
	r := bufio.NewReader(out)
	for {
		head, err := r.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return n, err
		}
		f := strings.Fields(head)
		if len(f) != 3 {
			return n, fmt.Errorf("git cat-file says %q", head)
		}
		size, err := strconv.Atoi(f[2])
		if err != nil {
			return n, err
		}
		text := make([]byte, size+1) // a line break follows each object
		if _, err := io.ReadFull(r, text); err != nil {
			return n, err
		}
		if f[1] == "blob" || f[1] == "commit" || f[1] == "tag" {
			n++
			fn(names[f[0]]+"@"+f[0][:12], text[:size])
		}
	}
	return n, cat.Wait()
}

// namedInHistory are files whose every version is left out, with the reason.
var namedInHistory = []string{
	"package-lock.json", // hashes and the addresses of sponsors, none of ours
	"LICENSE",           // the text of the licence
}

func TestSU07TheHistoryHoldsNoSecret(t *testing.T) {
	t.Parallel()
	// Read here so that a cached result is not used after a commit: the go command watches files that a test opens,
	// and cannot see what git opens for it.
	for _, name := range []string{"HEAD", "logs/HEAD", "packed-refs"} {
		if _, err := os.ReadFile(filepath.Join(root, ".git", name)); err != nil && !os.IsNotExist(err) {
			t.Log(err)
		}
	}
	n, err := blobs(root, func(name string, text []byte) {
		file, id, _ := strings.Cut(name, "@")
		if binary(text) || slices.Contains(namedInHistory, file) {
			return
		}
		if file == "" {
			// A commit: its author is a person who chose to sign it; its message is what counts.
			_, message, _ := strings.Cut(string(text), "\n\n")
			text = []byte(message)
		}
		for _, s := range secrets(file, text) {
			t.Errorf("%s (version %s)", s, id)
		}
	})
	if err != nil {
		t.Fatalf("the history could not be read: %v", err)
	}
	if n < 20 {
		t.Fatalf("only %d objects in the history: the clone must be whole for this check", n)
	}
}

func TestSU07AnInventedSecretOfEachKindIsFound(t *testing.T) {
	t.Parallel()
	// Put together here, so that this file does not hold what it forbids.
	planted := map[string]string{
		"private key":                   "-----BEGIN EC PRIVATE" + " KEY-----\nMHcCAQEEIIGxN0dZr8c2Yk1xQm9v\n",
		"age identity":                  "AGE-SECRET-" + "KEY-1" + strings.Repeat("Q9X7", 14),
		"cloud access key":              "AK" + "IAQ3EGRNPLTVXZ2B4D",
		"forge token":                   "gh" + "p_" + strings.Repeat("aB3d", 9),
		"registry token":                "npm" + "_" + strings.Repeat("aB3d", 9),
		"chat or payment token":         "xox" + "b-2314-8821-kfjdKJHd",
		"signed token":                  "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27",
		"password in an address":        "postgres://zona:" + "q7Wz9LkP2vXr4NtB" + "@db.internal/zona",
		"named secret":                  `password = "` + "q7Wz9LkP2vXr4NtBy8Hs" + `"`,
		"mail address of a real domain": "budi@" + "mahkamah-kota.go.id",
	}
	for _, r := range secretRules {
		text, ok := planted[r.name]
		if !ok {
			t.Errorf("%s: no control", r.name)
			continue
		}
		got := secrets("x", []byte("first line\n"+text+"\n"))
		if !slices.Contains(got, "x:2: "+r.name) {
			t.Errorf("%s was not found in %q, got %v", r.name, text, got)
		}
	}
	for _, text := range []string{
		"postgres://zona:" + "$password@127.0.0.1/postgres", `password := "correct horse battery staple"`, `token: "example-token-0123456789"`,
		"admin@example.go.id", "golang.org/x/mod@v0.42.0", "sheet@2x.png",
	} {
		if got := secrets("x", []byte(text)); len(got) != 0 {
			t.Errorf("%q holds no secret, got %v", text, got)
		}
	}
}

func TestSU07ASecretThatWasDeletedAgainIsFoundInTheHistory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		c := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Zona", "-c", "user.email=zona@example.test", "-c", "commit.gpgsign=false"}, args...)...)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	name := filepath.Join(dir, "settings.toml")
	for _, text := range []string{"key = 'AK" + "IAQ3EGRNPLTVXZ2B4D'\n", "key = ''\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		git("add", "settings.toml")
		git("commit", "-q", "-m", "Change the settings")
	}
	var found []string
	if _, err := blobs(dir, func(name string, text []byte) { found = append(found, secrets(name, text)...) }); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(found, func(s string) bool { return strings.HasSuffix(s, ": cloud access key") }) {
		t.Errorf("the deleted key was not found: %v", found)
	}
}
