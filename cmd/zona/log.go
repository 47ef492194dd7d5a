package main

import "zona/internal/app"

type logCommand struct {
	Key    logKeyCommand    `cmd:"" help:"Print the public key with which zona-verify checks the log; make the key where there is none."`
	Export logExportCommand `cmd:"" help:"Write the whole log to a file for zona-verify. It holds answers and who gave them: hand it to whom it concerns."`
}

type logKeyCommand struct{ configured }

// Run needs no database.
func (c logKeyCommand) Run(k *call) error {
	cfg, err := c.load(k.environ)
	if err != nil {
		return err
	}
	return app.LogKey(cfg, k.std.out)
}

type logExportCommand struct {
	configured
	File string `arg:"" help:"File to write; it must not exist." type:"path"`
}

// Run exports beside a running server.
func (c logExportCommand) Run(k *call) error {
	cfg, err := c.load(k.environ)
	if err != nil {
		return err
	}
	return app.LogExport(k.ctx, cfg, c.File, k.std.out, k.std.err)
}
