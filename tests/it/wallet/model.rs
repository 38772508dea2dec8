//! Random calls with random faults against a small model that knows what must come of each.
//!
//! Whoever gets no answer asks again under the same key, as the hub does; the model applies the
//! call once. Its account of every payment and of the money is compared with the wallet's.

use super::*;
use std::collections::BTreeMap;

const STEPS: u32 = 250;
const PAYMENTS: u64 = 12;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Paid {
    status: &'static str,
    amount: i64,
    captured: i64,
    refunded: i64,
}

/// One call with its key, so that it can be repeated.
#[derive(Clone, Debug)]
struct Step {
    target: String,
    key: String,
    body: Value,
    want: u16,
}

#[derive(Default)]
struct Model {
    payments: BTreeMap<String, Paid>,
    refunds: u32,
}

impl Model {
    fn free(&self) -> i64 {
        let used = |p: &Paid| match p.status {
            "authorized" => p.amount,
            _ => p.captured - p.refunded,
        };
        50_000 - self.payments.values().map(used).sum::<i64>()
    }

    fn held(&self) -> i64 {
        let held = self.payments.values().filter(|p| p.status == "authorized");
        held.map(|p| p.amount).sum()
    }

    fn step(&mut self, dice: &mut ModelRng, number: u32) -> Step {
        let id = format!("payment-{}", dice.below(PAYMENTS));
        let amount = i64::try_from(dice.below(12_000)).expect("small") + 1;
        let (verb, body, want) = match dice.below(8) {
            0..=3 => self.create(&id, amount, dice.below(2) == 0, number),
            4 => (
                "/capture",
                json!({"amount": cny().text(Minor(amount))}),
                self.capture(&id, amount),
            ),
            5 => ("/void", json!({}), self.void(&id)),
            _ => {
                let want = self.refund(&id, amount);
                self.refunds += 1;
                let refund = format!("refund-{}", self.refunds);
                let amount = cny().text(Minor(amount));
                ("/refunds", json!({"id": refund, "amount": amount, "reason": "x"}), want)
            }
        };
        let target = match verb {
            "" => "/v1/payments".to_owned(),
            verb => format!("/v1/payments/{id}{verb}"),
        };
        Step { target, key: format!("key-{number}"), body, want }
    }

    fn create(
        &mut self,
        id: &str,
        amount: i64,
        automatic: bool,
        number: u32,
    ) -> (&'static str, Value, u16) {
        let capture = if automatic { "automatic" } else { "manual" };
        let mut body = wish(id, &cny().text(Minor(amount)), capture);
        // No two of them are in the same words.
        body["category"] = json!(format!("category-{number}"));
        if self.payments.contains_key(id) {
            return ("", body, 409);
        }
        let status = match (amount <= self.free(), automatic) {
            (false, _) => "declined",
            (true, true) => "captured",
            (true, false) => "authorized",
        };
        let captured = if status == "captured" { amount } else { 0 };
        self.payments.insert(id.to_owned(), Paid { status, amount, captured, refunded: 0 });
        ("", body, if status == "declined" { 402 } else { 201 })
    }

    fn capture(&mut self, id: &str, amount: i64) -> u16 {
        let Some(payment) = self.payments.get_mut(id) else { return 404 };
        if payment.status != "authorized" {
            return 409;
        }
        if amount > payment.amount {
            return 422;
        }
        (payment.status, payment.captured) = ("captured", amount);
        200
    }

    fn void(&mut self, id: &str) -> u16 {
        let Some(payment) = self.payments.get_mut(id) else { return 404 };
        if payment.status != "authorized" {
            return 409;
        }
        payment.status = "voided";
        200
    }

    fn refund(&mut self, id: &str, amount: i64) -> u16 {
        let Some(payment) = self.payments.get_mut(id) else { return 404 };
        if payment.status != "captured" {
            return 409;
        }
        if amount > payment.captured - payment.refunded {
            return 422;
        }
        payment.refunded += amount;
        201
    }
}

/// Splitmix64: the same seed, the same run.
struct ModelRng(u64);

impl ModelRng {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// Calls until there is a believable answer, always under the step's own key.
async fn insist(bench: &Bench, step: &Step) -> u16 {
    for _ in 0..8 {
        let reply = bench.try_call("POST", &step.target, &step.key, &step.body).await;
        match reply {
            Ok(response) if response.status < 500 => return response.status,
            Ok(_) | Err(_) => {}
        }
    }
    panic!("no answer to {step:?}");
}

async fn agree(bench: &Bench, model: &Model, seed: u64) {
    assert_eq!(bench.money().await, (model.free(), model.held()), "seed {seed}");
    let ledger = bench.ledger().await;
    audit(&ledger);
    let shown = ledger["payments"].as_array().expect("payments");
    assert_eq!(shown.len(), model.payments.len(), "seed {seed}");
    for payment in shown {
        let id = payment["id"].as_str().expect("an id");
        let known = &model.payments[id];
        let money = |amount: i64| json!(cny().text(Minor(amount)));
        assert_eq!(payment["status"], known.status, "seed {seed}, {id}");
        assert_eq!(payment["captured"], money(known.captured), "seed {seed}, {id}");
        assert_eq!(payment["refunded"], money(known.refunded), "seed {seed}, {id}");
    }
}

async fn world(seed: u64) {
    let mut bench = Bench::open().await;
    let (mut dice, mut model) = (ModelRng(seed), Model::default());
    let mut done: Vec<Step> = Vec::new();
    for number in 0..STEPS {
        match dice.below(10) {
            0 => bench.arm(json!({"kind": "request_lost", "times": 1})).await,
            1 => bench.arm(json!({"kind": "answer_lost", "times": 1})).await,
            2 => bench.arm(json!({"kind": "error_500", "times": 1})).await,
            _ => {}
        }
        if dice.below(4) == 0 && !done.is_empty() {
            let at = usize::try_from(dice.below(done.len() as u64)).expect("small");
            assert_eq!(insist(&bench, &done[at]).await, done[at].want, "seed {seed}, again");
            continue;
        }
        let step = model.step(&mut dice, number);
        assert_eq!(insist(&bench, &step).await, step.want, "seed {seed}, {number}: {step:?}");
        // A 404 is not remembered: repeated, it would be a new call.
        if step.want != 404 {
            done.push(step);
        }
        if dice.below(60) == 0 {
            bench = Bench::on(bench.close().await, |_| {}).await;
        }
    }
    agree(&bench, &model, seed).await;
    bench.close().await;
}

#[tokio::test]
async fn the_wallet_and_the_model_agree() {
    for seed in 1..=4 {
        world(seed).await;
    }
}
