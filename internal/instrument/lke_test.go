package instrument

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"zona/internal/exact"
)

func builtinLKE(tb testing.TB) *Instrument {
	tb.Helper()
	in, err := ByID("lke-2021")
	if err != nil {
		tb.Fatal(err)
	}
	return in
}

// sumProblem is the invariant of SC-01, independent of the loader: every line and group weighs what is below it.
func sumProblem(in *Instrument) string {
	roots := exact.Int(0)
	for _, n := range in.Nodes {
		if n.Parent < 0 {
			roots = roots.Add(n.Weight)
		}
		sum := exact.Int(0)
		for _, c := range n.Children {
			sum = sum.Add(in.Nodes[c].Weight)
		}
		if n.Question == nil && !sum.Equal(n.Weight) {
			return fmt.Sprintf("%s weighs %v, its lines %v", n.ID, n.Weight, sum)
		}
		if n.Weight.Sign() <= 0 {
			return fmt.Sprintf("%s weighs %v", n.ID, n.Weight)
		}
	}
	for _, g := range in.Groups {
		sum := exact.Int(0)
		for _, m := range g.Members {
			sum = sum.Add(in.Nodes[m].Weight)
		}
		if !sum.Equal(g.Weight) {
			return fmt.Sprintf("group %s weighs %v, its members %v", g.ID, g.Weight, sum)
		}
	}
	if !roots.Equal(in.MaxTotal) {
		return fmt.Sprintf("the whole weighs %v, its lines %v", in.MaxTotal, roots)
	}
	return ""
}

func TestSC01WeightsSumExactlyInEveryInstrument(t *testing.T) {
	t.Parallel()
	all := All()
	if len(all) < 2 {
		t.Fatalf("%d instruments are built in, want the LKE and the example", len(all))
	}
	for _, in := range all {
		if p := sumProblem(in); p != "" {
			t.Errorf("%s: %s", in.ID, p)
		}
	}
}

func TestSC01WeightsOfTheLKEAreThoseOfTheRegulation(t *testing.T) {
	t.Parallel()
	in := builtinLKE(t)
	weights := map[string]string{"A": "60", "A.I": "30", "A.II": "30", "B": "40", "B.I": "22.5", "B.I.a": "17.5", "B.I.b": "5", "B.II": "17.5", "B.II.a": "17.5"}
	for id, want := range weights {
		n, ok := in.Node(id)
		if !ok || !n.Weight.Equal(exact.MustParse(want)) {
			t.Errorf("%s weighs %v, want %s", id, n, want)
		}
	}
	total := exact.Int(0)
	for i, want := range []int64{8, 7, 10, 10, 15, 10} {
		g := in.Groups[i]
		if !g.Weight.Equal(exact.Int(want)) || g.ID != fmt.Sprint(i+1) || len(g.Members) != 2 {
			t.Errorf("combined area %s weighs %v, want %d", g.ID, g.Weight, want)
		}
		for k, m := range g.Members { // half Pemenuhan, half Reform
			aspect := []string{"A.I.", "A.II."}[k]
			if n := in.Nodes[m]; n.ID != aspect+g.ID || !n.Weight.Mul(exact.Int(2)).Equal(g.Weight) {
				t.Errorf("%s weighs %v, not half of area %s", n.ID, n.Weight, g.ID)
			}
		}
		total = total.Add(g.Weight)
	}
	if !total.Equal(exact.Int(60)) || len(in.Groups) != 6 {
		t.Errorf("the %d combined areas weigh %v, want 60", len(in.Groups), total)
	}
}

// The negative control: one sub-area weighing a hundredth more must be noticed by the loader and by the invariant.
func TestSC01NoticesAWeightThatIsOff(t *testing.T) {
	t.Parallel()
	data, err := dataFiles.ReadFile("data/lke-2021.yaml")
	if err != nil {
		t.Fatal(err)
	}
	before := "name: Penyusunan Tim Kerja\n                weight: 0.5\n"
	if strings.Count(string(data), before) != 1 {
		t.Fatal("the line to change is not there")
	}
	bad := strings.Replace(string(data), before, strings.Replace(before, "0.5", "0.51", 1), 1)
	if in, err := Load("bad.yaml", []byte(bad)); err == nil || in != nil || !strings.Contains(err.Error(), "weight-sum") {
		t.Errorf("a wrong weight was loaded: %v", err)
	}
	in, err := Load("good.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := in.Node("A.I.1.i")
	n.Weight = exact.MustParse("0.51")
	if sumProblem(in) == "" {
		t.Error("the invariant does not notice a wrong weight")
	}
}

func TestTheLKEHasTheQuestionsOfTheRegulation(t *testing.T) {
	t.Parallel()
	in := builtinLKE(t)
	count := map[string]int{}
	for _, n := range in.Questions {
		for _, aspect := range []string{"A.I.", "A.II.", "B.I.", "B.II."} {
			if strings.HasPrefix(n.ID, aspect) {
				count[aspect]++
			}
		}
	}
	if count["A.I."] != 87 || count["A.II."] != 23 || count["B.I."] != 2 || count["B.II."] != 1 || len(in.Questions) != 113 {
		t.Errorf("questions per aspect: %v, together %d", count, len(in.Questions))
	}
	subareas := 0
	for _, n := range in.Nodes {
		if n.Level == Subarea {
			subareas++
		}
	}
	if subareas != 42 {
		t.Errorf("%d sub-areas, want 42", subareas)
	}
}

// fact writes a line of the tree in the form of the reviewed table in testdata.
func fact(n *Node) string {
	parts := []string{n.ID, string(n.Level), n.Weight.Rat().RatString(), "", ""}
	q := n.Question
	if q == nil {
		return strings.Join(parts, "\t")
	}
	parts[3] = q.Type
	switch q.Kind {
	case Choice:
		var keys []string
		for _, o := range q.Options {
			keys = append(keys, o.Key+"="+o.Value.Rat().RatString())
		}
		parts[4] = strings.Join(keys, " ")
	case Index:
		parts[4] = q.Min.String() + ".." + q.Max.String()
	case Ratio:
		f := q.Formula
		var cases, inputs []string
		for _, c := range f.ZeroCases {
			when := otherwise
			if c.When != nil {
				when = c.When.String()
			}
			cases = append(cases, when+" -> "+c.Value.String())
		}
		for _, in := range q.Inputs {
			key := in.Key
			if !in.InFormula {
				key += "?"
			}
			inputs = append(inputs, key)
		}
		parts[4] = fmt.Sprintf("(%v) / (%v) %v..%v; 0: %s; %s", f.Numerator, f.Denominator, f.Min, f.Max, strings.Join(cases, ", "), strings.Join(inputs, " "))
	}
	return strings.Join(parts, "\t")
}

func TestEveryLineOfTheLKEEqualsTheReviewedTable(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/lke-2021.tsv")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")[1:]
	in := builtinLKE(t)
	if len(want) != len(in.Nodes) {
		t.Fatalf("%d lines, want %d", len(in.Nodes), len(want))
	}
	for i, n := range in.Nodes {
		if got := fact(n); got != want[i] {
			t.Errorf("line %d:\n got %s\nwant %s", i+1, got, want[i])
		}
	}
}

func TestTheTreeIsLinkedConsistently(t *testing.T) {
	t.Parallel()
	for _, in := range All() {
		leaves := 0
		for i, n := range in.Nodes {
			if got, ok := in.Node(n.ID); n.Index != i || !ok || got != n {
				t.Errorf("%s %s: index %d at %d, found %t", in.ID, n.ID, n.Index, i, ok)
			}
			if n.Parent >= i || n.Parent >= 0 && !strings.HasPrefix(n.ID, in.Nodes[n.Parent].ID+".") {
				t.Errorf("%s %s: parent %d", in.ID, n.ID, n.Parent)
			}
			for _, c := range n.Children {
				if in.Nodes[c].Parent != i {
					t.Errorf("%s %s: child %d has another parent", in.ID, n.ID, c)
				}
			}
			if n.Question == nil {
				continue
			}
			if q, ok := in.Question(n.ID); n.Leaf != leaves || !ok || q != n {
				t.Errorf("%s %s: leaf %d, want %d", in.ID, n.ID, n.Leaf, leaves)
			}
			leaves++
		}
		if leaves != len(in.Questions) {
			t.Errorf("%s: %d leaves, %d questions", in.ID, leaves, len(in.Questions))
		}
	}
}

func TestPredicatesHoldTheThresholdsOfTabel6(t *testing.T) {
	t.Parallel()
	in := builtinLKE(t)
	ids := "total_min pengungkit_min area_min.1 area_min.2 area_min.3 area_min.4 area_min.5 area_min.6 hasil_bersih_min spak_min kinerja_min hasil_prima_min"
	for id, thresholds := range map[string]string{
		"WBK":  "75 40 0.6 0.6 0.6 0.6 0.6 0.6 18.25 15.75 2.5 14",
		"WBBM": "85 48 0.75 0.75 0.75 0.75 0.75 0.75 19.5 15.75 3.75 15.75",
	} {
		p, ok := in.Predicate(id)
		if !ok {
			t.Fatalf("no predicate %s", id)
		}
		var gotIDs, gotThresholds []string
		for _, r := range p.Rules {
			gotIDs, gotThresholds = append(gotIDs, r.ID), append(gotThresholds, r.Threshold.String())
			if r.Article == "" || r.Label == "" || r.Node >= 0 && r.Group >= 0 || r.Fraction != strings.HasPrefix(r.ID, "area_min") {
				t.Errorf("%s: rule %+v", id, r)
			}
		}
		if got := strings.Join(gotIDs, " "); got != ids {
			t.Errorf("%s: rules %s", id, got)
		}
		if got := strings.Join(gotThresholds, " "); got != thresholds {
			t.Errorf("%s: thresholds %s, want %s", id, got, thresholds)
		}
	}
	if p, _ := in.Predicate("WBBM"); len(p.Prerequisites) != 1 || p.Prerequisites[0].ID != "has_wbk" {
		t.Errorf("prerequisites of WBBM: %+v", p.Prerequisites)
	}
	// 3.60 x 17.5 / 4 = 15.75, and 15.75 + 2.50 = 18.25: the numbers of the table hang together.
	rule := func(predicate, id string) Rule {
		p, _ := in.Predicate(predicate)
		for _, r := range p.Rules {
			if r.ID == id {
				return r
			}
		}
		t.Fatalf("no rule %s", id)
		return Rule{}
	}
	for _, p := range []string{"WBK", "WBBM"} {
		if sum := rule(p, "spak_min").Threshold.Add(rule(p, "kinerja_min").Threshold); !sum.Equal(rule(p, "hasil_bersih_min").Threshold) {
			t.Errorf("%s: B.I minimum is not the sum of its parts' minima: %v", p, sum)
		}
		if got := rule(p, "spak_min").Index; !got.Equal(exact.MustParse("3.6")) {
			t.Errorf("%s: index of the anti-corruption survey %v", p, got)
		}
	}
	if got := rule("WBK", "hasil_prima_min").Index; !got.Equal(exact.MustParse("3.2")) {
		t.Errorf("index of the service survey %v", got)
	}
}

func TestAreaMinimumPerAspectIsASettingOfTheFile(t *testing.T) {
	t.Parallel()
	data, err := dataFiles.ReadFile("data/lke-2021.yaml")
	if err != nil {
		t.Fatal(err)
	}
	in, err := Load("x", []byte(strings.Replace(string(data), "area_minimum: combined\n", "area_minimum: per_aspect\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	p, _ := in.Predicate("WBK")
	if len(p.Rules) != 18 || p.Rules[2].ID != "area_min.A.I.1" || p.Rules[13].ID != "area_min.A.II.6" || in.Nodes[p.Rules[2].Node].ID != "A.I.1" {
		t.Errorf("%d rules, the third is %+v", len(p.Rules), p.Rules[2])
	}
}

func TestEligibilityHoldsTabel5(t *testing.T) {
	t.Parallel()
	in := builtinLKE(t)
	var got []string
	for _, r := range in.Requirements {
		for _, p := range []string{"WBK", "WBBM"} {
			for _, kind := range []string{"", "kl", "pemda"} {
				if v, ok := r.Minima[p][kind]; ok {
					got = append(got, strings.Join([]string{r.ID, p, kind, v}, " "))
				}
			}
		}
	}
	want := `opini_bpk WBK kl WTP|opini_bpk WBK pemda WTP|opini_bpk WBBM kl WTP|opini_bpk WBBM pemda WTP|` +
		`sakip_instansi WBK kl B|sakip_instansi WBK pemda B|sakip_instansi WBBM kl BB|sakip_instansi WBBM pemda BB|` +
		`indeks_rb WBK kl B|indeks_rb WBK pemda CC|indeks_rb WBBM kl BB|indeks_rb WBBM pemda B|` +
		`maturitas_spip WBK kl 3|maturitas_spip WBK pemda 3|maturitas_spip WBBM kl 3|maturitas_spip WBBM pemda 3|` +
		`layanan_inti WBK  ya|layanan_inti WBBM  ya|dampak_persepsi WBK  ya|dampak_persepsi WBBM  ya|` +
		`tindak_lanjut_pengawasan WBK  100|tindak_lanjut_pengawasan WBBM  100|kepatuhan_lhkpn WBK  100|kepatuhan_lhkpn WBBM  100|` +
		`kepatuhan_lhkan WBK  100|kepatuhan_lhkan WBBM  100|lama_pembangunan WBK  1|lama_pembangunan WBBM  1|sakip_unit WBK  B|sakip_unit WBBM  BB`
	if g := strings.Join(got, "|"); g != want {
		t.Errorf("requirements:\n got %s\nwant %s", g, want)
	}
	if len(in.Exemptions) != 1 || in.Exemptions[0].AppliesTo != "pemda" || len(in.Exemptions[0].UnitKinds) != 6 {
		t.Errorf("exemptions: %+v", in.Exemptions)
	}
}

func TestAnotherInstrumentIsOneMoreFile(t *testing.T) {
	t.Parallel()
	in, err := ByID("contoh-mini")
	if err != nil {
		t.Fatal(err)
	}
	if !in.Example || All()[0].ID != "lke-2021" {
		t.Errorf("the example is not marked as one, or comes first: %v", All()[0].ID)
	}
	n, _ := in.Question("L.antre.cepat")
	f, ok := n.Question.Fraction(Answer{Inputs: map[string]int64{"datang": 10, "batal": 4, "tepat": 5}})
	if !ok || f.String() != "5/6" {
		t.Errorf("5 of 10 - 4 is %v, %t", f, ok)
	}
	p, _ := in.Predicate("SIAP")
	var ids []string
	for _, r := range p.Rules {
		ids = append(ids, r.ID)
	}
	if got := strings.Join(ids, " "); got != "total_min bagian_min.L bagian_min.M pengalaman_min mutu_min" {
		t.Errorf("rules %s", got)
	}
}
