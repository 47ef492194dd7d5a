package account

import (
	"strconv"
	"strings"
	"testing"

	"github.com/pquerna/otp"
)

const appAddress = "otpauth://totp/Zona:siti@pn.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Zona&algorithm=SHA1&digits=6&period=30"

// grid reads a path back into squares.
func grid(t *testing.T, p picture) [][]bool {
	t.Helper()
	n, err := strconv.Atoi(strings.Fields(p.Box)[2])
	if err != nil {
		t.Fatal(err)
	}
	rows := make([][]bool, n)
	for i := range rows {
		rows[i] = make([]bool, n)
	}
	for run := range strings.SplitSeq(strings.TrimSuffix(p.Path, "z"), "z") {
		at, rest, _ := strings.Cut(strings.TrimPrefix(run, "M"), "h")
		xs, ys, _ := strings.Cut(at, " ")
		length, _, _ := strings.Cut(rest, "v")
		x, errX := strconv.Atoi(xs)
		y, errY := strconv.Atoi(ys)
		w, errW := strconv.Atoi(length)
		if errX != nil || errY != nil || errW != nil {
			t.Fatalf("run %q", run)
		}
		for i := range w {
			rows[y][x+i] = true
		}
	}
	return rows
}

func TestThePathShowsEverySquareOfTheCode(t *testing.T) {
	t.Parallel()
	p, err := draw(appAddress)
	if err != nil {
		t.Fatal(err)
	}
	rows := grid(t, p)
	n := len(rows) - 2*quiet
	if n < 21 || (n-17)%4 != 0 {
		t.Fatalf("%d squares to a side: no QR code", n)
	}
	key, err := otp.NewKeyFromURL(appAddress)
	if err != nil {
		t.Fatal(err)
	}
	img, err := key.Image(drawn, drawn)
	if err != nil {
		t.Fatal(err)
	}
	from, square := measure(img)
	wrong := 0
	for y := range drawn {
		for x := range drawn {
			gx, gy := x-from, y-from
			want := gx >= 0 && gy >= 0 && gx < n*square && gy < n*square && rows[quiet+gy/square][quiet+gx/square]
			if isDark(img, x, y) != want {
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d pixels differ", wrong)
	}
	// The border is empty, and the three corners are there.
	for i := range rows {
		if rows[i][quiet-1] || rows[quiet-1][i] || rows[i][n+quiet] || rows[n+quiet][i] {
			t.Error("the border is not empty")
		}
	}
	for _, c := range [][2]int{{quiet, quiet}, {quiet + n - 7, quiet}, {quiet, quiet + n - 7}} {
		if !rows[c[1]][c[0]] || rows[c[1]+1][c[0]+1] || !rows[c[1]+3][c[0]+3] {
			t.Errorf("no corner at %v", c)
		}
	}
}

func TestWhatIsNoAddressOfAnAppIsNotDrawn(t *testing.T) {
	t.Parallel()
	for _, text := range []string{":", "otpauth://totp/" + strings.Repeat("x", 5000)} {
		if p, err := draw(text); err == nil {
			t.Errorf("%.20q is drawn as %+.40v", text, p)
		}
	}
}
