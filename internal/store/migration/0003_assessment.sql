-- +goose Up

CREATE TABLE period (
    id          TEXT    NOT NULL PRIMARY KEY,
    institution TEXT    NOT NULL REFERENCES institution (id),
    year        INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    instrument  TEXT    NOT NULL CHECK (instrument <> ''),
    zone        TEXT    NOT NULL CHECK (zone <> ''),
    opens_at    INTEGER,
    deadline_at INTEGER,
    UNIQUE (id, institution)
) WITHOUT ROWID;
CREATE INDEX period_by_year ON period (institution, year);

-- Unit and period belong to the same institution: the composite references see to it.
CREATE TABLE assessment (
    id          TEXT    NOT NULL PRIMARY KEY,
    unit        TEXT    NOT NULL,
    institution TEXT    NOT NULL,
    period      TEXT    NOT NULL,
    level       TEXT    NOT NULL CHECK (level IN ('self', 'preliminary', 'tpi', 'tpn')),
    instrument  TEXT    NOT NULL CHECK (instrument <> ''),
    target      TEXT    NOT NULL,
    closed      INTEGER NOT NULL CHECK (closed IN (0, 1)),
    version     INTEGER NOT NULL CHECK (version >= 0),
    total       TEXT    NOT NULL, -- exact: a decimal or a fraction
    answered    INTEGER NOT NULL CHECK (answered >= 0),
    changed_at  INTEGER,
    UNIQUE (unit, period, level),
    FOREIGN KEY (unit, institution) REFERENCES unit (id, institution),
    FOREIGN KEY (period, institution) REFERENCES period (id, institution)
) WITHOUT ROWID;
CREATE INDEX assessment_by_period ON assessment (period, level);

-- An entry is never deleted: an answer that was taken back is the value null with the next revision, so that the
-- number 1 belongs to one writer for ever. changed_by is history and references nobody.
CREATE TABLE entry (
    assessment TEXT    NOT NULL REFERENCES assessment (id),
    question   TEXT    NOT NULL CHECK (question <> ''),
    value      TEXT    NOT NULL, -- JSON form of the answer
    note       TEXT    NOT NULL,
    revision   INTEGER NOT NULL CHECK (revision >= 1),
    changed_by TEXT    NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (assessment, question)
) WITHOUT ROWID;

CREATE TABLE workbook_import (
    id          TEXT    NOT NULL PRIMARY KEY,
    assessment  TEXT    NOT NULL REFERENCES assessment (id),
    file_name   TEXT    NOT NULL,
    file_hash   BLOB    NOT NULL,
    heading     TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('previewed', 'applied', 'undone')),
    imported_by TEXT    NOT NULL,
    imported_at INTEGER NOT NULL,
    incoming    TEXT    NOT NULL,
    problems    TEXT    NOT NULL,
    applied     TEXT    NOT NULL
);
CREATE INDEX workbook_import_by_assessment ON workbook_import (assessment, imported_at);
