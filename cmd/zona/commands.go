package main

import (
	"context"
	"fmt"
	"slices"

	"zona/internal/app"
	"zona/internal/config"
	"zona/internal/locale"
)

// call is what every command gets beside its flags.
type call struct {
	ctx     context.Context //nolint:containedctx // kong hands one value to every command; it lives as long as the call
	environ []string
	std     streams
}

// commands is the whole command line.
type commands struct {
	Serve      serveCommand      `cmd:"" help:"Serve the institution in the configured database."`
	Demo       demoCommand       `cmd:"" help:"Serve an invented institution, marked as such on every page."`
	Score      scoreCommand      `cmd:"" help:"Score filled evaluation sheets (.xlsx, or .json with answers)."`
	Instrument instrumentCommand `cmd:"" help:"Check and show instruments."`
	Migrate    migrateCommand    `cmd:"" help:"Bring the database to this program's version."`
	Import     importCommand     `cmd:"" help:"Bring in units, people or assignments from a table; with --dry-run only show it."`
	Export     exportCommand     `cmd:"" help:"Write units, people or assignments as CSV."`
	User       userCommand       `cmd:"" help:"Help accounts when nobody can sign in who could: codes, locks, administrators."`
	Backup     backupCommand     `cmd:"" help:"Write an encrypted copy of the database, also while the server runs."`
	Restore    restoreCommand    `cmd:"" help:"Fill an empty database from a copy, verified whole."`
	Doctor     doctorCommand     `cmd:"" help:"Check the database, its log and its scores; show who may do what."`
	Log        logCommand        `cmd:"" help:"Take the log out for checking elsewhere; show its public key."`
	Compact    compactCommand    `cmd:"" help:"Rewrite the database without what was deleted, after personal data was erased."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

// configured is embedded by commands that read the configuration.
type configured struct {
	Config   string `help:"Configuration file (TOML)." type:"path" placeholder:"FILE"`
	Database string `help:"SQLite file or postgres:// URL, instead of the configured one." placeholder:"URL"`
	Listen   string `help:"Address to serve on, instead of the configured one." placeholder:"HOST:PORT"`
}

func (c configured) load(environ []string) (config.Config, error) {
	for name, value := range map[string]string{"ZONA_DATABASE": c.Database, "ZONA_LISTEN": c.Listen} {
		if value != "" {
			environ = append(slices.Clip(environ), name+"="+value)
		}
	}
	return config.Load(c.Config, environ)
}

type serveCommand struct{ configured }

// Run serves until the process is told to stop.
func (c serveCommand) Run(k *call) error {
	cfg, err := c.load(k.environ)
	if err != nil {
		return err
	}
	return app.Serve(k.ctx, cfg, k.std.out, k.std.err)
}

type demoCommand struct {
	configured
	Password string `help:"Password of all demo accounts; drawn at first start when not given." placeholder:"TEXT"`
	Courts   int    `help:"How many courts the institution has." default:"40"`
	Years    int    `help:"How many evaluation years it looks back on." default:"3"`
	Only     bool   `help:"Make the institution and stop, without serving."`
}

// Run makes the demo institution where it is missing and serves it.
func (c demoCommand) Run(k *call) error {
	cfg, err := c.load(k.environ)
	if err != nil {
		return err
	}
	return app.Demo(k.ctx, cfg, app.DemoOptions{Password: c.Password, Courts: c.Courts, Years: c.Years, Only: c.Only}, k.std.out, k.std.err)
}

type scoreCommand struct {
	Files      []string `arg:"" name:"file" help:"Workbooks, answer files, or folders of them."`
	JSON       bool     `help:"Print one JSON document per file and line."`
	Column     string   `help:"Answer column: unit, tpi (first evaluator), tpi2 (second), or a heading as printed." default:"unit"`
	Instrument string   `help:"Instrument of workbooks, and of answer files that name none." default:"lke-2021"`
	Lang       string   `help:"Language of the output." enum:"id,en" default:"id"`
}

// Run scores and exits 0 (scored), 1 (scored with problems) or 2 (a file was not readable).
func (c scoreCommand) Run(k *call) error {
	req := app.ScoreRequest{
		Paths: c.Files, Instrument: c.Instrument, Column: c.Column, JSON: c.JSON,
		Out: k.std.out, Text: locale.For(c.Lang),
	}
	if k.std.terminal {
		req.Progress = k.std.err
	}
	code, err := app.Score(k.ctx, req)
	if err != nil || code != 0 {
		return app.Exit{Code: code, Err: err}
	}
	return nil
}

type instrumentCommand struct {
	Validate validateCommand `cmd:"" help:"Check an instrument file and list everything that is wrong with it."`
	Show     showCommand     `cmd:"" help:"Show an instrument."`
	List     listCommand     `cmd:"" help:"List the instruments of this program."`
}

type validateCommand struct {
	File string `arg:"" help:"Instrument file (YAML)."`
}

// Run exits 0 when the file is sound, 1 when it is not, 2 when it cannot be read.
func (c validateCommand) Run(k *call) error { return app.ValidateInstrument(c.File, k.std.out) }

type showCommand struct {
	ID     string `arg:"" help:"Instrument id, for example lke-2021."`
	Format string `help:"Form of the output." enum:"text,json,xlsx" default:"text"`
	Lang   string `help:"Language of headings." enum:"id,en" default:"id"`
}

// Run writes the instrument to standard output.
func (c showCommand) Run(k *call) error {
	return app.ShowInstrument(c.ID, c.Format, locale.For(c.Lang), k.std.out)
}

type listCommand struct{}

// Run lists id, title and regulation.
func (listCommand) Run(k *call) error { return app.ListInstruments(k.std.out) }

type migrateCommand struct{ configured }

// Run migrates and says from which version to which.
func (c migrateCommand) Run(k *call) error {
	cfg, err := c.load(k.environ)
	if err != nil {
		return err
	}
	return app.Migrate(k.ctx, cfg, k.std.out, k.std.err)
}

type backupCommand struct {
	configured
	To string `help:"File to write, instead of a new one in the folder of the copies." type:"path" placeholder:"FILE"`
}

// Run writes a copy and says what it holds.
func (c backupCommand) Run(k *call) error {
	cfg, err := c.load(k.environ)
	if err != nil {
		return err
	}
	return app.Backup(k.ctx, cfg, c.To, k.std.out, k.std.err)
}

type restoreCommand struct {
	configured
	File           string `arg:"" help:"Copy to restore." type:"path"`
	Identity       string `help:"File of the key, instead of the instance's own." type:"path" placeholder:"FILE"`
	AcceptProblems bool   `help:"Restore a whole copy although its log or its sheets do not agree with themselves."`
}

// Run refuses a database that is not empty and a copy that is damaged in any bit.
func (c restoreCommand) Run(k *call) error {
	cfg, err := c.load(k.environ)
	if err != nil {
		return err
	}
	o := app.RestoreOptions{File: c.File, Identity: c.Identity, Accept: c.AcceptProblems}
	return app.Restore(k.ctx, cfg, o, k.std.out, k.std.err)
}

type doctorCommand struct {
	Check  doctorCheckCommand  `cmd:"" default:"1" help:"Verify settings, the log and every stored score."`
	Backup doctorBackupCommand `cmd:"" help:"Restore the newest copy into a scratch database, verify it, note the result."`
	Access doctorAccessCommand `cmd:"" help:"Print the table of routes and the table of roles and capabilities."`
}

type doctorBackupCommand struct {
	configured
	File     string `help:"Copy to test, instead of the newest one." type:"path" placeholder:"FILE"`
	Identity string `help:"File of the key, instead of the instance's own." type:"path" placeholder:"FILE"`
}

// Run exits 1 when the copy cannot be restored or does not agree with the database.
func (c doctorBackupCommand) Run(k *call) error {
	cfg, err := c.load(k.environ)
	if err != nil {
		return err
	}
	return app.DoctorBackup(k.ctx, cfg, c.File, c.Identity, k.std.out, k.std.err)
}

type doctorCheckCommand struct{ configured }

// Run exits 1 when something is wrong.
func (c doctorCheckCommand) Run(k *call) error {
	cfg, err := c.load(k.environ)
	if err != nil {
		return err
	}
	return app.Doctor(k.ctx, cfg, k.std.out, k.std.err)
}

type doctorAccessCommand struct{}

// Run needs no database: the policy is in the program.
func (doctorAccessCommand) Run(k *call) error { return app.Access(k.std.out) }

type versionCommand struct{}

// Run prints the version that the build carries.
func (versionCommand) Run(k *call) error {
	_, err := fmt.Fprintln(k.std.out, app.Version())
	return err
}
