package supplytest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// allowed are the licences under which a part may be in the program or in what builds it: all of them let an agency
// use, change and pass on the whole without conditions on its own files.
var allowed = []string{
	"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "BlueOak-1.0.0", "ISC", "MPL-2.0", "Unlicense", "CC0-1.0",
	"Public-Domain",
}

// read by a person: files named like licences that are none.
var noLicence = map[string]string{
	"modernc.org/memory LICENSE-LOGO":         "the address of a picture that the program does not hold",
	"modernc.org/sqlite LICENSE-3RD-PARTY.md": "a list of what the driver came from; it was read: all that reaches a program is permissive or public domain",
}

// wording names each licence by words that only it has, the narrower ones first.
var wording = []struct {
	name  string
	words []string
}{
	{"MPL-2.0", []string{"mozilla public license version 2.0", "1. definitions"}}, // names the GPLs as what it may be combined with
	{"AGPL", []string{"gnu affero general public license"}},
	{"LGPL", []string{"gnu lesser general public license version"}},
	{"GPL", []string{"gnu general public license"}},
	{"Public-Domain", []string{"sqlite is public domain"}},
	{"Apache-2.0", []string{"apache license", "version 2.0"}},
	{"BlueOak-1.0.0", []string{"blue oak model license"}},
	{"CC0-1.0", []string{"cc0 1.0 universal"}},
	{"Unlicense", []string{"this is free and unencumbered software"}},
	{"BSD-3-Clause", []string{"redistribution and use in source and binary forms", "neither the name"}},
	{"BSD-3-Clause", []string{"redistribution and use in source and binary forms", "may not be used to endorse"}},
	{"BSD-2-Clause", []string{"redistribution and use in source and binary forms"}},
	{"MIT", []string{"permission is hereby granted, free of charge", "the above copyright notice and this permission notice"}},
	{"ISC", []string{"permission to use, copy, modify, and", "distribute this software for any purpose with or without fee"}},
}

var spaces = regexp.MustCompile(`[\s*#/;]+`)

// classify names the licence of a text, or says "unknown".
func classify(text string) string {
	text = strings.ToLower(spaces.ReplaceAllString(text, " "))
	for _, w := range wording {
		if !slices.ContainsFunc(w.words, func(s string) bool { return !strings.Contains(text, s) }) {
			return w.name
		}
	}
	return "unknown"
}

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)([.-].*)?$`)

// licences names every licence found at the top of the folder of a part.
func licences(part, dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() || !licenceFile.MatchString(e.Name()) || noLicence[part+" "+e.Name()] != "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, classify(string(text)))
	}
	return out, nil
}

// acceptable tells whether a part with these licences may be used: at least one, and all of them allowed.
func acceptable(found []string) bool {
	return len(found) > 0 && !slices.ContainsFunc(found, func(l string) bool { return !slices.Contains(allowed, l) })
}

func TestSU08EveryGoPartHasAnAllowedLicence(t *testing.T) {
	t.Parallel()
	for _, v := range unpacked(t) {
		found, err := licences(v.Path, folderOf(t, v))
		if err != nil {
			t.Fatal(err)
		}
		if !acceptable(found) {
			t.Errorf("%s %s: licences %v, allowed are %v", v.Path, v.Version, found, allowed)
		}
	}
}

func TestSU08AnUnknownOrCopyleftLicenceIsRefused(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		"GNU AFFERO GENERAL PUBLIC LICENSE Version 3":     "AGPL",
		"                GNU GENERAL PUBLIC LICENSE\n v3": "GPL",
		"All rights reserved. Ask us.":                    "unknown",
	}
	for text, want := range texts {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "LICENSE.txt"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := licences("a.example/b", dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != 1 || found[0] != want || acceptable(found) {
			t.Errorf("%q: found %v, want %s refused", text, found, want)
		}
	}
	if acceptable(nil) {
		t.Error("a part without a licence was accepted")
	}
	own, err := os.ReadFile(filepath.Join(root, "LICENSE"))
	if err != nil {
		t.Fatal(err)
	}
	if got := classify(string(own)); got != "Apache-2.0" {
		t.Errorf("our own licence is taken for %s", got)
	}
}

// npmLicences lists the npm parts whose stated licence is not allowed. "(A OR B)" is accepted for either.
func npmLicences(l lock) []string {
	var out []string
	for name, p := range l.Packages {
		if name == "" {
			continue
		}
		choices := strings.Split(strings.Trim(p.License, "()"), " OR ")
		if !slices.ContainsFunc(choices, func(c string) bool { return slices.Contains(allowed, c) }) {
			out = append(out, name+": "+p.License)
		}
	}
	slices.Sort(out)
	return out
}

func TestSU08EveryNpmPartHasAnAllowedLicence(t *testing.T) {
	t.Parallel()
	var l lock
	if err := json.Unmarshal(read(t, "package-lock.json"), &l); err != nil {
		t.Fatal(err)
	}
	for _, v := range npmLicences(l) {
		t.Error(v)
	}
}

func TestSU08AnNpmPartOfAnotherLicenceIsReported(t *testing.T) {
	t.Parallel()
	l := lock{Packages: map[string]lockPackage{
		"":               {},
		"node_modules/a": {License: "MIT"},
		"node_modules/b": {License: "(AGPL-3.0 OR MIT)"},
		"node_modules/c": {License: "AGPL-3.0"},
		"node_modules/d": {},
	}}
	if got := npmLicences(l); len(got) != 2 {
		t.Errorf("want c and d reported, got %v", got)
	}
}
