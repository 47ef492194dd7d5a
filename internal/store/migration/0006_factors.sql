-- +goose Up
-- Second steps at sign-in, each in a table of its own: nothing that lists people, sessions or passwords can carry one
-- of their secrets along.

-- What the person was signed in with: the coarse name of browser and system, and whether a second step was given.
ALTER TABLE session ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN strong INTEGER NOT NULL DEFAULT 0;

-- One authenticator app per person. Without confirmed_at it is being added and opens nothing; step is the last time
-- step that was used, so that a code works once.
CREATE TABLE totp (
    person       TEXT    NOT NULL PRIMARY KEY REFERENCES person (id),
    secret       TEXT    NOT NULL CHECK (secret <> ''),
    confirmed_at INTEGER,
    step         INTEGER NOT NULL CHECK (step >= 0)
) WITHOUT ROWID;

CREATE TABLE passkey (
    id         BLOB    NOT NULL PRIMARY KEY,
    person     TEXT    NOT NULL REFERENCES person (id),
    name       TEXT    NOT NULL CHECK (name <> ''),
    credential TEXT    NOT NULL CHECK (credential LIKE '{%'), -- public key, flags and counter as JSON
    created_at INTEGER NOT NULL,
    used_at    INTEGER
) WITHOUT ROWID;
CREATE INDEX passkey_by_person ON passkey (person);

CREATE TABLE recovery (
    hash    BLOB    NOT NULL PRIMARY KEY,
    person  TEXT    NOT NULL REFERENCES person (id),
    used_at INTEGER
) WITHOUT ROWID;
CREATE INDEX recovery_by_person ON recovery (person);

-- A sign-in that waits for its second step. It is no session: nothing but that step can be done with it.
CREATE TABLE sign_in (
    hash       BLOB    NOT NULL PRIMARY KEY,
    person     TEXT    NOT NULL REFERENCES person (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sign_in_by_person ON sign_in (person);
CREATE INDEX sign_in_by_expiry ON sign_in (expires_at);

-- What a passkey is asked to sign, one at a time for each holder, and once.
CREATE TABLE challenge (
    holder     TEXT    NOT NULL PRIMARY KEY CHECK (holder <> ''),
    data       TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX challenge_by_expiry ON challenge (expires_at);

-- Browsers in which a person has signed in: guessing elsewhere does not keep the person out of them.
CREATE TABLE device (
    hash       BLOB    NOT NULL PRIMARY KEY,
    person     TEXT    NOT NULL REFERENCES person (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX device_by_person ON device (person, created_at);
CREATE INDEX device_by_expiry ON device (expires_at);
