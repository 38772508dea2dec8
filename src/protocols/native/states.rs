//! What the hub publishes of itself: the forms of the retained states, for their schemas. Figures
//! are decimal text, and null where they are not known: never zero in the place of unknown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether the hub is there, on `<base>/bridge/state`; its last will says `offline`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BridgeState {
    /// Whether it is `online` or `offline`.
    pub state: Presence,
}

/// Whether somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is connected now.
    Online,
    /// It is not connected.
    Offline,
    /// Nothing was ever heard of it.
    Unknown,
}

/// How the hub is, on `<base>/bridge/health`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BridgeHealth {
    /// Version of this form; always 1.
    pub v: u8,
    /// Version of the running hub.
    pub version: String,
    /// How many things wait for their turn.
    pub queue: usize,
    /// How many publications wait for the broker.
    pub unsent: usize,
    /// Orders that are owed a step.
    pub open_orders: usize,
    /// Orders of which the wallet is asked something.
    pub paying: usize,
    /// For how long the oldest of them waits, in seconds.
    pub outbox_age_s: Option<i64>,
    /// `ok`, or `doubtful` while the wallet gives no clear answer.
    pub wallet: String,
    /// Orders of which the wallet gave no clear answer.
    pub doubtful: usize,
    /// `up`: it can only be told while the broker is there.
    pub broker: String,
    /// Whether the store commits.
    pub store: StoreHealth,
    /// How the machine's clock stands to the time of the books.
    pub clock: ClockHealth,
    /// What the last check of the whole books found; none before the first.
    pub books: Option<BooksCheck>,
    /// An RFC 3339 instant.
    pub at: String,
}

/// Whether the store commits.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StoreHealth {
    /// `ok`, or `failing` while nothing can be committed: what was heard waits and is not answered.
    pub state: String,
    /// Since when it fails, RFC 3339.
    pub since: Option<String>,
    /// What the store says.
    pub why: Option<String>,
}

/// How the machine's clock stands to the time of the books.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClockHealth {
    /// `ok`; `ahead` or `behind` while the machine's clock is not believed.
    pub state: String,
    /// By how much the machine's clock is ahead of the books, in seconds.
    pub off_s: i64,
}

/// What a check of the whole books found.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BooksCheck {
    /// When it ended, RFC 3339.
    pub checked_at: String,
    /// True when the chain holds and every table is what the journal says.
    pub sound: bool,
    /// How many entries of the journal were read.
    pub entries: i64,
    /// The first thing that does not hold.
    pub fault: Option<String>,
}

/// A limit with what is taken of its present period.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LimitState {
    /// Id of the limit.
    pub id: String,
    /// Grows with every edit.
    pub version: u32,
    /// `order`, `day`, `week`, `month`, `year`, `all_time`, or `rolling` with its span.
    pub period: String,
    /// Which period is the present one.
    pub window: String,
    /// The most that may be held and spent; none where it bounds no amount.
    pub amount: Option<String>,
    /// Spent in the period, as decimal text.
    pub spent: String,
    /// Held by open orders, as decimal text.
    pub held: String,
    /// What is left; none where it bounds no amount.
    pub left: Option<String>,
    /// Orders in the period.
    pub count: u64,
    /// The most of them; none where it bounds none.
    pub max_count: Option<u32>,
    /// When it has more, RFC 3339.
    pub resets_at: Option<String>,
}

/// Figures of today and of this month.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UsageState {
    /// Use since local midnight, as decimal text.
    pub today: String,
    /// Use since the month began, as decimal text.
    pub month: String,
    /// The unit of these figures.
    pub unit: String,
}

/// What the use of a device cost.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CostState {
    /// Today's cost; none where a price is missing.
    pub today: Option<String>,
    /// This month's cost; none where a price is missing.
    pub month: Option<String>,
    /// ISO 4217 code of the home's currency.
    pub currency: String,
}

/// The last reading of a quantity.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReadingState {
    /// What the counter or gauge showed.
    pub value: String,
    /// The unit of the value.
    pub unit: String,
    /// When it was measured, RFC 3339.
    pub at: String,
    /// How old it is, in seconds.
    pub age_s: i64,
    /// True where it says nothing of now.
    pub stale: bool,
    /// A value that is held, because it cannot be believed yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// What a counter rose by and was not counted, because nothing proves it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_counted: Option<String>,
    /// The most that it may rise by in an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_hour_max: Option<String>,
}

/// What was held or not taken of a device lately.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NoteState {
    /// An RFC 3339 instant.
    pub at: String,
    /// What it is of.
    pub of: String,
    /// Short name of the reason.
    pub reason: String,
    /// The reason in words.
    pub why: String,
}

/// A device, on `<base>/device/<device>/state`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeviceState {
    /// Version of this form; always 1.
    pub v: u8,
    /// Id of the device.
    pub device: String,
    /// True while it may not order.
    pub frozen: bool,
    /// The limits that bound it.
    pub limits: Vec<LimitState>,
    /// What it used, by period.
    pub usage: UsageState,
    /// What that cost; none without a tariff.
    pub cost: Option<CostState>,
    /// Its last readings, by quantity.
    pub last_reading: BTreeMap<String, ReadingState>,
    /// Whether it is there.
    pub availability: Presence,
    /// When it was heard last, RFC 3339.
    pub heard_at: Option<String>,
    /// What was held or not taken of it lately, the newest first.
    pub notes: Vec<NoteState>,
    /// An RFC 3339 instant.
    pub at: String,
}

/// A tariff as it stands now.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TariffState {
    /// Id of the tariff.
    pub tariff: String,
    /// What it is of.
    pub utility: String,
    /// The price of one unit now; none where there is none.
    pub price_now: Option<String>,
    /// The unit that the price is for.
    pub unit: Option<String>,
    /// The window whose price it is; none where there is none.
    pub window: Option<String>,
    /// The tier that the home is in, from 1; none where there are none.
    pub tier: Option<usize>,
    /// What is left of that tier, in units; none in the last one.
    pub left_in_tier: Option<String>,
    /// On which day the next tier begins if use goes on like this; none where that is not known.
    pub tier_ends_on: Option<String>,
    /// The next price; none where none is known.
    pub next_change: Option<NextPrice>,
    /// What it bills: what the meters under it say, or where there are none its appliances.
    pub usage: UsageState,
    /// What its use cost; null where a price is missing.
    pub cost: TariffCost,
    /// What the bill of the running cycle will come to; none while too little is known.
    pub projected: Option<ProjectedBill>,
}

/// What a bill will likely come to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProjectedBill {
    /// The cycle's first day.
    pub from: String,
    /// The day after its last.
    pub to: String,
    /// The likeliest sum, as decimal text.
    pub amount: String,
    /// One bill in ten is below.
    pub low: String,
    /// One bill in ten is above.
    pub high: String,
    /// From how many whole days that is concluded.
    pub known_days: i64,
}

/// A price to come.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NextPrice {
    /// From when, RFC 3339.
    pub at: String,
    /// The price of one unit.
    pub price: String,
    /// The window that begins.
    pub window: String,
}

/// What the use under a tariff cost.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TariffCost {
    /// Since local midnight, as decimal text.
    pub today: Option<String>,
    /// Since the month began, as decimal text.
    pub month: Option<String>,
    /// The month, as `2026-11`.
    pub period: String,
}

/// Orders that wait, by what for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PendingState {
    /// For a number to be said.
    pub confirm: Vec<String>,
    /// Orders that wait for the owner.
    pub approval: Vec<String>,
    /// Orders that wait for the wallet.
    pub paying: Vec<String>,
}

/// The home, on `<base>/home/state`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HomeState {
    /// Version of this form; always 1.
    pub v: u8,
    /// True while nobody may order.
    pub frozen: bool,
    /// All limits that are in force.
    pub limits: Vec<LimitState>,
    /// All tariffs of the household.
    pub tariffs: Vec<TariffState>,
    /// The currency of the books.
    pub currency: String,
    /// Ids of orders that wait, by what for.
    pub pending: PendingState,
    /// An RFC 3339 instant.
    pub at: String,
}
