-- +goose Up
-- Written for SQLite, in its three storage classes; the dialect renders them for PostgreSQL and leaves WITHOUT
-- ROWID out, which keeps the rows of a table in the order of its key: those of one sheet lie side by side.
-- Instants are milliseconds since 1970 in UTC, exact numbers and JSON are text, ids are opaque text.

CREATE TABLE institution (
    id       TEXT    NOT NULL PRIMARY KEY,
    name     TEXT    NOT NULL,
    folded   TEXT    NOT NULL, -- the name in lower case: order and search are the same on both databases
    kind     TEXT    NOT NULL CHECK (kind IN ('kl', 'pemda')),
    zone     TEXT    NOT NULL CHECK (zone <> ''),
    demo     INTEGER NOT NULL CHECK (demo IN (0, 1)),
    revision INTEGER NOT NULL CHECK (revision >= 0)
) WITHOUT ROWID;
CREATE INDEX institution_by_name ON institution (folded, id);

-- A unit names its parent within its own institution; the path repeats the ids from the top, so that a subtree is
-- one range of an index.
CREATE TABLE unit (
    id          TEXT    NOT NULL PRIMARY KEY,
    institution TEXT    NOT NULL REFERENCES institution (id),
    parent      TEXT,
    path        TEXT    NOT NULL UNIQUE CHECK (path LIKE '/%/'),
    name        TEXT    NOT NULL,
    folded      TEXT    NOT NULL,
    revision    INTEGER NOT NULL CHECK (revision >= 0),
    UNIQUE (id, institution),
    FOREIGN KEY (parent, institution) REFERENCES unit (id, institution)
) WITHOUT ROWID;
CREATE INDEX unit_by_name ON unit (institution, folded, id);
CREATE INDEX unit_by_parent ON unit (parent);

CREATE TABLE person (
    id          TEXT    NOT NULL PRIMARY KEY,
    institution TEXT    REFERENCES institution (id),
    unit        TEXT,
    name        TEXT    NOT NULL,
    folded      TEXT    NOT NULL,
    nip         TEXT    NOT NULL,
    position    TEXT    NOT NULL,
    login       TEXT    NOT NULL UNIQUE CHECK (login <> ''),
    lang        TEXT    NOT NULL,
    closed      INTEGER NOT NULL CHECK (closed IN (0, 1)),
    revision    INTEGER NOT NULL CHECK (revision >= 0),
    CHECK (unit IS NULL OR institution IS NOT NULL),
    FOREIGN KEY (unit, institution) REFERENCES unit (id, institution)
) WITHOUT ROWID;
CREATE INDEX person_by_name ON person (institution, folded, id);

-- What a scope kind needs is there and nothing else: a unit's scope cannot be read as an institution's.
CREATE TABLE assignment (
    id          TEXT    NOT NULL PRIMARY KEY,
    person      TEXT    NOT NULL REFERENCES person (id),
    role        TEXT    NOT NULL CHECK (role <> ''),
    scope       TEXT    NOT NULL CHECK (scope IN ('instance', 'institution', 'subtree', 'unit')),
    institution TEXT    REFERENCES institution (id),
    unit        TEXT,
    from_at     INTEGER,
    until_at    INTEGER,
    CHECK ((scope = 'instance') = (institution IS NULL)),
    CHECK ((scope IN ('subtree', 'unit')) = (unit IS NOT NULL)),
    FOREIGN KEY (unit, institution) REFERENCES unit (id, institution)
) WITHOUT ROWID;
CREATE INDEX assignment_by_person ON assignment (person);
