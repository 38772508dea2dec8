//! A source as its file is written.

use super::zone::{ZoneForm, ZoneShape, zone_id};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A `source.toml`: where a list of prices or of use is published, and how it is read.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceForm {
    /// Its id, as households name it.
    pub id: String,
    /// Its name in both languages.
    pub name: SourceName,
    /// Where its facts come from.
    pub source: String,
    /// When somebody last compared it with what is published, such as `2026-11-27`.
    #[serde(default)]
    pub verified: Option<String>,
    /// What to know of it, and what was not checked.
    #[serde(default)]
    pub notes: String,
    /// How it is asked for; files need none.
    #[serde(default)]
    pub request: Option<RequestForm>,
    /// What its values are in: `EUR/MWh`, `ct/kWh` of prices; `kWh`, `Wh`, or `W` for the mean power of
    /// each row, of use. `{currency}` is the home's.
    pub unit: String,
    /// How the list is written and where it stands.
    pub list: ListForm,
}

/// A name in both languages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceName {
    /// The words in Chinese.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
    /// The words in English.
    pub en: String,
}

/// A question over HTTP. `{zone}`, `{token}` and `{url}` are what the household says, `{currency}` is
/// the home's; `{date}` and `{next_date}` are local days; `{from}` and `{to}` are when those begin in UTC, also
/// as `{from_ms}` in milliseconds since 1970 and `{from_compact}` as 202601010000.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestForm {
    /// The URL that is asked.
    pub url: String,
    /// What is posted; without it the list is got.
    #[serde(default)]
    pub body: Option<String>,
    /// Headers that are sent along.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// In which zone its days begin; unset = the home's.
    #[serde(default)]
    pub timezone: Option<String>,
    /// Of which days it is asked, counted from today; each is a question of its own.
    #[serde(default = "today")]
    pub days: Vec<i64>,
    /// Which zones there are; empty where any will do or none is needed. Others are refused.
    #[serde(default)]
    pub zones: Vec<ZoneForm>,
    /// What a zone is written as where not all of them are listed.
    #[serde(default)]
    pub zone_shape: ZoneShape,
}

impl RequestForm {
    /// A zone as this source calls it.
    ///
    /// # Errors
    /// Says which zones there are.
    pub fn zone_id(&self, said: &str) -> Result<String, String> {
        zone_id(&self.zones, self.zone_shape, said)
    }
}

fn today() -> Vec<i64> {
    vec![0]
}

/// How a document is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentFormat {
    /// JSON, read by paths.
    #[default]
    Json,
    /// XML: an element is an object of the lists of its children by name, or its text.
    Xml,
    /// Separated values with a head: a row is an object.
    Csv,
}

/// Where a list stands in a document. Paths are by RFC 9535.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListForm {
    /// How the document is written.
    #[serde(default)]
    pub format: DocumentFormat,
    /// The line that is the head, by what it begins with; else the first.
    #[serde(default)]
    pub head: Option<String>,
    /// How columns are called; their cells are read as `start`, `end`, `value`, `unit`, `step` and
    /// `seconds`.
    #[serde(default)]
    pub columns: Option<ColumnsForm>,
    /// What must stand in the document for it to be of this source.
    #[serde(default)]
    pub needs: Option<String>,
    /// Where the address of the list's next page stands; nothing there = this page is the last.
    #[serde(default)]
    pub next: Option<String>,
    /// Conditions under which nothing of the document is read, and why.
    #[serde(default)]
    pub refuse: Vec<RefuseForm>,
    /// Parts of the document with a begin and a step of their own.
    #[serde(default)]
    pub groups: Option<String>,
    /// The rows, in the document or in each part.
    pub rows: String,
    /// Where times and values stand in two lists, the times; `rows` are then the values.
    #[serde(default)]
    pub times: Option<String>,
    /// Only rows that meet all of these count.
    #[serde(default)]
    pub only: Vec<OnlyForm>,
    /// When a row begins: in the row, or in its part where `position` counts from it.
    pub start: RowTimeForm,
    /// True where `start` is when the row ends.
    #[serde(default)]
    pub start_is_end: bool,
    /// What is added to it, in seconds.
    #[serde(default)]
    pub start_add_s: i64,
    /// When a row ends.
    #[serde(default)]
    pub end: Option<RowTimeForm>,
    /// How long a row lasts: a path to a number of seconds or a span such as `PT15M`.
    #[serde(default)]
    pub length: Option<String>,
    /// The same where nothing says it, in minutes.
    #[serde(default)]
    pub minutes: Option<u16>,
    /// The number of a row, from 1: it begins so many lengths after its part. One that is missing is as
    /// the one before it.
    #[serde(default)]
    pub position: Option<String>,
    /// The value; of prices without taxes, where both are published.
    #[serde(default)]
    pub value: Option<String>,
    /// The value with taxes.
    #[serde(default)]
    pub value_with_tax: Option<String>,
    /// What a row's value is in, where that is not the same for all.
    #[serde(default)]
    pub unit: Option<String>,
    /// By which power of ten all values are multiplied: a path in the document.
    #[serde(default)]
    pub power_of_ten: Option<String>,
}

/// How the columns of a table are called. A name is compared without its unit, its case and its marks;
/// of several the first that stands in the head is taken.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnsForm {
    /// When a row begins, day and time; or the time alone, beside a `date`.
    pub start: Vec<String>,
    /// Columns that say when it ends.
    pub end: Vec<String>,
    /// Columns that hold the day.
    pub date: Vec<String>,
    /// The time of day at which a row of that day begins.
    pub time: Vec<String>,
    /// The time of day at which it ends.
    pub end_time: Vec<String>,
    /// What was used: words of which one is in the name. A column whose name has a unit of use counts, too.
    pub value: Vec<String>,
    /// Words in the names of columns that are no use.
    pub skip: Vec<String>,
    /// What the values are in.
    pub unit: Vec<String>,
    /// How long a row lasts, as `PT30M`.
    pub step: Vec<String>,
    /// How long a row lasts, in minutes.
    pub minutes: Vec<String>,
    /// What the values are in where nothing says it.
    pub default_unit: Option<String>,
    /// Which number of a date is the day, where the source always writes it so: `dmy` or `mdy`.
    pub dates: Option<String>,
}

impl ColumnsForm {
    /// The names of a role.
    pub(super) fn names(&self, role: &str) -> &[String] {
        match role {
            "start" => &self.start,
            "end" => &self.end,
            "date" => &self.date,
            "time" => &self.time,
            "end_time" => &self.end_time,
            "unit" => &self.unit,
            "step" => &self.step,
            "minutes" => &self.minutes,
            _ => &[],
        }
    }
}

/// A condition on a row.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnlyForm {
    /// Where in the row.
    pub path: String,
    /// What must stand there; `{zone}` is what the household says.
    pub is: String,
}

/// A reason to read nothing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefuseForm {
    /// Where in the document.
    pub path: String,
    /// What stands there; unset = anything.
    #[serde(default)]
    pub is: Option<String>,
    /// Why nothing is read then; `{found}` is what stands there.
    pub why: String,
}

/// Where a time stands, and how it is written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowTimeForm {
    /// Where it stands: a room, or a path into the message.
    pub path: String,
    /// How it is written.
    #[serde(default)]
    pub format: ClockForm,
    /// In which zone it is told, where it has no offset; unset = the home's.
    #[serde(default)]
    pub timezone: Option<String>,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockForm {
    /// With its offset, as `2026-01-01T00:00:00+01:00`.
    #[default]
    Rfc3339,
    /// Whole seconds since 1970, UTC.
    UnixS,
    /// Whole milliseconds since 1970, UTC.
    UnixMs,
    /// On the clock of its zone, as `2026-01-01T00:00:00`; or a day, as `2026-01-01`.
    Local,
}
