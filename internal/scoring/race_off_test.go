//go:build !race

package scoring_test

// raceEnabled is false: the long property runs take their full number of cases.
const raceEnabled = false
