package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts call zona as a program of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"zona": func() {
			os.Exit(run(context.Background(), os.Args[1:], os.Environ(), streams{out: os.Stdout, err: os.Stderr}))
		},
	})
}

// Each script is one story of an office.
func TestStoriesOfTheOffice(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}
