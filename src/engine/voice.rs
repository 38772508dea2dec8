//! What speakers are asked and told beside orders: answered from the book, or done by the same door
//! as an owner's wish.

use super::intake::Intake;
use super::state_views::{spans, taken};
use super::{Input, Ticket, Work, before_run};
use homepay_domain::actor::Actor;
use homepay_domain::bill::Billing;
use homepay_domain::book::Book;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::{ConfirmationAnswer, Event, OwnerCommand};
use homepay_domain::household::Lang;
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::limits::Limit;
use homepay_domain::limits::window::Period;
use homepay_domain::money::Minor;
use homepay_domain::order::State;
use homepay_domain::time::UnixMs;
use homepay_language::phrases::Phrases;
use homepay_language::speech::QuestionSpan;
use homepay_ports::{AckTicket, BooksClock, Broker};
use homepay_protocols::voice::{Question, Speaker, prompt};
use jiff::civil::Date;
use std::sync::Arc;
use tokio::sync::oneshot;

impl<C: BooksClock> Intake<C> {
    /// A number or a no that only the books know the order of: the one of this speaker that waits.
    pub(super) async fn answer_to_open(
        &self,
        bus: &Arc<dyn Broker>,
        speaker: Speaker,
        said: ConfirmationAnswer,
        ack: AckTicket,
    ) -> bool {
        let device = speaker.device.clone();
        let Some(order) = asked_about(&self.views.newest().book, &device) else {
            if speaker.overhears {
                bus.ack(ack);
                return true;
            }
            return self.question(bus, speaker, Question::NothingOpen, ack).await;
        };
        let Speaker { device, session, lang: _, overhears: _ } = speaker;
        let event = Event::AnswerReceived { stamp: None, device, order, answer: said, session };
        self.enter(event, Ticket::Broker(ack)).await
    }

    /// Words that say nothing: an answer that was misheard where a question is open.
    pub(super) async fn misheard(
        &self,
        bus: &Arc<dyn Broker>,
        speaker: Speaker,
        otherwise: Event,
        ack: AckTicket,
    ) -> bool {
        let device = speaker.device.clone();
        match asked_about(&self.views.newest().book, &device) {
            Some(_) => self.answer_to_open(bus, speaker, ConfirmationAnswer::Misheard, ack).await,
            None => self.enter(otherwise, Ticket::Broker(ack)).await,
        }
    }

    /// Answers a question; what it changes stands before it is said.
    pub(super) async fn question(
        &self,
        bus: &Arc<dyn Broker>,
        speaker: Speaker,
        question: Question,
        ack: AckTicket,
    ) -> bool {
        let told = match &question {
            Question::RefundLast => {
                let Some(told) = self
                    .wish(speaking(&speaker), OwnerCommand::RefundLast(speaker.device.clone()))
                    .await
                else {
                    return false;
                };
                Some(told)
            }
            Question::Freeze(device) => {
                let Some(told) =
                    self.wish(speaking(&speaker), OwnerCommand::Freeze(device.clone())).await
                else {
                    return false;
                };
                Some(told)
            }
            Question::Left(_)
            | Question::Cost(..)
            | Question::RunCost(_)
            | Question::Spent(_)
            | Question::Price(_)
            | Question::LastOrder
            | Question::Which(_)
            | Question::NothingOpen
            | Question::Unclear => None,
        };
        bus.ack(ack);
        let (view, now) = (self.views.newest(), self.clock.now());
        let (book, base) = (&view.book, self.snapshot.load().base.clone());
        let say = match &told {
            Some(told) => done(book, &self.phrases, &speaker, &question, told),
            None => words(book, &self.phrases, &speaker, &question, now),
        };
        let device = book.household.devices.get(&speaker.device);
        let answer =
            device.and_then(|device| prompt::answer(&book.home, &base, device, &speaker, say, now));
        if let Some(answer) = answer {
            // Where there is no room whoever asked asks again: an answer is not worth a queue.
            let _ = bus.publish(self.transient_id(), answer);
        }
        true
    }

    /// Waits until everything that came before is decided; `None` once the engine has ended.
    pub(super) async fn reached(&self) -> Option<()> {
        let (sender, reached) = oneshot::channel();
        self.queue.send(Input::Reached(sender)).await.ok()?;
        reached.await.ok()
    }

    /// Has a wish decided; `None` once the engine has ended.
    pub(super) async fn wish(&self, actor: Actor, wish: OwnerCommand) -> Option<CommandOutcome> {
        let (sender, told) = oneshot::channel();
        let work = Work::Event(Event::OwnerCommanded { stamp: None, actor, command: wish });
        self.queue.send(Input::Work(work, Ticket::Owner(sender))).await.ok()?;
        told.await.ok()
    }
}

/// A speaker as who acts.
fn speaking(speaker: &Speaker) -> Actor {
    Actor::Speaker { device: speaker.device.clone(), member: None }
}

/// What is said of what was done.
fn done(
    book: &Book,
    phrases: &Phrases,
    speaker: &Speaker,
    question: &Question,
    told: &CommandOutcome,
) -> String {
    let lang = speaker.lang.unwrap_or(book.home.lang);
    match (told, question) {
        (CommandOutcome::Done(Some(order)), _) => {
            phrases.refunding(&book.home, lang, &order.lines, order.net())
        }
        (CommandOutcome::Done(None) | CommandOutcome::Nothing, Question::Freeze(device)) => {
            phrases.frozen(lang, device.as_ref().map(|device| name_of(book, device, lang)))
        }
        (CommandOutcome::Refused { .. }, Question::RefundLast) => phrases.nothing_to_refund(lang),
        (
            CommandOutcome::Done(None)
            | CommandOutcome::Limits(_)
            | CommandOutcome::Nothing
            | CommandOutcome::Refused { .. },
            _,
        ) => phrases.say_again(lang),
    }
}

/// How people call a device.
fn name_of<'a>(book: &'a Book, device: &'a Name, lang: Lang) -> &'a str {
    book.household.devices.get(device).map_or(device.as_str(), |d| d.name.of(lang))
}

/// The order of a device that waits for a number; the newest where there are more.
fn asked_about(book: &Book, device: &Name) -> Option<OrderId> {
    let of_device = book.open.values().filter(|o| o.device() == Some(device));
    let waiting = of_device.filter(|o| o.state == State::AwaitingConfirmation);
    waiting.max_by_key(|o| o.asked_at).map(|o| o.id.clone())
}

/// The words that answer a question.
fn words(
    book: &Book,
    phrases: &Phrases,
    speaker: &Speaker,
    question: &Question,
    now: UnixMs,
) -> String {
    let lang = speaker.lang.unwrap_or(book.home.lang);
    match question {
        Question::Left(span) => {
            let (left, until) = left(book, &speaker.device, *span, now).unzip();
            phrases.left(&book.home, lang, *span, left, until.flatten(), now)
        }
        Question::Cost(device, span) => {
            let cost = cost(book, device, *span, now);
            phrases.cost(&book.home, lang, name_of(book, device, lang), *span, cost)
        }
        Question::Spent(span) => {
            let (first, next) = days_of(book, *span, now);
            phrases.spent(&book.home, lang, *span, book.spent.between(first, next))
        }
        Question::Price(sku) => match book.household.catalog.get(sku) {
            Some(item) => phrases.price(&book.home, lang, item),
            None => phrases.say_again(lang),
        },
        Question::LastOrder => phrases.last_order(&book.home, lang, book.recent.last(), now),
        Question::RunCost(device) => before_run::say(book, phrases, lang, device, book.time(now)),
        Question::Which(skus) => {
            let items = skus.iter().filter_map(|sku| book.household.catalog.get(sku));
            let names: Vec<&str> = items.map(|item| item.name.of(lang)).collect();
            phrases.which(lang, &names)
        }
        Question::NothingOpen => phrases.nothing_open(lang),
        Question::Unclear | Question::RefundLast | Question::Freeze(_) => phrases.say_again(lang),
    }
}

/// The least that limits of the period leave to a device: all that cover it whoever orders, and
/// whatever it is; and until when.
fn left(
    book: &Book,
    device: &Name,
    span: QuestionSpan,
    now: UnixMs,
) -> Option<(Minor, Option<UnixMs>)> {
    let room = book.household.devices.get(device).and_then(|d| d.room.as_ref());
    let covers = |limit: &&Limit| {
        let scope = &limit.scope;
        scope.device.as_ref().is_none_or(|d| d == device)
            && scope.room.as_ref().is_none_or(|r| Some(r) == room)
            && scope.member.is_none()
            && scope.category.is_none()
            && scope.payee.is_none()
    };
    let period = |limit: &&Limit| match (limit.period, span) {
        (Period::Day, QuestionSpan::Today) | (Period::Month, QuestionSpan::Month) => true,
        (
            Period::Order
            | Period::Day
            | Period::Week
            | Period::Month
            | Period::Year
            | Period::AllTime
            | Period::Rolling { .. },
            QuestionSpan::Today | QuestionSpan::Month,
        ) => false,
    };
    let lefts = book.household.limits.values().filter(covers).filter(period).filter_map(|limit| {
        let taken = taken(book, limit, now);
        Some((taken.left?, taken.resets_at))
    });
    lefts.min_by_key(|(left, _)| *left)
}

fn cost(book: &Book, device: &Name, span: QuestionSpan, now: UnixMs) -> Option<Minor> {
    Billing::of(book).device_amount(device, days_of(book, span, now))
}

/// The days of a span: the first, and the one after the last.
fn days_of(book: &Book, span: QuestionSpan, now: UnixMs) -> (Date, Date) {
    let [today, month] = spans(book.time(now).in_zone(&book.home.zone).date());
    match span {
        QuestionSpan::Today => today,
        QuestionSpan::Month => month,
    }
}
