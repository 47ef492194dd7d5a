// Package job says what background work is: the arguments that a feature enqueues in its own transaction, so that the
// work exists exactly when the change does. It runs nothing and knows no queue.
//
// A job names whom it is for and never carries a secret: whoever does the work draws a code when it is sent. What is
// enqueued is done at least once, so doing it twice must do no harm.
package job

import "errors"

// Args are the arguments of one piece of work, kept as JSON. Kind names the work in the database, for good.
type Args interface{ Kind() string }

// MaxAttempts is how often a job is tried before it is given up: with the worker's pauses, for about a day.
const MaxAttempts = 30

// InvitationMail sends somebody a code with which a first password is set.
type InvitationMail struct {
	Person string `json:"person"`
}

// Kind implements Args.
func (InvitationMail) Kind() string { return "invitation_mail" }

// ResetMail sends somebody who forgot the password a code for a new one. Person is "" when the login that was typed is
// nobody's: the job is made all the same, so that asking takes as long and leaves as much behind.
type ResetMail struct {
	Person string `json:"person"`
}

// Kind implements Args.
func (ResetMail) Kind() string { return "reset_mail" }

// CredentialNotice tells somebody by mail that a way to sign in was changed, so that a change by someone else is noticed.
type CredentialNotice struct {
	Person string `json:"person"`
	Change Change `json:"change"`
	// Former is an address that was replaced and hears of it too; "" for every other change.
	Former string `json:"former,omitempty"`
}

// Kind implements Args.
func (CredentialNotice) Kind() string { return "credential_notice" }

// Change is what a CredentialNotice tells of.
type Change string

// The changes of today. Each has its words in the messages "mail.notice.<change>".
const (
	PasswordChanged Change = "password"
	FactorAdded     Change = "factor_added"
	FactorRemoved   Change = "factor_removed"
	EmailChanged    Change = "email"
	IdentityLinked  Change = "identity"
)

// Final marks a failure that another attempt cannot mend, such as an address that the mail server refuses for good.
func Final(err error) error {
	if err == nil {
		return nil
	}
	return final{err}
}

// IsFinal reports whether err was marked by Final.
func IsFinal(err error) bool { return errors.As(err, new(final)) }

type final struct{ error }

// Unwrap returns what was marked.
func (f final) Unwrap() error { return f.error }
