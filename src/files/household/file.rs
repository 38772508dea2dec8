//! The household's file as its schema has it: names and kinds of keys. What the values must be is
//! judged by `homepay check`, which says file and line.

use super::limit_form::LimitForm;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A household: `household.toml`. Ids are `[a-z0-9][a-z0-9-]{0,62}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdFile {
    /// The members of the household.
    #[serde(default)]
    pub members: Vec<MemberRow>,
    /// Keys that may sign owners' requests.
    #[serde(default)]
    pub owner_keys: Vec<OwnerKeyRow>,
    /// Who may be paid.
    #[serde(default)]
    pub payees: Vec<PayeeRow>,
    /// What may be bought.
    #[serde(default)]
    pub catalog: Vec<ItemRow>,
    /// What rooms are called, where that is not their id.
    #[serde(default)]
    pub rooms: Vec<RoomRow>,
    /// All speakers, appliances and meters.
    #[serde(default)]
    pub devices: Vec<DeviceRow>,
    /// Tariffs, which price what is used.
    #[serde(default)]
    pub tariffs: Vec<TariffRow>,
    /// Where market prices come from.
    #[serde(default)]
    pub spot_prices: Vec<SpotRow>,
    /// Rules about when to warn.
    #[serde(default)]
    pub alerts: Vec<AlertRow>,
    /// What the home means to spend.
    #[serde(default)]
    pub budgets: Vec<BudgetRow>,
    /// What may be spent.
    #[serde(default)]
    pub limits: Vec<LimitForm>,
}

/// One member of the household.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRow {
    /// The id, unique among its kind.
    pub id: String,
    /// How people call them.
    pub name: String,
    /// `owner`, `adult`, `child` or `guest`.
    pub role: RoleWord,
    /// Set by `homepay member pin`: an Argon2id hash.
    pub pin_hash: Option<String>,
}

/// What a person may do.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleWord {
    /// May set limits and approve orders.
    Owner,
    /// May order within the limits.
    Adult,
    /// May order within the limits.
    Child,
    /// May order within the limits.
    Guest,
}

/// A key that may sign owners' requests: `key` or `key_file`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnerKeyRow {
    /// The id, unique among its kind.
    pub id: String,
    /// Whose it is: a member who is an owner.
    pub member: String,
    /// `base64:` text of 32 bytes.
    pub key: Option<String>,
    /// A file with that text.
    pub key_file: Option<String>,
}

/// Somebody who may be paid.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PayeeRow {
    /// The id, unique among its kind.
    pub id: String,
    /// How people call them.
    pub name: NameRow,
}

/// A room in which devices stand.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomRow {
    /// The id, as devices and limits name it.
    pub id: String,
    /// How people call it.
    pub name: NameRow,
}

/// What people call a thing: one name, or one for each language.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum NameRow {
    /// The same in every language.
    Same(String),
    /// One for each language.
    PerLanguage(LanguageNames),
}

/// A name in Chinese and in English.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LanguageNames {
    /// The words in Chinese.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
    /// The words in English.
    pub en: String,
}

/// A thing that may be bought.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemRow {
    /// The id, unique among its kind.
    pub sku: String,
    /// How people call it.
    pub name: NameRow,
    /// Other words for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The measure word of one, such as `箱`.
    pub unit: Option<String>,
    /// The price of one, decimal text.
    pub price: String,
    /// ISO 4217, where it is not the home's.
    pub currency: Option<String>,
    /// What kind of thing it is.
    pub category: Option<String>,
    /// Id of the payee.
    pub payee: Option<String>,
    /// When the money is captured.
    pub capture: Option<CaptureWord>,
}

/// When the money is captured.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaptureWord {
    /// At once, with the order.
    Immediate,
    /// With `homepay order fulfil`.
    OnFulfilment,
}

/// One device of the household.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceRow {
    /// The id, unique among its kind.
    pub id: String,
    /// The kind that it is of.
    pub kind: KindWord,
    /// How people call it.
    pub name: NameRow,
    /// Where it stands: a room, or a path into the message.
    pub room: Option<String>,
    /// What reads its messages.
    pub profile: String,
    /// Where its profile finds it.
    pub topic: Option<String>,
    /// Its model, where its profile tells models apart.
    pub model: Option<String>,
    /// Which of its channels count, added up; all of them where it is not said.
    pub channel: Option<OneOrMoreForm>,
    /// Which of its registers count, and in which window of the tariff each of them does, as
    /// `{ HC = "off_peak", HP = "peak" }`; an empty window for one that counts in any.
    #[serde(default)]
    pub registers: BTreeMap<String, String>,
    /// `net` where the home's meter sets what phases draw and give back at the same time off against
    /// each other; `each`, which is usual, where it counts every phase for itself.
    pub phases: Option<PhasesForm>,
    /// The most that it draws, in watts.
    pub max_power_w: Option<u32>,
    /// Where its counter begins again from zero, decimal text.
    pub modulus: Option<String>,
    /// What its use costs.
    pub tariff: Option<String>,
    /// What one run of it uses, decimal text, until that is learnt.
    pub run_kwh: Option<String>,
    /// Keys that sign for it, at most two: `base64:` text of 16 to 64 bytes each.
    #[serde(default)]
    pub keys: BTreeMap<String, String>,
}

/// How a meter counts over phases.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhasesForm {
    /// Set off against each other.
    Net,
    /// Every phase for itself.
    Each,
}

/// One text or several.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMoreForm {
    /// Just one of them.
    One(String),
    /// A list of several.
    More(Vec<String>),
}

/// What a device is.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KindWord {
    /// Takes spoken or signed orders.
    Speaker,
    /// Uses energy, water or gas.
    Appliance,
    /// Counts what is used behind it.
    Meter,
    /// It produces: what it counts is sent out and never use.
    Production,
}

/// A list of market prices: one of `topic`, `file`, `url` and `source`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotRow {
    /// The id, which tariffs name as their source.
    pub id: String,
    /// Where somebody publishes them.
    pub topic: Option<String>,
    /// A file: its full path, or beside the books.
    pub file: Option<String>,
    /// Where they are fetched; with `source`, where that one is in the house.
    pub url: Option<String>,
    /// Who publishes them, such as `energy-charts`: see `homepay tariff sources`.
    pub source: Option<String>,
    /// The zone of a source's prices, such as `DE-LU`.
    pub zone: Option<String>,
    /// A file with what a source wants to know who asks: its full path, or beside the books.
    pub token_file: Option<String>,
    /// `in` where a source's prices are wanted with taxes, else `out`.
    pub tax: Option<String>,
    /// How often a file or a URL is read, such as `1h`.
    pub every: Option<String>,
    /// What they are in, such as `EUR/MWh`, where the list does not say.
    pub unit: Option<String>,
}

/// A tariff: `file` or `versions`, and what else its kind of price needs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TariffRow {
    /// The id, unique among its kind.
    pub id: String,
    /// `electricity`, `water`, `gas`, `heat` or `cooling`.
    pub utility: String,
    /// Id of the payee.
    pub payee: Option<String>,
    /// A file with the prices.
    pub file: Option<String>,
    /// The prices, rising by date.
    pub versions: Option<Vec<Value>>,
    /// Where gas is priced in kWh: what a cubic metre holds, rising by date.
    #[serde(default)]
    pub calorific: Vec<CalorificRow>,
    /// How many people live there, where tiers depend on it: 1 to 99.
    pub household_size: Option<u8>,
    /// The region, where a tariff knows several baselines.
    pub baseline: Option<String>,
    /// How use that crosses a tier is divided among windows: `proportional` or `chronological`; else
    /// as the tariff says.
    pub crossing_split: Option<String>,
    /// The day of the month on which months begin, 1 to 31; in a shorter month on its last day.
    pub billing_day: Option<u8>,
    /// The first day of one of your bills, where a billing cycle has months.
    pub cycle_start: Option<String>,
    /// How many months a billing cycle has, 1 to 12.
    pub cycle_months: Option<u8>,
    /// How fixed charges are divided among devices: `home` (they stay with the home, which is usual),
    /// `by_use` or `equal`.
    pub fixed_share: Option<String>,
}

/// What a cubic metre of gas holds from a day on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalorificRow {
    /// The first day on which it applies.
    pub from: String,
    /// The calorific value of a m³, decimal text: in kWh, or with its unit, as `39.5 MJ/m3`.
    pub calorific_value: String,
    /// What the meter's m³ are multiplied by, decimal text; 1 where it is not said.
    pub correction_factor: Option<String>,
}

/// When to warn: of one of `device`, `category` and `home`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertRow {
    /// One device of the household.
    pub device: Option<String>,
    /// All devices of a utility.
    pub category: Option<String>,
    /// The whole home's cost.
    pub home: Option<bool>,
    /// Id of a tariff, whose bill is watched.
    pub tariff: Option<String>,
    /// `day` or `month`; `bill`, or nothing, for a tariff's bill.
    pub period: Option<PeriodWord>,
    /// The cost that is 100 %, decimal text.
    pub cost: String,
    /// At which per cent of it to warn, rising; 50, 80 and 100 where nothing is said.
    pub bands: Option<Vec<u16>>,
    /// How much it matters; by the band where nothing is said.
    pub severity: Option<SeverityWord>,
    /// After how long it is said again until somebody takes note, such as `6h`.
    pub repeat: Option<String>,
    /// True = speakers say it, too; what is critical they say always.
    pub speak: Option<bool>,
}

/// How much an alert matters.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeverityWord {
    /// Nothing has to be done.
    Info,
    /// Somebody should look at it soon.
    Warning,
    /// Something has to be done now.
    Critical,
}

/// A budget: it shows and warns, and refuses nothing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetRow {
    /// Id of the category.
    pub category: String,
    /// `week`, `month` or `year`.
    pub period: BudgetPeriodWord,
    /// How much for each, decimal text.
    pub amount: String,
    /// What goes over into the next: `none`, `rest` or `rest_and_debt`.
    pub rollover: Option<RolloverWord>,
    /// The most that goes over, decimal text.
    pub rollover_max: Option<String>,
    /// In whose period the first goes over; that of the first spending where nothing is said.
    pub from: Option<String>,
}

/// Over which period a budget goes.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BudgetPeriodWord {
    /// A week that begins on Monday.
    Week,
    /// A calendar month, from its first day.
    Month,
    /// A calendar year, from its first day.
    Year,
}

/// What goes over into a budget's next period.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RolloverWord {
    /// Nothing of it is kept.
    None,
    /// What was left is carried over.
    Rest,
    /// What was left, and what was overspent.
    RestAndDebt,
}

/// Over which period cost is added up.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodWord {
    /// From one local midnight to the next.
    Day,
    /// A calendar month, from its first day.
    Month,
    /// The tariff's billing cycle.
    Bill,
}
