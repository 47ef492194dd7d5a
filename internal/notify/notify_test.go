package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"zona/internal/fault"
	"zona/internal/job"
	"zona/internal/org"
)

// office is people, codes and a post in memory.
type office struct {
	people  map[string]org.Person
	drawn   int
	letters []Letter
	down    error
}

func (o *office) Person(_ context.Context, id string) (org.Person, error) {
	p, ok := o.people[id]
	if !ok {
		return org.Person{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return p, nil
}

func (o *office) Institution(context.Context, string) (org.Institution, error) {
	return org.Institution{ID: "i", Zone: "Asia/Makassar"}, nil
}

func (o *office) draw(context.Context, string) (string, time.Time, error) {
	o.drawn++
	return fmt.Sprintf("KODE-%d", o.drawn), time.Date(2026, 5, 31, 16, 0, 0, 0, time.UTC), nil
}

func (o *office) InvitationCode(ctx context.Context, p string) (string, time.Time, error) {
	return o.draw(ctx, p)
}

func (o *office) ResetCode(ctx context.Context, p string) (string, time.Time, error) {
	return o.draw(ctx, p)
}

func (o *office) Send(_ context.Context, l Letter) error {
	if o.down != nil {
		return o.down
	}
	o.letters = append(o.letters, l)
	return nil
}

func TestEveryTryDrawsACodeOfItsOwnAndTheLetterHoldsTheLast(t *testing.T) {
	t.Parallel()
	o := &office{people: map[string]org.Person{"ani": {ID: "ani", Institution: "i", Name: "Ani", Login: "ani@contoh.example", Lang: "id"}}}
	s := New(o, o, o, "https://zi.contoh.example")
	o.down = errors.New("down")
	if err := s.Reset(t.Context(), job.ResetMail{Person: "ani"}); !errors.Is(err, o.down) {
		t.Fatal(err)
	}
	o.down = nil
	if err := s.Reset(t.Context(), job.ResetMail{Person: "ani"}); err != nil {
		t.Fatal(err)
	}
	if len(o.letters) != 1 || o.drawn != 2 {
		t.Fatalf("%d letters, %d codes", len(o.letters), o.drawn)
	}
	l := o.letters[0]
	for _, want := range []string{"https://zi.contoh.example/reset/KODE-2\n", "WITA", "Yth. Ani,"} {
		if !strings.Contains(l.Body, want) {
			t.Errorf("the letter lacks %q:\n%s", want, l.Body)
		}
	}
	if l.To != "ani@contoh.example" || strings.Contains(l.Subject, "KODE") {
		t.Errorf("to %q, subject %q", l.To, l.Subject)
	}
}

func TestNobodyAndTheClosedAndThoseWithoutAnAddressGetNothing(t *testing.T) {
	t.Parallel()
	o := &office{people: map[string]org.Person{
		"closed": {ID: "closed", Login: "c@contoh.example", Closed: true}, "paper": {ID: "paper", Login: "paper"},
	}}
	s := New(o, o, o, "")
	for _, who := range []string{"", "gone", "closed", "paper"} {
		if err := errors.Join(s.Reset(t.Context(), job.ResetMail{Person: who}), s.Invite(t.Context(), job.InvitationMail{Person: who}),
			s.Changed(t.Context(), job.CredentialNotice{Person: who, Change: job.PasswordChanged})); err != nil {
			t.Errorf("%q: %v", who, err)
		}
	}
	if len(o.letters) > 0 || o.drawn > 0 {
		t.Errorf("%d letters, %d codes", len(o.letters), o.drawn)
	}
}

// WB-02 for mails: a name can add no line to a letter and none to its head.
func TestANameCannotAddALineToALetter(t *testing.T) {
	t.Parallel()
	name := "Ani\r\nBcc: lain@contoh.example\r\n\r\nKode: PALSU\u2028<script>"
	o := &office{people: map[string]org.Person{"ani": {ID: "ani", Name: name, Login: "ani@contoh.example", Lang: "en"}}}
	s := New(o, o, o, "https://zi.contoh.example")
	if err := s.Changed(t.Context(), job.CredentialNotice{Person: "ani", Change: job.EmailChanged, Former: "lama@contoh.example"}); err != nil {
		t.Fatal(err)
	}
	if len(o.letters) != 2 || o.letters[1].To != "lama@contoh.example" {
		t.Fatalf("letters %+v", o.letters)
	}
	if l := o.letters[0]; !strings.HasPrefix(l.Body, "Dear Ani Bcc: lain@contoh.example Kode: PALSU <script>,\n") || strings.Contains(l.Subject, "Ani") {
		t.Errorf("subject %q, body %q", l.Subject, l.Body)
	}
}
