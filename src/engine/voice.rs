//! What speakers are asked and told beside orders: answered from the book, or done by the same door
//! as an owner's wish.

use super::machine::Machine;
use super::state_publisher::PublisherTask;
use super::state_views::{spans, taken};
use super::time_point::TimePoint;
use super::turn::Incoming;
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
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_language::phrases::Phrases;
use homepay_language::speech::QuestionSpan;
use homepay_ports::{AckTicket, Publication, Store};
use homepay_protocols::voice::{Question, Speaker, prompt};
use jiff::civil::Date;

/// What a speaker said that only the books know the meaning of.
#[derive(Debug)]
pub struct Spoken {
    pub speaker: Speaker,
    pub said: SpokenWords,
    pub ack: AckTicket,
}

#[derive(Debug)]
pub enum SpokenWords {
    /// A number or a no: to the one order of this speaker that waits.
    Answer(ConfirmationAnswer),
    /// Words that say nothing: an answer that was misheard where a question is open, else this.
    Misheard(Box<Event>),
    /// A question, or a wish beside orders.
    Question(Question),
}

impl Spoken {
    /// True for what is answered or refused also while the store cannot commit.
    pub(super) fn is_question(&self) -> bool {
        matches!(self.said, SpokenWords::Question(_))
    }
}

/// A speaker that waits for words, once what it asked for is done.
#[derive(Debug)]
pub struct SpeakerWaits {
    speaker: Speaker,
    question: Question,
    ack: AckTicket,
}

impl<S: Store> Machine<S> {
    /// Finds out what something means that was said: it becomes work, or is answered.
    pub(super) fn spoken(&mut self, spoken: Spoken, at: TimePoint) {
        let Spoken { speaker, said, ack } = spoken;
        let open = asked_about(self.store.book(), &speaker.device);
        let (order, answer) = match (said, open) {
            (SpokenWords::Question(question), _) => return self.asked(speaker, question, ack, at),
            (SpokenWords::Misheard(otherwise), None) => {
                return self.backlog.push_front(Input::event(*otherwise, Ticket::Broker(ack)));
            }
            // It overhears plain talk: nobody spoke to it.
            (SpokenWords::Answer(_), None) if speaker.overhears => return self.out.acks.push(ack),
            (SpokenWords::Answer(_), None) => {
                return self.asked(speaker, Question::NothingOpen, ack, at);
            }
            (SpokenWords::Misheard(_), Some(order)) => (order, ConfirmationAnswer::Misheard),
            (SpokenWords::Answer(answer), Some(order)) => (order, answer),
        };
        let Speaker { device, session, lang: _, overhears: _ } = speaker;
        let event = Event::AnswerReceived { stamp: None, device, order, answer, session };
        self.backlog.push_front(Input::event(event, Ticket::Broker(ack)));
    }

    /// Answers a question; what it changes stands before it is said.
    fn asked(&mut self, speaker: Speaker, question: Question, ack: AckTicket, at: TimePoint) {
        let command = match &question {
            Question::RefundLast => OwnerCommand::RefundLast(speaker.device.clone()),
            Question::Freeze(device) => OwnerCommand::Freeze(device.clone()),
            Question::Left(_)
            | Question::Cost(..)
            | Question::RunCost(_)
            | Question::Spent(_)
            | Question::Price(_)
            | Question::LastOrder
            | Question::Which(_)
            | Question::NothingOpen
            | Question::Unclear => {
                self.out.acks.push(ack);
                let answer = SpeakerAnswer { speaker, question, told: None };
                return self.out.publisher.push(PublisherTask::Speaker(Box::new(answer)));
            }
        };
        let event = Event::OwnerCommanded { stamp: None, actor: speaking(&speaker), command };
        let ticket = Ticket::Speaker(Box::new(SpeakerWaits { speaker, question, ack }));
        if self.outage().is_some() {
            return self.admit(Incoming { work: Work::Event(event), ticket }, at);
        }
        self.backlog.push_front(Input::event(event, ticket));
    }

    /// Says what became of a speaker's wish.
    pub(super) fn speaker_answered(&mut self, waits: SpeakerWaits, told: CommandOutcome) {
        let SpeakerWaits { speaker, question, ack } = waits;
        self.out.acks.push(ack);
        let answer = SpeakerAnswer { speaker, question, told: Some(told) };
        self.out.publisher.push(PublisherTask::Speaker(Box::new(answer)));
    }
}

/// What a speaker is told: what it asked, and what became of it where that was a wish.
#[derive(Debug)]
pub struct SpeakerAnswer {
    speaker: Speaker,
    question: Question,
    told: Option<CommandOutcome>,
}

/// The same in words, by a book; `None` where the speaker has no way to say them.
pub(super) fn said(
    book: &Book,
    phrases: &Phrases,
    base: &str,
    answer: SpeakerAnswer,
    now: UnixMs,
) -> Option<Publication> {
    let SpeakerAnswer { speaker, question, told } = answer;
    let say = match told {
        Some(told) => done(book, phrases, &speaker, &question, &told),
        None => words(book, phrases, &speaker, &question, now),
    };
    let device = book.household.devices.get(&speaker.device)?;
    prompt::answer(&book.home, base, device, &speaker, say, now)
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
        (CommandOutcome::Refused { code, .. }, Question::RefundLast)
            if *code != Code::StoreUnavailable =>
        {
            phrases.nothing_to_refund(lang)
        }
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
