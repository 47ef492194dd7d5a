//go:build race

package scoring_test

// raceEnabled shortens the long property runs: under the race detector they would take a quarter of an hour.
const raceEnabled = true
