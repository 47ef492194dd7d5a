// Command zona-verify checks, away from the system and without it, what the system has given out of its log:
// receipts, checkpoints that were kept elsewhere, and an export of the whole log. It needs the public key of the log
// and nothing else: it opens no database and no connection (the import table of the house and a test of its own see
// to that), so that an inspector can read all of it and run it on a machine of his or her own.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"zona/internal/audit"
	"zona/internal/locale"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// The exit codes: everything that was checked holds; something does not; something could not be read, so that
// nothing is known about it; the command line is wrong.
const (
	exitHolds      = 0
	exitBroken     = 1
	exitUnreadable = 2
	exitUsage      = 64
)

// request is what the command line asks for.
type request struct {
	lang, key, log, checkpoints string
	receipts                    []string
}

// run is the program without its process.
func run(args []string, out, errs io.Writer) int {
	var q request
	flags := flag.NewFlagSet("zona-verify", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.StringVar(&q.lang, "lang", locale.Indonesian, "language of the output, id or en")
	flags.StringVar(&q.key, "key", "", "public key of the log, or a file that holds it (must be given; get it from somebody other than who gave you the files)")
	flags.StringVar(&q.log, "log", "", "export of the whole log, written by \"zona log export\"")
	flags.StringVar(&q.checkpoints, "checkpoints", "", "file of checkpoints, or a folder of such files, that were kept outside")
	flags.Usage = func() {
		_, _ = fmt.Fprint(errs, "zona-verify --key KEY [--log FILE] [--checkpoints FOLDER] [RECEIPT...]\n\n"+
			"Checks receipts, checkpoints and an export of the log of a Zona, without Zona.\n"+
			"Exits 0 when everything holds, 1 when something does not, 2 when something cannot be read.\n\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitHolds
		}
		return exitUsage
	}
	q.receipts = flags.Args()
	if q.key == "" || q.log == "" && q.checkpoints == "" && len(q.receipts) == 0 {
		flags.Usage()
		return exitUsage
	}
	c := checker{out: out, text: locale.For(q.lang)}
	c.all(q)
	return c.end()
}

// keyOf reads a key, or the file that holds it.
func keyOf(given string) (audit.Verifier, error) {
	if v, err := audit.NewVerifier(given); err == nil {
		return v, nil
	}
	b, err := readFile(given, 10_000)
	if err != nil {
		return audit.Verifier{}, err
	}
	return audit.NewVerifier(strings.TrimSpace(string(b)))
}

// errTooLong is a file that cannot be what it is taken for.
var errTooLong = errors.New("the file is too long for what it should be")

// readFile reads a file of at most limit bytes.
func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("read %s: %w", name, errTooLong)
	}
	return b, nil
}
