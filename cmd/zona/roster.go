package main

import (
	"zona/internal/app"
	"zona/internal/locale"
)

type importCommand struct {
	configured
	Kind        string `arg:"" help:"What the rows are." enum:"units,people,assignments"`
	File        string `arg:"" help:"Table to read (.xlsx or .csv)." type:"path"`
	Institution string `help:"Institution, by id or name." required:"" placeholder:"NAME"`
	DryRun      bool   `help:"Show what would change and store nothing."`
	Lang        string `help:"Language of the output." enum:"id,en" default:"id"`
}

// Run exits 0 when all is stored, 1 when rows must be mended and nothing is, 2 when the file cannot be read.
func (c importCommand) Run(k *call) error {
	cfg, err := c.load(k.environ)
	if err != nil {
		return err
	}
	o := app.RosterOptions{Kind: c.Kind, File: c.File, Institution: c.Institution, DryRun: c.DryRun, Text: locale.For(c.Lang)}
	return app.ImportRoster(k.ctx, cfg, o, k.std.out, k.std.err)
}

type exportCommand struct {
	configured
	Kind        string `arg:"" help:"What to list." enum:"units,people,assignments"`
	Institution string `help:"Institution, by id or name." required:"" placeholder:"NAME"`
	Lang        string `help:"Language of messages." enum:"id,en" default:"id"`
}

// Run writes CSV to standard output, also while the server runs.
func (c exportCommand) Run(k *call) error {
	cfg, err := c.load(k.environ)
	if err != nil {
		return err
	}
	o := app.RosterOptions{Kind: c.Kind, Institution: c.Institution, Text: locale.For(c.Lang)}
	return app.ExportRoster(k.ctx, cfg, o, k.std.out, k.std.err)
}
