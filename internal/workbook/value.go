package workbook

import (
	"errors"
	"strconv"
	"strings"

	"zona/internal/exact"
	"zona/internal/locale"
)

// errNotNumber is a cell without a number; callers say what it was.
var errNotNumber = errors.New("not a number")

// number reads a cell that holds a number, also one typed as text with a comma.
func (c *cell) number() (exact.Number, error) {
	switch c.kind {
	case cellNumber:
		return exact.Parse(plainDecimal(c.text))
	case cellText:
		return locale.ParseNumber(fold(c.text))
	case cellBool, cellError, cellDate, cellBare:
	}
	return exact.Number{}, errNotNumber
}

// maxStoredDigits is what a spreadsheet shows of a number. Files hold up to 17 digits, of which the last two are
// noise of the binary form: 3.7400000000000002 was typed as 3.74.
const maxStoredDigits = 15

// plainDecimal turns a stored number into the decimal that was typed.
func plainDecimal(stored string) string {
	digits := 0
	seen := false
	for _, r := range stored {
		if r >= '1' && r <= '9' || r == '0' && seen {
			seen = true
			digits++
		}
		if r == 'e' || r == 'E' {
			digits = maxStoredDigits + 1 // into plain digits
			break
		}
	}
	if digits <= maxStoredDigits {
		return trimDecimal(stored)
	}
	f, err := strconv.ParseFloat(stored, 64)
	if err != nil {
		return stored
	}
	f, err = strconv.ParseFloat(strconv.FormatFloat(f, 'e', maxStoredDigits-1, 64), 64)
	if err != nil {
		return stored
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// trimDecimal drops zeros behind the decimals: "10.0" is 10.
func trimDecimal(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
