-- +goose Up
-- The log. seq is the number of the record in the Merkle tree, from 0 and without a gap. What the tree is made of
-- is canonical alone; the other columns repeat parts of it for filters and are checked against it. Nothing here
-- references anything: history outlives what it tells of.

CREATE TABLE event (
    seq         INTEGER NOT NULL PRIMARY KEY,
    canonical   BLOB    NOT NULL,
    kind        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    institution TEXT    NOT NULL,
    unit        TEXT    NOT NULL,
    object_kind TEXT    NOT NULL,
    object_id   TEXT    NOT NULL
);
CREATE INDEX event_by_object ON event (object_kind, object_id, seq);
CREATE INDEX event_by_institution ON event (institution, seq);

-- Which fields an event changed or commits to: an index into the canonical bytes, for the history of one answer.
CREATE TABLE event_field (
    seq   INTEGER NOT NULL,
    field TEXT    NOT NULL,
    PRIMARY KEY (seq, field)
) WITHOUT ROWID;

-- Personal values with the salts that open their commitments in the canonical bytes. Erasing a person deletes
-- rows here and leaves the tree as it is.
CREATE TABLE event_personal (
    seq   INTEGER NOT NULL,
    field TEXT    NOT NULL,
    salt  BLOB    NOT NULL,
    value TEXT    NOT NULL,
    PRIMARY KEY (seq, field)
) WITHOUT ROWID;

-- The inner and outer hashes of the tree in their stored order.
CREATE TABLE log_hash (
    position INTEGER NOT NULL PRIMARY KEY,
    hash     BLOB    NOT NULL
);

CREATE TABLE idempotency (
    actor   TEXT    NOT NULL,
    route   TEXT    NOT NULL,
    value   TEXT    NOT NULL,
    body    BLOB    NOT NULL,
    outcome TEXT    NOT NULL,
    day     INTEGER NOT NULL, -- days since 1970 in UTC; forgotten after the next day
    PRIMARY KEY (actor, route, value)
) WITHOUT ROWID;
CREATE INDEX idempotency_by_day ON idempotency (day);
