package demo

import (
	"reflect"
	"testing"

	"zona/internal/instrument"
)

func TestInventedAnswersAreAnswersAndTheSameAtEveryRun(t *testing.T) {
	t.Parallel()
	for _, in := range instrument.All() {
		for court := range 20 {
			given := answers(in, court, 2026, 1)
			if len(given) != len(in.Questions) {
				t.Fatalf("%s, court %d: %d answers to %d questions", in.ID, court, len(given), len(in.Questions))
			}
			for _, a := range given {
				q, ok := in.Question(a.Question)
				if !ok || !q.Question.Complete(a.Answer) || len(q.Question.Check(a.Answer)) > 0 {
					t.Errorf("%s, court %d, %s: %+v is no answer", in.ID, court, a.Question, a.Answer)
				}
			}
			if again := answers(in, court, 2026, 1); !reflect.DeepEqual(given, again) {
				t.Errorf("%s, court %d: the second run answers otherwise", in.ID, court)
			}
		}
	}
}

func TestAShareOfTheQuestionsStaysOpen(t *testing.T) {
	t.Parallel()
	in := instrument.All()[0]
	if n := len(answers(in, 0, 2026, 0.4)); n == 0 || n >= len(in.Questions)*7/10 {
		t.Errorf("%d of %d questions are answered, want about four in ten", n, len(in.Questions))
	}
}
