//! The household: who lives here, what can be bought and from whom, which devices there are.

use super::alert::AlertRule;
use super::budget::Budget;
use super::ids::Name;
use super::label::Label;
use super::limits::Limit;
use super::limits::hours::Hours;
use super::money::{Currency, Minor};
use super::tariff::Tariff;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A language that the home speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lang {
    /// Chinese as written on the mainland.
    #[default]
    #[serde(rename = "zh-CN")]
    ZhCn,
    #[serde(rename = "en")]
    En,
}

impl Lang {
    /// The tag, as payloads show it.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::ZhCn => "zh-CN",
            Lang::En => "en",
        }
    }

    /// Reads a tag: anything beginning with `zh` or `en`.
    pub fn parse(tag: &str) -> Option<Lang> {
        let tag = tag.to_ascii_lowercase();
        if tag.starts_with("zh") {
            Some(Lang::ZhCn)
        } else if tag.starts_with("en") {
            Some(Lang::En)
        } else {
            None
        }
    }
}

/// What holds for the whole home and is set in the configuration.
#[derive(Clone, Debug)]
pub struct Home {
    /// Where periods begin and end.
    pub zone: TimeZone,
    /// The one currency of the books.
    pub currency: Currency,
    /// What is spoken where nobody asked for another.
    pub lang: Lang,
    /// The bounds in time.
    pub rules: Rules,
}

/// Bounds in time that the owner may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How long a spoken confirmation is waited for, in seconds.
    pub confirm_within_s: i64,
    /// How long the owner has to approve, in seconds.
    pub approve_within_s: i64,
    /// How long a doubtful payment is tried before it is undone, in seconds.
    pub gives_up_after_s: i64,
    /// How long a wallet hold of an order that waits for fulfilment stands, in seconds.
    pub hold_for_s: i64,
    /// How many days before it is due an entered bill is paid.
    pub bill_lead_days: i64,
    /// When speakers say only what is waited for.
    pub quiet: Option<Hours>,
    /// How long ahead a dearer tier is warned of, in seconds.
    pub tier_ahead_s: i64,
    /// Below which balance the wallet is low; none = nobody wants to know.
    pub wallet_low: Option<Minor>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            confirm_within_s: 60,
            approve_within_s: 600,
            gives_up_after_s: 900,
            hold_for_s: 6 * 86_400,
            bill_lead_days: 3,
            quiet: None,
            tier_ahead_s: 7 * 86_400,
            wallet_low: None,
        }
    }
}

/// A secret as it was written (`base64:…`, or a password hash). Shows nothing of itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Takes the text of a secret.
    pub fn new(text: &str) -> Secret {
        Secret(Arc::from(text))
    }

    /// The text; for the edge that checks signatures, and for the owner's own export.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Adult,
    Child,
    Guest,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// How to address them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Argon2id hash of their PIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Secret>,
}

/// A key with which an owner signs requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerKey {
    pub member: Name,
    pub key: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payee {
    /// How it is called.
    pub name: Label,
}

/// When the money for an item moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureWhen {
    #[default]
    Immediate,
    /// When the owner says that it was delivered.
    OnFulfilment,
}

/// Something that can be bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it is called.
    pub name: Label,
    /// What else it is called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The measure word it is counted by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Price of one, in minor units.
    pub price: Minor,
    /// The currency of the price; unset = the home's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// What kind of spending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<Name>,
    /// When the money moves.
    #[serde(default)]
    pub capture: CaptureWhen,
}

/// What a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    Speaker,
    /// Uses something that costs.
    Appliance,
    /// Measures what the home uses.
    Meter,
    /// Produces: what it counts is sent out and never use.
    Production,
}

/// A speaker, an appliance or a meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub kind: DeviceKind,
    /// How people call it.
    pub name: Label,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Name>,
    /// Which profile reads its messages.
    pub profile: Name,
    /// Where it publishes, for profiles that need to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Its model, where its profile tells models apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Which of its channels count, added up; all of them where it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channel: Vec<String>,
    /// Which of its registers count, and in which window of the tariff each of them does; empty for
    /// one that counts in any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub registers: BTreeMap<String, String>,
    /// What its phases draw and give back at the same time is set off against each other, as a meter
    /// does that nets over phases.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub phases_net: bool,
    /// The most it can draw, in watts: bounds what a reading may claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_power_w: Option<u32>,
    /// Where its counter starts again from zero, in the counter's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modulus: Option<Decimal>,
    /// What its use costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff: Option<Name>,
    /// What one run of it uses, in the unit that its tariff prices, until that is learnt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_kwh: Option<Decimal>,
    /// Keys that may sign for it; at most two.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<Name, Secret>,
}

/// Where market prices come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpotFrom {
    /// Somebody publishes them on this topic.
    Topic(String),
    /// They stand in this file.
    File(String),
    /// They are fetched from here.
    Url(String),
    /// They are published by one of the sources that are known.
    Published(PublishedBy),
}

/// A published source of prices, and what it must be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedBy {
    /// Its id, such as `energy-charts`.
    pub source: String,
    /// The zone of its prices.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub zone: String,
    /// Where it is, for those that are in the house.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// The file that has what proves who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<String>,
    /// True where prices are wanted with taxes.
    #[serde(default)]
    pub with_tax: bool,
}

/// A list of market prices that tariffs may go by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpotSource {
    /// Where they come from.
    pub from: SpotFrom,
    /// How often a file or a URL is read, in seconds.
    pub every_s: i64,
    /// What they are in, such as `EUR/MWh`, where the list does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A room, by the id that devices and limits name it by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// How people call it.
    pub name: Label,
}

/// Everything of a home but its limits' history and its books.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Household {
    #[serde(default)]
    pub members: BTreeMap<Name, Member>,
    #[serde(default)]
    pub owner_keys: BTreeMap<Name, OwnerKey>,
    #[serde(default)]
    pub payees: BTreeMap<Name, Payee>,
    /// What can be bought.
    #[serde(default)]
    pub catalog: BTreeMap<Name, Item>,
    /// What rooms are called; a room without a row here is called by its id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rooms: BTreeMap<Name, Room>,
    #[serde(default)]
    pub devices: BTreeMap<Name, Device>,
    #[serde(default)]
    pub tariffs: BTreeMap<Name, Tariff>,
    /// Where market prices come from, by the name that tariffs call them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub spot_prices: BTreeMap<Name, SpotSource>,
    #[serde(default)]
    pub alerts: Vec<AlertRule>,
    /// What the home means to spend.
    #[serde(default)]
    pub budgets: Vec<Budget>,
    #[serde(default)]
    pub limits: BTreeMap<Name, Limit>,
}

impl Household {
    /// What people call a room in a language; its id where it has no name.
    pub fn room_name<'a>(&'a self, room: &'a Name, lang: Lang) -> &'a str {
        self.rooms.get(room).map_or(room.as_str(), |named| named.name.of(lang))
    }
}
