package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"zona/internal/config"
	"zona/internal/demo"
	"zona/internal/job"
	"zona/internal/mail"
	"zona/internal/notify"
	"zona/internal/store"
	"zona/internal/web/site"
	"zona/internal/worker"
)

// delivery is where mails go: to a server, to the page of the demo, or, with neither, nowhere: then people get their
// codes on paper.
type delivery struct {
	post   notify.Post
	outbox *demo.Outbox
}

// mails reports whether anybody delivers.
func (d delivery) mails() bool { return d.post != nil }

// page is the outbox as the pages read it, nil where there is none.
func (d delivery) page() site.Outbox {
	if d.outbox == nil {
		return nil
	}
	return outboxPage{d.outbox}
}

// newDelivery reads what the configuration says about mail. The demo keeps its mails, unless a server is named.
func newDelivery(cfg config.Config, invented bool) (delivery, error) {
	if cfg.MailHost == "" {
		if invented {
			o := demo.NewOutbox()
			return delivery{post: o, outbox: o}, nil
		}
		return delivery{}, nil
	}
	c := mail.Config{Host: cfg.MailHost, Port: cfg.MailPort, TLS: cfg.MailTLS, User: cfg.MailUser, From: cfg.MailFrom}
	if cfg.MailPasswordFile != "" {
		text, err := os.ReadFile(filepath.Clean(cfg.MailPasswordFile))
		if err != nil {
			return delivery{}, fmt.Errorf("password of the mail server: %w", err)
		}
		c.Password = strings.TrimRight(string(text), "\r\n")
	}
	if cfg.MailCA != "" {
		text, err := os.ReadFile(filepath.Clean(cfg.MailCA))
		if err != nil {
			return delivery{}, fmt.Errorf("certificate of the mail server: %w", err)
		}
		if c.Roots = x509.NewCertPool(); !c.Roots.AppendCertsFromPEM(text) {
			return delivery{}, fmt.Errorf("certificate of the mail server: %s holds none in PEM form", cfg.MailCA)
		}
	}
	sender, err := mail.New(c)
	if err != nil {
		return delivery{}, err
	}
	return delivery{post: smtp{sender}}, nil
}

// smtp joins the letters of notify with package mail.
type smtp struct{ sender *mail.Sender }

// Send implements notify.Post.
func (s smtp) Send(ctx context.Context, l notify.Letter) error {
	return s.sender.Send(ctx, mail.Message(l))
}

// outboxPage joins the outbox of the demo with its page.
type outboxPage struct{ *demo.Outbox }

// Letters implements site.Outbox.
func (o outboxPage) Letters() []site.Letter {
	var all []site.Letter
	for _, k := range o.Kept() {
		all = append(all, site.Letter{At: k.At, To: k.To, Subject: k.Subject, Body: k.Body})
	}
	return all
}

// newWorker says which use case each kind of job calls.
func newWorker(q worker.Queue, o worker.Options, n *notify.Service) (*worker.Worker, error) {
	w := worker.New(q, o)
	return w, errors.Join(
		worker.Handle(w, n.Invite),
		worker.Handle(w, n.Reset),
		worker.Handle(w, n.Changed),
	)
}

// working runs the background work beside the server. stop ends it, after what is under way has finished.
func working(ctx context.Context, cfg config.Config, db *store.DB, s services, d delivery, log *slog.Logger) (stop func(), err error) {
	post := d.post
	if post == nil {
		post = nowhere{}
	}
	w, err := newWorker(db.Queue(), worker.Options{Log: log}, notify.New(s.auth, db.Org(), post, cfg.Address()))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		if err := w.Run(ctx); err != nil {
			log.Error("background work has ended", "error", err)
		}
	})
	return func() {
		cancel()
		running.Wait()
	}, nil
}

// nowhere takes what was enqueued while there was a mail server that is no longer configured.
type nowhere struct{}

// Send implements notify.Post.
func (nowhere) Send(context.Context, notify.Letter) error {
	return job.Final(errors.New("no mail server is configured"))
}
