package instrument

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestEveryInstrumentCanBeShownAsTextAndJSON(t *testing.T) {
	t.Parallel()
	for _, in := range All() {
		var text, doc bytes.Buffer
		if err := WriteText(&text, in); err != nil {
			t.Fatal(err)
		}
		if err := WriteJSON(&doc, in); err != nil {
			t.Fatal(err)
		}
		var back document
		if err := json.Unmarshal(doc.Bytes(), &back); err != nil {
			t.Fatal(err)
		}
		if len(back.Nodes) != len(in.Nodes) {
			t.Errorf("%s: %d nodes shown of %d", in.ID, len(back.Nodes), len(in.Nodes))
		}
		for _, q := range in.Questions {
			if !strings.Contains(text.String(), q.Question.Text) {
				t.Errorf("%s: the text of %s is not shown", in.ID, q.ID)
			}
		}
	}
}
