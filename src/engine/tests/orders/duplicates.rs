//! One sentence that two speakers hear, and one that is said twice.

use super::{OrderWorld, code, limit, name};
use homepay_domain::event::{ConfirmationAnswer, Event, OrderRequest};
use homepay_domain::ids::OrderId;
use homepay_domain::order::{Order, State};
use homepay_domain::recent::{HEARD_TWICE_MS, SAID_AGAIN_MS};
use homepay_domain::reply::Code;
use homepay_domain::unclear::Doubt;
use rust_decimal::Decimal;

fn world() -> OrderWorld {
    OrderWorld::new(&limit("day", "scope = { home = true }\nperiod = \"day\"\namount = \"900.00\""))
}

impl OrderWorld {
    /// What a speaker without a signature heard.
    fn overheard(&mut self, id: &str, device: &str, items: &[(&str, i64)]) -> Order {
        let order = OrderId::parse(id).unwrap();
        let asked = OrderRequest {
            device: name(device),
            order: order.clone(),
            fingerprint: id.into(),
            items: Ok(items.iter().map(|(sku, n)| (name(sku), Decimal::from(*n))).collect()),
            member: None,
            lang: None,
            session: Some("s".to_owned()),
            currency: None,
            doubt: None,
            heard_at: None,
            answer_within_s: None,
        };
        self.decide(&Event::OrderRequested(None, asked), Some(&order));
        self.orders[&order].clone()
    }

    fn wait_ms(&mut self, ms: i64) {
        self.now.0 += ms;
    }
}

#[test]
fn what_two_speakers_hear_is_bought_once() {
    let mut world = world();
    assert_eq!(world.overheard("voice-0001", "kitchen", &[("water", 2)]).state, State::Approved);
    world.wait_ms(HEARD_TWICE_MS);
    let twin = world.overheard("voice-0002", "kids", &[("water", 2)]);
    assert_eq!((twin.state, code(&twin)), (State::Declined, Some(Code::Duplicate)));
    // Other things, or later, are another order.
    assert_eq!(world.overheard("voice-0003", "kids", &[("water", 1)]).state, State::Approved);
    world.wait_ms(1);
    let later = world.overheard("voice-0004", "kids", &[("water", 2)]);
    assert_eq!(later.state, State::Approved);
}

#[test]
fn things_are_the_same_in_any_order_and_however_they_were_heard_first() {
    let mut world = world();
    world.ask("signed-0001", "water", 1);
    let twin = world.overheard("voice-0001", "kids", &[("water", 1)]);
    assert_eq!(code(&twin), Some(Code::Duplicate), "a speaker that signs heard it, too");
    world.wait_ms(SAID_AGAIN_MS + 1);
    world.overheard("voice-0002", "kitchen", &[("water", 1), ("card", 1)]);
    let twin = world.overheard("voice-0003", "kids", &[("card", 1), ("water", 1)]);
    assert_eq!(code(&twin), Some(Code::Duplicate));
}

#[test]
fn what_was_refused_at_one_speaker_is_not_bought_at_another() {
    let mut world = OrderWorld::new(&limit(
        "kids-day",
        "scope = { device = \"kids\" }\nperiod = \"day\"\namount = \"900.00\"",
    ));
    let refused = world.overheard("voice-0001", "kitchen", &[("water", 1)]);
    assert_eq!(code(&refused), Some(Code::NoLimitSet));
    let twin = world.overheard("voice-0002", "kids", &[("water", 1)]);
    assert_eq!(code(&twin), Some(Code::Duplicate));
}

#[test]
fn the_same_again_at_one_speaker_needs_a_number() {
    let mut world = world();
    world.overheard("voice-0001", "kitchen", &[("water", 1)]);
    world.wait_ms(SAID_AGAIN_MS);
    let again = world.overheard("voice-0002", "kitchen", &[("water", 1)]);
    assert_eq!((again.state, again.doubt), (State::AwaitingConfirmation, Some(Doubt::Again)));
    assert_eq!(
        world.said("voice-0002", ConfirmationAnswer::Number("47".to_owned())).state,
        State::Approved
    );
    // What came to nothing may be said again; what is later, too; a signed order has its own id.
    world.wait_ms(SAID_AGAIN_MS + 1);
    let once = world.overheard("voice-0003", "kitchen", &[("water", 1)]);
    assert_eq!(once.state, State::Approved);
    world.wait_ms(SAID_AGAIN_MS + 1);
    world.overheard("voice-0004", "kitchen", &[("water", 1)]);
    world.said("voice-0004", ConfirmationAnswer::Cancel);
    assert_eq!(world.ask("signed-0001", "water", 1).state, State::Approved);
}

#[test]
fn what_was_spent_is_what_moved_less_what_came_back() {
    let mut world = world();
    let today = world.now.in_zone(&world.book.home.zone).date();
    let spent = |world: &OrderWorld| world.book.spent.between(today, today.tomorrow().unwrap());
    let order = world.paid("order-0001", "water", 2);
    assert_eq!(spent(&world), order.captured);
    world.wait_ms(SAID_AGAIN_MS + 1);
    let other = world.paid("order-0002", "water", 1);
    let both = order.captured.plus(other.captured).unwrap();
    assert_eq!(spent(&world), both);
    world.wait_ms(1);
    world.overheard("voice-0001", "kids", &[("water", 3)]);
    assert_eq!(spent(&world), both, "what is only held is not spent");
    assert_eq!(world.book.recent.last().unwrap().0[0].quantity, "3");
}
