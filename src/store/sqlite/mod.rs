//! SQLite: WAL, synchronous=FULL, one writer, readers apart.
//!
//! A turn is one `BEGIN IMMEDIATE` … `COMMIT`: what it needs beyond the warm book is fetched at its
//! beginning, its rows are gathered, and written table by table: in a long turn already while it
//! goes on deciding, the rest at its end.

mod batch;
mod forward;
mod inserts;
mod interned;
mod load;
mod load_access;
pub mod marker;
pub mod older;
mod open;
mod outbox_batch;
mod prune;
pub mod read_devices;
pub mod reader;
pub mod restore;
mod stage_rows;
mod turn_store;
pub mod verify;
mod writer_conn;

pub use open::{Opened, SCHEMA_VERSION, migrator, only_writer};

use batch::Batch;
use homepay_domain::book::Book;
use homepay_domain::event::Digest;
use homepay_domain::facts::{Around, HoldsByLimit};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::meter::Quantity;
use homepay_domain::order::Order;
use homepay_domain::settlement::PaymentCommand;
use homepay_domain::time::UnixMs;
use homepay_domain::usage::UtcDay;
use homepay_ports::{Outgoing, Publication};
use interned::Interned;
use outbox_batch::OutboxBatches;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use writer_conn::WriterConn;

/// What was said to a message.
enum CachedReply {
    Nothing,
    Before(Publication),
    /// In this turn: a place among its publications.
    Now(usize),
}

/// The books of one home, opened by their one writer.
pub struct SqliteStore {
    pen: WriterConn,
    /// The file; none in memory.
    path: Option<PathBuf>,
    /// The journal's last entry that the marker beside the books knows of.
    marked_seq: i64,
    /// Held as long as the store is open: nobody else may write.
    _lock: Option<File>,
    home_id: Arc<str>,
    book: Book,
    journal_seq: i64,
    journal_hash: Arc<str>,
    household_version: i64,
    next_out: i64,
    parcels: OutboxBatches,
    words: Interned,
    /// Where the journal's entries are written before they are stored.
    scratch: Vec<u8>,
    turn: TurnState,
}

/// What a turn has gathered so far.
#[derive(Default)]
struct TurnState {
    /// Orders that came to their end, fetched for this turn or ended in it.
    fetched: BTreeMap<OrderId, Arc<Order>>,
    /// Orders that bought something in periods that are counted anew, fetched for this turn.
    bought: Vec<Order>,
    /// Last paid orders by device, fetched for this turn.
    last_paid: BTreeMap<Name, Order>,
    /// What was said to messages, fetched for this turn or said in it.
    said: BTreeMap<Digest, CachedReply>,
    /// What counters showed around readings that came late.
    around: BTreeMap<(Name, Quantity, UnixMs), Around>,
    /// What each edited limit's orders took.
    taken: HoldsByLimit,
    /// Sums of limits that must be written.
    touched_uses: BTreeSet<(Name, String)>,
    /// Replay windows that must be written.
    touched_signers: BTreeSet<Arc<str>>,
    /// Days whose use must be written.
    touched_days: BTreeSet<(Name, Quantity, UtcDay)>,
    /// What is asked of the wallet, by order.
    asks: BTreeMap<OrderId, (u32, PaymentCommand, UnixMs)>,
    /// Orders of which nothing is asked any more.
    settled: BTreeSet<OrderId>,
    /// Limits that went out of force.
    removed_limits: Vec<(Name, UnixMs)>,
    /// Devices that were thawed; empty = the home.
    thawed: Vec<String>,
    /// What this turn says.
    publications: Vec<Publication>,
    /// Which rules were looked at for orders whose rows are still to come, as JSON.
    looked: Vec<(OrderId, String)>,
    /// Orders as JSON whose rows are still to come.
    docs: Vec<(OrderId, String)>,
    /// The order of the decision in hand that ends as it is asked: only the journal tells it.
    at_once: Option<OrderId>,
    /// Parcels of this turn: they wait once it stands.
    parcels: Vec<i64>,
    /// True once the journal grew.
    journalled: bool,
    batch: Batch,
    /// What leaves the house after the commit.
    outgoing: Vec<Outgoing>,
    /// Orders that are over and lie ahead of a time that the clock is taken back to.
    ahead: Vec<Order>,
    /// True when the anchor of the books' time is written.
    anchored: bool,
    /// The time to keep as seen.
    at: UnixMs,
}
