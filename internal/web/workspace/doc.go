// Package workspace is a unit's desk: the list of units, the sheet with its 113 questions, the import of a filled
// workbook, the planner and the downloads. It shows and it reads forms; whether an answer may be changed, what it is
// worth and what a predicate asks for is decided elsewhere (assessment, scoring, org).
//
// The desk refuses form fields that it did not send: a form that names a score or a weight is not an older or newer
// form of ours but somebody's attempt, and is answered with 400 without reading the rest.
package workspace
