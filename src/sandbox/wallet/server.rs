//! The signed listener's door: who is it, what do they want, and a signature under every answer.

use super::call_context::{self, CallAnswer, IdentifiedCall};
use super::calls;
use super::faults::FaultKind;
use super::problem::CallProblem;
use super::till::{Till, lock};
use axum::http;
use homepay_text::distinct::Distinct;
use homepay_wallets::base::{RequestView, ResponseView};
use homepay_wallets::sign::{SigningSecret, sign_response, verify_request};
use homepay_wallets::structured::unquote;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The largest request body, in bytes.
const CALL_BODY_BYTES_MAX: usize = 256 * 1024;
/// How long a caller may take to send its body.
const BODY_WAIT: Duration = Duration::from_secs(10);
/// The longest idempotency key, in characters.
const KEY_CHARS_MAX: usize = 255;

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped on purpose")]
pub(super) struct Dropped;

/// A request, read whole.
struct IncomingRequest {
    method: String,
    authority: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl IncomingRequest {
    fn view(&self) -> RequestView<'_> {
        RequestView {
            method: &self.method,
            authority: &self.authority,
            target: &self.target,
            headers: &self.headers,
            body: &self.body,
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Answers one request, or drops the connection when a fault says so.
pub(super) async fn serve(
    till: Arc<Till>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Dropped> {
    if request.uri().path() == "/healthz" {
        return Ok(http::Response::new(Full::new(Bytes::from_static(b"ok\n"))));
    }
    if till.faults.strikes(FaultKind::Down) {
        return Err(Dropped);
    }
    let heard = hear(request).await?;
    // In a task of its own: a caller that hangs up must not cut a turn in the middle.
    let answered = tokio::spawn(async move {
        let said = answer(&till, &heard).await?;
        Ok(sign(&till, &heard, &said))
    });
    answered.await.unwrap_or(Err(Dropped))
}

async fn hear(request: http::Request<Incoming>) -> Result<IncomingRequest, Dropped> {
    let (parts, body) = request.into_parts();
    let mut headers = Vec::with_capacity(parts.headers.len());
    for (name, value) in &parts.headers {
        let value = value.to_str().map_err(|_| Dropped)?;
        headers.push((name.as_str().to_owned(), value.to_owned()));
    }
    let authority = headers.iter().find(|(n, _)| n == "host").map(|(_, v)| v.clone());
    let body = tokio::time::timeout(BODY_WAIT, Limited::new(body, CALL_BODY_BYTES_MAX).collect())
        .await
        .map_err(|_| Dropped)?
        .map_err(|_| Dropped)?;
    Ok(IncomingRequest {
        method: parts.method.as_str().to_owned(),
        authority: authority.unwrap_or_default(),
        target: parts.uri.path_and_query().map_or("/", |t| t.as_str()).to_owned(),
        headers,
        body: body.to_bytes().to_vec(),
    })
}

async fn answer(till: &Till, heard: &IncomingRequest) -> Result<CallAnswer, Dropped> {
    let expires_s = match authenticate(till, heard) {
        Ok(expires_s) => expires_s,
        Err(problem) => return Ok(problem.into()),
    };
    let struck = |kind| calls::moves_money(&heard.target) && till.faults.strikes(kind);
    if struck(FaultKind::RequestLost) {
        return Err(Dropped);
    }
    let asked = match understand(till, heard, expires_s) {
        Ok(asked) => asked,
        Err(problem) => return Ok(problem.into()),
    };
    let place = asked.key.as_deref().map(|key| till.enter(key));
    if matches!(place, Some(None)) {
        let detail = "the first request with this key is still being answered";
        return Ok(CallProblem::new(409, "idempotency_in_flight", detail).into());
    }
    if calls::moves_money(&heard.target)
        && let Some(delay) = till.faults.delay()
    {
        tokio::time::sleep(delay).await;
    }
    if struck(FaultKind::Error500) {
        return Ok(CallProblem::new(500, "internal", "set to fail; nothing happened").into());
    }
    let said = call_context::take(till, &asked).await.unwrap_or_else(|fault| {
        tracing::error!("the wallet's book: {fault:#}");
        CallProblem::new(500, "internal", "the book cannot be written").into()
    });
    if struck(FaultKind::AnswerLost) {
        return Err(Dropped);
    }
    Ok(said)
}

/// Believes a request or not; says until which unix second it counts.
fn authenticate(till: &Till, heard: &IncomingRequest) -> Result<i64, CallProblem> {
    let now = till.clock.now();
    let key = SigningSecret { id: &till.key_id, secret: &till.request_key };
    let verified = verify_request(heard.view(), key, now)
        .map_err(|fault| CallProblem::new(401, "not_authentic", fault.to_string()))?;
    if lock(&till.nonces).admit(&verified.nonce, now.seconds()) {
        Ok(verified.expires_s)
    } else {
        Err(CallProblem::new(401, "replayed", "this nonce was used, or too many are remembered"))
    }
}

fn understand(
    till: &Till,
    heard: &IncomingRequest,
    expires_s: i64,
) -> Result<IdentifiedCall, CallProblem> {
    let key = if heard.method == "POST" { Some(idempotency_key(heard)?) } else { None };
    let content: Value = if heard.body.is_empty() {
        Value::Object(serde_json::Map::new())
    } else {
        let Distinct(content) = serde_json::from_slice(&heard.body)
            .map_err(|fault| CallProblem::new(400, "malformed", fault.to_string()))?;
        content
    };
    let call = calls::read(&heard.method, &heard.target, &content, till.currency)?;
    Ok(IdentifiedCall {
        call,
        place: format!("{} {}", heard.method, heard.target),
        content,
        key,
        expires_s,
    })
}

fn idempotency_key(heard: &IncomingRequest) -> Result<String, CallProblem> {
    let field = heard.header("idempotency-key").ok_or_else(|| {
        CallProblem::new(400, "idempotency_key_required", "a POST needs an Idempotency-Key")
    })?;
    unquote(field).filter(|key| (1..=KEY_CHARS_MAX).contains(&key.len())).ok_or_else(|| {
        let detail = "Idempotency-Key is a quoted string of 1 to 255 characters";
        CallProblem::new(400, "idempotency_key_malformed", detail)
    })
}

fn sign(till: &Till, heard: &IncomingRequest, said: &CallAnswer) -> http::Response<Full<Bytes>> {
    let body = said.body.to_string().into_bytes();
    let kind = if said.status < 400 { "application/json" } else { "application/problem+json" };
    let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
    if said.replayed {
        headers.push(("idempotent-replayed".to_owned(), "true".to_owned()));
    }
    if said.body["code"] == "idempotency_in_flight" {
        headers.push(("retry-after".to_owned(), "1".to_owned()));
    }
    let mut secret = till.response_key.clone();
    if calls::moves_money(&heard.target) && till.faults.strikes(FaultKind::BadSignature) {
        for byte in &mut secret {
            *byte ^= 0xff;
        }
    }
    let key = SigningSecret { id: &till.key_id, secret: &secret };
    let view = ResponseView { status: said.status, headers: &headers, body: &body };
    let signed = sign_response(view, heard.view(), key, till.clock.now(), rand::random());
    let mut response = http::Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() =
        http::StatusCode::from_u16(said.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    // What cannot be signed goes unsigned, and is believed by nobody.
    for (name, value) in signed.unwrap_or(headers) {
        let name = http::HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, http::HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
