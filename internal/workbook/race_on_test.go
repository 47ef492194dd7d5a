//go:build race

package workbook

// slower is how much longer the race detector makes things take.
const slower = 10

// heavier is how much more memory the race detector may take: it shadows every word that is touched.
const heavier = 4
