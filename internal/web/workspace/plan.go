package workspace

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zona/internal/exact"
	"zona/internal/fault"
	"zona/internal/instrument"
	"zona/internal/scoring"
	"zona/internal/web/internal/route"
	"zona/internal/web/internal/ui"
)

// Names of the fields that shape a plan. They stand in the address; nothing is stored.
const (
	predicateField = "predicate"
	lockField      = "lock"   // once for each question that must stay as it is
	pricePrefix    = "price." // + question: what one step of it costs
)

// getPlan shows the cheapest way to a predicate.
func (d *desk) getPlan(w http.ResponseWriter, r *http.Request) error {
	v, err := d.sheet(r)
	if err != nil {
		return err
	}
	ask := r.URL.Query()
	p := &planPage{view: v, frame: v.frame(r, v.T("sheet.plan")), asked: ask, predicate: v.predicate(ask.Get(predicateField))}
	if p.predicate == nil {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	options, err := v.planOptions(ask)
	if err == nil {
		p.plan, err = scoring.PlanFor(v.out.in, v.answers(), p.predicate.ID, options)
	}
	form, mendable := route.Again(r, err)
	switch {
	case mendable:
		p.form, p.frame.Wrong = form, true
		return ui.Write(w, r, http.StatusUnprocessableEntity, ui.Page(p.frame, planBody(p)))
	case err != nil:
		return err
	}
	after := *v
	after.result, after.tried = p.plan.After, true
	p.after = &after
	return ui.Write(w, r, http.StatusOK, ui.Page(p.frame, planBody(p)))
}

// predicate is the one asked for, else the sheet's target, else the first; nil when the one asked for does not exist.
func (v *view) predicate(asked string) *instrument.Predicate {
	if asked == "" {
		asked = v.sheet.Assessment.Target
		if _, ok := v.out.in.Predicate(asked); !ok && len(v.out.in.Predicates) > 0 {
			return v.out.in.Predicates[0]
		}
	}
	p, _ := v.out.in.Predicate(asked)
	return p
}

// planOptions reads locks and prices. An empty price is the usual one.
func (v *view) planOptions(ask url.Values) (scoring.PlanOptions, error) {
	options := scoring.PlanOptions{Prices: map[string]int64{}, Locked: map[string]bool{}}
	for _, id := range ask[lockField] {
		options.Locked[id] = true
	}
	wrong := fault.New(fault.Invalid, "score.plan.options")
	for _, n := range v.out.in.Questions {
		raw := strings.TrimSpace(ask.Get(pricePrefix + n.ID))
		if raw == "" {
			continue
		}
		price, err := strconv.ParseInt(raw, 10, 64)
		if err != nil {
			wrong = wrong.With(n.ID, "score.plan.price", "Question", n.ID, "Max", scoring.MaxPrice)
			continue
		}
		options.Prices[n.ID] = price
	}
	return options, wrong.Err()
}

func (p *planPage) locked(n *instrument.Node) bool { return slices.Contains(p.asked[lockField], n.ID) }

func (p *planPage) price(n *instrument.Node) string { return p.asked.Get(pricePrefix + n.ID) }

// shaped reports whether a section holds a lock or a price.
func (p *planPage) shaped(s *section) bool {
	for _, r := range s.runs {
		if slices.ContainsFunc(r.leaves, func(n *instrument.Node) bool { return p.locked(n) || p.price(n) != "" }) {
			return true
		}
	}
	return false
}

func (p *planPage) question(id string) *instrument.Node {
	n, _ := p.out.in.Question(id)
	return n
}

// priced reports whether steps have prices, so that cost and steps differ.
func (p *planPage) priced() bool {
	return slices.ContainsFunc(p.plan.Moves, func(m scoring.Move) bool { return !m.Steps.Equal(m.Cost) })
}

// steps is the sum of all steps.
func (p *planPage) steps() exact.Number {
	var sum exact.Number
	for _, m := range p.plan.Moves {
		sum = sum.Add(m.Steps)
	}
	return sum
}

// gain is what the plan adds to the total.
func (p *planPage) gain() exact.Number { return p.plan.After.Total().Sub(p.plan.Before.Total()) }

// trial is the address that tries the plan's answers, to go on from there.
func (p *planPage) trial() string {
	ask := url.Values{}
	for _, m := range p.plan.Moves {
		switch {
		case m.To.Choice != "":
			ask.Set(trialPrefix+m.Question, m.To.Choice)
		case m.To.Number != nil:
			ask.Set(trialPrefix+m.Question, p.p.Input(*m.To.Number))
		}
		for key, n := range m.To.Inputs {
			ask.Set(trialPrefix+m.Question+"."+key, strconv.FormatInt(n, 10))
		}
	}
	return p.path("/whatif?" + ask.Encode())
}
