package admin

import (
	"net/http"

	"zona/internal/org"
)

// Assign is the step of the desk's handlers that gives a role. No page of today gives one to somebody who has a session
// already, so tests take it alone.
func Assign(d Deps, w http.ResponseWriter, r *http.Request, cmd org.NewAssignment) error {
	return desk{d}.assign(w, r, cmd)
}
