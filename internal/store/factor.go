package store

import (
	"context"
	"database/sql"
	"time"

	"zona/internal/auth"
	"zona/internal/fault"
)

const sessionColumns = `hash, person, token, created_at, seen_at, authed_at, expires_at, device, strong`

type sessionRow struct {
	Hash                                   []byte
	Person, Token, Device                  text
	CreatedAt, SeenAt, AuthedAt, ExpiresAt sql.NullInt64
	Strong                                 int
}

func (r sessionRow) session() auth.Session {
	return auth.Session{
		Hash: hashOf(r.Hash), Person: string(r.Person), Token: string(r.Token), Created: instant(r.CreatedAt), Seen: instant(r.SeenAt),
		AuthedAt: instant(r.AuthedAt), Expires: instant(r.ExpiresAt), Device: string(r.Device), Strong: r.Strong != 0,
	}
}

// hashOf reads a stored hash; one of another length is no hash of ours and matches nothing.
func hashOf(b []byte) (hash [32]byte) {
	if len(b) == len(hash) {
		copy(hash[:], b)
	}
	return hash
}

// Factors is auth.Store's.
func (s authStore) Factors(ctx context.Context, person string) (auth.Factors, error) {
	return factors(ctx, s.dialect, s.q, person)
}

// Factors is auth.Queries's.
func (a Auth) Factors(ctx context.Context, person string) (auth.Factors, error) {
	return factors(ctx, a.db.dialect, a.db.reader(), person)
}

func factors(ctx context.Context, d dialect, q queryer, person string) (auth.Factors, error) {
	var f auth.Factors
	var app []struct {
		Secret      string
		ConfirmedAt sql.NullInt64
		Step        int64
	}
	if err := all(ctx, q, &app, `SELECT secret, confirmed_at, step FROM totp WHERE person = $1`, person); err != nil {
		return f, failed(d, err, "read the app of %s", person)
	}
	for _, r := range app {
		f.TOTP = &auth.TOTP{Person: person, Secret: r.Secret, Confirmed: instant(r.ConfirmedAt), Step: r.Step}
	}
	var keys []struct {
		ID                []byte
		Name, Credential  string
		CreatedAt, UsedAt sql.NullInt64
	}
	err := all(ctx, q, &keys, `
		SELECT id, name, credential, created_at, used_at FROM passkey WHERE person = $1 ORDER BY created_at, id`, person)
	if err != nil {
		return f, failed(d, err, "read the passkeys of %s", person)
	}
	for _, r := range keys {
		f.Passkeys = append(f.Passkeys, auth.Passkey{
			ID: r.ID, Person: person, Name: r.Name, Credential: []byte(r.Credential), Created: instant(r.CreatedAt), Used: instant(r.UsedAt),
		})
	}
	err = one(ctx, q, &f.Recovery, `SELECT count(*) FROM recovery WHERE person = $1 AND used_at IS NULL`, person)
	return f, failed(d, err, "count the recovery codes of %s", person)
}

// PutTOTP is auth.Store's.
func (s authStore) PutTOTP(ctx context.Context, t auth.TOTP) error {
	_, err := change(ctx, s.q, `
		INSERT INTO totp (person, secret, confirmed_at, step) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person) DO UPDATE SET secret = excluded.secret, confirmed_at = excluded.confirmed_at, step = excluded.step`,
		t.Person, t.Secret, millis(t.Confirmed), t.Step)
	return failed(s.dialect, err, "write the app of %s", t.Person)
}

// DeleteTOTP is auth.Store's.
func (s authStore) DeleteTOTP(ctx context.Context, person string) error {
	_, err := change(ctx, s.q, `DELETE FROM totp WHERE person = $1`, person)
	return failed(s.dialect, err, "delete the app of %s", person)
}

// UseStep decides and writes in one statement: of two that give the same code at once, one finds it used.
func (s authStore) UseStep(ctx context.Context, person string, step int64) (bool, error) {
	n, err := change(ctx, s.q, `UPDATE totp SET step = $2 WHERE person = $1 AND confirmed_at IS NOT NULL AND step < $2`, person, step)
	return n == 1, failed(s.dialect, err, "use a code of the app of %s", person)
}

// InsertPasskey is auth.Store's.
func (s authStore) InsertPasskey(ctx context.Context, k auth.Passkey) error {
	n, err := change(ctx, s.q, `
		INSERT INTO passkey (id, person, name, credential, created_at, used_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO NOTHING`,
		k.ID, k.Person, k.Name, string(k.Credential), k.Created.UnixMilli(), millis(k.Used))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "fault.taken")
	}
	return failed(s.dialect, err, "insert a passkey of %s", k.Person)
}

// UsePasskey is auth.Store's.
func (s authStore) UsePasskey(ctx context.Context, k auth.Passkey) error {
	n, err := change(ctx, s.q, `UPDATE passkey SET credential = $3, used_at = $4 WHERE person = $1 AND id = $2`,
		k.Person, k.ID, string(k.Credential), millis(k.Used))
	return found(n, failed(s.dialect, err, "use a passkey of %s", k.Person))
}

// DeletePasskey is auth.Store's.
func (s authStore) DeletePasskey(ctx context.Context, person string, id []byte) error {
	n, err := change(ctx, s.q, `DELETE FROM passkey WHERE person = $1 AND id = $2`, person, id)
	return found(n, failed(s.dialect, err, "delete a passkey of %s", person))
}

// found turns a statement that met no row into fault.NotFound.
func found(n int64, err error) error {
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	return err
}

// ReplaceRecovery is auth.Store's.
func (s authStore) ReplaceRecovery(ctx context.Context, person string, hashes [][32]byte) error {
	if _, err := change(ctx, s.q, `DELETE FROM recovery WHERE person = $1`, person); err != nil {
		return failed(s.dialect, err, "delete the recovery codes of %s", person)
	}
	rows := make([][]any, len(hashes))
	for i, hash := range hashes {
		rows[i] = []any{hash[:], person}
	}
	_, err := insertMany(ctx, s.q, `INSERT INTO recovery (hash, person)`, "", rows)
	return failed(s.dialect, err, "insert the recovery codes of %s", person)
}

// UseRecovery decides and marks in one statement, like UseCode.
func (s authStore) UseRecovery(ctx context.Context, person string, hash [32]byte) (bool, error) {
	n, err := change(ctx, s.q, `UPDATE recovery SET used_at = $3 WHERE person = $1 AND hash = $2 AND used_at IS NULL`,
		person, hash[:], s.now.UnixMilli())
	return n == 1, failed(s.dialect, err, "use a recovery code of %s", person)
}

// InsertWaiting is auth.Store's.
func (s authStore) InsertWaiting(ctx context.Context, w auth.Waiting) error {
	_, err := change(ctx, s.q, `INSERT INTO sign_in (hash, person, created_at, expires_at) VALUES ($1, $2, $3, $4)`,
		w.Hash[:], w.Person, w.Created.UnixMilli(), w.Expires.UnixMilli())
	return failed(s.dialect, err, "insert a waiting sign-in of %s", w.Person)
}

type waitingRow struct {
	Person               string
	CreatedAt, ExpiresAt sql.NullInt64
}

func (r waitingRow) waiting(hash [32]byte) auth.Waiting {
	return auth.Waiting{Hash: hash, Person: r.Person, Created: instant(r.CreatedAt), Expires: instant(r.ExpiresAt)}
}

// TakeWaiting is auth.Store's.
func (s authStore) TakeWaiting(ctx context.Context, hash [32]byte) (auth.Waiting, error) {
	var r waitingRow
	err := one(ctx, s.q, &r, `
		DELETE FROM sign_in WHERE hash = $1 AND expires_at > $2 RETURNING person, created_at, expires_at`, hash[:], s.now.UnixMilli())
	return r.waiting(hash), failed(s.dialect, err, "take a waiting sign-in")
}

// Waiting is auth.Queries's.
func (a Auth) Waiting(ctx context.Context, hash [32]byte) (auth.Waiting, error) {
	var r waitingRow
	err := one(ctx, a.db.reader(), &r, `
		SELECT person, created_at, expires_at FROM sign_in WHERE hash = $1 AND expires_at > `+a.db.moment("$2"), hash[:], a.db.momentArg())
	return r.waiting(hash), failed(a.db.dialect, err, "read a waiting sign-in")
}

// PutChallenge is auth.Store's.
func (s authStore) PutChallenge(ctx context.Context, c auth.Challenge) error {
	_, err := change(ctx, s.q, `
		INSERT INTO challenge (holder, data, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (holder) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
		c.Holder, string(c.Data), c.Expires.UnixMilli())
	return failed(s.dialect, err, "write a challenge")
}

// TakeChallenge is auth.Store's.
func (s authStore) TakeChallenge(ctx context.Context, holder string) (auth.Challenge, error) {
	var r struct {
		Data      string
		ExpiresAt sql.NullInt64
	}
	err := one(ctx, s.q, &r, `DELETE FROM challenge WHERE holder = $1 AND expires_at > $2 RETURNING data, expires_at`, holder, s.now.UnixMilli())
	return auth.Challenge{Holder: holder, Data: []byte(r.Data), Expires: instant(r.ExpiresAt)}, failed(s.dialect, err, "take a challenge")
}

// mostKnown is how many browsers of one person are known at once.
const mostKnown = 20

// InsertKnown is auth.Store's.
func (s authStore) InsertKnown(ctx context.Context, k auth.Known) error {
	_, err := change(ctx, s.q, `INSERT INTO device (hash, person, created_at, expires_at) VALUES ($1, $2, $3, $4)`,
		k.Hash[:], k.Person, k.Created.UnixMilli(), k.Expires.UnixMilli())
	if err != nil {
		return failed(s.dialect, err, "insert a browser of %s", k.Person)
	}
	_, err = change(ctx, s.q, `
		DELETE FROM device WHERE person = $1 AND hash NOT IN (
			SELECT hash FROM device WHERE person = $1 ORDER BY created_at DESC, hash LIMIT $2)`, k.Person, mostKnown)
	return failed(s.dialect, err, "forget old browsers of %s", k.Person)
}

// IsKnown is auth.Queries's.
func (a Auth) IsKnown(ctx context.Context, hash [32]byte, login string) (bool, error) {
	var n int
	err := one(ctx, a.db.reader(), &n, `
		SELECT count(*) FROM device d JOIN person p ON p.id = d.person
		WHERE d.hash = $1 AND p.login = $2 AND d.expires_at > `+a.db.moment("$3"), hash[:], login, a.db.momentArg())
	return n > 0, failed(a.db.dialect, err, "look up a browser")
}

// Sessions is auth.Store's.
func (s authStore) Sessions(ctx context.Context, person string) ([]auth.Session, error) {
	return sessions(ctx, s.dialect, s.q, person, "$2", s.now.UnixMilli())
}

// Sessions is auth.Queries's.
func (a Auth) Sessions(ctx context.Context, person string) ([]auth.Session, error) {
	return sessions(ctx, a.db.dialect, a.db.reader(), person, a.db.moment("$2"), a.db.momentArg())
}

func sessions(ctx context.Context, d dialect, q queryer, person, now string, arg any) ([]auth.Session, error) {
	var rows []sessionRow
	err := all(ctx, q, &rows, `SELECT `+sessionColumns+` FROM session
		WHERE person = $1 AND expires_at > `+now+` ORDER BY created_at DESC, hash`, person, arg)
	list := make([]auth.Session, len(rows))
	for i, r := range rows {
		list[i] = r.session()
	}
	return list, failed(d, err, "list the sessions of %s", person)
}

// keepCodes is how long a code that has run out is kept, used or not: so that its form can say so for a while.
const keepCodes = 30 * 24 * time.Hour

// Sweep is auth.Queries's. Each kind is a statement of its own: what has run out opens nothing, so it does not matter
// which of it is gone already.
func (a Auth) Sweep(ctx context.Context, idle time.Duration, limit int) (int64, error) {
	now, err := a.db.nowOf(ctx, a.db.reader())
	if err != nil {
		return 0, err
	}
	var deleted int64
	for _, each := range []struct {
		statement string
		before    time.Time
	}{
		{`DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`, now},
		{`DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE seen_at <= $1 ORDER BY expires_at LIMIT $2)`, now.Add(-idle)},
		{`DELETE FROM code WHERE hash IN (SELECT hash FROM code WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`, now.Add(-keepCodes)},
		{`DELETE FROM sign_in WHERE hash IN (SELECT hash FROM sign_in WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`, now},
		{`DELETE FROM challenge WHERE holder IN (SELECT holder FROM challenge WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`, now},
		{`DELETE FROM device WHERE hash IN (SELECT hash FROM device WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`, now},
	} {
		n, err := change(ctx, watched{a.db.write}, each.statement, each.before.UnixMilli(), limit)
		deleted += n
		if err != nil {
			return deleted, failed(a.db.dialect, err, "sweep what has run out")
		}
	}
	return deleted, nil
}
