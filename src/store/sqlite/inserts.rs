//! The statements that write, one constant a table.
//!
//! A failing statement aborts the whole transaction, so inserts that run many times a turn use OR FAIL:
//! SQLite then needs no statement journal, which would copy every page before it is changed.

use super::batch::Insert;

pub(super) const META: Insert = Insert {
    head: "insert into meta (home, name, value, sum)",
    columns: 4,
    tail: "on conflict (home, name) do update set value = excluded.value, sum = excluded.sum",
    checked: true,
};

pub(super) const HOUSEHOLD: Insert = Insert {
    head: "insert into household (home, version, at_ms, doc, sum)",
    columns: 5,
    tail: "",
    checked: true,
};

pub(super) const LIMITS: Insert = Insert {
    head: "insert into limits (home, id, version, made_ms, removed_ms, doc)",
    columns: 6,
    tail: "",
    checked: false,
};

const ORDERS_HEAD: &str = "insert or fail into orders (home, id, state, is_open, device, member, \
    payee, category, amount, captured, refunded, asked_ms, changed_ms, doc, looked, entry)";

pub(super) const ORDERS: Insert = Insert {
    head: ORDERS_HEAD,
    columns: 16,
    tail: "on conflict (home, id) do update set state = excluded.state, \
           is_open = excluded.is_open, amount = excluded.amount, \
           captured = excluded.captured, refunded = excluded.refunded, \
           asked_ms = excluded.asked_ms, changed_ms = excluded.changed_ms, doc = excluded.doc, \
           looked = coalesce(excluded.looked, looked)",
    checked: false,
};

/// Orders that nobody asked for before and that ended as they were asked.
pub(super) const ORDERS_ENDED: Insert =
    Insert { head: ORDERS_HEAD, columns: 16, tail: "", checked: false };

pub(super) const HOLDS: Insert = Insert {
    head: "insert into holds (home, order_id, limit_id, version, window, at_ms, share, held, \
           spent, restores, freed)",
    columns: 11,
    tail: "on conflict (home, order_id, limit_id) do update set window = excluded.window, \
           at_ms = excluded.at_ms, held = excluded.held, spent = excluded.spent, \
           version = excluded.version, share = excluded.share, restores = excluded.restores, \
           freed = excluded.freed",
    checked: false,
};

pub(super) const USES: Insert = Insert {
    head: "insert into uses (home, limit_id, window, held, spent, count)",
    columns: 6,
    tail: "on conflict (home, limit_id, window) do update set held = excluded.held, \
           spent = excluded.spent, count = excluded.count",
    checked: false,
};

pub(super) const SIGNERS: Insert = Insert {
    head: "insert into signers (home, signer, epoch, top, bits, sum)",
    columns: 6,
    tail: "on conflict (home, signer) do update set epoch = excluded.epoch, \
           top = excluded.top, bits = excluded.bits, sum = excluded.sum",
    checked: true,
};

pub(super) const HEARD: Insert = Insert {
    head: "insert or fail into heard (home, order_id, digest, at_ms, topic, reply, sum)",
    columns: 7,
    tail: "on conflict (home, order_id, digest) do nothing",
    checked: true,
};

pub(super) const ACCESS: Insert = Insert {
    head: "insert into access (home, kind, id, doc)",
    columns: 4,
    tail: "on conflict (home, kind, id) do update set doc = excluded.doc",
    checked: false,
};

pub(super) const FROZEN: Insert = Insert {
    head: "insert or ignore into frozen (home, device)",
    columns: 2,
    tail: "",
    checked: false,
};

pub(super) const GUESSES: Insert = Insert {
    head: "insert into guesses (home, device, at_ms, sum)",
    columns: 4,
    tail: "",
    checked: true,
};

pub(super) const METERS: Insert = Insert {
    head: "insert into meters (home, device, quantity, doc, sum)",
    columns: 5,
    tail: "on conflict (home, device, quantity) do update set doc = excluded.doc, sum = excluded.sum",
    checked: true,
};

pub(super) const SIGHTINGS: Insert = Insert {
    head: "insert into sightings (home, device, doc, sum)",
    columns: 4,
    tail: "on conflict (home, device) do update set doc = excluded.doc, sum = excluded.sum",
    checked: true,
};

pub(super) const READINGS: Insert = Insert {
    head: "insert or fail into readings (home, device, quantity, at_ms, micro, sum)",
    columns: 6,
    tail: "",
    checked: true,
};

pub(super) const USAGE_SLOTS: Insert = Insert {
    head: "insert into usage_slots (home, device, quantity, day, slots, sum)",
    columns: 6,
    tail: "on conflict (home, device, quantity, day) do update set slots = excluded.slots, sum = excluded.sum",
    checked: true,
};

pub(super) const ALERTS: Insert = Insert {
    head: "insert into alerts (home, id, at_ms, doc)",
    columns: 4,
    tail: "on conflict (home, id) do update set doc = excluded.doc",
    checked: false,
};

pub(super) const NOTICES: Insert = Insert {
    head: "insert into notices (home, id, at_ms, is_open, doc, sum)",
    columns: 6,
    tail: "on conflict (home, id) do update set at_ms = excluded.at_ms, \
           is_open = excluded.is_open, doc = excluded.doc, sum = excluded.sum",
    checked: true,
};

pub(super) const USAGE_BILLS: Insert = Insert {
    head: "insert into usage_bills (home, tariff, period, doc)",
    columns: 4,
    tail: "on conflict (home, tariff, period) do update set doc = excluded.doc",
    checked: false,
};

pub(super) const SPOT_PRICES: Insert = Insert {
    head: "insert into spot_prices (home, source, slot, told_ms, price, sum)",
    columns: 6,
    tail: "on conflict (home, source, slot, told_ms) do update set price = excluded.price, sum = excluded.sum",
    checked: true,
};

pub(super) const BILLS_MADE: Insert = Insert {
    head: "insert or ignore into bills_made (home, period)",
    columns: 2,
    tail: "",
    checked: false,
};

pub(super) const BILLS: Insert = Insert {
    head: "insert into bills (home, id, order_id, due, doc)",
    columns: 5,
    tail: "on conflict (home, id) do update set order_id = excluded.order_id, \
           doc = excluded.doc",
    checked: false,
};

pub(super) const JOURNAL: Insert = Insert {
    head: "insert or fail into journal (home, seq, at_ms, kind, body, prev, hash)",
    columns: 7,
    tail: "",
    checked: false,
};

pub(super) const OUTBOX_PUBLISH: Insert = Insert {
    head: "insert or fail into outbox (home, id, kind, made_ms, due_ms, parcel, sum)",
    columns: 7,
    tail: "",
    checked: true,
};

/// One thing is asked of the wallet per order: a newer one takes the older one's place.
pub(super) const OUTBOX_ASK: Insert = Insert {
    head: "insert or replace into outbox (home, id, kind, order_id, number, made_ms, due_ms, ask, sum)",
    columns: 9,
    tail: "",
    checked: true,
};

/// Tables that the journal does not tell: each row carries a sum of its own columns, which `verify`
/// computes again.
pub(super) const CHECKED: [&Insert; 13] = [
    &META,
    &HOUSEHOLD,
    &SIGNERS,
    &HEARD,
    &GUESSES,
    &METERS,
    &SIGHTINGS,
    &READINGS,
    &USAGE_SLOTS,
    &SPOT_PRICES,
    &OUTBOX_PUBLISH,
    &OUTBOX_ASK,
    &NOTICES,
];
