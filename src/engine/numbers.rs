//! Numbers of Home Assistant's entities that wait to be decided: the newest of each entity, one of
//! each a second. A slider that is drawn sends dozens, and only the last is wanted.

use super::homeassistant::EntityWaits;
use homepay_domain::ids::Name;
use homepay_ports::AckTicket;
use homepay_protocols::homeassistant::number::{LimitEntity, NumberRequest};
use std::collections::BTreeMap;

/// Least time between two numbers that are decided for one entity, in milliseconds. Of those that
/// come in between the last is decided, when its time has come.
const NUMBER_EVERY_MS: i64 = 1_000;

type EntityKey = (Name, LimitEntity);

#[derive(Default)]
pub(super) struct NumberQueue {
    /// Without a ticket it is acked already.
    waiting: BTreeMap<EntityKey, (NumberRequest, Option<AckTicket>)>,
    /// Entities of which a number was decided less than [`NUMBER_EVERY_MS`] ago, and when.
    decided: BTreeMap<EntityKey, i64>,
}

/// What to ack of a number that came.
#[derive(Default)]
pub(super) struct Came {
    pub acks: Vec<AckTicket>,
    /// True when one of two was passed over: the older, or one that cannot be.
    pub superseded: bool,
}

impl NumberQueue {
    /// Lets a number wait, in the place of one that waits there.
    ///
    /// One that has to rest is acked at once, as its client may have orders behind it. What a crash
    /// takes of it is seen: entities show how limits stand at every start.
    pub fn put(&mut self, asked: NumberRequest, ack: AckTicket, steady_ms: i64) -> Came {
        let entity = (asked.device.clone(), asked.slot);
        let mut came = Came::default();
        let waits = self.waiting.get(&entity).is_some_and(|(waiting, _)| waiting.limit.is_ok());
        if waits && asked.limit.is_err() {
            // What is refused takes no place: the number before it is wanted as ever.
            came.acks.push(ack);
            came.superseded = true;
            return came;
        }
        let rests = self.decided.get(&entity).is_some_and(|at| is_fresh(*at, steady_ms));
        let ack = match rests {
            true => {
                came.acks.push(ack);
                None
            }
            false => Some(ack),
        };
        if let Some((_, before)) = self.waiting.insert(entity, (asked, ack)) {
            came.superseded = true;
            came.acks.extend(before);
        }
        came
    }

    /// The next number whose time has come: what it asks for, and who waits.
    pub fn take_due(&mut self, steady_ms: i64) -> Option<(NumberRequest, EntityWaits)> {
        self.decided.retain(|_, at| is_fresh(*at, steady_ms));
        let free = self.waiting.keys().find(|entity| !self.decided.contains_key(*entity)).cloned();
        let (entity, (asked, ack)) = self.waiting.remove_entry(&free?)?;
        let waits = EntityWaits { device: entity.0.clone(), slot: entity.1, ack };
        self.decided.insert(entity, steady_ms);
        Some((asked, waits))
    }

    /// When the next number may be decided.
    pub fn poll_timeout(&self) -> Option<i64> {
        let due = |entity| {
            let rest = self.decided.get(entity).map(|at| at.saturating_add(NUMBER_EVERY_MS));
            rest.unwrap_or(i64::MIN)
        };
        self.waiting.keys().map(due).min()
    }
}

fn is_fresh(decided_at: i64, steady_ms: i64) -> bool {
    steady_ms.saturating_sub(decided_at) < NUMBER_EVERY_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use homepay_domain::household::{Home, Lang, Rules};
    use homepay_domain::limits::Limit;
    use homepay_domain::money::Currency;
    use homepay_domain::reply::Code;
    use homepay_files::household::read_household;
    use homepay_ports::Claim;

    fn limit() -> Limit {
        let home = Home {
            zone: jiff::tz::TimeZone::UTC,
            currency: Currency::from_code("CNY").expect("a currency"),
            lang: Lang::En,
            rules: Rules::default(),
        };
        let text = "[[limits]]\nid = \"m\"\nscope = { home = true }\nperiod = \"month\"\namount = \"9.00\"\n";
        let none = |_: &str| Err("none".to_owned());
        let house = read_household(text, "test", &home, &none).expect("a household");
        house.limits.values().next().expect("a limit").clone()
    }

    #[test]
    fn a_number_that_is_refused_takes_no_place_of_one_that_waits() {
        let device = Name::parse("kids").expect("a name");
        let asked =
            |limit| NumberRequest { device: device.clone(), slot: LimitEntity::Month, limit };
        let good = || Ok(Box::new(limit()));
        let bad = || Err((Code::Forbidden, "raised".to_owned()));
        let mut queue = NumberQueue::default();
        queue.put(asked(good()), AckTicket(Claim::Nothing), 0);
        let came = queue.put(asked(bad()), AckTicket(Claim::Nothing), 1);
        assert!(came.superseded && came.acks.len() == 1);
        let (taken, _) = queue.take_due(2).expect("one is due");
        assert!(taken.limit.is_ok());
    }
}
