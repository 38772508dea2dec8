//! Use cut where windows begin: a window may begin within a quarter of an hour.

use super::day::DayOf;
use super::plan::Plan;
use super::slot::{SLOT_MIN, SLOT_S, Slot, SlotPart, SlotUse, Use};
use super::supply::Supply;
use crate::time::UnixMs;
use std::borrow::Cow;

/// Minutes of a slot.
const QUARTER_MINUTES: u8 = 15;

const _: () = assert!(QUARTER_MINUTES as u16 == SLOT_MIN);

/// How many slots one use may be shared out over, 400 days; the rest falls on the last.
const SPREAD_SLOTS_MAX: usize = 400 * 96;

impl Plan {
    /// True where a window begins within a quarter of an hour.
    fn divides_slots(&self) -> bool {
        let seasons = self.versions.iter().flat_map(|version| &version.seasons);
        let tables = seasons.flat_map(|season| {
            [&season.days.weekday, &season.days.saturday, &season.days.sunday, &season.days.holiday]
        });
        tables.flatten().any(|span| span.from % SLOT_MIN != 0)
    }
}

/// Divides slots where a plan's windows begin in them; remembers the day that it looked at.
pub struct Divider<'a> {
    supply: Option<Supply<'a>>,
    /// False where every slot is whole.
    divides: bool,
    day: Option<DayOf>,
}

impl<'a> Divider<'a> {
    /// By the plan of what supplies a device, if anything does.
    pub fn of(supply: Option<Supply<'a>>) -> Divider<'a> {
        let divides = supply.is_some_and(|supply| supply.plan.divides_slots());
        Divider { supply, divides, day: None }
    }

    /// The day of an instant, where the plan knows it.
    fn day(&mut self, at: UnixMs) -> Option<DayOf> {
        let known = self.day.filter(|day| day.start <= at && at < day.next);
        self.day = known.or_else(|| self.supply.and_then(|supply| supply.day_at(at).ok()));
        self.day
    }

    fn window(&mut self, at: UnixMs) -> Option<usize> {
        let day = self.day(at)?;
        Some(self.supply?.window_at(&day, at))
    }

    /// The minutes of a slot at which its parts begin.
    fn minutes(&mut self, slot: Slot) -> impl DoubleEndedIterator<Item = u8> + use<> {
        let mut begins = 1_u16;
        if self.divides {
            let mut window = self.window(slot.start());
            for minute in 1..QUARTER_MINUTES {
                let next = self.window(SlotPart { slot, minute }.start());
                begins |= u16::from(next != window) << minute;
                window = next;
            }
        }
        (0..QUARTER_MINUTES).filter(move |minute| begins >> minute & 1 == 1)
    }

    /// True where one price holds from an instant until another, as far as the time decides it: then it
    /// does not matter when in between something was used.
    fn is_one_price(&mut self, (from, to): (UnixMs, UnixMs)) -> bool {
        let Some(supply) = self.supply else { return false };
        let Some(day) = self.day(from).filter(|day| to <= day.next) else { return false };
        let window = supply.window_at(&day, from);
        let steps = to.since_ms(from) / 60_000;
        supply.plan.versions.get(day.version).is_some_and(|version| version.spot.is_none())
            && (1..steps).all(|minute| supply.window_at(&day, from.plus_s(minute * 60)) == window)
    }

    /// Shares a use out over the slots, and parts of slots, that it spans, in proportion to time; nothing
    /// is lost in the division. It is an estimate where it spans more than a slot's length and prices
    /// differ within: a counter that is read more often says itself when it rose.
    pub fn spread(&mut self, (from, to): (UnixMs, UnixMs), micro: i64) -> Vec<SlotUse> {
        let span_ms = to.since_ms(from);
        let estimated = span_ms > SLOT_S * 1_000 && !self.is_one_price((from, to));
        let total_ms = i128::from(span_ms).max(1);
        let (mut used, mut given) = (Vec::new(), 0_i64);
        let mut at = self.part_of(from);
        loop {
            // A reading right on the hour ends the slot before it.
            let next = self.next_part(at);
            if next.start() >= to || used.len() >= SPREAD_SLOTS_MAX {
                break;
            }
            let ms = i128::from(next.start().since_ms(from));
            let until = i64::try_from(i128::from(micro) * ms / total_ms).unwrap_or(micro);
            used.push(of(at, until.saturating_sub(given), estimated));
            given = until;
            at = next;
        }
        used.push(of(at, micro.saturating_sub(given), estimated));
        used
    }

    /// The part that an instant falls into.
    fn part_of(&mut self, at: UnixMs) -> SlotPart {
        let slot = Slot::of(at);
        let within = at.since_ms(slot.start()) / 60_000;
        let minute = self.minutes(slot).rfind(|minute| i64::from(*minute) <= within);
        SlotPart { slot, minute: minute.unwrap_or(0) }
    }

    fn next_part(&mut self, part: SlotPart) -> SlotPart {
        let later = self.minutes(part.slot).find(|minute| *minute > part.minute);
        match later {
            Some(minute) => SlotPart { minute, ..part },
            None => SlotPart { slot: part.slot.next(), minute: 0 },
        }
    }
}

fn of(part: SlotPart, micro: i64, estimated: bool) -> SlotUse {
    SlotUse { slot: part.slot, minute: part.minute, micro, estimated, imported: false }
}

impl Supply<'_> {
    /// The same use, cut where windows begin. What was kept before they did is shared out by time.
    pub(super) fn aligned<'u>(&self, used: &'u Use) -> Cow<'u, Use> {
        if !self.plan.divides_slots() {
            return Cow::Borrowed(used);
        }
        let mut divider = Divider::of(Some(*self));
        let mut parts = Vec::with_capacity(used.slots().len());
        let mut slots = used.slots().iter().peekable();
        while let Some(whole) = slots.next() {
            let next = slots.peek().filter(|next| next.slot == whole.slot);
            let end = next.map_or(whole.slot.next().start(), |next| next.start());
            let cut = divider.spread((whole.start(), end), whole.micro);
            let divided = cut.len() > 1;
            parts.extend(cut.into_iter().map(|part| SlotUse {
                estimated: whole.estimated || divided,
                imported: whole.imported,
                ..part
            }));
        }
        Cow::Owned(Use::new(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::tariff::{ClockSpan, DayTables, Terms, Version};
    use jiff::tz::TimeZone;

    fn at(text: &str) -> UnixMs {
        UnixMs(text.parse::<jiff::Timestamp>().expect("time").as_millisecond())
    }

    /// Off-peak from 01:34 until 07:34.
    fn plan() -> Plan {
        let span = |from, to, window| ClockSpan { from, to, window };
        let mut version = Version::flat(None, rust_decimal::Decimal::ONE);
        version.windows = vec!["peak".to_owned(), "off_peak".to_owned()];
        version.seasons[0].days =
            DayTables::every_day(vec![span(0, 94, 0), span(94, 454, 1), span(454, 1_440, 0)]);
        Plan { versions: vec![version], ..Plan::flat("kWh", []) }
    }

    fn spread(from: &str, to: &str, micro: i64) -> Vec<(String, i64, bool)> {
        let (plan, zone) = (plan(), TimeZone::get("Europe/Paris").expect("a zone"));
        let (currency, terms) = (Currency::from_code("EUR").expect("a currency"), Terms::default());
        let supply = Supply { plan: &plan, terms: &terms, zone: &zone, currency };
        let used = Divider::of(Some(supply)).spread((at(from), at(to)), micro);
        let told = |of: &SlotUse| {
            let time = of.start().in_zone(&zone).time().strftime("%H:%M").to_string();
            (time, of.micro, of.estimated)
        };
        used.iter().map(told).collect()
    }

    #[test]
    fn a_slot_is_divided_where_a_window_begins_in_it() {
        let (one, two) = ("2026-02-01T01:33:50+01:00", "2026-02-01T01:34:00+01:00");
        assert_eq!(spread(one, two, 10), [("01:30".to_owned(), 10, false)]);
        assert_eq!(
            spread("2026-02-01T01:33:55+01:00", "2026-02-01T01:34:05+01:00", 10),
            [("01:30".to_owned(), 5, false), ("01:34".to_owned(), 5, false)]
        );
        assert_eq!(
            spread("2026-02-01T01:34:00+01:00", "2026-02-01T01:46:00+01:00", 12),
            [("01:34".to_owned(), 11, false), ("01:45".to_owned(), 1, false)]
        );
        let day = spread("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 23_000_003);
        assert_eq!(
            day.iter().map(|part| part.1).sum::<i64>(),
            23_000_003,
            "also where clocks change"
        );
        assert!(day.iter().any(|part| part.0 == "07:34") && day.iter().all(|part| part.2));
    }

    #[test]
    fn an_hour_in_one_window_is_no_estimate() {
        let within = spread("2026-02-01T09:00:00+01:00", "2026-02-01T10:00:00+01:00", 4);
        assert!(within.iter().all(|part| part.1 == 1 && !part.2), "{within:?}");
        let over = spread("2026-02-01T07:00:00+01:00", "2026-02-01T08:00:00+01:00", 60);
        assert!(over.iter().all(|part| part.2), "{over:?}");
        let hour = spread("2026-02-01T06:34:00+01:00", "2026-02-01T07:34:00+01:00", 60);
        assert!(hour.iter().all(|part| !part.2), "{hour:?}");
    }

    #[test]
    fn what_spans_slots_is_shared_out_by_time_and_nothing_is_lost() {
        let parts = Divider::of(None)
            .spread((at("2025-10-31T20:00-04:00"), at("2025-11-01T04:00-04:00")), 8_000_000);
        assert_eq!(parts.len(), 32);
        assert!(parts.iter().all(|part| part.micro == 250_000 && part.estimated));
        let parts =
            Divider::of(None).spread((at("2026-11-22T10:01Z"), at("2026-11-22T10:29Z")), 10);
        assert_eq!(parts.iter().map(|p| p.micro).collect::<Vec<_>>(), [5, 5]);
        let parts =
            Divider::of(None).spread((at("2026-11-22T10:14:55Z"), at("2026-11-22T10:15:05Z")), 7);
        assert_eq!(
            parts.iter().map(|p| (p.micro, p.estimated)).collect::<Vec<_>>(),
            [(3, false), (4, false)]
        );
        let long =
            Divider::of(None).spread((at("2020-01-01T00:00Z"), at("2026-01-01T00:00Z")), 1_000_003);
        assert_eq!(long.iter().map(|p| p.micro).sum::<i64>(), 1_000_003);
        let now = at("2026-11-22T10:00Z");
        assert_eq!(Divider::of(None).spread((now, now), 5).len(), 1, "an instant is in one slot");
    }
}
