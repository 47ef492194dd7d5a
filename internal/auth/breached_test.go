package auth

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"zona/internal/fault"
	"zona/internal/org"
)

func TestALeakedPasswordInDisguiseIsRefusedAndASentenceIsNot(t *testing.T) {
	t.Parallel()
	for password, known := range map[string]bool{
		"katasandi12345":               true,
		"K4t4s4nd1!!!":                 true,
		"p@ssw0rdp@ssw0rd":             true,
		"passwordpassword":             true,
		"rahasia rahasia rahasia":      true,
		"indonesiaraya2026":            true,
		"AdminPassword":                true,
		"1qaz2wsx3edc4rfv":             true,
		"correct horse battery staple": true,
		"correcthorsebatterystaple":    true,
		"123456123456":                 true,
		"123456789012":                 true,
		"zyxwvutsrqponm":               true,
		"84721 55203 9917":             false,
		"coba-kata-sandi-9":            false,
		"sandi-contoh-untuk-uji-2026":  false,
		"admin makan soto di kantin":   false,
		"kuda merah makan angin":       false,
		"laut biru tenang 77":          false,
	} {
		if got := wellKnown(password); got != known {
			t.Errorf("%q: %v", password, got)
		}
	}
}

// lists of a hundred passwords in both forms, the last line without an end.
func lists() (plainly, hashed []byte, in []string) {
	var hashes []string
	for i := range 100 {
		in = append(in, fmt.Sprintf("kata bocor nomor %d%s", i, strings.Repeat("x", i%7)))
	}
	slices.Sort(in)
	for _, p := range in {
		hashes = append(hashes, fmt.Sprintf("%X:%d", sha1.Sum([]byte(p)), len(p)))
	}
	slices.Sort(hashes)
	return []byte(strings.Join(in, "\n")), []byte(strings.Join(hashes, "\r\n")), in
}

func TestAListBesideTheProgramIsFoundLineForLine(t *testing.T) {
	t.Parallel()
	plainly, hashed, in := lists()
	for name, file := range map[string][]byte{"plain": plainly, "hashed": hashed, "with a last end": append(slices.Clone(hashed), '\n')} {
		b, err := OpenBreached(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, p := range in {
			if found, err := b.Has(p); err != nil || !found {
				t.Errorf("%s: %q is not found (%v)", name, p, err)
			}
		}
		for _, p := range []string{"", "a", "kata bocor nomor", "kata bocor nomor 1x1", "zzzz", "kata bocor nomor 99xxx"} {
			if found, err := b.Has(p); err != nil || found {
				t.Errorf("%s: %q is found (%v)", name, p, err)
			}
		}
	}
	var none *Breached
	if found, err := none.Has("katasandi"); found || err != nil {
		t.Errorf("no list: %v, %v", found, err)
	}
	empty, err := OpenBreached(bytes.NewReader(nil), 0)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := empty.Has("x"); found || err != nil {
		t.Errorf("an empty list: %v, %v", found, err)
	}
}

func TestAListThatCannotBeSearchedIsRefused(t *testing.T) {
	t.Parallel()
	plainly, _, in := lists()
	backward := slices.Clone(in)
	slices.Reverse(backward)
	file := []byte(strings.Join(backward, "\n"))
	if _, err := OpenBreached(bytes.NewReader(file), int64(len(file))); !errors.Is(err, errUnsorted) {
		t.Errorf("unsorted: %v", err)
	}
	long := bytes.Repeat([]byte("x"), 3*longestLine)
	if _, err := OpenBreached(bytes.NewReader(long), int64(len(long))); err == nil {
		t.Error("a line without end is taken")
	}
	b, err := OpenBreached(bytes.NewReader(plainly), int64(len(plainly)))
	if err != nil {
		t.Fatal(err)
	}
	b.file = failing{}
	s, _ := setup(t)
	s.opt.Breached = b
	if err := s.checkPassword(fault.Form(), "password", "kuda merah makan angin", org.Person{}); err == nil {
		t.Error("a disk that fails goes unnoticed")
	}
}

func TestAPasswordOnTheListBesideTheProgramIsRefused(t *testing.T) {
	t.Parallel()
	plainly, _, in := lists()
	s, _ := setup(t)
	var err error
	if s.opt.Breached, err = OpenBreached(bytes.NewReader(plainly), int64(len(plainly))); err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]string{in[7]: "fault.invalid password=fault.password.common", "kuda merah makan angin": ""} {
		f := fault.Form()
		if err := s.checkPassword(f, "password", password, org.Person{}); err != nil || said(f.Err()) != want {
			t.Errorf("%q: %q, %v", password, said(f.Err()), err)
		}
	}
}

// failing is a file on a disk that does not answer.
type failing struct{}

// ReadAt is io.ReaderAt's.
func (failing) ReadAt([]byte, int64) (int, error) {
	return iotest.ErrReader(errors.New("disk")).Read(nil)
}
