package locale

import (
	"errors"
	"strings"
	"testing"

	"zona/internal/exact"
)

func TestNumbersAreWrittenAsTheLanguageDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n      string
		places int
		id, en string
	}{
		{"1234567.5", 1, "1.234.567,5", "1,234,567.5"},
		{"3.6", 2, "3,60", "3.60"},
		{"0", 2, "0,00", "0.00"},
		{"-0.001", 2, "0,00", "0.00"},
		{"-1234.5", 1, "-1.234,5", "-1,234.5"},
		{"999.995", 2, "1.000,00", "1,000.00"},
		{"0.005", 2, "0,01", "0.01"},
		{"2/3", 4, "0,6667", "0.6667"},
		{"100", 0, "100", "100"},
		{"100.5", -1, "101", "101"},
	} {
		n := exact.MustParse(c.n)
		if got := For("id").Number(n, c.places); got != c.id {
			t.Errorf("%s in Indonesian: %s, want %s", c.n, got, c.id)
		}
		if got := For("en").Number(n, c.places); got != c.en {
			t.Errorf("%s in English: %s, want %s", c.n, got, c.en)
		}
	}
	p := For("id")
	for got, want := range map[string]string{
		p.Score(exact.MustParse("3.6")):            "3,60",
		p.Percent(exact.MustParse("0.75"), 2):      "75,00%",
		p.Percent(exact.MustParse("2/3"), 2):       "66,67%",
		p.Count(2000):                              "2.000",
		p.Count(-12):                               "-12",
		p.Input(exact.MustParse("3.60")):           "3,6",
		p.Input(exact.MustParse("12345")):          "12345",
		p.Input(exact.MustParse("2/3")):            "0,666666666667",
		p.Input(exact.MustParse("1/300000000000")): "0,000000000003",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAgainstTellsThatAValueMissesItsThreshold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ value, threshold, want string }{
		{"74.995625", "75", "74,996"},
		{"74.9956", "75", "74,996"},
		{"74.99999", "75", "74,99999"},
		{"74.994", "75", "74,99"},
		{"75", "75", "75,00"},
		{"80.126", "75", "80,13"},
		{"0", "75", "0,00"},
		{"15.7499", "15.75", "15,7499"},
		{"14.985", "14.99", "14,985"},
		{"3.333", "10/3", "3,33"},
		{"74.9999999999999999", "75", "74,999999999999"},
		{"-0.0000000000000001", "0", "-0,000000000001"},
	} {
		if got := For("id").Against(exact.MustParse(c.value), exact.MustParse(c.threshold)); got != c.want {
			t.Errorf("%s against %s: %s, want %s", c.value, c.threshold, got, c.want)
		}
	}
	if got := For("en").PercentAgainst(exact.MustParse("0.599999"), exact.MustParse("0.6")); got != "59.9999%" {
		t.Errorf("percent: %s", got)
	}
}

func TestParseNumberReadsWhatPeopleType(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"3,6": "3.6", "3.6": "3.6", " 3,6 ": "3.6", "\u00a03,6": "3.6", "0": "0", "007": "7", "-1,5": "-1.5", "−2": "-2",
		"1.234": "1.234", // one separator is the decimal one: thousands are never guessed
	} {
		got, err := ParseNumber(text)
		if err != nil || !got.Equal(exact.MustParse(want)) {
			t.Errorf("ParseNumber(%q) = %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", " ", "-", ",", "3,", ",5", "3,6%", "1e3", "1/2", "0x10", "３", "3 6", "--1", "+1", "NaN", strings.Repeat("9", 61), "1" + strings.Repeat(".1", 40)} {
		_, err := ParseNumber(text)
		var e *NumberError
		if !errors.As(err, &e) || e.Rule != "locale.number.rule" || e.Args["Read"] != e.Read {
			t.Errorf("ParseNumber(%q): %v", text, err)
		}
	}
}

func TestParseNumberShowsBothReadings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"1.234,5":     {"1234,5", "12345"},
		"1,234.5":     {"1234,5", "12345"},
		"1.234.567":   {"1234,567", "1234567"},
		"-1.234,50":   {"-1234,5", "-123450"},
		"1.234.567,5": {"1234567,5", "12345675"},
	} {
		_, err := ParseNumber(text)
		var e *NumberError
		if !errors.As(err, &e) || len(e.Readings) != 2 {
			t.Errorf("ParseNumber(%q): %v", text, err)
			continue
		}
		if got := [2]string{e.Args["First"], e.Args["Second"]}; got != want {
			t.Errorf("ParseNumber(%q) reads %v, want %v", text, got, want)
		}
		said := For("id").TStrings(e.Rule, e.Args)
		if !strings.Contains(said, want[0]) || !strings.Contains(said, want[1]) || strings.Contains(said, "{") {
			t.Errorf("the message does not show both: %s", said)
		}
		if e.Error() == "" {
			t.Error("an error without a text")
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"3,6", "3.6", "1.234,5", "-0", "−2", "\u00a012", "1/2", "9999999999999999999,9", "..", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNumber(s)
		if err != nil {
			var e *NumberError
			if !errors.As(err, &e) || !For("en").Has(e.Rule) || !For("id").Has(e.Mend) || len([]rune(e.Read)) > 41 {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		// What was read must come back the same through the text that a form shows.
		for _, lang := range Languages() {
			again, err := ParseNumber(For(lang).Input(n))
			if err != nil || !again.Equal(n) && !strings.Contains(n.String(), "/") {
				t.Fatalf("%q: %v written as %q is %v, %v", s, n, For(lang).Input(n), again, err)
			}
		}
	})
}

func TestShortfallIsNeverShownAsNothing(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"2.5": "2,50", "0.004375": "0,004", "0": "0,00", "1/3000000000000000": "> 0"} {
		if got := For(Indonesian).Shortfall(exact.MustParse(in)); got != want {
			t.Errorf("Shortfall(%s) = %q, want %q", in, got, want)
		}
	}
}
