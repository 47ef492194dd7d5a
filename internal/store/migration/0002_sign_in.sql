-- +goose Up
-- Secrets stand apart from people, so that a list of people can never carry one along. Only hashes are kept.

CREATE TABLE credential (
    person     TEXT    NOT NULL PRIMARY KEY REFERENCES person (id),
    hash       TEXT    NOT NULL CHECK (hash LIKE '$%'),
    changed_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE session (
    hash       BLOB    NOT NULL PRIMARY KEY,
    person     TEXT    NOT NULL REFERENCES person (id),
    token      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    authed_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_by_person ON session (person);
CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE code (
    hash       BLOB    NOT NULL PRIMARY KEY,
    purpose    TEXT    NOT NULL CHECK (purpose <> ''),
    person     TEXT    REFERENCES person (id),
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) WITHOUT ROWID;
CREATE INDEX code_by_person ON code (person);
