package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestAProgramThatWasToldNothingListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	c, err := Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Address() != "http://localhost:8080" {
		t.Errorf("address %q", c.Address())
	}
}

func TestTheEnvironmentWinsOverTheFile(t *testing.T) {
	t.Parallel()
	path := write(t, 0o640, "listen = \"127.0.0.1:1\"\nlog = \"warn\"\n")
	c, err := Load(path, []string{"ZONA_LISTEN=127.0.0.1:2", "HOME=/x", "ZONA_TEST_POSTGRES=x"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:2" || c.Log != "warn" {
		t.Errorf("got %+v", c)
	}
}

func TestBadSettingsAreRefusedWithTheWayToMendThem(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, file string
		mode       os.FileMode
		env        []string
		want       string
	}{
		{name: "an unknown key in the file", file: "lisen = \"x\"", want: "unknown setting \"lisen\""},
		{name: "an unknown name in the environment", env: []string{"ZONA_LISEN=x"}, want: "ZONA_LISEN"},
		{name: "a file that everybody can read", file: "log = \"info\"", mode: 0o644, want: "chmod 640"},
		{name: "plain HTTP on every address", env: []string{"ZONA_LISTEN=0.0.0.0:80"}, want: "passwords in the clear"},
		{name: "plain HTTP on no named address", env: []string{"ZONA_LISTEN=:80"}, want: "passwords in the clear"},
		{name: "certificate files that are not named", env: []string{"ZONA_TLS=files"}, want: "certificate and key"},
		{name: "a proxy that nobody named", env: []string{"ZONA_TLS=proxy", "ZONA_URL=https://x.go.id"}, want: "needs proxies"},
		{name: "a proxy with a wrong address", env: []string{"ZONA_TLS=proxy", "ZONA_URL=https://x.go.id", "ZONA_PROXIES=a b"}, want: "neither an address"},
		{name: "a public name without HTTPS", env: []string{"ZONA_URL=http://zi.go.id"}, want: "plain HTTP on a public name"},
		{name: "a second step that is neither", env: []string{"ZONA_SECOND_FACTOR=maybe"}, want: "none of required, optional"},
		{name: "broken TOML", file: "listen = ", want: "configuration"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := ""
			if tc.file != "" {
				mode := tc.mode
				if mode == 0 {
					mode = 0o600
				}
				path = write(t, mode, tc.file)
			}
			_, err := Load(path, tc.env)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want it to say %q", err, tc.want)
			}
		})
	}
}

func TestEveryFieldHasItsKey(t *testing.T) {
	t.Parallel()
	var tags []string
	for field := range reflect.TypeFor[Config]().Fields() {
		tags = append(tags, field.Tag.Get("koanf"))
	}
	if !reflect.DeepEqual(tags, keys()) {
		t.Errorf("fields are %v, keys %v", tags, keys())
	}
}

func TestPrintingHidesThePassword(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Database = "postgres://zona:secret@db/zona"
	if got := c.Printable().Database; strings.Contains(got, "secret") {
		t.Errorf("printed %q", got)
	}
}

func write(t *testing.T, mode os.FileMode, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "zona.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}
