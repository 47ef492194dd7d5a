package instrument

import (
	"embed"
	"fmt"
	"slices"
	"sync"
)

//go:embed data/*.yaml
var dataFiles embed.FS

// builtin parses the embedded files on first use, once. Their tests load each of them, so a bad one cannot be built
// into a release unnoticed; if it were, every instrument would be missing rather than one be wrong.
var builtin = sync.OnceValues(func() ([]*Instrument, error) {
	entries, err := dataFiles.ReadDir("data")
	if err != nil {
		return nil, fmt.Errorf("list the built-in instruments: %w", err)
	}
	var all []*Instrument
	for _, e := range entries {
		data, err := dataFiles.ReadFile("data/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read the built-in instrument %s: %w", e.Name(), err)
		}
		in, err := Load(e.Name(), data)
		if err != nil {
			return nil, fmt.Errorf("load the built-in instrument: %w", err)
		}
		all = append(all, in)
	}
	// Examples last: the first instrument is the one that people mean.
	slices.SortStableFunc(all, func(a, b *Instrument) int { return boolInt(a.Example) - boolInt(b.Example) })
	return all, nil
})

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// All returns the built-in instruments, real ones first, then examples. Adding a file under data/ adds one.
func All() []*Instrument {
	all, err := builtin()
	if err != nil {
		return nil
	}
	return slices.Clone(all)
}

// ByID returns a built-in instrument. The error is for logs and command lines: it names the ids that there are, or
// what is wrong with a built-in file.
func ByID(id string) (*Instrument, error) {
	all, err := builtin()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, in := range all {
		if in.ID == id {
			return in, nil
		}
		ids = append(ids, in.ID)
	}
	return nil, fmt.Errorf("no instrument %q; there are %v", clip(id), ids)
}
