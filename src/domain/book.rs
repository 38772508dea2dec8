//! The warm book: what the one writer keeps at hand of its home, and how changes move it.
//!
//! It is a fold of the changes: the store loads it when it opens, and `journal verify` builds the
//! money part of it again from the journal and compares.

use super::access::AccessBook;
use super::alert::Alert;
use super::bill::Billing;
use super::decision::Change;
use super::household::{Home, Household};
use super::ids::{Name, OrderId};
use super::limits::used::{ROLLING, UseBook};
use super::limits::window::{Period, midnight};
use super::meter::{Meter, Quantity};
use super::notice::NoticeBook;
use super::order::{Order, Origin};
use super::payable::{Payable, PaymentProgress};
use super::recent::RecentOrders;
use super::replay::ReplayWindow;
use super::shared_map::SharedMap;
use super::sighting::Sighting;
use super::spent::SpentByDay;
use super::tariff::Slot;
use super::time::UnixMs;
use super::timekeeper::TimeAnchor;
use super::usage::{UsageBook, UtcDay};
use super::usage_bill::UsageBill;
use super::watch::Watch;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// Wrong numbers and PINs on one device within [`GUESS_SPAN_S`] that are too many.
pub const GUESSES_MAX: usize = 5;

/// How long a wrong guess counts, in seconds.
pub const GUESS_SPAN_S: i64 = 600;

/// For how long market prices are at hand, in seconds: 400 days.
const PRICES_KEPT_S: i64 = 400 * 86_400;

/// What is kept at hand of one home. A copy costs little: it shares what stays as it is.
#[derive(Clone, Debug)]
pub struct Book {
    /// Zone, currency, language, bounds.
    pub home: Home,
    /// Tells these books apart from others of the home, before them or restored; part of payments'
    /// ids.
    pub id: Arc<str>,
    /// People, things, devices, limits in force.
    pub household: Arc<Household>,
    /// True while the whole home is frozen.
    pub home_frozen: bool,
    pub frozen: BTreeSet<Name>,
    /// The newest version of every limit that ever was: one that comes back goes on counting.
    pub limit_versions: SharedMap<Name, u32>,
    pub uses: UseBook,
    /// Orders that are owed a step.
    pub open: SharedMap<OrderId, Order>,
    /// Orders of the last moments, and the last ones of every device.
    pub recent: RecentOrders,
    /// Money that moved, by day.
    pub spent: SpentByDay,
    /// Replay windows of signers.
    pub replay_windows: SharedMap<Arc<str>, ReplayWindow>,
    /// Recent wrong guesses by device.
    pub guesses: SharedMap<Name, VecDeque<UnixMs>>,
    pub meters: SharedMap<(Name, Quantity), Meter>,
    /// When devices were heard, and what was not taken of them.
    pub sightings: SharedMap<Name, Sighting>,
    /// Use by quarters of an hour, as far as bills to come are computed from it.
    pub usage: UsageBook,
    /// Alerts of recent periods, by id.
    pub alerts: SharedMap<String, Alert>,
    /// Bills for use that were made, by tariff and month.
    pub usage_bills: SharedMap<(Name, String), UsageBill>,
    /// Months whose bills were made before bills were kept one by one.
    pub billed: BTreeSet<String>,
    /// Bills to pay, also those that are paid: their ids stay taken.
    pub payables: SharedMap<Name, Payable>,
    /// Who may sign in, and who is signed in.
    pub access: AccessBook,
    /// What was looked at for alerts.
    pub watch: Watch,
    /// Who is told, and what waits to be told.
    pub notices: NoticeBook,
    /// The greatest time ever seen.
    pub seen: UnixMs,
    /// Ties that time to a boot of the machine.
    pub anchor: Option<TimeAnchor>,
}

impl Book {
    pub fn new(home: Home) -> Book {
        Book {
            home,
            id: Arc::from(""),
            household: Arc::default(),
            home_frozen: false,
            frozen: BTreeSet::new(),
            limit_versions: SharedMap::new(),
            uses: UseBook::default(),
            open: SharedMap::new(),
            recent: RecentOrders::default(),
            spent: SpentByDay::default(),
            replay_windows: SharedMap::new(),
            guesses: SharedMap::new(),
            meters: SharedMap::new(),
            sightings: SharedMap::new(),
            usage: UsageBook::default(),
            alerts: SharedMap::new(),
            usage_bills: SharedMap::new(),
            billed: BTreeSet::new(),
            payables: SharedMap::new(),
            access: AccessBook::default(),
            watch: Watch::default(),
            notices: NoticeBook::default(),
            seen: UnixMs(0),
            anchor: None,
        }
    }

    /// The time that windows and deadlines go by: a clock set back reopens nothing.
    pub fn time(&self, now: UnixMs) -> UnixMs {
        self.seen.max(now)
    }

    /// True while a device may not order.
    pub fn is_frozen(&self, device: Option<&Name>) -> bool {
        self.home_frozen || device.is_some_and(|device| self.frozen.contains(device))
    }

    /// How many wrong guesses a device made lately.
    pub fn recent_guesses(&self, device: &Name, at: UnixMs) -> usize {
        let since = at.plus_s(-GUESS_SPAN_S);
        self.guesses.get(device).map_or(0, |g| g.iter().filter(|t| **t > since).count())
    }

    /// Moves the book by one change.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Order { order } => {
                self.spent.note(&self.home.zone, self.open.get(&order.id), order);
                if order.state.is_open() {
                    self.open.insert(order.id.clone(), (**order).clone());
                } else {
                    self.open.remove(&order.id);
                }
                self.recent.note(order);
                self.note_payable(order);
            }
            Change::Hold { order, before, after } => {
                self.uses.put(order, before.as_ref(), after);
            }
            Change::ReplayWindowAdvanced { signer, window } => {
                self.replay_windows.insert(signer.clone(), *window);
            }
            Change::Limit { limit, carried, .. } => {
                self.uses.carry(carried);
                self.limit_versions.insert(limit.id.clone(), limit.version);
                Arc::make_mut(&mut self.household)
                    .limits
                    .insert(limit.id.clone(), (**limit).clone());
            }
            Change::LimitRemoved { limit, .. } => {
                Arc::make_mut(&mut self.household).limits.remove(limit);
            }
            Change::Frozen { device, frozen } => self.freeze(device.as_ref(), *frozen),
            Change::Guessed { device, at } => {
                let guesses = self.guesses.get_or_default(device);
                guesses.push_back(*at);
                if guesses.len() > GUESSES_MAX {
                    guesses.pop_front();
                }
            }
            Change::Household { household, .. } => {
                let limits = self.household.limits.clone();
                self.household = Arc::new(Household { limits, ..(**household).clone() });
                self.watch.forget();
            }
            Change::Read { device, quantity, meter, added, .. } => {
                self.meters.insert((device.clone(), *quantity), meter.clone());
                self.usage.add(device, *quantity, added);
                self.watch.note_read();
            }
            Change::Corrected { correction, added, .. } => {
                self.usage.add(&correction.device, correction.quantity, added);
                self.watch.note_read();
            }
            Change::Sighted { device, sighting } => {
                self.sightings.insert(device.clone(), (**sighting).clone());
            }
            Change::Alert { alert } => {
                self.alerts.insert(alert.id.clone(), (**alert).clone());
                self.watch.note_alert();
            }
            Change::UsageBill { bill } => {
                let key = (bill.tariff.clone(), bill.period.clone());
                self.usage_bills.insert(key, (**bill).clone());
            }
            Change::Billed { period } => {
                self.billed.insert(period.clone());
            }
            Change::Payable { payable } => {
                self.payables.insert(payable.id.clone(), (**payable).clone());
            }
            Change::Prices { source, prices, .. } => {
                self.usage.put_spot(source, prices);
                self.watch.note_read();
            }
            Change::AlertScanned { look, at } => self.watch.note_look(*look, *at),
            Change::TimeAnchored { anchor } => self.anchor = Some(anchor.clone()),
            Change::ClockStepped { from, to, .. } => {
                self.seen = *to;
                if let Some(anchor) = &mut self.anchor {
                    anchor.at = anchor.at.plus_ms(to.since_ms(*from));
                }
                self.watch.forget();
            }
            Change::MeterMoved { device, quantity, meter, added } => {
                self.meters.insert((device.clone(), *quantity), meter.clone());
                for moved in added {
                    self.usage.add(device, *quantity, std::slice::from_ref(moved));
                }
                self.watch.note_read();
            }
            Change::Access { access } => self.access.apply(access),
            Change::Notice { notice } => self.notices.put(notice),
            Change::NotifyRoutes { routes } => self.notices.routes.clone_from(routes),
            Change::Judged { .. } | Change::Approved { .. } | Change::Acted { .. } => {}
        }
    }

    /// How an entered bill stands is told by its newest order.
    pub fn note_payable(&mut self, order: &Order) {
        let Origin::Payable { bill } = &order.origin else { return };
        let payable = self.payables.get_mut(bill);
        if let Some(payable) = payable.filter(|p| p.order.as_ref() == Some(&order.id)) {
            payable.standing = Some(PaymentProgress::of(order));
        }
    }

    fn freeze(&mut self, device: Option<&Name>, frozen: bool) {
        match (device, frozen) {
            (None, _) => self.home_frozen = frozen,
            (Some(device), true) => {
                self.frozen.insert(device.clone());
            }
            (Some(device), false) => {
                self.frozen.remove(device);
            }
        }
    }

    /// Forgets what can no longer matter: rolling holds that have passed, use that no bill to come
    /// is computed from. All of it stays in the store.
    pub fn forget_old(&mut self, now: UnixMs) {
        let at = self.time(now);
        for limit in self.household.limits.values() {
            if let Period::Rolling { span_s } = limit.period {
                self.uses.forget_rolling(&limit.id, at.plus_s(-span_s));
            }
        }
        let counters: Vec<_> = self.usage.counters().cloned().collect();
        for (device, quantity) in counters {
            let first = self.use_kept_since(&device, quantity, at);
            self.usage.forget(&device, quantity, first);
        }
        self.usage.forget_spot(self.prices_kept_since(at));
    }

    /// Since when the use of a counter is at hand: since the first of last month, since the tiers
    /// began that decide what it costs, and since its last reading, to which the next one adds.
    pub fn use_kept_since(&self, device: &Name, quantity: Quantity, at: UnixMs) -> UtcDay {
        let month = at.in_zone(&self.home.zone).date().first_of_month();
        let last = month.yesterday().map(|day| day.first_of_month()).unwrap_or(month);
        let first = Billing::of(self).use_counts_since(device, quantity, last);
        let read = self.meters.get(&(device.clone(), quantity)).and_then(|m| m.last);
        let first = midnight(first, &self.home.zone);
        UtcDay::of(read.map_or(first, |read| first.min(read.at)))
    }

    /// Since when market prices are at hand, and taken: longer than any bill reaches back.
    pub fn prices_kept_since(&self, at: UnixMs) -> Slot {
        Slot::of(self.time(at).plus_s(-PRICES_KEPT_S))
    }

    /// What an order took of a rolling limit is kept by order, elsewhere by window.
    pub fn is_rolling(window: &str) -> bool {
        window == ROLLING
    }
}
