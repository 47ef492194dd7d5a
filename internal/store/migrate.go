package store

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migration/*.sql
var migrations embed.FS

// ErrNewer is returned by Open for a database that a newer program has migrated: an older one does not know what
// it would break.
var ErrNewer = errors.New("the database is newer than this program: install the version that migrated it, or a later one")

// Migrate brings the tables to this program's version, each step in a transaction of its own; there is no way
// back. Several servers on PostgreSQL may call it at once, the others wait. It returns how many steps it took.
func (db *DB) Migrate(ctx context.Context) (steps int, err error) {
	p, err := db.provider()
	if err != nil {
		return 0, err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return len(done), fmt.Errorf("migrate the database: %w", err)
	}
	return len(done), nil
}

// SchemaVersion returns the version that the database has and the one that this program brings.
func (db *DB) SchemaVersion(ctx context.Context) (current, target int64, err error) {
	p, err := db.provider()
	if err != nil {
		return 0, 0, err
	}
	current, target, err = p.GetVersions(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("read the version of the database: %w", err)
	}
	return current, target, nil
}

func (db *DB) refuseNewer(ctx context.Context) error {
	current, target, err := db.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if current > target {
		return fmt.Errorf("%w (database %d, program %d)", ErrNewer, current, target)
	}
	return nil
}

func (db *DB) provider() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(makeQueue(db.dialect))}
	if db.dialect.name == postgresDialect.name {
		one, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, fmt.Errorf("prepare the lock of the migrations: %w", err)
		}
		options = append(options, goose.WithSessionLocker(one))
	}
	p, err := goose.NewProvider(db.dialect.goose, db.write, rendered{files, db.dialect.render}, options...)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return p, nil
}

// rendered is a folder of migrations in the words of one database.
type rendered struct {
	fs.FS
	render func(string) string
}

// Open renders the text while it is opened.
func (r rendered) Open(name string) (fs.File, error) {
	f, err := r.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return f, err
	}
	defer f.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(f); err != nil {
		return nil, fmt.Errorf("read migration %s: %w", name, err)
	}
	return &renderedFile{bytes.NewBufferString(r.render(text.String())), info}, nil
}

type renderedFile struct {
	*bytes.Buffer
	info fs.FileInfo
}

// Stat is that of the file before it was rendered; its size is not looked at.
func (f *renderedFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close has nothing to do.
func (f *renderedFile) Close() error { return nil }

// Migrations returns the texts of all steps in their order, so that tests can tell whether a template that they
// made earlier is still the one.
func Migrations() []string {
	var texts []string
	files, _ := migrations.ReadDir("migration") // embedded: it cannot fail
	for _, f := range files {
		text, _ := migrations.ReadFile("migration/" + f.Name())
		texts = append(texts, string(text))
	}
	return append(texts, fmt.Sprintf("tables of the queue, version %d", riverVersion))
}
