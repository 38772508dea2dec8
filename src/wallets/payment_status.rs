//! What a payment object or a problem of `homepay-wallet-v1` says, once it is known to be the
//! wallet's. Only what agrees with the ask in id, currency and amounts says anything.

use super::wire;
use homepay_domain::money::{Currency, Minor};
use homepay_domain::settlement::{
    DeclineCode, PaymentCommand, PaymentSeen, PaymentStatus, RefundSeen, refund_id,
};
use homepay_domain::time::UnixMs;
use homepay_ports::HttpResponse;

/// What a believed response, signed by the wallet at `at`, says about the payment.
///
/// # Errors
/// Says why nothing follows from it: the answer is Unknown.
pub(super) fn payment_status(
    currency: Currency,
    ask: &PaymentCommand,
    response: &HttpResponse,
    at: UnixMs,
) -> Result<PaymentStatus, String> {
    if matches!(response.status, 200..=202) {
        let payment: wire::PaymentBody = serde_json::from_slice(&response.body)
            .map_err(|fault| format!("the payment cannot be read: {fault}"))?;
        return standing(currency, ask, &payment);
    }
    let code = serde_json::from_slice(&response.body).map(|p: wire::ProblemBody| p.code);
    match (response.status, code.as_deref().unwrap_or("")) {
        (402, code @ ("insufficient_funds" | "declined")) => {
            Ok(PaymentStatus::Declined { code: decline_code(code) })
        }
        (404, "not_found") => match ask {
            // Creating cannot fail to find: the path is wrong, not the payment absent.
            PaymentCommand::Authorize { .. } => Err(refusal(response)),
            PaymentCommand::Capture { .. }
            | PaymentCommand::Void { .. }
            | PaymentCommand::Refund { .. }
            | PaymentCommand::Inquire { .. } => Ok(PaymentStatus::Absent { by_wallet: at }),
        },
        (409, "idempotency_in_flight") => Ok(PaymentStatus::Pending),
        (_, _) => Err(refusal(response)),
    }
}

fn standing(
    currency: Currency,
    ask: &PaymentCommand,
    payment: &wire::PaymentBody,
) -> Result<PaymentStatus, String> {
    if payment.id != ask.order().as_str() {
        return Err(format!("the answer is about payment {}", payment.id));
    }
    if payment.currency != currency.code() {
        return Err(format!("the answer is in {}", payment.currency));
    }
    let amount = money(currency, &payment.amount)?;
    let captured = money(currency, &payment.captured)?;
    let refunds = refunds_of(currency, payment, captured)?;
    if captured > amount {
        return Err("more is captured than was held".to_owned());
    }
    match ask {
        PaymentCommand::Authorize { amount: asked, .. } if *asked != amount => {
            return Err(format!("the wallet has {} of another amount", payment.amount));
        }
        PaymentCommand::Authorize { .. }
        | PaymentCommand::Capture { .. }
        | PaymentCommand::Void { .. }
        | PaymentCommand::Refund { .. }
        | PaymentCommand::Inquire { .. } => {}
    }
    let seen = PaymentSeen { amount: Some(amount), payee: payment.payee.clone() };
    let paid = captured.is_positive();
    match payment.status {
        wire::WireStatus::Captured if paid => {
            paid_as_asked(ask, captured, &refunds)?;
            Ok(PaymentStatus::Paid { captured, refunds, seen })
        }
        wire::WireStatus::Captured => Err("captured, yet nothing is".to_owned()),
        wire::WireStatus::Authorized
        | wire::WireStatus::Voided
        | wire::WireStatus::Expired
        | wire::WireStatus::Declined
        | wire::WireStatus::Pending
            if paid =>
        {
            Err(format!("{:?}, yet {} is captured", payment.status, payment.captured))
        }
        wire::WireStatus::Authorized if amount.is_positive() => {
            Ok(PaymentStatus::Authorized { amount, seen })
        }
        wire::WireStatus::Authorized => Err("a hold of nothing".to_owned()),
        wire::WireStatus::Voided | wire::WireStatus::Expired => Ok(PaymentStatus::Voided),
        wire::WireStatus::Declined => {
            let code = payment.decline_code.as_deref().unwrap_or("");
            Ok(PaymentStatus::Declined { code: decline_code(code) })
        }
        wire::WireStatus::Pending => Ok(PaymentStatus::Pending),
    }
}

fn refunds_of(
    currency: Currency,
    payment: &wire::PaymentBody,
    captured: Minor,
) -> Result<Vec<RefundSeen>, String> {
    let mut sum = Minor::ZERO;
    let mut refunds: Vec<RefundSeen> = Vec::with_capacity(payment.refunds.len());
    for refund in &payment.refunds {
        let amount = money(currency, &refund.amount)?;
        sum = sum.plus(amount).ok_or("the refunds overflow")?;
        if refunds.iter().any(|seen| seen.id == refund.id) {
            return Err(format!("refund {} is there twice", refund.id));
        }
        refunds.push(RefundSeen { id: refund.id.clone(), amount });
    }
    if sum != money(currency, &payment.refunded)? || sum > captured {
        return Err("the refunds do not add up".to_owned());
    }
    Ok(refunds)
}

/// Money moved, and it is the money that this ask was about.
fn paid_as_asked(
    ask: &PaymentCommand,
    captured: Minor,
    refunds: &[RefundSeen],
) -> Result<(), String> {
    match ask {
        PaymentCommand::Authorize { amount, capture: true, .. }
        | PaymentCommand::Capture { amount, .. }
            if *amount != captured =>
        {
            Err("another amount was captured".to_owned())
        }
        PaymentCommand::Refund { order, number, amount, .. } => {
            let wanted = RefundSeen { id: refund_id(order, *number), amount: *amount };
            if refunds.contains(&wanted) { Ok(()) } else { Err("no such refund".to_owned()) }
        }
        PaymentCommand::Authorize { .. }
        | PaymentCommand::Capture { .. }
        | PaymentCommand::Void { .. }
        | PaymentCommand::Inquire { .. } => Ok(()),
    }
}

fn decline_code(code: &str) -> DeclineCode {
    if code == "insufficient_funds" {
        DeclineCode::InsufficientFunds
    } else {
        DeclineCode::Declined
    }
}

/// A refusal in words, for the log.
pub(super) fn refusal(response: &HttpResponse) -> String {
    match serde_json::from_slice::<wire::ProblemBody>(&response.body) {
        Ok(problem) => format!(
            "status {}, {}: {}",
            response.status,
            problem.code,
            problem.detail.unwrap_or_default()
        ),
        Err(_) => format!("status {}", response.status),
    }
}

fn money(currency: Currency, text: &str) -> Result<Minor, String> {
    currency.parse(text).map_err(|fault| fault.to_string())
}
