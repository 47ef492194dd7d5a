package workspace

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"zona/internal/instrument"
	"zona/internal/scoring"
	"zona/internal/web/internal/ui"
)

// trialPrefix begins the name of a field that tries an answer: "a.A.I.1.i.a", of a ratio "a.A.II.1.i.a.agen". It
// stands in the address, so that a trial can be kept and sent on, and nothing is stored.
const trialPrefix = "a."

// trial is a sheet with some answers changed for a look.
type trial struct {
	*view
	asked   url.Values
	changes map[string]instrument.Answer
	wrong   []trialWrong
	after   *view // the same sheet with the changes in it
}

// trialWrong is something typed that is not an answer; its question stays as it is.
type trialWrong struct {
	n *instrument.Node
	v instrument.Violation
}

// getWhatIf shows what the sheet would score with other answers.
func (d *desk) getWhatIf(w http.ResponseWriter, r *http.Request) error {
	v, err := d.sheet(r)
	if err != nil {
		return err
	}
	p := &whatIfPage{trial: v.try(r.URL.Query()), frame: v.frame(r, v.T("sheet.whatif"))}
	p.frame.Wrong = len(p.wrong) > 0
	return ui.Write(w, r, http.StatusOK, ui.Page(p.frame, whatIfBody(p)))
}

// try reads the answers that an address tries and scores the sheet with them.
func (v *view) try(asked url.Values) *trial {
	t := &trial{view: v, asked: asked, changes: map[string]instrument.Answer{}}
	for _, n := range v.out.in.Questions {
		a, given := t.read(n)
		if given && !a.Equal(v.entries[n.Leaf].Answer) {
			t.changes[n.ID] = a
		}
	}
	after := *v
	after.tried = true
	after.result = scoring.WhatIf(v.out.in, v.answers(), t.changes)
	t.after = &after
	return t
}

// read returns the answer tried for a question, and whether there is one that can be read.
func (t *trial) read(n *instrument.Node) (a instrument.Answer, given bool) {
	if n.Question.Kind == instrument.Ratio {
		return t.readRatio(n)
	}
	if !t.asked.Has(trialPrefix + n.ID) {
		return a, false
	}
	a, wrong := n.Question.Read(t.asked.Get(trialPrefix + n.ID))
	if wrong != nil {
		t.wrong = append(t.wrong, trialWrong{n, *wrong})
		return a, false
	}
	return a, true
}

// readRatio takes inputs that are not tried from the sheet, so that an address may change only one of them.
func (t *trial) readRatio(n *instrument.Node) (a instrument.Answer, given bool) {
	inputs := maps.Clone(t.entries[n.Leaf].Answer.Inputs)
	if inputs == nil {
		inputs = map[string]int64{}
	}
	for _, in := range n.Question.Inputs {
		name := trialPrefix + n.ID + "." + in.Key
		if !t.asked.Has(name) {
			continue
		}
		given = true
		count, has, wrong := n.Question.ReadInput(in.Key, t.asked.Get(name))
		switch {
		case wrong != nil:
			t.wrong = append(t.wrong, trialWrong{n, *wrong})
			return a, false
		case has:
			inputs[in.Key] = count
		default:
			delete(inputs, in.Key)
		}
	}
	if len(inputs) > 0 {
		a.Inputs = inputs
	}
	return a, given
}

// shown is what stands in the field of a question or, with key, of a ratio's input.
func (t *trial) shown(n *instrument.Node, key string) string {
	name := trialPrefix + n.ID
	if key != "" {
		name += "." + key
	}
	if t.asked.Has(name) {
		return t.asked.Get(name)
	}
	a := t.entries[n.Leaf].Answer
	switch {
	case key != "":
		if count, ok := a.Inputs[key]; ok {
			return strconv.FormatInt(count, 10)
		}
		return ""
	case a.Number != nil:
		return t.p.Input(*a.Number)
	}
	return a.Choice
}

// changed reports whether a section holds a question that is tried.
func (t *trial) changed(s *section) bool {
	for _, r := range s.runs {
		for _, n := range r.leaves {
			if _, ok := t.changes[n.ID]; ok {
				return true
			}
		}
	}
	return false
}

// tried lists the changes in sheet order.
func (t *trial) tried() []*instrument.Node {
	var nodes []*instrument.Node
	for _, n := range t.out.in.Questions {
		if _, ok := t.changes[n.ID]; ok {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// gain is what a question's score changes by, with its sign.
func (t *trial) gain(n *instrument.Node) string {
	return signed(t.p, t.after.node(n).Score.Sub(t.node(n).Score))
}
