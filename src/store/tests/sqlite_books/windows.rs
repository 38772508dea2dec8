//! Books of old kept one replay window for all keys of a signer.

use super::{execute, open};
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::household::Secret;
use homepay_domain::ids::Name;
use homepay_domain::replay::{ReplayWindow, window_name};
use homepay_files::household::read_household;
use homepay_ports::Store;

const KEY: &str = "base64:MDEyMzQ1Njc4OWFiY2RlZg==";
const OTHER_KEY: &str = "base64:ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

#[tokio::test]
async fn each_key_goes_on_with_the_window_that_its_signer_had() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("homepay.db");
    let mut store = open(&path).await;
    let people = include_str!("../../../../tests/cases/orders-household.toml").replacen(
        "profile = \"homepay-native\"",
        &format!("profile = \"homepay-native\"\nkeys = {{ k1 = \"{KEY}\", k2 = \"{OTHER_KEY}\" }}"),
        1,
    );
    let text = format!(
        "{people}\n[[owner_keys]]\nid = \"phone\"\nmember = \"mum\"\nkey = \"{OTHER_KEY}\"\n"
    );
    let home = store.book().home.clone();
    let none = |_: &str| Err("none".to_owned());
    let house = read_household(&text, "test", &home, &none).unwrap_or_else(|p| panic!("{p:?}"));
    let apply = Event::OwnerCommanded {
        stamp: None,
        actor: homepay_domain::actor::Actor::System,
        command: OwnerCommand::Apply(Box::new(house)),
    };
    crate::contract::write(&mut store, &apply).await;
    store.commit().await.unwrap();
    store.close().await.unwrap();
    execute(
        &path,
        "insert into signers (home, signer, epoch, top, bits) values ('home', 'device:kitchen', 3, 812, 5), \
         ('home', 'owner:phone', 4, 9, 1), ('home', 'device:gone', 1, 1, 1)",
    )
    .await;
    let name = |text| Name::parse(text).unwrap();
    let window = |signer, key, secret| window_name(signer, &name(key), &Secret::new(secret));
    // Once more, to see that nothing is done twice.
    for _ in 0..2 {
        let store = open(&path).await;
        let heard = &store.book().replay_windows;
        let kitchen = ReplayWindow { epoch: 3, top: 812, bits: 5 };
        assert_eq!(heard[&*window("device:kitchen", "k1", KEY)], kitchen);
        assert_eq!(heard[&*window("device:kitchen", "k2", OTHER_KEY)], kitchen);
        let phone = ReplayWindow { epoch: 4, top: 9, bits: 1 };
        assert_eq!(heard[&*window("owner:phone", "phone", OTHER_KEY)], phone);
        assert_eq!(heard.len(), 3, "{heard:?}");
        store.close().await.unwrap();
    }
    // An older version wrote again: one window went on, the other had been further.
    execute(
        &path,
        "insert into signers (home, signer, epoch, top, bits) values ('home', 'device:kitchen', 3, 900, 1), \
         ('home', 'owner:phone', 4, 5, 1)",
    )
    .await;
    let store = open(&path).await;
    let top = |name: String| store.book().replay_windows[&*name].top;
    assert_eq!(top(window("device:kitchen", "k1", KEY)), 900);
    assert_eq!(top(window("owner:phone", "phone", OTHER_KEY)), 9);
}
