package store

import (
	"github.com/huandu/go-sqlbuilder"

	"zona/internal/org"
)

// within is the condition that unit u is within reach, to be added to a list's query: the list itself never
// contains what its reader may not see, and neither do its counts. The zero Reach is a condition that never holds.
func within(b *sqlbuilder.SelectBuilder, r org.Reach) string { return withinAs(b, "u", r) }

// withinAs is within for a unit that the query calls otherwise.
func withinAs(b *sqlbuilder.SelectBuilder, u string, r org.Reach) string {
	ways := []string{"1 = 0"}
	if r.All {
		ways = []string{"1 = 1"}
	}
	if len(r.Institutions) > 0 && !r.All {
		ways = append(ways, b.In(u+".institution", sqlbuilder.List(r.Institutions)))
	}
	if len(r.Units) > 0 && !r.All {
		ways = append(ways, b.In(u+".id", sqlbuilder.List(r.Units)))
	}
	for _, prefix := range r.Subtrees {
		if from, to, ok := subtree(prefix); ok && !r.All {
			ways = append(ways, b.And(b.GreaterEqualThan(u+".path", from), b.LessThan(u+".path", to)))
		}
	}
	reached := b.Or(ways...)
	for _, all := range r.Except {
		taken := make([]string, len(all))
		for i, one := range all {
			taken[i] = withinAs(b, u, one)
		}
		if len(taken) > 0 {
			reached = b.And(reached, b.Not(b.And(taken...)))
		}
	}
	return reached
}

// subtree returns the range of the paths that begin with prefix. A path ends with "/", and text is compared by
// bytes on both databases, so the range ends where the next byte after "/" begins. What is no path reaches nothing.
func subtree(prefix string) (from, to string, ok bool) {
	last := len(prefix) - 1
	if last < 1 || prefix[0] != '/' || prefix[last] != '/' {
		return "", "", false
	}
	return prefix, prefix[:last] + string('/'+1), true
}

// newSelect begins a query for both databases: they share the form of parameters.
func newSelect() *sqlbuilder.SelectBuilder { return sqlbuilder.PostgreSQL.NewSelectBuilder() }

func listInstitutions(r org.Reach) (query string, args []any) {
	b := newSelect()
	b.Select(institutionColumns).From("institution i").OrderBy("i.folded", "i.id")
	if r.All {
		return b.Build()
	}
	units := newSelect()
	units.Select("1").From("unit u")
	units.Where("u.institution = i.id", within(units, r))
	ways := []string{b.Exists(units)}
	if len(r.Institutions) > 0 {
		ways = append(ways, b.In("i.id", sqlbuilder.List(r.Institutions)))
	}
	b.Where(b.Or(ways...))
	return b.Build()
}
