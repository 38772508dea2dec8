//! One turn: everything that waits is decided in one transaction, then acked and handed on.

use super::{Mark, Ticket, Work, before_run, speak};
use homepay_domain::book::Book;
use homepay_domain::decide::{decide, passed_over};
use homepay_domain::decision::{Change, Decision, Effect, Told};
use homepay_domain::event::Event;
use homepay_domain::facts::{Needs, needs};
use homepay_domain::ids::Name;
use homepay_domain::limits::window::midnight;
use homepay_domain::live::Costs;
use homepay_domain::planted::{Planted, planted};
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_files::grid::named;
use homepay_files::household::outcome_told;
use homepay_ports::{Entropy, Outgoing, Spoken, Store};
use homepay_protocols::native::told::Teller;
use homepay_protocols::native::wish;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One thing to decide, and who waits for it.
#[derive(Debug)]
pub struct Incoming<T> {
    /// What.
    pub work: Work,
    /// Who waits.
    pub ticket: T,
}

impl Incoming<Ticket> {
    /// Something that happened, for which nobody waits.
    #[must_use]
    pub fn event(event: Event) -> Incoming<Ticket> {
        Incoming { work: Work::Event(event), ticket: Ticket::Nobody }
    }
}

/// The outside, as a turn sees it: told only of what stands.
pub trait Outside<T> {
    /// It was decided, and stands: who waited may be answered.
    fn tell(&mut self, ticket: T, told: Told);
    /// It stands in the outbox: it may leave.
    fn hand_over(&mut self, outgoing: Outgoing);
}

/// What a turn leaves behind.
#[derive(Debug, Default)]
pub struct Left {
    /// Devices whose figures changed.
    pub touched: BTreeSet<Name>,
    /// True when the home's figures changed.
    pub home_touched: bool,
    /// True when the household or a limit changed: the edge needs a new snapshot.
    pub household_changed: bool,
    /// By how much the books' time is moved, in milliseconds.
    pub clock_step_ms: i64,
    /// True when prices, devices, or the use of a day that was over changed.
    pub costs_changed: bool,
}

/// Decides a batch in one transaction. When it fails nothing happened: nobody is told, nothing
/// leaves, the batch is as it was, and the store must be told to [`Store::abandon`] the turn.
/// When it stands, the batch is empty.
///
/// # Errors
/// The store's.
pub async fn turn<S: Store, T>(
    store: &mut S,
    teller: &Teller<'_>,
    batch: &mut Vec<Incoming<T>>,
    now: UnixMs,
    entropy: &mut dyn Entropy,
    outside: &mut (dyn Outside<T> + Send),
) -> Result<Left, S::Error>
where
    T: Send,
{
    let wanted: Vec<Needs> = batch.iter().map(|incoming| wanted(&incoming.work)).collect();
    store.begin(&wanted, now).await?;
    let mut left = Left::default();
    let (at, zone) = (store.book().time(now), &store.book().home.zone);
    let today = midnight(at.in_zone(zone).date(), zone);
    let mut outcomes = Vec::with_capacity(batch.len());
    for (incoming, needs) in batch.iter().zip(&wanted) {
        let mut happened = |event: &Event, mark: Option<&Mark>| {
            doubted(store.book(), event, now);
            let decision = decide(&store.facts(needs, entropy.two_digits()), event, now);
            let mut spoken = speak(store, teller, &decision);
            if let Some(mark) = mark {
                answer(store.book(), &mut spoken, teller, mark, &decision, now);
            }
            left.note(&decision, today);
            if planted(Planted::SendBeforeCommit) {
                send_early(&spoken, outside);
            }
            store.write(kind(event), &decision, spoken);
            decision.told
        };
        outcomes.push(match &incoming.work {
            Work::Event(event) => happened(event, None),
            Work::Request(event, mark) => happened(event, Some(mark)),
            Work::Refusal(reply) => {
                let household = &store.book().household;
                let mut publications = vec![teller.reply(household, reply)];
                publications.extend(teller.spoken(household, reply));
                let spoken = Spoken { publications, ..Spoken::default() };
                store.write("refused", &Decision::nothing(), spoken);
                Told::Nothing
            }
        });
    }
    let early = planted(Planted::AckBeforeCommit);
    if early {
        tell_all(batch, &mut outcomes, outside);
    }
    let outgoing = store.commit().await?;
    if !early {
        tell_all(batch, &mut outcomes, outside);
    }
    for out in outgoing {
        outside.hand_over(out);
    }
    Ok(left)
}

/// Logs what of a list of prices was not taken, or not as it was told.
fn doubted(book: &Book, event: &Event, now: UnixMs) {
    let Event::PricesTold { source, prices, retained, doubts } = event else { return };
    if !doubts.is_empty() {
        let why = named(doubts);
        tracing::warn!(list = %source, why, "market prices were not all taken as they were told");
    }
    let other = if *retained { passed_over(book, source, prices, now) } else { 0 };
    if other > 0 {
        tracing::warn!(
            list = %source,
            quarters = other,
            "a list that the broker kept tells other prices than are known: it may be older, and is \
             passed over; publish it anew to correct them"
        );
    }
}

/// Tells everybody who waited what was decided.
fn tell_all<T>(
    batch: &mut Vec<Incoming<T>>,
    outcomes: &mut Vec<Told>,
    outside: &mut (dyn Outside<T> + Send),
) {
    for (incoming, told) in batch.drain(..).zip(outcomes.drain(..)) {
        outside.tell(incoming.ticket, told);
    }
}

fn wanted(work: &Work) -> Needs {
    match work {
        Work::Event(event) | Work::Request(event, _) => needs(event),
        Work::Refusal(_) => Needs::default(),
    }
}

/// The name of an event in the journal.
pub(super) fn kind(event: &Event) -> &'static str {
    match event {
        Event::OrderAsked(..) => "order_asked",
        Event::AnswerHeard { .. } => "answer_heard",
        Event::ReadingTaken { .. } => "reading_taken",
        Event::WalletAnswered { .. } => "wallet_answered",
        Event::OwnerWished { .. } => "owner_wished",
        Event::PricesTold { .. } => "prices_told",
        Event::BalanceTold { .. } => "balance_told",
        Event::StoreRecovered { .. } => "store_recovered",
        Event::BooksChecked { .. } => "books_checked",
        Event::PaymentsUnknown { .. } => "payments_unknown",
        Event::BooksBegun { .. } => "books_begun",
        Event::WorkSetAside { .. } => "work_set_aside",
        Event::ClockWatched { .. } => "clock_watched",
        Event::ClockStepped { .. } => "clock_stepped",
        Event::Started { .. } => "started",
        Event::ClockTicked => "clock_ticked",
    }
}

/// Puts a decision's effects into bytes.
fn speak<S: Store>(store: &S, teller: &Teller<'_>, decision: &Decision) -> Spoken {
    let mut spoken = Spoken::default();
    let mut answer = None;
    let mut remember = None;
    for effect in &decision.effects {
        match effect {
            Effect::Say(reply) => {
                answer.get_or_insert(spoken.publications.len());
                spoken.publications.push(teller.reply(&store.book().household, reply));
                spoken.publications.extend(teller.spoken(&store.book().household, reply));
            }
            Effect::SayAgain { digest } => {
                spoken.publications.extend(store.said(digest));
            }
            Effect::Remember { digest, order } => remember = Some((digest.clone(), order.clone())),
            Effect::Announce(order) => spoken.publications.push(teller.order(order)),
            Effect::Ask { order, number, ask, due } => {
                spoken.asks.push((order.clone(), *number, ask.clone(), *due));
            }
            Effect::Warn(alert) => spoken.publications.push(teller.alert(alert)),
            Effect::Speak(alert) => {
                let household = &store.book().household;
                spoken.publications.extend(teller.alert_aloud(household, alert));
            }
            Effect::Refresh(_) => {}
        }
    }
    spoken.remembered = remember.map(|(digest, order)| (digest, order, answer));
    spoken
}

/// Adds the answer to an owner's request, which is what is said again when the same request comes
/// again.
fn answer(
    book: &Book,
    spoken: &mut Spoken,
    teller: &Teller<'_>,
    mark: &Mark,
    decision: &Decision,
    now: UnixMs,
) {
    if decision.effects.iter().any(|effect| matches!(effect, Effect::SayAgain { .. })) {
        return;
    }
    let outcome = match &decision.told {
        Told::Refused { code, why } => Err((*code, why.clone())),
        Told::Done(Some(order)) => Ok(json!(teller.order_body(order))),
        Told::Limits(outcomes) => {
            let told = |limit| outcome_told(teller.home, limit);
            Ok(json!({ "limits": outcomes.iter().map(told).collect::<Vec<_>>() }))
        }
        Told::Done(None) | Told::Nothing => shown(book, teller, mark, now),
    };
    if let Some((_, _, answer)) = &mut spoken.remembered {
        *answer = Some(spoken.publications.len());
    }
    let request = (mark.verb.as_str(), mark.transaction.as_str());
    spoken.publications.push(wish::response(teller.base, request, outcome));
}

/// What a request is told beside that it is done: what it asked to see.
fn shown(
    book: &Book,
    teller: &Teller<'_>,
    mark: &Mark,
    now: UnixMs,
) -> Result<Value, (Code, String)> {
    match (mark.verb.as_str(), &mark.device) {
        ("status", _) => Ok(speak::home_state(book, &Costs::of(book, now), now)),
        ("bill/list", _) => Ok(speak::bills(teller.base, teller.phrases, book)),
        ("cost", Some(device)) => {
            let (lang, at) = (book.home.lang, book.time(now));
            let told = before_run::told(book, teller.phrases, lang, device, at);
            told.map_err(|why| (why.code(), why.to_string()))
        }
        _ => Ok(Value::Null),
    }
}

/// Planted: lets things out before they stand.
fn send_early<T>(spoken: &Spoken, outside: &mut (dyn Outside<T> + Send)) {
    for (order, number, ask, due) in spoken.asks.clone() {
        outside.hand_over(Outgoing::Ask { order, number, ask, due });
    }
    for publication in spoken.publications.clone() {
        outside.hand_over(Outgoing::Publish { id: u64::MAX, publication });
    }
}

impl Left {
    fn note(&mut self, decision: &Decision, today: UnixMs) {
        for effect in &decision.effects {
            match effect {
                Effect::Refresh(Some(device)) => {
                    self.touched.insert(device.clone());
                }
                Effect::Refresh(None) => self.home_touched = true,
                Effect::Announce(order) => {
                    self.touched.extend(order.device().cloned());
                    self.home_touched = true;
                }
                Effect::Say(_)
                | Effect::SayAgain { .. }
                | Effect::Remember { .. }
                | Effect::Ask { .. }
                | Effect::Warn(_)
                | Effect::Speak(_) => {}
            }
        }
        for change in &decision.changes {
            if let Change::ClockStepped { from, to, .. } = change {
                self.clock_step_ms = self.clock_step_ms.saturating_add(to.since_ms(*from));
            }
        }
        self.household_changed |= decision.changes.iter().any(Change::alters_household);
        self.costs_changed |= decision.changes.iter().any(|change| change.alters_costs(today));
    }
}
