package desktest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"zona/internal/org"
)

func contains(search string, texts ...string) bool {
	return strings.Contains(strings.ToLower(strings.Join(texts, "\n")), strings.ToLower(search))
}

func shut(o org.Openness, closed bool) bool { return o == "" || (o == org.OnlyClosed) == closed }

// page sorts rows by their cursors and cuts a page out of them.
func page[R any](rows []R, cursor func(R) org.Cursor, after org.Cursor, limit int) []R {
	compare := func(a, b org.Cursor) int {
		return cmp.Or(cmp.Compare(a.Sort, b.Sort), cmp.Compare(a.Then, b.Then), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(rows, func(a, b R) int { return compare(cursor(a), cursor(b)) })
	rows = slices.DeleteFunc(rows, func(r R) bool { return after != (org.Cursor{}) && compare(cursor(r), after) <= 0 })
	return rows[:min(limit, len(rows))]
}

// UnitList is of the features' Queries.
func (l lists) UnitList(_ context.Context, r org.Reach, q org.UnitQuery) ([]org.UnitRow, error) {
	return read(l.s, func() ([]org.UnitRow, error) {
		var found []org.UnitRow
		for _, u := range l.s.Units {
			if u.Institution != q.Institution || !r.Covers(u.At()) || !contains(q.Search, u.Name, u.Code) ||
				q.Kind != "" && u.Kind != q.Kind || !shut(q.Open, !u.Closed.IsZero()) || q.Children && u.Parent != q.Parent {
				continue
			}
			row := org.UnitRow{Unit: u, ParentName: l.s.Units[u.Parent].Name, After: org.Cursor{Sort: u.Name, ID: u.ID}}
			if q.Sort == org.UnitsByCode {
				row.After = org.Cursor{Sort: u.Code, Then: u.Name, ID: u.ID}
			}
			for _, other := range l.s.Units {
				if other.Parent == u.ID {
					row.Children++
				}
			}
			for _, p := range l.s.Persons {
				if p.Unit == u.ID {
					row.People++
				}
			}
			found = append(found, row)
		}
		return page(found, func(r org.UnitRow) org.Cursor { return r.After }, q.After, q.Limit), nil
	})
}

// UnitHistory is of the features' Queries.
func (l lists) UnitHistory(_ context.Context, unit string) ([]org.UnitState, error) {
	return read(l.s, func() ([]org.UnitState, error) {
		var found []org.UnitState
		for _, state := range slices.Backward(l.s.tree.History) {
			if state.Unit == unit {
				found = append(found, state)
			}
		}
		return found, nil
	})
}

// UnitAt is of the features' Queries; here everything is as it is today.
func (l lists) UnitAt(_ context.Context, unit string, _ time.Time) ([]org.UnitState, error) {
	return read(l.s, func() ([]org.UnitState, error) {
		var found []org.UnitState
		for id := unit; id != ""; id = l.s.Units[id].Parent {
			u := l.s.Units[id]
			found = append(found, org.UnitState{Unit: u.ID, Name: u.Name, Code: u.Code, Parent: u.Parent})
		}
		return found, nil
	})
}

// Kawasan is of the features' Queries.
func (l lists) Kawasan(_ context.Context, institution string) ([]org.Kawasan, error) {
	return read(l.s, func() ([]org.Kawasan, error) {
		var found []org.Kawasan
		for _, k := range l.s.tree.Kawasan {
			if k.Institution == institution {
				found = append(found, k)
			}
		}
		return page(found, func(k org.Kawasan) org.Cursor { return org.Cursor{Sort: k.Name, ID: k.ID} }, org.Cursor{}, len(found)), nil
	})
}

// KawasanUnits is of the features' Queries.
func (l lists) KawasanUnits(_ context.Context, kawasan string) (org.Kawasan, []org.KawasanUnit, error) {
	var units []org.KawasanUnit
	k, err := read(l.s, func() (org.Kawasan, error) {
		for _, m := range l.s.tree.KawasanUnits {
			if m.Kawasan == kawasan {
				m.Unit = l.s.Units[m.Unit.ID]
				units = append(units, m)
			}
		}
		return find(l.s.tree.Kawasan, kawasan)
	})
	return k, units, err
}

// Teams is of the features' Queries.
func (l lists) Teams(_ context.Context, institution string) ([]org.Team, error) {
	return read(l.s, func() ([]org.Team, error) {
		var found []org.Team
		for _, t := range l.s.tree.Teams {
			if t.Institution == institution {
				found = append(found, t)
			}
		}
		return page(found, func(t org.Team) org.Cursor { return org.Cursor{Sort: t.Name, ID: t.ID} }, org.Cursor{}, len(found)), nil
	})
}

// TeamUnits is of the features' Queries.
func (l lists) TeamUnits(_ context.Context, team string) (org.Team, []org.Unit, error) {
	var units []org.Unit
	t, err := read(l.s, func() (org.Team, error) {
		for _, id := range l.s.tree.TeamUnits[team] {
			units = append(units, l.s.Units[id])
		}
		return find(l.s.tree.Teams, team)
	})
	return t, units, err
}

// Eligibilities is of the features' Queries.
func (l lists) Eligibilities(_ context.Context, institution string, year int) ([]org.Eligibility, error) {
	return read(l.s, func() ([]org.Eligibility, error) {
		var found []org.Eligibility
		for _, e := range l.s.tree.Values {
			if e.Institution == institution && e.Year == year {
				found = append(found, e)
			}
		}
		return page(found, func(e org.Eligibility) org.Cursor { return org.Cursor{Sort: e.Requirement} }, org.Cursor{}, len(found)), nil
	})
}

// Interests is of the features' Queries.
func (l lists) Interests(_ context.Context, person string) ([]org.Interest, error) {
	return read(l.s, func() ([]org.Interest, error) { return l.s.interests(person), nil })
}

// People is of the features' Queries.
func (l lists) People(_ context.Context, q org.PersonQuery) ([]org.PersonRow, error) {
	return read(l.s, func() ([]org.PersonRow, error) {
		var found []org.PersonRow
		for _, p := range l.s.Persons {
			home := l.s.Units[p.Unit]
			if p.Institution != q.Institution || !contains(q.Search, p.Name, p.NIP, p.Login, p.Email) || !shut(q.Open, p.Closed) ||
				q.Unit != "" && !strings.Contains(home.Path, "/"+q.Unit+"/") {
				continue
			}
			row := org.PersonRow{Person: p, Unit: home.Name, UnitCode: home.Code, After: org.Cursor{Sort: p.Name, ID: p.ID}}
			switch q.Sort {
			case org.PeopleByUnit:
				row.After = org.Cursor{Sort: home.Name, Then: p.Name, ID: p.ID}
			case org.PeopleByNIP:
				row.After = org.Cursor{Sort: p.NIP, ID: p.ID}
			}
			for _, role := range l.s.Roles {
				if role.Person == p.ID && whenOf(role, l.s.clock()) == org.Now {
					row.Roles = append(row.Roles, role.Role)
				}
			}
			if q.Role == "" || slices.Contains(row.Roles, q.Role) {
				found = append(found, row)
			}
		}
		return page(found, func(r org.PersonRow) org.Cursor { return r.After }, q.After, q.Limit), nil
	})
}

func whenOf(a org.Assignment, at time.Time) org.When {
	switch {
	case !a.Until.IsZero() && !at.Before(a.Until):
		return org.Past
	case at.Before(a.From):
		return org.Future
	}
	return org.Now
}

// AssignmentList is of the features' Queries.
func (l lists) AssignmentList(_ context.Context, q org.AssignmentQuery) ([]org.AssignmentRow, error) {
	return read(l.s, func() ([]org.AssignmentRow, error) {
		u := l.s.Units[q.Unit]
		var found []org.AssignmentRow
		for _, a := range l.s.roles(func(a org.Assignment) bool {
			return (q.Role == "" || a.Role == q.Role) && (q.When == "" || whenOf(a, l.s.clock()) == q.When)
		}) {
			reaches := a.Scope.Unit == u.ID || a.Scope.Kind == org.Subtree && strings.HasPrefix(u.Path, a.Scope.Path) ||
				a.Scope.Kind == org.WholeInstitution && a.Scope.Institution == u.Institution || slices.Contains(a.Scope.Units, u.ID)
			switch {
			case q.Person != "" && a.Person != q.Person:
				continue
			case q.Person == "" && q.Unit != "" && !reaches:
				continue
			case q.Person == "" && q.Unit == "" && a.Scope.Institution != q.Institution:
				continue
			}
			p, place := l.s.Persons[a.Person], l.s.Institutions[a.Scope.Institution].Name
			switch a.Scope.Kind {
			case org.OneUnit, org.Subtree:
				place = l.s.Units[a.Scope.Unit].Name
			case org.InKawasan:
				place = l.s.tree.Kawasan[a.Scope.Kawasan].Name
			case org.InTeam:
				place = l.s.tree.Teams[a.Scope.Team].Name
			}
			found = append(found, org.AssignmentRow{
				Assignment: a, PersonName: p.Name, PersonClosed: p.Closed, ScopeName: place, GiverName: l.s.Persons[a.DelegatedBy].Name,
				After: org.Cursor{Sort: a.From.Format(time.RFC3339Nano), ID: a.ID},
			})
		}
		return page(found, func(r org.AssignmentRow) org.Cursor { return r.After }, q.After, q.Limit), nil
	})
}
