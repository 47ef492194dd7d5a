package account

import (
	"fmt"
	"image"
	"image/color"
	"strconv"
	"strings"

	"github.com/pquerna/otp"
)

// picture is a QR code as one path of an SVG: no file, no script, nothing that the security policy has to allow.
type picture struct {
	Path string
	Box  string // viewBox
}

// drawn is how large the code is made before its squares are read off, in pixels: several to a square.
const drawn = 800

// quiet is the empty border that readers need, in squares.
const quiet = 4

// draw draws the address of an authenticator app as a QR code.
func draw(address string) (picture, error) {
	key, err := otp.NewKeyFromURL(address)
	if err != nil {
		return picture{}, fmt.Errorf("read the address of an app: %w", err)
	}
	img, err := key.Image(drawn, drawn)
	if err != nil {
		return picture{}, fmt.Errorf("draw a QR code: %w", err)
	}
	from, square := measure(img)
	if square == 0 {
		return picture{}, fmt.Errorf("draw a QR code: no square in it")
	}
	n := (drawn - 2*from + square/2) / square
	dark := func(x, y int) bool { return isDark(img, from+x*square+square/2, from+y*square+square/2) }
	var path strings.Builder
	for y := range n {
		for x := 0; x < n; x++ {
			first := x
			for x < n && dark(x, y) {
				x++
			}
			if x > first {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", quiet+first, quiet+y, x-first, x-first)
			}
		}
	}
	box := strconv.Itoa(n + 2*quiet)
	return picture{Path: path.String(), Box: "0 0 " + box + " " + box}, nil
}

// measure finds the corner of the code and the side of a square: its upper edge begins with seven dark ones.
func measure(img image.Image) (from, square int) {
	for from < drawn && !isDark(img, from, from) {
		from++
	}
	end := from
	for end < drawn && isDark(img, end, from) {
		end++
	}
	return from, (end - from) / 7
}

func isDark(img image.Image, x, y int) bool {
	grey, ok := color.GrayModel.Convert(img.At(x, y)).(color.Gray)
	return ok && grey.Y < 128
}
