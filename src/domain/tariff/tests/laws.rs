//! What must hold for any use: seeded, so that a failure can be looked at again.

use super::*;
use crate::ids::Name;
use crate::limits::window::{midnight, plus_days};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// How many worlds each law is tried in.
const WORLDS: u64 = 12;

/// A linear congruential generator: enough to make use, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        i64::try_from((self.0 >> 33) % below).expect("below 2^31")
    }
}

/// Use of a home in some of its slots, up to 10 kWh each.
fn made(dice: &mut Dice, house: &TestHome, (first, next): (Date, Date)) -> Use {
    let from = Slot::of(midnight(first, &house.zone)).0;
    let to = Slot::of(midnight(next, &house.zone)).0;
    let mut slots = Vec::new();
    for slot in from..to {
        if dice.roll(4) == 0 {
            let micro = dice.roll(10_000_000);
            slots.push(SlotUse { slot: Slot(slot), micro, estimated: false, ..SlotUse::default() });
        }
    }
    Use::new(slots)
}

fn bill(house: &TestHome, used: &Use, days: (Date, Date)) -> Bill {
    let none = SpotPrices::default();
    let bill = house.supply().bill(MeteredUse::Slots(used), &Prior::Counted, &none, days);
    bill.expect("a bill")
}

fn year() -> (Date, Date) {
    (date(2026, 1, 1), date(2027, 1, 1))
}

/// The plan with a change of price in July, a monthly charge and a tax.
fn rich() -> Plan {
    let mut plan = plan();
    plan.versions[0].fixed = vec![Fixed {
        name: "meter".to_owned(),
        per: Per::Month,
        amount: dec("3.33"),
        prorate: false,
        unused_percent: None,
    }];
    let tax = |percent| Tax {
        name: "VAT".to_owned(),
        percent: dec(percent),
        on: vec![ChargePart::Energy, ChargePart::Fixed(0)],
    };
    plan.versions[0].taxes = vec![tax("13")];
    let mut later = plan.versions[0].clone();
    later.from = Some(date(2026, 7, 11));
    later.seasons[0].rates[0][1] = dec("0.7");
    later.taxes = vec![tax("9")];
    plan.versions.push(later);
    plan
}

#[test]
fn the_months_of_a_year_add_up_to_the_year() {
    let house = TestHome::new(rich());
    for seed in 0..WORLDS {
        let used = made(&mut Dice(seed), &house, year());
        let whole = bill(&house, &used, year());
        let mut sum = Decimal::ZERO;
        let mut first = year().0;
        while first < year().1 {
            let next = plus_days(first.last_of_month(), 1);
            sum += bill(&house, &used, (first, next)).exact;
            first = next;
        }
        assert_eq!(sum, whole.exact, "seed {seed}");
    }
}

#[test]
fn a_bill_split_at_any_day_is_the_same_bill() {
    let house = TestHome::new(rich());
    for seed in 0..WORLDS {
        let mut dice = Dice(seed);
        let used = made(&mut dice, &house, year());
        let whole = bill(&house, &used, year()).exact;
        let at = plus_days(year().0, 1 + dice.roll(363));
        let (before, after) = ((year().0, at), (at, year().1));
        let parts = bill(&house, &used, before).exact + bill(&house, &used, after).exact;
        assert_eq!(parts, whole, "seed {seed}, split at {at}");
        // What was counted may also be told.
        let start = midnight(at, &house.zone);
        let reached = house.supply().reached(&used, start).expect("known");
        let later = Use::new(used.slots().iter().filter(|u| u.slot.start() >= start).copied());
        let (none, prior) = (SpotPrices::default(), Prior::Known(reached));
        let told = house.supply().bill(MeteredUse::Slots(&later), &prior, &none, after);
        assert_eq!(told.expect("a bill").exact, bill(&house, &used, after).exact);
    }
}

#[test]
fn neither_the_order_nor_the_pieces_of_readings_matter() {
    let house = TestHome::new(rich());
    for seed in 0..WORLDS {
        let mut dice = Dice(seed);
        let used = made(&mut dice, &house, year());
        let mut pieces = Vec::new();
        for of in used.slots() {
            let part = dice.roll(u64::try_from(of.micro.max(1)).expect("positive"));
            pieces.push(SlotUse { micro: part, ..*of });
            pieces.push(SlotUse { micro: of.micro - part, ..*of });
        }
        for at in (1..pieces.len()).rev() {
            let other = usize::try_from(dice.roll(at as u64 + 1)).expect("an index");
            pieces.swap(at, other);
        }
        let again = Use::new(pieces);
        assert_eq!(bill(&house, &again, year()), bill(&house, &used, year()), "seed {seed}");
    }
}

#[test]
fn more_use_never_costs_less() {
    let house = TestHome::new(rich());
    for seed in 0..WORLDS {
        let mut dice = Dice(seed);
        let used = made(&mut dice, &house, year());
        let place = usize::try_from(dice.roll(used.slots().len() as u64)).expect("an index");
        let more = SlotUse { micro: 1 + dice.roll(1_000_000), ..used.slots()[place] };
        let more = used.with(&Use::new([more]));
        let (less, more) = (bill(&house, &used, year()), bill(&house, &more, year()));
        assert!(more.exact > less.exact, "seed {seed}: {} and {}", less.exact, more.exact);
    }
}

#[test]
fn shares_add_up_to_the_bill_and_none_costs_more_than_all_its_use_at_the_top() {
    let mut house = TestHome::new(rich());
    let days = (date(2026, 7, 1), date(2026, 8, 1));
    for seed in 0..WORLDS {
        let mut dice = Dice(seed);
        let home = made(&mut dice, &house, year());
        let device = |dice: &mut Dice, id: &str| {
            let part = 1 + dice.roll(3);
            let slots = home.slots().iter();
            let slots = slots.map(|of| SlotUse { micro: of.micro * part / 10, ..*of });
            (Name::parse(id).expect("a name"), Use::new(slots.collect::<Vec<_>>()))
        };
        let devices = [device(&mut dice, "washer"), device(&mut dice, "dryer")];
        for rule in [FixedShare::Home, FixedShare::ByUse, FixedShare::Equal] {
            house.terms.fixed_share = rule;
            let none = SpotPrices::default();
            let sharing = house.supply().sharing(&home, &Prior::Counted, &none, days);
            let shares = sharing.and_then(|sharing| sharing.among(&devices)).expect("shares");
            let parts = shares.devices.iter().map(|(_, share)| share);
            let parts: Vec<&Share> = parts.chain([&shares.rest, &shares.home]).collect();
            let shown: i64 = parts.iter().map(|share| share.shown.0).sum();
            assert_eq!(shown, shares.bill.total.0, "seed {seed}, {rule:?}");
            let exact: Decimal = parts.iter().map(|share| share.exact).sum();
            assert_eq!(exact.round_dp(15), shares.bill.exact.round_dp(15), "seed {seed}");
            assert_eq!(shares.bill, bill(&house, &home, days));
            let fixed = shares.home.exact.round_dp(12);
            assert_eq!(fixed.is_zero(), rule != FixedShare::Home, "{rule:?}: {fixed}");
        }
    }
}

#[test]
fn slots_and_registers_agree_where_tiers_are_shared_in_proportion() {
    let mut house = TestHome::new(plan());
    house.terms.crossing_split = Some(Crossing::Proportional);
    let days = (date(2026, 9, 1), date(2026, 10, 1));
    for seed in 0..WORLDS {
        let used = made(&mut Dice(seed), &house, days);
        let mut sums = [0_i64, 0];
        for of in used.slots() {
            let hour = of.slot.start().in_zone(&house.zone).hour();
            sums[usize::from(!(6..22).contains(&hour))] += of.micro;
        }
        let register = |window: &str, micro| Register { window: window.to_owned(), micro };
        let registers = [register("peak", sums[0]), register("valley", sums[1])];
        let none = SpotPrices::default();
        let prior = Prior::Known(vec![2_000_000_000]);
        let of = |measured| house.supply().bill(measured, &prior, &none, days).expect("a bill");
        let (slots, totals) = (of(MeteredUse::Slots(&used)), of(MeteredUse::Registers(&registers)));
        assert_eq!(slots.exact.round_dp(15), totals.exact.round_dp(15), "seed {seed}");
        assert_eq!(slots.total, totals.total);
    }
}

#[test]
fn the_price_now_is_what_one_more_unit_adds() {
    let house = TestHome::new(rich());
    let none = SpotPrices::default();
    for seed in 0..WORLDS {
        let mut dice = Dice(seed);
        let used = made(&mut dice, &house, year());
        let slot = Slot(Slot::of(midnight(year().0, &house.zone)).0 + dice.roll(35_000));
        // Only what comes before it, so that nothing later moves to another tier.
        let before = Use::new(used.slots().iter().filter(|u| u.slot < slot).copied());
        let reached = house.supply().reached(&before, slot.start()).expect("known");
        let now = house.supply().price_at(slot.start(), &reached, &none).expect("a price");
        let one = Use::new([SlotUse { slot, micro: 1, ..SlotUse::default() }]);
        let added =
            bill(&house, &before.with(&one), year()).exact - bill(&house, &before, year()).exact;
        assert_eq!(added * Decimal::from(1_000_000), now.price, "seed {seed} at {slot:?}");
    }
}

#[test]
fn the_days_of_a_bill_add_up_to_the_bill_also_where_its_tiers_are_its_own() {
    let mut house = TestHome::new(rich());
    for version in &mut house.plan.versions {
        version.ladders[0].counter = Counter::Bill;
        version.ladders[0].by_season = true;
        version.seasons[0].baselines = BTreeMap::from([(String::new(), dec("12.5"))]);
        version.ladders[0].steps[0].up_to =
            vec![Bound::Baseline(dec("1")), Bound::Baseline(dec("1.3"))];
    }
    for seed in 0..WORLDS {
        let used = made(&mut Dice(seed), &house, year());
        let month = (date(2026, 7, 1), date(2026, 8, 1));
        let whole = bill(&house, &used, month).exact;
        let mut sum = Decimal::ZERO;
        let mut day = month.0;
        while day < month.1 {
            let next = plus_days(day, 1);
            let period = house.supply().period((day, next));
            assert_eq!(period.bill, month);
            let none = SpotPrices::default();
            let of = house.supply().bill(MeteredUse::Slots(&used), &Prior::Counted, &none, period);
            sum += of.expect("a bill").exact;
            day = next;
        }
        assert_eq!(sum, whole, "seed {seed}");
    }
}
