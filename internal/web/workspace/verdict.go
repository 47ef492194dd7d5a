package workspace

import (
	"strings"

	"zona/internal/exact"
	"zona/internal/locale"
	"zona/internal/scoring"
)

// ruleValue is the value that a threshold is held against; where it misses, with as many decimals as tell.
func (v *view) ruleValue(r *scoring.RuleResult) string {
	if r.Rule.Fraction {
		return v.p.PercentAgainst(r.Value, r.Threshold)
	}
	return v.p.Against(r.Value, r.Threshold)
}

func (v *view) ruleThreshold(r *scoring.RuleResult) string {
	if r.Rule.Fraction {
		return v.p.Percent(r.Threshold, 2)
	}
	return v.p.Score(r.Threshold)
}

// groupRules are the thresholds of a group in every predicate that has one for it.
func (v *view) groupRules(group int) []*scoring.RuleResult {
	var rules []*scoring.RuleResult
	for i := range v.result.Verdicts {
		d := &v.result.Verdicts[i]
		for j := range d.Rules {
			if r := &d.Rules[j]; r.Rule.Group == group && r.Rule.Fraction {
				rules = append(rules, r)
			}
		}
	}
	return rules
}

// groupPercent is a group's share; where it misses a threshold, with as many decimals as tell.
func (v *view) groupPercent(group int) string {
	share := v.result.Groups[group].Fraction
	for _, r := range v.groupRules(group) {
		if text := v.p.PercentAgainst(share, r.Threshold); !r.Pass && text != v.p.Percent(share, 2) {
			return text
		}
	}
	return v.p.Percent(share, 2)
}

// thresholdWords says the minimum of a group by predicate: "WBK 60,00%, WBBM 75,00%".
func (v *view) thresholdWords() string {
	var words []string
	for i := range v.result.Verdicts {
		d := &v.result.Verdicts[i]
		for j := range d.Rules {
			if r := &d.Rules[j]; r.Rule.Group >= 0 && r.Rule.Fraction {
				words = append(words, d.Predicate.ID+" "+v.p.Percent(r.Threshold, 2))
				break
			}
		}
	}
	return strings.Join(words, ", ")
}

// barView is a share with its thresholds, as coordinates of a drawing that is 100 wide.
type barView struct {
	Share string
	Marks []string
}

func (v *view) groupBar(group int) barView {
	b := barView{Share: onBar(v.result.Groups[group].Fraction)}
	for _, r := range v.groupRules(group) {
		b.Marks = append(b.Marks, onBar(r.Threshold))
	}
	return b
}

// onBar is a fraction as a length; drawing is the one place where a tenth of a percent does not matter.
func onBar(fraction exact.Number) string {
	return exact.Max(exact.Int(0), exact.Min(exact.Int(100), fraction.Mul(exact.Int(100)))).Decimal(1)
}

// signed is a difference with its sign: "+0,50", "−1,25", "0,00".
func signed(p *locale.Printer, n exact.Number) string {
	switch n.Sign() {
	case 1:
		return "+" + p.Score(n)
	case -1:
		return "−" + p.Score(n.Neg())
	}
	return p.Score(n)
}
