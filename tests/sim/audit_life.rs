//! What the auditor holds against a home's other life: alerts, Home Assistant's numbers, bills for use.

use crate::auditor::{Account, Auditor, Finding};
use crate::random::Rng;
use homepay_domain::limits::{Cap, Limit};
use serde_json::Value;

/// What a kilowatt-hour costs under the tariff of the audited counter.
const CENTS_PER_KWH: i64 = 50;

impl Auditor {
    /// An alert is told once: again only where it says something else, as that it is over.
    pub fn alert_told(&mut self, id: u64, body: &Value) -> Finding {
        let alert = body["id"].as_str().unwrap_or("").to_owned();
        let says = format!("{} {} {}", body["repeated"], body["resolved"], body["value"]);
        // Each refund that a wallet refuses is told.
        let is_each = body["kind"] == "refund_failed";
        match self.alerts.insert((alert.clone(), says.clone()), id) {
            Some(before) if before != id && !is_each => {
                Err(format!("alert {alert} is told twice: {says}"))
            }
            _ => Ok(()),
        }
    }

    /// Some alert that was told.
    pub fn some_alert(&self, rng: &mut Rng) -> Option<String> {
        let ids: Vec<&String> = self.alerts.keys().map(|(id, _)| id).collect();
        rng.pick(&ids).map(|id| (*id).clone())
    }

    /// Home Assistant changed a limit: to what was asked, and never to more.
    pub fn lowered(&mut self, limit: &Limit) -> Finding {
        let Some(before) = self.limits.get(limit.id.as_str()) else {
            return Err(format!("Home Assistant made a limit: {}", limit.id));
        };
        let asked = matches!(limit.amount, Cap::At(to) if self.numbers.contains(&to.0));
        let more = match (before.amount, limit.amount) {
            (Cap::At(was), Cap::At(is)) => is > was,
            _ => false,
        };
        let (version, made_at, amount) = (before.version, before.made_at, before.amount);
        let same = Limit { version, made_at, amount, ..limit.clone() };
        let before = Limit { version, made_at, ..before.clone() };
        if !asked || more || same != before {
            return Err(format!("Home Assistant changed {before:?} to {limit:?}"));
        }
        self.limit_set(limit);
        Ok(())
    }

    /// A bill for use asks for no more than the counter ever ran on by, at its price; what the market's
    /// prices make of the other counter is not reckoned here.
    pub fn used_so_much(&self, bill: &str, amount: i64) -> Finding {
        if !bill.starts_with("power.") {
            return Ok(());
        }
        let own = |id: &String| id.starts_with("bill.power.");
        let stands =
            |o: &Account| !["declined", "cancelled", "expired", "failed"].contains(&&*o.state);
        let others = self.orders.iter().filter(|(id, o)| own(id) && stands(o));
        let all: i64 = others.map(|(_, o)| o.amount).sum::<i64>() + amount;
        let most = self.used_wh * CENTS_PER_KWH / 1_000 + 1;
        if all <= most {
            Ok(())
        } else {
            Err(format!("bills for use ask for {all}, at most {most}"))
        }
    }
}
