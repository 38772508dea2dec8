//! The books are checked while the daemon goes on: that they hold together, and that the wallet knows
//! no payments which they do not.

use homepay_api::{Api, reconcile};
use homepay_domain::event::Event;
use homepay_engine::vitals::CheckedBooks;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

/// How soon after a start the books are checked first.
const BOOKS_CHECK_FIRST: Duration = Duration::from_secs(20);

/// How often they are checked.
const BOOKS_CHECK_EVERY: Duration = Duration::from_secs(86_400);

/// How far back payments of the wallet are looked for in the books, in seconds.
const PAYMENTS_SINCE_S: i64 = 35 * 86_400;

/// What `homepay backup verify` prints.
#[derive(Deserialize)]
struct Printed {
    entries: i64,
    faults: Vec<String>,
}

/// Checks until the engine has ended.
pub(super) async fn run(api: Api, books: PathBuf) {
    tokio::time::sleep(BOOKS_CHECK_FIRST).await;
    loop {
        let at = api.clock.now();
        match verified(&books).await {
            Ok(Printed { entries, faults }) => {
                if let Some(fault) = faults.first() {
                    tracing::error!(fault, "the books do not agree with their journal");
                }
                api.vitals.set_check(CheckedBooks { at, entries, faults: faults.clone() });
                if api.decide(Event::BooksChecked { faults }).await.is_err() {
                    return;
                }
            }
            Err(error) => tracing::warn!(%error, "the books could not be checked; trying tomorrow"),
        }
        match reconcile::unknown_payments(&api, at.plus_s(-PAYMENTS_SINCE_S)).await {
            Ok(payments) if payments.is_empty() => {}
            Ok(payments) => {
                tracing::error!(?payments, "the wallet knows payments that the books do not");
                if api.decide(Event::PaymentsUnknown { payments }).await.is_err() {
                    return;
                }
            }
            Err(error) => tracing::debug!(?error, "the wallet's statement cannot be read"),
        }
        tokio::time::sleep(BOOKS_CHECK_EVERY).await;
    }
}

/// A process of its own checks them, after everything else: its memory goes with it, and nobody's
/// order waits for it.
async fn verified(books: &Path) -> anyhow::Result<Printed> {
    let program = std::env::current_exe()?;
    let run = |mut command: Command| async move {
        command.args(["backup", "verify", "--json"]).arg(books).kill_on_drop(true).output().await
    };
    let mut nice = Command::new("nice");
    nice.args(["-n", "19"]).arg(&program);
    let done = match run(nice).await {
        Ok(done) => done,
        // Where there is no `nice` it is checked all the same.
        Err(_) => run(Command::new(&program)).await?,
    };
    serde_json::from_slice(&done.stdout).map_err(|error| {
        anyhow::anyhow!("{error}: {}", String::from_utf8_lossy(&done.stderr).trim())
    })
}
