package ui

import (
	"zona/internal/auth"
	"zona/internal/web/internal/route"
)

// Names of the fields of a proof. Package web takes them out before a handler sees the form.
const (
	ProofCode     = "_code"
	ProofPassword = "_password"
	ProofPasskey  = "_passkey"
)

// PasskeyScript is the source of the script that asks the browser for a passkey.
const PasskeyScript = "passkey.js"

// Proof is the page between a decisive act and its effect: the form goes on to where it was sent, with what was typed
// and a proof.
type Proof struct {
	Frame   Frame
	Form    route.Form // its Fault is what the page says first
	Action  string
	Carried []Carried
	Steps   auth.Steps // zero: the password
}

// Carried is a field of the form that waits.
type Carried struct{ Name, Value string }

// PasskeyAsk is a button that asks the browser for a passkey and sends the form around it with the answer.
type PasskeyAsk struct {
	Options string // path that answers what to ask
	Create  bool   // a new one, instead of one that is there
	Field   string // name of the hidden field for the answer
	Text    string
}

func (a PasskeyAsk) mode() string {
	if a.Create {
		return "create"
	}
	return "get"
}
