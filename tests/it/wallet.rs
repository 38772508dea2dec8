//! The sandbox wallet over real HTTP, asked by the native connector through the HTTP port.

mod callbacks;
mod door;
mod faults;
mod flows;
mod keys;
mod model;
mod openapi;

use homepay_domain::ids::{Name, OrderId};
use homepay_domain::money::{Currency, Minor};
use homepay_domain::settlement::{PayLine, PaymentCommand, PaymentSeen, PaymentStatus};
use homepay_domain::time::UnixMs;
use homepay_io::http::HttpClient;
use homepay_ports::{HttpRequest, HttpResponse, HttpTransport as _, SendFault};
use homepay_sandbox::wallet::{SandboxOptions, SandboxWallet, start};
use homepay_wallets::base::RequestView;
use homepay_wallets::native::NativeWallet;
use homepay_wallets::sign::{SigningSecret, sign_request};
use homepay_wallets::{Balance, Connector as _};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

const REQUEST_KEY: [u8; 32] = [1; 32];
const RESPONSE_KEY: [u8; 32] = [2; 32];

/// A wallet of 500.00 CNY, and all that is needed to talk to it.
struct Bench {
    native: NativeWallet,
    http: HttpClient,
    admin: HttpClient,
    server: SandboxWallet,
    dir: tempfile::TempDir,
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn cny() -> Currency {
    Currency::from_code("CNY").expect("CNY")
}

fn options(dir: &Path) -> SandboxOptions {
    SandboxOptions {
        listen: loopback(),
        admin: Some(loopback()),
        db: dir.join("wallet.db"),
        account: "home-1".to_owned(),
        currency: cny(),
        balance: Minor(50_000),
        key_id: "k1".to_owned(),
        request_key: REQUEST_KEY.to_vec(),
        response_key: RESPONSE_KEY.to_vec(),
        callback: None,
        clock: std::sync::Arc::new(homepay_io::system_clock::SystemClock),
        durable: false,
    }
}

fn now() -> UnixMs {
    homepay_ports::Clock::now(&homepay_io::system_clock::SystemClock)
}

impl Bench {
    async fn open() -> Bench {
        Bench::with(|_| {}).await
    }

    async fn with(edit: impl FnOnce(&mut SandboxOptions)) -> Bench {
        let dir = tempfile::tempdir().expect("a folder");
        Bench::on(dir, edit).await
    }

    async fn on(dir: tempfile::TempDir, edit: impl FnOnce(&mut SandboxOptions)) -> Bench {
        let mut options = options(dir.path());
        edit(&mut options);
        let server = start(options).await.expect("the wallet starts");
        let native = NativeWallet {
            authority: server.address.to_string(),
            base_path: String::new(),
            account: "home-1".to_owned(),
            key_id: "k1".to_owned(),
            request_key: REQUEST_KEY.to_vec(),
            response_key: RESPONSE_KEY.to_vec(),
            currency: cny(),
        };
        let port = |address: SocketAddr| {
            HttpClient::new(&format!("http://{address}"), Duration::from_secs(5)).expect("a client")
        };
        let admin = port(server.admin.expect("an admin listener"));
        Bench { native, http: port(server.address), admin, server, dir }
    }

    async fn ask(&self, ask: &PaymentCommand) -> PaymentStatus {
        let request = self.native.request(ask, now(), rand::random());
        let reply = self.http.send(request.clone()).await;
        bare(self.native.answer(ask, &request, reply, now()))
    }

    /// A signed call of any kind, as any other client would make it.
    async fn call(
        &self,
        method: &'static str,
        target: &str,
        key: &str,
        body: &Value,
    ) -> HttpResponse {
        self.try_call(method, target, key, body).await.expect("an answer")
    }

    async fn try_call(
        &self,
        method: &'static str,
        target: &str,
        key: &str,
        body: &Value,
    ) -> Result<HttpResponse, SendFault> {
        self.http.send(self.signed(method, target, key, body)).await
    }

    fn signed(&self, method: &'static str, target: &str, key: &str, body: &Value) -> HttpRequest {
        self.signed_for(30, method, target, key, body)
    }

    fn signed_for(
        &self,
        life_s: i64,
        method: &'static str,
        target: &str,
        key: &str,
        body: &Value,
    ) -> HttpRequest {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.signed_text(life_s, method, target, key, body)
    }

    fn signed_text(
        &self,
        life_s: i64,
        method: &'static str,
        target: &str,
        key: &str,
        body: String,
    ) -> HttpRequest {
        let body = body.into_bytes();
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        if !key.is_empty() {
            headers.push(("idempotency-key".to_owned(), format!("\"{key}\"")));
        }
        let view = RequestView {
            method,
            authority: &self.native.authority,
            target,
            headers: &headers,
            body: &body,
        };
        let secret = SigningSecret { id: "k1", secret: &REQUEST_KEY };
        let headers = sign_request(view, secret, now(), life_s, rand::random()).expect("signs");
        HttpRequest { method, target: target.to_owned(), headers, body }
    }

    async fn admin(&self, method: &'static str, target: &str, body: &Value) -> HttpResponse {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = HttpRequest { method, target: target.to_owned(), headers: Vec::new(), body };
        self.admin.send(request).await.expect("the admin listener answers")
    }

    async fn arm(&self, fault: Value) {
        assert_eq!(self.admin("POST", "/faults", &fault).await.status, 200);
    }

    async fn ledger(&self) -> Value {
        document(&self.admin("GET", "/ledger", &Value::Null).await)
    }

    /// How many transactions of a kind are in the book.
    async fn count(&self, kind: &str) -> usize {
        let ledger = self.ledger().await;
        let entries = ledger["entries"].as_array().expect("entries");
        let of_kind = entries.iter().filter(|entry| entry["kind"] == kind);
        of_kind.map(|entry| entry["txn"].as_i64()).collect::<std::collections::BTreeSet<_>>().len()
    }

    async fn balance(&self) -> Balance {
        let request = self.native.balance_request(now(), rand::random());
        let reply = self.http.send(request.clone()).await;
        self.native.balance(&request, reply, now()).expect("a balance")
    }

    /// Free and held, in minor units.
    async fn money(&self) -> (i64, i64) {
        let balance = self.balance().await;
        (balance.available.0, balance.held.0)
    }

    /// Audits the book and stops the server; gives the folder back.
    async fn close(self) -> tempfile::TempDir {
        audit(&self.ledger().await);
        self.server.stop().await;
        self.dir
    }
}

/// Every transaction sums to zero, and every balance is the fold of its entries.
fn audit(ledger: &Value) {
    let minor = |value: &Value| {
        let text = value.as_str().expect("money is text");
        let sign = if text.starts_with('-') { -1 } else { 1 };
        sign * cny().parse(text.trim_start_matches('-')).expect("an amount").0
    };
    let mut txns = std::collections::BTreeMap::<i64, i64>::new();
    let mut folds = std::collections::BTreeMap::<String, i64>::new();
    for entry in ledger["entries"].as_array().expect("entries") {
        let amount = minor(&entry["amount"]);
        *txns.entry(entry["txn"].as_i64().expect("a number")).or_default() += amount;
        *folds.entry(entry["account"].as_str().expect("a name").to_owned()).or_default() += amount;
    }
    assert!(txns.values().all(|sum| *sum == 0), "{txns:?}");
    for account in ledger["accounts"].as_array().expect("accounts") {
        let name = account["account"].as_str().expect("a name");
        let fold = folds.get(name).copied().unwrap_or(0);
        assert_eq!(minor(&account["balance"]), fold, "{name}");
        assert!(fold >= 0 || matches!(name, "external" | "card"), "{name} is below zero");
    }
    assert_eq!(folds.values().sum::<i64>(), 0);
}

fn document(response: &HttpResponse) -> Value {
    serde_json::from_slice(&response.body).expect("JSON")
}

fn code(response: &HttpResponse) -> (u16, String) {
    (response.status, document(response)["code"].as_str().unwrap_or("").to_owned())
}

fn order(id: &str) -> OrderId {
    OrderId::parse(id).expect("an order id")
}

fn authorize(id: &str, amount: i64, capture: bool) -> PaymentCommand {
    PaymentCommand::Authorize {
        order: order(id),
        amount: Minor(amount),
        payee: Some(Name::parse("corner-shop").expect("a name")),
        category: Some(Name::parse("grocery").expect("a name")),
        lines: vec![PayLine {
            sku: "water-24".to_owned(),
            quantity: "1".to_owned(),
            amount: Minor(amount),
        }],
        capture,
        expires_in_s: 3600,
    }
}

fn capture(id: &str, amount: i64) -> PaymentCommand {
    PaymentCommand::Capture { order: order(id), amount: Minor(amount) }
}

fn void(id: &str) -> PaymentCommand {
    PaymentCommand::Void { order: order(id) }
}

fn inquire(id: &str) -> PaymentCommand {
    PaymentCommand::Inquire { order: order(id) }
}

fn refund(id: &str, number: u32, amount: i64) -> PaymentCommand {
    PaymentCommand::Refund {
        order: order(id),
        number,
        amount: Minor(amount),
        reason: "broken".to_owned(),
    }
}

/// A payment as another client would ask for it.
fn wish(id: &str, amount: &str, capture: &str) -> Value {
    json!({"id": id, "amount": amount, "currency": "CNY", "payee": "corner-shop",
           "category": null, "lines": [], "capture": capture, "expires_in_s": 3600})
}

/// An answer without whose payment it is, which the connector's own tests look at.
fn bare(answer: PaymentStatus) -> PaymentStatus {
    let seen = PaymentSeen::default();
    match answer {
        PaymentStatus::Authorized { amount, .. } => PaymentStatus::Authorized { amount, seen },
        PaymentStatus::Paid { captured, refunds, .. } => {
            PaymentStatus::Paid { captured, refunds, seen }
        }
        other => other,
    }
}
