//! One turn: everything that waits is decided in one transaction, then acked and handed on.

use super::{RequestRef, Work, before_run, state_views};
use homepay_domain::book::Book;
use homepay_domain::decide::{decide, passed_over};
use homepay_domain::decision::{Change, CommandOutcome, Decision, Effect};
use homepay_domain::event::Event;
use homepay_domain::facts::{Needs, needs};
use homepay_domain::fault_injection::{InjectedFault, is_injected};
use homepay_domain::ids::Name;
use homepay_domain::limits::window::midnight;
use homepay_domain::live::Costs;
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_files::grid::named;
use homepay_ports::{EncodedEffects, Entropy, Outgoing, Store};
use homepay_protocols::native::encode::Encoder;
use homepay_protocols::native::owner_request::{self, ResponseData};
use homepay_protocols::views::alerts::{AlertDetails, AlertsView};
use homepay_protocols::views::limits::LimitEditView;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One thing to decide, and who waits for it.
#[derive(Debug)]
pub struct Incoming<T> {
    pub work: Work,
    pub ticket: T,
}

/// Where the effects of a turn go, once it is committed.
pub trait EffectSink<T> {
    /// The turn stands: this is how the books are from now on.
    fn stands(&mut self, _book: &Book, _summary: &TurnSummary) {}
    /// What use costs so far, for an owner who asks how things stand: as it was computed lately where
    /// somebody remembers it, so that no turn waits for sums over a month.
    fn costs(&self, book: &Book, at: UnixMs) -> Arc<Costs> {
        Arc::new(Costs::of(book, at))
    }
    /// It was decided, and stands: who waited may be answered.
    fn tell(&mut self, ticket: T, told: CommandOutcome);
    /// It stands in the outbox: it may leave.
    fn hand_over(&mut self, outgoing: Outgoing);
}

/// What changed in a turn, for whoever publishes states and snapshots.
#[derive(Debug, Default)]
pub struct TurnSummary {
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
    encoder: &Encoder<'_>,
    batch: &mut Vec<Incoming<T>>,
    now: UnixMs,
    entropy: &mut dyn Entropy,
    outside: &mut (dyn EffectSink<T> + Send),
) -> Result<TurnSummary, S::Error>
where
    T: Send,
{
    let wanted: Vec<Needs> = batch.iter().map(|incoming| wanted(&incoming.work)).collect();
    store.begin(&wanted, now).await?;
    let mut left = TurnSummary::default();
    let (at, zone) = (store.book().time(now), &store.book().home.zone);
    let today = midnight(at.in_zone(zone).date(), zone);
    let mut outcomes = Vec::with_capacity(batch.len());
    for (incoming, needs) in batch.iter().zip(&wanted) {
        let mut happened = |event: &Event, mark: Option<&RequestRef>| {
            doubted(store.book(), event, now);
            let decision = decide(&store.facts(needs, entropy.two_digits()), event, now);
            let mut spoken = encode_effects(store, encoder, &decision);
            if let Some(mark) = mark {
                let costs = |book: &Book, at| outside.costs(book, at);
                let request = AnsweredRequest { mark, decision: &decision, costs: &costs };
                answer(store.book(), &mut spoken, encoder, &request, now);
            }
            left.note(&decision, today);
            if is_injected(InjectedFault::SendBeforeCommit) {
                send_early(&spoken, outside);
            }
            store.write(kind(event), &decision, spoken);
            decision.outcome
        };
        outcomes.push(match &incoming.work {
            Work::Event(event) => happened(event, None),
            Work::Request(event, mark) => happened(event, Some(mark)),
            Work::Refusal(reply) => {
                let household = &store.book().household;
                let mut publications = vec![encoder.reply(household, reply)];
                publications.extend(encoder.spoken(household, reply));
                let spoken = EncodedEffects { publications, ..EncodedEffects::default() };
                store.write("refused", &Decision::nothing(), spoken);
                CommandOutcome::Nothing
            }
        });
    }
    let early = is_injected(InjectedFault::AckBeforeCommit);
    if early {
        tell_all(batch, &mut outcomes, outside);
    }
    // Ack after commit: a message that was acked before it is stored would be lost by a crash in
    // between. One that is stored and not acked comes again, and is recognised.
    let outgoing = store.commit().await?;
    // Before anybody is answered: whoever hears the answer and looks sees what it is about.
    outside.stands(store.book(), &left);
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
    let Event::PricesReceived { source, prices, retained, doubts } = event else { return };
    if !doubts.is_empty() {
        let why = named(doubts);
        tracing::warn!(list = %source, why, "some market prices were not taken as published");
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
    outcomes: &mut Vec<CommandOutcome>,
    outside: &mut (dyn EffectSink<T> + Send),
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
        Event::OrderRequested(..) => "order_asked",
        Event::AnswerReceived { .. } => "answer_heard",
        Event::ReadingReceived { .. } => "reading_taken",
        Event::WalletAnswered { .. } => "wallet_answered",
        Event::OwnerCommanded { .. } => "owner_wished",
        Event::AccessRequested { .. } => "access_asked",
        Event::PricesReceived { .. } => "prices_told",
        Event::BalanceReceived { .. } => "balance_told",
        Event::StoreRecovered { .. } => "store_recovered",
        Event::BooksChecked { .. } => "books_checked",
        Event::PaymentsUnknown { .. } => "payments_unknown",
        Event::BooksBegun { .. } => "books_begun",
        Event::WorkSetAside { .. } => "work_set_aside",
        Event::ClockWatched { .. } => "clock_watched",
        Event::ClockStepped { .. } => "clock_stepped",
        Event::RoutesRead { .. } => "routes_read",
        Event::NoticeAnswered { .. } => "notice_answered",
        Event::Started { .. } => "started",
        Event::ClockTicked => "clock_ticked",
    }
}

/// Puts a decision's effects into bytes.
fn encode_effects<S: Store>(
    store: &S,
    encoder: &Encoder<'_>,
    decision: &Decision,
) -> EncodedEffects {
    let mut spoken = EncodedEffects::default();
    let mut answer = None;
    let mut remember = None;
    for effect in &decision.effects {
        match effect {
            Effect::Reply(reply) => {
                answer.get_or_insert(spoken.publications.len());
                spoken.publications.push(encoder.reply(&store.book().household, reply));
                spoken.publications.extend(encoder.spoken(&store.book().household, reply));
            }
            Effect::RepeatReply { digest } => {
                spoken.publications.extend(store.cached_reply(digest));
            }
            Effect::CacheReply { digest, order } => {
                remember = Some((digest.clone(), order.clone()))
            }
            Effect::Announce(order) => spoken.publications.push(encoder.order(order)),
            Effect::SendCommand { order, number, ask, due } => {
                spoken.asks.push((order.clone(), *number, ask.clone(), *due));
            }
            Effect::Warn(alert) => spoken.publications.push(encoder.alert(alert)),
            Effect::SpeakAlert(alert) => {
                let household = &store.book().household;
                spoken.publications.extend(encoder.alert_aloud(household, alert));
            }
            Effect::Notify(notice) => spoken.notices.push((**notice).clone()),
            Effect::Refresh(_) => {}
        }
    }
    spoken.remembered = remember.map(|(digest, order)| (digest, order, answer));
    spoken
}

/// What use costs, as [`EffectSink::costs`] knows it.
type CostsOf<'a> = dyn Fn(&Book, UnixMs) -> Arc<Costs> + 'a;

/// An owner's request and what was decided of it.
#[derive(Clone, Copy)]
struct AnsweredRequest<'a> {
    mark: &'a RequestRef,
    decision: &'a Decision,
    costs: &'a CostsOf<'a>,
}

/// Adds the answer to an owner's request, which is what is said again when the same request comes
/// again.
fn answer(
    book: &Book,
    spoken: &mut EncodedEffects,
    encoder: &Encoder<'_>,
    request: &AnsweredRequest<'_>,
    now: UnixMs,
) {
    let AnsweredRequest { mark, decision, costs } = *request;
    if decision.effects.iter().any(|effect| matches!(effect, Effect::RepeatReply { .. })) {
        return;
    }
    let outcome = match &decision.outcome {
        CommandOutcome::Refused { code, why } => Err((*code, why.clone())),
        CommandOutcome::Done(Some(order)) => {
            Ok(ResponseData::Order(Box::new(encoder.order_body(order))))
        }
        CommandOutcome::Limits(outcomes) => {
            let limits = outcomes.iter().map(|edit| LimitEditView::of(encoder.home, edit));
            Ok(ResponseData::Limits { limits: limits.collect() })
        }
        CommandOutcome::Done(None) | CommandOutcome::Nothing => {
            shown(book, encoder, (mark, costs), now)
        }
    };
    if let Some((_, _, answer)) = &mut spoken.remembered {
        *answer = Some(spoken.publications.len());
    }
    let request = (mark.verb.as_str(), mark.transaction.as_str());
    spoken.publications.push(owner_request::response(encoder.base, request, outcome));
}

/// What a request is told beside that it is done: what it asked to see.
fn shown(
    book: &Book,
    encoder: &Encoder<'_>,
    (mark, costs): (&RequestRef, &CostsOf<'_>),
    now: UnixMs,
) -> Result<ResponseData, (Code, String)> {
    match (mark.verb.as_str(), &mark.device) {
        ("status", _) => {
            Ok(ResponseData::Home(state_views::home_state(book, &costs(book, now), now).into()))
        }
        ("bill/list", _) => {
            Ok(ResponseData::Bills(state_views::bills(encoder.base, encoder.phrases, book)))
        }
        ("limit/list", _) => Ok(ResponseData::AllLimits(state_views::all_limits(book, now))),
        ("alert/list", _) => {
            let alerts = book.alerts.values();
            let told = alerts.map(|alert| AlertDetails::of(encoder, alert, book.home.lang));
            Ok(ResponseData::Alerts(AlertsView { alerts: told.collect() }))
        }
        ("cost", Some(device)) => {
            let (lang, at) = (book.home.lang, book.time(now));
            let told = before_run::run_answer(book, encoder.phrases, lang, device, at);
            told.map(ResponseData::Run).map_err(|why| (why.code(), why.to_string()))
        }
        _ => Ok(ResponseData::Nothing(())),
    }
}

/// Planted: lets things out before they stand.
fn send_early<T>(spoken: &EncodedEffects, outside: &mut (dyn EffectSink<T> + Send)) {
    for (order, number, ask, due) in spoken.asks.clone() {
        outside.hand_over(Outgoing::Ask { order, number, ask, due });
    }
    for publication in spoken.publications.clone() {
        outside.hand_over(Outgoing::Publish { id: u64::MAX, publication });
    }
}

impl TurnSummary {
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
                Effect::Reply(_)
                | Effect::RepeatReply { .. }
                | Effect::CacheReply { .. }
                | Effect::SendCommand { .. }
                | Effect::Warn(_)
                | Effect::SpeakAlert(_)
                | Effect::Notify(_) => {}
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
