//! What an answer means: delivered, refused, or to be tried again.

use super::channel::{BodyTest, Channel};
use homepay_domain::notice::DeliveryOutcome;
use homepay_ports::{HttpResponse, SendFault};
use homepay_text::problem::shown;
use serde_json::Value;

impl Channel {
    /// What came of a request. Only what the channel's file calls taken counts as delivered; whatever may
    /// be taken later is tried again.
    pub fn verdict(&self, answer: &Result<HttpResponse, SendFault>) -> DeliveryOutcome {
        match answer {
            Err(SendFault::Unreachable(why)) => later(format!("cannot be reached: {why}")),
            Err(SendFault::TimedOut(within)) => later(format!("no answer within {within:?}")),
            Err(SendFault::Broken(why)) => later(format!("the connection broke: {why}")),
            Ok(answer) => by_answer(answer, self.taken_if.as_ref()),
        }
    }
}

fn later(why: String) -> DeliveryOutcome {
    DeliveryOutcome::Later { why, after_s: None }
}

fn by_answer(answer: &HttpResponse, test: Option<&BodyTest>) -> DeliveryOutcome {
    let status = answer.status;
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    match status {
        200..=299 => test.map_or(DeliveryOutcome::Accepted, |test| by_body(test, body.as_ref())),
        408 | 425 | 429 | 500..=599 => {
            let after_s = answer.header("retry-after").and_then(|text| text.trim().parse().ok());
            DeliveryOutcome::Later {
                why: with_reason(status, answer, test, body.as_ref()),
                after_s,
            }
        }
        _ => DeliveryOutcome::Refused { why: with_reason(status, answer, test, body.as_ref()) },
    }
}

fn by_body(test: &BodyTest, body: Option<&Value>) -> DeliveryOutcome {
    let Some(body) = body else {
        return later("answered with something that is not JSON".to_owned());
    };
    match found(body, &test.path) {
        Some(value) if *value == test.is => DeliveryOutcome::Accepted,
        Some(value) if test.later.contains(value) => later(reason(test, body, value)),
        Some(value) => DeliveryOutcome::Refused { why: reason(test, body, value) },
        None => later(format!("answered without {}", test.path.join("."))),
    }
}

fn found<'a>(body: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(body, |value, name| value.get(name))
}

fn reason(test: &BodyTest, body: &Value, value: &Value) -> String {
    let said = found(body, &test.why).and_then(Value::as_str).unwrap_or_default();
    let code = format!("{} {value}", test.path.join("."));
    if said.is_empty() { code } else { format!("{code}: {}", shown(said)) }
}

/// The status, and what the service says of it in words.
fn with_reason(
    status: u16,
    answer: &HttpResponse,
    test: Option<&BodyTest>,
    body: Option<&Value>,
) -> String {
    let told = test.zip(body).and_then(|(test, body)| found(body, &test.why)?.as_str());
    let usual = ["error", "message", "description", "detail"];
    let named = || body.and_then(|body| usual.iter().find_map(|name| body.get(name)?.as_str()));
    let plain = || {
        let text = str::from_utf8(&answer.body).ok().filter(|_| body.is_none())?;
        let text = text.trim();
        (!text.is_empty() && !text.starts_with('<')).then_some(text)
    };
    match told.or_else(named).or_else(plain) {
        Some(said) => format!("status {status}: {}", shown(said)),
        None => format!("status {status}"),
    }
}
