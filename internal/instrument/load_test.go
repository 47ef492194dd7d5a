package instrument

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func miniFile(tb testing.TB) string {
	tb.Helper()
	data, err := dataFiles.ReadFile("data/contoh-mini.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

// loadProblems loads and returns what is wrong; the error must be a *LoadError and come without an instrument.
func loadProblems(tb testing.TB, text string) []Problem {
	tb.Helper()
	in, err := Load("berkas.yaml", []byte(text))
	if err == nil {
		return nil
	}
	var e *LoadError
	if !errors.As(err, &e) || in != nil || len(e.Problems) == 0 {
		tb.Fatalf("Load gave %v and the error %v", in, err)
	}
	return e.Problems
}

// loaderCase changes one place of a good file. § marks the line at which the problem must be reported.
type loaderCase struct{ name, old, new, rule, read string }

var loaderCases = []loaderCase{
	{"an unknown key at the top", "language: id\n", "language: id\n§bahasa: id\n", "unknown-key", "bahasa"},
	{"an unknown key in a question", "type: sering\n", "type: sering\n§          bobot: 3\n", "unknown-key", "bobot"},
	{"a missing key", "  - id: M\n    name: Mutu\n", "§  - id: M\n", "missing-key", "without name"},
	{"a key that stands twice", "language: id\n", "language: id\n§language: id\n", "duplicate-key", "language"},
	{"another schema", "schema: zona-instrument/1", "§schema: zona-instrument/2", "schema", "zona-instrument/2"},
	{"an instrument id with capitals", "id: contoh-mini", "§id: Contoh", "name", "Contoh"},
	{"an unknown language", "language: id\n", "§language: fr\n", "choice", "fr"},
	{"a total that its parts do not reach", "max_total: 10", "§max_total: 11", "weight-sum", "max_total weighs 11, the lines below it 10"},
	{"weights that do not sum", "  - id: L\n    name: Loket\n    weight: 6", "§  - id: L\n    name: Loket\n    weight: 6.5", "weight-sum", "L weighs 6.5, the lines below it 6"},
	{"a weight that is not a number", "weight: 2\n", "§weight: dua\n", "number", "dua"},
	{"a weight with an exponent", "weight: 2\n", "§weight: 2e0\n", "number", "2e0"},
	{"a weight of zero", "weight: 2\n", "§weight: 0\n", "range", "0"},
	{"a negative weight", "weight: 2\n", "§weight: -2\n", "range", "-2"},
	{"a weight for some siblings only", "            name: Nomor antrean\n", "            name: Nomor antrean\n            weight: 2\n", "weight-sum", "some lines below L.antre"},
	{"an inner line without a weight", "      - id: L.antre\n        name: Antrean\n        weight: 4\n", "§      - id: L.antre\n        name: Antrean\n", "missing-key", "L.antre without weight"},
	{"an id that stands twice", "- id: L.antre.cepat", "§- id: L.antre.nomor", "duplicate-id", "L.antre.nomor"},
	{"an id that does not follow its parent", "- id: L.antre.cepat", "§- id: M.antre.cepat", "id-follows-parent", "M.antre.cepat"},
	{"an id with a blank", "- id: L.antre.cepat", "§- id: L.antre.ce pat", "name", "L.antre.ce pat"},
	{"an id that means the whole", "  - id: L\n", "§  - id: total\n", "name", "total"},
	{"a level that is not listed", "level: question\n        name: Jam buka", "§level: soal\n        name: Jam buka", "level", "L.buka"},
	{"a level above the parent's", "level: question\n        name: Jam buka", "§level: part\n        name: Jam buka", "level", "L.buka"},
	{"a level that stands twice", "  - topic: Topik\n", "  - topic: Topik\n§  - topic: Tema\n", "duplicate-id", "topic"},
	{"a line without children and question", "  - id: M\n    name: Mutu\n    weight: 4\n    children:", "§  - id: M\n    name: Mutu\n    weight: 4\n    tak_ada:", "shape", "line M"},
	{"an unknown scale", "{kind: choice, scale: ada}", "§{kind: choice, scale: ad}", "unknown-scale", "ad"},
	{"an unknown kind", "hitung: {kind: ratio}", "§hitung: {kind: rasio}", "choice", "rasio"},
	{"an unknown answer type", "type: sering\n", "§type: kadang\n", "unknown-type", "kadang"},
	{"a scale that rises", `Jarang: "1/3"`, `§Jarang: 0.9`, "scale-order", "Jarang: 0.9"},
	{"a scale whose best is not 1", "{Ada: 1, Belum: 0}", "§{Ada: 0.9, Belum: 0}", "scale-order", "2 keys"},
	{"a scale value above 1", "{Ada: 1, Belum: 0}", "§{Ada: 2, Belum: 0}", "range", "2"},
	{"scale keys that differ in case only", "{Ada: 1, Belum: 0}", "§{Ada: 1, ada: 0}", "duplicate-id", "ada"},
	{"an index whose limits are turned round", "min: 0, max: 10}", "§min: 10, max: 0}", "range", "min 10, max 0"},
	{"a scale for a ratio", "hitung: {kind: ratio}", "§hitung: {kind: ratio, scale: ada}", "unknown-key", "scale"},
	{"options that lack a key", "                Belum: Belum ada nomor antrean.\n", "", "options", "Ada"},
	{"options in another order", "            Selalu: Setiap hari kerja.\n            Kadang: Pada sebagian besar hari kerja.\n", "            Kadang: Pada sebagian besar hari kerja.\n            Selalu: Setiap hari kerja.\n", "options", "Kadang, Selalu, Jarang, Tidak pernah"},
	{"options for an index", "dari 0 sampai 10?\n", "dari 0 sampai 10?\n§          options: {Ada: x}\n", "unknown-key", "options"},
	{"a formula over an unknown input", "numerator: tepat", "§numerator: tepat + lambat", "unknown-input", "tepat + lambat"},
	{"a formula that does not parse", "denominator: datang - batal", "§denominator: datang -", "expression", "datang -"},
	{"a division by zero", "denominator: datang - batal", "§denominator: datang - batal / 0", "expression", "datang - batal / 0"},
	{"a comparison as numerator", "numerator: tepat", "§numerator: tepat > 1", "expression", "tepat > 1"},
	{"a number as condition", "when: datang == 0 and tepat == 0", "§when: datang", "expression", "datang"},
	{"a condition over an unknown input", "when: datang == 0 and tepat == 0", "§when: hadir == 0", "unknown-input", "hadir == 0"},
	{"zero cases that may all fail", "when: otherwise", "§when: batal == 0", "zero-case", "batal == 0"},
	{"a case after otherwise", "when: datang == 0 and tepat == 0", "§when: otherwise", "zero-case", "otherwise"},
	{"a zero case outside min and max", "- when: otherwise\n                    value: 0", "- when: otherwise\n§                    value: 2", "range", "2"},
	{"a formula with max below min", "min: 0\n                max: 1\n", "min: 0.5\n§                max: 0.5\n", "range", "min 0.5, max 0.5"},
	{"an input that the formula lacks", "  unit: orang\n              formula:", "  unit: orang\n                - {key: sisa, label: Sisa, unit: orang}\n§              formula:", "in-formula", "input sisa, in_formula true"},
	{"an input marked as outside that is inside", "label: Banyaknya yang batal sebelum dipanggil\n", "label: Banyaknya yang batal sebelum dipanggil\n                  in_formula: false\n", "in-formula", "input batal, in_formula false"},
	{"an input key that stands twice", "- key: tepat", "§- key: datang", "duplicate-id", "datang"},
	{"an input key that is a word of the language", "- key: tepat", "§- key: otherwise", "name", "otherwise"},
	{"a group over an unknown line", "members: [L.antre, M]", "§members: [L.antre, N]", "unknown-line", "N"},
	{"a group that counts twice", "weight: 8\n    members: [L.antre, M]", "weight: 10\n§    members: [L, L.antre]", "group-overlap", "L.antre"},
	{"a group with a wrong weight", "weight: 8\n", "§weight: 9\n", "weight-sum", "group pengunjung weighs 9, its members 8"},
	{"a group called like a level", "kind: pengalaman", "kind: topic", "duplicate-id", "topic"},
	{"a rule over an unknown line", "of: M\n", "§of: N\n", "unknown-line", "N"},
	{"a rule over an unknown group", "of_group: pengunjung", "§of_group: warga", "unknown-group", "warga"},
	{"a rule over an unknown level", "each: part", "§each: bagian", "unknown-group", "bagian"},
	{"a rule that names two targets", "of: total\n", "of: total\n        each: part\n", "shape", "a rule with 2 targets"},
	{"a rule with two thresholds", "points: 6\n", "points: 6\n        fraction: 0.6\n", "shape", "rule total_min"},
	{"a threshold above the weight", "points: 2.8\n", "§points: 4.1\n", "range", "4.1"},
	{"a threshold above the total", "points: 6\n", "§points: 10.01\n", "range", "10.01"},
	{"a threshold of zero", "points: 6\n", "§points: 0\n", "range", "0"},
	{"a share above one", "fraction: 0.5\n", "§fraction: 50\n", "range", "50"},
	{"an index that is another number of points", "index: 7\n", "§index: 7.1\n", "index", "index 7.1, points 2.8"},
	{"an index without a survey", "points: 6\n", "points: 6\n§        index: 3\n", "index", "3"},
	{"a rule that stands twice", "- id: mutu_min", "§- id: total_min", "duplicate-id", "total_min"},
	{"a rule without its article", "index: 7\n        article: Contoh\n", "index: 7\n", "missing-key", "a rule without article"},
	{"a choice of readings without the setting", "each: part", "§each: {combined: pengalaman, per_aspect: part}", "missing-key", "area_minimum"},
	{"a list where a text stands", "title: \"Contoh: Lembar Kesiapan Loket\"", "§title:\n  - Contoh", "shape", "a list"},
	{"a text where a list stands", "members: [L.antre, M]", "§members: L.antre", "shape", "text or a number"},
	{"an empty list", "members: [L.antre, M]", "§members: []", "shape", "members with 0 items"},
	{"an empty text", "name: Mutu\n", "§name: \"\"\n", "text-length", "0 bytes"},
	{"nothing where a text stands", "name: Mutu\n", "§name:\n", "shape", "nothing"},
	{"a very long text", "name: Mutu\n", "§name: " + strings.Repeat("x", 1600) + "\n", "text-length", "1600 bytes"},
	{"a text that runs backwards", "name: Mutu\n", "§name: \"Mu\u202etu\"\n", "text", "Mu tu"},
	{"a complex key", "language: id\n", "language: id\n§? a\n: b\n", "plain-yaml", "MappingKey"},
	{"an anchor", "language: id\n", "§language: &bahasa id\n", "plain-yaml", "Anchor"},
	{"an alias", "  - id: M\n    name: Mutu\n", "  - id: &m M\n§    name: *m\n", "plain-yaml", "Alias"},
	{"a tag", "language: id\n", "§language: !!str id\n", "plain-yaml", "Tag"},
	{"a merge key", "language: id\n", "language: id\n§<<: {a: b}\n", "plain-yaml", "MergeKey"},
	{"a second document", "language: id\n", "language: id\n§---\n", "plain-yaml", "document"},
	{"broken YAML", "language: id\n", "language: [id\n§", "yaml", ""},
	{"a line that is too long", "language: id\n", "§language: id #" + strings.Repeat("x", 2100) + "\n", "line-length", "2"},
	{"lists inside each other", "members: [L.antre, M]", "§members: " + strings.Repeat("[", 60) + strings.Repeat("]", 60), "depth", ""},
	{"far indentation", "language: id\n", "language: id\n§" + strings.Repeat(" ", 120) + "x: 1\n", "depth", ""},
	{"bytes that are not UTF-8", "name: Mutu\n", "§name: Mut\xff\n", "encoding", ""},
}

// eligibilityCases change the eligibility of the LKE, which the example does not have.
var eligibilityCases = []loaderCase{
	{"a minimum for an unknown predicate", "min: {WBK: 1, WBBM: 1}", "§min: {WBK: 1, WBM: 1}", "unknown-predicate", "WBM"},
	{"a minimum outside its scale", "WBBM: {kl: BB, pemda: B}", "§WBBM: {kl: A-, pemda: B}", "choice", "A-"},
	{"a kind of institution that does not exist", "WBK: {kl: B, pemda: CC}", "§WBK: {kl: B, daerah: CC}", "unknown-key", "daerah"},
	{"an ordinal without its scale", "type: ordinal\n      scale: opini_bpk\n", "type: ordinal\n", "shape", "requirement opini_bpk"},
	{"a scale of eligibility that does not exist", "scale: opini_bpk\n", "§scale: opini\n", "unknown-scale", "opini"},
	{"a requirement that stands twice", "- id: kepatuhan_lhkpn", "§- id: layanan_inti", "duplicate-id", "layanan_inti"},
	{"more than all percent", "label: Kepatuhan LHKPN\n      type: percent\n      min: {WBK: 100", "label: Kepatuhan LHKPN\n      type: percent\n§      min: {WBK: 101", "range", "101"},
	{"a truth that is none", "label: Unit menjalankan layanan inti instansi\n      type: boolean\n      min: {WBK: ya", "label: Unit menjalankan layanan inti instansi\n      type: boolean\n§      min: {WBK: true", "choice", "true"},
	{"an exemption for nobody", "- applies_to: pemda", "§- applies_to: desa", "choice", "desa"},
	{"an article that is missing", "  source: Peraturan", "  sumber: Peraturan", "missing-key", "eligibility without source"},
	{"an area minimum that is neither reading", "area_minimum: combined\n", "§area_minimum: per_area\n", "choice", "per_area"},
}

func TestLoaderNamesLineAndRuleOfEveryMistake(t *testing.T) {
	t.Parallel()
	runLoaderCases(t, miniFile(t), loaderCases)
	lke, err := dataFiles.ReadFile("data/lke-2021.yaml")
	if err != nil {
		t.Fatal(err)
	}
	runLoaderCases(t, string(lke), eligibilityCases)
}

func runLoaderCases(t *testing.T, good string, cases []loaderCase) {
	t.Helper()
	if p := loadProblems(t, good); p != nil {
		t.Fatalf("the unchanged file has problems: %v", p)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if n := strings.Count(good, c.old); n != 1 {
				t.Fatalf("the place to change occurs %d times", n)
			}
			text := strings.Replace(good, c.old, c.new, 1)
			line := 0
			if before, _, marked := strings.Cut(text, "§"); marked {
				line = 1 + strings.Count(before, "\n")
				text = strings.Replace(text, "§", "", 1)
			}
			found := false
			problems := loadProblems(t, text)
			for _, p := range problems {
				if p.File != "berkas.yaml" || p.Line < 1 || p.Mend == "" || !strings.HasPrefix(p.String(), fmt.Sprintf("berkas.yaml:%d: %s: ", p.Line, p.Rule)) {
					t.Errorf("a problem without file, line, rule or advice: %+v", p)
				}
				found = found || p.Rule == c.rule && strings.Contains(p.Read, c.read) && (line == 0 || p.Line == line)
			}
			if !found {
				t.Errorf("no problem %s at line %d reading %q among:\n%v", c.rule, line, c.read, problems)
			}
		})
	}
}

func TestLoaderListsAllMistakesByLine(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer(
		"language: id\n", "language: fr\n", "weight: 8\n", "weight: 9\n", "type: sering\n", "type: kadang\n", "fraction: 0.5", "fraction: 5",
	).Replace(miniFile(t))
	var rules []string
	last := 0
	for _, p := range loadProblems(t, text) {
		rules = append(rules, p.Rule)
		if p.Line < last {
			t.Errorf("line %d comes after line %d", p.Line, last)
		}
		last = p.Line
	}
	if got := strings.Join(rules, ", "); got != "choice, unknown-type, weight-sum, range, range" {
		t.Errorf("problems %s", got)
	}
}

func TestLoaderStopsListingAtALimit(t *testing.T) {
	t.Parallel()
	text := miniFile(t)
	for i := range 300 {
		text += fmt.Sprintf("lain%d: x\n", i)
	}
	problems := loadProblems(t, text)
	if last := problems[len(problems)-1]; len(problems) != maxProblems+1 || last.Rule != "too-many" || last.Read != "100 more problems" {
		t.Errorf("%d problems, the last is %v", len(problems), problems[len(problems)-1])
	}
}

func TestLoaderRefusesFilesThatAreNoInstrument(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "a comment": "# x\n", "a list": "- a\n", "a word": "x", "a number": "3", "another mapping": "a: b\n",
		"a huge file":     "schema: zona-instrument/1\n" + strings.Repeat("# "+strings.Repeat("x", 998)+"\n", 300),
		"a file of signs": strings.Repeat("-\n", 30000), "a mapping without end": manyKeys(1200),
		"NUL bytes": "schema: \x00\n", "JSON": `{"schema": "zona-instrument/1"}`, "tabs": "a:\n\tb: c\n",
	} {
		if p := loadProblems(t, text); len(p) == 0 {
			t.Errorf("%s was loaded", name)
		}
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: v\n", i)
	}
	return b.String()
}

func TestLoaderLimitsTheTree(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("schema: zona-instrument/1\nid: x\ntitle: x\nregulation: x\nlanguage: id\nmax_total: 10\nlevels: [")
	for i := range 20 {
		fmt.Fprintf(&b, "{l%d: x}, ", i)
	}
	b.WriteString("{last: x}]\nscales: {a: {A: 1, B: 0}}\nanswer_types: {a: {kind: choice, scale: a}}\ntree:\n")
	id := "x"
	for i := range 14 {
		pad := strings.Repeat("  ", i*2)
		fmt.Fprintf(&b, "%s- id: %s\n%s  name: x\n%s  weight: 10\n%s  children:\n", pad, id, pad, pad, pad)
		id += ".x"
	}
	b.WriteString(strings.Repeat("  ", 28) + "- {id: x, name: x, question: {type: a, text: x}}\n")
	found := false
	for _, p := range loadProblems(t, b.String()) {
		found = found || p.Rule == "too-large" && strings.Contains(p.Mend, "12 levels")
	}
	if !found {
		t.Errorf("14 levels inside each other are not refused: %v", loadProblems(t, b.String()))
	}
}

// Whatever the file, loading ends with an instrument that keeps its promises or with problems that name a line.
func FuzzLoad(f *testing.F) {
	mini := miniFile(f)
	f.Add([]byte(mini))
	for _, c := range loaderCases {
		f.Add([]byte(strings.Replace(mini, c.old, strings.ReplaceAll(c.new, "§", ""), 1)))
	}
	for _, s := range []string{"", "a: &a [*a, *a]", "? - - - a\n: b", "{a: {b: {c: [", "a: !!binary x", "%YAML 1.2\n---\n", "\xef\xbb\xbfa: b", "a: |2\n x", "- ? - ? -"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := Load("x.yaml", data)
		if err == nil {
			if p := sumProblem(in); p != "" {
				t.Fatal(p)
			}
			for _, q := range in.Questions {
				if q.Question == nil {
					t.Fatalf("%s has no question", q.ID)
				}
				q.Question.Check(Answer{})
			}
			return
		}
		var e *LoadError
		if !errors.As(err, &e) || in != nil || len(e.Problems) == 0 {
			t.Fatalf("Load gave %v and %v", in, err)
		}
		for _, p := range e.Problems {
			if p.Line < 1 || p.Rule == "" || p.Mend == "" || strings.ContainsAny(p.String(), "\n\r") {
				t.Fatalf("a problem without line, rule or advice, or of several lines: %q", p)
			}
		}
	})
}
