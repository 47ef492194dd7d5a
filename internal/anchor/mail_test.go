package anchor

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"zona/internal/audit"
)

func TestASavedLetterIsReadAsTheCheckpointThatItBrought(t *testing.T) {
	t.Parallel()
	v, signed := checkpoints(t, 3)
	var saved, subjects strings.Builder
	m := NewMail(func(_ context.Context, subject, body string) error {
		subjects.WriteString(subject + "\n")
		saved.WriteString(strings.ReplaceAll(body, "\n", "\r\n")) // as mail programs keep it
		return nil
	})
	for _, b := range signed {
		if err := m.Put(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	var sizes []int64
	_, err := audit.ReadNotes(strings.NewReader(saved.String()), func(b []byte) error {
		c, err := v.Open(b)
		sizes = append(sizes, c.Size)
		if !bytes.Equal(b, signed[len(sizes)-1]) {
			t.Errorf("read %q, sent %q", b, signed[len(sizes)-1])
		}
		return err
	})
	if err != nil || len(sizes) != 3 || sizes[2] != 3 {
		t.Errorf("sizes %v, %v", sizes, err)
	}
	if got := subjects.String(); strings.Count(got, "zona.test") != 3 {
		t.Errorf("subjects %q", got)
	}
}

func TestALetterThatIsNotTakenIsAnError(t *testing.T) {
	t.Parallel()
	_, signed := checkpoints(t, 1)
	refused := errors.New("refused")
	m := NewMail(func(context.Context, string, string) error { return refused })
	if err := m.Put(t.Context(), signed[0]); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
	if err := m.Put(t.Context(), []byte("no checkpoint")); err == nil || errors.Is(err, refused) {
		t.Errorf("what is no checkpoint was sent, or %v", err)
	}
}
