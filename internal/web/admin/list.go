package admin

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zona/internal/org"
	"zona/internal/web/internal/ui"
)

// address is a page of this desk about an institution, or about the instance itself where there is none.
func address(institution string, parts ...string) string {
	var path strings.Builder
	path.WriteString("/admin")
	if institution != "" {
		path.WriteString("/institutions/" + url.PathEscape(institution))
	}
	for _, p := range parts {
		path.WriteString("/" + url.PathEscape(p))
	}
	return path.String()
}

// query is one parameter of an address.
func query(name, value string) string { return "?" + url.Values{name: {value}}.Encode() }

// cursorOf reads where a page of a list begins; names that hold anything are sent back as they are.
func cursorOf(r *http.Request) org.Cursor {
	q := r.URL.Query()
	return org.Cursor{Sort: q.Get("after"), Then: q.Get("then"), ID: q.Get("id")}
}

// filters are what a list is narrowed by: the parameters of the address with these names that hold something.
func filters(r *http.Request, names ...string) url.Values {
	v := url.Values{}
	for _, name := range names {
		if value := strings.TrimSpace(r.URL.Query().Get(name)); value != "" {
			v.Set(name, value)
		}
	}
	return v
}

// pagesOf returns the addresses of the list's first page, "" on the first page itself, and of the next one, "" when
// last is the zero Cursor: nothing follows.
func pagesOf(base string, by url.Values, at, last org.Cursor) (first, next string) {
	if at != (org.Cursor{}) {
		first = with(base, by)
	}
	if last != (org.Cursor{}) {
		v := maps.Clone(by)
		v.Set("after", last.Sort)
		v.Set("then", last.Then)
		v.Set("id", last.ID)
		next = with(base, v)
	}
	return first, next
}

func with(base string, v url.Values) string {
	if len(v) == 0 {
		return base
	}
	return base + "?" + v.Encode()
}

// paged cuts rows that were asked for with one more than a page holds; after is the cursor of the last row that is
// shown, zero when nothing follows.
func paged[R any](rows []R, cursor func(R) org.Cursor) (shown []R, after org.Cursor) {
	if len(rows) <= org.PageSize {
		return rows, org.Cursor{}
	}
	rows = rows[:org.PageSize]
	return rows, cursor(rows[len(rows)-1])
}

// rolesOf is the roles of a person in words.
func rolesOf(f ui.Frame, roles []org.Role) string {
	if len(roles) == 0 {
		return f.T("admin.person.noroles")
	}
	words := make([]string, 0, len(roles))
	for _, r := range roles {
		words = append(words, f.T("admin.role."+string(r)))
	}
	return strings.Join(words, ", ")
}

// choices are the options of a filter: all of them first, then each value in words.
func choices[V ~string](f ui.Frame, all, prefix string, values []V) []ui.Option {
	options := []ui.Option{{Text: f.T(all)}}
	for _, v := range values {
		options = append(options, ui.Option{Value: string(v), Text: f.T(prefix + string(v))})
	}
	return options
}

// offered returns the value when it is one of the list, else "": a filter of an address that was typed wrong is none.
func offered[V ~string](value string, list []V) V {
	if slices.Contains(list, V(value)) {
		return V(value)
	}
	return ""
}
