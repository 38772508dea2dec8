//! What was spent on which day: money that moved less what came back, by the day of the order.

use super::money::Minor;
use super::order::{Order, State};
use super::shared_map::SharedMap;
use super::time::UnixMs;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// For how many days it is at hand: this month and the last.
const DAYS_MAX: usize = 62;

/// See the module. A fold of the changes of orders, like the rest of the book.
#[derive(Clone, Debug, Default)]
pub struct SpentByDay {
    days: SharedMap<Date, Minor>,
}

impl SpentByDay {
    /// Notes an order as it stands now; `before` = as it stood while it was open.
    pub fn note(&mut self, zone: &TimeZone, before: Option<&Order>, order: &Order) {
        let known = match before {
            Some(before) => before.net(),
            // A paid order that opens again to be refunded was counted when it was paid.
            None if order.state == State::Refunding => order.net(),
            None => Minor::ZERO,
        };
        let moved = order.net().minus(known).unwrap_or_default();
        if moved != Minor::ZERO {
            self.add(zone, order.asked_at, moved);
        }
    }

    /// Adds money that moved for an order of a time.
    pub fn add(&mut self, zone: &TimeZone, asked_at: UnixMs, moved: Minor) {
        let day = self.days.get_or_default(&asked_at.in_zone(zone).date());
        *day = day.plus(moved).unwrap_or(*day);
        if self.days.len() > DAYS_MAX {
            let oldest = self.days.first_key_value().map(|(day, _)| *day);
            oldest.into_iter().for_each(|day| self.days.remove(&day));
        }
    }

    /// What was spent from a day to the one before another.
    pub fn between(&self, first: Date, next: Date) -> Minor {
        let days = self.days.range(first..next);
        days.fold(Minor::ZERO, |sum, (_, day)| sum.plus(*day).unwrap_or(sum))
    }
}
