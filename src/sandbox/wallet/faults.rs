//! The fault switches: what the wallet does wrong when it is told to.
//!
//! `down` strikes every signed call. The others strike calls about payments and top-ups, so that
//! a balance read in between does not use up a fault that was meant for a payment; `decline` and
//! `insufficient_funds` strike new payments only.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// A new payment is declined.
    Decline,
    /// A new payment finds too little money.
    InsufficientFunds,
    /// The connection drops before any effect.
    RequestLost,
    /// The effect happens, then the connection drops.
    AnswerLost,
    /// Status 500, no effect.
    #[serde(rename = "error_500")]
    Error500,
    /// The answer takes `delay_ms` longer.
    Slow,
    /// The callback is sent twice.
    DuplicateCallback,
    /// The effect happens, the answer's signature is wrong.
    BadSignature,
    /// Connections drop at once.
    Down,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remaining {
    Times(u32),
    PerMillion(u32),
}

#[derive(Clone, Copy, Debug)]
struct Armed {
    kind: FaultKind,
    left: Remaining,
    delay: Duration,
}

/// The body of `POST /faults`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultRequest {
    kind: Option<FaultKind>,
    times: Option<u32>,
    rate: Option<serde_json::Value>,
    delay_ms: Option<u64>,
}

const MILLION: u32 = 1_000_000;

/// All faults that are armed.
#[derive(Debug, Default)]
pub(super) struct Faults {
    armed: Mutex<Vec<Armed>>,
}

impl Faults {
    /// Reads `{kind, times}`, `{kind, rate}` or `{}`.
    pub fn arm(&self, body: &[u8]) -> Result<(), String> {
        let wish: FaultRequest = if body.iter().all(u8::is_ascii_whitespace) {
            FaultRequest { kind: None, times: None, rate: None, delay_ms: None }
        } else {
            serde_json::from_slice(body).map_err(|fault| fault.to_string())?
        };
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(kind) = wish.kind else {
            if wish.times.is_some() || wish.rate.is_some() || wish.delay_ms.is_some() {
                return Err("a fault needs a kind".to_owned());
            }
            armed.clear();
            return Ok(());
        };
        let left = match (wish.times, &wish.rate) {
            (Some(_), Some(_)) => return Err("either times or rate".to_owned()),
            (Some(times), None) => Remaining::Times(times),
            (None, Some(rate)) => Remaining::PerMillion(per_million(rate)?),
            (None, None) => Remaining::Times(1),
        };
        armed.retain(|fault| fault.kind != kind);
        if left != Remaining::Times(0) && left != Remaining::PerMillion(0) {
            let delay = Duration::from_millis(wish.delay_ms.unwrap_or(1000));
            armed.push(Armed { kind, left, delay });
        }
        Ok(())
    }

    /// True when this fault strikes now; one of its times is used up.
    pub fn strikes(&self, kind: FaultKind) -> bool {
        self.take(kind).is_some()
    }

    /// How much longer this answer shall take.
    pub fn delay(&self) -> Option<Duration> {
        self.take(FaultKind::Slow)
    }

    /// What is armed, for `GET /faults`.
    pub fn show(&self) -> serde_json::Value {
        let armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = armed.iter().map(|fault| match fault.left {
            Remaining::Times(times) => serde_json::json!({"kind": fault.kind, "times": times}),
            Remaining::PerMillion(rate) => {
                let rate = Decimal::new(i64::from(rate), 6).normalize().to_string();
                serde_json::json!({"kind": fault.kind, "rate": rate})
            }
        });
        serde_json::json!({"faults": shown.collect::<Vec<_>>()})
    }

    fn take(&self, kind: FaultKind) -> Option<Duration> {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let at = armed.iter().position(|fault| fault.kind == kind)?;
        let delay = armed[at].delay;
        match &mut armed[at].left {
            Remaining::Times(times) => {
                *times -= 1;
                if *times == 0 {
                    armed.remove(at);
                }
                Some(delay)
            }
            Remaining::PerMillion(rate) => {
                (rand::random_range(0..MILLION) < *rate).then_some(delay)
            }
        }
    }
}

/// A rate from 0 to 1, as a number or a string, without ever being a float of ours.
fn per_million(rate: &serde_json::Value) -> Result<u32, String> {
    let text = match rate {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => return Err("rate is a decimal".to_owned()),
    };
    let exact: Decimal = text.parse().map_err(|_| format!("rate \"{text}\" is not a decimal"))?;
    if exact < Decimal::ZERO || exact > Decimal::ONE {
        return Err(format!("rate {text} is not from 0 to 1"));
    }
    let scaled = (exact * Decimal::from(MILLION)).round();
    u32::try_from(scaled).map_err(|_| format!("rate {text} cannot be used"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_as_often_as_it_was_told() {
        let faults = Faults::default();
        faults.arm(br#"{"kind":"decline","times":2}"#).expect("armed");
        faults.arm(br#"{"kind":"down","rate":1}"#).expect("armed");
        let struck: Vec<bool> = (0..3).map(|_| faults.strikes(FaultKind::Decline)).collect();
        assert_eq!(struck, [true, true, false]);
        assert!(faults.strikes(FaultKind::Down) && faults.strikes(FaultKind::Down));
        faults.arm(b"{}").expect("cleared");
        assert!(!faults.strikes(FaultKind::Down));
    }

    #[test]
    fn a_rate_is_a_decimal_from_zero_to_one() {
        for (text, want) in [("0.25", 250_000), ("\"0.000001\"", 1), ("1", MILLION), ("0", 0)] {
            let rate: serde_json::Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(per_million(&rate), Ok(want), "{text}");
        }
        let faults = Faults::default();
        for bad in [
            r#"{"kind":"decline","rate":1.1}"#,
            r#"{"kind":"decline","rate":"-1"}"#,
            r#"{"kind":"decline","rate":"0.1","times":1}"#,
            r#"{"kind":"sulk"}"#,
            r#"{"times":1}"#,
        ] {
            assert!(faults.arm(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
