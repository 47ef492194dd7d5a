package app

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"zona/internal/audit"
	"zona/internal/auth"
	"zona/internal/config"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/store"
)

// UserOptions says whom a command of `zona user` is about, and in which language it answers.
type UserOptions struct {
	Login string
	Text  *locale.Printer
}

// console runs the use cases of the features for somebody at the command line. Each command is one transaction, which
// holds what a page would have written, with the system as the actor, and one event more that says that it was a command.
type console struct {
	db     *store.DB
	cfg    config.Config
	person org.Person
	text   *locale.Printer
	out    io.Writer
}

// atConsole opens the database, finds the person and runs one command. On SQLite a running server is stopped first: the
// file has one writer.
func atConsole(ctx context.Context, cfg config.Config, o UserOptions, out, errs io.Writer, run func(*console) error) (err error) {
	db, _, err := openDatabase(ctx, cfg, newLog(errs, cfg.Log))
	if err != nil {
		return err
	}
	defer func() { err = closing(db, err) }()
	p, err := db.Org().PersonByLogin(ctx, org.FoldLogin(o.Login))
	if fault.Is(err, fault.NotFound) {
		return Exit{Code: 1, Err: fmt.Errorf("%s", o.Text.T("cli.user.unknown", "Login", printable(o.Login)))} //nolint:err113 // words for a person
	}
	if err != nil {
		return err
	}
	err = run(&console{db: db, cfg: cfg, person: p, text: o.Text, out: out})
	if _, ok := fault.Of(err); ok {
		return Exit{Code: 1, Err: inWords(err, o.Text)}
	}
	return err
}

// noted appends the event of the command to whatever else its transaction did.
func (c *console) noted(kind string) func(context.Context, appender) error {
	return func(ctx context.Context, st appender) error {
		return st.Append(ctx, audit.Event{
			Kind: kind, At: st.Now(), Actor: audit.System, Institution: c.person.Institution, Unit: c.person.Unit,
			Object: audit.Object{Kind: "person", ID: c.person.ID},
		})
	}
}

// appender is the part of every feature's transaction that the command line adds to.
type appender interface {
	Now() time.Time
	Append(ctx context.Context, e audit.Event) error
}

// The three transactors of the features, each with the command's event in every transaction.
type (
	orgConsole struct {
		org.Transactor
		note func(context.Context, appender) error
	}
	authConsole struct {
		auth.Transactor
		note func(context.Context, appender) error
	}
	eraseConsole struct {
		org.Eraser
		note func(context.Context, appender) error
	}
)

// InTx implements org.Transactor.
func (c orgConsole) InTx(ctx context.Context, key idempotency.Key, fn func(context.Context, org.Store) (string, error)) (string, bool, error) {
	return c.Transactor.InTx(ctx, key, func(ctx context.Context, st org.Store) (string, error) {
		outcome, err := fn(ctx, st)
		if err != nil {
			return "", err
		}
		return outcome, c.note(ctx, st)
	})
}

// InTx implements auth.Transactor.
func (c authConsole) InTx(ctx context.Context, key idempotency.Key, fn func(context.Context, auth.Store) (string, error)) (string, bool, error) {
	return c.Transactor.InTx(ctx, key, func(ctx context.Context, st auth.Store) (string, error) {
		outcome, err := fn(ctx, st)
		if err != nil {
			return "", err
		}
		return outcome, c.note(ctx, st)
	})
}

// InErasure implements org.Eraser.
func (c eraseConsole) InErasure(ctx context.Context, key idempotency.Key, fn func(context.Context, org.Erasure) (string, error)) (string, bool, error) {
	return c.Eraser.InErasure(ctx, key, func(ctx context.Context, st org.Erasure) (string, error) {
		outcome, err := fn(ctx, st)
		if err != nil {
			return "", err
		}
		return outcome, c.note(ctx, st)
	})
}

func (c *console) organisation(kind string) *org.Service {
	people := c.db.Org()
	return org.New(orgConsole{people, c.noted(kind)}, people, time.Now, org.NewID)
}

// signIn builds the use cases of sign-in as the server has them: mail that tells people of changes waits in the queue.
func (c *console) signIn(kind string) *auth.Service {
	o := signInBasics(c.db, time.Now, auth.Options{Mail: c.cfg.MailHost != ""})
	return auth.New(authConsole{c.db.Auth(), c.noted(kind)}, c.db.Auth(), o)
}

// say prints a sentence.
func (c *console) say(id string, args ...any) error {
	_, err := fmt.Fprintln(c.out, c.text.T(id, append([]any{"Login", c.person.Login}, args...)...))
	return err
}

// sayCode prints a one-use code with where it is used and until when.
func (c *console) sayCode(code string, expires time.Time) error {
	zone, err := locale.Zone("Asia/Jakarta")
	if err != nil {
		return err
	}
	return c.say("cli.user.code", "Code", code, "Address", c.cfg.Address()+"/invitation", "Time", c.text.DateTime(expires, zone))
}

// InviteUser prints a one-use code with which somebody sets a first password, or a new one.
func InviteUser(ctx context.Context, cfg config.Config, o UserOptions, out, errs io.Writer) error {
	return atConsole(ctx, cfg, o, out, errs, func(c *console) error {
		code, expires, err := c.signIn(audit.ConsoleInvited).Invite(ctx, org.Console(), c.person.ID)
		if err != nil {
			return err
		}
		return c.sayCode(code, expires)
	})
}

// ResetUser takes somebody's password and sessions away, with factors the second steps too, and prints a one-use code.
func ResetUser(ctx context.Context, cfg config.Config, o UserOptions, factors bool, out, errs io.Writer) error {
	return atConsole(ctx, cfg, o, out, errs, func(c *console) error {
		code, expires, err := c.signIn(audit.ConsoleReset).ResetAccess(ctx, org.Console(), auth.Renewal{Person: c.person.ID, Factors: factors})
		if err != nil {
			return err
		}
		done := "cli.user.reset"
		if factors {
			done = "cli.user.reset.factors"
		}
		if err := c.say(done); err != nil {
			return err
		}
		return c.sayCode(code, expires)
	})
}

// UnlockUser forgives the wrong tries that keep somebody from signing in.
func UnlockUser(ctx context.Context, cfg config.Config, o UserOptions, out, errs io.Writer) error {
	return atConsole(ctx, cfg, o, out, errs, func(c *console) error {
		if err := c.signIn(audit.ConsoleUnlocked).Unlock(ctx, org.Console(), c.person.ID); err != nil {
			return err
		}
		return c.say("cli.user.unlocked")
	})
}

// MakeAdministrator gives somebody the role that runs the instance, for when nobody who has it can sign in.
func MakeAdministrator(ctx context.Context, cfg config.Config, o UserOptions, out, errs io.Writer) error {
	return atConsole(ctx, cfg, o, out, errs, func(c *console) error {
		if c.person.Closed {
			return fault.New(fault.Invalid, "fault.person.closed")
		}
		actor, err := c.db.Org().Actor(ctx, c.person.ID)
		if err != nil {
			return err
		}
		if actor.Holds(org.RunInstance, time.Now()) {
			return c.say("cli.user.administrator.already")
		}
		_, err = c.organisation(audit.ConsoleAdministrator).Assign(ctx, org.Console(), org.NewAssignment{
			Person: c.person.ID, Role: org.Administrator, Scope: org.Scope{Kind: org.WholeInstance},
		})
		if err != nil {
			return err
		}
		return c.say("cli.user.administrator")
	})
}

// CloseUser closes an account: it no longer signs in, and its sessions end.
func CloseUser(ctx context.Context, cfg config.Config, o UserOptions, out, errs io.Writer) error {
	return atConsole(ctx, cfg, o, out, errs, func(c *console) error {
		if c.person.Closed {
			return c.say("cli.user.closed.already")
		}
		if err := c.organisation(audit.ConsoleClosed).ClosePerson(ctx, org.Console(), idempotency.Key{}, c.person.ID); err != nil {
			return err
		}
		return c.say("cli.user.closed")
	})
}

// EraseOptions is what EraseUser needs beside the login.
type EraseOptions struct {
	Reason string // goes into the log for good: the number of the request, not who asked
	Yes    bool   // nothing undoes it, so it is said twice
}

// EraseUser destroys the personal data of a closed account.
func EraseUser(ctx context.Context, cfg config.Config, o UserOptions, e EraseOptions, out, errs io.Writer) error {
	return atConsole(ctx, cfg, o, out, errs, func(c *console) error {
		if !e.Yes {
			return Exit{Code: 1, Err: fmt.Errorf("%s", o.Text.T("cli.user.erase.sure", "Login", c.person.Login, "Name", printable(c.person.Name)))} //nolint:err113 // words for a person
		}
		err := org.Erase(ctx, eraseConsole{c.db.Org(), c.noted(audit.ConsoleErased)}, org.Console(), org.ErasePerson{Person: c.person.ID, Reason: e.Reason})
		if f, ok := fault.Of(err); ok && len(f.Fields) > 0 {
			return Exit{Code: 1, Err: fmt.Errorf("%s", o.Text.T("cli.user.erase.reason"))} //nolint:err113 // words for a person
		}
		if err != nil {
			return err
		}
		return c.say("cli.user.erased")
	})
}

// ListUsers prints one account a line: login, name, roles, institution, and whether it is closed. It reads beside a
// running server.
func ListUsers(ctx context.Context, cfg config.Config, text *locale.Printer, out, errs io.Writer) (err error) {
	db, err := store.Open(ctx, store.Config{URL: cfg.Database, Beside: true, Log: newLog(errs, cfg.Log)}, nil)
	if err != nil {
		return err
	}
	defer func() { err = closing(db, err) }()
	institutions, err := db.Org().Institutions(ctx, org.Reach{All: true})
	if err != nil {
		return err
	}
	for _, i := range append([]org.Institution{{}}, institutions...) { // first those of the instance
		q := org.PersonQuery{Institution: i.ID, Limit: rosterPage}
		for {
			rows, err := db.Org().People(ctx, q)
			if err != nil {
				return err
			}
			for _, p := range rows {
				q.After = p.After
				if err := listUser(out, text, i, p); err != nil {
					return err
				}
			}
			if len(rows) < rosterPage {
				break
			}
		}
	}
	return nil
}

func listUser(out io.Writer, text *locale.Printer, i org.Institution, p org.PersonRow) error {
	roles := make([]string, len(p.Roles))
	for n, r := range p.Roles {
		roles[n] = string(r)
	}
	state := text.T("cli.user.state.open")
	if p.Closed {
		state = text.T("cli.user.state.closed")
	}
	_, err := fmt.Fprintln(out, strings.Join([]string{
		p.Login, state, strings.Join(roles, ","), printable(p.Name), printable(i.Name),
	}, "\t"))
	return err
}
