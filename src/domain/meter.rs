//! Counters: from readings to what was used, without being fooled by glitches.
//!
//! A drop is set aside and is a reset only when readings rise from the low value, or where it is the
//! midnight at which a day's total begins anew; a rise above what the device can draw is held, and
//! counted only once later readings prove it; a wrap needs a declared modulus; a retained message may
//! set a baseline and nothing else.

use super::held::Held;
pub use super::quantity::{QUANTITIES, Quantity, units, units_text};
use super::time::UnixMs;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What bounds a counter's rise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiseBounds {
    /// The most it can rise in an hour, in micro-units.
    pub per_hour_micro: i64,
    /// Where it starts again from zero, in micro-units.
    pub modulus_micro: Option<i64>,
    /// The home's midnight before a reading that fell: a day's total begins anew at it.
    pub midnight: Option<UnixMs>,
}

/// What a counter showed at a time, in micro-units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub at: UnixMs,
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
    /// They are of a day's total that began anew at midnight, which is nothing to worry about.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub new_day: bool,
}

/// What comes within moments after a silence may have waited in a queue: no message of it happened
/// when it came, but all of it since the reading before the silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Burst {
    /// The last good reading before the silence.
    pub before: Shown,
    /// What came first after it.
    pub first: Shown,
}

impl Burst {
    /// True for a reading that waited: it rose by more than the device draws since the first message, and
    /// by no more than it draws since the silence began.
    pub(super) fn waited(&self, bounds: RiseBounds, shown: Shown) -> bool {
        let rise = i128::from(shown.micro) - i128::from(self.first.micro);
        let drawn = rise_within(bounds, shown.at.since_ms(self.first.at) + QUEUE_SLACK_MS);
        rise > drawn && plausible(bounds, self.before, shown)
    }
}

/// What the counter showed a while ago: a message that comes late shows no less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// Half an hour ago at least.
    pub older: Shown,
    pub newer: Shown,
}

/// A counter as the hub knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    /// The last good reading.
    pub last: Option<Shown>,
    /// What is set aside.
    pub aside: Option<Aside>,
    /// What it rose by and was not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// Since when the device speaks again after a silence, and what it showed before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<Burst>,
    /// What it showed a while ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trail: Option<Trail>,
    /// What the device said of when its counter began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// Which of several sources it is read from: the lowest that speaks.
    #[serde(default)]
    pub priority: u8,
    /// What a division left of energy that is added up from power.
    #[serde(default)]
    pub rest: i64,
    /// The most that the last reading could have risen in an hour, in micro-units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_micro: Option<i64>,
    /// What was fed back was told beside it and taken off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub net: bool,
    /// Until when a gauge's last reading can have held at most: the device went away then, or the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<UnixMs>,
    /// Where the device counts in several places, each with its own counter: what is shown is their
    /// sum.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, Meter>,
}

/// What a reading turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadingOutcome {
    /// The first of a series, or a retained one: nothing was used.
    Baseline,
    /// Used since the last good reading.
    Used {
        from: UnixMs,
        /// How much, in micro-units.
        micro: i64,
    },
    /// The same, with what was held of it before: when in that time is not known.
    Proved {
        from: UnixMs,
        /// How much, in micro-units.
        micro: i64,
    },
    /// Not newer than the last one, or retained when a baseline stands: not looked at.
    Ignored,
    /// A drop: held until readings rise from it or come back.
    Dropped,
    /// A rise that the device cannot have made: held until later readings prove it.
    Rejected,
    /// It shows less than a moment ago and not less than before that: an older message came late.
    Late,
    /// A day's total that began anew at midnight: held until it rises.
    NewDay,
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
pub const SLACK_PCT: i128 = 120;

/// Slack for the counter's own steps: two steps of 0.01, in micro-units.
const STEP_SLACK_MICRO: i128 = 20_000;

/// Slack for clocks and batching, in milliseconds.
const TIME_SLACK_MS: i64 = 60_000;

/// The same between messages of which the later one may have waited, in milliseconds.
const QUEUE_SLACK_MS: i64 = 1_000;

/// From how long a silence on messages may have waited, in milliseconds.
const SILENCE_MS_MIN: i64 = 60_000;

/// The longest day, in milliseconds: 25 hours.
const DAY_MS_MAX: i64 = 90_000_000;

/// How long after midnight a total of the day before may still be told, in milliseconds: ten minutes.
const MIDNIGHT_SLACK_MS: i64 = 600_000;

/// How far apart the readings of a trail are at least, in milliseconds.
const TRAIL_STEP_MS: i64 = 1_800_000;

/// The longest that a broker takes to hand over what waited, in milliseconds.
const BURST_MS_MAX: i64 = 60_000;

impl Meter {
    /// When the newest reading was measured, set aside or not.
    #[must_use]
    pub fn newest(&self) -> Option<UnixMs> {
        let aside = self.aside.map(|aside| aside.last.at);
        self.last.map(|last| last.at).max(aside)
    }

    /// The counter of a part. One that was not told apart before goes on where the whole stood, if
    /// it can have come from there.
    #[must_use]
    pub fn part(&self, name: &str, bounds: RiseBounds, shown: Shown) -> Meter {
        if let Some(part) = self.parts.get(name) {
            return part.clone();
        }
        let goes_on =
            self.parts.is_empty() && self.last.is_some_and(|l| plausible(bounds, l, shown));
        if goes_on { Meter { priority: 0, ..self.clone() } } else { Meter::default() }
    }

    /// The counter where its last reading can have held until an instant at most.
    #[must_use]
    pub fn ended_at(self, at: UnixMs) -> Meter {
        let parts = self.parts.into_iter().map(|(name, part)| (name, part.ended_at(at))).collect();
        // A part that ended earlier did not go on until now.
        Meter { ended: self.ended.or(Some(at)), parts, ..self }
    }

    /// The whole once a part of it was read: it shows the sum of its parts.
    #[must_use]
    pub fn with_part(mut self, name: &str, part: Meter) -> Meter {
        self.bound_micro = part.bound_micro;
        self.ended = self.ended.filter(|_| part.ended.is_some());
        self.parts.insert(name.to_owned(), part);
        let shown = self.parts.values().filter_map(|part| part.last);
        self.last = shown.reduce(|sum, of| Shown {
            at: sum.at.max(of.at),
            micro: sum.micro.saturating_add(of.micro),
        });
        self.aside = self.parts.values().find_map(|part| part.aside);
        self
    }

    /// Takes one reading; returns the counter after it and what the reading was.
    #[must_use]
    pub fn read(self, bounds: RiseBounds, shown: Shown, retained: bool) -> (Meter, ReadingOutcome) {
        let Some(last) = self.last else {
            return (self.good(shown), ReadingOutcome::Baseline);
        };
        if retained || Some(shown.at) <= self.newest() {
            return (self, ReadingOutcome::Ignored);
        }
        let burst = self.burst_at(last, shown);
        let rise = shown.micro.saturating_sub(last.micro);
        let meter = Meter { burst, ..self };
        let high = meter.aside.filter(|a| a.first.micro > last.micro);
        if let Some(aside) = high.filter(|a| plausible(bounds, a.last, shown)) {
            return meter.go_on_high(bounds, (last, aside), shown);
        }
        if let Some(burst) = burst.filter(|burst| rise >= 0 && burst.waited(bounds, shown)) {
            return meter.used(bounds, (burst.before.at, rise), shown);
        }
        if plausible(bounds, last, shown) {
            return meter.used(bounds, (last.at, rise), shown);
        }
        if let Some(micro) = wrapped(bounds, last, shown) {
            return meter.used(bounds, (last.at, micro), shown);
        }
        if let Some(aside) = meter.aside.filter(|a| plausible(bounds, a.last, shown)) {
            return meter.go_on_aside(aside, None, shown);
        }
        meter.set_aside(bounds, last, shown)
    }

    /// What is going on after a silence, once a message came at this time.
    pub(super) fn burst_at(&self, last: Shown, shown: Shown) -> Option<Burst> {
        let silent = shown.at.since_ms(self.newest().unwrap_or(last.at)) > SILENCE_MS_MIN;
        let on = self.burst.filter(|burst| shown.at.since_ms(burst.first.at) <= BURST_MS_MAX);
        silent.then_some(Burst { before: last, first: shown }).or(on)
    }

    /// So much was used; with it comes what was held, where that is proved now.
    fn used(
        self,
        bounds: RiseBounds,
        (from, micro): (UnixMs, i64),
        shown: Shown,
    ) -> (Meter, ReadingOutcome) {
        let held = self.held.map(|held| held.and_counted(micro));
        match held.filter(|held| held.is_proved(bounds, shown.at)) {
            Some(held) => {
                let micro = held.micro.saturating_add(micro);
                let meter = Meter { held: None, ..self.good(shown) };
                (meter, ReadingOutcome::Proved { from: held.from, micro })
            }
            None => (Meter { held, ..self.good(shown) }, ReadingOutcome::Used { from, micro }),
        }
    }

    /// A reading that fits to none before it.
    fn set_aside(self, bounds: RiseBounds, last: Shown, shown: Shown) -> (Meter, ReadingOutcome) {
        let first = |first, new_day| Some(Aside { first, last: shown, rises: 0, new_day });
        let (aside, taken) = if let Some(midnight) = day_total(bounds, last, shown) {
            (first(midnight, true), ReadingOutcome::NewDay)
        } else if self.trail.is_some_and(|t| (t.older.micro..last.micro).contains(&shown.micro)) {
            (first(shown, false), ReadingOutcome::Late)
        } else if shown.micro < last.micro {
            (first(shown, false), ReadingOutcome::Dropped)
        } else {
            (first(shown, false), ReadingOutcome::Rejected)
        };
        // A counter that falls back by about as much as is held of it never stood so high.
        let fell = last.micro.saturating_sub(shown.micro);
        let held = self.held.filter(|held| fell < held.micro / 2);
        (Meter { aside, held, ..self }, taken)
    }

    /// Readings go on from a level that was too high: once the device can have drawn all of it since
    /// the last good reading, it did.
    fn go_on_high(
        self,
        bounds: RiseBounds,
        (last, aside): (Shown, Aside),
        shown: Shown,
    ) -> (Meter, ReadingOutcome) {
        let held = Held::between(self.held, last, aside.first);
        let rose = shown.micro.saturating_sub(aside.first.micro);
        match held.map(|held| held.and_counted(rose)) {
            Some(held) if held.is_proved(bounds, shown.at) => {
                let micro = held.micro.saturating_add(rose);
                let meter = Meter { held: None, ..self.good(shown) };
                (meter, ReadingOutcome::Proved { from: held.from, micro })
            }
            held => self.go_on_aside(aside, held, shown),
        }
    }

    fn go_on_aside(
        self,
        aside: Aside,
        held: Option<Held>,
        shown: Shown,
    ) -> (Meter, ReadingOutcome) {
        let rose = shown.micro > aside.last.micro;
        let rises = aside.rises.saturating_add(u8::from(rose));
        if rises < RISES_MIN {
            let aside = Some(Aside { last: shown, rises, ..aside });
            return (Meter { aside, ..self }, ReadingOutcome::Waiting);
        }
        let (from, micro) = (aside.first.at, shown.micro.saturating_sub(aside.first.micro));
        let meter = Meter { held: held.or(self.held), ..self.good(shown) };
        let taken = match aside.new_day {
            true => ReadingOutcome::Used { from, micro },
            false => ReadingOutcome::Restarted { from, micro },
        };
        (meter, taken)
    }

    /// The counter after a reading that stands.
    pub(super) fn good(self, shown: Shown) -> Meter {
        let trail = match (self.trail, self.last) {
            (Some(trail), Some(last)) if shown.at.since_ms(trail.newer.at) >= TRAIL_STEP_MS => {
                Some(Trail { older: trail.newer, newer: last })
            }
            (None, Some(last)) => Some(Trail { older: last, newer: last }),
            (trail, _) => trail,
        };
        Meter { last: Some(shown), aside: None, trail, ..self }
    }

    /// Takes a reading with what the device says of when its counter began. Where that changed, the
    /// counter began anew: what it shows was used since the last good reading, as far as it can be.
    #[must_use]
    pub fn read_marked(
        mut self,
        bounds: RiseBounds,
        shown: Shown,
        retained: bool,
        marker: Option<&str>,
    ) -> (Meter, ReadingOutcome) {
        let Some(marker) = marker else { return self.read(bounds, shown, retained) };
        let changed = self.marker.as_deref().is_some_and(|known| known != marker);
        if let Some(last) = self.last.filter(|last| changed && !retained && shown.at > last.at) {
            let zero = Shown { at: last.at, micro: 0 };
            let micro = if plausible(bounds, zero, shown) { shown.micro } else { 0 };
            self.marker = Some(marker.to_owned());
            self.held = None;
            return (self.good(shown), ReadingOutcome::Restarted { from: last.at, micro });
        }
        let known = self.marker.is_some();
        let (mut meter, taken) = self.read(bounds, shown, retained);
        if !known {
            meter.marker = Some(marker.to_owned());
        }
        (meter, taken)
    }

    /// The same with every time in it moved.
    #[must_use]
    pub fn moved(mut self, moved: &impl Fn(UnixMs) -> UnixMs) -> Meter {
        let parts = std::mem::take(&mut self.parts).into_iter();
        self.parts = parts.map(|(name, part)| (name, part.moved(moved))).collect();
        let shown = |shown: &mut Shown| shown.at = moved(shown.at);
        self.last.iter_mut().for_each(shown);
        if let Some(aside) = &mut self.aside {
            shown(&mut aside.first);
            shown(&mut aside.last);
        }
        if let Some(held) = &mut self.held {
            (held.from, held.to) = (moved(held.from), moved(held.to));
        }
        self.ended = self.ended.map(moved);
        // Neither matters for longer than an hour.
        (self.burst, self.trail) = (None, None);
        self
    }

    /// The counter for a reading that is net of what was fed back, or not; none where that was told
    /// beside it until now and is missing this once, so that the reading says too much.
    #[must_use]
    pub fn netted(self, net: Option<bool>, shown: Shown) -> Option<Meter> {
        match net {
            Some(false) if self.net => None,
            // What it showed before was more by all that was ever fed back.
            Some(true) if !self.net && self.last.is_some_and(|l| shown.micro < l.micro) => {
                Some(Meter { last: None, aside: None, held: None, trail: None, net: true, ..self })
            }
            Some(true) => Some(Meter { net: true, ..self }),
            Some(false) | None => Some(self),
        }
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
pub(super) fn rise_max(bounds: RiseBounds, from: UnixMs, to: UnixMs) -> i128 {
    rise_within(bounds, to.since_ms(from).saturating_add(TIME_SLACK_MS))
}

fn rise_within(bounds: RiseBounds, ms: i64) -> i128 {
    let per_hour = i128::from(bounds.per_hour_micro) * SLACK_PCT / 100;
    per_hour * i128::from(ms) / 3_600_000 + STEP_SLACK_MICRO
}

/// The midnight from which a reading that fell counts, where both it and the one before it can be totals
/// of their days.
fn day_total(bounds: RiseBounds, last: Shown, shown: Shown) -> Option<Shown> {
    let at = bounds.midnight?;
    if last.at > at.plus_ms(MIDNIGHT_SLACK_MS) {
        return None;
    }
    let (midnight, day_before) =
        (Shown { at, micro: 0 }, Shown { at: at.plus_ms(-DAY_MS_MAX), micro: 0 });
    let total = plausible(bounds, midnight, shown) && plausible(bounds, day_before, last);
    (total && shown.micro < last.micro).then_some(midnight)
}

/// True where a counter can have gone from one reading to another.
pub(super) fn plausible(bounds: RiseBounds, from: Shown, to: Shown) -> bool {
    let rise = i128::from(to.micro) - i128::from(from.micro);
    (0..=rise_max(bounds, from.at, to.at)).contains(&rise)
}

fn wrapped(bounds: RiseBounds, from: Shown, to: Shown) -> Option<i64> {
    let modulus = bounds.modulus_micro.filter(|m| from.micro < *m && to.micro < from.micro)?;
    let rise = modulus.checked_sub(from.micro)?.checked_add(to.micro)?;
    (i128::from(rise) <= rise_max(bounds, from.at, to.at)).then_some(rise)
}
