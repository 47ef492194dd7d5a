//go:build !race

package workbook

// slower is how much longer the race detector makes things take.
const slower = 1

// heavier is how much more memory the race detector may take.
const heavier = 1
