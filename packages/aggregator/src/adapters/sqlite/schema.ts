/**
 * The tables of an agent's one SQLite file. Enters: nothing. Leaves: the SQL that makes them and the version it makes.
 * Not its job: reading or writing rows (`store.ts`).
 *
 * Messages are JSON with amounts as decimal strings. A round is (kind, epoch, subject); an epoch is an integer: it counts from zero
 * and stays far below 2^53.
 */

/** Kept in `user_version`. A file of another version is refused, never guessed at. */
export const SCHEMA_VERSION = 2;

export const SCHEMA = `
  CREATE TABLE ledger (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    json TEXT NOT NULL
  ) STRICT;

  -- P-71: written once for each round, never updated, never deleted.
  CREATE TABLE signing (
    kind TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    subject TEXT NOT NULL,
    digest TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (kind, epoch, subject)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX signing_by_epoch ON signing (epoch);
  CREATE TRIGGER signing_is_final BEFORE UPDATE ON signing BEGIN SELECT RAISE(ABORT, 'P-71: a signing is final'); END;
  CREATE TRIGGER signing_stays BEFORE DELETE ON signing BEGIN SELECT RAISE(ABORT, 'P-71: a signing stays'); END;

  CREATE TABLE claim (
    recipient TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (recipient, epoch)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE bundle (
    recipient TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (recipient, epoch)
  ) STRICT, WITHOUT ROWID;

  -- The lowest epoch still in the signing window (P-70); what \`load\` returns starts here.
  CREATE TABLE window (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    first_epoch INTEGER NOT NULL
  ) STRICT;
  INSERT INTO window VALUES (1, 0);
`;
