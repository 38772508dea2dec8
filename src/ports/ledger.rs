//! The books, as readers see them: apart from the writer, and never in its way.

use super::BoxFuture;
use homepay_domain::decision::RuleCheck;
use homepay_domain::order::{Order, State};
use homepay_domain::time::UnixMs;
use homepay_domain::usage::UsageBook;
use std::path::Path;

/// Why the books could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It was asked for what is not done, such as overwriting a file.
    #[error("{0}")]
    Refused(String),
    /// The disk or the database failed.
    #[error("the store failed: {0}")]
    Failed(String),
    /// What is stored is not what was written.
    #[error("the books are damaged: {0}")]
    Damaged(String),
}

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Counts the entries, from 1.
    pub seq: i64,
    /// When, in unix milliseconds.
    pub at_ms: i64,
    /// The event that led to it.
    pub kind: String,
    /// The changes, as JSON.
    pub body: String,
    /// The hash of the entry before.
    pub prev: String,
    /// The hash of this one.
    pub hash: String,
}

/// The outbox in figures.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct OutboxFigures {
    /// How many things wait.
    pub waiting: i64,
    /// When the oldest was made, unix milliseconds.
    pub oldest_ms: Option<i64>,
}

/// What a reader of the books gets.
pub type LedgerFuture<'a, T> = BoxFuture<'a, Result<T, LedgerError>>;

/// Reads the books of one home. Nothing here waits for a turn.
pub trait Ledger: Send + Sync + 'static {
    /// Orders, newest first; only those of a state where one is named.
    fn orders(&self, state: Option<State>, limit: i64) -> LedgerFuture<'_, Vec<Order>>;

    /// One order by its id; `None` where the books do not have it.
    fn order<'a>(&'a self, id: &'a str) -> LedgerFuture<'a, Option<Order>>;

    /// Every rule that was looked at for an order, in order.
    fn looked<'a>(&'a self, id: &'a str) -> LedgerFuture<'a, Vec<RuleCheck>>;

    /// Orders with money moved between two instants in unix milliseconds, oldest first.
    fn paid(&self, from_ms: i64, to_ms: i64) -> LedgerFuture<'_, Vec<Order>>;

    /// All use between two instants, and the market's prices of the days that they lie in.
    fn usage(&self, first: UnixMs, next: UnixMs) -> LedgerFuture<'_, UsageBook>;

    /// The newest journal entries, oldest first.
    fn journal_tail(&self, limit: i64) -> LedgerFuture<'_, Vec<JournalEntry>>;

    /// The entry with which an owner approved an order; `None` where none did at the console.
    fn approval<'a>(&'a self, order: &'a str) -> LedgerFuture<'a, Option<JournalEntry>>;

    /// How much waits to leave the house, and since when.
    fn outbox(&self) -> LedgerFuture<'_, OutboxFigures>;

    /// A copy of the books as they stand, in a new file, while the daemon goes on.
    fn copy_to<'a>(&'a self, file: &'a Path) -> LedgerFuture<'a, ()>;
}
