package account

import (
	"net/http"
	"strings"

	"zona/internal/auth"
	"zona/internal/web/internal/route"
)

// browserOf is what is kept of the browser that somebody signs in with: what makes it known, and the families of browser
// and system. Versions, devices and addresses are not kept: the list of sessions needs to be recognised, not traced.
func browserOf(r *http.Request) auth.Browser {
	return auth.Browser{Name: familyOf(r.UserAgent()), Known: route.Cookie(r, route.DeviceCookie)}
}

// families are looked for in this order: many browsers call themselves by the names of others as well.
var families = []struct{ mark, name string }{
	{"Edg", "Edge"},
	{"OPR/", "Opera"},
	{"SamsungBrowser/", "Samsung Internet"},
	{"Firefox/", "Firefox"},
	{"FxiOS/", "Firefox"},
	{"CriOS/", "Chrome"},
	{"Chrome/", "Chrome"},
	{"Safari/", "Safari"},
}

var systems = []struct{ mark, name string }{
	{"Android", "Android"}, {"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Macintosh", "macOS"}, {"Linux", "Linux"},
}

// familyOf reads "Firefox, Windows" out of a User-Agent, "" where it knows neither.
func familyOf(agent string) string {
	var found []string
	for _, f := range families {
		if strings.Contains(agent, f.mark) {
			found = append(found, f.name)
			break
		}
	}
	for _, s := range systems {
		if strings.Contains(agent, s.mark) {
			found = append(found, s.name)
			break
		}
	}
	return strings.Join(found, ", ")
}
