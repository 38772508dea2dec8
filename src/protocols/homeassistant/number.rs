//! The number entity of a limit: what is asked of it, and what it shows.

use super::{ROOM, place, underscored};
use crate::snapshot::Snapshot;
use homepay_domain::book::Book;
use homepay_domain::decide::lower::plain_limit;
use homepay_domain::household::DeviceKind;
use homepay_domain::ids::Name;
use homepay_domain::limits::window::Period;
use homepay_domain::limits::{Cap, Limit, Scope};
use homepay_domain::money::{Currency, Minor};
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_language::phrases::Phrases;
use homepay_ports::{Message, Publication};
use homepay_text::amount::{decimal_text, plain_decimal};
use serde_json::{Value, json};

/// A limit that has an entity: one device's, over one of these periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LimitEntity {
    /// Each order for itself.
    Order,
    Day,
    Week,
    Month,
}

/// Every slot, in the order of their length.
pub const LIMIT_ENTITIES: [LimitEntity; 4] =
    [LimitEntity::Order, LimitEntity::Day, LimitEntity::Week, LimitEntity::Month];

impl LimitEntity {
    /// The level of its topics.
    pub fn as_str(self) -> &'static str {
        match self {
            LimitEntity::Order => "limit_order",
            LimitEntity::Day => "limit_daily",
            LimitEntity::Week => "limit_weekly",
            LimitEntity::Month => "limit_monthly",
        }
    }

    /// The slot of a topic's level.
    pub fn parse(text: &str) -> Option<LimitEntity> {
        LIMIT_ENTITIES.into_iter().find(|slot| slot.as_str() == text)
    }

    /// Its name in the phrase tables.
    pub fn phrase(self) -> &'static str {
        match self {
            LimitEntity::Order => "number-order",
            LimitEntity::Day => "number-day",
            LimitEntity::Week => "number-week",
            LimitEntity::Month => "number-month",
        }
    }

    fn period(self) -> Period {
        match self {
            LimitEntity::Order => Period::Order,
            LimitEntity::Day => Period::Day,
            LimitEntity::Week => Period::Week,
            LimitEntity::Month => Period::Month,
        }
    }

    /// What a limit of the device's own over the period looks like. `None` where the device's id is
    /// too long to make a limit's of it.
    pub fn limit(self, device: &Name, amount: Cap) -> Option<Limit> {
        let id = format!("{device}-{}", self.as_str().replace('_', "-"));
        let scope = Scope { device: Some(device.clone()), ..Scope::default() };
        Some(Limit { amount, ..Limit::new(Name::parse(&id).ok()?, scope, self.period()) })
    }
}

/// What is published to an entity to have it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    To(Minor),
    Reset,
}

/// Reads what Home Assistant publishes: `200`, `12.5`, or `None`.
///
/// # Errors
/// Says what is wrong with it.
pub fn number(payload: &[u8], currency: Currency) -> Result<Number, String> {
    let text = std::str::from_utf8(payload).map_err(|_| "not text".to_owned())?.trim();
    if text == "None" {
        return Ok(Number::Reset);
    }
    let shown: String = text.chars().take(40).collect();
    // Large floats come with an exponent.
    let exact = plain_decimal(text).or_else(|| decimal_text(text));
    let exact = exact.ok_or_else(|| format!("\"{shown}\" is not an amount"))?;
    currency.parse(&exact.normalize().to_string()).map(Number::To).map_err(|e| e.to_string())
}

/// What is to be subscribed to.
pub fn subscriptions(base: &str) -> impl Iterator<Item = String> {
    LIMIT_ENTITIES.into_iter().map(move |slot| format!("{base}/{ROOM}/+/{}/set", slot.as_str()))
}

/// A wish for a limit that came by an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberRequest {
    pub device: Name,
    /// Which of its limits.
    pub slot: LimitEntity,
    /// The limit with the amount that is wanted, or why it is not looked at.
    pub limit: Result<Box<Limit>, (Code, String)>,
}

/// Reads a message under `<base>/dev/`, `rest` being what follows. `None` for what is no entity's.
pub fn read(snapshot: &Snapshot, message: &Message, rest: &str) -> Option<NumberRequest> {
    let parts: Vec<&str> = rest.split('/').collect();
    let [device, slot, "set"] = parts[..] else { return None };
    let slot = LimitEntity::parse(slot)?;
    let speakers = snapshot.household.devices.iter().filter(|(_, d)| d.kind == DeviceKind::Speaker);
    let (id, _) = { speakers }.find(|(id, _)| underscored(id) == device)?;
    let limit = asked(snapshot.home.currency, message, id, slot).map(Box::new);
    Some(NumberRequest { device: id.clone(), slot, limit })
}

fn asked(
    currency: Currency,
    message: &Message,
    device: &Name,
    slot: LimitEntity,
) -> Result<Limit, (Code, String)> {
    if message.retained {
        return Err((Code::Retained, "a limit is never taken from a retained message".to_owned()));
    }
    let amount = match number(&message.payload, currency) {
        Ok(Number::To(amount)) => Cap::At(amount),
        // Only an owner takes a limit away; the books say so.
        Ok(Number::Reset) => Cap::Unlimited,
        Err(why) => return Err((Code::Malformed, why)),
    };
    let long = || (Code::Malformed, format!("{device} is too long a name for limits of its own"));
    slot.limit(device, amount).ok_or_else(long)
}

/// What an entity shows: the amount as it stands, `None` where the device has none of its own.
pub fn state(
    book: &Book,
    base: &str,
    device: &Name,
    slot: LimitEntity,
    now: UnixMs,
) -> Publication {
    let limit = standing(book, device, slot, now);
    let text = match limit.map(|limit| limit.amount) {
        Some(Cap::At(amount)) => book.home.currency.text(amount),
        Some(Cap::Inherit | Cap::Unlimited) | None => "None".to_owned(),
    };
    let topic = format!("{}/{}", place(base, device), slot.as_str());
    Publication { topic, payload: text.into_bytes(), retain: true }
}

fn standing<'a>(
    book: &'a Book,
    device: &Name,
    slot: LimitEntity,
    now: UnixMs,
) -> Option<&'a Limit> {
    let wanted = slot.limit(device, Cap::Inherit)?;
    plain_limit(book, &wanted, book.time(now))
}

/// What stands beside the number: which limit it is, and what came of the last wish.
pub fn attributes(
    book: &Book,
    base: &str,
    (device, slot): (&Name, LimitEntity),
    refused: Option<(Code, String)>,
    now: UnixMs,
) -> Publication {
    let limit = standing(book, device, slot, now);
    let refused = refused.map(|(code, say)| json!({"code": code.as_str(), "say": say}));
    let body = json!({
        "v": 1, "device": device, "limit": limit.map(|l| &l.id),
        "version": limit.map(|l| l.version), "currency": book.home.currency.code(),
        "refused": refused, "at": now.rfc3339(&book.home.zone),
    });
    Publication {
        topic: attributes_topic(base, device, slot),
        payload: body.to_string().into_bytes(),
        retain: true,
    }
}

pub(super) fn attributes_topic(base: &str, device: &Name, slot: LimitEntity) -> String {
    format!("{}/{}/attributes", place(base, device), slot.as_str())
}

/// What is said of a refusal here in other words than to a speaker.
const REFUSALS: [(Code, &str); 3] = [
    (Code::Forbidden, "number-owner-only"),
    (Code::NoLimitSet, "number-owner-first"),
    (Code::Malformed, "number-malformed"),
];

/// Why a wish was refused, in the home's words.
pub fn refusal(phrases: &Phrases, book: &Book, code: Code) -> String {
    let own = REFUSALS.iter().find(|(other, _)| *other == code);
    match own {
        Some((_, id)) => phrases.plain(book.home.lang, id),
        None => phrases.plain(book.home.lang, &format!("reason-{}", code.as_str())),
    }
}

/// The unit's step, as text: one minor unit.
pub(super) fn step(currency: Currency) -> Value {
    json!(currency.text(Minor(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        let currency = Currency::from_code("CNY").expect("a currency");
        for (payload, minor) in [
            ("12.5", 1250),
            ("200", 20_000),
            ("0", 0),
            ("-0.0", 0),
            ("0.01", 1),
            ("12.500", 1250),
            (" 7 ", 700),
            ("1e3", 100_000),
            ("1.5e+3", 150_000),
        ] {
            assert_eq!(
                number(payload.as_bytes(), currency),
                Ok(Number::To(Minor(minor))),
                "{payload}"
            );
        }
        assert_eq!(number(b"None", currency), Ok(Number::Reset));
        for bad in [
            "",
            "none",
            "nan",
            "inf",
            "-1",
            "12.505",
            "1,5",
            "true",
            "null",
            "99999999999999999999",
            "1e99",
        ] {
            assert!(number(bad.as_bytes(), currency).is_err(), "{bad}");
        }
        assert!(number(&[0xff, 0xfe], currency).is_err());
    }

    #[test]
    fn every_slot_is_named_once() {
        for slot in LIMIT_ENTITIES {
            assert_eq!(LimitEntity::parse(slot.as_str()), Some(slot));
            let device = Name::parse("kitchen-speaker").expect("an id");
            assert!(slot.limit(&device, Cap::Inherit).is_some());
        }
        assert_eq!(LimitEntity::parse("limit_hourly"), None);
    }
}
