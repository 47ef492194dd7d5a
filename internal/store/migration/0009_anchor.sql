-- +goose Up
-- Checkpoints of the log that were signed, in the order in which they were made, and those that a sink outside has
-- not taken yet. They are copies: what proves something stands with the sinks.

CREATE TABLE checkpoint (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id >= 1),
    size    INTEGER NOT NULL CHECK (size >= 1),
    signed  BLOB    NOT NULL,
    made_at INTEGER NOT NULL
);

CREATE TABLE anchor_waiting (
    sink       TEXT    NOT NULL CHECK (sink <> ''),
    checkpoint INTEGER NOT NULL REFERENCES checkpoint (id),
    PRIMARY KEY (sink, checkpoint)
) WITHOUT ROWID;

-- One of several servers anchors at a time: the one row says which, and until when unless it comes again.
CREATE TABLE anchor_lease (
    one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    holder   TEXT    NOT NULL,
    until_at INTEGER NOT NULL
);

-- For the filters of the log page.
CREATE INDEX event_by_kind ON event (kind, seq);
CREATE INDEX event_by_actor ON event (actor, seq);
CREATE INDEX event_by_unit ON event (unit, seq);
