//! Counters: from readings to what was used, without being fooled by glitches.
//!
//! A drop is set aside and is a reset only when readings rise from the low value; a rise above what
//! the device can draw is set aside and never billed; a wrap needs a declared modulus; a retained
//! message may set a baseline and nothing else.

use super::time::UnixMs;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What is counted or measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Energy, a counter in kWh.
    Energy,
    /// Energy sent out, a counter in kWh.
    EnergyExport,
    /// Power, in W.
    Power,
    /// Water, a counter in m³.
    #[serde(rename = "water_volume", alias = "water")]
    Water,
    /// Gas, a counter in m³.
    #[serde(rename = "gas_volume", alias = "gas")]
    Gas,
}

impl Quantity {
    /// True for quantities whose readings only rise and are billed by difference.
    pub fn is_counter(self) -> bool {
        match self {
            Quantity::Energy | Quantity::EnergyExport | Quantity::Water | Quantity::Gas => true,
            Quantity::Power => false,
        }
    }

    /// The name in payloads and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Quantity::Energy => "energy",
            Quantity::EnergyExport => "energy_export",
            Quantity::Power => "power",
            Quantity::Water => "water_volume",
            Quantity::Gas => "gas_volume",
        }
    }

    /// Reads the name. `water` and `gas` are understood too.
    pub fn parse(text: &str) -> Option<Quantity> {
        match text {
            "water" => return Some(Quantity::Water),
            "gas" => return Some(Quantity::Gas),
            _ => {}
        }
        [Quantity::Energy, Quantity::EnergyExport, Quantity::Power, Quantity::Water, Quantity::Gas]
            .into_iter()
            .find(|q| q.as_str() == text)
    }

    /// The unit that values are kept in.
    pub fn unit(self) -> &'static str {
        match self {
            Quantity::Energy | Quantity::EnergyExport => "kWh",
            Quantity::Power => "W",
            Quantity::Water | Quantity::Gas => "m³",
        }
    }

    /// A value in some unit as micro-units of [`Quantity::unit`]; `None` for a unit that does not
    /// measure this quantity, or when it does not fit.
    pub fn micro(self, value: Decimal, unit: &str) -> Option<i64> {
        let scale = match (self, unit) {
            (Quantity::Energy | Quantity::EnergyExport, "kWh")
            | (Quantity::Power, "W")
            | (Quantity::Water | Quantity::Gas, "m³" | "m3") => Decimal::from(1_000_000),
            (Quantity::Energy | Quantity::EnergyExport, "Wh")
            | (Quantity::Water | Quantity::Gas, "L") => Decimal::from(1_000),
            (Quantity::Energy | Quantity::EnergyExport, "MWh") | (Quantity::Power, "kW") => {
                Decimal::from(1_000_000_000_i64)
            }
            _ => return None,
        };
        let scaled = value.checked_mul(scale)?.trunc().normalize();
        i64::try_from(scaled.mantissa()).ok().filter(|_| scaled.scale() == 0)
    }
}

/// Micro-units as units.
pub fn units(micro: i64) -> Decimal {
    Decimal::from_i128_with_scale(i128::from(micro), 6)
}

/// Micro-units as units, decimal text.
pub fn units_text(micro: i64) -> String {
    units(micro).normalize().to_string()
}

/// What bounds a counter's rise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most it can rise in an hour, in micro-units.
    pub per_hour_micro: i64,
    /// Where it starts again from zero, in micro-units.
    pub modulus_micro: Option<i64>,
}

/// What a counter showed at a time, in micro-units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// When.
    pub at: UnixMs,
    /// What.
    pub micro: i64,
}

/// Readings that do not fit to what went before, until it is clear what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// The first of them.
    pub first: Shown,
    /// The newest of them.
    pub last: Shown,
    /// How often they rose plausibly.
    pub rises: u8,
}

/// A counter as the hub knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    /// The last good reading.
    pub last: Option<Shown>,
    /// What is set aside.
    pub aside: Option<Aside>,
    /// What the device said of when its counter began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// Which of several sources it is read from: the lowest that speaks.
    #[serde(default)]
    pub priority: u8,
    /// What a division left of energy that is added up from power.
    #[serde(default)]
    pub rest: i64,
}

/// What a reading turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The first of a series, or a retained one: nothing was used.
    Baseline,
    /// Used since the last good reading.
    Used {
        /// From when.
        from: UnixMs,
        /// How much, in micro-units.
        micro: i64,
    },
    /// Not newer than the last one, or retained when a baseline stands: not looked at.
    Ignored,
    /// A drop: held until readings rise from it or come back.
    Dropped,
    /// A rise that the device cannot have made: held, never billed.
    Rejected,
    /// Still aside, not clear yet.
    Waiting,
    /// A new series: what rose since its first reading was used, the gap was not.
    Restarted {
        /// When the new series began.
        from: UnixMs,
        /// How much rose in it, in micro-units.
        micro: i64,
    },
}

/// How often readings must rise from a new level before it is a new series.
pub const RISES_MIN: u8 = 2;

/// After how long a source is silent, so that another takes over, in milliseconds: an hour.
pub const SOURCE_SILENT_MS: i64 = 3_600_000;

/// Slack over what the device can draw, in per cent.
const SLACK_PCT: i128 = 120;

/// Slack for the counter's own steps: two steps of 0.01, in micro-units.
const STEP_SLACK_MICRO: i128 = 20_000;

/// Slack for clocks and batching, in milliseconds.
const TIME_SLACK_MS: i128 = 60_000;

impl Meter {
    /// When the newest reading was measured, set aside or not.
    #[must_use]
    pub fn newest(&self) -> Option<UnixMs> {
        let aside = self.aside.map(|aside| aside.last.at);
        self.last.map(|last| last.at).max(aside)
    }

    /// Takes one reading; returns the counter after it and what the reading was.
    #[must_use]
    pub fn read(self, bounds: Bounds, shown: Shown, retained: bool) -> (Meter, Taken) {
        let Some(last) = self.last else {
            return (self.good(shown), Taken::Baseline);
        };
        if retained || Some(shown.at) <= self.newest() {
            return (self, Taken::Ignored);
        }
        let high_aside = self.aside.filter(|a| a.first.micro > last.micro);
        if let Some(aside) = high_aside.filter(|a| plausible(bounds, a.last, shown)) {
            return self.go_on_aside(aside, shown);
        }
        if plausible(bounds, last, shown) {
            let micro = shown.micro.saturating_sub(last.micro);
            return (self.good(shown), Taken::Used { from: last.at, micro });
        }
        if let Some(micro) = wrapped(bounds, last, shown) {
            return (self.good(shown), Taken::Used { from: last.at, micro });
        }
        if let Some(aside) = self.aside.filter(|a| plausible(bounds, a.last, shown)) {
            return self.go_on_aside(aside, shown);
        }
        let aside = Some(Aside { first: shown, last: shown, rises: 0 });
        let taken = if shown.micro < last.micro { Taken::Dropped } else { Taken::Rejected };
        (Meter { aside, ..self }, taken)
    }

    fn go_on_aside(self, aside: Aside, shown: Shown) -> (Meter, Taken) {
        let rose = shown.micro > aside.last.micro;
        let rises = aside.rises.saturating_add(u8::from(rose));
        if rises < RISES_MIN {
            let aside = Some(Aside { last: shown, rises, ..aside });
            return (Meter { aside, ..self }, Taken::Waiting);
        }
        let micro = shown.micro.saturating_sub(aside.first.micro);
        (self.good(shown), Taken::Restarted { from: aside.first.at, micro })
    }

    /// The counter after a reading that stands.
    fn good(self, shown: Shown) -> Meter {
        Meter { last: Some(shown), aside: None, ..self }
    }

    /// Takes a reading with what the device says of when its counter began. Where that changed, the
    /// counter began anew: what it shows was used since the last good reading, as far as it can be.
    #[must_use]
    pub fn read_marked(
        mut self,
        bounds: Bounds,
        shown: Shown,
        retained: bool,
        marker: Option<&str>,
    ) -> (Meter, Taken) {
        let Some(marker) = marker else { return self.read(bounds, shown, retained) };
        let changed = self.marker.as_deref().is_some_and(|known| known != marker);
        if let Some(last) = self.last.filter(|last| changed && !retained && shown.at > last.at) {
            let zero = Shown { at: last.at, micro: 0 };
            let micro = if plausible(bounds, zero, shown) { shown.micro } else { 0 };
            self.marker = Some(marker.to_owned());
            return (self.good(shown), Taken::Restarted { from: last.at, micro });
        }
        let known = self.marker.is_some();
        let (mut meter, taken) = self.read(bounds, shown, retained);
        if !known {
            meter.marker = Some(marker.to_owned());
        }
        (meter, taken)
    }

    /// Takes what was used since the reading before. The sum of all is kept as what is shown.
    #[must_use]
    pub fn add(self, bounds: Bounds, shown: Shown, retained: bool) -> (Meter, Taken) {
        let from = self.last.map_or(shown.at, |last| last.at);
        if retained || self.last.is_some_and(|last| shown.at <= last.at) {
            return (self, Taken::Ignored);
        }
        let before = self.last.map_or(0, |last| last.micro);
        let zero = Shown { at: from, micro: 0 };
        if self.last.is_some() && !plausible(bounds, zero, shown) {
            return (self, Taken::Rejected);
        }
        let sum = Shown { at: shown.at, micro: before.saturating_add(shown.micro) };
        (self.good(sum), Taken::Used { from, micro: shown.micro })
    }

    /// Whether this source may be read, and the counter as it is for it: while a better one speaks
    /// a worse one is passed over; where another takes over, what it shows first is a baseline.
    #[must_use]
    pub fn by_source(self, priority: u8, at: UnixMs) -> Option<Meter> {
        let Some(last) = self.last else { return Some(Meter { priority, ..self }) };
        if priority == self.priority {
            return Some(self);
        }
        let silent = at.since_ms(last.at) > SOURCE_SILENT_MS;
        (priority < self.priority || silent).then(|| Meter { priority, ..Meter::default() })
    }
}

/// The most that a counter can rise from one instant to another, in micro-units.
fn rise_max(bounds: Bounds, from: UnixMs, to: UnixMs) -> i128 {
    let ms = i128::from(to.since_ms(from)).saturating_add(TIME_SLACK_MS);
    i128::from(bounds.per_hour_micro) * ms * SLACK_PCT / 100 / 3_600_000 + STEP_SLACK_MICRO
}

fn plausible(bounds: Bounds, from: Shown, to: Shown) -> bool {
    let rise = i128::from(to.micro) - i128::from(from.micro);
    (0..=rise_max(bounds, from.at, to.at)).contains(&rise)
}

fn wrapped(bounds: Bounds, from: Shown, to: Shown) -> Option<i64> {
    let modulus = bounds.modulus_micro.filter(|m| from.micro < *m && to.micro < from.micro)?;
    let rise = modulus.checked_sub(from.micro)?.checked_add(to.micro)?;
    (i128::from(rise) <= rise_max(bounds, from.at, to.at)).then_some(rise)
}
