package account

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/skip2/go-qrcode"
)

// picture is a QR code as one path of an SVG: no file, no script, nothing that the security policy has to allow.
type picture struct {
	Path string
	Box  string // viewBox
}

// draw draws a text as a QR code, with the quiet border that readers need.
func draw(text string) (picture, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return picture{}, fmt.Errorf("draw a QR code: %w", err)
	}
	var path strings.Builder
	rows := code.Bitmap()
	for y, row := range rows {
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}
			from := x
			for x < len(row) && row[x] {
				x++
			}
			fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
		}
	}
	n := strconv.Itoa(len(rows))
	return picture{Path: path.String(), Box: "0 0 " + n + " " + n}, nil
}
