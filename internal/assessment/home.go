package assessment

import "zona/internal/org"

// Waiting is a unit in a period that takes answers now, with its sheet; Assessment.ID is "" where nobody has begun it.
type Waiting struct {
	Unit       org.Unit
	Period     Period
	Assessment Assessment
}

// Standing is how far an institution is prepared, counted: for those who run it.
type Standing struct {
	Institution org.Institution
	Units       int // open
	Headless    int // open units of which nobody is head today
	People      int // with an open account
	Unentered   int // of them, those who have never set a password
	Periods     int
	Current     int // periods whose deadline has not passed
}
