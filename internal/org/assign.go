package org

import (
	"context"
	"slices"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
)

// NewAssignment is what Assign needs.
type NewAssignment struct {
	Key    idempotency.Key
	Person string
	Role   Role
	Scope  Scope     // kind and id; the rest is looked up, whatever stands here
	From   time.Time // zero: from now
	Until  time.Time // exclusive; zero: open-ended
	Acting Acting    // needs Until
}

// entrusted are the capabilities that run things. Whoever manages people may give them only over what they hold
// them over: otherwise an administrator of one institution could make one of the whole instance, and use it.
// Reading and answering sheets is not among them: an administrator gives that away without having it.
var entrusted = []Capability{
	ManageInstitution, ManagePeople, ManageTeams, ManageKawasan, ViewPeople, ViewAccess, ViewLog, CreateInstitution, RunInstance,
}

// Assign gives a person a role over a scope for a time and returns the assignment's id. All sessions of the person end
// with it (see Appoint), the actor's own too when the actor is that person: whoever shows the pages opens a new one.
func (s *Service) Assign(ctx context.Context, by Actor, cmd NewAssignment) (string, error) {
	return s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		p, err := managedPerson(ctx, st, by, cmd.Person)
		if err != nil {
			return "", err
		}
		a := Assignment{ID: s.newID(), Person: p.ID, Role: cmd.Role, From: cmd.From, Until: cmd.Until, Acting: cmd.Acting}
		if a.From.IsZero() {
			a.From = st.Now()
		}
		if a.Scope, err = place(ctx, st, cmd.Scope, a.Role); err != nil {
			return "", err
		}
		if err := mayGive(by, a, st.Now()); err != nil {
			return "", err
		}
		if p.Closed {
			return "", fault.New(fault.Invalid, "fault.person.closed")
		}
		if err := impartial(ctx, st, p, a); err != nil {
			return "", err
		}
		return a.ID, Appoint(ctx, st, by.Person, a)
	})
}

// place resolves a scope to what it covers today. A kawasan or team that is closed takes no one any more.
func place(ctx context.Context, st Store, s Scope, r Role) (Scope, error) {
	switch s.Kind {
	case WholeInstance:
		return Scope{Kind: s.Kind}, nil
	case WholeInstitution:
		i, err := st.Institution(ctx, s.Institution)
		return Scope{Kind: s.Kind, Institution: i.ID}, err
	case Subtree, OneUnit:
		u, err := unitOf(ctx, st, s.Institution, s.Unit)
		return Scope{Kind: s.Kind, Institution: u.Institution, Unit: u.ID, Path: u.Path}, err
	case InKawasan:
		k, err := st.Kawasan(ctx, s.Kawasan)
		if err == nil && !k.Closed.IsZero() {
			err = fault.Form().With("scope", "fault.kawasan.closed")
		}
		if err != nil {
			return Scope{}, err
		}
		return st.Resolve(ctx, Scope{Kind: s.Kind, Institution: k.Institution, Kawasan: k.ID})
	case InTeam:
		t, err := st.Team(ctx, s.Team)
		switch {
		case err != nil:
			return Scope{}, err
		case !t.Closed.IsZero():
			return Scope{}, fault.Form().With("scope", "fault.team.closed")
		case !r.fits(t.Kind):
			return Scope{}, fault.Form().With("role", "fault.assignment.scope")
		}
		return st.Resolve(ctx, Scope{Kind: s.Kind, Institution: t.Institution, Team: t.ID})
	}
	return Scope{}, fault.Form().With("scope", "fault.field.choose")
}

// objects are the places over which one must manage people to give a role over the scope. A kawasan counts as all the
// institutions in it: a role over it shows units of each.
func (s Scope) objects() []Object {
	if s.Kind == InKawasan && len(s.Over) > 0 {
		var list []Object
		for _, institution := range s.Over {
			list = append(list, Object{Institution: institution})
		}
		return list
	}
	return []Object{{Institution: s.Institution, Unit: s.Unit, Path: s.Path}}
}

// mayGive wants that the actor manages people wherever the assignment lies and holds every entrusted capability of the
// role there. TPN is appointed at the instance: an institution does not choose who judges it.
func mayGive(by Actor, a Assignment, at time.Time) error {
	list := a.Scope.objects()
	if sideOf(a.Role) == national {
		list = append(list, Object{})
	}
	for _, o := range list {
		if err := foreign(Can(by, ManagePeople, o, State{At: at}), hideable(a.Scope, o)); err != nil {
			return err
		}
		for _, c := range Grants(a.Role, a.Scope.Kind) {
			if slices.Contains(entrusted, c) && !Can(by, c, o, State{At: at}).Allow {
				return fault.New(fault.Forbidden, "fault.assignment.not_held")
			}
		}
	}
	return nil
}

// hideable is the institution that an object's refusal is told by (see foreign): a team or kawasan of the instance is
// not there for others, while the instance itself is known to everybody.
func hideable(s Scope, o Object) string {
	if s.Kind == InKawasan || s.Kind == InTeam {
		return o.Institution
	}
	return "known"
}

// MayActFor returns nil when the actor manages people, and holds what is entrusted, wherever the other has a role now
// or later: only then may he or she take the other's account into his or her hands (close it, set its password).
// Otherwise the administrator of one institution could become that of the whole instance.
func MayActFor(by, whom Actor, at time.Time) error {
	for _, a := range whom.Assignments {
		if !a.Until.IsZero() && !at.Before(a.Until) {
			continue
		}
		if mayGive(by, a, at) != nil {
			return fault.New(fault.Forbidden, "fault.person.above")
		}
	}
	return nil
}

// Appoint checks an assignment, adds it, ends the person's sessions and appends its event, within a transaction that
// the caller has begun and allowed. The sessions end because one that somebody else knows of, or left open on a shared
// computer, must not gain what the person gains.
func Appoint(ctx context.Context, st Registrar, by string, a Assignment) error {
	f := fault.Form()
	if len(Grants(a.Role, a.Scope.Kind)) == 0 || !a.Scope.whole() {
		f.With("role", "fault.assignment.scope")
	}
	a.checkPeriod(f)
	if err := f.Err(); err != nil {
		return err
	}
	if err := st.InsertAssignment(ctx, a); err != nil {
		return err
	}
	if err := st.DeleteSessionsOf(ctx, a.Person); err != nil {
		return err
	}
	kind := audit.AssignmentCreated
	if a.Source != "" {
		kind = audit.AssignmentDelegated
	}
	var d diff
	d.add("person", "", a.Person)
	d.add("role", "", string(a.Role))
	d.add("scope", "", string(a.Scope.Kind))
	d.add("kawasan", "", a.Scope.Kawasan)
	d.add("team", "", a.Scope.Team)
	d.add("from", "", instant(a.From))
	d.add("until", "", instant(a.Until))
	d.add("acting", "", string(a.Acting))
	d.add("source", "", a.Source)
	return st.Append(ctx, a.event(kind, by, st.Now(), d...))
}

// checkPeriod wants an end after the beginning, and an end at all where the role is held for somebody else.
func (as *Assignment) checkPeriod(f *fault.Fault) {
	if as.Acting != "" && as.Acting != Plt && as.Acting != Plh {
		f.With("acting", "fault.field.choose")
	}
	switch {
	case as.Until.IsZero() && (as.Acting != "" || as.Source != ""):
		f.With("until", "fault.assignment.end_needed")
	case !as.Until.IsZero() && !as.From.Before(as.Until):
		f.With("until", "fault.assignment.period")
	}
}

func (as *Assignment) event(kind, by string, at time.Time, changes ...audit.Change) audit.Event {
	return audit.Event{
		Kind: kind, At: at, Actor: by, Institution: as.Scope.Institution, Unit: as.Scope.Unit,
		Object: audit.Object{Kind: "assignment", ID: as.ID}, Changes: changes,
	}
}

// instant is a time as an event holds it; nothing for an end that is open.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return audit.Instant(t).Format(time.RFC3339)
}
