-- The sandbox wallet's book. Money is integer minor units. Transactions and entries are written
-- once and never changed; the accounts' balances are the running fold of the entries.
CREATE TABLE IF NOT EXISTS meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS accounts (
    name    TEXT PRIMARY KEY,
    balance INTEGER NOT NULL,
    CHECK (name NOT IN ('balance', 'holds') OR balance >= 0)
) STRICT;

CREATE TABLE IF NOT EXISTS txns (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT NOT NULL,
    payment TEXT,
    refund  TEXT,
    amount  INTEGER NOT NULL CHECK (amount > 0),
    at      INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS entries (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    txn     INTEGER NOT NULL REFERENCES txns (id),
    account TEXT NOT NULL REFERENCES accounts (name),
    amount  INTEGER NOT NULL CHECK (amount <> 0)
) STRICT;

CREATE TRIGGER IF NOT EXISTS txns_stay BEFORE UPDATE ON txns
BEGIN SELECT RAISE(ABORT, 'a transaction is never changed'); END;
CREATE TRIGGER IF NOT EXISTS txns_remain BEFORE DELETE ON txns
BEGIN SELECT RAISE(ABORT, 'a transaction is never removed'); END;
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER IF NOT EXISTS entries_remain BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END;

CREATE TABLE IF NOT EXISTS payments (
    id           TEXT PRIMARY KEY,
    status       TEXT NOT NULL,
    amount       INTEGER NOT NULL CHECK (amount > 0),
    captured     INTEGER NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
    refunded     INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND captured),
    payee        TEXT,
    category     TEXT,
    source       TEXT NOT NULL,
    decline_code TEXT,
    content      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS payments_due ON payments (expires_at) WHERE status = 'authorized';

CREATE TABLE IF NOT EXISTS refunds (
    id      TEXT PRIMARY KEY,
    payment TEXT NOT NULL REFERENCES payments (id),
    amount  INTEGER NOT NULL CHECK (amount > 0),
    reason  TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS refunds_of ON refunds (payment);

CREATE TABLE IF NOT EXISTS topups (
    id      TEXT PRIMARY KEY,
    content TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

-- Idempotency keys, kept for good. A row is written in the transaction of what it stands for.
CREATE TABLE IF NOT EXISTS keys (
    key     TEXT PRIMARY KEY,
    call    TEXT NOT NULL,
    request TEXT NOT NULL,
    status  INTEGER NOT NULL,
    body    TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
