package org

import (
	"context"
	"strings"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
)

// Interest is a person's own word, or the word of who manages people, that the person is not impartial in a unit:
// kinship, an earlier post, business. It stops the person from judging the unit, those above it and those below it.
type Interest struct {
	ID          string
	Person      string
	Unit        string
	UnitName    string // today
	Path        string // of Unit today
	Text        string
	Declared    time.Time
	DeclaredBy  string
	Withdrawn   time.Time // zero: it stands
	WithdrawnBy string
}

// NewInterest is what DeclareInterest needs.
type NewInterest struct {
	Key    idempotency.Key
	Person string
	Unit   string
	Text   string
}

// DeclareInterest notes an interest and returns its id. Everybody may of himself or herself, in any unit that he or she
// may know; for somebody else, who manages people in that person's institution.
func (s *Service) DeclareInterest(ctx context.Context, by Actor, cmd NewInterest) (string, error) {
	return s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		need := DeclareInterest
		if cmd.Person != by.Person {
			if _, err := managedPerson(ctx, st, by, cmd.Person); err != nil {
				return "", err
			}
			need = ViewUnits
		}
		u, err := unitFor(ctx, st, by, need, cmd.Unit)
		if err != nil {
			return "", err
		}
		n := Interest{
			ID: s.newID(), Person: cmd.Person, Unit: u.ID, Text: strings.TrimSpace(cmd.Text), Declared: st.Now(), DeclaredBy: by.Person,
		}
		f := fault.Form()
		f.Lines("text", n.Text, 1, maxReason)
		if err := f.Err(); err != nil {
			return "", err
		}
		if err := st.InsertInterest(ctx, n); err != nil {
			return "", err
		}
		e := n.event(audit.InterestDeclared, by, st, u.Institution)
		e.Personal = []audit.Personal{{Field: "text", Value: n.Text}}
		return n.ID, st.Append(ctx, e)
	})
}

func (n Interest) event(kind string, by Actor, st Store, institution string) audit.Event {
	return audit.Event{
		Kind: kind, At: st.Now(), Actor: by.Person, Institution: institution, Unit: n.Unit,
		Object: audit.Object{Kind: "interest", ID: n.ID}, Changes: []audit.Change{{Field: "person", To: n.Person}},
	}
}

// WithdrawInterest ends an interest. Nobody withdraws the own: whoever wants to judge a unit does not clear the way
// for himself or herself.
func (s *Service) WithdrawInterest(ctx context.Context, by Actor, key idempotency.Key, interest string) error {
	_, err := s.run(ctx, key, func(ctx context.Context, st Store) (string, error) {
		n, err := st.Interest(ctx, interest)
		if err != nil {
			return "", err
		}
		if n.Person == by.Person {
			return "", fault.New(fault.Forbidden, "fault.interest.own")
		}
		p, err := managedPerson(ctx, st, by, n.Person)
		if err != nil || !n.Withdrawn.IsZero() {
			return n.ID, err
		}
		if err := st.WithdrawInterest(ctx, n.ID, by.Person, st.Now()); err != nil {
			return "", err
		}
		return n.ID, st.Append(ctx, n.event(audit.InterestWithdrawn, by, st, p.Institution))
	})
	return err
}

// Interests lists a person's interests, those that stand first: the own, or of a person whom the actor may list.
func (s *Service) Interests(ctx context.Context, by Actor, person string) ([]Interest, error) {
	if person != by.Person || person == "" {
		if _, err := s.Person(ctx, by, person); err != nil {
			return nil, err
		}
	}
	return s.q.Interests(ctx, person)
}
