//! Lists of market prices as they are told: messages, files, fetched pages.

use super::decoded::Decoded;
use crate::snapshot::Snapshot;
use homepay_domain::event::Event;
use homepay_domain::household::{Home, PublishedBy, SpotFrom, SpotSource};
use homepay_domain::ids::Name;
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_files::published::document::ReadContext;
use homepay_files::published::table::FileHints;
use homepay_files::published::{self, shipped_sources};
use homepay_files::tariff::spot::{PriceListUnit, SpotList, read_spot};
use homepay_ports::{MESSAGE_BYTES_MAX, Message};
use homepay_text::problem::shown;
use jiff::tz::TimeZone;

/// Reads a message on a topic of prices; `None` for other topics.
pub fn read(snapshot: &Snapshot, message: &Message) -> Option<Decoded> {
    let on_topic = |source: &SpotSource| match &source.from {
        SpotFrom::Topic(topic) => *topic == message.topic,
        SpotFrom::File(_) | SpotFrom::Url(_) | SpotFrom::Published(_) => false,
    };
    let mut sources = snapshot.household.spot_prices.iter();
    let (id, source) = sources.find(|(_, source)| on_topic(source))?;
    let text = std::str::from_utf8(&message.payload);
    let told = match text {
        Ok(text) if text.len() <= MESSAGE_BYTES_MAX => {
            let prices = list(&snapshot.home, source, text, None);
            let (source, retained) = (id.clone(), message.retained);
            prices.map(|told| event(source, told, retained))
        }
        Ok(_) => Err(format!("more than {MESSAGE_BYTES_MAX} bytes")),
        Err(_) => Err("no text".to_owned()),
    };
    Some(match told {
        Ok(event) => Decoded::Event(event),
        Err(why) => {
            let why = format!("prices on {}: {why}", shown(&message.topic));
            Decoded::Refused { device: None, order: None, code: Code::Malformed, why }
        }
    })
}

/// The answer to a question of `now`, as an event.
///
/// # Errors
/// Says which row is wrong, or that the prices are in another currency.
pub fn decode_prices(
    home: &Home,
    (id, source): (&Name, &SpotSource),
    text: &str,
    now: UnixMs,
) -> Result<Event, String> {
    let told = list(home, source, text, Some(now))?;
    Ok(event(id.clone(), told, false))
}

/// A list as an event, with what is doubtful in it.
fn event(source: Name, list: SpotList, retained: bool) -> Event {
    let SpotList { prices, refused: mut doubts, means, .. } = list;
    if let Some(first) = means.first() {
        let from = first.start().rfc3339(&TimeZone::UTC);
        let count = means.len();
        doubts.push(format!(
            "{count} quarters of an hour, the first from {from}, have several prices: their mean is \
             taken, which is exact for even use alone"
        ));
    }
    Event::PricesReceived { source, prices, retained, doubts }
}

/// The address of the next page of an answer; none where all is in it.
pub fn next_page(home: &Home, by: &PublishedBy, text: &str) -> Option<String> {
    let form = shipped_sources::prices().get(&by.source)?;
    let context = ReadContext {
        zone: &by.zone,
        timezone: &home.zone,
        with_tax: by.with_tax,
        now: None,
        hints: FileHints::default(),
    };
    published::next_page(form, text, &context)
}

/// The prices in a list; `now` where it was asked for.
fn list(
    home: &Home,
    source: &SpotSource,
    text: &str,
    now: Option<UnixMs>,
) -> Result<SpotList, String> {
    let list = match &source.from {
        SpotFrom::Published(by) => {
            let form = shipped_sources::prices().get(&by.source);
            let form = form.ok_or_else(|| format!("there is no source {}", by.source))?;
            // The books may hold a zone from before zones were checked.
            let known = form.request.as_ref().and_then(|request| request.zone_id(&by.zone).ok());
            let zone = known.as_deref().unwrap_or(&by.zone);
            let context = ReadContext {
                zone,
                timezone: &home.zone,
                with_tax: by.with_tax,
                now,
                hints: FileHints::default(),
            };
            published::prices(form, text, &context, home.currency)?
        }
        SpotFrom::Topic(_) | SpotFrom::File(_) | SpotFrom::Url(_) => {
            let unit = source.unit.as_deref().map(PriceListUnit::parse).transpose()?;
            read_spot(text, unit)?
        }
    };
    if let Some(other) = list.currency.filter(|currency| *currency != home.currency) {
        return Err(format!("prices are in {other}, the home's books in {}", home.currency));
    }
    Ok(list)
}

/// The topics on which prices are told.
pub fn topics(snapshot: &Snapshot) -> Vec<String> {
    let sources = snapshot.household.spot_prices.values();
    sources
        .filter_map(|source| match &source.from {
            SpotFrom::Topic(topic) => Some(topic.clone()),
            SpotFrom::File(_) | SpotFrom::Url(_) | SpotFrom::Published(_) => None,
        })
        .collect()
}
