package config

import (
	"net/url"
	"path/filepath"
	"strings"
)

// Backups is the folder of the copies.
func (c Config) Backups() string {
	if c.BackupFolder != "" {
		return c.BackupFolder
	}
	scheme, rest, given := strings.Cut(c.Database, "://")
	switch {
	case !given:
		return filepath.Join(filepath.Dir(c.Database), "backup")
	case scheme == "sqlite":
		path, _, _ := strings.Cut(rest, "?")
		if file, err := url.PathUnescape(path); err == nil {
			return filepath.Join(filepath.Dir(file), "backup")
		}
	}
	return filepath.Join(c.Data, "backup")
}

// BackupKeyFile is the file of the instance's own key.
func (c Config) BackupKeyFile() string {
	if c.BackupKey != "" {
		return c.BackupKey
	}
	return filepath.Join(c.Data, "backup.key")
}

func (c Config) checkBackup(bad func(format string, args ...any)) {
	if c.BackupHour < 0 || c.BackupHour > 23 {
		bad("backup_hour = %d is no hour of the day; write 0 to 23", c.BackupHour)
	}
	if c.BackupKeep < 1 {
		bad("backup_keep = %d would keep no copy; write at least 1, or backup = false to have none", c.BackupKeep)
	}
	for _, r := range c.BackupRecipients {
		if !strings.HasPrefix(r, "age1") {
			bad("backup_recipients: %q is no public key; it begins with age1", r)
		}
	}
	folder, err1 := filepath.Abs(c.Backups())
	key, err2 := filepath.Abs(c.BackupKeyFile())
	if err1 != nil || err2 != nil {
		bad("backup_folder = %q or backup_key = %q is not a path", c.Backups(), c.BackupKeyFile())
		return
	}
	if inside, err := filepath.Rel(folder, key); err == nil && filepath.IsLocal(inside) {
		bad("backup_key = %q lies in the folder of the copies, %q: whoever takes the copies would have the key with them", c.BackupKeyFile(), c.Backups())
	}
}
