package config

import (
	"net/mail"
	"slices"
)

// checkMail looks at the settings of the mail server, where one is named.
func (c Config) checkMail(bad func(format string, args ...any)) {
	if c.MailHost == "" {
		if c.MailFrom != "" || c.MailUser != "" || c.MailPasswordFile != "" {
			bad("mail_from, mail_user or mail_password_file is set and mail_host is not; name the mail server, or remove them")
		}
		if c.AnchorMail != "" {
			bad("anchor_mail is set and mail_host is not; name the mail server, or remove it")
		}
		return
	}
	if a, err := mail.ParseAddress(c.MailFrom); err != nil || a.Address != c.MailFrom {
		bad("mail_from = %q is not a plain address such as zona@example.go.id", c.MailFrom)
	}
	if a, err := mail.ParseAddress(c.AnchorMail); c.AnchorMail != "" && (err != nil || a.Address != c.AnchorMail) {
		bad("anchor_mail = %q is not a plain address such as inspektorat@example.go.id", c.AnchorMail)
	}
	if c.MailPort < 1 || c.MailPort > 65535 {
		bad("mail_port = %d is no port; it is 587 for starttls and 465 for tls as a rule", c.MailPort)
	}
	switch {
	case !slices.Contains([]string{"starttls", "tls", "none"}, c.MailTLS):
		bad("mail_tls = %q is none of starttls, tls, none", c.MailTLS)
	case c.MailTLS == "none" && !loopback(c.MailHost):
		bad("mail_tls = none would send codes in the clear to %s; it is for a server on this machine", c.MailHost)
	case c.MailTLS == "none" && c.MailUser != "":
		bad("mail_user would send its password in the clear; set mail_tls to starttls or tls")
	}
	if (c.MailUser == "") != (c.MailPasswordFile == "") {
		bad("mail_user and mail_password_file belong together; set both or neither")
	}
}
