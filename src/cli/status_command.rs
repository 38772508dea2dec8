//! How the home stands.

use super::client::Client;
use super::out::{Out, table};
use super::{Done, Exit};
use serde_json::Value;

pub(super) async fn status(client: &Client, out: Out) -> Done {
    let told = client.get("/v1/status").await?;
    out.document(&told, shown);
    Ok(Exit::Done)
}

fn shown(told: &Value) -> String {
    let limits = &[
        ("limit", "id"),
        ("spent", "spent"),
        ("held", "held"),
        ("left", "left"),
        ("orders", "count"),
        ("resets at", "resets_at"),
    ];
    let tariffs =
        &[("tariff", "tariff"), ("costs now", "price_now"), ("for one", "unit"), ("tier", "tier")];
    let waiting = |what: &str| {
        let ids = told["pending"][what].as_array().into_iter().flatten();
        ids.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
    };
    let mut parts = vec![table(&told["limits"], limits), table(&told["tariffs"], tariffs)];
    for (what, words) in [
        ("confirm", "wait for a number"),
        ("approval", "wait for an owner"),
        ("paying", "are being paid"),
    ] {
        let ids = waiting(what);
        if !ids.is_empty() {
            parts.push(format!("{words}: {ids}"));
        }
    }
    if told["frozen"] == true {
        parts.push("the home takes no orders: homepay thaw".to_owned());
    }
    parts.join("\n\n")
}
