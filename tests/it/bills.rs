//! Bills that are entered, over the real store, with restarts between.

use homepay_domain::alert::{Alert, AlertKind};
use homepay_domain::decide::decide;
use homepay_domain::decision::{CommandOutcome, Effect};
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::facts::needs;
use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::money::Currency;
use homepay_domain::order::{Order, State};
use homepay_domain::payable::Stage;
use homepay_domain::settlement::{PaymentCommand, PaymentSeen, PaymentStatus};
use homepay_domain::time::UnixMs;
use homepay_files::household::read_household;
use homepay_language::phrases::Phrases;
use homepay_ports::{EncodedEffects, Store};
use homepay_protocols::native::bill::{BillForm, bill_of_form, bills_told};
use homepay_protocols::native::encode::Encoder;
use homepay_store::sqlite::reader::Reader;
use homepay_store::sqlite::verify::verify;
use homepay_store::sqlite::{Opened, SqliteStore};
use std::path::PathBuf;

const LIMIT: &str = "[[budgets]]\ncategory = \"water\"\nperiod = \"month\"\namount = \"80.00\"\n\
    [[limits]]\nid = \"utilities\"\nscope = { category = \"water\" }\n\
    period = \"month\"\namount = \"100.00\"\n";

struct BillWorld {
    _dir: tempfile::TempDir,
    path: PathBuf,
    home: Home,
    store: SqliteStore,
    now: UnixMs,
    alerts: Vec<Alert>,
    asks: Vec<(OrderId, u32, PaymentCommand)>,
}

fn at(text: &str) -> UnixMs {
    UnixMs(format!("{text}+08:00").parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn form(due: &str, amount: &str, pay: &str) -> BillForm {
    BillForm {
        id: None,
        payee: "shop".to_owned(),
        category: "water".to_owned(),
        amount: amount.to_owned(),
        due: due.to_owned(),
        note: Some("水费 11 月".to_owned()),
        pay: Some(pay.to_owned()),
    }
}

impl BillWorld {
    async fn new(limits: &str, now: &str) -> BillWorld {
        let home = Home {
            zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(),
            currency: Currency::from_code("CNY").unwrap(),
            lang: Lang::En,
            rules: Rules::default(),
        };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("homepay.db");
        let opened = Opened { path: Some(path.clone()), home: home.clone() };
        let store = SqliteStore::open(&opened).await.unwrap();
        let (alerts, asks) = (Vec::new(), Vec::new());
        let mut world = BillWorld { _dir: dir, path, home, store, now: at(now), alerts, asks };
        world.apply(limits).await;
        world
    }

    async fn apply(&mut self, limits: &str) {
        let text = format!("{}\n{limits}", include_str!("../cases/orders-household.toml"));
        let none = |_: &str| Err("none".to_owned());
        let house = read_household(&text, "test", &self.home, &none).unwrap();
        self.wish(OwnerCommand::Apply(Box::new(house))).await;
    }

    async fn decide(&mut self, event: &Event) -> CommandOutcome {
        let needs = needs(event);
        self.store.begin(std::slice::from_ref(&needs), self.now).await.unwrap();
        let decision = decide(&self.store.facts(&needs, 47), event, self.now);
        let asks = decision.effects.iter().filter_map(|effect| match effect {
            Effect::SendCommand { order, number, ask, due } => {
                Some((order.clone(), *number, ask.clone(), *due))
            }
            _ => None,
        });
        let spoken = EncodedEffects { asks: asks.collect(), ..EncodedEffects::default() };
        self.store.write("test", &decision, spoken);
        self.store.commit().await.unwrap();
        for effect in decision.effects {
            match effect {
                Effect::Warn(alert) => self.alerts.push(*alert),
                Effect::SendCommand { order, number, ask, .. } => {
                    self.asks.push((order, number, ask))
                }
                _ => {}
            }
        }
        decision.outcome
    }

    async fn wish(&mut self, wish: OwnerCommand) -> CommandOutcome {
        self.decide(&Event::OwnerCommanded {
            stamp: None,
            actor: homepay_domain::actor::Actor::System,
            command: wish,
        })
        .await
    }

    async fn enter(&mut self, form: &BillForm) -> CommandOutcome {
        let bill = bill_of_form(form, &self.home, &self.store.book().household).unwrap();
        self.wish(OwnerCommand::AddBill(Box::new(bill))).await
    }

    /// Two ticks at a time, the daemon started anew between them.
    async fn tick(&mut self, now: &str) {
        self.now = at(now);
        self.decide(&Event::ClockTicked).await;
        self.restart().await;
        self.decide(&Event::ClockTicked).await;
    }

    async fn restart(&mut self) {
        let empty = Opened { path: None, home: self.home.clone() };
        let closed = std::mem::replace(&mut self.store, SqliteStore::open(&empty).await.unwrap());
        let before = closed.book().payables.clone();
        closed.close().await.unwrap();
        let opened = Opened { path: Some(self.path.clone()), home: self.home.clone() };
        self.store = crate::support::open_again(&opened).await;
        assert_eq!(self.store.book().payables, before, "as before the restart");
    }

    /// The wallet pays what it was asked last.
    async fn paid(&mut self) {
        let (order, number, asked) = self.asks.last().cloned().unwrap();
        let PaymentCommand::Authorize { amount, .. } = asked.clone() else { panic!("{asked:?}") };
        let answer = PaymentStatus::Paid {
            captured: amount,
            refunds: Vec::new(),
            seen: PaymentSeen::default(),
        };
        self.decide(&Event::WalletAnswered { order, number, asked, answer }).await;
    }

    fn stage(&self, id: &str) -> Stage {
        self.store.book().payables[&name(id)].stage()
    }

    fn kinds(&self) -> Vec<AlertKind> {
        self.alerts.iter().map(|alert| alert.kind).collect()
    }

    fn order(&self, id: &str) -> Option<Order> {
        self.store.book().open.get(&OrderId::from_store(id)).cloned()
    }

    async fn sound(self) {
        let found = verify(&Reader::snapshot(&self.path).await.unwrap()).await.unwrap();
        assert!(found.faults.is_empty(), "{:?}", found.faults);
    }
}

#[tokio::test]
async fn a_bill_is_reminded_of_and_paid_once_on_its_pay_day() {
    let mut world = BillWorld::new(LIMIT, "2026-11-01T12:00:00").await;
    let bill = form("2026-11-30", "68.50", "auto");
    assert_eq!(world.enter(&bill).await, CommandOutcome::Done(None));
    assert_eq!(
        world.enter(&bill).await,
        CommandOutcome::Done(None),
        "the same again is nothing new"
    );
    let other = BillForm { amount: "68.51".to_owned(), ..bill.clone() };
    let CommandOutcome::Refused { why, .. } = world.enter(&other).await else {
        panic!("a conflict")
    };
    assert!(why.contains("shop-2026-11-30 of 68.50"), "{why}");
    world.tick("2026-11-25T23:59:59").await;
    assert!(world.alerts.is_empty(), "five days before");
    world.tick("2026-11-26T00:00:00").await;
    assert_eq!(world.kinds(), [AlertKind::BillDue], "once, over a restart");
    world.tick("2026-11-26T23:59:00").await;
    assert!(world.asks.is_empty());
    world.tick("2026-11-27T00:00:00").await;
    assert_eq!(
        world.asks.iter().filter(|(_, _, a)| matches!(a, PaymentCommand::Authorize { .. })).count(),
        1
    );
    assert_eq!(world.stage("shop-2026-11-30"), Stage::Paying);
    world.paid().await;
    world.tick("2026-12-05T00:00:00").await;
    assert_eq!((world.kinds().len(), world.stage("shop-2026-11-30")), (1, Stage::Paid));
    let phrases = Phrases::new();
    let encoder = Encoder { base: "homepay", home: &world.home, phrases: &phrases };
    let told = serde_json::to_value(bills_told(&encoder, world.store.book())).unwrap();
    assert!(crate::schemas::fits("bills", &told), "{told}");
    let receipt = told["bills"][0]["receipt"].as_str().unwrap();
    let payment = receipt.strip_prefix("bill.shop-2026-11-30.1-").expect("the payment's id");
    assert_eq!(payment, &*world.store.book().id, "{told}");
    assert!(matches!(
        world.wish(OwnerCommand::PayBill(name("shop-2026-11-30"))).await,
        CommandOutcome::Refused { .. }
    ));
    assert!(matches!(
        world.wish(OwnerCommand::CancelBill(name("shop-2026-11-30"))).await,
        CommandOutcome::Refused { .. }
    ));
    world.sound().await;
}

#[tokio::test]
async fn refused_by_a_limit_it_is_paid_once_the_limit_is_raised() {
    let mut world = BillWorld::new(LIMIT, "2026-12-02T12:00:00").await;
    // Entered after it was due: it is tried at once.
    world.enter(&form("2026-11-30", "120.00", "auto")).await;
    world.tick("2026-12-02T12:00:01").await;
    world.tick("2026-12-03T12:00:00").await;
    assert_eq!(world.stage("shop-2026-11-30"), Stage::Unpaid);
    assert_eq!(world.kinds(), [AlertKind::BillRefused], "once, and no reminder of what was tried");
    let say = Phrases::new().alert(&world.home, &world.alerts[0], Lang::En);
    assert!(say.contains("One of your limits") && !say.contains("homepay"), "{say}");
    let to_do = Phrases::new().alert_to_do(&world.alerts[0], Lang::En).unwrap();
    assert!(to_do.contains("limit set utilities") && to_do.contains("homepay bill pay"), "{to_do}");
    let say = Phrases::new().alert(&world.home, &world.alerts[0], Lang::ZhCn);
    assert!(!say.contains("utilities") && say.contains("街角便利店"), "{say}");
    let again = world.wish(OwnerCommand::PayBill(name("shop-2026-11-30"))).await;
    let CommandOutcome::Done(Some(order)) = again else { panic!("{again:?}") };
    assert_eq!(order.state, State::Declined, "an owner's word goes through the limits too");
    world.apply(&LIMIT.replace("100.00", "150.00")).await;
    let paid = world.wish(OwnerCommand::PayBill(name("shop-2026-11-30"))).await;
    let CommandOutcome::Done(Some(order)) = paid else { panic!("{paid:?}") };
    assert_eq!((order.state, order.id.as_str()), (State::Approved, "bill.shop-2026-11-30.3"));
    world.paid().await;
    assert_eq!(world.stage("shop-2026-11-30"), Stage::Paid);
    world.sound().await;
}

#[tokio::test]
async fn two_bills_of_one_day_do_not_pass_a_limit_together() {
    let mut world = BillWorld::new(LIMIT, "2026-11-20T12:00:00").await;
    for id in ["first", "second"] {
        let bill = form("2026-11-20", "60.00", "auto");
        world.enter(&BillForm { id: Some(id.to_owned()), ..bill }).await;
    }
    world.tick("2026-11-20T12:00:01").await;
    world.tick("2026-11-20T12:00:02").await;
    assert_eq!(
        (world.stage("first"), world.stage("second")),
        (Stage::Paying, Stage::Unpaid),
        "60.00 and 60.00 are more than 100.00"
    );
    assert_eq!(world.kinds(), [AlertKind::BillRefused], "who waits for a turn is not reminded of");
    world.sound().await;
}

#[tokio::test]
async fn who_is_asked_has_time_until_the_bill_is_due() {
    let mut world = BillWorld::new(LIMIT, "2026-11-20T12:00:00").await;
    world.enter(&form("2026-11-30", "68.50", "approve")).await;
    world.tick("2026-11-27T00:00:00").await;
    assert_eq!(world.stage("shop-2026-11-30"), Stage::AwaitingApproval);
    let order = world.order("bill.shop-2026-11-30.1").unwrap();
    assert_eq!(order.due, Some(at("2026-12-01T00:00:00")));
    world.tick("2026-11-30T23:00:00").await;
    let told = world.wish(OwnerCommand::PayBill(name("shop-2026-11-30"))).await;
    assert!(matches!(told, CommandOutcome::Done(Some(order)) if order.state == State::Approved));
    world.paid().await;
    assert_eq!(world.stage("shop-2026-11-30"), Stage::Paid);
    world.enter(&form("2026-12-30", "68.50", "approve")).await;
    world.tick("2026-12-27T00:00:00").await;
    world.tick("2026-12-31T00:00:01").await;
    assert_eq!(world.stage("shop-2026-12-30"), Stage::Unpaid, "silence is a no");
    assert_eq!(world.kinds().last(), Some(&AlertKind::BillRefused));
    assert_eq!(
        world.wish(OwnerCommand::CancelBill(name("shop-2026-12-30"))).await,
        CommandOutcome::Done(None)
    );
    assert_eq!(world.stage("shop-2026-12-30"), Stage::Cancelled);
    world.sound().await;
}

/// A bill has no pieces: neither when it is judged, nor when it is judged again at the owner's yes.
#[tokio::test]
async fn a_limit_on_single_pieces_holds_no_bill_back() {
    let limits = format!("{LIMIT}max_per_item = \"1.00\"\n");
    let mut world = BillWorld::new(&limits, "2026-11-20T12:00:00").await;
    world.enter(&form("2026-11-30", "68.50", "approve")).await;
    world.tick("2026-11-27T00:00:00").await;
    assert_eq!(world.stage("shop-2026-11-30"), Stage::AwaitingApproval);
    let order = world.order("bill.shop-2026-11-30.1").unwrap().id;
    let told = world.wish(OwnerCommand::Approve(order)).await;
    assert!(matches!(told, CommandOutcome::Done(Some(order)) if order.state == State::Approved));
    world.paid().await;
    assert_eq!(world.stage("shop-2026-11-30"), Stage::Paid);
    world.sound().await;
}

#[tokio::test]
async fn a_manual_bill_is_only_reminded_of_and_hours_are_waited_for() {
    let hours = format!("{LIMIT}hours = [\"09:00-18:00\"]\n");
    let mut world = BillWorld::new(&hours, "2026-11-20T12:00:00").await;
    let manual = BillForm { id: Some("gas".to_owned()), ..form("2026-11-30", "5.00", "manual") };
    world.enter(&manual).await;
    world.enter(&form("2026-11-30", "68.50", "auto")).await;
    world.tick("2026-11-27T00:00:00").await;
    assert!(world.asks.is_empty(), "too early in the day is no refusal");
    assert_eq!(world.kinds(), [AlertKind::BillDue, AlertKind::BillDue]);
    world.tick("2026-11-27T09:00:00").await;
    assert_eq!(world.stage("shop-2026-11-30"), Stage::Paying);
    world.tick("2026-12-15T12:00:00").await;
    assert_eq!(world.stage("gas"), Stage::Waiting);
    assert_eq!(world.wish(OwnerCommand::CancelBill(name("gas"))).await, CommandOutcome::Done(None));
    let told = world.wish(OwnerCommand::PayBill(name("gas"))).await;
    assert!(
        matches!(told, CommandOutcome::Refused { .. }),
        "what was taken back is not paid: {told:?}"
    );
    world.sound().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_bill_is_said() {
    let world = BillWorld::new(LIMIT, "2026-11-20T12:00:00").await;
    let good = form("2026-11-30", "68.50", "auto");
    let text = str::to_owned;
    for (form, want) in [
        (BillForm { payee: text("nobody"), ..good.clone() }, "no payee nobody"),
        (BillForm { amount: text("1.999"), ..good.clone() }, "more than the 2 decimals"),
        (BillForm { amount: text("0.00"), ..good.clone() }, "not an amount that can be paid"),
        (BillForm { amount: text("-5"), ..good.clone() }, "negative"),
        (BillForm { due: text("2026-02-30"), ..good.clone() }, "due: \"2026-02-30\" is not a day"),
        (BillForm { pay: Some(text("later")), ..good.clone() }, "write auto, approve or manual"),
        (BillForm { id: Some(text("A B")), ..good.clone() }, "id: \"A B\" is not an id"),
        (BillForm { category: text("水"), ..good.clone() }, "category:"),
        (BillForm { note: Some("x".repeat(201)), ..good }, "longer than 200"),
    ] {
        let house = &world.store.book().household;
        let why = bill_of_form(&form, &world.home, house).unwrap_err();
        assert!(why.contains(want), "{why}");
    }
}
