package backup

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"filippo.io/age"
)

// Key is an age identity in a file of its own, in the form of age-keygen, so that age itself can use it.
type Key struct {
	Identities []age.Identity
	Recipients []age.Recipient // that the identities open; empty where they do not say
}

// ReadKey reads an identity file. It refuses one that other accounts of the machine can read, except on Windows,
// where modes say nothing.
func ReadKey(path string) (Key, error) {
	info, err := os.Stat(filepath.Clean(path))
	if err != nil {
		return Key{}, fmt.Errorf("key of the copies: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("other accounts of this machine can read the key %s: chmod 600 it", path)
	}
	data, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return Key{}, fmt.Errorf("key of the copies: %w", err)
	}
	ids, err := age.ParseIdentities(bytes.NewReader(data))
	if err != nil {
		return Key{}, fmt.Errorf("key %s is no age identity file: %w", path, err)
	}
	k := Key{Identities: ids}
	for _, id := range ids {
		switch id := id.(type) {
		case *age.X25519Identity:
			k.Recipients = append(k.Recipients, id.Recipient())
		case *age.HybridIdentity:
			k.Recipients = append(k.Recipients, id.Recipient())
		}
	}
	return k, nil
}

// EnsureKey reads the key at path, or makes one there, for its owner alone. made says that it is new: whoever runs
// the instance must then be told to keep a copy of it elsewhere.
func EnsureKey(path string, now time.Time) (k Key, made bool, err error) {
	if _, err := os.Stat(path); err == nil {
		k, err := ReadKey(path)
		return k, false, err
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Key{}, false, fmt.Errorf("key of the copies: %w", err)
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return Key{}, false, fmt.Errorf("draw a key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Key{}, false, fmt.Errorf("folder of the key: %w", err)
	}
	text := fmt.Sprintf("# key of the backups of Zona, made %s; keep a copy in another place\n# public key: %s\n%s\n",
		now.UTC().Format(time.RFC3339), id.Recipient(), id)
	// Of two servers that start at once one makes the key, under its name when it is whole, and both read it.
	temp, err := writeTemp(filepath.Dir(path), []byte(text))
	if err != nil {
		return Key{}, false, fmt.Errorf("write the key: %w", err)
	}
	defer func() { _ = os.Remove(temp) }()
	linked := os.Link(temp, path)
	if linked != nil && !errors.Is(linked, fs.ErrExist) {
		linked = os.Rename(temp, path) // a file system without links
	}
	if linked != nil && !errors.Is(linked, fs.ErrExist) {
		return Key{}, false, fmt.Errorf("write the key: %w", linked)
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return Key{}, false, fmt.Errorf("write the key: %w", err)
	}
	k, err = ReadKey(path)
	return k, linked == nil, err
}

// ParseRecipients reads public keys, "age1…".
func ParseRecipients(texts []string) ([]age.Recipient, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	out, err := age.ParseRecipients(strings.NewReader(strings.Join(texts, "\n")))
	if err != nil {
		return nil, fmt.Errorf("recipients of the copies: %w", err)
	}
	return out, nil
}

// writeTemp writes a file that only its owner can open and returns its name once it is on the disk.
func writeTemp(folder string, data []byte) (name string, err error) {
	f, err := os.CreateTemp(folder, tempPrefix+"*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncFolder makes the names in a folder last. Windows has no such call.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
