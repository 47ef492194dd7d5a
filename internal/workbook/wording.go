package workbook

import (
	"math"
	"strings"
	"unicode"
)

// fold makes texts comparable: lower case, one space between words, no invisible characters, full-width forms as
// plain ones. Punctuation stays.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch {
		case r == '\u00A0' || unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case isInvisible(r):
			continue
		case r >= '\uFF01' && r <= '\uFF5E':
			r -= '\uFF01' - '!'
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// words cuts a folded text into words of letters and digits.
func words(folded string) []string {
	return strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// sameWord maps words that sheets use for one another; they share too few letters to be recognised otherwise.
// Keys and values are folded. Words that only join others are mapped to nothing.
func sameWord(w string) string {
	switch w {
	case "jumlah", "banyaknya", "berapa":
		return "banyak"
	case "sebelumnya", "kemarin":
		return "lalu"
	case "berjalan", "sekarang":
		return "ini"
	case "harus", "diwajibkan", "kewajiban":
		return "wajib"
	case "telah":
		return "sudah"
	case "sedang":
		return "masih"
	case "hukuman":
		return "sanksi"
	case "perijinan", "ijin", "izin":
		return "perizinan"
	case "persentase", "prosentase", "persen":
		return "persentase"
	case "terdata":
		return "terdaftar"
	case "dibuat":
		return "dihasilkan"
	case "survey":
		return "survei"
	case "yang", "dan", "atau", "dari", "di", "ke", "pada", "dengan", "untuk", "dalam", "oleh", "apakah", "bagaimana", "atas", "the", "of":
		return ""
	}
	return w
}

// grams calls add for every run of three letters of every word, with marks for its start and end. Indonesian builds
// words by prefix and suffix (tindak, ditindaklanjuti, menindaklanjuti): runs of letters see the stem without a
// dictionary, and a slip of the pen changes only some of them.
func grams(text string, add func(uint32)) {
	for _, w := range words(fold(text)) {
		if w = sameWord(w); w == "" {
			continue
		}
		a, b := uint32('^'), uint32(0)
		for i := 0; i <= len(w); i++ {
			c := uint32('$')
			if i < len(w) {
				c = uint32(w[i])
			}
			if b != 0 {
				add(a<<16 | b<<8 | c)
				a = b
			}
			b = c
		}
	}
}

// wordIndex finds which of many texts a text resembles: cosine over runs of letters, rare runs counting more.
type wordIndex struct {
	postings map[uint32][]posting
	norms    []float32 // length of each text
	owners   []int     // whose text it is
	size     int       // number of owners
}

type posting struct {
	text   int32
	weight float32
}

// wordIndexBuilder collects texts before their weights are known.
type wordIndexBuilder struct {
	texts  []map[uint32]float32
	owners []int
}

// add registers a text of an owner; owners are numbered from 0.
func (b *wordIndexBuilder) add(owner int, text string) {
	counts := map[uint32]float32{}
	grams(text, func(g uint32) { counts[g]++ })
	if len(counts) > 0 {
		b.texts, b.owners = append(b.texts, counts), append(b.owners, owner)
	}
}

func (b *wordIndexBuilder) build(owners int) *wordIndex {
	ix := &wordIndex{postings: map[uint32][]posting{}, norms: make([]float32, len(b.texts)), owners: b.owners, size: owners}
	spread := map[uint32]int{}
	for _, counts := range b.texts {
		for g := range counts {
			spread[g]++
		}
	}
	for t, counts := range b.texts {
		var sum float64
		for g, n := range counts {
			w := float64(n) * rarity(spread[g], len(b.texts))
			sum += w * w
			ix.postings[g] = append(ix.postings[g], posting{int32(t), float32(w)})
		}
		ix.norms[t] = float32(math.Sqrt(sum))
	}
	return ix
}

func rarity(in, of int) float64 { return math.Log(1 + float64(of)/float64(in)) }

// resemble returns for every owner how much its best text resembles this one, 0 to 1.
func (ix *wordIndex) resemble(text string) []float32 {
	out := make([]float32, ix.size)
	ix.resembleInto(out, text, newScratch(ix))
	return out
}

// scratch is memory that one reader of many texts uses again and again.
type scratch struct {
	counts map[uint32]float32
	dots   []float32
}

func newScratch(ix *wordIndex) *scratch {
	return &scratch{counts: map[uint32]float32{}, dots: make([]float32, len(ix.norms))}
}

// resembleInto is resemble into memory of the caller, which must be zero.
func (ix *wordIndex) resembleInto(out []float32, text string, s *scratch) {
	counts, dots := s.counts, s.dots
	clear(counts)
	clear(dots)
	grams(text, func(g uint32) { counts[g]++ })
	if len(counts) == 0 {
		return
	}
	var own float64
	for g, n := range counts {
		list := ix.postings[g]
		w := float32(float64(n) * rarity(max(1, len(list)), len(ix.norms)))
		own += float64(w) * float64(w)
		for _, p := range list {
			dots[p.text] += w * p.weight
		}
	}
	length := float32(math.Sqrt(own))
	for t, dot := range dots {
		if sim := dot / (length * ix.norms[t]); sim > out[ix.owners[t]] {
			out[ix.owners[t]] = sim
		}
	}
}
