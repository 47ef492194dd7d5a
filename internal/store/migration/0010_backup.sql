-- +goose Up
-- What this database knows of its copies: when one was made, when one was restored to see whether it can be, and
-- whether the database itself came from one. No copy carries this table: a restored database begins anew.

CREATE TABLE backup_run (
    id         TEXT    NOT NULL PRIMARY KEY,
    kind       TEXT    NOT NULL CHECK (kind IN ('made', 'tested', 'restored')),
    good       INTEGER NOT NULL CHECK (good IN (0, 1)),
    started_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    file       TEXT    NOT NULL, -- name without folder
    bytes      INTEGER NOT NULL,
    events     INTEGER NOT NULL, -- records in the copied log
    root       TEXT    NOT NULL, -- of its tree, in base64
    detail     TEXT    NOT NULL, -- why it failed
    noted      INTEGER NOT NULL CHECK (noted IN (0, 1)) -- the event about it stands in the log
) WITHOUT ROWID;
CREATE INDEX backup_run_by_end ON backup_run (ended_at);
