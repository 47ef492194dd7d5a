package org

import (
	"context"
	"time"

	"zona/internal/fault"
)

// Queries are reads outside a transaction, each one statement unless it says otherwise.
type Queries interface {
	// Actor returns the person with all assignments, scopes resolved to the tree of today.
	Actor(ctx context.Context, person string) (Actor, error)
	Institution(ctx context.Context, id string) (Institution, error)
	// Institutions lists those within reach by name.
	Institutions(ctx context.Context, r Reach) ([]Institution, error)
	Eligibilities(ctx context.Context, institution string, year int) ([]Eligibility, error)
	Unit(ctx context.Context, id string) (Unit, error)
	// UnitList lists the units of an institution within reach, with what lies below them within reach.
	UnitList(ctx context.Context, r Reach, q UnitQuery) ([]UnitRow, error)
	UnitHistory(ctx context.Context, unit string) ([]UnitState, error)
	UnitAt(ctx context.Context, unit string, at time.Time) ([]UnitState, error)
	Kawasan(ctx context.Context, institution string) ([]Kawasan, error)
	// KawasanUnits and TeamUnits are two statements.
	KawasanUnits(ctx context.Context, kawasan string) (Kawasan, []KawasanUnit, error)
	Teams(ctx context.Context, institution string) ([]Team, error)
	TeamUnits(ctx context.Context, team string) (Team, []Unit, error)
	// Person returns a person, closed or not.
	Person(ctx context.Context, id string) (Person, error)
	// People lists people; a filter by role or unit costs one small statement more.
	People(ctx context.Context, q PersonQuery) ([]PersonRow, error)
	Interests(ctx context.Context, person string) ([]Interest, error)
	AssignmentList(ctx context.Context, q AssignmentQuery) ([]AssignmentRow, error)
}

// PageSize is how many rows a list shows at once.
const PageSize = 50

// exportPage is how many rows an export reads at once: it never holds more, and no statement waits for a slow reader.
const exportPage = 500

// Cursor is where a keyset page begins: after the row with these values. Every row of a list gives the cursor after
// it (After), so that nobody else has to know the order.
type Cursor struct {
	Sort string // value of the column that the list is sorted by
	Then string // of the second one, where there is one
	ID   string
}

// Openness is whether a list shows what is closed.
type Openness string

// The zero value shows both.
const (
	OnlyOpen   Openness = "open"
	OnlyClosed Openness = "closed"
)

// UnitQuery says which units to list.
type UnitQuery struct {
	Institution string
	Search      string   // part of the name or code
	Kind        UnitKind // "" for all
	Open        Openness
	Headless    bool   // only those of which nobody is head today
	Children    bool   // only those directly below Parent
	Parent      string // "" with Children: the top units
	Sort        UnitSort
	After       Cursor
	Limit       int // 0: PageSize
}

// UnitSort is the order of a list of units.
type UnitSort string

// The orders; the zero value is by name.
const (
	UnitsByName UnitSort = ""
	UnitsByCode UnitSort = "code"
)

// UnitRow is a unit in a list.
type UnitRow struct {
	Unit
	ParentName string
	Children   int // directly below, within the reader's reach
	People     int // whose home it is
	After      Cursor
}

// PersonQuery says which people to list.
type PersonQuery struct {
	Institution string // "" for the people of the instance
	Search      string // part of name, NIP, login or e-mail
	Unit        string // home in this unit or below it
	Role        Role   // held now
	Unentered   bool   // only those who have never set a password
	Open        Openness
	Sort        PersonSort
	After       Cursor
	Limit       int // 0: PageSize
}

// PersonSort is the order of a list of people.
type PersonSort string

// The orders; the zero value is by name.
const (
	PeopleByName PersonSort = ""
	PeopleByUnit PersonSort = "unit" // then by name; those without a unit first
	PeopleByNIP  PersonSort = "nip"
)

// PersonRow is a person with the roles held, for lists.
type PersonRow struct {
	Person
	Unit     string // name of the home unit; its id is Person.Unit
	UnitCode string
	Roles    []Role
	After    Cursor
}

// When is the time of assignments relative to now.
type When string

// The zero value is any time.
const (
	Now    When = "now"
	Past   When = "past"
	Future When = "future"
)

// AssignmentQuery says which assignments to list: those of a Person, those that reach a Unit, or those that lie in an
// Institution ("" for the instance's and TPN's). The first of them that is given counts.
type AssignmentQuery struct {
	Person      string
	Unit        string
	Institution string
	Role        Role
	When        When
	After       Cursor
	Limit       int // 0: PageSize
}

// AssignmentRow is an assignment with the names around it: who can do what, and why.
type AssignmentRow struct {
	Assignment
	PersonName        string
	PersonInstitution string // whose people he or she is among; empty: of the instance
	PersonClosed      bool
	ScopeName         string // of the unit, kawasan, team or institution
	GiverName         string // who delegated it
	After             Cursor
}

// Actor returns a person as Can judges them: fault.NotFound when there is no such person or the account is closed.
func (s *Service) Actor(ctx context.Context, person string) (Actor, error) {
	return s.q.Actor(ctx, person)
}

// Institutions lists the institutions in which the actor may list units, by name.
func (s *Service) Institutions(ctx context.Context, by Actor) ([]Institution, error) {
	return s.q.Institutions(ctx, by.Reach(ViewUnits, s.clock()))
}

// Institution returns an institution that the actor may know of.
func (s *Service) Institution(ctx context.Context, by Actor, id string) (Institution, error) {
	i, err := s.q.Institution(ctx, id)
	if err != nil {
		return Institution{}, err
	}
	if !by.knows(i.At(), s.clock()) {
		return Institution{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return i, nil
}

// Unit returns a unit that the actor may know of.
func (s *Service) Unit(ctx context.Context, by Actor, id string) (Unit, error) {
	u, err := s.q.Unit(ctx, id)
	if err != nil {
		return Unit{}, err
	}
	if err := Can(by, ViewUnits, u.At(), State{At: s.clock()}).Fault(); err != nil {
		return Unit{}, err
	}
	return u, nil
}

// Person returns a person whom the actor may list.
func (s *Service) Person(ctx context.Context, by Actor, id string) (Person, error) {
	p, err := s.q.Person(ctx, id)
	if err != nil {
		return Person{}, err
	}
	if err := foreign(Can(by, ViewPeople, Object{Institution: p.Institution}, State{At: s.clock()}), p.Institution); err != nil {
		return Person{}, err
	}
	return p, nil
}

// UnitList lists the units of an institution that the actor may know, PageSize at a time.
func (s *Service) UnitList(ctx context.Context, by Actor, q UnitQuery) ([]UnitRow, error) {
	if _, err := s.Institution(ctx, by, q.Institution); err != nil {
		return nil, err
	}
	return s.q.UnitList(ctx, by.Reach(ViewUnits, s.clock()), q.paged())
}

// People lists the people of an institution, PageSize at a time.
func (s *Service) People(ctx context.Context, by Actor, q PersonQuery) ([]PersonRow, error) {
	if err := Can(by, ViewPeople, Object{Institution: q.Institution}, State{At: s.clock()}).Fault(); err != nil {
		return nil, err
	}
	return s.q.People(ctx, q.paged())
}

// AssignmentList lists assignments, PageSize at a time, those that began last first: one's own, those of a person whom
// the actor may list, or those of a unit or institution whose access the actor may see.
func (s *Service) AssignmentList(ctx context.Context, by Actor, q AssignmentQuery) ([]AssignmentRow, error) {
	switch {
	case q.Person != "" && q.Person == by.Person:
	case q.Person != "":
		if _, err := s.Person(ctx, by, q.Person); err != nil {
			return nil, err
		}
	default:
		o := Object{Institution: q.Institution}
		if q.Unit != "" {
			u, err := s.Unit(ctx, by, q.Unit)
			if err != nil {
				return nil, err
			}
			o = u.At()
		}
		if err := Can(by, ViewAccess, o, State{At: s.clock()}).Fault(); err != nil {
			return nil, err
		}
	}
	return s.q.AssignmentList(ctx, q.paged())
}

// EachUnit calls yield with every unit of the list that UnitList pages through, in constant memory. It is no snapshot:
// a unit that is renamed meanwhile may come twice or not at all.
func (s *Service) EachUnit(ctx context.Context, by Actor, q UnitQuery, yield func(UnitRow) error) error {
	return eachPage(yield, func(after Cursor, limit int) ([]UnitRow, error) {
		q.After, q.Limit = after, limit
		return s.UnitList(ctx, by, q)
	}, func(r UnitRow) Cursor { return r.After })
}

// EachPerson is EachUnit for people.
func (s *Service) EachPerson(ctx context.Context, by Actor, q PersonQuery, yield func(PersonRow) error) error {
	return eachPage(yield, func(after Cursor, limit int) ([]PersonRow, error) {
		q.After, q.Limit = after, limit
		return s.People(ctx, by, q)
	}, func(r PersonRow) Cursor { return r.After })
}

// EachAssignment is EachUnit for assignments.
func (s *Service) EachAssignment(ctx context.Context, by Actor, q AssignmentQuery, yield func(AssignmentRow) error) error {
	return eachPage(yield, func(after Cursor, limit int) ([]AssignmentRow, error) {
		q.After, q.Limit = after, limit
		return s.AssignmentList(ctx, by, q)
	}, func(r AssignmentRow) Cursor { return r.After })
}

func eachPage[R any](yield func(R) error, read func(Cursor, int) ([]R, error), next func(R) Cursor) error {
	var after Cursor
	for {
		rows, err := read(after, exportPage)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := yield(r); err != nil {
				return err
			}
			after = next(r)
		}
		if len(rows) < exportPage {
			return nil
		}
	}
}

func (q UnitQuery) paged() UnitQuery             { q.Limit = limit(q.Limit); return q }
func (q PersonQuery) paged() PersonQuery         { q.Limit = limit(q.Limit); return q }
func (q AssignmentQuery) paged() AssignmentQuery { q.Limit = limit(q.Limit); return q }

// limit keeps a page between one row and what an export reads at once.
func limit(n int) int {
	if n <= 0 {
		return PageSize
	}
	return min(n, exportPage)
}
