package admin

import (
	"net/http"
	"net/url"
	"strings"

	"zona/internal/org"
	"zona/internal/web/internal/ui"
)

// address is a page of this desk about an institution.
func address(institution string, parts ...string) string {
	var path strings.Builder
	path.WriteString("/admin/institutions/" + url.PathEscape(institution))
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
	return org.Cursor{Sort: q.Get("after"), ID: q.Get("id")}
}

// pagesOf returns the addresses of the list's first page, "" on the first page itself, and of the next one, "" when
// this one is the last. last is the end of this page; full says that there may be more.
func pagesOf(base, search string, at, last org.Cursor, full bool) (first, next string) {
	v := url.Values{}
	if search != "" {
		v.Set("q", search)
	}
	if at != (org.Cursor{}) {
		first = base
		if len(v) > 0 {
			first += "?" + v.Encode()
		}
	}
	if full {
		v.Set("after", last.Sort)
		v.Set("id", last.ID)
		next = base + "?" + v.Encode()
	}
	return first, next
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
