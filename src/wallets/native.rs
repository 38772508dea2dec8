//! The connector for `homepay-wallet-v1`, the protocol of CONTRACT section 4.

use super::base::{RequestView, ResponseView};
use super::sign::{SigningSecret, sign_request, verify_response};
use super::structured::quote;
use super::{
    Balance, Connector, EntryKind, HttpResult, Nonce, Source, StatementEntry, WalletStatement,
};
use super::{payment_status, wire};
use homepay_domain::ids::OrderId;
use homepay_domain::money::{Currency, Minor};
use homepay_domain::settlement::{PaymentCommand, PaymentStatus, SIGNATURE_S, refund_id};
use homepay_domain::time::UnixMs;
use homepay_ports::{HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A wallet that speaks `homepay-wallet-v1`, and the account we have there. Holds secrets: it has
/// no `Debug`.
#[derive(Clone)]
pub struct NativeWallet {
    /// Host and, where it is not the scheme's own, port: what the `Host` header will say.
    pub authority: String,
    /// What comes before `/v1`, without a slash at its end; mostly empty.
    pub base_path: String,
    /// Our account; an answer about another one is not believed.
    pub account: String,
    /// The name of both keys.
    pub key_id: String,
    /// Signs what we say.
    pub request_key: Vec<u8>,
    /// Signs what the wallet says.
    pub response_key: Vec<u8>,
    /// The account's currency; answers in another are not believed.
    pub currency: Currency,
}

/// The `authority` and `base_path` of a wallet's URL.
///
/// # Errors
/// Says what is wrong with the URL.
pub fn parse_base_url(url: &str) -> Result<(String, String), String> {
    let parsed = url::Url::parse(url).map_err(|fault| format!("{url}: {fault}"))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(format!("{url}: a wallet's URL begins with http:// or https://"));
    }
    let plain = parsed.username().is_empty()
        && parsed.password().is_none()
        && parsed.query().is_none()
        && parsed.fragment().is_none();
    let host = parsed.host_str().filter(|_| plain);
    let host = host.ok_or_else(|| format!("{url}: only scheme, host, port and path are used"))?;
    let authority = match parsed.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    Ok((authority, parsed.path().trim_end_matches('/').to_owned()))
}

impl Connector for NativeWallet {
    fn request(&self, ask: &PaymentCommand, now: UnixMs, nonce: Nonce) -> HttpRequest {
        let payment = format!("/v1/payments/{}", segment(ask.order().as_str()));
        let (path, body) = match ask {
            PaymentCommand::Authorize { .. } => {
                ("/v1/payments".to_owned(), Some(self.authorize(ask)))
            }
            PaymentCommand::Capture { amount, .. } => {
                let body = json!({"amount": self.currency.text(*amount)});
                (format!("{payment}/capture"), Some(body))
            }
            PaymentCommand::Void { .. } => (format!("{payment}/void"), Some(json!({}))),
            PaymentCommand::Refund { order, number, amount, reason } => {
                let body = json!({
                    "id": refund_id(order, *number),
                    "amount": self.currency.text(*amount),
                    "reason": reason,
                });
                (format!("{payment}/refunds"), Some(body))
            }
            PaymentCommand::Inquire { .. } => (payment, None),
        };
        self.signed(&path, body, ask.idempotency_key(), now, nonce)
    }

    fn answer(
        &self,
        ask: &PaymentCommand,
        request: &HttpRequest,
        reply: HttpResult,
        now: UnixMs,
    ) -> PaymentStatus {
        self.verified(request, reply, now)
            .and_then(|(response, at)| {
                payment_status::payment_status(self.currency, ask, &response, at)
            })
            .unwrap_or_else(|why| PaymentStatus::Unknown { why: clip(why) })
    }

    fn balance_request(&self, now: UnixMs, nonce: Nonce) -> HttpRequest {
        self.signed("/v1/balance", None, None, now, nonce)
    }

    fn balance(
        &self,
        request: &HttpRequest,
        reply: HttpResult,
        now: UnixMs,
    ) -> Result<Balance, String> {
        let seen: wire::BalanceBody = self.document(request, reply, now)?;
        self.ours(&seen.account, &seen.currency)?;
        Ok(Balance { available: self.money(&seen.available)?, held: self.money(&seen.held)? })
    }

    fn sources_request(&self, now: UnixMs, nonce: Nonce) -> HttpRequest {
        self.signed("/v1/sources", None, None, now, nonce)
    }

    fn sources(
        &self,
        request: &HttpRequest,
        reply: HttpResult,
        now: UnixMs,
    ) -> Result<Vec<Source>, String> {
        let seen: wire::SourcesBody = self.document(request, reply, now)?;
        self.ours(&seen.account, &seen.currency)?;
        let read = |source: wire::SourceBody| {
            let available = self.money(&source.available)?;
            Ok(Source { id: source.id, kind: source.kind, available })
        };
        seen.sources.into_iter().map(read).collect()
    }

    fn statement_request(
        &self,
        from: UnixMs,
        to: UnixMs,
        cursor: Option<&str>,
        now: UnixMs,
        nonce: Nonce,
    ) -> HttpRequest {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("from", &instant(from)).append_pair("to", &instant(to));
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        let path = format!("/v1/statement?{}", query.finish());
        self.signed(&path, None, None, now, nonce)
    }

    fn statement(
        &self,
        request: &HttpRequest,
        reply: HttpResult,
        now: UnixMs,
    ) -> Result<WalletStatement, String> {
        let seen: wire::StatementBody = self.document(request, reply, now)?;
        self.ours(&seen.account, &seen.currency)?;
        let read = |entry: wire::EntryBody| {
            let kind = match entry.kind {
                wire::EntryKindWord::Capture => EntryKind::Capture,
                wire::EntryKindWord::Refund => EntryKind::Refund,
                wire::EntryKindWord::Topup => EntryKind::TopUp,
            };
            Ok(StatementEntry {
                amount: self.money(&entry.amount)?,
                id: entry.id,
                kind,
                payment: entry.payment.as_deref().map(OrderId::from_store),
                refund: entry.refund,
                currency: entry.currency,
                at: UnixMs(entry.at.as_millisecond()),
            })
        };
        let entries = seen.entries.into_iter().map(read).collect::<Result<Vec<_>, String>>()?;
        Ok(WalletStatement { entries, next: seen.next })
    }
}

impl NativeWallet {
    fn authorize(&self, ask: &PaymentCommand) -> Value {
        let PaymentCommand::Authorize {
            order,
            amount,
            payee,
            category,
            lines,
            capture,
            expires_in_s,
        } = ask
        else {
            return Value::Null;
        };
        let lines: Vec<Value> = lines
            .iter()
            .map(|line| {
                json!({
                    "sku": line.sku,
                    "quantity": line.quantity,
                    "amount": self.currency.text(line.amount),
                })
            })
            .collect();
        json!({
            "id": order,
            "amount": self.currency.text(*amount),
            "currency": self.currency,
            "payee": payee,
            "category": category,
            "lines": lines,
            "capture": if *capture { "automatic" } else { "manual" },
            "expires_in_s": expires_in_s,
        })
    }

    fn signed(
        &self,
        path: &str,
        body: Option<Value>,
        idempotency_key: Option<String>,
        now: UnixMs,
        nonce: Nonce,
    ) -> HttpRequest {
        let method = if body.is_some() { "POST" } else { "GET" };
        let target = format!("{}{path}", self.base_path);
        let body = body.map(|value| value.to_string().into_bytes()).unwrap_or_default();
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        if let Some(key) = idempotency_key.as_deref().and_then(quote) {
            headers.push(("idempotency-key".to_owned(), key));
        }
        let view = RequestView {
            method,
            authority: &self.authority,
            target: &target,
            headers: &headers,
            body: &body,
        };
        let key = SigningSecret { id: &self.key_id, secret: &self.request_key };
        // What cannot be signed (a key id that is not printable) goes unsigned and is refused by
        // the wallet: the answer is Unknown, as for every other doubt.
        let headers =
            sign_request(view, key, now, SIGNATURE_S, nonce).unwrap_or_else(|_| headers.clone());
        HttpRequest { method, target, headers, body }
    }

    /// The response once it is known to be the wallet's, and when the wallet signed it.
    fn verified(
        &self,
        request: &HttpRequest,
        reply: HttpResult,
        now: UnixMs,
    ) -> Result<(HttpResponse, UnixMs), String> {
        let response = reply.map_err(|fault| fault.to_string())?;
        let asked = RequestView {
            method: request.method,
            authority: &self.authority,
            target: &request.target,
            headers: &request.headers,
            body: &request.body,
        };
        let said = ResponseView {
            status: response.status,
            headers: &response.headers,
            body: &response.body,
        };
        let key = SigningSecret { id: &self.key_id, secret: &self.response_key };
        match verify_response(said, asked, key, now) {
            Ok(verified) => Ok((response, UnixMs(verified.created_s.saturating_mul(1_000)))),
            Err(fault) => Err(format!("status {} is not believed: {fault}", response.status)),
        }
    }

    fn document<T: DeserializeOwned>(
        &self,
        request: &HttpRequest,
        reply: HttpResult,
        now: UnixMs,
    ) -> Result<T, String> {
        let (response, _) = self.verified(request, reply, now).map_err(clip)?;
        if response.status != 200 {
            return Err(clip(payment_status::refusal(&response)));
        }
        serde_json::from_slice(&response.body).map_err(|fault| clip(format!("body: {fault}")))
    }

    fn money(&self, text: &str) -> Result<Minor, String> {
        self.currency.parse(text).map_err(|fault| fault.to_string())
    }

    fn ours(&self, account: &str, currency: &str) -> Result<(), String> {
        if account == self.account && currency == self.currency.code() {
            Ok(())
        } else {
            Err(clip(format!("the answer is about account {account} in {currency}")))
        }
    }
}

/// Keeps what a wallet says out of proportion from filling the log.
fn clip(why: String) -> String {
    why.chars().filter(|c| !c.is_control()).take(240).collect()
}

fn instant(at: UnixMs) -> String {
    let stamp = jiff::Timestamp::from_millisecond(at.0);
    stamp.unwrap_or(if at.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX }).to_string()
}

/// An id as a path segment: everything but unreserved characters is percent-encoded.
fn segment(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
#[path = "native_tests.rs"]
mod tests;
