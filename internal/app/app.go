// Package app builds the program by hand: it opens, connects, serves and stops, in that order, and offers the
// command line its calls. It holds no rule of the domain; when two edges must meet, they meet here.
package app

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// Exit ends the program with a code; Err, when there is one, is printed first.
type Exit struct {
	Code int
	Err  error
}

// Error makes Exit an error.
func (e Exit) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return fmt.Sprintf("exit code %d", e.Code)
}

// Unwrap gives the cause.
func (e Exit) Unwrap() error { return e.Err }

// Version is what the build says about itself.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "zona (unknown build)"
	}
	var v strings.Builder
	v.WriteString(info.Main.Version)
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.WriteString(" " + s.Value)
		}
	}
	return "zona " + v.String() + " " + info.GoVersion
}
