//! What is published of the book: states of devices and of the home. Derived from what stands,
//! so it needs no outbox: after a restart it is published anew.

use homepay_devices::outcome::meaning;
use homepay_devices::registry::registry;
use homepay_domain::bill::{Billing, month_name};
use homepay_domain::book::Book;
use homepay_domain::household::Device;
use homepay_domain::ids::Name;
use homepay_domain::limits::used::Used;
use homepay_domain::limits::window::{Period, Window, plus_days};
use homepay_domain::limits::{Cap, Limit};
use homepay_domain::live::Costs;
use homepay_domain::meter::{Meter, Quantity, units_text};
use homepay_domain::money::Minor;
use homepay_domain::order::State;
use homepay_domain::sighting::ReadingIssue;
use homepay_domain::tariff::Tariff;
use homepay_domain::time::UnixMs;
use homepay_domain::usage::priced_quantity;
use homepay_language::phrases::Phrases;
use homepay_protocols::native::bill::{BillsView, bills_told};
use homepay_protocols::native::encode::Encoder;
use homepay_protocols::native::states::{
    CostState, DeviceState, HomeState, LimitState, NextPrice, NoteState, PendingState, Presence,
    ProjectedBill, ReadingState, TariffCost, TariffState, UsageState,
};
use homepay_protocols::views::limits::{LimitView, LimitsView};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// How long after its last reading a device counts as online, in seconds.
pub const ONLINE_S: i64 = 3_600;

/// What is taken of a limit's present period.
pub(super) struct LimitUsage {
    window: Window,
    used: Used,
    /// When it has more.
    pub resets_at: Option<UnixMs>,
    /// What it has left; none where it bounds no amount.
    pub left: Option<Minor>,
}

/// Looks at a limit as it stands.
pub(super) fn taken(book: &Book, limit: &Limit, now: UnixMs) -> LimitUsage {
    let (at, zone) = (book.time(now), &book.home.zone);
    let window = limit.period.window(limit.alignment, limit.week_start, zone, at);
    let (used, resets_at) = match limit.period {
        Period::Rolling { span_s } => {
            let (used, oldest) = book.uses.rolling(&limit.id, window.start);
            (used, oldest.map(|oldest| oldest.plus_s(span_s)))
        }
        Period::Order => (Default::default(), None),
        Period::Day | Period::Week | Period::Month | Period::Year | Period::AllTime => {
            (book.uses.window(&limit.id, &window.key), window.end)
        }
    };
    let left = cap_of(limit).map(|cap| {
        cap.minus(used.taken().unwrap_or(cap)).unwrap_or_default().max(Default::default())
    });
    LimitUsage { window, used, resets_at, left }
}

fn cap_of(limit: &Limit) -> Option<Minor> {
    match limit.amount {
        Cap::At(cap) => Some(cap),
        Cap::Inherit | Cap::Unlimited => None,
    }
}

/// A limit with what is taken of its present period.
pub fn limit_state(book: &Book, limit: &Limit, now: UnixMs) -> LimitState {
    let LimitUsage { window, used, resets_at, left } = taken(book, limit, now);
    let (zone, cap) = (&book.home.zone, cap_of(limit));
    let money = |amount| book.home.currency.text(amount);
    LimitState {
        id: limit.id.to_string(),
        version: limit.version,
        period: period_name(limit.period),
        window: window.key,
        amount: cap.map(money),
        spent: money(used.spent),
        held: money(used.held),
        left: left.map(money),
        count: used.count.into(),
        max_count: limit.max_count,
        resets_at: resets_at.map(|r| r.rfc3339(zone)),
    }
}

/// Every limit of the household, with its rules and what is taken of it.
pub fn all_limits(book: &Book, now: UnixMs) -> LimitsView {
    let limits = book.household.limits.values();
    let told = limits.map(|limit| LimitView::of(&book.home, limit, limit_state(book, limit, now)));
    LimitsView { limits: told.collect() }
}

/// A period's name, as limits are written.
pub fn period_name(period: Period) -> String {
    match period {
        Period::Order => "order".to_owned(),
        Period::Day => "day".to_owned(),
        Period::Week => "week".to_owned(),
        Period::Month => "month".to_owned(),
        Period::Year => "year".to_owned(),
        Period::AllTime => "all_time".to_owned(),
        Period::Rolling { span_s } => format!("rolling {span_s}s"),
    }
}

/// A device's state, for `<base>/device/<device>/state`; none where it is no device of the house.
pub fn device_state(book: &Book, id: &Name, costs: &Costs, now: UnixMs) -> Option<DeviceState> {
    let device = book.household.devices.get(id)?;
    let at = book.time(now);
    let today = at.in_zone(&book.home.zone).date();
    let limits = book
        .household
        .limits
        .values()
        .filter(|limit| concerns(limit, id, device.room.as_ref()))
        .map(|limit| limit_state(book, limit, now))
        .collect();
    let tariff = device.tariff.as_ref().and_then(|t| book.household.tariffs.get(t));
    let standing = DevicePresence::of(book, id, device, at);
    Some(DeviceState {
        v: 1,
        device: id.to_string(),
        frozen: book.is_frozen(Some(id)),
        limits,
        usage: usage(book, &[id], tariff.map_or(Quantity::Energy, priced_quantity), today),
        cost: cost(book, (id, device), costs),
        last_reading: standing.readings(book, id),
        availability: standing.availability,
        heard_at: standing.heard_at.map(|heard| heard.rfc3339(&book.home.zone)),
        notes: notes(book, id),
        at: now.rfc3339(&book.home.zone),
    })
}

/// Whether a device is there, and from when on its figures are stale.
struct DevicePresence {
    availability: Presence,
    heard_at: Option<UnixMs>,
    silence_s: i64,
    at: UnixMs,
}

impl DevicePresence {
    /// The device's own word goes first; without one, silence decides.
    fn of(book: &Book, id: &Name, device: &Device, at: UnixMs) -> DevicePresence {
        let sighting = book.sightings.get(id);
        let measured = readings(book, id).filter_map(|(_, meter)| meter.last.map(|l| l.at)).max();
        let heard = sighting.map(|s| s.heard_at).filter(|heard| heard.0 > 0);
        let heard_at = measured.max(heard);
        let profile = registry().get(device.profile.as_str());
        let silence_s = profile.and_then(|p| p.silence_s).map_or(ONLINE_S, i64::from);
        let silent = heard_at.is_none_or(|heard| at.since_ms(heard) > silence_s * 1_000);
        let availability = match (sighting.and_then(|s| s.online), heard_at, silent) {
            (Some(true), _, _) | (None, Some(_), false) => Presence::Online,
            (Some(false), _, _) | (None, Some(_), true) => Presence::Offline,
            (None, None, _) => Presence::Unknown,
        };
        DevicePresence { availability, heard_at, silence_s, at }
    }

    /// The last readings. A stale one says so: it is neither now nor zero.
    fn readings(&self, book: &Book, id: &Name) -> BTreeMap<String, ReadingState> {
        let told = readings(book, id).filter_map(|(quantity, meter)| {
            let last = meter.last?;
            let age_s = self.at.since_ms(last.at).max(0) / 1_000;
            let told = ReadingState {
                value: units_text(last.micro),
                unit: quantity.unit().to_owned(),
                at: last.at.rfc3339(&book.home.zone),
                age_s,
                stale: age_s > self.silence_s || self.availability == Presence::Offline,
                held: meter.aside.map(|aside| units_text(aside.last.micro)),
                not_counted: meter.held.map(|held| units_text(held.micro)),
                per_hour_max: meter.bound_micro.map(units_text),
            };
            Some((quantity.as_str().to_owned(), told))
        });
        told.collect()
    }
}

fn readings<'a>(book: &'a Book, id: &'a Name) -> impl Iterator<Item = (Quantity, &'a Meter)> {
    let of = book.meters.iter().filter(move |((device, _), _)| device == id);
    of.map(|((_, quantity), meter)| (*quantity, meter))
}

/// What of the device was held or not taken lately, the newest first.
fn notes(book: &Book, id: &Name) -> Vec<NoteState> {
    let notes = book.sightings.get(id).map(|s| &s.notes);
    let told = |note: &ReadingIssue| NoteState {
        at: note.at.rfc3339(&book.home.zone),
        of: note.of.clone(),
        reason: note.reason.clone(),
        why: meaning(book.home.lang, &note.reason).to_owned(),
    };
    notes.into_iter().flatten().rev().map(told).collect()
}

fn concerns(limit: &Limit, device: &Name, room: Option<&Name>) -> bool {
    limit.scope.device.as_ref().is_none_or(|d| d == device)
        && limit.scope.room.as_ref().is_none_or(|r| Some(r) == room)
}

/// Today, and the month that it lies in: first day, and the day after the last.
pub(super) fn spans(today: Date) -> [(Date, Date); 2] {
    let month = (today.first_of_month(), plus_days(today.last_of_month(), 1));
    [(today, plus_days(today, 1)), month]
}

fn usage(book: &Book, devices: &[&Name], quantity: Quantity, today: Date) -> UsageState {
    let [today, month] = spans(today).map(|days| {
        let used = |id: &&Name| book.usage.used(id, quantity, &book.home.zone, days).total();
        units_text(devices.iter().map(used).sum())
    });
    UsageState { today, month, unit: quantity.unit().to_owned() }
}

fn cost(book: &Book, (id, device): (&Name, &Device), costs: &Costs) -> Option<CostState> {
    let tariff = device.tariff.as_ref()?;
    let currency = book.home.currency;
    let text = |exact| currency.round(exact).map(|amount| currency.text(amount));
    let (today, month) = costs.device(tariff, id).unzip();
    Some(CostState {
        today: today.and_then(text),
        month: month.and_then(text),
        currency: currency.code().to_owned(),
    })
}

/// The home's state, for `<base>/home/state` and `request/status`.
pub fn home_state(book: &Book, costs: &Costs, now: UnixMs) -> HomeState {
    let at = book.time(now);
    let zone = &book.home.zone;
    let limits =
        book.household.limits.values().map(|limit| limit_state(book, limit, now)).collect();
    let tariffs = book
        .household
        .tariffs
        .iter()
        .map(|(id, tariff)| tariff_state(book, (id, tariff), costs, at))
        .collect();
    let waiting = |state: State| {
        let ids = book.open.values().filter(|o| o.state == state).map(|o| o.id.to_string());
        ids.collect::<Vec<_>>()
    };
    HomeState {
        v: 1,
        frozen: book.home_frozen,
        limits,
        tariffs,
        currency: book.home.currency.code().to_owned(),
        pending: PendingState {
            confirm: waiting(State::AwaitingConfirmation),
            approval: waiting(State::AwaitingApproval),
            paying: waiting(State::Approved),
        },
        at: now.rfc3339(zone),
    }
}

/// All bills to pay, for `request/bill/list` and the command line.
pub fn bills(base: &str, phrases: &Phrases, book: &Book) -> BillsView {
    bills_told(&Encoder { base, home: &book.home, phrases }, book)
}

fn tariff_state(
    book: &Book,
    (id, tariff): (&Name, &Tariff),
    costs: &Costs,
    at: UnixMs,
) -> TariffState {
    let today = at.in_zone(&book.home.zone).date();
    let currency = book.home.currency;
    let so_far = costs.so_far.get(id).and_then(Option::as_ref);
    let text = |exact| currency.round(exact).map(|amount| currency.text(amount));
    let day = so_far.and_then(|so_far| text(so_far.today.home));
    let month = so_far.and_then(|so_far| text(so_far.month.home));
    let outlook = costs.outlooks.get(id).and_then(Option::as_ref);
    let now = costs.prices.get(id).and_then(Option::as_ref);
    let next = now.and_then(|now| now.next.as_ref());
    let quantity = priced_quantity(tariff);
    let billed = Billing::of(book).billed_devices(id);
    TariffState {
        tariff: id.to_string(),
        utility: tariff.utility.to_string(),
        price_now: now.map(|now| now.price.to_string()),
        unit: Some(tariff.plan.unit.clone()),
        window: now.map(|now| now.window.clone()),
        tier: now.and_then(|now| now.tier),
        left_in_tier: now.and_then(|n| n.left_in_tier).map(|left| left.to_string()),
        tier_ends_on: outlook.and_then(|outlook| outlook.tier_ends_on).map(|day| day.to_string()),
        next_change: next.map(|next| NextPrice {
            at: next.at.rfc3339(&book.home.zone),
            price: next.price.to_string(),
            window: next.window.clone(),
        }),
        usage: usage(book, &billed, quantity, today),
        cost: TariffCost { today: day, month, period: month_name(today.first_of_month()) },
        projected: outlook.map(|outlook| ProjectedBill {
            from: outlook.cycle.0.to_string(),
            to: outlook.cycle.1.to_string(),
            amount: currency.text(outlook.likely),
            low: currency.text(outlook.low),
            high: currency.text(outlook.high),
            known_days: outlook.known_days,
        }),
    }
}
