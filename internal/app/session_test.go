package app

import (
	"testing"

	"zona/internal/assessment"
	"zona/internal/org"
)

// The whole program over its database: the id with which a person was signed in is refused at the request after a change
// of roles, and signing in gives another.
func TestAN04TheIDBeforeARoleChangeIsRefusedAtTheNextRequest(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	row := w.row("GET /units")
	answer := func(who string) outcome {
		got, _ := w.ask(row, who, own, assessment.Open)
		return got
	}
	const changed, other = "coordinator", "member"
	before := w.sessions[changed]
	root, err := w.services.org.Actor(t.Context(), w.sessions["administrator, instance"].Session.Person)
	w.must(err)
	give := func(by org.Actor) error {
		_, err := w.services.org.Assign(t.Context(), by, org.NewAssignment{
			Person: before.Session.Person, Role: org.Observer, Scope: org.Scope{Kind: org.WholeInstitution, Institution: w.institutions[own]},
		})
		return err
	}
	// The control: the id is good for any number of requests, and a change that is refused ends nothing.
	if err := give(org.Actor{Person: before.Session.Person, Institution: w.institutions[own]}); err == nil {
		t.Fatal("somebody without a role gave one")
	}
	for range 2 {
		if got := answer(changed); got != entered {
			t.Fatalf("before the change: %s", got)
		}
	}
	w.must(give(root))
	if got := answer(changed); got != signIn {
		t.Errorf("the id before the change is %s", got)
	}
	if got := answer(other); got != entered {
		t.Errorf("somebody else is %s", got)
	}
	w.openSession(changed)
	if after := w.sessions[changed]; after.Value == before.Value || after.Session.Token == before.Session.Token || answer(changed) != entered {
		t.Error("signing in gave no new id that is good")
	}

	// Whoever changes the own roles goes on under another id.
	mine := w.sessions["administrator, instance"]
	_, err = w.services.org.Assign(t.Context(), root, org.NewAssignment{
		Person: root.Person, Role: org.Observer, Scope: org.Scope{Kind: org.WholeInstitution, Institution: w.institutions[own]},
	})
	w.must(err)
	renewed, err := w.services.auth.Renew(t.Context(), mine.Session)
	w.must(err)
	if got := answer("administrator, instance"); got != signIn {
		t.Errorf("the administrator's id before the change is %s", got)
	}
	w.sessions["administrator, instance"] = renewed
	if got := answer("administrator, instance"); got != entered || renewed.Value == mine.Value {
		t.Errorf("the administrator's new id is %s", got)
	}
}
