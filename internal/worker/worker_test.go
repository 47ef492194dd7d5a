package worker

import (
	"context"
	"testing"
	"time"

	"zona/internal/job"
)

func TestPausesGrowToAnHour(t *testing.T) {
	t.Parallel()
	var whole time.Duration
	for failures := 1; failures < job.MaxAttempts; failures++ {
		pause := Pause(failures)
		if pause < Pause(failures-1) || pause <= 0 || pause > time.Hour {
			t.Errorf("after %d failures a job waits %s", failures, pause)
		}
		whole += pause
	}
	if Pause(1) != 5*time.Second || Pause(1_000_000_000) != time.Hour {
		t.Errorf("the first pause is %s, the longest %s", Pause(1), Pause(1_000_000_000))
	}
	if whole < 20*time.Hour || whole > 30*time.Hour {
		t.Errorf("a job is given up after %s, want about a day", whole)
	}
}

func TestAKindIsHandledOnce(t *testing.T) {
	t.Parallel()
	w := New(nil, Options{})
	do := func(context.Context, job.ResetMail) error { return nil }
	if err := Handle(w, do); err != nil {
		t.Fatal(err)
	}
	if err := Handle(w, do); err == nil {
		t.Error("a second handler of one kind was taken")
	}
}
