-- +goose Up
-- Who somebody is at a provider of sign-in: the issuer and its own name for the person, which it never gives to anybody
-- else. E-mail addresses and names from there are not kept: nobody is found by them.
CREATE TABLE identity (
    issuer     TEXT    NOT NULL CHECK (issuer <> ''),
    subject    TEXT    NOT NULL CHECK (subject <> ''),
    person     TEXT    NOT NULL REFERENCES person (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) WITHOUT ROWID;
CREATE UNIQUE INDEX identity_by_person ON identity (person, issuer);

-- When an operator last let an account in again that too many wrong tries had shut out. The counts are in the memory of
-- each server; this is how all of them hear of it.
CREATE TABLE unlocked (
    person TEXT    NOT NULL PRIMARY KEY REFERENCES person (id),
    at     INTEGER NOT NULL
) WITHOUT ROWID;
