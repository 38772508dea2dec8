//! Replay windows belong to a device's key: what one key used up is no other key's.

use super::{OrderWorld, code, home_day, name};
use homepay_domain::decision::Effect;
use homepay_domain::event::Event;
use homepay_domain::household::Secret;
use homepay_domain::ids::OrderId;
use homepay_domain::order::State;
use homepay_domain::reply::Code;
use homepay_ports::Message;
use homepay_protocols::native::decoded::{Decoded, read, read_unless};
use homepay_protocols::native::envelope::Envelope;
use homepay_protocols::snapshot::Snapshot;
use serde_json::json;
use std::sync::Arc;

/// Two keys that take turns: base64 of the sixteen bytes.
const KEYS: [(&[u8], &str); 2] = [
    (b"0123456789abcdef", "base64:MDEyMzQ1Njc4OWFiY2RlZg=="),
    (b"fedcba9876543210", "base64:ZmVkY2JhOTg3NjU0MzIxMA=="),
];

impl OrderWorld {
    fn give_key(&mut self, id: &str, which: usize) {
        let house = Arc::make_mut(&mut self.book.household);
        let kitchen = house.devices.get_mut(&name("kitchen")).unwrap();
        kitchen.keys.insert(name(id), Secret::new(KEYS[which].1));
    }

    /// An order, signed by a key under this id; how it stands, or what refused it.
    fn ask_signed(
        &mut self,
        order: &str,
        (id, which): (&str, usize),
        epoch: u64,
        seq: u64,
    ) -> Result<State, Code> {
        let topic = "homepay/device/kitchen/order";
        let body = json!({"order_id": order, "items": [{"sku": "water", "quantity": "1"}]});
        let numbers = (epoch, seq, self.now.seconds());
        let signed =
            Envelope::signed(topic, ("kitchen", id), numbers, &body.to_string(), KEYS[which].0);
        let payload = serde_json::to_vec(&signed).unwrap();
        let message = Message { topic: topic.to_owned(), payload, retained: false };
        let snapshot =
            Snapshot::new("homepay", self.book.home.clone(), self.book.household.clone());
        let event = match read(&snapshot, &message, self.now) {
            Decoded::Event(event) => event,
            Decoded::Refused { code, .. } => return Err(code),
            other => panic!("{other:?}"),
        };
        let id = OrderId::parse(order).unwrap();
        self.decide(&event, Some(&id));
        let order = self.orders.get(&id).ok_or(Code::Replayed)?;
        code(order).map_or(Ok(order.state), Err)
    }
}

#[test]
fn a_key_that_used_up_its_numbers_refuses_no_other_key() {
    let mut world = OrderWorld::new(&home_day("900.00"));
    world.give_key("k1", 0);
    assert_eq!(world.ask_signed("order-0001", ("k1", 0), u64::MAX, u64::MAX), Ok(State::Approved));
    assert_eq!(world.ask_signed("order-0002", ("k1", 0), 7, 1), Err(Code::Replayed));
    world.give_key("k2", 1);
    assert_eq!(world.ask_signed("order-0003", ("k2", 1), 7, 1), Ok(State::Approved));
    assert_eq!(world.ask_signed("order-0004", ("k2", 1), 7, 1), Err(Code::Replayed));
    // A new secret under the old name is a new key, and the one before no longer signs.
    world.give_key("k1", 1);
    assert_eq!(world.ask_signed("order-0005", ("k1", 1), 7, 1), Ok(State::Approved));
    assert_eq!(world.ask_signed("order-0006", ("k1", 0), 8, 1), Err(Code::BadSignature));
    // The old secret comes back with the numbers that it used.
    world.give_key("k1", 0);
    assert_eq!(world.ask_signed("order-0007", ("k1", 0), 9, 1), Err(Code::Replayed));
}

#[test]
fn words_of_a_message_that_came_too_often_are_not_read() {
    let mut world = OrderWorld::new(&home_day("900.00"));
    world.give_key("k1", 0);
    let topic = "homepay/device/kitchen/order";
    let body = json!({"order_id": "order-0001", "text": "买两个矿泉水"});
    let numbers = (7, 1, world.now.seconds());
    let signed = Envelope::signed(topic, ("kitchen", "k1"), numbers, &body.to_string(), KEYS[0].0);
    let payload = serde_json::to_vec(&signed).unwrap();
    let message = Message { topic: topic.to_owned(), payload, retained: false };
    let snapshot = Snapshot::new("homepay", world.book.home.clone(), world.book.household.clone());
    let items = |worn_out: bool| match read_unless(&snapshot, &message, world.now, &|_| worn_out) {
        Decoded::Event(Event::OrderRequested(Some(_), asked)) => asked.items.is_ok(),
        other => panic!("{other:?}"),
    };
    assert!(items(false) && !items(true));
    // What it was decided to be stays: the book answers before it looks at the words.
    let once = read(&snapshot, &message, world.now);
    let Decoded::Event(once) = once else { panic!("{once:?}") };
    let id = OrderId::parse("order-0001").unwrap();
    world.decide(&once, Some(&id));
    assert_eq!(world.orders[&id].state, State::Approved);
    let again = read_unless(&snapshot, &message, world.now, &|_| true);
    let Decoded::Event(again) = again else { panic!("{again:?}") };
    let refused = world.decide(&again, Some(&id));
    assert!(
        matches!(&refused.effects[..], [Effect::Reply(reply)]
        if reply.reason.as_ref().is_some_and(|r| r.code == Code::Replayed)),
        "{refused:?}"
    );
    assert_eq!(world.orders[&id].state, State::Approved);
}
