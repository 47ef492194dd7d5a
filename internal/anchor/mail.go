package anchor

import (
	"context"
	"errors"
	"strings"

	"zona/internal/locale"
	"zona/internal/trail"
)

// Mail is a sink: every checkpoint is a letter to somebody outside the office that runs the database, such as the
// inspectorate. zona-verify reads a saved letter as it is. Make it with NewMail.
type Mail struct {
	send func(ctx context.Context, subject, body string) error
}

var _ trail.Sink = Mail{}

// NewMail returns the sink of an address, to which send brings a letter.
func NewMail(send func(ctx context.Context, subject, body string) error) Mail { return Mail{send} }

// Name is trail.Sink's.
func (Mail) Name() string { return "mail" }

// Put sends a checkpoint and returns when the mail server has taken it.
func (m Mail) Put(ctx context.Context, signed []byte) error {
	origin, rest, _ := strings.Cut(string(signed), "\n")
	size, _, found := strings.Cut(rest, "\n")
	if !found {
		return errors.New("what is no checkpoint is not sent")
	}
	words := locale.For(locale.Indonesian)
	// Empty lines part the checkpoint from the words around it, for whoever reads the saved letter.
	body := words.T("audit.letter.body") + "\n\n" + string(signed) + "\n" + words.T("audit.letter.end") + "\n"
	return m.send(ctx, words.T("audit.letter.subject", "Origin", origin, "Size", size), body)
}
