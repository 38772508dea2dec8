//! What every body of the store must do, with stops between: `store_contract!(name, body)` runs it on
//! one. A body is how books are opened again and read apart from their writer.

use homepay_domain::decide::decide;
use homepay_domain::decision::Effect;
use homepay_domain::event::{
    DeviceStatus, Event, OrderRequest, OwnerCommand, ReadingTime, ReadingValue, Stamp,
    ValueSemantics,
};
use homepay_domain::facts::needs;
use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::meter::Quantity;
use homepay_domain::money::Currency;
use homepay_domain::tariff::Slot;
use homepay_domain::time::UnixMs;
use homepay_domain::usage::correction::Correction;
use homepay_files::household::read_household;
use homepay_ports::{EncodedEffects, Ledger, Outgoing, Publication, Store};
use rust_decimal::Decimal;

pub const NOW: UnixMs = UnixMs(1_795_300_000_000);

/// Books of one home that can be opened again and again.
pub trait Books {
    type Store: Store;

    /// Fresh books of [`home`], with nothing in them.
    fn new() -> Self;

    /// Opens them as their writer; another that had them was dropped, as at a crash.
    async fn open(&self) -> Self::Store;

    /// Reads them apart from the writer.
    async fn ledger(&self) -> Box<dyn Ledger>;
}

/// Whose books they are.
pub fn home(currency: &str) -> Home {
    Home {
        zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(),
        currency: Currency::from_code(currency).unwrap(),
        lang: Lang::En,
        rules: Rules::default(),
    }
}

/// Books with a household and one approved order, committed.
pub async fn filled<B: Books>(books: &B) -> B::Store {
    let mut store = books.open().await;
    let text = include_str!("../../../tests/cases/orders-household.toml").to_owned()
        + "\n[[limits]]\nid = \"day\"\nscope = { home = true }\nperiod = \"day\"\namount = \"90.00\"\n";
    let none = |_: &str| Err("none".to_owned());
    let house = read_household(&text, "test", &home("CNY"), &none).unwrap();
    let apply = Event::OwnerCommanded {
        stamp: None,
        actor: homepay_domain::actor::Actor::System,
        command: OwnerCommand::Apply(Box::new(house)),
    };
    write(&mut store, &apply).await;
    store.commit().await.unwrap();
    write(&mut store, &asked("order-0001", 1)).await;
    store.commit().await.unwrap();
    store
}

pub fn asked(id: &str, seq: u64) -> Event {
    asked_for(id, seq, Decimal::ONE)
}

pub fn asked_for(id: &str, seq: u64, quantity: Decimal) -> Event {
    let digest = format!("digest-{seq}");
    let stamp = Stamp {
        signer: "device:kitchen/k1#00000000".into(),
        epoch: 1,
        seq,
        ts: NOW.seconds(),
        digest: digest.into(),
    };
    Event::OrderRequested(
        Some(stamp),
        OrderRequest {
            device: Name::parse("kitchen").unwrap(),
            order: OrderId::parse(id).unwrap(),
            fingerprint: "f".into(),
            items: Ok(vec![(Name::parse("water").unwrap(), quantity)]),
            member: None,
            lang: None,
            session: None,
            currency: None,
            doubt: None,
            heard_at: None,
            answer_within_s: None,
        },
    )
}

/// Begins a turn and writes one decision; says one thing and remembers it.
pub async fn write(store: &mut impl Store, event: &Event) {
    let needs = needs(event);
    store.begin(std::slice::from_ref(&needs), NOW).await.unwrap();
    let decision = decide(&store.facts(&needs, 47), event, NOW);
    let said = Publication { topic: "t".into(), payload: b"said".to_vec(), retain: false };
    let order = OrderId::from_store("order-0001");
    let remembered = needs.message.clone().map(|digest| (digest, order, Some(0)));
    let asks = decision.effects.iter().filter_map(|effect| match effect {
        Effect::SendCommand { order, number, ask, due } => {
            Some((order.clone(), *number, ask.clone(), *due))
        }
        _ => None,
    });
    let asks = asks.collect();
    let spoken =
        EncodedEffects { publications: vec![said], asks, remembered, ..EncodedEffects::default() };
    store.write("test", &decision, spoken);
}

pub fn read_at(minutes: i64, micro: i64) -> Event {
    Event::ReadingReceived {
        stamp: None,
        device: Name::parse("kitchen").unwrap(),
        at: ReadingTime::Reported(NOW.plus_s(minutes * 60)),
        values: vec![ReadingValue {
            quantity: Quantity::Energy,
            micro,
            semantics: ValueSemantics::default(),
        }],
        retained: false,
        status: DeviceStatus::default(),
    }
}

/// Use of the four hours from [`NOW`] on, by hour.
fn by_hour(store: &impl Store) -> Vec<i64> {
    let kitchen = Name::parse("kitchen").unwrap();
    let hour = |h: i64| (NOW.plus_s(h * 3600), NOW.plus_s((h + 1) * 3600));
    let used = |h| store.book().usage.between(&kitchen, Quantity::Energy, hour(h)).total();
    (0..4).map(used).collect()
}

pub async fn a_restart_sees_what_was_committed_and_nothing_else<B: Books>(books: &B) {
    let mut store = filled(books).await;
    let before = store.book().clone();
    write(&mut store, &asked("order-0002", 2)).await;
    // The daemon dies between the writing and the commit.
    drop(store);
    let mut store = books.open().await;
    assert_eq!(store.book().open, before.open);
    assert_eq!(store.book().uses, before.uses);
    assert_eq!(store.book().replay_windows, before.replay_windows);
    assert_eq!(store.book().household, before.household);
    let outbox = store.outbox().await.unwrap();
    let said = outbox.iter().filter(|out| matches!(out, Outgoing::Publish { .. })).count();
    assert_eq!(said, 2, "what was said and not acknowledged is still to be said");
    for out in &outbox {
        if let Outgoing::Publish { id, .. } = out {
            store.published(*id);
        }
    }
    store.begin(&[], NOW).await.unwrap();
    store.commit().await.unwrap();
    let left = store.outbox().await.unwrap();
    assert!(left.iter().all(|out| matches!(out, Outgoing::Ask { .. })), "{left:?}");
}

pub async fn an_abandoned_turn_leaves_no_trace<B: Books>(books: &B) {
    let mut store = filled(books).await;
    let before = store.book().clone();
    write(&mut store, &asked("order-0002", 2)).await;
    assert_ne!(store.book().open, before.open, "a turn sees what it wrote");
    store.abandon().await.unwrap();
    assert_eq!(store.book().open, before.open);
    write(&mut store, &asked("order-0002", 2)).await;
    store.commit().await.unwrap();
    assert_eq!(store.book().open.len(), before.open.len() + 1);
}

pub async fn the_same_bytes_are_known_after_a_restart<B: Books>(books: &B) {
    let store = filled(books).await;
    drop(store);
    let mut store = books.open().await;
    let event = asked("order-0001", 1);
    let wanted = needs(&event);
    store.begin(std::slice::from_ref(&wanted), NOW).await.unwrap();
    assert!(store.facts(&wanted, 47).already_processed);
    assert_eq!(store.cached_reply("digest-1").unwrap().payload, b"said");
    assert!(!store.facts(&needs(&asked("order-0001", 9)), 47).already_processed);
}

pub async fn a_reading_that_comes_late_says_when_it_was_used<B: Books>(books: &B) {
    let mut store = filled(books).await;
    let take = async |store: &mut B::Store, event: Event| {
        write(store, &event).await;
        store.commit().await.unwrap();
    };
    // NOW is 20 minutes past an hour of UTC: 15-minute slots are cut at its edges.
    let first = 10 - (NOW.seconds() / 60) % 15 + 5;
    take(&mut store, read_at(first, 100_000_000)).await;
    take(&mut store, read_at(first + 240, 108_000_000)).await;
    let total: i64 = by_hour(&store).iter().sum();
    let even = by_hour(&store);
    assert!(even[1] == 2_000_000 && even[2] == 2_000_000, "shared out by time: {even:?}");
    take(&mut store, read_at(first + 120, 107_000_000)).await;
    let better = by_hour(&store);
    assert!(better[1] > 3_000_000 && better[2] < 1_000_000, "{better:?}");
    // The sum over all slots stays; the span looked at cuts the last quarter of an hour off.
    assert!((better.iter().sum::<i64>() - total).abs() <= 500_000, "{better:?}");
    take(&mut store, read_at(first + 120, 107_000_000)).await;
    assert_eq!(by_hour(&store), better, "the same again changes nothing");
    take(&mut store, read_at(first + 60, 90_000_000)).await;
    assert_eq!(by_hour(&store), better, "a reading that cannot be is not taken");
    drop(store);
    assert_eq!(by_hour(&books.open().await), better, "and after a restart");
}

pub async fn use_that_the_book_forgot_is_put_right_and_the_rest_of_its_day_stays<B: Books>(
    books: &B,
) {
    let mut store = filled(books).await;
    let later = 150 * 24 * 60;
    // One day's readings, and one of five months later, after which the first are forgotten.
    for (minutes, micro) in [(0, 0), (60, 1_000_000), (120, 3_000_000), (later, 4_000_000)] {
        write(&mut store, &read_at(minutes, micro)).await;
        store.commit().await.unwrap();
    }
    let slot = Slot::of(NOW.plus_s(3_600)).next();
    let span = (slot.start(), slot.plus(2).start());
    let kitchen = Name::parse("kitchen").unwrap();
    let reader = books.ledger().await;
    let all = (Slot::of(NOW).start(), Slot::of(NOW.plus_s(3 * 3_600)).start());
    let used = async |span| {
        let usage = reader.usage(NOW, NOW.plus_s(86_400)).await.unwrap();
        usage.between(&kitchen, Quantity::Energy, span).total()
    };
    let (of_span, of_all) = (used(span).await, used(all).await);
    store.prune(NOW.plus_s(later * 60)).await.unwrap();
    let at_hand = store.book().usage.between(&kitchen, Quantity::Energy, span);
    assert!(at_hand.slots().is_empty(), "it is forgotten");
    let said = Correction {
        device: kitchen.clone(),
        quantity: Quantity::Energy,
        from: span.0,
        to: span.1,
        micro: 700_000,
        why: "it was not so".to_owned(),
    };
    let wish = OwnerCommand::CorrectUse(Box::new(said));
    let event = Event::OwnerCommanded {
        stamp: None,
        actor: homepay_domain::actor::Actor::System,
        command: wish,
    };
    let needs = needs(&event);
    let now = NOW.plus_s(later * 60);
    store.begin(std::slice::from_ref(&needs), now).await.unwrap();
    let decision = decide(&store.facts(&needs, 47), &event, now);
    store.write("test", &decision, EncodedEffects::default());
    store.commit().await.unwrap();
    assert_eq!(used(span).await, 700_000);
    assert_eq!(used(all).await, of_all - of_span + 700_000);
}

pub async fn what_was_said_a_moment_ago_is_known_after_a_restart<B: Books>(books: &B) {
    let mut store = books.open().await;
    let home = store.book().home.clone();
    let text = format!(
        "{}\n[[limits]]\nid = \"day\"\nscope = {{ home = true }}\nperiod = \"day\"\namount = \"900.00\"\n",
        include_str!("../../../tests/cases/orders-household.toml")
    );
    let none = |_: &str| Err("none".to_owned());
    let house = read_household(&text, "test", &home, &none).unwrap_or_else(|p| panic!("{p:?}"));
    let apply = Event::OwnerCommanded {
        stamp: None,
        actor: homepay_domain::actor::Actor::System,
        command: OwnerCommand::Apply(Box::new(house)),
    };
    write(&mut store, &apply).await;
    store.commit().await.unwrap();
    let name = |text| Name::parse(text).unwrap();
    let id = OrderId::parse("voice-0001").unwrap();
    let asked = OrderRequest {
        device: name("kitchen"),
        order: id.clone(),
        fingerprint: "voice-0001".into(),
        items: Ok(vec![(name("water"), Decimal::ONE)]),
        member: None,
        lang: None,
        session: None,
        currency: None,
        doubt: None,
        heard_at: None,
        answer_within_s: None,
    };
    write(&mut store, &Event::OrderRequested(None, asked)).await;
    store.commit().await.unwrap();
    let order = store.book().open[&id].clone();
    drop(store);

    let store = books.open().await;
    let (lines, amount, asked_at) = store.book().recent.last().unwrap();
    assert_eq!((lines, amount, asked_at), (&*order.lines, order.amount, order.asked_at));
    let (recent, at) = (&store.book().recent, order.asked_at);
    assert!(recent.said_again(&name("kitchen"), &order.lines, at.plus_s(2)));
    assert!(recent.heard_elsewhere(&name("kids"), &order.lines, at.plus_s(2)));
    assert!(!recent.heard_elsewhere(&name("kids"), &order.lines, at.plus_s(4)));
}

/// Every case of the contract as a test of its own, on one body.
#[macro_export]
macro_rules! store_contract {
    ($module:ident, $books:ty) => {
        mod $module {
            use $crate::contract::Books as _;

            $crate::store_contract!(@cases $books:
                a_restart_sees_what_was_committed_and_nothing_else,
                an_abandoned_turn_leaves_no_trace,
                the_same_bytes_are_known_after_a_restart,
                a_reading_that_comes_late_says_when_it_was_used,
                use_that_the_book_forgot_is_put_right_and_the_rest_of_its_day_stays,
                what_was_said_a_moment_ago_is_known_after_a_restart,
            );
        }
    };
    (@cases $books:ty: $($case:ident,)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::contract::$case(&<$books>::new()).await;
            }
        )*
    };
}
