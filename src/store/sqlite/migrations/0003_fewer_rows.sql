-- A turn writes fewer rows, and new ones side by side.

-- Which rules were looked at for an order stands in its own row.
alter table orders add column looked text;
update orders set looked = (select j.looked from judgements j
    where j.home = orders.home and j.order_id = orders.id);
drop table judgements;

-- The room that each order takes in each limit, in the period that was named when it took it.
alter table holds rename to holds_before;
create table holds (home text not null, order_id text not null, limit_id text not null,
    version integer not null, window text not null, at_ms integer not null,
    share integer not null check (share >= 0), held integer not null check (held >= 0),
    spent integer not null check (spent >= 0), restores integer not null,
    primary key (home, order_id, limit_id)) strict, without rowid;
insert into holds select home, order_id, limit_id, version, window, at_ms, share, held, spent,
    restores from holds_before;
drop table holds_before;
create index holds_limit on holds (home, limit_id, at_ms);

-- What was said to which message, to say the same again. Found by its order first: new orders lie
-- side by side, digests anywhere.
alter table heard rename to heard_before;
create table heard (home text not null, order_id text not null, digest text not null,
    at_ms integer not null, topic text not null, reply blob not null,
    primary key (home, order_id, digest)) strict;
insert into heard select home, order_id, digest, at_ms, topic, reply from heard_before
    order by at_ms;
drop table heard_before;

-- What is still to leave the house: kind = 'publish' holds all publications of a turn as one parcel
-- (the encoding is told in parcel.rs), 'ask' is one thing asked of the wallet.
alter table outbox rename to outbox_before;
create table outbox (home text not null, id integer not null, kind text not null,
    order_id text, number integer, made_ms integer not null, due_ms integer not null,
    parcel blob, ask text,
    primary key (home, id)) strict;
insert into outbox select home, id, kind, order_id, number, made_ms, due_ms,
    case when kind = 'publish' then unhex(
        printf('%02x', retain)
        || printf('%02x%02x%02x%02x', topic_len & 255, (topic_len >> 8) & 255,
            (topic_len >> 16) & 255, (topic_len >> 24) & 255) || hex(topic)
        || printf('%02x%02x%02x%02x', payload_len & 255, (payload_len >> 8) & 255,
            (payload_len >> 16) & 255, (payload_len >> 24) & 255) || hex(payload)) end,
    ask from (select *, length(cast(topic as blob)) as topic_len, length(payload) as payload_len
        from outbox_before);
drop table outbox_before;
create unique index outbox_ask on outbox (home, order_id) where kind = 'ask';
