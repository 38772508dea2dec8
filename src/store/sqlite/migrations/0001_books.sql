-- The books of one home. Every table is keyed by the home first; amounts are minor units; times
-- are unix milliseconds; `doc` columns hold the whole thing as JSON.

-- Small facts of the home: the greatest time seen, the journal's head.
create table meta (home text not null, name text not null, value text not null,
    primary key (home, name)) strict, without rowid;

-- People, catalogue, devices, tariffs, alert rules: versions, the newest holds.
create table household (home text not null, version integer not null, at_ms integer not null,
    doc text not null, primary key (home, version)) strict;

-- Limits: versions are never changed; one with removed_ms is out of force.
create table limits (home text not null, id text not null, version integer not null,
    made_ms integer not null, removed_ms integer, doc text not null,
    primary key (home, id, version)) strict, without rowid;

create table orders (home text not null, id text not null, state text not null,
    is_open integer not null, device text, member text, payee text, category text,
    amount integer not null check (amount >= 0),
    captured integer not null check (captured between 0 and amount),
    refunded integer not null check (refunded between 0 and captured),
    asked_ms integer not null, changed_ms integer not null, doc text not null,
    primary key (home, id)) strict;
create index orders_open on orders (home) where is_open = 1;
create index orders_asked on orders (home, asked_ms);

-- Which rules were looked at for an order.
create table judgements (home text not null, order_id text not null, looked text not null,
    primary key (home, order_id)) strict;

-- The room that each order takes in each limit, in the period that was named when it took it.
create table holds (home text not null, order_id text not null, limit_id text not null,
    version integer not null, window text not null, at_ms integer not null,
    share integer not null check (share >= 0), held integer not null check (held >= 0),
    spent integer not null check (spent >= 0), restores integer not null,
    primary key (home, order_id, limit_id)) strict;
create index holds_limit on holds (home, limit_id, at_ms);

-- The sums of those, by period; rolling limits are summed from the holds themselves.
create table uses (home text not null, limit_id text not null, window text not null,
    held integer not null check (held >= 0), spent integer not null check (spent >= 0),
    count integer not null, primary key (home, limit_id, window)) strict, without rowid;

-- Replay windows: epoch, top and bits are unsigned 64-bit numbers kept as signed ones.
create table signers (home text not null, signer text not null, epoch integer not null,
    top integer not null, bits integer not null,
    primary key (home, signer)) strict, without rowid;

-- What was said to which message, to say the same again.
create table heard (home text not null, digest text not null, order_id text not null,
    at_ms integer not null, topic text not null, reply blob not null,
    primary key (home, digest)) strict;
create index heard_at on heard (home, at_ms);

create table frozen (home text not null, device text not null,
    primary key (home, device)) strict, without rowid;

create table guesses (home text not null, device text not null, at_ms integer not null) strict;
create index guesses_at on guesses (home, at_ms);

create table meters (home text not null, device text not null, quantity text not null,
    doc text not null, primary key (home, device, quantity)) strict, without rowid;

create table readings (home text not null, device text not null, quantity text not null,
    at_ms integer not null, micro integer not null) strict;
create index readings_at on readings (home, at_ms);

create table usage_days (home text not null, device text not null, quantity text not null,
    day text not null, micro integer not null, estimated integer not null,
    primary key (home, device, quantity, day)) strict, without rowid;

create table alerts (home text not null, id text not null, at_ms integer not null,
    doc text not null, primary key (home, id)) strict;

create table bills_made (home text not null, period text not null,
    primary key (home, period)) strict, without rowid;

-- Every change of the books, chained: hash = SHA-256 over the entry and the hash before it.
create table journal (home text not null, seq integer not null, at_ms integer not null,
    kind text not null, body text not null, prev text not null, hash text not null,
    primary key (home, seq)) strict;

-- What is still to leave the house. kind = 'publish' or 'ask'.
create table outbox (home text not null, id integer not null, kind text not null,
    order_id text, number integer, made_ms integer not null, due_ms integer not null,
    topic text, payload blob, retain integer, ask text,
    primary key (home, id)) strict;
create unique index outbox_ask on outbox (home, order_id) where kind = 'ask';
