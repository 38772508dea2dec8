//! The wallet: a ledger of its own, written from the contract and not from the hub's code.

use crate::plan::{Odds, Trouble};
use crate::random::Rng;
use homepay_domain::time::UnixMs;
use homepay_ports::{Entropy, HttpRequest, HttpResponse};
use homepay_wallets::base::{RequestView, ResponseView};
use homepay_wallets::sign::{SigningSecret, sign_response, verify_request};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The host that requests are signed for.
pub const AUTHORITY: &str = "wallet.test";
/// Signs requests.
pub const REQUEST_KEY: [u8; 32] = [3; 32];
/// Signs responses.
pub const RESPONSE_KEY: [u8; 32] = [4; 32];

/// One payment.
#[derive(Clone, Debug)]
pub struct Payment {
    /// What was asked for, as it was asked.
    asked: Value,
    /// `authorized`, `captured`, `voided`, `expired`, `declined`, `pending`.
    pub status: &'static str,
    amount: i64,
    /// Money out.
    pub captured: i64,
    /// Money back: id and amount.
    pub refunds: Vec<(String, i64)>,
    expires_ms: i64,
    clear_ms: i64,
    code: &'static str,
}

impl Payment {
    /// Money back.
    pub fn refunded(&self) -> i64 {
        self.refunds.iter().map(|(_, amount)| amount).sum()
    }
}

/// The wallet.
pub struct Wallet {
    /// By the hub's id.
    pub payments: BTreeMap<String, Payment>,
    keys: BTreeMap<String, (Vec<u8>, u16, Value)>,
    nonces: BTreeSet<Vec<u8>>,
    free: i64,
    odds: Odds,
    /// Payments that somebody else made under an id that the hub came to use later.
    pub foreign: BTreeSet<String>,
    /// True once it only does what it is asked.
    pub calm: bool,
    rng: Rng,
}

fn cents(text: &Value) -> i64 {
    let text = text.as_str().expect("money is text");
    let (whole, part) = text.split_once('.').expect("two decimals");
    assert_eq!(part.len(), 2, "{text}");
    whole.parse::<i64>().expect("a number") * 100 + part.parse::<i64>().expect("a number")
}

fn text(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

type Said = (u16, Value);

fn problem(status: u16, code: &str) -> Said {
    (status, json!({"code": code, "status": status}))
}

impl Wallet {
    /// A wallet with some money.
    pub fn new(rng: Rng, free: i64, odds: Odds) -> Wallet {
        Wallet {
            odds,
            payments: BTreeMap::new(),
            keys: BTreeMap::new(),
            nonces: BTreeSet::new(),
            free,
            foreign: BTreeSet::new(),
            calm: false,
            rng,
        }
    }

    fn is_odd(&mut self, usual_per_cent: usize) -> bool {
        self.rng.chance(self.odds.of(Trouble::Wallet, usual_per_cent))
    }

    /// Answers a request, as it came over the wire.
    pub fn handle(&mut self, request: &HttpRequest, now: UnixMs) -> HttpResponse {
        let view = RequestView {
            method: request.method,
            authority: AUTHORITY,
            target: &request.target,
            headers: &request.headers,
            body: &request.body,
        };
        let key = SigningSecret { id: "k1", secret: &REQUEST_KEY };
        let (status, body) = match verify_request(view, key, now) {
            Err(_) => problem(401, "bad_signature"),
            Ok(verified) if !self.nonces.insert(verified.nonce.clone()) => {
                problem(401, "replayed_nonce")
            }
            Ok(_) => self.once(request, now),
        };
        let body = serde_json::to_vec(&body).expect("plain values");
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let said = ResponseView { status, headers: &headers, body: &body };
        let key = SigningSecret { id: "k1", secret: &RESPONSE_KEY };
        let nonce = self.rng.bytes16();
        let headers = sign_response(said, view, key, now, nonce).expect("it can be signed");
        HttpResponse { status, headers, body }
    }

    fn once(&mut self, request: &HttpRequest, now: UnixMs) -> Said {
        self.time_goes_on(now);
        let path = request.target.strip_prefix("/v1/payments").expect("a payments path");
        if request.method == "GET" {
            return self.show(&path[1..]);
        }
        let key = request.headers.iter().find(|(name, _)| name == "idempotency-key");
        let key = key.expect("a POST has a key").1.clone();
        let fingerprint = [request.target.as_bytes(), &request.body].concat();
        if let Some((was, status, said)) = self.keys.get(&key) {
            return if *was == fingerprint {
                (*status, said.clone())
            } else {
                problem(422, "idempotency_key_reused")
            };
        }
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        let said = match path.strip_prefix('/').and_then(|p| p.split_once('/')) {
            None => self.create(&body, now),
            Some((id, "capture")) => self.capture(id, cents(&body["amount"])),
            Some((id, "void")) => self.void(id),
            Some((id, "refunds")) => self.refund(id, &body),
            Some((_, verb)) => panic!("the contract has no {verb}"),
        };
        if matches!(said.0, 200 | 201 | 402) {
            self.keys.insert(key, (fingerprint, said.0, said.1.clone()));
        }
        said
    }

    fn show(&self, id: &str) -> Said {
        let Some(payment) = self.payments.get(id) else { return problem(404, "not_found") };
        let refunds: Vec<Value> = payment
            .refunds
            .iter()
            .map(|(id, amount)| json!({"id": id, "amount": text(*amount)}))
            .collect();
        let shown = json!({
            "id": id, "status": payment.status, "amount": text(payment.amount),
            "currency": "EUR", "captured": text(payment.captured),
            "refunded": text(payment.refunded()), "refunds": refunds,
            "decline_code": payment.code,
        });
        (if payment.status == "pending" { 202 } else { 200 }, shown)
    }

    /// Another book of the account paid something else under this id, long ago.
    fn was_paid_by_another(&mut self, id: &str, amount: i64) {
        let other = if self.rng.chance(50) { amount + 1 } else { (amount - 1).max(1) };
        let mut asked = json!({"id": id, "amount": text(other)});
        asked["capture"] = json!("automatic");
        let payment = Payment {
            asked,
            status: "captured",
            amount: other,
            captured: other,
            refunds: Vec::new(),
            expires_ms: 0,
            clear_ms: 0,
            code: "",
        };
        self.payments.insert(id.to_owned(), payment);
        self.foreign.insert(id.to_owned());
    }

    fn create(&mut self, body: &Value, now: UnixMs) -> Said {
        let id = body["id"].as_str().expect("an id").to_owned();
        let amount = cents(&body["amount"]);
        if !self.calm && amount > 1 && !self.payments.contains_key(&id) && self.is_odd(1) {
            self.was_paid_by_another(&id, amount);
        }
        if let Some(known) = self.payments.get(&id) {
            if known.asked != *body {
                return problem(409, "payment_conflict");
            }
            return if known.status == "declined" {
                problem(402, known.code)
            } else {
                self.show(&id)
            };
        }
        assert_eq!(body["currency"], "EUR");
        let refused = !self.calm && self.is_odd(8);
        let mut payment = Payment {
            asked: body.clone(),
            status: "authorized",
            amount,
            captured: 0,
            refunds: Vec::new(),
            expires_ms: now.0 + body["expires_in_s"].as_i64().expect("a number") * 1_000,
            clear_ms: 0,
            code: "",
        };
        if refused || self.free < amount {
            payment.status = "declined";
            payment.code = if refused { "declined" } else { "insufficient_funds" };
            let code = payment.code;
            self.payments.insert(id, payment);
            return problem(402, code);
        }
        self.free -= amount;
        if !self.calm && self.is_odd(6) {
            payment.status = "pending";
            payment.clear_ms = now.0 + self.rng.between(100, 120_000);
            self.payments.insert(id.clone(), payment);
            return self.show(&id);
        }
        self.payments.insert(id.clone(), payment);
        if body["capture"] == "automatic" {
            return self.capture(&id, amount);
        }
        self.show(&id)
    }

    /// Holds expire, pending payments clear.
    fn time_goes_on(&mut self, now: UnixMs) {
        let ids: Vec<String> = self.payments.keys().cloned().collect();
        for id in ids {
            let payment = self.payments.get_mut(&id).expect("it is there");
            if payment.status == "pending" && payment.clear_ms <= now.0 {
                payment.status = "authorized";
                if self.rng.chance(30) {
                    payment.status = "declined";
                    payment.code = "declined";
                    self.free += payment.amount;
                } else if payment.asked["capture"] == "automatic" {
                    let amount = payment.amount;
                    self.capture(&id, amount);
                }
            } else if payment.status == "authorized" && payment.expires_ms <= now.0 {
                payment.status = "expired";
                self.free += payment.amount;
            }
        }
    }

    fn held(&mut self, id: &str) -> Result<&mut Payment, Said> {
        let Some(payment) = self.payments.get_mut(id) else {
            return Err(problem(404, "not_found"));
        };
        match payment.status {
            "authorized" => Ok(payment),
            "captured" => Err(problem(409, "already_captured")),
            "voided" => Err(problem(409, "already_voided")),
            "expired" => Err(problem(409, "already_expired")),
            "pending" => Err(problem(409, "payment_pending")),
            _ => Err(problem(409, "payment_declined")),
        }
    }

    fn capture(&mut self, id: &str, amount: i64) -> Said {
        let payment = match self.held(id) {
            Ok(payment) => payment,
            Err(said) => return said,
        };
        if amount > payment.amount || amount <= 0 {
            return problem(422, "capture_exceeds_hold");
        }
        payment.status = "captured";
        payment.captured = amount;
        let rest = payment.amount - amount;
        self.free += rest;
        self.show(id)
    }

    fn void(&mut self, id: &str) -> Said {
        let payment = match self.held(id) {
            Ok(payment) => payment,
            Err(said) => return said,
        };
        payment.status = "voided";
        let amount = payment.amount;
        self.free += amount;
        self.show(id)
    }

    fn refund(&mut self, id: &str, body: &Value) -> Said {
        // Money that moved too late is always taken back: else the house asks for ever.
        let refuses = !self.calm && self.is_odd(5) && body["reason"] != "late";
        let Some(payment) = self.payments.get_mut(id) else { return problem(404, "not_found") };
        let refund = body["id"].as_str().expect("an id").to_owned();
        let amount = cents(&body["amount"]);
        if payment.refunds.iter().any(|(known, _)| *known == refund) {
            return self.show(id);
        }
        if payment.status != "captured" {
            return problem(409, "not_captured");
        }
        if payment.captured - payment.refunded() < amount || amount <= 0 {
            return problem(422, "refund_exceeds_captured");
        }
        if refuses {
            return problem(402, "declined");
        }
        payment.refunds.push((refund, amount));
        self.free += amount;
        self.show(id)
    }
}
