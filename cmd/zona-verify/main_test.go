package main

import (
	"bytes"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"zona/internal/audit"
)

// office is a log in memory, with all that it gives out.
type office struct {
	t      testing.TB
	folder string
	signer *audit.Signer
	leaves [][]byte
	points []audit.Checkpoint // by size
	hashes hashes
}

type hashes []tlog.Hash

func (h *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		out[i] = (*h)[at]
	}
	return out, nil
}

// newOffice makes a log of n events about answers of one day.
func newOffice(t testing.TB, n int64) *office {
	t.Helper()
	secret, err := audit.NewKey(rand.Reader, "zona.test")
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, folder: t.TempDir()}
	if o.signer, err = audit.NewSigner(secret); err != nil {
		t.Fatal(err)
	}
	var tree audit.Log
	o.points = append(o.points, audit.Checkpoint{Origin: "zona.test", Root: tree.Root()})
	for seq := range n {
		b, err := audit.Canonical(seq, audit.Event{
			Kind: audit.AnswerSet, At: time.UnixMilli(1_780_000_000_000 + seq*1000), Actor: "rani", Institution: "inst", Unit: "unit",
			Object:  audit.Object{Kind: "assessment", ID: "sheet"},
			Changes: []audit.Change{{Field: "answer:A.I.1.i.a", From: `"Tidak"`, To: `"Ya"`}},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		more, err := tlog.StoredHashes(seq, b, &o.hashes)
		if err != nil {
			t.Fatal(err)
		}
		o.hashes = append(o.hashes, more...)
		tree.Add(audit.Leaf(b))
		o.leaves = append(o.leaves, b)
		o.points = append(o.points, audit.Checkpoint{Origin: "zona.test", Size: seq + 1, Root: tree.Root()})
	}
	return o
}

func (o *office) signed(size int64) []byte {
	o.t.Helper()
	b, err := o.signer.Sign(size, o.points[size].Root)
	if err != nil {
		o.t.Fatal(err)
	}
	return b
}

func (o *office) write(name string, parts ...[]byte) string {
	o.t.Helper()
	name = filepath.Join(o.folder, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		o.t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.Join(parts, []byte("\n")), 0o600); err != nil {
		o.t.Fatal(err)
	}
	return name
}

func (o *office) receipt(name string, seq, size int64) string {
	o.t.Helper()
	proof, err := tlog.ProveRecord(size, seq, &o.hashes)
	if err != nil {
		o.t.Fatal(err)
	}
	text, err := audit.Receipt{Canonical: o.leaves[seq], Proof: proof, Signed: o.signed(size)}.Text()
	if err != nil {
		o.t.Fatal(err)
	}
	return o.write(name, text)
}

// export writes these events and the signed checkpoint of size, which a forger may choose freely.
func (o *office) export(name string, leaves [][]byte, signed []byte) string {
	o.t.Helper()
	var b bytes.Buffer
	w := audit.NewExportWriter(&b)
	for _, leaf := range leaves {
		if err := w.Add(leaf); err != nil {
			o.t.Fatal(err)
		}
	}
	if err := w.Close(signed); err != nil {
		o.t.Fatal(err)
	}
	return o.write(name, b.Bytes())
}

// verify runs the program in both languages and returns its exit code and what it said in English.
func (o *office) verify(args ...string) (code int, said string) {
	o.t.Helper()
	codes := map[string]int{}
	for _, lang := range []string{"id", "en"} {
		var out, errs bytes.Buffer
		codes[lang] = run(append([]string{"--lang", lang, "--key", o.signer.VerifierKey()}, args...), &out, &errs)
		said = out.String() + errs.String()
		// A message without its text would show its name.
		if strings.Contains(said, "verify.") && !strings.Contains(said, "zona-verify") {
			o.t.Errorf("a message has no text:\n%s", said)
		}
	}
	if codes["id"] != codes["en"] {
		o.t.Errorf("exit codes %v", codes)
	}
	return codes["en"], said
}

func TestAU05WhatTheSystemGaveOutHoldsWithoutIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 40)
	log := o.export("log", o.leaves, o.signed(40))
	o.write("anchors/checkpoints", o.signed(3), o.signed(3), o.signed(17), o.signed(40))
	o.write("anchors/mail/letter", o.signed(20))
	one, two := o.receipt("one", 0, 17), o.receipt("two", 39, 40)
	code, said := o.verify("--log", log, "--checkpoints", filepath.Join(o.folder, "anchors"), one, two)
	if code != exitHolds {
		t.Errorf("exit code %d\n%s", code, said)
	}
	for _, want := range []string{
		"one: event 0 (Answer changed", "in the log of 17 events", "two: event 39", "5 checkpoints from 2 files",
		"holds 40 events without a gap", "7 checkpoints agree", "everything that was checked holds",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	key := o.write("key", []byte(o.signer.VerifierKey()+"\n"))
	if code := run([]string{"--key", key, one}, &bytes.Buffer{}, &bytes.Buffer{}); code != exitHolds {
		t.Errorf("with the key in a file: exit code %d", code)
	}
}

// The control: everything that could be wrong is said to be, and with the exit code that tells it from the rest.
func TestAU05WhatDoesNotHoldIsSaidToBeSo(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 40)
	other := newOffice(t, 41) // with a key of its own
	forged := newOffice(t, 40)
	forged.signer = o.signer // another log under the right key
	forged.leaves[20] = bytes.Replace(forged.leaves[20], []byte("4:rani"), []byte("4:budi"), 1)
	var tree audit.Log
	for seq, leaf := range forged.leaves {
		tree.Add(audit.Leaf(leaf))
		forged.points[seq+1].Root = tree.Root()
	}
	log := o.export("log", o.leaves, o.signed(40))
	receipt := o.receipt("receipt", 20, 40)
	text, err := os.ReadFile(receipt)
	if err != nil {
		t.Fatal(err)
	}
	without := func(at int) [][]byte { return append(append([][]byte{}, o.leaves[:at]...), o.leaves[at+1:]...) }
	for _, tc := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"a receipt of another log", []string{other.receipt("other", 1, 5)}, exitBroken, "the receipt is not valid"},
		{"a receipt with one letter changed", []string{o.write("touched", bytes.Replace(text, []byte("zona.test\n40"), []byte("zona.test\n41"), 1))}, exitBroken, "the receipt is not valid"},
		{"a file that is no receipt", []string{o.write("nonsense", []byte("halo"))}, exitUnreadable, "no receipt"},
		{"a receipt that is not there", []string{filepath.Join(o.folder, "missing")}, exitUnreadable, "missing"},
		{"a good receipt beside one that is not there", []string{receipt, filepath.Join(o.folder, "missing")}, exitUnreadable, "GOOD"},
		{"an event changed and the chain recomputed", []string{"--log", forged.export("forged", forged.leaves, forged.signed(40)), "--checkpoints", o.write("kept/a", o.signed(30))}, exitBroken, "the first 30 events are not those"},
		{"the same against a receipt", []string{"--log", filepath.Join(forged.folder, "forged"), receipt}, exitBroken, "event 20 is not that of the receipt"},
		{"an event left out", []string{"--log", o.export("without", without(20), o.signed(40))}, exitBroken, "event 20: the event names another position"},
		{"an event changed under the old checkpoint", []string{"--log", o.export("edited", forged.leaves, o.signed(40))}, exitBroken, "its checkpoint says 40"},
		{"the end cut off and signed anew", []string{"--log", o.export("short", o.leaves[:35], o.signed(35)), "--checkpoints", o.write("kept/b", o.signed(40))}, exitBroken, "the export is older than that checkpoint"},
		{"the end cut off, against a receipt", []string{"--log", o.export("shorter", o.leaves[:10], o.signed(10)), receipt}, exitBroken, "event 20 of the receipt"},
		{"an export that another key signed", []string{"--log", o.export("signed", o.leaves, other.signed(40))}, exitBroken, "checkpoint at the end of the export is not valid"},
		{"an export that was cut off", []string{"--log", o.write("cut", []byte("zona-log/1\n5:he"))}, exitUnreadable, "not a whole export"},
		{"a file that is no export", []string{"--log", receipt}, exitUnreadable, "not a whole export"},
		{"an export that is not there", []string{"--log", filepath.Join(o.folder, "missing")}, exitUnreadable, "missing"},
		{"two checkpoints of one size that disagree", []string{"--checkpoints", o.write("fork", o.signed(30), forged.signed(30))}, exitBroken, "two different logs"},
		{"a log that became shorter", []string{"--checkpoints", o.write("rolled", o.signed(30), o.signed(12))}, exitBroken, "once held 30 events and then only 12"},
		{"a checkpoint of another key", []string{"--checkpoints", o.write("alien", other.signed(3))}, exitBroken, "a checkpoint is not valid"},
		{"a folder without checkpoints", []string{"--checkpoints", t.TempDir()}, exitUnreadable, "no checkpoint at all"},
		{"a folder that is not there", []string{"--checkpoints", filepath.Join(o.folder, "missing")}, exitUnreadable, "missing"},
		{"a write that was cut off is passed over", []string{"--log", log, "--checkpoints", o.write("torn", o.signed(3), []byte("zona.test\n4\n"), o.signed(9))}, exitHolds, "1 pieces that are no checkpoints"},
	} {
		code, said := o.verify(tc.args...)
		if code != tc.code || !strings.Contains(said, tc.says) {
			t.Errorf("%s: exit code %d, want %d and %q:\n%s", tc.name, code, tc.code, tc.says, said)
		}
	}
}

func TestTheCommandLineIsExplained(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		code int
	}{
		{nil, exitUsage},
		{[]string{"--key", "x"}, exitUsage},
		{[]string{"receipt"}, exitUsage},
		{[]string{"--nonsense"}, exitUsage},
		{[]string{"--help"}, exitHolds},
		{[]string{"--key", "no such file", "receipt"}, exitUnreadable},
	} {
		var out, errs bytes.Buffer
		if code := run(tc.args, &out, &errs); code != tc.code || out.Len()+errs.Len() == 0 {
			t.Errorf("%q: exit code %d, want %d\n%s%s", tc.args, code, tc.code, &out, &errs)
		}
	}
}

// No part of the program, of ours or of others, can reach a database or a network. This test imports what the program
// imports, so it runs anew whenever that changes.
func TestAU05TheProgramKnowsNeitherNetworkNorDatabase(t *testing.T) {
	t.Parallel()
	banned := func(path string) []string {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", path).Output()
		if err != nil {
			t.Fatalf("list what %s imports: %v", path, err)
		}
		var found []string
		for p := range strings.FieldsSeq(string(out)) {
			switch {
			case p == "net", strings.HasPrefix(p, "net/http"), strings.HasPrefix(p, "database/"), strings.HasPrefix(p, "crypto/tls"),
				p == "os/exec", p == "plugin", strings.HasPrefix(p, "modernc.org/"), strings.HasPrefix(p, "github.com/jackc/"),
				p == "zona/internal/store", p == "zona/internal/web":
				found = append(found, p)
			}
		}
		return found
	}
	if found := banned("."); len(found) > 0 {
		t.Errorf("the program can use %v", found)
	}
	if found := banned("../zona"); len(found) < 4 {
		t.Errorf("of the server only %v was found: this test could not fail", found)
	}
}

// au05 is the size and the time of AU-05.
const (
	au05Events = 100_000
	au05Limit  = 10 * time.Second
)

func TestAU05AHundredThousandEventsAreVerifiedWithinTenSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("a large log: runs without -short")
	}
	t.Parallel()
	o := newOffice(t, au05Events)
	log := o.export("log", o.leaves, o.signed(au05Events))
	var anchors [][]byte
	for size := int64(100); size <= au05Events; size += 100 {
		anchors = append(anchors, o.signed(size))
	}
	kept := o.write("checkpoints", anchors...)
	began := time.Now()
	code, said := o.verify("--log", log, "--checkpoints", kept)
	// Both languages: the log is read twice.
	if took := time.Since(began) / 2; code != exitHolds || took > au05Limit {
		t.Errorf("exit code %d after %v\n%s", code, took, said)
	}
}

func BenchmarkAU05HundredThousandEvents(b *testing.B) {
	o := newOffice(b, au05Events)
	log := o.export("log", o.leaves, o.signed(au05Events))
	kept := o.write("checkpoints", o.signed(au05Events/2), o.signed(au05Events))
	b.ReportAllocs()
	for b.Loop() {
		if code := run([]string{"--key", o.signer.VerifierKey(), "--log", log, "--checkpoints", kept}, &bytes.Buffer{}, &bytes.Buffer{}); code != exitHolds {
			b.Fatalf("exit code %d", code)
		}
	}
}
