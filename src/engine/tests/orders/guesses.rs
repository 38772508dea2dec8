//! Wrong numbers and PINs: counted where they are said, and compared only where that can lead to
//! anything.

use super::{OrderWorld, code, limit, name};
use homepay_domain::alert::AlertKind;
use homepay_domain::book::GUESSES_MAX;
use homepay_domain::decide::answer::{UncheckedPin, pins_to_compare};
use homepay_domain::event::{ConfirmationAnswer, Event, Stamp};
use homepay_domain::household::{Member, Role, Secret};
use homepay_domain::ids::OrderId;
use homepay_domain::order::State;
use homepay_domain::reply::Code;
use std::sync::Arc;

/// Orders that somebody opens before the first guess.
const OPENED: usize = 160;

fn confirmed_above_zero() -> OrderWorld {
    OrderWorld::new(&limit(
        "day",
        "scope = { home = true }\nperiod = \"day\"\namount = \"90000.00\"\nconfirm_above = \"0.00\"",
    ))
}

#[test]
fn orders_that_were_opened_first_take_no_more_guesses_than_others() {
    let mut world = confirmed_above_zero();
    let ids: Vec<String> = (0..OPENED).map(|n| format!("guess-{n:04}")).collect();
    for id in &ids {
        assert_eq!(world.ask(id, "water", 1).state, State::AwaitingConfirmation);
    }
    for (place, id) in ids.iter().enumerate() {
        // From the sixth on even the right number is none that somebody knew.
        let number = if place < GUESSES_MAX { "11" } else { "47" };
        let order = world.said(id, ConfirmationAnswer::Number(number.to_owned()));
        let why = if place < GUESSES_MAX { Code::ConfirmationFailed } else { Code::Risk };
        assert_eq!((order.state, code(&order)), (State::Declined, Some(why)), "{place}");
    }
    let guessing = world.book.alerts.values().filter(|a| a.kind == AlertKind::Guessing);
    assert_eq!(guessing.count(), 1, "the owner is told once");
    // Another device is not held back by it, and this one only for a while.
    let other = world.ask_by("other-0001", "water", 1, "kids", None);
    assert_eq!(other.state, State::AwaitingConfirmation);
    world.wait_s(601);
    world.ask("later-0001", "water", 1);
    let later = world.said("later-0001", ConfirmationAnswer::Number("47".to_owned()));
    assert_eq!(later.state, State::Approved);
}

#[test]
fn wrong_pins_are_counted_over_orders_too() {
    let mut world = confirmed_above_zero();
    for id in ["pin-00001", "pin-00002", "pin-00003"] {
        world.ask(id, "water", 1);
    }
    let wrong = || ConfirmationAnswer::Pin { of: Vec::new() };
    for id in ["pin-00001", "pin-00001", "pin-00001", "pin-00002", "pin-00002"] {
        world.said(id, wrong());
    }
    let sixth = world.said("pin-00003", ConfirmationAnswer::Pin { of: vec![name("mum")] });
    assert_eq!((sixth.state, code(&sixth)), (State::Declined, Some(Code::Risk)));
}

/// A home with six PINs, one of them the owner's.
fn with_pins() -> OrderWorld {
    let mut world = confirmed_above_zero();
    let house = Arc::make_mut(&mut world.book.household);
    for id in ["mum", "ann", "ben", "cat", "dan", "eve"] {
        let role = if id == "mum" { Role::Owner } else { Role::Adult };
        let pin = Some(Secret::new(&format!("hash of {id}")));
        house.members.insert(name(id), Member { name: id.to_owned(), role, pin });
    }
    world
}

fn compared(world: &OrderWorld, stamp: Option<&Stamp>, device: &str, order: &str) -> Vec<String> {
    let order = OrderId::parse(order).unwrap();
    let pin = UncheckedPin { stamp, device: &name(device), order: &order };
    let found = pins_to_compare(&world.book, pin, world.now);
    found.into_iter().map(|(id, _)| id.to_string()).collect()
}

#[test]
fn a_pin_is_compared_only_where_it_can_count() {
    let mut world = with_pins();
    world.ask("order-0001", "water", 1);
    world.ask_by("order-0002", "water", 1, "kitchen", Some("ben"));
    world.ask_by("order-0003", "water", 1, "kitchen", None);
    world.said("order-0003", ConfirmationAnswer::Number("47".to_owned()));
    let old = world.stamp();
    let stamp = Some(world.stamp());
    let stamp = stamp.as_ref();
    let none: [&str; 0] = [];
    assert_eq!(compared(&world, stamp, "kitchen", "order-0001"), ["mum"], "an owner's");
    assert_eq!(compared(&world, stamp, "kitchen", "order-0002"), ["ben"], "whoever ordered");
    assert_eq!(compared(&world, None, "kitchen", "order-0002"), ["ben"], "without an envelope");
    assert_eq!(compared(&world, stamp, "kitchen", "order-0003"), none, "it waits for nothing");
    assert_eq!(compared(&world, stamp, "kitchen", "order-0009"), none, "there is no such order");
    assert_eq!(compared(&world, stamp, "kids", "order-0001"), none, "another device's");
    let stale = Stamp { ts: world.now.seconds() - 301, ..old.clone() };
    assert_eq!(compared(&world, Some(&stale), "kitchen", "order-0001"), none, "too old");
    let heard = Event::AnswerReceived {
        stamp: Some(old.clone()),
        device: name("kitchen"),
        order: OrderId::parse("order-0009").unwrap(),
        answer: ConfirmationAnswer::Cancel,
        session: None,
    };
    world.decide(&heard, None);
    assert_eq!(compared(&world, Some(&old), "kitchen", "order-0001"), none, "heard before");
    for n in 0..GUESSES_MAX {
        let id = format!("guess-{n:04}");
        world.ask(&id, "water", 1);
        world.said(&id, ConfirmationAnswer::Number("11".to_owned()));
    }
    assert_eq!(compared(&world, stamp, "kitchen", "order-0001"), none, "too many guesses");
    world.wait_s(3_600);
    assert_eq!(compared(&world, None, "kitchen", "order-0001"), none, "it waited too long");
}
