package app

import (
	"bytes"
	"encoding/json"
	"io"

	"zona/internal/instrument"
	"zona/internal/locale"
	"zona/internal/scoring"
)

// writeScoreJSON writes one document on one line. Keys stand in a fixed order: file, instrument, total, the levels
// of the instrument with the groups behind their first member's level, the predicates, unanswered, problems.
func writeScoreJSON(w io.Writer, s scoredFile, text *locale.Printer) error {
	var d object
	d.put("file", s.name)
	if s.result != nil {
		d.put("instrument", s.instrument.ID)
		d.put("total", s.result.Total().Float64())
		putLevels(&d, s.result)
		for _, v := range s.result.Verdicts {
			failing := v.Failing()
			if failing == nil {
				failing = []string{}
			}
			d.put(v.Predicate.ID, struct {
				Pass    bool     `json:"pass"`
				Failing []string `json:"failing"`
			}{v.Pass, failing})
		}
		unanswered := s.result.Unanswered
		if unanswered == nil {
			unanswered = []string{}
		}
		d.put("unanswered", unanswered)
	}
	d.put("problems", problemsJSON(s, text))
	return d.writeLine(w)
}

// putLevels writes a map of scores per level. Leaves that share their parent's weight are given as a fraction 0..1,
// everything else in points.
func putLevels(d *object, r *scoring.Result) {
	in := r.Instrument
	var order []instrument.Level
	byLevel := map[instrument.Level]*object{}
	for i, n := range in.Nodes {
		o, ok := byLevel[n.Level]
		if !ok {
			o = &object{}
			byLevel[n.Level] = o
			order = append(order, n.Level)
		}
		score := r.Nodes[i]
		if n.Level == instrument.Leaf {
			o.put(n.ID, score.Fraction.Float64())
		} else {
			o.put(n.ID, score.Score.Float64())
		}
	}
	groups := groupObjects(r)
	for _, level := range order {
		d.put(string(level), byLevel[level])
		for _, g := range groups {
			if g.after == level {
				d.put(g.kind, &g.scores)
			}
		}
	}
}

// groupObject is the groups of one kind, written behind the level that their members have.
type groupObject struct {
	kind   string
	after  instrument.Level
	scores object
}

func groupObjects(r *scoring.Result) []*groupObject {
	var out []*groupObject
	byKind := map[string]*groupObject{}
	for i, g := range r.Instrument.Groups {
		o, ok := byKind[g.Kind]
		if !ok {
			o = &groupObject{kind: g.Kind, after: r.Instrument.Nodes[g.Members[0]].Level}
			byKind[g.Kind] = o
			out = append(out, o)
		}
		o.scores.put(g.ID, struct {
			Score    float64 `json:"score"`
			Fraction float64 `json:"fraction"`
		}{r.Groups[i].Score.Float64(), r.Groups[i].Fraction.Float64()})
	}
	return out
}

// problemJSON is a problem with its rule and mend as sentences.
type problemJSON struct {
	Sheet    string `json:"sheet"`
	Cell     string `json:"cell"`
	Question string `json:"question"`
	Read     string `json:"read"`
	Rule     string `json:"rule"`
	Mend     string `json:"mend"`
}

func problemsJSON(s scoredFile, text *locale.Printer) []problemJSON {
	out := make([]problemJSON, 0, len(s.problems))
	for _, p := range s.problems {
		out = append(out, problemJSON{p.Sheet, p.Cell, p.Question, p.Read, text.TStrings(p.Rule, p.Args), text.TStrings(p.Mend, p.Args)})
	}
	return out
}

// object is a JSON object that keeps the order in which its members were put.
type object struct {
	buf bytes.Buffer
	err error
}

func (o *object) put(key string, value any) {
	if o.buf.Len() > 0 {
		o.buf.WriteByte(',')
	}
	for i, v := range []any{key, value} {
		if i == 1 {
			o.buf.WriteByte(':')
		}
		raw, err := marshal(v)
		if err != nil {
			o.err = err
			return
		}
		o.buf.Write(raw)
	}
}

// MarshalJSON lets objects nest.
func (o *object) MarshalJSON() ([]byte, error) {
	return append(append([]byte{'{'}, o.buf.Bytes()...), '}'), o.err
}

func (o *object) writeLine(w io.Writer) error {
	raw, err := o.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = w.Write(append(raw, '\n'))
	return err
}

// marshal leaves <, > and & as they are: the document is read by programs, not put into a page.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}
