package auth

import (
	"context"
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"

	"zona/internal/fault"
	"zona/internal/org"
)

func TestPasswordsAreRefusedForLengthAndForWhatEverybodyTriesFirst(t *testing.T) {
	t.Parallel()
	p := org.Person{Name: "Siti Aminah", Login: "siti.aminah@pn.example", NIP: "199001012015011001"}
	for _, c := range []struct{ password, want string }{
		{"kuda merah makan angin", ""},
		{"Tr0ub4dor&3xyzw", ""},
		{"siti suka sekali makan sate", ""}, // her name is in it, and much besides
		{"84721 55203 9917", ""},
		{"sebelas huruf", ""},
		{"", "required"},
		{"sebelas hrf", "short"},
		{strings.Repeat("panjang ", 26), "long"},
		{"dua belas \xff\xff\xff", "characters"},
		{"SitiAminah123", "login"},
		{"siti.aminah@pn.example", "login"},
		{"aminah 2026!!", "login"},
		{"199001012015011001", "login"},
		{"password12345", "common"},
		{"Rahasia-12345", "common"},
		{"Katasandi2026!", "common"},
		{"123456789012", "common"},
		{"Qwertyuiop123", "common"},
		{"aaaaaaaaaaaaaa", "common"},
		{"121212121212", "common"},
		{"bismillah bismillah", "common"},
		{"Zona Integritas 2026", "common"},
		{"coba-kata-sandi-9", ""}, // holds common words and is none
	} {
		f := fault.Form()
		if err := (&Service{}).checkPassword(f, "password", c.password, p); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, field := range f.Fields {
			got += field.Message[strings.LastIndex(field.Message, ".")+1:]
		}
		if got != c.want {
			t.Errorf("%.30q: %q, want %q", c.password, got, c.want)
		}
	}
}

func TestHashesAreThoseOfArgon2idAtTheChosenCost(t *testing.T) {
	t.Parallel()
	h := newHasher(Cost())
	hash, err := h.hash(context.Background(), secret)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q, %v", hash, err)
	}
	for _, c := range []struct {
		name, password, stored string
		want                   bool
	}{
		{"the password", secret, hash, true},
		{"another", secret + "x", hash, false},
		{"nothing against nobody", "", "", false},
		{"the password against nobody", secret, "", false},
	} {
		if got, err := h.matches(context.Background(), c.password, c.stored); err != nil || got != c.want {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	if _, err := h.matches(context.Background(), secret, "$nonsense"); err == nil {
		t.Error("a stored hash that cannot be read passes in silence")
	}
	// The dummy must cost what a real hash costs.
	params, _, _, err := argon2id.DecodeHash(h.dummy)
	if err != nil || *params != *Cost() {
		t.Errorf("the dummy costs %+v, %v", params, err)
	}
}

func FuzzCheckPassword(f *testing.F) {
	f.Add("kuda merah makan angin")
	f.Add("password12345")
	f.Add("\xff\u0130")
	p := org.Person{Name: "Siti", Login: "siti"}
	f.Fuzz(func(t *testing.T, password string) {
		form := fault.Form()
		if err := (&Service{}).checkPassword(form, "password", password, p); err != nil {
			t.Fatal(err)
		}
		if form.Err() == nil && len([]rune(password)) < minPassword {
			t.Fatalf("%q passes", password)
		}
	})
}

func BenchmarkSignInHash(b *testing.B) {
	h := newHasher(Cost())
	for b.Loop() {
		if _, err := h.matches(context.Background(), secret, ""); err != nil {
			b.Fatal(err)
		}
	}
}
