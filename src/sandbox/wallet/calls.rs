//! What can be asked of the wallet: path and body, read strictly.

use super::problem::CallProblem;
use homepay_domain::money::{Currency, Minor};
use homepay_domain::time::UnixMs;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How long a hold lasts when nothing is said: seven days.
const EXPIRES_S_DEFAULT: i64 = 7 * 24 * 3600;
/// The longest that a hold may last: thirty days.
const EXPIRES_S_MAX: i64 = 30 * 24 * 3600;
/// The longest id, in bytes.
const ID_BYTES_MAX: usize = 128;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Create(Create),
    Capture { payment: String, amount: Minor },
    Void { payment: String },
    Refund { payment: String, refund: String, amount: Minor, reason: String },
    TopUp { id: String, amount: Minor },
    Payment { payment: String },
    Balance,
    Sources,
    Points,
    Coupons,
    Statement { from: UnixMs, to: UnixMs, after: i64 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Create {
    pub id: String,
    pub amount: Minor,
    pub payee: Option<String>,
    pub category: Option<String>,
    pub automatic: bool,
    pub source: String,
    pub expires_in_s: i64,
}

/// A payment that is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateBody {
    id: String,
    amount: String,
    currency: String,
    payee: Option<String>,
    category: Option<String>,
    #[serde(default)]
    lines: Vec<LineBody>,
    capture: CaptureBody,
    source: Option<String>,
    coupon: Option<String>,
    expires_in_s: Option<i64>,
}

/// One line of what is paid for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LineBody {
    #[serde(rename = "sku")]
    _sku: String,
    #[serde(rename = "quantity")]
    _quantity: String,
    amount: String,
}

/// When money moves: at once, or by a capture.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CaptureBody {
    Automatic,
    Manual,
}

/// An amount, decimal text.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AmountBody {
    amount: String,
}

/// Nothing of it is kept.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoBody {}

/// A refund that is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundBody {
    id: String,
    amount: String,
    reason: String,
}

/// Money that is put in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TopUpBody {
    id: String,
    amount: String,
    currency: String,
}

/// True for the calls that faults strike.
pub(super) fn moves_money(target: &str) -> bool {
    target.starts_with("/v1/payments") || target.starts_with("/v1/topups")
}

/// Understands a call, or says why not.
pub(super) fn read(
    method: &str,
    target: &str,
    body: &Value,
    currency: Currency,
) -> Result<Call, CallProblem> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (method, segments.as_slice()) {
        ("POST", ["v1", "payments"]) => create(parse(body)?, currency).map(Call::Create),
        ("POST", ["v1", "payments", id, "capture"]) => {
            let AmountBody { amount } = parse(body)?;
            let amount = positive(&amount, currency)?;
            Ok(Call::Capture { payment: (*id).to_owned(), amount })
        }
        ("POST", ["v1", "payments", id, "void"]) => {
            let NoBody {} = parse(body)?;
            Ok(Call::Void { payment: (*id).to_owned() })
        }
        ("POST", ["v1", "payments", payment, "refunds"]) => {
            let RefundBody { id, amount, reason } = parse(body)?;
            let amount = positive(&amount, currency)?;
            let payment = (*payment).to_owned();
            Ok(Call::Refund { payment, refund: good_id(id)?, amount, reason })
        }
        ("POST", ["v1", "topups"]) => {
            let body: TopUpBody = parse(body)?;
            same_currency(&body.currency, currency)?;
            let amount = positive(&body.amount, currency)?;
            Ok(Call::TopUp { id: good_id(body.id)?, amount })
        }
        ("GET", ["v1", "payments", id]) => Ok(Call::Payment { payment: (*id).to_owned() }),
        ("GET", ["v1", "balance"]) => Ok(Call::Balance),
        ("GET", ["v1", "sources"]) => Ok(Call::Sources),
        ("GET", ["v1", "points"]) => Ok(Call::Points),
        ("GET", ["v1", "coupons"]) => Ok(Call::Coupons),
        ("GET", ["v1", "statement"]) => statement(query),
        _ => Err(CallProblem::new(404, "no_such_call", format!("there is no {method} {path}"))),
    }
}

/// Reads an amount above zero.
pub(super) fn positive(text: &str, currency: Currency) -> Result<Minor, CallProblem> {
    match currency.parse(text) {
        Ok(amount) if amount.is_positive() => Ok(amount),
        Ok(_) => Err(CallProblem::new(422, "amount_invalid", "the amount must be above zero")),
        Err(fault) => Err(CallProblem::new(422, "amount_invalid", fault.to_string())),
    }
}

fn create(body: CreateBody, currency: Currency) -> Result<Create, CallProblem> {
    same_currency(&body.currency, currency)?;
    let amount = positive(&body.amount, currency)?;
    for line in &body.lines {
        currency
            .parse(&line.amount)
            .map_err(|fault| CallProblem::new(422, "amount_invalid", fault.to_string()))?;
    }
    if let Some(coupon) = body.coupon {
        return Err(CallProblem::new(422, "unknown_coupon", format!("no coupon \"{coupon}\"")));
    }
    let source = body.source.unwrap_or_else(|| "balance".to_owned());
    if !matches!(source.as_str(), "balance" | "card") {
        return Err(CallProblem::new(422, "unknown_source", format!("no source \"{source}\"")));
    }
    let expires_in_s = body.expires_in_s.unwrap_or(EXPIRES_S_DEFAULT);
    if !(1..=EXPIRES_S_MAX).contains(&expires_in_s) {
        let detail = format!("expires_in_s is from 1 to {EXPIRES_S_MAX}");
        return Err(CallProblem::new(422, "expires_in_s_invalid", detail));
    }
    for name in [&body.payee, &body.category].into_iter().flatten() {
        good_id(name.clone())?;
    }
    Ok(Create {
        id: good_id(body.id)?,
        amount,
        payee: body.payee,
        category: body.category,
        automatic: match body.capture {
            CaptureBody::Automatic => true,
            CaptureBody::Manual => false,
        },
        source,
        expires_in_s,
    })
}

fn statement(query: &str) -> Result<Call, CallProblem> {
    let wrong = |what: &str| CallProblem::new(400, "malformed", format!("{what} cannot be read"));
    let (mut from, mut to, mut after) = (UnixMs(i64::MIN), UnixMs(i64::MAX), 0);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let instant = || value.parse::<jiff::Timestamp>().map(|at| UnixMs(at.as_millisecond()));
        match name.as_ref() {
            "from" => from = instant().map_err(|_| wrong("from"))?,
            "to" => to = instant().map_err(|_| wrong("to"))?,
            "cursor" => {
                let number = value.strip_prefix('t').and_then(|n| n.parse().ok());
                after = number.ok_or_else(|| wrong("cursor"))?;
            }
            _ => return Err(wrong(&name)),
        }
    }
    Ok(Call::Statement { from, to, after })
}

fn parse<T: DeserializeOwned>(body: &Value) -> Result<T, CallProblem> {
    serde_json::from_value(body.clone())
        .map_err(|fault| CallProblem::new(400, "malformed", fault.to_string()))
}

fn same_currency(given: &str, currency: Currency) -> Result<(), CallProblem> {
    if given == currency.code() {
        return Ok(());
    }
    let detail = format!("this account is kept in {currency}");
    Err(CallProblem::new(422, "currency_mismatch", detail))
}

fn good_id(id: String) -> Result<String, CallProblem> {
    let good = (1..=ID_BYTES_MAX).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    if good {
        Ok(id)
    } else {
        Err(CallProblem::new(422, "id_invalid", "ids are 1 to 128 of A-Z, a-z, 0-9, '.', '_', '-'"))
    }
}
