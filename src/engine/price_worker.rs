//! The worker that reads market prices from files and URLs. What it reads goes through the door as
//! an event; it decides nothing and writes nothing. What cannot be read is tried again, sooner at
//! first; that prices are missing is warned of when they are needed.

use super::intake::SharedSnapshot;
use super::{Input, Ticket, counters};
use homepay_domain::event::Event;
use homepay_domain::household::{Home, PublishedBy, SpotFrom, SpotSource};
use homepay_domain::ids::Name;
use homepay_domain::time::UnixMs;
use homepay_files::published::request::{SourceContext, SourceRequest, questions};
use homepay_files::published::shipped_sources;
use homepay_ports::{BooksClock, DocumentRequest, DocumentSource};
use homepay_protocols::native::price_message::{decode_prices, next_page};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often it is looked whether a list is to be read, in milliseconds.
const LOOK_MS: u64 = 500;

/// How long after the first failure a list is read again, in seconds; doubled with each more.
const RETRY_S: i64 = 10;

/// How many times the wait is doubled at most.
const FETCH_DOUBLINGS_MAX: u32 = 8;

/// The largest list that is read, in bytes: two years of quarters of an hour.
pub const FETCHED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The most further pages of an answer that are asked for.
const LIST_PAGES_MAX: usize = 20;

/// How long a list may take to come.
const FETCH_WITHIN: Duration = Duration::from_secs(20);

/// When a list was read last.
struct ListSchedule {
    source: SpotSource,
    due: UnixMs,
    failures: u32,
}

/// Reads lists as often as the household says, until the engine has ended. `dir` is where files
/// with a relative name are.
pub async fn run<C: BooksClock>(
    snapshot: SharedSnapshot,
    clock: C,
    (documents, dir): (Arc<dyn DocumentSource>, PathBuf),
    queue: mpsc::Sender<Input>,
) {
    let mut reads: BTreeMap<Name, ListSchedule> = BTreeMap::new();
    loop {
        let snapshot = snapshot.load_full();
        let sources = &snapshot.household.spot_prices;
        reads.retain(|id, read| sources.get(id) == Some(&read.source));
        for (id, source) in sources {
            let now = clock.now();
            let new = || ListSchedule { source: source.clone(), due: now, failures: 0 };
            let read = reads.entry(id.clone()).or_insert_with(new);
            if read.due > now {
                continue;
            }
            let texts = match &source.from {
                SpotFrom::Topic(_) => continue,
                SpotFrom::File(file) => of_file(&dir.join(file)).await.map(|text| vec![text]),
                SpotFrom::Url(url) => {
                    let request = list_at(url.clone(), Vec::new(), None);
                    documents.fetch(request).await.map(|text| vec![text])
                }
                SpotFrom::Published(by) => {
                    published(&snapshot.home, by, (&*documents, &dir), now).await
                }
            };
            let told = |text: &String| decode_prices(&snapshot.home, (id, source), text, now);
            let events: Result<Vec<Event>, String> = texts.and_then(|texts| {
                // A day that is not published yet takes nothing from the others.
                let (read, faults): (Vec<_>, Vec<_>) =
                    texts.iter().map(told).partition(|told| told.is_ok());
                for why in faults.iter().filter_map(|fault| fault.as_ref().err()) {
                    tracing::info!(list = %id, why, "an answer with market prices cannot be read");
                }
                match (read.is_empty(), faults.into_iter().next()) {
                    (true, Some(Err(why))) => Err(why),
                    _ => Ok(read.into_iter().flatten().collect()),
                }
            });
            match events {
                Ok(events) => {
                    counters::prices(true);
                    read.failures = 0;
                    read.due = now.plus_s(source.every_s);
                    for event in events {
                        if queue.send(Input::event(event, Ticket::Nobody)).await.is_err() {
                            return;
                        }
                    }
                }
                Err(why) => {
                    counters::prices(false);
                    let wait_s = RETRY_S << read.failures.min(FETCH_DOUBLINGS_MAX);
                    read.failures = read.failures.saturating_add(1);
                    read.due = now.plus_s(wait_s.min(source.every_s));
                    tracing::warn!(list = %id, why, "market prices cannot be read; trying again");
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
}

/// The answers of a published source, one for each day that it has: tomorrow may not be there yet.
async fn published(
    home: &Home,
    by: &PublishedBy,
    (documents, dir): (&dyn DocumentSource, &Path),
    now: UnixMs,
) -> Result<Vec<String>, String> {
    let source = shipped_sources::prices().get(&by.source);
    let request = source.and_then(|source| source.request.as_ref());
    let request = request.ok_or_else(|| format!("there is no source {}", by.source))?;
    let token = match &by.token_file {
        Some(file) => of_file(&dir.join(file)).await?,
        None => String::new(),
    };
    let (zone, url, currency) = (by.zone.as_str(), by.url.as_str(), home.currency.code());
    let told = SourceContext { zone, token: token.trim(), url, currency };
    let (mut answers, mut fault) = (Vec::new(), None);
    for SourceRequest { url, body, headers } in questions(request, &told, &home.zone, now)? {
        match documents.fetch(list_at(url.clone(), headers.clone(), body)).await {
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => {
                let next = next_page(home, by, &text);
                answers.push(text);
                further(documents, (home, by), (&url, &headers), next, &mut answers).await;
            }
            Err(why) => {
                tracing::info!(source = by.source, why, "a day of market prices did not come");
                fault = fault.or(Some(why));
            }
        }
    }
    match answers.is_empty() {
        true => Err(fault.unwrap_or_else(|| "nothing is published yet".to_owned())),
        false => Ok(answers),
    }
}

/// Asks for the further pages of an answer, of the same host alone: who asks is proved to no other.
async fn further(
    documents: &dyn DocumentSource,
    (home, by): (&Home, &PublishedBy),
    (asked, headers): (&str, &[(String, String)]),
    mut next: Option<String>,
    answers: &mut Vec<String>,
) {
    for _ in 0..LIST_PAGES_MAX {
        let Some(url) = next.take() else { return };
        let page = match origin(&url) == origin(asked) && origin(asked).is_some() {
            true => documents.fetch(list_at(url.clone(), headers.to_vec(), None)).await,
            false => Err("it is of another host".to_owned()),
        };
        match page {
            Ok(text) => {
                next = next_page(home, by, &text).filter(|again| *again != url);
                answers.push(text);
            }
            Err(why) => {
                let source = by.source.as_str();
                tracing::warn!(source, url, why, "a further page of market prices is missing");
                return;
            }
        }
    }
    if let Some(url) = next {
        let source = by.source.as_str();
        tracing::warn!(
            source,
            url,
            "market prices have more than {LIST_PAGES_MAX} pages: not all read"
        );
    }
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> Option<String> {
    url::Url::parse(url).ok().map(|url| url.origin().ascii_serialization())
}

/// A request for a list of prices.
fn list_at(url: String, headers: Vec<(String, String)>, body: Option<String>) -> DocumentRequest {
    DocumentRequest { url, headers, body, within: FETCH_WITHIN, bytes_max: FETCHED_BYTES_MAX }
}

async fn of_file(file: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| format!("{}: {error}", file.display());
    let bytes = tokio::fs::metadata(file).await.map_err(told)?.len();
    if usize::try_from(bytes).map_or(true, |bytes| bytes > FETCHED_BYTES_MAX) {
        return Err(format!("{}: more than {FETCHED_BYTES_MAX} bytes", file.display()));
    }
    tokio::fs::read_to_string(file).await.map_err(told)
}
