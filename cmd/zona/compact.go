package main

import "zona/internal/app"

type compactCommand struct{ configured }

// Run needs the database for itself: on SQLite a running server is stopped first.
func (c compactCommand) Run(k *call) error {
	cfg, err := c.load(k.environ)
	if err != nil {
		return err
	}
	return app.Compact(k.ctx, cfg, k.std.out, k.std.err)
}
