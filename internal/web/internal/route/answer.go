package route

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"zona/internal/auth"
)

// Cookie names. Over TLS they carry the prefix __Host-, so that no neighbour on a shared domain can set them. On plain
// HTTP, which is served on the loopback interface alone, browsers disagree about prefix and Secure; there both are left
// out.
const (
	SessionCookie = "zona"
	BrowserCookie = "zona-browser" // random; the form token of those who are not signed in is made of it
	LangCookie    = "zona-lang"
	ThemeCookie   = "zona-theme"
	SignInCookie  = "zona-signin" // a sign-in that waits for its second step
	DeviceCookie  = "zona-device" // this browser is known to somebody's account; it opens nothing
	flashCookie   = "zona-flash"
)

// keepDevice is how long a browser keeps what makes it known, as long as the server does.
const keepDevice = 180 * 24 * time.Hour

// CookieName is the name under which a cookie travels.
func CookieName(name string, plain bool) string {
	if plain {
		return name
	}
	return "__Host-" + name
}

// SetCookie sends a cookie for the whole site, out of reach of scripts. A keep of zero ends with the browser, a
// negative one removes the cookie.
func SetCookie(w http.ResponseWriter, r *http.Request, name, value string, keep time.Duration) {
	plain := From(r).Plain
	c := &http.Cookie{ //nolint:gosec // Secure everywhere but on the loopback interface, where browsers disagree about it
		Name:     CookieName(name, plain),
		Value:    value,
		Path:     "/",
		HttpOnly: true,
		Secure:   !plain,
		SameSite: http.SameSiteLaxMode,
	}
	switch {
	case keep < 0:
		c.MaxAge = -1
	case keep > 0:
		c.MaxAge = int(keep / time.Second)
	}
	http.SetCookie(w, c)
}

// Enter puts a session that has just begun into the browser and into the request, so that forms on the page which answers
// it carry the session's own token. The cookie ends with the browser: office computers are shared. Where the second step
// is still to come, that waits in a cookie of its own and there is no session.
func Enter(w http.ResponseWriter, r *http.Request, o auth.Opened) {
	if o.Pending != "" {
		SetCookie(w, r, SignInCookie, o.Pending, 0)
		return
	}
	if Cookie(r, SignInCookie) != "" {
		SetCookie(w, r, SignInCookie, "", -1)
	}
	if o.Device != "" {
		SetCookie(w, r, DeviceCookie, o.Device, keepDevice)
	}
	SetCookie(w, r, SessionCookie, o.Value, 0)
	q := From(r)
	q.Session, q.Token = o.Session, o.Session.Token
}

// Cookie returns the value of a cookie, "" when the browser sent none.
func Cookie(r *http.Request, name string) string {
	c, err := r.Cookie(CookieName(name, From(r).Plain))
	if err != nil {
		return ""
	}
	return c.Value
}

// messageID is the form of a message id; a forged cookie can choose among our own sentences at most.
var messageID = regexp.MustCompile(`^[a-z]+\.(done|told)\.[a-z0-9.-]{1,60}$`)

// Done ends a change: the browser is sent to another page of ours (303), which shows the message once. Message is an
// id with the form area.done.what for what has been done, area.told.what for what is only said, or "" for none: one of
// another form is an error, since the next page would show nothing. Scripts are told to load the page as well.
func Done(w http.ResponseWriter, r *http.Request, path, message string) error {
	if !Local(path) {
		return errors.New("redirect to a path that is not ours")
	}
	if message != "" {
		if !messageID.MatchString(message) {
			return errors.New("message " + message + " is of no form that the next page shows")
		}
		SetCookie(w, r, flashCookie, message, time.Minute)
	}
	if HTMX(r) {
		w.Header().Set("Hx-Redirect", path)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// TakeFlash returns the message that Done left for the next page and removes it from the browser.
func TakeFlash(w http.ResponseWriter, r *http.Request) string {
	message := Cookie(r, flashCookie)
	if message == "" {
		return ""
	}
	SetCookie(w, r, flashCookie, "", -1)
	if !messageID.MatchString(message) {
		return ""
	}
	return message
}

// Local reports whether path is a page of this site, so that a link that was handed in may be followed. Anything that
// a browser could read as another site is refused, and whatever is spelled in a roundabout way with it.
func Local(path string) bool {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\x00\r\n\t") || len(path) >= 2000 {
		return false
	}
	u, err := url.Parse(path)
	return err == nil && u.Scheme == "" && u.Host == "" &&
		!strings.Contains(u.Path, "//") && !strings.Contains(u.Path+"/", "/./") && !strings.Contains(u.Path+"/", "/../") &&
		!strings.ContainsFunc(u.Path, func(c rune) bool { return c < ' ' || c == '\\' })
}

func tooLarge(err error) bool {
	var big *http.MaxBytesError
	return errors.As(err, &big)
}
