/**
 * The tables of an agent's one SQLite file. Enters: nothing. Leaves: the SQL that makes them and the version it makes.
 * Not its job: reading or writing rows (`store.ts`).
 *
 * Messages are JSON with amounts as decimal strings. A round is (kind, epoch, subject); an epoch is an integer: it
 * counts from zero and stays far below 2^53.
 */

/** Kept in `user_version`. A file of another version is refused, never guessed at. */
export const SCHEMA_VERSION = 3;

export const SCHEMA = `
  -- The one deployment this file belongs to.
  CREATE TABLE deployment (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    chain_id TEXT NOT NULL,
    rewards TEXT NOT NULL,
    pool TEXT NOT NULL,
    deploy_block INTEGER NOT NULL
  ) STRICT;

  -- The ledger as of one record. Rows of the other ledger tables count only if this row covers them: nodes up to
  -- \`record\`, epochs below \`open_epoch\`, events up to \`block\`. It is written last; what it does not cover was
  -- left by a crash.
  CREATE TABLE ledger_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    record INTEGER NOT NULL,
    block INTEGER NOT NULL,
    first_epoch INTEGER NOT NULL,
    open_epoch INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT;

  -- A node as of the record that changed it; of several the newest counts.
  CREATE TABLE ledger_node (
    id INTEGER NOT NULL,
    record INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (id, record)
  ) STRICT;

  -- A lifetime amount is the one here plus the credits of every epoch covered.
  CREATE TABLE ledger_owed (
    recipient TEXT NOT NULL PRIMARY KEY,
    amount TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ledger_credit (
    epoch INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    amount TEXT NOT NULL,
    PRIMARY KEY (epoch, recipient)
  ) STRICT, WITHOUT ROWID;

  -- Kept for good: a few bytes an hour. \`root\` is null until it is known.
  CREATE TABLE ledger_epoch (
    epoch INTEGER PRIMARY KEY,
    total_owed TEXT NOT NULL,
    root TEXT
  ) STRICT;

  -- Every event folded, kept for good: the ledger can be folded again without the chain.
  CREATE TABLE ledger_event (
    block INTEGER NOT NULL,
    log_index INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (block, log_index)
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

  -- P-108: there once the file was taken over from a copy. What was signed up to this moment may not be in it; the
  -- moment is in seconds of chain time, and null until the chain was read.
  CREATE TABLE restored (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    until_seconds INTEGER
  ) STRICT;
`;

/** Tables that follow from the chain: an agent fills them again. */
export const DERIVED_TABLES = [
  "ledger_head",
  "ledger_node",
  "ledger_owed",
  "ledger_credit",
  "ledger_epoch",
  "ledger_event",
] as const;
