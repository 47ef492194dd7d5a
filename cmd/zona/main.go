// Command zona is the whole product in one binary: the server, the demo, and the tools of an office that has no
// server (score, instrument). Here are only flags and exit codes; the program is built in package app.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"zona/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), streams{out: os.Stdout, err: os.Stderr, terminal: terminal(os.Stderr)})
	stop()
	os.Exit(code)
}

// terminal reports whether somebody looks at a file as it is written: a character device is a terminal, or one like it.
func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// streams is where the program writes.
type streams struct {
	out, err io.Writer
	terminal bool // err is a terminal, so progress may be drawn on it
}

// exitUsage is what a wrong command line exits with; scripts tell it from an unreadable file (2) by the text.
const exitUsage = 64

// run is the program without its process: arguments, environment and streams in, exit code out.
func run(ctx context.Context, args, environ []string, std streams) (code int) {
	var cli commands
	exited := -1
	parser, err := kong.New(&cli,
		kong.Name("zona"),
		kong.Description("Zona Integritas: build, fill, score and evaluate integrity zones (PermenPANRB 90/2021 and 5/2024)."),
		kong.Writers(std.out, std.err),
		kong.Exit(func(c int) { exited = c }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		_, _ = fmt.Fprintln(std.err, "zona:", err)
		return exitUsage
	}
	selected, err := parser.Parse(args)
	if exited >= 0 {
		return exited // --help or --version has been printed
	}
	if err != nil {
		_, _ = fmt.Fprintln(std.err, "zona:", err)
		return exitUsage
	}
	err = selected.Run(&call{ctx: ctx, environ: environ, std: std})
	var exit app.Exit
	switch {
	case errors.As(err, &exit):
		if exit.Err != nil {
			_, _ = fmt.Fprintln(std.err, "zona:", exit.Err)
		}
		return exit.Code
	case err != nil:
		_, _ = fmt.Fprintln(std.err, "zona:", err)
		return 1
	}
	return 0
}
