package ui

import "zona/internal/exact"

// BarSpec is what a Bar shows. Value, Whole and Threshold are in the same unit.
type BarSpec struct {
	Value, Whole exact.Number
	Threshold    exact.Number // 0: none
	Label        string       // says in words what the bar shows
	Kind         Kind         // Good or Bad once a threshold decides; else Info
}

func (b BarSpec) class() string {
	switch b.Kind {
	case Good:
		return "z-bar-fill z-good"
	case Bad:
		return "z-bar-fill z-bad"
	case Warn:
		return "z-bar-fill z-warn"
	}
	return "z-bar-fill z-info"
}

func (b BarSpec) width() string { return b.percent(b.Value) }

func (b BarSpec) threshold() (string, bool) {
	return b.percent(b.Threshold), b.Threshold.Sign() > 0
}

// percent places n between 0 and 100 for drawing; nothing is decided with it.
func (b BarSpec) percent(n exact.Number) string {
	if b.Whole.Sign() <= 0 {
		return "0"
	}
	hundred := exact.Int(100)
	part := n.Mul(hundred).Div(b.Whole)
	return exact.Max(exact.Int(0), exact.Min(part, hundred)).Decimal(2)
}
