// Package mail hands plain-text mails to one SMTP server, which the configuration file names. It composes nothing, sends
// no HTML and nothing that would tell when a mail was read, and its errors repeat neither an address nor what the server
// said about one, so that they may stand in a log.
package mail

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"strings"
	"syscall"
	"time"

	gomail "github.com/wneessen/go-mail"

	"zona/internal/job"
)

// How the connection to the server is protected.
const (
	StartTLS = "starttls" // begins in the clear and is encrypted before anything is said; else nothing is sent
	Implicit = "tls"      // encrypted from the first byte
	Clear    = "none"     // not at all: for a server on this machine
)

// Config says which server, and how.
type Config struct {
	Host     string
	Port     int
	TLS      string // StartTLS, Implicit or Clear
	User     string // "": the server asks for none
	Password string
	From     string         // address that mails come from
	Roots    *x509.CertPool // who may vouch for the server; nil: whom this machine trusts
}

// Message is one mail to one person. Subject is one line.
type Message struct {
	To, Subject, Body string
}

// timeout bounds each step with the server.
const timeout = 20 * time.Second

// Sender sends mails. It may be used by many goroutines; each mail has a connection of its own.
type Sender struct {
	cfg    Config
	client *gomail.Client
}

// New checks the configuration and returns a sender; it connects to nothing.
func New(c Config) (*Sender, error) {
	if !Valid(c.From) {
		return nil, fmt.Errorf("the sender's address is none")
	}
	secure := &tls.Config{ServerName: c.Host, RootCAs: c.Roots, MinVersion: tls.VersionTLS12}
	options := []gomail.Option{
		gomail.WithPort(c.Port), gomail.WithTimeout(timeout), gomail.WithTLSConfig(secure),
		gomail.WithoutNoop(), gomail.WithDialContextFunc(dialer(c, secure)),
	}
	switch c.TLS {
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case Implicit:
		options = append(options, gomail.WithSSL(), gomail.WithTLSPolicy(gomail.NoTLS))
	case Clear:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("protection %q of the mail server's connection is none of %s, %s, %s", c.TLS, StartTLS, Implicit, Clear)
	}
	if c.User != "" {
		way := gomail.SMTPAuthAutoDiscover
		if c.TLS == Implicit {
			way = gomail.SMTPAuthPlain // discovery does not see that our own dialer has encrypted the connection already
		}
		options = append(options, gomail.WithSMTPAuth(way), gomail.WithUsername(c.User), gomail.WithPassword(c.Password))
	}
	client, err := gomail.NewClient(c.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("settings of the mail server: %w", err)
	}
	return &Sender{cfg: c, client: client}, nil
}

// Send hands a mail to the server and returns when it has taken it. A receiver whom the server refuses for good is a
// job.Final error; after anything else another attempt may succeed.
func (s *Sender) Send(ctx context.Context, m Message) error {
	msg, err := s.compose(m)
	if err != nil {
		return job.Final(err)
	}
	return told(s.client.DialAndSendWithContext(ctx, msg))
}

func (s *Sender) compose(m Message) (*gomail.Msg, error) {
	if !Valid(m.To) {
		return nil, errors.New("the receiver's address is none")
	}
	if strings.ContainsFunc(m.Subject, control) {
		return nil, errors.New("the subject is not one line")
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	if err := errors.Join(msg.From(s.cfg.From), msg.To(m.To)); err != nil {
		return nil, errors.New("an address cannot be written into a mail")
	}
	_, domain, _ := strings.Cut(s.cfg.From, "@")
	msg.SetMessageIDWithValue(rand.Text() + "@" + domain) // without the name of this machine
	msg.SetDate()
	msg.Subject(m.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // keeps absence notes away
	msg.SetBodyString(gomail.TypeTextPlain, m.Body)
	return msg, nil
}

// Valid reports whether a mail can go to the address: one plain address in ASCII, without a name and without comments.
func Valid(address string) bool {
	if len(address) > 254 || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return false
	}
	a, err := mail.ParseAddress(address)
	return err == nil && a.Address == address && a.Name == ""
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

// told is what may be said of an error: the step and the number of the answer, without its text, which repeats addresses.
func told(err error) error {
	if err == nil {
		return nil
	}
	var answer *gomail.SendError
	if !errors.As(err, &answer) {
		return fmt.Errorf("reach the mail server: %w", err)
	}
	said := fmt.Errorf("the mail server did not take the mail: %s, answer %d %s", answer.Reason, answer.ErrorCode(), answer.EnhancedStatusCode())
	if answer.Reason == gomail.ErrSMTPRcptTo && answer.ErrorCode() >= 500 {
		return job.Final(said)
	}
	return said
}

// dialer connects to the configured server only at an address where one can be: a name that leads to the machine's own
// services (link-local, where clouds keep their secrets) is refused when it is dialled, whatever the name server says.
func dialer(c Config, secure *tls.Config) gomail.DialContextFunc {
	plain := &net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("address of the mail server: %w", err)
		}
		if refused(at.Addr()) {
			return errors.New("the mail server's name leads to an address where no mail server can be")
		}
		return nil
	}}
	if c.TLS == Implicit {
		return (&tls.Dialer{NetDialer: plain, Config: secure}).DialContext
	}
	return plain.DialContext
}

// metadata is where clouds keep secrets of a machine beside the link-local range.
var metadata = netip.MustParseAddr("fd00:ec2::254")

func refused(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || a == metadata
}
