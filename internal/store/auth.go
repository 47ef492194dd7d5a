package store

import (
	"context"
	"database/sql"
	"time"

	"zona/internal/auth"
	"zona/internal/idempotency"
	"zona/internal/org"
)

// Auth answers what auth needs from the database.
type Auth struct{ db *DB }

// Auth returns the part of the database that auth uses.
func (db *DB) Auth() Auth { return Auth{db} }

var (
	_ auth.Transactor = Auth{}
	_ auth.Queries    = Auth{}
	_ auth.Store      = authStore{}
)

// InTx runs fn in one transaction; see org.Transactor.
func (a Auth) InTx(ctx context.Context, key idempotency.Key, fn func(context.Context, auth.Store) (string, error)) (string, bool, error) {
	return a.db.inTx(ctx, key, func(ctx context.Context, t *tx) (string, error) { return fn(ctx, authStore{t}) })
}

// authStore is everything that one transaction of auth may touch.
type authStore struct{ *tx }

// SetPassword is auth.Store's.
func (s authStore) SetPassword(ctx context.Context, person, hash string) error {
	_, err := change(ctx, s.q, `
		INSERT INTO credential (person, hash, changed_at) VALUES ($1, $2, $3)
		ON CONFLICT (person) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at`,
		person, hash, s.now.UnixMilli())
	return failed(s.dialect, err, "set the password of %s", person)
}

// DeletePassword is auth.Store's.
func (s authStore) DeletePassword(ctx context.Context, person string) error {
	_, err := change(ctx, s.q, `DELETE FROM credential WHERE person = $1`, person)
	return failed(s.dialect, err, "delete the password of %s", person)
}

// Unlock is auth.Store's.
func (s authStore) Unlock(ctx context.Context, person string) error {
	_, err := change(ctx, s.q, `
		INSERT INTO unlocked (person, at) VALUES ($1, $2)
		ON CONFLICT (person) DO UPDATE SET at = excluded.at`, person, s.now.UnixMilli())
	return failed(s.dialect, err, "unlock %s", person)
}

// Unlocked is auth.Queries's.
func (a Auth) Unlocked(ctx context.Context, login string) (person string, at time.Time, err error) {
	var r struct {
		Person string
		At     sql.NullInt64
	}
	err = one(ctx, a.db.reader(), &r, `SELECT u.person, u.at FROM unlocked u JOIN person p ON p.id = u.person WHERE p.login = $1`, login)
	return r.Person, instant(r.At), failed(a.db.dialect, err, "read when a login was unlocked")
}

// InsertSession is auth.Store's.
func (s authStore) InsertSession(ctx context.Context, n auth.Session) error {
	_, err := change(ctx, s.q, `
		INSERT INTO session (hash, person, token, created_at, seen_at, authed_at, expires_at, device, strong)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		n.Hash[:], n.Person, n.Token, n.Created.UnixMilli(), n.Seen.UnixMilli(), n.AuthedAt.UnixMilli(), n.Expires.UnixMilli(),
		n.Device, flag(n.Strong))
	return failed(s.dialect, err, "insert a session of %s", n.Person)
}

// DeleteSession is auth.Store's.
func (s authStore) DeleteSession(ctx context.Context, hash [32]byte) error {
	_, err := change(ctx, s.q, `DELETE FROM session WHERE hash = $1`, hash[:])
	return failed(s.dialect, err, "delete a session")
}

// DeleteSessionsOf is auth.Store's. A sign-in that waits for its second step ends with them: its password counts no more.
func (s authStore) DeleteSessionsOf(ctx context.Context, person string) error {
	if _, err := change(ctx, s.q, `DELETE FROM sign_in WHERE person = $1`, person); err != nil {
		return failed(s.dialect, err, "delete the waiting sign-ins of %s", person)
	}
	_, err := change(ctx, s.q, `DELETE FROM session WHERE person = $1`, person)
	return failed(s.dialect, err, "delete the sessions of %s", person)
}

// InsertCode is auth.Store's.
func (s authStore) InsertCode(ctx context.Context, c auth.Code) error {
	_, err := change(ctx, s.q, `
		INSERT INTO code (hash, purpose, person, expires_at, used_at) VALUES ($1, $2, nullif($3, ''), $4, $5)`,
		c.Hash[:], string(c.Purpose), c.Person, c.Expires.UnixMilli(), millis(c.UsedAt))
	return failed(s.dialect, err, "insert a code for %s", c.Purpose)
}

// DeleteCodes is auth.Store's.
func (s authStore) DeleteCodes(ctx context.Context, p auth.CodePurpose, person string) error {
	_, err := change(ctx, s.q, `DELETE FROM code WHERE purpose = $1 AND used_at IS NULL AND ($2 = '' OR person = $2)`,
		string(p), person)
	return failed(s.dialect, err, "delete the codes for %s", p)
}

// UseCode decides and marks in one statement: of two that use a code at once, one finds it used.
func (s authStore) UseCode(ctx context.Context, hash [32]byte, p auth.CodePurpose) (auth.Code, error) {
	var r codeRow
	err := one(ctx, s.q, &r, `
		UPDATE code SET used_at = $3 WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
		RETURNING person, expires_at, used_at`, hash[:], string(p), s.now.UnixMilli())
	return r.code(hash, p), failed(s.dialect, err, "use a code for %s", p)
}

// CountPeople is auth.Store's.
func (s authStore) CountPeople(ctx context.Context) (int, error) {
	return countPeople(ctx, s.dialect, s.q)
}

// InsertPerson is org.Store's too: the first administrator is made in the transaction that uses the code.
func (s authStore) InsertPerson(ctx context.Context, p org.Person) error {
	return orgStore(s).InsertPerson(ctx, p)
}

// InsertAssignment is org.Store's too.
func (s authStore) InsertAssignment(ctx context.Context, a org.Assignment) error {
	return orgStore(s).InsertAssignment(ctx, a)
}

type codeRow struct {
	Person            text
	ExpiresAt, UsedAt sql.NullInt64
}

func (r codeRow) code(hash [32]byte, p auth.CodePurpose) auth.Code {
	return auth.Code{
		Hash: hash, Purpose: p, Person: string(r.Person), Expires: instant(r.ExpiresAt), UsedAt: instant(r.UsedAt),
	}
}

// Credentials is auth.Queries's.
func (a Auth) Credentials(ctx context.Context, login string) (person, hash string, err error) {
	var r struct{ Person, Hash string }
	err = one(ctx, a.db.reader(), &r, `
		SELECT p.id AS person, c.hash FROM person p JOIN credential c ON c.person = p.id
		WHERE p.login = $1 AND p.closed = 0`, login)
	return r.Person, r.Hash, failed(a.db.dialect, err, "read the credentials of a login")
}

// Session is auth.Queries's.
func (a Auth) Session(ctx context.Context, hash [32]byte) (auth.Session, error) {
	var r sessionRow
	err := one(ctx, a.db.reader(), &r, `SELECT `+sessionColumns+` FROM session
		WHERE hash = $1 AND expires_at > `+a.db.moment("$2"), hash[:], a.db.momentArg())
	if err != nil {
		return auth.Session{}, failed(a.db.dialect, err, "read a session")
	}
	return r.session(), nil
}

// Touch is auth.Queries's. It never sets the clock of a session back, and costs a write: callers touch now and
// then, not with every request.
func (a Auth) Touch(ctx context.Context, hash [32]byte, seen time.Time) error {
	_, err := change(ctx, watched{a.db.write}, `UPDATE session SET seen_at = $2 WHERE hash = $1 AND seen_at < $2`,
		hash[:], seen.UnixMilli())
	return failed(a.db.dialect, err, "touch a session")
}

// Code is auth.Queries's.
func (a Auth) Code(ctx context.Context, hash [32]byte, p auth.CodePurpose) (auth.Code, error) {
	var r codeRow
	err := one(ctx, a.db.reader(), &r, `
		SELECT person, expires_at, used_at FROM code
		WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > `+a.db.moment("$3"),
		hash[:], string(p), a.db.momentArg())
	return r.code(hash, p), failed(a.db.dialect, err, "read a code for %s", p)
}

// CountPeople is auth.Queries's.
func (a Auth) CountPeople(ctx context.Context) (int, error) {
	return countPeople(ctx, a.db.dialect, a.db.reader())
}

// Person is auth.Queries's.
func (a Auth) Person(ctx context.Context, id string) (org.Person, error) {
	return personByID(ctx, a.db.dialect, a.db.reader(), id)
}

func countPeople(ctx context.Context, d dialect, q queryer) (int, error) {
	var n int
	err := one(ctx, q, &n, `SELECT count(*) FROM person`)
	return n, failed(d, err, "count the people")
}
