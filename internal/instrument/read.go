package instrument

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"zona/internal/exact"
	"zona/internal/locale"
)

// Read reads what somebody typed, or a workbook's cell holds, as the answer of a Choice or Index question; "" is no
// answer. It accepts what cannot be mistaken, and nothing else:
//
//   - any case, blanks of any kind around and inside, full-width letters and digits;
//   - a key of the scale ("a", "YA "), also with its option behind it: "A.", "(A)", "a. Semua ...", "Ya (ada SK)";
//   - the whole text of one option; "y" and "tdk" where the scale is Ya and Tidak ("t" may mean true);
//   - an index with one decimal comma or point: "3,6", "3.60".
//
// Refused are texts that name two options, percentages, exponents, signs and thousands separators.
func (q *Question) Read(raw string) (Answer, *Violation) {
	text := plainText(raw)
	if text == "" {
		return Answer{}, nil
	}
	switch q.Kind {
	case Choice:
		key, rule := q.readChoice(text)
		if rule != "" {
			v := q.noOption(text, rule)
			return Answer{}, &v
		}
		return Answer{Choice: key}, nil
	case Index:
		return q.readIndex(text)
	}
	v := q.wrongKind(text)
	return Answer{}, &v
}

// ReadInput reads one number of a Ratio question; given is false for "". A number may be followed by the input's
// unit ("9 orang"). Decimals are refused unless they are zeros ("10,0"), and "1.000" is refused with both readings,
// since it is a thousand in Indonesia and one elsewhere.
func (q *Question) ReadInput(key, raw string) (n int64, given bool, v *Violation) {
	in, ok := q.Input(key)
	if !ok {
		wrong := q.noInput(key)
		return 0, false, &wrong
	}
	text := plainText(raw)
	if text == "" {
		return 0, false, nil
	}
	if number, unit, ok := strings.Cut(text, " "); ok && strings.EqualFold(unit, in.Unit) {
		text = number
	}
	number, err := locale.ParseNumber(text)
	if err != nil {
		return 0, false, in.noNumber(text, err)
	}
	if first, second, ok := thousandOrDecimal(text); ok {
		v := in.violation(text, "answer.rule.readings", "answer.mend.readings")
		v.Args["First"], v.Args["Second"] = first, second
		return 0, false, v
	}
	n, v = in.whole(number, text)
	return n, v == nil, v
}

// whole makes a count of a number, or says why it is none.
func (in *Input) whole(number exact.Number, read string) (int64, *Violation) {
	switch {
	case number.Sign() < 0:
		return 0, in.violation(read, "answer.rule.negative", "answer.mend.count")
	case exact.Int(MaxCount).Less(number):
		return 0, in.violation(read, "answer.rule.large", "answer.mend.large")
	}
	r := number.Rat()
	if !r.IsInt() {
		return 0, in.violation(read, "answer.rule.whole", "answer.mend.count")
	}
	return r.Num().Int64(), nil
}

func (in *Input) noNumber(text string, err error) *Violation {
	var e *locale.NumberError
	if errors.As(err, &e) && len(e.Readings) == 2 {
		v := in.violation(text, "answer.rule.readings", "answer.mend.readings")
		v.Args["First"], v.Args["Second"] = e.Args["First"], e.Args["Second"]
		return v
	}
	return in.violation(text, "answer.rule.whole", "answer.mend.count")
}

// thousandOrDecimal recognises one separator before exactly three digits, where a count can be either reading.
func thousandOrDecimal(text string) (first, second string, ok bool) {
	at := strings.IndexAny(text, ".,")
	if at < 1 || len(text)-at != 4 || at > 3 || text[0] == '0' || text[0] == '-' {
		return "", "", false
	}
	n, err := exact.Parse(text[:at] + "." + text[at+1:])
	if err != nil {
		return "", "", false
	}
	return inputText(n), text[:at] + text[at+1:], true
}

func (q *Question) readIndex(text string) (Answer, *Violation) {
	n, err := locale.ParseNumber(text)
	if err != nil {
		var e *locale.NumberError
		v := q.indexViolation(text, "answer.rule.number")
		if errors.As(err, &e) && len(e.Readings) == 2 {
			v.Rule, v.Mend = "answer.rule.readings", "answer.mend.readings"
			v.Args["First"], v.Args["Second"] = e.Args["First"], e.Args["Second"]
		}
		return Answer{}, v
	}
	if v := q.checkIndex(n); v != nil {
		v.Read, v.Args["Read"] = clip(text), clip(text)
		return Answer{}, v
	}
	return Answer{Number: &n}, nil
}

// readChoice returns the key that a text stands for, or the rule that it breaks.
func (q *Question) readChoice(text string) (key, rule string) {
	if len(text) > 2*maxText {
		return "", "answer.rule.choice"
	}
	if inner, ok := strings.CutPrefix(text, "("); ok && strings.HasSuffix(inner, ")") {
		text = strings.TrimSpace(strings.TrimSuffix(inner, ")"))
	}
	for i := range q.Options {
		if strings.EqualFold(text, q.Options[i].Key) {
			return q.Options[i].Key, ""
		}
	}
	if key := q.shortForm(text); key != "" {
		return key, ""
	}
	for i := range q.Options {
		if sameText(text, q.Options[i].Text) && !q.sharedText(i) {
			return q.Options[i].Key, ""
		}
	}
	return q.leadingKey(text)
}

// shortForm knows the two abbreviations of the scale Ya, Tidak that cannot mean anything else.
func (q *Question) shortForm(text string) string {
	if len(q.Options) != 2 || q.Options[0].Key != "Ya" || q.Options[1].Key != "Tidak" {
		return ""
	}
	switch strings.ToLower(strings.TrimSuffix(text, ".")) {
	case "y":
		return q.Options[0].Key
	case "tdk":
		return q.Options[1].Key
	}
	return ""
}

func (q *Question) sharedText(i int) bool {
	for j := range q.Options {
		if j != i && sameText(q.Options[j].Text, q.Options[i].Text) {
			return true
		}
	}
	return false
}

// sameText ignores case, blanks and a final full stop.
func sameText(a, b string) bool {
	plain := func(s string) string { return strings.TrimSpace(strings.TrimSuffix(plainText(s), ".")) }
	return strings.EqualFold(plain(a), plain(b))
}

// leadingKey reads "A. text", "A) text", "A: text", "A - text" and "A (text)". The text may be anybody's wording of
// the option, but must not name another key: "A. ... B. ..." is a copy of all options, "A - B" an undecided answer.
func (q *Question) leadingKey(text string) (key, rule string) {
	best := -1
	for i := range q.Options {
		k := q.Options[i].Key
		if hasFoldPrefix(text, k) && endsKey(text[len(k):]) && (best < 0 || len(k) > len(q.Options[best].Key)) {
			best = i
		}
	}
	if best < 0 {
		return "", "answer.rule.choice"
	}
	rest := text[len(q.Options[best].Key):]
	for i := range q.Options {
		if i != best && namesKey(rest, q.Options[i].Key) {
			return "", "answer.rule.several"
		}
	}
	return q.Options[best].Key, ""
}

// hasFoldPrefix compares bytes of equal number, which is enough: the keys of scales are ASCII or are not abbreviated.
func hasFoldPrefix(text, key string) bool {
	return len(text) >= len(key) && strings.EqualFold(text[:len(key)], key)
}

// endsKey reports whether what follows a key sets it apart from a word, a list or an alternative.
func endsKey(rest string) bool {
	if rest == "" {
		return true
	}
	if strings.HasPrefix(rest, ". ") || rest == "." || strings.HasPrefix(rest, ")") || strings.HasPrefix(rest, ":") {
		return true
	}
	for _, mark := range []string{" (", " - ", " – ", " — "} {
		if strings.HasPrefix(rest, mark) {
			return true
		}
	}
	return false
}

// namesKey looks for a key as a word of its own. Single letters count in capitals, or before a full stop or bracket.
func namesKey(text, key string) bool {
	for at := 0; at+len(key) <= len(text); at++ {
		if !hasFoldPrefix(text[at:], key) {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(key):])
		if isWordRune(before) || isWordRune(after) {
			continue
		}
		if len(key) > 1 || text[at:at+len(key)] == key || after == '.' || after == ')' {
			return true
		}
	}
	return false
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// plainText makes blanks of any kind single spaces, drops invisible characters and turns full-width letters, digits
// and signs (as typed on some Asian keyboards) into the ordinary ones.
func plainText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == 0xAD || r >= 0x200B && r <= 0x200F || r == 0x2060 || r == 0xFEFF:
			return -1
		case r >= 0xFF01 && r <= 0xFF5E:
			return r - 0xFEE0
		case unicode.IsSpace(r) || unicode.Is(unicode.Zs, r):
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
