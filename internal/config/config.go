// Package config reads the program's one configuration: a TOML file, then the environment. It is checked whole at
// start, with every problem listed, and changed only by a restart. The zero file is a working configuration.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

// Config is everything that can be set. Each field can also be given as ZONA_<NAME> in the environment, which wins.
type Config struct {
	// Data is the folder for what the program keeps beside the database (its own certificate).
	Data string `koanf:"data"`
	// Database is a SQLite file ("var/zona.db") or a PostgreSQL URL ("postgres://…").
	Database string `koanf:"database"`
	// Listen is the address to serve on, "127.0.0.1:8080".
	Listen string `koanf:"listen"`
	// URL is the address that people type, "https://zi.example.go.id"; empty: made from Listen.
	URL string `koanf:"url"`
	// TLS is how connections are protected: "none" (loopback only), "self-signed", "files", or "proxy".
	TLS string `koanf:"tls"`
	// Certificate and Key are PEM files for TLS "files".
	Certificate string `koanf:"certificate"`
	Key         string `koanf:"key"`
	// Proxies are the addresses or networks whose X-Forwarded-* headers are believed, for TLS "proxy".
	Proxies []string `koanf:"proxies"`
	// Log is the least level that is written: debug, info, warn, error.
	Log string `koanf:"log"`
	// SecondFactor says whether those who run things or judge must have a second step at sign-in a day after they got
	// their role: "required" or "optional".
	SecondFactor string `koanf:"second_factor"`
	// BreachedPasswords is a sorted file of leaked passwords, or of their SHA-1, that nobody may choose; empty: the
	// built-in list alone.
	BreachedPasswords string `koanf:"breached_passwords"`
	// LogKey is the file of the key that signs checkpoints of the log, made at first start; empty: "zona-log.key"
	// beside the configuration file, "log.key" in Data without one. Servers on one database share it.
	LogKey string `koanf:"log_key"`
	// AnchorFolder is where signed checkpoints are appended to a file, best on another disk or computer; empty:
	// "anchor" beside the database file, in Data for PostgreSQL.
	AnchorFolder string `koanf:"anchor_folder"`
	// AnchorMail is the address, outside the office that runs the database, that every signed checkpoint is sent to;
	// empty: none is sent.
	AnchorMail string `koanf:"anchor_mail"`
	// MailHost is the SMTP server that mails are handed to; empty: no mail, codes are handed over on paper.
	MailHost string `koanf:"mail_host"`
	// MailPort is its port, 587 for "starttls", 465 for "tls".
	MailPort int `koanf:"mail_port"`
	// MailTLS is how the connection to it is protected: "starttls", "tls", or "none" (on this machine only).
	MailTLS string `koanf:"mail_tls"`
	// MailUser is the name that the server asks for; empty: it asks for none.
	MailUser string `koanf:"mail_user"`
	// MailPasswordFile is the file that holds the password of MailUser.
	MailPasswordFile string `koanf:"mail_password_file"`
	// MailFrom is the address that mails come from.
	MailFrom string `koanf:"mail_from"`
	// MailCA is a PEM file with the certificate that vouches for the server; empty: whom this machine trusts.
	MailCA string `koanf:"mail_ca"`
	// Backup says whether the server copies the database once a day; without it every administrator is warned.
	Backup bool `koanf:"backup"`
	// BackupFolder is where the copies are kept; empty: "backup" beside the database file, in Data for PostgreSQL.
	BackupFolder string `koanf:"backup_folder"`
	// BackupHour is the hour of the day, in Jakarta, from 0 to 23, after which the day's copy is made.
	BackupHour int `koanf:"backup_hour"`
	// BackupKeep is how many copies are kept, at least 1.
	BackupKeep int `koanf:"backup_keep"`
	// BackupKey is the file of the key that opens the copies, made at first start outside the folder of the copies;
	// empty: "backup.key" in Data. It is not made where BackupRecipients names other keys.
	BackupKey string `koanf:"backup_key"`
	// BackupRecipients are the public keys ("age1…") that the copies are encrypted to; empty: the instance's own.
	BackupRecipients []string `koanf:"backup_recipients"`
}

// Default is the configuration of a program that was told nothing.
func Default() Config {
	return Config{
		Data: "var", Database: "var/zona.db", Listen: "127.0.0.1:8080", TLS: "none", Log: "info",
		SecondFactor: "required", MailPort: 587, MailTLS: "starttls",
		Backup: true, BackupHour: 1, BackupKeep: 14,
	}
}

// Load reads path (empty: no file), then the environment in environ ("ZONA_LISTEN=…"), and checks the whole.
func Load(path string, environ []string) (Config, error) {
	k := koanf.New(".")
	if path != "" {
		if err := refuseReadableByAll(path); err != nil {
			return Config{}, err
		}
		if err := k.Load(file.Provider(path), toml.Parser()); err != nil {
			return Config{}, fmt.Errorf("configuration %s: %w", path, err)
		}
	}
	known := keys()
	for _, key := range k.Keys() {
		if !slices.Contains(known, key) {
			return Config{}, fmt.Errorf("configuration %s: unknown setting %q; the settings are %s", path, key, strings.Join(known, ", "))
		}
	}
	var unknown []string
	err := k.Load(env.Provider(".", env.Opt{
		Prefix:      "ZONA_",
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) {
			key := strings.ToLower(strings.TrimPrefix(name, "ZONA_"))
			switch {
			case strings.HasPrefix(key, "test_") || key == "nightly":
				return "", nil // switches of the test suite, not of the program
			case !slices.Contains(known, key):
				unknown = append(unknown, name)
				return "", nil
			case key == "proxies" || key == "backup_recipients":
				return key, strings.Fields(strings.ReplaceAll(value, ",", " "))
			}
			return key, value
		},
	}), nil)
	if err != nil {
		return Config{}, fmt.Errorf("configuration from the environment: %w", err)
	}
	if len(unknown) > 0 {
		return Config{}, fmt.Errorf("the environment sets %s, which Zona does not know; the settings are %s",
			strings.Join(unknown, ", "), strings.Join(known, ", "))
	}
	c := Default()
	if err := k.Unmarshal("", &c); err != nil {
		return Config{}, fmt.Errorf("configuration %s: %w", path, err)
	}
	if c.LogKey == "" && path != "" {
		c.LogKey = filepath.Join(filepath.Dir(path), "zona-log.key")
	}
	return c, c.Check()
}

// LogKeyFile is where the signing key of the log stands.
func (c Config) LogKeyFile() string {
	if c.LogKey != "" {
		return c.LogKey
	}
	return filepath.Join(c.Data, "log.key")
}

// Anchors is the folder of the checkpoints.
func (c Config) Anchors() string {
	if c.AnchorFolder != "" {
		return c.AnchorFolder
	}
	c.BackupFolder = ""
	return filepath.Join(filepath.Dir(c.Backups()), "anchor")
}

// Check lists everything that is wrong with c, each with the way to mend it.
func (c Config) Check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		bad("listen = %q is not an address with a port; write for example 127.0.0.1:8080", c.Listen)
	}
	switch c.TLS {
	case "none":
		if err == nil && !loopback(host) {
			bad("listen = %q without encryption would send passwords in the clear; listen on 127.0.0.1, or set tls to self-signed, files or proxy", c.Listen)
		}
	case "files":
		if c.Certificate == "" || c.Key == "" {
			bad("tls = files needs certificate and key, the PEM files to use")
		}
	case "proxy":
		if len(c.Proxies) == 0 {
			bad("tls = proxy needs proxies, the addresses whose forwarded headers are believed")
		}
		if !strings.HasPrefix(c.URL, "https://") {
			bad("tls = proxy needs url, the https address that people type")
		}
	case "self-signed":
	default:
		bad("tls = %q is none of none, self-signed, files, proxy", c.TLS)
	}
	for _, p := range c.Proxies {
		if _, err := prefix(p); err != nil {
			bad("proxies: %q is neither an address nor a network", p)
		}
	}
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
			bad("url = %q is not an address such as https://zi.example.go.id", c.URL)
		case u.Scheme == "http" && !loopback(u.Hostname()):
			bad("url = %q is plain HTTP on a public name; serve it with HTTPS", c.URL)
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log) {
		bad("log = %q is none of debug, info, warn, error", c.Log)
	}
	c.checkBackup(bad)
	if !slices.Contains([]string{"required", "optional"}, c.SecondFactor) {
		bad("second_factor = %q is none of required, optional", c.SecondFactor)
	}
	c.checkMail(bad)
	if c.Database == "" {
		bad("database is empty; name a file or a postgres:// URL")
	}
	return errors.Join(errs...)
}

// Address is where people find the server.
func (c Config) Address() string {
	if c.URL != "" {
		return strings.TrimSuffix(c.URL, "/")
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return ""
	}
	if loopback(host) {
		host = "localhost"
	}
	scheme := "https"
	if c.TLS == "none" {
		scheme = "http"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// Encrypted reports whether browsers reach the server by HTTPS.
func (c Config) Encrypted() bool { return strings.HasPrefix(c.Address(), "https://") }

// TrustedProxies returns Proxies as networks; call it on a checked configuration.
func (c Config) TrustedProxies() []netip.Prefix {
	var out []netip.Prefix
	for _, p := range c.Proxies {
		if n, err := prefix(p); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// Printable is c with secrets hidden, for logs and zona doctor.
func (c Config) Printable() Config {
	if u, err := url.Parse(c.Database); err == nil && u.User != nil {
		c.Database = u.Redacted()
	}
	return c
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func prefix(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		return netip.ParsePrefix(s)
	}
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(ip, ip.BitLen()), nil
}

func keys() []string {
	return []string{"data", "database", "listen", "url", "tls", "certificate", "key", "proxies", "log", "second_factor", "breached_passwords", "log_key", "anchor_folder", "anchor_mail", "mail_host", "mail_port", "mail_tls", "mail_user", "mail_password_file", "mail_from", "mail_ca", "backup", "backup_folder", "backup_hour", "backup_keep", "backup_key", "backup_recipients"}
}

// refuseReadableByAll keeps a file that may hold a database password from everybody on the machine.
func refuseReadableByAll(path string) error {
	info, err := os.Stat(filepath.Clean(path))
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if info.Mode().Perm()&0o004 != 0 {
		return fmt.Errorf("configuration %s can be read by everybody on this machine; chmod 640 it", path)
	}
	return nil
}
