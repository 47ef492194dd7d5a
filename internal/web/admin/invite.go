package admin

import (
	"net/http"

	"zona/internal/auth"
	"zona/internal/fault"
	"zona/internal/org"
	"zona/internal/web/internal/route"
)

// postMailInvitation sends a new code by mail in place of the ones before it.
func (s desk) postMailInvitation(w http.ResponseWriter, r *http.Request) error {
	i, err := s.managed(r, org.ManagePeople)
	if err != nil {
		return err
	}
	p, err := s.personIn(r, i, r.PathValue("person"))
	if err != nil {
		return err
	}
	return s.sendInvitation(w, r, i, p.ID)
}

func (s desk) sendInvitation(w http.ResponseWriter, r *http.Request, i org.Institution, person string) error {
	if err := s.Invitations.InviteByMail(r.Context(), route.From(r).Actor, person); err != nil {
		return err
	}
	return route.Done(w, r, address(i.ID, "people"), "admin.done.invitation")
}

// personIn returns a person of the institution; others are not there.
func (s desk) personIn(r *http.Request, i org.Institution, person string) (org.Person, error) {
	p, err := s.Organisation.Person(r.Context(), route.From(r).Actor, person)
	if err != nil {
		return org.Person{}, err
	}
	if p.Institution != i.ID {
		return org.Person{}, fault.New(fault.NotFound, "ui.fault.missing")
	}
	return p, nil
}

// invite sends the first code by mail where that is possible, and shows it for the paper where it is not.
func (s desk) invite(w http.ResponseWriter, r *http.Request, i org.Institution, person string) error {
	p, err := s.personIn(r, i, person)
	if err != nil {
		return err
	}
	if s.mails(p) {
		return s.sendInvitation(w, r, i, p.ID)
	}
	return s.showSlip(w, r, i, person)
}

// mails reports whether a code can be sent to the person.
func (s desk) mails(p org.Person) bool { return s.Mail && auth.MailAddress(p) != "" }
