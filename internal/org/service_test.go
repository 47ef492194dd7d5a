package org

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
)

// setup makes two institutions, a tree in the first, and an actor of each kind that the tests ask as.
func setup() (*Service, *memory) {
	m := &memory{
		institutions: map[string]Institution{"i": {ID: "i"}, "j": {ID: "j"}},
		units: map[string]Unit{
			"top":     {ID: "top", Institution: "i", Path: "/top/"},
			"foreign": {ID: "foreign", Institution: "j", Path: "/foreign/"},
		},
		people: map[string]Person{
			"siti":    {ID: "siti", Institution: "i", Login: "siti"},
			"closed":  {ID: "closed", Institution: "i", Login: "closed", Closed: true},
			"joko":    {ID: "joko", Institution: "j", Login: "joko"},
			"root":    {ID: "root", Institution: "i", Login: "rootish"},
			"retired": {ID: "retired", Institution: "i", Login: "retired"},
		},
		assignments: []Assignment{
			{Person: "root", Role: Administrator, Scope: Scope{Kind: WholeInstance}},
			{Person: "retired", Role: Administrator, Scope: Scope{Kind: WholeInstance}, Until: now},
		},
	}
	ids := 0
	return New(m, asked{m: m}, func() time.Time { return now }, func() string { ids++; return "new" + strconv.Itoa(ids) }), m
}

func actor(r Role, s Scope) Actor {
	return Actor{Person: "by", Institution: "i", Assignments: []Assignment{{Person: "by", Role: r, Scope: s, From: from}}}
}

var (
	root    = actor(Administrator, Scope{Kind: WholeInstance})
	admin   = actor(Administrator, Scope{Kind: WholeInstitution, Institution: "i"})
	member  = actor(Member, Scope{Kind: OneUnit, Institution: "i", Unit: "top", Path: "/top/"})
	visitor = Actor{Person: "by", Institution: "k"}
)

// outcome is what a use case said: "" for success, else the kind of fault and the wrong fields.
func outcome(err error) string {
	if err == nil {
		return ""
	}
	f, ok := fault.Of(err)
	if !ok {
		return "error"
	}
	words := []string{map[fault.Kind]string{fault.Invalid: "invalid", fault.Forbidden: "forbidden", fault.NotFound: "not found", fault.Conflict: "conflict"}[f.Kind]}
	for _, field := range f.Fields {
		words = append(words, field.Name)
	}
	return strings.Join(words, " ")
}

func TestChangesAreMadeByThoseWhoMayAndNotedInTheLog(t *testing.T) {
	t.Parallel()
	institution := NewInstitution{Name: " Mahkamah ", Kind: Central, Zone: "Asia/Jakarta"}
	unit := NewUnit{Institution: "i", Parent: "top", UnitData: UnitData{Name: "PN Satu"}}
	person := NewPerson{Institution: "i", Unit: "top", PersonData: PersonData{Name: "Budi", NIP: "19900101 201501 1 001", Login: " Budi@PN.example ", Lang: "id"}}
	member1 := NewAssignment{Person: "siti", Role: Member, Scope: Scope{Kind: OneUnit, Institution: "i", Unit: "top"}}
	for _, c := range []struct {
		name string
		do   func(s *Service) error
		want string
		kind string // of the event that a success appends
	}{
		{"an administrator of the instance adds an institution", create(root, institution), "", audit.InstitutionCreated},
		{"an administrator of an institution does not", create(admin, institution), "forbidden", ""},
		{"an institution needs name, kind and zone", create(root, NewInstitution{Zone: "Local"}), "invalid name kind zone", ""},
		{"a pemda is an institution too", create(root, NewInstitution{Name: "Kota", Kind: Regional, Zone: "Asia/Jayapura"}), "", audit.InstitutionCreated},

		{"an administrator adds a unit", add(admin, unit), "", audit.UnitCreated},
		{"a top unit has no parent", add(admin, NewUnit{Institution: "i", UnitData: UnitData{Name: "PT"}}), "", audit.UnitCreated},
		{"a member adds none", add(member, unit), "forbidden", ""},
		{"a visitor learns nothing", add(visitor, unit), "not found", ""},
		{"a unit needs a name", add(admin, NewUnit{Institution: "i", Parent: "top"}), "invalid name", ""},
		{"a parent of another institution is not there", add(root, NewUnit{Institution: "i", Parent: "foreign", UnitData: UnitData{Name: "x"}}), "not found", ""},
		{"a parent that does not exist", add(admin, NewUnit{Institution: "i", Parent: "none", UnitData: UnitData{Name: "x"}}), "not found", ""},

		{"an administrator adds a person", register(admin, person), "", audit.PersonCreated},
		{"a member adds nobody", register(member, person), "forbidden", ""},
		{"an administrator of the instance adds one without institution", register(root, NewPerson{PersonData: PersonData{Name: "Root", Login: "root"}}), "", audit.PersonCreated},
		{"an administrator of an institution does not add such a one", register(admin, NewPerson{PersonData: PersonData{Name: "Root", Login: "root"}}), "forbidden", ""},
		{"an institution that does not exist", register(root, NewPerson{Institution: "none", PersonData: PersonData{Name: "x", Login: "xyz"}}), "not found", ""},
		{"a home unit of another institution is not there", register(root, NewPerson{Institution: "i", Unit: "foreign", PersonData: PersonData{Name: "x", Login: "xyz"}}), "not found", ""},
		{
			"each wrong field is named",
			register(admin, NewPerson{Institution: "i", PersonData: PersonData{NIP: "123", Position: strings.Repeat("x", 201), Login: "a b", Lang: "fr"}}),
			"invalid name position nip login lang", "",
		},
		{"an NIP is digits", register(admin, NewPerson{Institution: "i", PersonData: PersonData{Name: "x", Login: "xyz", NIP: "19900101201501100x"}}), "invalid nip", ""},
		{"a login is unique whatever its case", register(admin, NewPerson{Institution: "i", PersonData: PersonData{Name: "x", Login: "SITI"}}), "invalid login", ""},

		{"an administrator closes an account", shut(admin, "siti"), "", audit.PersonClosed},
		{"closing again changes nothing", shut(admin, "closed"), "", ""},
		{"not the own one", shut(Actor{Person: "siti", Institution: "i", Assignments: admin.Assignments}, "siti"), "forbidden", ""},
		{"not one of another institution", shut(admin, "joko"), "not found", ""},
		{"not one that does not exist", shut(admin, "none"), "not found", ""},
		{"not one who also runs the instance", shut(admin, "root"), "forbidden", ""},
		{"but one who did in the past", shut(admin, "retired"), "", audit.PersonClosed},

		{"an administrator gives a role that he does not have", assign(admin, member1), "", audit.AssignmentCreated},
		{"a member gives nothing", assign(member, member1), "forbidden", ""},
		{
			"a role over the institution",
			assign(admin, NewAssignment{Person: "siti", Role: Administrator, Scope: Scope{Kind: WholeInstitution, Institution: "i"}}),
			"", audit.AssignmentCreated,
		},
		{
			"not a role over the instance",
			assign(admin, NewAssignment{Person: "siti", Role: Administrator, Scope: Scope{Kind: WholeInstance}}),
			"forbidden", "",
		},
		{
			"not a role elsewhere",
			assign(admin, NewAssignment{Person: "siti", Role: TPIMember, Scope: Scope{Kind: WholeInstitution, Institution: "j"}}),
			"not found", "",
		},
		{
			"nor for somebody elsewhere",
			assign(admin, NewAssignment{Person: "joko", Role: TPIMember, Scope: Scope{Kind: WholeInstitution, Institution: "i"}}),
			"not found", "",
		},
		{
			"a unit under the name of another institution is not there",
			assign(root, NewAssignment{Person: "siti", Role: Member, Scope: Scope{Kind: OneUnit, Institution: "i", Unit: "foreign"}}),
			"not found", "",
		},
		{
			"the instance is given by who holds it",
			assign(root, NewAssignment{Person: "joko", Role: Administrator, Scope: Scope{Kind: WholeInstance}}),
			"", audit.AssignmentCreated,
		},
		{
			"a role that has no such scope",
			assign(admin, NewAssignment{Person: "siti", Role: Member, Scope: Scope{Kind: WholeInstitution, Institution: "i"}}),
			"invalid role", "",
		},
		{
			"an end before the beginning",
			assign(admin, NewAssignment{Person: "siti", Role: Member, Scope: member1.Scope, From: until, Until: from}),
			"invalid until", "",
		},
		{"a scope of no kind", assign(admin, NewAssignment{Person: "siti", Role: Member}), "invalid scope", ""},
		{"a closed account gets no role", assign(admin, NewAssignment{Person: "closed", Role: Member, Scope: member1.Scope}), "invalid", ""},
		{"a person who does not exist", assign(admin, NewAssignment{Person: "none", Role: Member, Scope: member1.Scope}), "not found", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, m := setup()
			if got := outcome(c.do(s)); got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			kind := ""
			for _, e := range m.events {
				kind += e.Kind
				if !slices.Contains(audit.Kinds(), e.Kind) || !e.At.Equal(now) || e.Actor != "by" || e.Object.ID == "" {
					t.Errorf("event %+v", e)
				}
				if _, err := audit.Canonical(0, e, nil); err != nil {
					t.Error(err)
				}
			}
			if kind != c.kind {
				t.Errorf("events %q, want %q", kind, c.kind)
			}
			// Whatever fails in the store must fail the use case, so that the transaction is given up.
			s, m = setup()
			m.broken = errors.New("disk")
			if c.kind != "" && !errors.Is(c.do(s), m.broken) {
				t.Error("a failing store is overlooked")
			}
		})
	}
}

func create(by Actor, cmd NewInstitution) func(*Service) error {
	return func(s *Service) error { _, err := s.CreateInstitution(context.Background(), by, cmd); return err }
}

func add(by Actor, cmd NewUnit) func(*Service) error {
	return func(s *Service) error { _, err := s.AddUnit(context.Background(), by, cmd); return err }
}

func register(by Actor, cmd NewPerson) func(*Service) error {
	return func(s *Service) error { _, err := s.AddPerson(context.Background(), by, cmd); return err }
}

func shut(by Actor, person string) func(*Service) error {
	return func(s *Service) error { return s.ClosePerson(context.Background(), by, idempotency.Key{}, person) }
}

func assign(by Actor, cmd NewAssignment) func(*Service) error {
	return func(s *Service) error { _, err := s.Assign(context.Background(), by, cmd); return err }
}

func TestWhatIsStoredIsWhatWasMeant(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, m := setup()
	unit, err := s.AddUnit(ctx, admin, NewUnit{Institution: "i", Parent: "top", UnitData: UnitData{Name: " PN Satu "}})
	if want := (Unit{ID: unit, Institution: "i", Parent: "top", Path: "/top/" + unit + "/", Name: "PN Satu", Kind: PlainUnit}); err != nil || !reflect.DeepEqual(m.units[unit], want) {
		t.Errorf("%+v, %v", m.units[unit], err)
	}
	id, err := s.AddPerson(ctx, admin, NewPerson{Institution: "i", Unit: unit, PersonData: PersonData{Name: " Budi ", NIP: "19900101 201501 1 001", Login: " Budi@PN.example "}})
	want := Person{ID: id, Institution: "i", Unit: unit, Name: "Budi", NIP: "199001012015011001", Login: "budi@pn.example"}
	if err != nil || m.people[id] != want {
		t.Errorf("%+v, %v", m.people[id], err)
	}
	last := m.events[len(m.events)-1]
	if len(last.Changes) > 0 || len(last.Personal) != 3 {
		t.Errorf("a person's data must be personal, and only what there is: %+v", last)
	}
	as, err := s.Assign(ctx, admin, NewAssignment{Person: id, Role: Coordinator, Scope: Scope{Kind: Subtree, Institution: "i", Unit: unit, Path: "/"}, Until: until})
	if err != nil || m.assignments[2].ID != as || m.assignments[2].Scope.Path != "/top/"+unit+"/" || !m.assignments[2].From.Equal(now) {
		t.Errorf("%+v, %v", m.assignments, err)
	}
	a, err := s.Actor(ctx, id)
	if err != nil || !Can(a, EditAnswer, m.units[unit].At(), State{At: now}).Allow {
		t.Errorf("the role has no effect: %+v, %v", a, err)
	}
}

func TestAN04ARoleChangeEndsTheSessionsOfThatPersonAlone(t *testing.T) {
	t.Parallel()
	member1 := NewAssignment{Person: "siti", Role: Member, Scope: Scope{Kind: OneUnit, Institution: "i", Unit: "top"}}
	for _, c := range []struct {
		name string
		do   func(*Service) error
		want []string
	}{
		{"a role for somebody", assign(admin, member1), []string{"siti"}},
		{"a role for oneself", assign(Actor{Person: "siti", Institution: "i", Assignments: admin.Assignments}, member1), []string{"siti"}},
		{"a role that is refused", assign(member, member1), nil},
		{"a role that cannot be", assign(admin, NewAssignment{Person: "siti", Role: Member, Scope: member1.Scope, From: until, Until: from}), nil},
		{"no role at all", register(admin, NewPerson{Institution: "i", PersonData: PersonData{Name: "Budi", Login: "budi"}}), nil},
	} {
		s, m := setup()
		if err := c.do(s); (err == nil) != (c.want != nil || c.name == "no role at all") {
			t.Errorf("%s: %v", c.name, err)
		}
		if !slices.Equal(m.signedOut, c.want) {
			t.Errorf("%s ends the sessions of %q, want %q", c.name, m.signedOut, c.want)
		}
	}
}

func TestTreesDoNotGrowWithoutEnd(t *testing.T) {
	t.Parallel()
	s, _ := setup()
	parent := "top"
	for range maxDepth - 1 {
		id, err := s.AddUnit(context.Background(), admin, NewUnit{Institution: "i", Parent: parent, UnitData: UnitData{Name: "x"}})
		if err != nil {
			t.Fatal(err)
		}
		parent = id
	}
	if got := outcome(add(admin, NewUnit{Institution: "i", Parent: parent, UnitData: UnitData{Name: "x"}})(s)); got != "invalid parent" {
		t.Errorf("got %q", got)
	}
}

func TestNobodyGivesPowersThatHeDoesNotHold(t *testing.T) {
	t.Parallel()
	in := Scope{Kind: WholeInstitution, Institution: "i"}
	if err := mayGive(admin, Assignment{Role: Administrator, Scope: in}, now); err != nil {
		t.Errorf("what an administrator may give: %v", err)
	}
	if got := outcome(mayGive(admin, Assignment{Role: Administrator, Scope: Scope{Kind: WholeInstance}}, now)); got != "forbidden" {
		t.Errorf("running the instance: %q", got)
	}
}

func TestListsShowWhatTheActorMayKnow(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := setup()
	if list, err := s.Institutions(ctx, admin); err != nil || len(list) != 1 {
		t.Errorf("institutions of an administrator: %v, %v", list, err)
	}
	if list, err := s.Institutions(ctx, root); err != nil || len(list) != 2 {
		t.Errorf("institutions of the instance: %v, %v", list, err)
	}
	if list, err := s.People(ctx, admin, PersonQuery{Institution: "i"}); err != nil || len(list) != 4 {
		t.Errorf("people: %v, %v", list, err)
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"people for a member":        {second(s.People(ctx, member, PersonQuery{Institution: "i"})), "forbidden"},
		"people elsewhere":           {second(s.People(ctx, admin, PersonQuery{Institution: "j"})), "not found"},
		"the own institution":        {second(s.Institution(ctx, member, "i")), ""},
		"another institution":        {second(s.Institution(ctx, member, "j")), "not found"},
		"an institution not there":   {second(s.Institution(ctx, member, "none")), "not found"},
		"the own unit":               {second(s.Unit(ctx, member, "top")), ""},
		"a unit elsewhere":           {second(s.Unit(ctx, member, "foreign")), "not found"},
		"a unit that does not exist": {second(s.Unit(ctx, member, "none")), "not found"},
		"a person as an actor":       {second(s.Actor(ctx, "siti")), ""},
		"an actor who is not there":  {second(s.Actor(ctx, "none")), "not found"},
		"a person of the own":        {second(s.Person(ctx, admin, "siti")), ""},
		"a person elsewhere":         {second(s.Person(ctx, admin, "joko")), "not found"},
		"a person for a member":      {second(s.Person(ctx, member, "siti")), "forbidden"},
		"a person not there":         {second(s.Person(ctx, admin, "none")), "not found"},
	} {
		if got := outcome(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAnAccountIsNotClosedUnderRolesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s, m := setup()
	m.deaf = errors.New("disk")
	if err := shut(admin, "siti")(s); !errors.Is(err, m.deaf) || m.people["siti"].Closed {
		t.Errorf("%v, %+v", err, m.people["siti"])
	}
}

func second[T any](_ T, err error) error { return err }

func TestNewIDsAreOpaqueAndDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := NewID()
		if len(id) < 26 || strings.ToLower(id) != id || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}
