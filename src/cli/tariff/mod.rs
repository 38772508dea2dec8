//! Tariffs: which there are, what they say, and what use costs under them.

mod args;
mod bill;
mod find;
mod given;
mod import;
mod price_list;
mod show;

pub(super) use args::TariffCommand;

pub(in crate::cli) use find::household;

use super::client::Client;
use super::out::{Out, table};
use super::{Done, Exit};
use crate::config::Loaded;
use homepay_domain::household::Home;
use homepay_domain::tariff::Plan;
use homepay_files::tariff::shipped_tariffs::{country, listed};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) async fn tariff(
    loaded: &Loaded,
    client: &Client,
    command: TariffCommand,
    out: Out,
) -> Done {
    match command {
        TariffCommand::List => list(loaded, client, out).await,
        TariffCommand::Show { tariff, at } => show::show(loaded, client, (&tariff, at), out).await,
        TariffCommand::Prices { list } => price_list::prices(client, list.as_deref(), out).await,
        TariffCommand::Sources => price_list::sources(loaded, out),
        TariffCommand::Bill(args) => bill::bill(loaded, client, &args, out).await,
        TariffCommand::Rerate { dry_run } => rerate(client, dry_run, out).await,
        TariffCommand::Import { command } => import::import(&command, out),
    }
}

async fn rerate(client: &Client, dry_run: bool, out: Out) -> Done {
    let told = client.post("/v1/rerate", &json!({ "dry_run": dry_run })).await?;
    let columns: &[(&str, &str)] = &[
        ("tariff", "tariff"),
        ("period", "period"),
        ("was", "was"),
        ("now", "now"),
        ("difference", "difference"),
        ("missing", "missing"),
    ];
    out.document(&told, |told| {
        let end = match (dry_run, told["changed"].as_u64()) {
            (_, Some(0) | None) => "nothing differs",
            (true, Some(_)) => "nothing was changed: without --dry-run the next bill puts it right",
            (false, Some(_)) => "the next bill puts it right",
        };
        format!("{}\n{end}", table(&told["bills"], columns))
    });
    Ok(Exit::Done)
}

/// The household's own with their price now, where the daemon tells; and the shipped ones.
async fn list(loaded: &Loaded, client: &Client, out: Out) -> Done {
    let status = client.get("/v1/status").await.ok();
    let own = status.map_or(Value::Null, |mut status| status["tariffs"].take());
    let lang = loaded.settings.home.language;
    let home = loaded.settings.home();
    let mut plans = Vec::new();
    for path in listed() {
        plans.push((path, find::of_shelf(path)?.plan));
    }
    let own_countries = countries_of(&home, &plans);
    plans.sort_by_key(|(path, _)| !own_countries.contains(country(path)));
    let mut shipped = Vec::new();
    for (path, plan) in plans {
        let version = plan.versions.last();
        shipped.push(json!({
            "country": country(path), "own": own_countries.contains(country(path)),
            "id": plan.id, "name": plan.name.of(lang), "file": path,
            "currency": plan.currency.map(|currency| currency.code()),
            "from": version.and_then(|version| version.from),
            "to": version.and_then(|version| version.to),
            "verified": version.and_then(|version| version.verified),
        }));
    }
    let value = json!({"tariffs": own, "shipped": shipped});
    let own: &[(&str, &str)] = &[
        ("tariff", "tariff"),
        ("utility", "utility"),
        ("price now", "price_now"),
        ("per", "unit"),
        ("window", "window"),
        ("tier", "tier"),
        ("cost today", "cost.today"),
        ("this month", "cost.month"),
    ];
    let shipped: &[(&str, &str)] = &[
        ("country", "country"),
        ("shipped", "id"),
        ("name", "name"),
        ("file", "file"),
        ("currency", "currency"),
        ("from", "from"),
        ("to", "to"),
        ("verified", "verified"),
    ];
    out.document(&value, |v| {
        let shelf = table(&v["shipped"], shipped);
        match v["tariffs"].as_array() {
            Some(_) => format!("{}\n{shelf}", table(&v["tariffs"], own)),
            None => shelf,
        }
    });
    Ok(Exit::Done)
}

/// The countries that a home may be in: those with a tariff of its time zone, else those with one in
/// its currency.
fn countries_of<'p>(home: &Home, plans: &[(&'p str, Plan)]) -> BTreeSet<&'p str> {
    let of = |is: &dyn Fn(&Plan) -> bool| -> BTreeSet<&'p str> {
        plans.iter().filter(|(_, plan)| is(plan)).map(|(path, _)| country(path)).collect()
    };
    let here = of(&|plan| {
        let zone = plan.zone.as_ref().and_then(|zone| zone.iana_name());
        zone.is_some() && zone == home.zone.iana_name()
    });
    if here.is_empty() { of(&|plan| plan.currency == Some(home.currency)) } else { here }
}
