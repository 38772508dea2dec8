//! What was ordered a moment ago is known after a restart: one sentence stays one order.

use super::{open, write};
use homepay_domain::event::{Event, OrderRequest, OwnerCommand};
use homepay_domain::ids::{Name, OrderId};
use homepay_files::household::read_household;
use homepay_ports::Store;
use rust_decimal::Decimal;

#[tokio::test]
async fn what_was_said_a_moment_ago_is_known_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("homepay.db");
    let mut store = open(&path).await;
    let home = store.book().home.clone();
    let text = format!(
        "{}\n[[limits]]\nid = \"day\"\nscope = {{ home = true }}\nperiod = \"day\"\namount = \"900.00\"\n",
        include_str!("../../cases/orders-household.toml")
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
    store.close().await.unwrap();

    let store = open(&path).await;
    let (lines, amount, asked_at) = store.book().recent.last().unwrap();
    assert_eq!((lines, amount, asked_at), (&*order.lines, order.amount, order.asked_at));
    let (recent, at) = (&store.book().recent, order.asked_at);
    assert!(recent.said_again(&name("kitchen"), &order.lines, at.plus_s(2)));
    assert!(recent.heard_elsewhere(&name("kids"), &order.lines, at.plus_s(2)));
    assert!(!recent.heard_elsewhere(&name("kids"), &order.lines, at.plus_s(4)));
}
