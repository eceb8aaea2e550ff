/**
 * The tables of an agent's one SQLite file. Enters: nothing. Leaves: the SQL that makes them and the version it makes.
 * Not its job: reading or writing rows (`store.ts`).
 *
 * Amounts are text, because SQLite integers end at 64 bits and amounts do not. A round is (recipient, epoch); an epoch is an
 * integer: it counts from zero and stays far below 2^53.
 */

/** Kept in `user_version`. A file of another version is refused, never guessed at. */
export const SCHEMA_VERSION = 1;

export const SCHEMA = `
  CREATE TABLE ledger (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    json TEXT NOT NULL
  ) STRICT;

  -- P-71: written once for each round, never updated, never deleted.
  CREATE TABLE signing (
    recipient TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    digest TEXT NOT NULL,
    amount TEXT NOT NULL,
    PRIMARY KEY (recipient, epoch)
  ) STRICT, WITHOUT ROWID;
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
