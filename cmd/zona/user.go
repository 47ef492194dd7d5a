package main

import (
	"zona/internal/app"
	"zona/internal/config"
	"zona/internal/locale"
)

// userCommand is what helps when nobody can sign in who could help on a page.
type userCommand struct {
	List          userListCommand          `cmd:"" help:"List the accounts: login, state, roles, name, institution; tabs between."`
	Invite        userInviteCommand        `cmd:"" help:"Print a one-use code with which somebody sets a password."`
	Reset         userResetCommand         `cmd:"" help:"Take password and sessions away and print a one-use code."`
	Unlock        userUnlockCommand        `cmd:"" help:"Forgive the wrong tries that keep somebody from signing in."`
	Administrator userAdministratorCommand `cmd:"" help:"Make somebody administrator of the instance."`
	Close         userCloseCommand         `cmd:"" help:"Close an account and end its sessions."`
	Erase         userEraseCommand         `cmd:"" help:"Destroy the personal data of a closed account, for good."`
}

// spoken is embedded by commands that answer in words.
type spoken struct {
	Lang string `help:"Language of the output." enum:"id,en" default:"id"`
}

// person is embedded by commands about one account. On SQLite a running server is stopped first, since the file has one
// writer; `zona user list` needs no pause.
type person struct {
	configured
	spoken
	Login string `arg:"" help:"Login of the account."`
}

// about loads the configuration and says whom the command is about.
func (p person) about(k *call) (config.Config, app.UserOptions, error) {
	cfg, err := p.load(k.environ)
	return cfg, app.UserOptions{Login: p.Login, Text: locale.For(p.Lang)}, err
}

type userListCommand struct {
	configured
	spoken
}

// Run lists, also while the server runs.
func (c userListCommand) Run(k *call) error {
	cfg, err := c.load(k.environ)
	if err != nil {
		return err
	}
	return app.ListUsers(k.ctx, cfg, locale.For(c.Lang), k.std.out, k.std.err)
}

type userInviteCommand struct{ person }

// Run prints the code, which is kept nowhere.
func (c userInviteCommand) Run(k *call) error {
	cfg, o, err := c.about(k)
	if err != nil {
		return err
	}
	return app.InviteUser(k.ctx, cfg, o, k.std.out, k.std.err)
}

type userResetCommand struct {
	person
	Factors bool `help:"Remove the second steps too, for somebody who has lost them all."`
}

// Run prints the code, which is kept nowhere.
func (c userResetCommand) Run(k *call) error {
	cfg, o, err := c.about(k)
	if err != nil {
		return err
	}
	return app.ResetUser(k.ctx, cfg, o, c.Factors, k.std.out, k.std.err)
}

type userUnlockCommand struct{ person }

// Run tells every server; the next try counts as the first.
func (c userUnlockCommand) Run(k *call) error {
	cfg, o, err := c.about(k)
	if err != nil {
		return err
	}
	return app.UnlockUser(k.ctx, cfg, o, k.std.out, k.std.err)
}

type userAdministratorCommand struct{ person }

// Run changes nothing for somebody who is one already.
func (c userAdministratorCommand) Run(k *call) error {
	cfg, o, err := c.about(k)
	if err != nil {
		return err
	}
	return app.MakeAdministrator(k.ctx, cfg, o, k.std.out, k.std.err)
}

type userCloseCommand struct{ person }

// Run refuses to close the last administrator.
func (c userCloseCommand) Run(k *call) error {
	cfg, o, err := c.about(k)
	if err != nil {
		return err
	}
	return app.CloseUser(k.ctx, cfg, o, k.std.out, k.std.err)
}

type userEraseCommand struct {
	person
	Reason string `help:"What the request rests on, for the log: its number, not who asked." required:"" placeholder:"TEXT"`
	Yes    bool   `help:"Really: nothing brings the data back."`
}

// Run refuses an account that is open, and without --yes.
func (c userEraseCommand) Run(k *call) error {
	cfg, o, err := c.about(k)
	if err != nil {
		return err
	}
	return app.EraseUser(k.ctx, cfg, o, app.EraseOptions{Reason: c.Reason, Yes: c.Yes}, k.std.out, k.std.err)
}
