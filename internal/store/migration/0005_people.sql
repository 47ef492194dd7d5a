-- +goose Up
-- Institutions with their values of Tabel 5, units with what is said of them and their history, kawasan, evaluation
-- teams, people with declared interests, and roles over each of these for a time.

CREATE TABLE eligibility (
    institution TEXT    NOT NULL REFERENCES institution (id),
    year        INTEGER NOT NULL,
    requirement TEXT    NOT NULL CHECK (requirement <> ''),
    value       TEXT    NOT NULL, -- in the requirement's scale, '' when it was taken back
    source      TEXT    NOT NULL,
    changed_by  TEXT    NOT NULL,
    changed_at  INTEGER NOT NULL,
    revision    INTEGER NOT NULL CHECK (revision >= 1),
    PRIMARY KEY (institution, year, requirement)
) WITHOUT ROWID;

ALTER TABLE unit ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE unit ADD COLUMN kind TEXT NOT NULL DEFAULT 'unit'
    CHECK (kind IN ('echelon1', 'echelon2', 'province', 'unit', 'upt', 'other'));
ALTER TABLE unit ADD COLUMN services TEXT NOT NULL DEFAULT '[]'; -- JSON
ALTER TABLE unit ADD COLUMN public_facing INTEGER NOT NULL DEFAULT 0 CHECK (public_facing IN (0, 1));
ALTER TABLE unit ADD COLUMN function TEXT NOT NULL DEFAULT '';
ALTER TABLE unit ADD COLUMN opened_at INTEGER;
ALTER TABLE unit ADD COLUMN closed_at INTEGER;
ALTER TABLE unit ADD COLUMN close_reason TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX unit_by_code ON unit (institution, code) WHERE code <> '';
CREATE INDEX unit_in_code_order ON unit (institution, code, id);
-- Children come by name, so that a page of a tree is one range.
DROP INDEX unit_by_parent;
CREATE INDEX unit_by_parent ON unit (parent, folded, id);

-- What a unit was called and where it stood from an instant on. Nothing is decided by it: it tells what a decision of
-- the past calls the unit.
CREATE TABLE unit_history (
    unit     TEXT    NOT NULL REFERENCES unit (id),
    since_at INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    code     TEXT    NOT NULL,
    parent   TEXT    REFERENCES unit (id),
    closed   INTEGER NOT NULL CHECK (closed IN (0, 1)),
    PRIMARY KEY (unit, since_at)
) WITHOUT ROWID;
INSERT INTO unit_history (unit, since_at, name, code, parent, closed) SELECT id, 0, name, '', parent, 0 FROM unit;

CREATE TABLE kawasan (
    id          TEXT    NOT NULL PRIMARY KEY,
    institution TEXT    REFERENCES institution (id), -- that leads it
    name        TEXT    NOT NULL,
    folded      TEXT    NOT NULL,
    closed_at   INTEGER,
    revision    INTEGER NOT NULL CHECK (revision >= 0)
) WITHOUT ROWID;
CREATE INDEX kawasan_by_institution ON kawasan (institution);

CREATE TABLE kawasan_unit (
    kawasan  TEXT    NOT NULL REFERENCES kawasan (id),
    unit     TEXT    NOT NULL REFERENCES unit (id),
    from_at  INTEGER NOT NULL,
    until_at INTEGER,
    PRIMARY KEY (kawasan, unit, from_at)
) WITHOUT ROWID;
CREATE INDEX kawasan_unit_by_unit ON kawasan_unit (unit);
CREATE UNIQUE INDEX kawasan_unit_now ON kawasan_unit (kawasan, unit) WHERE until_at IS NULL;

CREATE TABLE team (
    id          TEXT    NOT NULL PRIMARY KEY,
    institution TEXT    REFERENCES institution (id),
    name        TEXT    NOT NULL,
    folded      TEXT    NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('preliminary', 'tpi', 'tpn')),
    closed_at   INTEGER,
    revision    INTEGER NOT NULL CHECK (revision >= 0),
    CHECK ((kind = 'tpn') = (institution IS NULL))
) WITHOUT ROWID;
CREATE INDEX team_by_institution ON team (institution);

CREATE TABLE team_unit (
    team TEXT NOT NULL REFERENCES team (id),
    unit TEXT NOT NULL REFERENCES unit (id),
    PRIMARY KEY (team, unit)
) WITHOUT ROWID;
CREATE INDEX team_unit_by_unit ON team_unit (unit);

-- unit_folded repeats the folded name of the home unit, so that a list in the order of units is one range; search
-- repeats what people are found by, so that a search reads an index and no rows.
ALTER TABLE person ADD COLUMN rank TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN unit_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN search TEXT NOT NULL DEFAULT '';
UPDATE person SET search = folded || '|' || nip || '|' || login || '|',
    unit_folded = coalesce((SELECT u.folded FROM unit u WHERE u.id = person.unit), '');
CREATE UNIQUE INDEX person_by_nip ON person (nip) WHERE nip <> '';
DROP INDEX person_by_name;
CREATE INDEX person_by_name ON person (institution, folded, id, search, closed);
CREATE INDEX person_in_unit_order ON person (institution, unit_folded, folded, id, search, closed);
CREATE INDEX person_in_nip_order ON person (institution, nip, id, search, closed);
CREATE INDEX person_that_left ON person (institution, folded, id) WHERE closed = 1;
CREATE INDEX person_by_unit ON person (unit);

CREATE TABLE interest (
    id           TEXT    NOT NULL PRIMARY KEY,
    person       TEXT    NOT NULL REFERENCES person (id),
    unit         TEXT    NOT NULL REFERENCES unit (id),
    text         TEXT    NOT NULL,
    declared_at  INTEGER NOT NULL,
    declared_by  TEXT    NOT NULL,
    withdrawn_at INTEGER,
    withdrawn_by TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX interest_by_person ON interest (person);

-- A role over the new kinds of scope, with what a borrowed one needs: an end. Neither database changes the checks of
-- a table, so that it is made again.
CREATE TABLE assignment_new (
    id           TEXT    NOT NULL PRIMARY KEY,
    person       TEXT    NOT NULL REFERENCES person (id),
    role         TEXT    NOT NULL CHECK (role <> ''),
    scope        TEXT    NOT NULL CHECK (scope IN ('instance', 'institution', 'subtree', 'unit', 'kawasan', 'team')),
    institution  TEXT    REFERENCES institution (id),
    unit         TEXT,
    kawasan      TEXT    REFERENCES kawasan (id),
    team         TEXT    REFERENCES team (id),
    from_at      INTEGER,
    until_at     INTEGER,
    acting       TEXT    NOT NULL CHECK (acting IN ('', 'plt', 'plh')),
    source       TEXT    REFERENCES assignment_new (id),
    delegated_by TEXT    REFERENCES person (id),
    reason       TEXT    NOT NULL,
    revision     INTEGER NOT NULL CHECK (revision >= 0),
    CHECK (scope <> 'instance' OR institution IS NULL),
    CHECK (scope NOT IN ('institution', 'subtree', 'unit') OR institution IS NOT NULL),
    CHECK ((scope IN ('subtree', 'unit')) = (unit IS NOT NULL)),
    CHECK ((scope = 'kawasan') = (kawasan IS NOT NULL)),
    CHECK ((scope = 'team') = (team IS NOT NULL)),
    CHECK ((source IS NULL) = (delegated_by IS NULL)),
    CHECK (until_at IS NOT NULL OR (source IS NULL AND acting = '')),
    FOREIGN KEY (unit, institution) REFERENCES unit (id, institution)
) WITHOUT ROWID;
INSERT INTO assignment_new (id, person, role, scope, institution, unit, from_at, until_at, acting, reason, revision)
SELECT id, person, CASE role WHEN 'evaluator' THEN 'tpi_member' ELSE role END, scope, institution, unit, from_at, until_at, '', '', 0
FROM assignment;
DROP TABLE assignment;
ALTER TABLE assignment_new RENAME TO assignment;
CREATE INDEX assignment_by_person ON assignment (person, from_at, id);
CREATE INDEX assignment_by_institution ON assignment (institution, from_at, id, until_at);
CREATE INDEX assignment_by_role_there ON assignment (institution, role, from_at, id, until_at);
CREATE INDEX assignment_over_institution ON assignment (institution, id) WHERE scope = 'institution';
CREATE INDEX assignment_over_instance ON assignment (id) WHERE scope = 'instance';
CREATE INDEX assignment_that_ends ON assignment (institution, from_at, id, until_at) WHERE until_at IS NOT NULL;
CREATE INDEX assignment_by_role ON assignment (role, person);
CREATE INDEX assignment_by_unit ON assignment (unit);
CREATE INDEX assignment_by_kawasan ON assignment (kawasan);
CREATE INDEX assignment_by_team ON assignment (team);
CREATE INDEX assignment_by_source ON assignment (source);
