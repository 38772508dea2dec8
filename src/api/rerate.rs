//! Bills for use, computed anew from what is stored now and by the tariffs in force now.

use super::Api;
use super::caller::Caller;
use super::control::{ApiResult, JsonBody, told_answer};
use axum::Json;
use axum::extract::State;
use homepay_domain::bill::Billing;
use homepay_domain::event::OwnerCommand;
use homepay_domain::limits::window::midnight;
use homepay_domain::usage_bill::Recomputed;
use homepay_protocols::views::usage::{RecomputedView, RerateView};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
pub(super) struct RerateQuery {
    /// True to change nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Computes every bill that was made anew, tells what differs, and has the next bills put it right.
pub(super) async fn rerate(
    State(api): State<Api>,
    Caller(actor): Caller,
    JsonBody(asked): JsonBody<RerateQuery>,
) -> ApiResult<RerateView> {
    let view = api.view();
    let (household, bills) = (&view.book.household, &view.book.usage_bills);
    let (home, currency) = (&api.home, api.home.currency);
    let (mut told, mut changed) = (Vec::new(), Vec::new());
    for made in bills.values() {
        if made.unmeasured {
            continue;
        }
        // A tariff that is gone cannot be computed by; its bills stand.
        let Some((id, tariff)) = household.tariffs.get_key_value(&made.tariff) else { continue };
        let since = tariff.supply(home).counted_since(made.from);
        let (first, next) = (midnight(since, &home.zone), midnight(made.to, &home.zone));
        let usage = api.reader.usage(first, next).await?;
        let billing = Billing { home, household, usage: &usage };
        let measured = billing.was_measured((id, tariff), (made.from, made.to));
        let now = billing.bill((id, tariff), (made.from, made.to));
        let total = match now {
            Ok(bill) if measured => Ok(bill.total),
            Ok(_) => continue,
            Err(why) => Err(why.to_string()),
        };
        let known = total.as_ref().ok();
        if let Some(total) = known.copied().filter(|total| *total != made.total) {
            let (tariff, period) = (id.clone(), made.period.clone());
            changed.push(Recomputed { tariff, period, total });
        }
        told.push(RecomputedView {
            tariff: id.to_string(),
            period: made.period.clone(),
            from: made.from.to_string(),
            to: made.to.to_string(),
            was: currency.text(made.total),
            now: known.map(|total| currency.text(*total)),
            difference: known.and_then(|t| t.minus(made.total)).map(|d| currency.text(d)),
            missing: total.err(),
        });
    }
    let count = changed.len();
    if !asked.dry_run && count > 0 {
        let answer = api.wish(actor, OwnerCommand::Rerate(changed)).await?;
        told_answer(&api, answer).map(drop)?;
    }
    let (dry_run, currency) = (asked.dry_run, currency.code().to_owned());
    Ok(Json(RerateView { bills: told, changed: count, dry_run, currency }))
}
