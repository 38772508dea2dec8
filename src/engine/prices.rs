//! The worker that reads market prices from files and URLs. What it reads goes through the door as
//! an event; it decides nothing and writes nothing. What cannot be read is tried again, sooner at
//! first; that prices are missing is warned of when they are needed.

use super::intake::Intake;
use super::{Ticket, counters};
use crate::adapters::native::prices::told;
use crate::domain::household::{SpotFrom, SpotSource};
use crate::domain::ids::Name;
use crate::domain::time::UnixMs;
use crate::io::http::fetch;
use crate::ports::BooksClock;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked whether a list is to be read, in milliseconds.
const LOOK_MS: u64 = 500;

/// How long after the first failure a list is read again, in seconds; doubled with each more.
const RETRY_S: i64 = 10;

/// How many times the wait is doubled at most.
const DOUBLINGS_MAX: u32 = 8;

/// The largest list that is read, in bytes: two years of quarters of an hour.
pub const LIST_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How long a list may take to come.
const FETCH_WITHIN: Duration = Duration::from_secs(20);

/// When a list was read last.
struct Read {
    source: SpotSource,
    due: UnixMs,
    failures: u32,
}

/// Reads lists as often as the household says, until the engine has ended. `dir` is where files
/// with a relative name are.
pub async fn run<C: BooksClock>(intake: Arc<Intake<C>>, dir: PathBuf) {
    let mut reads: BTreeMap<Name, Read> = BTreeMap::new();
    loop {
        let snapshot = intake.snapshot.load_full();
        let sources = &snapshot.household.spot_prices;
        reads.retain(|id, read| sources.get(id) == Some(&read.source));
        for (id, source) in sources {
            let now = intake.clock.now();
            let new = || Read { source: source.clone(), due: now, failures: 0 };
            let read = reads.entry(id.clone()).or_insert_with(new);
            if read.due > now {
                continue;
            }
            let text = match &source.from {
                SpotFrom::Topic(_) => continue,
                SpotFrom::File(file) => of_file(&dir.join(file)).await,
                SpotFrom::Url(url) => fetch(url, FETCH_WITHIN, LIST_BYTES_MAX).await,
            };
            let event = text.and_then(|text| told(&snapshot.home, (id, source), &text));
            match event {
                Ok(event) => {
                    counters::prices(true);
                    read.failures = 0;
                    read.due = now.plus_s(source.every_s);
                    if !intake.enter(event, Ticket::Nobody).await {
                        return;
                    }
                }
                Err(why) => {
                    counters::prices(false);
                    let wait_s = RETRY_S << read.failures.min(DOUBLINGS_MAX);
                    read.failures = read.failures.saturating_add(1);
                    read.due = now.plus_s(wait_s.min(source.every_s));
                    tracing::warn!(list = %id, why, "market prices cannot be read; trying again");
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
}

async fn of_file(file: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| format!("{}: {error}", file.display());
    let bytes = tokio::fs::metadata(file).await.map_err(told)?.len();
    if usize::try_from(bytes).map_or(true, |bytes| bytes > LIST_BYTES_MAX) {
        return Err(format!("{}: more than {LIST_BYTES_MAX} bytes", file.display()));
    }
    tokio::fs::read_to_string(file).await.map_err(told)
}
