package instrument

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"zona/internal/locale"
)

func shownText(t *testing.T, in *Instrument, lang string) string {
	t.Helper()
	var text bytes.Buffer
	if err := WriteText(&text, in, locale.For(lang)); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestTextShowsEverythingThatDecidesInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, in := range All() {
		for _, lang := range locale.Languages() {
			text := shownText(t, in, lang)
			want := []string{in.ID, in.Title, in.Regulation, in.Waiver}
			for _, n := range in.Questions {
				want = append(want, n.ID, n.Name, n.Question.Text)
				for _, o := range n.Question.Options {
					want = append(want, o.Text)
				}
				for _, i := range n.Question.Inputs {
					want = append(want, i.Key+": "+i.Label)
				}
				if f := n.Question.Formula; f != nil {
					want = append(want, f.Numerator.String(), f.Denominator.String(), f.Reasoning)
				}
			}
			for _, p := range in.Predicates {
				for _, r := range p.Rules {
					want = append(want, r.ID, r.Label, r.Article)
				}
			}
			for _, r := range in.Requirements {
				want = append(want, r.Label, r.Note)
			}
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("%s in %q does not show %q", in.ID, lang, w)
				}
			}
			if strings.Contains(text, "instrument.") || strings.Contains(text, "{") {
				t.Errorf("%s in %q shows a message that has no text or lacks an argument", in.ID, lang)
			}
		}
	}
}

func TestTextShowsNumbersExactly(t *testing.T) {
	t.Parallel()
	text := shownText(t, builtinLKE(t), locale.Indonesian)
	for _, want := range []string{
		"A.I.1.ii.a        1/3 Dokumen rencana kerja ZI",       // a share that has no finite decimal
		"A.I.1.iv.a      0,375 Pimpinan sebagai teladan",       // one that two decimals would round
		"  spak_min           >= 15,75 (indeks 3,6)  Survei",   // both forms of the threshold
		"  area_min.6         >= 75%  Nilai area pengungkit: ", // a share of the weight
		"Indeks Reformasi Birokrasi: WBK kl B, pemda CC; WBBM kl BB, pemda B",
		"1                   8 Manajemen Perubahan = A.I.1 + A.II.1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text does not show %q", want)
		}
	}
}

func TestJSONHoldsTheWholeInstrument(t *testing.T) {
	t.Parallel()
	for _, in := range All() {
		var doc bytes.Buffer
		if err := WriteJSON(&doc, in); err != nil {
			t.Fatal(err)
		}
		var back document
		d := json.NewDecoder(&doc)
		d.DisallowUnknownFields()
		if err := d.Decode(&back); err != nil {
			t.Fatal(err)
		}
		if len(back.Nodes) != len(in.Nodes) || len(back.Groups) != len(in.Groups) || len(back.Requirements) != len(in.Requirements) {
			t.Errorf("%s: %d lines, %d groups, %d requirements", in.ID, len(back.Nodes), len(back.Groups), len(back.Requirements))
		}
		for i, n := range in.Nodes {
			b := back.Nodes[i]
			if b.ID != n.ID || b.Weight != n.Weight.String() || (b.Formula != nil) != (n.Question != nil && n.Question.Kind == Ratio) {
				t.Errorf("%s: line %s is written as %+v", in.ID, n.ID, b)
			}
		}
		for i, p := range in.Predicates {
			for j, r := range p.Rules {
				b := back.Predicates[i].Rules[j]
				if b.ID != r.ID || b.Threshold != r.Threshold.String() || (b.Of == "") == (b.OfGroup == "") || (b.OfGroup != "") != (r.Group >= 0) {
					t.Errorf("%s: rule %s is written as %+v", in.ID, r.ID, b)
				}
			}
		}
	}
}
