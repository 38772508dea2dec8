//! The books on disk. One body so far, SQLite; `tests/contract.rs` lists what every body
//! must do. What a store must never do: write outside a turn, or know what a limit means.

pub mod journal;
pub mod sqlite;

use homepay_ports::LedgerError;

/// Why the store did not do what it was asked. Named by what the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file belongs to somebody else: another daemon, a newer homepay, another home.
    #[error("{0}")]
    Refused(String),
    /// The disk or the database failed; the turn did not happen.
    #[error("the store failed: {0}")]
    Failed(#[from] sqlx::Error),
    /// What is stored is not what was written.
    #[error("the books are damaged: {0}")]
    Damaged(String),
}

impl From<StoreError> for LedgerError {
    fn from(error: StoreError) -> LedgerError {
        match error {
            StoreError::Refused(why) => LedgerError::Refused(why),
            StoreError::Failed(fault) => LedgerError::Failed(fault.to_string()),
            StoreError::Damaged(why) => LedgerError::Damaged(why),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> StoreError {
        StoreError::Damaged(error.to_string())
    }
}
