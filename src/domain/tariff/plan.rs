//! A published tariff: what a utility takes, by date.

use super::calendar::{Calendar, DayKind};
use super::charge::{Adder, ChargePart, Credit, Fixed, Minimum, Tax};
use super::ladder::{Crossing, Ladder};
use super::rounding::Rounding;
use super::season::{ClockSpan, DAY_MIN, DayTables, MonthDay, Season};
use super::spot::SpotRule;
use crate::household::Lang;
use crate::money::Currency;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The window of plans that know only one.
pub const ALL_DAY: &str = "all";

/// The season of plans that know only one.
pub const ALL_YEAR: &str = "year";

/// What holds from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its first local day; unset where nobody said since when.
    pub from: Option<Date>,
    /// Its last local day; unset while it is in force.
    pub to: Option<Date>,
    /// Where it was published.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// When somebody last compared it with what is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Date>,
    /// The windows' names; there is at least one.
    pub windows: Vec<String>,
    /// Seasons; every day of the year is in exactly one.
    pub seasons: Vec<Season>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ladders: Vec<Ladder>,
    /// How use that crosses a tier is divided; unset = by time where it is known, else in
    /// proportion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crossing: Option<Crossing>,
    /// The market's price, beside or instead of rates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<SpotRule>,
    /// Charges for every unit beside its price.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adders: Vec<Adder>,
    /// Charges that do not depend on use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<Fixed>,
    /// The least that a bill comes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Minimum>,
    /// Taxes, in the order in which they are put on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<Tax>,
    /// What is taken off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credits: Vec<Credit>,
}

impl Version {
    /// One price at all times.
    pub fn flat(from: Option<Date>, price: Decimal) -> Version {
        let spans = vec![ClockSpan { from: 0, to: DAY_MIN, window: 0 }];
        Version {
            from,
            to: None,
            source: String::new(),
            verified: None,
            windows: vec![ALL_DAY.to_owned()],
            seasons: vec![Season {
                name: ALL_YEAR.to_owned(),
                from: MonthDay { month: 1, day: 1 },
                to: MonthDay { month: 12, day: 31 },
                days: DayTables::every_day(spans),
                rates: vec![vec![price]],
                baselines: std::collections::BTreeMap::new(),
            }],
            ladders: Vec::new(),
            crossing: None,
            spot: None,
            adders: Vec::new(),
            fixed: Vec::new(),
            minimum: None,
            taxes: Vec::new(),
            credits: Vec::new(),
        }
    }

    /// The season of a day.
    pub fn season(&self, day: Date) -> Option<usize> {
        self.seasons.iter().position(|season| season.has(day))
    }

    /// The ladder that counts a window.
    pub fn ladder(&self, window: usize) -> Option<usize> {
        self.ladders.iter().position(|ladder| ladder.windows.contains(&window))
    }

    /// The name of a part, as files and bills show it.
    pub fn part_name(&self, part: &ChargePart) -> &str {
        let name = match part {
            ChargePart::Energy => Some("energy"),
            ChargePart::Spot => Some("spot"),
            ChargePart::Minimum => Some("minimum"),
            ChargePart::Adder(at) => self.adders.get(*at).map(|a| a.name.as_str()),
            ChargePart::Fixed(at) => self.fixed.get(*at).map(|f| f.name.as_str()),
            ChargePart::Tax(at) => self.taxes.get(*at).map(|t| t.name.as_str()),
            ChargePart::Credit(at) => self.credits.get(*at).map(|c| c.name.as_str()),
        };
        name.unwrap_or_default()
    }
}

/// What a plan is called, in the languages of a home.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanName {
    #[serde(default, rename = "zh-CN")]
    pub zh_cn: String,
    #[serde(default)]
    pub en: String,
}

impl PlanName {
    pub fn of(&self, lang: Lang) -> &str {
        match lang {
            Lang::ZhCn => &self.zh_cn,
            Lang::En => &self.en,
        }
    }
}

/// A tariff as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Its id, such as `cn-shanghai-res-tou`; empty for one that a household wrote itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// What it is called.
    #[serde(default)]
    pub name: PlanName,
    /// The currency of its prices; unset = the home's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Where its days begin and its windows are told; unset = the home's.
    #[serde(default, with = "jiff::fmt::serde::tz::optional")]
    pub zone: Option<TimeZone>,
    /// What is priced, such as `kWh`.
    pub unit: String,
    /// The holidays, where windows depend on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
    /// How the total is rounded.
    #[serde(default)]
    pub rounding: Rounding,
    /// What holds when, the oldest first, with no day in two of them.
    pub versions: Vec<Version>,
}

impl Plan {
    /// A plan of one price from each of some days on.
    pub fn flat(unit: &str, prices: impl IntoIterator<Item = (Date, Decimal)>) -> Plan {
        let versions = prices.into_iter().map(|(from, price)| Version::flat(Some(from), price));
        Plan {
            id: String::new(),
            name: PlanName::default(),
            currency: None,
            zone: None,
            unit: unit.to_owned(),
            calendar: None,
            rounding: Rounding::default(),
            versions: versions.collect(),
        }
    }

    /// The version in force on a local day.
    pub fn version(&self, day: Date) -> Option<usize> {
        let at = self.versions.partition_point(|v| v.from.is_none_or(|from| from <= day));
        let at = at.checked_sub(1)?;
        self.versions.get(at).filter(|v| v.to.is_none_or(|to| day <= to)).map(|_| at)
    }

    /// The kind of a day; `None` where the calendar ends before it.
    pub fn day_kind(&self, day: Date) -> Option<DayKind> {
        match &self.calendar {
            Some(calendar) => calendar.kind(day),
            None => Some(DayKind::of_week(day)),
        }
    }
}
